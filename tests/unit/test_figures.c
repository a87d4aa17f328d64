/* The numbers behind the profile, the view by frequency and the scatter against numpy
 * (tests/fixtures/figures.json), models of different depth on one profile, and what the pictures
 * make of the same numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "explorer/profiles.h"
#include "ropescope/views.h"
#include "synthetic.h"
#include "views/draw.h"

static struct session *session;
static struct cJSON *expected;
static const struct synthetic deep = {9, 4, 2, 16, 3, -1, true, "deep"};

static int open_all(void **state)
{
    (void)state;
    struct session_options options = {.no_cache = true};
    struct error err;
    if (session_open("tests/data/demo/base", &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        return -1;
    return json_read_file("tests/fixtures/figures.json", 1 << 20, &expected, NULL, NULL) ==
                   STATUS_OK
               ? 0
               : -1;
}

static int close_all(void **state)
{
    (void)state;
    cJSON_Delete(expected);
    session_close(session);
    return 0;
}

static const struct cJSON *at(const struct cJSON *array, size_t index)
{
    const struct cJSON *item = cJSON_GetArrayItem(array, (int)index);
    assert_non_null(item);
    return item;
}

static void assert_numbers(const struct cJSON *array, const double *values, size_t count)
{
    assert_int_equal(cJSON_GetArraySize(array), count);
    for (size_t i = 0; i < count; i++) {
        double wanted = at(array, i)->valuedouble;
        if (!(fabs(values[i] - wanted) <= 1e-6 * fmax(1, fabs(wanted))))
            fail_msg("number %zu: %.9g is not %.9g", i, values[i], wanted);
    }
}

/* ---- against numpy ------------------------------------------------------- */

static void profile_is_what_numpy_says(void **state)
{
    (void)state;
    const struct angles *angles = session_angles(session);
    const struct cJSON *layers = cJSON_GetObjectItem(expected, "profile");
    for (size_t i = 0; i < angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct profile_point point;
            assert_true(profile_fill(&point, angles, i, p));
            profile_fix(&point, angles, i, p, 0.01F);
            const double values[] = {point.mean_abs,   point.q25,      point.q75,
                                     point.median_abs, point.fraction, point.correlation,
                                     point.mean_norm};
            assert_numbers(at(at(layers, i), (size_t)p), values, 7);
        }
}

static uint32_t all_heads(const void *context, size_t layer, uint32_t *first)
{
    const int *projection = context;
    *first = 0;
    return session_angles(session)->model->layers[layer].projection[*projection].heads;
}

static void frequencies_are_what_numpy_says(void **state)
{
    (void)state;
    const struct angles *angles = session_angles(session);
    const struct cJSON *pairs = cJSON_GetObjectItem(expected, "frequency");
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        size_t count;
        struct spectrum_point *points = spectrum_new(angles, p, all_heads, &p, &count);
        assert_int_equal(count, cJSON_GetArraySize(pairs));
        for (size_t i = 0; i < count; i++) {
            const struct spread *c = &points[i].abs_cos, *n = &points[i].norm;
            const double values[] = {c->mean, c->q25, c->median, c->q75,
                                     n->mean, n->q25, n->median, n->q75};
            assert_numbers(at(at(pairs, i), (size_t)p), values, 8);
            assert_true(points[i].frequency == angles->model->layers[0].frequency[i]);
        }
        memory_free(points);
    }
}

/* The points of a scatter, and all that stands above it. */
static void association_is_what_numpy_says(void **context)
{
    (void)context;
    const struct angles *angles = session_angles(session);
    const struct cJSON *cases = cJSON_GetObjectItem(expected, "association");
    struct state state;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    state.view = VIEW_SCATTER;
    for (size_t i = 0; i <= angles->model->layer_count; i++) {
        bool model = i == angles->model->layer_count;
        state.settings.selection.layer = model ? 0 : i;
        const struct points *points = state_points(&state, model ? SCOPE_MODEL : SCOPE_LAYER);
        const struct correlation *c = &points->correlation;
        double r = correlation_r(c);
        struct interval of_r = correlation_interval(r, c->count), slope = slope_interval(c),
                        rank = rank_interval(points->rank, c->count);
        const double values[] = {(double)c->count, r,         of_r.low,  of_r.high,
                                 points->rank,     rank.low,  rank.high, correlation_slope(c),
                                 slope.low,        slope.high};
        assert_numbers(at(cases, i), values, 10);
    }
    state_free(&state);
}

