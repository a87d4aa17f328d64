/* The gauge: a line with a knob on a log axis, for the threshold. */
#include "terminal/plot.h"

static double clamped(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

void plot_gauge(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs, double low,
                double high, double value, double mark)
{
    struct rect area = plot_rect(rect);
    if (rect_empty(area))
        return;
    struct axis axis = {low, high, area.cols, AXIS_LOG};
    int last = area.cols - 1;
    for (int col = 0; col <= last; col++) {
        uint32_t code = col == 0      ? glyphs->tee_right
                        : col == last ? glyphs->tee_left
                                      : glyphs->horizontal;
        canvas_put(canvas, area.row, area.col + col, code, style_of(ROLE_BORDER));
    }
    int mark_cell = axis_cell(&axis, mark);
    if (mark_cell >= 0)
        canvas_put(canvas, area.row, area.col + mark_cell, glyphs->cross, style_of(ROLE_CHANCE));
    int knob_cell = axis_cell(&axis, clamped(value, low, high));
    if (knob_cell >= 0)
        canvas_put(canvas, area.row, area.col + knob_cell, glyphs->knob, style_of(ROLE_THRESHOLD));
}
