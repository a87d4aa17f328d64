/* spectrum.c: what the rotary pairs can carry, from weights and config alone: how far each turns
 * within the context, and how long its rows are, by layer, by head or of one head. */
#include "views/spectrum.h"

#include <math.h>

/* ---- the table ----------------------------------------------------------- */

enum {
    COLUMN_FREQUENCY = ROW_NAMES,
    COLUMN_WAVELENGTH,
    COLUMN_TURNS,
    COLUMN_NORM,
    COLUMN_COS,
    COLUMN_PARTIAL, /* no full turn within the context */
    COLUMN_HALF,    /* no half turn */
    COLUMNS,
    COLUMN_L1_A = COLUMNS, /* of --facts, as all that follow */
    COLUMN_L1_B,
    COLUMN_BIAS_RADIUS,
    COLUMN_BIAS_ANGLE, /* degrees */
    COLUMN_GAIN_A,
    COLUMN_GAIN_B,
    COLUMNS_OF_FACTS
};
static const char *const columns[COLUMNS_OF_FACTS] = {
    "layer", "projection",  "head",       "pair",          "frequency",  "wavelength",
    "turns", "norm",        "cos",        "partial_cycle", "half_cycle", "l1_a",
    "l1_b",  "bias_radius", "bias_angle", "gain_a",        "gain_b"};

/* NaN: nobody knows the context. */
static struct cell less_than(double turns, double most)
{
    return isnan(turns) ? cell_empty() : cell_flag(turns < most);
}

static const double degrees = 57.29577951308232;

/* Where there are facts. */
static struct cell fact_cell(const struct rows *rows, const struct row *row, size_t column)
{
    const struct fact_set *set = &rows->settings.facts->layers[row->layer_index][row->projection];
    const size_t at = (size_t)row->head * row->layer->pairs + row->pair;
    switch (column) {
    case COLUMN_L1_A:
        return cell_real(set->l1_a[at]);
    case COLUMN_L1_B:
        return cell_real(set->l1_b[at]);
    case COLUMN_BIAS_RADIUS:
        return cell_real(set->bias_radius[at]);
    case COLUMN_BIAS_ANGLE:
        return cell_real(degrees * set->bias_angle[at]);
    case COLUMN_GAIN_A:
        return cell_real(set->gain_a[at]);
    default:
        return cell_real(set->gain_b[at]);
    }
}

static struct cell spectrum_cell(const void *context, size_t index, size_t column)
{
    const struct rows *rows = context;
    struct row row = rows_at(rows, index);
    const struct angle_set *set = &rows->angles->layers[row.layer_index].set[row.projection];
    double frequency = row.layer->frequency[row.pair];
    double turns = pair_turns(frequency, rows->angles->model->context);
    if (column < ROW_NAMES)
        return row_cell(&row, column);
    switch (column) {
    case COLUMN_FREQUENCY:
        return cell_real(frequency);
    case COLUMN_WAVELENGTH:
        return cell_real(layer_wavelength(row.layer, row.pair));
    case COLUMN_TURNS:
        return cell_real(turns);
    case COLUMN_NORM:
        return cell_real(pair_norm(set, (size_t)row.head * row.layer->pairs + row.pair));
    case COLUMN_COS:
        return cell_real((double)row_cos(rows->angles, &row, row.projection));
    case COLUMN_PARTIAL:
        return less_than(turns, 1);
    case COLUMN_HALF:
        return less_than(turns, 0.5);
    default:
        return fact_cell(rows, &row, column);
    }
}

enum status spectrum_table(const struct angles *angles, const struct view_settings *settings,
                           struct view_table *out, struct error *err)
{
    struct rows *rows = rows_new(angles, settings, true);
    *out = (struct view_table){.owned = rows};
    if (!rows)
        return error_memory(err);
    size_t count = settings->facts ? COLUMNS_OF_FACTS : COLUMNS;
    out->table = (struct table){columns, count, rows->row_count, spectrum_cell, rows};
    return STATUS_OK;
}

/* ---- the maps ------------------------------------------------------------ */

/* What a heat map asks its values of. */
struct shading {
    const struct state *state;
    const struct pair_maps *maps;
    struct map_scale scale;
    int projection;
    size_t tall;
};

