/* update.c: what an action does to the state. Pure: no files, no clock, no terminal. */
#include "explorer/entry.h"

/* ---- moving -------------------------------------------------------------- */

static uint32_t query_heads(const struct state *state)
{
    return state_rotates(state) ? state_layer(state)->projection[PROJECTION_QUERY].heads : 0;
}

/* Keeps the cursor on a head that the layer has, as near as can be to the one it was set on. */
static void settle(struct state *state)
{
    uint32_t heads = query_heads(state);
    uint32_t last = heads > 0 ? heads - 1 : 0;
    struct selection *selection = &state->settings.selection;
    selection->head = state->wanted_head < last ? state->wanted_head : last;
    state->top = state_pairs_row(state);
}

/* `at` moved by `by` inside 0..count-1. */
static size_t moved(size_t at, long by, size_t count)
{
    size_t last = count > 0 ? count - 1 : 0;
    if (by < 0)
        return at < (size_t)-by ? 0 : at - (size_t)-by;
    return (size_t)by > last || at > last - (size_t)by ? last : at + (size_t)by;
}

static void move_layer(struct state *state, long by)
{
    struct selection *selection = &state->settings.selection;
    selection->layer = moved(selection->layer, by, state->angles->model->layer_count);
    settle(state);
}

static void move_head(struct state *state, long by)
{
    if (query_heads(state) == 0)
        return; /* the wish is kept for a layer that has heads */
    state->wanted_head = (uint32_t)moved(state->settings.selection.head, by, query_heads(state));
    settle(state);
}

static void move_top(struct state *state, long by)
{
    if (state->view == VIEW_PAIRS)
        state->top = moved(state->top, by, settings_pair_count(&state->settings, state->angles));
}

static long page(const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    int rows = layout.main.rows;
    if (state->view == VIEW_OVERVIEW)
        rows = layout.layers.rows / (layout.cell_rows > 0 ? layout.cell_rows : 1);
    else if (layout.framed)
        rows -= 3;                  /* frame and header line of a table */
    return rows > 1 ? rows - 1 : 1; /* a line of the page before stays in sight */
}

static void move_page(struct state *state, int direction)
{
    long by = direction * page(state);
    if (state->view == VIEW_PAIRS)
        move_top(state, by);
    else if (state->view == VIEW_HEADS)
        move_head(state, by);
    else
        move_layer(state, by);
}

static const long FAR = 1L << 30;

static bool move(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_LAYER_UP:
        return move_layer(state, -1), true;
    case ACTION_LAYER_DOWN:
        return move_layer(state, 1), true;
    case ACTION_LAYER_FIRST:
        return move_layer(state, -FAR), true;
    case ACTION_LAYER_LAST:
        return move_layer(state, FAR), true;
    case ACTION_HEAD_LEFT:
        return move_head(state, -1), true;
    case ACTION_HEAD_RIGHT:
        return move_head(state, 1), true;
    case ACTION_HEAD_FIRST:
        return move_head(state, -FAR), true;
    case ACTION_HEAD_LAST:
        return move_head(state, FAR), true;
    case ACTION_PAGE_UP:
        return move_page(state, -1), true;
    case ACTION_PAGE_DOWN:
        return move_page(state, 1), true;
    case ACTION_ROW_UP:
        return move_top(state, -1), true;
    case ACTION_ROW_DOWN:
        return move_top(state, 1), true;
    default:
        return false;
    }
}

/* ---- the rule ------------------------------------------------------------ */

static void move_first_layer(struct state *state, bool up)
{
    const struct model *model = state->angles->model;
    uint32_t *first = &state->settings.rule.first_layer;
    uint32_t end = model->layer_count ? model->layers[model->layer_count - 1].number + 1 : 0;
    if (up && *first < end)
        (*first)++;
    else if (!up && *first > 0)
        (*first)--;
}

