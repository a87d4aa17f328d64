/* quantised_bytes.c: weights whose rows are stored as rows: F8 and int8 with scales (DeepSeek's
 * fp8, fbgemm, ModelOpt, bitsandbytes' int8), and those that compressed-tensors packs. */
#include "quantised.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

/* The sizes of "weight_block_size": [128, 128]; zeros where the config says none, *bad where it
 * says something else. */
static void said_block(const struct quantised *weight, uint64_t block[2], bool *bad)
{
    const cJSON *list = json_get(weight->config, "weight_block_size");
    block[0] = block[1] = 0;
    *bad = false;
    if (!list || cJSON_IsNull(list))
        return;
    *bad = cJSON_GetArraySize(list) != 2 || !json_whole(cJSON_GetArrayItem(list, 0), &block[0]) ||
           !json_whole(cJSON_GetArrayItem(list, 1), &block[1]) || block[0] == 0 || block[1] == 0;
}

static const char *method_name(const struct tensor *tensor)
{
    return tensor->dtype == DTYPE_I8 ? "int8" : "fp8";
}

static enum status misfit(struct quantised *weight, const struct tensor *part, struct error *err)
{
    return quantised_refuse(weight, err, "%s whose %s do not fit its %" PRIu64 " x %" PRIu64,
                            method_name(weight->tensor), part->name + strlen(weight->base) + 1,
                            weight->tensor->shape[0], weight->tensor->shape[1]);
}

static bool is_scale(const struct tensor *tensor)
{
    return dtype_is_plain(tensor->dtype) || tensor->dtype == DTYPE_F8_E8M0;
}

/* "fp8 128x128", "int8 by rows" */
static void name_scales(char out[64], const struct tensor *tensor, const struct scaled *scaled)
{
    const char *method = method_name(tensor);
    if (scaled->scale.rows_each > 1)
        text_format(out, 64, "%s %" PRIu64 "x%" PRIu64, method, scaled->scale.rows_each,
                    scaled->group_width);
    else if (scaled->groups > 1)
        text_format(out, 64, "%s by %" PRIu64, method, scaled->group_width);
    else
        text_format(out, 64, "%s %s", method, scaled->scale.row_step ? "by rows" : "by tensor");
}

/* Zero points and an index of groups, both rare. */
static enum status add_rest(struct quantised *weight, struct scaled *scaled,
                            const struct tensor *zeros, const char **trouble, struct error *err)
{
    static const uint64_t no_block[2] = {0, 0};
    const struct tensor *tensor = weight->tensor, *index;
    *trouble = NULL;
    enum status status = quantised_sibling(weight, ".weight_g_idx", &index, err);
    if (status != STATUS_OK)
        return status;
    if (zeros && ((zeros->dtype != DTYPE_I8 && zeros->dtype != tensor->dtype) ||
                  !quantised_grid(scaled, &scaled->zero, zeros, tensor->shape[0], tensor->shape[1],
                                  no_block))) {
        *trouble = "zero points that do not fit";
        return STATUS_OK;
    }
    return index && scaled->groups > 1
               ? quantised_groups(weight, scaled, index, tensor->shape[1], trouble, err)
               : STATUS_OK;
}

static enum status read_scaled(struct quantised *weight, const struct tensor *scale,
                               const uint64_t block[2], struct error *err)
{
    const struct tensor *tensor = weight->tensor, *zeros, *format;
    struct scaled scaled = {.codes = CODES_NUMBERS,
                            .dtype = (enum dtype)tensor->dtype,
                            .unit = 1,
                            .group_width = tensor->shape[1]};
    bool bitsandbytes = text_ends_with(scale->name, ".SCB");
    unsigned char order = 0;
    const char *trouble;
    if (!is_scale(scale) ||
        !quantised_grid(&scaled, &scaled.scale, scale, tensor->shape[0], tensor->shape[1], block))
        return misfit(weight, scale, err);
    enum status status = quantised_sibling(weight, ".weight_zero_point", &zeros, err);
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".weight_format", &format, err);
    if (status == STATUS_OK && bitsandbytes && format && format->bytes > 0)
        status = quantised_read(weight, format, 1, &order, err);
    if (status == STATUS_OK)
        status = add_rest(weight, &scaled, zeros, &trouble, err);
    if (status != STATUS_OK)
        return status;
    if (trouble)
        return quantised_refuse(weight, err, "%s with %s", method_name(tensor), trouble);
    if (order != 0)
        return quantised_refuse(weight, err, "bitsandbytes' int8 in the order of a device");
    if (bitsandbytes)
        scaled.unit = 1.0F / 127;
    char name[64];
    name_scales(name, tensor, &scaled);
    return quantised_scaled(weight, tensor->shape[0], tensor->shape[1], &scaled, err, name);
}

