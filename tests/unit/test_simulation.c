/* test_simulation.c: the law of the angle between random rows, checked on rows drawn at random. */
#include "ropescope/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- normal numbers ------------------------------------------------------ */

/* xoshiro256** of Blackman and Vigna, seeded by splitmix64. */
struct random {
    uint64_t s[4];
};

static void random_seed(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9E3779B97F4A7C15U;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
        z = (z ^ z >> 27) * 0x94D049BB133111EBU;
        random->s[i] = z ^ z >> 31;
    }
}

static inline uint64_t rotate(uint64_t x, int by)
{
    return x << by | x >> (64 - by);
}

static inline uint64_t random_next(struct random *random)
{
    uint64_t *s = random->s, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

/* The ziggurat of Doornik 2005 ("An improved ziggurat method to generate normal random samples"):
 * an exact normal law, one 64-bit number for nearly every draw. */
enum { LAYERS = 128 };
struct ziggurat {
    double edge[LAYERS + 1], ratio[LAYERS];
};
static const double TAIL = 3.442619855899, AREA = 9.91256303526217e-3;

static void ziggurat_start(struct ziggurat *z)
{
    double height = exp(-0.5 * TAIL * TAIL);
    z->edge[0] = AREA / height;
    z->edge[1] = TAIL;
    z->edge[LAYERS] = 0;
    for (int i = 2; i < LAYERS; i++) {
        z->edge[i] = sqrt(-2 * log(AREA / z->edge[i - 1] + height));
        height = exp(-0.5 * z->edge[i] * z->edge[i]);
    }
    for (int i = 0; i < LAYERS; i++)
        z->ratio[i] = z->edge[i + 1] / z->edge[i];
}

static double uniform(struct random *random) /* (0, 1) */
{
    return ((double)(random_next(random) >> 12) + 0.5) * 0x1p-52;
}

static double normal_tail(struct random *random, bool negative)
{
    double x, y;
    do {
        x = log(uniform(random)) / TAIL;
        y = log(uniform(random));
    } while (-2 * y < x * x);
    return negative ? x - TAIL : TAIL - x;
}

/* The rare draws that the inner rectangle of a layer does not settle. */
static bool normal_edge(const struct ziggurat *z, struct random *random, double u, size_t layer,
                        double *out)
{
    if (layer == 0) {
        *out = normal_tail(random, u < 0);
        return true;
    }
    double x = u * z->edge[layer];
    double outer = exp(-0.5 * (z->edge[layer] * z->edge[layer] - x * x));
    double inner = exp(-0.5 * (z->edge[layer + 1] * z->edge[layer + 1] - x * x));
    *out = x;
    return inner + uniform(random) * (outer - inner) < 1;
}

static inline double normal(const struct ziggurat *z, struct random *random)
{
    for (;;) {
        uint64_t bits = random_next(random);
        size_t layer = bits & (LAYERS - 1);
        double u = (double)(int64_t)(bits & ~UINT64_C(0x7FF)) * 0x1p-63, x; /* [-1, 1) */
        if (fabs(u) < z->ratio[layer])
            return u * z->edge[layer];
        if (normal_edge(z, random, u, layer, &x))
            return x;
    }
}

/* ---- counts against a law ------------------------------------------------ */

static void assert_near(double got, double want, double tolerance, const char *what, double at)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s at %.17g: got %.17g, want %.17g, off by %.3g", what, at, got, want,
                 got - want);
}

/* The counts of the rarer outcome that four standard errors allow: as many as that of the normal
 * law where 10 or more are expected; below, up to the count that by Chernoff's bound for the
 * Poisson law is rarer than those four standard errors (6e-5). */
static void assert_count(uint64_t count, double n, double p, double threshold)
{
    double rare = p <= 0.5 ? (double)count : n - (double)count, expected = n * fmin(p, 1 - p);
    if (expected >= 10) {
        double error = sqrt(n * p * (1 - p));
        assert_near(rare / error, expected / error, 4, "standard errors", threshold);
        return;
    }
    double limit = 1;
    while (limit < expected || exp(limit - expected + limit * log(expected / limit)) > 6e-5)
        limit++;
    if (rare >= limit)
        fail_msg("%g of the rarer kind at %g, expected %g", rare, threshold, expected);
}

