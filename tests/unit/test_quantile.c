/* test_quantile.c: the threshold that fixes a share of the pairs, against trying every one. */
#include "ropescope/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "small_angles.h"

/* A model of one layer of one query head: `cos` is all there is. */
struct flat {
    struct angles angles;
    struct model model;
    struct layer layer;
    struct layer_angles result;
};

static const struct rule all = {0.5F, 0, {true, true}};

static const struct angles *flat_fill(struct flat *flat, const float *cos, size_t count)
{
    memset(flat, 0, sizeof *flat);
    flat->layer = (struct layer){.pairs = (uint32_t)count, .note = ""};
    flat->layer.projection[PROJECTION_QUERY] = (struct projection){.heads = 1, .row_length = 64};
    flat->result.ready = true;
    flat->result.set[PROJECTION_QUERY].cos = cos;
    flat->model = (struct model){.layers = &flat->layer, .layer_count = 1};
    flat->angles = (struct angles){.model = &flat->model, .layers = &flat->result};
    return &flat->angles;
}

static uint64_t fixed_by(const struct angles *angles, const struct rule *rule, float threshold)
{
    struct rule tried = *rule;
    tried.threshold = threshold;
    return tally_model(angles, &tried).fixed;
}

/* Every threshold that could be the answer, tried: each |cos| and 1. */
static struct fixing by_trying(const struct angles *angles, const struct rule *rule, double percent)
{
    struct rule none = *rule;
    struct fixing best = {.threshold = 1, .pairs = tally_model(angles, &none).pairs};
    best.fixed = fixed_by(angles, rule, 1);
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct layer *shape = &angles->model->layers[layer];
            size_t count = (size_t)shape->projection[p].heads * shape->pairs;
            if (!rule->projection[p] || shape->number < rule->first_layer ||
                !angles->layers[layer].ready)
                continue;
            for (size_t i = 0; i < count; i++) {
                float tried = fabsf(angles->layers[layer].set[p].cos[i]);
                if (isnan(tried) || tried > 1)
                    continue;
                uint64_t fixed = fixed_by(angles, rule, tried);
                double wanted = percent * (double)best.pairs / 100;
                double off = fabs((double)fixed - wanted),
                       least = fabs((double)best.fixed - wanted);
                if (off < least || (off == least && tried > best.threshold)) {
                    best.threshold = tried;
                    best.fixed = fixed;
                }
            }
        }
    return best;
}

/* The same from projections in their order, and how many each of some thresholds leaves. */
static struct fixing by_order(const struct angles *angles, const struct rule *rule, double percent)
{
    enum { RUNS_MOST = 64 };
    struct ordered run[RUNS_MOST] = {{0}};
    size_t count = 0;
    for (size_t layer = 0; layer < angles->model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            if (!rule->projection[p] || angles->model->layers[layer].number < rule->first_layer)
                continue;
            assert_in_range(count, 0, RUNS_MOST - 1);
            assert_true(ordered_fill(&run[count], angles, layer, p));
            for (float threshold = 0; threshold < 1.1F; threshold += 0.05F) {
                struct tally tally = tally_projection(angles, layer, p, threshold);
                assert_int_equal(ordered_below(&run[count], threshold), tally.pairs - tally.fixed);
            }
            count++;
        }
    struct fixing out = ordered_fixing(run, count, percent);
    while (count > 0)
        ordered_free(&run[--count]);
    return out;
}

static void check(const struct angles *angles, const struct rule *rule, double percent)
{
    struct fixing got = rule_fixing(angles, rule, percent), want = by_trying(angles, rule, percent);
    if (got.threshold != want.threshold || got.fixed != want.fixed || got.pairs != want.pairs)
        fail_msg("%.17g%%: got %.9g fixing %llu of %llu, want %.9g fixing %llu of %llu", percent,
                 (double)got.threshold, (unsigned long long)got.fixed,
                 (unsigned long long)got.pairs, (double)want.threshold,
                 (unsigned long long)want.fixed, (unsigned long long)want.pairs);
    assert_int_equal(got.fixed, fixed_by(angles, rule, got.threshold));
    struct fixing again = by_order(angles, rule, percent);
    assert_true(again.threshold == got.threshold);
    assert_int_equal(again.fixed, got.fixed);
    assert_int_equal(again.pairs, got.pairs);
}

/* ---- by hand ------------------------------------------------------------- */

static void test_quarters(void **state)
{
    static const float cos[] = {0.1F, -0.4F, 0.3F, -0.2F};
    struct flat flat;
    const struct angles *angles = flat_fill(&flat, cos, 4);
    (void)state;
    assert_true(rule_fixing(angles, &all, 25).threshold == 0.4F);
    assert_true(rule_fixing(angles, &all, 50).threshold == 0.3F);
    assert_true(rule_fixing(angles, &all, 75).threshold == 0.2F);
    assert_true(rule_fixing(angles, &all, 100).threshold == 0.1F);
    assert_int_equal(rule_fixing(angles, &all, 30).fixed, 1);
    assert_true(rule_fixing(angles, &all, 37.5).threshold == 0.4F); /* half-way: the larger one */
    assert_true(rule_fixing(angles, &all, 37.6).threshold == 0.3F);
}

