/* facts.c: one pass over the rows of queries and keys, in the order of their files, by all cores:
 * the sum of |w| of each; then the biases and gains of their pairs, which are few numbers. */
#include "ropescope/facts.h"
#include "session_rows.h"
#include "units.h"
#include "window.h"

#include <math.h>

struct reading {
    struct checkpoint *checkpoint;
    struct angles *plan; /* empty: it owns the model, and says which layers rotate */
    struct facts *facts;
    struct unit *units; /* (unit_count) */
    size_t unit_count;
    size_t longest_row; /* bytes in sight of a window */
    _Atomic size_t next_unit;
    _Atomic bool failed, lacks; /* rows could not be read; there is no memory for them */
    struct facts_watch own, *watch;
};

/* ---- rows ---------------------------------------------------------------- */

/* Eight sums side by side, since one after the other would wait for each other. */
static double sum_of_floats(const float *numbers, size_t count)
{
    enum { LANES = 8 };
    double lane[LANES] = {0}, sum = 0;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += fabs((double)numbers[i + k]);
    for (; i < count; i++)
        sum += fabs((double)numbers[i]);
    for (size_t k = 0; k < LANES; k++)
        sum += lane[k];
    return sum;
}

/* Of a row of a plain dtype; F64 keeps what float32 would round. */
static double sum_of_row(enum dtype dtype, const unsigned char *row, size_t length)
{
    enum { CHUNK = 1024 };
    const size_t size = dtype_bits(dtype) / 8;
    float numbers[CHUNK];
    double exact, sum = 0;
    for (size_t i = 0; i < length && dtype == DTYPE_F64; i++) {
        dtype_to_double(dtype, row + i * size, 1, &exact);
        sum += fabs(exact);
    }
    for (size_t i = 0; i < length && dtype != DTYPE_F64; i += CHUNK) {
        size_t count = length - i < CHUNK ? length - i : CHUNK;
        dtype_to_float(dtype, row + i * size, count, numbers);
        sum += sum_of_floats(numbers, count);
    }
    return sum;
}

/* Of a worker between two runs of guard_run. */
struct job {
    const struct reading *reading;
    struct window *window;
    const struct unit *unit;
    bool failed;
};

/* Pairs of one head that the window holds; returns how many these were. */
static uint64_t take_window(struct job *job, uint64_t at, uint64_t most)
{
    const struct unit *unit = job->unit;
    const struct layer *layer = &job->reading->plan->model->layers[unit->layer];
    const struct fact_set *set = &job->reading->facts->layers[unit->layer][unit->projection];
    const uint32_t head = (uint32_t)(at / layer->pairs), pair = (uint32_t)(at % layer->pairs);
    struct window *window = job->window;
    uint64_t a, b;
    size_t count = window_rows(window) / 2;
    count = count > layer->pairs - pair ? layer->pairs - pair : count;
    count = count > most ? (size_t)most : count;
    layer_pair_rows(layer, (int)unit->projection, head, pair, &a, &b);
    const struct row_run halves[WINDOW_RUNS] = {{a, count}, {b, count}};
    const struct row_run whole[WINDOW_RUNS] = {{a, 2 * count}};
    job->failed = !window_show(window, layer->pairing == PAIRING_INTERLEAVED ? whole : halves);
    for (size_t i = 0; i < count && !job->failed; i++) {
        const size_t length = (size_t)window->tensor->shape[1];
        layer_pair_rows(layer, (int)unit->projection, head, pair + (uint32_t)i, &a, &b);
        set->l1_a[at + i] = sum_of_row(window->dtype, window_row(window, a), length);
        set->l1_b[at + i] = sum_of_row(window->dtype, window_row(window, b), length);
    }
    return count;
}

static void take_unit(void *arg)
{
    struct job *job = arg;
    const uint64_t end = job->unit->first + job->unit->count;
    for (uint64_t at = job->unit->first; at < end && !job->failed;)
        at += take_window(job, at, end - at);
}

static bool goes_on(const struct reading *r)
{
    return !atomic_load(&r->failed) && !atomic_load(&r->watch->cancel) && signals_caught() == 0;
}

