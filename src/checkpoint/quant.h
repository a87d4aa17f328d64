/* quant.h: the blocks of ggml's number formats as float32. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_QUANT_H
#define ROPESCOPE_CHECKPOINT_QUANT_H

#include "ropescope/checkpoint.h"

/* One stored block as dtype_block_numbers float32. */
typedef void quant_block(const unsigned char *block, float *to);

/* What turns blocks of that dtype into numbers; NULL: nothing does. */
quant_block *quant_of(enum dtype dtype);

/* 32 numbers d * value from nibbles that index the table of IQ4_NL. */
void quant_iq4(float d, const unsigned char *q, float *to);

/* The K types (quant_k.c). */
quant_block quant_q2_k, quant_q3_k, quant_q4_k, quant_q5_k, quant_q6_k, quant_iq4_xs;

#endif
