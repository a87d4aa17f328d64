/* scan.c: workers take one unit after the other in the order of the files; whoever finishes the
 * last unit of a layer hands the layer over. Workers share nothing but counters and the list of
 * results.
 */
#include "scan.h"
#include "supply.h"
#include "window.h"

#include <pthread.h>
#include <string.h>

/* A layer under way. */
struct layer_work {
    float *values; /* layer_value_count; owned until handed over */
    _Atomic size_t units_left;
};

struct scan {
    const struct checkpoint *checkpoint;
    const struct model *model;
    struct cache *cache;
    uint64_t generation;
    struct pool *pool;
    struct supply supply;
    struct layer_work *work; /* (model->layer_count) */
    size_t longest_row;      /* bytes in sight of a window */
    uint64_t window_bytes;   /* that the largest of a worker's windows takes */
    _Atomic size_t workers_busy;
    _Atomic bool cancelled;
    struct progress progress;
    struct wake wake;
    pthread_mutex_t cache_lock;   /* held while a layer goes to the disk, which may take long */
    pthread_mutex_t lock;         /* guards what follows; never held for long */
    struct layer_result *results; /* (model->layer_count) a queue */
    size_t result_count, result_taken;
    struct error error; /* the first one; status STATUS_OK: none */
};

/* ---- one unit ------------------------------------------------------------ */

struct unit_job {
    const struct scan *scan;
    const struct unit *unit;
    const struct layer *layer;
    const struct projection *projection;
    struct window *window;
    float *cos, *norm_a, *norm_b; /* (head, pair) of the projection */
    bool unreadable;
};

/* Pairs of one head that fit the window, from the pair `at` (counted through all heads) on, `most`
 * at most; returns how many these were. */
static uint64_t compute_window(struct unit_job *job, uint64_t at, uint64_t most)
{
    const struct layer *layer = job->layer;
    const struct unit *unit = job->unit;
    uint32_t head = (uint32_t)(at / layer->pairs), pair = (uint32_t)(at % layer->pairs);
    size_t count = window_rows(job->window) / 2;
    if (count > layer->pairs - pair)
        count = layer->pairs - pair;
    if (count > most)
        count = (size_t)most;
    uint64_t a, b;
    layer_pair_rows(layer, (int)unit->projection, head, pair, &a, &b);
    const struct row_run halves[WINDOW_RUNS] = {{a, count}, {b, count}};
    const struct row_run whole[WINDOW_RUNS] = {{a, 2 * count}};
    bool interleaved = layer->pairing == PAIRING_INTERLEAVED;
    job->unreadable = !window_show(job->window, interleaved ? whole : halves);
    for (size_t i = 0; i < count && !job->unreadable; i++) {
        layer_pair_rows(layer, (int)unit->projection, head, pair + (uint32_t)i, &a, &b);
        struct pair_angle angle = {0};
        job->unreadable = !window_angle(job->window, a, b, &angle);
        job->cos[at + i] = angle.cos;
        job->norm_a[at + i] = angle.norm_a;
        job->norm_b[at + i] = angle.norm_b;
    }
    return count;
}

static void compute_unit(void *arg)
{
    struct unit_job *job = arg;
    uint64_t end = job->unit->first + job->unit->count;
    for (uint64_t at = job->unit->first; at < end && !job->unreadable;)
        at += compute_window(job, at, end - at);
}

static struct unit_job prepare_unit(const struct scan *scan, const struct unit *unit,
                                    struct window *window)
{
    const struct layer *layer = &scan->model->layers[unit->layer];
    const struct projection *p = &layer->projection[unit->projection];
    size_t count = projection_pairs(layer, (int)unit->projection);
    float *values = scan->work[unit->layer].values;
    if (unit->projection == PROJECTION_KEY)
        values += 3 * projection_pairs(layer, PROJECTION_QUERY);
    return (struct unit_job){.scan = scan,
                             .unit = unit,
                             .layer = layer,
                             .projection = p,
                             .window = window,
                             .cos = values,
                             .norm_a = values + count,
                             .norm_b = values + 2 * count};
}

/* false: the file shrank or its disk failed. */
static bool run_unit(const struct scan *scan, const struct unit *unit, struct window *window)
{
    struct unit_job job = prepare_unit(scan, unit, window);
    window_begin(window, checkpoint_tensor(scan->checkpoint, job.projection->index));
    if (!guard_run(compute_unit, &job) || job.unreadable)
        return false;
    window_end(window, unit_bytes(scan->checkpoint, scan->model, unit));
    return true;
}

/* ---- workers ------------------------------------------------------------- */

/* The file that could not be read: the base's, unless the adapter's is the one that changed. */
static const char *failed_file(const struct scan *scan, const struct unit *unit)
{
    const struct source *adapter = checkpoint_adapter(scan->checkpoint);
    const struct source_file *base = &checkpoint_source(scan->checkpoint)->files[unit->file];
    if (adapter && source_file_is_same(base) && !source_file_is_same(&adapter->files[0]))
        return adapter->files[0].path;
    return base->path;
}

