/* settings_rule.c: the whole rule of a view and of the explorer: the base that keys turn, and the
 * lines beside it. */
#include "ropescope/explorer.h"

#include <string.h>

/* ---- of a view ----------------------------------------------------------- */

struct awm settings_awm(const struct view_settings *settings)
{
    struct awm awm = {.seed = RANDOM_SEED};
    if (settings->lines)
        awm = *settings->lines;
    awm.base = settings->rule;
    return awm;
}

float settings_threshold(const struct view_settings *settings, uint32_t layer, int projection,
                         uint32_t head)
{
    if (!settings->lines || settings->lines->line_count == 0)
        return settings->rule.threshold;
    struct awm awm = settings_awm(settings);
    return awm_threshold(&awm, layer, projection, head);
}

/* ---- of the explorer ----------------------------------------------------- */

struct awm state_awm(const struct state *state)
{
    struct awm awm = state->awm;
    awm.base = state->settings.rule;
    return awm;
}

float state_threshold(const struct state *state, size_t layer, int projection, uint32_t head)
{
    if (state->awm.line_count == 0 || layer >= state->angles->model->layer_count)
        return state->settings.rule.threshold;
    struct awm awm = state_awm(state);
    return awm_threshold(&awm, state->angles->model->layers[layer].number, projection, head);
}

void state_take_lines(struct state *state, struct awm *awm, const char *file)
{
    awm_free(&state->awm);
    state->awm = *awm;
    *awm = (struct awm){0};
    state->edition = state->awm.line_count > 0 ? ++state->last_edition : 0;
    state->lines_file[0] = '\0';
    if (file)
        state_lines_saved(state, file);
}

void state_lines_saved(struct state *state, const char *file)
{
    if (!text_format(state->lines_file, sizeof state->lines_file, "%s", file))
        state->lines_file[0] = '\0';
    state->lines_file_edition = state->edition;
}
