/* angles.h: the angle between the two weight rows of every rotary pair. cos = w1.w2 / (|w1||w2|) on
 * the raw stored rows (Chen & Yan, NeurIPS 2024). A fused pass gives the numbers, a scan runs it
 * over a model with all cores, and a database keeps them, in memory and on disk. */
#ifndef ROPESCOPE_ANGLES_H
#define ROPESCOPE_ANGLES_H

#include "ropescope/model.h"

ROPESCOPE_BEGIN

/* ---- the fused kernels (kernel.c) ---------------------------------------- */

/* A kernel is one way to sum: "avx512", "avx2", "neon" or "portable", one file each. */
struct kernel;
/* The kernels that this machine runs, best first; NULL past the last, which is "portable". */
const struct kernel *kernel_at(size_t index);
/* The first of them. It asks the processor: once a scan, not once a pair. */
const struct kernel *kernel_best(void);
const char *kernel_name(const struct kernel *kernel);

/* What one pass over the two rows of a pair gives. */
struct pair_sums {
    double dot; /* w1.w2 */
    double a;   /* |w1|^2 */
    double b;   /* |w2|^2 */
};

/* Sums over `length` numbers at `row_a` and `row_b` (any alignment; nothing behind a row's end is
 * read), in short float32 sums gathered in double; good to 1e-6 of |w1||w2| against float64. Where
 * |w1|^2 or |w2|^2 leaves [1e-30, 1e30] the sums are taken again in double. The order of summation
 * depends on `length` and the kernel alone, so rows that hold the same numbers give the same bits
 * in every dtype; F64 is rounded to float32 first, so that it is no exception. */
struct pair_sums kernel_pair(const struct kernel *kernel, enum dtype dtype, const void *row_a,
                             const void *row_b, size_t length);

/* cos in [-1, 1] and the two norms; cos is NaN where a row is zero or not finite ("undefined"). */
struct pair_angle {
    float cos, norm_a, norm_b;
};
struct pair_angle kernel_angle(const struct kernel *kernel, enum dtype dtype, const void *row_a,
                               const void *row_b, size_t length);

/* |x - y| of two rows of `length` numbers, good to 1e-6 relative against float64: the differences
 * are summed, since |x|^2 + |y|^2 - 2 x.y would keep nothing of a small one. 0 for equal rows, NaN
 * where a difference is not finite; F64 is taken in double. */
double kernel_distance(const struct kernel *kernel, enum dtype dtype, const void *x, const void *y,
                       size_t length);

/* Both angles and the mean of the two distances of a pair in two models, whose rows w1, w2 and w1',
 * w2' are read once: bit for bit what kernel_angle gives of either pair. */
struct twin_angle {
    struct pair_angle base, tuned;
    double distance;
};
struct twin_angle kernel_twin(const struct kernel *kernel, enum dtype dtype,
                              const unsigned char *const row[4], size_t length);

/* ---- the database (angles.c) --------------------------------------------- */

/* One projection of one layer. cos is NaN where the pair is undefined. */
struct angle_set {
    const float *cos;    /* (head, pair) */
    const float *norm_a; /* (head, pair) |w1| */
    const float *norm_b; /* (head, pair) |w2| */
};

/* The angles of one layer; `ready` false until its result has landed (a layer that does not rotate
 * is ready from the start and has no pairs). */
struct layer_angles {
    bool ready;
    struct angle_set set[PROJECTION_COUNT];
    float *owned; /* the memory behind `set`; NULL where it lies in the image of a file */
};

/* The angles of a model: one record a layer, in the order of model->layers. Belongs to one thread.
 */
struct angles {
    struct model *model;         /* owned */
    struct layer_angles *layers; /* (model->layer_count) */
    size_t ready;                /* layers that are */
    uint64_t generation;         /* results of another generation never land */
    unsigned char *image;        /* owned: the .angles file that layers came from; NULL: none */
};

/* An empty database for the model, which it takes over (also on failure). Free with angles_free. */
enum status angles_new(struct model *model, uint64_t generation, struct angles **out,
                       struct error *err);
