/* test_chance.c: the law of the angle between random rows, against closed forms and against the
 * integral of its density. Simulated rows are in test_simulation.c. */
#include "ropescope/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const double PI = 3.14159265358979323846;

static void assert_near(double got, double want, double tolerance, const char *what, double at)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s at %.17g: got %.17g, want %.17g, off by %.3g", what, at, got, want,
                 got - want);
}

/* ---- closed forms -------------------------------------------------------- */

static const double thresholds[] = {1e-12, 1e-9, 1e-6, 1e-4, 0.001, 0.01,     0.1,      0.3,
                                    0.5,   0.7,  0.9,  0.99, 0.999, 1 - 1e-6, 1 - 1e-12};
enum { THRESHOLDS = sizeof thresholds / sizeof *thresholds };

static void test_small_lengths_have_closed_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < THRESHOLDS; i++) {
        double t = thresholds[i], root = sqrt((1 - t) * (1 + t));
        double angle = atan2(root, t); /* acos t that keeps its digits near t = 1 */
        double two = 2 / PI * angle, three = 1 - t;
        double five = (1 - t) * (1 - t) * (2 + t) / 2;
        assert_near(chance_level(t, 2) / two, 1, 1e-12, "D = 2", t);
        assert_near(chance_level(t, 3) / three, 1, 1e-12, "D = 3", t);
        assert_near(chance_level(t, 4), 2 / PI * (angle - t * root), 1e-12, "D = 4", t);
        assert_near(chance_level(t, 5) / five, 1, 1e-12, "D = 5", t);
    }
}

static void test_ends_and_nonsense(void **state)
{
    (void)state;
    for (uint64_t length = 1; length < 5000; length += 499) {
        assert_true(chance_level(0, length) == 1);
        assert_true(chance_level(-0.5, length) == 1);
        assert_true(chance_level(1.0000001, length) == 0);
        assert_true(length == 1 || chance_level(1, length) == 0);
    }
    assert_true(chance_level(1, 1) == 1 && chance_level(0.5, 1) == 1);
    assert_true(isnan(chance_level(0.5, 0)) && isnan(chance_level((double)NAN, 64)));
    assert_true(isnan(chance_quantile(0.5, 0)) && isnan(chance_quantile((double)NAN, 64)));
    assert_true(isnan(chance_mean_abs(0)));
    assert_true(isnan(beta_regularised(-0.1, 1, 1)) && isnan(beta_regularised(1.1, 1, 1)));
    assert_true(isnan(beta_regularised(0.5, 0, 1)) && isnan(beta_regularised(0.5, 1, -1)));
    assert_true(isnan(beta_regularised((double)NAN, 1, 1)));
}

static double binomial_tail(double x, int from, int trials) /* P(successes >= from) */
{
    double sum = 0;
    for (int k = from; k <= trials; k++)
        sum += exp(lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) + k * log(x) +
                   (trials - k) * log1p(-x));
    return sum;
}

static void test_beta_has_closed_forms(void **state)
{
    (void)state;
    for (double x = 0.01; x < 1; x += 0.07) {
        for (double p = 0.5; p < 40; p *= 1.7) {
            assert_near(beta_regularised(x, p, 1), pow(x, p), 1e-14, "I(x; a, 1)", x);
            assert_near(beta_regularised(x, 1, p), 1 - pow(1 - x, p), 1e-14, "I(x; 1, b)", x);
            assert_near(beta_regularised(x, p, 3) + beta_regularised(1 - x, 3, p), 1, 1e-14,
                        "I(x; a, b) + I(1 - x; b, a)", x);
        }
        assert_near(beta_regularised(x, 0.5, 0.5), 2 / PI * asin(sqrt(x)), 1e-14, "arcsine", x);
        for (int k = 1; k <= 60; k++)
            assert_near(beta_regularised(x, k, 60 - k + 1), binomial_tail(x, k, 60), 1e-12,
                        "binomial", x);
    }
    assert_true(beta_regularised(0, 2, 3) == 0 && beta_regularised(1, 2, 3) == 1);
}

/* ---- the integral of the density ----------------------------------------- */

/* With c = sin u the density (1 - c^2)^((D - 3) / 2) dc is cos(u)^(D - 2) du, smooth for every D;
 * log1p keeps the digits of cos near 1. */
static long double density(long double u, uint64_t length)
{
    long double s = sinl(u);
    return expl(((long double)length - 2) / 2 * log1pl(-s * s));
}

static long double simpson(long double from, long double to, uint64_t length)
{
    enum { STEPS = 4000 };
    long double step = (to - from) / STEPS, sum = density(from, length) + density(to, length);
    for (int i = 1; i < STEPS; i++)
        sum += density(from + i * step, length) * (i % 2 ? 4 : 2);
    return sum * step / 3;
}