static void work_through(void *arg, size_t worker)
{
    struct reading *r = arg;
    const struct model *model = r->plan->model;
    struct window window;
    (void)worker;
    window_init(&window, r->checkpoint, r->longest_row);
    while (goes_on(r)) {
        size_t i = atomic_fetch_add(&r->next_unit, 1);
        if (i >= r->unit_count)
            break;
        const struct unit *unit = &r->units[i];
        struct job job = {r, &window, unit, false};
        uint64_t bytes = unit_bytes(r->checkpoint, model, unit);
        uint32_t index = model->layers[unit->layer].projection[unit->projection].index;
        window_begin(&window, checkpoint_tensor(r->checkpoint, index));
        if (window.lacks)
            atomic_store(&r->lacks, true);
        if (window.lacks || !guard_run(take_unit, &job) || job.failed)
            atomic_store(&r->failed, true);
        window_end(&window, bytes);
        atomic_fetch_add(&r->watch->done, bytes);
    }
    window_free(&window);
}

/* ---- what lies around them ----------------------------------------------- */

/* The bias of each stored row, (rows); *out NULL: there is none. */
static enum status read_bias(const struct reading *r, const struct layer *layer, int which,
                             float **out, struct error *err)
{
    const struct projection *p = &layer->projection[which];
    const struct tensor *bias = p->bias ? checkpoint_find(r->checkpoint, p->bias) : NULL;
    *out = NULL;
    if (!bias)
        return STATUS_OK;
    if (!dtype_is_plain(bias->dtype) || bias->rank != 1 || bias->shape[0] != p->rows)
        return error_set(err, STATUS_FAILED, "layer %u: %s has not a plain number for each row",
                         layer->number, bias->name);
    *out = memory_array(p->rows, sizeof **out);
    return *out ? checkpoint_read_numbers(r->checkpoint, bias, *out, err) : error_memory(err);
}

static void put_pairs(const struct layer *layer, int which, const float *bias, const float *gains,
                      const struct fact_set *set)
{
    for (uint32_t head = 0; head < layer->projection[which].heads; head++) {
        uint64_t from, a, b;
        layer_pair_rows(layer, which, head, 0, &from, &b);
        for (uint32_t pair = 0; pair < layer->pairs; pair++) {
            size_t at = (size_t)head * layer->pairs + pair;
            const float *of = gains ? gains + (size_t)head * layer->head_dim : NULL;
            layer_pair_rows(layer, which, head, pair, &a, &b);
            set->bias_radius[at] = bias ? hypot((double)bias[a], (double)bias[b]) : (double)NAN;
            set->bias_angle[at] = bias ? atan2((double)bias[b], (double)bias[a]) : (double)NAN;
            set->gain_a[at] = of ? (double)of[a - from] : (double)NAN;
            set->gain_b[at] = of ? (double)of[b - from] : (double)NAN;
        }
    }
}

static enum status take_around(const struct reading *r, struct error *err)
{
    enum status status = STATUS_OK;
    const struct model *model = r->plan->model;
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        for (int p = 0; p < PROJECTION_COUNT && layer->pairs > 0 && status == STATUS_OK; p++) {
            float *bias, *gains = NULL;
            status = read_bias(r, layer, p, &bias, err);
            if (status == STATUS_OK)
                status = layer_norm_gains(r->checkpoint, model, layer, p, &gains, err);
            if (status == STATUS_OK)
                put_pairs(layer, p, bias, gains, &r->facts->layers[i][p]);
            memory_free(bias);
            memory_free(gains);
        }
    }
    return status;
}

/* ---- the pass ------------------------------------------------------------ */

/* One block a set, which l1_a begins. */
static bool make_set(struct fact_set *set, size_t count)
{
    enum { ARRAYS = 6 };
    double *at = memory_array(ARRAYS * count, sizeof *at);
    if (at)
        *set = (struct fact_set){
            at, at + count, at + 2 * count, at + 3 * count, at + 4 * count, at + 5 * count};
    return at != NULL;
}

