/* The spectrum: every cell of the map and every bar is the number of its table, and the words name
 * the pair. */
#include "scene.h"
#include "views/draw.h"
#include "views/spectrum.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct synthetic odd = {12, 8, 2, 32, 3, 5, true, "odd\x1b[31m one"};

/* What the table's rows say of a cell: the mean over those of its heads whose pair is defined; NaN:
 * none. The row is a layer in scope model, else a head. */
static double mean_of_rows(const struct view_table *table, int projection, bool by_head,
                           uint64_t line, uint64_t pair, enum pair_shade shade)
{
    double sum = 0, count = 0;
    for (size_t row = 0; row < table->table.row_count; row++) {
        struct cell cos = scene_cell_at(table, row, "cos");
        bool here = strcmp(scene_cell_at(table, row, "projection").as.text,
                           projection_name(projection)) == 0 &&
                    scene_cell_at(table, row, by_head ? "head" : "layer").as.integer == line &&
                    scene_cell_at(table, row, "pair").as.integer == pair;
        if (!here || cos.kind != CELL_REAL || isnan(cos.as.real))
            continue;
        sum += shade == SHADE_COS ? fabs(cos.as.real) : scene_cell_at(table, row, "norm").as.real;
        count++;
    }
    return count > 0 ? sum / count : (double)NAN;
}

static double median_of(const double *values, size_t count)
{
    double order[64];
    memcpy(order, values, count * sizeof *order);
    return spread_of(order, count).median;
}

/* Where a number lies on the scale: 0..255 as the styles of cells have it. */
static int level_of(const struct map_scale *scale, double value)
{
    double low = map_scaled(scale, scale->low), high = map_scaled(scale, scale->high);
    return style_heat((map_scaled(scale, value) - low) / (high - low)).level;
}

/* One row of a map on the canvas against the rows of the table. */
static size_t check_row(const struct scene *scene, const struct spectrum_layout *layout,
                        const struct pair_maps *maps, const struct view_table *table, int p,
                        size_t row)
{
    const struct state *state = &scene->state;
    const struct spectrum_part *part = &layout->part[p];
    struct map_scale scale = spectrum_scale(state, maps);
    enum pair_shade shade = state->settings.shade;
    double wanted[64];
    size_t checked = 0;
    for (uint32_t pair = 0; pair < layout->pairs; pair++)
        wanted[pair] = mean_of_rows(table, p, maps->by_head, row, pair, shade);
    double median = shade == SHADE_EXCESS ? median_of(wanted, layout->pairs) : 0;
    for (uint32_t pair = part->first; pair < part->end; pair++) {
        int line = part->cells.row + (int)(row - part->first_row) * part->tall;
        /* The last column but one: brackets and glyphs of the cursor leave it, if it is not alone.
         */
        int col = spectrum_column(layout, part, pair) + (part->cols > 2 ? 1 : part->cols - 1);
        struct style style = scene->canvas->cells[line * scene->canvas->cols + col].style;
        double value = wanted[pair] - median;
        if (part->cols == 1 && row == part->selected && pair == state->pair)
            continue;
        if (isnan(value)) {
            assert_true(style.role == ROLE_ABSENT || style.role == ROLE_DIM);
            continue;
        }
        assert_true(fabs(pair_map_value(&maps->map[p], shade, row, pair) - value) < 1e-9);
        assert_int_equal(style.role, shade == SHADE_EXCESS ? ROLE_DIVERGE : ROLE_HEAT);
        assert_true(abs(style.level - level_of(&scale, value)) <= 1);
        checked++;
    }
    return checked;
}

/* Every cell in sight has the shade of the table's own numbers, by layer and by head, at every
 * shade and size, wherever the lines part the cells. */
static void test_spectrum_shows_the_table(void **unused)
{
    static const struct {
        const struct synthetic *shape;
        int rows, cols;
        size_t by_layer; /* cells checked, at the least */
    } cases[] = {{&odd, 40, 120, 2 * 10 * 32},
                 {&odd, 24, 80, 300},
                 {&odd, 18, 120, 300},
                 {&scene_golden_shape, 24, 50, 100}};
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene scene = scene_open(cases[i].shape, cases[i].rows, cases[i].cols);
        scene_type(&scene, "jjlWLLL");
        for (int scope = SCOPE_LAYER; scope <= SCOPE_MODEL; scope++) {
            scene_type(&scene, "s");
            for (int shade = 0; shade < PAIR_SHADES; shade++, scene_type(&scene, "o")) {
                struct layout layout;
                struct spectrum_layout at;
                struct layout_needs needs = layout_needs_of(&scene.state);
                struct view_settings settings = state_settings(&scene.state);
                struct view_table table = scene_table_of("spectrum", scene.angles, &settings);
                const struct pair_maps *maps = state_pair_maps(&scene.state);
                size_t checked = 0;
                free(scene_picture(&scene, false));
                layout_make(&layout, &needs);
                spectrum_layout_make(&at, &scene.state, maps, draw_panel_inside(layout.main));
                assert_int_equal(settings.shade, shade);
                for (int p = 0; p < PROJECTION_COUNT; p++)
                    for (int line = 0; line + at.part[p].tall <= at.part[p].cells.rows;
                         line += at.part[p].tall)
                        checked +=
                            check_row(&scene, &at, maps, &table, p,
                                      at.part[p].first_row + (size_t)(line / at.part[p].tall));
                assert_true(checked >= (scope == SCOPE_MODEL ? cases[i].by_layer - 2 : 100));
                view_table_free(&table);
            }
        }
        scene_close(&scene);
    }
}