/* ---- by hand ------------------------------------------------------------- */

static void quartiles_lie_between_neighbours(void **state)
{
    (void)state;
    double values[] = {4, (double)NAN, 1, 3, 2};
    struct spread spread = spread_of(values, 5);
    assert_int_equal(spread.count, 4);
    assert_true(spread.mean == 2.5 && spread.q25 == 1.75 && spread.median == 2.5 &&
                spread.q75 == 3.25);
    double one[] = {7}, none[] = {(double)NAN};
    spread = spread_of(one, 1);
    assert_true(spread.q25 == 7 && spread.median == 7 && spread.q75 == 7);
    assert_true(isnan(spread_of(none, 1).mean));
}

static void ties_share_their_rank(void **state)
{
    (void)state;
    static const float x[] = {1, 2, 2, 3, NAN}, y[] = {10, 30, 20, 40, 5}, z[] = {4, 3, 2, 1, 0};
    size_t count;
    /* Ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4: 4.5 / sqrt(4.5 * 5). */
    assert_true(fabs(rank_correlation(x, y, 5, &count) - 4.5 / sqrt(4.5 * 5)) < 1e-12);
    assert_int_equal(count, 4);
    assert_true(fabs(rank_correlation(y, z, 4, NULL) + 0.8) < 1e-12);
    assert_true(isnan(rank_correlation(x, y, 1, NULL)));
    assert_true(isnan(correlation_interval(0.5, 3).low));
}

/* ---- tables and pictures ------------------------------------------------- */

static const char *text_at(const struct table *table, size_t row, const char *column)
{
    static char text[64];
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], column) == 0) {
            struct cell cell = table->cell(table->context, row, i);
            if (cell.kind == CELL_NAME || cell.kind == CELL_WORD)
                return cell.as.text;
            snprintf(text, sizeof text, "%llu", (unsigned long long)cell.as.integer);
            return text;
        }
    fail_msg("no column %s", column);
    return NULL;
}

static void models_of_two_depths_share_a_profile(void **state)
{
    (void)state;
    struct angles *other = synthetic_new(&deep);
    struct companion companion = {"deep", other};
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table;
    settings.companion = &companion;
    settings.companion_count = 1;
    assert_int_equal(profile_table(session_angles(session), &settings, &table, NULL), STATUS_OK);
    assert_int_equal(table.table.row_count, 2 * 6 + 2 * 8); /* a layer of `deep` does not rotate */
    assert_string_equal(table.table.columns[0], "model");
    assert_string_equal(table.table.columns[3], "mean_abs_cos");
    assert_string_equal(text_at(&table.table, 0, "model"), "base");
    assert_string_equal(text_at(&table.table, 12, "model"), "deep");
    assert_string_equal(text_at(&table.table, 18, "layer"), "4"); /* 3 stands still */
    assert_string_equal(text_at(&table.table, 19, "projection"), "key");
    view_table_free(&table);
    settings.rule.projection[PROJECTION_KEY] = false;
    assert_int_equal(profile_table(session_angles(session), &settings, &table, NULL), STATUS_OK);
    assert_int_equal(table.table.row_count, 6 + 8);
    view_table_free(&table);
    synthetic_free(other);
}

/* The line of the queries goes through the cell of each layer's own number, or the one beside it
 * where the number lies at its edge. */