/* The draws themselves: a normal law whose tail was wrong would bias the rows. */
static void test_the_draws_are_normal(void **state)
{
    (void)state;
    enum { DRAWS = 1000000 };
    static const double at[] = {-4, -3.5, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 3.5, 4};
    enum { POINTS = sizeof at / sizeof *at };
    struct ziggurat ziggurat;
    struct random random;
    ziggurat_start(&ziggurat);
    random_seed(&random, 1);
    uint64_t above[POINTS] = {0};
    for (int i = 0; i < DRAWS; i++) {
        double value = normal(&ziggurat, &random);
        for (size_t k = 0; k < POINTS; k++)
            above[k] += value >= at[k];
    }
    for (size_t k = 0; k < POINTS; k++)
        assert_count(above[k], DRAWS, 0.5 * erfc(at[k] / sqrt(2)), at[k]);
}

/* ---- rows ---------------------------------------------------------------- */

/* |cos| of two rows of normal numbers, both drawn in full. */
static double simulated_cos(const struct ziggurat *z, struct random *random, uint64_t length)
{
    double dot = 0, a = 0, b = 0;
    for (uint64_t i = 0; i < length; i++) {
        double x = normal(z, random), y = normal(z, random);
        dot += x * y;
        a += x * x;
        b += y * y;
    }
    return fabs(dot) / sqrt(a * b);
}

static const double grid[] = {0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3};
enum { GRID = sizeof grid / sizeof *grid };

/* Draws n pairs of rows, counts those at or above each threshold, and returns the mean of |cos|. */
static double simulate(uint64_t length, uint64_t n, uint64_t count[GRID])
{
    struct ziggurat ziggurat;
    struct random random;
    ziggurat_start(&ziggurat);
    random_seed(&random, 20241206 + length);
    double sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        double value = simulated_cos(&ziggurat, &random, length);
        for (size_t k = 0; k < GRID; k++)
            count[k] += value >= grid[k];
        sum += value;
    }
    return sum / (double)n;
}

static void assert_simulated(uint64_t length, uint64_t n)
{
    uint64_t count[GRID] = {0};
    double got = simulate(length, n, count), mean = chance_mean_abs(length);
    for (size_t k = 0; k < GRID; k++)
        assert_count(count[k], (double)n, chance_level(grid[k], length), grid[k]);
    /* E cos^2 = 1/D, so this is the standard error of the mean of |cos|. */
    double error = sqrt((1 / (double)length - mean * mean) / (double)n);
    assert_near(got / error, mean / error, 4, "standard errors of the mean", mean);
    if (length > 64)
        return;
    /* The check can tell laws apart: the normal law N(0, 1/D) would not pass it. */
    double normal_law = erfc(0.1 * sqrt((double)length / 2));
    double away = (double)count[5] - (double)n * normal_law;
    assert_true(fabs(away) > 4 * sqrt((double)n * normal_law * (1 - normal_law)));
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* 100,000 pairs of rows; a million of the short ones, since fewer cannot tell the exact law from
 * the normal law. The sanitizers look for other faults and run slowly, so under them the longer
 * rows are drawn less often. */
static void test_chance_is_the_exact_law_checked_by_simulation(void **state)
{
    (void)state;
    assert_simulated(64, 1000000);
#ifdef SANITIZED
    print_message("sanitized build: 10,000 pairs for D = 576, 2,000 for D = 4096\n");
    assert_simulated(576, 10000);
    assert_simulated(4096, 2000);
#else
    assert_simulated(576, 100000);
    assert_simulated(4096, 100000);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_draws_are_normal),
        cmocka_unit_test(test_chance_is_the_exact_law_checked_by_simulation),
    };
    return cmocka_run_group_tests_name("simulation", tests, NULL, NULL);
}
