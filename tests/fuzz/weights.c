/* weights.c: what is done with every checkpoint that opens: rows, the model, the rows of pairs. */
#include "fuzz.h"

#include <stdlib.h>

enum { TENSORS = 48, LAYERS = 6, NUMBERS = 1 << 18 };

/* What the guarded part of a reading needs. */
struct reading {
    const struct checkpoint *checkpoint;
    const struct tensor *tensor;
    struct lora_tile *tile;
    uint64_t row;
    float *to;
};

static void read_row(void *arg)
{
    struct reading *r = arg;
    checkpoint_rows_to_float(r->checkpoint, r->tensor, r->row, 1, r->to);
    if (r->tile)
        (void)lora_rows_to_float(r->tile, r->checkpoint, r->tensor, r->row, 1, r->to);
}

/* A row into memory of exactly its size, so that one number too many is seen. */
static void read_at(const struct checkpoint *checkpoint, const struct tensor *tensor, uint64_t row)
{
    struct lora_tile tile = {0};
    size_t length = (size_t)tensor->shape[1];
    bool adapted = tensor_is_adapted(tensor) && tensor->lora;
    float *to = malloc(length * sizeof *to);
    struct reading reading = {checkpoint, tensor, adapted ? &tile : NULL, row, to};
    if (to && (!adapted || lora_tile_reserve(&tile, tensor, 1)))
        fuzz_expect(guard_run(read_row, &reading), "a row can be read");
    lora_tile_free(&tile);
    free(to);
}

static bool has_rows(const struct tensor *tensor)
{
    return tensor->rank == 2 && tensor_is_readable(tensor) && tensor->shape[0] > 0 &&
           tensor->shape[1] > 0 && tensor->shape[1] <= NUMBERS;
}

static void read_tensors(const struct checkpoint *checkpoint)
{
    size_t count = checkpoint_tensor_count(checkpoint);
    for (size_t i = 0; i < count && i < TENSORS; i++) {
        const struct tensor *tensor = checkpoint_tensor(checkpoint, i);
        fuzz_expect(checkpoint_find(checkpoint, tensor->name) == tensor, "a tensor has its name");
        if (!has_rows(tensor))
            continue;
        read_at(checkpoint, tensor, 0);
        read_at(checkpoint, tensor, tensor->shape[0] - 1);
    }
}

/* The rows of one pair. */
static void read_pair(const struct checkpoint *checkpoint, const struct layer *layer, int p,
                      uint32_t head, uint32_t pair)
{
    uint64_t a, b;
    const struct tensor *tensor = checkpoint_tensor(checkpoint, layer->projection[p].index);
    layer_pair_rows(layer, p, head, pair, &a, &b);
    fuzz_expect(a < tensor->shape[0] && b < tensor->shape[0], "a pair's rows are its tensor's");
    if (!has_rows(tensor))
        return;
    read_at(checkpoint, tensor, a);
    read_at(checkpoint, tensor, b);
}

static void read_pairs(const struct checkpoint *checkpoint, const struct model *model)
{
    for (size_t i = 0; i < model->layer_count && i < LAYERS; i++) {
        const struct layer *layer = &model->layers[i];
        for (int p = 0; p < PROJECTION_COUNT && layer->pairs > 0; p++) {
            fuzz_expect(layer->projection[p].heads > 0, "who rotates has heads");
            read_pair(checkpoint, layer, p, 0, 0);
            read_pair(checkpoint, layer, p, layer->projection[p].heads - 1, layer->pairs - 1);
        }
    }
}

/* Where rows of pairs lie for others: a mask is written in their order. */
static void rename_rows(const struct model *model)
{
    struct arena arena = {0};
    struct error err = {0};
    for (size_t i = 0; i < model->layer_count && i < LAYERS; i++)
        for (int each = 0; each < PROJECTION_COUNT * ROW_ORDER_COUNT; each++) {
            const struct layer *layer = &model->layers[i];
            struct naming naming;
            uint64_t a, b;
            int p = each % PROJECTION_COUNT;
            enum row_order order = (enum row_order)(each / PROJECTION_COUNT);
            if (layer->pairs == 0 ||
                naming_of(model, layer, p, order, &arena, &naming, &err) != STATUS_OK)
                continue;
            layer_pair_rows(layer, p, layer->projection[p].heads - 1, layer->pairs - 1, &a, &b);
            fuzz_expect(naming_row(&naming, a) < layer->projection[p].rows &&
                            naming_row(&naming, b) < layer->projection[p].rows,
                        "rows elsewhere are of that tensor, too");
        }
    arena_free(&arena);
}

