/* spread.c: mean and quartiles. */
#include "ropescope/analysis.h"

#include <stdlib.h>

static int by_size(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

/* The value that a fraction of the ordered numbers stays below. */
static double quantile(const double *values, size_t count, double fraction)
{
    double place = fraction * (double)(count - 1);
    size_t below = (size_t)place;
    if (below + 1 >= count)
        return values[count - 1];
    return values[below] + (values[below + 1] - values[below]) * (place - (double)below);
}

struct spread spread_of(double *values, size_t count)
{
    struct spread spread = {0, NAN, NAN, NAN, NAN};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i]))
            continue;
        sum += values[i];
        values[spread.count++] = values[i];
    }
    if (spread.count == 0)
        return spread;
    qsort(values, spread.count, sizeof *values, by_size);
    spread.mean = sum / (double)spread.count;
    spread.q25 = quantile(values, spread.count, 0.25);
    spread.median = quantile(values, spread.count, 0.5);
    spread.q75 = quantile(values, spread.count, 0.75);
    return spread;
}
