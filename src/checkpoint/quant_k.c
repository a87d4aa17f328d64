/* quant_k.c: ggml's K types: blocks of 256 numbers in parts of 16 or 32, each with a scale of its
 * own that is quantised, too. Order of operations as in ggml-quants.c. */
#include "quant.h"

#include "load.h"

enum { K = 256 };

/* ---- parts of 16 --------------------------------------------------------- */

/* u8 scale[16] (low nibble scale, high nibble minimum), u8 q[64] of two bits, half d, half dmin */
void quant_q2_k(const unsigned char *block, float *restrict to)
{
    const unsigned char *scale = block, *q = block + 16;
    float d = float_of_half(load16(block + 80)), dmin = float_of_half(load16(block + 82));
    for (size_t part = 0; part < K / 16; part++) {
        /* Two parts share a shift of 32 bytes, four shifts make half a block. */
        const unsigned char *at = q + part / 8 * 32 + part % 2 * 16;
        unsigned shift = (unsigned)(part % 8 / 2 * 2);
        float step = d * (float)(scale[part] & 15), low = dmin * (float)(scale[part] >> 4);
        for (size_t i = 0; i < 16; i++)
            *to++ = step * (float)(at[i] >> shift & 3) - low;
    }
}

/* Six bits of each of 16 scales in 12 bytes: four low bits in the nibbles of the first eight, two
 * high bits in the last four. */
static int q3_k_scale(const unsigned char *packed, size_t part)
{
    unsigned low = packed[part % 8] >> (part / 8 * 4) & 15;
    unsigned high = packed[8 + part % 4] >> (part / 4 * 2) & 3;
    return (int)(low | high << 4) - 32;
}

/* u8 high[32] (a bit each; missing: -4), u8 q[64] of two bits, u8 scale[12], half d */
void quant_q3_k(const unsigned char *block, float *restrict to)
{
    const unsigned char *high = block, *q = block + 32, *scale = block + 96;
    float d = float_of_half(load16(block + 108));
    for (size_t part = 0; part < K / 16; part++) {
        const unsigned char *at = q + part / 8 * 32 + part % 2 * 16;
        const unsigned char *bit = high + part % 2 * 16;
        unsigned shift = (unsigned)(part % 8 / 2 * 2), plane = (unsigned)(part / 2);
        float step = d * (float)q3_k_scale(scale, part);
        for (size_t i = 0; i < 16; i++)
            *to++ = step * (float)((at[i] >> shift & 3) - (bit[i] >> plane & 1 ? 0 : 4));
    }
}

/* u8 low[128], u8 high[64], i8 scale[16], half d: q = low | high << 4, less 32 */
void quant_q6_k(const unsigned char *block, float *restrict to)
{
    const unsigned char *scale = block + 192;
    float d = float_of_half(load16(block + 208));
    for (size_t part = 0; part < K / 16; part++) {
        /* Half a block is four runs of 32: low nibbles of 64 bytes, then their high ones. */
        size_t half = part / 8, run = part % 8 / 2, offset = part % 2 * 16;
        const unsigned char *low = block + half * 64 + run % 2 * 32 + offset;
        const unsigned char *high = block + 128 + half * 32 + offset;
        unsigned nibble = (unsigned)(run / 2 * 4), pair = (unsigned)(run * 2);
        float step = d * (float)(int8_t)scale[part];
        for (size_t i = 0; i < 16; i++)
            *to++ = step * (float)(((low[i] >> nibble & 15) | (high[i] >> pair & 3) << 4) - 32);
    }
}

/* ---- parts of 32 --------------------------------------------------------- */

struct scale_and_minimum {
    float scale, minimum;
};

/* Six bits each of eight scales and eight minimums in 12 bytes: the first four of both lie whole in
 * the low bits of bytes 0..7, the others in the nibbles of bytes 8..11 and what bits are left. */
static struct scale_and_minimum k4_scale(const unsigned char *packed, size_t part)
{
    if (part < 4)
        return (struct scale_and_minimum){(float)(packed[part] & 63),
                                          (float)(packed[part + 4] & 63)};
    return (struct scale_and_minimum){
        (float)((packed[part + 4] & 15) | packed[part - 4] >> 6 << 4),
        (float)(packed[part + 4] >> 4 | packed[part] >> 6 << 4),
    };
}

/* half d, half dmin, u8 scale[12], u8 q[128]: 32 bytes hold two parts, low nibbles first */
void quant_q4_k(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block)), dmin = float_of_half(load16(block + 2));
    for (size_t part = 0; part < K / 32; part++) {
        const unsigned char *q = block + 16 + part / 2 * 32;
        unsigned nibble = (unsigned)(part % 2 * 4);
        struct scale_and_minimum own = k4_scale(block + 4, part);
        float step = d * own.scale, low = dmin * own.minimum;
        for (size_t i = 0; i < 32; i++)
            *to++ = step * (float)(q[i] >> nibble & 15) - low;
    }
}

/* half d, half dmin, u8 scale[12], u8 high[32] (a bit a part), u8 q[128] */
void quant_q5_k(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block)), dmin = float_of_half(load16(block + 2));
    const unsigned char *high = block + 16;
    for (size_t part = 0; part < K / 32; part++) {
        const unsigned char *q = block + 48 + part / 2 * 32;
        unsigned nibble = (unsigned)(part % 2 * 4);
        struct scale_and_minimum own = k4_scale(block + 4, part);
        float step = d * own.scale, low = dmin * own.minimum;
        for (size_t i = 0; i < 32; i++)
            *to++ = step * (float)((q[i] >> nibble & 15) | (high[i] >> part & 1) << 4) - low;
    }
}

/* half d, u16 high, u8 low[4], u8 q[128]: scales of six bits, less 32, and nibbles as in IQ4_NL */
void quant_iq4_xs(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block));
    unsigned high = load16(block + 2);
    for (size_t part = 0; part < K / 32; part++) {
        unsigned low = block[4 + part / 2] >> part % 2 * 4 & 15;
        int scale = (int)(low | (high >> 2 * part & 3) << 4) - 32;
        quant_iq4(d * (float)scale, block + 8 + part * 16, to + part * 32);
    }
}
