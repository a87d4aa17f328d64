/* update_look.c: what a view shows and how: measures, units, bins, zoom of the maps. */
#include "explorer/update.h"
#include "ropescope/lists.h"

/* Bins to choose from; 0: as many as fit. */
static void step_bins(struct state *state, bool more)
{
    static const uint32_t grid[] = {8,  10, 12,  16,  20,  24,  32,  40,  48,
                                    64, 80, 100, 128, 160, 200, 256, 360, 512};
    enum { LINES = sizeof grid / sizeof *grid };
    uint32_t now = state_bins(state, layout_bars_cols(state)), next = 0;
    for (size_t i = 0; i < LINES && more && next == 0; i++)
        next = grid[i] > now ? grid[i] : 0;
    for (size_t i = LINES; i > 0 && !more && next == 0; i--)
        next = grid[i - 1] < now ? grid[i - 1] : 0;
    state->settings.bins = next; /* beyond the last: what fits */
    text_format(state->message, sizeof state->message, "%u bins%s",
                state_bins(state, layout_bars_cols(state)), next ? "" : ": as many as fit");
}

static void step_measure(struct state *state, int by)
{
    if (state->view == VIEW_FREQUENCY) {
        state->settings.norms = !state->settings.norms;
        return;
    }
    if (state->view == VIEW_SPECTRUM) {
        int shade = ((int)state->settings.shade + by + PAIR_SHADES) % PAIR_SHADES;
        state->settings.shade = (enum pair_shade)shade;
        return;
    }
    if (state->view == VIEW_ATTENTION) {
        int show = ((int)state->settings.attention + by + ATTENTION_SHOWS) % ATTENTION_SHOWS;
        state->settings.attention = (enum attention_show)show;
        return;
    }
    if (state->view == VIEW_PROFILE) {
        int line = ((int)state->settings.line + by + PROFILE_LINES) % PROFILE_LINES;
        state->settings.line = (enum profile_line)line;
        return;
    }
    int count = state->settings.changes ? MEASURE_COUNT : MEASURE_OWN;
    int next = ((int)state->settings.measure + by + count) % count;
    state->settings.measure = (enum measure)next;
}

