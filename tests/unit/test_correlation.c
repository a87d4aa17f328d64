/* test_correlation.c: Pearson's r on data that loses digits, and query against key cosines. */
#include "ropescope/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "small_angles.h"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* ---- running sums against two passes in long double ---------------------- */

enum { POINTS = 5000 };
static double xs[POINTS], ys[POINTS];

static void fill_points(double offset, double slope, double noise)
{
    uint64_t seed = 7;
    for (size_t i = 0; i < POINTS; i++) {
        double part[2];
        for (int k = 0; k < 2; k++) {
            seed = seed * 6364136223846793005U + 1442695040888963407U;
            part[k] = (double)(seed >> 32) / 4294967296.0 - 0.5;
        }
        xs[i] = offset + part[0];
        ys[i] = -2 * offset + slope * part[0] + noise * part[1];
    }
}

struct exact {
    double r, slope;
};
static struct exact two_pass(void)
{
    long double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < POINTS; i++) {
        x += xs[i];
        y += ys[i];
    }
    x /= POINTS;
    y /= POINTS;
    for (size_t i = 0; i < POINTS; i++) {
        xx += (xs[i] - x) * (xs[i] - x);
        yy += (ys[i] - y) * (ys[i] - y);
        xy += (xs[i] - x) * (ys[i] - y);
    }
    return (struct exact){(double)(xy / sqrtl(xx * yy)), (double)(xy / xx)};
}

static struct correlation add_range(size_t from, size_t to)
{
    struct correlation c = {0};
    for (size_t i = from; i < to; i++)
        correlation_add(&c, xs[i], ys[i]);
    return c;
}

/* An offset of 1e8 leaves sums of squares of 1e16 * n: textbook formulas would have no digit left.
 */
static void test_large_offsets_lose_no_digits(void **state)
{
    (void)state;
    static const double offsets[] = {0, 1, 1e4, 1e8};
    static const double tolerances[] = {1e-13, 1e-13, 1e-11, 1e-7};
    for (size_t i = 0; i < 4; i++) {
        fill_points(offsets[i], -0.7, 0.5);
        struct exact want = two_pass();
        struct correlation c = add_range(0, POINTS);
        assert_int_equal(c.count, POINTS);
        assert_near(correlation_r(&c), want.r, tolerances[i]);
        assert_near(correlation_slope(&c), want.slope, tolerances[i]);
    }
}

static void test_merged_parts_equal_the_whole(void **state)
{
    (void)state;
    static const size_t cuts[] = {0, 0, 1, 2, 40, 41, 3000, POINTS, POINTS};
    fill_points(1e4, 0.9, 0.3);
    struct correlation merged = {0};
    for (size_t i = 0; i + 1 < sizeof cuts / sizeof *cuts; i++) {
        struct correlation part = add_range(cuts[i], cuts[i + 1]);
        correlation_merge(&merged, &part);
    }
    struct correlation whole = add_range(0, POINTS);
    assert_int_equal(merged.count, POINTS);
    assert_near(merged.mean_x, whole.mean_x, 1e-10);
    assert_near(merged.mean_y, whole.mean_y, 1e-10);
    assert_near(correlation_r(&merged), two_pass().r, 1e-11);
    assert_near(correlation_slope(&merged), two_pass().slope, 1e-11);
}

static void test_perfect_and_absent_correlation(void **state)
{
    (void)state;
    struct correlation up = {0}, down = {0}, square = {0}, tiny = {0};
    for (int i = 0; i < 100; i++) {
        correlation_add(&up, 0.1 * i, 0.3 * i + 5);
        correlation_add(&down, 0.1 * i, -0.2 * i);
        correlation_add(&square, i % 2, i / 2 % 2);
        correlation_add(&tiny, 1e-200 * i, 1e-150 * i); /* products of the sums underflow */
    }
    assert_near(correlation_r(&up), 1, 1e-15);
    assert_near(correlation_slope(&up), 3, 1e-14);
    assert_true(correlation_r(&up) <= 1 && correlation_r(&down) >= -1);
    assert_near(correlation_r(&down), -1, 1e-15);
    assert_near(correlation_r(&square), 0, 1e-15);
    /* xx itself underflows: no r can be had, and none is made up. */
    assert_true(isnan(correlation_r(&tiny)));
}

