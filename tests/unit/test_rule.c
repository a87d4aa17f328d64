/* test_rule.c: which pairs the AWM rule fixes, and how tallies of heads, layers and models add up.
 */
#include "ropescope/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/cosines.h"
#include "small_angles.h"

static void assert_near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("got %.17g, want %.17g", got, want);
}

/* ---- the rule ------------------------------------------------------------ */

static void test_fixed_compares_in_float32(void **state)
{
    (void)state;
    /* 0.01 is no float32: the nearest is a little less, and a comparison in double would let it go.
     */
    float nearest = 0.01F;
    assert_true((double)nearest < 0.01);
    assert_true(rule_fixes(nearest, 0.01F));
    assert_true(rule_fixes(-nearest, 0.01F));
    assert_false(rule_fixes(nextafterf(nearest, 0), 0.01F));
    assert_true(rule_fixes(0.0F, 0.0F) && rule_fixes(-0.0F, 0.0F));
    assert_false(rule_fixes(NAN, 0.0F));
    assert_false(rule_fixes(1.0F, NAN));
}

static void test_counts_by_hand(void **state)
{
    (void)state;
    float cos[] = {0.01F, -0.01F, nextafterf(0.01F, 0), 0.5F, -1.0F, NAN, 0.0F, -0.0F, -NAN};
    struct tally tally = cosines_tally((struct cosines){cos, 9, 64}, 0.01F);
    assert_int_equal(tally.pairs, 7);
    assert_int_equal(tally.fixed, 4);
    assert_int_equal(tally.undefined, 2);
    assert_true(tally.max_abs == 1.0);
    assert_near(tally.sum_abs, 3 * (double)0.01F + 1.5, 1e-9);
    assert_near(tally_fraction(&tally), 4.0 / 7, 1e-15);
    assert_near(tally_mean_abs(&tally), tally.sum_abs / 7, 1e-15);
}

static void test_defaults_are_the_authors(void **state)
{
    (void)state;
    struct rule rule = RULE_DEFAULT;
    assert_true(rule.threshold == 0.01F);
    assert_int_equal(rule.first_layer, 2);
    assert_true(rule.projection[PROJECTION_QUERY] && rule.projection[PROJECTION_KEY]);
}

/* ---- the fast loops against one pair at a time --------------------------- */

static struct tally one_by_one(const float *cos, size_t count, float threshold)
{
    struct tally tally = {0};
    long double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(cos[i])) {
            tally.undefined++;
            continue;
        }
        tally.pairs++;
        tally.fixed += rule_fixes(cos[i], threshold);
        sum += fabsl((long double)cos[i]);
        tally.max_abs = fmax(tally.max_abs, fabs((double)cos[i]));
    }
    tally.sum_abs = (double)sum;
    return tally;
}

/* Every count around the blocks and lanes, the cosines exactly as long as said, so that the
 * sanitizer sees a read past their end. */
static void test_counts_of_any_length(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t count = 0; count < 800; count++) {
        float *cos = memory_array(count, sizeof *cos);
        assert_non_null(cos);
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1664525U + 1013904223U;
            cos[i] = seed >> 28 == 0 ? NAN : (float)(int32_t)seed / 2147483648.0F;
        }
        float threshold = count % 7 == 0 && count > 0 ? fabsf(cos[count / 2]) : 0.3F;
        struct tally fast = cosines_tally((struct cosines){cos, count, 64}, threshold);
        struct tally slow = one_by_one(cos, count, threshold);
        assert_int_equal(fast.pairs, slow.pairs);
        assert_int_equal(fast.undefined, slow.undefined);
        assert_int_equal(fast.fixed, slow.fixed);
        assert_int_equal(fast.pairs + fast.undefined, count);
        assert_true(fast.max_abs == slow.max_abs);
        assert_near(fast.sum_abs, slow.sum_abs, 1e-12);
        memory_free(cos);
    }
}

/* ---- heads, layers, models ----------------------------------------------- */

static void assert_same(const struct tally *got, const struct tally *want)
{
    assert_int_equal(got->pairs, want->pairs);
    assert_int_equal(got->fixed, want->fixed);
    assert_int_equal(got->undefined, want->undefined);
    assert_true(got->max_abs == want->max_abs);
    assert_near(got->sum_abs, want->sum_abs, 1e-12);
    assert_near(got->sum_chance, want->sum_chance, 1e-12);
}

