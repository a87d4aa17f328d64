/* rows.h: which head or pair a line of a table is about. */
#ifndef VIEWS_ROWS_H
#define VIEWS_ROWS_H

#include "ropescope/views.h"

/* Heads of one projection of one layer that stand one below the other. */
struct row_block {
    size_t first_row;
    size_t layer; /* index into model->layers */
    int projection;
    uint32_t first_head;
    uint32_t per_head; /* rows: its pairs, or 1 */
};
struct rows {
    const struct angles *angles; /* borrowed */
    struct view_settings settings;
    size_t row_count, block_count;
    struct row_block block[]; /* (block_count) in the order of their rows; none is empty */
};
struct row {
    const struct layer *layer;
    size_t layer_index;
    int projection;
    uint32_t head, pair; /* pair 0 where rows are heads */
};

/* Layers in order, query before key, heads, pairs (with `by_pair`); NULL: no memory. The caller
 * frees with memory_free. */
struct rows *rows_new(const struct angles *angles, const struct view_settings *settings,
                      bool by_pair);
struct row rows_at(const struct rows *rows, size_t index);

#endif
