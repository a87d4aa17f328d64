/* test_gguf.c: GGUF files from the first byte to the cosines: against ggml's numbers and the same
 * weights in other formats (in ../shared; where that is absent those tests are skipped by name),
 * and files that are made here: sets, damaged ones, cut short ones. */
#include "file_bytes.h"
#include "made_gguf.h"
#include "session_run.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MODELS "../shared/models/"
#define ORACLE "../shared/oracle/gguf/"

static void need(const char *path)
{
    if (path_exists(path))
        return;
    print_message("%s is not there\n", path);
    skip();
}

static struct session *open_scanned(const char *path)
{
    struct session *session;
    struct error err;
    const struct session_options options = {.no_cache = true, .threads = 2};
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return session;
}

/* ---- against ggml -------------------------------------------------------- */

static void check_numbers(const cJSON *array, const float *got, double tolerance, bool relative,
                          const char *what)
{
    const cJSON *item;
    size_t i = 0;
    cJSON_ArrayForEach(item, array)
    {
        double scale = relative ? fabs(item->valuedouble) : 1;
        if (!(fabs((double)got[i] - item->valuedouble) <= tolerance * scale))
            fail_msg("%s, pair %zu: %.9g and not %.9g", what, i, (double)got[i], item->valuedouble);
        i++;
    }
}

/* Every pair of TYPE.expected.json; returns how many those were. */
static size_t check_matrix(const cJSON *want, const struct angles *angles, const char *what)
{
    uint64_t number;
    size_t pairs = 0;
    const cJSON *head;
    assert_true(json_whole(json_get(want, "layer"), &number));
    assert_true(number < angles->model->layer_count);
    const struct layer *layer = &angles->model->layers[number];
    bool query = strcmp(cJSON_GetStringValue(json_get(want, "matrix")), "q") == 0;
    int which = query ? PROJECTION_QUERY : PROJECTION_KEY;
    const struct angle_set *set = &angles->layers[number].set[which];
    cJSON_ArrayForEach(head, json_get(want, "heads"))
    {
        assert_int_equal(cJSON_GetArraySize(json_get(head, "cos")), layer->pairs);
        check_numbers(json_get(head, "cos"), set->cos + pairs, 1e-5, false, what);
        check_numbers(json_get(head, "norm1"), set->norm_a + pairs, 1e-5, true, what);
        check_numbers(json_get(head, "norm2"), set->norm_b + pairs, 1e-5, true, what);
        pairs += layer->pairs;
    }
    assert_int_equal(pairs, layer->projection[which].heads * layer->pairs);
    return pairs;
}

static void check_model(const char *model, const char *expected)
{
    char path[PATH_BYTES];
    cJSON *root;
    struct error err;
    size_t pairs = 0;
    const cJSON *matrix;
    text_format(path, sizeof path, ORACLE "%s.expected.json", expected);
    if (json_read_file(path, 1 << 20, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    text_format(path, sizeof path, ORACLE "%s.gguf", model);
    struct session *session = open_scanned(path);
    cJSON_ArrayForEach(matrix, json_get(root, "matrices")) pairs +=
        check_matrix(matrix, session_angles(session), model);
    assert_int_equal(pairs, model_pairs(session_angles(session)->model));
    assert_true(pairs >= 384);
    session_close(session);
    cJSON_Delete(root);
}

static void every_type_has_the_cosines_of_ggml(void **state)
{
    (void)state;
    static const char *const types[] = {"F32",    "F16",   "BF16",  "Q8_0",  "Q4_0",       "Q4_1",
                                        "Q5_0",   "Q5_1",  "Q2_K",  "Q3_K",  "Q4_K",       "Q6_K",
                                        "IQ4_NL", "MXFP4", "TQ1_0", "TQ2_0", "full-Q4_K_M"};
    char model[64];
    need(ORACLE);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        text_format(model, sizeof model, "llama-%s", types[i]);
        check_model(model, types[i]);
    }
    check_model("qwen2-F16", "qwen2-F16");
}

/* ---- the same weights in two formats ------------------------------------- */

/* Cosines, norms and frequencies of every pair, bit for bit: row order and pairing differ, pairs do
 * not. */
static void check_twins(const char *one, const char *other)
{
    need(one);
    need(other);
    struct session *a = open_scanned(one), *b = open_scanned(other);
    const struct angles *left = session_angles(a), *right = session_angles(b);
    assert_int_equal(left->model->layer_count, right->model->layer_count);
    assert_int_equal(left->model->layers[0].pairing, PAIRING_INTERLEAVED);
    assert_int_equal(right->model->layers[0].pairing, PAIRING_HALF_SPLIT);
    for (size_t i = 0; i < left->model->layer_count; i++) {
        const struct layer *layer = &left->model->layers[i], *twin = &right->model->layers[i];
        assert_int_equal(layer->pairs, twin->pairs);
        assert_memory_equal(layer->frequency, twin->frequency, layer->pairs * sizeof(double));
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const struct angle_set *set = &left->layers[i].set[which];
            const struct angle_set *same = &right->layers[i].set[which];
            size_t bytes = (size_t)layer->projection[which].heads * layer->pairs * sizeof(float);
            assert_int_equal(layer->projection[which].heads, twin->projection[which].heads);
            assert_memory_equal(set->cos, same->cos, bytes);
            assert_memory_equal(set->norm_a, same->norm_a, bytes);
            assert_memory_equal(set->norm_b, same->norm_b, bytes);
        }
    }
    session_close(a);
    session_close(b);
}

