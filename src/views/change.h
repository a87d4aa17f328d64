/* change.h: the parts of the view of changes. Only views/ includes this. */
#ifndef ROPESCOPE_VIEWS_CHANGE_H
#define ROPESCOPE_VIEWS_CHANGE_H

#include "ropescope/lists.h"
#include "ropescope/views.h"

/* The rows as a table (change_table.c); they are borrowed. */
struct table change_rows_table(const struct change_rows *rows);

/* Lines, their axes, and a line of words about the row that the cursor is on (change_lines.c). */
struct line_plot change_plot_of(const struct change_rows *rows, float threshold);
void change_lines_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct change_rows *rows);
void change_words_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct change_rows *rows);

#endif
