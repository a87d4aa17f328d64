/* spectrum.c: |cos| and norms by pair index, over layers and heads. */
#include "ropescope/analysis.h"

static size_t most_pairs(const struct model *model)
{
    size_t most = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        most = model->layers[i].pairs > most ? model->layers[i].pairs : most;
    return most;
}

static size_t most_heads(const struct model *model, int projection)
{
    size_t heads = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        heads += model->layers[i].projection[projection].heads;
    return heads;
}

/* Frequencies that layers share; a second one leaves none. */
static void take_frequency(struct spectrum_point *point, double frequency, bool first)
{
    if (first)
        point->frequency = frequency;
    else if (point->frequency != frequency)
        point->frequency = NAN;
}

/* All heads at one pair index. */
static void take_index(struct spectrum_point *point, const struct angles *angles, int projection,
                       heads_of_layer *heads, const void *context, uint32_t pair, double *values)
{
    size_t count = 0, room = most_heads(angles->model, projection);
    double *norms = values + room;
    bool first_layer = true;
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        uint32_t first, these = heads(context, i, &first);
        if (these == 0 || pair >= layer->pairs)
            continue;
        take_frequency(point, layer->frequency[pair], first_layer);
        first_layer = false;
        const struct angle_set *set = &angles->layers[i].set[projection];
        for (uint32_t h = first; h < first + these; h++) {
            size_t at = (size_t)h * layer->pairs + pair;
            if (isnan(set->cos[at]))
                continue;
            values[count] = (double)fabsf(set->cos[at]);
            norms[count++] = ((double)set->norm_a[at] + (double)set->norm_b[at]) / 2;
        }
    }
    point->abs_cos = spread_of(values, count);
    point->norm = spread_of(norms, count);
}

struct spectrum_point *spectrum_new(const struct angles *angles, int projection,
                                    heads_of_layer *heads, const void *context, size_t *count)
{
    size_t pairs = most_pairs(angles->model);
    struct spectrum_point *points = memory_array(pairs + 1, sizeof *points);
    double *values = memory_array(2 * most_heads(angles->model, projection) + 1, sizeof *values);
    *count = points && values ? pairs : 0;
    for (size_t i = 0; i < *count; i++) {
        points[i].frequency = NAN;
        take_index(&points[i], angles, projection, heads, context, (uint32_t)i, values);
    }
    memory_free(values);
    if (*count > 0 || (points && values))
        return points;
    memory_free(points);
    return NULL;
}
