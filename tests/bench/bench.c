/* bench.c: speed as ratios within one run. bench [--json|--markdown] [--size MB] [--runs N]
 * [--only warm|cold|torch|growth|cached]: makes models in $TMPDIR (or /tmp), measures, and removes
 * them. PYTHON names a python3 with torch. */
#define _GNU_SOURCE 1
#include "../unit/made_model.h"
#include "../unit/synthetic.h"
#include "figures.h"
#include "process.h"
#include "rates.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { RUNS_MAX = 31, LAYER_MB = 67 /* 32 + 32 heads of 128 x 4096 numbers of two bytes */ };

struct bench {
    char scratch[PATH_BYTES];
    size_t runs, threads, megabytes;
    const char *only; /* NULL: everything */
};

static const char program[] = "build/ropescope";

/* ---- models -------------------------------------------------------------- */

static void stop(const char *what, const char *path)
{
    fprintf(stderr, "bench: %s: %s\n", path, what);
    exit(1);
}

static void path_in(const struct bench *bench, const char *name, char path[PATH_BYTES])
{
    if (!path_join(path, bench->scratch, name))
        stop("the path is too long", name);
}

/* Layers of Llama-2-7B's shape, or of Llama-3-8B's where `kv_heads` is 8. */
static void make_model(const struct bench *bench, const char *name, enum made_dtype dtype,
                       uint32_t layers, uint32_t kv_heads)
{
    char path[PATH_BYTES];
    struct made_model model = {.layers = layers,
                               .heads = 32,
                               .kv_heads = kv_heads,
                               .head_dim = 128,
                               .hidden = 4096,
                               .dtype = dtype,
                               .seed = 1};
    path_in(bench, name, path);
    if (!made_model_write(&model, path))
        stop("the model could not be written", path);
}

static void remove_tree(const char *path)
{
    const char *const argv[] = {"rm", "-rf", path, NULL};
    struct run_cost cost;
    if (!process_run(argv, false, NULL, 0, &cost))
        fprintf(stderr, "bench: %s is left behind\n", path);
}

/* The weights again, written anew in steps of `step` bytes: this decides in what pieces the page
 * cache holds them. */
static void rewrite(const char *model, size_t step)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    unsigned char *block = memory_array(step, 1);
    if (!block || !path_join(from, model, "model.safetensors") || !path_join(to, model, "new"))
        stop("cannot be copied", model);
    int in = open(from, O_RDONLY | O_CLOEXEC),
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool good = in >= 0 && out >= 0;
    for (ssize_t got; good && (got = read(in, block, step)) > 0;)
        good = write(out, block, (size_t)got) == got;
    if (!good || close(in) != 0 || close(out) != 0 || rename(to, from) != 0)
        stop("cannot be copied", model);
    memory_free(block);
}

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
    const char *const argv[] = {program, "scan",      "--no-cache", "--threads",
                                threads, rates->path, NULL};
    struct run_cost cost;
    if (!process_run(argv, false, NULL, 0, &cost))
        stop("the scan failed", rates->path);
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
    figures_add("whole process against F", rate(&rates, median[4]), "GB/s", median[3] / median[4],
                "F");
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
        make_model(bench, "dtype", (enum made_dtype)dtype, layers > 0 ? layers : 1, 32);
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
    const char *const argv[] = {program, "scan", "--no-cache", path, NULL};
    struct run_cost cost;
    if (!process_run(argv, true, NULL, 0, &cost))
        stop("the scan failed", path);
    return cost.owned_bytes;
}

