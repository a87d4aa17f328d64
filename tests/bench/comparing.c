/* comparing.c: a base against its fine-tune: the cosines of both and the distances between them, by
 * a pass over either, against the scan of one of them. */
#include "bench.h"
#include "figures.h"
#include "process.h"

#include <stdio.h>

enum { LAYERS = 32 }; /* of a 7B model */

static double run(const char *const *argv, bool watch, double *owned)
{
    struct run_cost cost;
    if (!process_run(argv, watch, NULL, 0, &cost))
        stop("the comparison failed", argv[2]);
    if (owned)
        *owned = cost.owned_bytes;
    return cost.seconds;
}

static void measure_both(const struct bench *bench, const char *base, const char *tuned)
{
    double one[RUNS_MAX], both[RUNS_MAX], memory;
    char threads[TEXT_NUMBER];
    text_format(threads, sizeof threads, "%zu", bench->threads);
    const char *const scan[] = {bench_program, "scan",  base, "--no-cache",
                                "--threads",   threads, NULL};
    const char *const compare[] = {bench_program, "export", base,   "--compare", tuned,
                                   "--view",      "change", "--by", "threshold", "--no-cache",
                                   "--threads",   threads,  NULL};
    run(scan, false, NULL);
    run(compare, false, NULL);
    for (size_t i = 0; i < bench->runs; i++) {
        one[i] = run(scan, false, NULL);
        both[i] = run(compare, false, NULL);
    }
    double single = figures_median(one, bench->runs), twice = figures_median(both, bench->runs);
    run(compare, true, &memory);
    figures_add("scan of one (S)", 1e3 * single, "ms", 0, NULL);
    figures_add("cosines of both and distances", 1e3 * twice, "ms", twice / single, "S");
    figures_add("  its memory, without file pages", memory / 1e6, "MB", 0, NULL);
}

void measure_comparing(const struct bench *bench)
{
    char base[PATH_BYTES], tuned[PATH_BYTES];
    struct made_model model = large_layers(MADE_BF16, LAYERS, 32);
    if (!bench_wanted(bench, "compare"))
        return;
    figures_section("base against fine-tune, 7B, BF16, whole process");
    if (2 * LAYERS * LAYER_MB * 1e6 > room_for_models(bench)) {
        figures_note("left out: the disk or the memory is too small");
        return;
    }
    make_model(bench, "base", &model);
    model.seed++;
    make_model(bench, "tuned", &model);
    path_in(bench, "base", base);
    path_in(bench, "tuned", tuned);
    measure_both(bench, base, tuned);
    remove_tree(base);
    remove_tree(tuned);
}
