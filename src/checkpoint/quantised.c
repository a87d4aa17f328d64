/* quantised.c: finds weights that are stored quantised, by the names and dtypes of the tensors
 * beside them, and makes each the matrix that is meant: named ....weight, with a codec for its
 * rows.
 */
#include "quantised.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what methods use ---------------------------------------------------- */

enum status quantised_sibling(const struct quantised *weight, const char *suffix,
                              const struct tensor **out, struct error *err)
{
    char name[QUANTISED_NAME + 64];
    text_format(name, sizeof name, "%s%s", weight->base, suffix);
    const struct tensor *found = checkpoint_find(weight->checkpoint, name);
    *out = NULL;
    if (!found || found->codec || found == weight->tensor)
        return STATUS_OK;
    struct tensor *kept = arena_alloc(&weight->checkpoint->names, sizeof *kept);
    if (!kept)
        return error_memory(err);
    *kept = *found;
    *out = kept;
    return STATUS_OK;
}

/* Formats into the arena; NULL: no memory. */
static const char *keep_words(struct arena *arena, const char *format, va_list args)
{
    char words[256];
    int len = vsnprintf(words, sizeof words, format, args);
    size_t size = len < 0 ? 0 : (size_t)len < sizeof words ? (size_t)len : sizeof words - 1;
    return arena_text(arena, words, size);
}

static enum status set_codec(struct quantised *weight, struct row_codec codec, const char *format,
                             va_list args, struct error *err)
{
    struct arena *arena = &weight->checkpoint->names;
    struct row_codec *kept = arena_alloc(arena, sizeof *kept);
    codec.name = keep_words(arena, format, args);
    if (!kept || !codec.name)
        return error_memory(err);
    *kept = codec;
    weight->tensor->codec = kept;
    return STATUS_OK;
}

enum status quantised_refuse(struct quantised *weight, struct error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = set_codec(weight, (struct row_codec){0}, format, args, err);
    va_end(args);
    /* Whoever needs it is to hear of the method, not of a shape that means something else. */
    struct tensor *tensor = weight->tensor;
    for (int i = 0; i < 2; i++) {
        if (tensor->rank <= i || tensor->shape[i] == 0 || tensor->shape[i] > INT32_MAX)
            tensor->shape[i] = 1;
    }
    tensor->rank = 2;
    return status;
}

enum status quantised_accept(struct quantised *weight, uint64_t rows, uint64_t columns,
                             const struct row_codec *codec, size_t detail_size, struct error *err,
                             const char *format, ...)
{
    void *detail = arena_alloc(&weight->checkpoint->names, detail_size);
    if (!detail)
        return error_memory(err);
    memcpy(detail, codec->detail, detail_size);
    struct row_codec made = *codec;
    made.detail = detail;
    va_list args;
    va_start(args, format);
    enum status status = set_codec(weight, made, format, args, err);
    va_end(args);
    weight->tensor->rank = 2;
    weight->tensor->shape[0] = rows;
    weight->tensor->shape[1] = columns;
    return status;
}

enum status quantised_read(const struct quantised *weight, const struct tensor *tensor, size_t size,
                           void *to, struct error *err)
{
    const struct checkpoint *checkpoint = weight->checkpoint;
    return mapping_copy(&checkpoint->mappings[tensor->file],
                        checkpoint->source->files[tensor->file].path, tensor->offset, size, to,
                        err);
}

uint64_t quantised_whole(const struct quantised *weight, const char *key, uint64_t otherwise)
{
    const cJSON *item = json_get(weight->config, key);
    uint64_t value = 0;
    if (!item || cJSON_IsNull(item))
        return otherwise;
    return json_whole(item, &value) ? value : 0;
}

/* ---- what the config says ------------------------------------------------ */

/* Where libraries leave it: Hugging Face, older compressed-tensors, MLX. */
static const cJSON *find_config(const struct checkpoint *checkpoint)
{
    static const char *const keys[] = {"quantization_config", "compression_config", "quantization"};
    static const char *const nested[] = {NULL, "text_config", "llm_config", "language_config"};
    const cJSON *root = checkpoint_config(checkpoint);
    for (size_t n = 0; n < sizeof nested / sizeof *nested; n++) {
        const cJSON *config = nested[n] ? json_get(root, nested[n]) : root;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            const cJSON *found = json_get(config, keys[i]);
            if (cJSON_IsObject(found))
                return found;
        }
    }
    return NULL;
}

/* ---- which method -------------------------------------------------------- */

/* Without a method that the config names, the dtype says enough. */
static enum status unknown_layout(struct quantised *weight, struct error *err)
{
    if (weight->method[0] == '\0')
        return STATUS_OK;
    return quantised_refuse(weight, err, "%.40s stored as %s, whose layout is not known,",
                            weight->method, dtype_name(weight->tensor->dtype));
}

