/* Settings as flags: what settings_flags writes, the command line reads back, setting by setting.
 */
#include "commands/commands.h"
#include "synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct synthetic shape = {12, 8, 2, 8, 3, -1, false, "model"};
static struct angles *angles;

static int set_up(void **unused)
{
    (void)unused;
    angles = synthetic_new(&shape);
    for (size_t i = 0; i < shape.layers; i++) /* numbers are no indices */
        angles->model->layers[i].number = (uint32_t)(3 + 2 * i);
    return 0;
}

static int tear_down(void **unused)
{
    (void)unused;
    synthetic_free(angles);
    return 0;
}

/* Reads flags as a shell would hand them over; no value has a space. */
static struct view_settings read_back(const char *flags, struct options *options)
{
    enum { WORDS_MOST = 40 };
    static char text[SETTINGS_FLAGS_BYTES];
    char *words[WORDS_MOST] = {"ropescope", "export", "m", "--view", "pairs"};
    int count = 5;
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct error err = {0};
    snprintf(text, sizeof text, "%s", flags);
    for (char *word = strtok(text, " "); word && count < WORDS_MOST; word = strtok(NULL, " "))
        words[count++] = word;
    if (options_read(options, count, words, &err) != STATUS_OK ||
        settings_read(options, angles->model, &settings, &err) != STATUS_OK)
        fail_msg("%s: %s", flags, err.what);
    return settings;
}

static void assert_same(const struct view_settings *a, const struct view_settings *b)
{
    assert_true(a->rule.threshold == b->rule.threshold);
    assert_int_equal(a->rule.first_layer, b->rule.first_layer);
    assert_int_equal(a->rule.projection[0], b->rule.projection[0]);
    assert_int_equal(a->rule.projection[1], b->rule.projection[1]);
    assert_int_equal(a->selection.scope, b->selection.scope);
    assert_int_equal(a->one_head, b->one_head);
    if (a->selection.scope != SCOPE_MODEL)
        assert_int_equal(a->selection.layer, b->selection.layer);
    if (a->selection.scope == SCOPE_HEAD || a->one_head)
        assert_int_equal(a->selection.head, b->selection.head);
    assert_int_equal(a->bins, b->bins);
    assert_int_equal(a->unit, b->unit);
    assert_int_equal(a->measure, b->measure);
    assert_int_equal(a->log, b->log);
    assert_int_equal(a->linear, b->linear);
    assert_int_equal(a->each_layer, b->each_layer);
    assert_int_equal(a->arrange, b->arrange);
    assert_int_equal(a->line, b->line);
    assert_int_equal(a->by, b->by);
    assert_int_equal(a->against_tuned, b->against_tuned);
    assert_int_equal(a->strip_count, b->strip_count);
    for (size_t i = 0; i < a->strip_count; i++)
        assert_int_equal(a->strip[i], b->strip[i]);
    assert_int_equal(a->relative, b->relative);
    assert_int_equal(a->norms, b->norms);
    assert_int_equal(a->axis, b->axis);
    assert_int_equal(a->shade, b->shade);
    assert_int_equal(a->attention, b->attention);
    assert_int_equal(a->sort.column != NULL, b->sort.column != NULL);
    if (a->sort.column) {
        assert_string_equal(a->sort.column, b->sort.column);
        assert_int_equal(a->sort.descending, b->sort.descending);
    }
    assert_int_equal(zoom_whole(&a->zoom), zoom_whole(&b->zoom));
    if (!zoom_whole(&a->zoom))
        assert_memory_equal(&a->zoom, &b->zoom, sizeof a->zoom);
}

