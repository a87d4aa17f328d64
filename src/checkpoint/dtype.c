/* dtype.c: the number formats of tensors, and rows of them as float32 or double. Stored numbers are
 * little-endian on every machine. */
#include "load.h"
#include "quant.h"

static const struct {
    const char *name;
    unsigned bits;                       /* of one number, or: */
    unsigned block_numbers, block_bytes; /* ggml-common.h, ggml commit d99724f2 */
} dtypes[DTYPE_COUNT] = {
    [DTYPE_BOOL] = {"BOOL", 8, 1, 0},
    [DTYPE_F4] = {"F4", 4, 1, 0},
    [DTYPE_F6_E2M3] = {"F6_E2M3", 6, 1, 0},
    [DTYPE_F6_E3M2] = {"F6_E3M2", 6, 1, 0},
    [DTYPE_U8] = {"U8", 8, 1, 0},
    [DTYPE_I8] = {"I8", 8, 1, 0},
    [DTYPE_F8_E5M2] = {"F8_E5M2", 8, 1, 0},
    [DTYPE_F8_E4M3] = {"F8_E4M3", 8, 1, 0},
    [DTYPE_F8_E8M0] = {"F8_E8M0", 8, 1, 0},
    [DTYPE_F8_E4M3FNUZ] = {"F8_E4M3FNUZ", 8, 1, 0},
    [DTYPE_F8_E5M2FNUZ] = {"F8_E5M2FNUZ", 8, 1, 0},
    [DTYPE_I16] = {"I16", 16, 1, 0},
    [DTYPE_U16] = {"U16", 16, 1, 0},
    [DTYPE_F16] = {"F16", 16, 1, 0},
    [DTYPE_BF16] = {"BF16", 16, 1, 0},
    [DTYPE_I32] = {"I32", 32, 1, 0},
    [DTYPE_U32] = {"U32", 32, 1, 0},
    [DTYPE_F32] = {"F32", 32, 1, 0},
    [DTYPE_C64] = {"C64", 64, 1, 0},
    [DTYPE_F64] = {"F64", 64, 1, 0},
    [DTYPE_I64] = {"I64", 64, 1, 0},
    [DTYPE_U64] = {"U64", 64, 1, 0},
    [DTYPE_Q4_0] = {"Q4_0", 0, 32, 18},
    [DTYPE_Q4_1] = {"Q4_1", 0, 32, 20},
    [DTYPE_Q5_0] = {"Q5_0", 0, 32, 22},
    [DTYPE_Q5_1] = {"Q5_1", 0, 32, 24},
    [DTYPE_Q8_0] = {"Q8_0", 0, 32, 34},
    [DTYPE_Q8_1] = {"Q8_1", 0, 32, 36},
    [DTYPE_Q2_K] = {"Q2_K", 0, 256, 84},
    [DTYPE_Q3_K] = {"Q3_K", 0, 256, 110},
    [DTYPE_Q4_K] = {"Q4_K", 0, 256, 144},
    [DTYPE_Q5_K] = {"Q5_K", 0, 256, 176},
    [DTYPE_Q6_K] = {"Q6_K", 0, 256, 210},
    [DTYPE_Q8_K] = {"Q8_K", 0, 256, 292},
    [DTYPE_IQ2_XXS] = {"IQ2_XXS", 0, 256, 66},
    [DTYPE_IQ2_XS] = {"IQ2_XS", 0, 256, 74},
    [DTYPE_IQ3_XXS] = {"IQ3_XXS", 0, 256, 98},
    [DTYPE_IQ1_S] = {"IQ1_S", 0, 256, 50},
    [DTYPE_IQ4_NL] = {"IQ4_NL", 0, 32, 18},
    [DTYPE_IQ3_S] = {"IQ3_S", 0, 256, 110},
    [DTYPE_IQ2_S] = {"IQ2_S", 0, 256, 82},
    [DTYPE_IQ4_XS] = {"IQ4_XS", 0, 256, 136},
    [DTYPE_IQ1_M] = {"IQ1_M", 0, 256, 56},
    [DTYPE_TQ1_0] = {"TQ1_0", 0, 256, 54},
    [DTYPE_TQ2_0] = {"TQ2_0", 0, 256, 66},
    [DTYPE_MXFP4] = {"MXFP4", 0, 32, 17},
    [DTYPE_NVFP4] = {"NVFP4", 0, 64, 36},
    [DTYPE_Q1_0] = {"Q1_0", 0, 128, 18},
    [DTYPE_Q2_0] = {"Q2_0", 0, 64, 18},
};

