/* opening.c: what opening takes: files of angles, many tensors, experts beside the attention. */
#include "../unit/synthetic.h"
#include "bench.h"
#include "figures.h"
#include "process.h"

#include <unistd.h>

/* ---- files of angles ----------------------------------------------------- */

static void measure_reopening(const struct bench *bench, const char *name, size_t layers,
                              uint32_t heads, uint32_t kv_heads)
{
    struct session_options options = {.threads = bench->threads};
    double seconds[RUNS_MAX];
    char path[PATH_BYTES], words[96], count[TEXT_NUMBER];
    struct error err;
    size_t pairs = make_angles(bench, layers, heads, kv_heads, path);
    text_format(words, sizeof words, "%s: %s pairs", name, text_count(count, pairs));
    for (size_t i = 0; i < bench->runs; i++) {
        struct session *session;
        double start = clock_seconds();
        if (session_open(path, &options, &session, &err) != STATUS_OK)
            stop(err.what, path);
        seconds[i] = clock_seconds() - start;
        session_close(session);
    }
    figures_add(words, 1e3 * figures_median(seconds, bench->runs), "ms", 0, NULL);
    unlink(path);
}

/* ---- tensors that are not read ------------------------------------------- */

struct opening_cost {
    double seconds, owned_bytes;
};

/* Medians of whole runs; memory of one more, since watching takes time. */
static struct opening_cost cost_of(const struct bench *bench, const char *const *argv)
{
    double seconds[RUNS_MAX];
    struct run_cost cost;
    for (size_t i = 0; i <= bench->runs; i++) { /* the first warms up */
        if (!process_run(argv, false, NULL, 0, &cost))
            stop("failed", argv[1]);
        seconds[i > 0 ? i - 1 : 0] = cost.seconds;
    }
    if (!process_run(argv, true, NULL, 0, &cost))
        stop("failed", argv[1]);
    return (struct opening_cost){figures_median(seconds, bench->runs), cost.owned_bytes};
}

static struct opening_cost cost_with(const struct bench *bench, const char *command,
                                     const char *flag, const struct made_model *model)
{
    char path[PATH_BYTES];
    make_model(bench, "tensors", model);
    path_in(bench, "tensors", path);
    const char *const argv[] = {bench_program, command, flag, path, NULL};
    struct opening_cost cost = cost_of(bench, argv);
    remove_tree(path);
    return cost;
}

/* The same attention alone, and beside `others` tensors that nothing needs. */
static void measure_others(const struct bench *bench, const char *name, const char *command,
                           const char *flag, const struct made_model *dense, uint32_t others)
{
    char words[96];
    struct made_model more = *dense;
    more.others = others;
    struct opening_cost few = cost_with(bench, command, flag, dense);
    struct opening_cost many = cost_with(bench, command, flag, &more);
    figures_add(name, 1e3 * few.seconds, "ms", 0, NULL);
    text_format(words, sizeof words, "  with %u tensors more", others);
    figures_add(words, 1e3 * many.seconds, "ms", many.seconds / few.seconds, "the first");
    text_format(words, sizeof words, "  what these take");
    figures_add(words, 1e3 * (many.seconds - few.seconds), "ms", 0, NULL);
    text_format(words, sizeof words, "  their memory, without file pages");
    figures_add(words, (many.owned_bytes - few.owned_bytes) / 1e6, "MB", 0, NULL);
}

void measure_opening(const struct bench *bench)
{
    if (bench_wanted(bench, "cached")) {
        figures_section("opening a file of angles");
        measure_reopening(bench, "405B, grouped", 126, 128, 8);
        measure_reopening(bench, "two million", 126, 240, 8);
    }
    if (bench_wanted(bench, "tensors")) {
        struct made_model dense = large_layers(MADE_BF16, 4, 32);
        figures_section("tensors that are not read, whole process");
        measure_others(bench, "info", "info", "--no-cache", &dense, 100000);
        measure_others(bench, "scan, 0.27 GB", "scan", "--no-cache", &dense, 100000);
        /* 48 layers of 128 experts with three projections each */
        measure_others(bench, "scan, 0.27 GB", "scan", "--no-cache", &dense, 48 * 128 * 3);
    }
}
