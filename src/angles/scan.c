/* scan.c: workers take one head after the other in the order of the layers; whoever finishes the
 * last head of a layer hands the layer over. Workers share nothing but counters and the list of
 * results. */
#include "scan.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/* One head of one projection: what a worker takes at a time. */
struct unit {
    size_t layer;
    int projection;
    uint32_t head;
};

/* A layer under way. */
struct layer_work {
    float *values; /* layer_value_count; owned until handed over */
    _Atomic size_t heads_left;
};

struct scan {
    const struct checkpoint *checkpoint;
    const struct model *model;
    struct cache *cache;
    uint64_t generation;
    struct pool *pool;
    struct unit *units; /* (unit_count) */
    size_t unit_count;
    struct layer_work *work; /* (model->layer_count) */
    _Atomic size_t next_unit;
    _Atomic size_t workers_busy;
    _Atomic bool cancelled;
    struct progress progress;
    int wake[2];
    pthread_mutex_t cache_lock;   /* held while a layer goes to the disk, which may take long */
    pthread_mutex_t lock;         /* guards what follows; never held for long */
    struct layer_result *results; /* (model->layer_count) a queue */
    size_t result_count, result_taken;
    struct error error; /* the first one; status STATUS_OK: none */
};

/* ---- one head ------------------------------------------------------------ */

struct head_job {
    const struct layer *layer;
    const struct unit *unit;
    const unsigned char *data;    /* of the projection's tensor; reading it may fault */
    float *cos, *norm_a, *norm_b; /* (pairs) of this head */
};

static void compute_head(void *arg)
{
    const struct head_job *job = arg;
    const struct projection *p = &job->layer->projection[job->unit->projection];
    size_t row_bytes = (size_t)p->row_length * (dtype_bits(p->dtype) / 8);
    for (uint32_t pair = 0; pair < job->layer->pairs; pair++) {
        uint64_t a, b;
        layer_pair_rows(job->layer, job->unit->projection, job->unit->head, pair, &a, &b);
        struct pair_angle angle = kernel_angle(kernel_best(), p->dtype, job->data + a * row_bytes,
                                               job->data + b * row_bytes, (size_t)p->row_length);
        job->cos[pair] = angle.cos;
        job->norm_a[pair] = angle.norm_a;
        job->norm_b[pair] = angle.norm_b;
    }
}

static struct head_job prepare_head(const struct scan *scan, const struct unit *unit)
{
    const struct layer *layer = &scan->model->layers[unit->layer];
    const struct projection *p = &layer->projection[unit->projection];
    const struct tensor *tensor = checkpoint_tensor(scan->checkpoint, p->index);
    size_t count = (size_t)p->heads * layer->pairs;
    float *values = scan->work[unit->layer].values;
    if (unit->projection == PROJECTION_KEY)
        values += 3 * (size_t)layer->projection[PROJECTION_QUERY].heads * layer->pairs;
    values += (size_t)unit->head * layer->pairs;
    return (struct head_job){layer,  unit,           checkpoint_data(scan->checkpoint, tensor),
                             values, values + count, values + 2 * count};
}

/* ---- workers ------------------------------------------------------------- */

static void wake_receiver(struct scan *scan)
{
    ssize_t written = write(scan->wake[1], "", 1);
    (void)written; /* a full pipe wakes as well */
}

static void fail(struct scan *scan, const struct unit *unit)
{
    const struct projection *p = &scan->model->layers[unit->layer].projection[unit->projection];
    pthread_mutex_lock(&scan->lock);
    if (scan->error.status == STATUS_OK) {
        error_set(&scan->error, STATUS_FAILED,
                  "%s: tensor %s could not be read: the file shrank or its disk failed", p->file,
                  p->tensor);
        error_help(&scan->error, "layers that were read are kept; open the model again to go on");
    }
    pthread_mutex_unlock(&scan->lock);
    atomic_store(&scan->cancelled, true);
}

static void hand_over(struct scan *scan, size_t index)
{
    struct layer_work *work = &scan->work[index];
    if (scan->cache) {
        pthread_mutex_lock(&scan->cache_lock);
        cache_append(scan->cache, &scan->model->layers[index], index, work->values);
        pthread_mutex_unlock(&scan->cache_lock);
    }
    pthread_mutex_lock(&scan->lock);
    scan->results[scan->result_count++] =
        (struct layer_result){scan->generation, index, work->values};
    work->values = NULL;
    pthread_mutex_unlock(&scan->lock);
    wake_receiver(scan);
}

static uint64_t head_bytes(const struct scan *scan, const struct unit *unit)
{
    const struct layer *layer = &scan->model->layers[unit->layer];
    const struct projection *p = &layer->projection[unit->projection];
    return 2 * (uint64_t)layer->pairs * p->row_length * (dtype_bits(p->dtype) / 8);
}

static void work_through(void *arg, size_t worker)
{
    struct scan *scan = arg;
    (void)worker;
    atomic_fetch_add(&scan->workers_busy, 1);
    while (!atomic_load(&scan->cancelled)) {
        size_t i = atomic_fetch_add(&scan->next_unit, 1);
        if (i >= scan->unit_count)
            break;
        const struct unit *unit = &scan->units[i];
        struct head_job job = prepare_head(scan, unit);
        if (!guard_run(compute_head, &job)) {
            fail(scan, unit);
            break;
        }
        atomic_fetch_add(&scan->progress.done, head_bytes(scan, unit));
        if (atomic_fetch_sub(&scan->work[unit->layer].heads_left, 1) == 1)
            hand_over(scan, unit->layer);
    }
    atomic_fetch_sub(&scan->workers_busy, 1);
    wake_receiver(scan);
}

