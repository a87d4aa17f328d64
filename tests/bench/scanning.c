/* scanning.c: what a scan takes, by dtype, page cache, size, and against others. */
#include "bench.h"
#include "figures.h"
#include "process.h"
#include "rates.h"

#include <stdlib.h>
#include <string.h>

/* ---- warm ---------------------------------------------------------------- */

/* Several measurements taken in turn, so that whatever slows the machine slows them all. */
struct measurement {
    const char *name;
    double (*measure)(struct rates *rates);
    double seconds[RUNS_MAX];
};

static double whole_process(struct rates *rates)
{
    char threads[TEXT_NUMBER];
    text_format(threads, sizeof threads, "%zu", rates->threads);
    const char *const argv[] = {bench_program, "scan",      "--no-cache", "--threads",
                                threads,       rates->path, NULL};
    struct run_cost cost;
    if (!process_run(argv, false, NULL, 0, &cost))
        stop("the scan failed", rates->path);
    return cost.seconds;
}

/* The least that a new process can do with the file. */
static double least_process(struct rates *rates)
{
    char threads[TEXT_NUMBER], file[PATH_BYTES], sum[64];
    text_format(threads, sizeof threads, "%zu", rates->threads);
    const char *const argv[] = {"build/tools/stream", file, threads, NULL};
    struct run_cost cost;
    if (!path_join(file, rates->path, "model.safetensors") ||
        !process_run(argv, false, sum, sizeof sum, &cost))
        stop("the file could not be read", rates->path);
    return cost.seconds;
}

static void take_turns(const struct bench *bench, struct rates *rates, struct measurement *all,
                       size_t count)
{
    for (size_t run = 0; run <= bench->runs; run++) {
        for (size_t i = 0; i < count; i++)
            all[i].seconds[run > 0 ? run - 1 : 0] = all[i].measure(rates); /* the first warms up */
    }
}

static double rate(const struct rates *rates, double seconds)
{
    return (double)rates->model->scanned_bytes / seconds / 1e9;
}