static void test_chance_is_the_integral_of_its_density(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {4,   16,  31,  32,   33,   34,    64,
                                       128, 576, 896, 2048, 4096, 16384, 200000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        uint64_t length = lengths[i];
        /* Beyond 12 standard deviations nothing of 1e-30 is left. Short of pi/2, where log1p(-1)
         * would be -infinity: the density there is 0 to many more digits than are compared. */
        long double end = fminl((long double)PI / 2 - 1e-12L, 12 / sqrtl((long double)length));
        long double all = simpson(0, end, length);
        for (int sigma = 1; sigma <= 60; sigma++) {
            long double t = sigma * 0.1L / sqrtl((long double)length);
            if (t >= 1)
                break;
            double want = (double)(simpson(asinl(t), end, length) / all);
            double got = chance_level((double)t, length);
            assert_near(got, want, 1e-12, "chance", (double)t);
            if (length > 500) /* the tail is good to its own digits */
                assert_near(got / want, 1, 1e-10, "relative chance", (double)t);
        }
    }
}

static void test_known_figures(void **state)
{
    (void)state;
    assert_near(chance_level(0.01, 4096), 0.522, 0.0005, "D = 4096", 0.01);
    /* The normal law N(0, 1/D) is close, and at D = 64 measurably not the same. */
    assert_near(chance_level(0.01, 4096), erfc(0.01 * sqrt(4096 / 2.0)), 1e-4, "normal", 0.01);
    assert_true(fabs(chance_level(0.1, 64) - erfc(0.1 * sqrt(64 / 2.0))) > 0.004);
    assert_near(chance_mean_abs(4096), 0.01247, 1e-5, "mean", 4096);
    assert_near(chance_mean_abs(1), 1, 1e-15, "mean", 1);
    assert_near(chance_mean_abs(2), 2 / PI, 1e-15, "mean", 2);
    assert_near(chance_mean_abs(3), 0.5, 1e-15, "mean", 3);
}

/* E|cos| is the integral of P(|cos| >= t) over t; on both sides of D = 32, where the way to work
 * out the gamma functions changes. */
static void test_mean_is_the_integral_of_chance(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {5, 31, 32, 33, 34, 64, 576, 4096, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        enum { STEPS = 2000 };
        double end = fmin(1, 9 / sqrt((double)lengths[i])), step = end / STEPS;
        double sum = chance_level(0, lengths[i]) + chance_level(end, lengths[i]);
        for (int k = 1; k < STEPS; k++)
            sum += chance_level(k * step, lengths[i]) * (k % 2 ? 4 : 2);
        assert_near(sum * step / 3 / chance_mean_abs(lengths[i]), 1, 1e-11, "mean",
                    (double)lengths[i]);
    }
}

static void test_quantile_is_the_inverse(void **state)
{
    (void)state;
    for (uint64_t length = 2; length < 10000; length = length * 3 + 1)
        for (double tail = 1e-9; tail < 1; tail = tail < 0.1 ? tail * 10 : tail + 0.1) {
            double t = chance_quantile(tail, length);
            assert_in_range((uint64_t)(t * 1e6), 0, 1000000);
            /* Where the density is high, as at t = 1 for D = 2, the next doubles bound the level.
             */
            assert_true(chance_level(nextafter(t, 0), length) >= tail - 1e-12);
            assert_true(chance_level(nextafter(t, 1), length) <= tail + 1e-12);
        }
    assert_true(chance_quantile(1, 64) == 0 && chance_quantile(0, 64) == 1);
    assert_true(chance_quantile(0.5, 1) == 1);
}

static void test_chance_falls_as_the_threshold_rises(void **state)
{
    (void)state;
    for (uint64_t length = 2; length < 20000; length *= 3) {
        double before = 1;
        for (int i = 1; i <= 1000; i++) {
            double level = chance_level(i / 1000.0, length);
            assert_true(level >= 0 && level <= before);
            before = level;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_lengths_have_closed_forms),
        cmocka_unit_test(test_ends_and_nonsense),
        cmocka_unit_test(test_beta_has_closed_forms),
        cmocka_unit_test(test_chance_is_the_integral_of_its_density),
        cmocka_unit_test(test_known_figures),
        cmocka_unit_test(test_mean_is_the_integral_of_chance),
        cmocka_unit_test(test_quantile_is_the_inverse),
        cmocka_unit_test(test_chance_falls_as_the_threshold_rises),
    };
    return cmocka_run_group_tests_name("chance", tests, NULL, NULL);
}