static void test_heads_add_up_to_their_projection(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    for (size_t layer = 0; layer < SMALL_LAYERS; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct tally sum = {0};
            for (uint32_t head = 0; head < small.layers[layer].projection[p].heads; head++) {
                struct tally one = tally_head(&small.angles, layer, p, head, 0.05F);
                tally_add(&sum, &one);
            }
            struct tally whole = tally_projection(&small.angles, layer, p, 0.05F);
            assert_same(&whole, &sum);
        }
    struct tally head = tally_head(&small.angles, 0, PROJECTION_QUERY, 1, 0.05F);
    assert_int_equal(head.pairs, SMALL_PAIRS - 1);
    assert_int_equal(head.undefined, 1);
    struct tally beyond = tally_head(&small.angles, 0, PROJECTION_KEY, SMALL_KEY_HEADS, 0.05F);
    assert_int_equal(beyond.pairs + beyond.undefined, 0);
}

static void test_a_layer_counts_the_projections_of_the_rule(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    struct rule rule = {.threshold = 0.05F, .first_layer = 99, .projection = {true, false}};
    struct tally query = tally_projection(&small.angles, 0, PROJECTION_QUERY, 0.05F);
    struct tally key = tally_projection(&small.angles, 0, PROJECTION_KEY, 0.05F);
    struct tally layer = tally_layer(&small.angles, 0, &rule); /* whatever first_layer says */
    assert_same(&layer, &query);
    rule.projection[PROJECTION_QUERY] = false;
    rule.projection[PROJECTION_KEY] = true;
    layer = tally_layer(&small.angles, 0, &rule);
    assert_same(&layer, &key);
    rule.projection[PROJECTION_QUERY] = true;
    tally_add(&query, &key);
    layer = tally_layer(&small.angles, 0, &rule);
    assert_same(&layer, &query);
}

static void test_a_model_counts_layers_by_their_number(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    struct rule rule = {.threshold = 0.05F, .first_layer = 3, .projection = {true, true}};
    struct tally last = tally_layer(&small.angles, 4, &rule); /* number 7; 3 has not landed */
    struct tally model = tally_model(&small.angles, &rule);
    assert_same(&model, &last);
    assert_int_equal(model.pairs, (SMALL_QUERY_HEADS + SMALL_KEY_HEADS) * SMALL_PAIRS);

    rule.first_layer = 2;
    struct tally third = tally_layer(&small.angles, 2, &rule);
    tally_add(&third, &last);
    model = tally_model(&small.angles, &rule);
    assert_same(&model, &third);
    assert_int_equal(model.undefined, SMALL_PAIRS + 1);

    rule.first_layer = 5; /* past every index, short of the last number */
    model = tally_model(&small.angles, &rule);
    assert_same(&model, &last);

    rule.first_layer = 8;
    model = tally_model(&small.angles, &rule);
    assert_int_equal(model.pairs + model.undefined, 0);
    assert_true(isnan(tally_fraction(&model)));
    assert_true(isnan(tally_mean_abs(&model)));
    assert_true(isnan(tally_chance(&model)));
}

static void test_chance_is_weighted_by_defined_pairs(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    struct rule rule = {.threshold = 0.05F, .first_layer = 0, .projection = {true, true}};
    struct tally layer = tally_layer(&small.angles, 0, &rule);
    double query = SMALL_QUERY_HEADS * SMALL_PAIRS - 1, key = SMALL_KEY_HEADS * SMALL_PAIRS;
    double want = query * chance_level((double)0.05F, SMALL_QUERY_LENGTH) +
                  key * chance_level((double)0.05F, SMALL_KEY_LENGTH);
    assert_near(layer.sum_chance, want, 1e-12);
    assert_near(tally_chance(&layer), want / (query + key), 1e-14);
}

static void test_layers_without_pairs_count_nothing(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    struct rule rule = RULE_DEFAULT;
    static const size_t without[] = {1, 3};
    for (size_t i = 0; i < 2; i++) {
        struct tally layer = tally_layer(&small.angles, without[i], &rule);
        assert_int_equal(layer.pairs + layer.undefined + layer.fixed, 0);
        assert_true(layer.sum_chance == 0 && layer.max_abs == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_compares_in_float32),
        cmocka_unit_test(test_counts_by_hand),
        cmocka_unit_test(test_defaults_are_the_authors),
        cmocka_unit_test(test_counts_of_any_length),
        cmocka_unit_test(test_heads_add_up_to_their_projection),
        cmocka_unit_test(test_a_layer_counts_the_projections_of_the_rule),
        cmocka_unit_test(test_a_model_counts_layers_by_their_number),
        cmocka_unit_test(test_chance_is_weighted_by_defined_pairs),
        cmocka_unit_test(test_layers_without_pairs_count_nothing),
    };
    return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
