/* The views: pictures against the files of tests/golden (UPDATE_GOLDEN=1 writes them anew; look at
 * them before you keep them), and tables against the numbers that the pictures show. */
#include "scene.h"
#include "views/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct synthetic llama = {32, 32, 32, 64, -1, -1, false, "Llama-2-7b-hf"};
static const struct synthetic odd = {12, 8, 2, 32, 3, 5, true, "odd\x1b[31m one"};
static const struct synthetic huge = {126, 128, 8, 64, -1, -1, false, "Llama-3.1-405B"};

/* ---- golden files -------------------------------------------------------- */

static char *read_whole(const char *path)
{
    FILE *stream = fopen(path, "rb");
    char *text = calloc(1, 1 << 18);
    if (stream) {
        text[fread(text, 1, (1 << 18) - 1, stream)] = '\0';
        fclose(stream);
    }
    return text;
}

static int first_difference(const char *a, const char *b)
{
    int line = 1;
    for (; *a && *a == *b; a++, b++)
        line += *a == '\n';
    return line;
}

/* Takes the text over. */
static void check_text(const char *name, char *text)
{
    char path[256];
    snprintf(path, sizeof path, "tests/golden/%s.txt", name);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *stream = fopen(path, "wb");
        assert_non_null(stream);
        fputs(text, stream);
        fclose(stream);
    }
    char *golden = read_whole(path);
    if (strcmp(text, golden) != 0)
        fail_msg("%s differs from line %d on; it is now:\n%s", path, first_difference(text, golden),
                 text);
    free(golden);
    free(text);
}

static void check_golden(const char *name, struct scene *scene, bool roles)
{
    check_text(name, scene_picture(scene, roles));
}

static const struct {
    int rows, cols;
} sizes[] = {{24, 80}, {40, 120}, {60, 200}};

/* Braille differs from blocks where there are points or lines. */
static bool differs(enum view_id id, enum glyph_set set)
{
    return set != GLYPHS_BRAILLE || id == VIEW_OVERVIEW || id == VIEW_SCATTER ||
           id == VIEW_THRESHOLD || id == VIEW_PROFILE || id == VIEW_FREQUENCY || id == VIEW_STRIP ||
           id == VIEW_SPECTRUM;
}

static void test_golden_views(void **unused)
{
    (void)unused;
    for (size_t s = 0; s < 3; s++)
        for (int id = 0; id < VIEW_COUNT; id++)
            for (int set = 0; set < GLYPH_SET_COUNT; set++) {
                char name[128];
                if (!differs((enum view_id)id, (enum glyph_set)set))
                    continue;
                struct scene scene = scene_open_golden(sizes[s].rows, sizes[s].cols);
                scene.state.glyph_set = (enum glyph_set)set;
                scene_compare(&scene);
                scene_type(&scene, "jjlllll");
                update_action(&scene.state, (enum action)((int)ACTION_VIEW_FIRST + id));
                snprintf(name, sizeof name, "%s-%dx%d-%s", view_of((enum view_id)id)->name,
                         sizes[s].cols, sizes[s].rows, glyph_set_name((enum glyph_set)set));
                check_golden(name, &scene, false);
                scene_close(&scene);
            }
}

/* What a fine-tune changed by groups of pairs, each a plot of its own. */
static void test_golden_changes(void **unused)
{
    (void)unused;
    for (size_t s = 0; s < 3; s++)
        for (int by = CHANGE_BY_BIN; by < CHANGE_BYS; by++)
            for (int set = 0; set < GLYPH_SET_COUNT; set++) {
                char name[128];
                if (s > 0 && set != GLYPHS_BLOCKS)
                    continue;
                struct scene scene = scene_open_golden(sizes[s].rows, sizes[s].cols);
                scene_compare(&scene);
                scene.state.glyph_set = (enum glyph_set)set;
                scene_type(&scene, "jjlDs");
                scene.state.settings.by = (enum change_by)by;
                snprintf(name, sizeof name, "change-by-%s-%dx%d-%s",
                         change_by_name((enum change_by)by), sizes[s].cols, sizes[s].rows,
                         glyph_set_name((enum glyph_set)set));
                check_golden(name, &scene, false);
                scene_close(&scene);
            }
}

/* The colours and attributes that each view has in a dark, in a light and in no colour at all. */
static void test_golden_themes(void **unused)
{
    static const struct {
        const char *name;
        enum colour_depth depth;
    } themes[] = {{"dark", COLOURS_256}, {"light", COLOURS_DIRECT}, {"mono", COLOURS_8}};
    (void)unused;
    for (int id = 0; id < VIEW_COUNT; id++)
        for (size_t t = 0; t < sizeof themes / sizeof *themes; t++) {
            char name[128], file[64];
            char *text = NULL;
            size_t size;
            struct theme theme;
            struct scene scene = scene_open_golden(24, 80);
            scene_compare(&scene);
            scene_type(&scene, "jjlllll");
            update_action(&scene.state, (enum action)((int)ACTION_VIEW_FIRST + id));
            snprintf(file, sizeof file, "themes/%s.theme", themes[t].name);
            assert_int_equal(theme_read(&theme, file, NULL), STATUS_OK);
            FILE *stream = open_memstream(&text, &size);
            assert_non_null(stream);
            frame_draw(scene.canvas, &scene.state);
            assert_true(canvas_write_ansi(scene.canvas, &theme, themes[t].depth, stream));
            fclose(stream);
            snprintf(name, sizeof name, "%s-80x24-%s", view_of((enum view_id)id)->name,
                     themes[t].name);
            check_text(name, text);
            scene_close(&scene);
        }
}

