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

/* Sizes brought into 0..1000, what a canvas can hold. */
struct rect plot_rect(struct rect rect);

/* 0..1 along low..high, clamped; the middle where there is no range. */
double plot_fraction(double value, double low, double high);

/* Glyph of the heat ramp for a fraction 0..1. */
uint32_t plot_ramp(const struct glyphs *glyphs, double fraction);

#endif
