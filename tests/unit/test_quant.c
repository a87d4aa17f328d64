/* test_quant.c: blocks of every type of ggml as numbers. The blocks of tests/fixtures/gguf are
 * random ones with the numbers that ggml's own Python package makes of them; those of ../shared are
 * rows of a model as ggml itself has them. */
#include "file_bytes.h"
#include "ropescope/checkpoint.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCKS "tests/fixtures/gguf/blocks.json"
#define ORACLE "../shared/oracle/gguf/"

/* The types that the README promises. */
static const enum dtype promised[] = {
    DTYPE_Q8_0,   DTYPE_Q4_0,   DTYPE_Q4_1,  DTYPE_Q5_0,  DTYPE_Q5_1,
    DTYPE_Q2_K,   DTYPE_Q3_K,   DTYPE_Q4_K,  DTYPE_Q5_K,  DTYPE_Q6_K,
    DTYPE_IQ4_NL, DTYPE_IQ4_XS, DTYPE_MXFP4, DTYPE_TQ1_0, DTYPE_TQ2_0,
};
enum { PROMISED = sizeof promised / sizeof *promised };

/* Bytes of a text of hexadecimal digits; the caller frees. */
static unsigned char *from_hex(const cJSON *item, size_t *size)
{
    const char *text = cJSON_GetStringValue(item);
    assert_non_null(text);
    *size = strlen(text) / 2;
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    for (size_t i = 0; i < *size; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        bytes[i] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return bytes;
}

static void same_numbers(const float *got, const float *want, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        if (!(fabsf(got[i] - want[i]) <= 1e-6F * fabsf(want[i])))
            fail_msg("%s, number %zu: %.9g and not %.9g", what, i, (double)got[i], (double)want[i]);
    }
}

static void check_blocks(enum dtype dtype, const cJSON *want)
{
    size_t stored_size, floats_size;
    uint64_t bytes;
    unsigned char *stored = from_hex(json_get(want, "bytes"), &stored_size);
    unsigned char *floats = from_hex(json_get(want, "float32"), &floats_size);
    size_t count = floats_size / sizeof(float);
    file_order(floats, sizeof(float), count);
    float *got = malloc((count + 1) * sizeof *got);
    assert_non_null(got);
    assert_true(dtype_bytes(dtype, count, &bytes));
    assert_int_equal(bytes, stored_size);
    for (size_t shift = 0; shift < 4; shift++) { /* nothing in a file is aligned for us */
        unsigned char *moved = malloc(stored_size + shift);
        assert_non_null(moved);
        memcpy(moved + shift, stored, stored_size);
        got[count] = 77;
        dtype_to_float(dtype, moved + shift, count, got);
        assert_true(got[count] == 77);
        same_numbers(got, (const float *)(const void *)floats, count, dtype_name(dtype));
        free(moved);
    }
    free(got);
    free(floats);
    free(stored);
}

static void random_blocks_are_those_of_ggml(void **state)
{
    (void)state;
    cJSON *root;
    struct error err;
    if (json_read_file(BLOCKS, 1 << 20, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    for (size_t i = 0; i < PROMISED; i++) {
        const cJSON *want = json_get(json_get(root, "blocks"), dtype_name(promised[i]));
        if (!want)
            fail_msg("no blocks of %s", dtype_name(promised[i]));
        check_blocks(promised[i], want);
    }
    assert_int_equal(cJSON_GetArraySize(json_get(root, "blocks")), PROMISED);
    cJSON_Delete(root);
}

static void what_is_not_read_says_so(void **state)
{
    (void)state;
    size_t readable = 0;
    for (int i = DTYPE_U64 + 1; i < DTYPE_COUNT; i++)
        readable += dtype_is_readable((enum dtype)i);
    assert_int_equal(readable, PROMISED);
    for (size_t i = 0; i < PROMISED; i++)
        assert_true(dtype_is_readable(promised[i]));
    assert_false(dtype_is_readable(DTYPE_IQ2_XXS));
}

/* ---- a model of ggml's own ----------------------------------------------- */

/* Four rows of layer 0's queries against TYPE.rows.f32, bit for bit: ggml multiplies in this order,
 * too. */
static void check_oracle(const char *type, const char *model)
{
    enum { ROWS = 4, LENGTH = 256 };
    char path[PATH_BYTES], *want;
    size_t size;
    float got[LENGTH];
    struct source *source;
    struct checkpoint *checkpoint;
    struct error err;
    text_format(path, sizeof path, ORACLE "%s.rows.f32", type);
    if (file_read(path, 1 << 20, &want, &size, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(size, ROWS * LENGTH * sizeof(float));
    file_order(want, sizeof(float), (size_t)ROWS * LENGTH);
    text_format(path, sizeof path, ORACLE "%s.gguf", model);
    if (source_locate(path, &source, &err) != STATUS_OK ||
        checkpoint_open(source, &checkpoint, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct tensor *tensor = checkpoint_find(checkpoint, "blk.0.attn_q.weight");
    assert_non_null(tensor);
    assert_int_equal(tensor->shape[1], LENGTH);
    for (uint64_t row = 0; row < ROWS; row++) {
        checkpoint_rows_to_float(checkpoint, tensor, row, 1, got);
        if (memcmp(got, want + row * sizeof got, sizeof got) != 0)
            fail_msg("%s: row %d differs", type, (int)row);
    }
    checkpoint_close(checkpoint);
    source_close(source);
    memory_free(want);
}

static void rows_are_those_of_ggml(void **state)
{
    (void)state;
    static const char *const types[] = {"F32",    "F16",   "BF16",  "Q8_0", "Q4_0", "Q4_1",
                                        "Q5_0",   "Q5_1",  "Q2_K",  "Q3_K", "Q4_K", "Q6_K",
                                        "IQ4_NL", "MXFP4", "TQ1_0", "TQ2_0"};
    char model[64];
    if (!path_is_directory(ORACLE)) {
        print_message("%s is not there\n", ORACLE);
        skip();
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        text_format(model, sizeof model, "llama-%s", types[i]);
        check_oracle(types[i], model);
    }
    check_oracle("qwen2-F16", "qwen2-F16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_blocks_are_those_of_ggml),
        cmocka_unit_test(what_is_not_read_says_so),
        cmocka_unit_test(rows_are_those_of_ggml),
    };
    guard_install();
    return cmocka_run_group_tests_name("quant", tests, NULL, NULL);
}