/* Situations rather than views. */
static void test_golden_situations(void **unused)
{
    static const struct {
        const char *name;
        const struct synthetic *shape;
        int rows, cols;
        const char *keys;
        bool roles;
    } cases[] = {
        {"waiting-layers", &odd, 24, 80, "", false},
        {"layer-without-pairs", &odd, 24, 80, "jjj", false},
        {"layer-not-scanned", &odd, 24, 80, "jjjjj", false},
        {"undefined-pair", &odd, 24, 80, "2", false},
        {"layers-of-odd", &odd, 24, 80, "4", false},
        {"sorted-pairs", &llama, 24, 80, "jl2>>>>>>>>>>>>>r", false},
        {"sorted-heads", &llama, 40, 120, "3>>>>>>r", false},
        {"found", &odd, 24, 80, "2/k0.12\n", false},
        {"finding", &odd, 24, 80, "2/3.1", false},
        {"inspector", &llama, 24, 80, "jjlll2jjj\n", false},
        {"inspector-undefined", &odd, 24, 80, "2j\n", false},
        {"measure-fraction", &llama, 40, 120, "jjo", false},
        {"measure-max", &odd, 40, 120, "joo", false},
        {"measure-correlation", &llama, 24, 80, "ooo", false},
        {"measure-norm-ratio", &odd, 40, 120, "oooo", false},
        {"measure-excess", &llama, 40, 120, "Ot0.02\n", false},
        {"zoomed-out", &huge, 24, 80, "jjjll-----", false},
        {"zoomed-out-wide", &huge, 60, 200, "jjjll---", false},
        {"degrees-log-beside", &llama, 40, 120, "5ssuuL|", false},
        {"abs-of-layer", &llama, 24, 80, "5su", false},
        {"query-alone", &llama, 24, 80, "5P", false},
        {"bands", &llama, 40, 120, "6ssc", false},
        {"zoomed-scatter", &llama, 24, 80, "6s+LL+", false},
        {"scatter-degrees", &llama, 24, 80, "6suu", false},
        {"spectrum-of-model", &llama, 24, 80, "jjlllssWLLLL", false},
        {"spectrum-of-model-wide", &llama, 40, 120, "jjlllssWLLLL", false},
        {"spectrum-of-model-large", &odd, 60, 200, "jjlllssWooLLLL", false},
        {"spectrum-of-layer", &llama, 24, 80, "jjllsWoL", false},
        {"spectrum-of-many-heads", &huge, 40, 120, "jjllsWOL", false},
        {"spectrum-beside", &llama, 40, 200, "jjllssW", false},
        {"spectrum-of-key", &odd, 24, 80, "ssWCCp", false},
        {"spectrum-waiting", &odd, 40, 120, "ssWjjj", false},
        {"spectrum-roles", &odd, 24, 80, "ssWLL", true},
        {"spectrum-narrow", &llama, 12, 40, "ssWGLLL", false},
        {"key-leads", &llama, 24, 80, "pss", false},
        {"scrolled", &huge, 24, 80, "G", false},
        {"help", &llama, 24, 80, "?", false},
        {"help-filtered", &llama, 24, 80, "?/thresh", false},
        {"threshold-typed", &llama, 24, 80, "t0.05", false},
        {"threshold-refused", &llama, 24, 80, "t0.05x\n", false},
        {"goto", &llama, 24, 80, ":", false},
        {"goto-matches", &llama, 24, 80, ":q_pr", false},
        {"goto-refused", &llama, 24, 80, ":99\n", false},
        {"rank", &llama, 24, 80, "*>", false},
        {"marks", &llama, 24, 80, "ma:3.3\nmb'", false},
        {"share", &llama, 24, 80, "t30%\n", false},
        {"export-name", &llama, 24, 80, "2e", false},
        {"command", &llama, 24, 80, "2:4.3\nt0.123\nY", false},
        {"command-narrow", &llama, 12, 30, "2:4.3\nt0.123\nY", false},
        {"roles", &llama, 24, 80, "jl", true},
        {"small-60x16", &llama, 16, 60, "", false},
        {"small-40x24", &llama, 24, 40, "", false},
        {"small-40x8", &llama, 8, 40, "", false},
        {"small-20x6", &llama, 6, 20, "", false},
        {"small-10x3", &llama, 3, 10, "", false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene = scene_open(cases[i].shape, cases[i].rows, cases[i].cols);
        scene_type(&scene, cases[i].keys);
        check_golden(cases[i].name, &scene, cases[i].roles);
        scene_close(&scene);
    }
}

static void test_golden_scan(void **unused)
{
    struct scene scene = scene_open(&odd, 24, 80);
    struct progress_reading reading = {.fraction = 0.9, .rate = 2.1e9, .seconds_left = 4};
    (void)unused;
    update_scan(&scene.state, true, reading);
    check_golden("scanning", &scene, false);
    scene_close(&scene);
}

/* ---- what is kept -------------------------------------------------------- */

/* A measure's picture does not hang on the one that was looked at before. */
static void test_measures_do_not_mix(void **unused)
{
    (void)unused;
    for (int before = 0; before < MEASURE_COUNT; before++) {
        for (int measure = 0; measure < MEASURE_COUNT; measure++) {
            struct scene scene = scene_open_golden(40, 120), fresh = scene_open_golden(40, 120);
            scene.state.settings.measure = (enum measure)before;
            free(scene_picture(&scene, false));
            scene.state.settings.measure = fresh.state.settings.measure = (enum measure)measure;
            char *got = scene_picture(&scene, false), *want = scene_picture(&fresh, false);
            assert_string_equal(got, want);
            free(got);
            free(want);
            scene_close(&scene);
            scene_close(&fresh);
        }
    }
}

/* ---- every size ---------------------------------------------------------- */

static void test_every_size_draws(void **unused)
{
    static const int rows[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 24, 70};
    static const int cols[] = {1, 2, 3, 5, 8, 12, 20, 24, 25, 40, 63, 64, 80, 130, 260};
    (void)unused;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t c = 0; c < sizeof cols / sizeof *cols; c++) {
            struct scene scene = scene_open(&odd, rows[r], cols[c]);
            for (int id = 0; id < VIEW_COUNT; id++)
                for (int scope = 0; scope < 3; scope++) {
                    scene.state.view = (enum view_id)id;
                    scene_type(&scene, "sjjj");
                    free(scene_picture(&scene, false));
                }
            scene_type(&scene, "?/x");
            free(scene_picture(&scene, false));
            scene_type(&scene, "\n\033t9");
            free(scene_picture(&scene, false));
            scene_close(&scene);
        }
}

