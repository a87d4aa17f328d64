/* change_share.c: how much of what a fine-tune moved a rule would have let it move. */
#include "ropescope/change.h"

#include <math.h>

struct change_share change_share_projection(const struct changes *changes, size_t layer,
                                            int projection, float threshold)
{
    const struct layer *of = &changes->base->model->layers[layer];
    const float *distance = changes->distance[2 * layer + (size_t)projection];
    const float *cos = changes->base->layers[layer].set[projection].cos;
    size_t count = projection_pairs(of, projection);
    struct change_share share = {0};
    for (size_t i = 0; distance && i < count; i++) { /* no branches: what is fixed is random */
        bool known = !isnan(distance[i]), fixed = fabsf(cos[i]) >= threshold; /* false for NaN */
        double moved = known ? (double)distance[i] : 0;
        share.pairs += known;
        share.trainable += known & !fixed;
        share.change += moved;
        share.kept += fixed ? 0 : moved;
    }
    return share;
}

void change_share_add(struct change_share *into, const struct change_share *more)
{
    into->pairs += more->pairs;
    into->trainable += more->trainable;
    into->change += more->change;
    into->kept += more->kept;
}

double change_share_kept(const struct change_share *share)
{
    return share->change > 0 ? share->kept / share->change : (double)NAN;
}

double change_share_trainable(const struct change_share *share)
{
    return share->pairs > 0 ? (double)share->trainable / (double)share->pairs : (double)NAN;
}