static bool change_rule(struct state *state, enum action action)
{
    float *threshold = &state->settings.rule.threshold;
    switch (action) {
    case ACTION_THRESHOLD_DOWN:
    case ACTION_THRESHOLD_UP:
        *threshold = threshold_step(*threshold, action == ACTION_THRESHOLD_UP, false);
        return true;
    case ACTION_THRESHOLD_FAR_DOWN:
    case ACTION_THRESHOLD_FAR_UP:
        *threshold = threshold_step(*threshold, action == ACTION_THRESHOLD_FAR_UP, true);
        return true;
    case ACTION_FIRST_LAYER_UP:
    case ACTION_FIRST_LAYER_DOWN:
        move_first_layer(state, action == ACTION_FIRST_LAYER_UP);
        return true;
    default:
        return false;
    }
}

/* ---- what is looked at --------------------------------------------------- */

static void show_view(struct state *state, int id)
{
    state->view = (enum view_id)((id + VIEW_COUNT) % VIEW_COUNT);
    state->top = state_pairs_row(state);
}

static void dive(struct state *state)
{
    if (state->view == VIEW_LAYERS)
        show_view(state, VIEW_HEADS);
    else if (state->view != VIEW_PAIRS)
        show_view(state, VIEW_PAIRS);
}

/* Blocks, braille, ASCII and round again; a terminal without UTF-8 has ASCII alone. */
static void next_glyphs(struct state *state)
{
    static const enum glyph_set next[GLYPH_SET_COUNT] = {
        [GLYPHS_BLOCKS] = GLYPHS_BRAILLE,
        [GLYPHS_BRAILLE] = GLYPHS_ASCII,
        [GLYPHS_ASCII] = GLYPHS_BLOCKS,
    };
    state->glyph_set = state->utf8 ? next[state->glyph_set] : GLYPHS_ASCII;
    text_format(state->message, sizeof state->message, "%s%s", glyph_set_name(state->glyph_set),
                state->utf8 ? "" : ": this terminal's locale has no other characters");
}

static bool change_view(struct state *state, enum action action)
{
    if (action >= ACTION_VIEW_FIRST && action <= ACTION_VIEW_LAST)
        return show_view(state, (int)action - ACTION_VIEW_FIRST), true;
    switch (action) {
    case ACTION_VIEW_NEXT:
        return show_view(state, (int)state->view + 1), true;
    case ACTION_VIEW_PREVIOUS:
        return show_view(state, (int)state->view - 1), true;
    case ACTION_DIVE:
        return dive(state), true;
    case ACTION_PROJECTION:
        state->lead = state->lead == PROJECTION_QUERY ? PROJECTION_KEY : PROJECTION_QUERY;
        return settle(state), true;
    case ACTION_SCOPE:
        state->settings.selection.scope =
            (enum scope)((state->settings.selection.scope + 1) % (SCOPE_MODEL + 1));
        return settle(state), true;
    case ACTION_GLYPHS:
        return next_glyphs(state), true;
    default:
        return false;
    }
}

/* ---- help ---------------------------------------------------------------- */

static size_t help_lines(const struct state *state)
{
    size_t lines = 0;
    for (size_t i = 0; i < keys_count(); i++)
        lines += keys_match(keys_binding(i), state->filter.text);
    return lines;
}

static void scroll_help(struct state *state, long by)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    size_t visible = (size_t)(layout.main.rows > 3 ? layout.main.rows - 2 : 1);
    size_t lines = help_lines(state);
    state->help_top = moved(state->help_top, by, lines > visible ? lines - visible + 1 : 1);
}

static bool change_help(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_HELP_UP:
        return scroll_help(state, -1), true;
    case ACTION_HELP_DOWN:
        return scroll_help(state, 1), true;
    case ACTION_HELP_PAGE_UP:
        return scroll_help(state, -page(state)), true;
    case ACTION_HELP_PAGE_DOWN:
        return scroll_help(state, page(state)), true;
    case ACTION_HELP_FIRST:
        return scroll_help(state, -FAR), true;
    case ACTION_HELP_LAST:
        return scroll_help(state, FAR), true;
    default:
        return false;
    }
}

/* ---- typing -------------------------------------------------------------- */

static struct entry *typed_into(struct state *state)
{
    return state->place == PLACE_FILTER ? &state->filter : &state->entry;
}

static void open_place(struct state *state, enum place place)
{
    state->place = place;
    if (place == PLACE_ENTRY || place == PLACE_FILTER)
        *typed_into(state) = (struct entry){0};
    if (place == PLACE_HELP || place == PLACE_FILTER)
        state->help_top = 0;
}

