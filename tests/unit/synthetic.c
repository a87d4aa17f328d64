/* synthetic.c: angles by formula. Integers and sums alone make the cosines, so that every machine
 * has the same; early layers have wide ones, and query and key share a part, as in real models. */
#include "synthetic.h"

#include <math.h>

/* A number in -1..1 that looks like noise (Steele's splitmix64), most often near 0. */
static float noise(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    float sum = 0;
    for (uint64_t i = 0; i < 3; i++) {
        uint64_t z = (((a * 1009 + b) * 1013 + c) * 1019 + d) * 3 + i + 1;
        z *= 0x9e3779b97f4a7c15U;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
        z ^= z >> 31;
        sum += (float)(z >> 40) / (float)(1 << 24);
    }
    return sum * 2 / 3 - 1;
}

static float angle(const struct layer *layer, int projection, uint32_t head, uint32_t pair)
{
    uint64_t l = layer->number;
    uint32_t key = projection == PROJECTION_KEY ? head : layer_key_head(layer, head);
    float wide = 1.5F / (1 + 0.45F * (float)l) + 0.25F;
    float share = 0.5F + 0.5F * noise(l, key, 0, 7);
    float own = noise(l, head, pair, (uint64_t)projection);
    float cos = wide * share * (0.8F * noise(l, key, pair, 5) + 0.35F * own);
    return cos > 1 ? 1 : cos < -1 ? -1 : cos;
}

static void fill_set(struct layer_angles *to, const struct layer *layer, int projection,
                     bool undefined)
{
    size_t count = (size_t)layer->projection[projection].heads * layer->pairs;
    float *cos = to->owned;
    if (projection == PROJECTION_KEY)
        cos += 3 * (size_t)layer->projection[PROJECTION_QUERY].heads * layer->pairs;
    for (uint32_t h = 0; h < layer->projection[projection].heads; h++)
        for (uint32_t p = 0; p < layer->pairs; p++) {
            size_t at = (size_t)h * layer->pairs + p;
            bool none = undefined && projection == PROJECTION_QUERY && h == 0 && p == 1;
            cos[at] = none ? NAN : angle(layer, projection, h, p);
            cos[count + at] = none ? 0 : 1 + 0.5F * noise(layer->number, h, p, 11);
            cos[2 * count + at] = 1 + 0.5F * noise(layer->number, h, p, 13);
        }
    to->set[projection] = (struct angle_set){cos, cos + count, cos + 2 * count};
}

static void shape_layer(struct layer *layer, const struct synthetic *shape, size_t i,
                        const double *frequency)
{
    bool still = shape->still_layer == (int)i;
    *layer = (struct layer){
        .number = (uint32_t)i,
        .head_dim = still ? 0 : 2 * shape->pairs,
        .pairs = still ? 0 : shape->pairs,
        .pairing = PAIRING_HALF_SPLIT,
        .note = still ? "no_rope_layers of config.json" : "",
        .frequency = frequency,
    };
    uint32_t heads[PROJECTION_COUNT] = {shape->query_heads, shape->key_heads};
    for (int p = 0; p < PROJECTION_COUNT; p++)
        layer->projection[p] = (struct projection){
            .tensor = "",
            .file = "",
            .map.group = 1,
        };
    for (int p = 0; p < PROJECTION_COUNT && !still; p++)
        layer->projection[p] = (struct projection){
            .tensor = p == PROJECTION_QUERY ? "q_proj.weight" : "k_proj.weight",
            .file = "model.safetensors",
            .rows = (uint64_t)heads[p] * 2 * shape->pairs,
            .row_length = (uint64_t)shape->query_heads * 2 * shape->pairs,
            .dtype = DTYPE_BF16,
            .heads = heads[p],
            .map = {.head_stride = 2 * shape->pairs, .group = UINT32_MAX},
            .index = UINT32_MAX,
        };
}

struct angles *synthetic_new(const struct synthetic *shape)
{
    static const struct fact facts[] = {{"pairing", "half-split", FACT_CONFIG, ""}};
    struct angles *angles = memory_array(1, sizeof *angles);
    struct model *model = memory_array(1, sizeof *model);
    double *frequency = memory_array(shape->pairs, sizeof *frequency);
    for (uint32_t p = 0; p < shape->pairs; p++)
        frequency[p] = pow(10000, -(double)p / shape->pairs);
    model->name = shape->name;
    model->family = "llama";
    model->path = "";
    model->format = "safetensors";
    model->context = 4096;
    model->layers = memory_array(shape->layers, sizeof *model->layers);
    model->layer_count = shape->layers;
    model->facts = memory_array(1, sizeof *model->facts);
    model->facts[0] = facts[0];
    model->fact_count = 1;
    angles->model = model;
    angles->layers = memory_array(shape->layers, sizeof *angles->layers);
    for (size_t i = 0; i < shape->layers; i++) {
        struct layer *layer = &model->layers[i];
        shape_layer(layer, shape, i, frequency);
        size_t heads = (size_t)layer->projection[0].heads + layer->projection[1].heads;
        angles->layers[i].owned = memory_array(3 * heads * layer->pairs + 1, sizeof(float));
        for (int p = 0; p < PROJECTION_COUNT && layer->pairs > 0; p++)
            fill_set(&angles->layers[i], layer, p, shape->undefined);
        angles->layers[i].ready = shape->waiting_layer != (int)i;
        angles->ready += angles->layers[i].ready;
    }
    return angles;
}

void synthetic_free(struct angles *angles)
{
    struct model *model = angles->model;
    for (size_t i = 0; i < model->layer_count; i++)
        memory_free(angles->layers[i].owned);
    memory_free((void *)(uintptr_t)model->layers[0].frequency);
    memory_free(model->layers);
    memory_free(model->facts);
    memory_free(model);
    memory_free(angles->layers);
    memory_free(angles);
}

/* ---- changes ------------------------------------------------------------- */

struct changes *synthetic_changes_new(const struct angles *angles)
{
    const struct model *model = angles->model;
    struct changes *changes = memory_array(1, sizeof *changes);
    *changes = (struct changes){.base = angles, .tuned = angles, .ready = angles->ready};
    changes->distance = memory_array(2 * model->layer_count, sizeof *changes->distance);
    for (size_t i = 0; i < 2 * model->layer_count; i++) {
        const struct layer *layer = &model->layers[i / 2];
        size_t count = (size_t)layer->projection[i % 2].heads * layer->pairs;
        if (!angles->layers[i / 2].ready || count == 0)
            continue;
        changes->distance[i] = memory_array(count, sizeof(float));
        for (size_t at = 0; at < count; at++) {
            float cos = fabsf(angles->layers[i / 2].set[i % 2].cos[at]);
            float moved = 1 + 0.5F * noise(i, at, 3, 17);
            changes->distance[i][at] = isnan(cos) ? NAN : moved / (16 + 64 * cos);
        }
    }
    return changes;
}

void synthetic_changes_free(struct changes *changes)
{
    for (size_t i = 0; changes && i < 2 * changes->base->model->layer_count; i++)
        memory_free(changes->distance[i]);
    memory_free(changes ? changes->distance : NULL);
    memory_free(changes);
}
