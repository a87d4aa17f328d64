/* update_move.c: the one selection of all views, and the views it is moved through. */
#include "explorer/update.h"
#include "ropescope/lists.h"

static uint32_t query_heads(const struct state *state)
{
    return state_rotates(state) ? state_layer(state)->projection[PROJECTION_QUERY].heads : 0;
}

size_t update_moved(size_t at, long by, size_t count)
{
    size_t last = count > 0 ? count - 1 : 0;
    if (by < 0)
        return at < (size_t)-by ? 0 : at - (size_t)-by;
    return (size_t)by > last || at > last - (size_t)by ? last : at + (size_t)by;
}

/* A list moves when the cursor would leave the screen: by half a screen at a step over its edge, so
 * that most moves send two lines; after a leap the cursor keeps its line of the screen, so that
 * what stands beside pairs of the same number stays. */
void update_keep_line(struct state *state)
{
    const struct list *list = state_list(state);
    size_t room = state_list_room(state), line = list ? state_line(state) : 0;
    size_t count = list ? list->count : 0, last = count > room ? count - room : 0;
    if (line < count && (line < state->top || line - state->top >= room)) {
        bool step = line + 1 == state->top || line == state->top + room;
        if (step || state->screen_line >= room || line < state->screen_line)
            state->top = layout_scroll(line, room, count);
        else
            state->top = line - state->screen_line;
    }
    state->top = state->top < last ? state->top : last;
    if (line < count)
        state->screen_line = line - state->top;
}

void update_settle(struct state *state)
{
    uint32_t heads = query_heads(state);
    uint32_t last = heads > 0 ? heads - 1 : 0;
    struct selection *selection = &state->settings.selection;
    selection->head = state->wanted_head < last ? state->wanted_head : last;
    uint32_t pairs = state_rotates(state) ? state_layer(state)->pairs : 0;
    state->pair = pairs == 0 ? 0 : state->wanted_pair < pairs ? state->wanted_pair : pairs - 1;
    update_keep_line(state);
}

static void move_layer(struct state *state, long by)
{
    struct selection *selection = &state->settings.selection;
    selection->layer = update_moved(selection->layer, by, state->angles->model->layer_count);
    update_settle(state);
}

/* Among the heads of the leading projection: of the query heads that meet the next key head the
 * first. */
static void move_head(struct state *state, long by)
{
    uint32_t heads = query_heads(state), head = 0;
    if (heads == 0)
        return; /* the wish is kept for a layer that has heads */
    const struct layer *layer = state_layer(state);
    if (state->lead == PROJECTION_QUERY) {
        head = (uint32_t)update_moved(state->settings.selection.head, by, heads);
    } else {
        uint32_t now = state_head(state, PROJECTION_KEY);
        uint32_t next = (uint32_t)update_moved(now, by, layer->projection[PROJECTION_KEY].heads);
        while (head + 1 < heads && layer_key_head(layer, head) != next)
            head++;
        if (next == now)
            head = state->settings.selection.head;
    }
    state->wanted_head = head;
    update_settle(state);
}

long update_page(const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    int rows = layout.main.rows;
    if (state->view == VIEW_OVERVIEW)
        rows = layout.layers.rows / (layout.cell_rows > 0 ? layout.cell_rows : 1) *
               (int)state_map_block(state);
    return rows > 1 ? rows - 1 : 1; /* a line of the page before stays in sight */
}

bool update_move(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_LAYER_UP:
        return move_layer(state, -1), true;
    case ACTION_LAYER_DOWN:
        return move_layer(state, 1), true;
    case ACTION_LAYER_FIRST:
        return move_layer(state, -UPDATE_FAR), true;
    case ACTION_LAYER_LAST:
        return move_layer(state, UPDATE_FAR), true;
    case ACTION_HEAD_LEFT:
        return move_head(state, -1), true;
    case ACTION_HEAD_RIGHT:
        return move_head(state, 1), true;
    case ACTION_HEAD_FIRST:
        return move_head(state, -UPDATE_FAR), true;
    case ACTION_HEAD_LAST:
        return move_head(state, UPDATE_FAR), true;
    case ACTION_PAGE_UP:
        return move_layer(state, -update_page(state)), true;
    case ACTION_PAGE_DOWN:
        return move_layer(state, update_page(state)), true;
    default:
        return false;
    }
}

void update_show_view(struct state *state, enum view_id view)
{
    state->view = view;
    state->inspecting = false;
    update_settle(state);
}

/* Another view at the same place; the one before stays within reach of Esc. */

unsigned update_select(struct state *state, size_t layer, uint32_t head)
{
    state->settings.selection.layer = update_moved(layer, 0, state->angles->model->layer_count);
    state->wanted_head = head;
    update_settle(state);
    return DIRTY_FRAME;
}
