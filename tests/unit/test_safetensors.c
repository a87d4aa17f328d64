/* Files written here, good and bad, against the rules of the safetensors format: each bad one must
 * be refused with a message that names file, tensor and reason; none may crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#define FILE_NAME "m.safetensors"
#define ENTRY(name, dtype, shape, begin, end)                                                      \
    "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end \
    "]}"

/* ---- what is right ------------------------------------------------------- */

static void assert_opens(const char *header, size_t data, size_t tensors)
{
    struct opened opened;
    struct error err;
    scratch_tensors(FILE_NAME, header, data);
    if (open_checkpoint(&opened, FILE_NAME, &err) != STATUS_OK)
        fail_msg("%s is refused: %s", header, err.what);
    assert_int_equal(checkpoint_tensor_count(opened.checkpoint), tensors);
    close_opened(&opened);
}

static void valid_headers_open(void **state)
{
    (void)state;
    assert_opens("{}", 0, 0);
    assert_opens("{}      ", 0, 0);
    assert_opens(" \t\r\n{ } \n", 0, 0);
    assert_opens("{\"__metadata__\":{}}", 0, 0);
    assert_opens("{\"__metadata__\":{\"format\":\"pt\"}," ENTRY("a", "F32", "[2,2]", 0, 16) "}", 16,
                 1);
    assert_opens("{" ENTRY("scalar", "F64", "[]", 0, 8) "}", 8, 1);
    assert_opens("{" ENTRY("empty", "F16", "[3,0]", 0, 0) "," ENTRY("b", "U8", "[3]", 0, 3) "}", 3,
                 2);
    assert_opens("{" ENTRY("b", "F4", "[4]", 4, 6) "," ENTRY("a", "I32", "[1]", 0, 4) "}", 6, 2);
    assert_opens("{" ENTRY("five sizes", "BOOL", "[1,1,1,1,1]", 0, 1) "}", 1, 1);
    assert_opens("{" ENTRY("zero wins", "F32", "[0,9007199254740991,9007199254740991]", 0, 0) "}",
                 0, 1);
    assert_opens("{" ENTRY("\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80", "U8", "[1]", 0, 1) "}", 1, 1);
    assert_opens("{\"a\":{\"shape\":[1],\"more\":{\"x\":[1,\"}\"]},\"data_offsets\":[0,1],"
                 "\"dtype\":\"U8\"}}",
                 1, 1);
}

static void tensors_keep_what_the_header_says(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    scratch_tensors(FILE_NAME,
                    "{" ENTRY("z", "BF16", "[2,3]", 4, 16) "," ENTRY("a", "F32", "[1]", 0, 4) "}",
                    16);
    assert_int_equal(open_checkpoint(&opened, FILE_NAME, &err), STATUS_OK);
    const struct tensor *first = checkpoint_tensor(opened.checkpoint, 0);
    const struct tensor *z = checkpoint_find(opened.checkpoint, "z");
    assert_string_equal(first->name, "a");
    assert_non_null(z);
    assert_int_equal(z->rank, 2);
    assert_int_equal(z->shape[0], 2);
    assert_int_equal(z->shape[1], 3);
    assert_int_equal(z->dtype, DTYPE_BF16);
    assert_int_equal(z->bytes, 12);
    assert_int_equal(z->offset, first->offset + 4);
    assert_null(checkpoint_find(opened.checkpoint, "zz"));
    assert_null(checkpoint_find(opened.checkpoint, ""));
    close_opened(&opened);
}

static void escapes_in_names_are_resolved(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    scratch_tensors(FILE_NAME, "{" ENTRY("a\\u00e4\\n\\\\u0000\\\"", "U8", "[1]", 0, 1) "}", 1);
    assert_int_equal(open_checkpoint(&opened, FILE_NAME, &err), STATUS_OK);
    assert_non_null(checkpoint_find(opened.checkpoint, "a\xC3\xA4\n\\u0000\""));
    close_opened(&opened);
}

/* ---- what is wrong ------------------------------------------------------- */

static void assert_refused(const char *tensor, const char *why)
{
    struct opened opened;
    struct error err;
    if (open_checkpoint(&opened, FILE_NAME, &err) == STATUS_OK) {
        close_opened(&opened);
        fail_msg("opened, but should be refused: %s", why);
    }
    assert_int_equal(err.status, STATUS_FAILED);
    assert_says(err.what, FILE_NAME);
    assert_says(err.what, tensor);
    assert_says(err.what, why);
    for (const char *at = err.what; *at; at++)
        assert_true((unsigned char)*at >= 0x20);
}