static void use_model(struct checkpoint *checkpoint, const struct model_options *options, bool fold)
{
    struct model *model = NULL;
    struct error err = {0};
    if (model_open(checkpoint, options, &model, &err) != STATUS_OK)
        return;
    read_pairs(checkpoint, model);
    rename_rows(model);
    if (fold && model_fold_gains(checkpoint, model, &err) == STATUS_OK)
        read_pairs(checkpoint, model);
    model_free(model);
}

static void use(struct checkpoint *checkpoint, const struct source *adapter)
{
    static const struct model_options as_found = {0}, like_authors = {.like_authors = true};
    struct error err = {0};
    read_tensors(checkpoint);
    if (adapter && checkpoint_adapt(checkpoint, adapter, &err) != STATUS_OK)
        return;
    use_model(checkpoint, &like_authors, false);
    use_model(checkpoint, &as_found, !adapter);
}

void fuzz_weights(const char *path, const char *adapter)
{
    struct source *source = NULL, *over = NULL;
    struct checkpoint *checkpoint = NULL;
    struct error err = {0};
    char first[PATH_BYTES]; /* fuzz_path has one path at a time */
    text_format(first, sizeof first, "%s", path);
    if ((!adapter || adapter_locate(adapter, &over, &err) == STATUS_OK) &&
        source_locate(first, &source, &err) == STATUS_OK &&
        checkpoint_open(source, &checkpoint, &err) == STATUS_OK)
        use(checkpoint, over);
    checkpoint_close(checkpoint);
    source_close(source);
    source_close(over);
}

/* ---- a small Llama ------------------------------------------------------- */

#define LLAMA_CONFIG                                                                               \
    "{\"model_type\":\"llama\",\"hidden_size\":16,\"num_attention_heads\":2,"                      \
    "\"num_key_value_heads\":1,\"num_hidden_layers\":2,\"max_position_embeddings\":64,"            \
    "\"intermediate_size\":32,\"vocab_size\":32}"

void fuzz_put_llama(const char *target)
{
    enum { QUERY = 16 * 16 * 4, KEY = 8 * 16 * 4, LAYER = QUERY + KEY };
    char header[1024];
    size_t at = 0;
    for (int i = 0; i < 2; i++) {
        const char *format = "%s\"model.layers.%d.self_attn.q_proj.weight\":{\"dtype\":\"F32\","
                             "\"shape\":[16,16],\"data_offsets\":[%d,%d]},"
                             "\"model.layers.%d.self_attn.k_proj.weight\":{\"dtype\":\"F32\","
                             "\"shape\":[8,16],\"data_offsets\":[%d,%d]}%s";
        int begin = i * LAYER;
        text_format(header + at, sizeof header - at, format, i == 0 ? "{" : ",", i, begin,
                    begin + QUERY, i, begin + QUERY, begin + LAYER, i == 1 ? "}" : "");
        for (; header[at]; at++)
            ;
    }
    fuzz_put_once(target, "config.json", LLAMA_CONFIG, sizeof LLAMA_CONFIG - 1, 0);
    fuzz_put_tensors(target, "model.safetensors", header, 2 * LAYER);
}

struct model *fuzz_llama(const char *target)
{
    static const struct model_options as_found = {0};
    struct source *source = NULL;
    struct checkpoint *checkpoint = NULL;
    struct model *model = NULL;
    struct error err = {0};
    fuzz_put_llama(target);
    fuzz_expect(source_locate(fuzz_path(target, ""), &source, &err) == STATUS_OK &&
                    checkpoint_open(source, &checkpoint, &err) == STATUS_OK &&
                    model_open(checkpoint, &as_found, &model, &err) == STATUS_OK,
                err.what);
    checkpoint_close(checkpoint);
    source_close(source);
    return model;
}
