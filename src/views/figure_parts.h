/* figure_parts.h: what every figure is put together from. Only the files of figures include this.
 */
#ifndef VIEWS_FIGURE_PARTS_H
#define VIEWS_FIGURE_PARTS_H

#include "views/draw.h"

/* What a figure is made of. */
struct figure_job {
    const struct table *table;
    const struct view_settings *settings;
    const struct model *model;
    struct figure *figure;
    bool lacks; /* memory */
};

/* SIZE_MAX: the table has no such column. A cell of such a column, or of words, is NaN as a number;
 * a flag is 0 or 1. */
size_t figure_column(const struct table *table, const char *name);
double figure_number(const struct table *table, size_t row, size_t column);
/* Of a column of words; "" where it has none. Borrowed from the table until its next cell. */
const char *figure_word(const struct table *table, size_t row, size_t column);
/* Of "query", "key"; any other word is both. */
enum figure_ink figure_ink_of(const char *part);

/* A panel more, without ends yet; its axes are called so. */
struct figure_panel *figure_panel_new(struct figure_job *job, const char *x, const char *y);
/* The series of that kind and label, made where there is none yet; NULL: there are too many. */
struct figure_series *figure_series_of(struct figure_panel *panel, enum figure_kind kind,
                                       enum figure_ink ink, const char *label);
/* A point more, which the axes reach; nothing where `series` is NULL. x2 as in figure.h. */
void figure_point(struct figure_job *job, struct figure_panel *panel, struct figure_series *series,
                  double x, double y, double x2);

/* Figures in files of their own: figure_change.c, figure_spectrum.c, figure_offsets.c,
 * figure_attention.c. */
void attention_figure(struct figure_job *job);
void change_figure(struct figure_job *job);
void spectrum_figure(struct figure_job *job);
void offsets_figure(struct figure_job *job);

void figure_ends(struct figure_axis *axis, double low, double high);
/* From 0 to a little above the highest number. */
void figure_from_zero(struct figure_axis *axis);
/* Ends that are no range become one; ticks are round numbers between them. */
void figure_ticks(struct figure_axis *axis);

#endif