static void refuse(const char *header, size_t data, const char *tensor, const char *why)
{
    scratch_tensors(FILE_NAME, header, data);
    assert_refused(tensor, why);
}

static void broken_lengths_are_refused(void **state)
{
    (void)state;
    static const unsigned char short_header[8] = {0x3c};
    static const unsigned char huge[8] = {0x3c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    static const unsigned char past_limit[10] = {0x01, 0xe1, 0xf5, 0x05}; /* 100,000,001 */
    static const unsigned char no_text[9] = {1, 0, 0, 0, 0, 0, 0, 0, 0xff};
    static const unsigned char brace[9] = {1, 0, 0, 0, 0, 0, 0, 0, '{'};
    scratch_write(FILE_NAME, "", 0);
    assert_refused("", "0 bytes are too few");
    scratch_write(FILE_NAME, short_header, 7);
    assert_refused("", "7 bytes are too few");
    scratch_write(FILE_NAME, short_header, 8);
    assert_refused("", "header of 60 bytes is cut short");
    scratch_write(FILE_NAME, huge, sizeof huge);
    assert_refused("", "limit of 100000000");
    scratch_write(FILE_NAME, past_limit, sizeof past_limit);
    assert_refused("", "limit of 100000000");
    scratch_write(FILE_NAME, no_text, sizeof no_text);
    assert_refused("", "no valid JSON object");
    scratch_write(FILE_NAME, brace, sizeof brace);
    assert_refused("", "no valid JSON object");
    refuse("", 0, "", "no valid JSON object");
    refuse("[]", 0, "", "does not start with a brace");
    refuse("{} x", 0, "", "follows the closing brace");
    refuse("{\"a\":1,}", 0, "tensor a", "no JSON object");
}

static void broken_layouts_are_refused(void **state)
{
    (void)state;
    char many[1200] = "{";
    for (int i = 0; i < 10; i++) {
        char entry[100];
        text_format(entry, sizeof entry,
                    "%s\"t%d\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}",
                    i ? "," : "", i);
        strcat(many, entry);
    }
    refuse(strcat(many, "}"), 16, "tensor t", "inside the data of another tensor");
    refuse("{" ENTRY("a", "I32", "[2,2]", 0, 16) "}", 16 + 39, "", "39 bytes follow the data");
    refuse("{}", 1, "", "1 bytes follow the data");
    refuse("{" ENTRY("a", "I32", "[2,2]", 0, 16) "}", 14, "tensor a", "holds only 14");
    refuse("{" ENTRY("a", "I32", "[2,2]", 0, 4) "}", 4, "tensor a", "span 4 bytes");
    refuse("{" ENTRY("a", "U8", "[4]", 8, 4) "}", 8, "tensor a", "backwards, from 8 to 4");
    refuse("{" ENTRY("a", "U8", "[4]", 4, 8) "}", 8, "tensor a", "hole");
    refuse("{" ENTRY("a", "U8", "[4]", 0, 4) "," ENTRY("b", "U8", "[4]", 5, 9) "}", 9, "tensor b",
           "hole");
    refuse("{" ENTRY("a", "U8", "[4]", 0, 4) "," ENTRY("b", "U8", "[4]", 3, 7) "}", 7, "tensor b",
           "inside the data of another");
    refuse("{" ENTRY("a", "U8", "[0]", 3, 3) "," ENTRY("b", "U8", "[4]", 0, 4) "}", 4, "tensor a",
           "inside the data of another");
    refuse("{" ENTRY("a", "U8", "[9007199254740991]", 0, 9007199254740991) "}", 9, "tensor a",
           "holds only 9");
}

static void broken_entries_are_refused(void **state)
{
    (void)state;
    static const char *const offsets[] = {
        "[-1,4]",
        "[0.5,4]",
        "[0,\"4\"]",
        "[0]",
        "[0,4,8]",
        "{\"a\":0,\"b\":4}",
        "\"0,4\"",
        "null",
        "[0,null]",
        "[0,NaN]",
        "[0,1e999]",
        "[0,9007199254740992]",
        "[0,18446744073709551616]",
    };
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        char header[200];
        text_format(header, sizeof header,
                    "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":%s}}", offsets[i]);
        refuse(header, 4, "tensor a", "data_offsets is no pair");
    }
    static const char *const shapes[] = {
        "[-4]", "[4.5]", "[\"4\"]", "[null]", "[9007199254740992]", "[2,18446744073709551614]"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char header[200];
        text_format(header, sizeof header,
                    "{\"a\":{\"dtype\":\"U8\",\"shape\":%s,\"data_offsets\":[0,4]}}", shapes[i]);
        refuse(header, 4, "tensor a", "no whole number below 2^53");
    }
    refuse("{" ENTRY("a", "U8", "4", 0, 4) "}", 4, "tensor a", "shape is no list");
    refuse("{" ENTRY("a", "U8", "[4503599627370496,4503599627370496]", 0, 4) "}", 4, "tensor a",
           "product of its shape overflows");
    refuse("{" ENTRY("a", "F64", "[4503599627370496,1024]", 0, 4) "}", 4, "tensor a",
           "size of its data overflows");
    refuse("{" ENTRY("a", "F4", "[3]", 0, 2) "}", 2, "tensor a", "whole bytes");
    refuse("{" ENTRY("a", "F6_E2M3", "[2]", 0, 2) "}", 2, "tensor a", "whole bytes");
    refuse("{" ENTRY("a", "F128", "[1]", 0, 16) "}", 16, "tensor a", "unknown dtype \"F128\"");
    refuse("{" ENTRY("a", "f32", "[1]", 0, 4) "}", 4, "tensor a", "unknown dtype");
    refuse("{\"a\":{\"dtype\":3,\"shape\":[4],\"data_offsets\":[0,4]}}", 4, "tensor a", "no dtype");
    refuse("{\"a\":{}}", 4, "tensor a", "no dtype");
    refuse("{\"a\":[]}", 4, "tensor a", "no JSON object");
    refuse("{\"a\":null}", 4, "tensor a", "no JSON object");
    refuse("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4,
           "tensor a", "stands twice");
    refuse("{\"a\":{\"dtype\":\"U8\" \"shape\":[4]}}", 4, "a", "no valid JSON");
    refuse("{\"__metadata__\":{\"n\":1}}", 0, "__metadata__", "strings to strings");
    refuse("{\"__metadata__\":[\"a\"]}", 0, "__metadata__", "strings to strings");
    refuse("{\"__metadata__\":\"a\"}", 0, "__metadata__", "strings to strings");
}

