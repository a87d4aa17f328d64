/* scatter.c: query cosines against the key cosines of the same pairs. */
#include "views/draw.h"

#include <math.h>

enum {
    COLUMN_LAYER,
    COLUMN_QUERY_HEAD,
    COLUMN_KEY_HEAD,
    COLUMN_PAIR,
    COLUMN_FREQUENCY,
    COLUMN_COS_QUERY,
    COLUMN_COS_KEY,
    COLUMN_FIXED_QUERY,
    COLUMN_FIXED_KEY,
    COLUMN_COUNT
};
static const char *const columns[][COLUMN_COUNT] = {
    [QUANTITY_COS] = {"layer", "query_head", "key_head", "pair", "frequency", "cos_query",
                      "cos_key", "fixed_query", "fixed_key"},
    [QUANTITY_ABS_COS] = {"layer", "query_head", "key_head", "pair", "frequency", "abs_cos_query",
                          "abs_cos_key", "fixed_query", "fixed_key"},
    [QUANTITY_DEGREES] = {"layer", "query_head", "key_head", "pair", "frequency", "degrees_query",
                          "degrees_key", "fixed_query", "fixed_key"},
};

/* The points of a table: those inside the zoom, by their row. */
struct scatter_rows {
    struct rows *rows;
    size_t count;
    uint32_t inside[]; /* (count) unless the whole plane is meant */
};

static struct cell scatter_cell(const void *context, size_t index, size_t column)
{
    const struct scatter_rows *scatter = context;
    const struct rows *rows = scatter->rows;
    bool whole = zoom_whole(&rows->settings.zoom);
    struct row row = rows_at(rows, whole ? index : scatter->inside[index]);
    if (rows->settings.against_tuned)
        return scatter_tuned_cell(rows, &row, column);
    bool key = column == COLUMN_COS_KEY || column == COLUMN_FIXED_KEY;
    int projection = key ? PROJECTION_KEY : PROJECTION_QUERY;
    float cos = row_cos(rows->angles, &row, projection);
    switch (column) {
    case COLUMN_LAYER:
        return cell_integer(row.layer->number);
    case COLUMN_QUERY_HEAD:
        return cell_integer(row.head);
    case COLUMN_KEY_HEAD:
        return cell_integer(layer_key_head(row.layer, row.head));
    case COLUMN_PAIR:
        return cell_integer(row.pair);
    case COLUMN_FREQUENCY:
        return cell_real(row.layer->frequency[row.pair]);
    case COLUMN_COS_QUERY:
    case COLUMN_COS_KEY:
        return isnan(cos) ? cell_empty() : cell_real(quantity_of(rows->settings.unit, (double)cos));
    default:
        return cell_flag(rule_fixes(
            cos, settings_threshold(&rows->settings, row.layer->number, projection,
                                    key ? layer_key_head(row.layer, row.head) : row.head)));
    }
}

/* A row a pair of each query head, whatever projections the rule covers: a point needs both. */
static struct rows *scatter_rows(const struct angles *angles, const struct view_settings *settings)
{
    struct view_settings queries = *settings;
    if (settings->against_tuned)
        return rows_new(angles, settings, true);
    queries.rule.projection[PROJECTION_QUERY] = true;
    queries.rule.projection[PROJECTION_KEY] = false;
    return rows_new(angles, &queries, true);
}

static bool in_zoom(const struct rows *rows, size_t index)
{
    const struct zoom *zoom = &rows->settings.zoom;
    struct row row = rows_at(rows, index);
    enum quantity unit = rows->settings.unit;
    bool tuned = rows->settings.against_tuned;
    double x = quantity_of(unit, (double)row_cos(rows->angles, &row, row.projection));
    double y = quantity_of(unit, (double)(tuned ? row_tuned_cos(rows->settings.changes, &row)
                                                : row_cos(rows->angles, &row, PROJECTION_KEY)));
    /* As float32, which the screen's points are. */
    return (float)x >= zoom->x_low && (float)x <= zoom->x_high && (float)y >= zoom->y_low &&
           (float)y <= zoom->y_high;
}