static void the_line_goes_through_its_numbers(void **unused)
{
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct state state;
    struct layout layout;
    struct canvas *canvas = canvas_new(40, 120);
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    update_size(&state, 40, 120);
    state.glyph_set = GLYPHS_ASCII;
    state.view = VIEW_PROFILE;
    state.settings.rule.projection[PROJECTION_KEY] = false;
    struct layout_needs needs = layout_needs_of(&state);
    layout_make(&layout, &needs);
    for (int line = 0; line < PROFILE_LINES; line++)
        for (int relative = 0; relative < 2; relative++) {
            state.settings.line = (enum profile_line)line;
            state.settings.relative = relative;
            frame_draw(canvas, &state);
            const struct profiles *profiles = state_profiles(&state);
            struct line_plot plot = profile_plot_of(&state, profiles);
            struct rect rect =
                plot_line_inside(profile_rect(draw_panel_inside(layout.main)), &plot);
            struct axis x = {plot.low, plot.high, rect.cols, plot.scale};
            struct axis y = {plot.y_low, plot.y_high, rect.rows, AXIS_LINEAR};
            for (size_t i = 0; i < angles->model->layer_count; i++) {
                double place = relative ? (double)i / 5 : (double)i;
                double value = profile_value(&profiles->model[0].point[2 * i], state.settings.line);
                int col = rect.col + axis_cell(&x, place), met = 0;
                int row = rect.row + rect.rows - 1 - axis_cell(&y, value);
                for (int r = row - 1; r <= row + 1; r++)
                    met += canvas->cells[r * canvas->cols + col].code == 'q';
                assert_true(met > 0);
            }
        }
    canvas_free(canvas);
    state_free(&state);
}

/* Wherever the strip's cursor goes, its knob is in the cell of the pair's own cosine, in the plot
 * of its layer, for query and key. */
static void the_strip_shows_the_pair(void **unused)
{
    static const char keys[] = "LLLnlLjLHaLLNLLhkLjjaLLLsLLLn+lLlL+hhhjll--L+lkhL++lh-";
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct state state;
    struct layout layout;
    struct canvas *canvas = canvas_new(40, 120);
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    update_size(&state, 40, 120);
    update_key(&state, '0');
    struct layout_needs needs = layout_needs_of(&state);
    layout_make(&layout, &needs);
    for (const char *key = keys; *key; key++) {
        update_key(&state, (unsigned char)*key);
        frame_draw(canvas, &state);
        const struct view_settings *settings = &state.settings;
        size_t layer = settings->selection.layer, at = 0, layers = settings->strip_count;
        while (at < layers && settings->strip[at] != layer)
            at++;
        if (layers > 0 && at == layers)
            continue; /* the selected layer is not in sight */
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            float x[128];
            const struct layer *of = &angles->model->layers[layer];
            size_t index = (size_t)state_head(&state, p) * of->pairs + state.pair;
            struct scatter_plot plot = strip_plot_of(&state, layer, p, x);
            struct rect rect = strip_rect(draw_panel_inside(layout.main), at, layers ? layers : 1,
                                          p, settings->rule.projection);
            rect.row++;
            rect.rows--;
            rect = plot_scatter_inside(rect, &plot);
            struct axis across = {plot.low, plot.high, rect.cols, AXIS_LINEAR},
                        up = {-1, 1, rect.rows, AXIS_LINEAR};
            double cos = (double)angles->layers[layer].set[p].cos[index];
            int row = rect.row + rect.rows - 1 - axis_cell(&up, cos);
            int col = rect.col + axis_cell(&across, (double)index);
            assert_int_equal(canvas->cells[row * canvas->cols + col].code,
                             glyphs_of(GLYPHS_BLOCKS)->knob);
        }
    }
    canvas_free(canvas);
    state_free(&state);
}

/* ---- on paper ------------------------------------------------------------ */

static char *svg_of(enum view_id id, const struct view_settings *settings, struct figure *figure)
{
    const struct angles *angles = session_angles(session);
    struct view_table table;
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(view_of(id)->table(angles, settings, &table, NULL), STATUS_OK);
    assert_int_equal(view_figure(id, &table.table, settings, angles->model, figure, NULL),
                     STATUS_OK);
    assert_int_equal(figure_write_svg(figure, stream, NULL), STATUS_OK);
    fclose(stream);
    view_table_free(&table);
    return text;
}

/* Tags close in the order in which they opened, attributes are quoted, and nothing of what XML
 * keeps for itself stands in a text. */
