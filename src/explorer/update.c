/* update.c: what an action does to the state. Pure: no files, no clock, no terminal. */
#include "explorer/update.h"
#include "explorer/entry.h"
#include "explorer/update_theme.h"
#include "ropescope/lists.h"

#include <math.h>

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
        state->share = NAN;
        *threshold = threshold_step(*threshold, action == ACTION_THRESHOLD_UP, false);
        return true;
    case ACTION_THRESHOLD_FAR_DOWN:
    case ACTION_THRESHOLD_FAR_UP:
        state->share = NAN;
        *threshold = threshold_step(*threshold, action == ACTION_THRESHOLD_FAR_UP, true);
        return true;
    case ACTION_FIRST_LAYER_UP:
    case ACTION_FIRST_LAYER_DOWN:
        move_first_layer(state, action == ACTION_FIRST_LAYER_UP);
        threshold_recount(state);
        return true;
    default:
        return false;
    }
}

/* ---- what is looked at --------------------------------------------------- */

static void show_view(struct state *state, int id)
{
    go_leave(state);
    update_show_view(state, (enum view_id)((id + VIEW_COUNT) % VIEW_COUNT));
}

/* Views of what is not there are none to come by. */
static void step_view(struct state *state, int step)
{
    int id = ((int)state->view + step + VIEW_COUNT) % VIEW_COUNT;
    while (state_lacks_view(state, (enum view_id)id))
        id = (id + step + VIEW_COUNT) % VIEW_COUNT;
    show_view(state, id);
}

/* Deeper is narrower: the heads of the selected layer, the pairs of the selected head, those of the
 * leading projection first in sight. */
static void dive(struct state *state)
{
    if (state->view == VIEW_PAIRS || state->view == VIEW_CHANGE) {
        state->inspecting = true;
        return;
    }
    bool from_layers = state->view == VIEW_LAYERS;
    enum scope *scope = &state->settings.selection.scope,
               narrow = from_layers ? SCOPE_LAYER : SCOPE_HEAD;
    show_view(state, from_layers ? VIEW_HEADS : VIEW_PAIRS);
    *scope = *scope > narrow ? narrow : *scope;
    state->top = from_layers ? state->top : state_line(state);
    update_settle(state);
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
        return step_view(state, 1), true;
    case ACTION_VIEW_PREVIOUS:
        return step_view(state, -1), true;
    case ACTION_DIVE:
        return dive(state), true;
    case ACTION_PROJECTION:
        state->lead = state->lead == PROJECTION_QUERY ? PROJECTION_KEY : PROJECTION_QUERY;
        return update_settle(state), true;
    case ACTION_SCOPE:
        state->settings.selection.scope =
            (enum scope)((state->settings.selection.scope + 1) % (SCOPE_MODEL + 1));
        return update_settle(state), true;
    case ACTION_GLYPHS:
        return next_glyphs(state), true;
    default:
        return false;
    }
}

/* ---- help ---------------------------------------------------------------- */

static size_t help_lines(const struct state *state)
{
    struct help help;
    help_of(&help, state);
    return help.count;
}

/* Lines of the help in sight. */
static size_t help_room(const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    return (size_t)(layout.main.rows > 3 ? layout.main.rows - 2 : 1);
}

static long help_page(const struct state *state)
{
    size_t room = help_room(state);
    return room > 1 ? (long)room - 1 : 1;
}

static void scroll_help(struct state *state, long by)
{
    size_t visible = help_room(state), lines = help_lines(state);
    state->help_top = update_moved(state->help_top, by, lines > visible ? lines - visible + 1 : 1);
}

static bool change_help(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_HELP_UP:
        return scroll_help(state, -1), true;
    case ACTION_HELP_DOWN:
        return scroll_help(state, 1), true;
    case ACTION_HELP_PAGE_UP:
        return scroll_help(state, -help_page(state)), true;
    case ACTION_HELP_PAGE_DOWN:
        return scroll_help(state, help_page(state)), true;
    case ACTION_HELP_FIRST:
        return scroll_help(state, -UPDATE_FAR), true;
    case ACTION_HELP_LAST:
        return scroll_help(state, UPDATE_FAR), true;
    default:
        return false;
    }
}

/* ---- typing -------------------------------------------------------------- */

static struct entry *typed_into(struct state *state)
{
    return state->place == PLACE_FILTER   ? &state->filter
           : state->place == PLACE_SEARCH ? &state->search
                                          : &state->entry;
}

