/* strip.c: the cosine of every pair of a layer, one after the other through its heads, the query
 * above and the key below; up to four layers side by side. Chen & Yan 2024 plot Llama-2 so. */
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* The layers that are shown: those that were chosen, or the selected one. */
static size_t layers_of(const struct view_settings *settings, size_t out[STRIP_LAYERS])
{
    out[0] = settings->selection.layer;
    for (size_t i = 0; i < settings->strip_count; i++)
        out[i] = settings->strip[i];
    return settings->strip_count > 0 ? settings->strip_count : 1;
}

/* ---- the table ----------------------------------------------------------- */

enum { COLUMN_INDEX = ROW_NAMES, COLUMN_COS, COLUMN_FIXED, COLUMN_COUNT };
static const char *const columns[COLUMN_COUNT] = {"layer", "projection", "head", "pair",
                                                  "index", "cos",        "fixed"};

/* The pairs of each layer, one layer behind the other. */
struct strip_rows {
    size_t count;
    struct rows *rows[STRIP_LAYERS]; /* (count) owned */
};

void strip_rows_free(struct strip_rows *strip)
{
    for (size_t i = 0; i < STRIP_LAYERS; i++)
        memory_free(strip->rows[i]);
}

static struct cell strip_cell(const void *context, size_t index, size_t column)
{
    const struct strip_rows *strip = context;
    size_t i = 0;
    for (; index >= strip->rows[i]->row_count; i++)
        index -= strip->rows[i]->row_count;
    const struct rows *rows = strip->rows[i];
    struct row row = rows_at(rows, index);
    float cos = row_cos(rows->angles, &row, row.projection);
    if (column < ROW_NAMES)
        return row_cell(&row, column);
    switch (column) {
    case COLUMN_INDEX:
        return cell_integer((uint64_t)row.head * row.layer->pairs + row.pair);
    case COLUMN_COS:
        return cell_real((double)cos);
    default:
        return cell_flag(rule_fixes(
            cos, settings_threshold(&rows->settings, row.layer->number, row.projection, row.head)));
    }
}

enum status strip_table(const struct angles *angles, const struct view_settings *settings,
                        struct view_table *out, struct error *err)
{
    size_t layer[STRIP_LAYERS], rows = 0;
    struct strip_rows *strip = memory_array(1, sizeof *strip);
    *out = (struct view_table){.owned = strip};
    if (!strip)
        return error_memory(err);
    out->strip = strip;
    strip->count = layers_of(settings, layer);
    for (size_t i = 0; i < strip->count; i++) {
        struct view_settings one = *settings;
        one.selection.layer = layer[i];
        one.one_head = false;
        if (one.selection.scope == SCOPE_MODEL)
            one.selection.scope = SCOPE_LAYER;
        strip->rows[i] = rows_new(angles, &one, true);
        if (!strip->rows[i]) {
            view_table_free(out);
            return error_memory(err);
        }
        rows += strip->rows[i]->row_count;
    }
    out->table = (struct table){columns, COLUMN_COUNT, rows, strip_cell, strip};
    return STATUS_OK;
}

/* ---- the picture --------------------------------------------------------- */

/* Cosines against their place in the layer; x: (count) places, counted through (head, pair). */
struct strip_plot {
    struct scatter_plot plot;
    float *x; /* owned */
    const struct layer *layer;
};

/* The heads in sight: all of the layer, as many as the zoom leaves, a page of them after the other,
 * or the selected one; of the keys those that these meet. */
static uint32_t heads_in_sight(const struct state *state, const struct layer *layer, int projection,
                               uint32_t *first)
{
    uint32_t heads = layer->projection[PROJECTION_QUERY].heads, zoom = state->strip_heads;
    uint32_t all = layer->projection[projection].heads, head = state->settings.selection.head;
    uint32_t many = state->settings.selection.scope == SCOPE_HEAD ? 1 : zoom > 0 ? zoom : heads;
    *first = 0;
    if (heads == 0 || (many > 1 && many >= heads))
        return all;
    head = head < heads ? head : heads - 1;
    uint32_t start = head / many * many, last = start + many < heads ? start + many : heads;
    *first = start;
    if (projection == PROJECTION_QUERY)
        return last - start;
    if (many > 1 && layer->grouping != GROUPING_BLOCKS)
        return *first = 0, all; /* these meet heads all over */
    *first = layer_key_head(layer, start);
    return layer_key_head(layer, last - 1) - *first + 1;
}

struct scatter_plot strip_plot_of(const struct state *state, size_t layer, int projection,
                                  const float *x)
{
    const struct layer *of = &state->angles->model->layers[layer];
    const float *cos = state->angles->layers[layer].set[projection].cos;
    uint32_t first, heads = heads_in_sight(state, of, projection, &first);
    double threshold = (double)state->settings.rule.threshold;
    struct scatter_plot plot = {
        .x = x,
        .y = cos + (size_t)first * of->pairs,
        .count = (size_t)heads * of->pairs,
        .low = (double)first * of->pairs,
        .high = (double)(first + heads) * of->pairs - 1,
        .y_low = -1,
        .y_high = 1,
        .threshold = NAN,
        .cut = true,
        .cut_low = -INFINITY,
        .cut_high = INFINITY,
        .cut_y_low = -threshold,
        .cut_y_high = threshold,
        .wide = true,
    };
    if (layer == state->settings.selection.layer) {
        uint32_t head = state_head(state, projection) - first;
        plot.selected = (size_t)head * of->pairs + state->pair;
        plot.has_selection = plot.selected < plot.count;
    }
    if (!(plot.low < plot.high))
        plot.high = plot.low + 1;
    return plot;
}

