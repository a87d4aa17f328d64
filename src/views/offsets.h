/* offsets.h: the parts of the view of rotary offsets. Only views/ includes this. */
#ifndef ROPESCOPE_VIEWS_OFFSETS_H
#define ROPESCOPE_VIEWS_OFFSETS_H

#include "ropescope/lists.h"
#include "ropescope/offsets.h"
#include "ropescope/probe.h"
#include "ropescope/views.h"

/* What a run over a text says of one query head and the key head that it meets. */
struct head_offsets {
    const struct layer *layer; /* of the model that ran; NULL: the run did not come so far, or the
                                  layer does not rotate */
    double context;            /* tokens that the bounds are about: the explored model's */
    struct offset *offset;     /* (layer->pairs) owned */
};
/* false: no memory. Free with memory_free(out->offset). */
bool head_offsets_fill(struct head_offsets *out, const struct probed *probed,
                       const struct model *model, size_t layer, uint32_t query_head);
/* Vectors of one head of a projection in a run; false: it has none. */
bool head_vectors(const struct probed *probed, size_t layer, int projection, uint32_t head,
                  struct offset_vectors *out);

/* The mean score over the distances of a cell of the axis, low..high tokens: what cos does between
 * two of them is averaged out exactly, so that fast pairs leave no pattern of the grid. */
double offsets_mean_score(const struct head_offsets *head, size_t first, size_t count, double low,
                          double high);

/* What the table owns (offsets_table.c). */
struct offset_rows;
void offset_rows_free(struct offset_rows *rows);

/* The axes of the curve of scores; the head must have a layer (offsets.c). */
struct line_plot offsets_plot_of(const struct head_offsets *head);

#endif
