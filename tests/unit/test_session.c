/* test_session.c: scans that are cancelled, that fail, that find the disk full, that run beside
 * others. The system calls that matter are this program's own, so that a test decides when a write
 * returns and what it says. */
#define _GNU_SOURCE 1 /* RTLD_NEXT */
#include "file_bytes.h"
#include "session_run.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the system, as a test wants it -------------------------------------- */

static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool gated;     /* writes of records wait for `passes` */
    size_t passes;  /* records that may be written still */
    size_t waiting; /* writers that wait */
    bool full;      /* the disk holds `room` bytes more */
    size_t room;
    size_t wakeups;       /* of receivers of results */
    size_t await_wakeups; /* before the next read returns; 0: it does not wait */
    size_t weight_opens;
    size_t datasyncs, syncs;
    size_t threads; /* that may be started */
} os = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER, .threads = SIZE_MAX};

static void os_reset(void)
{
    os.gated = os.full = false;
    os.weight_opens = os.datasyncs = os.syncs = os.wakeups = os.await_wakeups = 0;
    os.threads = SIZE_MAX;
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    os.weight_opens += text_ends_with(path, ".safetensors");
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

/* Holds a record back while the gate is closed; says how much of it the disk takes. */
static size_t admit(size_t size)
{
    pthread_mutex_lock(&os.lock);
    os.waiting++;
    pthread_cond_broadcast(&os.moved);
    while (os.gated && os.passes == 0)
        pthread_cond_wait(&os.moved, &os.lock);
    os.waiting--;
    if (os.gated)
        os.passes--;
    if (os.full) {
        size = size < os.room ? size : os.room;
        os.room -= size;
    }
    pthread_mutex_unlock(&os.lock);
    return size;
}

/* One byte is the wake-up of a scan; more is a record on its way into the cache. */
ssize_t write(int fd, const void *data, size_t size)
{
    size_t admitted = size > 1 ? admit(size) : size;
    if (admitted == 0) {
        errno = ENOSPC;
        return -1;
    }
    ssize_t written = syscall(SYS_write, fd, data, admitted);
    if (size == 1) {
        pthread_mutex_lock(&os.lock);
        os.wakeups++;
        pthread_cond_broadcast(&os.moved);
        pthread_mutex_unlock(&os.lock);
    }
    return written;
}

/* Opens the gate and waits for all wake-ups first, where a test asks for that. */
ssize_t read(int fd, void *to, size_t size)
{
    pthread_mutex_lock(&os.lock);
    if (os.await_wakeups > 0) {
        os.gated = false;
        pthread_cond_broadcast(&os.moved);
    }
    while (os.wakeups < os.await_wakeups)
        pthread_cond_wait(&os.moved, &os.lock);
    os.await_wakeups = 0;
    pthread_mutex_unlock(&os.lock);
    return syscall(SYS_read, fd, to, size);
}

int fdatasync(int fd)
{
    (void)fd;
    os.datasyncs++;
    return 0;
}

int fsync(int fd)
{
    (void)fd;
    os.syncs++;
    return 0;
}

typedef int thread_starter(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                           void *arg);

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    static thread_starter *start;
    if (!start) {
        void *symbol = dlsym(RTLD_NEXT, "pthread_create");
        memcpy(&start, &symbol, sizeof start);
    }
    if (os.threads == 0)
        return EAGAIN;
    os.threads--;
    return start(thread, attr, run, arg);
}

/* Lets so many records through; the start of a new file of the cache is one of them. */
static void gate(size_t passes)
{
    pthread_mutex_lock(&os.lock);
    os.gated = true;
    os.passes = passes;
    pthread_cond_broadcast(&os.moved);
    pthread_mutex_unlock(&os.lock);
}

static void gate_open(void)
{
    pthread_mutex_lock(&os.lock);
    os.gated = false;
    pthread_cond_broadcast(&os.moved);
    pthread_mutex_unlock(&os.lock);
}

/* Until a writer stands before the closed gate. */
static void await_writer(void)
{
    pthread_mutex_lock(&os.lock);
    while (os.waiting == 0 || os.passes > 0)
        pthread_cond_wait(&os.moved, &os.lock);
    pthread_mutex_unlock(&os.lock);
}