enum status quantised_bytes(struct quantised *weight, struct error *err)
{
    static const char *const suffixes[] = {".weight_scale_inv", ".weight_scale", ".SCB"};
    const struct tensor *tensor = weight->tensor, *scale = NULL;
    uint64_t block[2];
    bool bad;
    enum status status = STATUS_OK;
    said_block(weight, block, &bad);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes && status == STATUS_OK && !scale; i++)
        status = quantised_sibling(weight, suffixes[i], &scale, err);
    if (status != STATUS_OK)
        return status;
    if (tensor->rank != 2 || tensor->shape[0] == 0 || tensor->shape[1] == 0)
        return STATUS_OK; /* what it is shows without a codec */
    if (scale && bad)
        return quantised_refuse(weight, err, "%s by a weight_block_size that is no two sizes",
                                method_name(tensor));
    if (scale)
        return read_scaled(weight, scale, block, err);
    if (dtype_is_readable(tensor->dtype) && block[0] == 0)
        return STATUS_OK; /* plain numbers */
    return quantised_refuse(weight, err, "%s without its scales", method_name(tensor));
}

/* ---- packed -------------------------------------------------------------- */

/* FP4, two in a byte, the lower first; scales by groups of `width`. */
static enum status read_fp4(struct quantised *weight, const struct tensor *scale, enum dtype dtype,
                            uint64_t width, const struct tensor *global, bool divides,
                            struct error *err)
{
    const struct tensor *tensor = weight->tensor;
    const char *name = width == 16 ? "nvfp4" : "mxfp4";
    uint64_t columns = 2 * tensor->shape[1];
    bool fits = tensor->rank == 2 && columns > 0 && columns % width == 0 &&
                quantised_is(scale, scale->dtype, tensor->shape[0], columns / width) &&
                (!global || (global->dtype == DTYPE_F32 && quantised_count(global) == 1));
    if (!fits)
        return quantised_refuse(weight, err, "%s whose scales do not fit", name);
    struct scaled scaled = {
        .codes = CODES_OF_ROWS,
        .packed = {.bits = 4, .along = 1, .across = columns / 8},
        .values = scaled_fp4,
        .scale = {.tensor = scale,
                  .dtype = dtype,
                  .row_step = columns / width,
                  .group_step = 1,
                  .rows_each = 1},
        .unit = 1,
        .global = {.tensor = global, .dtype = DTYPE_F32},
        .global_divides = divides,
        .group_width = width,
        .groups = columns / width,
    };
    return quantised_scaled(weight, tensor->shape[0], columns, &scaled, err, name);
}

enum status quantised_modelopt_fp4(struct quantised *weight, struct error *err)
{
    const struct tensor *scale, *second;
    enum status status = quantised_sibling(weight, ".weight_scale", &scale, err);
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".weight_scale_2", &second, err);
    if (status != STATUS_OK)
        return status;
    if (!scale || scale->dtype != DTYPE_F8_E4M3)
        return quantised_refuse(weight, err, "ModelOpt's nvfp4 without its scales");
    return read_fp4(weight, scale, DTYPE_F8_E4M3, 16, second, false, err);
}

/* What compressed-tensors leaves beside weight_packed. */
struct parts {
    const struct tensor *scale, *zeros, *index, *shape, *global, *sparse;
};

static enum status find_parts(const struct quantised *weight, struct parts *parts,
                              struct error *err)
{
    const struct {
        const char *suffix;
        const struct tensor **out;
    } wanted[] = {
        {".weight_scale", &parts->scale},         {".weight_zero_point", &parts->zeros},
        {".weight_g_idx", &parts->index},         {".weight_shape", &parts->shape},
        {".weight_global_scale", &parts->global}, {".meta", &parts->sparse},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && status == STATUS_OK; i++)
        status = quantised_sibling(weight, wanted[i].suffix, wanted[i].out, err);
    return status;
}

/* weight_shape: I64 or I32 [2]. */
static enum status read_shape(const struct quantised *weight, const struct tensor *tensor,
                              uint64_t shape[2], struct error *err)
{
    unsigned char bytes[16] = {0};
    unsigned size = tensor->dtype == DTYPE_I64 ? 8 : 4;
    bool whole = tensor->dtype == DTYPE_I64 || tensor->dtype == DTYPE_I32;
    shape[0] = shape[1] = 0;
    if (!whole || tensor->bytes != 2 * size)
        return STATUS_OK;
    enum status status = quantised_read(weight, tensor, 2 * size, bytes, err);
    for (unsigned i = 0; i < 2 * size; i++)
        shape[i / size] |= (uint64_t)bytes[i] << 8 * (i % size);
    return status;
}

