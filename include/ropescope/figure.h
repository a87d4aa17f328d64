/* figure.h: a plot as data, and as a picture for a paper. Views make figures from the numbers of
 * their tables; svg.c knows how they look on paper, and nothing else does. */
#ifndef ROPESCOPE_FIGURE_H
#define ROPESCOPE_FIGURE_H

#include "ropescope/support.h"

ROPESCOPE_BEGIN

enum figure_kind {
    FIGURE_LINE,
    FIGURE_POINTS,
    FIGURE_BARS,  /* from x to x2, from 0 to y */
    FIGURE_RANGE, /* what lies between y and y2, filled */
    FIGURE_CELLS, /* squares around (x, y), coloured by `value` */
};
/* What a series is about; on paper a colour that every eye tells from the others. */
enum figure_ink {
    INK_QUERY,
    INK_KEY,
    INK_BOTH,
    INK_CHANCE,
    INK_FIRST, /* and three more, for bands */
    INK_SECOND,
    INK_THIRD,
    INK_FOURTH,
    INK_COUNT
};
struct figure_series {
    enum figure_kind kind;
    enum figure_ink ink;
    bool dashed;
    unsigned model; /* lines of the second model are told from the first's by their dashes */
    char label[96]; /* in the legend; "": none */
    size_t count, room;
    double *x, *y; /* (count) NaN: a gap; owned */
    double *x2;    /* (count) of bars and ranges: the other end; of cells: the value; owned */
};

enum { FIGURE_TICKS = 12, FIGURE_SERIES = 24, FIGURE_PANELS = 8, FIGURE_CUTS = 2 };
struct figure_axis {
    double low, high;
    bool log;
    char label[96];
    double tick[FIGURE_TICKS]; /* (ticks) round numbers inside */
    size_t ticks;
};
struct figure_panel {
    char title[128]; /* "": none */
    struct figure_axis x, y;
    struct figure_series series[FIGURE_SERIES]; /* (count) drawn in this order */
    size_t count;
    double cut_x[FIGURE_CUTS], cut_y[FIGURE_CUTS]; /* lines of the threshold; NaN: none */
    char cut_label[32];                            /* what these are; "": the threshold */
    double step; /* a line at each multiple of it along x, where a head ends; 0: none */
    bool down;   /* y grows downwards, as layers do in a map */
};
struct figure {
    char title[512];
    struct figure_panel panel[FIGURE_PANELS]; /* (panels) one below the other */
    size_t panels;
    double value_low, value_high; /* what the ends of the colours of cells stand for */
    char value_label[96];
};

/* A series more; NULL: there are too many. Its points come by figure_add. */
struct figure_series *figure_series_new(struct figure_panel *panel, enum figure_kind kind,
                                        enum figure_ink ink);
/* A point more; false: no memory. */
bool figure_add(struct figure_series *series, double x, double y, double x2);
void figure_free(struct figure *figure);

/* An SVG 1.1 that stands by itself: sans-serif, white ground, print colours; names are escaped, and
 * the same figure gives the same bytes. The stream is flushed: a full disk is told here. */
enum status figure_write_svg(const struct figure *figure, FILE *stream, struct error *err);

ROPESCOPE_END

#endif
