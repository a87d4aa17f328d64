/* dtype.c: the number formats of tensors, and rows of them as float32 or double. Stored numbers are
 * little-endian on every machine. */
#include "ropescope/checkpoint.h"

#include <string.h>

static const struct {
    const char *name;
    unsigned bits;
} dtypes[DTYPE_COUNT] = {
    [DTYPE_BOOL] = {"BOOL", 8},
    [DTYPE_F4] = {"F4", 4},
    [DTYPE_F6_E2M3] = {"F6_E2M3", 6},
    [DTYPE_F6_E3M2] = {"F6_E3M2", 6},
    [DTYPE_U8] = {"U8", 8},
    [DTYPE_I8] = {"I8", 8},
    [DTYPE_F8_E5M2] = {"F8_E5M2", 8},
    [DTYPE_F8_E4M3] = {"F8_E4M3", 8},
    [DTYPE_F8_E8M0] = {"F8_E8M0", 8},
    [DTYPE_F8_E4M3FNUZ] = {"F8_E4M3FNUZ", 8},
    [DTYPE_F8_E5M2FNUZ] = {"F8_E5M2FNUZ", 8},
    [DTYPE_I16] = {"I16", 16},
    [DTYPE_U16] = {"U16", 16},
    [DTYPE_F16] = {"F16", 16},
    [DTYPE_BF16] = {"BF16", 16},
    [DTYPE_I32] = {"I32", 32},
    [DTYPE_U32] = {"U32", 32},
    [DTYPE_F32] = {"F32", 32},
    [DTYPE_C64] = {"C64", 64},
    [DTYPE_F64] = {"F64", 64},
    [DTYPE_I64] = {"I64", 64},
    [DTYPE_U64] = {"U64", 64},
};

const char *dtype_name(enum dtype dtype)
{
    return dtypes[dtype].name;
}

unsigned dtype_bits(enum dtype dtype)
{
    return dtypes[dtype].bits;
}

bool dtype_from_name(const char *name, enum dtype *out)
{
    for (int i = 0; i < DTYPE_COUNT; i++) {
        if (strcmp(dtypes[i].name, name) == 0) {
            *out = (enum dtype)i;
            return true;
        }
    }
    return false;
}

bool dtype_is_readable(enum dtype dtype)
{
    return dtype == DTYPE_F64 || dtype == DTYPE_F32 || dtype == DTYPE_F16 || dtype == DTYPE_BF16;
}

/* ---- loads: any alignment, little-endian --------------------------------- */

static inline uint16_t load16(const unsigned char *from)
{
    uint16_t bits;
    memcpy(&bits, from, sizeof bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bits = __builtin_bswap16(bits);
#endif
    return bits;
}

static inline uint32_t load32(const unsigned char *from)
{
    uint32_t bits;
    memcpy(&bits, from, sizeof bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bits = __builtin_bswap32(bits);
#endif
    return bits;
}

static inline uint64_t load64(const unsigned char *from)
{
    uint64_t bits;
    memcpy(&bits, from, sizeof bits);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bits = __builtin_bswap64(bits);
#endif
    return bits;
}

static inline float float_of_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* IEEE 754 binary16, exactly and without branches: shifting exponent and mantissa into place leaves
 * the exponent 112 too small, for subnormals too, and a product with 2^112 mends it. Infinity and
 * NaN get the largest exponent instead. */
static inline float float_of_half(uint16_t half)
{
    int32_t wide = (int16_t)half; /* signed throughout: old vector units compare nothing else */
    int32_t magnitude = (wide & 0x7FFF) << 13;
    uint32_t special = magnitude > 0x7BFF << 13 ? 0x7F800000U : 0;
    uint32_t sign = (uint32_t)wide & 0x80000000U;
    uint32_t bits = bits_of_float(float_of_bits((uint32_t)magnitude) * 0x1p112F);
    return float_of_bits(bits | special | sign);
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
    } else {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)double_of_bits(load64(at + 8 * i));
    }
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
        float value;
        dtype_to_float(dtype, at + size * i, 1, &value);
        to[i] = (double)value;
    }
}
