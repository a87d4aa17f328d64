/* layers.c: small questions to a layer and to a model. */
#include "ropescope/model.h"

#include <math.h>

const char *pairing_name(enum pairing pairing)
{
    return pairing == PAIRING_INTERLEAVED ? "interleaved" : "half-split";
}

const char *projection_name(int projection)
{
    return projection == PROJECTION_KEY ? "key" : "query";
}

const char *fact_source_name(enum fact_source source)
{
    static const char *const names[FACT_SOURCE_COUNT] = {
        [FACT_CONFIG] = "config",   [FACT_SHAPE] = "tensor shape", [FACT_FORMAT] = "format",
        [FACT_FAMILY] = "family",   [FACT_DEFAULT] = "default",    [FACT_FLAG] = "flag",
        [FACT_DEDUCED] = "deduced",
    };
    return names[source];
}

void layer_pair_rows(const struct layer *layer, int projection, uint32_t head, uint32_t pair,
                     uint64_t *a, uint64_t *b)
{
    const struct projection *p = &layer->projection[projection];
    const struct row_map *map = &p->map;
    uint64_t first = map->base + (uint64_t)(head / map->group) * map->group_stride +
                     (uint64_t)(head % map->group) * map->head_stride;
    bool interleaved = layer->pairing == PAIRING_INTERLEAVED;
    *a = first + (interleaved ? 2 * (uint64_t)pair : pair);
    *b = *a + (interleaved ? 1 : p->apart > 0 ? p->apart : layer->pairs);
}

uint32_t layer_key_head(const struct layer *layer, uint32_t head)
{
    uint32_t queries = layer->projection[PROJECTION_QUERY].heads;
    uint32_t keys = layer->projection[PROJECTION_KEY].heads;
    if (keys == 0)
        return 0;
    if (layer->grouping == GROUPING_TILED)
        return head % keys;
    return queries > keys ? head / (queries / keys) : head;
}

double layer_wavelength(const struct layer *layer, uint32_t pair)
{
    double frequency = layer->frequency[pair];
    return frequency > 0 ? 6.283185307179586476925 / frequency : INFINITY;
}

size_t projection_pairs(const struct layer *layer, int projection)
{
    return (size_t)layer->projection[projection].heads * layer->pairs;
}

uint64_t layer_pairs(const struct layer *layer)
{
    return (uint64_t)projection_pairs(layer, PROJECTION_QUERY) +
           projection_pairs(layer, PROJECTION_KEY);
}

uint64_t model_pairs(const struct model *model)
{
    uint64_t pairs = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        pairs += layer_pairs(&model->layers[i]);
    return pairs;
}

const struct layer *model_layer(const struct model *model, uint32_t number)
{
    size_t low = 0, high = model->layer_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model->layers[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = low < model->layer_count && model->layers[low].number == number;
    return there ? &model->layers[low] : NULL;
}

struct model *model_new(void)
{
    return memory_array(1, sizeof(struct model));
}

void model_free(struct model *model)
{
    if (!model)
        return;
    arena_free(&model->arena);
    memory_free(model);
}
