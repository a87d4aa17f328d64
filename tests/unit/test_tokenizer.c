/* test_tokenizer.c: the ids of 1,000 lines of mixed text are those of the `tokenizers` package, in
 * four vocabularies, and lead back to the text; bad tokenizers are refused with a reason. */
#include "ropescope/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "made_gguf.h"
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

/* Lines that no tokenizer gives back: with special tokens, with tokens that strip the space around
 * them, with the character that stands for a space. */
static bool is_lossy(const char *line, size_t length)
{
    static const char *const parts[] = {"<s>", "</s>", "<|end|>", "Привет", "世界", "▁"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t size = strlen(parts[i]);
        for (size_t at = 0; at + size <= length; at++) {
            if (memcmp(line + at, parts[i], size) == 0)
                return true;
        }
    }
    return false;
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
        *changed += !is_lossy(line, length) && !round_trip(t, line, length, ids, count);
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
    assert_int_equal(changed[0] + changed[1] + changed[3], 0);
    assert_true(changed[2] > 0); /* NFC joins marks with their letters */
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

/* "Once upon a time" as run.c of llama2.c has it, from its own file and from the GGUF file made of
 * it. */
static void test_stories(void **state)
{
    (void)state;
    static const char *const paths[] = {"../shared/models/stories260K/tok512.bin",
                                        "../shared/models/stories260K/stories260K.bin",
                                        "../shared/models/stories260K/stories260K.gguf"};
    static const uint32_t want[] = {1, 403, 407, 261, 378};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!path_is_file(paths[i])) {
            print_message("skipped: %s is not there\n", paths[i]);
            skip();
        }
        struct tokenizer *t = opened(paths[i]);
        uint32_t *ids;
        size_t count;
        encode(t, "Once upon a time", 16, &ids, &count);
        assert_int_equal(count, 5);
        assert_memory_equal(ids, want, sizeof want);
        assert_true(round_trip(t, "Once upon a time", 16, ids, count));
        memory_free(ids);
        tokenizer_close(t);
    }
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
    double start = processor_seconds();
    encode(t, text, LONG, &ids, &count);
    assert_true(processor_seconds() - start < 20);
    assert_true(round_trip(t, text, LONG, ids, count));
    memory_free(ids);
    memory_free(text);
    tokenizer_close(t);
}

/* A tokenizer.bin of `count` tokens: 259 that are always there, then a, b, ab. */
static size_t make_llama2c(unsigned char *out)
{
    size_t at = 4;
    memset(out, 0, 4);
    for (uint32_t id = 0; id < 263; id++) {
        static const char *const last[] = {" ", "a", "b", "ab"};
        char text[8];
        float score = id == 262 ? 0 : -1;
        text_format(text, sizeof text, "<0x%02X>", (id - 3) & 0xFF);
        const char *piece = id < 3 ? "<x>" : id < 259 ? text : last[id - 259];
        uint32_t length = (uint32_t)strlen(piece);
        memcpy(out + at, &score, 4);
        memcpy(out + at + 4, &length, 4);
        file_order(out + at, 4, 2);
        memcpy(out + at + 8, piece, length);
        at += 8 + (size_t)length;
    }
    return at;
}

static void test_llama2c(void **state)
{
    (void)state;
    unsigned char bytes[8192];
    static const uint32_t want[] = {1, 259, 262, 260, 13};
    size_t size = make_llama2c(bytes), count;
    uint32_t *ids;
    struct error err = {0};
    scratch_write("tokenizer.bin", bytes, size);
    struct tokenizer *t = opened(scratch_path("tokenizer.bin"));
    encode(t, "aba\n", 4, &ids, &count);
    assert_int_equal(count, 5);
    assert_memory_equal(ids, want, sizeof want);
    assert_true(round_trip(t, "aba\n", 4, ids, count));
    memory_free(ids);
    tokenizer_close(t);
    for (size_t cut = 0; cut < size;
         cut += 7) { /* cut anywhere: refused, never read past the end */
        scratch_write("tokenizer.bin", bytes, cut);
        if (tokenizer_open(scratch_path("tokenizer.bin"), &t, &err) == STATUS_OK)
            assert_true(tokenizer_count(t) >= 259);
        tokenizer_close(t);
    }
}

static void test_gguf(void **state)
{
    (void)state;
    static const char *const models[] = {"bert", "gpt2", "llama"};
    static const char *const says[] = {"bert", "strange", "do not fit"};
    for (size_t i = 0; i < 3; i++) {
        struct made_gguf made;
        struct tokenizer *t;
        struct error err = {0};
        made_gguf_begin(&made, "llama", 1, 8);
        made_gguf_text(&made, "tokenizer.ggml.model", models[i]);
        made_gguf_text(&made, "tokenizer.ggml.pre", "strange");
        made_gguf_text(&made, "tokenizer.ggml.tokens", "no list");
        made_gguf_u32(&made, "tokenizer.ggml.scores", 7);
        made_gguf_end(&made, "m.gguf");
        assert_int_equal(tokenizer_open(scratch_path("m.gguf"), &t, &err), STATUS_FAILED);
        assert_says(err.what, says[i]);
    }
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
    {"{\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":"
     "\"s\"}}],\"special_tokens\":{\"s\":{\"ids\":[7]}}},\"model\":{\"type\":\"BPE\",\"vocab\":"
     "{\"a\":0},\"merges\":[]}}",
     "token 7"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_long_word),
        cmocka_unit_test_setup_teardown(test_llama2c, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_gguf, scratch_make, scratch_remove),
        cmocka_unit_test_setup_teardown(test_refused, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
