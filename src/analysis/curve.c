/* curve.c: how many pairs each of many thresholds fixes, every pair looked at once. */
#include "analysis/cosines.h"
#include "ropescope/awm.h"

#include <math.h>

const float curve_table[CURVE_TABLE] = {0.001F, 0.002F, 0.005F, 0.01F, 0.02F,
                                        0.05F,  0.1F,   0.2F,   0.3F,  0.5F};

/* How many of the ascending thresholds fix the pair. */
static size_t reached(float magnitude, const float *thresholds, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (magnitude >= thresholds[middle])
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The pairs that a threshold fixes and the next one does not are counted at that threshold: the
 * sums from above are what each fixes. */
void curve_projection(const struct angles *angles, size_t layer, int projection,
                      const float *thresholds, size_t count, struct tally *out)
{
    enum { SOME = 1024 }; /* thresholds that are counted in one pass */
    struct cosines run = cosines_of_projection(angles, layer, projection);
    for (size_t first = 0; first < count; first += SOME) {
        uint64_t last_reached[SOME] = {0}, undefined = 0, fixed = 0;
        const size_t some = count - first < SOME ? count - first : SOME;
        for (size_t i = 0; i < run.count; i++) {
            if (isnan(run.cos[i])) {
                undefined++;
                continue;
            }
            size_t reach = reached(fabsf(run.cos[i]), thresholds + first, some);
            if (reach > 0)
                last_reached[reach - 1]++;
        }
        for (size_t t = some; t-- > 0;) {
            const uint64_t pairs = run.count - undefined;
            fixed += last_reached[t];
            out[first + t].fixed += fixed;
            out[first + t].pairs += pairs;
            out[first + t].undefined += undefined;
            if (pairs > 0)
                out[first + t].sum_chance +=
                    chance_level((double)thresholds[first + t], run.row_length) * (double)pairs;
        }
    }
}

void curve_layer(const struct angles *angles, size_t layer, const struct rule *rule,
                 const float *thresholds, size_t count, struct tally *out)
{
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (rule->projection[p])
            curve_projection(angles, layer, p, thresholds, count, out);
}

void curve_model(const struct angles *angles, const struct rule *rule, const float *thresholds,
                 size_t count, struct tally *out)
{
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        if (angles->model->layers[layer].number >= rule->first_layer)
            curve_layer(angles, layer, rule, thresholds, count, out);
}

double tally_excess(const struct tally *tally)
{
    return tally_fraction(tally) - tally_chance(tally);
}