static uint32_t most_heads(const struct model *model)
{
    uint32_t most = 1;
    for (size_t i = 0; i < model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            if (model->layers[i].projection[p].heads > most)
                most = model->layers[i].projection[p].heads;
    return most;
}

/* A cell of the maps sums up more or fewer layers and heads, until one cell holds them all. */
static void zoom_maps(struct state *state, bool in)
{
    static const uint32_t grid[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 128};
    enum { LINES = sizeof grid / sizeof *grid };
    const struct model *model = state->angles->model;
    size_t most = most_heads(model) > model->layer_count ? most_heads(model) : model->layer_count;
    uint32_t block = state_map_block(state);
    size_t at = 0;
    while (at + 1 < LINES && grid[at] < block)
        at++;
    if (in && at > 0)
        at--;
    else if (!in && at + 1 < LINES && grid[at] < most)
        at++;
    state->map_block = grid[at];
}

/* A strip shows half as many heads, down to one, or twice as many, up to all. */
static void zoom_strip(struct state *state, bool in)
{
    const struct layer *layer = state_layer(state);
    uint32_t heads = layer ? layer->projection[PROJECTION_QUERY].heads : 0;
    uint32_t now =
        state->strip_heads > 0 && state->strip_heads < heads ? state->strip_heads : heads;
    if (now == 0)
        return;
    now = in ? (now + 1) / 2 : 2 * now;
    state->strip_heads = now < heads ? now : 0;
}

static void change_unit(struct state *state)
{
    state->settings.unit = (enum quantity)((state->settings.unit + 1) % (QUANTITY_DEGREES + 1));
    state->settings.zoom = (struct zoom){0}; /* it was in the other unit */
}

/* Query and key, the query alone, the key alone. */
static void change_cover(struct state *state)
{
    bool *covers = state->settings.rule.projection;
    bool query = covers[PROJECTION_QUERY], key = covers[PROJECTION_KEY];
    covers[PROJECTION_QUERY] = !(query && !key);
    covers[PROJECTION_KEY] = !(query && key);
    if (!covers[state->lead])
        state->lead = !state->lead;
    update_settle(state);
}

/* The selected layer joins the strip, or leaves it. */
static void keep_layer(struct state *state)
{
    struct view_settings *settings = &state->settings;
    size_t layer = settings->selection.layer, kept = 0;
    for (size_t i = 0; i < settings->strip_count; i++)
        if (settings->strip[i] != layer)
            settings->strip[kept++] = settings->strip[i];
    bool was_there = kept < settings->strip_count;
    settings->strip_count = kept;
    if (was_there)
        return;
    if (kept == STRIP_LAYERS) {
        text_format(state->message, sizeof state->message,
                    "%d layers at most: a on one of them takes it away", STRIP_LAYERS);
        state->message_is_error = true;
        return;
    }
    for (; kept > 0 && settings->strip[kept - 1] > layer; kept--)
        settings->strip[kept] = settings->strip[kept - 1];
    settings->strip[kept] = layer; /* in their order */
    settings->strip_count++;
}

/* Through the pairs of a head and on to the next head's. */
static void step_pair(struct state *state, int by)
{
    const struct layer *layer = state_layer(state);
    if (!layer || layer->pairs == 0)
        return;
    uint32_t head = state->settings.selection.head,
             heads = layer->projection[PROJECTION_QUERY].heads, last = layer->pairs - 1;
    bool beyond = by > 0 ? state->pair == last : state->pair == 0;
    if (!beyond) {
        state->wanted_pair = by > 0 ? state->pair + 1 : state->pair - 1;
    } else if (by > 0 ? head + 1 < heads : head > 0) {
        state->wanted_head = by > 0 ? head + 1 : head - 1;
        state->wanted_pair = by > 0 ? 0 : last;
    }
    update_settle(state);
}

static bool flip(bool *setting)
{
    *setting = !*setting;
    return true;
}

bool update_look(struct state *state, enum action action)
{
    struct view_settings *settings = &state->settings;
    switch (action) {
    case ACTION_MEASURE_NEXT:
        return step_measure(state, 1), true;
    case ACTION_MEASURE_PREVIOUS:
        return step_measure(state, -1), true;
    case ACTION_UNIT:
        return change_unit(state), true;
    case ACTION_BINS_MORE:
        return step_bins(state, true), true;
    case ACTION_BINS_FEWER:
        return step_bins(state, false), true;
    case ACTION_LOG:
        return flip(state->view == VIEW_THRESHOLD ? &settings->linear : &settings->log);
    case ACTION_EACH_LAYER:
        return flip(&settings->each_layer);
    case ACTION_DEPTH:
        if (state->view != VIEW_FREQUENCY)
            return flip(&settings->relative);
        settings->axis = (enum pair_axis)((settings->axis + 1) % PAIR_AXES);
        return true;
    case ACTION_STRIP_LAYER:
        return keep_layer(state), true;
    case ACTION_PAIR_NEXT:
        return step_pair(state, 1), true;
    case ACTION_PAIR_PREVIOUS:
        return step_pair(state, -1), true;
    case ACTION_CHANGE_BY:
        if (state->view != VIEW_CHANGE)
            return false;
        settings->by = (enum change_by)((settings->by + 1) % CHANGE_BYS);
        update_settle(state);
        return true;
    case ACTION_ARRANGE:
        settings->arrange = (enum arrangement)((settings->arrange + 1) % ARRANGE_COUNT);
        return true;
    case ACTION_COVER:
        return change_cover(state), true;
    case ACTION_ZOOM_IN:
    case ACTION_ZOOM_OUT:
        if (state->view == VIEW_SCATTER)
            return false;
        if (state->view == VIEW_STRIP)
            return zoom_strip(state, action == ACTION_ZOOM_IN), true;
        return zoom_maps(state, action == ACTION_ZOOM_IN), true;
    default:
        return false;
    }
}
