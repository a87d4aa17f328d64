/* maps.c: the heat maps of the overview: mean |cos| of every head, layers downwards. */
#include "views/draw.h"

#include <float.h>
#include <math.h>

/* What a heat map asks its values of. Lines of the map are layers, each `tall` lines high. */
struct map {
    const struct state *state;
    int projection;
    size_t tall;
};

static enum heat_kind map_value(const void *context, size_t row, size_t col, double *value)
{
    const struct map *map = context;
    size_t i = row / map->tall;
    const struct layer *layer = &map->state->angles->model->layers[i];
    if (layer->pairs == 0 || col >= layer->projection[map->projection].heads)
        return HEAT_ABSENT;
    if (!map->state->summaries[i].ready)
        return HEAT_WAITING;
    double mean = (double)map->state->summaries[i].head[map->projection][col].mean_abs;
    *value = mean > 0 ? log(mean) : -DBL_MAX;
    return isnan(mean) ? HEAT_ABSENT : HEAT_VALUE;
}

/* Mean |cos| of a layer out of those of its heads; NaN: nothing to show. */
static double layer_mean(const struct state *state, size_t i, int projection)
{
    const struct layer *layer = &state->angles->model->layers[i];
    double sum = 0, pairs = 0;
    if (layer->pairs == 0 || !state->summaries[i].ready)
        return NAN;
    for (uint32_t h = 0; h < layer->projection[projection].heads; h++) {
        const struct head_summary *head = &state->summaries[i].head[projection][h];
        double defined = layer->pairs - head->undefined;
        if (defined > 0) {
            sum += (double)head->mean_abs * defined;
            pairs += defined;
        }
    }
    return pairs > 0 ? sum / pairs : NAN;
}

/* The scale is logarithmic, so that late layers, near chance, differ as visibly as early ones. Its
 * ends are the lowest and the highest mean of a head, in two digits after the point. */
struct scale {
    double low, high;
};

static struct scale scale_of(const struct state *state)
{
    struct scale scale = {1, 0};
    for (size_t i = 0; i < state->angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT && state->summaries[i].ready; p++) {
            const struct layer *layer = &state->angles->model->layers[i];
            for (uint32_t h = 0; layer->pairs > 0 && h < layer->projection[p].heads; h++) {
                double mean = (double)state->summaries[i].head[p][h].mean_abs;
                scale.low = fmin(scale.low, mean); /* fmin and fmax pass NaN over */
                scale.high = fmax(scale.high, mean);
            }
        }
    scale.low = fmax(0.01, floor(scale.low * 100) / 100);
    scale.high = ceil(scale.high * 100) / 100;
    return scale.low < scale.high ? scale : (struct scale){0.01, 1};
}

static size_t first_layer(const struct layout *layout, const struct state *state)
{
    size_t visible = (size_t)(layout->layers.rows / layout->cell_rows);
    return layout_scroll(state->settings.selection.layer, visible,
                         state->angles->model->layer_count);
}

static uint32_t most_heads(const struct state *state, int projection)
{
    struct layout_needs needs = layout_needs_of(state);
    return needs.heads[projection];
}

static size_t first_head(const struct layout *layout, const struct state *state, int projection)
{
    size_t visible = (size_t)(layout->map[projection].cols / layout->cell_cols);
    return layout_scroll(state_head(state, projection), visible, most_heads(state, projection));
}

/* Line of the screen that a layer's words stand on: the middle of its cells; -1: out of sight. */
static int layer_line(const struct layout *layout, const struct state *state, size_t layer)
{
    size_t first = first_layer(layout, state);
    if (layer < first)
        return -1;
    size_t line = (layer - first) * (size_t)layout->cell_rows + (size_t)(layout->cell_rows - 1) / 2;
    return line < (size_t)layout->layers.rows ? layout->layers.row + (int)line : -1;
}

static void draw_layer_words(struct canvas *canvas, const struct layout *layout,
                             const struct glyphs *glyphs, const struct state *state, size_t i)
{
    int row = layer_line(layout, state, i);
    struct rect at = layout->layers;
    const struct layer *layer = &state->angles->model->layers[i];
    bool selected = i == state->settings.selection.layer;
    struct style style = selected            ? style_with(ROLE_SELECT, STYLE_BOLD)
                         : layer->pairs == 0 ? style_of(ROLE_ABSENT)
                                             : style_of(ROLE_LABEL);
    if (row < 0 || at.cols < 3)
        return;
    if (selected)
        canvas_put(canvas, row, at.col, glyphs->cursor, style_of(ROLE_SELECT));
    canvas_printf(canvas, row, at.col + 1, at.cols - 1, style, NULL, "%*u", at.cols - 2,
                  layer->number);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        char number[TEXT_NUMBER];
        struct rect mean = layout->mean[p];
        double value = layer_mean(state, i, p);
        draw_number(number, value, 3);
        const char *text = number[0] == '0' ? number + 1 : number; /* ".412" */
        if (!rect_empty(mean))
            canvas_printf(canvas, row, mean.col, mean.cols, style, NULL, "%*.4s", mean.cols, text);
    }
}