static void measure_authors(const struct bench *bench, const char *path)
{
    enum { RUNS = 3 };
    char threads[TEXT_NUMBER], output[256];
    const char *python = find_python();
    figures_section("BF16, against the authors' formula in PyTorch");
    if (!python) {
        figures_note("no python3 with torch was found: name one with PYTHON=");
        return;
    }
    text_format(threads, sizeof threads, "%zu", bench->threads);
    const char *const argv[] = {python, "tests/bench/authors.py", path, "0.01", threads, NULL};
    double theirs[RUNS], ours[RUNS], peak = 0, fraction;
    struct run_cost cost;
    struct rates rates;
    rates_open(&rates, path, bench->threads);
    for (int i = 0; i < RUNS; i++) {
        if (!process_run(argv, false, output, sizeof output, &cost) ||
            sscanf(output, "%lf %lf %lf", &theirs[i], &peak, &fraction) != 3)
            stop("PyTorch failed", path);
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

/* Bytes that fit into half of what the disk and the memory have free. */
static double room_for_models(const struct bench *bench)
{
    struct statvfs disk;
    double memory = (double)sysconf(_SC_AVPHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (statvfs(bench->scratch, &disk) != 0)
        return 0;
    double space = (double)disk.f_bavail * (double)disk.f_frsize;
    return (space < memory ? space : memory) / 2;
}

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
    make_model(bench, "shape", MADE_BF16, layers, kv_heads);
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

/* ---- reopening ----------------------------------------------------------- */

static void measure_reopening(const struct bench *bench, const char *name, size_t layers,
                              uint32_t heads, uint32_t kv_heads)
{
    struct synthetic shape = {layers, heads, kv_heads, 64, -1, -1, false, "made"};
    struct angles *angles = synthetic_new(&shape);
    struct session_options options = {.threads = bench->threads};
    double seconds[RUNS_MAX];
    char path[PATH_BYTES], words[96], count[TEXT_NUMBER];
    struct error err;
    path_in(bench, "made.angles", path);
    FILE *stream = fopen(path, "wb");
    if (!angles || !stream || angles_write(angles, stream, &err) != STATUS_OK ||
        fclose(stream) != 0)
        stop("the angles could not be written", path);
    text_format(words, sizeof words, "%s: %s pairs", name,
                text_count(count, model_pairs(angles->model)));
    synthetic_free(angles);
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

/* ---- all of it ----------------------------------------------------------- */

static bool wanted(const struct bench *bench, const char *part)
{
    return !bench->only || strcmp(bench->only, part) == 0;
}

/* Cold, and against PyTorch: of one model in BF16. */
static void measure_one_model(const struct bench *bench)
{
    uint32_t layers = (uint32_t)(bench->megabytes / LAYER_MB);
    char path[PATH_BYTES];
    if (!wanted(bench, "cold") && !wanted(bench, "torch"))
        return;
    make_model(bench, "model", MADE_BF16, layers > 0 ? layers : 1, 32);
    path_in(bench, "model", path);
    if (wanted(bench, "torch"))
        measure_authors(bench, path);
    if (wanted(bench, "cold"))
        measure_cold(bench, path);
    remove_tree(path);
}

static void measure(const struct bench *bench)
{
    char title[96];
    text_format(title, sizeof title, "%zu threads, kernel %s, %zu MB each, medians of %zu",
                bench->threads, kernel_name(kernel_best()), bench->megabytes, bench->runs);
    figures_section(title);
    if (wanted(bench, "warm"))
        measure_dtypes(bench);
    measure_one_model(bench);
    if (wanted(bench, "cached")) {
        figures_section("opening a file of angles");
        measure_reopening(bench, "405B, grouped", 126, 128, 8);
        measure_reopening(bench, "two million", 126, 240, 8);
    }
    if (wanted(bench, "growth"))
        measure_growth(bench);
}

static bool read_count(const char *text, size_t most, size_t *out)
{
    uint64_t value;
    if (!text || !text_to_u64(text, &value) || value < 1 || value > most)
        return false;
    *out = (size_t)value;
    return true;
}

int main(int argc, char **argv)
{
    const char *tmp = getenv("TMPDIR");
    struct bench bench = {.runs = 5, .threads = pool_cores(), .megabytes = 1074};
    enum figure_style style = FIGURES_TEXT;
    bool good = true;
    for (int i = 1; i < argc && good; i++) {
        if (strcmp(argv[i], "--json") == 0)
            style = FIGURES_JSON;
        else if (strcmp(argv[i], "--markdown") == 0)
            style = FIGURES_MARKDOWN;
        else if (strcmp(argv[i], "--runs") == 0)
            good = read_count(argv[++i], RUNS_MAX, &bench.runs);
        else if (strcmp(argv[i], "--size") == 0)
            good = read_count(argv[++i], 1 << 20, &bench.megabytes);
        else if (strcmp(argv[i], "--only") == 0 && argv[i + 1])
            bench.only = argv[++i];
        else
            good = false;
    }
    if (!good) {
        fprintf(stderr, "bench [--json|--markdown] [--runs N] [--size MB] "
                        "[--only warm|cold|torch|growth|cached]\n");
        return 2;
    }
    guard_install();
    if (!path_join(bench.scratch, tmp && *tmp ? tmp : "/tmp", "ropescope-bench-XXXXXX") ||
        !mkdtemp(bench.scratch))
        stop("no directory could be made", "/tmp");
    setenv("XDG_CACHE_HOME", bench.scratch, 1);
    figures_begin(style);
    measure(&bench);
    figures_end();
    remove_tree(bench.scratch);
    return 0;
}
