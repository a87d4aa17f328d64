/* workers.h: a piece of a run cut into units that threads share; and products with weights, a unit
 * of which reads some rows of them. Only the run of a model (probe/) includes this. */
#ifndef ROPESCOPE_PROBE_WORKERS_H
#define ROPESCOPE_PROBE_WORKERS_H

#include "ropescope/checkpoint.h"

/* What one thread has to itself. */
struct bench {
    float *numbers; /* (room) rows of weights, scores of attention */
    size_t room;
    struct row_buffer buffer; /* of rows as they are stored */
    struct lora_tile lora;
};

struct workers {
    const struct checkpoint *checkpoint;
    struct blas blas;
    struct bench *benches; /* (threads) */
    size_t threads;
    const _Atomic bool *cancel; /* NULL: nobody */
    struct progress *progress;  /* NULL: nobody */
};
/* Free with workers_close, also after a failure. */
enum status workers_open(struct workers *workers, const struct checkpoint *checkpoint,
                         size_t threads, struct error *err);
void workers_close(struct workers *workers);

/* One unit; false: it failed. The bench is the thread's own. */
typedef bool unit_work(void *context, size_t unit, struct bench *bench);
/* Does all units, in any order. STATUS_CANCELLED where somebody asked for it; STATUS_FAILED, with
 * nothing in *err, where a unit failed. `small`: not worth more than this thread. */
enum status workers_run(struct workers *workers, size_t units, bool small, unit_work *work,
                        void *context, struct error *err);
/* Room for so many numbers on every bench. */
bool workers_reserve(struct workers *workers, size_t numbers);

/* to (positions, rows of the weight; `stride` numbers from one position to the next) = from
 * (positions, columns of the weight) * weight' + bias. */
struct product {
    const struct tensor *weight;
    uint64_t first, rows; /* of its rows; to has a column for each of these */
    const float *bias;    /* (rows); NULL: none */
    const float *from;
    float *to;
    size_t positions;
};
/* Several at once, since they share their input or not. */
enum status workers_multiply(struct workers *workers, const struct product *products, size_t count,
                             struct error *err);
/* One row of a matrix, in this thread. */
enum status workers_read_row(struct workers *workers, const struct tensor *tensor, uint64_t row,
                             float *to, struct error *err);

#endif