static enum heat_kind shade_of(const void *context, size_t line, size_t col, double *value)
{
    const struct shading *shading = context;
    const struct pair_maps *maps = shading->maps;
    size_t row = line / shading->tall;
    size_t layer = maps->by_head ? maps->layer : row;
    double number = pair_map_value(&maps->map[shading->projection], shading->state->settings.shade,
                                   row, (uint32_t)col);
    *value = map_scaled(&shading->scale, number);
    if (!isnan(number))
        return HEAT_VALUE;
    const struct angles *angles = shading->state->angles;
    return angles->model->layers[layer].pairs > 0 && !angles->layers[layer].ready ? HEAT_WAITING
                                                                                  : HEAT_ABSENT;
}

/* The pairs from one line to the next. */
static void draw_cells(struct canvas *canvas, const struct glyphs *glyphs,
                       const struct shading *shading, const struct spectrum_layout *layout,
                       uint32_t from, uint32_t to)
{
    const struct spectrum_part *part = &layout->part[shading->projection];
    const struct map_scale *scale = &shading->scale;
    from = from > part->first ? from : part->first;
    to = to < part->end ? to : part->end;
    if (from >= to)
        return;
    struct rect rect = {part->cells.row, spectrum_column(layout, part, from), part->cells.rows,
                        (int)(to - from) * part->cols};
    struct heat_plot plot = {
        .value = shade_of,
        .context = shading,
        .rows = part->rows * shading->tall,
        .cols = layout->pairs,
        .first_row = part->first_row * shading->tall,
        .first_col = from,
        .low = map_scaled(scale, scale->low),
        .high = map_scaled(scale, scale->high),
        .cell_cols = part->cols,
        .has_selection = state_rotates(shading->state),
        .selected_row = part->selected * shading->tall + (shading->tall - 1) / 2,
        .selected_col = shading->state->pair,
        .diverging = scale->low < 0,
    };
    plot_heat(canvas, rect, glyphs, &plot);
}

/* Number of a row, and behind its cells how |cos| and norm go together. */
static void draw_row_words(struct canvas *canvas, const struct glyphs *glyphs,
                           const struct shading *shading, const struct spectrum_part *part,
                           size_t row)
{
    char number[TEXT_NUMBER];
    const struct pair_maps *maps = shading->maps;
    const struct layer *layer =
        &shading->state->angles->model->layers[maps->by_head ? maps->layer : row];
    struct rect labels = part->labels, ends = part->ends;
    int tall = part->tall, line = (int)(row - part->first_row) * tall + (tall - 1) / 2;
    bool selected = row == part->selected;
    struct style style = selected            ? style_with(ROLE_SELECT, STYLE_BOLD)
                         : layer->pairs == 0 ? style_of(ROLE_ABSENT)
                                             : style_of(ROLE_LABEL);
    if (labels.cols >= 3) {
        if (selected)
            canvas_put(canvas, labels.row + line, labels.col, glyphs->cursor, style);
        canvas_printf(canvas, labels.row + line, labels.col + 1, labels.cols - 1, style, NULL,
                      "%*u", labels.cols - 2, maps->by_head ? (uint32_t)row : layer->number);
    }
    if (!rect_empty(ends))
        canvas_printf(canvas, ends.row + line, ends.col, ends.cols, style, NULL, "%*.4s", ends.cols,
                      draw_short(number, maps->map[shading->projection].r[row], 2));
}

static void draw_map(struct canvas *canvas, const struct glyphs *glyphs,
                     const struct shading *shading, const struct spectrum_layout *layout)
{
    const struct spectrum_part *part = &layout->part[shading->projection];
    const uint32_t partial = layout->lines.partial, half = layout->lines.half;
    draw_cells(canvas, glyphs, shading, layout, 0, partial);
    draw_cells(canvas, glyphs, shading, layout, partial, half);
    draw_cells(canvas, glyphs, shading, layout, half, layout->pairs);
    for (int i = 0; i < part->cells.rows / part->tall; i++)
        draw_row_words(canvas, glyphs, shading, part, part->first_row + (size_t)i);
}

