/* order.c: a stable radix sort of numbers, a million in some tens of milliseconds. */
#include "ropescope/lists.h"

#include <math.h>
#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, PASSES = 6, FEW = 1 << 16 };

struct keyed {
    uint64_t key;
    uint32_t index;
};

/* Unsigned integers in the order of the doubles: all bits of the negative ones are flipped, the
 * sign of the others. */
static uint64_t key_of(double value, bool descending)
{
    uint64_t bits;
    if (isnan(value))
        return UINT64_MAX;
    value += 0.0; /* -0 is 0 */
    memcpy(&bits, &value, sizeof bits);
    bits = bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
    return descending ? UINT64_MAX - 1 - bits : bits; /* NaN stays behind all */
}

/* Stable: what shares the digit keeps its order. */
static void pass(const struct keyed *from, struct keyed *to, size_t count, int shift)
{
    uint32_t start[DIGITS] = {0}, sum = 0; /* half of the first-level cache, or less */
    for (size_t i = 0; i < count; i++)
        start[from[i].key >> shift & (DIGITS - 1)]++;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        uint32_t here = start[digit];
        start[digit] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[start[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

/* Returns the bits that vary: flags and small numbers have few, and need few passes. */
static uint64_t fill(struct keyed *out, const double *keys, size_t count, bool descending)
{
    uint64_t varying = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct keyed){key_of(keys[i], descending), (uint32_t)i};
        varying |= out[i].key ^ out[0].key;
    }
    return varying;
}

/* By the digits from `first` on; *from is where the result lies. */
static void sort(struct keyed **from, struct keyed **to, size_t count, uint64_t varying, int first)
{
    for (int p = first; p < PASSES; p++) {
        if ((varying >> p * DIGIT_BITS & (DIGITS - 1)) == 0)
            continue;
        pass(*from, *to, count, p * DIGIT_BITS);
        struct keyed *was = *from;
        *from = *to;
        *to = was;
    }
}

static bool in_order(const struct keyed *sorted, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (sorted[i].key < sorted[i - 1].key)
            return false;
    return true;
}

uint32_t *order_new(const double *keys, size_t count, bool descending)
{
    if (count == 0 || count > UINT32_MAX)
        return count == 0 ? memory_array(1, sizeof(uint32_t)) : NULL;
    uint64_t bytes;
    if (!size_multiply(count, sizeof(struct keyed), &bytes) || bytes > SIZE_MAX)
        return NULL;
    struct keyed *a = memory_unset((size_t)bytes), *b = memory_unset((size_t)bytes);
    uint32_t *order = memory_array(count, sizeof *order);
    uint64_t varying = 0;
    if (a && b && order)
        varying = fill(a, keys, count, descending);
    /* Fractions of few pairs differ in their high bits: few passes, if they suffice. Millions are
     * numbers that differ everywhere. */
    struct keyed *from = a, *to = b;
    if (a && b && order) {
        if (count <= FEW)
            sort(&from, &to, count, varying, PASSES - 2);
        if (count > FEW || !in_order(from, count)) {
            fill(from, keys, count, descending);
            sort(&from, &to, count, varying, 0);
        }
    }
    for (size_t i = 0; a && b && order && i < count; i++)
        order[i] = from[i].index;
    if (!a || !b) {
        memory_free(order);
        order = NULL;
    }
    memory_free(a);
    memory_free(b);
    return order;
}
