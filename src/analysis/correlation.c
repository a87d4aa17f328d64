/* correlation.c: Pearson's r in one pass (Welford), and of query against key cosines. */
#include "analysis/cosines.h"

#include <math.h>

void correlation_add(struct correlation *c, double x, double y)
{
    c->count++;
    double n = (double)c->count;
    double dx = x - c->mean_x, dy = y - c->mean_y; /* from the means before this point */
    c->mean_x += dx / n;
    c->mean_y += dy / n;
    c->xx += dx * (x - c->mean_x);
    c->yy += dy * (y - c->mean_y);
    c->xy += dx * (y - c->mean_y);
}

/* Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample
 * variances", equation 2.1. */
void correlation_merge(struct correlation *into, const struct correlation *more)
{
    if (more->count == 0)
        return;
    if (into->count == 0) {
        *into = *more;
        return;
    }
    double n = (double)into->count, m = (double)more->count;
    double dx = more->mean_x - into->mean_x, dy = more->mean_y - into->mean_y;
    double weight = n * m / (n + m);
    into->xx += more->xx + dx * dx * weight;
    into->yy += more->yy + dy * dy * weight;
    into->xy += more->xy + dx * dy * weight;
    into->mean_x += dx * m / (n + m);
    into->mean_y += dy * m / (n + m);
    into->count += more->count;
}

double correlation_r(const struct correlation *c)
{
    if (c->count < 2 || !(c->xx > 0) || !(c->yy > 0))
        return (double)NAN;
    /* Two roots, since the product of the sums can leave the range of doubles. */
    return fmax(-1, fmin(1, c->xy / sqrt(c->xx) / sqrt(c->yy)));
}

double correlation_slope(const struct correlation *c)
{
    if (c->count < 2 || !(c->xx > 0))
        return (double)NAN;
    return c->xy / c->xx;
}

/* ---- query against key --------------------------------------------------- */

struct correlation correlation_head(const struct angles *angles, size_t layer, uint32_t query_head)
{
    struct correlation c = {0};
    struct cosines query = cosines_of_head(angles, layer, PROJECTION_QUERY, query_head);
    if (query.count == 0)
        return c;
    uint32_t key_head = layer_key_head(&angles->model->layers[layer], query_head);
    struct cosines key = cosines_of_head(angles, layer, PROJECTION_KEY, key_head);
    for (size_t pair = 0; pair < query.count && pair < key.count; pair++)
        if (!isnan(query.cos[pair]) && !isnan(key.cos[pair]))
            correlation_add(&c, (double)query.cos[pair], (double)key.cos[pair]);
    return c;
}

struct correlation correlation_layer(const struct angles *angles, size_t layer)
{
    struct correlation c = {0};
    uint32_t heads = angles->model->layers[layer].projection[PROJECTION_QUERY].heads;
    for (uint32_t head = 0; head < heads; head++) {
        struct correlation one = correlation_head(angles, layer, head);
        correlation_merge(&c, &one);
    }
    return c;
}

struct correlation correlation_model(const struct angles *angles)
{
    struct correlation c = {0};
    for (size_t layer = 0; layer < angles->model->layer_count; layer++) {
        struct correlation one = correlation_layer(angles, layer);
        correlation_merge(&c, &one);
    }
    return c;
}
