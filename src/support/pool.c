/* pool.c: a fixed set of threads that do the same work. What they share is theirs to guard. Where
 * the system starts fewer threads than were asked for, those there are make the calls of the
 * others. */
#define _GNU_SOURCE 1 /* sched_getaffinity */
#include "ropescope/support.h"

#include <pthread.h>
#include <sched.h>
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
    pthread_mutex_t lock; /* held until it is known which calls have no thread of their own */
    size_t next, calls;   /* under lock: calls that no thread has made yet */
    size_t started;
    struct worker workers[];
};

size_t pool_cores(void)
{
    cpu_set_t mine; /* fails where the machine has more than fit into it */
    long cores = sched_getaffinity(0, sizeof mine, &mine) == 0 ? CPU_COUNT(&mine)
                                                               : sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 1 ? (size_t)cores : 1;
}

/* A call that no thread was started for; false: there is none left. */
static bool take_orphan(struct pool *pool, size_t *number)
{
    pthread_mutex_lock(&pool->lock);
    bool found = pool->next < pool->calls;
    *number = pool->next;
    pool->next += found;
    pthread_mutex_unlock(&pool->lock);
    return found;
}

static void *worker_main(void *arg)
{
    struct worker *worker = arg;
    struct pool *pool = worker->pool;
    size_t number = worker->number;
    do
        pool->work(pool->arg, number);
    while (take_orphan(pool, &number));
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

/* Starts as many as the system gives, up to pool->calls; the errno of the first that failed. */
static int start_workers(struct pool *pool)
{
    int failure = 0;
    sigset_t before;
    block_signals(&before);
    pthread_mutex_lock(&pool->lock);
    while (pool->started < pool->calls && failure == 0) {
        struct worker *worker = &pool->workers[pool->started];
        *worker = (struct worker){.pool = pool, .number = pool->started};
        failure = pthread_create(&worker->thread, NULL, worker_main, worker);
        pool->started += failure == 0;
    }
    pool->next = pool->started;
    pthread_mutex_unlock(&pool->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static void pool_free(struct pool *pool)
{
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool);
}

enum status pool_start(struct pool **out, size_t threads, pool_work *work, void *arg,
                       struct error *err)
{
    uint64_t bytes;
    if (!size_multiply(threads, sizeof(struct worker), &bytes) ||
        !size_add(bytes, sizeof(struct pool), &bytes) || bytes > SIZE_MAX)
        return error_memory(err);
    struct pool *pool = memory_array(bytes, 1);
    if (!pool)
        return error_memory(err);
    pool->work = work;
    pool->arg = arg;
    pool->calls = threads;
    pthread_mutex_init(&pool->lock, NULL);
    int failure = start_workers(pool);
    if (pool->started == 0 && threads > 0) {
        pool_free(pool);
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
    pool_free(pool);
}
