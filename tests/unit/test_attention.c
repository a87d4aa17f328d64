/* test_attention.c: the view of attention over runs of the fixtures: what pairs add up to is the
 * run's own score, and what the picture, the words under its cursor and the figure show is what the
 * table holds. */
#include "explorer/attentions.h"
#include "probed_run.h"
#include "scene.h"
#include "views/attention.h"
#include "views/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOKENS = PROBED_TOKENS };
static const double near = 1e-5; /* of the largest number */

/* ---- a run beside the angles of its model -------------------------------- */

/* The view over the run, as scenes are; `probed` must stay where it is. */
static struct scene scene_of(const struct probed_run *run, int rows, int cols)
{
    struct scene scene = {.canvas = canvas_new(rows, cols)};
    assert_non_null(scene.canvas);
    assert_int_equal(state_init(&scene.state, session_angles(run->session), NULL), STATUS_OK);
    scene.state.origin = "scan";
    scene.state.settings.probed = &run->probed;
    update_size(&scene.state, rows, cols);
    scene_type(&scene, "A");
    assert_int_equal(scene.state.view, VIEW_ATTENTION);
    return scene;
}

static void scene_end(struct scene *scene)
{
    state_free(&scene->state);
    canvas_free(scene->canvas);
}

/* ---- the numbers --------------------------------------------------------- */

static const char *const families[] = {"llama", "qwen3", "gemma2", "smollm3", "llama_yarn"};
enum { FAMILIES = sizeof families / sizeof *families };

static float thresholds[] = {0, 0.05F, 0.3F, 1};

/* One head under one threshold, against what the run itself recorded. */
static void check_head(const char *family, const struct attention_head *head, size_t *fixed)
{
    const struct probe_attention *of = head->of;
    double most = 0, apart = 0, cap = (double)of->softcap, weights_apart = 0;
    for (size_t i = 0; i < TOKENS; i++) {
        double sum[3] = {0};
        for (size_t j = 0; j < TOKENS; j++) {
            double score = attention_value(head, ATTENTION_SCORES, i, j), all = 0;
            float recorded = of->scores[((size_t)head->query_head * TOKENS + i) * TOKENS + j];
            assert_int_equal(attention_sees(of, i, j), isfinite(recorded) != 0);
            assert_int_equal(isnan(score) != 0, isfinite(recorded) == 0);
            if (isnan(score))
                continue;
            for (uint32_t pair = 0; pair < of->pairs; pair++)
                all += attention_pair_part(head, i, j, pair);
            all += attention_rest_part(head, i, j);
            double parts = attention_value(head, ATTENTION_FIXED, i, j) +
                           attention_value(head, ATTENTION_TRAINABLE, i, j);
            assert_true(fabs(parts - all) <= near * fmax(1, fabs(all)));
            apart = fmax(apart, fabs((cap > 0 ? cap * tanh(all / cap) : all) - score));
            most = fmax(most, fabs(score));
            sum[0] += attention_value(head, ATTENTION_WEIGHTS, i, j);
            sum[1] += attention_value(head, ATTENTION_FIXED_WEIGHTS, i, j);
            sum[2] += attention_value(head, ATTENTION_TRAINABLE_WEIGHTS, i, j);
        }
        for (int k = 0; k < 3; k++)
            weights_apart = fmax(weights_apart, fabs(sum[k] - 1));
    }
    for (uint32_t pair = 0; pair < of->pairs; pair++)
        *fixed += head->fixed[pair];
    if (!(apart <= near * most) || !(weights_apart < near))
        fail_msg("%s, head %u: scores differ by %g of %g, weights add up to 1 within %g", family,
                 head->query_head, apart, most, weights_apart);
}

static void test_parts_add_up_to_the_scores(void **unused)
{
    (void)unused;
    for (size_t f = 0; f < FAMILIES; f++) {
        struct probed_run run = probed_run_open(families[f], NULL, 0);
        const struct angles *angles = session_angles(run.session);
        size_t fixed[4] = {0};
        for (size_t t = 0; t < 4; t++)
            for (size_t layer = 0; layer < run.probe->layer_count; layer++)
                for (uint32_t h = 0; h < run.probe->layers[layer].attention->heads; h++) {
                    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
                    struct attention_head head;
                    settings.probed = &run.probed;
                    settings.rule.threshold = thresholds[t];
                    assert_true(attention_head_of(&head, angles, &settings, layer, h));
                    assert_non_null(head.of);
                    check_head(families[f], &head, &fixed[t]);
                    attention_head_free(&head);
                }
        assert_true(fixed[0] > fixed[1] && fixed[1] >= fixed[2] && fixed[2] >= fixed[3]);
        probed_run_close(&run);
    }
}

