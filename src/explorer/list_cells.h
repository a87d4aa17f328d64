/* list_cells.h: what stands in a cell of a list. */
#ifndef EXPLORER_LIST_CELLS_H
#define EXPLORER_LIST_CELLS_H

#include "ropescope/lists.h"

struct cell pair_cell(const struct angles *angles, const struct view_settings *settings,
                      const struct row *item, size_t column);
/* What was counted last of a head, for the columns beside, and the chance level of its rows, which
 * most heads share. */
struct head_facts {
    bool counted;
    size_t layer_index; /* of the tally */
    int projection;
    uint32_t head;
    float threshold;
    struct tally tally;
    uint64_t row_length; /* of `chance`, under the threshold */
    double chance;
};
struct cell head_cell(const struct list *list, const struct row *item, size_t column);
/* What is counted of a layer, so that a frame counts it once. */
struct layer_facts {
    bool known, counted;
    double mean_abs[PROJECTION_COUNT], correlation;
    float threshold; /* of the tally */
    bool covered[PROJECTION_COUNT];
    struct tally part[PROJECTION_COUNT];
    struct tally tally; /* of the parts that are covered */
};
struct cell layer_cell(const struct list *list, const struct row *item, size_t column);

#endif
