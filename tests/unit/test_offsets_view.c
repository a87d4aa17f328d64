/* The view of rotary offsets over a made run: the table against the vectors of the run, the words
 * and the list against the table, the curve against the scores, and golden screens. */
#include "scene.h"
#include "scratch.h"
#include "views/draw.h"
#include "views/offsets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- a run that nobody ran ----------------------------------------------- */

enum { TOKENS = 24, PLANTED = 20 };
static const double degrees = 57.29577951308232;

struct made_run {
    struct probe probe;
    struct probed probed;
};

/* The same on every machine. */
static float noise(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (float)((double)(*seed >> 11) / 9007199254740992.0 - 0.5);
}

static float *filled(size_t count, float base, float spread, uint64_t *seed)
{
    float *out = memory_array(count + 1, sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < count; i++)
        out[i] = base + spread * noise(seed);
    return out;
}

/* Every head has an offset at pair PLANTED: 6 at an angle of the head's own. */
static void plant(struct probe_projection *to, int which)
{
    for (uint32_t head = 0; head < to->heads; head++) {
        size_t at = (size_t)head * to->pairs + PLANTED;
        double angle = 0.4 * head + (which == PROJECTION_KEY ? 2 : 0);
        to->mean_a[at] = (float)(6 * cos(angle));
        to->mean_b[at] = (float)(6 * sin(angle));
        to->radius_mean[at] = 6.1F;
        to->radius_max[at] = 7.5F;
    }
}

static void make_run(struct made_run *run, const struct model *model)
{
    uint64_t seed = 7;
    *run = (struct made_run){.probe = {.token_count = TOKENS, .layer_count = model->layer_count}};
    run->probe.layers = memory_array(model->layer_count, sizeof *run->probe.layers);
    assert_non_null(run->probe.layers);
    for (size_t i = 0; i < model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT && model->layers[i].pairs > 0; p++) {
            struct probe_projection *to = &run->probe.layers[i].projection[p];
            to->heads = model->layers[i].projection[p].heads;
            to->pairs = model->layers[i].pairs;
            size_t count = (size_t)to->heads * to->pairs;
            to->mean_a = filled(count, 0, 1, &seed);
            to->mean_b = filled(count, 0, 1, &seed);
            to->radius_mean = filled(count, 1, 0.5F, &seed);
            to->radius_max = filled(count, 3, 1, &seed);
            to->first_a = filled(count, 0, 9, &seed);
            to->first_b = filled(count, 0, 9, &seed);
            if (PLANTED < to->pairs)
                plant(to, p);
        }
    run->probed = (struct probed){&run->probe, model, NULL};
}

static void free_run(struct made_run *run)
{
    for (size_t i = 0; i < run->probe.layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct probe_projection *to = &run->probe.layers[i].projection[p];
            float *const arrays[] = {to->mean_a,     to->mean_b,  to->radius_mean,
                                     to->radius_max, to->first_a, to->first_b};
            for (size_t j = 0; j < sizeof arrays / sizeof *arrays; j++)
                memory_free(arrays[j]);
        }
    memory_free(run->probe.layers);
}

static struct scene open_with_run(struct made_run *run, int rows, int cols)
{
    struct scene scene = scene_open_golden(rows, cols);
    make_run(run, scene.angles->model);
    scene.state.settings.probed = &run->probed;
    return scene;
}

/* ---- the table ----------------------------------------------------------- */