/* Where every pair is fixed, only dims that do not rotate are left to train, and there are none;
 * where none is, nothing is fixed. */
static void test_a_pair_is_fixed_on_both_sides(void **unused)
{
    struct probed_run run = probed_run_open("llama", NULL, 0);
    const struct angles *angles = session_angles(run.session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    settings.probed = &run.probed;
    for (size_t t = 0; t < 4; t++)
        for (uint32_t h = 0; h < 4; h++) {
            struct attention_head head;
            settings.rule.threshold = thresholds[t];
            assert_true(attention_head_of(&head, angles, &settings, 1, h));
            const struct layer *layer = &angles->model->layers[1];
            for (uint32_t pair = 0; pair < layer->pairs; pair++) {
                float q = angles->layers[1].set[0].cos[h * layer->pairs + pair],
                      k = angles->layers[1].set[1].cos[head.key_head * layer->pairs + pair];
                assert_int_equal(head.fixed[pair],
                                 rule_fixes(q, thresholds[t]) && rule_fixes(k, thresholds[t]));
            }
            if (t == 0)
                assert_true(head.part[SPLIT_TRAINABLE][5 * TOKENS + 3] == 0);
            if (t == 3)
                assert_true(head.part[SPLIT_FIXED][5 * TOKENS + 3] == 0);
            attention_head_free(&head);
        }
    probed_run_close(&run);
}

/* ---- the table ----------------------------------------------------------- */

static double number_at(const struct view_table *table, size_t row, const char *column)
{
    struct cell cell = scene_cell_at(table, row, column);
    return cell.kind == CELL_INTEGER ? (double)cell.as.integer
           : cell.kind == CELL_REAL  ? cell.as.real
                                     : (double)NAN;
}

/* The rows of a windowed model are those that the run did not hide, in order, each once. */
static void test_table_has_every_key_in_sight(void **unused)
{
    struct probed_run run = probed_run_open("gemma2", NULL, 0);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    settings.probed = &run.probed;
    struct view_table table = scene_table_of("attention", session_angles(run.session), &settings);
    size_t row = 0;
    for (size_t layer = 0; layer < run.probe->layer_count; layer++) {
        const struct probe_attention *of = run.probe->layers[layer].attention;
        for (size_t at = 0; at < (size_t)of->heads * TOKENS * TOKENS; at++) {
            size_t head = at / TOKENS / TOKENS, i = at / TOKENS % TOKENS, j = at % TOKENS;
            if (isinf(of->scores[at]))
                continue;
            const double wanted[] = {(double)layer,
                                     (double)head,
                                     (double)i,
                                     (double)j,
                                     run.probe->tokens[i],
                                     run.probe->tokens[j],
                                     (double)of->scores[at],
                                     (double)of->weights[at]};
            static const char *const columns[] = {"layer",       "head",      "query", "key",
                                                  "query_token", "key_token", "score", "weight"};
            for (size_t c = 0; c < 8; c++)
                assert_true(number_at(&table, row, columns[c]) == wanted[c]);
            row++;
        }
    }
    assert_int_equal(row, table.table.row_count);
    view_table_free(&table);
    settings.selection = (struct selection){SCOPE_HEAD, 2, 3};
    table = scene_table_of("attention", session_angles(run.session), &settings);
    assert_true(number_at(&table, table.table.row_count - 1, "head") == 3);
    assert_true(number_at(&table, table.table.row_count - 1, "layer") == 2);
    assert_int_equal(table.table.row_count, 6 * 7 / 2 + (TOKENS - 6) * 6); /* window: 6 tokens */
    view_table_free(&table);
    settings.selection.scope = SCOPE_LAYER;
    table = scene_table_of("attention", session_angles(run.session), &settings);
    assert_int_equal(table.table.row_count, 4 * (6 * 7 / 2 + (TOKENS - 6) * 6));
    view_table_free(&table);
    probed_run_close(&run);
}

/* ---- the picture --------------------------------------------------------- */

static struct attention_layout layout_of(const struct scene *scene)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(&scene->state);
    struct attention_layout out;
    layout_make(&layout, &needs);
    attention_layout_make(&out, draw_panel_inside(layout.main), scene->state.settings.probed,
                          state_token_cell(&scene->state));
    return out;
}

