/* pair_maps.h: norms and cosines by pair index, of all layers or of the heads of one, kept while
 * nothing changes. No threshold changes any of it. */
#ifndef EXPLORER_PAIR_MAPS_H
#define EXPLORER_PAIR_MAPS_H

#include "ropescope/view_settings.h"

/* Zero-initialise. Rows are layers (indexes) in scope model, else heads of the selected layer. */
struct pair_maps {
    const struct angles *angles; /* borrowed; NULL: nothing is there yet */
    bool by_head;
    size_t layer;                               /* of the heads */
    int64_t one_head;                           /* of each layer alone; -1: all */
    bool *filled;                               /* (layers) owned */
    size_t ready;                               /* layers that were, when it was looked last */
    double low[PAIR_SHADES], high[PAIR_SHADES]; /* of both projections; low > high: no value */
    struct pair_map map[PROJECTION_COUNT];
};
/* Brings them up to date; false: no memory. Free with pair_maps_free. */
bool pair_maps_update(struct pair_maps *maps, const struct angles *angles,
                      const struct view_settings *settings);
void pair_maps_free(struct pair_maps *maps);

#endif
