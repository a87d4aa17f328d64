/* association.c: rank correlation, and how far the numbers of a correlation can be trusted. */
#include "ropescope/analysis.h"

#include <stdlib.h>

static const double Z95 = 1.959963984540054; /* of the normal law */

struct ranked {
    float value;
    uint32_t index;
};

static int by_value(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

/* rank[i] from 1 on; equal values share the mean of their ranks. */
static void rank_all(struct ranked *order, const float *values, size_t count, double *rank)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (struct ranked){values[i], (uint32_t)i};
    qsort(order, count, sizeof *order, by_value);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && !(order[end].value > order[first].value); end++) {
        }
        for (size_t i = first; i < end; i++)
            rank[order[i].index] = (double)(first + 1 + end) / 2;
    }
}

double rank_correlation(const float *x, const float *y, size_t points, size_t *count)
{
    float *defined = memory_array(2 * points + 1, sizeof *defined);
    double *rank = memory_array(2 * points + 1, sizeof *rank);
    struct ranked *order = memory_array(points + 1, sizeof *order);
    struct correlation c = {0};
    size_t n = 0;
    if (defined && rank && order && points < UINT32_MAX) {
        for (size_t i = 0; i < points; i++)
            if (!isnan(x[i]) && !isnan(y[i])) {
                defined[n] = x[i];
                defined[points + n++] = y[i];
            }
        rank_all(order, defined, n, rank);
        rank_all(order, defined + points, n, rank + points);
        for (size_t i = 0; i < n; i++)
            correlation_add(&c, rank[i], rank[points + i]);
    }
    memory_free(defined);
    memory_free(rank);
    memory_free(order);
    if (count)
        *count = n;
    return correlation_r(&c);
}

static struct interval fisher(double r, double error)
{
    if (!(fabs(r) < 1))
        return (struct interval){r, r};
    return (struct interval){tanh(atanh(r) - Z95 * error), tanh(atanh(r) + Z95 * error)};
}

struct interval correlation_interval(double r, uint64_t count)
{
    if (count < 4 || isnan(r))
        return (struct interval){(double)NAN, (double)NAN};
    return fisher(r, 1 / sqrt((double)count - 3));
}

struct interval rank_interval(double rho, uint64_t count)
{
    if (count < 4 || isnan(rho))
        return (struct interval){(double)NAN, (double)NAN};
    return fisher(rho, sqrt((1 + rho * rho / 2) / ((double)count - 3)));
}

struct interval slope_interval(const struct correlation *c)
{
    double slope = correlation_slope(c), r = correlation_r(c);
    if (c->count < 3 || isnan(slope) || isnan(r))
        return (struct interval){(double)NAN, (double)NAN};
    double error = sqrt(c->yy / c->xx * (1 - r * r) / ((double)c->count - 2));
    return (struct interval){slope - Z95 * error, slope + Z95 * error};
}
