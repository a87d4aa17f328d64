/* test_threshold.c: the view of thresholds: its rows count what the rule would, its lines and its
 * table on the screen are those rows, random weights show no excess and trained ones do. */
#include "ropescope/awm.h"
#include "ropescope/views.h"
#include "synthetic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct synthetic llama = {32, 32, 32, 64, -1, -1, false, "Llama-2-7b-hf"};
static const struct synthetic odd = {12, 8, 2, 32, 3, 5, true, "odd"};

static struct view_table table_of(const struct angles *angles, const struct view_settings *settings)
{
    struct view_table out;
    assert_int_equal(view_of(VIEW_THRESHOLD)->table(angles, settings, &out, NULL), STATUS_OK);
    return out;
}

static struct cell cell_at(const struct view_table *table, size_t row, const char *column)
{
    for (size_t i = 0; i < table->table.column_count; i++)
        if (strcmp(table->table.columns[i], column) == 0)
            return table->table.cell(table->table.context, row, i);
    fail_msg("no column %s", column);
    return cell_empty();
}

/* ---- rows ---------------------------------------------------------------- */

static void assert_number(const struct view_table *table, size_t row, const char *column,
                          double value)
{
    struct cell cell = cell_at(table, row, column);
    assert_int_equal(cell.kind, CELL_REAL);
    assert_true(isnan(value) ? isnan(cell.as.real) : fabs(cell.as.real - value) < 1e-12);
}

static void assert_row(const struct view_table *table, size_t row, const char *part,
                       const struct tally *want)
{
    assert_string_equal(cell_at(table, row, "projection").as.text, part);
    assert_int_equal(cell_at(table, row, "pairs").as.integer, want->pairs);
    assert_int_equal(cell_at(table, row, "fixed").as.integer, want->fixed);
    assert_number(table, row, "fraction", tally_fraction(want));
    assert_number(table, row, "chance", tally_chance(want));
    assert_number(table, row, "excess", tally_fraction(want) - tally_chance(want));
}

/* Every row against a count of its own: a layer that does not rotate, one that has not landed,
 * pairs without an angle, layers before the first masked one. */
static void test_rows_are_what_the_rule_counts(void **unused)
{
    static const bool covers[][PROJECTION_COUNT] = {{true, true}, {true, false}, {false, true}};
    (void)unused;
    struct angles *angles = synthetic_new(&odd);
    for (size_t c = 0; c < 3; c++) {
        struct view_settings settings = VIEW_SETTINGS_DEFAULT;
        settings.rule.first_layer = 4;
        memcpy(settings.rule.projection, covers[c], sizeof covers[c]);
        struct view_table table = table_of(angles, &settings);
        size_t row = 0;
        for (size_t t = 0; t < CURVE_TABLE; t++)
            for (size_t reach = 0; reach <= odd.layers; reach++)
                for (int part = 0; part <= PROJECTION_COUNT; part++) {
                    struct rule rule = settings.rule;
                    bool both = part == PROJECTION_COUNT, model = reach == odd.layers;
                    if (both ? c > 0 : !covers[c][part])
                        continue;
                    for (int p = 0; p < PROJECTION_COUNT && !both; p++)
                        rule.projection[p] = p == part;
                    rule.threshold = curve_table[t];
                    struct tally want =
                        model ? tally_model(angles, &rule) : tally_layer(angles, reach, &rule);
                    assert_row(&table, row, both ? "both" : projection_name(part), &want);
                    assert_true((float)cell_at(&table, row, "threshold").as.real == curve_table[t]);
                    assert_string_equal(cell_at(&table, row, "scope").as.text,
                                        model ? "model" : "layer");
                    struct cell layer = cell_at(&table, row++, "layer");
                    assert_int_equal(layer.kind, model ? CELL_EMPTY : CELL_INTEGER);
                }
        assert_int_equal(row, table.table.row_count);
        view_table_free(&table);
    }
    synthetic_free(angles);
}

/* A file has 0.001, not what the nearest float is. */
static void test_thresholds_are_written_as_people_do(void **unused)
{
    struct angles *angles = synthetic_new(&odd);
    const struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table = table_of(angles, &settings);
    char *text = NULL;
    size_t size;
    (void)unused;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(table_write_csv(&table.table, stream, NULL), STATUS_OK);
    fclose(stream);
    assert_non_null(strstr(text, "\r\n0.001,layer,0,query,255,"));
    assert_non_null(strstr(text, "\r\n0.5,model,,both,"));
    free(text);
    view_table_free(&table);
    synthetic_free(angles);
}

