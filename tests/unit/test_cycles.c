/* The lines of partial and half cycles at the places that published models have them, from config
 * alone, and the sums of a map of pairs against sums taken here. */
#include "scratch.h"
#include "shapes.h"
#include "synthetic.h"

#include "ropescope/analysis.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { PAIRS_MOST = 128 };

static void check_lines(const double *frequency, uint32_t pairs, uint64_t context, uint32_t partial,
                        uint32_t half)
{
    struct cycle_lines lines = cycle_lines_of(frequency, pairs, context);
    assert_int_equal(lines.partial, partial);
    assert_int_equal(lines.half, half);
    /* On both sides of a line the turns are what it says. */
    for (uint32_t i = 0; i < pairs; i++) {
        double turns = pair_turns(frequency[i], context);
        assert_true(i < partial ? turns > 1 : i > partial || turns <= 1);
        assert_true(i < half ? turns > 0.5 : i > half || turns <= 0.5);
    }
}

static void check_rope(const struct rope *rope, uint32_t partial, uint32_t half)
{
    double frequency[PAIRS_MOST];
    rope_frequencies(rope, frequency);
    check_lines(frequency, rope->rotary_dim / 2, (uint64_t)rope->context, partial, half);
}

static const struct shapes llama_3_8b = {
    .config = "{\"model_type\":\"llama\",\"num_hidden_layers\":2,\"num_attention_heads\":32,"
              "\"num_key_value_heads\":8,\"hidden_size\":4096,\"rope_theta\":500000.0,"
              "\"max_position_embeddings\":8192}",
    .layers = 2,
    .hidden = 4096,
    .key_rows = 1024,
    .inner = 14336,
    .vocabulary = 128256,
};

static void lines_of_published_models(void **state)
{
    static const struct {
        const struct shapes *shapes;
        const char *name;
        uint64_t context; /* asked for; 0: the config's */
        uint32_t pairs, partial, half;
    } cases[] = {
        {&llama_2_7b, "llama-2", 0, 64, 46, 50},
        {&llama_3_8b, "llama-3", 0, 64, 35, 39},
        {&phi_2, "phi-2", 0, 16, 11, 12},
        {&mistral_7b, "mistral-8k", 8192, 64, 50, 55},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct model_options options = {.context = cases[i].context};
        struct angles *angles = shapes_open(cases[i].shapes, cases[i].name, &options);
        const struct model *model = angles->model;
        for (size_t l = 0; l < model->layer_count; l++) {
            assert_int_equal(model->layers[l].pairs, cases[i].pairs);
            check_lines(model->layers[l].frequency, cases[i].pairs, model->context,
                        cases[i].partial, cases[i].half);
        }
        angles_free(angles);
    }
}

/* From theta and lengths alone. */
static void lines_of_plain_frequencies(void **state)
{
    static const struct {
        double theta, context;
        uint32_t pairs, partial, half;
    } cases[] = {
        {1e4, 2048, 8, 6, 6},     {1e4, 2048, 32, 21, 23},    {1e5, 8192, 32, 20, 22},
        {1e4, 4096, 32, 23, 25},  {1e4, 8192, 128, 100, 110}, {1e6, 32768, 32, 20, 22},
        {1e6, 32768, 64, 40, 43},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rope rope = {
            .theta = cases[i].theta, .rotary_dim = 2 * cases[i].pairs, .context = cases[i].context};
        check_rope(&rope, cases[i].partial, cases[i].half);
    }
}

/* Llama-3.1: sixteen times the context, and slow pairs an eighth as fast; places worked out in
 * Python from the formula of modeling_rope_utils.py. */
static void lines_of_scaled_frequencies(void **state)
{
    struct rope rope = {.theta = 5e5,
                        .rotary_dim = 128,
                        .scaling = SCALING_LLAMA3,
                        .factor = 8,
                        .context = 131072,
                        .original_context = 8192,
                        .low_freq = 1,
                        .high_freq = 4};
    (void)state;
    check_rope(&rope, 39, 42);
    rope.context = 8192; /* within the blended pairs */
    check_rope(&rope, 32, 33);
    rope.scaling = SCALING_NONE;
    check_rope(&rope, 35, 39);
    rope.context = 131072;
    check_rope(&rope, 49, 52); /* 64 ln(131072 / 2 pi) / ln 5e5 = 48.5 */
}

