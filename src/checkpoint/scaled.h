/* scaled.h: rows that are codes times scales, wherever the two lie. Only checkpoint/ includes this.
 */
#ifndef ROPESCOPE_CHECKPOINT_SCALED_H
#define ROPESCOPE_CHECKPOINT_SCALED_H

#include "ropescope/checkpoint.h"

/* Codes of a few bits in words of 32 bits, filled from the lowest bit on: code i of line j begins
 * at bit i * bits of words that lie `along` apart, from word j * `across` on. Where the bits do not
 * divide 32, a code may straddle two words. */
struct packed {
    unsigned bits;          /* 0: nothing is packed */
    uint64_t along, across; /* words */
    const uint8_t *order;   /* (8) places of codes of 4 bits in their word; NULL: in turn */
};

/* Numbers that rows share with their neighbours or columns with theirs, in a tensor of their own.
 */
struct grid {
    const struct tensor *tensor;   /* NULL: none; a copy that the arena of the checkpoint owns */
    enum dtype dtype;              /* what its bytes mean: I8, U8, F8_E8M0, F8 or a plain one */
    struct packed packed;          /* (row, group) */
    uint64_t row_step, group_step; /* numbers; where nothing is packed */
    uint64_t rows_each;            /* rows that share a number */
};

/* How the codes lie. */
enum codes {
    CODES_NUMBERS,    /* (row, column) of `dtype` */
    CODES_OF_ROWS,    /* packed: codes of a row follow each other, words may lie apart */
    CODES_OF_COLUMNS, /* packed: codes of a column follow each other */
};

/* The detail of a codec: number = (code - zero) * scale * unit + bias. */
struct scaled {
    enum codes codes;
    enum dtype dtype;
    struct packed packed;
    const float *values; /* (16) what codes of 4 bits mean; NULL: themselves */
    struct grid scale, zero, bias;
    float zero_offset; /* added to every zero, also where there is no grid of them */
    float unit;
    struct grid global;   /* one number for all scales */
    bool global_divides;  /* else it multiplies */
    uint64_t group_width; /* columns of a group */
    uint64_t groups;
    const struct tensor *group_index; /* I32 (column): groups as they were made; NULL: in turn */
};

/* Where code (i, j) lies, for codes that need not be quick. */
unsigned packed_code(const unsigned char *words, const struct packed *packed, uint64_t i,
                     uint64_t j);

/* The codec's work. */
void scaled_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                     uint64_t first, size_t count, float *to);

/* E2M1, the numbers of FP4. */
extern const float scaled_fp4[16];

#endif
