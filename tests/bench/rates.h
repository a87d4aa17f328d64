/* rates.h: the rows of one open model through every way there is to read them. */
#ifndef ROPESCOPE_BENCH_RATES_H
#define ROPESCOPE_BENCH_RATES_H

#include "ropescope/angles.h"

/* A model, open as the scan has it. */
struct rates {
    const char *path; /* borrowed */
    struct source *source;
    struct checkpoint *checkpoint;
    struct model *model;
    size_t threads;
    const struct kernel *kernel; /* that rates_kernel uses */
    _Atomic size_t next;
    _Atomic uint64_t sink; /* so that no read can be left out */
};

/* Exits where it cannot be opened. */
void rates_open(struct rates *rates, const char *path, size_t threads);
void rates_close(struct rates *rates);

/* Each reads all queries and keys once, with the same threads, and returns seconds. */
double rates_stream(struct rates *rates);       /* a word of each cache line, the same mapping */
double rates_stream_fresh(struct rates *rates); /* a mapping that is made for it and unmapped */
double rates_scan(struct rates *rates);         /* the scan itself, over the same mapping */
double rates_kernel(struct rates *rates);       /* rates->kernel alone, over the same mapping */
double rates_blas(struct rates *rates);         /* to float32, then three OpenBLAS dots a pair */
double rates_dd(struct rates *rates);           /* read(2) of whole files, one thread, 1 MiB */

/* The files of the model leave the page cache, where the system does as it is asked. */
void rates_drop_cache(const struct rates *rates);

#endif
