/* progress.c: how far a scan is, how fast, and how long it will take. */
#include "ropescope/support.h"

#include <time.h>

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void progress_start(struct progress *progress, uint64_t total)
{
    atomic_store(&progress->done, 0);
    progress->total = total;
    progress->started = clock_seconds();
}

struct progress_reading progress_read(const struct progress *progress)
{
    struct progress_reading reading = {.fraction = 1, .seconds_left = -1};
    double done = (double)atomic_load(&progress->done), total = (double)progress->total;
    double elapsed = clock_seconds() - progress->started;
    if (total > 0)
        reading.fraction = done < total ? done / total : 1;
    if (elapsed > 0)
        reading.rate = done / elapsed;
    /* The first moments tell nothing: a rate from one page would promise hours. */
    if (reading.rate > 0 && elapsed > 0.2)
        reading.seconds_left = (total - done) / reading.rate;
    return reading;
}
