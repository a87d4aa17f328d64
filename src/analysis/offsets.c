/* offsets.c: which rotary pairs carry large, nearly constant vectors, and what these score by
 * distance. */
#include "ropescope/offsets.h"
#include "ropescope/analysis.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

/* Into -pi..pi. */
static double wrapped(double angle)
{
    return remainder(angle, 2 * pi);
}

/* The median of the mean radii of a head; NaN where there are no pairs. false: no memory. */
static bool median_radius(const struct offset_vectors *vectors, size_t pairs, double *median)
{
    double *copy = memory_array(pairs + 1, sizeof *copy);
    for (size_t i = 0; copy && i < pairs; i++)
        copy[i] = (double)vectors->radius_mean[i];
    if (copy)
        *median = spread_of(copy, pairs).median;
    memory_free(copy);
    return copy != NULL;
}

static void take_side(struct offset *offset, int side, const struct offset_vectors *vectors,
                      size_t pair, double median)
{
    double a = (double)vectors->mean_a[pair], b = (double)vectors->mean_b[pair];
    double mean = (double)vectors->radius_mean[pair];
    offset->radius[side] = hypot(a, b);
    offset->angle[side] = atan2(b, a);
    offset->concentration[side] = mean > 0 ? offset->radius[side] / mean : (double)NAN;
    offset->prominence[side] = median > 0 ? mean / median : (double)NAN;
    offset->constant = offset->constant && offset->concentration[side] >= OFFSET_CONCENTRATION;
    offset->large = offset->large && offset->prominence[side] >= OFFSET_PROMINENCE;
}

bool offsets_of_head(const struct offset_vectors vectors[PROJECTION_COUNT], const double *frequency,
                     size_t pairs, double context, struct offset *out)
{
    double median[PROJECTION_COUNT];
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (!median_radius(&vectors[p], pairs, &median[p]))
            return false;
    for (size_t i = 0; i < pairs; i++) {
        struct offset *offset = &out[i];
        *offset = (struct offset){.constant = true, .large = true};
        for (int p = 0; p < PROJECTION_COUNT; p++)
            take_side(offset, p, &vectors[p], i, median[p]);
        offset->psi = wrapped(offset->angle[PROJECTION_QUERY] - offset->angle[PROJECTION_KEY]);
        offset->partial_cycle = frequency[i] * context < 2 * pi;
        offset->half_cycle = frequency[i] * context <= pi;
        offset->least_psi = frequency[i] * context / 2;
        offset->feature = offset->constant && offset->large;
    }
    return true;
}

double offset_score(const struct offset *offset, double frequency, uint32_t head_dim,
                    double distance)
{
    double radii = offset->radius[PROJECTION_QUERY] * offset->radius[PROJECTION_KEY];
    return radii * cos(offset->psi + frequency * distance) / sqrt((double)head_dim);
}

double offsets_score(const struct offset *offsets, const double *frequency, size_t pairs,
                     uint32_t head_dim, double distance)
{
    double sum = 0;
    for (size_t i = 0; i < pairs; i++)
        sum += offset_score(&offsets[i], frequency[i], head_dim, distance);
    return sum;
}