/* What cJSON takes and the reference reader does not: a file must mean the same to both. */
static void words_that_are_nearly_right_are_refused(void **state)
{
    (void)state;
    static const char *const numbers[] = {"4.0", "0.4e1", "4e0", "4E+0", "40e-1"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char header[200];
        text_format(header, sizeof header,
                    "{\"a\":{\"dtype\":\"U8\",\"shape\":[%s],\"data_offsets\":[0,4]}}", numbers[i]);
        refuse(header, 4, "tensor a", "not written as a whole number");
        text_format(header, sizeof header,
                    "{\"a\":{\"dtype\":\"U8\",\"sh\\u0061pe\":[4],\"data_offset\\u0073\":[0,%s]}}",
                    numbers[i]);
        refuse(header, 4, "tensor a", "not written as a whole number");
    }
    refuse("{" ENTRY("a", "U8", "[4]", -0, 4) "}", 4, "tensor a", "not written as a whole");
    refuse("{" ENTRY("a", "U8", "[04]", 0, 4) "}", 4, "tensor a", "starts with 0");
    refuse("{" ENTRY("a", "U8", "[4]", 00, 4) "}", 4, "tensor a", "starts with 0");
    refuse("{" ENTRY("a", "F32\\u0000x", "[1]", 0, 4) "}", 4, "tensor a", "U+0000");
    refuse("{\"__metadata__\":{\"a\":\"b\\u0000\"}}", 0, "__metadata__", "U+0000");
    refuse("{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__", "stands twice");
    refuse("{\"__metadata__\":{},\"__metadata_\\u005f\":{}}", 0, "__metadata__", "stands twice");
    assert_opens("{\"a\":{\"x\":[-1.5e3,0,\"\\\\u0000\"],\"dtype\":\"U8\",\"shape\":[10],"
                 "\"data_offsets\":[0,10]}}",
                 10, 1);
}

static void broken_names_are_refused(void **state)
{
    (void)state;
    refuse("{" ENTRY("a\\u0000b", "U8", "[1]", 0, 1) "}", 1, "", "U+0000");
    refuse("{" ENTRY("a\x80", "U8", "[1]", 0, 1) "}", 1, "", "not valid UTF-8");
    refuse("{" ENTRY("a\xED\xA0\x80", "U8", "[1]", 0, 1) "}", 1, "", "not valid UTF-8");
    refuse("{" ENTRY("a\x1B[31m", "U8", "[1]", 0, 1) "}", 1, "", "control character 0x1b");
    refuse("{" ENTRY("a\\ud800", "U8", "[1]", 0, 1) "}", 1, "", "no valid JSON");
    refuse("{" ENTRY("a\\x", "U8", "[1]", 0, 1) "}", 1, "", "no valid JSON");
    refuse("{" ENTRY("a", "U8", "[1]", 0, 1) ",\"b\":{\"dtype\":\"\xFF\"}}", 1, "",
           "not valid UTF-8");
    /* An escaped escape code is a valid name, and must not reach the terminal. */
    refuse("{" ENTRY("a\\u001b[31m", "U8", "[2]", 0, 1) "}", 1, "tensor a?[31m", "span 1 bytes");
}

