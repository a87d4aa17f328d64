/* Plots: nothing outside their rect at any size, marks where they belong, pictures in every glyph
 * set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rendered.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- something to draw --------------------------------------------------- */

enum { BINS = 21, POINTS = 40 };
static const uint64_t counts[BINS] = {0,  0,  1,  2,  5,  9, 17, 30, 48, 70, 81,
                                      69, 50, 31, 16, 10, 4, 2,  0,  1,  0};

static struct bars_plot some_bars(void)
{
    return (struct bars_plot){.count = counts,
                              .bins = BINS,
                              .low = -1,
                              .high = 1,
                              .symmetric = true,
                              .threshold = 0.35,
                              .chance = 0.1,
                              .role = ROLE_QUERY,
                              .show_axis = true};
}

/* A cloud along the diagonal, by a small generator of its own so that every machine draws alike. */
static struct scatter_plot some_scatter(void)
{
    static float x[POINTS], y[POINTS];
    uint32_t seed = 1;
    for (int i = 0; i < POINTS; i++) {
        int sum[2] = {0, 0};
        for (int k = 0; k < 16; k++) {
            seed = seed * 1664525u + 1013904223u;
            sum[k % 2] += (int)(seed >> 24) - 128;
        }
        x[i] = (float)sum[0] / 900;
        y[i] = (float)sum[0] / 1200 + (float)sum[1] / 2400;
    }
    x[0] = NAN;
    y[1] = NAN;
    return (struct scatter_plot){.x = x,
                                 .y = y,
                                 .count = POINTS,
                                 .low = -1,
                                 .high = 1,
                                 .threshold = 0.25,
                                 .x_label = "query cos",
                                 .y_label = "key cos",
                                 .has_selection = true,
                                 .selected = 5};
}

/* Two lines that fall, one of them steeply, with a gap. */
static double falling(double x, double steep)
{
    double y = 1.2 - steep * x;
    return x > 0.45 && x < 0.55 ? (double)NAN : y > 1 ? 1 : y < 0 ? 0 : y;
}

static const double marks[] = {0.25, 0.75, 7};

static struct line_plot some_lines(void)
{
    return (struct line_plot){.high = 1,
                              .y_high = 1,
                              .cut = 0.6,
                              .mark = marks,
                              .marks = 3,
                              .x_label = "threshold",
                              .y_label = "fraction"};
}

static void draw_lines(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    enum { SAMPLES = 4096 };
    static double y[STROKE_COUNT][SAMPLES];
    struct line_plot plot = some_lines();
    struct axis axis = plot_line_samples(rect, glyphs, &plot);
    plot_line(canvas, rect, glyphs, &plot);
    for (int stroke = STROKE_COUNT; stroke-- > 0;) {
        bool named = stroke < STROKE_THIN;
        for (int i = 0; i < axis.cells; i++)
            y[stroke][i] = falling(axis_value(&axis, i), 0.8 + 0.8 * stroke);
        struct line_series series = {y[stroke], (enum stroke)stroke,
                                     (char)(named ? 'a' + stroke : 0),
                                     named ? ROLE_QUERY : ROLE_DIM};
        plot_line_add(canvas, rect, glyphs, &plot, &series);
    }
}

static enum heat_kind some_value(const void *context, size_t row, size_t col, double *value)
{
    (void)context;
    if (row == 2)
        return HEAT_ABSENT;
    if (row == 4)
        return HEAT_WAITING;
    *value = row == 3 && col == 1 ? NAN : (double)(row * 5 + col) / 24;
    return HEAT_VALUE;
}

static struct heat_plot some_heat(void)
{
    return (struct heat_plot){.value = some_value,
                              .rows = 5,
                              .cols = 9,
                              .low = 0,
                              .high = 1,
                              .cell_cols = 1,
                              .has_selection = true,
                              .selected_row = 1,
                              .selected_col = 2};
}

/* ---- any size ------------------------------------------------------------ */

enum { BARS, BARS_LOG, SCATTER, HEAT, HEAT_WIDE, LEGEND, GAUGE, LINES, PLOTS };

static void draw(int plot, struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    struct bars_plot bars = some_bars();
    struct scatter_plot scatter = some_scatter();
    struct heat_plot heat = some_heat();
    bars.log = bars.show_axis = plot == BARS_LOG;
    heat.cell_cols = plot == HEAT_WIDE ? 3 : 1;
    switch (plot) {
    case BARS:
    case BARS_LOG:
        plot_bars(canvas, rect, glyphs, &bars);
        break;
    case SCATTER:
        plot_scatter(canvas, rect, glyphs, &scatter);
        break;
    case HEAT:
    case HEAT_WIDE:
        plot_heat(canvas, rect, glyphs, &heat);
        break;
    case LEGEND:
        plot_heat_legend(canvas, rect, glyphs, -0.125, 0.75);
        break;
    case GAUGE:
        plot_gauge(canvas, rect, glyphs, 1e-4, 1, 0.01, 0.5);
        break;
    case LINES:
        draw_lines(canvas, rect, glyphs);
        break;
    }
}

