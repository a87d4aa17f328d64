/* overview.c: the first screen: heat maps of the whole model beside the selected head. */
#include "explorer/baseline.h"
#include "views/draw.h"

#include <math.h>

/* ---- the table: what the maps show --------------------------------------- */

enum { COLUMN_MEASURE = ROW_PAIR, COLUMN_COUNT }; /* behind layer, projection and head */
/* The last column is called as the measure. */
static const char *const columns[MEASURE_COUNT][COLUMN_COUNT] = {
    [MEASURE_MEAN] = {"layer", "projection", "head", "mean_abs_cos"},
    [MEASURE_FRACTION] = {"layer", "projection", "head", "fraction"},
    [MEASURE_MAX] = {"layer", "projection", "head", "max_abs_cos"},
    [MEASURE_CORRELATION] = {"layer", "projection", "head", "correlation"},
    [MEASURE_NORM_RATIO] = {"layer", "projection", "head", "norm_ratio"},
    [MEASURE_EXCESS] = {"layer", "projection", "head", "excess"},
    [MEASURE_DISTANCE] = {"layer", "projection", "head", "mean_distance"},
    [MEASURE_DELTA_COS] = {"layer", "projection", "head", "delta_abs_cos"},
    [MEASURE_DELTA_NORM] = {"layer", "projection", "head", "delta_norm"},
};

static const char *const random_columns[COLUMN_COUNT] = {"layer", "projection", "head",
                                                         "random_fraction"};

/* The rows of the table, and what the baseline fixes in them. */
struct overview_rows {
    struct rows *rows;
    struct baseline *baseline;
};

static bool shows_random(const struct view_settings *settings)
{
    return settings->lines && settings->lines->random && settings->measure == MEASURE_FRACTION;
}

static double random_fraction(const struct overview_rows *table, const struct row *row)
{
    const struct rows *rows = table->rows;
    struct awm awm = settings_awm(&rows->settings);
    const struct baseline_run *run =
        baseline_run(table->baseline, rows->angles, &awm, rows->settings.edition, row->layer_index,
                     row->projection);
    struct tally tally =
        tally_head(rows->angles, row->layer_index, row->projection, row->head, INFINITY);
    return run && tally.pairs ? (double)run->heads[row->head] / (double)tally.pairs : (double)NAN;
}

static double value_of(const struct overview_rows *table, const struct row *row)
{
    const struct rows *rows = table->rows;
    const struct view_settings *settings = &rows->settings;
    if (shows_random(settings))
        return random_fraction(table, row);
    if (settings->measure >= MEASURE_OWN)
        return change_measure(settings->changes, settings->measure, row->layer_index,
                              row->projection, row->head);
    struct tally tally =
        tally_head(rows->angles, row->layer_index, row->projection, row->head,
                   settings_threshold(settings, row->layer->number, row->projection, row->head));
    switch (settings->measure) {
    case MEASURE_FRACTION:
        return tally_fraction(&tally);
    case MEASURE_MAX:
        return tally.pairs ? tally.max_abs : (double)NAN;
    case MEASURE_CORRELATION:
        return measure_correlation(rows->angles, row->layer_index, row->projection, row->head);
    case MEASURE_NORM_RATIO:
        return norm_ratio_head(rows->angles, row->layer_index, row->projection, row->head);
    case MEASURE_EXCESS:
        return tally_fraction(&tally) - tally_chance(&tally);
    default:
        return tally_mean_abs(&tally);
    }
}

static struct cell overview_cell(const void *context, size_t index, size_t column)
{
    const struct overview_rows *table = context;
    struct row row = rows_at(table->rows, index);
    return column < ROW_PAIR ? row_cell(&row, column) : cell_real(value_of(table, &row));
}