static void test_no_spread_has_no_correlation(void **state)
{
    (void)state;
    struct correlation none = {0}, one = {0}, flat_x = {0}, flat_y = {0};
    correlation_add(&one, 0.3, 0.4);
    for (int i = 0; i < 1000; i++) {
        correlation_add(&flat_x, 0.1, i * 0.7);
        correlation_add(&flat_y, i * 0.7, 0.1);
    }
    assert_true(isnan(correlation_r(&none)) && isnan(correlation_slope(&none)));
    assert_true(isnan(correlation_r(&one)) && isnan(correlation_slope(&one)));
    assert_true(isnan(correlation_r(&flat_x)) && isnan(correlation_slope(&flat_x)));
    assert_true(isnan(correlation_r(&flat_y)));
    assert_true(correlation_slope(&flat_y) == 0);
}

/* ---- query against key --------------------------------------------------- */

/* The definition, written out: which key head a query head meets is spelled again on purpose. */
static struct correlation by_definition(const struct small_angles *small, size_t layer,
                                        uint32_t from, uint32_t to)
{
    struct correlation c = {0};
    for (uint32_t head = from; head < to; head++) {
        uint32_t key_head = layer == 4 ? head % 2 : head / 2;
        for (size_t pair = 0; pair < SMALL_PAIRS; pair++) {
            float q = small->cos[layer][PROJECTION_QUERY][head * SMALL_PAIRS + pair];
            float k = small->cos[layer][PROJECTION_KEY][key_head * SMALL_PAIRS + pair];
            if (!isnan(q) && !isnan(k))
                correlation_add(&c, (double)q, (double)k);
        }
    }
    return c;
}

static void assert_same(const struct correlation *got, const struct correlation *want)
{
    assert_int_equal(got->count, want->count);
    if (isnan(correlation_r(want)))
        assert_true(isnan(correlation_r(got)));
    else
        assert_near(correlation_r(got), correlation_r(want), 1e-13);
}

static void test_each_query_head_meets_its_key_head_once(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    static const size_t rotating[] = {0, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        size_t layer = rotating[i];
        for (uint32_t head = 0; head < SMALL_QUERY_HEADS; head++) {
            struct correlation got = correlation_head(&small.angles, layer, head);
            struct correlation want = by_definition(&small, layer, head, head + 1);
            assert_same(&got, &want);
        }
        struct correlation got = correlation_layer(&small.angles, layer);
        struct correlation want = by_definition(&small, layer, 0, SMALL_QUERY_HEADS);
        assert_same(&got, &want);
    }
    struct correlation third = correlation_layer(&small.angles, 2);
    assert_int_equal(third.count, 3 * SMALL_PAIRS - 1); /* head 3 and one key are undefined */
}

static void test_a_model_is_all_its_layers(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    struct correlation want = {0};
    static const size_t rotating[] = {0, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        struct correlation one = by_definition(&small, rotating[i], 0, SMALL_QUERY_HEADS);
        correlation_merge(&want, &one);
    }
    struct correlation got = correlation_model(&small.angles);
    assert_same(&got, &want);
    assert_int_equal(correlation_layer(&small.angles, 1).count, 0);
    assert_int_equal(correlation_layer(&small.angles, 3).count, 0);
    assert_int_equal(correlation_head(&small.angles, 0, SMALL_QUERY_HEADS).count, 0);
}

static void test_equal_cosines_correlate_fully(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    float *query = small.cos[0][PROJECTION_QUERY];
    const float *key = small.cos[0][PROJECTION_KEY];
    for (size_t head = 0; head < SMALL_QUERY_HEADS; head++)
        memcpy(query + head * SMALL_PAIRS, key + head / 2 * SMALL_PAIRS, sizeof *key * SMALL_PAIRS);
    struct correlation c = correlation_layer(&small.angles, 0);
    assert_int_equal(c.count, SMALL_QUERY_HEADS * SMALL_PAIRS);
    assert_near(correlation_r(&c), 1, 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_offsets_lose_no_digits),
        cmocka_unit_test(test_merged_parts_equal_the_whole),
        cmocka_unit_test(test_perfect_and_absent_correlation),
        cmocka_unit_test(test_no_spread_has_no_correlation),
        cmocka_unit_test(test_each_query_head_meets_its_key_head_once),
        cmocka_unit_test(test_a_model_is_all_its_layers),
        cmocka_unit_test(test_equal_cosines_correlate_fully),
    };
    return cmocka_run_group_tests_name("correlation", tests, NULL, NULL);
}
