/* Bounded text: UTF-8 against every malformed byte, numbers that read back, names made safe. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ropescope/support.h"

/* ---- UTF-8 --------------------------------------------------------------- */

static bool is_scalar(uint32_t code)
{
    return code < 0x110000 && !(code >= 0xD800 && code < 0xE000);
}

static void every_code_point_survives_encoding(void **state)
{
    (void)state;
    for (uint32_t code = 1; code < 0x110000; code++) {
        char text[5] = {0};
        size_t bytes, length = text_encode(code, text);
        uint32_t decoded = text_decode(text, &bytes);
        if (decoded != (is_scalar(code) ? code : 0xFFFD) || bytes != (is_scalar(code) ? length : 1))
            fail_msg("U+%04X decodes as U+%04X of %zu bytes", code, decoded, bytes);
        if (text_is_utf8(text, length) != is_scalar(code))
            fail_msg("U+%04X: text_is_utf8 is wrong", code);
    }
    size_t bytes;
    assert_int_equal(text_decode("", &bytes), 0);
    assert_int_equal(bytes, 0);
}

/* Every sequence of three bytes: what is valid decodes as one character and encodes to itself, what
 * is not gives U+FFFD for one byte. */
static void every_byte_sequence_decodes_or_is_replaced(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x1000000; bits++) {
        char text[4] = {(char)(bits >> 16), (char)(bits >> 8 & 0xFF), (char)(bits & 0xFF), 0},
             back[4];
        size_t bytes;
        uint32_t code = text_decode(text, &bytes);
        if (text[0] == '\0')
            continue;
        bool replaced = code == 0xFFFD && bytes == 1;
        bool whole = bytes <= 3 && text_encode(code, back) == bytes && !memcmp(back, text, bytes);
        if (replaced == whole || !(replaced || is_scalar(code)))
            fail_msg("bytes %06X decode as U+%04X of %zu bytes", bits, code, bytes);
    }
}

static void malformed_bytes_are_told(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC2",
        "\xC3(",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xE2\x82",
        "\xE2(\xA1",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF0\x9F\x98",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFC",
        "\xFE",
        "\xFF",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t bytes;
        char inside[20];
        assert_int_equal(text_decode(bad[i], &bytes), 0xFFFD);
        assert_int_equal(bytes, 1);
        assert_false(text_is_utf8(bad[i], strlen(bad[i])));
        text_format(inside, sizeof inside, "abc%sdef", bad[i]);
        assert_false(text_is_utf8(inside, strlen(inside)));
    }
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8("a\0b", 3));
    assert_true(text_is_utf8("\xEF\xBF\xBD", 3)); /* U+FFFD itself is a character */
    assert_false(text_is_utf8("\xC3\xA4", 1));    /* the length counts, not the text behind it */
}

/* ---- names made safe ----------------------------------------------------- */

static void names_cannot_steer_a_terminal(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"plain name", "plain name"},
        {"\x1B[31mred\x1B[0m", "?[31mred?[0m"},
        {"a\nb\rc\td\be\x7F", "a?b?c?d?e?"},
        {"csi \xC2\x9B"
         "31m",
         "csi ?31m"},
        {"a\xE2\x80\xAE"
         "b\xE2\x81\xA6"
         "c\xE2\x80\x8B",
         "a?b?c?"},
        {"\xD8\x9C\xEF\xBB\xBF\xE2\x80\xA8", "???"},
        {"tag \xF3\xA0\x81\x81", "tag ?"},
        {"bad \xFF\xC3( \xE2\x82", "bad ?\?( ??"},
        {"\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80", "\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char safe[64];
        text_printable(safe, sizeof safe, names[i][0]);
        assert_string_equal(safe, names[i][1]);
    }
}

static void names_are_cut_at_whole_characters(void **state)
{
    (void)state;
    static const char name[] = "a\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80";
    static const size_t kept[] = {0, 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};
    for (size_t size = 0; size < sizeof kept / sizeof *kept; size++) {
        char out[16];
        memset(out, '#', sizeof out);
        text_printable(out, size, name);
        assert_int_equal(out[size], '#');
        if (size > 0)
            assert_int_equal(strlen(out), kept[size]);
        assert_memory_equal(out, name, kept[size]);
    }
}

static void formatted_text_is_bounded(void **state)
{
    (void)state;
    char out[4];
    assert_true(text_format(out, sizeof out, "%s", "abc"));
    assert_false(text_format(out, sizeof out, "%s", "abcd"));
    assert_string_equal(out, "abc");
    assert_true(text_ends_with("x.angles", ".angles"));
    assert_false(text_ends_with("angles", ".angles"));
    assert_true(text_ends_with("x", ""));
}

/* ---- errors -------------------------------------------------------------- */

static void errors_keep_both_ends(void **state)
{
    (void)state;
    struct error err = {0};
    enum { LONG = 5000 };
    char *name = calloc(LONG + 1, 1);
    assert_non_null(name);
    for (size_t i = 0; i + 1 < LONG; i += 2)
        memcpy(name + i, "\xC3\xA4", 2);
    for (size_t shift = 0; shift < 4; shift++) { /* cuts fall at other bytes each time */
        error_set(&err, STATUS_FAILED, "file%.*s: %s: the reason", (int)shift, "xyz", name);
        assert_true(strlen(err.what) < ERROR_WHAT && strlen(err.what) > ERROR_WHAT - 12);
        assert_memory_equal(err.what, "file", 4);
        assert_true(text_ends_with(err.what, ": the reason"));
        assert_non_null(strstr(err.what, " ... "));
        assert_null(strchr(err.what, '?'));
        assert_true(text_is_utf8(err.what, strlen(err.what)));
    }
    error_context(&err, "context %s", name);
    assert_memory_equal(err.what, "context ", 8);
    assert_true(text_ends_with(err.what, ": the reason"));
    error_help(&err, "%s", "line\nbreak");
    assert_string_equal(err.help, "line?break");
    assert_int_equal(error_set(NULL, STATUS_USAGE, "nobody listens"), STATUS_USAGE);
    free(name);
}

