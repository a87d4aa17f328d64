/* Vertical bars: a histogram with its chance band and its threshold. */
#include "terminal/plot.h"

#include <math.h>

/* A plot and where it lies: every column that is drawn, and the axis over them. */
struct bars {
    const struct bars_plot *plot;
    const struct glyphs *glyphs;
    struct rect area; /* of the bars alone; area.cols columns are used */
    struct axis axis;
    double highest;                 /* in the scale of the bars */
    int band_first, band_last;      /* columns of the chance band; first > last: none */
    int cut_positive, cut_negative; /* columns of the threshold; -1: none */
};

/* Columns that hold bars: a whole number of columns a bar, or all of them. */
static int used_columns(int cols, uint32_t bins)
{
    if (bins == 0 || bins >= (uint32_t)cols)
        return cols;
    int used = cols / (int)bins * (int)bins;
    /* Rather bars of two widths than a part of the width left blank. */
    return (cols - used) * 5 > cols ? cols : used;
}

/* The count that a column shows: its bin's, or the mean of the bins that share it, which keeps the
 * picture of a histogram of any number of bins free of stripes. */
static double column_count(const struct bars_plot *plot, int cols, int col)
{
    uint64_t bins = plot->bins;
    if (bins == 0)
        return 0;
    uint64_t first = (uint64_t)col * bins / (uint64_t)cols;
    uint64_t last = ((uint64_t)col + 1) * bins / (uint64_t)cols;
    if (last <= first + 1)
        return (double)plot->count[first];
    double sum = 0;
    for (uint64_t bin = first; bin < last; bin++)
        sum += (double)plot->count[bin];
    return sum / (double)(last - first);
}

static double scaled(const struct bars_plot *plot, double count)
{
    return plot->log ? log1p(count) : count;
}

/* 1, 2 or 5 and zeros behind it: neighbours in a list of heads mostly share such a scale, so that
 * their pictures compare, and little of them has to be sent. */
static double round_up(double count)
{
    double unit = 1;
    while (5 * unit < count)
        unit *= 10;
    return count <= unit ? unit : count <= 2 * unit ? 2 * unit : 5 * unit;
}

static double highest_column(const struct bars_plot *plot, int cols)
{
    double highest = (double)plot->highest;
    for (int col = 0; col < cols && plot->highest == 0; col++) {
        double count = column_count(plot, cols, col);
        highest = count > highest ? count : highest;
    }
    bool round = plot->marked && plot->highest == 0 && highest > 0;
    return scaled(plot, round ? round_up(highest) : highest);
}

/* Columns that any value in [low, high] falls into. */
static void columns_of_range(const struct axis *axis, double low, double high, int *first,
                             int *last)
{
    *first = axis_cell(axis, low < axis->low ? axis->low : low);
    *last = axis_cell(axis, high > axis->high ? axis->high : high);
    if (*first < 0 || *last < 0) {
        *first = 0;
        *last = -1;
    }
}

static void place_marks(struct bars *bars)
{
    const struct bars_plot *plot = bars->plot;
    bars->band_first = 0;
    bars->band_last = -1;
    if (plot->marked) {
        if (plot->band[0] <= plot->band[1])
            columns_of_range(&bars->axis, plot->band[0], plot->band[1], &bars->band_first,
                             &bars->band_last);
        bars->cut_negative = axis_cell(&bars->axis, plot->cut[0]);
        bars->cut_positive = axis_cell(&bars->axis, plot->cut[1]);
        return;
    }
    if (plot->chance >= 0)
        columns_of_range(&bars->axis, plot->symmetric ? -plot->chance : 0, plot->chance,
                         &bars->band_first, &bars->band_last);
    bars->cut_positive = axis_cell(&bars->axis, plot->threshold);
    bars->cut_negative = plot->symmetric ? axis_cell(&bars->axis, -plot->threshold) : -1;
}

/* Height of a column in eighths of a cell; what is there at all is an eighth at least. */
static int eighths(const struct bars *bars, int col)
{
    double count = column_count(bars->plot, bars->area.cols, col);
    if (count <= 0 || bars->highest <= 0)
        return 0;
    int full = bars->area.rows * 8;
    double height = floor(scaled(bars->plot, count) / bars->highest * full + 0.5);
    return height < 1 ? 1 : height > full ? full : (int)height;
}

/* One cell, `part` eighths full. The cut shows through: as a line above the bar, in the colour of
 * the cut at its top, and as a slit inside it; the band as dots above and as a coarser filling
 * inside. What lies inside and what is empty has the colour of the bars, so that lines that change
 * are sent without changes of colour. */
static void draw_cell(const struct bars *bars, struct canvas *canvas, int row, int col, int part)
{
    const struct glyphs *glyphs = bars->glyphs;
    bool cut = col == bars->cut_positive || col == bars->cut_negative;
    bool band = col >= bars->band_first && col <= bars->band_last;
    uint32_t code = glyphs->bar[part];
    struct style style = style_of(bars->plot->role);
    if (cut) {
        if (part < 8)
            style = style_of(ROLE_THRESHOLD);
        if (part == 0 || part == 8)
            code = glyphs->cut_vertical;
    } else if (band && part == 8) {
        code = glyphs->chance_bar;
    } else if (band && part == 0) {
        code = glyphs->chance;
        style = style_of(ROLE_CHANCE);
    }
    canvas_put(canvas, bars->area.row + row, bars->area.col + col, code, style);
}

/* What a bar of the whole height counts, in the corner, unless bars stand there. */
static void draw_top(const struct bars *bars, struct canvas *canvas)
{
    char text[TEXT_NUMBER];
    text_format(text, sizeof text, "%.0f", bars->highest);
    int cols = canvas_text_width(text), first = bars->band_first;
    bool free = !bars->plot->log && bars->area.rows > 2 && cols < bars->area.cols &&
                (first < 0 || first > bars->band_last || first > cols);
    for (int col = 0; col <= cols && free; col++)
        free = eighths(bars, col) <= 8 * (bars->area.rows - 1) && col != bars->cut_negative;
    if (free)
        canvas_text(canvas, bars->area.row, bars->area.col, cols, style_of(ROLE_LABEL), NULL, text);
}

void plot_bars(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct bars_plot *plot)
{
    struct bars bars = {.plot = plot, .glyphs = glyphs, .area = plot_rect(rect)};
    if (rect_empty(bars.area))
        return;
    bool axis_row = plot->show_axis && bars.area.rows > 1;
    bars.area.rows -= axis_row;
    bars.area.cols = used_columns(bars.area.cols, plot->bins);
    bars.axis = (struct axis){plot->low, plot->high, bars.area.cols, plot->scale};
    bars.highest = highest_column(plot, bars.area.cols);
    place_marks(&bars);
    for (int col = 0; col < bars.area.cols; col++) {
        int height = eighths(&bars, col);
        for (int row = 0; row < bars.area.rows; row++) {
            int part = height - 8 * (bars.area.rows - 1 - row);
            draw_cell(&bars, canvas, row, col, part < 0 ? 0 : part > 8 ? 8 : part);
        }
    }
    if (axis_row) {
        if (plot->marked)
            draw_top(&bars, canvas);
        struct tick_labels labels;
        tick_labels_fit(&labels, &bars.axis);
        tick_labels_draw(&labels, canvas, bars.area.row + bars.area.rows, bars.area.col);
    }
}