enum status scatter_table(const struct angles *angles, const struct view_settings *settings,
                          struct view_table *out, struct error *err)
{
    if (settings->against_tuned && !settings->changes) {
        error_set(err, STATUS_USAGE, "--against tuned needs a model to compare with");
        return error_help(err, "--compare TUNED, or --compare-adapter DIR");
    }
    struct rows *rows = scatter_rows(angles, settings);
    bool whole = zoom_whole(&settings->zoom);
    *out = (struct view_table){0};
    struct scatter_rows *scatter =
        rows && rows->row_count < UINT32_MAX
            ? memory_array(1, sizeof *scatter +
                                  (whole ? 0 : rows->row_count) * sizeof *scatter->inside)
            : NULL;
    if (!scatter) {
        memory_free(rows);
        return error_memory(err);
    }
    scatter->rows = rows;
    scatter->count = whole ? rows->row_count : 0;
    for (size_t i = 0; i < rows->row_count && !whole; i++)
        if (in_zoom(rows, i))
            scatter->inside[scatter->count++] = (uint32_t)i;
    out->owned = scatter;
    out->also = rows;
    size_t count = COLUMN_COUNT;
    const char *const *names_of = settings->against_tuned
                                      ? scatter_tuned_columns(settings->unit, &count)
                                      : columns[settings->unit];
    out->table = (struct table){names_of, count, scatter->count, scatter_cell, scatter};
    return STATUS_OK;
}

/* ---- the picture --------------------------------------------------------- */

struct correlation state_correlation(const struct state *state, enum scope scope)
{
    const struct selection *selection = &state->settings.selection;
    struct correlation all = {0};
    if (scope == SCOPE_HEAD)
        return state_ready(state)
                   ? correlation_head(state->angles, selection->layer, selection->head)
                   : all;
    for (size_t i = 0; i < state->angles->model->layer_count; i++)
        if (state->summaries[i].ready && (scope == SCOPE_MODEL || i == selection->layer)) {
            layer_summary_compare(&state->summaries[i], state->angles, i);
            correlation_merge(&all, &state->summaries[i].correlation);
        }
    return all;
}

/* Where it lies with 95% confidence, if that finds room. */
static void add_interval(struct line *line, struct interval interval)
{
    char low[TEXT_NUMBER], high[TEXT_NUMBER];
    if (!isnan(interval.low))
        line_add(line, style_of(ROLE_DIM), " [%s, %s]", draw_number(low, interval.low, 2),
                 draw_number(high, interval.high, 2));
}

void scatter_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state, enum scope scope)
{
    char number[TEXT_NUMBER];
    bool tuned = state_against_tuned(state);
    const struct points *all = tuned ? state_points(state, scope) : NULL;
    struct correlation correlation = all ? all->correlation : state_correlation(state, scope);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(ROLE_BOTH, STYLE_BOLD), tuned ? "base vs tuned" : "query vs key");
    line_add(&line, style_of(ROLE_TEXT), "  r = %s",
             draw_number(number, correlation_r(&correlation), 2));
    if (state->view != VIEW_SCATTER) {
        line_add(&line, style_of(ROLE_DIM), " (%s pairs)", text_count(number, correlation.count));
        return;
    }
    add_interval(&line, correlation_interval(correlation_r(&correlation), correlation.count));
    line_add(&line, style_of(ROLE_DIM), " (%s pairs)", text_count(number, correlation.count));
    const struct points *points = state_points(state, scope);
    canvas->lacks = canvas->lacks || !points;
    if (points && !isnan(points->rank)) {
        line_add(&line, style_of(ROLE_TEXT), "  rank %s", draw_number(number, points->rank, 2));
        add_interval(&line, rank_interval(points->rank, points->correlation.count));
    }
    if (points) {
        line_add(&line, style_of(ROLE_TEXT), "  slope %s",
                 draw_number(number, correlation_slope(&points->correlation), 2));
        add_interval(&line, slope_interval(&points->correlation));
    }
}

/* The selected pair in words: where it is, how fast it turns, both cosines. */
static void cursor_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char wavelength[TEXT_NUMBER], x[TEXT_NUMBER], y[TEXT_NUMBER];
    struct row row = state_item(state);
    if (!state_ready(state))
        return;
    if (state_against_tuned(state)) {
        scatter_tuned_line(canvas, rect, glyphs, state);
        return;
    }
    row.projection = PROJECTION_QUERY;
    row.head = state->settings.selection.head;
    double query = (double)row_cos(state->angles, &row, PROJECTION_QUERY);
    double key = (double)row_cos(state->angles, &row, PROJECTION_KEY);
    text_format(wavelength, sizeof wavelength, "%.3g", layer_wavelength(row.layer, row.pair));
    struct line line = line_start(canvas, glyphs, rect, 0);
    char cursor[5] = {0};
    text_encode(glyphs->knob, cursor);
    line_add(&line, style_of(ROLE_SELECT), "%s", cursor);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), " pair %u", row.pair);
    line_add(&line, style_of(ROLE_TEXT), " of layer %u, heads %u/%u", row.layer->number, row.head,
             state_head(state, PROJECTION_KEY));
    line_add(&line, style_of(ROLE_QUERY), "  query cos %s", draw_number(x, query, 4));
    line_add(&line, style_of(ROLE_KEY), "  key cos %s", draw_number(y, key, 4));
    line_add(&line, style_of(ROLE_DIM), "  turns in %s tokens", wavelength);
}