static void test_none_and_all(void **state)
{
    static const float cos[] = {0.1F, -0.4F, 0.0F, -0.0F}, ones[] = {1, -1, 0.5F};
    struct flat flat;
    const struct angles *angles = flat_fill(&flat, cos, 4);
    (void)state;
    struct fixing none = rule_fixing(angles, &all, 0), every = rule_fixing(angles, &all, 100);
    assert_true(none.threshold == 1 && none.fixed == 0 && none.pairs == 4);
    assert_true(every.threshold == 0 && every.fixed == 4);
    angles = flat_fill(&flat, ones, 3);
    none = rule_fixing(angles, &all, 0); /* no threshold lets go of |cos| = 1 */
    assert_true(none.threshold == 1 && none.fixed == 2);
}

static void test_equals_are_fixed_together(void **state)
{
    static const float cos[] = {0.2F, -0.2F, 0.2F, 0.2F, 0.9F, -0.2F, 0.1F, NAN, NAN, -0.2F};
    struct flat flat;
    const struct angles *angles = flat_fill(&flat, cos, 10);
    (void)state;
    struct fixing got = rule_fixing(angles, &all, 50); /* 1 or 7 of 8, and 4 is half-way */
    assert_true(got.threshold == 0.9F && got.fixed == 1 && got.pairs == 8);
    got = rule_fixing(angles, &all, 51);
    assert_true(got.threshold == 0.2F && got.fixed == 7);
}

static void test_nothing_to_fix(void **state)
{
    static const float cos[] = {NAN, NAN}, one[] = {0.5F};
    struct flat flat;
    (void)state;
    struct fixing got = rule_fixing(flat_fill(&flat, cos, 2), &all, 50);
    assert_true(isnan(got.threshold) && got.pairs == 0);
    got = rule_fixing(flat_fill(&flat, cos, 0), &all, 50);
    assert_true(isnan(got.threshold) && got.pairs == 0);
    const struct angles *angles = flat_fill(&flat, one, 1);
    assert_true(isnan(rule_fixing(angles, &all, -1).threshold));
    assert_true(isnan(rule_fixing(angles, &all, 101).threshold));
    assert_true(isnan(rule_fixing(angles, &all, NAN).threshold));
    assert_true(rule_fixing(angles, &all, 50).threshold == 1); /* none rather than one */
}

static void test_odd_numbers(void **state)
{
    /* What a damaged file might hold, subnormal numbers, neighbours that differ in the last bit. */
    const uint32_t signalling = 0x7F800001;
    float least_nan;
    memcpy(&least_nan, &signalling, sizeof least_nan);
    const float cos[] = {
        least_nan, INFINITY, -2.5F, 1e-42F, -1e-45F, 0.01F,           nextafterf(0.01F, 0),
        -0.01F,    -0.999F,  1.0F,  NAN,    0,       nextafterf(1, 0)};
    struct flat flat;
    const struct angles *angles = flat_fill(&flat, cos, sizeof cos / sizeof *cos);
    (void)state;
    for (double percent = 0; percent <= 100; percent += 0.25)
        check(angles, &all, percent);
}

/* ---- against trying all -------------------------------------------------- */

static void test_ragged_model(void **state)
{
    static struct small_angles small;
    (void)state;
    small_angles_fill(&small);
    for (unsigned covered = 0; covered < 4; covered++)
        for (uint32_t first = 0; first <= 8; first++) {
            struct rule rule = {0.01F, first, {covered & 1, covered & 2}};
            if (tally_model(&small.angles, &rule).pairs == 0) {
                assert_true(isnan(rule_fixing(&small.angles, &rule, 30).threshold));
                continue;
            }
            for (double percent = 0; percent <= 100; percent += 2.5)
                check(&small.angles, &rule, percent);
        }
}

static void test_many_ties(void **state)
{
    enum { PAIRS = 400 };
    static float cos[PAIRS];
    struct flat flat;
    uint32_t seed = 7;
    (void)state;
    for (int steps = 1; steps <= 1024; steps *= 4) {
        for (size_t i = 0; i < PAIRS; i++) {
            seed = seed * 1664525U + 1013904223U;
            cos[i] = (float)((int)(seed >> 16) % steps) / (float)steps * (i % 2 ? 1.0F : -1.0F);
        }
        const struct angles *angles = flat_fill(&flat, cos, PAIRS);
        for (double percent = 0; percent <= 100; percent += 3.125)
            check(angles, &all, percent);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quarters),
        cmocka_unit_test(test_none_and_all),
        cmocka_unit_test(test_equals_are_fixed_together),
        cmocka_unit_test(test_nothing_to_fix),
        cmocka_unit_test(test_odd_numbers),
        cmocka_unit_test(test_ragged_model),
        cmocka_unit_test(test_many_ties),
    };
    return cmocka_run_group_tests_name("quantile", tests, NULL, NULL);
}
