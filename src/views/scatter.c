/* scatter.c: query cosines against the key cosines of the same pairs. */
#include "views/draw.h"
#include "views/rows.h"

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
static const char *const columns[COLUMN_COUNT] = {"layer",   "query_head",  "key_head",
                                                  "pair",    "frequency",   "cos_query",
                                                  "cos_key", "fixed_query", "fixed_key"};

/* cos of the pair of that row in a projection; the key's is of the key head that is met. */
static float row_cos(const struct rows *rows, const struct row *row, int projection)
{
    const struct angle_set *set = &rows->angles->layers[row->layer_index].set[projection];
    uint32_t head =
        projection == PROJECTION_QUERY ? row->head : layer_key_head(row->layer, row->head);
    return set->cos[(size_t)head * row->layer->pairs + row->pair];
}

static struct cell scatter_cell(const void *context, size_t index, size_t column)
{
    const struct rows *rows = context;
    struct row row = rows_at(rows, index);
    bool key = column == COLUMN_COS_KEY || column == COLUMN_FIXED_KEY;
    float cos = row_cos(rows, &row, key ? PROJECTION_KEY : PROJECTION_QUERY);
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
        return isnan(cos) ? cell_empty() : cell_real((double)cos);
    default:
        return cell_flag(rule_fixes(cos, rows->settings.rule.threshold));
    }
}

/* A row a pair of each query head, whatever projections the rule covers: a point needs both. */
static struct rows *scatter_rows(const struct angles *angles, const struct view_settings *settings)
{
    struct view_settings queries = *settings;
    queries.rule.projection[PROJECTION_QUERY] = true;
    queries.rule.projection[PROJECTION_KEY] = false;
    return rows_new(angles, &queries, true);
}

enum status scatter_table(const struct angles *angles, const struct view_settings *settings,
                          struct view_table *out, struct error *err)
{
    struct rows *rows = scatter_rows(angles, settings);
    if (!rows)
        return error_memory(err);
    out->owned = rows;
    out->table = (struct table){columns, COLUMN_COUNT, rows->row_count, scatter_cell, rows};
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
        if (state->summaries[i].ready && (scope == SCOPE_MODEL || i == selection->layer))
            correlation_merge(&all, &state->summaries[i].correlation);
    return all;
}

void scatter_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state, enum scope scope)
{
    char number[TEXT_NUMBER];
    struct correlation correlation = state_correlation(state, scope);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(ROLE_BOTH, STYLE_BOLD), "query vs key");
    line_add(&line, style_of(ROLE_TEXT), "  r = %s",
             draw_number(number, correlation_r(&correlation), 2));
    line_add(&line, style_of(ROLE_DIM), " (%s pairs)", text_count(number, correlation.count));
}

/* The points of a selection as two arrays in one block; NULL: no memory. */
static float *points(const struct state *state, enum scope scope, size_t *count)
{
    struct view_settings settings = state->settings;
    settings.selection.scope = scope;
    struct rows *rows = scatter_rows(state->angles, &settings);
    float *xy = rows ? memory_array(2 * rows->row_count + 1, sizeof *xy) : NULL;
    *count = xy ? rows->row_count : 0;
    for (size_t i = 0; i < *count; i++) {
        struct row row = rows_at(rows, i);
        xy[i] = row_cos(rows, &row, PROJECTION_QUERY);
        xy[*count + i] = row_cos(rows, &row, PROJECTION_KEY);
    }
    memory_free(rows);
    return xy;
}

void scatter_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state, enum scope scope)
{
    size_t count;
    scatter_line(canvas, rect, glyphs, state, scope);
    float *xy = points(state, scope, &count);
    if (!xy)
        return;
    struct scatter_plot plot = {
        .x = xy,
        .y = xy + count,
        .count = count,
        .low = -1,
        .high = 1,
        .threshold = (double)state->settings.rule.threshold,
        .x_label = "query cos",
        .y_label = "key cos",
    };
    struct rect inside = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    if (!rect_empty(inside))
        plot_scatter(canvas, inside, glyphs, &plot);
    memory_free(xy);
}

void scatter_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 32];
    enum scope scope = state->settings.selection.scope;
    draw_selection_name(name, state, scope, glyphs, rect.cols - 16);
    text_format(title, sizeof title, "scatter%s%s", draw_dot(glyphs), name);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (scope == SCOPE_MODEL || !draw_excuse(canvas, inside, glyphs, state))
        scatter_panel(canvas, inside, glyphs, state, scope);
}
