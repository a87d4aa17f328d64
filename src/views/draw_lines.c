/* draw_lines.c: lines against an axis, one after the other in the same buffer. */
#include "views/draw.h"

bool line_brush_start(struct line_brush *brush, struct canvas *canvas, struct rect rect,
                      const struct glyphs *glyphs, const struct line_plot *plot)
{
    *brush = (struct line_brush){canvas, rect, glyphs, plot, plot_line_samples(rect, glyphs, plot),
                                 NULL};
    size_t cells = brush->axis.cells > 0 ? (size_t)brush->axis.cells : 0;
    brush->y = memory_array(cells + 1, sizeof *brush->y);
    if (brush->y)
        plot_line(canvas, rect, glyphs, plot);
    else
        draw_lacks(canvas, rect, glyphs);
    return brush->y != NULL;
}

void line_brush_add(const struct line_brush *brush, struct line_series series)
{
    series.y = brush->y;
    plot_line_add(brush->canvas, brush->rect, brush->glyphs, brush->plot, &series);
}

void line_brush_end(struct line_brush *brush)
{
    memory_free(brush->y);
}