enum status overview_table(const struct angles *angles, const struct view_settings *settings,
                           struct view_table *out, struct error *err)
{
    if (settings->measure >= MEASURE_OWN && !settings->changes) {
        error_set(err, STATUS_USAGE, "--measure %s needs a model to compare with",
                  measure_name(settings->measure));
        return error_help(err, "--compare TUNED, or --compare-adapter DIR");
    }
    struct view_settings all = *settings; /* the maps show the whole model, query and key */
    all.selection.scope = SCOPE_MODEL;
    all.rule.projection[PROJECTION_QUERY] = all.rule.projection[PROJECTION_KEY] = true;
    struct rows *rows = rows_new(angles, &all, false);
    struct overview_rows *table = memory_array(1, sizeof *table);
    struct baseline *baseline = memory_array(1, sizeof *baseline);
    *out = (struct view_table){.owned = table, .also = rows, .baseline = baseline};
    if (!rows || !table || !baseline) {
        view_table_free(out);
        return error_memory(err);
    }
    *table = (struct overview_rows){rows, baseline};
    out->table = (struct table){shows_random(&all) ? random_columns : columns[settings->measure],
                                COLUMN_COUNT, rows->row_count, overview_cell, table};
    return STATUS_OK;
}

/* ---- the picture --------------------------------------------------------- */

/* The screen in a few lines of text, where there is no room for pictures. */
static void draw_lines(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char name[SELECTION_BYTES], number[TEXT_NUMBER], mean[TEXT_NUMBER];
    struct rect below = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    draw_selection_name(name, state, SCOPE_HEAD, glyphs, rect.cols);
    const struct layer *layer = state_layer(state);
    if (rect.cols < canvas_text_width(name))
        text_format(name, sizeof name, "L%u H%u", layer ? layer->number : 0,
                    state->settings.selection.head);
    canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_SELECT), glyphs, name);
    if (below.rows < 1 || draw_excuse(canvas, below, glyphs, state))
        return;
    for (int p = 0; p < PROJECTION_COUNT && p < below.rows; p++) {
        struct tally tally = state_tally(state, SCOPE_HEAD, p);
        struct rect row = {below.row + p, below.col, 1, below.cols};
        if (below.cols >= 36) {
            histogram_line(canvas, row, glyphs, state, SCOPE_HEAD, p);
            continue;
        }
        struct line line = line_start(canvas, glyphs, row, 0);
        line_add(&line, style_of(p == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY), "%c",
                 p == PROJECTION_QUERY ? 'q' : 'k');
        line_add(&line, style_of(ROLE_TEXT), " %s", draw_number(mean, tally_mean_abs(&tally), 3));
        line_add(&line, style_of(ROLE_FIXED), "  %s", draw_percent(number, tally_fraction(&tally)));
    }
    if (below.rows > PROJECTION_COUNT) {
        struct rect row = {below.row + PROJECTION_COUNT, below.col, 1, below.cols};
        scatter_line(canvas, row, glyphs, state, SCOPE_HEAD);
    }
}

static void draw_head(struct canvas *canvas, const struct layout *layout,
                      const struct glyphs *glyphs, const struct state *state)
{
    char name[SELECTION_BYTES];
    enum scope scope = state->settings.selection.scope;
    if (layout->panel.rows < 3 || layout->panel.cols < 8)
        return;
    draw_selection_name(name, state, scope, glyphs, layout->panel.cols - 4);
    canvas_box(canvas, layout->panel, glyphs, style_of(ROLE_BORDER), name,
               style_with(ROLE_TITLE, STYLE_BOLD));
    if (scope != SCOPE_MODEL &&
        draw_excuse(canvas, draw_panel_inside(layout->panel), glyphs, state))
        return;
    int second = state->lead == PROJECTION_QUERY ? PROJECTION_KEY : PROJECTION_QUERY;
    histogram_panel(canvas, layout->histogram[0], glyphs, state, scope, state->lead);
    histogram_panel(canvas, layout->histogram[1], glyphs, state, scope, second);
    if (!rect_empty(layout->scatter))
        scatter_panel(canvas, layout->scatter, glyphs, state, scope);
}

void overview_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    if (!layout.framed) {
        draw_lines(canvas, rect, glyphs, state);
        return;
    }
    maps_draw(canvas, &layout, glyphs, state);
    draw_head(canvas, &layout, glyphs, state);
}
