/* quantile.c: which threshold fixes a share of the pairs: the inverse of counting what a threshold
 * fixes. */
#include "analysis/cosines.h"
#include "analysis/fixing.h"

#include <math.h>
#include <string.h>

/* The bits of float32 numbers >= 0 stand in the order of the numbers. So |cos| is ranked by the
 * high half of its bits and then, among those that share the wanted one, by the low half: passes
 * that count, none that moves or copies. */
enum {
    LOW_BITS = 15,
    DIGIT_VALUES = 1 << 15, /* of either half */
    GROUP = 16,             /* pairs that a pass looks at together */
};
#define INFINITE 0x7F800000U  /* everything above is NaN */
#define UNDEFINED 0x3FFFFFFFU /* what NaN becomes: behind every number */

/* Bits of |cos|; what is over 1 counts as 1, since no threshold is. */
static inline uint32_t magnitude_bits(float cos)
{
    uint32_t bits;
    memcpy(&bits, &cos, sizeof bits);
    bits &= 0x7FFFFFFFU;
    uint32_t number = bits < FIXING_MOST ? bits : FIXING_MOST;
    return bits > INFINITE ? UNDEFINED : number;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- one pass over the pairs that a rule covers -------------------------- */

typedef void visit_run(void *context, struct cosines run);

static void visit_covered(const struct angles *angles, const struct rule *rule, visit_run *visit,
                          void *context)
{
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            if (rule->projection[p] && angles->model->layers[layer].number >= rule->first_layer)
                visit(context, cosines_of_projection(angles, layer, p));
}

/* How often each value of a half comes up: of the high one, or of the low one among the numbers
 * whose high half is `prefix`. */
struct counts {
    uint32_t prefix;
    uint64_t count[DIGIT_VALUES];
};

static void count_high(void *context, struct cosines run)
{
    struct counts *counts = context;
    for (size_t i = 0; i < run.count; i++)
        counts->count[magnitude_bits(run.cos[i]) >> LOW_BITS]++;
}

static void count_low_of(struct counts *counts, const float *cos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = magnitude_bits(cos[i]);
        if (bits >> LOW_BITS == counts->prefix)
            counts->count[bits & ((1U << LOW_BITS) - 1)]++;
    }
}

/* Few numbers share a high half: most groups hold none of them, which a loop that vectorises says
 * sooner than a branch a number. */
static void count_low(void *context, struct cosines run)
{
    struct counts *counts = context;
    uint32_t prefix = counts->prefix;
    size_t i = 0;
    for (; i + GROUP <= run.count; i += GROUP) {
        uint32_t found = 0;
        for (size_t k = 0; k < GROUP; k++)
            found |= magnitude_bits(run.cos[i + k]) >> LOW_BITS == prefix;
        if (found)
            count_low_of(counts, run.cos + i, GROUP);
    }
    count_low_of(counts, run.cos + i, run.count - i);
}

/* The least number above `bits`; UNDEFINED where there is none. */
struct above {
    uint32_t bits, least;
};

static void find_above(void *context, struct cosines run)
{
    struct above *above = context;
    uint32_t bits = above->bits, least = above->least;
    for (size_t i = 0; i < run.count; i++) {
        uint32_t here = magnitude_bits(run.cos[i]);
        here = here > bits ? here : UNDEFINED;
        least = here < least ? here : least;
    }
    above->least = least;
}

/* ---- selection ----------------------------------------------------------- */

/* A number among the pairs, and how many are larger and how many as large. */
struct ranked {
    uint32_t bits;
    uint64_t larger, equal;
};

/* Adds the numbers of larger values to *larger until the value that holds the `rank`th is found. */
static uint32_t digit_of_rank(const struct counts *counts, uint32_t largest, uint64_t rank,
                              uint64_t *larger)
{
    uint32_t value = largest;
    while (value > 0 && *larger + counts->count[value] < rank)
        *larger += counts->count[value--];
    return value;
}

/* The `rank`th largest number, 1-based; there are so many, and their high halves are counted. */
static struct ranked select_largest(const struct angles *angles, const struct rule *rule,
                                    struct counts *counts, uint64_t rank)
{
    struct ranked out = {0};
    uint32_t high = digit_of_rank(counts, FIXING_MOST >> LOW_BITS, rank, &out.larger);
    *counts = (struct counts){.prefix = high};
    visit_covered(angles, rule, count_low, counts);
    uint32_t low = digit_of_rank(counts, (1U << LOW_BITS) - 1, rank, &out.larger);
    out.bits = high << LOW_BITS | low;
    out.equal = counts->count[low];
    return out;
}

static uint32_t next_above(const struct angles *angles, const struct rule *rule, uint32_t bits)
{
    struct above above = {bits, UNDEFINED};
    visit_covered(angles, rule, find_above, &above);
    return above.least == UNDEFINED ? FIXING_MOST : above.least;
}

struct fixing rule_fixing(const struct angles *angles, const struct rule *rule, double percent)
{
    struct counts counts = {0};
    struct fixing out = {.threshold = NAN};
    uint64_t rank;
    visit_covered(angles, rule, count_high, &counts);
    for (size_t value = 0; value <= FIXING_MOST >> LOW_BITS; value++)
        out.pairs += counts.count[value];
    if (!fixing_rank(out.pairs, percent, &rank))
        return out;
    struct ranked at = select_largest(angles, rule, &counts, rank);
    bool fewer = fixing_takes_fewer(out.pairs, percent, at.larger, at.larger + at.equal, at.bits);
    out.fixed = fewer ? at.larger : at.larger + at.equal;
    out.threshold = float_of(fewer ? next_above(angles, rule, at.bits) : at.bits);
    return out;
}
