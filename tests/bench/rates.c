/* rates.c: yardsticks and the scan, over the same rows with the same threads. */
#define _GNU_SOURCE 1 /* posix_fadvise */
#include "rates.h"

#include "angles/scan.h"

#include <cblas.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20 };

static void fail(const struct error *err)
{
    fprintf(stderr, "bench: %s\n", err->what);
    exit(1);
}

void rates_open(struct rates *rates, const char *path, size_t threads)
{
    struct model_options options = {0};
    struct error err;
    *rates = (struct rates){.path = path, .threads = threads, .kernel = kernel_best()};
    if (source_locate(path, &rates->source, &err) != STATUS_OK ||
        checkpoint_open(rates->source, &rates->checkpoint, &err) != STATUS_OK ||
        model_open(rates->checkpoint, &options, &rates->model, &err) != STATUS_OK)
        fail(&err);
}

void rates_close(struct rates *rates)
{
    model_free(rates->model);
    checkpoint_close(rates->checkpoint);
    source_close(rates->source);
}

/* ---- pieces of every projection, by the threads of a pool ---------------- */

/* Rows of one projection: `count` from `row` on, two blocks of them for a half-split pair. */
struct piece {
    const struct projection *projection;
    const unsigned char *data; /* of its tensor */
    const struct layer *layer;
    uint32_t head;
    int which;
};

typedef double visit_piece(const struct rates *rates, const struct piece *piece);

struct visit {
    struct rates *rates;
    visit_piece *visit;
};

static size_t head_bytes(const struct piece *piece)
{
    const struct projection *p = piece->projection;
    return 2 * (size_t)piece->layer->pairs * (size_t)p->row_length * (dtype_bits(p->dtype) / 8);
}

/* The `index`-th head of the model, in the order of layers; false past the last. */
static bool find_piece(const struct rates *rates, size_t index, struct piece *piece)
{
    for (size_t i = 0; i < rates->model->layer_count; i++) {
        const struct layer *layer = &rates->model->layers[i];
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const struct projection *p = &layer->projection[which];
            if (index < p->heads) {
                const struct tensor *tensor = checkpoint_tensor(rates->checkpoint, p->index);
                *piece = (struct piece){p, checkpoint_data(rates->checkpoint, tensor), layer,
                                        (uint32_t)index, which};
                return true;
            }
            index -= p->heads;
        }
    }
    return false;
}

static void visit_pieces(void *arg, size_t worker)
{
    struct visit *visit = arg;
    struct piece piece;
    double sum = 0;
    (void)worker;
    while (find_piece(visit->rates, atomic_fetch_add(&visit->rates->next, 1), &piece))
        sum += visit->visit(visit->rates, &piece);
    atomic_fetch_add(&visit->rates->sink, (uint64_t)(sum * sum < 1e18 ? sum * sum : 1));
}

static double visit_all(struct rates *rates, visit_piece *each)
{
    struct visit visit = {rates, each};
    struct error err;
    struct pool *pool;
    double start = clock_seconds();
    atomic_store(&rates->next, 0);
    if (pool_start(&pool, rates->threads, visit_pieces, &visit, &err) != STATUS_OK)
        fail(&err);
    pool_join(pool);
    return clock_seconds() - start;
}

static const unsigned char *head_data(const struct piece *piece, size_t *row_bytes)
{
    uint64_t a, b;
    layer_pair_rows(piece->layer, piece->which, piece->head, 0, &a, &b);
    *row_bytes = (size_t)piece->projection->row_length * (dtype_bits(piece->projection->dtype) / 8);
    return piece->data + a * *row_bytes;
}

/* ---- the yardsticks ------------------------------------------------------ */

static double stream_piece(const struct rates *rates, const struct piece *piece)
{
    size_t row_bytes, bytes = head_bytes(piece);
    const unsigned char *data = head_data(piece, &row_bytes);
    uint64_t sum = 0;
    (void)rates;
    for (size_t at = 0; at + sizeof(uint64_t) <= bytes; at += 64) {
        uint64_t word;
        memcpy(&word, data + at, sizeof word);
        sum += word;
    }
    return (double)(sum & 1);
}

