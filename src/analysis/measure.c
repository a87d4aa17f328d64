/* measure.c: measures of a head: what they are called, and those that are no count. */
#include "ropescope/analysis.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name, *words;
} measures[MEASURE_COUNT] = {
    [MEASURE_MEAN] = {"mean", "mean |cos|"},
    [MEASURE_FRACTION] = {"fraction", "fraction fixed"},
    [MEASURE_MAX] = {"max", "max |cos|"},
    [MEASURE_CORRELATION] = {"correlation", "query-key r"},
    [MEASURE_NORM_RATIO] = {"norm-ratio", "min/max norm"},
    [MEASURE_EXCESS] = {"excess", "fixed - chance"},
    [MEASURE_DISTANCE] = {"distance", "mean distance"},
    [MEASURE_DELTA_COS] = {"delta-cos", "change of |cos|"},
    [MEASURE_DELTA_NORM] = {"delta-norm", "change of norm"},
};

const char *measure_name(enum measure measure)
{
    return measures[measure].name;
}

const char *measure_words(enum measure measure)
{
    return measures[measure].words;
}

bool measure_from_name(const char *name, enum measure *out)
{
    for (size_t i = 0; i < MEASURE_COUNT; i++)
        if (strcmp(name, measures[i].name) == 0) {
            *out = (enum measure)i;
            return true;
        }
    return false;
}

bool measure_follows_threshold(enum measure measure)
{
    return measure == MEASURE_FRACTION || measure == MEASURE_EXCESS;
}

double norm_ratio(double a, double b)
{
    if (!(a > 0) || !(b > 0) || !isfinite(a) || !isfinite(b))
        return (double)NAN;
    return a < b ? a / b : b / a;
}

double norm_ratio_head(const struct angles *angles, size_t layer, int projection, uint32_t head)
{
    uint32_t pairs = angles->model->layers[layer].pairs;
    const struct angle_set *set = &angles->layers[layer].set[projection];
    double sum = 0, count = 0;
    for (size_t at = (size_t)head * pairs; at < ((size_t)head + 1) * pairs; at++) {
        double ratio = norm_ratio((double)set->norm_a[at], (double)set->norm_b[at]);
        if (!isnan(ratio)) {
            sum += ratio;
            count++;
        }
    }
    return count > 0 ? sum / count : (double)NAN;
}

double measure_correlation(const struct angles *angles, size_t layer, int projection, uint32_t head)
{
    const struct layer *shape = &angles->model->layers[layer];
    double sum = 0, count = 0;
    for (uint32_t query = 0; query < shape->projection[PROJECTION_QUERY].heads; query++) {
        if ((projection == PROJECTION_QUERY ? query : layer_key_head(shape, query)) != head)
            continue;
        struct correlation c = correlation_head(angles, layer, query);
        double r = correlation_r(&c);
        if (!isnan(r)) {
            sum += r;
            count++;
        }
    }
    return count > 0 ? sum / count : (double)NAN;
}