static struct view_table table_of(const struct scene *scene)
{
    struct view_settings settings = state_settings(&scene->state);
    return scene_table_of("attention", scene->state.angles, &settings);
}

/* Weights as levels of the ramp, scores about 0. Blank above the diagonal. */
static void test_cells_are_those_of_the_table(void **unused)
{
    struct probed_run run = probed_run_open("llama", NULL, 0);
    (void)unused;
    for (int show = 0; show <= ATTENTION_TRAINABLE; show++) {
        static const char *const columns[] = {"weight", "score", "fixed", "trainable"};
        struct scene scene = scene_of(&run, 60, 200);
        scene_type(&scene, "jt0.05\n");
        scene.state.settings.attention = (enum attention_show)show;
        struct attention_layout layout = layout_of(&scene);
        struct view_table table = table_of(&scene);
        double most = 0, sum[TOKENS] = {0};
        free(scene_picture(&scene, false));
        assert_int_equal(layout.queries, TOKENS);
        assert_int_equal(layout.keys, TOKENS);
        assert_int_equal(layout.each, 3);
        for (size_t row = 0; row < table.table.row_count; row++)
            most = fmax(most, fabs(number_at(&table, row, columns[show])));
        assert_true(most > 0);
        for (size_t row = 0; row < table.table.row_count; row++) {
            size_t i = (size_t)number_at(&table, row, "query"),
                   j = (size_t)number_at(&table, row, "key");
            double value = number_at(&table, row, columns[show]);
            int at = (layout.cells.row + (int)i) * 200 + layout.cells.col + (int)j * 3 + 1;
            struct style wanted =
                show == 0 ? style_heat(value) : style_diverging((value + most) / (2 * most));
            struct style style = scene.canvas->cells[at].style;
            assert_int_equal(style.role, wanted.role);
            assert_in_range(style.level + 1, wanted.level, wanted.level + 2);
            sum[i] += value;
            if (i + 1 < TOKENS && j == i) /* above the diagonal */
                assert_int_equal(scene.canvas->cells[at + 3].code, ' ');
        }
        for (size_t i = 0; i < TOKENS && show == 0; i++)
            assert_true(fabs(sum[i] - 1) < near);
        view_table_free(&table);
        scene_end(&scene);
    }
    probed_run_close(&run);
}

/* Every cell in turn, the way a person goes. */
static void test_cursor_reads_the_table(void **unused)
{
    struct probed_run run = probed_run_open("gemma2", NULL, 0);
    struct scene scene = scene_of(&run, 40, 120);
    (void)unused;
    scene_type(&scene, "jlt0.1\n"); /* a layer without a window, its second head */
    for (size_t i = 0; i < TOKENS; i++)
        scene_type(&scene, "HK");
    struct view_table table = table_of(&scene);
    size_t row = 0;
    for (size_t i = 0; i < TOKENS; i++) {
        for (size_t j = 0; j <= i; j++, row++) {
            char first[128], second[128], copied[COPY_BYTES], what[COPY_BYTES];
            struct token_cell cell = state_token_cell(&scene.state);
            assert_true(cell.query == i && cell.key == j);
            assert_true(number_at(&table, row, "query") == (double)i);
            assert_true(number_at(&table, row, "key") == (double)j);
            snprintf(first, sizeof first, "score %.4f  ", number_at(&table, row, "score"));
            snprintf(second, sizeof second, "weight %.4f  fixed %.4f  trainable %.4f",
                     number_at(&table, row, "weight"), number_at(&table, row, "fixed"),
                     number_at(&table, row, "trainable"));
            char *text = scene_picture(&scene, false);
            if (!strstr(text, first) || !strstr(text, second))
                fail_msg("no \"%s\" or no \"%s\" in:\n%s", first, second, text);
            free(text);
            assert_true(view_copy(&scene.state, copied, what));
            snprintf(first, sizeof first, "1,1,%zu,%zu,", i, j);
            assert_memory_equal(copied, first, strlen(first));
            scene_type(&scene, "L");
        }
        scene_type(&scene, "J");
        for (size_t j = 0; j <= i + 1; j++)
            scene_type(&scene, "H");
    }
    assert_int_equal(row, table.table.row_count);
    view_table_free(&table);
    scene_end(&scene);
    probed_run_close(&run);
}

