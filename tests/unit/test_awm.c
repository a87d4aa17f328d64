/* test_awm.c: the whole rule: lines and which of them counts, what it fixes against numpy, the
 * random baseline, and the CSV that it is kept in. */
#include "ropescope/export.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rule_fixture.h"
#include "scratch.h"
#include "small_angles.h"

static const struct rule base = {0.02F, 2, {true, true}};

static void set(struct awm *awm, struct reach reach, float threshold, enum exception exception)
{
    assert_true(awm_set(awm, &(struct rule_line){reach, threshold, exception}));
}

/* ---- lines --------------------------------------------------------------- */

static void test_the_narrower_wins(void **state)
{
    (void)state;
    struct awm awm;
    awm_init(&awm, &base);
    assert_true(awm_threshold(&awm, 3, PROJECTION_QUERY, 1) == 0.02F);
    set(&awm, (struct reach){3, REACH_ALL, REACH_ALL}, 0.5F, EXCEPTION_FIX);
    assert_true(awm_threshold(&awm, 3, PROJECTION_KEY, 1) == 0.0F);
    assert_true(awm_threshold(&awm, 4, PROJECTION_KEY, 1) == 0.02F);
    set(&awm, (struct reach){3, PROJECTION_QUERY, 1}, NAN, EXCEPTION_RULE);
    assert_true(awm_threshold(&awm, 3, PROJECTION_QUERY, 1) == 0.5F); /* of the layer's line */
    assert_true(awm_threshold(&awm, 3, PROJECTION_QUERY, 2) == 0.0F);
    set(&awm, (struct reach){3, PROJECTION_QUERY, 1}, NAN, EXCEPTION_FREE);
    assert_true(isinf(awm_threshold(&awm, 3, PROJECTION_QUERY, 1)));
    assert_int_equal(awm_exception(&awm, 3, PROJECTION_QUERY, 1), EXCEPTION_FREE);
    assert_int_equal(awm_exception(&awm, 3, PROJECTION_KEY, 1), EXCEPTION_FIX);
    assert_int_equal(awm_exception(&awm, 9, PROJECTION_KEY, 1), EXCEPTION_RULE);
    set(&awm, (struct reach){REACH_ALL, REACH_ALL, 1}, 0.3F, EXCEPTION_NONE);
    assert_true(awm_threshold(&awm, 3, PROJECTION_KEY, 1) == 0.3F); /* a head before a layer */
    awm_free(&awm);
}

static void test_lines_come_and_go(void **state)
{
    (void)state;
    struct awm awm, copy;
    awm_init(&awm, &base);
    for (uint32_t i = 0; i < 40; i++) /* 7 has no common divisor with 40: each layer once */
        set(&awm, (struct reach){i * 7 % 40, PROJECTION_KEY, REACH_ALL}, (float)i / 64,
            EXCEPTION_NONE);
    assert_int_equal(awm.line_count, 40);
    for (uint32_t i = 0; i < 40; i++)
        assert_true(awm_threshold(&awm, i * 7 % 40, PROJECTION_KEY, 0) == (float)i / 64);
    assert_true(awm_copy(&copy, &awm));
    for (uint32_t i = 0; i < 40; i += 2)
        set(&awm, (struct reach){i, PROJECTION_KEY, REACH_ALL}, NAN, EXCEPTION_NONE);
    assert_int_equal(awm.line_count, 20);
    set(&awm, (struct reach){0, PROJECTION_KEY, REACH_ALL}, NAN, EXCEPTION_NONE); /* is gone */
    assert_int_equal(awm.line_count, 20);
    for (uint32_t i = 0; i < 40; i++)
        assert_true((awm_line(&awm, (struct reach){i, PROJECTION_KEY, REACH_ALL}) != NULL) ==
                    (i % 2 == 1));
    assert_int_equal(copy.line_count, 40); /* which has not changed */
    assert_true(awm_threshold(&copy, 14, PROJECTION_KEY, 0) == 2.0F / 64);
    awm_free(&copy);
    awm_free(&awm);
}

