/* cosines.h: the run of cosines that a head, or all heads of a projection, are. */
#ifndef ROPESCOPE_ANALYSIS_COSINES_H
#define ROPESCOPE_ANALYSIS_COSINES_H

#include "ropescope/analysis.h"

struct cosines {
    const float *cos; /* (count), borrowed; NULL where count is 0 */
    size_t count;
    uint64_t row_length; /* of the rows whose angle they tell */
};

/* All heads of a projection, which lie one behind the other; nothing where the layer is not ready
 * or does not rotate. */
static inline struct cosines cosines_of_projection(const struct angles *angles, size_t layer,
                                                   int projection)
{
    const struct layer *shape = &angles->model->layers[layer];
    const struct projection *rows = &shape->projection[projection];
    struct cosines run = {NULL, 0, rows->row_length};
    if (angles->layers[layer].ready && shape->pairs > 0 && rows->heads > 0) {
        run.cos = angles->layers[layer].set[projection].cos;
        run.count = (size_t)rows->heads * shape->pairs;
    }
    return run;
}

/* One head of a projection; nothing likewise, and where the projection has no such head. */
static inline struct cosines cosines_of_head(const struct angles *angles, size_t layer,
                                             int projection, uint32_t head)
{
    const struct layer *shape = &angles->model->layers[layer];
    struct cosines run = cosines_of_projection(angles, layer, projection);
    if (run.count > 0 && head < shape->projection[projection].heads)
        return (struct cosines){run.cos + (size_t)head * shape->pairs, shape->pairs,
                                run.row_length};
    return (struct cosines){NULL, 0, run.row_length};
}

/* Everything of a tally but sum_chance, which stays 0 (rule.c). */
struct tally cosines_tally(struct cosines run, float threshold);

#endif