/* ---- numbers ------------------------------------------------------------- */

static void floats_read_back(void **state)
{
    (void)state;
    char text[TEXT_NUMBER];
    uint32_t bits = 1;
    for (int i = 0; i < 200000; i++) {
        float value;
        bits = bits * 1664525 + 1013904223;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_true(strtof(text_float(text, value), NULL) == value);
    }
    static const double edges[] = {0,        1,
                                   0.1,      1.0 / 3,
                                   DBL_MAX,  DBL_MIN,
                                   5e-324,   1e15,
                                   1e16,     1e22,
                                   999999.5, 123456789012345678.0,
                                   -0.01,    9007199254740993.0};
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        assert_true(strtod(text_double(text, edges[i]), NULL) == edges[i]);
        assert_true(strtod(text_double(text, -edges[i]), NULL) == -edges[i]);
    }
    assert_string_equal(text_float(text, 0.01F), "0.01");
    assert_string_equal(text_double(text, 500000), "500000");
    assert_string_equal(text_double(text, 0.1), "0.1");
    assert_string_equal(text_float(text, 16777216.0F), "16777216");
}

static void numbers_take_a_point_in_any_locale(void **state)
{
    (void)state;
    char text[TEXT_NUMBER];
    double value;
    setlocale(LC_CTYPE, "");
    assert_string_equal(text_double(text, 0.5), "0.5");
    assert_true(text_to_double("0.5", &value) && value == 0.5);
    assert_false(text_to_double("0,5", &value));
}

static void whole_texts_are_numbers_or_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     " ",   "1 ", " 1",  "1x",    "nan",         "inf",
                                      "-inf", "0x1", "1e", "e1",  "1e999", "--1",         "1-2",
                                      "-",    ".",   "+",  "1,5", "0x1p3", "1e5000000000"};
    double value = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (text_to_double(bad[i], &value))
            fail_msg("\"%s\" is taken for a number", bad[i]);
    }
    assert_true(value == 42);
    assert_true(text_to_double("-1.5e2", &value) && value == -150);
    assert_true(text_to_double(".5", &value) && value == 0.5);
    assert_true(text_to_double("1e-999", &value) && value == 0);
}

static void whole_texts_are_counts_or_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " 1",
                                      "1 ",
                                      "-1",
                                      "+1",
                                      "1.0",
                                      "1e3",
                                      "0x10",
                                      "18446744073709551616",
                                      "99999999999999999999999"};
    uint64_t wide = 42;
    uint32_t narrow = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(text_to_u64(bad[i], &wide) || text_to_u32(bad[i], &narrow));
    assert_false(text_to_u32("4294967296", &narrow));
    assert_true(wide == 42 && narrow == 42);
    assert_true(text_to_u64("18446744073709551615", &wide) && wide == UINT64_MAX);
    assert_true(text_to_u32("4294967295", &narrow) && narrow == UINT32_MAX);
    assert_true(text_to_u32("007", &narrow) && narrow == 7);
}

static void sizes_times_and_counts_read_well(void **state)
{
    (void)state;
    char text[TEXT_NUMBER];
    static const struct {
        double value;
        const char *text;
    } bytes[] = {{0, "0 B"},         {999, "999 B"},     {999.6, "1.0 kB"},  {1000, "1.0 kB"},
                 {9949, "9.9 kB"},   {9950, "10 kB"},    {999499, "999 kB"}, {999500, "1.0 MB"},
                 {1.25e9, "1.2 GB"}, {13.5e12, "14 TB"}, {5e18, "5000 PB"}},
      seconds[] = {{-5, "0 s"},         {0.4, "0 s"},
                   {59.4, "59 s"},      {59.6, "1 min 0 s"},
                   {130, "2 min 10 s"}, {3600, "1 h 0 min"},
                   {3900, "1 h 5 min"}, {1e300, "277777 h 46 min"}};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        assert_string_equal(text_bytes(text, bytes[i].value), bytes[i].text);
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
        assert_string_equal(text_duration(text, seconds[i].value), seconds[i].text);
    text_duration(text, NAN);
    assert_string_equal(text_count(text, 0), "0");
    assert_string_equal(text_count(text, 999), "999");
    assert_string_equal(text_count(text, 131072), "131,072");
    assert_string_equal(text_count(text, UINT64_MAX), "18,446,744,073,709,551,615");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives_encoding),
        cmocka_unit_test(every_byte_sequence_decodes_or_is_replaced),
        cmocka_unit_test(malformed_bytes_are_told),
        cmocka_unit_test(names_cannot_steer_a_terminal),
        cmocka_unit_test(names_are_cut_at_whole_characters),
        cmocka_unit_test(formatted_text_is_bounded),
        cmocka_unit_test(errors_keep_both_ends),
        cmocka_unit_test(floats_read_back),
        cmocka_unit_test(numbers_take_a_point_in_any_locale),
        cmocka_unit_test(whole_texts_are_numbers_or_not),
        cmocka_unit_test(whole_texts_are_counts_or_not),
        cmocka_unit_test(sizes_times_and_counts_read_well),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
