/* test_kernel.c: every kernel that this machine runs against the same sums in long double, for
 * every dtype, length, alignment and magnitude that a file can hold. */
#include "ropescope/angles.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum { LENGTH_MAX = 16384, ROW_BYTES = LENGTH_MAX * 8 + 16 };

static const enum dtype dtypes[] = {DTYPE_F64, DTYPE_F32, DTYPE_F16, DTYPE_BF16};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* Two rows as a file holds them, `shift` bytes off any alignment, and the numbers they hold. */
struct rows {
    enum dtype dtype;
    size_t length, shift;
    unsigned char bytes[2][ROW_BYTES];
    double value[2][LENGTH_MAX];
};
static struct rows rows;            /* too large for a stack */
static const struct kernel *kernel; /* that is being tested */

/* ---- numbers into bytes, by the definitions of the formats --------------- */

/* Rounds to `digits` binary digits of mantissa, with exponents from `least` on. */
static double rounded(double value, int digits, int least)
{
    int exponent;
    if (value == 0 || !isfinite(value))
        return value;
    frexp(value, &exponent);
    exponent = exponent - 1 < least ? least : exponent - 1;
    return ldexp(rint(ldexp(value, digits - 1 - exponent)), exponent - digits + 1);
}

static uint16_t half_bits(double value)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    int exponent;
    if (isnan(value))
        return 0x7E01;
    value = fabs(rounded(value, 11, -14));
    if (value > 65504)
        return sign | 0x7C00;
    if (value < 0x1p-14)
        return sign | (uint16_t)ldexp(value, 24);
    frexp(value, &exponent);
    return (uint16_t)(sign | ((exponent + 14) << 10) |
                      ((int)ldexp(value, 11 - exponent) - (1 << 10)));
}

static void store(void *to, uint64_t bits, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)to)[i] = (unsigned char)(bits >> 8 * i);
}

/* Stores `value` as the dtype holds it and returns what was stored. */
static double encode(enum dtype dtype, double value, unsigned char *to)
{
    uint64_t bits64;
    uint32_t bits32;
    float narrow;
    switch (dtype) {
    case DTYPE_F64:
        memcpy(&bits64, &value, sizeof bits64);
        store(to, bits64, 8);
        return value;
    case DTYPE_F16:
        store(to, half_bits(value), 2);
        return fabs(rounded(value, 11, -14)) > 65504 ? copysign(INFINITY, value)
                                                     : rounded(value, 11, -14);
    default:
        value = dtype == DTYPE_BF16 ? rounded(value, 8, -126) : rounded(value, 24, -126);
        narrow = (float)value;
        memcpy(&bits32, &narrow, sizeof bits32);
        if (dtype == DTYPE_BF16)
            store(to, bits32 >> 16, 2);
        else
            store(to, bits32, 4);
        return (double)narrow;
    }
}

static const unsigned char *row(int which)
{
    return rows.bytes[which] + rows.shift;
}

static void put(int which, size_t index, double value)
{
    size_t size = dtype_bits(rows.dtype) / 8;
    rows.value[which][index] =
        encode(rows.dtype, value, rows.bytes[which] + rows.shift + index * size);
}

/* ---- the reference ------------------------------------------------------- */

struct exact {
    long double cos, norm[2];
};

static struct exact exact_angle(void)
{
    long double dot = 0, square[2] = {0, 0};
    for (size_t i = 0; i < rows.length; i++) {
        long double a = rows.value[0][i], b = rows.value[1][i];
        dot += a * b;
        square[0] += a * a;
        square[1] += b * b;
    }
    struct exact exact = {.norm = {sqrtl(square[0]), sqrtl(square[1])}};
    exact.cos = dot / exact.norm[0] / exact.norm[1];
    return exact;
}

/* 1e-6 of it, or the last bit of a float32 that is subnormal; what float32 cannot hold is infinite.
 */
static void check_norm(float got, long double want)
{
    bool overflow = want > (long double)FLT_MAX;
    bool good = overflow ? isinf(got) : fabsl((long double)got - want) <= 1e-6L * want + 1e-45L;
    if (!good)
        fail_msg("%s: %s, %zu numbers: |w| = %.9g, exactly %.9Lg", kernel_name(kernel),
                 dtype_name(rows.dtype), rows.length, (double)got, want);
}