/* ---- what the screen keeps ----------------------------------------------- */

static void assert_curve(const struct state *state, enum scope scope, int part)
{
    static const float thresholds[] = {0, 1e-4F, 0.003F, 0.01F, 0.2F, 0.7F, 1};
    enum { COUNT = sizeof thresholds / sizeof *thresholds };
    struct tally got[COUNT];
    struct selection at = state->settings.selection;
    bool covered[PROJECTION_COUNT] = {part != PROJECTION_KEY, part != PROJECTION_QUERY};
    at.scope = scope;
    assert_true(state_curve(state, CURVE_OF_PICTURE, &at, covered, thresholds, COUNT, got));
    for (size_t t = 0; t < COUNT; t++) {
        struct rule rule = {
            thresholds[t], state->settings.rule.first_layer, {covered[0], covered[1]}};
        struct tally want = {0};
        for (int p = 0; p < PROJECTION_COUNT && scope != SCOPE_MODEL; p++) {
            struct tally one = tally_selection(state->angles, &at, p, thresholds[t]);
            if (covered[p])
                tally_add(&want, &one);
        }
        if (scope == SCOPE_MODEL)
            want = tally_model(state->angles, &rule);
        assert_int_equal(got[t].pairs, want.pairs);
        assert_int_equal(got[t].fixed, want.fixed);
        assert_true(fabs(got[t].sum_chance - want.sum_chance) < 1e-6);
    }
}

/* Whatever is asked in between: other layers, heads and first layers, a layer that lands. */
static void test_kept_curves_are_those_counted_anew(void **unused)
{
    struct state state;
    struct angles *angles = synthetic_new(&odd);
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    for (int round = 0; round < 40; round++) {
        if (round == 20) {
            angles->layers[odd.waiting_layer].ready = true;
            angles->ready++;
            update_scan(&state, false, (struct progress_reading){0});
        }
        update_select(&state, (size_t)(round * 5 % 12), (uint32_t)(round * 3 % 8));
        state.settings.rule.first_layer = (uint32_t)(round / 7 % 4);
        state.settings.rule.threshold = 0.01F * (float)(round % 5);
        if (round % 3 == 0)
            state_prepare(&state);
        for (int scope = 0; scope <= SCOPE_MODEL; scope++)
            for (int part = 0; part <= PROJECTION_COUNT; part++)
                if (scope == SCOPE_MODEL || state_ready(&state))
                    assert_curve(&state, (enum scope)scope, part);
    }
    state_free(&state);
    synthetic_free(angles);
}

/* ---- the screen ---------------------------------------------------------- */

struct screenful {
    struct angles *angles;
    struct state state;
    struct canvas *canvas;
    char *text;
};

static void open_screen(struct screenful *screen, const struct synthetic *shape, int rows, int cols)
{
    screen->angles = synthetic_new(shape);
    screen->canvas = canvas_new(rows, cols);
    screen->text = NULL;
    assert_int_equal(state_init(&screen->state, screen->angles, NULL), STATUS_OK);
    update_size(&screen->state, rows, cols);
    update_key(&screen->state, '7');
    assert_int_equal(screen->state.view, VIEW_THRESHOLD);
}

static const char *drawn(struct screenful *screen, const char *keys)
{
    size_t size;
    for (; *keys; keys++)
        update_key(&screen->state, (unsigned char)*keys);
    free(screen->text);
    FILE *stream = open_memstream(&screen->text, &size);
    assert_non_null(stream);
    frame_draw(screen->canvas, &screen->state);
    assert_true(canvas_write_text(screen->canvas, stream));
    fclose(stream);
    return screen->text;
}

static void close_screen(struct screenful *screen)
{
    free(screen->text);
    state_free(&screen->state);
    canvas_free(screen->canvas);
    synthetic_free(screen->angles);
}

/* "93.8", "100", "0" as the table on the screen has it. */
static void assert_shown(const char *shown, double fraction)
{
    char want[TEXT_NUMBER];
    text_format(want, sizeof want, fraction >= 0.9995 || fraction == 0 ? "%.0f" : "%.1f",
                100 * fraction);
    assert_string_equal(shown, want);
}