/* Takes back what the view does not heed, as its flags leave it out. */
static struct view_settings heeded(struct view_settings settings, enum view_id view)
{
    const struct view_settings usual = VIEW_SETTINGS_DEFAULT;
    if (view != VIEW_OVERVIEW)
        settings.measure = usual.measure;
    if (view != VIEW_HISTOGRAM) {
        settings.bins = usual.bins;
        settings.log = usual.log;
        settings.arrange = usual.arrange;
    }
    if (view != VIEW_HISTOGRAM && view != VIEW_SCATTER)
        settings.unit = usual.unit;
    if (view != VIEW_SCATTER) {
        settings.zoom = usual.zoom;
        settings.against_tuned = false;
    }
    if (view != VIEW_THRESHOLD)
        settings.linear = settings.each_layer = false;
    if (view != VIEW_PROFILE) {
        settings.line = usual.line;
        settings.relative = false;
    }
    if (view != VIEW_STRIP)
        settings.strip_count = 0;
    if (view != VIEW_CHANGE)
        settings.by = usual.by;
    if (view != VIEW_SPECTRUM)
        settings.shade = usual.shade;
    if (view != VIEW_ATTENTION)
        settings.attention = usual.attention;
    if (view != VIEW_FREQUENCY) {
        settings.norms = false;
        settings.axis = usual.axis;
    }
    bool whole = view == VIEW_OVERVIEW || view == VIEW_LAYERS || view == VIEW_THRESHOLD ||
                 view == VIEW_PROFILE;
    if (whole)
        settings.selection.scope = SCOPE_MODEL;
    if (whole || settings.selection.scope != SCOPE_MODEL)
        settings.one_head = false;
    if (view == VIEW_OVERVIEW || view == VIEW_HISTOGRAM || view == VIEW_SCATTER ||
        view == VIEW_THRESHOLD || view == VIEW_PROFILE || view == VIEW_FREQUENCY ||
        view == VIEW_STRIP || view == VIEW_SPECTRUM || view == VIEW_OFFSETS ||
        view == VIEW_ATTENTION)
        settings.sort = usual.sort;
    return settings;
}

static void test_flags_read_back(void **unused)
{
    static const float thresholds[] = {0, 0.01F, 0.0123F, 0.1F, 1, 3e-7F};
    static const char *const columns[] = {NULL, "cos", "layer"};
    static const struct zoom zooms[] = {
        {0}, {-1, 1, -0.5, 0.1}, {1.0 / 3, 2.0 / 3, 1e-9, 0.7071067811865476}};
    uint32_t z = 1;
    (void)unused;
    for (int i = 0; i < 3000; i++) {
        struct options options;
        char flags[SETTINGS_FLAGS_BYTES];
        uint32_t pick[18];
        for (size_t k = 0; k < 18; k++) {
            z = z * 1664525U + 1013904223U;
            pick[k] = z >> 16;
        }
        enum view_id view = (enum view_id)(pick[0] % VIEW_COUNT);
        struct view_settings settings = {
            .rule = {thresholds[pick[1] % 6], pick[2] % 4, {pick[3] % 3 != 0, pick[3] % 3 != 1}},
            .selection = {(enum scope)(pick[4] % 3), pick[5] % shape.layers, pick[6] % 8},
            .one_head = pick[7] % 4 == 0,
            .bins = 1 + pick[8] % 512,
            .unit = (enum quantity)(pick[9] % 3),
            .measure = (enum measure)(pick[10] % MEASURE_COUNT),
            .log = pick[11] % 2,
            .sort = {columns[pick[12] % 3], pick[13] % 2},
            .arrange = (enum arrangement)(pick[14] % ARRANGE_COUNT),
            .zoom = zooms[pick[15] % 3],
            .linear = pick[16] % 2,
            .each_layer = pick[17] % 2,
            .line = (enum profile_line)(pick[13] % PROFILE_LINES),
            .relative = pick[12] % 2,
            .against_tuned = pick[7] % 2,
            .by = (enum change_by)(pick[9] % CHANGE_BYS),
            .strip = {pick[1] % shape.layers, pick[2] % shape.layers, pick[3] % shape.layers},
            .strip_count = pick[8] % 4,
            .norms = pick[11] % 3 == 0,
            .axis = (enum pair_axis)(pick[10] % PAIR_AXES),
            .shade = (enum pair_shade)(pick[14] % PAIR_SHADES),
            .attention = (enum attention_show)(pick[15] % ATTENTION_SHOWS),
        };
        if (angles->model->layers[settings.selection.layer].pairs == 0)
            settings.selection.head = 0;
        settings = heeded(settings, view);
        assert_true(settings_flags(&settings, view, angles->model, flags, sizeof flags));
        struct view_settings back = read_back(flags, &options);
        assert_same(&settings, &back);
    }
}

static void test_defaults_need_no_flags(void **unused)
{
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    char flags[SETTINGS_FLAGS_BYTES];
    (void)unused;
    for (int view = 0; view < VIEW_COUNT; view++) {
        assert_true(
            settings_flags(&settings, (enum view_id)view, angles->model, flags, sizeof flags));
        assert_string_equal(flags, "");
    }
    settings.selection = (struct selection){SCOPE_HEAD, 2, 5}; /* a layer goes by its number */
    assert_true(settings_flags(&settings, VIEW_PAIRS, angles->model, flags, sizeof flags));
    assert_string_equal(flags, "--layer 7 --head 5");
    assert_false(settings_flags(&settings, VIEW_PAIRS, angles->model, flags, 10));
}

