/* test_tokenizer.c: the ids of 1,000 lines of mixed text are those of the `tokenizers` package, in
 * four vocabularies, and lead back to the text; bad tokenizers are refused with a reason. */
#include "ropescope/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/tokens/"

static struct tokenizer *opened(const char *path)
{
    struct tokenizer *tokenizer;
    struct error err = {0};
    if (tokenizer_open(path, &tokenizer, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return tokenizer;
}

/* Whether the ids are those of the line of numbers at *at, which moves behind it. */
static bool same_ids(const uint32_t *ids, size_t count, const char **at)
{
    bool same = true;
    size_t i = 0;
    for (; **at != '\n'; i++) {
        char *end;
        unsigned long id = strtoul(*at, &end, 10);
        same = same && i < count && ids[i] == id;
        *at = *end == ' ' ? end + 1 : end;
    }
    ++*at;
    return same && i == count;
}

static char *file_text(const char *path)
{
    size_t size;
    unsigned char *raw = file_get(path, &size);
    char *text = memory_text_part((const char *)raw, size);
    memory_free(raw);
    return text;
}

static void encode(const struct tokenizer *t, const char *line, size_t length, uint32_t **ids,
                   size_t *count)
{
    struct error err = {0};
    if (tokenizer_encode(t, line, length, true, ids, count, &err) != STATUS_OK)
        fail_msg("%s", err.what);
}

static bool round_trip(const struct tokenizer *t, const char *line, size_t length,
                       const uint32_t *ids, size_t count)
{
    char *back;
    size_t size;
    struct error err;
    assert_int_equal(tokenizer_decode(t, ids, count, &back, &size, &err), STATUS_OK);
    bool same = size == length && memcmp(back, line, length) == 0;
    memory_free(back);
    return same;
}

/* *wrong lines have other ids, *changed lines do not come back as they were. */
static void run_lines(const char *name, size_t *wrong, size_t *changed)
{
    char path[PATH_BYTES];
    text_format(path, sizeof path, FIXTURES "%s/ids.txt", name);
    char *expected = file_text(path);
    size_t size;
    char *lines = (char *)file_get(FIXTURES "lines.bin", &size);
    text_format(path, sizeof path, FIXTURES "%s", name);
    struct tokenizer *t = opened(path);
    const char *want = expected;
    size_t at = 0, seen = 0;
    *wrong = *changed = 0;
    for (; at < size; seen++) {
        char *line;
        size_t length = strtoul(lines + at, &line, 10), count;
        uint32_t *ids;
        line++;
        encode(t, line, length, &ids, &count);
        *wrong += !same_ids(ids, count, &want);
        *changed += !round_trip(t, line, length, ids, count);
        memory_free(ids);
        at = (size_t)(line - lines) + length + 1;
    }
    assert_int_equal(seen, 1000);
    tokenizer_close(t);
    memory_free(expected);
    memory_free(lines);
}

static void test_lines(void **state)
{
    (void)state;
    static const char *const names[] = {"gpt2", "llama3", "qwen2", "llama2"};
    size_t wrong[4], changed[4];
    for (size_t i = 0; i < 4; i++) {
        run_lines(names[i], &wrong[i], &changed[i]);
        print_message("%s: %zu of 1000 lines differ, %zu do not come back\n", names[i], wrong[i],
                      changed[i]);
    }
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(wrong[i], 0);
}

/* ---- other kinds --------------------------------------------------------- */

static void test_bytes(void **state)
{
    (void)state;
    struct tokenizer *t = opened("tests/data/demo/base");
    uint32_t *ids;
    size_t count;
    assert_int_equal(tokenizer_count(t), 256);
    encode(t, "a\0\xFF", 3, &ids, &count);
    assert_int_equal(count, 3);
    assert_true(ids[0] == 'a' && ids[1] == 0 && ids[2] == 0xFF);
    assert_true(round_trip(t, "a\0\xFF", 3, ids, count));
    memory_free(ids);
    tokenizer_close(t);
}

/* Long words take n log n: a million letters in one word. */
static void test_long_word(void **state)
{
    (void)state;
    enum { LONG = 1000000 };
    struct tokenizer *t = opened(FIXTURES "llama2");
    char *text = memory_array(LONG, 1);
    uint32_t *ids;
    size_t count;
    memset(text, 'e', LONG);
    double start = clock_seconds();
    encode(t, text, LONG, &ids, &count);
    assert_true(clock_seconds() - start < 20);
    assert_true(round_trip(t, text, LONG, ids, count));
    memory_free(ids);
    memory_free(text);
    tokenizer_close(t);
}

/* ---- refused ------------------------------------------------------------- */

static const struct {
    const char *json, *says;
} refused[] = {
    {"{\"model\":{\"type\":\"Unigram\",\"vocab\":[]}}", "Unigram"},
    {"{\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}", "WordPiece"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":4294967296},\"merges\":[]}}", "4294967296"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]}}", "-1"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[]}}", "twice"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a a\"]}}", "not there"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[\"a\"]}}", "no pair"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[[\"a\",\"a\"", "text ends"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\\u0000\":0},\"merges\":[]}}", "U+0000"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{\"\xFF\":0},\"merges\":[]}}", "UTF-8"},
    {"{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[],\"dropout\":0.5}}", "dropout"},
    {"{\"model\":{}}", "without a type"},
    {"{}", "no model"},
    {"{\"normalizer\":{\"type\":\"Lowercase\"},\"model\":{}}", "Lowercase"},
    {"{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"model\":{}}", "BertPreTokenizer"},
    {"{\"post_processor\":{\"type\":\"RobertaProcessing\"},\"model\":{}}", "RobertaProcessing"},
    {"{\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Sequence\"}]}}",
     "Sequence"},
    {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},"
     "\"behavior\":\"Isolated\"}}",
     "pattern"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct tokenizer *t;
        struct error err = {0};
        scratch_text("tokenizer.json", refused[i].json);
        assert_int_equal(tokenizer_open(scratch_path("tokenizer.json"), &t, &err), STATUS_FAILED);
        assert_null(t);
        assert_says(err.what, refused[i].says);
    }
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
    memcpy(text, "{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"", 54);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_long_word),
        cmocka_unit_test_setup_teardown(test_refused, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_deep_and_long, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_slow_pattern, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