/* ---- the model ----------------------------------------------------------- */

enum { LAYERS = 6 };
static const struct made_model small = {.layers = LAYERS,
                                        .heads = 4,
                                        .kv_heads = 2,
                                        .head_dim = 16,
                                        .hidden = 96,
                                        .dtype = MADE_BF16,
                                        .seed = 3};
static const struct session_options one_thread = {.threads = 1}, two_threads = {.threads = 2};
static struct model_home home;
static struct session_run fresh;

static int set_up(void **state)
{
    (void)state;
    os_reset();
    model_home_open(&home, &small);
    fresh = session_run(home.model, &(struct session_options){.no_cache = true, .threads = 1});
    assert_int_equal(fresh.status, STATUS_OK);
    os_reset();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gate_open();
    os_reset();
    session_run_free(&fresh);
    return scratch_remove(NULL);
}

static struct session *open_session(const struct session_options *options)
{
    struct session *session;
    struct error err;
    if (session_open(home.model, options, &session, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return session;
}

/* Until the session has `layers` landed, or its scan is over. */
static void await_layers(struct session *session, size_t layers)
{
    while (session_scanning(session) && session_angles(session)->ready < layers) {
        struct pollfd wake = {.fd = session_wake_fd(session), .events = POLLIN};
        poll(&wake, 1, 1000);
        session_poll(session);
    }
}

static void await_end(struct session *session)
{
    await_layers(session, SIZE_MAX);
}

/* ---- where numbers come from --------------------------------------------- */

static void test_cache_opens_no_weights(void **state)
{
    (void)state;
    check_run(session_run(home.model, &one_thread), "scan", 0, &fresh);
    assert_int_equal(os.weight_opens, 1); /* so the count counts */
    assert_int_equal(os.syncs, 1);        /* before the file gets its name */
    assert_true(os.datasyncs >= 1 && os.datasyncs <= 2);
    os_reset();
    check_run(session_run(home.model, &one_thread), "cache", 0, &fresh);
    assert_int_equal(os.weight_opens, 0);
    assert_int_equal(os.syncs + os.datasyncs, 0);
}

static void test_a_file_needs_no_weights(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    assert_true(path_join(path, scratch, "kept.angles"));
    file_put(path, fresh.bytes, fresh.size);
    assert_int_equal(remove(home.weights), 0);
    struct session *session;
    assert_int_equal(session_open(path, &one_thread, &session, NULL), STATUS_OK);
    assert_null(session_source(session));
    assert_int_equal(session_wake_fd(session), -1);
    assert_false(session_scanning(session));
    assert_int_equal(session_poll(session), 0);
    check_run(session_run_end(session, session_wait(session, NULL, NULL, NULL), NULL), "file", 0,
              &fresh);
    assert_int_equal(os.weight_opens, 0);
}

static void test_threads_give_the_same_bits(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 2, 3, 7, 64};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        struct session_options options = {.no_cache = true, .threads = threads[i]};
        check_run(session_run(home.model, &options), "scan", 0, &fresh);
    }
}

/* The system may start fewer threads than were asked for: the work still gets done. */
static void test_fewer_threads_than_asked(void **state)
{
    (void)state;
    const struct session_options options = {.no_cache = true, .threads = 4};
    for (size_t allowed = 1; allowed < 4; allowed++) {
        os.threads = allowed;
        check_run(session_run(home.model, &options), "scan", 0, &fresh);
    }
    os.threads = 0;
    struct session_run run = session_run(home.model, &options);
    assert_int_equal(run.status, STATUS_FAILED);
    assert_non_null(strstr(run.err.what, "no thread"));
}