static void test_one_cell_is_not_blank(void **unused)
{
    struct scene scene = scene_open(&llama, 1, 1);
    (void)unused;
    char *text = scene_picture(&scene, false);
    assert_true(text[0] != '\n' && text[0] != '\0' && text[0] != ' ');
    free(text);
    scene_close(&scene);
}

/* ---- names out of files -------------------------------------------------- */

static void test_names_are_made_printable(void **unused)
{
    struct scene scene = scene_open(&odd, 24, 80);
    (void)unused;
    char *text = scene_picture(&scene, false);
    assert_null(strchr(text, 27));
    assert_non_null(strstr(text, "odd?[31m one"));
    free(text);
    scene_close(&scene);
}

static void test_ascii_is_ascii(void **unused)
{
    (void)unused;
    for (int id = 0; id < VIEW_COUNT; id++) {
        struct scene scene = scene_open(&odd, 24, 80);
        scene.state.view = (enum view_id)id;
        scene.state.glyph_set = GLYPHS_ASCII;
        char *text = scene_picture(&scene, false);
        for (const char *c = text; *c; c++)
            assert_true((unsigned char)*c < 127);
        free(text);
        scene_close(&scene);
    }
}

/* ---- tables -------------------------------------------------------------- */

static void test_views_have_names(void **unused)
{
    (void)unused;
    assert_null(view_from_name("nothing"));
    for (int id = 0; id < VIEW_COUNT; id++)
        assert_ptr_equal(view_from_name(view_of((enum view_id)id)->name),
                         view_of((enum view_id)id));
}

static void test_columns_of_pairs(void **unused)
{
    static const char *const columns[] = {"layer", "projection", "head",      "pair",
                                          "row_a", "row_b",      "frequency", "wavelength",
                                          "cos",   "norm_a",     "norm_b",    "fixed"};
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table = scene_table_of("pairs", angles, &settings);
    (void)unused;
    for (size_t i = 0; i < 12; i++)
        assert_string_equal(table.table.columns[i], columns[i]);
    view_table_free(&table);
    synthetic_free(angles);
}

/* The whole model: layers in order, query before key, heads, pairs; nothing where nothing turns. */
static void test_order_of_pairs(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table = scene_table_of("pairs", angles, &settings);
    size_t row = 0;
    (void)unused;
    for (uint64_t layer = 0; layer < odd.layers; layer++) {
        if ((int)layer == odd.still_layer || (int)layer == odd.waiting_layer)
            continue;
        for (int p = 0; p < PROJECTION_COUNT; p++)
            for (uint64_t head = 0; head < (p ? odd.key_heads : odd.query_heads); head++)
                for (uint64_t pair = 0; pair < odd.pairs; pair++, row++) {
                    assert_int_equal(scene_cell_at(&table, row, "layer").as.integer, layer);
                    assert_string_equal(scene_cell_at(&table, row, "projection").as.text,
                                        projection_name(p));
                    assert_int_equal(scene_cell_at(&table, row, "head").as.integer, head);
                    assert_int_equal(scene_cell_at(&table, row, "pair").as.integer, pair);
                    assert_int_equal(scene_cell_at(&table, row, "row_a").as.integer,
                                     head * 2 * odd.pairs + pair);
                    assert_int_equal(scene_cell_at(&table, row, "row_b").as.integer,
                                     head * 2 * odd.pairs + odd.pairs + pair);
                }
    }
    assert_int_equal(table.table.row_count, row);
    view_table_free(&table);
    synthetic_free(angles);
}

static void test_one_head_brings_its_key_head(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    settings.selection = (struct selection){SCOPE_HEAD, 2, 5};
    struct view_table table = scene_table_of("pairs", angles, &settings);
    assert_int_equal(table.table.row_count, 2 * odd.pairs);
    assert_int_equal(scene_cell_at(&table, 0, "head").as.integer, 5);
    assert_int_equal(scene_cell_at(&table, odd.pairs, "head").as.integer,
                     1); /* 8 query, 2 key heads */
    view_table_free(&table);
    settings.rule.projection[PROJECTION_QUERY] = false;
    table = scene_table_of("pairs", angles, &settings);
    assert_int_equal(table.table.row_count, odd.pairs);
    assert_int_equal(scene_cell_at(&table, 0, "head").as.integer, 1);
    assert_string_equal(scene_cell_at(&table, 0, "projection").as.text, "key");
    view_table_free(&table);
    settings = VIEW_SETTINGS_DEFAULT;
    settings.one_head = true; /* --head without --layer */
    settings.selection.head = 5;
    table = scene_table_of("heads", angles, &settings);
    assert_int_equal(table.table.row_count, 10 * 2); /* 10 layers rotate and have landed */
    assert_int_equal(scene_cell_at(&table, 2, "layer").as.integer, 1);
    assert_int_equal(scene_cell_at(&table, 2, "head").as.integer, 5);
    view_table_free(&table);
    synthetic_free(angles);
}

