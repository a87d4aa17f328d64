/* pool.c: a fixed set of threads that do the same work. What they share is theirs to guard. */
#include "ropescope/support.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    struct pool *pool;
    size_t number;
};

struct pool {
    pool_work *work;
    void *arg;
    size_t started;
    struct worker workers[];
};

size_t pool_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 1 ? (size_t)cores : 1;
}

static void *worker_main(void *arg)
{
    struct worker *worker = arg;
    worker->pool->work(worker->pool->arg, worker->number);
    return NULL;
}

/* Signals that end the program are the main thread's business; workers must not swallow them. */
static void block_signals(sigset_t *before)
{
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

enum status pool_start(struct pool **out, size_t threads, pool_work *work, void *arg,
                       struct error *err)
{
    struct pool *pool = memory_array(1, sizeof *pool + threads * sizeof(struct worker));
    if (!pool)
        return error_memory(err);
    pool->work = work;
    pool->arg = arg;
    sigset_t before;
    block_signals(&before);
    int failure = 0;
    while (pool->started < threads && failure == 0) {
        struct worker *worker = &pool->workers[pool->started];
        *worker = (struct worker){.pool = pool, .number = pool->started};
        failure = pthread_create(&worker->thread, NULL, worker_main, worker);
        pool->started += failure == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pool->started == 0) { /* with fewer threads than asked for the work still gets done */
        memory_free(pool);
        return error_set(err, STATUS_FAILED, "no thread could be started: %s", strerror(failure));
    }
    *out = pool;
    return STATUS_OK;
}

void pool_join(struct pool *pool)
{
    if (!pool)
        return;
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->workers[i].thread, NULL);
    memory_free(pool);
}