static void open_place(struct state *state, enum place place)
{
    state->place = place;
    if (place == PLACE_ENTRY || place == PLACE_FILTER || place == PLACE_SEARCH)
        *typed_into(state) = (struct entry){0};
    if (place == PLACE_HELP || place == PLACE_FILTER)
        state->help_top = 0;
}

static void accept(struct state *state)
{
    switch (state->place) {
    case PLACE_FILTER:
        state->place = PLACE_HELP;
        break;
    case PLACE_SEARCH:
        state->place = PLACE_VIEW;
        update_list(state, ACTION_SEARCH_NEXT);
        break;
    case PLACE_GOTO:
        go_accept(state);
        break;
    case PLACE_SAVE:
        out_accept(state);
        break;
    default:
        if (threshold_accept(state))
            state->place = PLACE_VIEW; /* else the field stays open */
        break;
    }
}

static void cancel(struct state *state)
{
    if (state->place == PLACE_FILTER)
        state->filter = (struct entry){0};
    state->place = state->place == PLACE_FILTER ? PLACE_HELP : PLACE_VIEW;
}

static void close_help(struct state *state)
{
    state->place = PLACE_VIEW;
    state->filter = (struct entry){0};
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
    case ACTION_SEARCH:
        open_place(state, PLACE_SEARCH);
        break;
    case ACTION_ACCEPT:
        accept(state);
        break;
    case ACTION_CANCEL:
        cancel(state);
        break;
    case ACTION_BACK:
        close_help(state);
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

static unsigned dirty_after(enum action action)
{
    if (action >= ACTION_THRESHOLD_DOWN && action <= ACTION_THRESHOLD_FAR_UP)
        return DIRTY_STEP;
    return action >= ACTION_LAYER_UP && action <= ACTION_ROW_DOWN ? DIRTY_MOVE : DIRTY_FRAME;
}

unsigned update_action(struct state *state, enum action action)
{
    if (action == ACTION_NONE)
        return DIRTY_NOTHING;
    clear_message(state);
    if (action == ACTION_REDRAW)
        return DIRTY_FRAME | DIRTY_WHOLE;
    if (action < ACTION_RANK_FIRST || action > ACTION_RANK_PREVIOUS)
        state->ranking = false;
    bool gone = state->place != PLACE_HELP && go_action(state, action);
    if (!gone && !out_action(state, action) && !update_move(state, action) &&
        !change_rule(state, action) && !rule_action(state, action) &&
        !budget_action(state, action) && !change_view(state, action) &&
        !change_help(state, action) && !change_theme(state, action) &&
        !update_list(state, action) && !update_look(state, action) &&
        !update_attention(state, action) && !update_scatter(state, action))
        change_place(state, action);
    update_keep_line(state); /* whatever it was, it may have changed the order of a list */
    return dirty_after(action);
}

unsigned update_key(struct state *state, uint32_t key)
{
    enum action action = keys_action(state_own_places(state), key);
    if (action == ACTION_NONE)
        action = keys_action((unsigned)state->place, key);
    if (action != ACTION_NONE)
        return update_action(state, action);
    if (state->place == PLACE_MARK || state->place == PLACE_JUMP) {
        clear_message(state);
        go_letter(state, key);
        return DIRTY_FRAME;
    }
    if (!((unsigned)state->place & PLACES_TYPED))
        return DIRTY_NOTHING;
    clear_message(state);
    entry_type(typed_into(state), key);
    state->choice = 0;
    if (state->place == PLACE_FILTER)
        state->help_top = 0;
    return DIRTY_FRAME;
}

unsigned update_size(struct state *state, int rows, int cols)
{
    state->rows = rows < 1 ? 1 : rows;
    state->cols = cols < 1 ? 1 : cols;
    update_settle(state);
    return DIRTY_FRAME | DIRTY_WHOLE;
}

unsigned update_scan(struct state *state, bool scanning, struct progress_reading progress)
{
    bool ended = state->scanning != scanning, ready = state_ready(state);
    bool landed = summaries_update(state->summaries, state->angles) > 0;
    bool further = scanning && progress.fraction > state->progress.fraction;
    state->scanning = scanning;
    state->progress = progress;
    if (landed || (state_ready(state) && !ready))
        update_settle(state);
    return landed || ended || further ? DIRTY_FRAME : DIRTY_NOTHING;
}
