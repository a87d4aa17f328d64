/* awm_tally.c: what the whole rule fixes, counted and pair by pair; and the random baseline that
 * fixes as many. */
#include "analysis/cosines.h"
#include "ropescope/awm.h"

#include <math.h>
#include <string.h>

/* ---- counts -------------------------------------------------------------- */

struct tally awm_tally_head(const struct angles *angles, size_t layer, int projection,
                            uint32_t head, const struct awm *awm)
{
    const uint32_t number = angles->model->layers[layer].number;
    return tally_head(angles, layer, projection, head,
                      awm_threshold(awm, number, projection, head));
}

/* Heads share few thresholds, and a chance level costs more than the count: the last one is kept.
 */
static struct tally tally_of_heads(const struct angles *angles, size_t layer, int projection,
                                   const struct awm *awm)
{
    const struct layer *shape = &angles->model->layers[layer];
    const struct projection *rows = &shape->projection[projection];
    struct tally total = {0};
    float last = NAN;
    double chance = 0;
    for (uint32_t head = 0; head < rows->heads; head++) {
        float threshold = awm_threshold(awm, shape->number, projection, head);
        if (!(threshold == last))
            chance = chance_level((double)threshold, rows->row_length);
        last = threshold;
        struct tally one =
            cosines_tally(cosines_of_head(angles, layer, projection, head), threshold);
        one.sum_chance = one.pairs > 0 ? chance * (double)one.pairs : 0;
        tally_add(&total, &one);
    }
    return total;
}

struct tally awm_tally_projection(const struct angles *angles, size_t layer, int projection,
                                  const struct awm *awm)
{
    return awm->line_count == 0 ? tally_projection(angles, layer, projection, awm->base.threshold)
                                : tally_of_heads(angles, layer, projection, awm);
}

struct tally awm_tally_layer(const struct angles *angles, size_t layer, const struct awm *awm)
{
    struct tally total = {0};
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!awm->base.projection[p])
            continue;
        struct tally one = awm_tally_projection(angles, layer, p, awm);
        tally_add(&total, &one);
    }
    return total;
}

struct tally awm_tally_model(const struct angles *angles, const struct awm *awm)
{
    struct tally total = {0};
    for (size_t layer = 0; layer < angles->model->layer_count; layer++) {
        if (angles->model->layers[layer].number < awm->base.first_layer)
            continue;
        struct tally one = awm_tally_layer(angles, layer, awm);
        tally_add(&total, &one);
    }
    return total;
}

/* ---- pair by pair -------------------------------------------------------- */

static uint64_t fix_by_rule(const struct awm *awm, const struct layer *shape, int projection,
                            const float *cos, unsigned char *fixed)
{
    uint64_t count = 0;
    for (uint32_t head = 0; head < shape->projection[projection].heads; head++) {
        float threshold = awm_threshold(awm, shape->number, projection, head);
        for (uint32_t i = 0; i < shape->pairs; i++) {
            *fixed = rule_fixes(*cos++, threshold);
            count += *fixed++;
        }
    }
    return count;
}

/* Fixes `fixing` of the pairs with an angle: those that choice(), which draws the ones that are
 * kept, leaves. */
static bool fix_at_random(uint32_t seed, struct cosines run, uint64_t fixing, unsigned char *fixed)
{
    struct random random;
    uint32_t *order = memory_array(run.count, sizeof *order);
    uint32_t *defined = memory_array(run.count, sizeof *defined), count = 0;
    if (order && defined) {
        for (size_t i = 0; i < run.count; i++)
            if (!isnan(run.cos[i]))
                defined[count++] = (uint32_t)i;
        random_seed(&random, seed);
        random_permutation(&random, order, count);
        memset(fixed, 0, run.count);
        for (uint32_t i = count - (uint32_t)fixing; i < count; i++)
            fixed[defined[order[i]]] = 1;
    }
    bool done = order && defined;
    memory_free(order);
    memory_free(defined);
    return done;
}

uint64_t awm_fixed_pairs(const struct awm *awm, const struct angles *angles, size_t layer,
                         int projection, unsigned char *fixed)
{
    const struct layer *shape = &angles->model->layers[layer];
    struct cosines run = cosines_of_projection(angles, layer, projection);
    if (run.count == 0 || !awm_covers(awm, shape, projection)) {
        memset(fixed, 0, projection_pairs(shape, projection));
        return 0;
    }
    uint64_t count = fix_by_rule(awm, shape, projection, run.cos, fixed);
    bool drawn =
        !awm->random || (run.count <= UINT32_MAX && fix_at_random(awm->seed, run, count, fixed));
    return drawn ? count : UINT64_MAX;
}
