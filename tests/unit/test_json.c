/* JSON of strangers: what cJSON forgives, what Python writes, and the walk over large objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "ropescope/support.h"

/* ---- whole values -------------------------------------------------------- */

static bool parses(const char *text, size_t len)
{
    cJSON *item = NULL;
    struct error err = {0};
    enum status status = json_parse(text, len, "the text", &item, &err);
    assert_true((status == STATUS_OK) == (item != NULL));
    if (status != STATUS_OK)
        assert_non_null(strstr(err.what, "the text: no valid JSON"));
    cJSON_Delete(item);
    return status == STATUS_OK;
}

static void good_texts_parse(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0",
        "null",
        "\"\"",
        "[]",
        " { } \n",
        "{\"a\":[1,{\"b\":\"\\u0041\\n\"}]}",
        "[NaN]",
        "-1e5",
        "\"\xC3\xA4\"",
        "[Infinity,-Infinity]",
        "{\"a\\\"NaN\":NaN}",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!parses(good[i], strlen(good[i])))
            fail_msg("%s is refused", good[i]);
    }
    assert_true(parses("[1]garbage", 3));
}

static void bad_texts_do_not_parse(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          " ",       "{",           "}",       "[1,]x",   "{\"a\":1}}", "{\"a\":1} b",
        "{\"a\" 1}", "{a:1}",   "[1 2]",       "nul",     "nullNaN", "--Infinity", "xNaN",
        "NaNNaN",    "{NaN:1}", "\"\\ud800\"", "\"\\x\"", "\"open",  "\"a\nb\"",   "\"a\x01\"",
        "\x0B{}",    "{}\x0C",  "\"a\\\nb\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parses(bad[i], strlen(bad[i])))
            fail_msg("%s is taken", bad[i]);
    }
    assert_false(parses("{}\0", 3));
    assert_false(parses("{}\0garbage", 10));
    assert_false(parses("\"a\0b\"", 5));
    assert_false(parses("[1]", 2));
}

static void not_a_number_is_null_outside_strings(void **state)
{
    (void)state;
    static const char text[] =
        "{\"NaN\":NaN,\"s\":\"NaN \\\" -Infinity\",\"l\":[Infinity,-Infinity,1]}";
    cJSON *root = NULL;
    assert_int_equal(json_parse(text, strlen(text), "x", &root, NULL), STATUS_OK);
    assert_null(json_get(root, "NaN")); /* null counts as absent */
    assert_true(cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(root, "NaN")));
    assert_string_equal(cJSON_GetStringValue(json_get(root, "s")), "NaN \" -Infinity");
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(json_get(root, "l"), 1)));
    assert_int_equal(cJSON_GetArraySize(json_get(root, "l")), 3);
    cJSON_Delete(root);
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    char *text = malloc(2 * DEPTH);
    assert_non_null(text);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    assert_false(parses(text, (size_t)2 * DEPTH));
    assert_false(parses(text, DEPTH));
    assert_true(parses(text + DEPTH - 50, 100));
    free(text);
}

static void only_whole_numbers_are_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool whole;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"7", true, 7},
        {"4e3", true, 4000},
        {"9007199254740991", true, 9007199254740991},
        {"9007199254740992", false, 0},
        {"1e300", false, 0},
        {"1e999", false, 0},
        {"-1", false, 0},
        {"0.5", false, 0},
        {"\"7\"", false, 0},
        {"true", false, 0},
        {"null", false, 0},
        {"[7]", false, 0},
        {"NaN", false, 0},
        {"18446744073709551616", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *item = NULL;
        uint64_t value = 0;
        assert_int_equal(json_parse(cases[i].text, strlen(cases[i].text), "x", &item, NULL),
                         STATUS_OK);
        if (json_whole(item, &value) != cases[i].whole || value != cases[i].value)
            fail_msg("%s is read wrongly", cases[i].text);
        cJSON_Delete(item);
    }
    assert_false(json_whole(NULL, &(uint64_t){0}));
}

/* ---- the walk ------------------------------------------------------------ */

/* Members of the object; -1: refused. Key and value must lie within the text. */
static int walk(const char *text, size_t len)
{
    struct json_walk walker = {.text = text, .len = len, .what = "the text"};
    struct error err = {0};
    bool more = true;
    for (int count = 0;; count++) {
        if (json_walk_next(&walker, &more, &err) != STATUS_OK) {
            assert_non_null(strstr(err.what, "the text: no valid JSON object: "));
            return -1;
        }
        if (!more)
            return count;
        assert_true(walker.key >= text && walker.key_len >= 2 && walker.value_len > 0 &&
                    walker.value + walker.value_len <= text + len);
        assert_true(walker.key[0] == '"' && walker.key[walker.key_len - 1] == '"');
    }
}

