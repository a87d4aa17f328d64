/* Rotary offsets: a planted one is found with its angle and nothing else is; scores by distance are
 * those of vectors that were rotated; the bounds fall where config alone puts them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ropescope/offsets.h"

enum { PAIRS = 16, TOKENS = 400, HEAD_DIM = 32 };
static const double pi = 3.14159265358979323846;

/* Vectors of a head over TOKENS positions: noise, and at one pair a constant one besides. */
struct head {
    double a[TOKENS][PAIRS], b[TOKENS][PAIRS];
    float mean_a[PAIRS], mean_b[PAIRS], radius_mean[PAIRS], radius_max[PAIRS];
};

/* Of a linear congruential generator: the same on every machine. */
static double noise(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (double)(*seed >> 11) / 4503599627370496.0 - 1;
}

static void fill(struct head *head, uint64_t seed, size_t planted, double radius, double angle)
{
    for (size_t i = 0; i < PAIRS; i++) {
        double a = 0, b = 0, length = 0, most = 0;
        for (size_t t = 0; t < TOKENS; t++) {
            head->a[t][i] = noise(&seed) + (i == planted ? radius * cos(angle) : 0);
            head->b[t][i] = noise(&seed) + (i == planted ? radius * sin(angle) : 0);
            double r = hypot(head->a[t][i], head->b[t][i]);
            a += head->a[t][i] / TOKENS;
            b += head->b[t][i] / TOKENS;
            length += r / TOKENS;
            most = fmax(most, r);
        }
        head->mean_a[i] = (float)a;
        head->mean_b[i] = (float)b;
        head->radius_mean[i] = (float)length;
        head->radius_max[i] = (float)most;
    }
}

static struct offset_vectors vectors_of(const struct head *head)
{
    return (struct offset_vectors){head->mean_a, head->mean_b, head->radius_mean, head->radius_max};
}

static void frequencies(double base, size_t pairs, double *frequency)
{
    for (size_t i = 0; i < pairs; i++)
        frequency[i] = pow(base, -(double)i / (double)pairs);
}

/* At every pair in turn, at many angles. */
static void test_a_planted_offset_is_found(void **unused)
{
    static struct head query, key;
    double frequency[PAIRS];
    struct offset out[PAIRS];
    (void)unused;
    frequencies(1e4, PAIRS, frequency);
    for (size_t planted = 0; planted < PAIRS; planted++) {
        double at = 0.3 + 0.7 * (double)planted, other = -1.1 + 0.45 * (double)planted;
        fill(&query, 1 + planted, planted, 4000, at);
        fill(&key, 99 + planted, planted, 3000, other);
        const struct offset_vectors vectors[] = {vectors_of(&query), vectors_of(&key)};
        assert_true(offsets_of_head(vectors, frequency, PAIRS, 2048, out));
        for (size_t i = 0; i < PAIRS; i++)
            assert_int_equal(out[i].feature, i == planted);
        double psi = remainder(at - other, 2 * pi);
        assert_true(fabs(remainder(out[planted].psi - psi, 2 * pi)) < 0.1 * pi / 180);
        assert_true(fabs(out[planted].radius[PROJECTION_QUERY] - 4000) < 1);
        assert_true(out[planted].concentration[PROJECTION_KEY] > 0.999);
        assert_true(out[planted].prominence[PROJECTION_KEY] > 1000);
    }
}

/* What only the query has, or what turns round from token to token, is none. */
static void test_half_an_offset_is_none(void **unused)
{
    static struct head query, key;
    double frequency[PAIRS];
    struct offset out[PAIRS];
    (void)unused;
    frequencies(1e4, PAIRS, frequency);
    fill(&query, 5, 3, 100, 1);
    fill(&key, 6, PAIRS, 0, 0);
    const struct offset_vectors vectors[] = {vectors_of(&query), vectors_of(&key)};
    assert_true(offsets_of_head(vectors, frequency, PAIRS, 2048, out));
    for (size_t i = 0; i < PAIRS; i++)
        assert_false(out[i].feature);
    key.radius_mean[3] = 100; /* large, but its mean is small: it turns */
    assert_true(offsets_of_head(vectors, frequency, PAIRS, 2048, out));
    assert_true(out[3].large && !out[3].constant && !out[3].feature);
}