/* What a tensor's ending alone tells; a method that is only named is refused. */
static const struct ending {
    const char *suffix;
    quantised_method *method;
    const char *refused;
} endings[] = {
    {".qweight", quantised_qweight, NULL},
    {".weight_packed", quantised_packed, NULL},
    {".W_q", NULL, "HQQ"},
    {".weight._data", NULL, "quanto"},
    {".weight_qdata", NULL, "torchao"},
    {".codebooks", NULL, "AQLM"},
    {".centroids.weight", NULL, "VPTQ"},
    {".dense_weights", NULL, "SpQR"},
    {".Qidxs", NULL, "QuIP#"},
    {".q_weight", NULL, "EXL2"},
    {".trellis", NULL, "EXL3"},
    {".B", NULL, "Marlin"},
    {".B_24", NULL, "Marlin 2:4"},
    {".compressed", NULL, "compressed-tensors' sparse format"},
    {".weight.compressed", NULL, "compressed-tensors' sparse format"},
};

static const struct ending *find_ending(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (!dot || strcmp(dot, ".weight") == 0 || strcmp(dot, ".bias") == 0)
        dot = NULL; /* most tensors are these; of endings only that of VPTQ is */
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        bool may = dot || strcmp(endings[i].suffix, ".centroids.weight") == 0;
        if (may && text_ends_with(name, endings[i].suffix))
            return &endings[i];
    }
    return NULL;
}

/* A tensor that is named ....weight already: its dtype and what stands beside it tell. */
static enum status read_weight(struct quantised *weight, struct error *err)
{
    const struct tensor *absmax = NULL, *scales = NULL, *second = NULL;
    enum dtype dtype = weight->tensor->dtype;
    enum status status = STATUS_OK;
    if (weight->tensor->rank == 2 &&
        (weight->tensor->shape[1] == 1 || weight->tensor->shape[0] == 1))
        status = quantised_sibling(weight, ".weight.absmax", &absmax, err);
    if (status != STATUS_OK || dtype_is_plain(dtype))
        return absmax ? quantised_bitsandbytes(weight, err) : status;
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".scales", &scales, err);
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".weight_scale_2", &second, err);
    if (status != STATUS_OK)
        return status;
    if (absmax)
        return quantised_bitsandbytes(weight, err);
    if (dtype == DTYPE_U32 && scales)
        return quantised_mlx(weight, err);
    if (dtype == DTYPE_U8 && second)
        return quantised_modelopt_fp4(weight, err);
    if (dtype == DTYPE_I8 || dtype_is_readable(dtype))
        return quantised_bytes(weight, err);
    return unknown_layout(weight, err);
}

/* Weights of experts hold no queries and keys, and there may be a hundred thousand; blocks of ggml
 * hold their scales themselves. */
static bool is_left_alone(const struct tensor *tensor)
{
    return tensor->codec || dtype_bits(tensor->dtype) == 0 ||
           strlen(tensor->name) >= QUANTISED_NAME || strstr(tensor->name, ".experts.") != NULL;
}

static enum status resolve(struct quantised *weight, bool *renamed, struct error *err)
{
    static const char suffix[] = ".weight";
    const char *name = weight->tensor->name;
    const struct ending *ending = find_ending(name);
    bool is_weight = !ending && text_ends_with(name, suffix);
    if (!ending && (!is_weight || (dtype_is_plain(weight->tensor->dtype) &&
                                   (weight->tensor->rank != 2 || weight->tensor->shape[1] != 1))))
        return STATUS_OK;
    size_t base = strlen(name) - strlen(ending ? ending->suffix : suffix);
    text_format(weight->base, sizeof weight->base, "%.*s", (int)base, name);
    if (is_weight)
        return read_weight(weight, err);
    char meant[QUANTISED_NAME + sizeof suffix];
    text_format(meant, sizeof meant, "%s%s", weight->base, suffix);
    if (checkpoint_find(weight->checkpoint, meant))
        return STATUS_OK; /* which then is the weight */
    enum status status = ending->method ? ending->method(weight, err)
                                        : quantised_refuse(weight, err, "%s", ending->refused);
    weight->tensor->name = arena_text(&weight->checkpoint->names, meant, strlen(meant));
    *renamed = true;
    return status == STATUS_OK && !weight->tensor->name ? error_memory(err) : status;
}

enum status quantised_resolve(struct checkpoint *checkpoint, bool *renamed, struct error *err)
{
    struct quantised weight = {.checkpoint = checkpoint, .config = find_config(checkpoint)};
    const char *method = cJSON_GetStringValue(json_get(weight.config, "quant_method"));
    enum status status = STATUS_OK;
    weight.method = method ? method : "";
    *renamed = false;
    for (size_t i = 0; i < checkpoint->tensor_count && status == STATUS_OK; i++) {
        weight.tensor = &checkpoint->tensors[i];
        if (!is_left_alone(weight.tensor))
            status = resolve(&weight, renamed, err);
    }
    return status;
}