static bool in_rect(struct rect rect, int row, int col)
{
    return row >= rect.row && row < rect.row + rect.rows && col >= rect.col &&
           col < rect.col + rect.cols;
}

static void assert_nothing_outside(struct canvas *canvas, struct rect rect)
{
    for (int row = 0; row < canvas->rows; row++) {
        for (int col = 0; col < canvas->cols; col++) {
            const struct canvas_cell *cell = &canvas->cells[row * canvas->cols + col];
            if (!in_rect(rect, row, col) && cell->code != '@')
                fail_msg("%dx%d: drawn at %d, %d", rect.rows, rect.cols, row, col);
        }
    }
}

static void test_nothing_is_drawn_outside(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(44, 126);
    struct rect all = {0, 0, 44, 126};
    for (int plot = 0; plot < PLOTS; plot++) {
        for (int rows = -2; rows <= 40; rows += rows < 14 ? 1 : 5) {
            for (int cols = -2; cols <= 120; cols += cols < 30 ? 1 : 9) {
                struct rect rect = {2, 3, rows, cols};
                canvas_fill(canvas, all, '@', style_of(ROLE_TEXT));
                draw(plot, canvas, rect, glyphs_of((enum glyph_set)((rows + cols + 4) % 3)));
                assert_nothing_outside(canvas, rect);
            }
        }
    }
    canvas_free(canvas);
}

/* A rect that hangs over every side of a canvas, down to one cell. */
static void test_canvases_smaller_than_the_rect(void **state)
{
    (void)state;
    for (int rows = 1; rows <= 12; rows += 3) {
        for (int cols = 1; cols <= 30; cols += 5) {
            struct canvas *canvas = canvas_new(rows, cols);
            for (int plot = 0; plot < PLOTS; plot++) {
                draw(plot, canvas, (struct rect){-3, -4, 20, 50}, glyphs_of(GLYPHS_BRAILLE));
                draw(plot, canvas, (struct rect){rows - 1, cols - 1, 9, 40},
                     glyphs_of(GLYPHS_ASCII));
            }
            canvas_free(canvas);
        }
    }
}

static void test_empty_and_strange_numbers(void **state)
{
    (void)state;
    static const double values[] = {0, 1, -1, 0.5, 1e300, -1e300, NAN, INFINITY, -INFINITY};
    enum { VALUES = sizeof values / sizeof *values };
    struct canvas *canvas = canvas_new(12, 40);
    struct rect rect = {0, 0, 12, 40};
    const struct glyphs *glyphs = glyphs_of(GLYPHS_BLOCKS);
    for (size_t a = 0; a < VALUES; a++) {
        for (size_t b = 0; b < VALUES; b++) {
            struct bars_plot bars = some_bars();
            struct scatter_plot scatter = some_scatter();
            struct heat_plot heat = some_heat();
            bars.low = scatter.low = heat.low = values[a];
            bars.high = scatter.high = heat.high = values[b];
            bars.threshold = scatter.threshold = bars.chance = values[(a + b) % VALUES];
            bars.bins = a % 2 ? 0 : BINS;
            bars.highest = b % 2 ? 0 : 7;
            plot_bars(canvas, rect, glyphs, &bars);
            plot_scatter(canvas, rect, glyphs, &scatter);
            plot_heat(canvas, rect, glyphs, &heat);
            plot_heat_legend(canvas, rect, glyphs, values[a], values[b]);
            plot_gauge(canvas, rect, glyphs, values[a], values[b], values[(a + 1) % VALUES], 0.5);
        }
    }
    canvas_free(canvas);
}

/* ---- bars ---------------------------------------------------------------- */

static const struct canvas_cell *cell_of(const struct canvas *canvas, int row, int col)
{
    return &canvas->cells[row * canvas->cols + col];
}

static void test_bars_show_their_counts(void **state)
{
    (void)state;
    static const uint64_t few[5] = {0, 1, 500, 1000, 2000};
    const struct glyphs *glyphs = glyphs_of(GLYPHS_BLOCKS);
    struct canvas *canvas = canvas_new(2, 12);
    struct bars_plot plot = {
        .count = few, .bins = 5, .high = 1, .threshold = NAN, .chance = NAN, .role = ROLE_KEY};
    plot_bars(canvas, (struct rect){0, 0, 2, 12}, glyphs, &plot);
    char *text = rendered(canvas);
    assert_string_equal(text, "        ██\n  ▁▁▄▄████\n"); /* one of 2000 is seen, too */
    free(text);
    canvas_clear(canvas);
    plot.highest = 4000; /* a scale shared with another plot */
    plot_bars(canvas, (struct rect){0, 0, 2, 12}, glyphs, &plot);
    text = rendered(canvas);
    assert_string_equal(text, "\n  ▁▁▂▂▄▄██\n");
    free(text);
    canvas_free(canvas);
}

