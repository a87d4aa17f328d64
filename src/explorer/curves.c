/* curves.c: fixed pairs against the threshold, out of the |cos| that the counts keep in order. */
#include "explorer/curves.h"

#include "analysis/cosines.h"
#include "ropescope/lists.h"

#include <string.h>

void curves_free(struct curves *curves)
{
    memory_free(curves->threshold);
    memory_free(curves->known);
    memory_free(curves->fixed);
    memory_free(curves->chance);
    memory_free(curves->sum);
    *curves = (struct curves){0};
}

bool curves_set(struct curves *curves, const struct model *model, const float *thresholds,
                size_t count)
{
    uint64_t runs, all;
    if (curves->threshold && curves->count == count &&
        memcmp(curves->threshold, thresholds, count * sizeof *thresholds) == 0)
        return true;
    curves_free(curves);
    if (!size_multiply(model->layer_count + 1, PROJECTION_COUNT, &runs) ||
        !size_multiply(runs, count + 1, &all))
        return false;
    curves->threshold = memory_array(count + 1, sizeof *curves->threshold);
    curves->known = memory_array(runs, sizeof *curves->known);
    curves->fixed = memory_array(all, sizeof *curves->fixed);
    curves->chance = memory_array(count + 1, PROJECTION_COUNT * sizeof *curves->chance);
    curves->sum = memory_array(count + 1, PROJECTION_COUNT * sizeof *curves->sum);
    if (!curves->threshold || !curves->known || !curves->fixed || !curves->chance || !curves->sum) {
        curves_free(curves);
        return false;
    }
    curves->count = count;
    memcpy(curves->threshold, thresholds, count * sizeof *thresholds);
    return true;
}

/* ---- one projection ------------------------------------------------------ */

static const uint64_t *fixed_of(struct curves *curves, struct counts *counts,
                                const struct angles *angles, size_t layer, int projection)
{
    size_t run = layer * PROJECTION_COUNT + (size_t)projection;
    uint64_t *fixed = curves->fixed + run * curves->count;
    if (curves->known[run])
        return fixed;
    struct cosines all = cosines_of_projection(angles, layer, projection);
    const struct ordered *order = counts_order(counts, angles, layer, projection);
    for (size_t t = 0; t < curves->count; t++)
        fixed[t] = order ? order->count - ordered_below(order, curves->threshold[t])
                         : fixed_count(all.cos, all.count, curves->threshold[t]);
    curves->known[run] = angles->layers[layer].ready;
    return fixed;
}

/* Nearly all rows of a projection are as long as those of the layer before. */
static const double *chance_of(struct curves *curves, int projection, uint64_t row_length)
{
    double *chance = curves->chance + (size_t)projection * curves->count;
    for (size_t t = 0; t < curves->count && curves->row_length[projection] != row_length; t++)
        chance[t] = chance_level((double)curves->threshold[t], row_length);
    curves->row_length[projection] = row_length;
    return chance;
}

void curves_add_layer(struct curves *curves, struct counts *counts, const struct angles *angles,
                      size_t layer, int projection, struct tally *out)
{
    uint64_t pairs = counts_tally(counts, layer, projection)->pairs;
    if (pairs == 0)
        return;
    uint64_t row_length = angles->model->layers[layer].projection[projection].row_length;
    const uint64_t *fixed = fixed_of(curves, counts, angles, layer, projection);
    const double *chance = chance_of(curves, projection, row_length);
    for (size_t t = 0; t < curves->count; t++) {
        out[t].pairs += pairs;
        out[t].fixed += fixed[t];
        out[t].sum_chance += chance[t] * (double)pairs;
    }
}

/* ---- the model ----------------------------------------------------------- */

static void sum_up(struct curves *curves, struct counts *counts, const struct angles *angles,
                   uint32_t first_layer)
{
    memset(curves->sum, 0, curves->count * PROJECTION_COUNT * sizeof *curves->sum);
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            if (angles->model->layers[layer].number >= first_layer)
                curves_add_layer(curves, counts, angles, layer, p,
                                 curves->sum + (size_t)p * curves->count);
    curves->summed = true;
    curves->first_layer = first_layer;
    curves->ready = angles->ready;
}

void curves_add_model(struct curves *curves, struct counts *counts, const struct angles *angles,
                      int projection, uint32_t first_layer, struct tally *out)
{
    if (!curves->summed || curves->first_layer != first_layer || curves->ready != angles->ready)
        sum_up(curves, counts, angles, first_layer);
    for (size_t t = 0; t < curves->count; t++)
        tally_add(&out[t], &curves->sum[(size_t)projection * curves->count + t]);
}

/* ---- what the state shows ------------------------------------------------ */

/* So few pairs that they are counted anew for every frame. */
static void add_head(struct curves *curves, const struct angles *angles, const struct selection *at,
                     int projection, struct tally *out)
{
    const struct layer *layer = &angles->model->layers[at->layer];
    if (layer->pairs == 0)
        return;
    uint32_t head = projection == PROJECTION_QUERY ? at->head : layer_key_head(layer, at->head);
    struct cosines run = cosines_of_head(angles, at->layer, projection, head);
    uint64_t pairs = fixed_count(run.cos, run.count, 0);
    const double *chance = chance_of(curves, projection, run.row_length);
    for (size_t t = 0; t < curves->count; t++) {
        out[t].pairs += pairs;
        out[t].fixed += fixed_count(run.cos, run.count, curves->threshold[t]);
        out[t].sum_chance += chance[t] * (double)pairs;
    }
}

bool state_curve(const struct state *state, enum curve_slot slot, const struct selection *at,
                 const bool covered[PROJECTION_COUNT], const float *thresholds, size_t count,
                 struct tally *out)
{
    struct curves *curves = memo_curves(state, slot);
    struct counts *counts = memo_counts(state);
    const struct rule *rule = &state->settings.rule;
    memset(out, 0, count * sizeof *out);
    if (!curves_set(curves, state->angles->model, thresholds, count) ||
        !counts_update(counts, state->angles, rule->threshold))
        return false;
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!covered[p])
            continue;
        if (at->scope == SCOPE_HEAD)
            add_head(curves, state->angles, at, p, out);
        else if (at->scope == SCOPE_LAYER)
            curves_add_layer(curves, counts, state->angles, at->layer, p, out);
        else
            curves_add_model(curves, counts, state->angles, p, rule->first_layer, out);
    }
    return true;
}