static void twins_agree_bit_for_bit(void **state)
{
    (void)state;
    check_twins(MODELS "stories260K/stories260K.gguf", MODELS "stories260K/stories260K-f32");
    check_twins(ORACLE "llama-F32.gguf", ORACLE "oracle-hf-f32");
    check_twins(ORACLE "llama-F16.gguf", ORACLE "oracle-hf-f16");
    check_twins(ORACLE "llama-BF16.gguf", ORACLE "oracle-hf-bf16");
}

/* ---- what must not open -------------------------------------------------- */

/* The words of the error that opening scratch/NAME ends with. */
static const char *refusal_of(const char *path)
{
    static struct error err;
    const struct session_options options = {.no_cache = true};
    struct session *session;
    err = (struct error){0};
    if (session_open(path, &options, &session, &err) == STATUS_OK) {
        session_close(session);
        return NULL;
    }
    return err.what;
}

static const struct {
    const char *name, *says;
} invalid[] = {
    {"alignment-zero", "key general.alignment"},
    {"bad-magic", "not with GGUF"},
    {"big-endian", "big-endian"},
    {"dim-2e63", "tensor blk.0.attn_q.weight"},
    {"dims-product-overflows", "tensor blk.0.attn_q.weight"},
    {"duplicate-kv-key", "key llama.block_count: it stands twice"},
    {"duplicate-tensor-name", "tensor blk.0.attn_q.weight: the name stands twice"},
    {"empty-file", "0 bytes"},
    {"kv-array-of-arrays", "key tokenizer.ggml.scores: it is a list of lists"},
    {"kv-count-2e60", "1152921504606846976 keys"},
    {"kv-key-length-2e63", "key 2 of 22"},
    {"kv-string-length-2e63", "key general.name"},
    {"kv-type-unknown", "key general.name"},
    {"magic-only", "4 bytes"},
    {"misaligned-offset", "tensor blk.0.attn_q.weight"},
    {"model-architecture-missing", "key general.architecture"},
    {"model-architecture-unknown", "nosucharch"},
    {"model-block-count-too-large", "llama.block_count is 5"},
    {"model-head-count-is-string", "llama.attention.head_count is \"2\""},
    {"model-head-count-missing", "no llama.attention.head_count"},
    {"model-head-count-not-dividing", "llama.attention.head_count"},
    {"model-q-is-1d", "tensor blk.0.attn_q.weight"},
    {"model-rope-dimension-too-large", "llama.rope.dimension_count is 4096"},
    {"n-dims-9", "tensor blk.0.attn_q.weight"},
    {"removed-type-id-4", "tensor blk.0.attn_q.weight"},
    {"row-not-whole-blocks", "tensor blk.0.attn_q.weight"},
    {"tensor-count-2e60", "1152921504606846976 tensors"},
    {"tensor-name-length-2e63", "tensor 2 of 6"},
    {"tensor-offset-out-of-range", "tensor output_norm.weight"},
    {"truncated-at-data-start", "tensor token_embd.weight"},
    {"truncated-data", "tensor blk.0.attn_v.weight"},
    {"truncated-header", "tensor 4 of 6"},
    {"unknown-type-id", "type 99"},
    {"version-1", "version 1"},
    {"version-99", "version 99"},
};
enum { INVALID = sizeof invalid / sizeof *invalid };

static size_t count_gguf(const char *directory)
{
    DIR *stream = opendir(directory);
    size_t count = 0;
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += text_ends_with(entry->d_name, ".gguf");
    closedir(stream);
    return count;
}