/* Equal bins give a level line however many share a column. */
static void test_shared_columns_have_no_stripes(void **state)
{
    (void)state;
    uint64_t equal[97];
    for (size_t i = 0; i < 97; i++)
        equal[i] = 5;
    struct canvas *canvas = canvas_new(1, 97);
    for (int cols = 1; cols < 97; cols++) {
        canvas_clear(canvas);
        struct bars_plot plot = {
            .count = equal, .bins = 97, .highest = 10, .high = 1, .threshold = NAN, .chance = NAN};
        plot_bars(canvas, (struct rect){0, 0, 1, cols}, glyphs_of(GLYPHS_BLOCKS), &plot);
        for (int col = 0; col < cols; col++)
            assert_int_equal(cell_of(canvas, 0, col)->code, 0x2584);
    }
    canvas_free(canvas);
}

/* The cut crosses every row, through the bars, on both sides; without colours as a line. */
static void test_the_cut_is_seen_on_every_row(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(8, 63);
    struct bars_plot plot = some_bars();
    plot.show_axis = false;
    for (int set = 0; set < GLYPH_SET_COUNT; set++) {
        const struct glyphs *glyphs = glyphs_of((enum glyph_set)set);
        canvas_clear(canvas);
        plot_bars(canvas, (struct rect){0, 0, 8, 63}, glyphs, &plot);
        struct axis axis = {-1, 1, 63, false};
        int lines = 0, cuts[2] = {axis_cell(&axis, 0.35), axis_cell(&axis, -0.35)};
        for (int row = 0; row < 8; row++) {
            for (int side = 0; side < 2; side++) {
                /* a line over the bar, its colour on the bar's top, a slit inside the bar */
                const struct canvas_cell *cell = cell_of(canvas, row, cuts[side]);
                bool line = cell->code == glyphs->cut_vertical;
                assert_true(line || cell->style.role == ROLE_THRESHOLD);
                lines += line;
            }
            int middle = axis_cell(&axis, 0.05); /* the band, above and inside the bars */
            uint32_t code = cell_of(canvas, row, middle)->code;
            assert_true(code == glyphs->chance_bar || code == glyphs->chance || row == 0 ||
                        cell_of(canvas, row - 1, middle)->code != glyphs->chance_bar);
        }
        assert_true(lines >= 14); /* all but the cell that the bar's top is in */
    }
    canvas_free(canvas);
}

static void test_a_one_sided_plot_has_one_cut(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(1, 40);
    struct bars_plot plot = {
        .count = counts, .bins = 0, .low = 0, .high = 1, .threshold = 0.5, .chance = 0.2};
    plot_bars(canvas, (struct rect){0, 0, 1, 40}, glyphs_of(GLYPHS_ASCII), &plot);
    char *text = rendered(canvas);
    assert_string_equal(text, "---------           !\n");
    free(text);
    canvas_free(canvas);
}

/* Every label is a whole number over the cell it names, with a space to the next. */
static void assert_labels(const struct canvas *canvas, int row, struct axis axis, int first_col)
{
    char line[256] = "";
    for (int col = 0; col < axis.cells; col++)
        line[col] = (char)cell_of(canvas, row, first_col + col)->code;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        char *end;
        double value = strtod(word, &end);
        assert_true(*end == '\0');
        int start = (int)(word - line), cell = axis_cell(&axis, value);
        assert_true(cell >= start && cell < start + (int)strlen(word));
    }
}

static void test_labels_are_whole_and_apart(void **state)
{
    (void)state;
    static const double ends[][2] = {
        {-1, 1}, {-0.05, 0.05}, {0, 1}, {-123456, 0.001}, {1e-9, 2e-9}};
    struct canvas *canvas = canvas_new(12, 140);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        for (int cols = 1; cols <= 130; cols++) {
            struct bars_plot bars = some_bars();
            struct scatter_plot scatter = some_scatter();
            bars.bins = 0;
            bars.low = scatter.low = ends[i][0];
            bars.high = scatter.high = ends[i][1];
            canvas_clear(canvas);
            plot_bars(canvas, (struct rect){0, 0, 2, cols}, glyphs_of(GLYPHS_ASCII), &bars);
            assert_labels(canvas, 1, (struct axis){bars.low, bars.high, cols, false}, 0);
            struct rect rect = {0, 0, 12, cols};
            struct rect inside = plot_scatter_inside(rect, &scatter);
            canvas_clear(canvas);
            plot_scatter(canvas, rect, glyphs_of(GLYPHS_ASCII), &scatter);
            assert_labels(canvas, 11, (struct axis){bars.low, bars.high, inside.cols, false},
                          inside.col);
        }
    }
    canvas_free(canvas);
}

/* ---- scatter ------------------------------------------------------------- */

static void assert_one_point(const struct canvas *canvas, int row, int col)
{
    for (int r = 0; r < canvas->rows; r++) {
        for (int c = 0; c < canvas->cols; c++) {
            bool expected = r == row && c == col;
            const struct canvas_cell *cell = cell_of(canvas, r, c);
            assert_int_equal(cell->style.role == ROLE_BOTH && cell->code != ' ', expected);
        }
    }
}

