/* offsets.h: rotary offset features, after Jonasson, arXiv 2503.01832: pairs whose query and key
 * vectors are large and nearly the same at every position, so that their part of a score hangs on
 * the distance alone. The paper's formulas were not at hand: what is called so here, and the bounds
 * on frequency and angle, are derived, and said to be so wherever they are shown. Pure. */
#ifndef ROPESCOPE_OFFSETS_H
#define ROPESCOPE_OFFSETS_H

#include "ropescope/model.h"

ROPESCOPE_BEGIN

/* One head's vectors before they are rotated, over the positions of a text (as of struct
 * probe_projection); each (pairs), borrowed. */
struct offset_vectors {
    const float *mean_a, *mean_b; /* the mean vector, along row a and row b of its pair */
    const float *radius_mean, *radius_max;
};

/* A query head and the key head that it meets, at one pair. Indexes: PROJECTION_*. */
struct offset {
    double radius[PROJECTION_COUNT];        /* of the mean vector */
    double angle[PROJECTION_COUNT];         /* of the mean vector, radians, -pi to pi */
    double concentration[PROJECTION_COUNT]; /* that radius over the mean radius: 1 where the vector
                                               is always the same; NaN where it is always 0 */
    double prominence[PROJECTION_COUNT];    /* mean radius over the median of the head's pairs */
    double psi;           /* angle of the query less that of the key, -pi to pi (derived) */
    bool constant, large; /* the query and the key */
    bool partial_cycle;   /* it turns less than once within the context: F1, derived */
    bool half_cycle;      /* and less than half a turn: F2, derived */
    double least_psi;     /* theta p / 2: with |psi| beyond it no distance scores lower than 0
                             while the pair turns through alignment (derived) */
    bool feature;         /* constant and large: a rotary offset feature */
};
/* From which concentration and prominence on a pair counts as constant and as large (derived). */
#define OFFSET_CONCENTRATION 0.9
#define OFFSET_PROMINENCE 3.0

/* All pairs of a head: `out` (pairs). false: no memory. */
bool offsets_of_head(const struct offset_vectors vectors[PROJECTION_COUNT], const double *frequency,
                     size_t pairs, double context, struct offset *out);

/* What the mean vectors of one pair add to a score at a distance of `distance` tokens between query
 * and key before it, s = r_q r_k cos(psi + theta distance) / sqrt(head_dim) (derived). */
double offset_score(const struct offset *offset, double frequency, uint32_t head_dim,
                    double distance);
/* The sum over all pairs: what the head prefers by position alone. */
double offsets_score(const struct offset *offsets, const double *frequency, size_t pairs,
                     uint32_t head_dim, double distance);

ROPESCOPE_END

#endif
