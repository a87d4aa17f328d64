/* maps.h: what the files of the heat maps share. */
#ifndef VIEWS_MAPS_H
#define VIEWS_MAPS_H

#include "ropescope/lists.h"
#include "views/draw.h"

/* A block of layers (indices) and heads: a cell, a line, a column of a map. */
struct map_block {
    size_t layer, layer_end;
    uint32_t head, head_end;
};
/* Weighted by pairs, so that the mean |cos| of a layer is that of its pairs. */
struct map_mean {
    double value; /* NaN: none */
    size_t heads; /* that have one */
    bool rotates, waiting;
};
/* From round number to round number. The mean |cos| has a logarithmic one, so that late layers,
 * near chance, differ as visibly as early ones; what follows the threshold has one that does not,
 * so that pictures of two thresholds compare. */
struct map_scale {
    double low, high;
    bool log;
};

/* ---- values (maps_values.c) ---------------------------------------------- */

/* The cell in a line and a column of a map. */
struct map_block map_block_at(const struct state *state, size_t row, size_t col);
struct map_mean map_mean_of(const struct state *state, int projection, struct map_block block);
/* Lines, and columns, of a map. */
size_t map_lines(const struct state *state);
uint32_t map_most_heads(const struct state *state, int projection);
struct map_scale map_scale_of(const struct state *state);
/* Where a value lies on the scale: its logarithm where that has one. */
double map_scaled(const struct map_scale *scale, double value);
/* Of all heads of a line, and of a column. */
double map_line_mean(const struct state *state, size_t row, int projection);
double map_column_mean(const struct state *state, size_t col, int projection);
size_t map_selected_line(const struct state *state);
uint32_t map_selected_column(const struct state *state, int projection);
/* Shades that values are rounded to, and with them the digits beside; 0: as many as there are. */
int map_shades(enum measure measure);
/* ---- around the cells (maps_words.c) ------------------------------------- */

void map_columns_draw(struct canvas *canvas, const struct layout *layout,
                      const struct glyphs *glyphs, const struct state *state,
                      const struct map_scale *scale, int projection);
void map_profile_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state);
void map_legend_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     const struct state *state, const struct map_scale *scale);
void map_about_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state);
void map_sight_draw(struct canvas *canvas, const struct layout *layout, const struct glyphs *glyphs,
                    const struct state *state);

#endif