static void test_undefined_pairs_are_empty_and_not_fixed(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    settings.rule.threshold = 0;
    struct view_table table = scene_table_of("pairs", angles, &settings);
    assert_int_equal(scene_cell_at(&table, 1, "cos").kind, CELL_EMPTY);
    assert_false(scene_cell_at(&table, 1, "fixed").as.flag);
    assert_true(scene_cell_at(&table, 0, "fixed").as.flag);
    view_table_free(&table);
    synthetic_free(angles);
}

/* Heads, layers, histogram and scatter count the same pairs as the list of pairs. */
static void test_tables_agree(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    uint64_t fixed = 0, defined = 0, by_head = 0, by_layer = 0, in_bins = 0, twice = 0;
    (void)unused;
    settings.rule.threshold = 0.05F;
    struct view_table pairs = scene_table_of("pairs", angles, &settings);
    struct view_table heads = scene_table_of("heads", angles, &settings);
    struct view_table layers = scene_table_of("layers", angles, &settings);
    struct view_table histogram = scene_table_of("histogram", angles, &settings);
    struct view_table scatter = scene_table_of("scatter", angles, &settings);
    for (size_t i = 0; i < pairs.table.row_count; i++) {
        fixed += scene_cell_at(&pairs, i, "fixed").as.flag;
        defined += scene_cell_at(&pairs, i, "cos").kind == CELL_REAL;
    }
    for (size_t i = 0; i < heads.table.row_count; i++)
        by_head += scene_cell_at(&heads, i, "fixed").as.integer;
    assert_int_equal(layers.table.row_count, odd.layers);
    for (size_t i = 0; i < layers.table.row_count; i++)
        if (scene_cell_at(&layers, i, "fixed").kind == CELL_INTEGER)
            by_layer += scene_cell_at(&layers, i, "fixed").as.integer;
    for (size_t i = 0; i < histogram.table.row_count; i++)
        in_bins += scene_cell_at(&histogram, i, "count").as.integer;
    for (size_t i = 0; i < scatter.table.row_count; i++)
        twice += scene_cell_at(&scatter, i, "fixed_query").as.flag;
    assert_true(fixed > 0 && fixed < defined);
    assert_int_equal(by_head, fixed);
    assert_int_equal(by_layer, fixed);
    assert_int_equal(in_bins, defined);
    settings.rule.projection[PROJECTION_KEY] = false;
    struct view_table queries = scene_table_of("heads", angles, &settings);
    for (size_t i = 0; i < queries.table.row_count; i++)
        twice -= scene_cell_at(&queries, i, "fixed").as.integer;
    assert_int_equal(twice, 0); /* the scatter has each query pair once */
    struct view_table *all[] = {&pairs, &heads, &layers, &histogram, &scatter, &queries};
    for (size_t i = 0; i < 6; i++)
        view_table_free(all[i]);
    synthetic_free(angles);
}

static void test_layer_without_numbers_is_empty(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table = scene_table_of("layers", angles, &settings);
    (void)unused;
    assert_false(scene_cell_at(&table, 3, "rotates").as.flag);
    assert_int_equal(scene_cell_at(&table, 3, "pairs").kind, CELL_EMPTY);
    assert_true(scene_cell_at(&table, 5, "rotates").as.flag);
    assert_int_equal(scene_cell_at(&table, 5, "correlation").kind, CELL_EMPTY);
    view_table_free(&table);
    synthetic_free(angles);
}

static void test_histogram_rows(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    settings.selection = (struct selection){SCOPE_HEAD, 2, 5};
    settings.bins = 8;
    struct view_table table = scene_table_of("histogram", angles, &settings);
    assert_int_equal(table.table.row_count, 16);
    assert_true(scene_cell_at(&table, 0, "low").as.real == -1);
    assert_true(scene_cell_at(&table, 7, "high").as.real == 1);
    assert_string_equal(scene_cell_at(&table, 8, "projection").as.text, "key");
    assert_int_equal(scene_cell_at(&table, 8, "head").as.integer, 1);
    assert_int_equal(scene_cell_at(&table, 8, "layer").as.integer, 2);
    assert_string_equal(scene_cell_at(&table, 8, "scope").as.text, "head");
    view_table_free(&table);
    synthetic_free(angles);
}

/* ---- file equals screen -------------------------------------------------- */

/* Every line of the list of pairs in sight has the numbers of the table's row. */
static void test_list_shows_the_table(void **unused)
{
    struct scene scene = scene_open(&odd, 60, 200);
    (void)unused;
    scene_type(&scene, "jll2");
    struct view_settings settings = state_settings(&scene.state);
    struct view_table table = scene_table_of("pairs", scene.angles, &settings);
    char *text = scene_picture(&scene, false);
    size_t row = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char cos[32], rows[32];
        if (!strstr(line, "query ") || strstr(line, "pairs \u00b7") || row >= odd.pairs ||
            !strstr(line, "\u2502 "))
            continue;
        double value =
            scene_cell_at(&table, row, "cos").as.real; /* small: an exponent, if it finds room */
        snprintf(cos, sizeof cos, value > 0 && value < 0.001 ? " %.1e " : " %.4f ", value);
        snprintf(rows, sizeof rows, " %llu ",
                 (unsigned long long)scene_cell_at(&table, row, "row_b").as.integer);
        assert_non_null(strstr(line, cos));
        assert_non_null(strstr(line, rows));
        assert_true((strstr(line, " yes ") != NULL) == scene_cell_at(&table, row, "fixed").as.flag);
        row++;
    }
    assert_int_equal(row, odd.pairs);
    free(text);
    view_table_free(&table);
    scene_close(&scene);
}

