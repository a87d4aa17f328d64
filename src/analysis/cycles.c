/* cycles.c: which pairs turn less than once, and less than half a turn, within the context.
 *
 * Jonasson 2025 (arXiv 2503.01832) finds the large rows of query and key, his rotary offset
 * features, in pairs that make partial cycles, and bounds the frequencies that they take. His
 * formulas were not at hand; both lines are derived here from the logit of such a pair,
 * |q| |k| cos(psi + theta D) at the distance D = 0..p:
 *   partial cycle, theta p <= 2 pi: no angle between query and key comes back at a longer distance;
 *   half cycle,    theta p <= pi:   for some psi the logit keeps its sign at every distance. */
#include "ropescope/analysis.h"

static const double pi = 3.14159265358979323846;

double pair_turns(double frequency, uint64_t context)
{
    return context > 0 ? (double)context * frequency / (2 * pi) : (double)NAN;
}

/* The first pair that sweeps no more than so many radians. */
static uint32_t first_within(const double *frequency, uint32_t pairs, uint64_t context,
                             double radians)
{
    for (uint32_t i = 0; i < pairs && context > 0; i++)
        if (frequency[i] * (double)context <= radians)
            return i;
    return pairs;
}

struct cycle_lines cycle_lines_of(const double *frequency, uint32_t pairs, uint64_t context)
{
    return (struct cycle_lines){first_within(frequency, pairs, context, 2 * pi),
                                first_within(frequency, pairs, context, pi)};
}