static void measure_warm(const struct bench *bench, const char *path)
{
    struct measurement all[] = {
        {"reading the mapping (R)", rates_stream, {0}},
        {"scan of the same mapping", rates_scan, {0}},
        {"float32 and OpenBLAS, same mapping", rates_blas, {0}},
        {"reading a fresh mapping (F)", rates_stream_fresh, {0}},
        {"whole process that reads a mapping (W)", least_process, {0}},
        {"whole process: ropescope scan", whole_process, {0}},
    };
    enum { COUNT = sizeof all / sizeof *all };
    double median[COUNT];
    struct rates rates;
    rates_open(&rates, path, bench->threads);
    take_turns(bench, &rates, all, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        median[i] = figures_median(all[i].seconds, bench->runs);
    for (size_t i = 0; i < COUNT; i++) {
        const char *of = i == 0 ? NULL : "R";
        figures_add(all[i].name, rate(&rates, median[i]), "GB/s", median[0] / median[i], of);
    }
    for (size_t i = 3; i < 5; i++) /* like to like: what is mapped anew, too */
        figures_add(i == 3 ? "whole process against F" : "whole process against W",
                    rate(&rates, median[5]), "GB/s", median[i] / median[5], i == 3 ? "F" : "W");
    rates_close(&rates);
}

static void measure_kernels(const struct bench *bench, const char *path)
{
    struct rates rates;
    rates_open(&rates, path, bench->threads);
    for (size_t i = 0; (rates.kernel = kernel_at(i)) != NULL; i++) {
        struct measurement pair[] = {{"R", rates_stream, {0}}, {"kernel", rates_kernel, {0}}};
        char name[64];
        take_turns(bench, &rates, pair, 2);
        double stream = figures_median(pair[0].seconds, bench->runs);
        double kernel = figures_median(pair[1].seconds, bench->runs);
        text_format(name, sizeof name, "kernel %s", kernel_name(rates.kernel));
        figures_add(name, rate(&rates, kernel), "GB/s", stream / kernel, "R");
    }
    rates_close(&rates);
}

static void measure_dtypes(const struct bench *bench)
{
    static const size_t steps[] = {4096, 16 << 20};
    for (int dtype = 0; dtype < MADE_DTYPES; dtype++) {
        size_t size = dtype == MADE_F64 ? 4 : dtype == MADE_F32 ? 2 : 1;
        uint32_t layers = (uint32_t)(bench->megabytes / (LAYER_MB * size));
        char path[PATH_BYTES], title[96];
        struct made_model model = large_layers((enum made_dtype)dtype, layers > 0 ? layers : 1, 32);
        make_model(bench, "dtype", &model);
        path_in(bench, "dtype", path);
        for (size_t i = 0; i < 2; i++) {
            text_format(title, sizeof title, "%s, warm, written in steps of %s",
                        made_dtype_name[dtype], i == 0 ? "4 kB" : "16 MB");
            figures_section(title);
            rewrite(path, steps[i]);
            measure_warm(bench, path);
        }
        measure_kernels(bench, path);
        remove_tree(path);
    }
}

/* ---- cold ---------------------------------------------------------------- */

static double cold_scan(struct rates *rates)
{
    rates_drop_cache(rates);
    return whole_process(rates);
}

static double cold_dd(struct rates *rates)
{
    rates_drop_cache(rates);
    return rates_dd(rates);
}

static void measure_cold(const struct bench *bench, const char *path)
{
    struct measurement pair[] = {{"read(2) in blocks of 1 MiB (D)", cold_dd, {0}},
                                 {"whole process: ropescope scan", cold_scan, {0}}};
    struct rates rates;
    rates_open(&rates, path, bench->threads);
    double warm = rates_dd(&rates);
    figures_section("BF16, cold");
    take_turns(bench, &rates, pair, 2);
    double dd = figures_median(pair[0].seconds, bench->runs);
    double scan = figures_median(pair[1].seconds, bench->runs);
    if (dd < 1.5 * warm) {
        figures_note("the system kept the file in memory: no cold figures");
    } else {
        figures_add(pair[0].name, rate(&rates, dd), "GB/s", 0, NULL);
        figures_add(pair[1].name, rate(&rates, scan), "GB/s", dd / scan, "D");
    }
    rates_close(&rates);
}

/* ---- against PyTorch ----------------------------------------------------- */

static const char *find_python(void)
{
    const char *const candidates[] = {getenv("PYTHON"), "/usr/bin/python3", "python3"};
    struct run_cost cost;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        const char *const argv[] = {candidates[i], "-c", "import torch", NULL};
        if (candidates[i] && process_run(argv, false, NULL, 0, &cost))
            return candidates[i];
    }
    return NULL;
}

/* Peak without file-backed pages, of a run of its own: watching takes time. */
static double owned_memory(const char *path)
{
    const char *const argv[] = {bench_program, "scan", "--no-cache", path, NULL};
    struct run_cost cost;
    if (!process_run(argv, true, NULL, 0, &cost))
        stop("the scan failed", path);
    return cost.owned_bytes;
}

/* `widened`: loaded as float32, as transformers 4 does unless it is told otherwise. */
static void measure_authors(const struct bench *bench, const char *path, const char *dtype,
                            bool widened)
{
    enum { RUNS = 3 };
    char threads[TEXT_NUMBER], output[256], title[96];
    const char *python = find_python();
    text_format(title, sizeof title, "%s%s, against the authors' formula in PyTorch", dtype,
                widened ? " loaded as float32" : "");
    figures_section(title);
    if (!python) {
        figures_note("no python3 with torch was found: name one with PYTHON=");
        return;
    }
    text_format(threads, sizeof threads, "%zu", bench->threads);
    const char *const argv[] = {python,  "tests/bench/authors.py",   path, "0.01",
                                threads, widened ? "float32" : NULL, NULL};
    double theirs[RUNS], ours[RUNS], peak = 0, fraction;
    struct run_cost cost;
    struct rates rates;
    rates_open(&rates, path, bench->threads);
    for (int i = 0; i < RUNS; i++) {
        if (!process_run(argv, false, output, sizeof output, &cost)) {
            figures_note("this PyTorch does not compute it (of F16 on a processor, 1.13 does not)");
            rates_close(&rates);
            return;
        }
        if (sscanf(output, "%lf %lf %lf", &theirs[i], &peak, &fraction) != 3)
            stop("PyTorch failed", path);
        whole_process(&rates); /* what went before left the caches to PyTorch */
        ours[i] = whole_process(&rates);
    }
    double torch = figures_median(theirs, RUNS), scan = figures_median(ours, RUNS);
    double memory = owned_memory(path);
    figures_add("cosine_similarity, without import (P)", rate(&rates, torch), "GB/s", 0, NULL);
    figures_add("whole process: ropescope scan", rate(&rates, scan), "GB/s", torch / scan, "P");
    figures_add("peak memory of PyTorch, without import (M)", peak / 1e6, "MB", 0, NULL);
    figures_add("peak memory of the scan, without file pages", memory / 1e6, "MB", memory / peak,
                "M");
    rates_close(&rates);
}