/* The fractions of the bar, the means and r of the panel are those of the tables. */
static void test_overview_shows_the_tables(void **unused)
{
    static const char *const moves[] = {"", "j", "l", "]", "}", ".", "t0.2\n", "jjjj", "G"};
    struct scene scene = scene_open(&llama, 40, 140);
    (void)unused;
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        char expected[64];
        scene_type(&scene, moves[i]);
        const struct state *state = &scene.state;
        struct view_settings settings = state_settings(state);
        struct view_table heads = scene_table_of("heads", scene.angles, &settings);
        struct view_table layers = scene_table_of("layers", scene.angles, &settings);
        struct tally model = tally_model(scene.angles, &settings.rule);
        char *text = scene_picture(&scene, false);
        snprintf(expected, sizeof expected, "query mean |cos| %.3f  fixed %.1f%%",
                 scene_cell_at(&heads, 0, "mean_abs_cos").as.real,
                 100 * scene_cell_at(&heads, 0, "fraction").as.real);
        assert_non_null(strstr(text, expected));
        snprintf(expected, sizeof expected, "layer %.1f%%",
                 100 * scene_cell_at(&layers, 0, "fraction").as.real);
        assert_non_null(strstr(text, expected));
        snprintf(expected, sizeof expected, "(layers \u2265 %u) %.1f%%", settings.rule.first_layer,
                 100 * tally_fraction(&model));
        assert_non_null(strstr(text, expected));
        free(text);
        view_table_free(&heads);
        view_table_free(&layers);
    }
    scene_close(&scene);
}

static void test_r_is_that_of_the_scatter_table(void **unused)
{
    static const char *const scopes[] = {"", "s", "s"};
    struct scene scene = scene_open(&odd, 40, 140);
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        char expected[64];
        struct correlation sums = {0};
        scene_type(&scene, scopes[i]);
        scene.state.view = VIEW_SCATTER;
        struct view_settings settings = state_settings(&scene.state);
        struct view_table table = scene_table_of("scatter", scene.angles, &settings);
        for (size_t row = 0; row < table.table.row_count; row++) {
            struct cell x = scene_cell_at(&table, row, "cos_query"),
                        y = scene_cell_at(&table, row, "cos_key");
            if (x.kind == CELL_REAL && y.kind == CELL_REAL)
                correlation_add(&sums, x.as.real, y.as.real);
        }
        char number[TEXT_NUMBER];
        struct interval in = correlation_interval(correlation_r(&sums), sums.count);
        snprintf(expected, sizeof expected, "r = %.2f [%.2f, %.2f] (%s pairs)",
                 correlation_r(&sums), in.low, in.high, text_count(number, sums.count));
        char *text = scene_picture(&scene, false);
        assert_non_null(strstr(text, expected));
        free(text);
        view_table_free(&table);
    }
    scene_close(&scene);
}

/* ---- cell to value and back ---------------------------------------------- */

/* Every histogram counts each pair once, whatever the unit, the bins and the reach, and is that of
 * its table. */
static void test_histograms_count_every_pair(void **unused)
{
    static const uint32_t bins[] = {1, 2, 7, 64, 180, 512};
    struct scene scene = scene_open(&odd, 24, 80);
    (void)unused;
    for (int scope = 0; scope < 3; scope++, scene_type(&scene, "s"))
        for (int unit = 0; unit < 3; unit++, scene_type(&scene, "u"))
            for (size_t b = 0; b < sizeof bins / sizeof *bins; b++) {
                struct view_settings settings = state_settings(&scene.state);
                uint64_t total = 0, of_table = 0;
                settings.bins = bins[b];
                struct view_table table = scene_table_of("histogram", scene.angles, &settings);
                for (int p = 0; p < PROJECTION_COUNT; p++) {
                    const struct histogram *histogram =
                        state_histogram(&scene.state, settings.selection.scope, p, bins[b]);
                    total += histogram->total + histogram->undefined;
                    of_table += histogram->undefined;
                    for (uint32_t i = 0; i < bins[b]; i++) {
                        struct cell count = scene_cell_at(&table, (size_t)p * bins[b] + i, "count");
                        assert_int_equal(count.as.integer, histogram->count[i]);
                        of_table += count.as.integer;
                    }
                }
                assert_int_equal(total, settings_pair_count(&settings, scene.angles));
                assert_int_equal(of_table, total);
                view_table_free(&table);
            }
    scene_close(&scene);
}

/* The cut of a histogram stands where the first fixed value would. */
static void test_cuts_part_fixed_from_trainable(void **unused)
{
    static const float thresholds[] = {0.001F, 0.01F, 0.3F, 0.9F, 1};
    (void)unused;
    for (int unit = 0; unit < 3; unit++)
        for (size_t t = 0; t < 5; t++)
            for (int c = -1000; c <= 1000; c++) {
                float cos = (float)c / 1000;
                double cuts[2], value = quantity_of((enum quantity)unit, (double)cos);
                draw_cuts((enum quantity)unit, (double)thresholds[t], cuts);
                bool within = value > cuts[0] && value < cuts[1];
                if (fabs(fabs((double)cos) - (double)thresholds[t]) > 1e-6)
                    assert_true(within != rule_fixes(cos, thresholds[t]));
            }
}

/* Wherever the cursor of the scatter goes, the knob is in the cell of the pair's own cosines, and
 * the line above names the pair and those. */
