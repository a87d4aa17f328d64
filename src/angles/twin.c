/* twin.c: rows of two models side by side. Both windows are small enough to stay in a core's own
 * cache, so that each row comes from memory once, whatever is worked out of it. */
#include "twin.h"

#include <math.h>

void twin_init(struct twin *twin, const struct side side[2])
{
    *twin = (struct twin){0};
    for (int i = 0; i < 2; i++) {
        struct view_of_rows *rows = &twin->side[i];
        rows->side = &side[i];
        window_init(&rows->window, side[i].checkpoint, side[i].longest_row);
        rows->line = memory_array(side[i].longest + 1, sizeof *rows->line);
        if (side[i].adapted)
            rows->made = memory_array(ADAPTED_BYTES / sizeof(float) + 2 * side[i].longest,
                                      sizeof *rows->made);
        twin->lacks = twin->lacks || !rows->line || (side[i].adapted && !rows->made);
    }
}

void twin_free(struct twin *twin)
{
    for (int i = 0; i < 2; i++) {
        window_free(&twin->side[i].window);
        lora_tile_free(&twin->side[i].tile);
        memory_free(twin->side[i].made);
        memory_free(twin->side[i].line);
    }
}

/* ---- rows in sight ------------------------------------------------------- */

/* Of a worker between two runs of guard_run. */
struct job {
    struct twin *twin;
    size_t layer;
    int projection;
    uint64_t first, count;
    const struct twin_values *values;
    bool failed;
};

static const struct layer *layer_of(const struct job *job, int side)
{
    return &job->twin->side[side].side->model->layers[job->layer];
}

static const struct tensor *tensor_of(const struct side *side, const struct unit *unit)
{
    const struct layer *layer = &side->model->layers[unit->layer];
    return checkpoint_tensor(side->checkpoint, layer->projection[unit->projection].index);
}

/* Rows made of base and adapter that fit beside each other. */
static size_t rows_made(const struct view_of_rows *rows)
{
    size_t length = (size_t)rows->tensor->shape[1];
    return length > 0 ? (ADAPTED_BYTES / sizeof(float) + 2 * rows->side->longest) / length : 2;
}

/* Pairs that either side can show at once. */
static size_t pairs_in_sight(const struct twin *twin)
{
    size_t most = SIZE_MAX;
    for (int i = 0; i < 2; i++) {
        const struct view_of_rows *rows = &twin->side[i];
        size_t fit = window_rows(&rows->window) / 2;
        if (rows->tensor->lora && rows_made(rows) / 2 < fit)
            fit = rows_made(rows) / 2;
        most = fit < most ? fit : most;
    }
    return most > 0 ? most : 1;
}

/* The rows of `count` pairs of one head. */
static bool show(struct view_of_rows *rows, const struct layer *layer, int projection,
                 uint32_t head, uint32_t pair, size_t count)
{
    uint64_t a, b;
    layer_pair_rows(layer, projection, head, pair, &a, &b);
    const struct row_run halves[WINDOW_RUNS] = {{a, count}, {b, count}};
    const struct row_run whole[WINDOW_RUNS] = {{a, 2 * count}};
    const struct row_run *run = layer->pairing == PAIRING_INTERLEAVED ? whole : halves;
    float *to = rows->made;
    if (!window_show(&rows->window, run))
        return false;
    for (int i = 0; i < WINDOW_RUNS && rows->tensor->lora; i++) {
        if (run[i].rows > 0 && !lora_rows_to_float(&rows->tile, rows->side->checkpoint,
                                                   rows->tensor, run[i].first, run[i].rows, to))
            return false;
        dtype_swap_floats(to, run[i].rows * (size_t)rows->tensor->shape[1]);
        to += run[i].rows * rows->tensor->shape[1];
    }
    return true;
}

/* A row in sight with what an adapter adds to it, and as what it is stored. */
static const unsigned char *row_in_sight(const struct view_of_rows *rows, uint64_t row,
                                         enum dtype *dtype)
{
    const struct row_run *run = rows->window.run;
    *dtype = rows->window.dtype;
    if (!rows->tensor->lora)
        return window_row(&rows->window, row);
    *dtype = DTYPE_F32;
    bool in_first = row >= run[0].first && row - run[0].first < run[0].rows;
    size_t index = (size_t)(in_first ? row - run[0].first : run[0].rows + (row - run[1].first));
    return (const unsigned char *)(rows->made + index * rows->tensor->shape[1]);
}

/* Rows of one dtype go to the kernel as they are, others as float32. */
static double distance(const struct twin *twin, uint64_t row, uint64_t other)
{
    const struct view_of_rows *base = &twin->side[0], *tuned = &twin->side[1];
    enum dtype dtype, other_dtype;
    const unsigned char *x = row_in_sight(base, row, &dtype);
    const unsigned char *y = row_in_sight(tuned, other, &other_dtype);
    size_t length = (size_t)base->tensor->shape[1];
    if (dtype != other_dtype) {
        dtype_to_float(dtype, x, length, base->line);
        dtype_to_float(other_dtype, y, length, tuned->line);
        dtype_swap_floats(base->line, length);
        dtype_swap_floats(tuned->line, length);
        x = (const unsigned char *)base->line;
        y = (const unsigned char *)tuned->line;
        dtype = DTYPE_F32;
    }
    return kernel_distance(base->window.kernel, dtype, x, y, length);
}