static void test_inside_is_where_points_fall(void **state)
{
    (void)state;
    static const struct rect rects[] = {{1, 2, 14, 50}, {0, 0, 1, 1},  {0, 3, 4, 9}, {2, 0, 5, 20},
                                        {0, 0, 7, 11},  {1, 1, 6, 30}, {0, 0, 2, 3}};
    struct canvas *canvas = canvas_new(16, 54);
    for (size_t i = 0; i < sizeof rects / sizeof *rects; i++) {
        for (int set = 0; set < GLYPH_SET_COUNT; set++) {
            float x, y;
            struct scatter_plot plot = {.x = &x,
                                        .y = &y,
                                        .count = 1,
                                        .low = -0.3,
                                        .high = 0.7,
                                        .threshold = NAN,
                                        .x_label = "x",
                                        .y_label = "y"};
            struct rect inside = plot_scatter_inside(rects[i], &plot);
            struct axis across = {plot.low, plot.high, inside.cols, false};
            struct axis up = {plot.low, plot.high, inside.rows, false};
            assert_false(rect_empty(inside));
            for (int cell = 0; cell < inside.rows * inside.cols; cell += 1 + cell / 17) {
                int row = cell / inside.cols, col = cell % inside.cols;
                x = (float)axis_value(&across, col);
                y = (float)axis_value(&up, inside.rows - 1 - row);
                canvas_clear(canvas);
                plot_scatter(canvas, rects[i], glyphs_of((enum glyph_set)set), &plot);
                assert_one_point(canvas, inside.row + row, inside.col + col);
            }
        }
    }
    canvas_free(canvas);
}

/* A line through the value of a cell goes through that cell, on either axis and in every set; and
 * the cut stands over its value. */
static void test_inside_is_where_lines_go(void **state)
{
    (void)state;
    static const struct rect rects[] = {{1, 2, 14, 50}, {0, 0, 1, 1}, {0, 3, 4, 9}, {2, 0, 5, 20}};
    static double y[200];
    struct canvas *canvas = canvas_new(16, 54);
    for (size_t i = 0; i < 4 * GLYPH_SET_COUNT; i++) {
        const struct rect rect = rects[i / GLYPH_SET_COUNT];
        const struct glyphs *glyphs = glyphs_of((enum glyph_set)(i % GLYPH_SET_COUNT));
        struct line_plot plot = {
            .low = 1e-4, .high = 1, .scale = AXIS_LOG, .y_high = 1, .cut = NAN, .x_label = "x"};
        struct rect inside = plot_line_inside(rect, &plot);
        struct axis up = {0, 1, inside.rows, AXIS_LINEAR};
        struct axis samples = plot_line_samples(rect, glyphs, &plot);
        int each = samples.cells / inside.cols;
        assert_int_equal(samples.cells, each * inside.cols);
        for (int cell = 0; cell < inside.rows * inside.cols; cell += 1 + cell / 17) {
            int row = cell / inside.cols, col = cell % inside.cols;
            for (int k = 0; k < samples.cells; k++)
                y[k] = k / each == col ? axis_value(&up, inside.rows - 1 - row) : (double)NAN;
            struct line_series series = {y, STROKE_LIGHT, 0, ROLE_BOTH};
            plot.cut = axis_value(&samples, col * each);
            canvas_clear(canvas);
            plot_line(canvas, rect, glyphs, &plot);
            assert_int_equal(cell_of(canvas, inside.row, inside.col + col)->code,
                             glyphs->cut_vertical);
            plot_line_add(canvas, rect, glyphs, &plot, &series);
            assert_one_point(canvas, inside.row + row, inside.col + col);
        }
    }
    canvas_free(canvas);
}

/* In blocks the strokes differ, in ASCII the letters. */
static void test_lines_are_told_apart_by_glyph(void **state)
{
    (void)state;
    for (int set = 0; set < GLYPH_SET_COUNT; set++)
        for (int a = 0; a < STROKE_COUNT; a++)
            for (int b = 0; b < a; b++) {
                const struct glyphs *glyphs = glyphs_of((enum glyph_set)set);
                char first = (char)(a < STROKE_THIN ? 'a' + a : 0);
                char second = (char)(b < STROKE_THIN ? 'a' + b : 0);
                assert_int_not_equal(plot_line_glyph(glyphs, (enum stroke)a, first),
                                     plot_line_glyph(glyphs, (enum stroke)b, second));
            }
}

