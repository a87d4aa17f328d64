/* update_scatter.c: the window and the cursor of the scatter. */
#include "explorer/update.h"
#include "ropescope/lists.h"

#include <math.h>

/* The window that is shown, the whole plane where none was set. */
static struct zoom window_of(const struct state *state)
{
    struct zoom zoom = state->settings.zoom;
    if (zoom_whole(&zoom)) {
        quantity_range(state->settings.unit, &zoom.x_low, &zoom.x_high);
        zoom.y_low = zoom.x_low;
        zoom.y_high = zoom.x_high;
    }
    return zoom;
}

/* low..high of that width around the centre, moved so that it lies in the range of the unit. */
static void place(const struct state *state, double centre, double width, double *low, double *high)
{
    double first, last;
    quantity_range(state->settings.unit, &first, &last);
    width = fmin(width, last - first);
    *low = fmax(first, fmin(last - width, centre - width / 2));
    *high = *low + width;
}

static void set_window(struct state *state, double x, double y, double wide, double tall)
{
    struct zoom zoom;
    double first, last;
    quantity_range(state->settings.unit, &first, &last);
    place(state, x, wide, &zoom.x_low, &zoom.x_high);
    place(state, y, tall, &zoom.y_low, &zoom.y_high);
    bool whole = wide >= last - first && tall >= last - first;
    if (whole)
        zoom = (struct zoom){0};
    state->settings.zoom = zoom;
}

/* The point of the selected pair; points->count: it has none. */
static size_t selected(const struct state *state, const struct points *points)
{
    struct row item = state_item(state);
    if (!state_against_tuned(state)) {
        item.projection = PROJECTION_QUERY;
        item.head = state->settings.selection.head;
    }
    return points ? rows_find(points->rows, &item) : 0;
}

static bool defined(const struct points *points, size_t i)
{
    return i < points->count && !isnan(points->x[i]) && !isnan(points->y[i]);
}

static void zoom_by(struct state *state, double factor)
{
    enum { DEEPEST = 4096 };
    const struct points *points = state_points(state, state->settings.selection.scope);
    struct zoom now = window_of(state);
    double first, last, x = (now.x_low + now.x_high) / 2, y = (now.y_low + now.y_high) / 2;
    size_t at = points ? selected(state, points) : 0;
    quantity_range(state->settings.unit, &first, &last);
    if (points && factor < 1 && defined(points, at)) {
        x = (double)points->x[at];
        y = (double)points->y[at];
    }
    double width = (now.x_high - now.x_low) * factor;
    if (width < (last - first) / DEEPEST)
        return;
    set_window(state, x, y, width, (now.y_high - now.y_low) * factor);
}

static void pan(struct state *state, double right, double up)
{
    struct zoom now = window_of(state);
    double wide = now.x_high - now.x_low, tall = now.y_high - now.y_low;
    set_window(state, (now.x_low + now.x_high) / 2 + right * wide / 4,
               (now.y_low + now.y_high) / 2 + up * tall / 4, wide, tall);
}

/* ---- the cursor ---------------------------------------------------------- */

static void select_point(struct state *state, const struct points *points, size_t i)
{
    struct zoom now = window_of(state);
    struct row item = rows_at(points->rows, i);
    double x = (double)points->x[i], y = (double)points->y[i];
    state->settings.selection.layer = item.layer_index;
    state->wanted_head = item.head;
    state->wanted_pair = item.pair;
    update_settle(state);
    if (state_against_tuned(state))
        state_select_item(state, &item);
    if (x < now.x_low || x > now.x_high || y < now.y_low || y > now.y_high)
        set_window(state, x, y, now.x_high - now.x_low, now.y_high - now.y_low);
}

/* To the nearest point in a direction: what lies aside counts twice. */
static void move_point(struct state *state, double right, double up)
{
    const struct points *points = state_points(state, state->settings.selection.scope);
    size_t at = points ? selected(state, points) : 0, best = SIZE_MAX;
    double nearest = INFINITY, x = 0, y = 0;
    if (!points || points->count == 0)
        return;
    if (defined(points, at)) {
        x = (double)points->x[at];
        y = (double)points->y[at];
    }
    for (size_t i = 0; i < points->count; i++) {
        double dx = (double)points->x[i] - x, dy = (double)points->y[i] - y;
        double ahead = dx * right + dy * up, aside = fabs(dx * up) + fabs(dy * right);
        if (i == at || !(ahead > 0) || !(aside <= 2 * ahead) || !(ahead + 2 * aside < nearest))
            continue;
        nearest = ahead + 2 * aside;
        best = i;
    }
    if (best != SIZE_MAX)
        select_point(state, points, best);
}

static void step_point(struct state *state, long by)
{
    const struct points *points = state_points(state, state->settings.selection.scope);
    if (!points || points->count == 0)
        return;
    size_t at = selected(state, points);
    for (size_t tries = 0; tries < points->count; tries++) {
        at = update_moved(at < points->count ? at : 0, by, points->count);
        if (defined(points, at))
            break;
    }
    if (defined(points, at))
        select_point(state, points, at);
}

bool update_scatter(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_ZOOM_IN:
        return zoom_by(state, 0.5), true;
    case ACTION_ZOOM_OUT:
        return zoom_by(state, 2), true;
    case ACTION_ZOOM_ALL:
        return state->settings.zoom = (struct zoom){0}, true;
    case ACTION_PAN_LEFT:
        return pan(state, -1, 0), true;
    case ACTION_PAN_RIGHT:
        return pan(state, 1, 0), true;
    case ACTION_PAN_DOWN:
        return pan(state, 0, -1), true;
    case ACTION_PAN_UP:
        return pan(state, 0, 1), true;
    case ACTION_POINT_LEFT:
        return move_point(state, -1, 0), true;
    case ACTION_POINT_RIGHT:
        return move_point(state, 1, 0), true;
    case ACTION_POINT_DOWN:
        return move_point(state, 0, -1), true;
    case ACTION_POINT_UP:
        return move_point(state, 0, 1), true;
    case ACTION_POINT_NEXT:
        return step_point(state, 1), true;
    case ACTION_POINT_PREVIOUS:
        return step_point(state, -1), true;
    case ACTION_AGAINST:
        state->settings.against_tuned = !state->settings.against_tuned && state->settings.changes;
        state->settings.zoom = (struct zoom){0};
        if (!state->settings.changes) {
            text_format(state->message, sizeof state->message,
                        "nothing is compared: start with --compare TUNED");
            state->message_is_error = true;
        }
        return true;
    case ACTION_BANDS:
        return state->bands = !state->bands, true;
    default:
        return false;
    }
}
