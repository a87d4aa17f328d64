/* workers.c: units of work shared by threads. A product with a matrix is cut by the matrix's rows:
 * whoever takes a block of them turns it into float32 on its own bench, where it is still in the
 * core's cache when the product reads it. So no more of the weights is in memory as float32 than a
 * block a thread, and reading and converting run beside the products of the others. */
#include "workers.h"

#include <string.h>

enum {
    BUFFER_BYTES = 256 << 10, /* of stored rows */
    TILE_NUMBERS = 1 << 20,   /* of weights: 4 MB; each costs a copy of all inputs, too */
    TILE_ROWS_LEAST = 16,
    SMALL_WORK = 1 << 18, /* multiplications that are done before a thread has started */
};

/* ---- benches ------------------------------------------------------------- */

enum status workers_open(struct workers *workers, const struct checkpoint *checkpoint,
                         size_t threads, struct error *err)
{
    *workers = (struct workers){.checkpoint = checkpoint, .threads = threads};
    workers->benches = memory_array(threads, sizeof *workers->benches);
    if (!workers->benches)
        return error_memory(err);
    for (size_t i = 0; i < threads; i++) {
        struct row_buffer *buffer = &workers->benches[i].buffer;
        buffer->bytes = memory_array(BUFFER_BYTES, 1);
        buffer->room = BUFFER_BYTES;
        if (!buffer->bytes)
            return error_memory(err);
    }
    return blas_open(&workers->blas, err);
}

void workers_close(struct workers *workers)
{
    for (size_t i = 0; workers->benches && i < workers->threads; i++) {
        memory_free(workers->benches[i].numbers);
        memory_free(workers->benches[i].buffer.bytes);
        lora_tile_free(&workers->benches[i].lora);
    }
    memory_free(workers->benches);
    *workers = (struct workers){0};
}

bool workers_reserve(struct workers *workers, size_t numbers)
{
    for (size_t i = 0; i < workers->threads; i++) {
        struct bench *bench = &workers->benches[i];
        uint64_t bytes;
        if (bench->room >= numbers)
            continue;
        memory_free(bench->numbers);
        bench->numbers = NULL;
        if (size_multiply(numbers, sizeof *bench->numbers, &bytes))
            bench->numbers = memory_unset((size_t)bytes);
        bench->room = bench->numbers ? numbers : 0;
        if (!bench->numbers)
            return false;
    }
    return true;
}

/* ---- units --------------------------------------------------------------- */

struct round {
    struct workers *workers;
    unit_work *work;
    void *context;
    size_t units;
    _Atomic size_t next;
    _Atomic bool failed;
};

static bool is_cancelled(const struct workers *workers)
{
    return (workers->cancel && atomic_load(workers->cancel)) || signals_caught() != 0;
}

static void work_on(void *arg, size_t worker)
{
    struct round *round = arg;
    struct bench *bench = &round->workers->benches[worker];
    while (!atomic_load(&round->failed) && !is_cancelled(round->workers)) {
        size_t unit = atomic_fetch_add(&round->next, 1);
        if (unit >= round->units)
            break;
        if (!round->work(round->context, unit, bench))
            atomic_store(&round->failed, true);
    }
}

enum status workers_run(struct workers *workers, size_t units, bool small, unit_work *work,
                        void *context, struct error *err)
{
    struct round round = {.workers = workers, .work = work, .context = context, .units = units};
    size_t threads = units < workers->threads ? units : workers->threads;
    if (small || threads <= 1) {
        work_on(&round, 0);
    } else {
        struct pool *pool;
        enum status status = pool_start(&pool, threads, work_on, &round, err);
        if (status != STATUS_OK)
            return status;
        pool_join(pool);
    }
    if (is_cancelled(workers))
        return error_set(err, STATUS_CANCELLED, "the run was cancelled");
    return atomic_load(&round.failed) ? STATUS_FAILED : STATUS_OK;
}

/* ---- products ------------------------------------------------------------ */

struct multiplying {
    struct workers *workers;
    const struct product *products; /* (count) */
    size_t count;
    const struct tensor *_Atomic unread; /* a tensor that could not be read */
};

static size_t tile_rows(const struct product *product)
{
    size_t inner = (size_t)product->weight->shape[1], rows = TILE_NUMBERS / inner;
    rows = rows < TILE_ROWS_LEAST ? TILE_ROWS_LEAST : rows;
    return rows < product->rows ? rows : (size_t)product->rows;
}

static size_t tile_count(const struct product *product)
{
    size_t rows = tile_rows(product);
    return ((size_t)product->rows + rows - 1) / rows;
}