static void assert_xml(const char *text)
{
    char open[16][16];
    size_t depth = 0;
    assert_int_equal(strncmp(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", 39), 0);
    for (const char *c = strchr(text, '\n'); *c; c++) {
        if (*c == '&')
            assert_true(strncmp(c, "&lt;", 4) == 0 || strncmp(c, "&gt;", 4) == 0 ||
                        strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&quot;", 6) == 0);
        assert_true((unsigned char)*c >= ' ' || *c == '\n');
        if (*c != '<')
            continue;
        const char *end = strchr(c, '>');
        assert_non_null(end);
        size_t quotes = 0, name = strcspn(c + 1, " >/");
        for (const char *in = c; in < end; in++)
            quotes += *in == '"';
        assert_int_equal(quotes % 2, 0);
        if (c[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strncmp(c + 2, open[depth], strlen(open[depth])), 0);
        } else if (end[-1] != '/') {
            assert_true(depth < 16 && name < 16);
            text_format(open[depth++], 16, "%.*s", (int)name, c + 1);
        }
        c = end;
    }
    assert_int_equal(depth, 0);
}

static const struct figure_series *series_named(const struct figure *figure, const char *label)
{
    for (size_t i = 0; i < figure->panel[0].count; i++)
        if (strcmp(figure->panel[0].series[i].label, label) == 0)
            return &figure->panel[0].series[i];
    fail_msg("no series %s", label);
    return NULL;
}

static const enum view_id plots[] = {VIEW_OVERVIEW,  VIEW_HISTOGRAM, VIEW_SCATTER,
                                     VIEW_THRESHOLD, VIEW_PROFILE,   VIEW_FREQUENCY,
                                     VIEW_STRIP,     VIEW_SPECTRUM,  VIEW_CHANGE};

static void pictures_are_sound(void **unused)
{
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct changes *changes = synthetic_changes_new(angles);
    struct companion companion = {"<b>&\"\033[31m", angles};
    for (size_t i = 0; i < sizeof plots / sizeof *plots; i++)
        for (int way = 0; way < 3; way++) {
            struct figure figure, again;
            struct view_settings settings = VIEW_SETTINGS_DEFAULT;
            settings.companion = &companion;
            settings.companion_count = 1;
            settings.changes = changes;
            settings.selection.scope = way == 1 ? SCOPE_LAYER : SCOPE_MODEL;
            settings.relative = settings.norms = settings.log = settings.linear = way == 2;
            settings.axis = (enum pair_axis)way;
            settings.shade = (enum pair_shade)way;
            settings.rule.projection[PROJECTION_KEY] = way != 2;
            char *text = svg_of(plots[i], &settings, &figure);
            char *twice = svg_of(plots[i], &settings, &again);
            assert_xml(text);
            assert_string_equal(text, twice);
            assert_null(strstr(text, "nan"));
            assert_null(strstr(text, "inf"));
            assert_null(strstr(text, "<b>"));
            assert_true(figure.panels > 0 && figure.panel[0].count > 0);
            assert_true(figure.panel[0].x.ticks > 1 && figure.panel[0].y.ticks > 1);
            figure_free(&figure);
            figure_free(&again);
            free(text);
            free(twice);
        }
    synthetic_changes_free(changes);
}

/* A picture has the numbers of the table. */
static void pictures_have_the_numbers(void **unused)
{
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct figure figure;
    free(svg_of(VIEW_PROFILE, &settings, &figure));
    const struct figure_series *series = series_named(&figure, "key");
    assert_int_equal(series->count, angles->model->layer_count);
    for (size_t i = 0; i < series->count; i++) {
        struct profile_point point;
        assert_true(profile_fill(&point, angles, i, PROJECTION_KEY));
        assert_true(series->x[i] == (double)i && series->y[i] == point.mean_abs);
    }
    figure_free(&figure);
    free(svg_of(VIEW_HISTOGRAM, &settings, &figure));
    double pairs = 0;
    for (size_t p = 0; p < figure.panels; p++)
        for (size_t i = 0; i < figure.panel[p].series[0].count; i++)
            pairs += figure.panel[p].series[0].y[i];
    assert_true(pairs == (double)model_pairs(angles->model));
    figure_free(&figure);
    free(svg_of(VIEW_SCATTER, &settings, &figure));
    size_t points = 0;
    for (size_t i = 0; i < figure.panel[0].count; i++)
        points += figure.panel[0].series[i].count;
    assert_int_equal(points, 6 * 4 * 32);
    figure_free(&figure);
}

/* Each panel is a layer and a projection, says so, parts its heads and tells the fixed pairs; the
 * title of the whole names none of the layers. */
/* Means by pair of the table's rows, and the lines between the pairs that they part. */
static void a_spectrum_has_the_means_and_the_lines(void **unused)
{
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    const struct layer *layer = &angles->model->layers[0];
    double sum[64] = {0}, count[64] = {0};
    struct figure figure;
    struct view_table table;
    assert_int_equal(view_from_name("spectrum")->table(angles, &settings, &table, NULL), STATUS_OK);
    for (size_t row = 0; row < table.table.row_count; row++) {
        struct cell part = table.table.cell(table.table.context, row, 1);
        bool key = strcmp(part.as.text, "key") == 0;
        uint64_t pair = table.table.cell(table.table.context, row, 3).as.integer;
        if (key)
            sum[pair] += table.table.cell(table.table.context, row, 7).as.real;
        count[pair] += key;
    }
    view_table_free(&table);
    free(svg_of(VIEW_SPECTRUM, &settings, &figure));
    const struct figure_series *series = series_named(&figure, "key");
    assert_int_equal(series->count, layer->pairs);
    for (size_t i = 0; i < series->count; i++)
        assert_true(fabs(series->y[i] - sum[i] / count[i]) < 1e-9);
    struct cycle_lines lines =
        cycle_lines_of(layer->frequency, layer->pairs, angles->model->context);
    assert_true(figure.panel[0].cut_x[0] == lines.partial - 0.5);
    assert_true(figure.panel[0].cut_x[1] == lines.half - 0.5);
    assert_non_null(strstr(figure.panel[0].title, "derived"));
    figure_free(&figure);
}

static void a_strip_marks_what_is_fixed(void **unused)
{
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct figure figure;
    settings.selection.scope = SCOPE_LAYER;
    settings.rule.threshold = 0.2F;
    settings.rule.first_layer = 0;
    settings.strip_count = 2;
    settings.strip[1] = 4;
    free(svg_of(VIEW_STRIP, &settings, &figure));
    assert_int_equal(figure.panels, 4);
    assert_null(strstr(figure.title, "layer 0"));
    assert_string_equal(figure.panel[0].title, "layer 0, query");
    assert_string_equal(figure.panel[3].title, "layer 4, key");
    for (size_t i = 0; i < figure.panels; i++) {
        const struct figure_panel *panel = &figure.panel[i];
        struct tally tally = tally_projection(angles, i / 2 * 4, (int)(i % 2), 0.2F);
        assert_int_equal(panel->series[0].count, tally.fixed);
        assert_int_equal(panel->series[1].count, tally.pairs - tally.fixed);
        assert_true(panel->step == 32);
    }
    figure_free(&figure);
    settings.selection.scope = SCOPE_HEAD;
    settings.selection.head = 3;
    free(svg_of(VIEW_STRIP, &settings, &figure));
    assert_string_equal(figure.panel[0].title, "layer 0, query head 3");
    assert_string_equal(figure.panel[1].title, "layer 0, key head 1");
    figure_free(&figure);
}

static void lists_have_no_picture(void **unused)
{
    (void)unused;
    const struct angles *angles = session_angles(session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table;
    struct figure figure;
    struct error err;
    assert_int_equal(pairs_table(angles, &settings, &table, NULL), STATUS_OK);
    assert_int_equal(view_figure(VIEW_PAIRS, &table.table, &settings, angles->model, &figure, &err),
                     STATUS_USAGE);
    assert_non_null(strstr(err.what, "pairs is a list"));
    view_table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profile_is_what_numpy_says),
        cmocka_unit_test(frequencies_are_what_numpy_says),
        cmocka_unit_test(association_is_what_numpy_says),
        cmocka_unit_test(quartiles_lie_between_neighbours),
        cmocka_unit_test(ties_share_their_rank),
        cmocka_unit_test(models_of_two_depths_share_a_profile),
        cmocka_unit_test(the_line_goes_through_its_numbers),
        cmocka_unit_test(the_strip_shows_the_pair),
        cmocka_unit_test(pictures_are_sound),
        cmocka_unit_test(pictures_have_the_numbers),
        cmocka_unit_test(a_spectrum_has_the_means_and_the_lines),
        cmocka_unit_test(a_strip_marks_what_is_fixed),
        cmocka_unit_test(lists_have_no_picture),
    };
    return cmocka_run_group_tests_name("figures", tests, open_all, close_all);
}
