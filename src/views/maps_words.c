/* maps_words.c: what stands around the heat maps: means by head and by layer, the legend, the cell
 * under the cursor in words. */
#include "views/maps.h"

#include <math.h>

/* ---- profiles and words -------------------------------------------------- */

/* Means by head over all layers, a bar a column. */
void map_columns_draw(struct canvas *canvas, const struct layout *layout,
                      const struct glyphs *glyphs, const struct state *state,
                      const struct map_scale *scale, int projection)
{
    struct rect at = layout->column[projection];
    size_t first = layout_first_column(layout, state, projection);
    double low = map_scaled(scale, scale->low), high = map_scaled(scale, scale->high);
    for (int col = 0; col + layout->cell_cols <= at.cols; col += layout->cell_cols) {
        double value =
            map_column_mean(state, first + (size_t)(col / layout->cell_cols), projection);
        if (isnan(value))
            continue;
        double part = (map_scaled(scale, value) - low) / (high - low);
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
void map_profile_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
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
        means[i] = map_line_mean(state, i, state->lead);
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
        .scale = AXIS_WHOLE,
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
    case MEASURE_DISTANCE:
        return "how far the rows of a pair moved, mean over pairs";
    case MEASURE_DELTA_COS:
        return "|cos| of the fine-tune less that of the base, mean over pairs";
    case MEASURE_DELTA_NORM:
        return "length of the rows in the fine-tune less that in the base, mean over pairs";
    default:
        return "";
    }
}

void map_legend_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     const struct state *state, const struct map_scale *scale)
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
void map_about_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    char layers[TEXT_NUMBER], heads[TEXT_NUMBER], value[TEXT_NUMBER];
    const struct layer *all = state->angles->model->layers;
    struct map_block block =
        map_block_at(state, map_selected_line(state), map_selected_column(state, state->lead));
    struct line line = line_start(canvas, glyphs, rect, 0);
    if (rect_empty(rect) || !state_rotates(state))
        return;
    uint32_t last = all[state->settings.selection.layer].projection[state->lead].heads;
    last = (block.head_end < last ? block.head_end : last) - 1;
    struct map_mean mean = map_mean_of(state, state->lead, block);
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
void map_sight_draw(struct canvas *canvas, const struct layout *layout, const struct glyphs *glyphs,
                    const struct state *state)
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
