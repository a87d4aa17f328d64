/* explorer.c: the explorer as a person has it, in a terminal of 120x40: when the first picture is
 * there, and what each key costs in time of the processor and in bytes on the line. */
#include "bench.h"
#include "figures.h"
#include "process.h"
#include "terminal.h"

#include <string.h>
#include <unistd.h>

enum { ROWS = 40, COLS = 120, STEPS = 20 };

/* What stands at the end of every picture of the whole screen, the last that is sent of it. */
static const char picture_end[] = "quit";

/* ---- the first picture --------------------------------------------------- */

static void start(struct terminal *terminal, const char *flag, const char *path)
{
    const char *const argv[] = {bench_program, "explore", path, flag, NULL};
    if (!terminal_open(terminal, argv, ROWS, COLS))
        stop("no terminal could be made", path);
}

static double see(struct terminal *terminal, const char *text, const char *path)
{
    double seconds;
    if (!terminal_see(terminal, text, &seconds))
        stop("the picture does not come", path);
    return seconds;
}

static void finish(struct terminal *terminal, const char *path)
{
    if (!terminal_close(terminal))
        stop("the explorer did not end well", path);
}

/* Medians: of the first picture and, where `done` names what tells it, of the complete one. */
static void measure_frame(const struct bench *bench, const char *name, const char *flag,
                          const char *path, const char *done)
{
    double first[RUNS_MAX], complete[RUNS_MAX];
    char words[96];
    struct terminal terminal;
    for (size_t i = 0; i < bench->runs; i++) {
        start(&terminal, flag, path);
        first[i] = see(&terminal, picture_end, path);
        complete[i] = done ? see(&terminal, done, path) : 0;
        finish(&terminal, path);
    }
    figures_add(name, 1e3 * figures_median(first, bench->runs), "ms", 0, NULL);
    if (!done)
        return;
    text_format(words, sizeof words, "  until the model is there");
    figures_add(words, 1e3 * figures_median(complete, bench->runs), "ms", 0, NULL);
}

static void fill_cache(const char *path)
{
    const char *const argv[] = {bench_program, "scan", path, NULL};
    struct run_cost cost;
    if (!process_run(argv, false, NULL, 0, &cost))
        stop("the scan failed", path);
}

/* Nothing is cached, then all is, then there is a file of angles. */
static void measure_frames_of(const struct bench *bench, const char *name, const char *path)
{
    char words[96], angles[PATH_BYTES];
    struct run_cost cost;
    path_in(bench, "frames.angles", angles);
    const char *const save[] = {bench_program, "scan", path, "-o", angles, NULL};
    text_format(words, sizeof words, "%s, not cached", name);
    measure_frame(bench, words, "--no-cache", path, NULL);
    fill_cache(path);
    text_format(words, sizeof words, "%s, cached", name);
    measure_frame(bench, words, NULL, path, NULL);
    if (!process_run(save, false, NULL, 0, &cost))
        stop("the angles could not be written", path);
    text_format(words, sizeof words, "%s, .angles", name);
    measure_frame(bench, words, NULL, angles, NULL);
    unlink(angles);
}

static void measure_made(const struct bench *bench, const char *name, struct made_model model)
{
    char path[PATH_BYTES];
    make_model(bench, "frames", &model);
    path_in(bench, "frames", path);
    measure_frames_of(bench, name, path);
    remove_tree(path);
}

/* Headers that take their time. */
static void measure_headers(const struct bench *bench, const char *name, uint32_t others)
{
    struct made_model model = {.layers = 4,
                               .heads = 4,
                               .kv_heads = 4,
                               .head_dim = 128,
                               .hidden = 64,
                               .others = others,
                               .dtype = MADE_BF16};
    char path[PATH_BYTES];
    make_model(bench, "frames", &model);
    path_in(bench, "frames", path);
    measure_frame(bench, name, "--no-cache", path, "from scan");
    remove_tree(path);
}

static void measure_frames(const struct bench *bench)
{
    struct made_model usual = {.layers = 32,
                               .heads = 32,
                               .kv_heads = 32,
                               .head_dim = 128,
                               .hidden = 64,
                               .dtype = MADE_BF16};
    struct made_model huge = {.layers = 126,
                              .heads = 240,
                              .kv_heads = 8,
                              .head_dim = 128,
                              .hidden = 16,
                              .dtype = MADE_BF16};
    figures_section("explorer, from its start to the first picture");
    measure_frames_of(bench, "demo", "tests/data/demo/base");
    measure_made(bench, "131,072 pairs", usual);
    measure_made(bench, "1,999,872 pairs", huge);
    measure_headers(bench, "100,000 tensors", 100000);
    measure_headers(bench, "850,000 tensors", 850000);
}

/* ---- keys ---------------------------------------------------------------- */

/* Medians of STEPS keys, taken from `keys` in turn. */
static struct step_cost keys_cost(struct terminal *terminal, const char *const *keys, size_t count)
{
    double seconds[STEPS], bytes[STEPS];
    for (size_t i = 0; i < STEPS; i++) {
        struct step_cost cost = terminal_type(terminal, keys[i % count]);
        seconds[i] = cost.seconds;
        bytes[i] = cost.bytes;
    }
    return (struct step_cost){figures_median(seconds, STEPS), figures_median(bytes, STEPS)};
}

