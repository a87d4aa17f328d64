/* maps.c: the heat maps of the overview: a measure of every head, layers downwards. Zoomed out, a
 * cell sums up a block of layers and heads: the mean of those that have a value. */
#include "views/maps.h"

#include <math.h>

/* ---- cells --------------------------------------------------------------- */

/* What a heat map asks its values of. Each line of the map is `tall` lines high. */
struct map {
    const struct state *state;
    struct map_scale scale;
    int projection;
    size_t tall;
};

static enum heat_kind map_value(const void *context, size_t row, size_t col, double *value)
{
    const struct map *map = context;
    struct map_mean mean =
        map_mean_of(map->state, map->projection, map_block_at(map->state, row / map->tall, col));
    *value = map_scaled(&map->scale, mean.value);
    if (!isnan(mean.value))
        return HEAT_VALUE;
    return mean.rotates && mean.waiting ? HEAT_WAITING : HEAT_ABSENT;
}

/* Line of the screen that a layer's words stand on: the middle of its cells; -1: out of sight. */
static int layer_line(const struct layout *layout, const struct state *state, size_t layer)
{
    size_t first = layout_first_line(layout, state);
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
    const struct layer *layer = &state->angles->model->layers[i * state_map_block(state)];
    bool selected = i == map_selected_line(state);
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
        double value = map_line_mean(state, i, p);
        const char *text = draw_short(number, value, map_shades(state->settings.measure) ? 2 : 3);
        if (!rect_empty(mean))
            canvas_printf(canvas, row, mean.col, mean.cols, style, NULL, "%*.4s", mean.cols, text);
    }
}

