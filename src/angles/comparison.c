/* comparison.c: one pass over the rows of two models, in the order of the base's files, by all
 * cores: the distance of every pair, and the angles that are not known yet. */
#include "changes_file.h"
#include "ropescope/change.h"
#include "session_rows.h"
#include "supply.h"
#include "twin.h"

#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

/* What a layer has given so far. */
struct layer_work {
    float *values[2]; /* layer_value_count, of the sides that want them; owned until they land */
    float *distance[PROJECTION_COUNT]; /* (head, pair); likewise */
    _Atomic size_t units_left;
};

struct comparison {
    struct session *session[2]; /* base, tuned; borrowed */
    struct checkpoint *checkpoint[2];
    struct angles *plan; /* owns the base's model, whose projections know their tensors */
    struct model *tuned;
    struct side side[2];
    struct changes changes;
    struct changes_key key;  /* path "": the changes are not kept */
    struct supply supply;    /* of the base's units */
    struct layer_work *work; /* (layer_count) */
    size_t layer_count;
    struct pool *pool; /* NULL: it is over */
    _Atomic size_t workers_busy;
    _Atomic bool cancelled;
    struct progress progress;
    struct wake wake;
    pthread_mutex_t lock; /* guards what follows */
    size_t *done;         /* (layer_count) a queue of layers */
    size_t done_count, done_taken;
    struct error error; /* the first one; then how it ended */
};

/* ---- workers ------------------------------------------------------------- */

static struct twin_values values_of(const struct comparison *c, const struct unit *unit)
{
    const struct layer *layer = &c->plan->model->layers[unit->layer];
    size_t count = projection_pairs(layer, (int)unit->projection);
    struct twin_values values = {.distance = c->work[unit->layer].distance[unit->projection]};
    for (int side = 0; side < 2; side++) {
        float *at = c->work[unit->layer].values[side];
        if (!at)
            continue;
        if (unit->projection == PROJECTION_KEY)
            at += 3 * projection_pairs(layer, PROJECTION_QUERY);
        values.cos[side] = at;
        values.norm_a[side] = at + count;
        values.norm_b[side] = at + 2 * count;
    }
    return values;
}

/* The file that changed or cannot be read: the base's unless the tuned model's is known to be. */
static const char *failed_file(const struct comparison *c)
{
    for (int side = 1; side >= 0; side--) {
        const struct source *source = checkpoint_source(c->checkpoint[side]);
        for (size_t i = 0; i < source->file_count; i++)
            if (!source_file_is_same(&source->files[i]))
                return source->files[i].path;
    }
    return checkpoint_source(c->checkpoint[0])->path;
}

static void fail(struct comparison *c, bool lacks)
{
    pthread_mutex_lock(&c->lock);
    if (c->error.status == STATUS_OK && lacks) {
        error_memory(&c->error);
    } else if (c->error.status == STATUS_OK) {
        error_set(&c->error, STATUS_FAILED,
                  "%s: rows could not be read: the file shrank or its disk failed", failed_file(c));
    }
    pthread_mutex_unlock(&c->lock);
    atomic_store(&c->cancelled, true);
}

static void hand_over(struct comparison *c, size_t layer)
{
    pthread_mutex_lock(&c->lock);
    c->done[c->done_count++] = layer;
    pthread_mutex_unlock(&c->lock);
    wake_send(&c->wake);
}

struct bring_job {
    const struct comparison *comparison;
    struct twin *twin;
};

static bool bring(void *context, const struct unit *unit)
{
    const struct bring_job *job = context;
    return !atomic_load(&job->comparison->cancelled) && twin_bring(job->twin, unit);
}

static void work_with(struct comparison *c, struct twin *twin)
{
    struct bring_job job = {c, twin};
    while (!atomic_load(&c->cancelled)) {
        size_t i = supply_take(&c->supply, bring, &job);
        if (i >= c->supply.count)
            break;
        const struct unit *unit = &c->supply.units[i];
        struct twin_values values = values_of(c, unit);
        if (!twin_run(twin, unit, &values)) {
            fail(c, twin->lacks);
            break;
        }
        if (twin_is_cold(twin))
            supply_note_cold(&c->supply, i);
        atomic_fetch_add(&c->progress.done, unit_bytes(c->checkpoint[0], c->plan->model, unit));
        if (atomic_fetch_sub(&c->work[unit->layer].units_left, 1) == 1)
            hand_over(c, unit->layer);
    }
}

static void work_through(void *arg, size_t worker)
{
    struct comparison *c = arg;
    struct twin twin;
    (void)worker;
    atomic_fetch_add(&c->workers_busy, 1);
    twin_init(&twin, c->side);
    work_with(c, &twin);
    twin_free(&twin);
    atomic_fetch_sub(&c->workers_busy, 1);
    wake_send(&c->wake);
}

/* ---- what is known already ----------------------------------------------- */

