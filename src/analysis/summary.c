/* summary.c: what a threshold does not change, counted once for each layer as it lands. */
#include "analysis/cosines.h"

#include <math.h>

struct layer_summary *summaries_new(const struct angles *angles)
{
    return memory_array(angles->model->layer_count, sizeof(struct layer_summary));
}

void summaries_free(struct layer_summary *summaries, size_t count)
{
    for (size_t layer = 0; summaries && layer < count; layer++)
        memory_free(summaries[layer].owned);
    memory_free(summaries);
}

static struct head_summary summarise(const struct angles *angles, size_t layer, int projection,
                                     uint32_t head)
{
    struct cosines run = cosines_of_head(angles, layer, projection, head);
    struct tally tally = cosines_tally(run, INFINITY); /* no count of fixed ones is wanted */
    struct head_summary summary = {
        .mean_abs = (float)tally_mean_abs(&tally),
        .max_abs = (float)tally.max_abs,
        .correlation = NAN,
        .norm_ratio = NAN,
        .undefined = (uint32_t)tally.undefined,
    };
    return summary;
}

/* False where memory is out: the layer stays not ready, and the next update tries again. */
static bool fill(struct layer_summary *summary, const struct angles *angles, size_t layer)
{
    const struct projection *projection = angles->model->layers[layer].projection;
    size_t heads = (size_t)projection[PROJECTION_QUERY].heads + projection[PROJECTION_KEY].heads;
    summary->owned = memory_array(heads, sizeof *summary->owned);
    if (!summary->owned)
        return false;
    summary->head[PROJECTION_QUERY] = summary->owned;
    summary->head[PROJECTION_KEY] = summary->owned + projection[PROJECTION_QUERY].heads;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        for (uint32_t head = 0; head < projection[p].heads; head++)
            summary->head[p][head] = summarise(angles, layer, p, head);
    summary->ready = true;
    return true;
}

size_t summaries_update(struct layer_summary *summaries, const struct angles *angles)
{
    size_t filled = 0;
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        if (angles->layers[layer].ready && !summaries[layer].ready)
            filled += fill(&summaries[layer], angles, layer);
    return filled;
}

bool summaries_lack(const struct layer_summary *summaries, const struct angles *angles)
{
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        if (angles->layers[layer].ready && !summaries[layer].ready)
            return true;
    return false;
}

void layer_summary_compare(struct layer_summary *summary, const struct angles *angles, size_t layer)
{
    const struct layer *shape = &angles->model->layers[layer];
    if (!summary->ready || summary->compared)
        return;
    for (int p = 0; p < PROJECTION_COUNT && shape->pairs > 0; p++)
        for (uint32_t head = 0; head < shape->projection[p].heads; head++) {
            struct head_summary *one = &summary->head[p][head];
            one->correlation = (float)measure_correlation(angles, layer, p, head);
            one->norm_ratio = (float)norm_ratio_head(angles, layer, p, head);
        }
    summary->correlation = correlation_layer(angles, layer);
    summary->compared = true;
}
