/* The heat map and its legend: a ramp of glyphs that reads alike with and without colours. */
#include "terminal/plot.h"

#include <math.h>

static void put_heat(struct canvas *canvas, struct rect cell, const struct glyphs *glyphs,
                     double fraction, bool diverging)
{
    canvas_fill(canvas, cell, plot_ramp(glyphs, fraction),
                diverging ? style_diverging(fraction) : style_heat(fraction));
}

/* Fills a cell of the map; a value that is no number is shown as absent. */
static void draw_cell(struct canvas *canvas, struct rect cell, const struct glyphs *glyphs,
                      const struct heat_plot *plot, size_t map_row, size_t map_col)
{
    double value = NAN;
    enum heat_kind kind = plot->value(plot->context, map_row, map_col, &value);
    if (kind == HEAT_VALUE && isnan(value))
        kind = HEAT_ABSENT;
    if (kind == HEAT_BLANK)
        return;
    double fraction = plot_fraction(value, plot->low, plot->high);
    if (plot->steps > 0)
        fraction = (fmin(floor(fraction * plot->steps), plot->steps - 1) + 0.5) / plot->steps;
    if (kind == HEAT_VALUE)
        put_heat(canvas, cell, glyphs, fraction, plot->diverging);
    else
        canvas_fill(canvas, cell, kind == HEAT_ABSENT ? glyphs->absent : glyphs->waiting,
                    style_of(kind == HEAT_ABSENT ? ROLE_ABSENT : ROLE_DIM));
}

/* The cursor: brackets around the value where there is room, the cursor glyph before it in two
 * columns, the knob in its place in one. Reversed glyphs that no ramp holds stand out without
 * colours too. */
static void mark_selected(struct canvas *canvas, struct rect cell, const struct glyphs *glyphs)
{
    struct style style = style_with(ROLE_SELECT, STYLE_REVERSE);
    if (cell.cols == 1) {
        canvas_put(canvas, cell.row, cell.col, glyphs->knob, style);
    } else if (cell.cols == 2) {
        canvas_put(canvas, cell.row, cell.col, glyphs->cursor, style);
    } else {
        canvas_put(canvas, cell.row, cell.col, '[', style);
        canvas_put(canvas, cell.row, cell.col + cell.cols - 1, ']', style);
    }
}

void plot_heat(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct heat_plot *plot)
{
    struct rect area = plot_rect(rect);
    int width = plot->cell_cols < 1 ? 1 : plot->cell_cols;
    for (int row = 0; row < area.rows; row++) {
        size_t map_row = plot->first_row + (size_t)row;
        if (map_row >= plot->rows)
            break;
        for (int i = 0; (i + 1) * width <= area.cols; i++) {
            size_t map_col = plot->first_col + (size_t)i;
            if (map_col >= plot->cols)
                break;
            struct rect cell = {area.row + row, area.col + i * width, 1, width};
            draw_cell(canvas, cell, glyphs, plot, map_row, map_col);
            if (plot->has_selection && map_row == plot->selected_row &&
                map_col == plot->selected_col)
                mark_selected(canvas, cell, glyphs);
        }
    }
}

static void draw_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        double low, double high, bool diverging)
{
    enum { GRADIENT_MIN = 3, GRADIENT_MAX = 20 };
    struct rect area = plot_rect(rect);
    if (rect_empty(area))
        return;
    char low_text[TEXT_NUMBER], high_text[TEXT_NUMBER];
    text_format(low_text, sizeof low_text, "%.3g", low);
    text_format(high_text, sizeof high_text, "%.3g", high);
    int low_cols = canvas_text_width(low_text), high_cols = canvas_text_width(high_text);
    int cells = area.cols - low_cols - high_cols - 2;
    bool numbers = cells >= GRADIENT_MIN;
    int col = area.col;
    if (numbers)
        col +=
            canvas_text(canvas, area.row, col, low_cols, style_of(ROLE_LABEL), NULL, low_text) + 1;
    else
        cells = area.cols;
    cells = cells > GRADIENT_MAX ? GRADIENT_MAX : cells;
    for (int i = 0; i < cells; i++)
        put_heat(canvas, (struct rect){area.row, col + i, 1, 1}, glyphs, (i + 0.5) / cells,
                 diverging);
    if (numbers)
        canvas_text(canvas, area.row, col + cells + 1, high_cols, style_of(ROLE_LABEL), NULL,
                    high_text);
}

void plot_heat_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      double low, double high)
{
    draw_legend(canvas, rect, glyphs, low, high, false);
}

void plot_diverging_legend(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                           double low, double high)
{
    draw_legend(canvas, rect, glyphs, low, high, true);
}
