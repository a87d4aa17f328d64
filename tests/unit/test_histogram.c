/* test_histogram.c: where values land, what a selection covers, and the summaries of layers. */
#include "ropescope/analysis.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "small_angles.h"

static const enum quantity quantities[] = {QUANTITY_COS, QUANTITY_ABS_COS, QUANTITY_DEGREES};

/* ---- bins ---------------------------------------------------------------- */

static void test_quantities(void **state)
{
    (void)state;
    assert_true(quantity_of(QUANTITY_COS, -0.25) == -0.25);
    assert_true(quantity_of(QUANTITY_ABS_COS, -0.25) == 0.25);
    assert_true(quantity_of(QUANTITY_DEGREES, 1) == 0);
    assert_true(quantity_of(QUANTITY_DEGREES, -1) == 180);
    assert_true(fabs(quantity_of(QUANTITY_DEGREES, 0.5) - 60) < 1e-12);
    assert_true(quantity_of(QUANTITY_DEGREES, 1.0000001) == 0);
    assert_true(quantity_of(QUANTITY_DEGREES, -1.0000001) == 180);
    for (size_t i = 0; i < 3; i++)
        assert_true(isnan(quantity_of(quantities[i], (double)NAN)));
    assert_string_equal(quantity_name(QUANTITY_ABS_COS), "|cos|");
}

static void test_ends_stay_inside(void **state)
{
    (void)state;
    struct histogram h;
    static const uint32_t bins[] = {1, 2, 3, 50, 511, HISTOGRAM_BINS_MAX};
    for (size_t i = 0; i < sizeof bins / sizeof *bins; i++)
        for (size_t q = 0; q < 3; q++) {
            double low, high;
            histogram_start(&h, quantities[q], bins[i]);
            quantity_range(quantities[q], &low, &high);
            assert_int_equal(histogram_bin(&h, low), 0);
            assert_int_equal(histogram_bin(&h, high), bins[i] - 1); /* the last bin is closed */
            assert_int_equal(histogram_bin(&h, nextafter(low, -9)), 0);
            assert_int_equal(histogram_bin(&h, nextafter(high, 999)), bins[i] - 1);
            assert_int_equal(histogram_bin(&h, 1e300), bins[i] - 1);
            assert_int_equal(histogram_bin(&h, -1e300), 0);
            histogram_edges(&h, bins[i] - 1, &low, &high);
            assert_true(high == (quantities[q] == QUANTITY_DEGREES ? 180 : 1));
        }
    histogram_start(&h, QUANTITY_COS, 0);
    assert_int_equal(h.bins, 1);
    histogram_start(&h, QUANTITY_COS, HISTOGRAM_BINS_MAX + 1);
    assert_int_equal(h.bins, HISTOGRAM_BINS_MAX);
}

/* Every edge of every number of bins, and the doubles next to it: where dividing would round across
 * an edge, the edges decide. */
static void test_edges_bound_their_bins(void **state)
{
    (void)state;
    struct histogram h;
    for (uint32_t bins = 1; bins <= HISTOGRAM_BINS_MAX; bins++)
        for (size_t q = 0; q < 3; q++) {
            histogram_start(&h, quantities[q], bins);
            for (uint32_t bin = 0; bin < bins; bin++) {
                double low, high, before, unused;
                histogram_edges(&h, bin, &low, &high);
                assert_true(low < high);
                assert_int_equal(histogram_bin(&h, low), bin);
                assert_int_equal(histogram_bin(&h, nextafter(high, -1)), bin);
                if (bin == 0)
                    continue;
                histogram_edges(&h, bin - 1, &unused, &before);
                assert_true(before == low);
            }
        }
}

static void test_counts_add_up(void **state)
{
    (void)state;
    float cos[] = {-1.0F, 1.0F, 1.0000001F, -1.0000001F, 0.0F, -0.0F, NAN, 0.49F, 0.5F, -NAN};
    struct histogram h;
    histogram_start(&h, QUANTITY_COS, 4); /* -1, -0.5, 0, 0.5, 1 */
    histogram_add(&h, cos, 10);
    assert_int_equal(h.count[0], 2);
    assert_int_equal(h.count[1], 0);
    assert_int_equal(h.count[2], 3);
    assert_int_equal(h.count[3], 3);
    assert_int_equal(h.undefined, 2);
    assert_int_equal(h.total, 8);
    assert_int_equal(h.highest, 3);
    histogram_add(&h, cos, 10);
    assert_int_equal(h.total + h.undefined, 20);
    assert_int_equal(h.highest, 6);
}

/* ---- selections ---------------------------------------------------------- */

static uint64_t histogram_sum(const struct histogram *h)
{
    uint64_t sum = 0, highest = 0;
    for (uint32_t bin = 0; bin < h->bins; bin++) {
        sum += h->count[bin];
        highest = h->count[bin] > highest ? h->count[bin] : highest;
    }
    assert_int_equal(sum, h->total);
    assert_int_equal(highest, h->highest);
    return sum + h->undefined;
}

