/* rope_frequencies against values worked out in double with the formulas of transformers'
 * modeling_rope_utils.py, for the scalings that published models have. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ropescope/model.h"

enum { PAIRS_MAX = 128 };

struct expected {
    uint32_t pair;
    double frequency;
};

static void check(const struct rope *rope, const struct expected *expected, size_t count)
{
    double frequency[PAIRS_MAX];
    assert_true(rope->rotary_dim / 2 <= PAIRS_MAX);
    rope_frequencies(rope, frequency);
    for (size_t i = 0; i < count; i++) {
        double found = frequency[expected[i].pair], want = expected[i].frequency;
        if (!(fabs(found - want) <= 1e-7 * want))
            fail_msg("pair %u: %.10g, but the reference has %.10g", expected[i].pair, found, want);
    }
}
#define CHECK(rope, expected) check(&(rope), expected, sizeof(expected) / sizeof *(expected))

static void llama_3_1(void **state)
{
    (void)state;
    const struct rope rope = {.theta = 5e5,
                              .rotary_dim = 128,
                              .scaling = SCALING_LLAMA3,
                              .factor = 8,
                              .original_context = 8192,
                              .low_freq = 1,
                              .high_freq = 4};
    static const struct expected expected[] = {
        {0, 1},
        {1, 0.814617234},
        {28, 0.00321144599},
        {29, 0.00216657076},
        {30, 0.00137189357},
        {34, 0.000178507813},
        {35, 9.55621235e-05},
        {36, 7.78465527e-05},
        {63, 3.06892599e-07},
    };
    CHECK(rope, expected);
}

static void llama_3_2_1b(void **state)
{
    (void)state;
    const struct rope rope = {.theta = 5e5,
                              .rotary_dim = 64,
                              .scaling = SCALING_LLAMA3,
                              .factor = 32,
                              .original_context = 8192,
                              .low_freq = 1,
                              .high_freq = 4};
    static const struct expected expected[] = {
        {14, 0.00321144599},  {15, 0.00129054793},  {17, 9.7082878e-05},
        {18, 1.94616382e-05}, {31, 9.41830673e-08},
    };
    CHECK(rope, expected);
}

static struct rope yarn(double theta, uint32_t dim, double factor, double original, bool truncate)
{
    return (struct rope){.theta = theta,
                         .rotary_dim = dim,
                         .scaling = SCALING_YARN,
                         .factor = factor,
                         .original_context = original,
                         .beta_fast = 32,
                         .beta_slow = 1,
                         .truncate = truncate};
}

static void gpt_oss_yarn_is_not_truncated(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {8, 0.0508132748},    {9, 0.0317056962},    {12, 0.00679495949},
        {17, 0.000129318701}, {18, 3.83088124e-05}, {31, 3.02351143e-07},
    };
    struct rope rope = yarn(150000, 64, 32, 4096, false);
    double whole[PAIRS_MAX], cut[PAIRS_MAX];
    CHECK(rope, expected);
    rope_frequencies(&rope, whole);
    rope.truncate = true;
    rope_frequencies(&rope, cut);
    assert_true(fabs(whole[12] - cut[12]) > 1e-4 * whole[12]);
}

static void deepseek_v3_yarn(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {10, 0.0562341325},   {11, 0.0390069266},   {16, 0.0055},
        {22, 0.000177827941}, {23, 3.33380358e-05},
    };
    const struct rope rope = yarn(1e4, 64, 40, 4096, true);
    CHECK(rope, expected);
}

static void qwen_2_5_yarn(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {24, 0.00537532149},
        {32, 0.000602941176},
        {39, 6.49039432e-05},
        {40, 4.44569853e-05},
    };
    const struct rope rope = yarn(1e6, 128, 4, 32768, true);
    CHECK(rope, expected);
}

static void plain_and_linear(void **state)
{
    (void)state;
    struct rope rope = {.theta = 10000, .rotary_dim = 8};
    static const struct expected plain[] = {{0, 1}, {1, 0.1}, {2, 0.01}, {3, 0.001}};
    static const struct expected fourth[] = {{0, 0.25}, {1, 0.025}, {2, 0.0025}, {3, 0.00025}};
    CHECK(rope, plain);
    rope.scaling = SCALING_LINEAR;
    rope.factor = 4;
    CHECK(rope, fourth);
}

/* base' = base (factor T / max - (factor - 1))^(R / (R - 2)): here 10000 * 3^(8/6). */
static void dynamic_changes_past_the_trained_length(void **state)
{
    (void)state;
    struct rope rope = {.theta = 10000,
                        .rotary_dim = 8,
                        .scaling = SCALING_DYNAMIC,
                        .factor = 2,
                        .max_position = 4096,
                        .context = 4096};
    static const struct expected within[] = {{0, 1}, {1, 0.1}, {2, 0.01}, {3, 0.001}};
    static const struct expected past[] = {
        {0, 1}, {1, 0.0693361274350635}, {2, 0.00480749856769136}, {3, 0.000333333333333333}};
    CHECK(rope, within);
    rope.context = 8192;
    CHECK(rope, past);
}

static void longrope_takes_the_list_of_its_length(void **state)
{
    (void)state;
    static const double short_factor[] = {1, 1, 2, 4}, long_factor[] = {1, 2, 4, 8};
    struct rope rope = {.theta = 10000,
                        .rotary_dim = 8,
                        .scaling = SCALING_LONGROPE,
                        .original_context = 4096,
                        .context = 4096,
                        .short_factor = short_factor,
                        .long_factor = long_factor};
    static const struct expected within[] = {{0, 1}, {1, 0.1}, {2, 0.005}, {3, 0.00025}};
    static const struct expected past[] = {{0, 1}, {1, 0.05}, {2, 0.0025}, {3, 0.000125}};
    CHECK(rope, within);
    rope.context = 4097;
    CHECK(rope, past);
}

/* attention_factor of modeling_rope_utils.py, by its formulas. */
static void rotations_are_scaled(void **state)
{
    (void)state;
    struct rope rope = {.scaling = SCALING_LLAMA3, .factor = 8};
    assert_float_equal(rope_rotation_scale(&rope), 1, 0);
    rope.scaling = SCALING_YARN;
    assert_float_equal(rope_rotation_scale(&rope), 1.2079441541679836, 1e-12);
    rope.mscale = 0.707;
    rope.mscale_all_dim = 1;
    assert_float_equal(rope_rotation_scale(&rope), 0.9495608824621653, 1e-12);
    rope.attention_factor = 1.5;
    assert_float_equal(rope_rotation_scale(&rope), 1.5, 0);
    const struct rope phi = {
        .scaling = SCALING_LONGROPE, .max_position = 131072, .original_context = 4096};
    assert_float_equal(rope_rotation_scale(&phi), 1.1902380714238083, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llama_3_1),
        cmocka_unit_test(llama_3_2_1b),
        cmocka_unit_test(gpt_oss_yarn_is_not_truncated),
        cmocka_unit_test(deepseek_v3_yarn),
        cmocka_unit_test(qwen_2_5_yarn),
        cmocka_unit_test(plain_and_linear),
        cmocka_unit_test(dynamic_changes_past_the_trained_length),
        cmocka_unit_test(longrope_takes_the_list_of_its_length),
        cmocka_unit_test(rotations_are_scaled),
    };
    return cmocka_run_group_tests_name("frequency", tests, NULL, NULL);
}
