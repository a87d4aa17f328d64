/* attention.h: the parts of the view of attention. Only views/ and its tests include this. */
#ifndef ROPESCOPE_VIEWS_ATTENTION_H
#define ROPESCOPE_VIEWS_ATTENTION_H

#include "ropescope/lists.h"
#include "ropescope/views.h"

/* What one panel shows: a head over the text, on a scale that two panels share. All is borrowed. */
struct attention_sight {
    const struct state *state;
    const struct attention_head *head;
    const struct layer *layer; /* of the explored model */
    const struct layer *ran;   /* of the model that ran */
    struct token_cell cell;    /* the cursor's */
    double low, high;
};

/* Where the parts lie inside a panel; empty where there is no room. */
struct attention_layout {
    struct rect words;  /* of the cursor's cell */
    struct rect legend; /* one line */
    struct rect numbers,
        letters;        /* above the cells, a line each: positions, words' first letters */
    struct rect labels; /* left of them: positions and words of the queries */
    struct rect cells;
    struct rect pairs;                            /* the table of pairs */
    int each;                                     /* columns a cell */
    size_t first_query, first_key, queries, keys; /* in sight */
};
void attention_layout_make(struct attention_layout *layout, struct rect inside,
                           const struct probed *probed, struct token_cell cell);

/* attention_map.c: the map with its edges. */
void attention_map_draw(struct canvas *canvas, const struct attention_layout *layout,
                        const struct glyphs *glyphs, const struct attention_sight *sight);
/* attention_words.c: the cursor's cell in words, the scale, and the pairs that make up its score.
 */
void attention_words_draw(struct canvas *canvas, const struct attention_layout *layout,
                          const struct glyphs *glyphs, const struct attention_sight *sight);
void attention_legend_draw(struct canvas *canvas, const struct attention_layout *layout,
                           const struct glyphs *glyphs, const struct attention_sight *sight);
void attention_pairs_draw(struct canvas *canvas, const struct attention_layout *layout,
                          const struct glyphs *glyphs, const struct attention_sight *sight);

/* What the table owns (attention_table.c), and its row of a cell of a head alone. */
struct attention_rows;
void attention_rows_free(struct attention_rows *rows);
size_t attention_row_of(const struct probe_attention *of, struct token_cell cell);

#endif
