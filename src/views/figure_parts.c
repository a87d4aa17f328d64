/* figure_parts.c: what every figure is put together from: numbers out of a table, series, axes. */
#include "views/figure_parts.h"

#include <math.h>
#include <string.h>

/* ---- numbers of the table ------------------------------------------------ */

size_t figure_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return i;
    return SIZE_MAX;
}

double figure_number(const struct table *table, size_t row, size_t column)
{
    struct cell cell = column == SIZE_MAX ? cell_empty() : table->cell(table->context, row, column);
    return cell.kind == CELL_INTEGER ? (double)cell.as.integer
           : cell.kind == CELL_FLAG  ? (double)cell.as.flag
           : cell.kind == CELL_REAL  ? cell.as.real
                                     : (double)NAN;
}

/* Of a column of words; "" where it has none. */
const char *figure_word(const struct table *table, size_t row, size_t column)
{
    struct cell cell = table->cell(table->context, row, column);
    return (cell.kind == CELL_WORD || cell.kind == CELL_NAME) && cell.as.text ? cell.as.text : "";
}

enum figure_ink figure_ink_of(const char *part)
{
    return strcmp(part, "query") == 0 ? INK_QUERY : strcmp(part, "key") == 0 ? INK_KEY : INK_BOTH;
}

/* ---- series and axes ----------------------------------------------------- */

struct figure_panel *figure_panel_new(struct figure_job *job, const char *x, const char *y)
{
    struct figure_panel *panel = &job->figure->panel[job->figure->panels++];
    *panel = (struct figure_panel){.cut_x = {NAN, NAN}, .cut_y = {NAN, NAN}};
    panel->x.low = panel->y.low = INFINITY;
    panel->x.high = panel->y.high = -INFINITY;
    text_format(panel->x.label, sizeof panel->x.label, "%s", x);
    text_format(panel->y.label, sizeof panel->y.label, "%s", y);
    return panel;
}

/* The series of that kind and label, made where there is none yet; NULL: there are too many. */
struct figure_series *figure_series_of(struct figure_panel *panel, enum figure_kind kind,
                                       enum figure_ink ink, const char *label)
{
    for (size_t i = 0; i < panel->count; i++)
        if (panel->series[i].kind == kind && panel->series[i].ink == ink &&
            strncmp(panel->series[i].label, label, sizeof panel->series[i].label - 1) == 0)
            return &panel->series[i];
    struct figure_series *series = figure_series_new(panel, kind, ink);
    if (series)
        text_format(series->label, sizeof series->label, "%s", label);
    return series;
}

static void widen(struct figure_axis *axis, double value)
{
    if (!isfinite(value))
        return;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

void figure_point(struct figure_job *job, struct figure_panel *panel, struct figure_series *series,
                  double x, double y, double x2)
{
    if (!series)
        return;
    job->lacks = job->lacks || !figure_add(series, x, y, x2);
    widen(&panel->x, x);
    widen(&panel->y, y);
    if (series->kind == FIGURE_RANGE)
        widen(&panel->y, x2);
    if (series->kind == FIGURE_BARS)
        widen(&panel->x, x2);
}

void figure_ends(struct figure_axis *axis, double low, double high)
{
    axis->low = low;
    axis->high = high;
}

/* Ends that are no range become one; ticks are round numbers between them. */
void figure_ticks(struct figure_axis *axis)
{
    bool whole = strcmp(axis->label, "layer") == 0 || strcmp(axis->label, "head") == 0 ||
                 strcmp(axis->label, "pair") == 0;
    if (!(axis->low < axis->high)) {
        bool none = !isfinite(axis->low);
        axis->low = none ? 0 : axis->low - 0.5;
        axis->high = none ? 1 : axis->low + 1;
    }
    const struct axis scale = {axis->low, axis->high, 60,
                               axis->log ? AXIS_LOG
                               : whole   ? AXIS_WHOLE
                                         : AXIS_LINEAR};
    axis->ticks = axis_ticks(&scale, axis->tick, FIGURE_TICKS);
}

/* From 0 to a little above the highest number. */
void figure_from_zero(struct figure_axis *axis)
{
    axis->low = fmin(axis->low, 0);
    axis->high = axis->high > 0 ? 1.04 * axis->high : 1;
}
