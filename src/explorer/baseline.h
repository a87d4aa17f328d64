/* baseline.h: the random baseline of a rule, pair by pair, kept from frame to frame. */
#ifndef EXPLORER_BASELINE_H
#define EXPLORER_BASELINE_H

#include "ropescope/awm.h"

/* One projection of one layer: as many of its pairs as the rule fixes, drawn at random. */
struct baseline_run {
    unsigned char *fixed; /* (heads * pairs), owned; NULL: not drawn yet */
    uint32_t *heads;      /* (heads) how many of each, owned */
};
/* Drawn when somebody asks. Zero-initialise; free with baseline_free. */
struct baseline {
    struct baseline_run *run; /* (layer, projection), owned */
    size_t runs;
    float threshold; /* that they were drawn for */
    uint32_t edition, seed;
};
void baseline_free(struct baseline *baseline);
/* What awm_fixed_pairs draws in a projection, whatever the first masked layer and the projections
 * that the rule covers are; `edition` tells its lines from others. NULL: not ready, or no memory.
 * It stays valid until it is asked of another rule. */
const struct baseline_run *baseline_run(struct baseline *baseline, const struct angles *angles,
                                        const struct awm *awm, uint32_t edition, size_t layer,
                                        int projection);

#endif
