/* Lines and bars by groups of pairs: wherever the cursor goes, the words above the plot have the
 * numbers of the table's row, and the line passes through the cell of that number. */
#include "scene.h"
#include "views/change.h"
#include "views/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct rect main_of(const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    return layout.main;
}

/* The plot below one line of words. */
static struct rect plot_rect_of(const struct state *state, const struct line_plot *plot)
{
    struct rect inside = draw_panel_inside(main_of(state));
    inside.row++;
    inside.rows--;
    return plot_line_inside(inside, plot);
}

static const struct canvas_cell *cell_of(const struct scene *scene, struct rect rect,
                                         const struct line_plot *plot, double x, double y)
{
    struct axis across = {plot->low, plot->high, rect.cols, plot->scale};
    struct axis up = {plot->y_low, plot->y_high, rect.rows, AXIS_LINEAR};
    int col = axis_cell(&across, x), row = axis_cell(&up, y);
    assert_true(col >= 0 && row >= 0);
    return &scene->canvas
                ->cells[(rect.row + rect.rows - 1 - row) * scene->canvas->cols + rect.col + col];
}

/* The line of that number is there, or one that was drawn over it. */
static void assert_line(const struct scene *scene, struct rect rect, const struct line_plot *plot,
                        double x, double y)
{
    const struct canvas_cell *cell = cell_of(scene, rect, plot, x, y);
    assert_true(cell->code != ' ' && cell->code != 0);
    assert_true(cell->style.role == ROLE_QUERY || cell->style.role == ROLE_KEY ||
                cell->style.role == ROLE_BOTH);
}

static void assert_words(const char *text, const char *format, double number)
{
    char expected[96];
    snprintf(expected, sizeof expected, format, number);
    if (!strstr(text, expected))
        fail_msg("no '%s' in\n%s", expected, text);
}

/* ---- changes by groups --------------------------------------------------- */

static size_t column_of(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static double number_of(const struct table *table, size_t row, const char *name)
{
    struct cell cell = table->cell(table->context, row, column_of(table, name));
    return cell.kind == CELL_INTEGER ? (double)cell.as.integer : cell.as.real;
}

/* The row of the selected layer or pair, found by its names alone. */
static size_t row_named(const struct table *table, const char *column, double index, int projection)
{
    for (size_t row = 0; row < table->row_count; row++)
        if (number_of(table, row, column) == index &&
            strcmp(table->cell(table->context, row, column_of(table, "projection")).as.text,
                   projection_name(projection)) == 0)
            return row;
    return table->row_count;
}

static void check_projections(struct scene *scene, const struct table *table, const char *column,
                              double index, const char *text)
{
    struct line_plot plot = change_plot_of(state_change_rows(&scene->state), 0.01F);
    struct rect rect = plot_rect_of(&scene->state, &plot);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        size_t row = row_named(table, column, index, p);
        if (row == table->row_count)
            continue;
        double mean = number_of(table, row, "mean_distance");
        assert_words(text, p ? "key moved by %.4g " : "query moved by %.4g ", mean);
        assert_words(text, "(half %.4g to ", number_of(table, row, "q25"));
        assert_line(scene, rect, &plot, index, mean);
    }
}

static void check_bin(struct scene *scene, const struct table *table, const char *text)
{
    struct row item = state_item(&scene->state);
    double cos = fabs((double)row_cos(scene->angles, &item, item.projection));
    struct line_plot plot = change_plot_of(state_change_rows(&scene->state), 0.01F);
    for (size_t row = 0; row < table->row_count; row++) {
        double low = number_of(table, row, "abs_cos_low"),
               high = number_of(table, row, "abs_cos_high");
        double mean = number_of(table, row, "mean_distance");
        if (!(cos >= low && cos < high))
            continue;
        assert_words(text, " pairs moved by %.4g ", mean);
        assert_words(text, "|cos| %g to ", low);
        assert_line(scene, plot_rect_of(&scene->state, &plot), &plot, (low + high) / 2, mean);
    }
}

