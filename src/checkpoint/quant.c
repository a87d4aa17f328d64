/* quant.c: blocks of 32 numbers that share a scale, as ggml stores them. The order of operations is
 * that of ggml-quants.c, so that numbers come out to the last bit. */
#include "quant.h"

#include "load.h"

/* Q8_0: half d, int8 q[32]. */
static void q8_0(const unsigned char *block, float *to)
{
    float d = float_of_half(load16(block));
    for (size_t i = 0; i < 32; i++)
        to[i] = (float)(int8_t)block[2 + i] * d;
}

quant_block *quant_of(enum dtype dtype)
{
    static quant_block *const table[DTYPE_COUNT] = {
        [DTYPE_Q8_0] = q8_0,
    };
    return table[dtype];
}