/* A line that gives way to others leaves none of its dots in their cells. */
static void test_thin_lines_give_way(void **state)
{
    (void)state;
    static const double low[2] = {0.1, 0.1}, high[2] = {0.9, 0.9};
    struct canvas *canvas = canvas_new(1, 1);
    const struct rect rect = {0, 0, 1, 1};
    const struct glyphs *glyphs = glyphs_of(GLYPHS_BRAILLE);
    struct line_plot plot = {.high = 1, .y_high = 1, .cut = NAN};
    struct line_series thin = {low, STROKE_THIN, 0, ROLE_DIM};
    struct line_series first = {low, STROKE_LIGHT, 0, ROLE_KEY};
    struct line_series second = {high, STROKE_LIGHT, 0, ROLE_QUERY};
    plot_line_add(canvas, rect, glyphs, &plot, &thin);
    assert_int_equal(canvas->cells[0].code, 0x2840);
    plot_line_add(canvas, rect, glyphs, &plot, &second);
    assert_int_equal(canvas->cells[0].code, 0x2809);
    plot_line_add(canvas, rect, glyphs, &plot, &first);
    assert_int_equal(canvas->cells[0].code, 0x28C9);
    canvas_free(canvas);
}

/* Where in its cell a point lies is seen: eight places in braille, two in the other sets. */
static void test_parts_of_a_cell(void **state)
{
    (void)state;
    static const uint32_t dots[4][2] = {
        {0x2840, 0x2880}, {0x2804, 0x2820}, {0x2802, 0x2810}, {0x2801, 0x2808}};
    struct canvas *canvas = canvas_new(1, 1);
    float x, y;
    struct scatter_plot plot = {.x = &x, .y = &y, .count = 1, .high = 1, .threshold = NAN};
    for (int up = 0; up < 4; up++) {
        for (int right = 0; right < 2; right++) {
            x = (float)right / 2 + 0.25f;
            y = (float)up / 4 + 0.125f;
            plot_scatter(canvas, (struct rect){0, 0, 1, 1}, glyphs_of(GLYPHS_BRAILLE), &plot);
            assert_int_equal(canvas->cells[0].code, dots[up][right]);
            plot_scatter(canvas, (struct rect){0, 0, 1, 1}, glyphs_of(GLYPHS_BLOCKS), &plot);
            assert_int_equal(canvas->cells[0].code, up < 2 ? '.' : '\'');
        }
    }
    canvas_free(canvas);
}

static void test_more_points_are_darker(void **state)
{
    (void)state;
    enum { CELLS = 5, MOST = 200 };
    static const int in_cell[CELLS] = {0, 3, 9, 40, 200};
    float x[CELLS * MOST], y[CELLS * MOST];
    size_t count = 0;
    for (int cell = 0; cell < CELLS; cell++) {
        for (int i = 0; i < in_cell[cell]; i++, count++) {
            x[count] = ((float)cell + 0.5f) / CELLS;
            y[count] = 0.5f;
        }
    }
    struct canvas *canvas = canvas_new(1, CELLS);
    struct scatter_plot plot = {.x = x, .y = y, .count = count, .high = 1, .threshold = NAN};
    plot_scatter(canvas, (struct rect){0, 0, 1, CELLS}, glyphs_of(GLYPHS_BLOCKS), &plot);
    char *text = rendered(canvas);
    assert_string_equal(text, " ░▒▓█\n");
    free(text);
    canvas_free(canvas);
}

static void test_braille_blanks_are_spaces(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(30, 100);
    struct scatter_plot plot = some_scatter();
    plot_scatter(canvas, (struct rect){0, 0, 30, 100}, glyphs_of(GLYPHS_BRAILLE), &plot);
    for (int i = 0; i < 30 * 100; i++)
        assert_int_not_equal(canvas->cells[i].code, 0x2800);
    canvas_free(canvas);
}

/* ---- heat ---------------------------------------------------------------- */

/* At each width the selected cell differs from every other, role and flags aside. */
static void test_the_selected_cell_is_unmistakable(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(2, 40);
    for (int set = 0; set < GLYPH_SET_COUNT; set++) {
        for (int width = 1; width <= 4; width++) {
            struct heat_plot plot = some_heat();
            plot.cell_cols = width;
            plot.rows = 2;
            canvas_clear(canvas);
            plot_heat(canvas, (struct rect){0, 0, 2, 40}, glyphs_of((enum glyph_set)set), &plot);
            const struct canvas_cell *selected = cell_of(canvas, 1, 2 * width);
            assert_int_equal(selected->style.role, ROLE_SELECT);
            assert_true(selected->style.flags & STYLE_REVERSE);
            for (int i = 0; i < 2 * 40; i++)
                assert_true(&canvas->cells[i] == selected ||
                            canvas->cells[i].code != selected->code);
        }
    }
    canvas_free(canvas);
}

static void test_the_map_scrolls(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(3, 10);
    struct heat_plot plot = some_heat();
    plot.first_row = 3;
    plot.first_col = 1;
    plot.cell_cols = 2;
    plot_heat(canvas, (struct rect){0, 0, 3, 10}, glyphs_of(GLYPHS_BLOCKS), &plot);
    char *text = rendered(canvas);
    assert_string_equal(text, "××▓▓▓▓▓▓██\n··········\n");
    free(text);
    canvas_free(canvas);
}

