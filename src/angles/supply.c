/* supply.c: which unit a worker takes, and who waits for the disk. */
#include "supply.h"

/* How long data are taken to come from the disk after some did: longer than systems read ahead. */
enum { COLD_UNITS = (32 << 20) / UNIT_BYTES };

void supply_init(struct supply *supply)
{
    pthread_mutex_init(&supply->disk_lock, NULL);
}

void supply_free(struct supply *supply)
{
    pthread_mutex_destroy(&supply->disk_lock);
    memory_free(supply->units);
    supply->units = NULL;
}

bool supply_is_over(const struct supply *supply)
{
    return atomic_load(&supply->next) >= supply->count;
}

void supply_note_cold(struct supply *supply, size_t unit)
{
    atomic_store(&supply->cold_end, unit + 1 + COLD_UNITS);
}

struct bring_job {
    supply_bring *bring;
    void *context;
    const struct unit *unit;
    bool cold;
};

static void bring_it(void *arg)
{
    struct bring_job *job = arg;
    job->cold = job->bring(job->context, job->unit);
}

size_t supply_take(struct supply *supply, supply_bring *bring, void *context)
{
    if (atomic_load(&supply->next) >= atomic_load(&supply->cold_end))
        return atomic_fetch_add(&supply->next, 1);
    pthread_mutex_lock(&supply->disk_lock);
    size_t i = atomic_fetch_add(&supply->next, 1);
    if (i < supply->count) {
        struct bring_job job = {bring, context, &supply->units[i], false};
        (void)guard_run(bring_it, &job);
        if (job.cold)
            supply_note_cold(supply, i);
    }
    pthread_mutex_unlock(&supply->disk_lock);
    return i;
}
