/* Stored numbers against independent formulas: every pattern of the 16-bit formats, at any
 * alignment. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/checkpoint.h"

/* sign, exponent bits, mantissa bits: IEEE 754 of any width, by arithmetic. */
static double formula(uint32_t bits, int exponent_bits, int mantissa_bits)
{
    int bias = (1 << (exponent_bits - 1)) - 1, top = (1 << exponent_bits) - 1;
    int exponent = (int)(bits >> mantissa_bits) & top;
    double mantissa = ldexp((double)(bits & ((1U << mantissa_bits) - 1)), -mantissa_bits);
    double sign = bits >> (exponent_bits + mantissa_bits) & 1 ? -1 : 1;
    if (exponent == top)
        return mantissa != 0 ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexp(1 + mantissa, exponent - bias) : ldexp(mantissa, 1 - bias));
}

static void check_all_patterns(enum dtype dtype, int exponent_bits, int mantissa_bits)
{
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        unsigned char stored[3] = {0xAA, (unsigned char)bits, (unsigned char)(bits >> 8)};
        double want = formula(bits, exponent_bits, mantissa_bits), wide;
        float found;
        dtype_to_float(dtype, stored + 1, 1, &found);
        dtype_to_double(dtype, stored + 1, 1, &wide);
        bool same = isnan(want) ? isnan(found) && isnan(wide)
                                : (double)found == want && wide == want &&
                                      !signbit(found) == !signbit(want);
        if (!same)
            fail_msg("%s %04X is %g, not %g", dtype_name(dtype), bits, (double)found, want);
    }
}

static void every_half_is_exact(void **state)
{
    (void)state;
    check_all_patterns(DTYPE_F16, 5, 10);
}

static void every_bfloat_is_exact(void **state)
{
    (void)state;
    check_all_patterns(DTYPE_BF16, 8, 7);
}

/* All 256 codes of each, as torch 2.15 has them: tests/fixtures/make_quantised.py. */
static void every_float8_is_that_of_torch(void **state)
{
    (void)state;
    static const enum dtype order[] = {DTYPE_F8_E4M3, DTYPE_F8_E5M2, DTYPE_F8_E4M3FNUZ,
                                       DTYPE_F8_E5M2FNUZ};
    size_t size;
    unsigned char *table = file_get("tests/fixtures/quantised/float8.f32", &size);
    assert_int_equal(size, sizeof order / sizeof *order * 256 * sizeof(float));
    for (size_t i = 0; i < sizeof order / sizeof *order * 256; i++) {
        float want, found;
        unsigned char code = (unsigned char)i;
        double wide;
        dtype_to_float(DTYPE_F32, table + 4 * i, 1, &want);
        dtype_to_float(order[i / 256], &code, 1, &found);
        dtype_to_double(order[i / 256], &code, 1, &wide);
        bool same = isnan(want) ? isnan(found) && isnan(wide)
                                : memcmp(&want, &found, sizeof want) == 0 && wide == (double)want;
        if (!same)
            fail_msg("%s %02X is %g, not %g", dtype_name(order[i / 256]), code, (double)found,
                     (double)want);
    }
    memory_free(table);
}

static const double values[] = {
    0, -0.0, 1, -1.5, 1e-45, 1e-310, 3.4028234663852886e38, 1e39, -1e300, 0.1, INFINITY, -INFINITY};
enum { VALUES = sizeof values / sizeof *values };

/* Rows lie at any byte of a file. */
static void wide_formats_load_from_any_byte(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 9; shift++) {
        unsigned char stored[9 + 8 * VALUES];
        float narrow[VALUES], found[VALUES];
        double wide[VALUES];
        memcpy(stored + shift, values, sizeof values);
        file_order(stored + shift, sizeof *values, VALUES);
        dtype_to_float(DTYPE_F64, stored + shift, VALUES, found);
        dtype_to_double(DTYPE_F64, stored + shift, VALUES, wide);
        for (size_t i = 0; i < VALUES; i++) {
            narrow[i] = (float)values[i];
            assert_true(wide[i] == values[i] && found[i] == narrow[i]);
        }
        memcpy(stored + shift, narrow, sizeof narrow);
        file_order(stored + shift, sizeof *narrow, VALUES);
        dtype_to_float(DTYPE_F32, stored + shift, VALUES, found);
        dtype_to_double(DTYPE_F32, stored + shift, VALUES, wide);
        assert_memory_equal(found, narrow, sizeof narrow);
        for (size_t i = 0; i < VALUES; i++)
            assert_true(wide[i] == (double)narrow[i]);
    }
}