/* ---- pictures ------------------------------------------------------------ */

static struct canvas *page(enum glyph_set set)
{
    const struct glyphs *glyphs = glyphs_of(set);
    struct canvas *canvas = canvas_new(24, 78);
    struct bars_plot bars = some_bars();
    struct scatter_plot scatter = some_scatter();
    struct heat_plot heat = some_heat();
    plot_bars(canvas, (struct rect){0, 0, 8, 44}, glyphs, &bars);
    bars.bins = BINS;
    bars.log = true;
    plot_bars(canvas, (struct rect){9, 0, 5, 15}, glyphs, &bars);
    plot_bars(canvas, (struct rect){9, 18, 1, 26}, glyphs, &bars);
    plot_scatter(canvas, (struct rect){0, 46, 14, 32}, glyphs, &scatter);
    plot_heat(canvas, (struct rect){15, 0, 5, 9}, glyphs, &heat);
    heat.cell_cols = 2;
    plot_heat(canvas, (struct rect){15, 12, 5, 18}, glyphs, &heat);
    heat.cell_cols = 4;
    plot_heat(canvas, (struct rect){15, 34, 5, 36}, glyphs, &heat);
    plot_heat_legend(canvas, (struct rect){21, 0, 1, 30}, glyphs, 0.0123456, 0.5);
    plot_heat_legend(canvas, (struct rect){21, 34, 1, 9}, glyphs, 0, 1);
    plot_gauge(canvas, (struct rect){23, 0, 1, 40}, glyphs, 1e-4, 1, 0.01, 0.5);
    return canvas;
}

/* clang-format off */
static const char page_in_ascii[] =
    "             !    --%%--    !                 ^ key cos            query cos >\n"
    "             !    %%%%%%    !                    1+\n"
    "             !  ..%%%%%%::  !                     |\n"
    "             !  ##%%%%%%##  !                  0.5+\n"
    "             !||##%%%%%%##||!                     |               . .'.\n"
    "            ::####%%%%%%####::                    |          +~~~++:O\n"
    "    ....::||#!####%%%%%%####!###::..  ..         0+         .!''+.:+\n"
    "-1      -0.5         0        0.5        1        |       . .:~'~'~+\n"
    "                                                  |         '\n"
    "    !.|%#:!         ..::||#%%%#||::. .        -0.5+\n"
    "    :#%%%#|.                                      |\n"
    "   |!#%%%#!#.                                   -1+\n"
    "  ##!#%%%#!## :                                   ++-----+------+------+-----+\n"
    "-1     0      1                                    -1  -0.5     0     0.5    1\n"
    "\n"
    "   ..:::-         ....::::::--                ........::::::::::::----\n"
    "::O--==++   ::::>:----====++++    ::::::::[::]--------========++++++++\n"
    "xxxxxxxxx   xxxxxxxxxxxxxxxxxx    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
    "*x###%%@@   **xx######%%%%@@@@    ****xxxx############%%%%%%%%@@@@@@@@\n"
    "_________   __________________    ____________________________________\n"
    "\n"
    "0.0123   ..::--=++**##%%@@ 0.5    0 .-+#@ 1\n"
    "\n"
    "+-------------------O---------------+--+\n";

static const char page_in_blocks[] =
    "             ┆    ··▓▓··    ┆                 ↑ key cos            query cos →\n"
    "             ┆    ▓▓▓▓▓▓    ┆                    1┤\n"
    "             ┆  ▁▁▓▓▓▓▓▓▃▃  ┆                     │\n"
    "             ┆  ██▓▓▓▓▓▓██  ┆                  0.5┤\n"
    "             ┆▅▅██▓▓▓▓▓▓██▅▅┆                     │               . .'.\n"
    "            ▄▄████▓▓▓▓▓▓████▃▃                    │          ┌┄┄┄░░:●\n"
    "    ▁▁▁▁▃▃▆▆█┆████▓▓▓▓▓▓████┆█▇▇▃▃▁▁  ▁▁         0┤         .┆''░.:░\n"
    "-1      -0.5         0        0.5        1        │       . .:┄'┄'┄┘\n"
    "                                                  │         '\n"
    "    ┆▁▅▓▇▃┆         ▁▂▃▄▅▆▇▓▓▓▇▆▅▄▃▂ ▁        -0.5┤\n"
    "    ▃█▓▓▓█▅▂                                      │\n"
    "   ▅┆█▓▓▓█┆█▂                                   -1┤\n"
    "  ▇█┆█▓▓▓█┆██ ▃                                   └┬─────┬──────┬──────┬─────┬\n"
    "-1     0      1                                    -1  -0.5     0     0.5    1\n"
    "\n"
    "     ░░░░             ░░░░░░░░                        ░░░░░░░░░░░░░░░░\n"
    "░░●░░▒▒▒▒   ░░░░▸░░░░░▒▒▒▒▒▒▒▒    ░░░░░░░░[░░]░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒\n"
    "×××××××××   ××××××××××××××××××    ××××××××××××××××××××××××××××××××××××\n"
    "▓×▓▓▓████   ▓▓××▓▓▓▓▓▓████████    ▓▓▓▓××××▓▓▓▓▓▓▓▓▓▓▓▓████████████████\n"
    "·········   ··················    ····································\n"
    "\n"
    "0.0123     ░░░░▒▒▒▓▓▓▓████ 0.5    0  ░▒▓█ 1\n"
    "\n"
    "├───────────────────●───────────────┼──┤\n";