static void test_nothing_moves(void **unused)
{
    static const float zero[PAIRS];
    const struct offset_vectors still = {zero, zero, zero, zero};
    const struct offset_vectors vectors[] = {still, still};
    double frequency[PAIRS];
    struct offset out[PAIRS];
    (void)unused;
    frequencies(1e4, PAIRS, frequency);
    assert_true(offsets_of_head(vectors, frequency, PAIRS, 2048, out));
    for (size_t i = 0; i < PAIRS; i++)
        assert_true(isnan(out[i].concentration[0]) && !out[i].feature);
    assert_true(offsets_score(out, frequency, PAIRS, HEAD_DIM, 7) == 0);
    assert_true(offsets_of_head(vectors, frequency, 0, 2048, out));
}

/* The mean vectors rotated to their positions, as a model does it, and multiplied. */
static double rotated_score(const struct head *query, const struct head *key,
                            const double *frequency, size_t pair, double m, double n)
{
    double q = m * frequency[pair], k = n * frequency[pair];
    double qa = (double)query->mean_a[pair] * cos(q) - (double)query->mean_b[pair] * sin(q);
    double qb = (double)query->mean_a[pair] * sin(q) + (double)query->mean_b[pair] * cos(q);
    double ka = (double)key->mean_a[pair] * cos(k) - (double)key->mean_b[pair] * sin(k);
    double kb = (double)key->mean_a[pair] * sin(k) + (double)key->mean_b[pair] * cos(k);
    return (qa * ka + qb * kb) / sqrt(HEAD_DIM);
}

static void test_scores_are_those_of_rotated_vectors(void **unused)
{
    static struct head query, key;
    double frequency[PAIRS];
    struct offset out[PAIRS];
    (void)unused;
    frequencies(1e4, PAIRS, frequency);
    fill(&query, 21, 12, 5, 2);
    fill(&key, 22, 12, 7, -2);
    const struct offset_vectors vectors[] = {vectors_of(&query), vectors_of(&key)};
    assert_true(offsets_of_head(vectors, frequency, PAIRS, 2048, out));
    for (int n = 0; n < 60; n += 7)
        for (int m = n; m < n + 2000; m += 131) {
            double sum = 0;
            for (size_t i = 0; i < PAIRS; i++) {
                double want = rotated_score(&query, &key, frequency, i, m, n);
                sum += want;
                assert_true(fabs(offset_score(&out[i], frequency[i], HEAD_DIM, m - n) - want) <
                            1e-9);
            }
            assert_true(fabs(offsets_score(out, frequency, PAIRS, HEAD_DIM, m - n) - sum) < 1e-9);
        }
}

/* First pair that turns less than once, and less than half a turn. */
static void test_bounds(void **unused)
{
    static const struct {
        double base, context;
        size_t pairs, partial, half;
    } cases[] = {{1e4, 2048, 16, 11, 12}, {1e4, 4096, 64, 46, 50}, {5e5, 8192, 64, 35, 39}};
    static const float one[64] = {1};
    const struct offset_vectors still = {one, one, one, one};
    const struct offset_vectors vectors[] = {still, still};
    (void)unused;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double frequency[64];
        struct offset out[64];
        frequencies(cases[c].base, cases[c].pairs, frequency);
        assert_true(offsets_of_head(vectors, frequency, cases[c].pairs, cases[c].context, out));
        for (size_t i = 0; i < cases[c].pairs; i++) {
            assert_int_equal(out[i].partial_cycle, i >= cases[c].partial);
            assert_int_equal(out[i].half_cycle, i >= cases[c].half);
            assert_true(fabs(out[i].least_psi - frequency[i] * cases[c].context / 2) < 1e-9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_planted_offset_is_found),
        cmocka_unit_test(test_half_an_offset_is_none),
        cmocka_unit_test(test_nothing_moves),
        cmocka_unit_test(test_scores_are_those_of_rotated_vectors),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests_name("offsets", tests, NULL, NULL);
}