static void doubled_names_are_refused(void **state)
{
    (void)state;
    refuse("{" ENTRY("a", "U8", "[1]", 0, 1) "," ENTRY("a", "U8", "[1]", 1, 2) "}", 2, "tensor a",
           "stands twice");
    refuse("{" ENTRY("a", "U8", "[1]", 0, 1) "," ENTRY("\\u0061", "U8", "[1]", 1, 2) "}", 2,
           "tensor a", "stands twice");
}

static void long_names_do_not_hide_the_reason(void **state)
{
    (void)state;
    enum { LENGTH = 100000 };
    char *header = calloc(LENGTH + 200, 1);
    assert_non_null(header);
    strcpy(header, "{\"");
    memset(header + 2, 'n', LENGTH);
    strcat(header, "\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1]}}");
    refuse(header, 1, "tensor nnn", "shape and dtype need 2");
    free(header);
}

/* ---- every truncation, every changed byte -------------------------------- */

static const char small[] = "{\"__metadata__\":{\"k\":\"v\"}," ENTRY(
    "a.weight", "F32", "[2,2]", 0, 16) "," ENTRY("\\u00e4", "BF16", "[1,3]", 16, 22) "}";
enum { SMALL_DATA = 22 };

static void every_truncation_is_refused(void **state)
{
    (void)state;
    size_t size = 8 + strlen(small) + SMALL_DATA;
    scratch_tensors("whole.safetensors", small, SMALL_DATA);
    char *whole;
    size_t len;
    assert_int_equal(file_read(scratch_path("whole.safetensors"), 1 << 20, &whole, &len, NULL),
                     STATUS_OK);
    assert_int_equal(len, size);
    for (size_t cut = 0; cut < size; cut++) {
        scratch_write(FILE_NAME, whole, cut);
        assert_refused("", "");
    }
    memory_free(whole);
}

static void every_changed_byte_is_refused_or_read(void **state)
{
    (void)state;
    static const unsigned char others[] = {0x00, 0x1B, ' ', '"', ',', '0',  '9',  ':',  '[',
                                           '\\', ']',  '{', '}', 'x', 0x7F, 0x80, 0xC3, 0xFF};
    size_t size = 8 + strlen(small) + SMALL_DATA, opened_count = 0, refused_count = 0;
    char *whole;
    size_t len;
    scratch_tensors("whole.safetensors", small, SMALL_DATA);
    assert_int_equal(file_read(scratch_path("whole.safetensors"), 1 << 20, &whole, &len, NULL),
                     STATUS_OK);
    for (size_t at = 0; at < 8 + strlen(small); at++) {
        for (size_t i = 0; i < sizeof others; i++) {
            struct opened opened;
            struct error err;
            char kept = whole[at];
            whole[at] = (char)others[i];
            scratch_write(FILE_NAME, whole, size);
            if (open_checkpoint(&opened, FILE_NAME, &err) == STATUS_OK) {
                opened_count++;
                assert_true(checkpoint_tensor_count(opened.checkpoint) <= 3);
                close_opened(&opened);
            } else {
                refused_count++;
                assert_says(err.what, FILE_NAME);
            }
            whole[at] = kept;
        }
    }
    memory_free(whole);
    assert_true(opened_count > 0 && refused_count > opened_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_headers_open),
        cmocka_unit_test(tensors_keep_what_the_header_says),
        cmocka_unit_test(escapes_in_names_are_resolved),
        cmocka_unit_test(broken_lengths_are_refused),
        cmocka_unit_test(broken_layouts_are_refused),
        cmocka_unit_test(broken_entries_are_refused),
        cmocka_unit_test(words_that_are_nearly_right_are_refused),
        cmocka_unit_test(broken_names_are_refused),
        cmocka_unit_test(doubled_names_are_refused),
        cmocka_unit_test(long_names_do_not_hide_the_reason),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused_or_read),
    };
    return cmocka_run_group_tests_name("safetensors", tests, scratch_make, scratch_remove);
}
