/* test_plain_entry.c: what is read without a tree is what stands there, and all else is left to the
 * reader that knows every rule. */
#include "checkpoint/safetensors_plain.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_reads_what_writers_write(void **state)
{
    static const struct {
        const char *text;
        struct plain_entry want;
    } cases[] = {
        {"{\"dtype\":\"BF16\",\"shape\":[4096,11008],\"data_offsets\":[16,90177552]}",
         {DTYPE_BF16, 2, {4096, 11008}, 45088768, 16, 90177552}},
        {"{ \"dtype\" : \"F32\" , \"shape\" : [ 3 , 5 , 7 ] , \"data_offsets\" : [ 0 , 420 ] }",
         {DTYPE_F32, 3, {3, 5}, 105, 0, 420}},
        {"{\"data_offsets\":[7,8],\"shape\":[],\"dtype\":\"U8\"}", {DTYPE_U8, 0, {0, 0}, 1, 7, 8}},
        {"{\"shape\":[0],\"data_offsets\":[999999999999999,999999999999999],\"dtype\":\"F64\"}",
         {DTYPE_F64, 1, {0, 0}, 0, 999999999999999, 999999999999999}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plain_entry got;
        assert_true(plain_entry_read(cases[i].text, strlen(cases[i].text), &got));
        assert_int_equal(got.dtype, cases[i].want.dtype);
        assert_int_equal(got.rank, cases[i].want.rank);
        assert_memory_equal(got.shape, cases[i].want.shape, sizeof got.shape);
        assert_int_equal(got.elements, cases[i].want.elements);
        assert_int_equal(got.begin, cases[i].want.begin);
        assert_int_equal(got.end, cases[i].want.end);
        for (size_t len = 0; len < strlen(cases[i].text); len++) /* nothing less will do */
            assert_false(plain_entry_read(cases[i].text, len, &got));
    }
}

static void test_leaves_the_rest(void **state)
{
    static const char *const others[] = {
        "{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]} ",
        "{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8],\"more\":1}",
        "{\"dtype\":\"BF16\",\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4],\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[04],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[-4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4.0],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4e0],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4,],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[,],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8,9]}",
        "{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0]}",
        "{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,1000000000000000]}",
        "{\"dtype\":\"BF16\",\"shape\":[999999999999999,999999999999999],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[1,1,1,1,1,1,1,1,4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF17\",\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"bf16\",\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"\",\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16BF16BF16BF16BF16\",\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtyp\\u0065\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4]\"data_offsets\":[0,8]}",
        "{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]]",
        "{\"dtype\":\"BF16\",\n\"shape\":[4],\"data_offsets\":[0,8]}",
        "[\"dtype\"]",
        "{}",
        "",
    };
    struct plain_entry entry;
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (plain_entry_read(others[i], strlen(others[i]), &entry))
            fail_msg("%s was taken", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_what_writers_write),
        cmocka_unit_test(test_leaves_the_rest),
    };
    return cmocka_run_group_tests_name("plain_entry", tests, NULL, NULL);
}