const char *dtype_name(enum dtype dtype)
{
    return dtypes[dtype].name;
}

unsigned dtype_bits(enum dtype dtype)
{
    return dtypes[dtype].bits;
}

unsigned dtype_block_numbers(enum dtype dtype)
{
    return dtypes[dtype].block_numbers;
}

bool dtype_bytes(enum dtype dtype, uint64_t count, uint64_t *bytes)
{
    unsigned numbers = dtypes[dtype].block_numbers;
    if (dtypes[dtype].bits == 0)
        return count % numbers == 0 &&
               size_multiply(count / numbers, dtypes[dtype].block_bytes, bytes);
    uint64_t bits;
    if (!size_multiply(count, dtypes[dtype].bits, &bits) || bits % 8 != 0)
        return false;
    *bytes = bits / 8;
    return true;
}

bool dtype_from_name(const char *name, enum dtype *out)
{
    for (int i = 0; i < DTYPE_COUNT; i++) {
        if (dtypes[i].bits > 0 && strcmp(dtypes[i].name, name) == 0) {
            *out = (enum dtype)i;
            return true;
        }
    }
    return false;
}

bool dtype_is_plain(enum dtype dtype)
{
    return dtype == DTYPE_F64 || dtype == DTYPE_F32 || dtype == DTYPE_F16 || dtype == DTYPE_BF16;
}

static bool is_float8(enum dtype dtype)
{
    return dtype == DTYPE_F8_E4M3 || dtype == DTYPE_F8_E5M2 || dtype == DTYPE_F8_E4M3FNUZ ||
           dtype == DTYPE_F8_E5M2FNUZ;
}

bool dtype_is_readable(enum dtype dtype)
{
    return dtype_is_plain(dtype) || is_float8(dtype) || quant_of(dtype) != NULL;
}

static void float8_to_float(enum dtype dtype, const unsigned char *from, size_t count,
                            float *restrict to)
{
    if (dtype == DTYPE_F8_E4M3) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_e4m3(from[i]);
    } else if (dtype == DTYPE_F8_E5M2) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_e5m2(from[i]);
    } else if (dtype == DTYPE_F8_E4M3FNUZ) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_fnuz(from[i], 20, 0x1p119F);
    } else {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_fnuz(from[i], 21, 0x1p111F);
    }
}

/* Blocks one after the other. */
static void blocks_to_float(enum dtype dtype, const unsigned char *from, size_t count, float *to)
{
    unsigned numbers = dtypes[dtype].block_numbers, bytes = dtypes[dtype].block_bytes;
    quant_block *block_to_float = quant_of(dtype);
    for (size_t i = 0; i < count / numbers; i++)
        block_to_float(from + i * bytes, to + i * numbers);
}

/* ---- rows ---------------------------------------------------------------- */

void dtype_to_float(enum dtype dtype, const void *from, size_t count, float *restrict to)
{
    const unsigned char *at = from;
    if (dtype == DTYPE_BF16) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_bits((uint32_t)load16(at + 2 * i) << 16);
    } else if (dtype == DTYPE_F16) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_half(load16(at + 2 * i));
    } else if (dtype == DTYPE_F32) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_bits(load32(at + 4 * i));
    } else if (dtype == DTYPE_F64) {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)double_of_bits(load64(at + 8 * i));
    } else if (is_float8(dtype)) {
        float8_to_float(dtype, at, count, to);
    } else {
        blocks_to_float(dtype, at, count, to);
    }
}

void dtype_swap_floats(float *numbers, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &numbers[i], sizeof bits);
        bits = __builtin_bswap32(bits);
        memcpy(&numbers[i], &bits, sizeof bits);
    }
#else
    (void)numbers, (void)count;
#endif
}

void dtype_to_double(enum dtype dtype, const void *from, size_t count, double *restrict to)
{
    const unsigned char *at = from;
    if (dtype == DTYPE_F64) {
        for (size_t i = 0; i < count; i++)
            to[i] = double_of_bits(load64(at + 8 * i));
        return;
    }
    size_t size = dtypes[dtype].bits / 8;
    for (size_t i = 0; i < count; i++) {
        float value = 0;
        dtype_to_float(dtype, at + size * i, 1, &value);
        to[i] = (double)value;
    }
}