/* The largest part first, parts that add up to the score. */
static void test_pairs_beside_the_map(void **unused)
{
    struct probed_run run = probed_run_open("llama", NULL, 0);
    struct scene scene = scene_of(&run, 40, 120);
    (void)unused;
    scene_type(&scene, "KKKHHHHH");
    struct attention_layout layout = layout_of(&scene);
    struct token_cell cell = state_token_cell(&scene.state);
    const struct attention_head *head = state_attention(&scene.state, 0, 0);
    free(scene_picture(&scene, false));
    double sum = 0, before = INFINITY;
    assert_true(layout.pairs.rows > (int)head->of->pairs);
    for (uint32_t line = 0; line < head->of->pairs; line++) {
        char text[64] = "";
        unsigned pair;
        double wavelength, part;
        for (int col = 0; col < layout.pairs.cols && col < 63; col++)
            text[col] =
                (char)scene.canvas
                    ->cells[(layout.pairs.row + 1 + (int)line) * 120 + layout.pairs.col + col]
                    .code;
        assert_int_equal(sscanf(text, "%u %lf %lf", &pair, &wavelength, &part), 3);
        assert_true(fabs(part - attention_pair_part(head, cell.query, cell.key, pair)) < 1e-4);
        assert_true(fabs(part) <= before);
        before = fabs(part);
        sum += part;
    }
    double score = attention_value(head, ATTENTION_SCORES, cell.query, cell.key);
    assert_true(fabs(sum - score) < 1e-3);
    scene_end(&scene);
    probed_run_close(&run);
}

/* ---- situations ---------------------------------------------------------- */

static void test_layers_that_were_not_kept_say_so(void **unused)
{
    static const size_t only[] = {0};
    struct probed_run run = probed_run_open("llama", only, 1);
    struct scene scene = scene_of(&run, 24, 80);
    (void)unused;
    scene_type(&scene, "j");
    char *text = scene_picture(&scene, false);
    assert_non_null(strstr(text, "attention of this layer was not kept: --attention-layers 1"));
    free(text);
    struct view_table table = table_of(&scene);
    assert_int_equal(table.table.row_count, 0);
    view_table_free(&table);
    scene_end(&scene);
    probed_run_close(&run);
}

static void test_no_run_has_no_rows(void **unused)
{
    struct probed_run run = probed_run_open("llama", NULL, 0);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    (void)unused;
    struct view_table table = scene_table_of("attention", session_angles(run.session), &settings);
    assert_int_equal(table.table.row_count, 0);
    view_table_free(&table);
    probed_run_close(&run);
}

static void test_two_heads_are_the_extremes(void **unused)
{
    struct probed_run run = probed_run_open("llama", NULL, 0);
    struct scene scene = scene_of(&run, 40, 120);
    (void)unused;
    scene_type(&scene, "b");
    char *text = scene_picture(&scene, false);
    uint32_t heads[2];
    double mean[2];
    char expected[2][64];
    assert_true(state_extreme_heads(&scene.state, heads, mean));
    for (uint32_t head = 0; head < 4; head++) {
        struct tally tally = tally_head(scene.state.angles, 0, PROJECTION_QUERY, head, 0.01F);
        assert_true(tally_mean_abs(&tally) <= mean[0] && tally_mean_abs(&tally) >= mean[1]);
    }
    for (int i = 0; i < 2; i++) {
        snprintf(expected[i], sizeof expected[i], "%s%u", "L0.", heads[i]);
        if (!strstr(text, expected[i]))
            fail_msg("no \"%s\" in:\n%s", expected[i], text);
    }
    free(text);
    scene_type(&scene, "b");
    text = scene_picture(&scene, false);
    assert_non_null(strstr(text, "query head 0"));
    free(text);
    scene_end(&scene);
    probed_run_close(&run);
}

