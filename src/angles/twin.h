/* twin.h: the rows of a pair in two models at once, and what they give: both angles and the
 * distance. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_TWIN_H
#define ROPESCOPE_ANGLES_TWIN_H

#include "window.h"

/* One model of the two: its rows, and the angles of the layer under way where they are wanted. */
struct side {
    const struct checkpoint *checkpoint;
    const struct model *model;
    size_t longest_row; /* bytes in sight of a window */
    size_t longest;     /* numbers of a row */
    bool adapted;       /* an adapter lies over some of its rows */
};

/* What one worker holds of one side. */
struct view_of_rows {
    const struct side *side;
    struct window window;
    const struct tensor *tensor;
    struct lora_tile tile; /* of rows under an adapter, which are made */
    float *made;           /* (rows in sight, row length) those; owned */
    float *line;           /* (longest) a row as float32; owned */
};

struct twin {
    struct view_of_rows side[2];
    bool lacks; /* there is no memory for what it needs */
};
void twin_init(struct twin *twin, const struct side side[2]);
void twin_free(struct twin *twin);

/* Where the results of one projection of one layer go, counted through (head, pair). */
struct twin_values {
    float *cos[2], *norm_a[2], *norm_b[2]; /* NULL: that side's angles are known */
    float *distance;
};
/* The pairs of a unit of the base. false: a file shrank, its disk failed, or there is no memory. */
bool twin_run(struct twin *twin, const struct unit *unit, const struct twin_values *values);
/* Waits for its rows in both models; true: some came from the disk. Only inside guard_run. */
bool twin_bring(struct twin *twin, const struct unit *unit);
/* Whether the last unit came from the disk. */
bool twin_is_cold(const struct twin *twin);

#endif
