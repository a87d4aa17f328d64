/* spectrum.h: the parts of the view of what pairs can carry. Only views/ and its tests include
 * this. */
#ifndef VIEWS_SPECTRUM_H
#define VIEWS_SPECTRUM_H

#include "explorer/pair_maps.h"
#include "views/draw.h"
#include "views/maps.h"

/* ---- where things are (spectrum_layout.c): pure -------------------------- */

/* The panel of a projection: pairs along x, layers or heads along y, or the bars of one head. */
struct spectrum_part {
    struct rect title, labels, cells, ends; /* ends: r of each row; empty where there is no room */
    size_t rows, first_row;                 /* of the map, and the one at the top of the cells */
    size_t selected;                        /* row */
    int tall, cols;                         /* lines of a row, columns of a pair */
    uint32_t first, end;                    /* pairs in sight */
};
struct spectrum_layout {
    struct rect words[2], legend;
    struct spectrum_part part[PROJECTION_COUNT]; /* no cells: it is not shown */
    const struct layer *layer; /* whose lines are drawn; NULL: no layer in sight rotates */
    bool lines_differ;         /* from those of other layers in sight */
    struct cycle_lines lines;
    uint32_t pairs; /* columns of the map */
};
/* Inside the panel of the view. */
void spectrum_layout_make(struct spectrum_layout *layout, const struct state *state,
                          const struct pair_maps *maps, struct rect inside);
/* First column of a pair in a part, -1: out of sight. A pair that a line stands before has a free
 * column to its left for it. */
int spectrum_column(const struct spectrum_layout *layout, const struct spectrum_part *part,
                    uint32_t pair);
/* Column of the line that stands before the pair, the partial or the half one; -1: out of sight. */
int spectrum_line_column(const struct spectrum_layout *layout, const struct spectrum_part *part,
                         bool half);
/* What the shades and bars reach from and to. */
struct map_scale spectrum_scale(const struct state *state, const struct pair_maps *maps);

/* ---- around the cells (spectrum_words.c) --------------------------------- */

/* The selected pair in two lines, the shades, the two lines, in words. */
void spectrum_words_draw(struct canvas *canvas, const struct spectrum_layout *layout,
                         const struct glyphs *glyphs, const struct state *state);
void spectrum_legend_draw(struct canvas *canvas, const struct spectrum_layout *layout,
                          const struct glyphs *glyphs, const struct state *state,
                          const struct pair_maps *maps);
void spectrum_lines_draw(struct canvas *canvas, struct rect panel,
                         const struct spectrum_layout *layout, const struct glyphs *glyphs,
                         const struct state *state);

#endif
