/* small_angles.h: a database small enough to count by hand, with everything that is ragged about
 * real ones: layers that do not rotate, that have not landed, grouped heads, two row lengths. */
#ifndef ROPESCOPE_TEST_SMALL_ANGLES_H
#define ROPESCOPE_TEST_SMALL_ANGLES_H

#include "ropescope/angles.h"

enum {
    SMALL_LAYERS = 5,
    SMALL_QUERY_HEADS = 4,
    SMALL_KEY_HEADS = 2,
    SMALL_PAIRS = 8,
    SMALL_QUERY_LENGTH = 64, /* of a row */
    SMALL_KEY_LENGTH = 576,
};

/* index  number
 *   0      0     rotates; pair 3 of query head 1 is undefined
 *   1      1     does not rotate
 *   2      2     rotates; pair 0 of key head 1 is undefined, and all of query head 3
 *   3      3     has not landed, though its cosines lie there
 *   4      7     rotates; heads are tiled */
struct small_angles {
    struct angles angles;
    struct model model;
    struct layer layers[SMALL_LAYERS];
    struct layer_angles results[SMALL_LAYERS];
    float cos[SMALL_LAYERS][PROJECTION_COUNT][SMALL_QUERY_HEADS * SMALL_PAIRS];
    float norm[2][SMALL_QUERY_HEADS * SMALL_PAIRS]; /* w2 is twice as long as w1 everywhere */
};

/* Points into itself: fill it where it stays. Nothing to free. */
void small_angles_fill(struct small_angles *small);

#endif
