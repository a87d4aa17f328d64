/* kernel_pass.h: the fused pass, written once for all kernels. A kernel defines TARGET (the
 * attribute of its functions), LANES, `lanes` (that many floats), `wides` (doubles to gather them
 * in), lanes_zero, lanes_multiply_add, wides_zero and wides_add, then includes this, then describes
 * how LANES numbers, and a step of twice as many, of each dtype are loaded.
 *
 * A sum of n float32 terms errs by up to (n + 1) / 2 rounding errors where all of them go the same
 * way, as in rows of equal numbers. With STEPS = 8 terms a lane the error of a cos stays below 7e-7
 * whatever the rows (6e-8 for one rounding; dot and norms err against each other; without a fused
 * multiply-add the products round, too); 16 terms could reach 1e-6. Everything beyond is added in
 * double. Which numbers meet in a lane depends on the length alone, never on the dtype. */
#ifndef ROPESCOPE_ANGLES_KERNEL_PASS_H
#define ROPESCOPE_ANGLES_KERNEL_PASS_H

#include <stdint.h>
#include <string.h>

/* Four streams at once are more than the hardware's own reading ahead follows over the ends of
 * pages: bytes that are asked for beforehand, into the core's second cache (the first one holds no
 * more than they are). Half of it, or three times as much, was slower by a tenth. They may lie
 * behind the row, where asking does no harm. */
enum { AHEAD = 2048, SECOND_CACHE = 2 };

enum { STEPS = 8, STEP = 2 * LANES, NUMBER_MAX = sizeof(double) };

#define PASS static inline TARGET __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")

/* Sums of every other vector of a block: two sets of three, so that no sum waits for itself. */
struct block_sums {
    lanes dot, a, b;
};
struct gathered_sums {
    wides dot, a, b;
};

/* LANES numbers, in their order. */
typedef lanes load_lanes(const unsigned char *from);
/* STEP numbers, in whatever order is cheap to load. */
struct step {
    lanes even, odd;
};
typedef struct step load_step(const unsigned char *from);
/* Sums in the order of the numbers that went into them, in the order that they are gathered in.
 * Which numbers meet there is the kernel's affair, but the same for each dtype. */
typedef struct step settle_sums(lanes even, lanes odd);
/* What a pass has to know of a dtype. */
struct form {
    load_step *load;
    settle_sums *settle;
    size_t size; /* of a number */
};

PASS void add_lanes(lanes left, lanes right, struct block_sums *sums)
{
    sums->dot = lanes_multiply_add(left, right, sums->dot);
    sums->a = lanes_multiply_add(left, left, sums->a);
    sums->b = lanes_multiply_add(right, right, sums->b);
}

PASS wides gather(struct form form, wides sum, lanes even, lanes odd)
{
    struct step settled = form.settle(even, odd);
    return wides_add(wides_add(sum, settled.even), settled.odd);
}

PASS void gather_sums(struct form form, struct gathered_sums *into, const struct block_sums *even,
                      const struct block_sums *odd)
{
    into->dot = gather(form, into->dot, even->dot, odd->dot);
    into->a = gather(form, into->a, even->a, odd->a);
    into->b = gather(form, into->b, even->b, odd->b);
}

PASS void add_block(struct form form, const unsigned char *x, const unsigned char *y, size_t steps,
                    struct gathered_sums *sums)
{
    struct block_sums even = {lanes_zero(), lanes_zero(), lanes_zero()}, odd = even;
    for (size_t i = 0; i < steps; i++) {
        size_t at = i * STEP * form.size;
        struct step left = form.load(x + at), right = form.load(y + at);
        add_lanes(left.even, right.even, &even);
        add_lanes(left.odd, right.odd, &odd);
    }
    gather_sums(form, sums, &even, &odd);
}

/* One after the other: how a compiler's own reduction adds is the compiler's affair. */
PASS double add_up(const wides *sums)
{
    double parts[sizeof *sums / sizeof(double)], sum = 0;
    memcpy(parts, sums, sizeof *sums);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += parts[i];
    return sum;
}

/* What is left of a row after its last whole step is copied, with zeros behind it: numbers beyond
 * the row's end are never touched. */
PASS void add_rest(struct form form, const unsigned char *x, const unsigned char *y, size_t count,
                   struct gathered_sums *sums)
{
    unsigned char rest[2][STEP * NUMBER_MAX] = {{0}};
    memcpy(rest[0], x, count * form.size);
    memcpy(rest[1], y, count * form.size);
    add_block(form, rest[0], rest[1], 1, sums);
}