static void check_angle(const char *what)
{
    struct pair_angle angle = kernel_angle(kernel, rows.dtype, row(0), row(1), rows.length);
    struct exact exact = exact_angle();
    check_norm(angle.norm_a, exact.norm[0]);
    check_norm(angle.norm_b, exact.norm[1]);
    bool undefined = isnan(exact.cos);
    if (undefined != isnan(angle.cos) ||
        (!undefined && !(fabsl((long double)angle.cos - exact.cos) <= 1e-6L)) ||
        fabsf(angle.cos) > 1)
        fail_msg("%s: %s, %s, %zu numbers at byte %zu: cos %.9g, exactly %.9Lg",
                 kernel_name(kernel), what, dtype_name(rows.dtype), rows.length, rows.shift,
                 (double)angle.cos, exact.cos);
}

/* ---- rows to try --------------------------------------------------------- */

static uint64_t seed = 20241210;

/* Uniform in -1..1 (SplitMix64). */
static double draw(void)
{
    uint64_t z = (seed += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return ldexp((double)((z ^ (z >> 31)) >> 11), -52) - 1;
}

enum shape {
    INDEPENDENT,
    NEARLY_PARALLEL,
    NEARLY_OPPOSITE,
    NEARLY_ORTHOGONAL,
    MIXED,
    CONSTANT,
    SHAPES
};
static const char *const shape_name[SHAPES] = {"independent",      "nearly parallel",
                                               "nearly opposite",  "nearly orthogonal",
                                               "mixed magnitudes", "constant"};

/* The second row's number that makes the two rows what `shape` says. */
static double partner(enum shape shape, double a)
{
    switch (shape) {
    case NEARLY_PARALLEL:
        return a * (1 + 1e-3 * draw());
    case NEARLY_OPPOSITE:
        return -a * (1 + 1e-3 * draw());
    case CONSTANT:
        return -a;
    default:
        return draw();
    }
}

static void fill(enum dtype dtype, size_t length, size_t shift, enum shape shape, double scale)
{
    double constant = draw();
    rows.dtype = dtype;
    rows.length = length;
    rows.shift = shift;
    for (size_t i = 0; i < length; i++) {
        double a = shape == CONSTANT ? constant : draw();
        if (shape == MIXED)
            a = ldexp(a, (int)(7 * draw()));
        put(0, i, scale * a);
        put(1, i, scale * partner(shape, a));
    }
    if (shape == NEARLY_ORTHOGONAL) { /* (x, y) against (y, -x) */
        for (size_t i = 0; i + 1 < length; i += 2) {
            put(1, i, rows.value[0][i + 1]);
            put(1, i + 1, -rows.value[0][i] * (1 + 1e-3 * draw()));
        }
    }
}

static void test_every_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {1,    2,    3,    15,   16,   17,   31,   63,    64,   65,
                                     127,  255,  511,  512,  513,  575,  1000, 1023,  1024, 1025,
                                     2048, 4095, 4096, 4097, 5120, 8191, 8192, 16383, 16384};
    for (size_t d = 0; d < DTYPES; d++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            for (int shape = 0; shape < SHAPES; shape++) {
                fill(dtypes[d], lengths[i], (i + (size_t)shape) % 8, (enum shape)shape, 0.05);
                check_angle(shape_name[shape]);
            }
        }
    }
}

static void test_every_alignment(void **state)
{
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        for (size_t shift = 0; shift < 16; shift++) {
            fill(dtypes[d], 777, shift, INDEPENDENT, 1);
            check_angle("unaligned");
        }
    }
}

/* A row of one number against a row of two: all products round the same way. */
static void check_steps(double a, double b, double c)
{
    rows.dtype = DTYPE_F32;
    rows.length = 512;
    rows.shift = 0;
    for (size_t i = 0; i < rows.length; i++) {
        put(0, i, a);
        put(1, i, i < rows.length / 2 ? b : c);
    }
    check_angle("steps");
}

static void test_rounding_that_adds_up(void **state)
{
    (void)state;
    /* Found by search: float32 sums over blocks of 512 miss cos by 1.2e-6 here. */
    check_steps(0x1.490a3cp-1, 0x1.8a473ep-1, 0x1.0d1ad8p-2);
    check_steps(0x1.2659f2p-2, 0x1.b2a9p-1, 0x1.22953cp-3);
    for (int i = 0; i < 3000; i++)
        check_steps(draw(), draw(), draw());
}