/* Overrides that would be ignored are refused. */
static void test_a_file_takes_no_overrides(void **state)
{
    (void)state;
    static const struct model_options overrides[] = {
        {.has_pairing = true}, {.head_dim = 8},     {.heads = 4},
        {.kv_heads = 2},       {.rope_theta = 5e5}, {.context = 4096},
    };
    char path[PATH_BYTES];
    struct session *session;
    assert_true(path_join(path, scratch, "kept.angles"));
    file_put(path, fresh.bytes, fresh.size);
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++) {
        struct error err = {0};
        const struct session_options options = {.model = overrides[i]};
        assert_int_equal(session_open(path, &options, &session, &err), STATUS_USAGE);
        assert_string_equal(err.what, "kept.angles: flags like --rope-theta cannot change a file "
                                      "of angles: its rows were chosen when it was scanned");
    }
    assert_int_equal(session_open(path, &one_thread, &session, NULL), STATUS_OK);
    session_close(session);
}

/* ---- cancelled and resumed ----------------------------------------------- */

/* Stops a scan when `layers` have gone to the disk and one more stands before it. */
static void stop_scan_after(size_t layers)
{
    struct error err = {0};
    struct session *session = open_session(&one_thread);
    gate(1 + layers);
    assert_int_equal(session_start(session, &err), STATUS_OK);
    await_writer();
    await_layers(session, layers);
    assert_int_equal(session_poll(session), 0); /* returns, though the disk does not */
    assert_true(session_scanning(session));
    session_cancel(session);
    gate_open();
    await_end(session);
    assert_int_equal(session_result(session, &err), STATUS_CANCELLED);
    assert_int_equal(session_angles(session)->ready, layers + 1);
    session_close(session);
}

static void test_cancelled_scans_resume(void **state)
{
    (void)state;
    for (size_t layers = 0; layers + 1 < LAYERS; layers++) {
        stop_scan_after(layers);
        assert_int_equal(cache_files(&home, ".partial", NULL), 1);
        assert_int_equal(cache_files(&home, ".angles", NULL), 0);
        struct session *session = open_session(&two_threads);
        assert_int_equal(session_angles(session)->ready, 0); /* it only looks, so far */
        assert_string_equal(session_origin(session), "scan");
        assert_int_equal(session_start(session, NULL), STATUS_OK);
        assert_int_equal(session_angles(session)->ready, layers + 1);
        assert_string_equal(session_origin(session), "resumed scan");
        assert_int_equal(session_bytes_total(session),
                         made_model_bytes(&small) / LAYERS * (LAYERS - layers - 1));
        enum status status = session_wait(session, NULL, NULL, NULL);
        check_run(session_run_end(session, status, NULL), "resumed scan", 0, &fresh);
        assert_int_equal(cache_files(&home, ".partial", NULL), 0);
        check_run(session_run(home.model, &one_thread), "cache", 0, &fresh);
        cache_clear(&home);
    }
}

static void test_a_scan_stopped_again_and_again(void **state)
{
    (void)state;
    stop_scan_after(0);
    for (size_t layers = 1; layers + 1 < LAYERS; layers++) {
        struct session *session = open_session(&one_thread);
        gate(0);
        assert_int_equal(session_start(session, NULL), STATUS_OK);
        assert_int_equal(session_angles(session)->ready, layers);
        await_writer();
        session_cancel(session);
        gate_open();
        session_close(session); /* waits for the workers itself */
    }
    check_run(session_run(home.model, &one_thread), "resumed scan", 0, &fresh);
    check_run(session_run(home.model, &one_thread), "cache", 0, &fresh);
}

/* Called while the second layer stands before the disk: lets it through and says no more. */
static bool refuse(void *context, const struct session *session)
{
    (void)session;
    ++*(size_t *)context;
    gate_open();
    return false;
}

static void test_report_can_cancel(void **state)
{
    (void)state;
    size_t calls = 0;
    struct error err = {0};
    struct session *session = open_session(&one_thread);
    gate(1 + 1);
    assert_int_equal(session_start(session, &err), STATUS_OK);
    await_writer();
    assert_int_equal(session_wait(session, refuse, &calls, &err), STATUS_CANCELLED);
    assert_true(calls >= 1);
    session_close(session);
}

static void test_closing_without_a_scan_leaves_what_is_there(void **state)
{
    (void)state;
    stop_scan_after(2);
    session_close(open_session(&one_thread));
    assert_int_equal(cache_files(&home, ".partial", NULL), 1);
    check_run(session_run(home.model, &one_thread), "resumed scan", 0, &fresh);
}