/* Lines between heads, where no point stands and there is room to tell them apart. */
static void draw_borders(struct canvas *canvas, struct rect inside, const struct glyphs *glyphs,
                         const struct scatter_plot *plot, uint32_t pairs)
{
    enum { COLS_A_HEAD = 4 };
    struct axis x = {plot->low, plot->high, inside.cols, AXIS_LINEAR};
    size_t heads = plot->count / pairs;
    if (heads < 2 || (size_t)inside.cols / heads < COLS_A_HEAD)
        return;
    for (size_t h = 1; h < heads; h++) {
        int col = inside.col + axis_cell(&x, plot->low + (double)h * pairs - 0.5);
        for (int row = inside.row; row < inside.row + inside.rows; row++)
            if (canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col].code == ' ')
                canvas_put(canvas, row, col, glyphs->vertical, style_of(ROLE_BORDER));
    }
}

static void draw_part(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state, size_t layer, int projection)
{
    const struct layer *of = &state->angles->model->layers[layer];
    char title[96];
    text_format(title, sizeof title, "layer %u %s", of->number, projection_name(projection));
    canvas_text(canvas, rect.row, rect.col, rect.cols,
                style_of(projection == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY), glyphs, title);
    rect.row++;
    rect.rows--;
    if (rect_empty(rect))
        return;
    if (of->pairs == 0 || !state->angles->layers[layer].ready) {
        canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_ABSENT), glyphs,
                    of->pairs == 0 ? "does not rotate" : "not scanned yet");
        return;
    }
    uint32_t first, heads = heads_in_sight(state, of, projection, &first);
    size_t count = (size_t)heads * of->pairs;
    float *x = memory_array(count + 1, sizeof *x);
    if (!x) {
        draw_lacks(canvas, rect, glyphs);
        return;
    }
    for (size_t i = 0; i < count; i++)
        x[i] = (float)((size_t)first * of->pairs + i);
    struct scatter_plot plot = strip_plot_of(state, layer, projection, x);
    plot_scatter(canvas, rect, glyphs, &plot);
    draw_borders(canvas, plot_scatter_inside(rect, &plot), glyphs, &plot, of->pairs);
    memory_free(x);
}

/* The selected pair in words. */
static void cursor_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char cursor[5] = {0}, number[TEXT_NUMBER];
    struct row row = state_item(state);
    struct line line = line_start(canvas, glyphs, rect, 0);
    if (!state_ready(state) || !state_rotates(state))
        return;
    text_encode(glyphs->knob, cursor);
    line_add(&line, style_of(ROLE_SELECT), "%s", cursor);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), " pair %u", state->pair);
    line_add(&line, style_of(ROLE_TEXT), " of layer %u, heads %u/%u", row.layer->number,
             state->settings.selection.head, state_head(state, PROJECTION_KEY));
    row.projection = PROJECTION_QUERY;
    row.head = state->settings.selection.head;
    line_add(&line, style_of(ROLE_QUERY), "  query cos %s",
             draw_number(number, (double)row_cos(state->angles, &row, PROJECTION_QUERY), 4));
    line_add(&line, style_of(ROLE_KEY), "  key cos %s",
             draw_number(number, (double)row_cos(state->angles, &row, PROJECTION_KEY), 4));
}

/* The part of the panel that holds one layer's query or key. */
struct rect strip_rect(struct rect inside, size_t at, size_t layers, int projection,
                       const bool covered[PROJECTION_COUNT])
{
    int parts = covered[0] && covered[1] ? 2 : 1, cols = inside.cols / (int)layers;
    enum { COLS_A_ROW = 12, ROWS_LEAST = 8 }; /* flat enough for a slow line */
    int most = inside.cols / COLS_A_ROW > ROWS_LEAST ? inside.cols / COLS_A_ROW : ROWS_LEAST;
    int rows = (inside.rows - 1) / parts < most ? (inside.rows - 1) / parts : most,
        below = parts == 2 && projection == PROJECTION_KEY;
    return (struct rect){inside.row + 1 + below * rows, inside.col + (int)at * cols, rows,
                         cols - (layers > 1)};
}

void strip_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state)
{
    size_t layer[STRIP_LAYERS], layers = layers_of(&state->settings, layer);
    const bool *covered = state->settings.rule.projection;
    struct rect inside = draw_panel(canvas, rect, glyphs,
                                    state->settings.selection.scope == SCOPE_HEAD
                                        ? "cos of every pair of a head"
                                        : "cos of every pair, head by head");
    if (!state_layer(state))
        return;
    cursor_line(canvas, inside, glyphs, state);
    for (size_t i = 0; i < layers; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct rect part = strip_rect(inside, i, layers, p, covered);
            if (covered[p] && !rect_empty(part))
                draw_part(canvas, part, glyphs, state, layer[i], p);
        }
}