/* The table on the screen is the one that is exported, for every layer in sight. */
static void test_the_screen_shows_what_is_exported(void **unused)
{
    struct screenful screen;
    (void)unused;
    open_screen(&screen, &llama, 60, 120);
    const struct view_settings settings = state_settings(&screen.state);
    struct view_table table = table_of(screen.angles, &settings);
    const char *text = drawn(&screen, "");
    for (size_t reach = 0; reach <= llama.layers; reach++) {
        char name[32], numbers[CURVE_TABLE][8];
        text_format(name, sizeof name, reach == llama.layers ? "   model " : "     %2zu ", reach);
        const char *line = strstr(text, name);
        assert_non_null(line);
        line += strlen(name);
        for (size_t t = 0; t < CURVE_TABLE; t++) {
            int used;
            assert_int_equal(sscanf(line, "%7s%n", numbers[t], &used), 1);
            line += used;
            size_t row = (t * (llama.layers + 1) + reach) * 3 + 2;
            assert_string_equal(cell_at(&table, row, "projection").as.text, "both");
            assert_shown(numbers[t], cell_at(&table, row, "fraction").as.real);
        }
    }
    view_table_free(&table);
    close_screen(&screen);
}

/* Columns of the line of the threshold, on any row of the plot. */
static int cut_column(const struct canvas *canvas)
{
    uint32_t cut = glyphs_of(GLYPHS_BLOCKS)->cut_vertical;
    for (int row = 6; row < 12; row++)
        for (int col = 0; col < canvas->cols; col++)
            if (canvas->cells[row * canvas->cols + col].code == cut)
                return col;
    return -1;
}

static void test_the_line_follows_the_threshold(void **unused)
{
    struct screenful screen;
    (void)unused;
    open_screen(&screen, &llama, 40, 120);
    drawn(&screen, "");
    int start = cut_column(screen.canvas);
    assert_true(start > 0);
    drawn(&screen, "}");
    int up = cut_column(screen.canvas);
    assert_true(up > start);
    drawn(&screen, "{{");
    assert_true(cut_column(screen.canvas) < start);
    drawn(&screen, "t0\n"); /* not on an axis of logarithms */
    assert_int_equal(cut_column(screen.canvas), -1);
    assert_null(strstr(drawn(&screen, "L"), "0.001 ")); /* linear: there it is */
    assert_true(cut_column(screen.canvas) > 0);
    assert_non_null(strstr(drawn(&screen, "L"), "0.001 "));
    close_screen(&screen);
}

static void test_words_and_keys(void **unused)
{
    struct screenful screen;
    (void)unused;
    open_screen(&screen, &llama, 24, 80);
    const char *text = drawn(&screen, "ss");
    assert_non_null(strstr(text, "model, layers \u2265 2"));
    assert_non_null(strstr(text, " points more than chance would (52.2%)"));
    assert_non_null(strstr(text, "the paper's scripts: 0.001, 0.005, 0.01, 0.1"));
    assert_null(strstr(text, "a layer"));
    assert_non_null(strstr(drawn(&screen, "a"), "a layer"));
    text = drawn(&screen, "C");
    assert_true(strstr(text, "query alone") && !strstr(text, "both"));
    text = drawn(&screen, "C");
    assert_true(strstr(text, "key alone") && !strstr(text, "query 9"));
    text = drawn(&screen, "Ct0\n");
    assert_non_null(strstr(text, "fixes 100.0%, as many as chance would (100.0%)"));
    assert_null(strstr(text, "aside"));
    assert_non_null(strstr(drawn(&screen, "f"), "(exceptions aside)")); /* a line of the rule */
    assert_null(strstr(drawn(&screen, "U"), "(exceptions aside)"));
    close_screen(&screen);
}

/* The frame stays whole at every size: nothing of the plot or the table leaves its place. */
static void test_every_size_keeps_its_frame(void **unused)
{
    (void)unused;
    for (int rows = 1; rows <= 64; rows += rows < 30 ? 1 : 7)
        for (int cols = 1; cols <= 210; cols += cols < 130 ? 1 : 11) {
            struct screenful screen;
            struct layout layout;
            open_screen(&screen, &odd, rows, cols);
            screen.state.glyph_set = (enum glyph_set)(rows % GLYPH_SET_COUNT);
            screen.state.settings.each_layer = true;
            const struct glyphs *glyphs = glyphs_of(screen.state.glyph_set);
            drawn(&screen, rows % 2 ? "s" : "ss");
            struct layout_needs needs = layout_needs_of(&screen.state);
            layout_make(&layout, &needs);
            struct rect main = layout.main;
            for (int row = main.row + 1;
                 main.rows >= 4 && main.cols >= 12 && row < main.row + main.rows - 1; row++) {
                const struct canvas_cell *line = screen.canvas->cells + row * cols;
                assert_int_equal(line[0].code, glyphs->vertical);
                assert_int_equal(line[cols - 1].code, glyphs->vertical);
                assert_int_equal(line[cols - 2].code, ' ');
            }
            close_screen(&screen);
        }
}