static void test_cursor_reads_the_pair(void **unused)
{
    static const char keys[] = "HJKLnnNL+KJn-auJLHu+n";
    struct scene scene = scene_open(&scene_golden_shape, 40, 120);
    const struct state *state = &scene.state;
    (void)unused;
    scene_type(&scene, "j6s");
    for (size_t i = 0; i < 3 * sizeof keys; i++) {
        char one[2] = {keys[i % (sizeof keys - 1)], '\0'}, expected[96];
        scene_type(&scene, one);
        struct row row = state_item(state);
        float query = row_cos(scene.angles, &row, PROJECTION_QUERY);
        float key = row_cos(scene.angles, &row, PROJECTION_KEY);
        char *text = scene_picture(&scene, false);
        snprintf(expected, sizeof expected,
                 "pair %u of layer %u, heads %u/%u  query cos %.4f  key cos %.4f", row.pair,
                 row.layer->number, row.head, layer_key_head(row.layer, row.head), (double)query,
                 (double)key);
        if (!isnan(query))
            assert_non_null(strstr(text, expected));
        free(text);
        struct layout layout;
        struct layout_needs needs = layout_needs_of(state);
        layout_make(&layout, &needs);
        struct scatter_plot plot = scatter_plot_of(state, SCOPE_LAYER);
        struct rect rect = scatter_rect(draw_panel_inside(layout.main), state);
        rect.row++; /* the line with r */
        rect.rows--;
        rect = plot_scatter_inside(rect, &plot);
        bool own = plot.y_low < plot.y_high;
        struct axis x = {plot.low, plot.high, rect.cols, false};
        struct axis y = {own ? plot.y_low : plot.low, own ? plot.y_high : plot.high, rect.rows,
                         false};
        enum quantity unit = state->settings.unit;
        int col = axis_cell(&x, (double)(float)quantity_of(unit, (double)query));
        int line = axis_cell(&y, (double)(float)quantity_of(unit, (double)key));
        if (isnan(query) || col < 0 || line < 0)
            continue; /* zoomed in on another place */
        const struct canvas_cell *cell =
            &scene.canvas
                 ->cells[(rect.row + rect.rows - 1 - line) * scene.canvas->cols + rect.col + col];
        assert_int_equal(cell->code, glyphs_of(GLYPHS_BLOCKS)->knob);
    }
    scene_close(&scene);
}

/* Base against fine-tune: the line names the pair, and the knob is in the cell of its two cosines.
 */
static void test_cursor_reads_the_tuned_pair(void **unused)
{
    static const char keys[] = "HJnnLK+nNLLpnJ-anH";
    struct scene scene = scene_open(&scene_golden_shape, 40, 120);
    const struct state *state = &scene.state;
    (void)unused;
    scene_compare(&scene);
    scene_type(&scene, "j6sb");
    for (size_t i = 0; i < 3 * (sizeof keys - 1); i++) {
        char one[2] = {keys[i % (sizeof keys - 1)], '\0'}, expected[128];
        scene_type(&scene, one);
        struct row row = state_item(state);
        float base = row_cos(scene.angles, &row, row.projection);
        char *text = scene_picture(&scene, false);
        snprintf(expected, sizeof expected,
                 "pair %u of layer %u, %s head %u  base cos %.4f  tuned cos %.4f", row.pair,
                 row.layer->number, projection_name(row.projection), row.head, (double)base,
                 (double)row_tuned_cos(scene.changes, &row));
        if (!isnan(base))
            assert_non_null(strstr(text, expected));
        free(text);
        struct layout layout;
        struct layout_needs needs = layout_needs_of(state);
        layout_make(&layout, &needs);
        struct scatter_plot plot = scatter_plot_of(state, SCOPE_LAYER);
        struct rect rect = scatter_rect(draw_panel_inside(layout.main), state);
        rect.row++;
        rect.rows--;
        rect = plot_scatter_inside(rect, &plot);
        bool own = plot.y_low < plot.y_high;
        struct axis x = {plot.low, plot.high, rect.cols, false};
        struct axis y = {own ? plot.y_low : plot.low, own ? plot.y_high : plot.high, rect.rows,
                         false};
        int col = axis_cell(&x, (double)base), line = axis_cell(&y, (double)base);
        if (isnan(base) || col < 0 || line < 0)
            continue; /* zoomed in on another place */
        assert_int_equal(
            scene.canvas
                ->cells[(rect.row + rect.rows - 1 - line) * scene.canvas->cols + rect.col + col]
                .code,
            glyphs_of(GLYPHS_BLOCKS)->knob);
    }
    scene_close(&scene);
}

/* With the bands apart, the knob stands in the plot of the pair's own wavelength, once. */
static void test_bands_stand_apart(void **unused)
{
    struct scene scene = scene_open(&scene_golden_shape, 40, 120);
    const struct state *state = &scene.state;
    (void)unused;
    scene_type(&scene, "6sc");
    size_t seen = 0;
    for (size_t i = 0; i < 64; i++, scene_type(&scene, "n")) {
        struct row row = state_item(state);
        double wavelength = layer_wavelength(row.layer, row.pair);
        if (isnan(row_cos(scene.angles, &row, PROJECTION_QUERY)) ||
            isnan(row_cos(scene.angles, &row, PROJECTION_KEY)))
            continue;
        int band = 0, knobs = 0;
        while (band < BANDS - 1 && wavelength >= band_start[band])
            band++;
        free(scene_picture(&scene, false));
        for (int r = 3; r < 36; r++) /* below the line that names the pair */
            for (int c = 0; c < 120; c++) {
                bool knob = scene.canvas->cells[r * 120 + c].code == glyphs_of(GLYPHS_BLOCKS)->knob;
                knobs += knob;
                if (knob)
                    assert_int_equal((c - 2) / (116 / BANDS), band);
            }
        assert_int_equal(knobs, 1);
        seen |= 1u << band;
    }
    assert_int_equal(seen, 15); /* scene_golden_shape has pairs in every band */
    scene_close(&scene);
}

