/* kernel_portable.c: the fused pass in C for any processor, four numbers at a time: vectors of
 * sixteen bytes are what nearly every processor has. Built without contraction, so that the same
 * rows give the same bits whatever the compiler. */
#include "kernels.h"

#define TARGET
#define NARROW_LANES 2
enum { LANES = 4 };
typedef float lanes __attribute__((vector_size(16)));
typedef double pair_of_doubles __attribute__((vector_size(16)));
typedef int32_t words __attribute__((vector_size(16))); /* signed: old units compare nothing else */
typedef struct {
    pair_of_doubles low, high;
} wides;

static inline lanes lanes_zero(void)
{
    return (lanes){0};
}

static inline lanes lanes_all(float x)
{
    return (lanes){x, x, x, x};
}

static inline lanes lanes_multiply_add(lanes x, lanes y, lanes sum)
{
    return sum + x * y;
}

static inline wides wides_zero(void)
{
    return (wides){{0}, {0}};
}

static inline wides wides_add(wides sum, lanes x)
{
    sum.low += (pair_of_doubles){(double)x[0], (double)x[1]};
    sum.high += (pair_of_doubles){(double)x[2], (double)x[3]};
    return sum;
}

/* LANES sums, each its own. */
static inline void lanes_add_to(double *sums, const float *from)
{
    for (size_t i = 0; i < LANES; i++)
        sums[i] += (double)from[i];
}

#include "kernel_pass.h"

/* ---- loads: little-endian whatever the machine --------------------------- */

/* Four 16-bit words, each in the upper half of a 32-bit one. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LITTLE32(x) __builtin_bswap32(x)
#define LITTLE64(x) __builtin_bswap64(x)
PASS words load_halves(const unsigned char *from)
{
    words wide;
    for (int i = 0; i < LANES; i++)
        // cppcheck-suppress uninitvar // a vector, of which every lane is set
        wide[i] = (int32_t)((uint32_t)from[2 * i] << 16 | (uint32_t)from[2 * i + 1] << 24);
    return wide;
}
#else
#define LITTLE32(x) (x)
#define LITTLE64(x) (x)
typedef uint64_t long_words __attribute__((vector_size(16)));
typedef uint16_t short_words __attribute__((vector_size(16)));
PASS words load_halves(const unsigned char *from)
{
    uint64_t x;
    memcpy(&x, from, sizeof x);
    const short_words zero = {0}, low = (short_words)(long_words){x, 0};
    return (words)__builtin_shufflevector(zero, low, 0, 8, 1, 9, 2, 10, 3, 11);
}
#endif

PASS lanes load_f64(const unsigned char *from)
{
    uint64_t bits[LANES];
    double x[LANES];
    memcpy(bits, from, sizeof bits);
    for (int i = 0; i < LANES; i++)
        bits[i] = LITTLE64(bits[i]);
    memcpy(x, bits, sizeof x);
    return (lanes){(float)x[0], (float)x[1], (float)x[2], (float)x[3]};
}

PASS lanes load_f32(const unsigned char *from)
{
    uint32_t bits[LANES];
    lanes x;
    memcpy(bits, from, sizeof bits);
    for (int i = 0; i < LANES; i++)
        bits[i] = LITTLE32(bits[i]);
    memcpy(&x, bits, sizeof x);
    return x;
}

PASS lanes load_bf16(const unsigned char *from)
{
    return (lanes)load_halves(from);
}

/* IEEE 754 binary16, exactly and without branches: shifting exponent and mantissa into place leaves
 * the exponent 112 too small, for subnormals too, and a product with 2^112 mends it. Infinity and
 * NaN get the largest exponent instead. */
PASS lanes load_f16(const unsigned char *from)
{
    words halves = load_halves(from);
    words magnitude = (halves & 0x7FFF0000) >> 3;
    words special = (magnitude > 0x7BFF << 13) & 0x7F800000;
    words sign = halves & INT32_MIN;
    words bits = (words)((lanes)magnitude * 0x1p112F);
    return (lanes)(bits | special | sign);
}

KERNEL_STEPS
KERNEL_FUNCTIONS

const struct kernel kernel_portable = {.name = "portable", KERNEL_TABLE};
