/* profile.c: a layer in a few numbers, to be plotted against its depth. */
#include "ropescope/analysis.h"

#include <string.h>

static const struct {
    const char *name, *words;
} lines[PROFILE_LINES] = {
    [PROFILE_MEAN] = {"mean", "mean |cos|"},
    [PROFILE_MEDIAN] = {"median", "median |cos|"},
    [PROFILE_FRACTION] = {"fraction", "fraction fixed"},
    [PROFILE_CORRELATION] = {"correlation", "r of query and key"},
    [PROFILE_NORM] = {"norm", "mean |w|"},
};

const char *profile_line_name(enum profile_line line)
{
    return lines[line].name;
}

const char *profile_line_words(enum profile_line line)
{
    return lines[line].words;
}

bool profile_line_from_name(const char *name, enum profile_line *out)
{
    for (int i = 0; i < PROFILE_LINES; i++)
        if (strcmp(lines[i].name, name) == 0) {
            *out = (enum profile_line)i;
            return true;
        }
    return false;
}

/* ---- numbers ------------------------------------------------------------- */

/* Means of |cos| by head; `values` has room for the pairs of the projection. */
static void take_heads(struct profile_point *point, const struct angle_set *set, size_t heads,
                       size_t pairs, double *values)
{
    for (size_t head = 0; head < heads; head++) {
        double sum = 0;
        size_t count = 0;
        for (size_t i = head * pairs; i < (head + 1) * pairs; i++)
            if (!isnan(set->cos[i])) {
                sum += (double)fabsf(set->cos[i]);
                count++;
            }
        values[head] = count > 0 ? sum / (double)count : (double)NAN;
    }
    struct spread spread = spread_of(values, heads);
    point->q25 = spread.q25;
    point->q75 = spread.q75;
}

static void take_pairs(struct profile_point *point, const struct angle_set *set, size_t count,
                       double *values)
{
    double norms = 0;
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)fabsf(set->cos[i]);
        if (!isnan(set->cos[i]))
            norms += ((double)set->norm_a[i] + (double)set->norm_b[i]) / 2;
    }
    struct spread spread = spread_of(values, count);
    point->pairs = spread.count;
    point->mean_abs = spread.mean;
    point->median_abs = spread.median;
    point->mean_norm = spread.count > 0 ? norms / (double)spread.count : (double)NAN;
}

bool profile_fill(struct profile_point *point, const struct angles *angles, size_t layer,
                  int projection)
{
    const struct layer *of = &angles->model->layers[layer];
    const struct projection *p = &of->projection[projection];
    size_t count = projection_pairs(of, projection);
    *point = (struct profile_point){0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    if (!angles->layers[layer].ready || count == 0)
        return true;
    double *values = memory_array(count + p->heads, sizeof *values);
    if (!values)
        return false;
    const struct angle_set *set = &angles->layers[layer].set[projection];
    struct correlation correlation = correlation_layer(angles, layer);
    take_pairs(point, set, count, values);
    take_heads(point, set, p->heads, of->pairs, values);
    point->correlation = correlation_r(&correlation);
    point->chance_mean = chance_mean_abs(p->row_length);
    memory_free(values);
    return true;
}

void profile_fix(struct profile_point *point, const struct angles *angles, size_t layer,
                 int projection, float threshold)
{
    const struct layer *of = &angles->model->layers[layer];
    const struct projection *p = &of->projection[projection];
    if (point->pairs == 0)
        return;
    uint64_t fixed = fixed_count(angles->layers[layer].set[projection].cos,
                                 projection_pairs(of, projection), threshold);
    point->fraction = (double)fixed / (double)point->pairs;
    point->chance = chance_level((double)threshold, p->row_length);
}

double profile_value(const struct profile_point *point, enum profile_line line)
{
    switch (line) {
    case PROFILE_MEDIAN:
        return point->median_abs;
    case PROFILE_FRACTION:
        return point->fraction;
    case PROFILE_CORRELATION:
        return point->correlation;
    case PROFILE_NORM:
        return point->mean_norm;
    default:
        return point->mean_abs;
    }
}

double profile_chance(const struct profile_point *point, enum profile_line line)
{
    return line == PROFILE_MEAN       ? point->chance_mean
           : line == PROFILE_FRACTION ? point->chance
                                      : (double)NAN;
}