/* ---- pairs --------------------------------------------------------------- */

static void put_angle(const struct twin_values *values, int side, uint64_t at,
                      struct pair_angle angle)
{
    values->cos[side][at] = angle.cos;
    values->norm_a[side][at] = angle.norm_a;
    values->norm_b[side][at] = angle.norm_b;
}

static bool take_angle(struct job *job, int side, uint64_t at, uint64_t a, uint64_t b)
{
    struct pair_angle angle = {0};
    if (!job->values->cos[side])
        return true;
    if (!window_angle(&job->twin->side[side].window, a, b, &angle))
        return false;
    put_angle(job->values, side, at, angle);
    return true;
}

/* Where both angles are wanted and the rows are stored alike, one kernel does it all. */
static bool take_at_once(struct job *job, uint64_t at, const uint64_t a[2], const uint64_t b[2])
{
    const struct view_of_rows *base = &job->twin->side[0], *tuned = &job->twin->side[1];
    if (!job->values->cos[0] || !job->values->cos[1] || base->tensor->lora || tuned->tensor->lora ||
        base->window.dtype != tuned->window.dtype)
        return false;
    const unsigned char *const row[4] = {
        window_row(&base->window, a[0]), window_row(&base->window, b[0]),
        window_row(&tuned->window, a[1]), window_row(&tuned->window, b[1])};
    struct twin_angle angle =
        kernel_twin(base->window.kernel, base->window.dtype, row, (size_t)base->tensor->shape[1]);
    put_angle(job->values, 0, at, angle.base);
    put_angle(job->values, 1, at, angle.tuned);
    job->values->distance[at] = (float)angle.distance;
    return true;
}

static bool take_pair(struct job *job, uint64_t at, uint32_t head, uint32_t pair)
{
    uint64_t a[2], b[2];
    for (int side = 0; side < 2; side++)
        layer_pair_rows(layer_of(job, side), job->projection, head, pair, &a[side], &b[side]);
    if (take_at_once(job, at, a, b))
        return true;
    for (int side = 0; side < 2; side++)
        if (!take_angle(job, side, at, a[side], b[side]))
            return false;
    job->values->distance[at] =
        (float)((distance(job->twin, a[0], a[1]) + distance(job->twin, b[0], b[1])) / 2);
    return true;
}

/* Pairs of one head that both windows hold; returns how many these were. */
static uint64_t take_window(struct job *job, uint64_t at, uint64_t most)
{
    uint32_t pairs = layer_of(job, 0)->pairs;
    uint32_t head = (uint32_t)(at / pairs), pair = (uint32_t)(at % pairs);
    size_t count = pairs_in_sight(job->twin);
    count = count > pairs - pair ? pairs - pair : count;
    count = count > most ? (size_t)most : count;
    for (int side = 0; side < 2 && !job->failed; side++)
        job->failed =
            !show(&job->twin->side[side], layer_of(job, side), job->projection, head, pair, count);
    for (size_t i = 0; i < count && !job->failed; i++)
        job->failed = !take_pair(job, at + i, head, pair + (uint32_t)i);
    return count;
}

static void take_all(void *arg)
{
    struct job *job = arg;
    for (uint64_t at = job->first; at < job->first + job->count && !job->failed;)
        at += take_window(job, at, job->first + job->count - at);
}

bool twin_run(struct twin *twin, const struct unit *unit, const struct twin_values *values)
{
    struct job job = {twin,   unit->layer, (int)unit->projection, unit->first, unit->count,
                      values, false};
    uint64_t bytes = 0;
    for (int side = 0; side < 2; side++) {
        struct view_of_rows *rows = &twin->side[side];
        rows->tensor = tensor_of(rows->side, unit);
        window_begin(&rows->window, rows->tensor);
        bytes += 2 * (uint64_t)unit->count * tensor_row_bytes(rows->tensor);
        if (rows->tensor->lora && !lora_tile_reserve(&rows->tile, rows->tensor, rows_made(rows)))
            twin->lacks = true;
    }
    if (twin->lacks || !guard_run(take_all, &job) || job.failed)
        return false;
    for (int side = 0; side < 2; side++)
        window_end(&twin->side[side].window, bytes);
    return true;
}

/* ---- the disk ------------------------------------------------------------ */

bool twin_bring(struct twin *twin, const struct unit *unit)
{
    bool cold = false;
    for (int i = 0; i < 2; i++) {
        const struct side *side = twin->side[i].side;
        struct stretch stretch = unit_stretch(side->checkpoint, side->model, unit);
        cold = window_bring(&twin->side[i].window, tensor_of(side, unit), stretch) || cold;
    }
    return cold;
}

bool twin_is_cold(const struct twin *twin)
{
    return twin->side[0].window.cold || twin->side[1].window.cold;
}
