/* attention.c: how positions attend to each other: a unit of work is some queries of one head, so
 * that a thread has no more than (queries of a unit, positions) scores in memory. */
#include "run.h"

#include <math.h>
#include <string.h>

enum { QUERIES = 64 }; /* of a unit */

struct attending {
    const struct run *run;
    const struct layer *layer;
    const struct kept *kept;
    struct probe_attention *record; /* NULL: nobody asked */
    uint32_t queries, keys;         /* heads */
    size_t dim, total;              /* positions so far */
    size_t blocks;                  /* of queries, a head */
    uint64_t window;                /* 0: none */
    float scale, cap;
};

float attention_scale(const struct run *run, size_t index)
{
    double scalar = (double)run->settings.scalar;
    return (float)(1 / sqrt(scalar > 0 ? scalar : run->model->layers[index].head_dim));
}

/* The queries of one unit, and the keys that any of them sees. */
struct block {
    size_t head, from, count; /* queries, among those of now */
    size_t low, high;         /* keys, from the first position on */
};

static struct block block_of(const struct attending *a, size_t unit)
{
    struct block block = {.head = unit / a->blocks, .from = unit % a->blocks * QUERIES};
    size_t left = a->run->positions - block.from;
    block.count = left < QUERIES ? left : QUERIES;
    size_t first = a->run->first + block.from;
    block.low = a->window > 0 && first + 1 > a->window ? first + 1 - (size_t)a->window : 0;
    block.high = first + block.count;
    return block;
}

/* scores (block's queries, keys from low on) */
static void fill_scores(const struct attending *a, const struct block *block, float *scores)
{
    const size_t key_head = layer_key_head(a->layer, (uint32_t)block->head);
    const size_t columns = block->high - block->low;
    const struct blas_sizes sizes = {(int)block->count, (int)columns, (int)a->dim};
    const struct blas_rows queries = {
        a->run->queries + (block->from * a->queries + block->head) * a->dim, a->queries * a->dim};
    const struct blas_rows keys = {a->kept->keys + (block->low * a->keys + key_head) * a->dim,
                                   a->keys * a->dim};
    const struct blas_rows to = {scores, columns};
    blas_product(&a->run->workers.blas, &sizes, a->scale, &queries, &keys, true, &to);
}

/* One row: what is hidden, softmax. Keys [seen, seen + count) of the row are in sight. */
static void weigh(float *row, size_t columns, size_t seen, size_t count)
{
    float most = -INFINITY;
    double sum = 0;
    memset(row, 0, seen * sizeof *row);
    memset(row + seen + count, 0, (columns - seen - count) * sizeof *row);
    for (size_t i = seen; i < seen + count; i++)
        most = row[i] > most ? row[i] : most;
    for (size_t i = seen; i < seen + count; i++) {
        row[i] = expf(row[i] - most);
        sum += (double)row[i];
    }
    float share = (float)(1 / sum);
    for (size_t i = seen; i < seen + count; i++)
        row[i] *= share;
}

static void cap_scores(const struct attending *a, float *row, size_t count)
{
    for (size_t i = 0; i < count && a->cap > 0; i++)
        row[i] = a->cap * tanhf(row[i] / a->cap);
}

/* Scores and weights of the row into the record; hidden ones are -INFINITY and 0. */
static float *record_scores(const struct attending *a, const struct block *block, size_t query,
                            const float *row, size_t seen, size_t count)
{
    size_t at = (block->head * a->total + block->from + query) * a->total;
    for (size_t i = 0; i < a->total; i++)
        a->record->scores[at + i] = -INFINITY;
    memcpy(a->record->scores + at + block->low + seen, row + seen, count * sizeof *row);
    return a->record->weights + at + block->low;
}

static void mix_values(const struct attending *a, const struct block *block, float *weights)
{
    const size_t key_head = layer_key_head(a->layer, (uint32_t)block->head);
    const size_t columns = block->high - block->low;
    const struct blas_sizes sizes = {(int)block->count, (int)a->dim, (int)columns};
    const struct blas_rows left = {weights, columns};
    const struct blas_rows values = {a->kept->values + (block->low * a->keys + key_head) * a->dim,
                                     a->keys * a->dim};
    const struct blas_rows to = {
        a->run->attended + (block->from * a->queries + block->head) * a->dim, a->queries * a->dim};
    blas_product(&a->run->workers.blas, &sizes, 1, &left, &values, false, &to);
}

static bool attend_unit(void *context, size_t unit, struct bench *bench)
{
    const struct attending *a = context;
    const struct block block = block_of(a, unit);
    const size_t columns = block.high - block.low;
    fill_scores(a, &block, bench->numbers);
    for (size_t query = 0; query < block.count; query++) {
        float *row = bench->numbers + query * columns, *record = NULL;
        size_t position = a->run->first + block.from + query, low = 0;
        if (a->window > 0 && position + 1 > a->window)
            low = position + 1 - (size_t)a->window;
        size_t seen = low - block.low, count = position + 1 - low;
        cap_scores(a, row + seen, count);
        if (a->record)
            record = record_scores(a, &block, query, row, seen, count);
        weigh(row, columns, seen, count);
        if (record)
            memcpy(record + seen, row + seen, count * sizeof *row);
    }
    mix_values(a, &block, bench->numbers);
    return true;
}

enum status attend(struct run *run, size_t index, const struct kept *kept)
{
    const struct layer *layer = &run->model->layers[index];
    struct attending a = {
        .run = run,
        .layer = layer,
        .kept = kept,
        .record = run->records ? run->probe->layers[index].attention : NULL,
        .queries = layer->projection[PROJECTION_QUERY].heads,
        .keys = layer->projection[PROJECTION_KEY].heads,
        .dim = layer->head_dim,
        .total = run->first + run->positions,
        .blocks = (run->positions + QUERIES - 1) / QUERIES,
        .window = run->settings.slides[index] ? run->settings.window : 0,
        .scale = attention_scale(run, index),
        .cap = run->settings.attention_cap,
    };
    uint64_t scores;
    size_t most = run->positions < QUERIES ? run->positions : QUERIES;
    if (!size_multiply(most, a.total, &scores) || scores > SIZE_MAX / sizeof(float) ||
        !workers_reserve(&run->workers, (size_t)scores))
        return error_memory(run->err);
    bool small = scores * a.dim * a.queries < 1 << 18;
    return workers_run(&run->workers, a.blocks * a.queries, small, attend_unit, &a, run->err);
}
