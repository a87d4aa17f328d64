/* maps.c: the heat maps of the overview: a measure of every head, layers downwards. Zoomed out, a
 * cell sums up a block of layers and heads: the mean of those that have a value. */
#include "ropescope/lists.h"
#include "views/draw.h"

#include <float.h>
#include <math.h>

/* ---- values -------------------------------------------------------------- */

/* A block of layers (indices) and heads: a cell, a line, a column of a map. */
struct block {
    size_t layer, layer_end;
    uint32_t head, head_end;
};

static struct block block_at(const struct state *state, size_t row, size_t col)
{
    uint32_t side = state_map_block(state);
    struct block block = {row * side, (row + 1) * side, (uint32_t)col * side,
                          (uint32_t)(col + 1) * side};
    if (block.layer_end > state->angles->model->layer_count)
        block.layer_end = state->angles->model->layer_count;
    return block;
}

/* Weighted by pairs, so that the mean |cos| of a layer is that of its pairs. */
struct mean {
    double value; /* NaN: none */
    size_t heads; /* that have one */
    bool rotates, waiting;
};

static struct mean mean_of(const struct state *state, int projection, struct block block)
{
    struct mean mean = {.value = NAN};
    double sum = 0, weight = 0;
    for (size_t i = block.layer; i < block.layer_end; i++) {
        const struct layer *layer = &state->angles->model->layers[i];
        uint32_t heads = layer->projection[projection].heads;
        uint32_t end = block.head_end < heads ? block.head_end : heads;
        if (layer->pairs == 0 || block.head >= heads)
            continue;
        mean.rotates = true;
        mean.waiting = mean.waiting || !state->summaries[i].ready;
        for (uint32_t h = block.head; h < end && state->summaries[i].ready; h++) {
            double value = state_measure(state, i, projection, h);
            double pairs = layer->pairs - state->summaries[i].head[projection][h].undefined;
            if (isnan(value))
                continue;
            sum += value * pairs;
            weight += pairs;
            mean.heads++;
        }
    }
    if (weight > 0)
        mean.value = sum / weight;
    return mean;
}

/* ---- the scale ----------------------------------------------------------- */

/* From round number to round number. The mean |cos| has a logarithmic one, so that late layers,
 * near chance, differ as visibly as early ones; what follows the threshold has one that does not,
 * so that pictures of two thresholds compare. */
struct scale {
    double low, high;
    bool log;
};

static size_t map_lines(const struct state *state)
{
    struct layout_needs needs = layout_needs_of(state);
    return needs.layers;
}

static uint32_t most_heads(const struct state *state, int projection)
{
    struct layout_needs needs = layout_needs_of(state);
    return needs.heads[projection];
}