void angles_free(struct angles *angles);
bool angles_complete(const struct angles *angles);

/* XXH3 of the numbers of all layers that are ready, with their names and places: what a mask says
 * it was made from. The same for a model and for the .angles file of it, on every machine. */
uint64_t angles_fingerprint(const struct angles *angles); /* 0: no memory */

/* A computed layer on its way from a worker to the database. */
struct layer_result {
    uint64_t generation;
    size_t layer;  /* index into model->layers */
    float *values; /* cos, norm_a, norm_b of the query heads, then of the key heads */
};
/* Takes result->values over (also where it refuses); false where the result is stale, of a layer
 * that has landed already or that does not exist. */
bool angles_land(struct angles *angles, struct layer_result *result);
/* Takes the values of a layer that lie inside angles->image; false where it has landed already. */
bool angles_adopt(struct angles *angles, size_t layer, const float *values);
/* Numbers of one layer's result: 3 * (query heads + key heads) * pairs. */
size_t layer_value_count(const struct layer *layer);

/* ---- sessions (session.c): from a path to a database, by way of the cache --- */

struct session_options {
    struct model_options model;
    const char *adapter; /* directory of a PEFT adapter that is laid over the model; NULL: none */
    bool no_cache;
    size_t threads;              /* 0: pool_cores() */
    struct opening_watch *watch; /* borrowed by session_open; NULL: nobody watches */
};

struct session;

/* Opens a model directory, a .safetensors file or an .angles file. A whole cached database is read
 * into memory, where nothing is parsed and a file that shrinks later cannot fault, and no weight
 * file is opened; otherwise the weights are opened, and a scan is ready to start. Opening writes
 * nothing. The rows of an .angles file are what they are: options->model must be empty for one, and
 * there may be no adapter.
 * Free with session_close, which cancels a running scan. */
enum status session_open(const char *path, const struct session_options *options,
                         struct session **out, struct error *err);
void session_close(struct session *session);

const struct angles *session_angles(const struct session *session);
/* Its files, without those of an adapter; NULL for an .angles file. */
const struct source *session_source(const struct session *session);
/* A file of the cache beside the session's angles, NAME-HASH and the ending, and what it hangs on;
 * false: there is no cache. */
bool session_cache_file(const struct session *session, const char *ending, char out[PATH_BYTES],
                        uint64_t *fingerprint);
const struct notices *session_notices(const struct session *session);
/* Where the numbers come from: "cache", "scan", "resumed scan" (known once it has started), "file".
 */
const char *session_origin(const struct session *session);

/* Takes over what an earlier scan left and starts a scan of the rest in the background; nothing to
 * do where the database is complete. */
enum status session_start(struct session *session, struct error *err);
/* Lands what workers have finished since the last call and returns how many layers that were. Never
 * waits. */
size_t session_poll(struct session *session);
/* Readable (poll(2)) when session_poll has something to land or the scan ended; -1: no scan. */
int session_wake_fd(const struct session *session);
bool session_scanning(const struct session *session);
struct progress_reading session_progress(const struct session *session);
uint64_t session_bytes_total(const struct session *session); /* that the scan reads */
void session_cancel(struct session *session);
/* How the scan ended, once session_scanning is false: STATUS_OK, STATUS_CANCELLED or what failed.
 */
enum status session_result(const struct session *session, struct error *err);

/* Waits until the database is complete, calling `report` (may be NULL) about ten times a second,
 * which returns false to cancel. */
typedef bool session_report(void *context, const struct session *session);
enum status session_wait(struct session *session, session_report *report, void *context,
                         struct error *err);

/* ---- the file (angles_file.c) -------------------------------------------- */

/* Writes the complete database as an .angles file: little-endian, versioned, checksummed by record.
 */
enum status angles_write(const struct angles *angles, FILE *stream, struct error *err);
/* Reads a whole .angles file; the database points into its image. Refused with the reason: a
 * foreign, newer, damaged or incomplete file. */
enum status angles_read(const char *path, struct angles **out, struct error *err);

ROPESCOPE_END

#endif
