/* counts.h: what the threshold fixes in each projection of each layer. */
#ifndef EXPLORER_COUNTS_H
#define EXPLORER_COUNTS_H

#include "ropescope/analysis.h"

/* Kept from frame to frame: what a threshold does not change is counted when a layer lands, and a
 * step of the threshold counts what is fixed, nothing else. Zero-initialise. */
struct counts {
    struct tally *tally; /* (layer, projection), owned; NULL: no memory yet */
    bool *known;         /* (layer) its tallies are there, owned */
    size_t layers;       /* that are known */
    float threshold;     /* of the tallies */
};

void counts_free(struct counts *counts);
/* Brings the counts up to date. false: no memory. */
bool counts_update(struct counts *counts, const struct angles *angles, float threshold);
/* The sum over a projection of layers [first, end) from the number `first_layer` on. */
struct tally counts_sum(const struct counts *counts, const struct angles *angles, int projection,
                        size_t first, size_t end, uint32_t first_layer);

#endif