static void rows_convert_like_single_numbers(void **state)
{
    (void)state;
    static const enum dtype dtypes[] = {DTYPE_F16, DTYPE_BF16, DTYPE_F32};
    unsigned char stored[1 + 4 * 100];
    for (size_t i = 0; i < sizeof stored; i++)
        stored[i] = (unsigned char)(i * 37 % 61); /* no NaN among them */
    for (size_t d = 0; d < sizeof dtypes / sizeof *dtypes; d++) {
        size_t size = dtype_bits(dtypes[d]) / 8;
        for (size_t count = 0; count <= 100; count++) { /* every remainder of a vector loop */
            float row[101], one;
            row[count] = 77;
            dtype_to_float(dtypes[d], stored + 1, count, row);
            assert_true(row[count] == 77);
            for (size_t i = 0; i < count; i++) {
                dtype_to_float(dtypes[d], stored + 1 + i * size, 1, &one);
                assert_true(row[i] == one);
            }
        }
    }
}

static void names_are_those_of_the_format(void **state)
{
    (void)state;
    enum dtype found;
    unsigned plain = 0;
    for (int i = 0; i <= DTYPE_U64; i++) {
        assert_true(dtype_from_name(dtype_name((enum dtype)i), &found));
        assert_int_equal(found, i);
        assert_true(dtype_bits((enum dtype)i) >= 4 && dtype_bits((enum dtype)i) <= 64);
        plain += dtype_is_plain((enum dtype)i);
    }
    assert_int_equal(plain, 4);
    assert_false(dtype_from_name("", &found));
    assert_false(dtype_from_name("bf16", &found));
    assert_false(dtype_from_name("BF16 ", &found));
}

/* ggml's blocks have names to show, but no safetensors header may use them. */
static void blocks_are_no_dtypes_of_safetensors(void **state)
{
    (void)state;
    enum dtype found;
    for (int i = DTYPE_U64 + 1; i < DTYPE_COUNT; i++) {
        assert_true(strlen(dtype_name((enum dtype)i)) > 0);
        assert_false(dtype_from_name(dtype_name((enum dtype)i), &found));
        assert_false(dtype_is_plain((enum dtype)i));
        assert_int_equal(dtype_bits((enum dtype)i), 0);
    }
}

static void bytes_are_whole_or_refused(void **state)
{
    (void)state;
    uint64_t bytes;
    assert_true(dtype_bytes(DTYPE_BF16, 3, &bytes));
    assert_int_equal(bytes, 6);
    assert_true(dtype_bytes(DTYPE_F4, 4, &bytes));
    assert_int_equal(bytes, 2);
    assert_false(dtype_bytes(DTYPE_F4, 3, &bytes));
    assert_false(dtype_bytes(DTYPE_F64, UINT64_MAX / 8, &bytes));
    assert_true(dtype_bytes(DTYPE_Q4_K, 512, &bytes));
    assert_int_equal(bytes, 288);
    assert_false(dtype_bytes(DTYPE_Q4_K, 511, &bytes));
    assert_false(dtype_bytes(DTYPE_Q8_0, UINT64_MAX - 31, &bytes)); /* 34 / 32 of it wraps */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_is_exact),
        cmocka_unit_test(every_bfloat_is_exact),
        cmocka_unit_test(every_float8_is_that_of_torch),
        cmocka_unit_test(wide_formats_load_from_any_byte),
        cmocka_unit_test(rows_convert_like_single_numbers),
        cmocka_unit_test(names_are_those_of_the_format),
        cmocka_unit_test(blocks_are_no_dtypes_of_safetensors),
        cmocka_unit_test(bytes_are_whole_or_refused),
    };
    return cmocka_run_group_tests_name("dtype", tests, NULL, NULL);
}
