/* update_go.c: going places: to what was typed, to marks, to the next by rank, and back. */
#include "explorer/update.h"

#include <string.h>

/* ---- where the cursor is ------------------------------------------------- */

static struct spot spot_here(const struct state *state)
{
    return (struct spot){
        .set = true,
        .view = state->view,
        .selection = state->settings.selection,
        .wanted_head = state->wanted_head,
        .wanted_pair = state->wanted_pair,
        .inspecting = state->inspecting,
        .lead = state->lead,
        .top = state->top,
    };
}

static void go_to_spot(struct state *state, const struct spot *spot)
{
    state->view = spot->view;
    state->settings.selection = spot->selection;
    state->wanted_head = spot->wanted_head;
    state->wanted_pair = spot->wanted_pair;
    state->inspecting = spot->inspecting;
    state->lead = spot->lead;
    state->top = spot->top;
    update_settle(state); /* which keeps the top where the cursor is in sight */
}

static bool same_spot(const struct spot *a, const struct spot *b)
{
    return a->view == b->view && a->lead == b->lead && a->inspecting == b->inspecting &&
           a->wanted_pair == b->wanted_pair && a->selection.scope == b->selection.scope &&
           a->selection.layer == b->selection.layer && a->selection.head == b->selection.head;
}

void go_leave(struct state *state)
{
    struct spot here = spot_here(state);
    if (state->trail_count > 0 && same_spot(&state->trail[state->trail_count - 1], &here))
        return;
    if (state->trail_count == TRAIL_MOST) {
        memmove(&state->trail[0], &state->trail[1], (TRAIL_MOST - 1) * sizeof *state->trail);
        state->trail_count--;
    }
    state->trail[state->trail_count++] = here;
}

void go_remember(struct state *state)
{
    state->before_leap = spot_here(state);
}

static void leap_from_here(struct state *state)
{
    go_leave(state);
    go_remember(state);
}

static void go_back(struct state *state)
{
    struct spot here = spot_here(state);
    if (state->inspecting) { /* it lies over its view, which keeps the pair that it has come to */
        state->inspecting = false;
        return;
    }
    while (state->trail_count > 0) {
        struct spot spot = state->trail[--state->trail_count];
        spot.inspecting = false; /* Esc leads out of the inspector, not into it */
        if (same_spot(&spot, &here))
            continue;
        go_to_spot(state, &spot);
        return;
    }
    if (state->view != VIEW_OVERVIEW)
        update_show_view(state, VIEW_OVERVIEW);
    else
        text_format(state->message, sizeof state->message, "this is where you began; q quits");
}

/* "layer 3, query head 2" of the leading projection. */
static void name_selection(const struct state *state, char *out, size_t size)
{
    const struct layer *layer = state_layer(state);
    if (!layer)
        text_format(out, size, "the model");
    else if (!state_rotates(state))
        text_format(out, size, "layer %u", layer->number);
    else
        text_format(out, size, "layer %u, %s head %u", layer->number, projection_name(state->lead),
                    state_head(state, state->lead));
}

/* ---- marks --------------------------------------------------------------- */

static void list_marks(struct state *state)
{
    size_t used = 0;
    char *out = state->message;
    for (int i = 0; i < MARK_COUNT; i++) {
        const struct spot *mark = &state->marks[i];
        if (!mark->set)
            continue;
        const struct layer *layer = &state->angles->model->layers[mark->selection.layer];
        text_format(out + used, sizeof state->message - used, "%s%c %u.%u",
                    used ? "  " : "marks: ", 'a' + i, layer->number, mark->selection.head);
        used = strlen(out);
    }
    if (used == 0)
        text_format(out, sizeof state->message, "no mark is set yet: m and a letter set one");
}

static void set_mark(struct state *state, int index)
{
    char name[64];
    state->marks[index] = spot_here(state);
    name_selection(state, name, sizeof name);
    text_format(state->message, sizeof state->message, "mark %c is here: %s ('%c comes back)",
                'a' + index, name, 'a' + index);
}

static void jump_to(struct state *state, const struct spot *to)
{
    struct spot spot = *to;
    char name[64];
    leap_from_here(state);
    go_to_spot(state, &spot);
    name_selection(state, name, sizeof name);
    text_format(state->message, sizeof state->message, "%s", name);
}