/* Of all cells, in sight or not. */
static struct map_extent measure_extent(const struct state *state)
{
    struct map_extent all = {.set = true,
                             .measure = state->settings.measure,
                             .block = state_map_block(state),
                             .ready = state->angles->ready,
                             .low = INFINITY,
                             .high = -INFINITY};
    struct layout_needs needs = layout_needs_of(state);
    for (size_t row = 0; row < needs.layers; row++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            for (uint32_t col = 0; col < needs.heads[p]; col++) {
                double value = mean_of(state, p, block_at(state, row, col)).value;
                all.low = fmin(all.low, value); /* fmin and fmax pass NaN over */
                all.high = fmax(all.high, value);
            }
    return all;
}

/* Looks at every head of the model, so it is done once: no threshold changes it. */
static struct scale extent(const struct state *state)
{
    struct map_extent *kept = memo_extent(state);
    if (!kept->set || kept->measure != state->settings.measure ||
        kept->block != state_map_block(state) || kept->ready != state->angles->ready)
        *kept = measure_extent(state);
    return (struct scale){kept->low, kept->high, false};
}

static struct scale scale_of(const struct state *state)
{
    enum measure measure = state->settings.measure;
    if (measure == MEASURE_FRACTION)
        return (struct scale){0, 1, false};
    if (measure == MEASURE_EXCESS)
        return (struct scale){-0.5, 0.5, false};
    struct scale scale = extent(state);
    scale.log = measure == MEASURE_MEAN;
    double step = scale.log ? 100 : 20;
    scale.low = floor(scale.low * step) / step;
    scale.high = ceil(scale.high * step) / step;
    if (scale.log)
        scale.low = fmax(0.01, scale.low);
    if (scale.low < 0) { /* 0 in the middle */
        scale.high = fmax(scale.high, -scale.low);
        scale.low = -scale.high;
    }
    return scale.low < scale.high ? scale : (struct scale){0.01, 1, scale.log};
}

static double scaled(const struct scale *scale, double value)
{
    return !scale->log ? value : value > 0 ? log(value) : -DBL_MAX;
}

/* ---- cells --------------------------------------------------------------- */

/* What a heat map asks its values of. Each line of the map is `tall` lines high. */
struct map {
    const struct state *state;
    struct scale scale;
    int projection;
    size_t tall;
};

static enum heat_kind map_value(const void *context, size_t row, size_t col, double *value)
{
    const struct map *map = context;
    struct mean mean =
        mean_of(map->state, map->projection, block_at(map->state, row / map->tall, col));
    *value = scaled(&map->scale, mean.value);
    if (!isnan(mean.value))
        return HEAT_VALUE;
    return mean.rotates && mean.waiting ? HEAT_WAITING : HEAT_ABSENT;
}

static double line_mean(const struct state *state, size_t row, int projection)
{
    struct block block = block_at(state, row, 0);
    block.head = 0;
    block.head_end = UINT32_MAX;
    return mean_of(state, projection, block).value;
}

static size_t selected_line(const struct state *state)
{
    return state->settings.selection.layer / state_map_block(state);
}

static uint32_t selected_column(const struct state *state, int projection)
{
    return state_head(state, projection) / state_map_block(state);
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

/* What follows the threshold has few shades, and fewer digits beside them, so that a step of it
 * sends little; chance lies in the middle of one, not on an edge that heads near it would cross to
 * and fro. 0: as many as there are colours. */
static int shades(enum measure measure)
{
    return measure == MEASURE_FRACTION || measure == MEASURE_EXCESS ? 5 : 0;
}

static void draw_layer_words(struct canvas *canvas, const struct layout *layout,
                             const struct glyphs *glyphs, const struct state *state, size_t i)
{
    int row = layer_line(layout, state, i);
    struct rect at = layout->layers;
    const struct layer *layer = &state->angles->model->layers[i * state_map_block(state)];
    bool selected = i == selected_line(state);
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
        double value = line_mean(state, i, p);
        draw_number(number, value, shades(state->settings.measure) ? 2 : 3);
        const char *text = number[0] == '0' ? number + 1 : number; /* ".412" */
        if (number[0] == '-' && number[1] == '0') {                /* "-.12" */
            number[1] = '-';
            text = number + 1;
        }
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
           heads = most_heads(state, projection);
    size_t visible = (size_t)(cells.cols / layout->cell_cols);
    char text[16];
    int taken_from = 0, taken_to = 0, free_from = axis.col;
    uint32_t selected = selected_column(state, projection), side = state_map_block(state);
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
                     const struct scale *scale, int projection)
{
    size_t tall = (size_t)layout->cell_rows;
    struct map map = {state, *scale, projection, tall};
    struct heat_plot plot = {
        .value = map_value,
        .context = &map,
        .rows = map_lines(state) * tall,
        .cols = most_heads(state, projection),
        .first_row = layout_first_line(layout, state) * tall,
        .first_col = layout_first_column(layout, state, projection),
        .low = scaled(scale, scale->low),
        .high = scaled(scale, scale->high),
        .cell_cols = layout->cell_cols,
        .steps = shades(state->settings.measure),
        .has_selection = state_rotates(state),
        .selected_row = selected_line(state) * tall + (tall - 1) / 2,
        .selected_col = selected_column(state, projection),
        .diverging = scale->low < 0,
    };
    plot_heat(canvas, layout->map[projection], glyphs, &plot);
}

/* The first exception in a block; 0: none. */
static uint32_t mark_of_block(const struct state *state, const struct glyphs *glyphs,
                              int projection, struct block block, struct style *style)
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
            bool cursor = wide == 1 && line == selected_line(state) &&
                          column == selected_column(state, projection);
            uint32_t mark = cursor ? 0
                                   : mark_of_block(state, glyphs, projection,
                                                   block_at(state, line, column), &style);
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

/* ---- profiles and words -------------------------------------------------- */

/* Means by head over all layers, a bar a column. */
static void draw_columns(struct canvas *canvas, const struct layout *layout,
                         const struct glyphs *glyphs, const struct state *state,
                         const struct scale *scale, int projection)
{
    struct rect at = layout->column[projection];
    size_t first = layout_first_column(layout, state, projection);
    double low = scaled(scale, scale->low), high = scaled(scale, scale->high);
    for (int col = 0; col + layout->cell_cols <= at.cols; col += layout->cell_cols) {
        struct block block = block_at(state, 0, first + (size_t)(col / layout->cell_cols));
        block.layer_end = state->angles->model->layer_count;
        double value = mean_of(state, projection, block).value;
        if (isnan(value))
            continue;
        double part = (scaled(scale, value) - low) / (high - low);
        int eighths = part >= 1 ? 8 : part <= 0 ? 1 : 1 + (int)(part * 8);
        for (int i = 0; i < layout->cell_cols; i++)
            canvas_put(canvas, at.row, at.col + col + i, glyphs->bar[eighths > 8 ? 8 : eighths],
                       style_of(projection == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY));
    }
    if (layout->layers.cols >= 3 && projection == state->lead)
        canvas_text(canvas, at.row, layout->layers.col, layout->layers.cols, style_of(ROLE_LABEL),
                    NULL, "all");
}

/* The measure by layer of the leading projection, as bars. */
static void draw_profile(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                         const struct state *state)
{
    enum { BARS_MOST = HISTOGRAM_BINS_MAX, STEPS = 1000000 };
    uint64_t height[BARS_MOST];
    double means[BARS_MOST];
    size_t lines = map_lines(state);
    double lowest = 0;
    if (rect_empty(rect) || lines > BARS_MOST)
        return;
    for (size_t i = 0; i < lines; i++) {
        means[i] = line_mean(state, i, state->lead);
        lowest = fmin(lowest, means[i]);
    }
    for (size_t i = 0; i < lines; i++)
        height[i] = isnan(means[i]) ? 0 : (uint64_t)((means[i] - lowest) * STEPS + 0.5);
    char from[48] = "", number[TEXT_NUMBER];
    if (lowest < 0)
        text_format(from, sizeof from, ", from %s", draw_number(number, lowest, 3));
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_LABEL), " %s %s by layer%s", projection_name(state->lead),
             state_measure_words(state), from);
    struct bars_plot plot = {
        .count = height,
        .bins = (uint32_t)lines,
        .low = -0.5 * state_map_block(state),
        .high = ((double)lines - 0.5) * state_map_block(state),
        .threshold = NAN,
        .chance = NAN,
        .role = state->lead == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY,
        .show_axis = true,
        .whole = true,
    };
    struct rect bars = {rect.row + 1, rect.col + 1, rect.rows - 1, rect.cols - 2};
    plot_bars(canvas, bars, glyphs, &plot);
}