struct reading {
    const struct workers *workers;
    const struct tensor *tensor;
    struct bench *bench;
    uint64_t first;
    size_t rows;
    float *to;
    bool whole;
};

/* Inside guard_run. */
static void read_rows(void *arg)
{
    struct reading *r = arg;
    if (r->tensor->lora)
        r->whole = lora_rows_to_float(&r->bench->lora, r->workers->checkpoint, r->tensor, r->first,
                                      r->rows, r->to);
    else
        r->whole = checkpoint_rows_copied(r->workers->checkpoint, r->tensor, r->first, r->rows,
                                          &r->bench->buffer, r->to);
}

static bool read_tile(struct reading *reading, size_t most)
{
    const struct tensor *tensor = reading->tensor;
    return (!tensor->lora || lora_tile_reserve(&reading->bench->lora, tensor, most)) &&
           guard_run(read_rows, reading) && reading->whole;
}

static void add_bias(const struct product *product, size_t first, size_t rows)
{
    for (size_t t = 0; product->bias && t < product->positions; t++) {
        float *to = product->to + t * (size_t)product->rows + first;
        for (size_t i = 0; i < rows; i++)
            to[i] += product->bias[first + i];
    }
}

static bool multiply_unit(void *context, size_t unit, struct bench *bench)
{
    struct multiplying *m = context;
    const struct product *product = m->products;
    for (; unit >= tile_count(product); product++)
        unit -= tile_count(product);
    size_t most = tile_rows(product), first = unit * most;
    size_t rows = (size_t)product->rows - first < most ? (size_t)product->rows - first : most;
    size_t inner = (size_t)product->weight->shape[1];
    struct reading reading = {m->workers, product->weight, bench, product->first + first,
                              rows,       bench->numbers,  false};
    if (!read_tile(&reading, most)) {
        atomic_store(&m->unread, product->weight);
        return false;
    }
    const struct blas_sizes sizes = {(int)product->positions, (int)rows, (int)inner};
    const struct blas_rows left = {(float *)(uintptr_t)product->from, inner};
    const struct blas_rows right = {bench->numbers, inner};
    const struct blas_rows to = {product->to + first, (size_t)product->rows};
    blas_product(&m->workers->blas, &sizes, 1, &left, &right, true, &to);
    add_bias(product, first, rows);
    if (m->workers->progress)
        atomic_fetch_add(&m->workers->progress->done, rows * tensor_row_bytes(product->weight));
    return true;
}

/* A row must fit the buffer of its thread as it is stored. */
static bool reserve_buffers(struct workers *workers, const struct tensor *tensor)
{
    size_t row = (size_t)tensor_row_bytes(tensor);
    for (size_t i = 0; i < workers->threads; i++) {
        struct row_buffer *buffer = &workers->benches[i].buffer;
        if (row <= buffer->room)
            continue;
        memory_free(buffer->bytes);
        buffer->bytes = memory_array(row, 1);
        buffer->room = buffer->bytes ? row : 0;
        if (!buffer->bytes)
            return false;
    }
    return true;
}

static enum status unreadable(const struct workers *workers, const struct tensor *tensor,
                              struct error *err)
{
    return error_set(
        err, STATUS_FAILED, "%s: tensor %s could not be read: the file shrank or its disk failed",
        checkpoint_source(workers->checkpoint)->files[tensor->file].path, tensor->name);
}

enum status workers_multiply(struct workers *workers, const struct product *products, size_t count,
                             struct error *err)
{
    struct multiplying m = {.workers = workers, .products = products, .count = count};
    size_t units = 0;
    uint64_t work = 0;
    for (size_t i = 0; i < count; i++) {
        const struct tensor *weight = products[i].weight;
        if (!reserve_buffers(workers, weight) ||
            !workers_reserve(workers, tile_rows(&products[i]) * (size_t)weight->shape[1]))
            return error_memory(err);
        units += tile_count(&products[i]);
        work += products[i].rows * products[i].weight->shape[1] * products[i].positions;
    }
    enum status status = workers_run(workers, units, work < SMALL_WORK, multiply_unit, &m, err);
    const struct tensor *unread = atomic_load(&m.unread);
    return status == STATUS_FAILED && unread ? unreadable(workers, unread, err) : status;
}

enum status workers_read_row(struct workers *workers, const struct tensor *tensor, uint64_t row,
                             float *to, struct error *err)
{
    struct reading reading = {workers, tensor, &workers->benches[0], row, 1, to, false};
    if (!reserve_buffers(workers, tensor))
        return error_memory(err);
    return read_tile(&reading, 1) ? STATUS_OK : unreadable(workers, tensor, err);
}