static const char page_in_braille[] =
    "             ┆    ··▓▓··    ┆                 ↑ key cos            query cos →\n"
    "             ┆    ▓▓▓▓▓▓    ┆                    1┤\n"
    "             ┆  ▁▁▓▓▓▓▓▓▃▃  ┆                     │\n"
    "             ┆  ██▓▓▓▓▓▓██  ┆                  0.5┤\n"
    "             ┆▅▅██▓▓▓▓▓▓██▅▅┆                     │               ⢀ ⢀⠈⡀\n"
    "            ▄▄████▓▓▓▓▓▓████▃▃                    │          ┌┄┄┄⢡⠘⡐●\n"
    "    ▁▁▁▁▃▃▆▆█┆████▓▓▓▓▓▓████┆█▇▇▃▃▁▁  ▁▁         0┤         ⢀┆⠐⠁⡣⠄⡁⠙\n"
    "-1      -0.5         0        0.5        1        │       ⢀ ⢀⠔┄⠁┄⠈┄┘\n"
    "                                                  │         ⠘\n"
    "    ┆▁▅▓▇▃┆         ▁▂▃▄▅▆▇▓▓▓▇▆▅▄▃▂ ▁        -0.5┤\n"
    "    ▃█▓▓▓█▅▂                                      │\n"
    "   ▅┆█▓▓▓█┆█▂                                   -1┤\n"
    "  ▇█┆█▓▓▓█┆██ ▃                                   └┬─────┬──────┬──────┬─────┬\n"
    "-1     0      1                                    -1  -0.5     0     0.5    1\n"
    "\n"
    "     ░░░░             ░░░░░░░░                        ░░░░░░░░░░░░░░░░\n"
    "░░●░░▒▒▒▒   ░░░░▸░░░░░▒▒▒▒▒▒▒▒    ░░░░░░░░[░░]░░░░░░░░▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒\n"
    "×××××××××   ××××××××××××××××××    ××××××××××××××××××××××××××××××××××××\n"
    "▓×▓▓▓████   ▓▓××▓▓▓▓▓▓████████    ▓▓▓▓××××▓▓▓▓▓▓▓▓▓▓▓▓████████████████\n"
    "·········   ··················    ····································\n"
    "\n"
    "0.0123     ░░░░▒▒▒▓▓▓▓████ 0.5    0  ░▒▓█ 1\n"
    "\n"
    "├───────────────────●───────────────┼──┤\n";

static const char page_roles[] =
    "   ..\n"
    "00011\n"
    "::O--\n"
    "22S33\n"
    "xxxxx\n"
    "aaaaa\n"
    "   ! -:::###\n"
    "qqqcqhqqcqqq\n"
    "-1    0    1\n"
    "ll    l    l\n";
/* clang-format on */

static void assert_page(enum glyph_set set, const char *expected)
{
    struct canvas *canvas = page(set);
    char *text = rendered(canvas);
    assert_string_equal(text, expected);
    free(text);
    canvas_free(canvas);
}

static void test_page_in_blocks(void **state)
{
    (void)state;
    assert_page(GLYPHS_BLOCKS, page_in_blocks);
}

static void test_page_in_braille(void **state)
{
    (void)state;
    assert_page(GLYPHS_BRAILLE, page_in_braille);
}

static void test_page_in_ascii(void **state)
{
    (void)state;
    assert_page(GLYPHS_ASCII, page_in_ascii);
    for (const char *c = page_in_ascii; *c; c++)
        assert_true((unsigned char)*c < 0x80);
}

/* clang-format off */
static const char lines_in_ascii[] =
    "^ fraction                   threshold >\n"
    "  1+aaaaaaaaaaaaaaa      !\n"
    "   |   -.ccbbb    aa     !\n"
    "   |    -.cccbbbb       aaaaa\n"
    "   |     -..ccc bbb      !  aaaaaa\n"
    "0.5+      -...cc  bb     !       aaaaaa\n"
    "   |       - ..ccc       !            aa\n"
    "   |        - .. ccc    bbb\n"
    "   |         - ..  c     !bbb\n"
    "  0+          --....    ccccbbbbbbbbbbbb\n"
    "   ++------+-^----+------+-----^+------+\n"
    "    0     0.2    0.4    0.6    0.8     1\n";