static void test_words(void **state)
{
    (void)state;
    struct awm awm;
    char words[AWM_WORDS];
    awm_init(&awm, &base);
    awm_words(&awm, words, sizeof words);
    assert_string_equal(words, "|cos| >= 0.02 fixes in queries and keys of layers >= 2");
    set(&awm, (struct reach){3, REACH_ALL, REACH_ALL}, 0.05F, EXCEPTION_NONE);
    set(&awm, (struct reach){3, PROJECTION_QUERY, 7}, NAN, EXCEPTION_FIX);
    set(&awm, (struct reach){REACH_ALL, PROJECTION_KEY, REACH_ALL}, NAN, EXCEPTION_FREE);
    awm.random = true;
    awm.base.projection[PROJECTION_KEY] = false;
    awm_words(&awm, words, sizeof words);
    assert_string_equal(words,
                        "drawn at random (numpy seed 13), as many as |cos| >= 0.02 fixes in "
                        "queries of layers >= 2; key: all trainable; layer 3: |cos| >= 0.05; "
                        "layer 3 query head 7: all fixed");
    for (uint32_t i = 10; i < 60; i++)
        set(&awm, (struct reach){i, REACH_ALL, REACH_ALL}, 0.5F, EXCEPTION_NONE);
    awm_words(&awm, words, sizeof words);
    assert_says(words, " more");
    const char *rest = strstr(words, "; and ");
    assert_non_null(rest);
    unsigned more = (unsigned)strtoul(rest + strlen("; and "), NULL, 10), said = 0;
    for (const char *at = words; (at = strstr(at, "; ")) != NULL; at++)
        said++;
    assert_int_equal(said - 1 + more, awm.line_count);
    awm_free(&awm);
}

/* ---- against numpy ------------------------------------------------------- */

static void read_rule(struct awm *awm, const struct rule_fixture *fixture)
{
    struct error err;
    const struct rule other = {0.7F, 2, {true, true}}; /* the file says 0.02 */
    awm_init(awm, &other);
    if (rule_read_csv(RULE_CSV, &fixture->model, awm, &err) != STATUS_OK)
        fail_msg("%s", err.what);
}

static void check_pairs(const struct awm *awm, const struct rule_fixture *fixture, size_t layer,
                        int which, const cJSON *want)
{
    unsigned char fixed[FIXTURE_HEADS * FIXTURE_PAIRS], wanted[sizeof fixed] = {0};
    const uint32_t pairs = fixture->layers[layer].projection[which].heads * FIXTURE_PAIRS;
    const cJSON *pair;
    uint64_t count = 0;
    assert_true(cJSON_IsArray(want));
    cJSON_ArrayForEach(pair, want)
    {
        wanted[pair->valueint] = 1;
        count++;
    }
    assert_int_equal(awm_fixed_pairs(awm, &fixture->angles, layer, which, fixed), count);
    assert_memory_equal(fixed, wanted, pairs);
}

static void test_fixes_what_numpy_fixes(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct awm awm;
    size_t index = 0;
    const cJSON *layer;
    rule_fixture_read(&fixture);
    read_rule(&awm, &fixture);
    cJSON_ArrayForEach(layer, json_get(fixture.root, "layers"))
    {
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const cJSON *module = json_get(layer, projection_name(which));
            struct tally tally = awm_tally_projection(&fixture.angles, index, which, &awm);
            assert_int_equal(tally.fixed, fixture_whole(module, "count"));
            awm.random = false;
            check_pairs(&awm, &fixture, index, which, json_get(module, "fixed"));
            awm.random = true;
            awm.seed = 13;
            check_pairs(&awm, &fixture, index, which, json_get(module, "random_13"));
            awm.seed = 7;
            check_pairs(&awm, &fixture, index, which, json_get(module, "random_7"));
        }
        index++;
    }
    struct tally all = awm_tally_model(&fixture.angles, &awm);
    assert_int_equal(all.pairs, fixture_whole(fixture.root, "pairs"));
    assert_int_equal(all.fixed, fixture_whole(fixture.root, "fixed"));
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

/* ---- tallies ------------------------------------------------------------- */

static void assert_same_tally(struct tally a, struct tally b)
{
    assert_int_equal(a.pairs, b.pairs);
    assert_int_equal(a.fixed, b.fixed);
    assert_int_equal(a.undefined, b.undefined);
    assert_true(a.sum_abs == b.sum_abs && a.max_abs == b.max_abs && a.sum_chance == b.sum_chance);
}

static void test_without_lines_it_is_the_base(void **state)
{
    (void)state;
    struct small_angles small;
    struct awm awm;
    small_angles_fill(&small);
    for (int which = -1; which < PROJECTION_COUNT; which++) {
        struct rule rule = {0.1F, 1, {which != 1, which != 0}};
        awm_init(&awm, &rule);
        assert_same_tally(awm_tally_model(&small.angles, &awm), tally_model(&small.angles, &rule));
        for (size_t layer = 0; layer < SMALL_LAYERS; layer++)
            assert_same_tally(awm_tally_layer(&small.angles, layer, &awm),
                              tally_layer(&small.angles, layer, &rule));
    }
}