/* The columns, in their order; norm, turns and flags by their own formulas. */
static void test_rows_of_the_spectrum(void **unused)
{
    static const char *const columns[] = {"layer",     "projection",    "head",      "pair",
                                          "frequency", "wavelength",    "turns",     "norm",
                                          "cos",       "partial_cycle", "half_cycle"};
    struct angles *angles = synthetic_new(&odd);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    struct view_table table = scene_table_of("spectrum", angles, &settings);
    struct view_table pairs = scene_table_of("pairs", angles, &settings);
    assert_int_equal(table.table.column_count, 11);
    for (size_t i = 0; i < 11; i++)
        assert_string_equal(table.table.columns[i], columns[i]);
    assert_int_equal(table.table.row_count, pairs.table.row_count);
    struct cycle_lines lines =
        cycle_lines_of(angles->model->layers[0].frequency, odd.pairs, angles->model->context);
    for (size_t row = 0; row < table.table.row_count; row++) {
        double a = scene_cell_at(&pairs, row, "norm_a").as.real;
        double b = scene_cell_at(&pairs, row, "norm_b").as.real;
        double sweep = scene_cell_at(&table, row, "frequency").as.real * 4096;
        double turns = scene_cell_at(&table, row, "turns").as.real;
        uint64_t pair = scene_cell_at(&table, row, "pair").as.integer;
        assert_true(fabs(scene_cell_at(&table, row, "norm").as.real - hypot(a, b)) < 1e-12);
        assert_true(fabs(turns * 2 * acos(-1) - sweep) < 1e-9 * sweep);
        assert_true(fabs(turns * scene_cell_at(&table, row, "wavelength").as.real - 4096) < 1e-6);
        assert_int_equal(scene_cell_at(&table, row, "partial_cycle").as.flag,
                         pair >= lines.partial);
        assert_int_equal(scene_cell_at(&table, row, "half_cycle").as.flag, pair >= lines.half);
    }
    view_table_free(&table);
    view_table_free(&pairs);
    angles->model->context = 0; /* nobody knows it */
    table = scene_table_of("spectrum", angles, &settings);
    assert_true(isnan(scene_cell_at(&table, 0, "turns").as.real));
    assert_int_equal(scene_cell_at(&table, 0, "half_cycle").kind, CELL_EMPTY);
    view_table_free(&table);
    synthetic_free(angles);
}

/* The lines above name the pair and say its numbers, wherever the cursor goes; and a step of the
 * threshold leaves the sums where they are. */
static void test_spectrum_names_the_pair(void **unused)
{
    static const char keys[] = "LLnljLNHkhL]jnsLG}nsgl";
    struct scene scene = scene_open(&scene_golden_shape, 24, 80);
    (void)unused;
    scene_type(&scene, "W");
    for (size_t i = 0; i < sizeof keys - 1; i++) {
        char one[2] = {keys[i], '\0'}, expected[128];
        bool stays = strchr("LNHn]}", keys[i]) != NULL; /* in the layer */
        double *sums = state_pair_maps(&scene.state)->map[0].norm, first = sums[0];
        sums[0] = stays ? -1 : first;
        scene_type(&scene, one);
        if (stays) {
            assert_true(state_pair_maps(&scene.state)->map[0].norm[0] < 0);
            sums[0] = first;
        }
        struct row row = state_item(&scene.state);
        if (row.layer->pairs == 0 || isnan(row_cos(scene.angles, &row, PROJECTION_QUERY)))
            continue;
        const struct angle_set *set = &scene.angles->layers[row.layer_index].set[0];
        double turns = pair_turns(row.layer->frequency[row.pair], 4096);
        char *text = scene_picture(&scene, false);
        snprintf(expected, sizeof expected, "pair %u  frequency %.4g  wavelength %.4g  turns %.3g",
                 row.pair, row.layer->frequency[row.pair], layer_wavelength(row.layer, row.pair),
                 turns);
        assert_non_null(strstr(text, expected));
        snprintf(expected, sizeof expected, "layer %u  query %u norm %.4f cos %.4f",
                 row.layer->number, row.head,
                 pair_norm(set, (size_t)row.head * row.layer->pairs + row.pair),
                 (double)row_cos(scene.angles, &row, PROJECTION_QUERY));
        assert_non_null(strstr(text, expected));
        free(text);
    }
    scene_close(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spectrum_shows_the_table),
        cmocka_unit_test(test_rows_of_the_spectrum),
        cmocka_unit_test(test_spectrum_names_the_pair),
    };
    return cmocka_run_group_tests_name("spectrum", tests, NULL, NULL);
}
