/* Threads: every call is made, whatever the system gives; and a mapped file that shrinks while
 * several threads read it is an answer in each of them, not a crash. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

enum { THREADS = 8 };

/* ---- a system that runs out of threads ----------------------------------- */

static size_t threads_allowed = SIZE_MAX;

typedef int create_thread(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* Stands before the system's own. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *arg)
{
    create_thread *real;
    void *symbol = dlsym(RTLD_NEXT, "pthread_create");
    memcpy(&real, &symbol, sizeof real);
    if (threads_allowed == 0)
        return EAGAIN;
    threads_allowed--;
    return real(thread, attributes, start, arg);
}

/* ---- calls --------------------------------------------------------------- */

struct calls {
    atomic_uint made[THREADS];
};

static void count_call(void *arg, size_t worker)
{
    struct calls *calls = arg;
    atomic_fetch_add(&calls->made[worker], 1);
}

static void every_call_is_made_once_with_any_number_of_threads(void **state)
{
    (void)state;
    for (size_t allowed = 1; allowed <= THREADS + 1; allowed++) {
        struct calls calls = {0};
        struct pool *pool = NULL;
        struct error err;
        threads_allowed = allowed;
        assert_int_equal(pool_start(&pool, THREADS, count_call, &calls, &err), STATUS_OK);
        pool_join(pool);
        threads_allowed = SIZE_MAX;
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(atomic_load(&calls.made[i]), 1);
    }
}

static void no_thread_at_all_is_an_error(void **state)
{
    (void)state;
    struct calls calls = {0};
    struct pool *pool = NULL;
    struct error err;
    threads_allowed = 0;
    assert_int_equal(pool_start(&pool, THREADS, count_call, &calls, &err), STATUS_FAILED);
    threads_allowed = SIZE_MAX;
    assert_says(err.what, "no thread could be started: Resource temporarily unavailable");
    assert_null(pool);
    assert_int_equal(pool_start(&pool, SIZE_MAX / 8, count_call, &calls, &err), STATUS_NO_MEMORY);
    pool_join(NULL);
}

/* Under taskset or in a container more threads than processors only get in each other's way. */
static void only_processors_that_may_be_used_are_counted(void **state)
{
    (void)state;
    cpu_set_t all, one;
    size_t first = 0;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    assert_int_equal(pool_cores(), CPU_COUNT(&all));
    while (!CPU_ISSET(first, &all))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    size_t cores = pool_cores();
    assert_int_equal(sched_setaffinity(0, sizeof all, &all), 0);
    assert_int_equal(cores, 1);
}

/* ---- guarded reads ------------------------------------------------------- */

enum { FILE_BYTES = 1 << 20 };

struct reading {
    struct mapping mapping;
    pthread_barrier_t together;
    atomic_uint failed, read;
};

static void sum_bytes(void *arg)
{
    const struct mapping *mapping = arg;
    volatile unsigned sum = 0;
    for (size_t i = 0; i < mapping->size; i += 512)
        sum += mapping->data[i];
    (void)sum;
}

static void read_together(void *arg, size_t worker)
{
    struct reading *reading = arg;
    (void)worker;
    pthread_barrier_wait(&reading->together);
    for (int i = 0; i < 100; i++) {
        bool whole = guard_run(sum_bytes, &reading->mapping);
        atomic_fetch_add(whole ? &reading->read : &reading->failed, 1);
    }
}

static void read_in_threads(struct reading *reading)
{
    struct pool *pool;
    atomic_store(&reading->failed, 0);
    atomic_store(&reading->read, 0);
    pthread_barrier_init(&reading->together, NULL, THREADS);
    assert_int_equal(pool_start(&pool, THREADS, read_together, reading, NULL), STATUS_OK);
    pool_join(pool);
    pthread_barrier_destroy(&reading->together);
}

static void a_file_that_shrank_fails_in_every_thread(void **state)
{
    (void)state;
    guard_install(); /* cmocka takes SIGBUS for itself before each test */
    struct reading reading = {0};
    char *bytes = calloc(FILE_BYTES, 1);
    assert_non_null(bytes);
    scratch_write("shrinking", bytes, FILE_BYTES);
    assert_int_equal(mapping_open(&reading.mapping, scratch_path("shrinking"), NULL), STATUS_OK);
    read_in_threads(&reading);
    assert_int_equal(atomic_load(&reading.read), THREADS * 100);
    assert_int_equal(truncate(scratch_path("shrinking"), 5000), 0);
    read_in_threads(&reading);
    assert_int_equal(atomic_load(&reading.failed), THREADS * 100);
    assert_int_equal(truncate(scratch_path("shrinking"), FILE_BYTES), 0);
    read_in_threads(&reading); /* afterwards all is as before */
    assert_int_equal(atomic_load(&reading.read), THREADS * 100);
    mapping_close(&reading.mapping);
    free(bytes);
}

/* Worker 0 cuts the file as soon as another has read it; the others read until it fails. */
static void read_until_it_fails(void *arg, size_t worker)
{
    struct reading *reading = arg;
    if (worker == 0) {
        while (atomic_load(&reading->read) == 0)
            sched_yield();
        assert_int_equal(truncate(scratch_path("shrinking"), 0), 0);
        return;
    }
    while (guard_run(sum_bytes, &reading->mapping))
        atomic_fetch_add(&reading->read, 1);
    atomic_fetch_add(&reading->failed, 1);
}

static void a_file_may_shrink_under_its_readers(void **state)
{
    (void)state;
    guard_install(); /* cmocka takes SIGBUS for itself before each test */
    for (int i = 0; i < 20; i++) {
        struct reading reading = {0};
        struct pool *pool;
        char *bytes = calloc(FILE_BYTES, 1);
        assert_non_null(bytes);
        scratch_write("shrinking", bytes, FILE_BYTES);
        free(bytes);
        assert_int_equal(mapping_open(&reading.mapping, scratch_path("shrinking"), NULL),
                         STATUS_OK);
        assert_int_equal(pool_start(&pool, THREADS, read_until_it_fails, &reading, NULL),
                         STATUS_OK);
        pool_join(pool);
        assert_int_equal(atomic_load(&reading.failed), THREADS - 1);
        mapping_close(&reading.mapping);
    }
}

static void a_checkpoint_cut_after_opening_is_an_error(void **state)
{
    (void)state;
    guard_install(); /* cmocka takes SIGBUS for itself before each test */
    static const char header[] =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[100000],\"data_offsets\":[0,100000]}}";
    struct opened opened;
    struct error err;
    scratch_tensors("m.safetensors", header, 100000);
    assert_int_equal(open_checkpoint(&opened, "m.safetensors", &err), STATUS_OK);
    const struct tensor *tensor = checkpoint_find(opened.checkpoint, "a");
    struct mapping data = {.data = checkpoint_data(opened.checkpoint, tensor),
                           .size = (size_t)tensor->bytes};
    assert_true(guard_run(sum_bytes, &data));
    assert_int_equal(truncate(scratch_path("m.safetensors"), 4096), 0);
    assert_false(guard_run(sum_bytes, &data));
    close_opened(&opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_processors_that_may_be_used_are_counted),
        cmocka_unit_test(every_call_is_made_once_with_any_number_of_threads),
        cmocka_unit_test(no_thread_at_all_is_an_error),
        cmocka_unit_test(a_file_that_shrank_fails_in_every_thread),
        cmocka_unit_test(a_file_may_shrink_under_its_readers),
        cmocka_unit_test(a_checkpoint_cut_after_opening_is_an_error),
    };
    return cmocka_run_group_tests_name("pool", tests, scratch_make, scratch_remove);
}