/* A line that says what the base says anyway goes another way to the same counts. */
static void test_lines_count_as_the_base_does(void **state)
{
    (void)state;
    struct small_angles small;
    struct awm awm;
    const struct rule rule = {0.1F, 1, {true, true}};
    small_angles_fill(&small);
    awm_init(&awm, &rule);
    set(&awm, REACH_MODEL, 0.1F, EXCEPTION_NONE);
    struct tally got = awm_tally_model(&small.angles, &awm),
                 want = tally_model(&small.angles, &rule);
    assert_int_equal(got.pairs, want.pairs);
    assert_int_equal(got.fixed, want.fixed);
    assert_int_equal(got.undefined, want.undefined);
    assert_true(fabs(got.sum_chance - want.sum_chance) < 1e-9);
    awm_free(&awm);
}

/* Head 1 of layer 0 has an undefined pair: it stays trainable though the head is fixed, and chance
 * would have fixed all. */
static void test_fixed_by_hand(void **state)
{
    (void)state;
    struct small_angles small;
    struct awm awm;
    unsigned char fixed[SMALL_QUERY_HEADS * SMALL_PAIRS];
    const struct rule rule = {1, 0, {true, true}};
    small_angles_fill(&small);
    awm_init(&awm, &rule);
    set(&awm, (struct reach){0, PROJECTION_QUERY, 1}, NAN, EXCEPTION_FIX);
    struct tally tally = awm_tally_head(&small.angles, 0, PROJECTION_QUERY, 1, &awm);
    assert_int_equal(tally.fixed, SMALL_PAIRS - 1);
    assert_int_equal(tally.undefined, 1);
    assert_true(tally_chance(&tally) == 1);
    assert_int_equal(awm_fixed_pairs(&awm, &small.angles, 0, PROJECTION_QUERY, fixed),
                     SMALL_PAIRS - 1);
    for (size_t i = 0; i < sizeof fixed; i++)
        assert_int_equal(fixed[i], i / SMALL_PAIRS == 1 && i % SMALL_PAIRS != 3);
    awm.base.first_layer = 1; /* no line reaches over that */
    assert_int_equal(awm_fixed_pairs(&awm, &small.angles, 0, PROJECTION_QUERY, fixed), 0);
    awm.base.first_layer = 0;
    awm.base.projection[PROJECTION_QUERY] = false;
    assert_int_equal(awm_fixed_pairs(&awm, &small.angles, 0, PROJECTION_QUERY, fixed), 0);
    awm_free(&awm);
}

/* ---- the file ------------------------------------------------------------ */

static void write_rule(const struct awm *awm, const char *name)
{
    struct error err;
    FILE *stream = fopen(scratch_path(name), "wb");
    assert_non_null(stream);
    assert_int_equal(rule_write_csv(awm, stream, &err), STATUS_OK);
    fclose(stream);
}