static void accept(struct state *state)
{
    float threshold;
    if (state->place == PLACE_FILTER) {
        state->place = PLACE_HELP;
        return;
    }
    if (threshold_read(state->entry.text, &threshold, state->message, sizeof state->message)) {
        state->settings.rule.threshold = threshold;
        state->place = PLACE_VIEW;
    } else {
        state->message_is_error = true; /* and the field stays open */
    }
}

static void cancel(struct state *state)
{
    if (state->place == PLACE_FILTER)
        state->filter = (struct entry){0};
    state->place = state->place == PLACE_FILTER ? PLACE_HELP : PLACE_VIEW;
}

static void back(struct state *state)
{
    if (state->place == PLACE_HELP) {
        state->place = PLACE_VIEW;
        state->filter = (struct entry){0};
    } else {
        show_view(state, VIEW_OVERVIEW);
    }
}

static void change_place(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_THRESHOLD_TYPE:
        open_place(state, PLACE_ENTRY);
        break;
    case ACTION_HELP:
        open_place(state, PLACE_HELP);
        break;
    case ACTION_FILTER:
        open_place(state, PLACE_FILTER);
        break;
    case ACTION_ACCEPT:
        accept(state);
        break;
    case ACTION_CANCEL:
        cancel(state);
        break;
    case ACTION_BACK:
        back(state);
        break;
    case ACTION_ERASE:
        entry_erase(typed_into(state));
        break;
    case ACTION_ERASE_ALL:
        *typed_into(state) = (struct entry){0};
        break;
    case ACTION_QUIT:
        state->quit = true;
        break;
    default:
        break;
    }
}

/* ---- the outside --------------------------------------------------------- */

/* A key dismisses the line that was shown; the next notice, if any, takes its place. */
static void clear_message(struct state *state)
{
    if (state->message[0] == '\0' && state->notices && state->notices_seen < state->notices->count)
        state->notices_seen++;
    state->message[0] = '\0';
    state->message_is_error = false;
}

unsigned update_action(struct state *state, enum action action)
{
    if (action == ACTION_NONE)
        return DIRTY_NOTHING;
    clear_message(state);
    if (action == ACTION_REDRAW)
        return DIRTY_FRAME | DIRTY_WHOLE;
    if (!move(state, action) && !change_rule(state, action) && !change_view(state, action) &&
        !change_help(state, action))
        change_place(state, action);
    return DIRTY_FRAME;
}

unsigned update_key(struct state *state, uint32_t key)
{
    enum action action = keys_action(state->place, key);
    if (action != ACTION_NONE)
        return update_action(state, action);
    if (state->place != PLACE_ENTRY && state->place != PLACE_FILTER)
        return DIRTY_NOTHING;
    clear_message(state);
    entry_type(typed_into(state), key);
    if (state->place == PLACE_FILTER)
        state->help_top = 0;
    return DIRTY_FRAME;
}

unsigned update_size(struct state *state, int rows, int cols)
{
    state->rows = rows < 1 ? 1 : rows;
    state->cols = cols < 1 ? 1 : cols;
    return DIRTY_FRAME | DIRTY_WHOLE;
}

unsigned update_select(struct state *state, size_t layer, uint32_t head)
{
    state->settings.selection.layer = moved(layer, 0, state->angles->model->layer_count);
    state->wanted_head = head;
    settle(state);
    return DIRTY_FRAME;
}

unsigned update_message(struct state *state, const char *text)
{
    text_format(state->message, sizeof state->message, "%s", text);
    state->message_is_error = true;
    return DIRTY_FRAME;
}

unsigned update_scan(struct state *state, bool scanning, struct progress_reading progress)
{
    bool ended = state->scanning != scanning, ready = state_ready(state);
    bool landed = summaries_update(state->summaries, state->angles) > 0;
    bool further = scanning && progress.fraction > state->progress.fraction;
    state->scanning = scanning;
    state->progress = progress;
    if (state_ready(state) && !ready)
        settle(state);
    return landed || ended || further ? DIRTY_FRAME : DIRTY_NOTHING;
}
