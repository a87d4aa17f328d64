/* quant.h: the blocks of ggml's number formats as float32. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_QUANT_H
#define ROPESCOPE_CHECKPOINT_QUANT_H

#include "ropescope/checkpoint.h"

/* One stored block as dtype_block_numbers float32. */
typedef void quant_block(const unsigned char *block, float *to);

/* What turns blocks of that dtype into numbers; NULL: nothing does. */
quant_block *quant_of(enum dtype dtype);

#endif