static void test_reads_back_the_same(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct awm awm, again;
    struct error err;
    rule_fixture_read(&fixture);
    read_rule(&awm, &fixture);
    assert_true(awm.base.threshold == 0.02F);
    for (int whole = 0; whole < 2; whole++) {
        if (whole)
            set(&awm, REACH_MODEL, 0.25F, EXCEPTION_FREE);
        write_rule(&awm, "again.csv");
        awm_init(&again, &base);
        if (rule_read_csv(scratch_path("again.csv"), &fixture.model, &again, &err) != STATUS_OK)
            fail_msg("%s", err.what);
        assert_int_equal(again.line_count, awm.line_count);
        for (uint32_t layer = 0; layer < FIXTURE_LAYERS; layer++)
            for (uint32_t i = 0; i < 2 * FIXTURE_HEADS; i++)
                assert_true(awm_threshold(&again, layer, i % 2, i / 2) ==
                            awm_threshold(&awm, layer, i % 2, i / 2));
        awm_free(&again);
    }
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

static const struct {
    const char *text, *says;
} refused[] = {
    {"", "nothing in it"},
    {"layer,head\n1,2\n", ":1: the first line must name the columns"},
    {"layer,threshold,colour\n1,0.1,red\n", ":1: there is no such column: colour"},
    {"layer,threshold,layer\n1,0.1,1\n", ":1: the column is there twice: layer"},
    {"layer,projection,head,threshold,exception,layer\n", ":1: "},
    {"layer,threshold\n1,0.1,3\n", ":2: not as many fields"},
    {"layer,threshold\n1\n", ":2: not as many fields"},
    {"layer,threshold\n1,0.1\n2,much\n", ":3: makes no sense: threshold 'much'"},
    {"layer,threshold\n1,1.5\n", ":2: makes no sense: threshold '1.5'"},
    {"layer,threshold\n1,-0.1\n", ":2: makes no sense: threshold '-0.1'"},
    {"layer,threshold\n1,nan\n", ":2: makes no sense: threshold 'nan'"},
    {"layer,threshold\n1,0x1p-3q\n", ":2: makes no sense"},
    {"layer,threshold\n\n\n-1,0.1\n", ":4: makes no sense: layer '-1'"},
    {"layer,threshold\n4294967295,0.1\n", ":2: makes no sense: layer '4294967295'"},
    {"layer,threshold\n99999999999999999999,0.1\n", ":2: makes no sense: layer"},
    {"layer,threshold\n6,0.1\n", ":2: layer 6: random has layers 0 to 5"},
    {"layer,head,threshold\n1,4,0.1\n", ":2: layer 1 head 4: there are 4 heads"},
    {"layer,projection,head,threshold\n1,key,2,0.1\n", ":2: layer 1 key head 2: there are 2 heads"},
    {"layer,projection,threshold\n1,value,0.1\n", ":2: makes no sense: projection 'value'"},
    {"layer,exception\n1,freeze\n", ":2: makes no sense: exception 'freeze'"},
    {"layer,threshold,exception\n1,,\n", ":2: neither a threshold nor an exception: layer 1"},
    {"layer,threshold\n1,0.1\n2,0.1\n1,0.1\n", ":4: this was said before: layer 1"},
    {"layer,threshold\n,0.1\n,0.1\n", ":3: this was said before: all"},
    {"layer,threshold\n1,\"0.1\n2,0.1\n", ":2: this is no CSV"},
    {"layer,threshold\n1,0.1\"5\"\n", ":2: this is no CSV"},
};

static void check_refused(const char *path, const char *says)
{
    struct rule_fixture fixture;
    struct awm awm;
    struct error err = {0};
    rule_fixture_read(&fixture);
    awm_init(&awm, &base);
    set(&awm, (struct reach){4, REACH_ALL, REACH_ALL}, 0.5F, EXCEPTION_NONE);
    assert_int_equal(rule_read_csv(path, &fixture.model, &awm, &err), STATUS_FAILED);
    assert_int_equal(err.status, STATUS_FAILED);
    assert_says(err.what, says);
    assert_says(err.what, path);
    assert_int_equal(awm.line_count, 1); /* as it was */
    assert_true(awm.base.threshold == 0.02F);
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

static void test_refused(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    text_format(path, sizeof path, "%s", scratch_path("bad.csv"));
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        scratch_text("bad.csv", refused[i].text);
        check_refused(path, refused[i].says);
    }
    static const char nul[] = "layer,threshold\n1,0.1\n2,0.\0001\n";
    scratch_write("bad.csv", nul, sizeof nul - 1);
    check_refused(path, ":3: a NUL byte");
    enum { HUGE_BYTES = 3 << 20 };
    char *huge = malloc(HUGE_BYTES);
    memset(huge, '1', HUGE_BYTES);
    memcpy(huge, "layer,threshold\n", 16);
    scratch_write("bad.csv", huge, HUGE_BYTES);
    free(huge);
    check_refused(path, ":2: a field is longer than");
    check_refused(scratch_path("none.csv"), "none.csv");
}

static void test_columns_in_any_order(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct awm awm;
    struct error err;
    rule_fixture_read(&fixture);
    awm_init(&awm, &base);
    scratch_text("order.csv",
                 "\xEF\xBB\xBF"
                 "exception,head,layer,projection\r\nfix,1,3,query\r\n\r\nfree,,4,both");
    if (rule_read_csv(scratch_path("order.csv"), &fixture.model, &awm, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(awm.line_count, 2);
    assert_true(awm_threshold(&awm, 3, PROJECTION_QUERY, 1) == 0.0F);
    assert_true(isinf(awm_threshold(&awm, 4, PROJECTION_KEY, 0)));
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_narrower_wins),
        cmocka_unit_test(test_lines_come_and_go),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_fixes_what_numpy_fixes),
        cmocka_unit_test(test_without_lines_it_is_the_base),
        cmocka_unit_test(test_lines_count_as_the_base_does),
        cmocka_unit_test(test_fixed_by_hand),
        cmocka_unit_test(test_reads_back_the_same),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_columns_in_any_order),
    };
    return cmocka_run_group_tests_name("awm", tests, scratch_make, scratch_remove);
}
