/* kernel.c: w1.w2, |w1|^2 and |w2|^2 of a pair in one pass over its two rows. */
#include "ropescope/angles.h"

#include <math.h>
#include <string.h>

/* Rows are turned into float32 a block at a time, so that one loop serves every dtype and rows that
 * hold the same numbers give the same bits. A block is short enough for its float32 sums to keep
 * 1e-6 even where all rounding goes one way (rows of equal numbers; 512 were too many); blocks are
 * gathered in double. */
enum { BLOCK = 256, LANES = 16 };

/* Sixteen partial sums; a compiler without such registers uses several smaller ones. */
typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

static double lane_sum(const lanes *values)
{
    double sum = 0;
    for (int i = 0; i < LANES; i++)
        sum += (double)(*values)[i];
    return sum;
}

/* x and y hold `count` numbers and zeros up to a multiple of LANES. */
static void add_block(const float *x, const float *y, size_t count, struct pair_sums *sums)
{
    lanes dot = {0}, a = {0}, b = {0};
    for (size_t i = 0; i < count; i += LANES) {
        lanes left, right;
        memcpy(&left, x + i, sizeof left);
        memcpy(&right, y + i, sizeof right);
        dot += left * right;
        a += left * left;
        b += right * right;
    }
    sums->dot += lane_sum(&dot);
    sums->a += lane_sum(&a);
    sums->b += lane_sum(&b);
}

static struct pair_sums sums_in_float(enum dtype dtype, const unsigned char *row_a,
                                      const unsigned char *row_b, size_t length)
{
    struct pair_sums sums = {0};
    size_t size = dtype_bits(dtype) / 8;
    float x[BLOCK], y[BLOCK];
    for (size_t at = 0; at < length; at += BLOCK) {
        size_t count = length - at < BLOCK ? length - at : BLOCK;
        dtype_to_float(dtype, row_a + at * size, count, x);
        dtype_to_float(dtype, row_b + at * size, count, y);
        for (size_t i = count; i % LANES != 0; i++)
            x[i] = y[i] = 0;
        add_block(x, y, count, &sums);
    }
    return sums;
}

/* ---- in double, for rows whose squares leave float32 --------------------- */

/* Sums of rows scaled by powers of two, so that not even squares of doubles overflow. */
struct scaled_sums {
    struct pair_sums sums; /* of row_a * 2^-exponent_a and row_b * 2^-exponent_b */
    int exponent_a, exponent_b;
};

/* Exponent of the largest magnitude; 0 for a row of zeros; false where a number is not finite. */
static bool row_exponent(enum dtype dtype, const unsigned char *row, size_t length, int *exponent)
{
    size_t size = dtype_bits(dtype) / 8;
    double largest = 0;
    for (size_t i = 0; i < length; i++) {
        double value;
        dtype_to_double(dtype, row + i * size, 1, &value);
        if (!isfinite(value))
            return false;
        largest = fmax(largest, fabs(value));
    }
    *exponent = 0;
    if (largest > 0)
        frexp(largest, exponent);
    return true;
}

static bool sums_in_double(enum dtype dtype, const unsigned char *row_a, const unsigned char *row_b,
                           size_t length, struct scaled_sums *out)
{
    size_t size = dtype_bits(dtype) / 8;
    struct pair_sums sums = {0};
    if (!row_exponent(dtype, row_a, length, &out->exponent_a) ||
        !row_exponent(dtype, row_b, length, &out->exponent_b))
        return false;
    for (size_t i = 0; i < length; i++) {
        double x, y;
        dtype_to_double(dtype, row_a + i * size, 1, &x);
        dtype_to_double(dtype, row_b + i * size, 1, &y);
        x = ldexp(x, -out->exponent_a);
        y = ldexp(y, -out->exponent_b);
        sums.dot += x * y;
        sums.a += x * x;
        sums.b += y * y;
    }
    out->sums = sums;
    return true;
}

/* ---- both ---------------------------------------------------------------- */

static bool is_safe(double square)
{
    return square >= 1e-30 && square <= 1e30;
}

static struct scaled_sums all_sums(enum dtype dtype, const void *row_a, const void *row_b,
                                   size_t length)
{
    struct scaled_sums out = {.sums = sums_in_float(dtype, row_a, row_b, length)};
    if (is_safe(out.sums.a) && is_safe(out.sums.b))
        return out;
    if (!sums_in_double(dtype, row_a, row_b, length, &out))
        out = (struct scaled_sums){.sums = {NAN, NAN, NAN}};
    return out;
}

struct pair_sums kernel_pair(enum dtype dtype, const void *row_a, const void *row_b, size_t length)
{
    struct scaled_sums s = all_sums(dtype, row_a, row_b, length);
    return (struct pair_sums){
        .dot = ldexp(s.sums.dot, s.exponent_a + s.exponent_b),
        .a = ldexp(s.sums.a, 2 * s.exponent_a),
        .b = ldexp(s.sums.b, 2 * s.exponent_b),
    };
}

struct pair_angle kernel_angle(enum dtype dtype, const void *row_a, const void *row_b,
                               size_t length)
{
    struct scaled_sums s = all_sums(dtype, row_a, row_b, length);
    double norm_a = sqrt(s.sums.a), norm_b = sqrt(s.sums.b);
    double cos = NAN;
    if (norm_a > 0 && norm_b > 0)
        cos = fmin(fmax(s.sums.dot / (norm_a * norm_b), -1), 1);
    return (struct pair_angle){
        .cos = (float)cos,
        .norm_a = (float)ldexp(norm_a, s.exponent_a),
        .norm_b = (float)ldexp(norm_b, s.exponent_b),
    };
}