/* What the numbers of a measure are, where its name does not say it. */
static const char *meaning(enum measure measure)
{
    switch (measure) {
    case MEASURE_CORRELATION:
        return "r of query and key cosines; of a key head the mean over its query heads";
    case MEASURE_NORM_RATIO:
        return "shorter row / longer row of a pair, mean over pairs";
    case MEASURE_EXCESS:
        return "fraction fixed less what random rows would have; 0 in the middle";
    default:
        return "";
    }
}

static void draw_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state, const struct scale *scale)
{
    enum { GRADIENT_COLS = 24, BESIDE_MARKS = 12 };
    char marks[EXCEPTION_LEGEND];
    struct line line = line_start(canvas, glyphs, rect, 0);
    exception_legend(marks, state, glyphs);
    int most = marks[0] ? BESIDE_MARKS : GRADIENT_COLS;
    char seed[TEXT_NUMBER] = "";
    if (state->awm.random && state->settings.measure == MEASURE_FRACTION)
        text_format(seed, sizeof seed, ", seed %u", state->awm.seed);
    line_add(&line, style_of(ROLE_LABEL), " %s%s%s ", state_measure_words(state), seed,
             scale->log ? ", log" : "");
    struct rect legend = {line.row, line.col, 1, line.end - line.col};
    if (legend.cols > most)
        legend.cols = most;
    if (!rect_empty(legend))
        (scale->low < 0 ? plot_diverging_legend : plot_heat_legend)(canvas, legend, glyphs,
                                                                    scale->low, scale->high);
    line.col += legend.cols + 1;
    line_add(&line, style_of(ROLE_TEXT), "%s", marks);
    line_add(&line, style_of(ROLE_DIM), "%s", meaning(state->settings.measure));
}

