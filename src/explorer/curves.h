/* curves.h: what each of many thresholds fixes of every projection of every layer. */
#ifndef EXPLORER_CURVES_H
#define EXPLORER_CURVES_H

#include "explorer/counts.h"

/* Counted once for a list of thresholds; sums over the model are kept too. Zero-initialise. */
struct curves {
    size_t count;      /* thresholds */
    float *threshold;  /* (count) ascending, owned; NULL: none yet */
    bool *known;       /* (layer, projection), owned */
    uint64_t *fixed;   /* (layer, projection, threshold), owned */
    double *chance;    /* (projection, threshold) of rows of `row_length`, owned */
    struct tally *sum; /* (projection, threshold) of the model, owned */
    uint64_t row_length[PROJECTION_COUNT];
    bool summed; /* `sum` is that of: */
    uint32_t first_layer;
    size_t ready; /* layers that had landed */
};

void curves_free(struct curves *curves);
/* Other thresholds begin anew; false: no memory. */
bool curves_set(struct curves *curves, const struct model *model, const float *thresholds,
                size_t count);
/* Adds to out (count) what is fixed of a projection: pairs, fixed and sum_chance. The counts must
 * be up to date. */
void curves_add_layer(struct curves *curves, struct counts *counts, const struct angles *angles,
                      size_t layer, int projection, struct tally *out);
/* Likewise of the layers from the number `first_layer` on. */
void curves_add_model(struct curves *curves, struct counts *counts, const struct angles *angles,
                      int projection, uint32_t first_layer, struct tally *out);

#endif