/* Some group of the config says that number of bits, or it has no groups. */
static bool is_said(const struct quantised *weight, unsigned bits)
{
    const cJSON *groups = json_get(weight->config, "config_groups");
    uint64_t said;
    for (const cJSON *group = groups ? groups->child : NULL; group; group = group->next) {
        const cJSON *item = json_get(json_get(group, "weights"), "num_bits");
        if (json_whole(item, &said) && said == bits)
            return true;
    }
    return !groups;
}

/* The bits of a code, by the words of a row; 0: none, or not one alone. Codes follow each other
 * without gaps. Older versions padded words where bits do not divide 32: no row of these fits but
 * that of 7 bits, which takes the room of 8, so what the config says counts, too. */
static unsigned packed_bits(const struct quantised *weight, const uint64_t shape[2])
{
    unsigned found = 0, ways = 0;
    for (unsigned bits = 1; bits <= 8 && shape[1] < UINT64_MAX / 16; bits++) {
        if (quantised_is(weight->tensor, DTYPE_I32, shape[0], (shape[1] * bits + 31) / 32) &&
            is_said(weight, bits)) {
            found = bits;
            ways++;
        }
    }
    return ways == 1 ? found : 0;
}

static enum status read_packed(struct quantised *weight, const struct parts *parts,
                               const uint64_t shape[2], struct error *err)
{
    static const uint64_t no_block[2] = {0, 0};
    unsigned bits = packed_bits(weight, shape);
    const char *trouble = NULL;
    uint64_t rows = shape[0], columns = shape[1];
    if (bits == 0 || rows == 0 || columns == 0)
        return quantised_refuse(weight, err,
                                "compressed-tensors packed in no number of bits that "
                                "fits its weight_shape");
    struct scaled scaled = {
        .codes = CODES_OF_ROWS,
        .packed = {.bits = bits, .along = 1, .across = weight->tensor->shape[1]},
        .zero_offset = parts->zeros ? 0 : (float)(1U << (bits - 1)),
        .unit = 1,
        .group_width = columns,
    };
    if (!is_scale(parts->scale) ||
        !quantised_grid(&scaled, &scaled.scale, parts->scale, rows, columns, no_block) ||
        scaled.scale.rows_each > 1)
        return quantised_refuse(weight, err, "compressed-tensors whose weight_scale does not fit");
    uint64_t groups = scaled.groups ? scaled.groups : 1;
    if (parts->zeros && !quantised_is(parts->zeros, DTYPE_I32, (rows * bits + 31) / 32, groups))
        return quantised_refuse(weight, err,
                                "compressed-tensors whose weight_zero_point does not fit");
    scaled.zero = (struct grid){.tensor = parts->zeros,
                                .packed = {.bits = bits, .along = groups, .across = 1}};
    enum status status = STATUS_OK;
    if (parts->index && groups > 1)
        status = quantised_groups(weight, &scaled, parts->index, columns, &trouble, err);
    if (status != STATUS_OK)
        return status;
    if (trouble)
        return quantised_refuse(weight, err, "compressed-tensors with %s", trouble);
    char name[64];
    text_format(name, sizeof name, "int%u packed", bits);
    return quantised_scaled(weight, rows, columns, &scaled, err, name);
}

enum status quantised_packed(struct quantised *weight, struct error *err)
{
    struct parts parts = {0};
    uint64_t shape[2];
    enum status status = find_parts(weight, &parts, err);
    if (status != STATUS_OK)
        return status;
    if (parts.sparse)
        return quantised_refuse(weight, err, "compressed-tensors' marlin-24");
    if (!parts.scale)
        return quantised_refuse(weight, err, "compressed-tensors without its weight_scale");
    if (weight->tensor->dtype == DTYPE_U8 && parts.scale->dtype == DTYPE_F8_E4M3 && parts.global)
        return read_fp4(weight, parts.scale, DTYPE_F8_E4M3, 16, parts.global, true, err);
    if (weight->tensor->dtype == DTYPE_U8 &&
        (parts.scale->dtype == DTYPE_U8 || parts.scale->dtype == DTYPE_F8_E8M0))
        return read_fp4(weight, parts.scale, DTYPE_F8_E8M0, 32, NULL, false, err);
    if (!parts.shape)
        return quantised_refuse(weight, err, "compressed-tensors without its weight_shape");
    status = read_shape(weight, parts.shape, shape, err);
    return status == STATUS_OK ? read_packed(weight, &parts, shape, err) : status;
}