/* Where the changes lie between sessions: beside the base's angles. */
static void place_key(struct comparison *c)
{
    const char *path[2];
    enum { ENDING = sizeof ".angles" - 1 };
    if (!session_cache_place(c->session[0], &path[0], &c->key.base) ||
        !session_cache_place(c->session[1], &path[1], &c->key.tuned) ||
        !text_format(c->key.path, sizeof c->key.path, "%.*s-%016llx.changes",
                     (int)(strlen(path[0]) - ENDING), path[0], (unsigned long long)c->key.tuned))
        c->key.path[0] = '\0';
}

/* Nothing is to be read: both angles and the changes were kept. */
static bool is_known(struct comparison *c)
{
    return *c->key.path && angles_complete(c->changes.base) && angles_complete(c->changes.tuned) &&
           changes_file_load(&c->key, &c->changes, session_tell(c->session[0]));
}

/* ---- starting ------------------------------------------------------------ */

static void measure_side(struct comparison *c, int which, const struct unit *unit)
{
    struct side *side = &c->side[which];
    const struct tensor *tensor = checkpoint_tensor(
        side->checkpoint, side->model->layers[unit->layer].projection[unit->projection].index);
    if (window_row_bytes(tensor) > side->longest_row)
        side->longest_row = window_row_bytes(tensor);
    if (tensor->shape[1] > side->longest)
        side->longest = (size_t)tensor->shape[1];
    side->adapted = side->adapted || tensor->lora;
}

static bool plan_layer(struct comparison *c, const struct unit *unit)
{
    const struct layer *layer = &c->plan->model->layers[unit->layer];
    struct layer_work *work = &c->work[unit->layer];
    float **distance = &work->distance[unit->projection];
    bool sound = true;
    if (!*distance)
        sound = (*distance = memory_array(projection_pairs(layer, (int)unit->projection),
                                          sizeof **distance)) != NULL;
    for (int side = 0; side < 2; side++) {
        const struct angles *angles = session_angles(c->session[side]);
        if (!angles->layers[unit->layer].ready && !work->values[side])
            sound = (work->values[side] =
                         memory_array(layer_value_count(layer), sizeof *work->values[side])) &&
                    sound;
        measure_side(c, side, unit);
    }
    atomic_fetch_add(&work->units_left, 1);
    return sound;
}

static enum status plan(struct comparison *c, struct error *err)
{
    uint64_t bytes = 0;
    c->supply.units = units_plan(c->checkpoint[0], c->plan, &c->supply.count);
    c->work = memory_array(c->layer_count, sizeof *c->work);
    c->done = memory_array(c->layer_count, sizeof *c->done);
    bool sound = c->supply.units && c->work && c->done;
    for (size_t i = 0; i < c->supply.count && sound; i++) {
        sound = plan_layer(c, &c->supply.units[i]);
        bytes += unit_bytes(c->checkpoint[0], c->plan->model, &c->supply.units[i]);
    }
    for (size_t i = 0; i < c->layer_count; i++)
        c->changes.ready += c->plan->model->layers[i].pairs == 0;
    progress_start(&c->progress, bytes);
    return sound ? STATUS_OK : error_memory(err);
}

static enum status open_rows(struct comparison *c, struct error *err)
{
    struct model *model = NULL;
    enum status status = session_rows(c->session[0], &c->checkpoint[0], &model, err);
    if (status == STATUS_OK)
        status = angles_new(model, 0, &c->plan, err);
    if (status == STATUS_OK)
        status = session_rows(c->session[1], &c->checkpoint[1], &c->tuned, err);
    if (status != STATUS_OK)
        return status;
    c->side[0] = (struct side){.checkpoint = c->checkpoint[0], .model = c->plan->model};
    c->side[1] = (struct side){.checkpoint = c->checkpoint[1], .model = c->tuned};
    return models_match(c->plan->model, c->tuned, err);
}

