/* What the plots share: safe rectangles, fractions, tick labels that neither touch nor are cut. */
#include "terminal/plot.h"

#include <string.h>

enum { PLOT_MAX = 1000 };

static int bounded(int size)
{
    return size < 0 ? 0 : size > PLOT_MAX ? PLOT_MAX : size;
}

struct rect plot_rect(struct rect rect)
{
    return (struct rect){rect.row, rect.col, bounded(rect.rows), bounded(rect.cols)};
}

double plot_fraction(double value, double low, double high)
{
    if (!(high > low))
        return 0.5;
    double fraction = (value - low) / (high - low);
    return fraction >= 1 ? 1 : fraction > 0 ? fraction : 0;
}

uint32_t plot_ramp(const struct glyphs *glyphs, double fraction)
{
    size_t step = (size_t)(fraction * (double)glyphs->ramp_count);
    return glyphs->ramp[step < glyphs->ramp_count ? step : glyphs->ramp_count - 1];
}

static void set_ticks(struct tick_labels *labels, const struct axis *axis, size_t max)
{
    double ticks[TICKS_MAX];
    labels->count = axis_ticks(axis, ticks, max);
    for (size_t i = 0; i < labels->count; i++) {
        labels->cell[i] = axis_cell(axis, ticks[i]);
        text_format(labels->text[i], sizeof labels->text[i], "%g", ticks[i]);
    }
}

/* Places each label over its cell; false where two would touch or one is wider than the axis. */
static bool place(struct tick_labels *labels, int cols)
{
    int free_from = 0;
    for (size_t i = 0; i < labels->count; i++) {
        int length = (int)strlen(labels->text[i]);
        int start = labels->cell[i] - length / 2;
        if (start + length > cols)
            start = cols - length;
        if (start < 0 && length <= cols)
            start = 0;
        if (start < free_from)
            return false;
        labels->start[i] = start;
        free_from = start + length + 1;
    }
    return true;
}

void tick_labels_fit(struct tick_labels *labels, const struct axis *axis)
{
    size_t max = axis->cells / 3 < TICKS_MAX ? (size_t)bounded(axis->cells / 3) : TICKS_MAX;
    for (; max > 0; max--) {
        set_ticks(labels, axis, max);
        if (place(labels, axis->cells))
            return;
    }
    labels->count = 0;
}

void tick_labels_draw(const struct tick_labels *labels, struct canvas *canvas, int row, int col)
{
    for (size_t i = 0; i < labels->count; i++)
        canvas_text(canvas, row, col + labels->start[i], TEXT_NUMBER, style_of(ROLE_LABEL), NULL,
                    labels->text[i]);
}

int tick_labels_stack(struct tick_labels *labels, const struct axis *axis)
{
    size_t max = (size_t)(bounded(axis->cells) + 1) / 2;
    set_ticks(labels, axis, max < TICKS_MAX / 2 ? max : TICKS_MAX / 2);
    int widest = 0;
    for (size_t i = 0; i < labels->count; i++) {
        int length = (int)strlen(labels->text[i]);
        widest = length > widest ? length : widest;
    }
    return widest;
}