/* Numbers of the heads above their columns, as many as fit, the selected one always. */
static void draw_axis(struct canvas *canvas, const struct layout *layout, const struct state *state,
                      int projection)
{
    struct rect axis = layout->axis[projection], cells = layout->map[projection];
    size_t first = layout_first_column(layout, state, projection),
           heads = map_most_heads(state, projection);
    size_t visible = (size_t)(cells.cols / layout->cell_cols);
    char text[16];
    int taken_from = 0, taken_to = 0, free_from = axis.col;
    uint32_t selected = map_selected_column(state, projection), side = state_map_block(state);
    if (state_rotates(state) && selected >= first && selected < first + visible) {
        text_format(text, sizeof text, "%u", selected * side);
        taken_from = cells.col + (int)(selected - first) * layout->cell_cols;
        taken_to = taken_from + canvas_text_width(text);
        canvas_text(canvas, axis.row, taken_from, axis.cols - (taken_from - axis.col),
                    style_with(ROLE_SELECT, STYLE_BOLD), NULL, text);
    }
    size_t step = layout->cell_cols >= 3 ? 1 : layout->cell_cols == 2 ? 4 : 8;
    for (size_t head = (first + step - 1) / step * step; head < first + visible && head < heads;
         head += step) {
        text_format(text, sizeof text, "%zu", head * side);
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
                     const struct glyphs *glyphs, const struct state *state,
                     const struct map_scale *scale, int projection)
{
    size_t tall = (size_t)layout->cell_rows;
    struct map map = {state, *scale, projection, tall};
    struct heat_plot plot = {
        .value = map_value,
        .context = &map,
        .rows = map_lines(state) * tall,
        .cols = map_most_heads(state, projection),
        .first_row = layout_first_line(layout, state) * tall,
        .first_col = layout_first_column(layout, state, projection),
        .low = map_scaled(scale, scale->low),
        .high = map_scaled(scale, scale->high),
        .cell_cols = layout->cell_cols,
        .steps = map_shades(state->settings.measure),
        .has_selection = state_rotates(state),
        .selected_row = map_selected_line(state) * tall + (tall - 1) / 2,
        .selected_col = map_selected_column(state, projection),
        .diverging = scale->low < 0,
    };
    plot_heat(canvas, layout->map[projection], glyphs, &plot);
}

/* The first exception in a block; 0: none. */
static uint32_t mark_of_block(const struct state *state, const struct glyphs *glyphs,
                              int projection, struct map_block block, struct style *style)
{
    uint32_t mark = 0;
    for (size_t i = block.layer; i < block.layer_end && mark == 0; i++) {
        const struct layer *layer = &state->angles->model->layers[i];
        uint32_t heads = layer->pairs > 0 ? layer->projection[projection].heads : 0;
        for (uint32_t h = block.head; h < heads && h < block.head_end && mark == 0; h++)
            mark = exception_mark(state, glyphs, i, projection, h, style);
    }
    return mark;
}

/* Heads that the lines of the rule single out, each by a glyph in its cell, beside the cursor. */
static void draw_exceptions(struct canvas *canvas, const struct layout *layout,
                            const struct glyphs *glyphs, const struct state *state, int projection)
{
    struct rect at = layout->map[projection];
    size_t first_row = layout_first_line(layout, state);
    size_t first_col = layout_first_column(layout, state, projection);
    int tall = layout->cell_rows, wide = layout->cell_cols;
    for (int row = 0; row + tall <= at.rows && first_row + (size_t)(row / tall) < map_lines(state);
         row += tall)
        for (int col = 0; col + wide <= at.cols; col += wide) {
            struct style style;
            size_t line = first_row + (size_t)(row / tall);
            size_t column = first_col + (size_t)(col / wide);
            bool cursor = wide == 1 && line == map_selected_line(state) &&
                          column == map_selected_column(state, projection);
            uint32_t mark = cursor ? 0
                                   : mark_of_block(state, glyphs, projection,
                                                   map_block_at(state, line, column), &style);
            if (mark != 0)
                canvas_put(canvas, at.row + row + (tall - 1) / 2, at.col + col + (wide > 1), mark,
                           style);
        }
}

static void draw_divider(struct canvas *canvas, const struct layout *layout,
                         const struct glyphs *glyphs)
{
    struct rect box = layout->maps;
    struct style style = style_of(ROLE_BORDER);
    int col = layout->axis[PROJECTION_KEY].col - 1;
    if (col <= box.col)
        col = layout->map[PROJECTION_KEY].col - 1;
    int bottom = layout->map[0].row + layout->map[0].rows + layout->column[0].rows;
    for (int row = box.row + 1; row < bottom; row++)
        canvas_put(canvas, row, col, glyphs->vertical, style);
}

void maps_draw(struct canvas *canvas, const struct layout *layout, const struct glyphs *glyphs,
               const struct state *state)
{
    struct map_scale scale = map_scale_of(state);
    canvas->lacks = canvas->lacks || !state_counts(state);
    canvas_box(canvas, layout->maps, glyphs, style_of(ROLE_BORDER), NULL, style_of(ROLE_TITLE));
    for (size_t i = 0; i < map_lines(state); i++)
        draw_layer_words(canvas, layout, glyphs, state, i);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (rect_empty(layout->map[p]))
            continue;
        draw_title(canvas, layout, glyphs, state, p);
        draw_map(canvas, layout, glyphs, state, &scale, p);
        if (state->awm.line_count > 0)
            draw_exceptions(canvas, layout, glyphs, state, p);
        if (!rect_empty(layout->axis[p]))
            draw_axis(canvas, layout, state, p);
        if (!rect_empty(layout->column[p]))
            map_columns_draw(canvas, layout, glyphs, state, &scale, p);
    }
    if (!rect_empty(layout->map[0]) && !rect_empty(layout->map[1]))
        draw_divider(canvas, layout, glyphs);
    map_sight_draw(canvas, layout, glyphs, state);
    map_profile_draw(canvas, layout->profile, glyphs, state);
    map_about_draw(canvas, layout->about, glyphs, state);
    map_legend_draw(canvas, layout->legend, glyphs, state, &scale);
}