static void walk_counts_members(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int members;
    } cases[] = {
        {"{}", 0},
        {" \n{ \t} \r", 0},
        {"{\"a\":1}", 1},
        {"{ \"a\" : 1 , \"b\" : {\"x\":[1,{}],\"y\":\"}\"} }", 2},
        {"{\"a\\\"}\":\"\\\\\",\"b\":\"{[,:\"}", 2},
        {"", -1},
        {" ", -1},
        {"[]", -1},
        {"null", -1},
        {"{", -1},
        {"{}}", -1},
        {"{},", -1},
        {"{} {}", -1},
        {"{\"a\":1,}", -1},
        {"{,\"a\":1}", -1},
        {"{\"a\"}", -1},
        {"{\"a\":}", -1},
        {"{\"a\" 1}", -1},
        {"{\"a\":1 \"b\":2", -1},
        {"{\"a\":1]", -1},
        {"{a:1}", -1},
        {"{1:1}", -1},
        {"{\"a\":\"}", -1},
        {"{\"a:1}", -1},
        {"{\"a\\", -1},
        {"{\"a\":\"\\", -1},
        {"{\"a\":1", -1},
        {"{\"a\":[1", -1},
        {"{\"a\": ,\"b\":1}", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (walk(cases[i].text, strlen(cases[i].text)) != cases[i].members)
            fail_msg("%s: not %d members", cases[i].text, cases[i].members);
    }
    assert_int_equal(walk("{}\0", 3), -1);
    assert_int_equal(walk("{\0}", 3), -1);
}

static void walk_refuses_every_truncation(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\\\"b\" : [1,{\"x\":\"}\"}], \"c\":{\"d\":[[]]} , \"e\":null}";
    assert_int_equal(walk(whole, sizeof whole - 1), 3);
    for (size_t cut = 0; cut + 1 < sizeof whole; cut++) {
        char *part = malloc(cut + 1); /* of its own, so that a sanitizer sees a read past it */
        assert_non_null(part);
        memcpy(part, whole, cut);
        if (walk(part, cut) != -1)
            fail_msg("%.*s is taken", (int)cut, whole);
        free(part);
    }
}

static int walk_nested(size_t depth)
{
    char text[300] = "{\"a\":";
    memset(text + 5, '[', depth);
    memset(text + 5 + depth, ']', depth);
    strcpy(text + 5 + 2 * depth, "}");
    return walk(text, strlen(text));
}

static void walk_refuses_deep_nesting(void **state)
{
    (void)state;
    assert_int_equal(walk_nested(64), 1);
    assert_int_equal(walk_nested(65), -1);
}

/* ---- strings ------------------------------------------------------------- */

static const char *string_of(const char *raw, size_t len, struct arena *arena)
{
    const char *out = NULL;
    struct error err = {0};
    return json_string(raw, len, "x", arena, &out, &err) == STATUS_OK ? out : NULL;
}

static void strings_are_resolved_or_refused(void **state)
{
    (void)state;
    struct arena arena = {0};
    static const char *const good[][2] = {
        {"\"\"", ""},
        {"\"plain\"", "plain"},
        {"\"a\\n\\u00e4\\/\\\"\"", "a\n\xC3\xA4/\""},
        {"\"\\\\u0000\"", "\\u0000"},
        {"\"\\ud83d\\ude00\"", "\xF0\x9F\x98\x80"},
    };
    static const char *const bad[] = {
        "",
        "\"",
        "a",
        "plain",
        "\"a",
        "a\"",
        "\"a\"b\"",
        "\"a\" \"b\"",
        "\"a\\\"",
        "\"\\u0000\"",
        "\"\\\\\\u0000\"",
        "\"\xFF\"",
        "\"a\nb\"",
        "\"\\q\"",
        "\"\\udc00\"",
        "\"a\\n\" \"b\"",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *text = string_of(good[i][0], strlen(good[i][0]), &arena);
        assert_non_null(text);
        assert_string_equal(text, good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (string_of(bad[i], strlen(bad[i]), &arena))
            fail_msg("%s is taken", bad[i]);
    }
    assert_null(string_of("\"a\0b\"", 5, &arena));
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts_parse),
        cmocka_unit_test(bad_texts_do_not_parse),
        cmocka_unit_test(not_a_number_is_null_outside_strings),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(only_whole_numbers_are_whole),
        cmocka_unit_test(walk_counts_members),
        cmocka_unit_test(walk_refuses_every_truncation),
        cmocka_unit_test(walk_refuses_deep_nesting),
        cmocka_unit_test(strings_are_resolved_or_refused),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
