/* test_tokenizer_hostile.c: tokenizers that would nest, search or grow without end are refused, and
 * what keeps them from it loses nothing of others. */
#include "ropescope/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

static struct tokenizer *opened(const char *path)
{
    struct tokenizer *tokenizer;
    struct error err = {0};
    if (tokenizer_open(path, &tokenizer, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return tokenizer;
}

static void test_deep_and_long(void **state)
{
    (void)state;
    enum { DEEP = 200000 };
    static char text[DEEP + 64];
    struct tokenizer *t;
    struct error err = {0};
    size_t at = (size_t)snprintf(text, sizeof text, "{\"model\":");
    memset(text + at, '[', DEEP);
    scratch_text("tokenizer.json", text);
    assert_int_equal(tokenizer_open(scratch_path("tokenizer.json"), &t, &err), STATUS_FAILED);
    assert_says(err.what, "nested too deep");
    memset(text, 'a', DEEP);
    static const char start[] = "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"";
    memcpy(text, start, sizeof start - 1);
    memcpy(text + DEEP, "\"},\"behavior\":\"Isolated\"}}", 27);
    scratch_text("tokenizer.json", text);
    assert_int_equal(tokenizer_open(scratch_path("tokenizer.json"), &t, &err), STATUS_FAILED);
    assert_says(err.what, "too long");
}

/* A pattern that backtracks without end is given up by name. */
static void test_slow_pattern(void **state)
{
    (void)state;
    struct tokenizer *t;
    struct error err = {0};
    uint32_t *ids;
    size_t count;
    scratch_text("tokenizer.json",
                 "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+$\"},"
                 "\"behavior\":\"Isolated\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},"
                 "\"merges\":[]}}");
    t = opened(scratch_path("tokenizer.json"));
    assert_int_equal(
        tokenizer_encode(t, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 37, false, &ids, &count, &err),
        STATUS_FAILED);
    assert_says(err.what, "takes too long");
    assert_int_equal(tokenizer_encode(t, "\xFF", 1, false, &ids, &count, &err), STATUS_FAILED);
    assert_says(err.what, "UTF-8");
    tokenizer_close(t);
}

/* A search for a pattern stops at times to look at the clock: nothing is lost there. */
static void test_far_match(void **state)
{
    (void)state;
    enum { PLAIN = 3001, WIDE = 1500 };
    static char text[PLAIN + 1 + 2 * WIDE + 2];
    struct error err = {0};
    uint32_t *ids;
    size_t count;
    scratch_text("tokenizer.json",
                 "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"b\"},"
                 "\"behavior\":\"Removed\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,"
                 "\"\xC3\xA9\":1},\"merges\":[]}}");
    struct tokenizer *t = opened(scratch_path("tokenizer.json"));
    memset(text, 'a', sizeof text);
    text[PLAIN] = text[sizeof text - 2] = 'b';
    for (size_t i = PLAIN + 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    assert_int_equal(tokenizer_encode(t, text, sizeof text, false, &ids, &count, &err), STATUS_OK);
    assert_int_equal(count, PLAIN + WIDE + 1);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ids[i], i >= PLAIN && i < PLAIN + WIDE);
    memory_free(ids);
    tokenizer_close(t);
}

/* Sixteen steps that double a text would make a gigabyte of 16 kB. */
static void test_growth(void **state)
{
    (void)state;
    static const char doubling[] =
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}";
    char json[2048] = "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[";
    static char text[16384];
    struct error err = {0};
    uint32_t *ids;
    size_t count;
    for (int i = 0; i < 16; i++) {
        strcat(json, i == 0 ? "" : ",");
        strcat(json, doubling);
    }
    strcat(json, "]},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[]}}");
    scratch_text("tokenizer.json", json);
    struct tokenizer *t = opened(scratch_path("tokenizer.json"));
    memset(text, 'a', sizeof text);
    assert_int_equal(tokenizer_encode(t, text, sizeof text, false, &ids, &count, &err),
                     STATUS_FAILED);
    assert_says(err.what, "as long");
    tokenizer_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_deep_and_long, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_slow_pattern, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_far_match, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_growth, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