/* Rows of equal numbers, in every length: each addition to a lane rounds as the one before. */
static void test_rows_of_equal_numbers(void **state)
{
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        for (int i = 0; i < 400; i++) {
            fill(dtypes[d], 64 + (size_t)i * 11, 0, CONSTANT, 1);
            check_angle("equal numbers");
        }
    }
}

/* ---- the end of a mapping ------------------------------------------------ */

/* Rows that end where the next page may not be touched, as the last row of a file can. */
static void test_nothing_behind_a_row_is_read(void **state)
{
    (void)state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = 2 * page;
    unsigned char *ends[2];
    for (int i = 0; i < 2; i++) {
        unsigned char *pages =
            mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(pages != MAP_FAILED);
        assert_int_equal(mprotect(pages + room, page, PROT_NONE), 0);
        ends[i] = pages + room;
    }
    for (size_t d = 0; d < DTYPES; d++) {
        size_t size = dtype_bits(dtypes[d]) / 8;
        for (size_t length = 1; length <= 600 && length * size <= room; length++) {
            fill(dtypes[d], length, 0, INDEPENDENT, 1);
            for (int i = 0; i < 2; i++)
                memcpy(ends[i] - length * size, row(i), length * size);
            struct pair_angle here = kernel_angle(kernel, dtypes[d], row(0), row(1), length);
            struct pair_angle there = kernel_angle(kernel, dtypes[d], ends[0] - length * size,
                                                   ends[1] - length * size, length);
            assert_memory_equal(&here, &there, sizeof here);
        }
    }
    for (int i = 0; i < 2; i++)
        munmap(ends[i] - room, room + page);
}

/* ---- magnitudes ---------------------------------------------------------- */

static void check_scale(enum dtype dtype, double scale)
{
    static const size_t lengths[] = {1, 3, 64, 513, 4096};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        for (int shape = 0; shape < SHAPES; shape++) {
            fill(dtype, lengths[i], 1, (enum shape)shape, scale);
            check_angle(shape_name[shape]);
        }
    }
}

static void test_squares_that_leave_float32(void **state)
{
    (void)state;
    static const double scales[] = {1e-30, 1e-25, 1e-19, 1e-16, 1e-15, 1e-14, 1e13,
                                    1e14,  1e15,  1e16,  1e19,  1e25,  1e30,  1e36};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        check_scale(DTYPE_F32, scales[i]);
        check_scale(DTYPE_BF16, scales[i]);
        check_scale(DTYPE_F64, scales[i]);
    }
}

/* What is exact in these tests has the range of a long double, which valgrind makes a double. */
static bool range_is_wide(void)
{
    volatile long double tiny = 1e-300L;
    tiny *= tiny;
    return tiny > 0;
}

static void test_squares_that_leave_double(void **state)
{
    (void)state;
    if (!range_is_wide())
        skip();
    static const double scales[] = {1e-300, 1e-200, 1e-160, 1e-100, 1e-45, 1e39,
                                    1e100,  1e154,  1e160,  1e200,  1e300, 1e305};
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++)
        check_scale(DTYPE_F64, scales[i]);
    fill(DTYPE_F64, 64, 0, INDEPENDENT, 1e308); /* MIXED would overflow here */
    check_angle("1e308");
}

static void test_subnormals(void **state)
{
    (void)state;
    if (!range_is_wide())
        skip();
    static const struct {
        enum dtype dtype;
        double scale;
    } cases[] = {{DTYPE_F16, 0x1p-15}, {DTYPE_F16, 0x1p-20},   {DTYPE_BF16, 0x1p-127},
                 {DTYPE_BF16, 1e-39},  {DTYPE_F32, 0x1p-127},  {DTYPE_F32, 1e-42},
                 {DTYPE_F64, 5e-309},  {DTYPE_F64, 0x1p-1060}, {DTYPE_F64, 1e-42}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_scale(cases[i].dtype, cases[i].scale);
}

/* The value of a binary16 by its definition. */
static double half_value(uint16_t bits)
{
    int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    return bits & 0x8000 ? -value : value;
}

/* Lanes of a vector do not know each other: rows of two numbers show what becomes of each. */
static void test_every_half(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        if ((bits >> 10 & 31) == 31)
            continue; /* infinity, NaN */
        unsigned char pair[2][4];
        double value = half_value((uint16_t)bits), other = half_value(0x3C01);
        store(pair[0], bits | 0x3C010000, 4);
        store(pair[1], 0x3C01 | 0x3C010000, 4);
        struct pair_sums sums = kernel_pair(kernel, DTYPE_F16, pair[0], pair[1], 2);
        double a = value * value + other * other, dot = (value + other) * other;
        assert_true(fabs(sums.a - a) <= 2e-7 * a);
        assert_true(fabs(sums.dot - dot) <= 2e-7 * (fabs(value) + other) * other);
    }
}