PASS struct pair_sums pass_over(struct form form, const unsigned char *x, const unsigned char *y,
                                size_t length)
{
    struct gathered_sums sums = {wides_zero(), wides_zero(), wides_zero()};
    size_t at = 0;
    for (; length - at >= STEPS * STEP; at += STEPS * STEP)
        add_block(form, x + at * form.size, y + at * form.size, STEPS, &sums);
    size_t steps = (length - at) / STEP;
    add_block(form, x + at * form.size, y + at * form.size, steps, &sums);
    at += steps * STEP;
    if (at < length)
        add_rest(form, x + at * form.size, y + at * form.size, length - at, &sums);
    return (struct pair_sums){add_up(&sums.dot), add_up(&sums.a), add_up(&sums.b)};
}

/* The sum of the squares of x - y, in the same order as the other sums. */
PASS void add_difference(struct form form, const unsigned char *x, const unsigned char *y,
                         size_t steps, wides *sum)
{
    lanes even = lanes_zero(), odd = even;
    for (size_t i = 0; i < steps; i++) {
        struct step left = form.load(x + i * STEP * form.size),
                    right = form.load(y + i * STEP * form.size);
        lanes near = left.even - right.even, far = left.odd - right.odd;
        even = lanes_multiply_add(near, near, even);
        odd = lanes_multiply_add(far, far, odd);
    }
    *sum = gather(form, *sum, even, odd);
}

PASS double difference_over(struct form form, const unsigned char *x, const unsigned char *y,
                            size_t length)
{
    wides sum = wides_zero();
    size_t at = 0;
    for (; length - at >= STEPS * STEP; at += STEPS * STEP)
        add_difference(form, x + at * form.size, y + at * form.size, STEPS, &sum);
    size_t steps = (length - at) / STEP;
    add_difference(form, x + at * form.size, y + at * form.size, steps, &sum);
    at += steps * STEP;
    if (at < length) {
        unsigned char rest[2][STEP * NUMBER_MAX] = {{0}};
        memcpy(rest[0], x + at * form.size, (length - at) * form.size);
        memcpy(rest[1], y + at * form.size, (length - at) * form.size);
        add_difference(form, rest[0], rest[1], 1, &sum);
    }
    return add_up(&sum);
}

/* ---- two pairs at once --------------------------------------------------- */

/* The rows of a pair in two models, each read once: the sums of either pair, in the very order of
 * pass_over, and of their differences. */
struct twin_lanes {
    struct block_sums base, tuned;
    lanes a, b; /* of the differences of the first rows, of the second rows */
};
struct twin_gathered {
    struct gathered_sums base, tuned;
    wides a, b;
};

PASS void add_twin_lanes(lanes a, lanes b, lanes c, lanes d, struct twin_lanes *sums)
{
    lanes first = a - c, second = b - d;
    add_lanes(a, b, &sums->base);
    add_lanes(c, d, &sums->tuned);
    sums->a = lanes_multiply_add(first, first, sums->a);
    sums->b = lanes_multiply_add(second, second, sums->b);
}

PASS void read_ahead(const unsigned char *const row[4], size_t at)
{
    for (int i = 0; i < 4; i++)
        __builtin_prefetch((const void *)((uintptr_t)row[i] + at + AHEAD), 0, SECOND_CACHE);
}

PASS void add_twin_block(struct form form, const unsigned char *const row[4], size_t from,
                         size_t steps, struct twin_gathered *sums)
{
    const lanes zero = lanes_zero();
    struct twin_lanes even = {{zero, zero, zero}, {zero, zero, zero}, zero, zero}, odd = even;
    for (size_t i = 0; i < steps; i++) {
        size_t at = (from + i * STEP) * form.size;
        read_ahead(row, at);
        struct step a = form.load(row[0] + at), b = form.load(row[1] + at),
                    c = form.load(row[2] + at), d = form.load(row[3] + at);
        add_twin_lanes(a.even, b.even, c.even, d.even, &even);
        add_twin_lanes(a.odd, b.odd, c.odd, d.odd, &odd);
    }
    gather_sums(form, &sums->base, &even.base, &odd.base);
    gather_sums(form, &sums->tuned, &even.tuned, &odd.tuned);
    sums->a = gather(form, sums->a, even.a, odd.a);
    sums->b = gather(form, sums->b, even.b, odd.b);
}