/* What the same took of the fewest pairs. */
struct first_costs {
    double step, move, view, percentage, rest;
};

static void add_cost(const char *name, struct step_cost cost, double *first)
{
    const char *of = *first > 0 ? "the fewest pairs" : NULL;
    figures_add(name, 1e3 * cost.seconds, "ms", of ? cost.seconds / *first : 0, of);
    *first = of ? *first : cost.seconds;
    figures_add("  bytes sent", cost.bytes, "B", 0, NULL);
}

/* In the overview, and in the views where it takes most time and most bytes. */
static void measure_views(struct terminal *terminal, const char *name, const char *const *keys,
                          size_t count, double *first)
{
    static const struct {
        const char *key, *name;
    } views[] = {{"1", "overview"},
                 {"o", "map of fractions"},
                 {"OO", "map of excess"},
                 {"o2", "pairs"},
                 {"ss>>>>>>>>>>>>", "all pairs by fixed"},
                 {"<<<<<<<<<<<<s3", "heads"},
                 {"ss>>>>>>>>>>>>>", "all heads by excess"},
                 {"<<<<<<<<<<<<<s4", "layers"},
                 {"5", "histogram"},
                 {"6", "scatter"},
                 {"7", "threshold"},
                 {"9x", "by frequency"},
                 {"xx0s", "strip of a layer"},
                 {"W", "spectrum of a layer"},
                 {"s", "spectrum of the model"}};
    enum { VIEWS = sizeof views / sizeof *views };
    struct step_cost cost[VIEWS];
    char words[96];
    size_t slow = 0, far = 0;
    for (size_t i = 0; i < VIEWS; i++) {
        terminal_type(terminal, views[i].key);
        cost[i] = keys_cost(terminal, keys, count);
        slow = cost[i].seconds > cost[slow].seconds ? i : slow;
        far = cost[i].bytes > cost[far].bytes ? i : far;
    }
    terminal_type(terminal, "s1");
    add_cost(name, cost[0], first);
    text_format(words, sizeof words, "  most time: %s", views[slow].name);
    figures_add(words, 1e3 * cost[slow].seconds, "ms", 0, NULL);
    text_format(words, sizeof words, "  most bytes: %s", views[far].name);
    figures_add(words, cost[far].bytes, "B", 0, NULL);
}

static void measure_keys(struct terminal *terminal, struct first_costs *first)
{
    static const char *const steps[] = {"]", "]", "]", "]", "]", "[", "[", "[", "[", "["};
    static const char *const moves[] = {"j", "l", "l", "j", "k", "h", "h", "k"};
    static const char *const switches[] = {"\t"};
    measure_views(terminal, "a step of the threshold", steps, sizeof steps / sizeof *steps,
                  &first->step);
    measure_views(terminal, "a move of the selection", moves, sizeof moves / sizeof *moves,
                  &first->move);
    add_cost("another view", keys_cost(terminal, switches, 1), &first->view);
    terminal_type(terminal, "1");
}

/* A percentage is turned into a threshold by its Enter. */
static void measure_percentages(struct terminal *terminal, double *first)
{
    static const char *const wanted[] = {"t30%", "t60%", "t45%", "t70%", "t20%"};
    enum { COUNT = sizeof wanted / sizeof *wanted };
    double seconds[COUNT], bytes[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        terminal_type(terminal, wanted[i]);
        struct step_cost cost = terminal_type(terminal, "\r");
        seconds[i] = cost.seconds;
        bytes[i] = cost.bytes;
    }
    add_cost("a percentage made a threshold",
             (struct step_cost){figures_median(seconds, COUNT), figures_median(bytes, COUNT)},
             first);
}

static void measure_pairs(const struct bench *bench, size_t layers, uint32_t heads,
                          uint32_t kv_heads, struct first_costs *first)
{
    char path[PATH_BYTES], title[96], count[TEXT_NUMBER];
    struct terminal terminal;
    size_t pairs = make_angles(bench, layers, heads, kv_heads, path);
    text_format(title, sizeof title, "explorer at %dx%d, %s pairs: processor and line", COLS, ROWS,
                text_count(count, pairs));
    figures_section(title);
    start(&terminal, NULL, path);
    see(&terminal, picture_end, path);
    measure_keys(&terminal, first);
    measure_percentages(&terminal, &first->percentage);
    add_cost("a second in which nothing happens", terminal_rest(&terminal, 1), &first->rest);
    figures_add("memory, without file pages", terminal_owned_bytes(&terminal) / 1e6, "MB", 0, NULL);
    finish(&terminal, path);
    unlink(path);
}

void measure_explorer(const struct bench *bench)
{
    if (bench_wanted(bench, "frames"))
        measure_frames(bench);
    if (bench_wanted(bench, "explorer")) {
        struct first_costs first = {0};
        measure_pairs(bench, 10, 8, 8, &first); /* 10,240 */
        measure_pairs(bench, 32, 32, 32, &first);
        measure_pairs(bench, 126, 240, 8, &first);
    }
}