/* The same picture where nothing was kept from the one before. */
static void test_what_is_kept_is_up_to_date(void **unused)
{
    static const char *const keys[] = {"o", "l", "]]]]", "}", "j", "b", "o", "k", "{{", "h", "b"};
    struct probed_run run = probed_run_open("gemma2", NULL, 0);
    struct scene scene = scene_of(&run, 40, 130);
    (void)unused;
    for (size_t i = 0; i < 3 * sizeof keys / sizeof *keys; i++) {
        scene_type(&scene, keys[i % (sizeof keys / sizeof *keys)]);
        char *kept = scene_picture(&scene, false);
        struct memo *memo = scene.state.memo;
        scene.state.memo = memo_new();
        char *anew = scene_picture(&scene, false);
        assert_string_equal(kept, anew);
        memo_free(scene.state.memo);
        scene.state.memo = memo;
        free(kept);
        free(anew);
    }
    scene_end(&scene);
    probed_run_close(&run);
}

static void test_every_size_draws(void **unused)
{
    static const int rows[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 16, 20, 24, 70};
    static const int cols[] = {1, 2, 3, 5, 8, 12, 14, 20, 24, 25, 40, 63, 80, 119, 120, 260};
    (void)unused;
    for (size_t f = 0; f < FAMILIES; f++) {
        struct probed_run run = probed_run_open(families[f], NULL, 0);
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (size_t c = 0; c < sizeof cols / sizeof *cols; c++) {
                struct scene scene = scene_of(&run, rows[r], cols[c]);
                static const char *const keys[] = {"", "o", "Kj", "ob", "HHHv", "KKKKKKv"};
                for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
                    scene_type(&scene, keys[k]);
                    free(scene_picture(&scene, false));
                }
                scene_end(&scene);
            }
        probed_run_close(&run);
    }
}

static void test_keys_step_what_is_shown(void **unused)
{
    struct probed_run run = probed_run_open("llama", NULL, 0);
    struct scene scene = scene_of(&run, 24, 80);
    char command[COMMAND_BYTES];
    (void)unused;
    for (int show = 0; show < ATTENTION_SHOWS; show++, scene_type(&scene, "o")) {
        assert_int_equal(scene.state.settings.attention, show);
        assert_true(view_command(&scene.state, command, sizeof command));
        const char *flag = strstr(command, "--attention ");
        assert_int_equal(flag != NULL, show != 0);
        if (flag)
            assert_string_equal(flag + 12, attention_show_name((enum attention_show)show));
    }
    assert_int_equal(scene.state.settings.attention, ATTENTION_WEIGHTS);
    scene_type(&scene, "O");
    assert_int_equal(scene.state.settings.attention, ATTENTION_TRAINABLE_WEIGHTS);
    scene_end(&scene);
    probed_run_close(&run);
}

/* ---- the figure ---------------------------------------------------------- */

static void test_figure_has_the_cells_of_the_view(void **unused)
{
    struct probed_run run = probed_run_open("gemma2", NULL, 0);
    const struct angles *angles = session_angles(run.session);
    (void)unused;
    for (int show = 0; show < ATTENTION_SHOWS; show++) {
        struct view_settings settings = VIEW_SETTINGS_DEFAULT;
        struct figure figure;
        settings.probed = &run.probed;
        settings.selection = (struct selection){SCOPE_LAYER, 0, 0};
        settings.rule.threshold = 0.2F;
        settings.attention = (enum attention_show)show;
        struct view_table table = scene_table_of("attention", angles, &settings);
        assert_int_equal(
            view_figure(VIEW_ATTENTION, &table.table, &settings, angles->model, &figure, NULL),
            STATUS_OK);
        assert_int_equal(figure.panels, 4);
        for (uint32_t h = 0; h < 4; h++) {
            struct attention_head head;
            const struct figure_series *cells = &figure.panel[h].series[0];
            assert_true(attention_head_of(&head, angles, &settings, 0, h));
            assert_int_equal(cells->count, table.table.row_count / 4);
            for (size_t i = 0; i < cells->count; i++)
                assert_true(fabs(cells->x2[i] - attention_value(&head, settings.attention,
                                                                (size_t)cells->y[i],
                                                                (size_t)cells->x[i])) < 1e-12);
            attention_head_free(&head);
        }
        figure_free(&figure);
        view_table_free(&table);
    }
    probed_run_close(&run);
}