/* The worker ends while its results are taken: whoever waits on the descriptor must learn of it. */
static void test_the_last_wake_up_is_not_lost(void **state)
{
    (void)state;
    struct session *session = open_session(&one_thread);
    gate(1 + 1);
    assert_int_equal(session_start(session, NULL), STATUS_OK);
    await_writer();
    os.await_wakeups = LAYERS + 1; /* one a layer, and one of the worker that ends */
    session_poll(session);
    struct pollfd wake = {.fd = session_wake_fd(session), .events = POLLIN};
    assert_true(!session_scanning(session) || poll(&wake, 1, 0) == 1);
    await_end(session);
    check_run(session_run_end(session, session_result(session, NULL), NULL), "scan", 0, &fresh);
}

/* ---- two at once --------------------------------------------------------- */

static void test_two_sessions_of_one_model(void **state)
{
    (void)state;
    struct session *first = open_session(&one_thread);
    gate(1 + 1);
    assert_int_equal(session_start(first, NULL), STATUS_OK);
    await_writer();
    struct session_run second = session_run(home.model, &one_thread);
    assert_true(second.notices.count == 1 &&
                strstr(second.notices.line[0], "another ropescope is writing it"));
    check_run(second, "scan", 1, &fresh);
    gate_open();
    await_end(first);
    check_run(session_run_end(first, session_result(first, NULL), NULL), "scan", 0, &fresh);
    check_run(session_run(home.model, &one_thread), "cache", 0, &fresh);
}

/* ---- disks that are full ------------------------------------------------- */

static void test_disk_full_while_the_cache_is_written(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    size_t size, done = 0;
    check_run(session_run(home.model, &one_thread), "scan", 0, &fresh);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    memory_free(file_get(path, &size));
    for (size_t room = 0; room < size; room += 1 + size / 97, done++) {
        cache_clear(&home);
        os.full = true;
        os.room = room;
        struct session_run run = session_run(home.model, &two_threads);
        os.full = false;
        assert_true(run.notices.count == 1 && strstr(run.notices.line[0], strerror(ENOSPC)));
        check_run(run, "scan", 1, &fresh);
        assert_int_equal(cache_files(&home, ".partial", NULL), 0);
        assert_int_equal(cache_files(&home, ".angles", NULL), 0);
    }
    assert_true(done > 90);
    check_run(session_run(home.model, &one_thread), "scan", 0, &fresh);
}

/* ---- weights that change under the scan ---------------------------------- */

static void test_weights_that_shrink(void **state)
{
    (void)state;
    guard_install(); /* here, because cmocka catches SIGBUS itself around each test */
    struct made_model larger = small;
    struct error err = {0};
    larger.hidden = 2048; /* pages enough that some are missing */
    assert_true(made_model_write(&larger, home.model));
    struct session *session = open_session(&one_thread);
    /* Half of the data, and as much less as the header takes: the last rows of layer 2 are gone. */
    assert_int_equal(truncate(home.weights, (off_t)(made_model_bytes(&larger) / 2)), 0);
    assert_int_equal(session_wait(session, NULL, NULL, &err), STATUS_FAILED);
    assert_non_null(strstr(err.what, home.weights + strlen(home.model) + 1));
    assert_non_null(strstr(err.what, "model.layers.2.self_attn.k_proj.weight"));
    const struct angles *angles = session_angles(session);
    assert_true(angles->layers[0].ready && angles->layers[1].ready);
    assert_false(angles->layers[2].ready || angles->layers[LAYERS - 1].ready);
    assert_int_equal(session_result(session, NULL), STATUS_FAILED);
    session_close(session);
    assert_int_equal(cache_files(&home, ".angles", NULL), 0);
    assert_int_equal(session_run(home.model, &one_thread).status, STATUS_FAILED); /* it is short */
}