/* ---- starting ------------------------------------------------------------ */

static size_t count_units(const struct angles *angles)
{
    size_t count = 0;
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        if (!angles->layers[i].ready)
            count += (size_t)layer->projection[PROJECTION_QUERY].heads +
                     layer->projection[PROJECTION_KEY].heads;
    }
    return count;
}

static bool plan_layer(struct scan *scan, size_t index)
{
    const struct layer *layer = &scan->model->layers[index];
    struct layer_work *work = &scan->work[index];
    size_t first = scan->unit_count;
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        for (uint32_t head = 0; head < layer->projection[which].heads; head++)
            scan->units[scan->unit_count++] = (struct unit){index, which, head};
    }
    atomic_store(&work->heads_left, scan->unit_count - first);
    work->values = memory_array(layer_value_count(layer), sizeof *work->values);
    return work->values != NULL;
}

static bool plan(struct scan *scan, const struct angles *angles)
{
    size_t layers = scan->model->layer_count;
    scan->units = memory_array(count_units(angles), sizeof *scan->units);
    scan->work = memory_array(layers, sizeof *scan->work);
    scan->results = memory_array(layers, sizeof *scan->results);
    if (!scan->units || !scan->work || !scan->results)
        return false;
    for (size_t i = 0; i < layers; i++) {
        if (!angles->layers[i].ready && !plan_layer(scan, i))
            return false;
    }
    uint64_t bytes = 0;
    for (size_t i = 0; i < scan->unit_count; i++)
        bytes += head_bytes(scan, &scan->units[i]);
    progress_start(&scan->progress, bytes);
    return true;
}

static bool open_wake_pipe(int wake[2])
{
    if (pipe(wake) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(wake[i], F_SETFD, FD_CLOEXEC);
        fcntl(wake[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

enum status scan_start(const struct checkpoint *checkpoint, const struct angles *angles,
                       struct cache *cache, size_t threads, struct scan **out, struct error *err)
{
    struct scan *scan = memory_array(1, sizeof *scan);
    if (!scan)
        return error_memory(err);
    scan->checkpoint = checkpoint;
    scan->model = angles->model;
    scan->cache = cache;
    scan->generation = angles->generation;
    scan->wake[0] = scan->wake[1] = -1;
    pthread_mutex_init(&scan->cache_lock, NULL);
    pthread_mutex_init(&scan->lock, NULL);
    enum status status = STATUS_OK;
    if (!plan(scan, angles) || !open_wake_pipe(scan->wake))
        status = error_memory(err);
    if (threads > scan->unit_count)
        threads = scan->unit_count ? scan->unit_count : 1;
    if (status == STATUS_OK)
        status = pool_start(&scan->pool, threads, work_through, scan, err);
    if (status != STATUS_OK) {
        scan_free(scan);
        return status;
    }
    *out = scan;
    return STATUS_OK;
}

/* ---- receiving ----------------------------------------------------------- */

bool scan_receive(struct scan *scan, struct layer_result *result)
{
    char bytes[64];
    while (read(scan->wake[0], bytes, sizeof bytes) > 0) {
    }
    pthread_mutex_lock(&scan->lock);
    bool found = scan->result_taken < scan->result_count;
    if (found)
        *result = scan->results[scan->result_taken++];
    pthread_mutex_unlock(&scan->lock);
    return found;
}

int scan_wake_fd(const struct scan *scan)
{
    return scan->wake[0];
}

bool scan_running(const struct scan *scan)
{
    /* Whoever took a head was busy before it took it, so the order of these reads matters. A count
     * of workers would not do: the system may have started fewer than were asked for. */
    bool over = atomic_load(&scan->cancelled) || atomic_load(&scan->next_unit) >= scan->unit_count;
    return !over || atomic_load(&scan->workers_busy) > 0;
}

const struct progress *scan_progress(const struct scan *scan)
{
    return &scan->progress;
}

void scan_cancel(struct scan *scan)
{
    atomic_store(&scan->cancelled, true);
}

enum status scan_join(struct scan *scan, struct error *err)
{
    pool_join(scan->pool);
    scan->pool = NULL;
    if (scan->error.status != STATUS_OK) {
        if (err)
            *err = scan->error;
        return scan->error.status;
    }
    return atomic_load(&scan->cancelled) ? error_set(err, STATUS_CANCELLED, "cancelled")
                                         : STATUS_OK;
}

void scan_free(struct scan *scan)
{
    if (!scan)
        return;
    pool_join(scan->pool);
    for (size_t i = 0; scan->work && i < scan->model->layer_count; i++)
        memory_free(scan->work[i].values);
    for (size_t i = scan->result_taken; i < scan->result_count; i++)
        memory_free(scan->results[i].values);
    for (int i = 0; i < 2; i++) {
        if (scan->wake[i] >= 0)
            close(scan->wake[i]);
    }
    pthread_mutex_destroy(&scan->cache_lock);
    pthread_mutex_destroy(&scan->lock);
    memory_free(scan->units);
    memory_free(scan->work);
    memory_free(scan->results);
    memory_free(scan);
}
