/* test_probe_formats.c: the same weights in another format run the same: the models of
 * tests/fixtures/probe as GGUF files, made here as llama.cpp's converter makes them, and trained
 * models of ../shared in all their formats (skipped by name where that is absent). */
#include "ropescope/probe.h"
#include "ropescope/tokenizer.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "made_gguf.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/probe/"
#define MODELS "../shared/models/"

/* ---- runs ---------------------------------------------------------------- */

static struct opened opened_model(const char *path)
{
    struct opened o = {0};
    struct error err = {0};
    const struct model_options options = {0};
    if (source_locate(path, &o.source, &err) != STATUS_OK ||
        checkpoint_open(o.source, &o.checkpoint, &err) != STATUS_OK ||
        model_open(o.checkpoint, &options, &o.model, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    return o;
}

static struct probe *run_model(const char *path, const struct probe_request *request)
{
    struct opened o = opened_model(path);
    struct probe *probe = NULL;
    struct error err = {0};
    if (probe_run(o.checkpoint, o.model, request, NULL, &probe, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    close_opened(&o);
    return probe;
}

/* The largest difference of logits, as a part of the largest. */
static double apart(const struct probe *one, const struct probe *other)
{
    double most = 0, difference = 0;
    assert_int_equal(one->vocabulary, other->vocabulary);
    for (size_t i = 0; i < one->vocabulary; i++) {
        most = fmax(most, fabs((double)one->logits[i]));
        difference = fmax(difference, fabs((double)one->logits[i] - (double)other->logits[i]));
    }
    return difference / most;
}

/* ---- GGUF files of the fixtures ------------------------------------------ */

/* One fixture, and what llama.cpp's converter does to models of its family. */
struct conversion {
    const char *family, *architecture;
    bool permutes;       /* rows of queries and keys */
    bool adds_one;       /* to norms */
    const char *rescale; /* GGUF has no query_pre_attn_scalar: this tensor takes it up */
    uint32_t pattern;    /* of layers that slide; 0: none do */
};

/* "model.layers.1.mlp.up_proj.weight" as "blk.1.ffn_up.weight". */
static void rename_tensor(const char *name, bool norms_after, char *out, size_t size)
{
    static const char *const names[][2] = {
        {"self_attn.q_proj", "attn_q"},
        {"self_attn.k_proj", "attn_k"},
        {"self_attn.v_proj", "attn_v"},
        {"self_attn.o_proj", "attn_output"},
        {"self_attn.q_norm", "attn_q_norm"},
        {"self_attn.k_norm", "attn_k_norm"},
        {"mlp.gate_proj", "ffn_gate"},
        {"mlp.up_proj", "ffn_up"},
        {"mlp.down_proj", "ffn_down"},
        {"input_layernorm", "attn_norm"},
        {"pre_feedforward_layernorm", "ffn_norm"},
        {"post_feedforward_layernorm", "post_ffw_norm"},
    };
    unsigned layer;
    int at = 0;
    const char *whole = strcmp(name, "model.embed_tokens.weight") == 0 ? "token_embd.weight"
                        : strcmp(name, "model.norm.weight") == 0       ? "output_norm.weight"
                        : strcmp(name, "lm_head.weight") == 0          ? "output.weight"
                                                                       : NULL;
    if (whole || sscanf(name, "model.layers.%u.%n", &layer, &at) != 1) {
        text_format(out, size, "%s", whole);
        return;
    }
    const char *rest = name + at, *ending = strrchr(rest, '.');
    const char *own = norms_after ? "post_attention_norm" : "ffn_norm";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(rest, names[i][0], (size_t)(ending - rest)) == 0 &&
            strlen(names[i][0]) == (size_t)(ending - rest))
            own = names[i][1];
    text_format(out, size, "blk.%u.%s%s", layer, own, ending);
}

/* Row i + s * dim / 2 of each head goes to 2 i + s. */
static void permute(float *numbers, size_t rows, size_t columns, size_t dim)
{
    float *copy = memory_array(rows * columns, sizeof *copy);
    assert_non_null(copy);
    memcpy(copy, numbers, rows * columns * sizeof *copy);
    for (size_t row = 0; row < rows; row++) {
        size_t d = row % dim, to = row - d + d % (dim / 2) * 2 + d / (dim / 2);
        memcpy(numbers + to * columns, copy + row * columns, columns * sizeof *copy);
    }
    memory_free(copy);
}

static double config_number(const struct opened *o, const char *key, double usual)
{
    const cJSON *item = json_get(checkpoint_config(o->checkpoint), key);
    return cJSON_IsNumber(item) ? item->valuedouble : usual;
}

static void convert_tensor(struct made_gguf *made, const struct opened *o,
                           const struct conversion *c, const struct tensor *tensor)
{
    char name[128];
    struct error err = {0};
    const size_t dim = o->model->layers[0].head_dim, count = (size_t)tensor->bytes / 4;
    const bool matrix = tensor->rank == 2;
    const uint64_t sizes[] = {matrix ? tensor->shape[1] : tensor->shape[0], tensor->shape[0]};
    float *numbers = memory_array(count, sizeof *numbers);
    assert_non_null(numbers);
    assert_int_equal(checkpoint_read_numbers(o->checkpoint, tensor, numbers, &err), STATUS_OK);
    rename_tensor(tensor->name, c->adds_one && c->pattern > 0, name, sizeof name);
    bool rotated = strstr(name, "attn_q.") || strstr(name, "attn_k.");
    if (c->permutes && rotated)
        permute(numbers, (size_t)tensor->shape[0], matrix ? (size_t)tensor->shape[1] : 1, dim);
    double scale = sqrt((double)dim / config_number(o, "query_pre_attn_scalar", (double)dim));
    for (size_t i = 0; i < count; i++) {
        numbers[i] += c->adds_one && text_ends_with(name, "norm.weight") ? 1 : 0;
        numbers[i] *= c->rescale && strstr(name, c->rescale) ? (float)scale : 1;
    }
    made_gguf_tensor(made, name, tensor->rank, sizes, 0, numbers, count * sizeof *numbers);
    memory_free(numbers);
}

static void convert_keys(struct made_gguf *made, const struct opened *o, const struct conversion *c)
{
    const struct layer *layer = &o->model->layers[0];
    char key[128];
#define KEY(name) (text_format(key, sizeof key, "%s.%s", c->architecture, name), key)
    made_gguf_u32(made, KEY("attention.head_count"), layer->projection[PROJECTION_QUERY].heads);
    made_gguf_u32(made, KEY("attention.head_count_kv"), layer->projection[PROJECTION_KEY].heads);
    made_gguf_u32(made, KEY("attention.key_length"), layer->head_dim);
    made_gguf_f32(made, KEY("attention.layer_norm_rms_epsilon"),
                  (float)config_number(o, "rms_norm_eps", 0));
    made_gguf_f32(made, KEY("rope.freq_base"), (float)config_number(o, "rope_theta", 0));
    if (c->pattern > 0)
        made_gguf_u32(made, KEY("attention.sliding_window"),
                      (uint32_t)config_number(o, "sliding_window", 0));
    if (c->pattern > 2) {
        made_gguf_u32(made, KEY("attention.sliding_window_pattern"), c->pattern);
        made_gguf_f32(made, KEY("rope.freq_base_swa"), 10000);
        made_gguf_text(made, KEY("rope.scaling.type"), "linear");
        made_gguf_f32(made, KEY("rope.scaling.factor"), 2);
    }
    if (config_number(o, "final_logit_softcapping", 0) > 0) {
        made_gguf_f32(made, KEY("attn_logit_softcapping"),
                      (float)config_number(o, "attn_logit_softcapping", 0));
        made_gguf_f32(made, KEY("final_logit_softcapping"),
                      (float)config_number(o, "final_logit_softcapping", 0));
    }
}

static void check_conversion(const struct conversion *c)
{
    static const uint32_t tokens[] = {3, 14, 15, 9, 26, 5, 35, 8, 9, 7, 9, 3, 2, 38, 4, 62};
    const struct probe_request request = {.tokens = tokens, .token_count = 16, .threads = 1};
    char path[PATH_BYTES];
    text_format(path, sizeof path, FIXTURES "%s", c->family);
    struct opened o = opened_model(path);
    struct made_gguf made;
    made_gguf_begin(&made, c->architecture, (uint32_t)o.model->layer_count,
                    (uint32_t)config_number(&o, "hidden_size", 0));
    convert_keys(&made, &o, c);
    for (size_t i = 0; i < checkpoint_tensor_count(o.checkpoint); i++)
        convert_tensor(&made, &o, c, checkpoint_tensor(o.checkpoint, i));
    made_gguf_end(&made, "converted.gguf");
    struct probe *own = run_model(path, &request);
    struct probe *other = run_model(scratch_path("converted.gguf"), &request);
    if (!(apart(own, other) <= 1e-5))
        fail_msg("%s: logits of its GGUF file differ by %g", c->family, apart(own, other));
    probe_free(own);
    probe_free(other);
    close_opened(&o);
}

static void test_gguf(void **state)
{
    static const struct conversion conversions[] = {
        {"llama", "llama", .permutes = true},
        {"qwen3", "qwen3", .permutes = false},
        {"gemma", "gemma", .adds_one = true},
        {"gemma2", "gemma2", .adds_one = true, .rescale = "attn_q.", .pattern = 2},
        {"gemma3", "gemma3", .adds_one = true, .rescale = "attn_q_norm.", .pattern = 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
        check_conversion(&conversions[i]);
}

/* ---- adapters ------------------------------------------------------------ */

static struct probe *run_adapted(const char *adapter, enum status wanted, struct error *err)
{
    static const uint32_t tokens[] = {1, 2, 3, 4, 0, 2, 1};
    const struct probe_request request = {.tokens = tokens, .token_count = 7, .threads = 1};
    const struct model_options options = {0};
    struct source *other;
    struct probe *probe = NULL;
    struct opened o = {0};
    *err = (struct error){0};
    assert_int_equal(source_locate("tests/fixtures/adapters/llama", &o.source, err), STATUS_OK);
    assert_int_equal(checkpoint_open(o.source, &o.checkpoint, err), STATUS_OK);
    assert_int_equal(adapter_locate(adapter, &other, err), STATUS_OK);
    assert_int_equal(checkpoint_adapt(o.checkpoint, other, err), STATUS_OK);
    assert_int_equal(model_open(o.checkpoint, &options, &o.model, err), STATUS_OK);
    assert_int_equal(probe_run(o.checkpoint, o.model, &request, NULL, &probe, err), wanted);
    close_opened(&o);
    source_close(other);
    return probe;
}

/* A LoRA counts in every matrix that it lies over: logits of transformers with W + s B A. */
static void test_adapter(void **state)
{
    static const double wanted[] = {0.3421665, -0.2678579, -0.1957478, 0.2446361, -0.09013621};
    struct error err;
    (void)state;
    struct probe *probe = run_adapted("tests/fixtures/adapters/plain", STATUS_OK, &err);
    assert_int_equal(probe->vocabulary, 5);
    for (size_t i = 0; i < 5; i++)
        assert_float_equal((double)probe->logits[i], wanted[i], 1e-5);
    probe_free(probe);
}

/* What it says of biases is in no matrix. */
static void test_adapter_of_biases(void **state)
{
    struct error err;
    cJSON *config = NULL;
    size_t size;
    (void)state;
    assert_int_equal(json_read_file("tests/fixtures/adapters/plain/adapter_config.json", 1 << 16,
                                    &config, NULL, &err),
                     STATUS_OK);
    cJSON_ReplaceItemInObject(config, "bias", cJSON_CreateString("all"));
    char *text = cJSON_Print(config);
    scratch_text("adapter_config.json", text);
    unsigned char *weights =
        file_get("tests/fixtures/adapters/plain/adapter_model.safetensors", &size);
    scratch_write("adapter_model.safetensors", weights, size);
    assert_null(run_adapted(scratch, STATUS_FAILED, &err));
    assert_says(err.what, "the adapter changes biases");
    memory_free(weights);
    cJSON_free(text);
    cJSON_Delete(config);
}

/* ---- files that shrink --------------------------------------------------- */

/* Weights that are gone when they are read: an error with the tensor's name, and no fault. */
static void test_shrunk(void **state)
{
    static const uint32_t tokens[] = {3, 14, 15};
    static const off_t lengths[] = {0, 8192, 65536};
    const struct probe_request request = {.tokens = tokens, .token_count = 3, .threads = 2};
    size_t size, config_size;
    unsigned char *weights = file_get(FIXTURES "llama/model.safetensors", &size);
    unsigned char *config = file_get(FIXTURES "llama/config.json", &config_size);
    (void)state;
    guard_install(); /* once more: cmocka has its own handlers in a test */
    scratch_write("config.json", config, config_size);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct error err = {0};
        struct probe *probe = NULL;
        scratch_write("model.safetensors", weights, size);
        struct opened o = opened_model(scratch);
        assert_int_equal(truncate(scratch_path("model.safetensors"), lengths[i]), 0);
        assert_int_equal(probe_run(o.checkpoint, o.model, &request, NULL, &probe, &err),
                         STATUS_FAILED);
        assert_says(err.what, "could not be read: the file shrank");
        close_opened(&o);
    }
    memory_free(config);
    memory_free(weights);
}

/* ---- older configs ------------------------------------------------------- */

/* The fixture without layer_types, as configs were before: the family's own rule counts. */
static void check_rule(const char *family, double interval)
{
    static const uint32_t tokens[] = {3, 14, 15, 9, 26, 5, 35, 8, 9, 7, 9, 3, 2, 38, 4, 62};
    const struct probe_request request = {.tokens = tokens, .token_count = 16, .threads = 1};
    char path[PATH_BYTES];
    cJSON *config = NULL;
    size_t size;
    struct error err = {0};
    text_format(path, sizeof path, FIXTURES "%s/config.json", family);
    assert_int_equal(json_read_file(path, 1 << 16, &config, NULL, &err), STATUS_OK);
    assert_true(cJSON_IsArray(json_get(config, "layer_types")));
    cJSON_DeleteItemFromObject(config, "layer_types");
    cJSON_AddNumberToObject(config, "sliding_window_pattern", interval);
    char *text = cJSON_Print(config);
    scratch_text("config.json", text);
    text_format(path, sizeof path, FIXTURES "%s/model.safetensors", family);
    unsigned char *weights = file_get(path, &size);
    scratch_write("model.safetensors", weights, size);
    text_format(path, sizeof path, FIXTURES "%s", family);
    struct probe *own = run_model(path, &request), *other = run_model(scratch, &request);
    if (apart(own, other) > 0)
        fail_msg("%s: without layer_types logits differ by %g", family, apart(own, other));
    probe_free(own);
    probe_free(other);
    memory_free(weights);
    cJSON_free(text);
    cJSON_Delete(config);
}

static void test_rules_of_windows(void **state)
{
    (void)state;
    check_rule("qwen2", 0);
    check_rule("gemma2", 2);
    check_rule("gemma3", 3);
    check_rule("smollm3", 0);
}

/* ---- trained models ------------------------------------------------------ */

/* What run.c of llama2.c prints at temperature 0, by the readme of stories260K; it begins with the
 * prompt of its own accord. */
static const char prompt[] = "Once upon a time";
static const char story[] =
    ", there was a little girl named Lily. She loved to play outside in the park. One day, she saw "
    "a big, red ball. She wanted to play with it, but it was too high.\nLily's mom said, \"Lily, "
    "let's go to the park.\" Lily was sad and didn't know what to do. She said, \"I want to play "
    "with your ball, but I can't find it.\"\nLily was sad and didn't know what to do. She said, "
    "\"I'm sorry, Lily. I didn't know what to do.\"\nLily didn't want to help her mom, so";

static void check_story(const char *path, const struct tokenizer *tokenizer, size_t threads)
{
    uint32_t *tokens;
    size_t count, length;
    char *text;
    struct error err = {0};
    assert_int_equal(
        tokenizer_encode(tokenizer, prompt, strlen(prompt), true, &tokens, &count, &err),
        STATUS_OK);
    const struct probe_request request = {
        .tokens = tokens, .token_count = count, .generate = 195, .threads = threads};
    struct probe *probe = run_model(path, &request);
    assert_int_equal(
        tokenizer_decode(tokenizer, probe->generated, probe->generated_count, &text, &length, &err),
        STATUS_OK);
    assert_string_equal(text, story);
    memory_free(text);
    memory_free(tokens);
    probe_free(probe);
}

static void test_story(void **state)
{
    static const char *const names[] = {"stories260K.bin", "stories260K.gguf", "stories260K-f32"};
    struct tokenizer *tokenizer;
    struct error err = {0};
    (void)state;
    if (!path_exists(MODELS)) {
        print_message("skipped: stories260K of ../shared\n");
        skip();
    }
    assert_int_equal(tokenizer_open(MODELS "stories260K/tok512.bin", &tokenizer, &err), STATUS_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[PATH_BYTES];
        text_format(path, sizeof path, MODELS "stories260K/%s", names[i]);
        check_story(path, tokenizer, 1 + i);
    }
    tokenizer_close(tokenizer);
}

/* PyTorch's archive, llama2.c's file and the directory made of them; with an output layer of its
 * own and odd widths. Then 300 tokens, which threads share. */
static void test_formats(void **state)
{
    static const char *const paths[] = {MODELS "silly-220k/silly-220k-f32",
                                        MODELS "silly-220k/ckpt.pt", MODELS "silly-220k/model.bin"};
    enum { COUNT = 300 };
    uint32_t tokens[COUNT];
    (void)state;
    if (!path_exists(MODELS)) {
        print_message("skipped: silly-220k of ../shared\n");
        skip();
    }
    for (uint32_t i = 0; i < COUNT; i++)
        tokens[i] = i * i % 499;
    struct probe_request request = {.tokens = tokens, .token_count = COUNT, .threads = 1};
    struct probe *first = run_model(paths[0], &request);
    for (size_t i = 1; i < sizeof paths / sizeof *paths; i++) {
        request.threads = 3;
        struct probe *other = run_model(paths[i], &request);
        assert_true(apart(first, other) <= 1e-5);
        probe_free(other);
    }
    probe_free(first);
}

int main(void)
{
    guard_install();
    blas_prepare();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gguf),
        cmocka_unit_test(test_adapter),
        cmocka_unit_test(test_adapter_of_biases),
        cmocka_unit_test(test_shrunk),
        cmocka_unit_test(test_rules_of_windows),
        cmocka_unit_test(test_story),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests_name("probe_formats", tests, scratch_make, scratch_remove);
}