void go_letter(struct state *state, uint32_t key)
{
    bool setting = state->place == PLACE_MARK;
    state->place = PLACE_VIEW;
    if (!setting && key == '\'' && state->before_leap.set) {
        jump_to(state, &state->before_leap);
        return;
    }
    state->message_is_error = true;
    if (!setting && key == '\'') {
        text_format(state->message, sizeof state->message, "there was no jump to take back yet");
        return;
    }
    if (key < 'a' || key > 'z') {
        text_format(state->message, sizeof state->message, "marks have the names a to z");
        return;
    }
    int index = (int)(key - 'a');
    if (!setting && !state->marks[index].set) {
        text_format(state->message, sizeof state->message, "mark %c is not set", 'a' + index);
        return;
    }
    state->message_is_error = false;
    if (setting)
        set_mark(state, index);
    else
        jump_to(state, &state->marks[index]);
}

/* ---- ranks --------------------------------------------------------------- */

static void go_by_rank(struct state *state, enum action action)
{
    char name[64], number[TEXT_NUMBER];
    struct ranking ranking;
    enum rank_step step = action == ACTION_RANK_FIRST  ? RANK_FIRST
                          : action == ACTION_RANK_NEXT ? RANK_LOWER
                                                       : RANK_HIGHER;
    if (!rank_find(state, step, &ranking)) {
        text_format(state->message, sizeof state->message,
                    "no head has a number to be ranked by yet");
        state->message_is_error = true;
        return;
    }
    if (!state->ranking) /* a walk from rank to rank is one leap */
        leap_from_here(state);
    state->ranking = true;
    state->settings.selection.layer = ranking.layer;
    state->lead = ranking.projection;
    state->wanted_head = ranking.query_head;
    update_settle(state);
    name_selection(state, name, sizeof name);
    text_format(number, sizeof number, "%.4g", ranking.value);
    const char *more = state_is_list(state) ? "" : "  > next  Enter dive"; /* > sorts a list */
    text_format(state->message, sizeof state->message, "rank %zu of %zu by %s: %s, %s%s",
                ranking.rank, ranking.count, rank_words(state), name, number,
                !ranking.stayed      ? more
                : step == RANK_LOWER ? " (the lowest)"
                                     : " (the highest)");
}

/* ---- what was typed ------------------------------------------------------ */

static void go_to(struct state *state, const struct destination *to)
{
    leap_from_here(state);
    if (to->has_lead)
        state->lead = to->lead;
    state->settings.selection.layer = to->layer;
    if (to->has_head)
        state->wanted_head = to->head;
    if (to->has_pair)
        state->wanted_pair = to->pair;
    if (to->has_pair && state->view != VIEW_SCATTER && !state->inspecting)
        state->view = VIEW_PAIRS;
    update_settle(state);
}

void go_accept(struct state *state)
{
    struct destination to;
    if (!goto_read(state, state->entry.text, state->choice, &to, state->message,
                   sizeof state->message)) {
        state->message_is_error = true; /* and the field stays open */
        return;
    }
    state->place = PLACE_VIEW;
    go_to(state, &to);
}

static void choose(struct state *state, long by)
{
    state->choice = update_moved(state->choice, by, goto_match_count(state, state->entry.text));
}

static void ask(struct state *state, enum place place)
{
    state->place = place;
    state->entry = (struct entry){0};
    state->choice = 0;
    if (place == PLACE_JUMP)
        list_marks(state);
}

bool go_action(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_BACK:
        return go_back(state), true;
    case ACTION_GOTO:
        return ask(state, PLACE_GOTO), true;
    case ACTION_MARK:
        return ask(state, PLACE_MARK), true;
    case ACTION_JUMP:
        return ask(state, PLACE_JUMP), true;
    case ACTION_RANK_FIRST:
    case ACTION_RANK_NEXT:
    case ACTION_RANK_PREVIOUS:
        return go_by_rank(state, action), true;
    case ACTION_CHOICE_UP:
        return choose(state, -1), true;
    case ACTION_CHOICE_DOWN:
        return choose(state, 1), true;
    default:
        return false;
    }
}
