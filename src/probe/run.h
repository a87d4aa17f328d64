/* run.h: a run in progress. Only the run of a model (probe/) includes this. */
#ifndef ROPESCOPE_PROBE_RUN_H
#define ROPESCOPE_PROBE_RUN_H

#include "decoder.h"
#include "ropescope/probe.h"
#include "workers.h"

/* Keys, rotated, and values of a layer, from the first position on: (room, key heads * head_dim).
 */
struct kept {
    float *keys, *values;
};

struct run {
    const struct checkpoint *checkpoint;
    const struct model *model;
    const struct probe_request *request;
    struct settings settings;
    struct text_weights text;
    struct workers workers;
    struct probe *probe;
    size_t hidden;
    size_t layers;     /* that run */
    size_t room;       /* positions there may be */
    size_t first;      /* of the positions that are computed now */
    size_t positions;  /* so many */
    bool records;      /* they are those that were asked about */
    size_t recorded;   /* positions that means hold already */
    struct kept *kept; /* (layers), or one for all where nothing is generated */
    bool keeps;        /* each layer has its own */
    float *state;      /* (positions, hidden): the residual stream */
    float *normed;     /* (positions, hidden) */
    float *added;      /* (positions, hidden): what a part gives to it */
    float *queries;    /* (positions, query heads * head_dim), the widest layer's */
    float *attended;   /* the same */
    float *gate, *up;  /* (positions, columns of the widest down projection) */
    size_t wide;       /* columns that there is room for in gate and up */
    struct error *err;
};

static inline float *new_floats(uint64_t rows, uint64_t columns)
{
    uint64_t count, bytes;
    return size_multiply(rows, columns, &count) && size_multiply(count, sizeof(float), &bytes) &&
                   bytes <= SIZE_MAX
               ? memory_array(bytes, 1)
               : NULL;
}

/* ---- layers.c ------------------------------------------------------------ */

/* All layers over the positions of now, state to state. */
enum status run_layers(struct run *run);
/* The queries and keys of the first layer alone, recorded. */
enum status run_first_vectors(struct run *run);
/* to = from / root mean square of its row * weight; (rows, count), to may be from. */
void norm_rows(const float *from, const float *weight, float epsilon, size_t rows, size_t count,
               float *to);

/* ---- attention.c --------------------------------------------------------- */

/* attended = softmax(queries keys' + mask) values, of one layer; recorded where that was asked. */
enum status attend(struct run *run, size_t index, const struct kept *kept);
/* What scores of that layer are multiplied with. */
float attention_scale(const struct run *run, size_t index);

/* ---- pairs.c ------------------------------------------------------------- */

/* What queries and keys of a layer are like before they are rotated, into the result. */
enum status record_pairs(struct run *run, size_t index, const float *keys);
/* Rotates both in place. */
enum status rotate(struct run *run, size_t index, float *keys);

/* ---- text.c -------------------------------------------------------------- */

/* state = embeddings of (positions) tokens. */
enum status embed(struct run *run, const uint32_t *tokens);
/* The logits of the last position, (vocabulary), and the top of each, (positions, PROBE_TOP); NULL:
 * not wanted. */
enum status read_out(struct run *run, float *logits, struct probe_choice *top);

#endif
