/* bench.c: speed as ratios within one run: the same bytes through a plain read, through the scan,
 * and through float32 conversion and OpenBLAS; then what a key press costs. Medians of several
 * runs. bench [DIRECTORY]: of that model; without one, of a made model of 268 MB of queries and
 * keys. */
#include "../unit/made_model.h"

#include "ropescope/analysis.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 5, BLOCK_ROWS = 64 };

/* What all measurements share: the rows of a model, opened once and warm. */
struct bench {
    const char *path;
    struct source *source;
    struct checkpoint *checkpoint;
    struct model *model;
    size_t threads;
    _Atomic size_t next_layer;
    _Atomic uint64_t sink; /* so that no read can be left out */
};

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Median seconds of RUNS calls, after one that warms up. */
static double median(void (*run)(struct bench *), struct bench *bench)
{
    double seconds[RUNS];
    run(bench);
    for (int i = 0; i < RUNS; i++) {
        double start = clock_seconds();
        run(bench);
        seconds[i] = clock_seconds() - start;
    }
    qsort(seconds, RUNS, sizeof *seconds, by_value);
    return seconds[RUNS / 2];
}

static void fail(const struct error *err)
{
    fprintf(stderr, "bench: %s\n", err->what);
    exit(1);
}

/* ---- every layer by the threads of a pool --------------------------------- */

typedef void visit_tensor(struct bench *bench, const struct projection *p,
                          const unsigned char *data);

struct visit {
    struct bench *bench;
    visit_tensor *visit;
};

static void visit_layers(void *arg, size_t worker)
{
    struct visit *visit = arg;
    struct bench *bench = visit->bench;
    (void)worker;
    for (size_t i; (i = atomic_fetch_add(&bench->next_layer, 1)) < bench->model->layer_count;) {
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const struct projection *p = &bench->model->layers[i].projection[which];
            visit->visit(
                bench, p,
                checkpoint_data(bench->checkpoint, checkpoint_tensor(bench->checkpoint, p->index)));
        }
    }
}

static void visit_all(struct bench *bench, visit_tensor *each)
{
    struct visit visit = {bench, each};
    struct error err;
    struct pool *pool;
    atomic_store(&bench->next_layer, 0);
    if (pool_start(&pool, bench->threads, visit_layers, &visit, &err) != STATUS_OK)
        fail(&err);
    pool_join(pool);
}

/* ---- the yardsticks ------------------------------------------------------- */

/* One word of each cache line: as fast as the mapping can be read at all. */
static void read_lines(struct bench *bench, const struct projection *p, const unsigned char *data)
{
    uint64_t bytes = p->rows * p->row_length * (dtype_bits(p->dtype) / 8), sum = 0;
    for (uint64_t at = 0; at + sizeof(uint64_t) <= bytes; at += 64) {
        uint64_t word;
        memcpy(&word, data + at, sizeof word);
        sum += word;
    }
    atomic_fetch_add(&bench->sink, sum);
}

static void read_all(struct bench *bench)
{
    visit_all(bench, read_lines);
}

/* What a program without a fused kernel does: a block of rows to float32, three dot products a
 * pair. */
static void blas_tensor(struct bench *bench, const struct projection *p, const unsigned char *data)
{
    size_t length = (size_t)p->row_length, row_bytes = length * (dtype_bits(p->dtype) / 8);
    float *rows = memory_array(BLOCK_ROWS * length, sizeof *rows);
    double sum = 0;
    for (uint64_t row = 0; rows && row + BLOCK_ROWS <= p->rows; row += BLOCK_ROWS) {
        dtype_to_float(p->dtype, data + row * row_bytes, BLOCK_ROWS * length, rows);
        for (size_t i = 0; i < BLOCK_ROWS / 2; i++) {
            const float *a = rows + i * length, *b = rows + (i + BLOCK_ROWS / 2) * length;
            sum +=
                (double)(cblas_sdot((int)length, a, 1, b, 1) + cblas_sdot((int)length, a, 1, a, 1) +
                         cblas_sdot((int)length, b, 1, b, 1));
        }
    }
    memory_free(rows);
    atomic_fetch_add(&bench->sink, (uint64_t)(sum * sum));
}