static enum status plan(struct reading *r, struct error *err)
{
    uint64_t bytes = 0;
    const struct model *model = r->plan->model;
    r->units = units_plan(r->checkpoint, r->plan, &r->unit_count);
    r->facts = memory_array(1, sizeof *r->facts);
    if (r->facts)
        r->facts->layers = memory_array(model->layer_count, sizeof *r->facts->layers);
    bool sound = r->units && r->facts && r->facts->layers;
    for (size_t i = 0; i < model->layer_count && sound; i++) {
        r->facts->layer_count = i + 1;
        for (int p = 0; p < PROJECTION_COUNT && model->layers[i].pairs > 0 && sound; p++)
            sound = make_set(&r->facts->layers[i][p], projection_pairs(&model->layers[i], p));
    }
    for (size_t i = 0; i < r->unit_count && sound; i++) {
        const struct unit *unit = &r->units[i];
        uint32_t index = model->layers[unit->layer].projection[unit->projection].index;
        size_t row_bytes = window_row_bytes(checkpoint_tensor(r->checkpoint, index));
        r->longest_row = row_bytes > r->longest_row ? row_bytes : r->longest_row;
        bytes += unit_bytes(r->checkpoint, model, unit);
    }
    atomic_store(&r->watch->total, bytes);
    return sound ? STATUS_OK : error_memory(err);
}

/* How the pass went. Rows of a file that was written to meanwhile are of two models. */
static enum status check(const struct reading *r, struct error *err)
{
    const struct source *source = checkpoint_source(r->checkpoint);
    for (size_t i = 0; i < source->file_count; i++)
        if (!source_file_is_same(&source->files[i]))
            return error_set(err, STATUS_FAILED, "%s: the file changed while it was read",
                             source->files[i].path);
    if (atomic_load(&r->lacks))
        return error_memory(err);
    if (atomic_load(&r->failed))
        return error_set(err, STATUS_FAILED,
                         "%s: rows could not be read: the file shrank or its disk failed",
                         source->path);
    return goes_on(r) ? STATUS_OK : error_set(err, STATUS_CANCELLED, "cancelled");
}

static enum status run(struct reading *r, size_t threads, struct error *err)
{
    struct pool *pool;
    enum status status = plan(r, err);
    threads = threads ? threads : pool_cores();
    threads = threads < r->unit_count ? threads : r->unit_count + !r->unit_count;
    if (status == STATUS_OK)
        status = pool_start(&pool, threads, work_through, r, err);
    if (status != STATUS_OK)
        return status;
    pool_join(pool);
    status = check(r, err);
    return status == STATUS_OK ? take_around(r, err) : status;
}

enum status facts_allowed(const struct session *session, struct error *err)
{
    if (!session_source(session)) {
        error_set(err, STATUS_FAILED, "%s: a file of angles holds no rows, so no facts of them",
                  session_angles(session)->model->name);
        return error_help(err, "name the directory or the weight file it was made from");
    }
    if (session_is_adapted(session)) {
        error_set(err, STATUS_USAGE,
                  "--facts and --adapter: biases and gains that an adapter brings are not read");
        return error_help(err, "without --adapter the facts are those of the base");
    }
    return STATUS_OK;
}

enum status facts_read_watched(const struct session *session, size_t threads,
                               struct facts_watch *watch, struct facts **out, struct error *err)
{
    struct reading r = {0};
    struct model *model;
    r.watch = watch ? watch : &r.own;
    enum status status = facts_allowed(session, err);
    if (status == STATUS_OK)
        status = session_rows(session, &r.checkpoint, &model, err);
    if (status != STATUS_OK)
        return status;
    status = angles_new(model, 0, &r.plan, err);
    if (status == STATUS_OK)
        status = run(&r, threads, err);
    if (status == STATUS_OK)
        *out = r.facts;
    else
        facts_free(r.facts);
    memory_free(r.units);
    angles_free(r.plan);
    checkpoint_close(r.checkpoint);
    return status;
}

enum status facts_read(struct session *session, size_t threads, struct facts **out,
                       struct error *err)
{
    return facts_read_watched(session, threads, NULL, out, err);
}

void facts_free(struct facts *facts)
{
    for (size_t i = 0; facts && i < facts->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            memory_free(facts->layers[i][p].l1_a);
    if (facts)
        memory_free(facts->layers);
    memory_free(facts);
}
