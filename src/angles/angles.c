/* angles.c: the angle database in memory. Results land here, and only those that belong. */
#include "ropescope/angles.h"

#include <string.h>

size_t layer_value_count(const struct layer *layer)
{
    return (size_t)layer_pairs(layer) * 3;
}

/* Values lie as cos, norm_a, norm_b of the query heads, then of the key heads. */
static void point_sets(struct layer_angles *angles, const struct layer *layer, const float *values)
{
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        size_t count = projection_pairs(layer, which);
        angles->set[which] = (struct angle_set){values, values + count, values + 2 * count};
        values += 3 * count;
    }
}

enum status angles_new(struct model *model, uint64_t generation, struct angles **out,
                       struct error *err)
{
    struct angles *angles = memory_array(1, sizeof *angles);
    struct layer_angles *layers = memory_array(model->layer_count, sizeof *layers);
    if (!angles || !layers) {
        memory_free(angles);
        memory_free(layers);
        model_free(model);
        return error_memory(err);
    }
    *angles = (struct angles){.model = model, .layers = layers, .generation = generation};
    for (size_t i = 0; i < model->layer_count; i++) {
        layers[i].ready = model->layers[i].pairs == 0;
        angles->ready += layers[i].ready;
    }
    *out = angles;
    return STATUS_OK;
}

void angles_free(struct angles *angles)
{
    if (!angles)
        return;
    for (size_t i = 0; i < angles->model->layer_count; i++)
        memory_free(angles->layers[i].owned);
    memory_free(angles->layers);
    memory_free(angles->image);
    model_free(angles->model);
    memory_free(angles);
}

bool angles_complete(const struct angles *angles)
{
    return angles->ready == angles->model->layer_count;
}

bool angles_land(struct angles *angles, struct layer_result *result)
{
    float *values = result->values;
    result->values = NULL;
    if (result->generation != angles->generation || result->layer >= angles->model->layer_count ||
        angles->layers[result->layer].ready) {
        memory_free(values);
        return false;
    }
    struct layer_angles *layer = &angles->layers[result->layer];
    point_sets(layer, &angles->model->layers[result->layer], values);
    layer->owned = values;
    layer->ready = true;
    angles->ready++;
    return true;
}

bool angles_adopt(struct angles *angles, size_t index, const float *values)
{
    if (index >= angles->model->layer_count || angles->layers[index].ready)
        return false;
    point_sets(&angles->layers[index], &angles->model->layers[index], values);
    angles->layers[index].ready = true;
    angles->ready++;
    return true;
}