/* ---- growth and shapes --------------------------------------------------- */

static void measure_shape(const struct bench *bench, const char *name, uint32_t layers,
                          uint32_t kv_heads, double *first)
{
    double seconds[RUNS_MAX];
    char path[PATH_BYTES];
    struct rates rates;
    if (layers * (32.0 + kv_heads) / 64 * LAYER_MB * 1e6 > room_for_models(bench)) {
        figures_note("the rest is left out: the disk or the memory is too small");
        return;
    }
    struct made_model model = large_layers(MADE_BF16, layers, kv_heads);
    make_model(bench, "shape", &model);
    path_in(bench, "shape", path);
    rates_open(&rates, path, bench->threads);
    whole_process(&rates);
    for (size_t i = 0; i < bench->runs; i++)
        seconds[i] = whole_process(&rates);
    double median = figures_median(seconds, bench->runs);
    double each = median / (double)rates.model->scanned_bytes;
    if (*first == 0)
        *first = each;
    figures_add(name, 1e3 * median, "ms", each / *first, "the first, by byte");
    figures_add("  its memory, without file pages", owned_memory(path) / 1e6, "MB", 0, NULL);
    rates_close(&rates);
    remove_tree(path);
}

static void measure_growth(const struct bench *bench)
{
    double first = 0;
    figures_section("BF16, whole process by bytes of queries and keys");
    measure_shape(bench, "1.1 GB: 16 layers of 32 + 32 heads", 16, 32, &first);
    measure_shape(bench, "2.1 GB: 32 layers (7B)", 32, 32, &first);
    measure_shape(bench, "1.3 GB: 32 layers of 32 + 8 heads (8B)", 32, 8, &first);
    measure_shape(bench, "4.3 GB: 64 layers", 64, 32, &first);
    measure_shape(bench, "8.6 GB: 128 layers", 128, 32, &first);
}

/* ---- all of it ----------------------------------------------------------- */

static void make_one(const struct bench *bench, enum made_dtype dtype, char path[PATH_BYTES])
{
    size_t size = dtype == MADE_F32 ? 2 : 1;
    uint32_t layers = (uint32_t)(bench->megabytes / (LAYER_MB * size));
    struct made_model model = large_layers(dtype, layers > 0 ? layers : 1, 32);
    make_model(bench, "model", &model);
    path_in(bench, "model", path);
}

/* In each number format that a base model is held in. */
static void measure_against_authors(const struct bench *bench)
{
    static const enum made_dtype dtypes[] = {MADE_BF16, MADE_F16, MADE_F32};
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        char path[PATH_BYTES];
        make_one(bench, dtypes[i], path);
        measure_authors(bench, path, made_dtype_name[dtypes[i]], false);
        if (dtypes[i] != MADE_F32)
            measure_authors(bench, path, made_dtype_name[dtypes[i]], true);
        remove_tree(path);
    }
}

static void measure_disk(const struct bench *bench)
{
    char path[PATH_BYTES];
    make_one(bench, MADE_BF16, path);
    measure_cold(bench, path);
    remove_tree(path);
}

void measure_scanning(const struct bench *bench)
{
    if (bench_wanted(bench, "warm"))
        measure_dtypes(bench);
    if (bench_wanted(bench, "torch"))
        measure_against_authors(bench);
    if (bench_wanted(bench, "cold"))
        measure_disk(bench);
    if (bench_wanted(bench, "growth"))
        measure_growth(bench);
}
