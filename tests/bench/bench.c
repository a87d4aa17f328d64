/* bench.c: speed as ratios within one run. bench [--json|--markdown] [--size MB] [--runs N]
 * [--only warm|cold|torch|growth|compare|probe|cached|tensors|frames|explorer]: makes models in
 * $TMPDIR (or /tmp), measures, and removes them. PYTHON names a python3 with torch. */
#include "bench.h"
#include "figures.h"
#include "ropescope/angles.h"

#include <stdlib.h>
#include <string.h>

const char bench_program[] = "build/ropescope";

bool bench_wanted(const struct bench *bench, const char *part)
{
    return !bench->only || strcmp(bench->only, part) == 0;
}

static void measure(const struct bench *bench)
{
    char title[96];
    text_format(title, sizeof title, "%zu threads, kernel %s, %zu MB each, medians of %zu",
                bench->threads, kernel_name(kernel_best()), bench->megabytes, bench->runs);
    figures_section(title);
    measure_scanning(bench);
    measure_comparing(bench);
    measure_probing(bench);
    measure_opening(bench);
    measure_explorer(bench);
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
        fprintf(stderr,
                "bench [--json|--markdown] [--runs N] [--size MB] "
                "[--only warm|cold|torch|growth|compare|probe|cached|tensors|frames|explorer]\n");
        return 2;
    }
    guard_install();
    if (!path_join(bench.scratch, tmp && *tmp ? tmp : "/tmp", "ropescope-bench-XXXXXX") ||
        !mkdtemp(bench.scratch))
        stop("no directory could be made", "/tmp");
    setenv("XDG_CACHE_HOME", bench.scratch, 1);
    setenv("XDG_CONFIG_HOME", bench.scratch, 1); /* nobody's settings */
    figures_begin(style);
    measure(&bench);
    figures_end();
    remove_tree(bench.scratch);
    return 0;
}
