/* quantile.c: which threshold fixes a share of the pairs: the inverse of counting what a threshold
 * fixes. */
#include "analysis/cosines.h"

#include <math.h>
#include <string.h>

/* The bits of float32 numbers >= 0 stand in the order of the numbers. So |cos| is ranked digit by
 * digit of its bits: three passes that count, none that moves or copies. */
enum {
    DIGITS = 3,
    DIGIT_VALUES = 1 << 11, /* of the first digit; 1 << 10 of the others */
    LOW_BITS = 10,
};
#define ONE_BITS 0x3F800000U  /* of 1.0F */
#define INFINITE 0x7F800000U  /* everything above is NaN */
#define UNDEFINED 0x7FFFFFFFU /* what NaN becomes: behind every number */

/* Bits of |cos|; what is over 1 counts as 1, since no threshold is. */
static inline uint32_t magnitude_bits(float cos)
{
    uint32_t bits;
    memcpy(&bits, &cos, sizeof bits);
    bits &= 0x7FFFFFFFU;
    uint32_t number = bits < ONE_BITS ? bits : ONE_BITS;
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

/* How often each value of a digit comes up among the numbers whose higher bits are `prefix`. */
struct counts {
    int shift; /* of the digit; the prefix is what lies above it */
    uint32_t prefix;
    uint64_t count[DIGIT_VALUES];
};

static void count_first(void *context, struct cosines run)
{
    struct counts *counts = context;
    for (size_t i = 0; i < run.count; i++)
        counts->count[magnitude_bits(run.cos[i]) >> (2 * LOW_BITS)]++;
}

static void count_digit(void *context, struct cosines run)
{
    struct counts *counts = context;
    for (size_t i = 0; i < run.count; i++) {
        uint32_t bits = magnitude_bits(run.cos[i]) >> counts->shift;
        if (bits >> LOW_BITS == counts->prefix)
            counts->count[bits & ((1U << LOW_BITS) - 1)]++;
    }
}

/* The least number above `bits`; UNDEFINED where there is none. */
struct above {
    uint32_t bits, least;
};

static void find_above(void *context, struct cosines run)
{
    struct above *above = context;
    for (size_t i = 0; i < run.count; i++) {
        uint32_t bits = magnitude_bits(run.cos[i]);
        if (bits > above->bits && bits < above->least)
            above->least = bits;
    }
}

/* ---- selection ----------------------------------------------------------- */

/* A number among the pairs, and how many are larger and how many as large. */
struct ranked {
    uint32_t bits;
    uint64_t larger, equal;
};

/* The `rank`th largest number, 1-based; there are so many. */
static struct ranked select_largest(const struct angles *angles, const struct rule *rule,
                                    struct counts *counts, uint64_t rank)
{
    struct ranked out = {0};
    for (int digit = 0; digit < DIGITS; digit++) {
        if (digit > 0) { /* the first digit has been counted */
            *counts = (struct counts){.shift = (DIGITS - 1 - digit) * LOW_BITS, .prefix = out.bits};
            visit_covered(angles, rule, count_digit, counts);
        }
        uint32_t value = digit > 0 ? (1U << LOW_BITS) - 1 : ONE_BITS >> (2 * LOW_BITS);
        while (value > 0 && out.larger + counts->count[value] < rank)
            out.larger += counts->count[value--];
        out.equal = counts->count[value];
        out.bits = digit > 0 ? out.bits << LOW_BITS | value : value;
    }
    return out;
}

static uint32_t next_above(const struct angles *angles, const struct rule *rule, uint32_t bits)
{
    struct above above = {bits, UNDEFINED};
    visit_covered(angles, rule, find_above, &above);
    return above.least == UNDEFINED ? ONE_BITS : above.least;
}

struct fixing rule_fixing(const struct angles *angles, const struct rule *rule, double percent)
{
    struct counts counts = {.shift = 2 * LOW_BITS};
    struct fixing out = {.threshold = NAN};
    visit_covered(angles, rule, count_first, &counts);
    for (size_t value = 0; value <= ONE_BITS >> (2 * LOW_BITS); value++)
        out.pairs += counts.count[value];
    if (out.pairs == 0 || !(percent >= 0 && percent <= 100))
        return out;
    double wanted = percent * (double)out.pairs / 100;
    uint64_t rank = (uint64_t)ceil(wanted);
    rank = rank < 1 ? 1 : rank > out.pairs ? out.pairs : rank;
    struct ranked at = select_largest(angles, rule, &counts, rank);
    double over = (double)(at.larger + at.equal) - wanted, under = wanted - (double)at.larger;
    bool fewer = under <= over && (at.larger > 0 || at.bits < ONE_BITS);
    out.fixed = fewer ? at.larger : at.larger + at.equal;
    out.threshold = float_of(fewer ? next_above(angles, rule, at.bits) : at.bits);
    return out;
}
