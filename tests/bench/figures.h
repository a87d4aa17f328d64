/* figures.h: what the measurements hand over, as a table for people, Markdown or JSON. */
#ifndef ROPESCOPE_BENCH_FIGURES_H
#define ROPESCOPE_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

enum figure_style { FIGURES_TEXT, FIGURES_MARKDOWN, FIGURES_JSON };

void figures_begin(enum figure_style style);
/* A heading; the figures that follow belong to it. */
void figures_section(const char *title);
/* `value` in `unit`; ratio: to the figure that `of` names (NULL: there is none). */
void figures_add(const char *name, double value, const char *unit, double ratio, const char *of);
void figures_note(const char *text); /* why something was not measured */
void figures_end(void);

/* Median of `count` numbers, which it sorts. */
double figures_median(double *values, size_t count);

#endif