static void test_one_row_large_one_small(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        static const double scales[] = {1e-30, 1e-5, 1e5, 1e30};
        for (size_t k = 0; k < 4; k++) {
            fill(DTYPE_F32, 300, 3, INDEPENDENT, scales[i]);
            for (size_t j = 0; j < rows.length; j++)
                put(1, j, scales[k] * draw());
            check_angle("large against small");
        }
    }
}

/* ---- what has no angle --------------------------------------------------- */

static void check_undefined(const char *what)
{
    for (int swap = 0; swap < 2; swap++) {
        struct pair_angle angle =
            kernel_angle(kernel, rows.dtype, row(swap), row(!swap), rows.length);
        if (!isnan(angle.cos))
            fail_msg("%s in %s has cos %g", what, dtype_name(rows.dtype), (double)angle.cos);
    }
}

static void test_undefined(void **state)
{
    (void)state;
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t d = 0; d < DTYPES; d++) {
        for (size_t length = 1; length < 1200; length += 149) {
            fill(dtypes[d], length, 1, INDEPENDENT, 1);
            for (size_t i = 0; i < length; i++)
                put(0, i, i % 2 == 0 ? 0.0 : -0.0);
            check_undefined("a row of zeros");
            check_norm(kernel_angle(kernel, rows.dtype, row(0), row(1), length).norm_b,
                       exact_angle().norm[1]);
            for (size_t i = 0; i < 3; i++) {
                fill(dtypes[d], length, 1, INDEPENDENT, 1);
                put(0, length / 2, bad[i]);
                check_undefined("a number that is not finite");
            }
        }
    }
    assert_true(isnan(kernel_angle(kernel, DTYPE_F32, row(0), row(1), 0).cos));
}

/* ---- bits ---------------------------------------------------------------- */

static void assert_same_bits(const void *left, const void *right, size_t size, const char *what)
{
    if (memcmp(left, right, size) != 0)
        fail_msg("%s in %s, %zu numbers: other bits than in BF16", what, dtype_name(rows.dtype),
                 rows.length);
}

/* Numbers of seven bits, which every dtype holds; F16 only where `scale` leaves them in its range.
 */
static void check_same_bits(size_t length, double scale, bool in_half)
{
    static const enum dtype order[] = {DTYPE_BF16, DTYPE_F32, DTYPE_F64, DTYPE_F16};
    fill(DTYPE_BF16, length, 0, INDEPENDENT, 1);
    for (size_t i = 0; i < length; i++) {
        put(0, i, scale * ldexp(rint(ldexp(rows.value[0][i], 7)), -7));
        put(1, i, scale * ldexp(rint(ldexp(rows.value[1][i], 7)), -7));
    }
    struct pair_angle first = kernel_angle(kernel, DTYPE_BF16, row(0), row(1), length);
    struct pair_sums first_sums = kernel_pair(kernel, DTYPE_BF16, row(0), row(1), length);
    for (size_t d = 1; d < (in_half ? 4U : 3U); d++) {
        rows.dtype = order[d];
        rows.shift = d;
        for (size_t i = 0; i < length; i++) {
            put(0, i, rows.value[0][i]);
            put(1, i, rows.value[1][i]);
        }
        struct pair_angle angle = kernel_angle(kernel, rows.dtype, row(0), row(1), length);
        struct pair_sums sums = kernel_pair(kernel, rows.dtype, row(0), row(1), length);
        assert_same_bits(&angle, &first, sizeof angle, "cos and norms");
        assert_same_bits(&sums, &first_sums, sizeof sums, "sums");
    }
}