/* A few bytes fewer: the rest of the last page reads as zeros, and no page is missing. */
static void test_weights_that_shrink_a_little(void **state)
{
    (void)state;
    struct error err = {0};
    size_t size;
    memory_free(file_get(home.weights, &size));
    struct session *session = open_session(&one_thread);
    assert_int_equal(truncate(home.weights, (off_t)(size - 64)), 0);
    assert_int_equal(session_wait(session, NULL, NULL, &err), STATUS_FAILED);
    assert_non_null(strstr(err.what, home.weights));
    session_close(session);
    assert_int_equal(cache_files(&home, ".angles", NULL), 0);
}

static void test_weights_that_are_written_to(void **state)
{
    (void)state;
    struct error err = {0};
    struct session *session = open_session(&one_thread);
    gate(1 + 2);
    assert_int_equal(session_start(session, &err), STATUS_OK);
    await_writer();
    struct timespec times[2] = {{1234567890, 0}, {1234567890, 0}};
    assert_int_equal(utimensat(AT_FDCWD, home.weights, times, 0), 0);
    gate_open();
    assert_int_equal(session_wait(session, NULL, NULL, &err), STATUS_FAILED);
    assert_non_null(strstr(err.what, "changed while it was read"));
    session_close(session);
    assert_int_equal(cache_files(&home, ".angles", NULL), 0);
    check_run(session_run(home.model, &one_thread), "scan", 1, &fresh); /* of the partial file */
}

/* ---- landing ------------------------------------------------------------- */

static struct layer_result result_of(const struct angles *angles, uint64_t generation, size_t layer)
{
    size_t known = layer < LAYERS ? layer : 0;
    size_t count = layer_value_count(&angles->model->layers[known]);
    struct layer_result result = {generation, layer, memory_array(count, sizeof(float))};
    assert_non_null(result.values);
    return result;
}

/* What is refused is freed as well: the sanitized run would tell. */
static void test_only_what_belongs_lands(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    struct angles *read, *angles;
    assert_true(path_join(path, scratch, "kept.angles"));
    file_put(path, fresh.bytes, fresh.size);
    assert_int_equal(angles_read(path, &read, NULL), STATUS_OK);
    struct model *model = read->model;
    read->model = model_new(); /* the layers stay with the model */
    assert_non_null(read->model);
    assert_int_equal(angles_new(model, 7, &angles, NULL), STATUS_OK);

    struct layer_result stale = result_of(angles, 6, 0), good = result_of(angles, 7, 0);
    assert_false(angles_land(angles, &stale));
    assert_true(angles->ready == 0 && stale.values == NULL);
    assert_true(angles_land(angles, &good));
    assert_true(angles->ready == 1 && angles->layers[0].ready && good.values == NULL);
    const float *landed = angles->layers[0].set[PROJECTION_QUERY].cos;

    struct layer_result twice = result_of(angles, 7, 0);
    assert_false(angles_land(angles, &twice));
    assert_true(angles->layers[0].set[PROJECTION_QUERY].cos == landed && twice.values == NULL);
    static const size_t outside[] = {LAYERS, LAYERS + 1, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct layer_result result = result_of(angles, 7, outside[i]);
        assert_false(angles_land(angles, &result));
    }
    assert_false(angles_adopt(angles, 0, landed) || angles_adopt(angles, LAYERS, landed));
    assert_false(angles_complete(angles));
    angles_free(angles);
    angles_free(read);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    alarm(60); /* a scan that never ends is a failure, not a wait */
    const struct CMUnitTest tests[] = {
        TEST(test_cache_opens_no_weights),
        TEST(test_a_file_needs_no_weights),
        TEST(test_a_file_takes_no_overrides),
        TEST(test_threads_give_the_same_bits),
        TEST(test_fewer_threads_than_asked),
        TEST(test_cancelled_scans_resume),
        TEST(test_a_scan_stopped_again_and_again),
        TEST(test_report_can_cancel),
        TEST(test_closing_without_a_scan_leaves_what_is_there),
        TEST(test_the_last_wake_up_is_not_lost),
        TEST(test_two_sessions_of_one_model),
        TEST(test_disk_full_while_the_cache_is_written),
        TEST(test_weights_that_shrink),
        TEST(test_weights_that_shrink_a_little),
        TEST(test_weights_that_are_written_to),
        TEST(test_only_what_belongs_lands),
    };
    return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
