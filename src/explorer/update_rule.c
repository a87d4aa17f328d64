/* update_rule.c: exceptions from the rule by hand, and taking them back. */
#include "explorer/update.h"

#include <math.h>
#include <string.h>

/* ---- what can be undone -------------------------------------------------- */

/* Keeps the lines as they are now; false: no memory, and nothing has changed. */
static bool remember(struct state *state, const char *words)
{
    struct rule_step step = {.edition = state->edition};
    if (!awm_copy(&step.before, &state->awm))
        return false;
    text_format(step.words, sizeof step.words, "%s", words);
    if (state->undo_count == UNDO_MOST) {
        awm_free(&state->undo[0].before);
        memmove(&state->undo[0], &state->undo[1], (UNDO_MOST - 1) * sizeof *state->undo);
        state->undo_count--;
    }
    state->undo[state->undo_count++] = step;
    return true;
}

static void take_back(struct state *state)
{
    struct rule_step *step = &state->undo[--state->undo_count];
    step->before.random = state->awm.random; /* no line of it */
    awm_free(&state->awm);
    state->awm = step->before;
    state->edition = step->edition;
    step->before = (struct awm){0};
}

static void undo(struct state *state)
{
    char words[2 * REACH_WORDS];
    if (state->undo_count == 0) {
        text_format(state->message, sizeof state->message, "there is nothing to undo: f fixes");
        return;
    }
    text_format(words, sizeof words, "%s", state->undo[state->undo_count - 1].words);
    take_back(state);
    text_format(state->message, sizeof state->message, "undone: %s", words);
}

/* ---- exceptions ---------------------------------------------------------- */

/* What holds for all that the reach names; lines inside it may say otherwise. */
static enum exception in_force(const struct awm *awm, const struct reach *reach)
{
    return awm_exception(awm, reach->layer, (int)reach->projection, reach->head);
}

/* Its line says so from now on, keeping its threshold. "By the rule" needs no line but where a
 * wider one fixes or frees. */
static bool set_exception(struct awm *awm, const struct reach *reach, enum exception exception)
{
    const struct rule_line *now = awm_line(awm, *reach);
    struct rule_line line = {*reach, now ? now->threshold : NAN, exception};
    if (exception == EXCEPTION_RULE)
        line.exception = EXCEPTION_NONE;
    if (!awm_set(awm, &line))
        return false;
    if (exception != EXCEPTION_RULE || in_force(awm, reach) == EXCEPTION_RULE)
        return true;
    line.exception = EXCEPTION_RULE;
    return awm_set(awm, &line);
}

static void tell(struct state *state, const struct reach *reach, const char *words)
{
    char before[64] = "";
    uint32_t first = state->settings.rule.first_layer;
    bool masked = reach->layer >= first;
    if (!masked)
        text_format(before, sizeof before, " (layers before %u are not masked)", first);
    else if (reach->projection != REACH_ALL && !state->settings.rule.projection[reach->projection])
        text_format(before, sizeof before, " (which C leaves out)");
    text_format(state->message, sizeof state->message, "%s%s  U undoes", words, before);
}

/* Fixed, free, by the rule, and round again. */
static void cycle(struct state *state, const struct reach *reach)
{
    static const enum exception next[EXCEPTION_COUNT] = {[EXCEPTION_NONE] = EXCEPTION_FIX,
                                                         [EXCEPTION_RULE] = EXCEPTION_FIX,
                                                         [EXCEPTION_FIX] = EXCEPTION_FREE,
                                                         [EXCEPTION_FREE] = EXCEPTION_RULE};
    static const char *const says[EXCEPTION_COUNT] = {[EXCEPTION_FIX] = "all fixed",
                                                      [EXCEPTION_FREE] = "all free",
                                                      [EXCEPTION_RULE] = "by the rule"};
    char name[REACH_WORDS], words[2 * REACH_WORDS];
    enum exception to = next[in_force(&state->awm, reach)];
    reach_words(reach, name);
    text_format(words, sizeof words, "%s: %s", name, says[to]);
    if (!remember(state, words)) {
        update_message(state, "no memory to remember that by");
    } else if (!set_exception(&state->awm, reach, to)) {
        take_back(state);
        update_message(state, "no memory for an exception");
    } else {
        state->edition = ++state->last_edition;
        tell(state, reach, words);
    }
}

/* The layer, as far as the rule covers it. */
static struct reach reach_of_layer(const struct state *state)
{
    const bool *covers = state->settings.rule.projection;
    struct reach reach = {state_layer(state)->number, REACH_ALL, REACH_ALL};
    if (!covers[PROJECTION_QUERY] || !covers[PROJECTION_KEY])
        reach.projection = covers[PROJECTION_KEY] ? PROJECTION_KEY : PROJECTION_QUERY;
    return reach;
}

static void except(struct state *state, bool layer)
{
    if (!state_rotates(state)) {
        update_message(state, "this layer does not rotate: there is nothing to fix");
        return;
    }
    struct reach reach = {state_layer(state)->number, (uint32_t)state->lead,
                          state_head(state, state->lead)};
    if (layer)
        reach = reach_of_layer(state);
    cycle(state, &reach);
}

static void compare_with_random(struct state *state)
{
    state->awm.random = !state->awm.random;
    if (state->awm.random)
        text_format(state->message, sizeof state->message,
                    "baseline: as many pairs of each module, drawn at random (numpy seed %u)",
                    state->awm.seed);
    else
        text_format(state->message, sizeof state->message, "baseline off");
}

bool rule_action(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_EXCEPT_HEAD:
        return except(state, state->view == VIEW_LAYERS && !state->inspecting), true;
    case ACTION_EXCEPT_LAYER:
        return except(state, true), true;
    case ACTION_UNDO:
        return undo(state), true;
    case ACTION_RANDOM:
        return compare_with_random(state), true;
    default:
        return false;
    }
}