static void test_a_selection_covers_what_it_says(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    static const uint64_t heads[] = {SMALL_QUERY_HEADS, SMALL_KEY_HEADS};
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const uint64_t want[] = {SMALL_PAIRS, heads[p] * SMALL_PAIRS, 3 * heads[p] * SMALL_PAIRS};
        for (int scope = SCOPE_HEAD; scope <= SCOPE_MODEL; scope++) {
            struct selection selection = {(enum scope)scope, 2, 3};
            struct histogram h;
            histogram_start(&h, QUANTITY_DEGREES, 18);
            histogram_selection(&h, &small.angles, &selection, p);
            assert_int_equal(histogram_sum(&h), want[scope]);
            struct tally tally = tally_selection(&small.angles, &selection, p, 0.05F);
            assert_int_equal(tally.pairs, h.total);
            assert_int_equal(tally.undefined, h.undefined);
        }
    }
}

static void test_a_selected_head_shows_the_key_head_that_it_meets(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    for (uint32_t head = 0; head < SMALL_QUERY_HEADS; head++) {
        struct selection blocks = {SCOPE_HEAD, 2, head}, tiled = {SCOPE_HEAD, 4, head};
        struct tally got = tally_selection(&small.angles, &blocks, PROJECTION_KEY, 0.05F);
        struct tally want = tally_head(&small.angles, 2, PROJECTION_KEY, head / 2, 0.05F);
        assert_true(got.sum_abs == want.sum_abs && got.fixed == want.fixed);
        got = tally_selection(&small.angles, &tiled, PROJECTION_KEY, 0.05F);
        want = tally_head(&small.angles, 4, PROJECTION_KEY, head % 2, 0.05F);
        assert_true(got.sum_abs == want.sum_abs && got.fixed == want.fixed);
        got = tally_selection(&small.angles, &tiled, PROJECTION_QUERY, 0.05F);
        want = tally_head(&small.angles, 4, PROJECTION_QUERY, head, 0.05F);
        assert_true(got.sum_abs == want.sum_abs && got.fixed == want.fixed);
        struct correlation r = correlation_selection(&small.angles, &tiled);
        struct correlation one = correlation_head(&small.angles, 4, head);
        assert_memory_equal(&r, &one, sizeof r);
    }
    struct selection layer = {SCOPE_LAYER, 2, 0}, model = {SCOPE_MODEL, 2, 0};
    assert_int_equal(correlation_selection(&small.angles, &layer).count, 3 * SMALL_PAIRS - 1);
    assert_int_equal(correlation_selection(&small.angles, &model).count, 11 * SMALL_PAIRS - 2);
    assert_string_equal(scope_name(SCOPE_LAYER), "layer");
}

/* ---- summaries ----------------------------------------------------------- */

static void assert_head(const struct head_summary *head, const struct tally *want)
{
    assert_int_equal(head->undefined, want->undefined);
    assert_true(head->max_abs == (float)want->max_abs);
    if (want->pairs == 0)
        assert_true(isnan(head->mean_abs));
    else
        assert_true(head->mean_abs == (float)tally_mean_abs(want));
}

static void test_summaries_follow_the_layers_that_land(void **state)
{
    (void)state;
    static struct small_angles small;
    small_angles_fill(&small);
    struct layer_summary *summaries = summaries_new(&small.angles);
    assert_non_null(summaries);
    assert_int_equal(summaries_update(summaries, &small.angles), SMALL_LAYERS - 1);
    assert_int_equal(summaries_update(summaries, &small.angles), 0);
    assert_false(summaries[3].ready);
    small.results[3].ready = true;
    assert_int_equal(summaries_update(summaries, &small.angles), 1);
    for (size_t layer = 0; layer < SMALL_LAYERS; layer++)
        layer_summary_compare(&summaries[layer], &small.angles, layer);
    for (size_t layer = 0; layer < SMALL_LAYERS; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            for (uint32_t head = 0; head < small.layers[layer].projection[p].heads; head++) {
                struct tally want = tally_head(&small.angles, layer, p, head, 0.05F);
                const struct head_summary *got = &summaries[layer].head[p][head];
                assert_head(got, &want);
                if (small.layers[layer].pairs == 0)
                    continue;
                assert_true(got->norm_ratio == 0.5F);
                float r = (float)measure_correlation(&small.angles, layer, p, head);
                assert_true(got->correlation == r || (isnan(r) && isnan(got->correlation)));
            }
    struct correlation want = correlation_layer(&small.angles, 2);
    assert_memory_equal(&summaries[2].correlation, &want, sizeof want);
    assert_true(isnan(summaries[2].head[PROJECTION_QUERY][3].mean_abs));
    summaries_free(summaries, SMALL_LAYERS);
    summaries_free(NULL, SMALL_LAYERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantities),
        cmocka_unit_test(test_ends_stay_inside),
        cmocka_unit_test(test_edges_bound_their_bins),
        cmocka_unit_test(test_counts_add_up),
        cmocka_unit_test(test_a_selection_covers_what_it_says),
        cmocka_unit_test(test_a_selected_head_shows_the_key_head_that_it_meets),
        cmocka_unit_test(test_summaries_follow_the_layers_that_land),
    };
    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