static void range_words(char out[TEXT_NUMBER], const char *one, const char *many, size_t first,
                        size_t last)
{
    if (first == last)
        text_format(out, TEXT_NUMBER, "%s %zu", one, first);
    else
        text_format(out, TEXT_NUMBER, "%s %zu-%zu", many, first, last);
}

/* The cell under the cursor: "0.123 mean of layers 4-6, query heads 8-11: 12 heads". */
static void draw_about(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char layers[TEXT_NUMBER], heads[TEXT_NUMBER], value[TEXT_NUMBER];
    const struct layer *all = state->angles->model->layers;
    struct block block = block_at(state, selected_line(state), selected_column(state, state->lead));
    struct line line = line_start(canvas, glyphs, rect, 0);
    if (rect_empty(rect) || !state_rotates(state))
        return;
    uint32_t last = all[state->settings.selection.layer].projection[state->lead].heads;
    last = (block.head_end < last ? block.head_end : last) - 1;
    struct mean mean = mean_of(state, state->lead, block);
    range_words(layers, "layer", "layers", all[block.layer].number,
                all[block.layer_end - 1].number);
    range_words(heads, "head", "heads", block.head, last);
    line_add(&line, style_with(ROLE_SELECT, STYLE_BOLD), " %s", draw_number(value, mean.value, 3));
    const char *of = mean.heads > 1 ? " mean of" : "";
    if (!line_add(&line, style_of(ROLE_TEXT), "%s %s, %s %s", of, layers,
                  projection_name(state->lead), heads))
        line_add(&line, style_of(ROLE_TEXT), " %s, %s", layers, heads);
    if (mean.heads > 1)
        line_add(&line, style_of(ROLE_DIM), ": %zu heads", mean.heads);
    else
        line_add(&line, style_of(ROLE_TEXT), "%s",
                 exception_words(state, block.layer, state->lead, block.head));
}

/* Which layers are in sight, where not all are. */
static void draw_sight(struct canvas *canvas, const struct layout *layout,
                       const struct glyphs *glyphs, const struct state *state)
{
    const struct model *model = state->angles->model;
    size_t first = layout_first_line(layout, state), side = state_map_block(state);
    size_t lines = layout->cell_rows > 0 ? (size_t)(layout->map[0].rows / layout->cell_rows) : 0;
    size_t end = first + lines < map_lines(state) ? first + lines : map_lines(state);
    char text[TEXT_NUMBER];
    if (lines == 0 || (first == 0 && end == map_lines(state)))
        return;
    size_t last = end * side < model->layer_count ? end * side - 1 : model->layer_count - 1;
    text_format(text, sizeof text, " layers %u-%u of %zu ", model->layers[first * side].number,
                model->layers[last].number, model->layer_count);
    draw_below(canvas, layout->maps, glyphs, text);
}

void maps_draw(struct canvas *canvas, const struct layout *layout, const struct glyphs *glyphs,
               const struct state *state)
{
    struct scale scale = scale_of(state);
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
            draw_columns(canvas, layout, glyphs, state, &scale, p);
    }
    if (!rect_empty(layout->map[0]) && !rect_empty(layout->map[1]))
        draw_divider(canvas, layout, glyphs);
    draw_sight(canvas, layout, glyphs, state);
    draw_profile(canvas, layout->profile, glyphs, state);
    draw_about(canvas, layout->about, glyphs, state);
    draw_legend(canvas, layout->legend, glyphs, state, &scale);
}