/* Frequencies need not fall: the first pair that does is the line. */
static void ends_of_the_lines(void **state)
{
    static const double fast[] = {3, 2, 1}, slow[] = {1e-9, 0}, uneven[] = {1, 1e-4, 1, 1e-5};
    (void)state;
    check_lines(fast, 3, 4096, 3, 3);
    check_lines(slow, 2, 4096, 0, 0);
    struct cycle_lines lines = cycle_lines_of(uneven, 4, 40000);
    assert_int_equal(lines.partial, 1);
    assert_int_equal(lines.half, 3);
    lines = cycle_lines_of(slow, 2, 0); /* a context that nobody knows */
    assert_int_equal(lines.partial, 2);
    assert_int_equal(lines.half, 2);
    assert_true(isnan(pair_turns(1, 0)));
    assert_true(fabs(pair_turns(acos(-1) / 2048, 4096) - 1) < 1e-12);
}

/* ---- the map ------------------------------------------------------------- */

static void a_row_is_the_mean_of_its_heads(void **state)
{
    static const struct synthetic shape = {3, 8, 2, 16, -1, -1, true, "model"};
    struct angles *angles = synthetic_new(&shape);
    struct pair_map map;
    (void)state;
    assert_true(pair_map_start(&map, 2, 16));
    assert_true(pair_map_fill(&map, 1, angles, 2, PROJECTION_QUERY, 0, 8));
    const struct angle_set *set = &angles->layers[2].set[PROJECTION_QUERY];
    struct correlation together = {0};
    double norms[16], low = INFINITY, high = -INFINITY;
    for (uint32_t pair = 0; pair < 16; pair++) {
        double norm = 0, cos = 0, count = 0;
        for (size_t at = pair; at < 8 * 16; at += 16) {
            if (isnan(set->cos[at])) /* pair 1 of head 0 */
                continue;
            double a = (double)set->norm_a[at], b = (double)set->norm_b[at];
            norm += sqrt(a * a + b * b);
            cos += (double)fabsf(set->cos[at]);
            count++;
            correlation_add(&together, (double)fabsf(set->cos[at]), sqrt(a * a + b * b));
        }
        assert_true(count == (pair == 1 ? 7 : 8));
        norms[pair] = norm / count;
        assert_true(fabs(pair_map_value(&map, SHADE_NORM, 1, pair) - norm / count) < 1e-12);
        assert_true(fabs(pair_map_value(&map, SHADE_COS, 1, pair) - cos / count) < 1e-12);
        assert_true(isnan(pair_map_value(&map, SHADE_NORM, 0, pair)));
    }
    double first = norms[0], median = spread_of(norms, 16).median;
    assert_true(fabs(pair_map_value(&map, SHADE_EXCESS, 1, 0) - (first - median)) < 1e-12);
    assert_true(fabs(map.r[1] - correlation_r(&together)) < 1e-12);
    assert_true(isnan(map.r[0]) && isnan(pair_map_value(&map, SHADE_NORM, 2, 0)));
    pair_map_range(&map, SHADE_NORM, &low, &high);
    assert_true(fabs(low - norms[0]) < 1e-12 && fabs(high - norms[15]) < 1e-12); /* in order now */
    pair_map_free(&map);
    synthetic_free(angles);
}

static void shades_have_names(void **state)
{
    enum pair_shade shade;
    (void)state;
    for (int i = 0; i < PAIR_SHADES; i++) {
        assert_true(pair_shade_from_name(pair_shade_name((enum pair_shade)i), &shade));
        assert_int_equal(shade, i);
    }
    assert_false(pair_shade_from_name("grey", &shade));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_published_models),
        cmocka_unit_test(lines_of_plain_frequencies),
        cmocka_unit_test(lines_of_scaled_frequencies),
        cmocka_unit_test(ends_of_the_lines),
        cmocka_unit_test(a_row_is_the_mean_of_its_heads),
        cmocka_unit_test(shades_have_names),
    };
    return cmocka_run_group_tests_name("cycles", tests, scratch_make, scratch_remove);
}