static void test_the_table_is_the_run(void **unused)
{
    struct made_run run;
    struct scene scene = open_with_run(&run, 24, 80);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    settings.probed = &run.probed;
    struct view_table table = scene_table_of("offsets", scene.angles, &settings);
    size_t features = 0, row = 0;
    for (size_t i = 0; i < scene.angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct probe_projection *of = &run.probe.layers[i].projection[p];
            for (size_t at = 0; at < (size_t)of->heads * of->pairs; at++, row++) {
                double a = (double)of->mean_a[at], b = (double)of->mean_b[at];
                assert_int_equal(scene_cell_at(&table, row, "pair").as.integer, at % of->pairs);
                assert_true(scene_cell_at(&table, row, "mean_a").as.real == a);
                assert_true(scene_cell_at(&table, row, "mean_b").as.real == b);
                assert_true(scene_cell_at(&table, row, "radius_mean").as.real ==
                            (double)of->radius_mean[at]);
                assert_true(scene_cell_at(&table, row, "radius_max").as.real ==
                            (double)of->radius_max[at]);
                assert_true(scene_cell_at(&table, row, "first_b").as.real ==
                            (double)of->first_b[at]);
                assert_true(fabs(scene_cell_at(&table, row, "angle").as.real -
                                 degrees * atan2(b, a)) < 1e-9);
                struct cell feature = scene_cell_at(&table, row, "feature");
                assert_int_equal(feature.kind, p == PROJECTION_QUERY ? CELL_FLAG : CELL_EMPTY);
                features += feature.kind == CELL_FLAG && feature.as.flag;
                if (feature.kind == CELL_FLAG)
                    assert_int_equal(feature.as.flag, at % of->pairs == PLANTED);
            }
        }
    assert_int_equal(row, table.table.row_count);
    assert_int_equal(features, 11 * 8); /* every query head of the layers that rotate */
    view_table_free(&table);
    scene_close(&scene);
    free_run(&run);
}

/* ---- the cursor ---------------------------------------------------------- */

static void check_words(struct scene *scene, const struct view_table *table, const char *text)
{
    char expected[128];
    size_t row = scene->state.pair; /* of the head's query, and of its key */
    size_t key = row + table->table.row_count / 2;
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        size_t at = p ? key : row;
        double a = scene_cell_at(table, at, "mean_a").as.real,
               b = scene_cell_at(table, at, "mean_b").as.real;
        snprintf(expected, sizeof expected, "%s %.3g at %.0f\u00b0, %.2f constant",
                 projection_name(p), hypot(a, b), degrees * atan2(b, a),
                 scene_cell_at(table, at, "concentration").as.real);
        assert_says(text, expected);
    }
    snprintf(expected, sizeof expected, "psi %.1f", scene_cell_at(table, row, "psi").as.real);
    assert_says(text, expected);
    assert_int_equal(strstr(text, "offset feature") != NULL, scene->state.pair == PLANTED);
}

static void test_cursor_reads_the_offset(void **unused)
{
    static const char keys[] = "LLLLLLLLLLLLLLLLLLLLLLLljHHhLkn";
    struct made_run run;
    struct scene scene = open_with_run(&run, 40, 140);
    (void)unused;
    scene_type(&scene, "V");
    for (size_t i = 0; i < sizeof keys; i++) {
        struct view_settings settings = state_settings(&scene.state);
        assert_int_equal(settings.selection.scope, SCOPE_HEAD);
        struct view_table table = scene_table_of("offsets", scene.angles, &settings);
        char *text = scene_picture(&scene, false);
        if (state_rotates(&scene.state))
            check_words(&scene, &table, text);
        else
            assert_says(text, "this layer does not rotate");
        free(text);
        view_table_free(&table);
        scene_type(&scene, (char[2]){keys[i], '\0'});
    }
    scene_close(&scene);
    free_run(&run);
}

/* ---- the curve ----------------------------------------------------------- */

/* The line of the selected pair, drawn last, is in the cell of its score in every column; and a
 * mean over distances is the mean of scores at many distances. */
