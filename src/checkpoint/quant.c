/* quant.c: blocks of 32 numbers that share a scale, and blocks of trits. The layouts and the order
 * of operations are those of ggml's ggml-quants.c, so that numbers come out to the last bit. */
#include "quant.h"

#include "load.h"

enum { HALF = 16 }; /* low nibbles are the first half of a block of 32, high ones the second */

/* ---- 32 numbers: nibbles ------------------------------------------------- */

/* half d, u8 q[16] */
static void q4_0(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block));
    const unsigned char *q = block + 2;
    for (size_t i = 0; i < HALF; i++) {
        to[i] = (float)((q[i] & 15) - 8) * d;
        to[HALF + i] = (float)((q[i] >> 4) - 8) * d;
    }
}

/* half d, half m, u8 q[16] */
static void q4_1(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block)), m = float_of_half(load16(block + 2));
    const unsigned char *q = block + 4;
    for (size_t i = 0; i < HALF; i++) {
        to[i] = (float)(q[i] & 15) * d + m;
        to[HALF + i] = (float)(q[i] >> 4) * d + m;
    }
}

/* Number `i` of 32 whose fifth bits lie together in a word. */
static int five_bits(const unsigned char *q, uint32_t high, size_t i)
{
    int low = i < HALF ? q[i] & 15 : q[i - HALF] >> 4;
    return low | (int)((high >> i & 1) << 4);
}

/* half d, u32 high, u8 q[16] */
static void q5_0(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block));
    uint32_t high = load32(block + 2);
    for (size_t i = 0; i < 2 * HALF; i++)
        to[i] = (float)(five_bits(block + 6, high, i) - 16) * d;
}

/* half d, half m, u32 high, u8 q[16] */
static void q5_1(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block)), m = float_of_half(load16(block + 2));
    uint32_t high = load32(block + 4);
    for (size_t i = 0; i < 2 * HALF; i++)
        to[i] = (float)five_bits(block + 8, high, i) * d + m;
}

/* half d, i8 q[32] */
static void q8_0(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block));
    for (size_t i = 0; i < 2 * HALF; i++)
        to[i] = (float)(int8_t)block[2 + i] * d;
}

/* half d, u8 q[16] that index the table of quant_iq4 */
static void iq4_nl(const unsigned char *block, float *restrict to)
{
    quant_iq4(float_of_half(load16(block)), block + 2, to);
}

void quant_iq4(float d, const unsigned char *q, float *restrict to)
{
    static const int8_t values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                      1,    13,   25,  38,  53,  69,  89,  113};
    for (size_t i = 0; i < HALF; i++) {
        to[i] = d * (float)values[q[i] & 15];
        to[HALF + i] = d * (float)values[q[i] >> 4];
    }
}

/* u8 e, u8 q[16] of E2M1: the table holds twice the value, the scale is 2^(e - 127) / 2. */
static void mxfp4(const unsigned char *block, float *restrict to)
{
    static const int8_t values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
    uint32_t e = block[0];
    float d = float_of_bits(e < 2 ? UINT32_C(0x00200000) << e : (e - 1) << 23);
    const unsigned char *q = block + 1;
    for (size_t i = 0; i < HALF; i++) {
        to[i] = (float)values[q[i] & 15] * d;
        to[HALF + i] = (float)values[q[i] >> 4] * d;
    }
}

/* ---- 256 numbers: trits -------------------------------------------------- */

/* Trit `n` of the five in a byte, which holds them as a fraction of 256: multiplied by 3^n the
 * byte loses those before, and its part of 3 is the trit. */
static float trit(unsigned char byte, size_t n)
{
    static const uint8_t power[5] = {1, 3, 9, 27, 81};
    uint8_t rest = (uint8_t)(byte * power[n]);
    return (float)((rest * 3 >> 8) - 1);
}

/* Trits 0.. of `bytes` bytes, then the next ones of all of them. Returns what follows in `to`. */
static float *trits(const unsigned char *q, size_t bytes, size_t count, float d, float *restrict to)
{
    for (size_t n = 0; n < count; n++) {
        for (size_t i = 0; i < bytes; i++)
            *to++ = trit(q[i], n) * d;
    }
    return to;
}

/* u8 q[48] of five trits, u8 high[4] of four, half d */
static void tq1_0(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block + 52));
    to = trits(block, 32, 5, d, to);
    to = trits(block + 32, 16, 5, d, to);
    trits(block + 48, 4, 4, d, to);
}

/* u8 q[64] of four times two bits, half d */
static void tq2_0(const unsigned char *block, float *restrict to)
{
    float d = float_of_half(load16(block + 64));
    for (size_t half = 0; half < 64; half += 32) {
        for (unsigned shift = 0; shift < 8; shift += 2) {
            for (size_t i = 0; i < 32; i++)
                *to++ = (float)((block[half + i] >> shift & 3) - 1) * d;
        }
    }
}

/* ---- which is which ------------------------------------------------------ */

quant_block *quant_of(enum dtype dtype)
{
    static quant_block *const table[DTYPE_COUNT] = {
        [DTYPE_Q4_0] = q4_0,       [DTYPE_Q4_1] = q4_1,       [DTYPE_Q5_0] = q5_0,
        [DTYPE_Q5_1] = q5_1,       [DTYPE_Q8_0] = q8_0,       [DTYPE_IQ4_NL] = iq4_nl,
        [DTYPE_MXFP4] = mxfp4,     [DTYPE_TQ1_0] = tq1_0,     [DTYPE_TQ2_0] = tq2_0,
        [DTYPE_Q2_K] = quant_q2_k, [DTYPE_Q3_K] = quant_q3_k, [DTYPE_Q4_K] = quant_q4_k,
        [DTYPE_Q5_K] = quant_q5_k, [DTYPE_Q6_K] = quant_q6_k, [DTYPE_IQ4_XS] = quant_iq4_xs,
    };
    return table[dtype];
}
