/* adapted.h: the angle of pairs whose rows a LoRA changes, taken without making the rows. Only
 * angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_ADAPTED_H
#define ROPESCOPE_ANGLES_ADAPTED_H

#include "kernels.h"

/* Rows that follow one another in a tensor. */
struct row_run {
    uint64_t first;
    size_t rows;
};

/* One worker's copies of the factors of what is in sight, and what it makes of them.
 * Zero-initialise. */
struct adapted {
    const struct tensor *tensor; /* whose A is there; NULL: none yet */
    size_t rows_room;            /* rows in sight at most: a multiple of PROJECT_ROWS */
    size_t width;                /* the rank, rounded up to NARROW_MULTIPLE */
    bool tame;                   /* A's rows are of lengths whose squares float32 sums take */
    float *turned;               /* (row length, width) the transpose of A */
    bool short_numbers;          /* A is of BF16 numbers, whatever it is stored as */
    uint32_t *pairs;             /* (half of row length, width) then: see struct narrow */
    float *gram;                 /* (rank, width) A A' */
    float *b;                    /* (rows_room, rank) of the rows in sight */
    double *along;               /* (rows_room, width) W A' */
    double *across;              /* (rows_room, width) B A A' */
    double *products;            /* (PROJECT_ROWS, width) */
    const unsigned char **at;    /* (rows_room) where rows lie */
    struct row_buffer buffer;    /* of rows of the adapter as they are stored */
    struct lora_tile tile;       /* for pairs whose rows are made after all */
    float *made;                 /* (some, row length) */
    size_t room[9];              /* numbers in each of them, in this order */
};

/* Room for `rows` rows of the tensor in sight; false: no memory. Not inside guard_run. */
bool adapted_reserve(struct adapted *adapted, const struct tensor *tensor, size_t rows);
void adapted_free(struct adapted *adapted);
/* About what adapted_reserve takes. */
uint64_t adapted_bytes(const struct tensor *tensor, size_t rows);

/* Brings up to two runs of rows into sight: adapted->at says where the base's numbers lie, of the
 * plain dtype that the functions are for. Only inside guard_run. false: a file shrank or its disk
 * failed. */
bool adapted_show(struct adapted *adapted, const struct kernel *kernel, const struct tensor *tensor,
                  enum dtype dtype, const struct row_run run[2]);

/* Two rows in sight. */
struct adapted_pair {
    const struct kernel *kernel;
    enum dtype dtype;           /* of the base's rows */
    const unsigned char *at[2]; /* where they lie */
    uint64_t row[2];            /* in the tensor */
    size_t index[2];            /* in sight */
};
/* Only inside guard_run. false: a file shrank, its disk failed, or there is no memory. */
bool adapted_angle(struct adapted *adapted, const struct checkpoint *checkpoint,
                   const struct adapted_pair *pair, struct pair_angle *angle);

#endif