static void check_threshold(struct scene *scene, const struct table *table, const char *text)
{
    struct line_plot plot = change_plot_of(state_change_rows(&scene->state), 0.01F);
    double threshold = (double)scene->state.settings.rule.threshold;
    for (size_t row = 0; row < table->row_count; row++) {
        double kept = number_of(table, row, "kept_fraction"),
               trainable = number_of(table, row, "trainable_fraction");
        if (fabs(number_of(table, row, "threshold") - threshold) > 1e-7)
            continue;
        assert_words(text, "trainable %.1f%% of the pairs", 100 * trainable);
        assert_words(text, "hold %.1f%% of the change", 100 * kept);
        assert_line(scene, plot_rect_of(&scene->state, &plot), &plot, threshold, kept);
    }
}

static void check_change(struct scene *scene)
{
    struct view_settings settings = state_settings(&scene->state);
    struct change_rows rows;
    assert_true(change_rows_fill(&rows, &settings));
    struct table table = change_rows_table(&rows);
    char *text = scene_picture(scene, false);
    if (rows.by == CHANGE_BY_LAYER)
        check_projections(scene, &table, "layer", (double)state_layer(&scene->state)->number, text);
    else if (rows.by == CHANGE_BY_FREQUENCY)
        check_projections(scene, &table, "pair", (double)scene->state.pair, text);
    else if (rows.by == CHANGE_BY_BIN)
        check_bin(scene, &table, text);
    else
        check_threshold(scene, &table, text);
    free(text);
    change_rows_free(&rows);
}

static void test_cursor_reads_the_change(void **unused)
{
    static const char keys[] = "jLlLLLhkjj}}LlLG{HHpg]jL";
    (void)unused;
    for (int scope = 0; scope <= SCOPE_MODEL; scope++)
        for (int by = CHANGE_BY_BIN; by < CHANGE_BYS; by++) {
            struct scene scene = scene_open_golden(40, 120);
            scene_compare(&scene);
            scene_type(&scene, "D");
            scene.state.settings.by = (enum change_by)by;
            scene.state.settings.selection.scope = (enum scope)scope;
            for (size_t i = 0; i < sizeof keys; i++) {
                check_change(&scene);
                scene_type(&scene, (char[2]){keys[i], '\0'});
            }
            scene_close(&scene);
        }
}

/* What is kept between frames is what would be worked out anew. */
static void test_kept_changes_are_fresh(void **unused)
{
    static const char keys[] = "jbbl]]s.bC,jbsCC}bbkbs";
    struct scene scene = scene_open_golden(24, 80);
    (void)unused;
    scene_compare(&scene);
    scene_type(&scene, "Db");
    for (size_t i = 0; i < 3 * (sizeof keys - 1); i++) {
        scene_type(&scene, (char[2]){keys[i % (sizeof keys - 1)], '\0'});
        const struct rule *rule = &scene.state.settings.rule;
        struct change_share share = state_change_share(&scene.state),
                            anew = change_share_of_rule(scene.changes, rule, rule->threshold);
        assert_memory_equal(&share, &anew, sizeof share);
        if (scene.state.settings.by == CHANGE_BY_PAIR)
            continue;
        struct change_rows rows;
        struct view_settings settings = state_settings(&scene.state);
        assert_true(change_rows_fill(&rows, &settings));
        const struct change_rows *kept = state_change_rows(&scene.state);
        assert_int_equal(kept->count, rows.count);
        for (size_t row = 0; row < rows.count && rows.group; row++)
            assert_memory_equal(&kept->group[kept->row[row]], &rows.group[rows.row[row]],
                                sizeof *rows.group);
        if (!rows.group)
            assert_memory_equal(kept->share, rows.share, sizeof rows.share);
        change_rows_free(&rows);
    }
    scene_close(&scene);
}

/* ---- by frequency -------------------------------------------------------- */

static double place_of(const struct spectrum_point *point, size_t pair, enum pair_axis axis)
{
    return axis == PAIR_AXIS_INDEX       ? (double)pair
           : axis == PAIR_AXIS_FREQUENCY ? point->frequency
                                         : 2 * acos(-1) / point->frequency;
}