/* The higher the number in the table, the higher the level of the cell, for every measure. */
static void test_heat_maps_show_the_table(void **unused)
{
    struct scene scene = scene_open(&scene_golden_shape, 40, 120);
    const struct state *state = &scene.state;
    (void)unused;
    scene_compare(&scene);
    for (int measure = 0; measure < MEASURE_COUNT; measure++, scene_type(&scene, "o")) {
        struct layout layout;
        struct layout_needs needs = layout_needs_of(state);
        layout_make(&layout, &needs);
        free(scene_picture(&scene, false));
        struct view_settings settings = state_settings(state);
        struct view_table table = scene_table_of("overview", scene.angles, &settings);
        double value[256];
        int level[256];
        size_t count = 0;
        for (size_t row = 0; row < table.table.row_count; row++) {
            bool key = strcmp(scene_cell_at(&table, row, "projection").as.text, "key") == 0;
            struct rect map = layout.map[key];
            struct cell number = table.table.cell(table.table.context, row, 3);
            size_t layer = scene_cell_at(&table, row, "layer").as.integer;
            size_t head = scene_cell_at(&table, row, "head").as.integer;
            /* The second column of a cell: the brackets of the cursor leave it. */
            int at = (map.row + (int)layer * layout.cell_rows) * scene.canvas->cols + map.col +
                     (int)head * layout.cell_cols + 1;
            struct style style = scene.canvas->cells[at].style;
            assert_true(layout.cell_cols >= 3 && count < 256);
            assert_true(style.role == ROLE_HEAT || style.role == ROLE_DIVERGE);
            value[count] = number.as.real;
            level[count++] = style.level;
        }
        assert_int_equal(count, 11 * 10); /* layer 3 does not rotate */
        for (size_t a = 0; a < count; a++)
            for (size_t b = 0; b < count; b++)
                if (value[a] > value[b] + 1e-6)
                    assert_true(level[a] >= level[b]);
        view_table_free(&table);
    }
    scene_close(&scene);
}

/* A cell that sums up says what, and its number is the mean of the heads it names. */
static void test_zoomed_out_cells_are_means(void **unused)
{
    struct scene scene = scene_open(&scene_golden_shape, 40, 140);
    (void)unused;
    scene_type(&scene, "jjjjlll--"); /* blocks of 3: layers 3-5, heads 3-5 */
    char *text = scene_picture(&scene, false), expected[96];
    struct view_settings settings = state_settings(&scene.state);
    struct view_table table = scene_table_of("overview", scene.angles, &settings);
    double sum = 0, pairs = 0;
    size_t heads = 0;
    for (size_t row = 0; row < table.table.row_count; row++) {
        uint64_t layer = scene_cell_at(&table, row, "layer").as.integer;
        uint64_t head = scene_cell_at(&table, row, "head").as.integer;
        bool query = strcmp(scene_cell_at(&table, row, "projection").as.text, "query") == 0;
        if (!query || layer < 3 || layer > 5 || head < 3 || head > 5)
            continue;
        sum += scene_cell_at(&table, row, "mean_abs_cos").as.real * scene_golden_shape.pairs;
        pairs += scene_golden_shape.pairs;
        heads++;
    }
    assert_int_equal(heads, 6);
    snprintf(expected, sizeof expected, "%.3f mean of layers 3-5, query heads 3-5: 6 heads",
             sum / pairs);
    if (!strstr(text, expected))
        fail_msg("no \"%s\" in:\n%s", expected, text);
    free(text);
    view_table_free(&table);
    scene_close(&scene);
}

/* What is inside the zoom is what the file holds. */
static void test_zoom_keeps_the_points_inside(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    for (int unit = 0; unit < 3; unit++) {
        settings.unit = (enum quantity)unit;
        settings.zoom = (struct zoom){0};
        struct view_table all = scene_table_of("scatter", angles, &settings);
        settings.zoom = unit == QUANTITY_DEGREES ? (struct zoom){80, 100, 90, 95}
                                                 : (struct zoom){0.1, 0.25, 0.05, 0.2};
        struct view_table some = scene_table_of("scatter", angles, &settings);
        size_t inside = 0;
        for (size_t row = 0; row < all.table.row_count; row++) {
            struct cell x = all.table.cell(all.table.context, row, 5);
            struct cell y = all.table.cell(all.table.context, row, 6);
            if (x.kind != CELL_REAL || y.kind != CELL_REAL || x.as.real < settings.zoom.x_low ||
                x.as.real > settings.zoom.x_high || y.as.real < settings.zoom.y_low ||
                y.as.real > settings.zoom.y_high)
                continue;
            for (size_t column = 0; column < 4; column++)
                assert_int_equal(all.table.cell(all.table.context, row, column).as.integer,
                                 some.table.cell(some.table.context, inside, column).as.integer);
            inside++;
        }
        assert_true(inside > 10 && inside < all.table.row_count / 2);
        assert_int_equal(some.table.row_count, inside);
        view_table_free(&all);
        view_table_free(&some);
    }
    synthetic_free(angles);
}

static double cos_of_degrees(double degrees)
{
    return cos(degrees * 3.14159265358979323846 / 180);
}

