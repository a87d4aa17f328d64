/* test_curve.c: fixed pairs against the threshold: many thresholds in one pass count what each of
 * them counts alone, random weights show no excess over chance, and trained ones do. */
#include "file_bytes.h"
#include "ropescope/awm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "small_angles.h"

static void test_table(void **state)
{
    (void)state;
    for (size_t t = 1; t < CURVE_TABLE; t++)
        assert_true(curve_table[t] > curve_table[t - 1]);
    assert_true(curve_table[0] == 0.001F && curve_table[CURVE_TABLE - 1] == 0.5F);
}

static void assert_same(const struct tally *got, const struct tally *want)
{
    assert_int_equal(got->pairs, want->pairs);
    assert_int_equal(got->fixed, want->fixed);
    assert_int_equal(got->undefined, want->undefined);
    assert_true(fabs(got->sum_chance - want->sum_chance) < 1e-9);
}

/* The thresholds are those of cosines that are there, so that some lie on the boundary; enough of
 * them for more than one pass. */
static void test_counts_as_one_by_one(void **state)
{
    (void)state;
    enum { COUNT = 2500 };
    static float thresholds[COUNT];
    static struct tally model[COUNT], layer[COUNT];
    struct small_angles small;
    struct rule rule = {0, 2, {true, true}};
    small_angles_fill(&small);
    for (size_t t = 0; t < COUNT; t++)
        thresholds[t] = (float)t / COUNT;
    for (size_t i = 0; i < 16; i++) { /* by insertion */
        size_t at = COUNT - 1;
        float value = fabsf(small.cos[4][0][i]);
        while (at > 0 && thresholds[at - 1] > value)
            at--;
        memmove(thresholds + at + 1, thresholds + at, (COUNT - 1 - at) * sizeof *thresholds);
        thresholds[at] = value;
    }
    curve_model(&small.angles, &rule, thresholds, COUNT, model);
    curve_layer(&small.angles, 4, &rule, thresholds, COUNT, layer);
    for (size_t t = 0; t < COUNT; t++) {
        rule.threshold = thresholds[t];
        struct tally want = tally_model(&small.angles, &rule);
        struct tally of_layer = tally_layer(&small.angles, 4, &rule);
        assert_same(&model[t], &want);
        assert_same(&layer[t], &of_layer);
    }
}

/* ---- chance -------------------------------------------------------------- */

/* Standard deviations that the fraction of fixed pairs lies above chance at each threshold of the
 * table. */
static void excess(const struct angles *angles, uint32_t first_layer, double sigma[CURVE_TABLE])
{
    const struct rule rule = {0, first_layer, {true, true}};
    struct tally tally[CURVE_TABLE] = {{0}};
    curve_model(angles, &rule, curve_table, CURVE_TABLE, tally);
    for (size_t t = 0; t < CURVE_TABLE; t++) {
        double chance = tally_chance(&tally[t]);
        double noise = sqrt(chance * (1 - chance) / (double)tally[t].pairs);
        sigma[t] = tally_excess(&tally[t]) / noise;
    }
}

/* By Box and Muller: normal numbers have no direction that they like better. */
static void fill_row(struct random *random, float *row, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        double u = (random_u32(random) + 0.5) / 4294967296.0, v = random_u32(random) / 4294967296.0;
        row[i] = (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
    }
}

/* Rows of 64 numbers: |cos| >= 0.5 is rare there, but not unheard of. */
static void test_random_weights_show_none(void **state)
{
    (void)state;
    enum { HEADS = 256, PAIRS = 64, LENGTH = 64 };
    static float cosines[PROJECTION_COUNT][HEADS * PAIRS], rows[2][LENGTH];
    struct layer layer = {.pairs = PAIRS};
    struct layer_angles result = {.ready = true};
    struct model model = {.layers = &layer, .layer_count = 1};
    struct angles angles = {.model = &model, .layers = &result};
    struct random random;
    double sigma[CURVE_TABLE];
    random_seed(&random, 20241031);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        layer.projection[p] = (struct projection){.heads = HEADS, .row_length = LENGTH};
        result.set[p].cos = cosines[p];
        for (size_t i = 0; i < HEADS * PAIRS; i++) {
            fill_row(&random, rows[0], LENGTH);
            fill_row(&random, rows[1], LENGTH);
            file_order(rows, sizeof rows[0][0], 2 * LENGTH);
            cosines[p][i] = kernel_angle(kernel_best(), DTYPE_F32, rows[0], rows[1], LENGTH).cos;
        }
    }
    excess(&angles, 0, sigma);
    for (size_t t = 0; t < CURVE_TABLE; t++)
        if (!(fabs(sigma[t]) < 3.5))
            fail_msg("at %g: %.2f standard deviations over chance", (double)curve_table[t],
                     sigma[t]);
}

static void test_trained_weights_do(void **state)
{
    (void)state;
    struct session *session;
    struct error err;
    const struct session_options options = {.no_cache = true};
    double sigma[CURVE_TABLE];
    if (session_open("tests/data/demo/base", &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    excess(session_angles(session), 2, sigma);
    for (size_t t = 3; t < CURVE_TABLE; t++) /* from 0.01 on */
        if (!(sigma[t] > 5))
            fail_msg("at %g: only %.2f standard deviations over chance", (double)curve_table[t],
                     sigma[t]);
    session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_counts_as_one_by_one),
        cmocka_unit_test(test_random_weights_show_none),
        cmocka_unit_test(test_trained_weights_do),
    };
    return cmocka_run_group_tests_name("curve", tests, NULL, NULL);
}
