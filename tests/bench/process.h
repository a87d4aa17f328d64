/* process.h: what a run of a program takes, measured from outside. */
#ifndef ROPESCOPE_BENCH_PROCESS_H
#define ROPESCOPE_BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct run_cost {
    double seconds;     /* from before the fork to after the wait */
    double peak_bytes;  /* resident, file-backed pages and all */
    double owned_bytes; /* peak without file-backed pages; 0 unless it was watched */
};

/* Runs argv to its end; its first `size` bytes of output go to `output` (NULL: nowhere). `watch`
 * samples its memory every half millisecond, which takes time itself. false: it failed. */
bool process_run(const char *const *argv, bool watch, char *output, size_t size,
                 struct run_cost *cost);

/* Memory of a running process that is no page of a file (RssAnon and RssShmem), in bytes. */
double process_owned_bytes(pid_t child);

#endif