/* ---- the bars ------------------------------------------------------------ */

/* Columns of bars that grow by eighths of a cell, each as wide as the pair's cells would be. */
static void draw_bar(struct canvas *canvas, const struct glyphs *glyphs, struct rect rect,
                     double fraction, struct style style)
{
    enum { EIGHTHS = 8 };
    int height = (int)(fmax(0, fmin(fraction, 1)) * rect.rows * EIGHTHS + 0.5);
    for (int i = 0; i < rect.rows; i++) {
        int part = height - i * EIGHTHS;
        part = part > EIGHTHS ? EIGHTHS : part < 0 ? 0 : part;
        for (int col = 0; col < rect.cols && part > 0; col++)
            canvas_put(canvas, rect.row + rect.rows - 1 - i, rect.col + col, glyphs->bar[part],
                       style);
    }
}

/* What they reach from and to. */
static void draw_ends(struct canvas *canvas, struct rect rect, const struct map_scale *scale)
{
    if (rect_empty(rect))
        return;
    const double end[2] = {scale->high, scale->low};
    for (int i = 0; i < 2 && i < rect.rows; i++)
        canvas_printf(canvas, rect.row + i * (rect.rows - 1), rect.col, rect.cols - 1,
                      style_of(ROLE_LABEL), NULL, "%*.3g", rect.cols - 1, end[i]);
}

/* The selected bar stands out without colours too: the knob lies at its foot. */
static void draw_bars(struct canvas *canvas, const struct glyphs *glyphs,
                      const struct shading *shading, const struct spectrum_layout *layout)
{
    const struct spectrum_part *part = &layout->part[shading->projection];
    const struct map_scale *scale = &shading->scale;
    struct style style = style_of(shading->projection == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY);
    int wide = part->cols > 2 ? part->cols - 1 : part->cols;
    for (uint32_t pair = part->first; pair < part->end; pair++) {
        double value = pair_map_value(&shading->maps->map[shading->projection],
                                      shading->state->settings.shade, part->selected, pair);
        struct rect rect = {part->cells.row, spectrum_column(layout, part, pair), part->cells.rows,
                            wide};
        int foot = rect.row + rect.rows - 1;
        if (isnan(value))
            canvas_put(canvas, foot, rect.col, glyphs->absent, style_of(ROLE_ABSENT));
        else
            draw_bar(canvas, glyphs, rect, (value - scale->low) / (scale->high - scale->low),
                     style);
        if (pair == shading->state->pair)
            canvas_put(canvas, foot, rect.col, glyphs->knob,
                       style_with(ROLE_SELECT, STYLE_REVERSE));
    }
    draw_ends(canvas, part->labels, scale);
}

/* ---- both ---------------------------------------------------------------- */

/* The lines stand between pairs, from the numbers down. */
static void draw_lines(struct canvas *canvas, const struct glyphs *glyphs,
                       const struct spectrum_layout *layout, const struct spectrum_part *part)
{
    const uint32_t glyph[2] = {glyphs->vertical, glyphs->cut_vertical};
    for (int i = 0; i < 2; i++) {
        int col = spectrum_line_column(layout, part, i == 1);
        for (int row = 0; row < part->cells.rows && col >= 0; row++)
            canvas_put(canvas, part->cells.row + row, col, glyph[i], style_of(ROLE_THRESHOLD));
    }
}

/* One number of a pair above its column, where it is clear of what stands to its left. */
static int draw_number_above(struct canvas *canvas, const struct spectrum_layout *layout,
                             const struct spectrum_part *part, uint32_t pair, struct style style,
                             int free_from, int free_to)
{
    char text[TEXT_NUMBER];
    int col = spectrum_column(layout, part, pair);
    text_format(text, sizeof text, "%u", pair);
    int end = col + canvas_text_width(text);
    if (col < free_from || end > free_to)
        return free_from;
    canvas_text(canvas, part->title.row, col, end - col, style, NULL, text);
    return end + 1;
}

