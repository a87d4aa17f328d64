/* memo_counts.c: what the rule fixes of a selection, and the measures of heads, from counts that
 * are kept. */
#include "explorer/memo.h"

#include <math.h>

struct counts *memo_counts_now(const struct state *state)
{
    struct counts *counts = &state->memo->counts;
    return counts_lines(counts, state->angles, &state->awm, state->edition) ? counts : NULL;
}

struct counts *memo_counts(const struct state *state)
{
    return &state->memo->counts;
}

bool state_counts(const struct state *state)
{
    struct counts *counts = memo_counts_now(state);
    return counts && counts_reserve(counts, state->angles->model);
}

struct tally state_tally(const struct state *state, enum scope scope, int projection)
{
    struct selection at = state->settings.selection;
    float threshold = state->settings.rule.threshold;
    struct counts *counts = memo_counts_now(state);
    at.scope = scope;
    if (scope == SCOPE_HEAD)
        threshold = state_threshold(state, at.layer, projection, state_head(state, projection));
    if (scope == SCOPE_HEAD || !counts || !counts_update(counts, state->angles, threshold))
        return tally_selection(state->angles, &at, projection, threshold);
    bool all = scope == SCOPE_MODEL;
    return counts_sum(counts, state->angles, projection, all ? 0 : at.layer,
                      all ? state->angles->model->layer_count : at.layer + 1, 0);
}

struct tally state_tally_rule(const struct state *state, enum scope scope)
{
    const struct rule *rule = &state->settings.rule;
    struct counts *counts = memo_counts_now(state);
    struct awm awm = state_awm(state);
    struct tally total = {0};
    if (scope == SCOPE_MODEL && (!counts || !counts_update(counts, state->angles, rule->threshold)))
        return awm_tally_model(state->angles, &awm);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!rule->projection[p])
            continue;
        struct tally one = scope == SCOPE_MODEL
                               ? counts_sum(counts, state->angles, p, 0,
                                            state->angles->model->layer_count, rule->first_layer)
                               : state_tally(state, scope, p);
        tally_add(&total, &one);
    }
    return total;
}

struct fixing state_fixing(const struct state *state, double percent)
{
    return counts_fixing(&state->memo->counts, state->angles, &state->settings.rule, percent);
}

bool state_prepare(const struct state *state)
{
    return counts_prepare(&state->memo->counts, state->angles);
}

/* ---- measures ------------------------------------------------------------ */

static const struct baseline_run *random_run(const struct state *state, size_t i, int projection)
{
    struct awm awm = state_awm(state);
    return baseline_run(&state->memo->counts.baseline, state->angles, &awm, state->edition, i,
                        projection);
}

bool state_random_fixes(const struct state *state, const struct row *row)
{
    const struct baseline_run *run = random_run(state, row->layer_index, row->projection);
    return run && run->fixed[(size_t)row->head * row->layer->pairs + row->pair];
}

static bool shows_random(const struct state *state)
{
    return state->awm.random && state->settings.measure == MEASURE_FRACTION;
}

const char *state_measure_words(const struct state *state)
{
    return shows_random(state) ? "fraction at random" : measure_words(state->settings.measure);
}

static double random_fraction_of(const struct state *state, size_t i, int projection, uint32_t head)
{
    const struct baseline_run *run = random_run(state, i, projection);
    uint32_t pairs = state->angles->model->layers[i].pairs -
                     state->summaries[i].head[projection][head].undefined;
    return run && pairs > 0 ? (double)run->heads[head] / pairs : (double)NAN;
}

static double fraction_of(const struct state *state, size_t i, int projection, uint32_t head,
                          bool excess)
{
    struct counts *counts = memo_counts_now(state);
    float threshold = state->settings.rule.threshold;
    const struct head_count *heads =
        counts ? counts_heads(counts, state->angles, i, projection, threshold) : NULL;
    if (!heads || heads[head].defined == 0)
        return NAN;
    double fraction = (double)heads[head].fixed / heads[head].defined;
    if (!excess)
        return fraction;
    return fraction - counts_head_chance(counts, state->angles, i, projection, head, threshold);
}

double state_measure(const struct state *state, size_t i, int projection, uint32_t head)
{
    const struct layer *layer = &state->angles->model->layers[i];
    enum measure measure = state->settings.measure;
    if (layer->pairs == 0 || !state->summaries[i].ready ||
        head >= layer->projection[projection].heads)
        return NAN;
    if (measure >= MEASURE_OWN)
        return state->settings.changes
                   ? change_measure(state->settings.changes, measure, i, projection, head)
                   : (double)NAN;
    const struct head_summary *summary = &state->summaries[i].head[projection][head];
    if (measure == MEASURE_CORRELATION || measure == MEASURE_NORM_RATIO)
        layer_summary_compare(&state->summaries[i], state->angles, i);
    switch (measure) {
    case MEASURE_FRACTION:
    case MEASURE_EXCESS:
        if (shows_random(state))
            return random_fraction_of(state, i, projection, head);
        return fraction_of(state, i, projection, head, measure == MEASURE_EXCESS);
    case MEASURE_MAX:
        return isnan(summary->mean_abs) ? (double)NAN : (double)summary->max_abs;
    case MEASURE_CORRELATION:
        return (double)summary->correlation;
    case MEASURE_NORM_RATIO:
        return (double)summary->norm_ratio;
    default:
        return (double)summary->mean_abs;
    }
}
