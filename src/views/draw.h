/* draw.h: what the views share: lines of text that are never cut in the middle of a number, numbers
 * as people read them, and the plots that more than one screen shows. */
#ifndef VIEWS_DRAW_H
#define VIEWS_DRAW_H

#include "ropescope/lists.h"
#include "ropescope/views.h"

/* A line that grows to the right, a whole piece at a time. */
struct line {
    struct canvas *canvas;
    const struct glyphs *glyphs;
    int row, col, end;
};
/* The `row`th line of the rect; it takes nothing where the rect has no such line. */
struct line line_start(struct canvas *canvas, const struct glyphs *glyphs, struct rect rect,
                       int row);
/* Adds the piece if all of it fits; false, and nothing is drawn, where it does not. */
bool line_add(struct line *line, struct style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Between words of equal weight: " · ", or ", " in ASCII. */
const char *draw_dot(const struct glyphs *glyphs);
/* ">=", or its sign where the glyphs have it. */
const char *draw_at_least(const struct glyphs *glyphs);
/* "-" for NaN. */
const char *draw_number(char out[TEXT_NUMBER], double value, int decimals);
const char *draw_percent(char out[TEXT_NUMBER], double fraction);
/* Of -1..1 in few columns: ".412", "-.41". */
const char *draw_short(char out[TEXT_NUMBER], double value, int decimals);

/* What a selection is called: "layer 0 · query head 12 · key head 3" (the leading one first,
 * without "head" where that is wider than `cols`), "layer 0", "model". */
enum { SELECTION_BYTES = 128 };
void draw_selection_name(char out[SELECTION_BYTES], const struct state *state, enum scope scope,
                         const struct glyphs *glyphs, int cols);
/* Where there was no memory for what belongs there: says so, and leaves the mark on the canvas. */
void draw_lacks(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs);
/* Why there is nothing to draw for the selected layer; false where there is something. */
bool draw_excuse(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
/* A frame with a title; returns its inside, or the whole rect where it is too small for a frame. */
struct rect draw_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const char *title);

struct rect draw_panel_inside(struct rect rect);
/* Words in the lower frame of a panel, where they fit. */
void draw_below(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const char *text);
/* Which of `total` lines are in sight, from 1 on, in that place; nothing where all are. */
void draw_position(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   struct table_sight sight, size_t total);
/* A table inside such a panel; the lower frame tells which part of it is in sight. */
void draw_table(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct table *table, const struct table_look *look);

/* The table of a list: borrowed from it; or made with its own. */
void view_table_of_list(struct view_table *out, const struct list *list);
enum status view_list_table(enum view_id view, const struct angles *angles,
                            const struct view_settings *settings, struct view_table *out,
                            struct error *err);
/* The current list with its cursor, in a panel; `spare` as in table_look. */
void draw_list(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state, const char *name, const char *const *spare,
               const char *const *rare);
/* What the lines of one plot share. (draw_lines.c) */
struct line_brush {
    struct canvas *canvas;
    struct rect rect;
    const struct glyphs *glyphs;
    const struct line_plot *plot;
    struct axis axis; /* the places along x at which a line needs its number */
    double *y;        /* (axis.cells) to fill, of one line after the other; owned */
};
/* Draws the axes; false, and nothing is drawn, where there is no memory. */
bool line_brush_start(struct line_brush *brush, struct canvas *canvas, struct rect rect,
                      const struct glyphs *glyphs, const struct line_plot *plot);
/* The line through brush->y. */
void line_brush_add(const struct line_brush *brush, struct line_series series);
void line_brush_end(struct line_brush *brush);

/* The threshold that a picture of a selection marks: that of the selected head, or that of all. NaN
 * where the head is fixed or free by hand, whatever its angles. */
double draw_threshold(const struct state *state, enum scope scope, int projection);
/* Where a threshold and the chance of 5% lie in a unit: the two cuts and the ends of the band. */
void draw_cuts(enum quantity unit, double threshold, double out[2]);

/* One projection of a selection: a line of numbers (histogram.c) and, below it, the bars. */
void histogram_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state, enum scope scope, int projection);
void histogram_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     const struct state *state, enum scope scope, int projection);
/* Pearson's r in a line and the scatter below it (scatter.c). */
void scatter_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state, enum scope scope);
void scatter_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state, enum scope scope);
/* The plot of a selection, and where it lies inside the panel of its view. */
struct scatter_plot scatter_plot_of(const struct state *state, enum scope scope);
struct rect scatter_rect(struct rect inside, const struct state *state);

/* Points by frequency (scatter_bands.c): a plot a band, or false where `rect` has no room for them
 * or the plot has no bands; and the legend of the signs in one plot. */
bool scatter_bands(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct scatter_plot *plot);
bool scatter_bands_apart(struct rect inside);
/* The base against its fine-tune (scatter_tuned.c). */
const char *const *scatter_tuned_columns(enum quantity unit, size_t *count);
struct cell scatter_tuned_cell(const struct rows *rows, const struct row *row, size_t column);
void scatter_tuned_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state);
void scatter_band_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs);
void inspector_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state);
/* How the cosines of a selection go together, out of the sums that are kept by layer. */
struct correlation state_correlation(const struct state *state, enum scope scope);

void overview_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state);
/* What marks a head whose pairs the lines of the rule decide about; 0: none do. And in words. */
uint32_t exception_mark(const struct state *state, const struct glyphs *glyphs, size_t layer,
                        int projection, uint32_t head, struct style *style);
const char *exception_words(const struct state *state, size_t layer, int projection, uint32_t head);
/* "■ fixed □ free ◇ own", of its threshold; "" where the rule has no lines. */
enum { EXCEPTION_LEGEND = 64 };
void exception_legend(char out[EXCEPTION_LEGEND], const struct state *state,
                      const struct glyphs *glyphs);
void maps_draw(struct canvas *canvas, const struct layout *layout, const struct glyphs *glyphs,
               const struct state *state);
void pairs_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state);
void heads_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state);
void layers_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
void histogram_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state);
void scatter_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state);
/* Its axes, and where it lies inside the panel (profile.c). */
struct line_plot profile_plot_of(const struct state *state, const struct profiles *profiles);
struct rect profile_rect(struct rect inside);
void profile_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state);
/* The axes of its lines (frequency.c); low NaN: there are none. */
struct line_plot frequency_plot_of(const struct view_settings *settings,
                                   const struct spectrum *spectrum);
void frequency_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state);
/* Its plots, and where each lies inside the panel (strip.c). x: (count) places of the pairs. */
struct scatter_plot strip_plot_of(const struct state *state, size_t layer, int projection,
                                  const float *x);
struct rect strip_rect(struct rect inside, size_t at, size_t layers, int projection,
                       const bool covered[PROJECTION_COUNT]);
struct strip_rows;
void strip_rows_free(struct strip_rows *strip);
void strip_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state);
void spectrum_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state);
/* Why there is nothing of a run over a text to draw; false where there is something. */
bool draw_no_text(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state);
void offsets_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state);
void attention_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state);
void change_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
void threshold_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state);
void goto_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state);
void budget_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
void command_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state);
/* The line of the threshold, and the last line. */
void bar_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
              const struct state *state);
void footer_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
/* The chooser, over a corner of the view that shows what the theme makes of it (themes.c). */
void themes_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state);
void help_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state);

#endif