static void blas_all(struct bench *bench)
{
    visit_all(bench, blas_tensor);
}

/* ---- the program ---------------------------------------------------------- */

static struct session *open_session(const struct bench *bench, bool no_cache)
{
    struct session_options options = {.no_cache = no_cache, .threads = bench->threads};
    struct session *session;
    struct error err;
    if (session_open(bench->path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail(&err);
    return session;
}

static void scan_all(struct bench *bench)
{
    session_close(open_session(bench, true));
}

static void open_cached(struct bench *bench)
{
    session_close(open_session(bench, false));
}

static void print_rate(const char *name, double bytes, double seconds, double yardstick)
{
    printf("%-40s %7.2f GB/s  %5.2f of the read rate\n", name, bytes / seconds / 1e9,
           yardstick / seconds);
}

static void measure(struct bench *bench)
{
    double bytes = (double)bench->model->scanned_bytes;
    double read = median(read_all, bench);
    printf("%s: %.0f MB of queries and keys, %s, %zu threads\n", bench->model->name, bytes / 1e6,
           dtype_name(bench->model->layers[0].projection[0].dtype), bench->threads);
    print_rate("read, a word a cache line", bytes, read, read);
    print_rate("scan, with opening", bytes, median(scan_all, bench), read);
    print_rate("to float32 and OpenBLAS dots", bytes, median(blas_all, bench), read);
    printf("%-40s %7.2f ms\n", "opening from the cache", 1e3 * median(open_cached, bench));
    struct session *session = open_session(bench, false);
    struct rule rule = RULE_DEFAULT;
    double start = clock_seconds();
    uint64_t fixed = 0;
    for (int i = 0; i < 100; i++) {
        rule.threshold = 0.001F * (float)i;
        fixed += tally_model(session_angles(session), &rule).fixed;
    }
    atomic_fetch_add(&bench->sink, fixed);
    printf("%-40s %7.3f ms of CPU for %llu pairs\n", "a threshold step, counting the model",
           10 * (clock_seconds() - start), (unsigned long long)model_pairs(bench->model));
    session_close(session);
}

/* ---- the model ------------------------------------------------------------ */

static void make_model_in(const char *directory)
{
    struct made_model model = {.layers = 4,
                               .heads = 32,
                               .kv_heads = 32,
                               .head_dim = 128,
                               .hidden = 4096,
                               .dtype = MADE_BF16,
                               .seed = 1};
    if (!made_model_write(&model, directory)) {
        fprintf(stderr, "bench: %s: the model could not be written\n", directory);
        exit(1);
    }
}

static void remove_tree(const char *directory)
{
    char command[PATH_BYTES + 16];
    if (!text_format(command, sizeof command, "rm -rf '%s'", directory) || system(command) != 0)
        fprintf(stderr, "bench: %s is left behind\n", directory);
}

int main(int argc, char **argv)
{
    char scratch[] = "/tmp/ropescope-bench-XXXXXX", made[PATH_BYTES];
    struct bench bench = {.threads = pool_cores()};
    struct model_options options = {0};
    struct error err;
    guard_install();
    openblas_set_num_threads(1); /* the pool's threads are enough */
    if (!mkdtemp(scratch) || !path_join(made, scratch, "made-4-layers"))
        return 1;
    setenv("XDG_CACHE_HOME", scratch, 1);
    bench.path = argc > 1 ? argv[1] : made;
    if (argc <= 1)
        make_model_in(made);
    if (source_locate(bench.path, &bench.source, &err) != STATUS_OK ||
        checkpoint_open(bench.source, &bench.checkpoint, &err) != STATUS_OK ||
        model_open(bench.checkpoint, &options, &bench.model, &err) != STATUS_OK)
        fail(&err);
    measure(&bench);
    model_free(bench.model);
    checkpoint_close(bench.checkpoint);
    source_close(bench.source);
    remove_tree(scratch);
    return 0;
}
