/* list_cells.h: what stands in a cell of a list. */
#ifndef EXPLORER_LIST_CELLS_H
#define EXPLORER_LIST_CELLS_H

#include "explorer/counts.h"
#include "ropescope/lists.h"

struct cell pair_cell(const struct list *list, const struct row *item, size_t column);
/* What was summed up last of a head, for the column beside. */
struct head_facts {
    bool counted;
    size_t layer_index; /* of the tally */
    int projection;
    uint32_t head;
    struct tally tally; /* its sums alone: what is fixed stands in the counts */
};
struct cell head_cell(const struct list *list, const struct row *item, size_t column);
/* What no threshold changes of a layer, so that a frame works it out once. */
struct layer_facts {
    bool known;
    double correlation;
};
struct cell change_cell(const struct list *list, const struct row *item, size_t column);
struct cell layer_cell(const struct list *list, const struct row *item, size_t column);

/* ---- pairs parted by what is fixed (parted.c) ---------------------------- */

/* NULL: no memory. The rows' threshold must stay what it is. Free with parted_free. */
struct parted *parted_new(const struct rows *rows, struct counts *counts, bool fixed_first);
void parted_free(struct parted *parted); /* NULL is fine */
size_t parted_row(const struct parted *parted, const struct rows *rows, size_t line);
size_t parted_line(const struct parted *parted, const struct rows *rows, size_t row);

#endif