static void test_new_columns(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    struct view_table pairs = scene_table_of("pairs", angles, &settings);
    struct view_table heads = scene_table_of("heads", angles, &settings);
    for (size_t row = 0; row < 20; row++) {
        struct cell own = scene_cell_at(&pairs, row, "cos");
        double a = scene_cell_at(&pairs, row, "norm_a").as.real;
        double b = scene_cell_at(&pairs, row, "norm_b").as.real;
        if (own.kind == CELL_EMPTY) {
            assert_int_equal(scene_cell_at(&pairs, row, "degrees").kind, CELL_EMPTY);
            assert_true(isnan(scene_cell_at(&pairs, row, "norm_ratio").as.real));
            continue;
        }
        assert_true(scene_cell_at(&pairs, row, "abs_cos").as.real == fabs(own.as.real));
        assert_true(fabs(cos_of_degrees(scene_cell_at(&pairs, row, "degrees").as.real) -
                         own.as.real) < 1e-12);
        assert_true(fabs(scene_cell_at(&pairs, row, "norm_ratio").as.real -
                         fmin(a, b) / fmax(a, b)) < 1e-12);
    }
    struct cell fraction = scene_cell_at(&heads, 3, "fraction"),
                chance = scene_cell_at(&heads, 3, "chance");
    assert_true(scene_cell_at(&heads, 3, "excess").as.real == fraction.as.real - chance.as.real);
    assert_int_equal(scene_cell_at(&heads, 8, "correlation").kind, CELL_EMPTY); /* of a key head */
    struct correlation r = correlation_head(angles, 0, 3);
    assert_true(scene_cell_at(&heads, 3, "correlation").as.real == correlation_r(&r));
    double of_key = measure_correlation(angles, 0, PROJECTION_KEY, 0), sum = 0;
    for (uint32_t query = 0; query < 4; query++)
        sum += measure_correlation(angles, 0, PROJECTION_QUERY, query);
    assert_true(fabs(of_key - sum / 4) < 1e-12);
    view_table_free(&pairs);
    view_table_free(&heads);
    synthetic_free(angles);
}

/* The selection is in sight wherever it goes in a model larger than any screen. */
static void test_selection_stays_in_sight(void **unused)
{
    static const char *const ways[] = {"", "G", "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj", "k"};
    struct scene scene = scene_open(&huge, 24, 80);
    (void)unused;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (int end = 0; end < 2; end++) {
            char label[32];
            scene_type(&scene, ways[i]);
            update_key(&scene.state, end ? KEYCODE_END : KEYCODE_HOME);
            char *text = scene_picture(&scene, false);
            snprintf(label, sizeof label, "\u25b8%*u ", 3, state_layer(&scene.state)->number);
            assert_non_null(strstr(text, label));
            assert_non_null(strstr(text, "\u25cf")); /* the cell that is marked */
            free(text);
        }
    scene_close(&scene);
}

/* The first line of the screen of a model with that fact. */
static void check_header(int cols, const char *quantisation, const char *part, bool has)
{
    struct fact facts[] = {{"pairing", "half-split", FACT_CONFIG, ""},
                           {"quantisation", quantisation, FACT_FORMAT, ""}};
    struct scene scene = scene_open(&llama, 24, cols);
    struct model *model = (struct model *)(uintptr_t)scene.angles->model;
    struct fact *own = model->facts;
    model->facts = facts;
    model->fact_count = 2;
    char *text = scene_picture(&scene, false);
    text[strcspn(text, "\n")] = '\0';
    if ((strstr(text, part) != NULL) != has)
        fail_msg("%d columns, \"%s\": %s", cols, quantisation, text);
    free(text);
    model->facts = own;
    model->fact_count = 1;
    scene_close(&scene);
}

static void header_says_what_rows_are_quantised_as(void **state)
{
    (void)state;
    check_header(140, "fp8 128x128", "half-split (config) · fp8 128x128", true);
    check_header(140, "fp8 128x128", "ropescope  Llama-2-7b-hf", true);
    check_header(80, "Q4_K", "Llama-2-7b-hf", true);
    check_header(80, "Q4_K", "half-split (config) · Q4_K", true);
    check_header(20, "Q4_K", "Q4_K", false);                                    /* no room */
    check_header(140, "query Q4_K, Q6_K; key Q4_K, Q5_K, Q6_K", "Q4_K", false); /* no few words */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_views),
        cmocka_unit_test(test_golden_changes),
        cmocka_unit_test(test_golden_themes),
        cmocka_unit_test(test_golden_situations),
        cmocka_unit_test(test_measures_do_not_mix),
        cmocka_unit_test(test_golden_scan),
        cmocka_unit_test(test_every_size_draws),
        cmocka_unit_test(test_one_cell_is_not_blank),
        cmocka_unit_test(test_names_are_made_printable),
        cmocka_unit_test(test_ascii_is_ascii),
        cmocka_unit_test(test_views_have_names),
        cmocka_unit_test(test_columns_of_pairs),
        cmocka_unit_test(test_order_of_pairs),
        cmocka_unit_test(test_one_head_brings_its_key_head),
        cmocka_unit_test(test_undefined_pairs_are_empty_and_not_fixed),
        cmocka_unit_test(test_tables_agree),
        cmocka_unit_test(test_layer_without_numbers_is_empty),
        cmocka_unit_test(test_histogram_rows),
        cmocka_unit_test(test_list_shows_the_table),
        cmocka_unit_test(test_overview_shows_the_tables),
        cmocka_unit_test(test_r_is_that_of_the_scatter_table),
        cmocka_unit_test(test_selection_stays_in_sight),
        cmocka_unit_test(test_histograms_count_every_pair),
        cmocka_unit_test(test_cuts_part_fixed_from_trainable),
        cmocka_unit_test(test_cursor_reads_the_pair),
        cmocka_unit_test(test_cursor_reads_the_tuned_pair),
        cmocka_unit_test(test_bands_stand_apart),
        cmocka_unit_test(test_heat_maps_show_the_table),
        cmocka_unit_test(test_zoomed_out_cells_are_means),
        cmocka_unit_test(test_zoom_keeps_the_points_inside),
        cmocka_unit_test(test_new_columns),
        cmocka_unit_test(header_says_what_rows_are_quantised_as),
    };
    return cmocka_run_group_tests_name("views", tests, NULL, NULL);
}