enum status comparison_start(struct session *base, struct session *tuned, size_t threads,
                             struct comparison **out, struct error *err)
{
    struct comparison *c = memory_array(1, sizeof *c);
    if (!c)
        return error_memory(err);
    c->session[0] = base;
    c->session[1] = tuned;
    c->changes.base = session_angles(base);
    c->changes.tuned = session_angles(tuned);
    supply_init(&c->supply);
    pthread_mutex_init(&c->lock, NULL);
    session_yield_cache(tuned, base);
    c->layer_count = c->changes.base->model->layer_count;
    c->changes.distance = memory_array(2 * c->layer_count + 1, sizeof *c->changes.distance);
    enum status status = c->changes.distance ? STATUS_OK : error_memory(err);
    if (status == STATUS_OK)
        status = models_match(c->changes.base->model, c->changes.tuned->model, err);
    place_key(c);
    if (status == STATUS_OK && is_known(c)) {
        *out = c;
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = open_rows(c, err);
    if (status == STATUS_OK)
        status = plan(c, err);
    if (status == STATUS_OK && !wake_open(&c->wake))
        status = error_set(err, STATUS_FAILED, "no pipe: %m");
    threads = threads ? threads : pool_cores();
    if (status == STATUS_OK)
        status = pool_start(
            &c->pool, threads < c->supply.count ? threads : c->supply.count + !c->supply.count,
            work_through, c, err);
    if (status == STATUS_OK)
        *out = c;
    else
        comparison_close(c);
    return status;
}

/* ---- landing ------------------------------------------------------------- */

static bool receive(struct comparison *c, size_t *layer)
{
    wake_take(&c->wake);
    pthread_mutex_lock(&c->lock);
    bool found = c->done_taken < c->done_count;
    if (found)
        *layer = c->done[c->done_taken++];
    pthread_mutex_unlock(&c->lock);
    return found;
}

static size_t land(struct comparison *c)
{
    size_t layer, landed = 0;
    for (; receive(c, &layer); landed++) {
        for (int side = 0; side < 2; side++) {
            if (c->work[layer].values[side])
                session_take(c->session[side], layer, c->work[layer].values[side]);
            c->work[layer].values[side] = NULL;
            c->changes.distance[2 * layer + (size_t)side] = c->work[layer].distance[side];
            c->work[layer].distance[side] = NULL;
        }
        c->changes.ready++;
    }
    return landed;
}

static bool at_work(const struct comparison *c)
{
    bool over = atomic_load(&c->cancelled) || supply_is_over(&c->supply);
    return !over || atomic_load(&c->workers_busy) > 0;
}

static void finish(struct comparison *c)
{
    for (int side = 0; side < 2; side++) {
        struct error err = {0};
        if (session_taken(c->session[side], &err) != STATUS_OK && c->error.status == STATUS_OK)
            c->error = err;
    }
    bool whole = c->error.status == STATUS_OK && c->changes.ready == c->layer_count;
    if (whole && *c->key.path)
        changes_file_save(&c->key, &c->changes);
    else if (c->error.status == STATUS_OK && atomic_load(&c->cancelled))
        error_set(&c->error, STATUS_CANCELLED, "cancelled");
}

size_t comparison_poll(struct comparison *c)
{
    if (!c->pool)
        return 0;
    size_t landed = land(c);
    if (at_work(c))
        return landed;
    pool_join(c->pool);
    c->pool = NULL;
    landed += land(c);
    finish(c);
    return landed;
}

/* ---- looking ------------------------------------------------------------- */

int comparison_wake_fd(const struct comparison *c)
{
    return c->pool ? c->wake.fd[0] : -1;
}

bool comparison_running(const struct comparison *c)
{
    return c->pool != NULL;
}

struct progress_reading comparison_progress(const struct comparison *c)
{
    return progress_read(&c->progress);
}

const struct changes *comparison_changes(const struct comparison *c)
{
    return &c->changes;
}

void comparison_cancel(struct comparison *c)
{
    atomic_store(&c->cancelled, true);
}

enum status comparison_result(const struct comparison *c, struct error *err)
{
    if (err)
        *err = c->error;
    return c->error.status;
}

enum status comparison_wait(struct comparison *c, comparison_report *report, void *context,
                            struct error *err)
{
    enum { REPORT_MS = 100 };
    while (comparison_running(c)) {
        struct pollfd wake = {.fd = comparison_wake_fd(c), .events = POLLIN};
        poll(&wake, 1, REPORT_MS);
        if (signals_caught() != 0 || (report && !report(context, c)))
            comparison_cancel(c);
        comparison_poll(c);
    }
    return comparison_result(c, err);
}

double change_relative(const struct changes *changes, size_t layer, int projection, size_t at)
{
    const struct angle_set *set = &changes->base->layers[layer].set[projection];
    const float *distance = changes->distance[2 * layer + (size_t)projection];
    double length = ((double)set->norm_a[at] + (double)set->norm_b[at]) / 2;
    return length > 0 ? (double)distance[at] / length : NAN;
}

void comparison_close(struct comparison *c)
{
    if (!c)
        return;
    comparison_cancel(c);
    if (c->pool) {
        pool_join(c->pool);
        land(c);
        finish(c);
    }
    for (size_t i = 0; i < c->layer_count; i++) {
        for (int side = 0; side < 2; side++) {
            memory_free(c->work ? c->work[i].values[side] : NULL);
            memory_free(c->work ? c->work[i].distance[side] : NULL);
            memory_free(c->changes.distance ? c->changes.distance[2 * i + (size_t)side] : NULL);
        }
    }
    for (int side = 0; side < 2; side++) {
        checkpoint_close(c->checkpoint[side]);
    }
    wake_close(&c->wake);
    pthread_mutex_destroy(&c->lock);
    angles_free(c->plan);
    model_free(c->tuned);
    supply_free(&c->supply);
    memory_free(c->work);
    memory_free(c->done);
    memory_free(c->changes.distance);
    memory_free(c);
}