static void bad_files_are_refused_by_name(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    need(ORACLE "invalid");
    assert_int_equal(count_gguf(ORACLE "invalid"), INVALID + 1);
    for (size_t i = 0; i < INVALID; i++) {
        text_format(path, sizeof path, ORACLE "invalid/%s.gguf", invalid[i].name);
        double started = processor_seconds();
        const char *what = refusal_of(path);
        if (!what)
            fail_msg("%s opened", invalid[i].name);
        assert_true(processor_seconds() - started < 0.1);
        assert_says(what, invalid[i].name);
        assert_says(what, invalid[i].says);
    }
    assert_null(refusal_of(ORACLE "invalid/control-valid.gguf"));
}

static void what_does_not_rotate_says_why(void **state)
{
    (void)state;
    need(MODELS "not-rope");
    assert_says(refusal_of(MODELS "not-rope/ggml-vocab-phi-3.gguf"), "vocabulary");
    assert_says(refusal_of(MODELS "not-rope/mmproj-tinygemma3.gguf"), "mmproj");
}

/* ---- files made here ----------------------------------------------------- */

/* Two layers, four query heads and two key heads of 16 dims, rows of 32 numbers, a vocabulary. */
static void make_small(struct made_gguf *made)
{
    static const uint64_t norm[] = {32};
    static const float ones[32] = {1};
    static const unsigned char words[] = {8, 0, 0, 0, 2, 0,   0, 0, 0, 0, 0, 0, 1, 0, 0,
                                          0, 0, 0, 0, 0, 'a', 0, 0, 0, 0, 0, 0, 0, 0};
    made_gguf_begin(made, "llama", 2, 32);
    made_gguf_u32(made, "llama.attention.head_count", 4);
    made_gguf_u32(made, "llama.attention.head_count_kv", 2);
    made_gguf_f32(made, "llama.rope.freq_base", 20000);
    made_gguf_raw(made, "tokenizer.ggml.tokens", 9, words, sizeof words);
    made_gguf_tensor(made, "output_norm.weight", 1, norm, 0, ones, sizeof ones);
    made_gguf_attention(made, 2, 64, 32, 32);
}

