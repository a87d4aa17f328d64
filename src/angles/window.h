/* window.h: the rows that a worker looks at, straight in the mapping or copied out of the file,
 * whichever is faster in the state that the page cache is in; or made float32, where they are
 * stored as something that the kernel cannot read. An adapter over them changes what their angle
 * is. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_WINDOW_H
#define ROPESCOPE_ANGLES_WINDOW_H

#include "adapted.h"
#include "units.h"

/* Two runs of rows at most are in sight: those of the first dims of half-split pairs and those of
 * their second dims; the rows of interleaved pairs are one run. */
enum { WINDOW_BYTES = 256 << 10, WINDOW_RUNS = 2 };
/* Under an adapter A is read again for each window: fewer and larger ones are faster. */
enum { ADAPTED_BYTES = 512 << 10 };
/* What reading has cost a thread so far. */
struct read_cost {
    long faults;
    long blocks; /* that came from the disk */
};

/* One worker's window. It belongs to one thread. */
struct window {
    const struct checkpoint *checkpoint;
    const struct kernel *kernel;
    const struct tensor *tensor;
    enum dtype dtype; /* of the rows in sight */
    size_t row_bytes; /* of a row in sight */
    struct row_run run[WINDOW_RUNS];
    unsigned char *buffer; /* (room) owned; NULL: rows are never copied, nor made float32 */
    size_t room;
    struct adapted adapted;
    bool converts;   /* rows are made float32 in the buffer */
    bool lacks;      /* there is no memory for what it needs */
    bool copies;     /* rows come through the buffer just now */
    bool brought;    /* the piece at hand has been read in order beforehand */
    bool cold;       /* the last piece came from the disk */
    unsigned pieces; /* until the mapping is tried again */
    unsigned again;  /* how many it will be the next time */
    struct read_cost before;
};

/* Bytes of a row of the tensor in sight. */
size_t window_row_bytes(const struct tensor *tensor);
/* A window (checkpoint NULL: onto nothing) for rows of up to `row_bytes` bytes in sight. Free with
 * window_free. */
void window_init(struct window *window, const struct checkpoint *checkpoint, size_t row_bytes);
void window_free(struct window *window);
/* About what a window takes that has this tensor in sight. */
uint64_t window_bytes(const struct tensor *tensor);

/* Waits for a stretch of the tensor's file, before the piece of work that needs it begins. true: it
 * came from the disk. Only inside guard_run. */
bool window_bring(struct window *window, const struct tensor *tensor, struct stretch stretch);
/* A piece of work of `bytes` bytes of one tensor begins, and is over. What it cost decides how the
 * next one is read. */
void window_begin(struct window *window, const struct tensor *tensor);
void window_end(struct window *window, uint64_t bytes);

/* Rows of that tensor that fit: at least 2, so that a pair always does. */
size_t window_rows(const struct window *window);

/* Brings rows into sight (the second run may be empty): at most window_rows together. Only inside
 * guard_run. false: the file shrank, its disk failed, or there is no memory for what it needs. */
bool window_show(struct window *window, const struct row_run run[WINDOW_RUNS]);
/* Where a row that is in sight lies. It may be in the mapping: only inside guard_run. */
const unsigned char *window_row(const struct window *window, uint64_t row);
/* The angle between two rows in sight, with what an adapter adds to them. Only inside guard_run.
 * false: as window_show. */
bool window_angle(struct window *window, uint64_t a, uint64_t b, struct pair_angle *angle);

#endif
