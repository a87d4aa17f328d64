/* load.h: little-endian words at any alignment, and the numbers that they mean. Only checkpoint/
 * and the readers of tokenizers (probe/) include this. */
#ifndef ROPESCOPE_CHECKPOINT_LOAD_H
#define ROPESCOPE_CHECKPOINT_LOAD_H

#include "ropescope/checkpoint.h"

#include <string.h>

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

/* FP8 E4M3, which has no infinity and one NaN a sign, in the same way: bias 7. */
static inline float float_of_e4m3(uint8_t code)
{
    uint32_t magnitude = (uint32_t)(code & 0x7F) << 20, sign = (uint32_t)(code & 0x80) << 24;
    uint32_t special = (code & 0x7F) == 0x7F ? 0x7FC00000U : 0;
    return float_of_bits(bits_of_float(float_of_bits(magnitude) * 0x1p120F) | special | sign);
}

/* FP8 E5M2: the upper half of a binary16. */
static inline float float_of_e5m2(uint8_t code)
{
    return float_of_half((uint16_t)(code << 8));
}

/* The forms without infinities, whose only NaN stands where the others have -0: `shift` puts the
 * exponent into place, `scale` mends its bias. */
static inline float float_of_fnuz(uint8_t code, unsigned shift, float scale)
{
    uint32_t sign = (uint32_t)(code & 0x80) << 24;
    uint32_t bits = bits_of_float(float_of_bits((uint32_t)(code & 0x7F) << shift) * scale);
    return float_of_bits(code == 0x80 ? 0x7FC00000U : bits | sign);
}

/* E8M0: 2^(code - 127), 255 is NaN. */
static inline float float_of_e8m0(uint8_t code)
{
    uint32_t bits = code == 0 ? 0x00400000U : code == 255 ? 0x7FC00000U : (uint32_t)code << 23;
    return float_of_bits(bits);
}

#endif
