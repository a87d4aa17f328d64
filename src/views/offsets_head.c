/* offsets_head.c: the rotary offsets of a head, out of a run over a text. */
#include "views/offsets.h"

#include <math.h>

bool head_vectors(const struct probed *probed, size_t layer, int projection, uint32_t head,
                  struct offset_vectors *out)
{
    const struct probe *probe = probed ? probed->probe : NULL;
    if (!probe || layer >= probe->layer_count)
        return false;
    const struct probe_projection *from = &probe->layers[layer].projection[projection];
    if (!from->mean_a || head >= from->heads)
        return false;
    size_t at = (size_t)head * from->pairs;
    *out = (struct offset_vectors){from->mean_a + at, from->mean_b + at, from->radius_mean + at,
                                   from->radius_max + at};
    return true;
}

bool head_offsets_fill(struct head_offsets *out, const struct probed *probed,
                       const struct model *model, size_t layer, uint32_t query_head)
{
    struct offset_vectors vectors[PROJECTION_COUNT];
    *out = (struct head_offsets){.context = (double)model->context};
    if (!probed || layer >= probed->model->layer_count)
        return true;
    const struct layer *of = &probed->model->layers[layer];
    if (!head_vectors(probed, layer, PROJECTION_QUERY, query_head, &vectors[PROJECTION_QUERY]) ||
        !head_vectors(probed, layer, PROJECTION_KEY, layer_key_head(of, query_head),
                      &vectors[PROJECTION_KEY]))
        return true;
    out->offset = memory_array(of->pairs + 1, sizeof *out->offset);
    if (!out->offset ||
        !offsets_of_head(vectors, of->frequency, of->pairs, out->context, out->offset))
        return false;
    out->layer = of;
    return true;
}

/* The mean of cos(psi + theta x) over low..high. */
static double mean_cos(double psi, double theta, double low, double high)
{
    double half = theta * (high - low) / 2, middle = psi + theta * (low + high) / 2;
    return cos(middle) * (fabs(half) < 1e-9 ? 1 : sin(half) / half);
}

double offsets_mean_score(const struct head_offsets *head, size_t first, size_t count, double low,
                          double high)
{
    double sum = 0;
    for (size_t i = first; i < first + count; i++) {
        const struct offset *offset = &head->offset[i];
        sum += offset->radius[PROJECTION_QUERY] * offset->radius[PROJECTION_KEY] *
               mean_cos(offset->psi, head->layer->frequency[i], low, high);
    }
    return sum / sqrt((double)head->layer->head_dim);
}
