/* test_number.c: numbers as text in exports, digit for digit what printf would write. */
#include "export/number.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_like_printf(double value)
{
    char got[TEXT_NUMBER], want[64];
    size_t length = number_real(got, value);
    snprintf(want, sizeof want, "%.9g", value);
    if (strcmp(got, want) != 0)
        fail_msg("%a: got %s, want %s", value, got, want);
    assert_int_equal(length, strlen(want));
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t next_bits(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

static void test_reals_are_what_printf_writes(void **state)
{
    (void)state;
    static const double special[] = {0,
                                     -0.0,
                                     1,
                                     -1,
                                     0.1,
                                     0.5,
                                     1e9,
                                     999999999,
                                     999999999.5,
                                     9999999995,
                                     0.0001,
                                     0.00001,
                                     123456789,
                                     1234567890,
                                     1e22,
                                     1e23,
                                     1e-14,
                                     1e-15,
                                     5e-324,
                                     1.7976931348623157e308,
                                     0.000099999999949,
                                     0.00009999999995,
                                     100000000.5,
                                     100000001.5,
                                     1e30,
                                     1e31,
                                     123456.7890125,
                                     -0.0102539062,
                                     2.5,
                                     1e100};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        assert_like_printf(special[i]);
    uint64_t seed = 1;
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = next_bits(&seed);
        double value = from_bits(bits);
        if (isfinite(value))
            assert_like_printf(value); /* any double */
        float single = (float)((int64_t)bits >> 11) * 0x1p-53F;
        assert_like_printf((double)single);             /* a cosine, as float32 */
        assert_like_printf((double)(bits >> 32) + 0.5); /* halfway: ties to even */
        assert_like_printf(ldexp((double)(bits >> 33), (int)(bits % 200) - 130));
    }
}

static void test_powers_of_ten_and_their_neighbours(void **state)
{
    (void)state;
    for (int exponent = -320; exponent <= 308; exponent++) {
        char text[32];
        snprintf(text, sizeof text, "1e%d", exponent);
        double value = strtod(text, NULL);
        assert_like_printf(value);
        assert_like_printf(nextafter(value, 0));
        assert_like_printf(nextafter(value, INFINITY));
        assert_like_printf(value * 0.9999999995); /* rounds up to it, or nearly */
        assert_like_printf(value * 0.99999999949);
    }
}

static void test_numbers_that_are_none_leave_nothing(void **state)
{
    (void)state;
    char text[TEXT_NUMBER];
    assert_int_equal(number_real(text, (double)NAN), 0);
    assert_string_equal(text, "");
    assert_int_equal(number_real(text, (double)INFINITY), 0);
    assert_int_equal(number_real(text, -(double)INFINITY), 0);
}

static void test_nine_digits_bring_a_float_back(void **state)
{
    (void)state;
    uint64_t seed = 2;
    for (int i = 0; i < 300000; i++) {
        uint32_t bits = (uint32_t)next_bits(&seed);
        float value;
        memcpy(&value, &bits, sizeof value);
        char text[TEXT_NUMBER];
        if (isfinite(value) && number_real(text, (double)value) > 0)
            assert_true(strtof(text, NULL) == value);
    }
}

static void test_integers(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 9, 10, 4294967296, 9007199254740993, UINT64_MAX};
    static const char *const texts[] = {
        "0", "9", "10", "4294967296", "9007199254740993", "18446744073709551615"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[TEXT_NUMBER];
        assert_int_equal(number_integer(text, values[i]), strlen(texts[i]));
        assert_string_equal(text, texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reals_are_what_printf_writes),
        cmocka_unit_test(test_powers_of_ten_and_their_neighbours),
        cmocka_unit_test(test_numbers_that_are_none_leave_nothing),
        cmocka_unit_test(test_nine_digits_bring_a_float_back),
        cmocka_unit_test(test_integers),
    };
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