/* More heads than a figure has panels: it says which it shows. */
static void test_figure_of_many_heads(void **unused)
{
    struct probed_run run = probed_run_open("qwen3", NULL, 0);
    const struct angles *angles = session_angles(run.session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct figure figure;
    (void)unused;
    settings.probed = &run.probed;
    struct view_table table = scene_table_of("attention", angles, &settings);
    assert_int_equal(
        view_figure(VIEW_ATTENTION, &table.table, &settings, angles->model, &figure, NULL),
        STATUS_OK);
    assert_int_equal(figure.panels, FIGURE_PANELS);
    assert_non_null(strstr(figure.title, ", the first 8 heads"));
    figure_free(&figure);
    view_table_free(&table);
    probed_run_close(&run);
}

/* ---- golden files -------------------------------------------------------- */

static void check_golden(const char *name, char *text)
{
    char path[256], *golden = calloc(1, 1 << 18);
    assert_non_null(golden);
    snprintf(path, sizeof path, "tests/golden/%s.txt", name);
    FILE *stream = fopen(path, getenv("UPDATE_GOLDEN") ? "wb" : "rb");
    assert_non_null(stream);
    if (getenv("UPDATE_GOLDEN"))
        fputs(text, stream);
    else
        golden[fread(golden, 1, (1 << 18) - 1, stream)] = '\0';
    fclose(stream);
    if (!getenv("UPDATE_GOLDEN") && strcmp(text, golden) != 0)
        fail_msg("%s differs; it is now:\n%s", path, text);
    free(golden);
    free(text);
}

static void test_golden_attention(void **unused)
{
    static const struct {
        const char *name, *family, *keys;
        int rows, cols;
        enum glyph_set set;
        bool roles;
    } cases[] = {
        {"80x24-blocks", "llama", "jKKKHHHH", 24, 80, GLYPHS_BLOCKS, false},
        {"80x24-ascii", "llama", "jKKKHHHH", 24, 80, GLYPHS_ASCII, false},
        {"80x24-braille", "llama", "jKKKHHHH", 24, 80, GLYPHS_BRAILLE, false},
        {"120x40-blocks", "gemma2", "t0.1\nooK", 40, 120, GLYPHS_BLOCKS, false},
        {"200x60-blocks", "llama", "joKKKHHHH", 60, 200, GLYPHS_BLOCKS, false},
        {"two-heads", "llama", "bKKKHHHH", 40, 120, GLYPHS_BLOCKS, false},
        {"without-rotation", "smollm3", "jKK", 40, 120, GLYPHS_BLOCKS, false},
        {"roles", "llama", "jKKKHHHH", 24, 80, GLYPHS_BLOCKS, true},
        {"narrow", "llama", "jKKKHHHH", 12, 40, GLYPHS_BLOCKS, false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[64];
        struct probed_run run = probed_run_open(cases[i].family, NULL, 0);
        struct scene scene = scene_of(&run, cases[i].rows, cases[i].cols);
        scene.state.glyph_set = cases[i].set;
        scene_type(&scene, cases[i].keys);
        snprintf(name, sizeof name, "attention-of-text-%s", cases[i].name);
        check_golden(name, scene_picture(&scene, cases[i].roles));
        scene_end(&scene);
        probed_run_close(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_add_up_to_the_scores),
        cmocka_unit_test(test_a_pair_is_fixed_on_both_sides),
        cmocka_unit_test(test_table_has_every_key_in_sight),
        cmocka_unit_test(test_cells_are_those_of_the_table),
        cmocka_unit_test(test_cursor_reads_the_table),
        cmocka_unit_test(test_pairs_beside_the_map),
        cmocka_unit_test(test_layers_that_were_not_kept_say_so),
        cmocka_unit_test(test_no_run_has_no_rows),
        cmocka_unit_test(test_two_heads_are_the_extremes),
        cmocka_unit_test(test_what_is_kept_is_up_to_date),
        cmocka_unit_test(test_every_size_draws),
        cmocka_unit_test(test_keys_step_what_is_shown),
        cmocka_unit_test(test_figure_has_the_cells_of_the_view),
        cmocka_unit_test(test_figure_of_many_heads),
        cmocka_unit_test(test_golden_attention),
    };
    return cmocka_run_group_tests_name("attention", tests, NULL, NULL);
}