double rates_stream(struct rates *rates)
{
    return visit_all(rates, stream_piece);
}

double rates_stream_fresh(struct rates *rates)
{
    struct rates fresh;
    double start = clock_seconds();
    rates_open(&fresh, rates->path, rates->threads);
    rates_stream(&fresh);
    rates_close(&fresh);
    return clock_seconds() - start;
}

static double kernel_piece(const struct rates *rates, const struct piece *piece)
{
    size_t row_bytes;
    double sum = 0;
    (void)head_data(piece, &row_bytes);
    for (uint32_t pair = 0; pair < piece->layer->pairs; pair++) {
        uint64_t a, b;
        layer_pair_rows(piece->layer, piece->which, piece->head, pair, &a, &b);
        sum += kernel_pair(rates->kernel, piece->projection->dtype, piece->data + a * row_bytes,
                           piece->data + b * row_bytes, (size_t)piece->projection->row_length)
                   .dot;
    }
    return sum;
}

double rates_kernel(struct rates *rates)
{
    return visit_all(rates, kernel_piece);
}

/* What a program without a fused kernel does: rows to float32, three dot products a pair. */
static double blas_piece(const struct rates *rates, const struct piece *piece)
{
    size_t row_bytes, length = (size_t)piece->projection->row_length;
    float *rows = memory_array(2 * length, sizeof *rows);
    double sum = 0;
    (void)rates;
    (void)head_data(piece, &row_bytes);
    for (uint32_t pair = 0; rows && pair < piece->layer->pairs; pair++) {
        uint64_t a, b;
        const float *x = rows, *y = rows + length;
        layer_pair_rows(piece->layer, piece->which, piece->head, pair, &a, &b);
        dtype_to_float(piece->projection->dtype, piece->data + a * row_bytes, length, rows);
        dtype_to_float(piece->projection->dtype, piece->data + b * row_bytes, length,
                       rows + length);
        sum += (double)(cblas_sdot((int)length, x, 1, y, 1) + cblas_sdot((int)length, x, 1, x, 1) +
                        cblas_sdot((int)length, y, 1, y, 1));
    }
    memory_free(rows);
    return sum;
}

double rates_blas(struct rates *rates)
{
    openblas_set_num_threads(1); /* the pool's threads are enough */
    return visit_all(rates, blas_piece);
}

double rates_dd(struct rates *rates)
{
    static unsigned char piece[PIECE_BYTES];
    double start = clock_seconds();
    for (size_t i = 0; i < rates->source->file_count; i++) {
        int fd = open(rates->source->files[i].path, O_RDONLY | O_CLOEXEC);
        while (fd >= 0 && read(fd, piece, sizeof piece) > 0)
            atomic_fetch_add(&rates->sink, piece[0]);
        if (fd >= 0)
            close(fd);
    }
    return clock_seconds() - start;
}

void rates_drop_cache(const struct rates *rates)
{
    for (size_t i = 0; i < rates->source->file_count; i++) {
        int fd = open(rates->source->files[i].path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        fdatasync(fd);
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
}

/* ---- the scan ------------------------------------------------------------ */

double rates_scan(struct rates *rates)
{
    struct model_options options = {0};
    struct model *model;
    struct angles *angles;
    struct scan *scan;
    struct layer_result result;
    struct error err;
    if (model_open(rates->checkpoint, &options, &model, &err) != STATUS_OK ||
        angles_new(model, 1, &angles, &err) != STATUS_OK)
        fail(&err);
    double start = clock_seconds();
    if (scan_start(rates->checkpoint, angles, NULL, rates->threads, &scan, &err) != STATUS_OK)
        fail(&err);
    while (scan_running(scan)) {
        struct pollfd wake = {.fd = scan_wake_fd(scan), .events = POLLIN};
        poll(&wake, 1, 100);
        while (scan_receive(scan, &result))
            angles_land(angles, &result);
    }
    if (scan_join(scan, &err) != STATUS_OK)
        fail(&err);
    while (scan_receive(scan, &result))
        angles_land(angles, &result);
    double seconds = clock_seconds() - start;
    scan_free(scan);
    angles_free(angles);
    return seconds;
}