/* The projection, the numbers of the pairs, the selected one always, and what r stands above. */
static void draw_title(struct canvas *canvas, const struct spectrum_layout *layout,
                       const struct state *state, int projection)
{
    const struct spectrum_part *part = &layout->part[projection];
    const char *name = projection_name(projection);
    struct style style = style_with(projection == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY,
                                    projection == state->lead ? STYLE_BOLD : 0);
    int start =
        part->title.col + 1 +
        canvas_text(canvas, part->title.row, part->title.col, part->title.cols, style, NULL, name);
    int end = part->cells.col + part->cells.cols;
    uint32_t step = part->cols >= 4 ? 1 : part->cols == 3 ? 2 : part->cols == 2 ? 4 : 8;
    int taken = spectrum_column(layout, part, state->pair);
    int behind = draw_number_above(canvas, layout, part, state->pair,
                                   style_with(ROLE_SELECT, STYLE_BOLD), start, end);
    bool shown = behind != start;
    for (uint32_t pair = (part->first + step - 1) / step * step; pair < part->end; pair += step) {
        int col = spectrum_column(layout, part, pair);
        bool before = shown && col < taken;
        if (shown && !before && start < behind)
            start = behind;
        start = draw_number_above(canvas, layout, part, pair, style_of(ROLE_LABEL), start,
                                  before ? taken - 1 : end);
    }
    if (!rect_empty(part->ends))
        canvas_text(canvas, part->title.row, part->ends.col + part->ends.cols - 1, 1,
                    style_of(ROLE_LABEL), NULL, "r");
}

static void draw_part(struct canvas *canvas, const struct glyphs *glyphs,
                      const struct spectrum_layout *layout, const struct state *state,
                      const struct pair_maps *maps, int projection)
{
    const struct spectrum_part *part = &layout->part[projection];
    struct shading shading = {state, maps, spectrum_scale(state, maps), projection,
                              part->tall > 0 ? (size_t)part->tall : 1};
    if (rect_empty(part->cells))
        return;
    draw_title(canvas, layout, state, projection);
    if (state->settings.selection.scope == SCOPE_HEAD)
        draw_bars(canvas, glyphs, &shading, layout);
    else
        draw_map(canvas, glyphs, &shading, layout);
    draw_lines(canvas, glyphs, layout, part);
}

/* "norm by layer and pair · model · r of |cos| and norm". */
static void title_of(char *out, size_t size, const struct state *state,
                     const struct spectrum_layout *layout, const struct glyphs *glyphs, int cols)
{
    static const char *const by[] = {
        [SCOPE_HEAD] = "pair", [SCOPE_LAYER] = "head and pair", [SCOPE_MODEL] = "layer and pair"};
    char name[SELECTION_BYTES];
    enum scope scope = state->settings.selection.scope;
    const char *dot = draw_dot(glyphs);
    bool r = !rect_empty(layout->part[0].ends) || !rect_empty(layout->part[1].ends);
    draw_selection_name(name, state, scope, glyphs, cols - 44);
    text_format(out, size, "%s by %s%s%s%s%s", pair_shade_words(state->settings.shade), by[scope],
                dot, name, r ? dot : "", r ? "r of |cos| and norm" : "");
}

void spectrum_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state)
{
    char title[SELECTION_BYTES + 128];
    struct spectrum_layout layout = {0};
    const struct pair_maps *maps = state_layer(state) ? state_pair_maps(state) : NULL;
    struct rect inside = draw_panel_inside(rect);
    if (maps)
        spectrum_layout_make(&layout, state, maps, inside);
    title_of(title, sizeof title, state, &layout, glyphs, rect.cols);
    draw_panel(canvas, rect, glyphs, title);
    bool whole = state->settings.selection.scope == SCOPE_MODEL;
    if (!maps && state_layer(state))
        draw_lacks(canvas, inside, glyphs);
    if (!maps || (!whole && draw_excuse(canvas, inside, glyphs, state)))
        return;
    spectrum_words_draw(canvas, &layout, glyphs, state);
    for (int p = 0; p < PROJECTION_COUNT; p++)
        draw_part(canvas, glyphs, &layout, state, maps, p);
    spectrum_legend_draw(canvas, &layout, glyphs, state, maps);
    spectrum_lines_draw(canvas, rect, &layout, glyphs, state);
}