static void a_file_without_an_ending_opens(void **state)
{
    (void)state;
    struct made_gguf made;
    struct opened opened;
    struct error err;
    make_small(&made);
    made_gguf_end(&made, "sha256-0123");
    if (open_model(&opened, "sha256-0123", NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_string_equal(opened.model->format, "gguf");
    assert_int_equal(opened.model->layer_count, 2);
    assert_int_equal(opened.model->layers[1].projection[PROJECTION_KEY].heads, 2);
    assert_int_equal(opened.model->layers[1].pairs, 8);
    close_opened(&opened);
}

/* A config.json that belongs to something else does no harm. */
static void what_lies_beside_is_not_asked(void **state)
{
    (void)state;
    struct made_gguf made;
    struct opened opened;
    struct error err;
    make_small(&made);
    made_gguf_end(&made, "small.gguf");
    scratch_text("config.json", "{ broken");
    if (open_model(&opened, "small.gguf", NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    close_opened(&opened);
}

static void version_2_is_the_same(void **state)
{
    (void)state;
    struct made_gguf made;
    make_small(&made);
    made_gguf_end(&made, "old.gguf");
    file_patch(scratch_path("old.gguf"), 4, "\x02", 1);
    assert_null(refusal_of(scratch_path("old.gguf")));
}

static void data_may_be_aligned_otherwise(void **state)
{
    (void)state;
    static const struct {
        uint32_t alignment;
        bool good;
    } rows[] = {{8, true}, {64, true}, {4096, true}, {48, false}, {0, false}};
    struct made_gguf made;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        made_gguf_begin(&made, "llama", 1, 32);
        made_gguf_u32(&made, "llama.attention.head_count", 4);
        made_gguf_u32(&made, "general.alignment", rows[i].alignment);
        if (rows[i].alignment == 0)
            made.alignment = 32;
        made_gguf_attention(&made, 1, 64, 64, 3); /* rows of 12 bytes: there is something to pad */
        made_gguf_matrix(&made, "odd.weight", 1, 3, 1);
        made_gguf_matrix(&made, "last.weight", 1, 3, 1);
        made_gguf_end(&made, "aligned.gguf");
        const char *what = refusal_of(scratch_path("aligned.gguf"));
        if (rows[i].good != (what == NULL))
            fail_msg("alignment %u: %s", rows[i].alignment, what ? what : "opened");
        if (what)
            assert_says(what, "key general.alignment");
    }
}

/* Names go to CSV, JSON and the screen: they must be text. */
static void names_are_text(void **state)
{
    (void)state;
    static const char long_name[] =
        "blk.0.a.name.of.64.bytes.which.is.one.more.than.ggml.lets.pass..";
    static const char *const names[] = {"", "blk.0.\xff.weight", long_name};
    static const uint64_t sizes[] = {1};
    static const float one = 1;
    struct made_gguf made;
    assert_int_equal(strlen(long_name), 64);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        make_small(&made);
        made_gguf_tensor(&made, names[i], 1, sizes, 0, &one, sizeof one);
        made_gguf_end(&made, "named.gguf");
        assert_says(refusal_of(scratch_path("named.gguf")), "its name");
        make_small(&made);
        made_gguf_u32(&made, names[i], 1);
        made_gguf_end(&made, "named.gguf");
        const char *what = refusal_of(scratch_path("named.gguf"));
        if (i < 2)
            assert_says(what, "its name");
        else
            assert_null(what); /* keys may be long */
    }
}

/* Lists that no model has cost no memory, and what they hold is passed over exactly. */
static void long_lists_are_passed_over(void **state)
{
    (void)state;
    enum { MANY = 300000 };
    uint32_t *many = calloc(MANY, sizeof *many);
    struct made_gguf made;
    assert_non_null(many);
    make_small(&made);
    made_gguf_list(&made, "tokenizer.ggml.token_type", many, MANY);
    made_gguf_u32(&made, "general.alignment", 32);
    made_gguf_end(&made, "listed.gguf");
    assert_null(refusal_of(scratch_path("listed.gguf")));
    free(many);
}

/* A file as old as the hills: one of this very moment is waited for before it is trusted. */
static void make_old(const char *path)
{
    static const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The size of the file may be anything, and any of its bytes: it opens or is refused. */
static void every_cut_is_refused(void **state)
{
    (void)state;
    struct made_gguf made;
    size_t size;
    char cut[PATH_BYTES];
    make_small(&made);
    made_gguf_end(&made, "whole.gguf");
    unsigned char *bytes = file_get(scratch_path("whole.gguf"), &size);
    text_format(cut, sizeof cut, "%s", scratch_path("cut.gguf"));
    for (size_t len = 0; len < size; len += len < 1500 || len + 70 > size ? 1 : 61) {
        scratch_write("cut.gguf", bytes, len);
        make_old(cut);
        if (!refusal_of(cut))
            fail_msg("%zu bytes of %zu opened", len, size);
    }
    scratch_write("cut.gguf", bytes, size);
    assert_null(refusal_of(cut));
    memory_free(bytes);
}

/* Whether it opens and can be scanned. */
static bool can_be_scanned(const char *path)
{
    const struct session_options options = {.no_cache = true, .threads = 1};
    struct session *session;
    if (session_open(path, &options, &session, NULL) != STATUS_OK)
        return false;
    bool scanned = session_wait(session, NULL, NULL, NULL) == STATUS_OK;
    session_close(session);
    return scanned;
}

static void every_flipped_byte_is_survived(void **state)
{
    (void)state;
    struct made_gguf made;
    size_t size, header = 1100, refused = 0;
    char path[PATH_BYTES];
    static const unsigned char flips[] = {0x01, 0x80, 0xFF};
    make_small(&made);
    made_gguf_end(&made, "flipped.gguf");
    text_format(path, sizeof path, "%s", scratch_path("flipped.gguf"));
    unsigned char *bytes = file_get(path, &size);
    assert_true(size > header);
    for (size_t i = 0; i < header; i++) {
        for (size_t f = 0; f < sizeof flips; f++) {
            unsigned char flipped = bytes[i] ^ flips[f];
            file_patch(path, i, &flipped, 1);
            make_old(path);
            refused += !can_be_scanned(path);
        }
        file_patch(path, i, &bytes[i], 1);
    }
    assert_true(refused > header); /* most of them matter */
    assert_true(can_be_scanned(path));
    memory_free(bytes);
}

/* ---- sets of files ------------------------------------------------------- */

static void put_half_word(struct made_gguf *made, const char *key, uint32_t value)
{
    enum { U16 = 2 };
    uint16_t half = (uint16_t)value;
    file_order(&half, sizeof half, 1);
    made_gguf_raw(made, key, U16, &half, sizeof half);
}

static void make_part(const char *name, uint32_t number, uint32_t count, uint32_t layer)
{
    struct made_gguf made = {.alignment = 32};
    char tensor[64];
    if (number == 0) {
        made_gguf_begin(&made, "llama", count, 32);
        made_gguf_u32(&made, "llama.attention.head_count", 4);
    }
    put_half_word(&made, "split.no", number);
    put_half_word(&made, "split.count", count);
    text_format(tensor, sizeof tensor, "blk.%u.attn_q.weight", layer);
    made_gguf_matrix(&made, tensor, 64, 32, 2 * layer + 1);
    text_format(tensor, sizeof tensor, "blk.%u.attn_k.weight", layer);
    made_gguf_matrix(&made, tensor, 32, 32, 2 * layer + 2);
    made_gguf_end(&made, name);
}

static void make_set(void)
{
    make_part("big-00001-of-00003.gguf", 0, 3, 0);
    make_part("big-00002-of-00003.gguf", 1, 3, 1);
    make_part("big-00003-of-00003.gguf", 2, 3, 2);
}

static void any_file_of_a_set_opens_it(void **state)
{
    (void)state;
    static const char *const names[] = {"big-00001-of-00003.gguf", "big-00003-of-00003.gguf", ""};
    struct opened opened;
    struct error err;
    char first[PATH_BYTES] = "";
    make_set();
    scratch_text("mmproj-big.gguf", "a tower is no model");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (open_model(&opened, names[i], NULL, &err) != STATUS_OK)
            fail_msg("%s", err.what);
        assert_int_equal(opened.model->layer_count, 3);
        assert_int_equal(opened.source->file_count, 3);
        assert_string_equal(opened.model->layers[2].projection[0].file, "big-00003-of-00003.gguf");
        if (i == 0)
            text_format(first, sizeof first, "%s", opened.source->path);
        assert_string_equal(opened.source->path, first); /* one cache, whichever was named */
        if (*names[i])
            assert_string_equal(opened.source->name, "big");
        close_opened(&opened);
    }
}

static void a_broken_set_is_refused(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    make_set();
    text_format(path, sizeof path, "%s", scratch_path("big-00001-of-00003.gguf"));
    remove(scratch_path("big-00002-of-00003.gguf"));
    assert_says(refusal_of(path), "big-00002-of-00003.gguf");
    make_part("big-00002-of-00003.gguf", 2, 3, 1); /* it says that it is the third */
    assert_says(refusal_of(path), "it says file 3 of 3, its name file 2 of 3");
    make_part("alone.gguf", 0, 3, 0);
    assert_says(refusal_of(scratch_path("alone.gguf")), "file 1 of a set of 3");
}

static void several_models_ask_for_one(void **state)
{
    (void)state;
    make_part("a.gguf", 0, 1, 0);
    assert_null(refusal_of(scratch));
    make_part("b.gguf", 0, 1, 0);
    assert_says(refusal_of(scratch), "2 models");
}

/* ---- the cache ----------------------------------------------------------- */

/* The second opening only stats the file, though all that it says about the model lies in it. */
static void a_second_opening_reads_no_byte(void **state)
{
    (void)state;
    struct made_gguf made;
    char path[PATH_BYTES];
    const struct session_options options = {.threads = 1};
    assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path("cache"), 1), 0);
    make_small(&made);
    made_gguf_end(&made, "small.gguf");
    text_format(path, sizeof path, "%s", scratch_path("small.gguf"));
    struct session_run first = session_run(path, &options);
    assert_string_equal(first.origin, "scan");
    assert_int_equal(truncate(path, 0), 0);
    struct session_run gone = session_run(path, &options);
    assert_int_not_equal(gone.status, STATUS_OK); /* it is not the same file any more */
    session_run_free(&gone);
    make_small(&made);
    made_gguf_end(&made, "small.gguf");
    struct session_run again = session_run(path, &options);
    assert_string_equal(again.origin, "scan");
    struct source *source;
    assert_int_equal(source_locate(path, &source, NULL), STATUS_OK);
    assert_null(source->config); /* nothing was read to find out what it is */
    source_close(source);
    check_run(session_run(path, &options), "cache", 0, &again);
    session_run_free(&again);
    session_run_free(&first);
}

int main(void)
{
#define made_test(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_the_cosines_of_ggml),
        cmocka_unit_test(twins_agree_bit_for_bit),
        cmocka_unit_test(bad_files_are_refused_by_name),
        cmocka_unit_test(what_does_not_rotate_says_why),
        made_test(a_file_without_an_ending_opens),
        made_test(what_lies_beside_is_not_asked),
        made_test(version_2_is_the_same),
        made_test(data_may_be_aligned_otherwise),
        made_test(names_are_text),
        made_test(long_lists_are_passed_over),
        made_test(every_cut_is_refused),
        made_test(every_flipped_byte_is_survived),
        made_test(any_file_of_a_set_opens_it),
        made_test(a_broken_set_is_refused),
        made_test(several_models_ask_for_one),
        made_test(a_second_opening_reads_no_byte),
    };
    guard_install();
    return cmocka_run_group_tests_name("gguf", tests, NULL, NULL);
}
