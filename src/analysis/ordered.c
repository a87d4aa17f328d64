/* ordered.c: the |cos| of a projection in their order, so that what a threshold fixes is found by
 * halving, and a step of it visits no more than what it changes. */
#include "analysis/cosines.h"
#include "analysis/fixing.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 3 }; /* bits of a float but its sign */
#define INFINITE 0x7F800000U                                    /* bits above are NaN */

struct numbered {
    uint32_t bits, head;
};

/* The bits of numbers >= 0 stand in the order of the numbers. */
static uint32_t magnitude_bits(float cos)
{
    uint32_t bits;
    memcpy(&bits, &cos, sizeof bits);
    return bits & 0x7FFFFFFFU;
}

static void pass(const struct numbered *from, struct numbered *to, size_t count, int shift)
{
    uint32_t start[DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        start[from[i].bits >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t here = start[digit];
        start[digit] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[start[from[i].bits >> shift & (DIGITS - 1)]++] = from[i];
}

/* Defined pairs of a run, numbered by their heads; returns how many. */
static size_t number(struct numbered *out, struct cosines run, uint32_t pairs)
{
    size_t count = 0;
    for (size_t i = 0, head = 0; i < run.count; head++)
        for (uint32_t pair = 0; pair < pairs; pair++, i++) {
            out[count] = (struct numbered){magnitude_bits(run.cos[i]), (uint32_t)head};
            count += out[count].bits <= INFINITE;
        }
    return count;
}

bool ordered_fill(struct ordered *ordered, const struct angles *angles, size_t layer,
                  int projection)
{
    struct cosines run = cosines_of_projection(angles, layer, projection);
    if (angles->model->layers[layer].projection[projection].heads > UINT16_MAX ||
        run.count > UINT32_MAX)
        return false;
    struct numbered *a = memory_array(run.count + 1, 2 * sizeof *a), *from = a;
    struct numbered *to = a ? a + run.count + 1 : NULL;
    struct ordered out = {.bits = memory_array(run.count + 1, sizeof *out.bits),
                          .head = memory_array(run.count + 1, sizeof *out.head)};
    bool room = a && out.bits && out.head;
    if (room)
        out.count = number(a, run, angles->model->layers[layer].pairs);
    for (int p = 0; room && p < PASSES; p++) {
        pass(from, to, out.count, p * DIGIT_BITS);
        struct numbered *was = from;
        from = to;
        to = was;
    }
    for (size_t i = 0; i < out.count; i++) {
        out.bits[i] = from[i].bits;
        out.head[i] = (uint16_t)from[i].head;
    }
    memory_free(a);
    if (room)
        *ordered = out;
    else
        ordered_free(&out);
    return room;
}

void ordered_free(struct ordered *ordered)
{
    memory_free(ordered->bits);
    memory_free(ordered->head);
    *ordered = (struct ordered){0};
}

/* How many have fewer bits. */
static size_t below(const struct ordered *ordered, uint32_t bits)
{
    const uint32_t *at = ordered->bits;
    size_t left = ordered->count;
    while (left > 0) { /* no branch in it that nobody could guess */
        size_t half = left / 2;
        bool lower = at[half] < bits;
        at = lower ? at + half + 1 : at;
        left = lower ? left - half - 1 : half;
    }
    return (size_t)(at - ordered->bits);
}

size_t ordered_below(const struct ordered *ordered, float threshold)
{
    return below(ordered, magnitude_bits(threshold));
}

/* ---- the inverse of the rule --------------------------------------------- */

/* Pairs of all runs with at least so many bits. */
static uint64_t at_least(const struct ordered *runs, size_t count, uint32_t bits)
{
    uint64_t pairs = 0;
    for (size_t i = 0; i < count; i++)
        pairs += runs[i].count - below(&runs[i], bits);
    return pairs;
}

static uint32_t next_above(const struct ordered *runs, size_t count, uint32_t bits)
{
    uint32_t next = FIXING_MOST;
    for (size_t i = 0; i < count; i++) {
        size_t at = below(&runs[i], bits + 1);
        if (at < runs[i].count && runs[i].bits[at] < next)
            next = runs[i].bits[at];
    }
    return next;
}

/* The bits of the `rank`th largest number, or of 1 where that is larger: as many are as large. */
static uint32_t bits_of_rank(const struct ordered *runs, size_t count, uint64_t rank)
{
    uint32_t low = 0, high = FIXING_MOST; /* low has `rank` and more */
    while (low < high) {
        uint32_t middle = high - (high - low) / 2;
        if (at_least(runs, count, middle) >= rank)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

struct fixing ordered_fixing(const struct ordered *runs, size_t count, double percent)
{
    uint64_t pairs = at_least(runs, count, 0), rank;
    if (!fixing_rank(pairs, percent, &rank))
        return (struct fixing){.threshold = NAN, .pairs = pairs};
    uint32_t bits = bits_of_rank(runs, count, rank);
    uint64_t reached = at_least(runs, count, bits);
    uint64_t larger = bits < FIXING_MOST ? at_least(runs, count, bits + 1) : 0;
    bool fewer = fixing_takes_fewer(pairs, percent, larger, reached, bits);
    if (fewer)
        bits = next_above(runs, count, bits);
    struct fixing out = {.fixed = fewer ? larger : reached, .pairs = pairs};
    memcpy(&out.threshold, &bits, sizeof bits);
    return out;
}