/* Of the model: lines. */
static void check_frequency(struct scene *scene)
{
    const struct state *state = &scene->state;
    const struct spectrum *spectrum = state_spectrum(state);
    struct line_plot plot = frequency_plot_of(&state->settings, spectrum);
    struct rect rect = plot_rect_of(state, &plot);
    char *text = scene_picture(scene, false);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const struct spectrum_point *point = &spectrum->point[p][state->pair];
        double mean = state->settings.norms ? point->norm.mean : point->abs_cos.mean;
        assert_words(text, p ? "key %.4f " : "query %.4f ", mean);
        assert_line(scene, rect, &plot, place_of(point, state->pair, state->settings.axis), mean);
    }
    free(text);
}

static void test_cursor_reads_the_spectrum(void **unused)
{
    (void)unused;
    for (int axis = 0; axis < PAIR_AXES; axis++)
        for (int norms = 0; norms < 2; norms++) {
            struct scene scene = scene_open_golden(40, 160);
            scene_type(&scene, "9ss");
            assert_int_equal(scene.state.settings.selection.scope, SCOPE_MODEL);
            scene.state.settings.axis = (enum pair_axis)axis;
            scene.state.settings.norms = norms;
            for (uint32_t pair = 0; pair < scene_golden_shape.pairs; pair++) {
                assert_int_equal(scene.state.pair, pair);
                check_frequency(&scene);
                scene_type(&scene, "L");
            }
            scene_close(&scene);
        }
}

/* The height of a column of bars in eighths of a cell. */
static int height_of(const struct scene *scene, int col, int bottom, int rows)
{
    const struct glyphs *glyphs = glyphs_of(GLYPHS_BLOCKS);
    int height = 0;
    for (int row = bottom - rows + 1; row <= bottom; row++)
        for (int part = 1; part <= 8; part++)
            if (scene->canvas->cells[row * scene->canvas->cols + col].code == glyphs->bar[part])
                height += part;
    return height;
}

/* Of a head: bars, one a pair; the tallest has the largest mean, none differs by an eighth. */
static void check_bars(struct scene *scene, int projection, int bottom, int rows)
{
    const struct state *state = &scene->state;
    const struct spectrum *spectrum = state_spectrum(state);
    struct rect inside = draw_panel_inside(main_of(state));
    int each = inside.cols / (int)spectrum->count;
    double top = 0;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        for (size_t i = 0; i < spectrum->count; i++)
            top = fmax(top,
                       fmax(spectrum->point[p][i].abs_cos.mean, spectrum->point[p][i].abs_cos.q75));
    double unit = pow(10, floor(log10(top))) / 2;
    top = ceil(top / unit) * unit;
    bool turned = state->settings.axis == PAIR_AXIS_FREQUENCY; /* low frequencies first */
    for (size_t i = 0; i < spectrum->count; i++) {
        size_t pair = turned ? spectrum->count - 1 - i : i;
        double mean = spectrum->point[projection][pair].abs_cos.mean;
        int height = height_of(scene, inside.col + (int)i * each, bottom, rows);
        if (!isnan(mean))
            assert_true(fabs(height - fmax(mean / top * rows * 8, 1)) <= 1);
    }
}

static void test_bars_are_the_spectrum(void **unused)
{
    (void)unused;
    for (int axis = 0; axis < PAIR_AXES; axis++) {
        struct scene scene = scene_open_golden(40, 160);
        scene_type(&scene, "jl9");
        scene.state.settings.axis = (enum pair_axis)axis;
        for (int move = 0; move < 6; move++) {
            enum { PART = 156 / 12, BARS = PART - 2 };
            int first = draw_panel_inside(main_of(&scene.state)).row + 1;
            free(scene_picture(&scene, false));
            check_bars(&scene, PROJECTION_QUERY, first + PART - 2, BARS);
            check_bars(&scene, PROJECTION_KEY, first + 2 * PART - 2, BARS);
            scene_type(&scene, move % 2 ? "l" : "j");
        }
        scene_close(&scene);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_reads_the_change),
        cmocka_unit_test(test_kept_changes_are_fresh),
        cmocka_unit_test(test_cursor_reads_the_spectrum),
        cmocka_unit_test(test_bars_are_the_spectrum),
    };
    return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
