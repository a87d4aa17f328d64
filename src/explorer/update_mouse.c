/* update_mouse.c: a click or a turn of the wheel. The mouse is off until it is asked for. */
#include "explorer/update.h"
#include "ropescope/lists.h"

/* ---- the wheel ----------------------------------------------------------- */

unsigned update_wheel(struct state *state, int by)
{
    static const enum action layer[] = {ACTION_LAYER_UP, ACTION_LAYER_DOWN};
    static const enum action line[] = {ACTION_ROW_UP, ACTION_ROW_DOWN};
    static const enum action help[] = {ACTION_HELP_UP, ACTION_HELP_DOWN};
    static const enum action match[] = {ACTION_CHOICE_UP, ACTION_CHOICE_DOWN};
    static const enum action theme[] = {ACTION_THEME_UP, ACTION_THEME_DOWN};
    size_t down = by > 0;
    switch (state->place) {
    case PLACE_VIEW:
        return update_action(state,
                             state_is_list(state) || state->inspecting ? line[down] : layer[down]);
    case PLACE_HELP:
        return update_action(state, help[down]);
    case PLACE_GOTO:
        return update_action(state, match[down]);
    case PLACE_THEMES:
        return update_action(state, theme[down]);
    default:
        return DIRTY_NOTHING;
    }
}

/* ---- clicks -------------------------------------------------------------- */

static bool inside(struct rect rect, int row, int col)
{
    return row >= rect.row && row < rect.row + rect.rows && col >= rect.col &&
           col < rect.col + rect.cols;
}

/* A cell of a heat map: its head, or the first of those that it sums up. */
static bool click_map(struct state *state, const struct layout *layout, int projection, int row,
                      int col)
{
    struct rect map = layout->map[projection];
    if (!inside(map, row, col))
        return false;
    size_t block = state_map_block(state);
    size_t line = layout_first_line(layout, state) + (size_t)((row - map.row) / layout->cell_rows);
    size_t head = layout_first_column(layout, state, projection) +
                  (size_t)((col - map.col) / layout->cell_cols);
    const struct model *model = state->angles->model;
    if (line * block >= model->layer_count)
        return false;
    const struct layer *layer = &model->layers[line * block];
    if (head * block >= layer->projection[projection].heads || layer->pairs == 0)
        return update_select(state, line * block, state->wanted_head), true;
    struct row item = {layer, line * block, projection, (uint32_t)(head * block),
                       state->wanted_pair};
    state_select_item(state, &item);
    return true;
}

static bool click_overview(struct state *state, const struct layout *layout, int row, int col)
{
    if (!layout->framed)
        return false;
    return click_map(state, layout, PROJECTION_QUERY, row, col) ||
           click_map(state, layout, PROJECTION_KEY, row, col);
}

static bool click_list(struct state *state, const struct layout *layout, int row, int col)
{
    const struct list *list = state_list(state);
    int above = (int)((size_t)layout->main.rows - state_list_room(state) >= 3 ? 2 : 1);
    size_t line = state->top + (size_t)(row - layout->main.row - above);
    if (!list || !inside(layout->main, row, col) || row < layout->main.row + above ||
        line >= list->count || line >= state->top + state_list_room(state))
        return false;
    struct row item = list_item(list, line);
    state_select_item(state, &item);
    return true;
}

unsigned update_click(struct state *state, int row, int col)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    if (state->place != PLACE_VIEW || state->inspecting)
        return DIRTY_NOTHING;
    layout_make(&layout, &needs);
    bool hit = state->view == VIEW_OVERVIEW ? click_overview(state, &layout, row, col)
                                            : click_list(state, &layout, row, col);
    return hit ? DIRTY_FRAME : DIRTY_NOTHING;
}