/* Numbers of the heads above their columns, as many as fit, the selected one always. */
static void draw_axis(struct canvas *canvas, const struct layout *layout, const struct state *state,
                      int projection)
{
    struct rect axis = layout->axis[projection], cells = layout->map[projection];
    size_t first = first_head(layout, state, projection), heads = most_heads(state, projection);
    size_t visible = (size_t)(cells.cols / layout->cell_cols);
    char text[16];
    int taken_from = 0, taken_to = 0, free_from = axis.col;
    uint32_t selected = state_head(state, projection);
    if (state_rotates(state) && selected >= first && selected < first + visible) {
        text_format(text, sizeof text, "%u", selected);
        taken_from = cells.col + (int)(selected - first) * layout->cell_cols;
        taken_to = taken_from + canvas_text_width(text);
        canvas_text(canvas, axis.row, taken_from, axis.cols - (taken_from - axis.col),
                    style_with(ROLE_SELECT, STYLE_BOLD), NULL, text);
    }
    size_t step = layout->cell_cols >= 3 ? 1 : layout->cell_cols == 2 ? 4 : 8;
    for (size_t head = (first + step - 1) / step * step; head < first + visible && head < heads;
         head += step) {
        text_format(text, sizeof text, "%zu", head);
        int col = cells.col + (int)(head - first) * layout->cell_cols;
        int end = col + canvas_text_width(text);
        bool clear = end + 1 <= taken_from || col >= taken_to + 1;
        if (clear && col >= free_from && end <= axis.col + axis.cols) {
            canvas_text(canvas, axis.row, col, end - col, style_of(ROLE_LABEL), NULL, text);
            free_from = end + 1;
        }
    }
}

static void draw_title(struct canvas *canvas, const struct layout *layout,
                       const struct glyphs *glyphs, const struct state *state, int projection)
{
    struct rect cells = layout->map[projection];
    bool leads = projection == state->lead;
    char cursor[5] = " ";
    if (leads)
        cursor[text_encode(glyphs->cursor, cursor)] = '\0';
    canvas_printf(canvas, layout->maps.row, cells.col,
                  layout->maps.col + layout->maps.cols - 1 - cells.col,
                  leads ? style_with(ROLE_TITLE, STYLE_BOLD) : style_of(ROLE_TITLE), glyphs,
                  "%s%s heads ", cursor, projection_name(projection));
}

static void draw_map(struct canvas *canvas, const struct layout *layout,
                     const struct glyphs *glyphs, const struct state *state, int projection)
{
    size_t tall = (size_t)layout->cell_rows;
    struct map map = {state, projection, tall};
    struct scale scale = scale_of(state);
    struct heat_plot plot = {
        .value = map_value,
        .context = &map,
        .rows = state->angles->model->layer_count * tall,
        .cols = most_heads(state, projection),
        .first_row = first_layer(layout, state) * tall,
        .first_col = first_head(layout, state, projection),
        .low = log(scale.low),
        .high = log(scale.high),
        .cell_cols = layout->cell_cols,
        .has_selection = state_rotates(state),
        .selected_row = state->settings.selection.layer * tall + (tall - 1) / 2,
        .selected_col = state_head(state, projection),
    };
    plot_heat(canvas, layout->map[projection], glyphs, &plot);
}

static void draw_divider(struct canvas *canvas, const struct layout *layout,
                         const struct glyphs *glyphs)
{
    struct rect box = layout->maps;
    struct style style = style_of(ROLE_BORDER);
    int col = layout->axis[PROJECTION_KEY].col - 1;
    if (col <= box.col)
        col = layout->map[PROJECTION_KEY].col - 1;
    int bottom = rect_empty(layout->profile) ? box.row + box.rows - 1 - layout->legend.rows
                                             : layout->profile.row - 1;
    for (int row = box.row + 1; row < bottom; row++)
        canvas_put(canvas, row, col, glyphs->vertical, style);
}

/* Mean |cos| by layer of the leading projection, as bars. */
static void draw_profile(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                         const struct state *state)
{
    enum { BARS_MOST = HISTOGRAM_BINS_MAX, STEPS = 1000000 };
    uint64_t height[BARS_MOST];
    size_t layers = state->angles->model->layer_count;
    if (rect_empty(rect) || layers > BARS_MOST)
        return;
    for (size_t i = 0; i < layers; i++) {
        double mean = layer_mean(state, i, state->lead);
        height[i] = isnan(mean) ? 0 : (uint64_t)(mean * STEPS + 0.5);
    }
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_LABEL), " %s mean |cos| by layer", projection_name(state->lead));
    struct bars_plot plot = {
        .count = height,
        .bins = (uint32_t)layers,
        .low = -0.5,
        .high = (double)layers - 0.5,
        .threshold = NAN,
        .chance = NAN,
        .role = state->lead == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY,
        .show_axis = true,
    };
    struct rect bars = {rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2};
    plot_bars(canvas, bars, glyphs, &plot);
}

static void draw_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    enum { GRADIENT_COLS = 24 };
    struct scale scale = scale_of(state);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_LABEL), " mean |cos|, log ");
    struct rect legend = {line.row, line.col, 1, line.end - line.col};
    if (legend.cols > GRADIENT_COLS)
        legend.cols = GRADIENT_COLS;
    if (!rect_empty(legend))
        plot_heat_legend(canvas, legend, glyphs, scale.low, scale.high);
}

void maps_draw(struct canvas *canvas, const struct layout *layout, const struct glyphs *glyphs,
               const struct state *state)
{
    canvas_box(canvas, layout->maps, glyphs, style_of(ROLE_BORDER), NULL, style_of(ROLE_TITLE));
    for (size_t i = 0; i < state->angles->model->layer_count; i++)
        draw_layer_words(canvas, layout, glyphs, state, i);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (rect_empty(layout->map[p]))
            continue;
        draw_title(canvas, layout, glyphs, state, p);
        draw_map(canvas, layout, glyphs, state, p);
        if (!rect_empty(layout->axis[p]))
            draw_axis(canvas, layout, state, p);
    }
    if (!rect_empty(layout->map[0]) && !rect_empty(layout->map[1]))
        draw_divider(canvas, layout, glyphs);
    draw_profile(canvas, layout->profile, glyphs, state);
    draw_legend(canvas, layout->legend, glyphs, state);
}