static void fail(struct scan *scan, const struct unit *unit, const struct window *window)
{
    const struct projection *p = &scan->model->layers[unit->layer].projection[unit->projection];
    pthread_mutex_lock(&scan->lock);
    if (scan->error.status == STATUS_OK && window->lacks) {
        error_memory(&scan->error);
    } else if (scan->error.status == STATUS_OK) {
        error_set(&scan->error, STATUS_FAILED,
                  "%s: tensor %s could not be read: the file shrank or its disk failed",
                  failed_file(scan, unit), p->tensor);
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
    wake_send(&scan->wake);
}

struct bring_job {
    const struct scan *scan;
    struct window *window;
};

static bool bring(void *context, const struct unit *unit)
{
    const struct bring_job *job = context;
    const struct scan *scan = job->scan;
    const struct projection *p = &scan->model->layers[unit->layer].projection[unit->projection];
    if (atomic_load(&scan->cancelled))
        return false;
    return window_bring(job->window, checkpoint_tensor(scan->checkpoint, p->index),
                        unit_stretch(scan->checkpoint, scan->model, unit));
}

static void work_with(struct scan *scan, struct window *window)
{
    struct bring_job job = {scan, window};
    while (!atomic_load(&scan->cancelled)) {
        size_t i = supply_take(&scan->supply, bring, &job);
        if (i >= scan->supply.count)
            break;
        const struct unit *unit = &scan->supply.units[i];
        if (!run_unit(scan, unit, window)) {
            fail(scan, unit, window);
            break;
        }
        if (window->cold)
            supply_note_cold(&scan->supply, i);
        atomic_fetch_add(&scan->progress.done, unit_bytes(scan->checkpoint, scan->model, unit));
        if (atomic_fetch_sub(&scan->work[unit->layer].units_left, 1) == 1)
            hand_over(scan, unit->layer);
    }
}

static void work_through(void *arg, size_t worker)
{
    struct scan *scan = arg;
    struct window window;
    (void)worker;
    atomic_fetch_add(&scan->workers_busy, 1);
    window_init(&window, scan->checkpoint, scan->longest_row);
    work_with(scan, &window);
    window_free(&window);
    atomic_fetch_sub(&scan->workers_busy, 1);
    wake_send(&scan->wake);
}

/* ---- starting ------------------------------------------------------------ */

static void measure_window(struct scan *scan, const struct tensor *tensor)
{
    if (window_row_bytes(tensor) > scan->longest_row)
        scan->longest_row = window_row_bytes(tensor);
    if (window_bytes(tensor) > scan->window_bytes)
        scan->window_bytes = window_bytes(tensor);
}

/* What the units mean for the layers: how many each has, and room for its values. */
static bool plan_layers(struct scan *scan)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < scan->supply.count; i++) {
        const struct unit *unit = &scan->supply.units[i];
        const struct layer *layer = &scan->model->layers[unit->layer];
        struct layer_work *work = &scan->work[unit->layer];
        measure_window(
            scan, checkpoint_tensor(scan->checkpoint, layer->projection[unit->projection].index));
        atomic_fetch_add(&work->units_left, 1);
        bytes += unit_bytes(scan->checkpoint, scan->model, unit);
        if (!work->values)
            work->values = memory_array(layer_value_count(layer), sizeof *work->values);
        if (!work->values)
            return false;
    }
    progress_start(&scan->progress, bytes);
    return true;
}

static bool plan(struct scan *scan, const struct angles *angles)
{
    size_t layers = scan->model->layer_count;
    scan->supply.units = units_plan(scan->checkpoint, angles, &scan->supply.count);
    scan->work = memory_array(layers, sizeof *scan->work);
    scan->results = memory_array(layers, sizeof *scan->results);
    return scan->supply.units && scan->work && scan->results && plan_layers(scan);
}

/* Workers under an adapter have copies of its factors of their own: as many as this memory holds.
 * The 30 MB that OpenBLAS takes in a thread that makes rows after all are not in it: hardly any
 * thread does. */
enum { WINDOWS_BYTES = 96 << 20 };

static size_t useful_threads(const struct scan *scan, size_t threads)
{
    if (scan->window_bytes > 0 && threads > WINDOWS_BYTES / scan->window_bytes)
        threads = (size_t)(WINDOWS_BYTES / scan->window_bytes);
    if (threads > scan->supply.count)
        threads = scan->supply.count;
    return threads > 0 ? threads : 1;
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
    supply_init(&scan->supply);
    pthread_mutex_init(&scan->cache_lock, NULL);
    pthread_mutex_init(&scan->lock, NULL);
    enum status status = STATUS_OK;
    if (!plan(scan, angles) || !wake_open(&scan->wake))
        status = error_memory(err);
    if (status == STATUS_OK)
        threads = useful_threads(scan, threads);
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
    wake_take(&scan->wake);
    pthread_mutex_lock(&scan->lock);
    bool found = scan->result_taken < scan->result_count;
    if (found)
        *result = scan->results[scan->result_taken++];
    pthread_mutex_unlock(&scan->lock);
    return found;
}

int scan_wake_fd(const struct scan *scan)
{
    return scan->wake.fd[0];
}

bool scan_running(const struct scan *scan)
{
    /* Whoever took a unit was busy before it took it, so the order of these reads matters. A count
     * of workers would not do: the system may have started fewer than were asked for. */
    bool over = atomic_load(&scan->cancelled) || supply_is_over(&scan->supply);
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
    wake_close(&scan->wake);
    pthread_mutex_destroy(&scan->cache_lock);
    pthread_mutex_destroy(&scan->lock);
    supply_free(&scan->supply);
    memory_free(scan->work);
    memory_free(scan->results);
    memory_free(scan);
}
