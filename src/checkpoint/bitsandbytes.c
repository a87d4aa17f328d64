/* bitsandbytes.c: 4-bit weights of bitsandbytes: all numbers of a weight in one run of nibbles, the
 * higher first, in blocks that need not end with a row; scales may be quantised themselves. */
#include "load.h"
#include "quantised.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>

/* The quant_state says all this: JSON in a tensor of bytes. */
struct bitsandbytes {
    const struct tensor *absmax, *map;               /* F32 or U8 (block), F32 (16) */
    const struct tensor *nested_absmax, *nested_map; /* F32 (block of blocks), F32 (256); or NULL */
    uint64_t block, nested_block;
    float offset;
};

enum { STATE_MAX = 1 << 14 };

/* ---- rows ---------------------------------------------------------------- */

static float number(const struct checkpoint *checkpoint, const struct tensor *tensor, uint64_t at)
{
    return float_of_bits(load32(checkpoint_data(checkpoint, tensor) + 4 * at));
}

static float scale_of_block(const struct checkpoint *checkpoint, const struct bitsandbytes *b,
                            uint64_t block)
{
    if (!b->nested_absmax)
        return number(checkpoint, b->absmax, block);
    unsigned char code = checkpoint_data(checkpoint, b->absmax)[block];
    return number(checkpoint, b->nested_map, code) *
               number(checkpoint, b->nested_absmax, block / b->nested_block) +
           b->offset;
}

static void nibbles_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                             uint64_t first, size_t count, float *to)
{
    const struct bitsandbytes *b = tensor->codec->detail;
    const unsigned char *data = checkpoint_data(checkpoint, tensor);
    float map[16];
    dtype_to_float(DTYPE_F32, checkpoint_data(checkpoint, b->map), 16, map);
    uint64_t at = first * tensor->shape[1], past = at + count * tensor->shape[1];
    while (at < past) {
        uint64_t end = (at / b->block + 1) * b->block;
        const float scale = scale_of_block(checkpoint, b, at / b->block);
        for (end = end < past ? end : past; at < end; at++)
            *to++ = map[at % 2 ? data[at / 2] & 15 : data[at / 2] >> 4] * scale;
    }
}

/* ---- what the state says ------------------------------------------------- */

static enum status parse_state(const struct quantised *weight, const struct tensor *tensor,
                               cJSON **out, struct error *err)
{
    char text[STATE_MAX];
    *out = NULL;
    if (tensor->dtype != DTYPE_U8 || tensor->bytes > sizeof text)
        return STATUS_OK;
    enum status status = quantised_read(weight, tensor, (size_t)tensor->bytes, text, err);
    if (status != STATUS_OK)
        return status;
    struct error unread = {0};
    status = json_parse(text, (size_t)tensor->bytes, tensor->name, out, &unread);
    if (status == STATUS_NO_MEMORY)
        return error_memory(err);
    return STATUS_OK; /* what is no JSON: the weight is refused, not the file */
}

static bool read_shape(const cJSON *state, const struct tensor *tensor, uint64_t shape[2])
{
    const cJSON *list = json_get(state, "shape");
    uint64_t numbers;
    return cJSON_GetArraySize(list) == 2 && json_whole(cJSON_GetArrayItem(list, 0), &shape[0]) &&
           json_whole(cJSON_GetArrayItem(list, 1), &shape[1]) &&
           size_multiply(shape[0], shape[1], &numbers) && numbers > 0 &&
           numbers / 2 + numbers % 2 == tensor->bytes;
}

static bool is_numbers(const struct tensor *tensor, enum dtype dtype, uint64_t count)
{
    return tensor && tensor->dtype == dtype && quantised_count(tensor) == count;
}

static uint64_t blocks_of(uint64_t count, uint64_t each)
{
    return count / each + (count % each != 0);
}

/* Sizes of blocks, and that the scales are as many. */
static bool read_blocks(const cJSON *state, struct bitsandbytes *b, uint64_t numbers)
{
    const cJSON *offset = json_get(state, "nested_offset");
    if (!json_whole(json_get(state, "blocksize"), &b->block) || b->block == 0 ||
        !is_numbers(b->map, DTYPE_F32, 16))
        return false;
    uint64_t blocks = blocks_of(numbers, b->block);
    if (!b->nested_absmax)
        return is_numbers(b->absmax, DTYPE_F32, blocks);
    if (!json_whole(json_get(state, "nested_blocksize"), &b->nested_block) ||
        b->nested_block == 0 || !cJSON_IsNumber(offset))
        return false;
    b->offset = (float)offset->valuedouble;
    return isfinite(b->offset) && is_numbers(b->absmax, DTYPE_U8, blocks) &&
           is_numbers(b->nested_map, DTYPE_F32, 256) &&
           is_numbers(b->nested_absmax, DTYPE_F32, blocks_of(blocks, b->nested_block));
}

static enum status read_state(struct quantised *weight, struct bitsandbytes *b, const char *kind,
                              const struct tensor *tensor, struct error *err)
{
    const struct row_codec codec = {.to_float = nibbles_to_float, .detail = b};
    uint64_t shape[2];
    cJSON *state;
    enum status status = parse_state(weight, tensor, &state, err);
    if (status != STATUS_OK)
        return status;
    if (read_shape(state, weight->tensor, shape) && read_blocks(state, b, shape[0] * shape[1]))
        status = quantised_accept(weight, shape[0], shape[1], &codec, sizeof *b, err,
                                  "bitsandbytes %s", kind);
    else
        status = quantised_refuse(
            weight, err, "bitsandbytes %s whose quant_state does not go with its tensors", kind);
    cJSON_Delete(state);
    return status;
}

enum status quantised_bitsandbytes(struct quantised *weight, struct error *err)
{
    struct bitsandbytes b = {0};
    const struct tensor *nf4 = NULL, *fp4 = NULL;
    const struct {
        const char *suffix;
        const struct tensor **out;
    } wanted[] = {
        {".weight.absmax", &b.absmax},
        {".weight.quant_map", &b.map},
        {".weight.nested_absmax", &b.nested_absmax},
        {".weight.nested_quant_map", &b.nested_map},
        {".weight.quant_state.bitsandbytes__nf4", &nf4},
        {".weight.quant_state.bitsandbytes__fp4", &fp4},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted && status == STATUS_OK; i++)
        status = quantised_sibling(weight, wanted[i].suffix, wanted[i].out, err);
    if (status != STATUS_OK)
        return status;
    if (!nf4 && !fp4)
        return quantised_refuse(weight, err, "bitsandbytes' 4 bits without their quant_state");
    return read_state(weight, &b, nf4 ? "nf4" : "fp4", nf4 ? nf4 : fp4, err);
}