/* Lines of a rule have a flag where a file holds them, and then the threshold always has one: the
 * file may name another. */
static void test_lines_go_by_their_file(void **unused)
{
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct rule_line line = {{7, PROJECTION_KEY, 0}, 0.5F, EXCEPTION_NONE};
    char flags[SETTINGS_FLAGS_BYTES];
    struct awm awm;
    (void)unused;
    awm_init(&awm, &settings.rule);
    settings.lines = &awm;
    settings.lines_file = "it's a rule.csv";
    assert_true(settings_flags(&settings, VIEW_LAYERS, angles->model, flags, sizeof flags));
    assert_string_equal(flags, "");
    assert_true(awm_set(&awm, &line));
    assert_true(settings_flags(&settings, VIEW_LAYERS, angles->model, flags, sizeof flags));
    assert_string_equal(flags, "--thresholds 'it'\\''s a rule.csv' --threshold 0.01");
    settings.lines_file = NULL;
    assert_false(settings_flags(&settings, VIEW_LAYERS, angles->model, flags, sizeof flags));
    awm_free(&awm);
    awm.random = true;
    awm.seed = RANDOM_SEED;
    assert_true(settings_flags(&settings, VIEW_PAIRS, angles->model, flags, sizeof flags));
    assert_string_equal(flags, "--random");
    awm.seed = 7;
    assert_true(settings_flags(&settings, VIEW_OVERVIEW, angles->model, flags, sizeof flags));
    assert_string_equal(flags, "--random --seed 7");
    assert_true(settings_flags(&settings, VIEW_SCATTER, angles->model, flags, sizeof flags));
    assert_string_equal(flags, "");
}

static void test_scope_says_what_flags_do_not(void **unused)
{
    static const struct {
        const char *flags;
        struct selection at;
        bool one_head;
    } cases[] = {
        {"", {SCOPE_MODEL, 0, 0}, false},
        {"--layer 7", {SCOPE_LAYER, 2, 0}, false},
        {"--layer 7 --head 5", {SCOPE_HEAD, 2, 5}, false},
        {"--head 5", {SCOPE_MODEL, 0, 5}, true},
        {"--layer 7 --head 5 --scope layer", {SCOPE_LAYER, 2, 5}, false},
        {"--layer 7 --head 5 --scope model", {SCOPE_MODEL, 2, 5}, false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct options options;
        struct view_settings settings = read_back(cases[i].flags, &options);
        assert_int_equal(settings.selection.scope, cases[i].at.scope);
        assert_int_equal(settings.selection.layer, cases[i].at.layer);
        assert_int_equal(settings.selection.head, cases[i].at.head);
        assert_int_equal(settings.one_head, cases[i].one_head);
    }
}

static void test_senseless_values_are_refused(void **unused)
{
    static const char *const bad[][2] = {
        {"--unit", "radians"},   {"--measure", "median"},   {"--scope", "pair"},
        {"--sort", ""},          {"--sort", "cos:up"},      {"--sort", ":desc"},
        {"--zoom", "0:1:0"},     {"--zoom", "1:0:0:1"},     {"--zoom", "0:1:0:1:2"},
        {"--zoom", "0:1:0:nan"}, {"--arrange", "above"},    {"--bins", "0"},
        {"--bins", "513"},       {"--zoom", "0:1:0:1x"},    {"--measure", ""},
        {"--shade", "grey"},     {"--attention", "frozen"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct options options;
        char *words[] = {"ropescope", "export", "m", (char *)(uintptr_t)bad[i][0],
                         (char *)(uintptr_t)bad[i][1]};
        struct error err = {0};
        assert_int_equal(options_read(&options, 5, words, &err), STATUS_USAGE);
        assert_non_null(strstr(err.what, bad[i][0]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flags_read_back),
        cmocka_unit_test(test_defaults_need_no_flags),
        cmocka_unit_test(test_lines_go_by_their_file),
        cmocka_unit_test(test_scope_says_what_flags_do_not),
        cmocka_unit_test(test_senseless_values_are_refused),
    };
    return cmocka_run_group_tests_name("settings", tests, set_up, tear_down);
}
