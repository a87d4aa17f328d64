/* figure.c: the data of a figure. */
#include "ropescope/figure.h"

struct figure_series *figure_series_new(struct figure_panel *panel, enum figure_kind kind,
                                        enum figure_ink ink)
{
    if (panel->count == FIGURE_SERIES)
        return NULL;
    struct figure_series *series = &panel->series[panel->count++];
    *series = (struct figure_series){.kind = kind, .ink = ink};
    return series;
}

static bool grow(double **numbers, size_t room)
{
    double *more = memory_grow(*numbers, room, sizeof **numbers);
    if (!more)
        return false;
    *numbers = more;
    return true;
}

bool figure_add(struct figure_series *series, double x, double y, double x2)
{
    if (series->count == series->room) {
        size_t room = series->room ? 2 * series->room : 64;
        if (!grow(&series->x, room) || !grow(&series->y, room) || !grow(&series->x2, room))
            return false;
        series->room = room;
    }
    series->x[series->count] = x;
    series->y[series->count] = y;
    series->x2[series->count++] = x2;
    return true;
}

void figure_free(struct figure *figure)
{
    for (size_t p = 0; p < figure->panels; p++)
        for (size_t i = 0; i < figure->panel[p].count; i++) {
            memory_free(figure->panel[p].series[i].x);
            memory_free(figure->panel[p].series[i].y);
            memory_free(figure->panel[p].series[i].x2);
        }
    *figure = (struct figure){0};
}
