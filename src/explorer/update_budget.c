/* update_budget.c: what kind of training the budget is about: rank, modules, numbers, setups. */
#include "explorer/update.h"

#include <string.h>

enum { LORA_RANK_MOST = 1 << 16 };

/* ---- choices ------------------------------------------------------------- */

/* Modules that people put a LoRA on, after those of the command line. */
static const char *const usual_targets[] = {
    "q_proj,v_proj", "q_proj,k_proj",   "q_proj,k_proj,v_proj,o_proj",
    "qkv_proj",      "query_key_value", "c_attn",
    "Wqkv",          TRAINING_ALL,
};
enum { USUAL_TARGETS = sizeof usual_targets / sizeof *usual_targets };

/* Also where the model does not tell its modules: then no choice is better than another. */
static bool model_has(const struct state *state, const char *targets)
{
    struct error err; /* which says what kind of failure it was */
    struct budget budget;
    struct training training = state->training;
    struct awm awm = state_awm(state);
    training.targets = targets;
    training.rank = 1;
    return budget_of(state->angles, &awm, &training, &budget, &err) != STATUS_USAGE;
}

static const char *targets_at(const struct state *state, size_t index)
{
    return index < USUAL_TARGETS ? usual_targets[index] : state->asked_targets;
}

/* The next that the model has, round and round. */
static void step_targets(struct state *state, size_t by)
{
    size_t count = USUAL_TARGETS + (state->asked_targets != NULL), at = 0;
    while (at < count && strcmp(targets_at(state, at), state->training.targets) != 0)
        at++;
    at = at < count ? at : count - by % count; /* a setup's own come before the first */
    for (size_t tried = 0; tried < count; tried++) {
        at = (at + by + count) % count;
        if (!model_has(state, targets_at(state, at)))
            continue;
        state->training.targets = targets_at(state, at);
        return;
    }
}

static void step_rank(struct state *state, bool up)
{
    uint32_t *rank = &state->training.rank;
    if (up && *rank <= LORA_RANK_MOST / 2)
        *rank *= 2;
    else if (!up && *rank > 1)
        *rank /= 2;
}

static void next_dtype(struct state *state)
{
    enum dtype *dtype = &state->training.dtype;
    *dtype = *dtype == DTYPE_F32 ? DTYPE_BF16 : *dtype == DTYPE_BF16 ? DTYPE_F16 : DTYPE_F32;
}

/* The setups of the authors in turn, whether the model has their modules or not. */
static void next_preset(struct state *state)
{
    size_t at = 0;
    const struct training_preset *preset;
    for (; (preset = training_preset(at)) != NULL; at++)
        if (preset->training.rank == state->training.rank &&
            strcmp(preset->training.targets, state->training.targets) == 0)
            break;
    preset = preset ? training_preset(at + 1) : NULL;
    state->training = (preset ? preset : training_preset(0))->training;
}

/* ---- actions ------------------------------------------------------------- */

void state_take_training(struct state *state, const struct training *training, bool asked)
{
    state->training = *training;
    state->asked_targets = asked ? training->targets : NULL;
    if (!asked && !model_has(state, training->targets))
        state->training.targets = TRAINING_ALL;
}

bool budget_action(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_BUDGET:
        return state->place = PLACE_BUDGET, true;
    case ACTION_LORA_RANK_UP:
    case ACTION_LORA_RANK_DOWN:
        return step_rank(state, action == ACTION_LORA_RANK_UP), true;
    case ACTION_TARGETS_NEXT:
        return step_targets(state, 1), true;
    case ACTION_TARGETS_PREVIOUS:
        return step_targets(state, (size_t)-1), true;
    case ACTION_LORA_DTYPE:
        return next_dtype(state), true;
    case ACTION_LORA_PRESET:
        return next_preset(state), true;
    default:
        return false;
    }
}
