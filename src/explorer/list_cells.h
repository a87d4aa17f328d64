/* list_cells.h: what stands in a cell of a list. */
#ifndef EXPLORER_LIST_CELLS_H
#define EXPLORER_LIST_CELLS_H

#include "ropescope/lists.h"

struct cell pair_cell(const struct angles *angles, const struct view_settings *settings,
                      const struct row *item, size_t column);
struct cell head_cell(const struct angles *angles, const struct view_settings *settings,
                      const struct row *item, size_t column);
/* What is counted of a layer, so that a frame counts it once. */
struct layer_facts {
    bool known, counted;
    double mean_abs[PROJECTION_COUNT], correlation;
    float threshold; /* of the tally */
    bool covered[PROJECTION_COUNT];
    struct tally tally;
};
struct cell layer_cell(const struct list *list, const struct row *item, size_t column);

#endif