/* Words of the axes by unit. */
static const char *const names[][2] = {
    [QUANTITY_COS] = {"query cos", "key cos"},
    [QUANTITY_ABS_COS] = {"query |cos|", "key |cos|"},
    [QUANTITY_DEGREES] = {"query degrees", "key degrees"},
};

/* Where the box ends along an axis; nowhere for a head that is fixed or free by hand. */
static void cut_axis(const struct state *state, enum scope scope, int projection, double *low,
                     double *high)
{
    double cuts[2], threshold = draw_threshold(state, scope, projection);
    draw_cuts(state->settings.unit, threshold, cuts);
    *low = isnan(threshold) ? -INFINITY : cuts[0];
    *high = isnan(threshold) ? INFINITY : cuts[1];
}

struct scatter_plot scatter_plot_of(const struct state *state, enum scope scope)
{
    const struct points *points = state_points(state, scope);
    enum quantity unit = state->settings.unit;
    struct scatter_plot plot = {.threshold = NAN};
    struct row item = state_item(state);
    if (!points)
        return plot;
    bool tuned = state_against_tuned(state);
    if (!tuned) {
        item.projection = PROJECTION_QUERY;
        item.head = state->settings.selection.head;
    }
    plot = (struct scatter_plot){
        .x = points->x,
        .y = points->y,
        .count = points->count,
        .threshold = NAN,
        .cut = true,
        .x_label = tuned ? "base" : names[unit][0],
        .y_label = tuned ? "tuned" : names[unit][1],
        .band = state->bands ? points->band : NULL,
        .cache = memo_scatter(state),
        .selected = rows_find(points->rows, &item),
    };
    cut_axis(state, scope, PROJECTION_QUERY, &plot.cut_low, &plot.cut_high);
    cut_axis(state, scope, PROJECTION_KEY, &plot.cut_y_low, &plot.cut_y_high);
    quantity_range(unit, &plot.low, &plot.high);
    const struct zoom *zoom = &state->settings.zoom;
    if (!zoom_whole(zoom) && state->view == VIEW_SCATTER) {
        plot.low = zoom->x_low;
        plot.high = zoom->x_high;
        plot.y_low = zoom->y_low;
        plot.y_high = zoom->y_high;
    }
    plot.has_selection = plot.selected < plot.count && state->view == VIEW_SCATTER;
    return plot;
}

void scatter_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state, enum scope scope)
{
    scatter_line(canvas, rect, glyphs, state, scope);
    struct scatter_plot plot = scatter_plot_of(state, scope);
    struct rect inside = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    if (!plot.x)
        draw_lacks(canvas, inside, glyphs);
    else if (!rect_empty(inside) && plot.count > 0 && !scatter_bands(canvas, inside, glyphs, &plot))
        plot_scatter(canvas, inside, glyphs, &plot);
}

struct rect scatter_rect(struct rect inside, const struct state *state)
{
    enum { LINES_FROM = 8 };
    bool legend = state->bands && !scatter_bands_apart(inside);
    if (inside.rows >= LINES_FROM) { /* the line of the cursor, the legend of the bands */
        inside.row += 1 + legend;
        inside.rows -= 1 + legend;
    }
    return inside;
}

void scatter_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 64];
    enum scope scope = state->settings.selection.scope;
    bool zoomed = !zoom_whole(&state->settings.zoom);
    draw_selection_name(name, state, scope, glyphs, rect.cols - 28);
    text_format(title, sizeof title, "scatter%s%s%s%s", draw_dot(glyphs), name,
                zoomed ? draw_dot(glyphs) : "", zoomed ? "zoomed" : "");
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (scope != SCOPE_MODEL && draw_excuse(canvas, inside, glyphs, state))
        return;
    struct rect plot = scatter_rect(inside, state);
    if (plot.rows < inside.rows) {
        cursor_line(canvas, inside, glyphs, state);
        if (state->bands && !scatter_bands_apart(inside))
            scatter_band_line(canvas, (struct rect){inside.row + 1, inside.col, 1, inside.cols},
                              glyphs);
    }
    scatter_panel(canvas, plot, glyphs, state, scope);
}