static const char lines_in_blocks[] =
    "↑ fraction                   threshold →\n"
    "  1┤──────────────┐      ┆\n"
    "   │   ·┈╚╗┗━┓    └─     ┆\n"
    "   │    ·┈╚═╗┗━━┓       ────┐\n"
    "   │     ·┈┈╚═╗ ┗━┓      ┆  └────┐\n"
    "0.5┤      ·┈┈┈╚╗  ┗━     ┆       └────┐\n"
    "   │       · ┈┈╚═╗       ┆            └─\n"
    "   │        · ┈┈ ╚═╗    ━━┓\n"
    "   │         · ┈┈  ╚     ┆┗━┓\n"
    "  0┤          ··┈┈┈┈    ════┗━━━━━━━━━━━\n"
    "   └┬──────┬─↑────┬──────┬─────↑┬──────┬\n"
    "    0     0.2    0.4    0.6    0.8     1\n";

static const char lines_in_braille[] =
    "↑ fraction                   threshold →\n"
    "  1┤⠉⠉a⠙⡍⠋⢍⠉⠉⠉⠑⠢⢄⣀       ┆\n"
    "   │    ⠈⠢⡀⠁b⡀    ⠉⠒     ┆\n"
    "   │    ⢁⠂⠘⢄  ⠢⠄        a⠢⠤⣀\n"
    "   │      ⠁⡀⠑⡄  ⠑⠄⡀      ┆  ⠉⠑⠢⢄⣀\n"
    "0.5┤      ⢁⠁⡄⠈⠢⡀  ⠈⠂     ┆       ⠉⠒⠢⢄⣀\n"
    "   │         ⠆ ⠘⢄        ┆            ⠉⠒\n"
    "   │        ⢁ ⠂  ⠑c     ⠒⠄\n"
    "   │           ⠁⡀ ⠈⠢     ┆⠑⠄⡀\n"
    "  0┤          ⢁ ⢁⡄⣀⡀    ⣀⣀⣀⣀⣈⣂b⣀⣀⣀⣀⣀⣀⣀⣀⣀\n"
    "   └┬──────┬─↑────┬──────┬─────↑┬──────┬\n"
    "    0     0.2    0.4    0.6    0.8     1\n";
/* clang-format on */

static void assert_lines(enum glyph_set set, const char *expected)
{
    struct canvas *canvas = canvas_new(12, 40);
    draw_lines(canvas, (struct rect){0, 0, 12, 40}, glyphs_of(set));
    char *text = rendered(canvas);
    assert_string_equal(text, expected);
    free(text);
    canvas_free(canvas);
}

static void test_lines_in_blocks(void **state)
{
    (void)state;
    assert_lines(GLYPHS_BLOCKS, lines_in_blocks);
}

static void test_lines_in_braille(void **state)
{
    (void)state;
    assert_lines(GLYPHS_BRAILLE, lines_in_braille);
}

static void test_lines_in_ascii(void **state)
{
    (void)state;
    assert_lines(GLYPHS_ASCII, lines_in_ascii);
}

static void test_roles_of_the_page(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(5, 12);
    struct heat_plot heat = some_heat();
    struct bars_plot bars = some_bars();
    plot_heat(canvas, (struct rect){0, 0, 3, 5}, glyphs_of(GLYPHS_ASCII), &heat);
    bars.bins = 4;
    plot_bars(canvas, (struct rect){3, 0, 2, 12}, glyphs_of(GLYPHS_ASCII), &bars);
    char *text = rendered_roles(canvas);
    assert_string_equal(text, page_roles);
    free(text);
    canvas_free(canvas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_drawn_outside),
        cmocka_unit_test(test_canvases_smaller_than_the_rect),
        cmocka_unit_test(test_empty_and_strange_numbers),
        cmocka_unit_test(test_bars_show_their_counts),
        cmocka_unit_test(test_shared_columns_have_no_stripes),
        cmocka_unit_test(test_the_cut_is_seen_on_every_row),
        cmocka_unit_test(test_a_one_sided_plot_has_one_cut),
        cmocka_unit_test(test_labels_are_whole_and_apart),
        cmocka_unit_test(test_inside_is_where_points_fall),
        cmocka_unit_test(test_parts_of_a_cell),
        cmocka_unit_test(test_more_points_are_darker),
        cmocka_unit_test(test_braille_blanks_are_spaces),
        cmocka_unit_test(test_the_selected_cell_is_unmistakable),
        cmocka_unit_test(test_the_map_scrolls),
        cmocka_unit_test(test_page_in_blocks),
        cmocka_unit_test(test_page_in_braille),
        cmocka_unit_test(test_page_in_ascii),
        cmocka_unit_test(test_roles_of_the_page),
        cmocka_unit_test(test_inside_is_where_lines_go),
        cmocka_unit_test(test_lines_are_told_apart_by_glyph),
        cmocka_unit_test(test_thin_lines_give_way),
        cmocka_unit_test(test_lines_in_blocks),
        cmocka_unit_test(test_lines_in_braille),
        cmocka_unit_test(test_lines_in_ascii),
    };
    return cmocka_run_group_tests_name("plots", tests, NULL, NULL);
}