/* ---- chance -------------------------------------------------------------- */

/* Standard deviations of the model's excess by the view's own rows. */
static void excess(const struct angles *angles, double sigma[CURVE_TABLE])
{
    const struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table = table_of(angles, &settings);
    size_t last = table.table.row_count / CURVE_TABLE;
    for (size_t t = 0; t < CURVE_TABLE; t++) {
        size_t row = (t + 1) * last - 1;
        assert_string_equal(cell_at(&table, row, "scope").as.text, "model");
        double chance = cell_at(&table, row, "chance").as.real;
        double pairs = (double)cell_at(&table, row, "pairs").as.integer;
        sigma[t] = cell_at(&table, row, "excess").as.real / sqrt(chance * (1 - chance) / pairs);
    }
    view_table_free(&table);
}

/* The cosine of two rows of normal numbers. */
static float random_cos(struct random *random, uint64_t length)
{
    double aa = 0, bb = 0, ab = 0;
    for (uint64_t i = 0; i < length; i++) { /* Box and Muller: two at a time */
        double u = (random_u32(random) + 0.5) / 4294967296.0, v = random_u32(random) / 4294967296.0;
        double r = sqrt(-2 * log(u)), a = r * cos(6.283185307179586 * v),
               b = r * sin(6.283185307179586 * v);
        aa += a * a;
        bb += b * b;
        ab += a * b;
    }
    return (float)(ab / sqrt(aa * bb));
}

static void test_random_weights_show_no_excess(void **unused)
{
    static const struct synthetic shape = {6, 4, 4, 256, -1, -1, false, "random"};
    enum { LENGTH = 48 }; /* where |cos| >= 0.5 is rare, but not unheard of */
    struct angles *angles = synthetic_new(&shape);
    struct random random;
    double sigma[CURVE_TABLE];
    (void)unused;
    random_seed(&random, 1234);
    for (size_t layer = 0; layer < shape.layers; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            float *cosines = (float *)(uintptr_t)angles->layers[layer].set[p].cos;
            angles->model->layers[layer].projection[p].row_length = LENGTH;
            for (size_t i = 0; i < (size_t)shape.query_heads * shape.pairs; i++)
                cosines[i] = random_cos(&random, LENGTH);
        }
    excess(angles, sigma);
    for (size_t t = 0; t < CURVE_TABLE; t++)
        if (!(fabs(sigma[t]) < 3.5))
            fail_msg("at %g: %.2f standard deviations", (double)curve_table[t], sigma[t]);
    synthetic_free(angles);
}

static void test_the_demo_model_does(void **unused)
{
    struct session *session;
    struct error err;
    const struct session_options options = {.no_cache = true};
    double sigma[CURVE_TABLE];
    (void)unused;
    if (session_open("tests/data/demo/base", &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    excess(session_angles(session), sigma);
    for (size_t t = 3; t < CURVE_TABLE; t++) /* from 0.01 on */
        if (!(sigma[t] > 5))
            fail_msg("at %g: only %.2f standard deviations", (double)curve_table[t], sigma[t]);
    session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_what_the_rule_counts),
        cmocka_unit_test(test_thresholds_are_written_as_people_do),
        cmocka_unit_test(test_kept_curves_are_those_counted_anew),
        cmocka_unit_test(test_the_screen_shows_what_is_exported),
        cmocka_unit_test(test_the_line_follows_the_threshold),
        cmocka_unit_test(test_words_and_keys),
        cmocka_unit_test(test_every_size_keeps_its_frame),
        cmocka_unit_test(test_random_weights_show_no_excess),
        cmocka_unit_test(test_the_demo_model_does),
    };
    return cmocka_run_group_tests_name("threshold", tests, NULL, NULL);
}