static void test_same_numbers_same_bits(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 3, 63, 64, 65, 511, 512, 513, 4095, 4096};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        check_same_bits(lengths[i], 1, true);
        check_same_bits(lengths[i], 0x1p-16, true); /* subnormal in F16 */
        check_same_bits(lengths[i], 0x1p10, true);
        check_same_bits(lengths[i], 0x1p-90, false); /* summed in double */
        check_same_bits(lengths[i], 0x1p90, false);
    }
}

/* Where a row is repeated, or turned round, cos is 1 and -1 to the last bit. */
static void test_a_row_with_itself(void **state)
{
    (void)state;
    for (size_t d = 0; d < DTYPES; d++) {
        for (size_t length = 1; length < 3000; length += 77) {
            fill(dtypes[d], length, 1, INDEPENDENT, 1);
            for (size_t i = 0; i < length; i++)
                put(1, i, -rows.value[0][i]);
            float same = kernel_angle(kernel, rows.dtype, row(0), row(0), length).cos;
            float opposite = kernel_angle(kernel, rows.dtype, row(0), row(1), length).cos;
            assert_true(same == 1.0F && opposite == -1.0F);
        }
    }
}

static void test_sums(void **state)
{
    (void)state;
    fill(DTYPE_F32, 1000, 1, NEARLY_PARALLEL, 1e-20);
    struct pair_sums sums = kernel_pair(kernel, rows.dtype, row(0), row(1), rows.length);
    struct exact exact = exact_angle();
    long double product = exact.norm[0] * exact.norm[1];
    assert_true(fabsl((long double)sums.dot - exact.cos * product) <= 1e-6L * product);
    assert_true(fabsl((long double)sums.a - exact.norm[0] * exact.norm[0]) <=
                1e-6L * exact.norm[0] * exact.norm[0]);
    assert_true(fabsl((long double)sums.b - exact.norm[1] * exact.norm[1]) <=
                1e-6L * exact.norm[1] * exact.norm[1]);
}

/* ---- the list of kernels ------------------------------------------------- */

static void test_the_list(void **state)
{
    (void)state;
    size_t count = 0;
    while (kernel_at(count))
        count++;
    assert_true(count >= 1);
    assert_ptr_equal(kernel_best(), kernel_at(0));
    assert_string_equal(kernel_name(kernel_at(count - 1)), "portable");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(kernel_name(kernel_at(i)), kernel_name(kernel_at(k)));
    }
}

static int use_kernel(void **state)
{
    kernel = *state;
    return 0;
}

/* Every test with every kernel that this machine can run: one group, as the plan of a test wants.
 */
int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_every_alignment),
        cmocka_unit_test(test_rounding_that_adds_up),
        cmocka_unit_test(test_rows_of_equal_numbers),
        cmocka_unit_test(test_nothing_behind_a_row_is_read),
        cmocka_unit_test(test_squares_that_leave_float32),
        cmocka_unit_test(test_squares_that_leave_double),
        cmocka_unit_test(test_subnormals),
        cmocka_unit_test(test_every_half),
        cmocka_unit_test(test_one_row_large_one_small),
        cmocka_unit_test(test_undefined),
        cmocka_unit_test(test_same_numbers_same_bits),
        cmocka_unit_test(test_a_row_with_itself),
        cmocka_unit_test(test_sums),
    };
    enum { TESTS = sizeof tests / sizeof *tests, KERNELS_MAX = 8, NAME_BYTES = 80 };
    static struct CMUnitTest all[1 + TESTS * KERNELS_MAX] = {cmocka_unit_test(test_the_list)};
    static char names[TESTS * KERNELS_MAX][NAME_BYTES];
    size_t count = 1;
    for (size_t k = 0; k < KERNELS_MAX && kernel_at(k); k++) {
        for (size_t i = 0; i < TESTS; i++, count++) {
            snprintf(names[count - 1], NAME_BYTES, "%s: %s", kernel_name(kernel_at(k)),
                     tests[i].name);
            all[count] = tests[i];
            all[count].name = names[count - 1];
            all[count].setup_func = use_kernel;
            all[count].initial_state = (void *)(uintptr_t)kernel_at(k);
        }
    }
    return _cmocka_run_group_tests("kernel", all, count, NULL, NULL);
}
