/* plot.h: what the plots share: rectangles made safe and tick labels that fit. */
#ifndef TERMINAL_PLOT_H
#define TERMINAL_PLOT_H

#include "ropescope/terminal.h"

enum { TICKS_MAX = 16 };

/* Labels of an axis whose cells are columns: each covers its cell, and a space at least lies
 * between two of them. */
struct tick_labels {
    size_t count;
    int cell[TICKS_MAX];
    int start[TICKS_MAX]; /* first column of the label */
    char text[TICKS_MAX][TEXT_NUMBER];
};
/* As many round numbers as fit along the axis. */
void tick_labels_fit(struct tick_labels *labels, const struct axis *axis);
void tick_labels_draw(const struct tick_labels *labels, struct canvas *canvas, int row, int col);

/* Round numbers for an axis whose cells are rows, with a free row between two of them; returns the
 * columns of the longest. `start` is not used. */
int tick_labels_stack(struct tick_labels *labels, const struct axis *axis);

/* A plot with two axes. */
struct plot_frame {
    struct rect inside; /* between the axes; its columns and rows are their cells */
    bool header;        /* a first row with the names of the axes */
    bool below;         /* two last rows: the x axis and its numbers */
    bool left;          /* columns for the numbers of the y axis and its line */
    struct axis x, y;   /* y counts from below */
    struct tick_labels rows;
};
/* Places the parts in the rect; the axes come without their cells. No more columns inside than
 * `most_cols`, or what makes it square. */
void plot_frame_fit(struct plot_frame *frame, struct rect rect, bool header, int most_cols,
                    const struct axis *x, const struct axis *y);
void plot_frame_draw(const struct plot_frame *frame, struct canvas *canvas, struct rect rect,
                     const struct glyphs *glyphs, const char *x_label, const char *y_label);

/* Sizes brought into 0..1000, what a canvas can hold. */
struct rect plot_rect(struct rect rect);

/* 0..1 along low..high, clamped; the middle where there is no range. */
double plot_fraction(double value, double low, double high);

/* Glyph of the heat ramp for a fraction 0..1. */
uint32_t plot_ramp(const struct glyphs *glyphs, double fraction);

#endif