static void test_curve_is_the_score(void **unused)
{
    struct made_run run;
    struct scene scene = open_with_run(&run, 40, 80);
    struct head_offsets head;
    (void)unused;
    scene_type(&scene, "V");
    for (int i = 0; i < PLANTED; i++)
        scene_type(&scene, "L");
    free(scene_picture(&scene, false));
    assert_true(head_offsets_fill(&head, &run.probed, scene.angles->model, 0, 0) &&
                head.layer != NULL);
    struct layout layout;
    struct layout_needs needs = layout_needs_of(&scene.state);
    layout_make(&layout, &needs);
    struct rect inside = draw_panel_inside(layout.main);
    struct line_plot plot = offsets_plot_of(&head);
    struct rect below = {inside.row + 3, inside.col, (inside.rows - 3 + 1) / 2, inside.cols};
    struct rect rect = plot_line_inside(below, &plot);
    struct axis x = {plot.low, plot.high, rect.cols, plot.scale};
    struct axis y = {plot.y_low, plot.y_high, rect.rows, AXIS_LINEAR};
    for (int col = 0; col < rect.cols; col++) {
        double low = axis_edge(&x, col), high = axis_edge(&x, col + 1), sum = 0;
        enum { STEPS = 4000 };
        for (int i = 0; i < STEPS; i++)
            sum += offset_score(&head.offset[PLANTED], head.layer->frequency[PLANTED],
                                head.layer->head_dim, low + (high - low) * (i + 0.5) / STEPS);
        double mean = offsets_mean_score(&head, PLANTED, 1, low, high);
        assert_true(fabs(mean - sum / STEPS) < 1e-3 * plot.y_high);
        int row = rect.row + rect.rows - 1 - axis_cell(&y, mean);
        const struct canvas_cell *cell =
            &scene.canvas->cells[row * scene.canvas->cols + rect.col + col];
        assert_int_equal(cell->style.role, ROLE_SELECT);
    }
    memory_free(head.offset);
    scene_close(&scene);
    free_run(&run);
}

/* ---- what is not there --------------------------------------------------- */

static void test_without_a_run(void **unused)
{
    struct made_run run;
    struct scene scene = open_with_run(&run, 24, 80);
    (void)unused;
    scene_type(&scene, "Vjj");
    run.probe.layer_count = 2;
    char *text = scene_picture(&scene, false);
    assert_says(text, "the run did not come to this layer");
    free(text);
    run.probe.layer_count = scene.angles->model->layer_count;
    scene.state.settings.probed = NULL;
    text = scene_picture(&scene, false);
    assert_says(text, "no text was run");
    free(text);
    scene_close(&scene);
    free_run(&run);
}

static void test_every_size_draws(void **unused)
{
    struct made_run run;
    struct scene scene = open_with_run(&run, 24, 80);
    (void)unused;
    scene_type(&scene, "V");
    for (int rows = 1; rows < 50; rows += 3)
        for (int cols = 1; cols < 180; cols += 7) {
            assert_true(canvas_resize(scene.canvas, rows, cols));
            update_size(&scene.state, rows, cols);
            free(scene_picture(&scene, false));
        }
    scene_close(&scene);
    free_run(&run);
}

/* ---- golden screens ------------------------------------------------------ */

static void check_golden(const char *name, struct scene *scene)
{
    char path[256];
    static char golden[1 << 17];
    char *text = scene_picture(scene, false);
    snprintf(path, sizeof path, "tests/golden/%s.txt", name);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *stream = fopen(path, "wb");
        assert_non_null(stream);
        fputs(text, stream);
        fclose(stream);
    }
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    golden[fread(golden, 1, sizeof golden - 1, stream)] = '\0';
    fclose(stream);
    if (strcmp(text, golden) != 0)
        fail_msg("%s differs; it is now:\n%s", path, text);
    free(text);
}

static void test_golden_offsets(void **unused)
{
    static const struct {
        int rows, cols;
    } sizes[] = {{24, 80}, {40, 120}, {60, 200}};
    (void)unused;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int set = 0; set < GLYPH_SET_COUNT; set++) {
            struct made_run run;
            char name[96];
            struct scene scene = open_with_run(&run, sizes[s].rows, sizes[s].cols);
            scene.state.glyph_set = (enum glyph_set)set;
            scene_type(&scene, "jlVLLLLLLLLLLLLLLLLLLLL");
            snprintf(name, sizeof name, "offsets-of-run-%dx%d-%s", sizes[s].cols, sizes[s].rows,
                     glyph_set_name((enum glyph_set)set));
            check_golden(name, &scene);
            scene_close(&scene);
            free_run(&run);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_is_the_run), cmocka_unit_test(test_cursor_reads_the_offset),
        cmocka_unit_test(test_curve_is_the_score),   cmocka_unit_test(test_without_a_run),
        cmocka_unit_test(test_every_size_draws),     cmocka_unit_test(test_golden_offsets),
    };
    return cmocka_run_group_tests_name("offsets on the screen", tests, NULL, NULL);
}