PASS struct pair_sums add_up_pair(const struct gathered_sums *sums)
{
    return (struct pair_sums){add_up(&sums->dot), add_up(&sums->a), add_up(&sums->b)};
}

PASS struct twin_sums twin_over(struct form form, const unsigned char *const row[4], size_t length)
{
    const wides zero = wides_zero();
    struct twin_gathered sums = {{zero, zero, zero}, {zero, zero, zero}, zero, zero};
    size_t at = 0;
    for (; length - at >= STEPS * STEP; at += STEPS * STEP)
        add_twin_block(form, row, at, STEPS, &sums);
    size_t steps = (length - at) / STEP;
    add_twin_block(form, row, at, steps, &sums);
    at += steps * STEP;
    if (at < length) {
        unsigned char rest[4][STEP * NUMBER_MAX] = {{0}};
        const unsigned char *const rests[4] = {rest[0], rest[1], rest[2], rest[3]};
        for (int i = 0; i < 4; i++)
            memcpy(rest[i], row[i] + at * form.size, (length - at) * form.size);
        add_twin_block(form, rests, 0, 1, &sums);
    }
    return (struct twin_sums){add_up_pair(&sums.base), add_up_pair(&sums.tuned), add_up(&sums.a),
                              add_up(&sums.b)};
}

#include "kernel_project.h"

/* For steps whose sums are gathered as they are. */
PASS struct step settle_not(lanes even, lanes odd)
{
    return (struct step){even, odd};
}

#define KERNEL_FORM(dtype, size, settling)                                                         \
    PASS struct form form_##dtype(void)                                                            \
    {                                                                                              \
        return (struct form){step_##dtype, settling, size};                                        \
    }
/* Steps in the order of the row. */
#define KERNEL_STEP(dtype, size, settling)                                                         \
    PASS struct step step_##dtype(const unsigned char *from)                                       \
    {                                                                                              \
        return (struct step){load_##dtype(from), load_##dtype(from + LANES * (size))};             \
    }                                                                                              \
    KERNEL_FORM(dtype, size, settling)
#define KERNEL_STEPS                                                                               \
    KERNEL_STEP(f64, 8, settle_not)                                                                \
    KERNEL_STEP(f32, 4, settle_not)                                                                \
    KERNEL_STEP(f16, 2, settle_not)                                                                \
    KERNEL_STEP(bf16, 2, settle_not)
/* A kernel's functions, out of its load_f64, load_f32, load_f16 and load_bf16, and of its forms. */
#define KERNEL_FUNCTION(dtype, size)                                                               \
    static TARGET struct pair_sums sums_##dtype(const unsigned char *x, const unsigned char *y,    \
                                                size_t length)                                     \
    {                                                                                              \
        return pass_over(form_##dtype(), x, y, length);                                            \
    }                                                                                              \
    static TARGET double differ_##dtype(const unsigned char *x, const unsigned char *y,            \
                                        size_t length)                                             \
    {                                                                                              \
        return difference_over(form_##dtype(), x, y, length);                                      \
    }                                                                                              \
    static TARGET struct twin_sums twin_##dtype(const unsigned char *const row[4], size_t length)  \
    {                                                                                              \
        return twin_over(form_##dtype(), row, length);                                             \
    }                                                                                              \
    static TARGET void project_##dtype(const struct narrow *narrow,                                \
                                       const unsigned char *const *rows, size_t count, double *to) \
    {                                                                                              \
        project_over(load_##dtype, size, narrow, rows, count, to);                                 \
    }
#define KERNEL_FUNCTIONS                                                                           \
    KERNEL_FUNCTION(f64, 8)                                                                        \
    KERNEL_FUNCTION(f32, 4)                                                                        \
    KERNEL_FUNCTION(f16, 2)                                                                        \
    KERNEL_FUNCTION(bf16, 2)
#define KERNEL_TABLE                                                                               \
    .f64 = {sums_f64, project_f64, differ_f64, twin_f64},                                          \
    .f32 = {sums_f32, project_f32, differ_f32, twin_f32},                                          \
    .f16 = {sums_f16, project_f16, differ_f16, twin_f16},                                          \
    .bf16 = {sums_bf16, project_bf16, differ_bf16, twin_bf16}

#endif
