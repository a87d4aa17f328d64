/* test_gguf_model.c: what the keys and tensors of a GGUF file say about how it rotates. The files
 * are made here; what they must come to is llama.cpp's own way. */
#include "made_gguf.h"
#include "ropescope/model.h"
#include "scratch.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ORACLE "../shared/oracle/gguf/"

static struct opened opened;

static const struct model *open_made(struct made_gguf *made, const struct model_options *options)
{
    struct error err;
    made_gguf_end(made, "made.gguf");
    if (open_model(&opened, "made.gguf", options, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return opened.model;
}

static void refuse_made(struct made_gguf *made, const char *says)
{
    struct error err;
    made_gguf_end(made, "made.gguf");
    if (open_model(&opened, "made.gguf", NULL, &err) == STATUS_OK)
        fail_msg("it opened, and should say \"%s\"", says);
    assert_says(err.what, says);
}

static const struct fact *fact_of(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->fact_count; i++) {
        if (strcmp(model->facts[i].name, name) == 0)
            return &model->facts[i];
    }
    fail_msg("no fact %s", name);
    return NULL;
}

static bool has_fact(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->fact_count; i++) {
        if (strcmp(model->facts[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A model of `layers` layers with 4 query heads and 2 key heads of 16 dims. */
static void begin(struct made_gguf *made, const char *architecture, uint32_t layers)
{
    char key[128];
    made_gguf_begin(made, architecture, layers, 64);
    text_format(key, sizeof key, "%s.attention.head_count", architecture);
    made_gguf_u32(made, key, 4);
    text_format(key, sizeof key, "%s.attention.head_count_kv", architecture);
    made_gguf_u32(made, key, 2);
    made_gguf_attention(made, layers, 64, 32, 32);
}

static double plain_frequency(double theta, uint32_t pair)
{
    return pow(theta, -2.0 * pair / 16);
}

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-7 * fabs(want)))
        fail_msg("%.12g and not %.12g", got, want);
}

/* ---- pairing ------------------------------------------------------------- */

static void pairing_is_the_architectures(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum pairing pairing;
        bool permuted;
    } rows[] = {
        {"llama", PAIRING_INTERLEAVED, true},      {"granite", PAIRING_INTERLEAVED, true},
        {"command-r", PAIRING_INTERLEAVED, false}, {"ernie4_5", PAIRING_INTERLEAVED, false},
        {"qwen2", PAIRING_HALF_SPLIT, false},      {"phi3", PAIRING_HALF_SPLIT, false},
        {"apertus", PAIRING_HALF_SPLIT, false},    {"qwen3vl", PAIRING_HALF_SPLIT, false},
        {"glm4", PAIRING_INTERLEAVED, false},      {"glm4moe", PAIRING_HALF_SPLIT, false},
    };
    struct made_gguf made;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(&made, rows[i].name, 1);
        const struct model *model = open_made(&made, NULL);
        assert_string_equal(model->family, rows[i].name);
        assert_int_equal(model->layers[0].pairing, rows[i].pairing);
        assert_int_equal(has_fact(model, "row order"), rows[i].permuted);
        close_opened(&opened);
    }
}

static void sections_make_glm4_half_split(void **state)
{
    (void)state;
    struct made_gguf made;
    static const uint32_t sections[] = {2, 3, 3, 0};
    begin(&made, "glm4", 1);
    made_gguf_list(&made, "glm4.rope.dimension_sections", sections, 4);
    assert_int_equal(open_made(&made, NULL)->layers[0].pairing, PAIRING_HALF_SPLIT);
    close_opened(&opened);
}

static void what_does_not_rotate_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *says;
    } rows[] = {{"gpt2", "absolute"},
                {"bloom", "ALiBi"},
                {"mamba", "no attention"},
                {"t5", "relative"},
                {"bert", "absolute"},
                {"jamba", "no positions"},
                {"kimi-linear", "no positions"},
                {"plamo2", "cannot be read yet: how its query heads"},
                {"mimo2", "cannot be read yet: heads of its sliding layers"},
                {"novel", "novel is not known"}};
    struct made_gguf made;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        begin(&made, rows[i].name, 1);
        refuse_made(&made, rows[i].says);
    }
    begin(&made, "baichuan", 40);
    refuse_made(&made, "ALiBi");
    begin(&made, "baichuan", 32);
    open_made(&made, NULL);
    close_opened(&opened);
}

/* ---- counts -------------------------------------------------------------- */

static void counts_may_be_lists_by_layer(void **state)
{
    (void)state;
    struct made_gguf made;
    static const uint32_t queries[] = {4, 4}, keys[] = {2, 2};
    made_gguf_begin(&made, "llama", 2, 64);
    made_gguf_list(&made, "llama.attention.head_count", queries, 2);
    made_gguf_list(&made, "llama.attention.head_count_kv", keys, 2);
    made_gguf_attention(&made, 2, 64, 32, 32);
    const struct model *model = open_made(&made, NULL);
    assert_int_equal(model->layers[0].projection[PROJECTION_KEY].heads, 2);
    assert_string_equal(fact_of(model, "key heads")->reason, "llama.attention.head_count_kv");
    assert_int_equal(model->note_count, 0);
    close_opened(&opened);
}

static void layers_may_differ_in_their_heads(void **state)
{
    (void)state;
    struct made_gguf made;
    uint64_t a, b;
    static const uint32_t queries[] = {4, 6}, keys[] = {2, 3}, uneven[] = {2, 4}, none[] = {2, 0};
    made_gguf_begin(&made, "openelm", 2, 64);
    made_gguf_list(&made, "openelm.attention.head_count", queries, 2);
    made_gguf_list(&made, "openelm.attention.head_count_kv", keys, 2);
    made_gguf_matrix(&made, "blk.0.attn_qkv.weight", 16 * (4 + 2 + 2), 64, 1);
    made_gguf_matrix(&made, "blk.1.attn_qkv.weight", 16 * (6 + 3 + 3), 64, 1);
    const struct model *model = open_made(&made, NULL);
    assert_int_equal(model->layers[0].projection[PROJECTION_QUERY].heads, 4);
    assert_int_equal(model->layers[1].projection[PROJECTION_QUERY].heads, 6);
    assert_int_equal(model->layers[1].projection[PROJECTION_KEY].heads, 3);
    layer_pair_rows(&model->layers[1], PROJECTION_KEY, 2, 1, &a, &b);
    assert_int_equal(a, 16 * (6 + 2) + 1);
    assert_int_equal(b, a + 8);
    assert_int_equal(model->note_count, 1);
    close_opened(&opened);
    const uint32_t *const wrong[] = {uneven, none};
    static const char *const says[] = {"layer 1: 6 query heads cannot share 4 key heads",
                                       "key openelm.attention.head_count_kv: a layer has no heads"};
    for (size_t i = 0; i < 2; i++) {
        made_gguf_begin(&made, "openelm", 2, 64);
        made_gguf_list(&made, "openelm.attention.head_count", queries, 2);
        made_gguf_list(&made, "openelm.attention.head_count_kv", wrong[i], 2);
        made_gguf_matrix(&made, "blk.0.attn_qkv.weight", 16 * (4 + 2 + 2), 64, 1);
        made_gguf_matrix(&made, "blk.1.attn_qkv.weight", 16 * (6 + 4 + 4), 64, 1);
        refuse_made(&made, says[i]);
    }
    made_gguf_begin(&made, "llama", 2, 64);
    made_gguf_list(&made, "llama.attention.head_count", queries, 1);
    made_gguf_attention(&made, 2, 64, 64, 32);
    refuse_made(&made, "llama.attention.head_count: the list has fewer numbers");
}

static void rotated_dims_are_counted(void **state)
{
    (void)state;
    struct made_gguf made;
    begin(&made, "phi2", 1);
    made_gguf_u32(&made, "phi2.rope.dimension_count", 6);
    const struct model *model = open_made(&made, NULL);
    assert_int_equal(model->layers[0].pairs, 3);
    assert_string_equal(fact_of(model, "rotary dims")->value, "6 of 16");
    assert_near(model->layers[0].frequency[1], pow(10000, -2.0 / 6));
    close_opened(&opened);
    begin(&made, "phi2", 1);
    made_gguf_u32(&made, "phi2.rope.dimension_count", 5);
    refuse_made(&made, "5 of 16");
}

/* Layers that predict further tokens are counted in block_count. */
static void further_layers_are_left_out(void **state)
{
    (void)state;
    struct made_gguf made;
    begin(&made, "glm4moe", 3);
    made_gguf_u32(&made, "glm4moe.nextn_predict_layers", 1);
    const struct model *model = open_made(&made, NULL);
    assert_int_equal(model->layer_count, 2);
    assert_int_equal(model->note_count, 1);
    close_opened(&opened);
}

/* All query rows, all key rows, all value rows. */
static void fused_rows_are_told_apart(void **state)
{
    (void)state;
    struct made_gguf made;
    uint64_t a, b;
    made_gguf_begin(&made, "phi3", 1, 64);
    made_gguf_u32(&made, "phi3.attention.head_count", 4);
    made_gguf_u32(&made, "phi3.attention.head_count_kv", 2);
    made_gguf_matrix(&made, "blk.0.attn_qkv.weight", 64 + 32 + 32, 64, 1);
    const struct model *model = open_made(&made, NULL);
    assert_int_equal(model->layers[0].head_dim, 16);
    layer_pair_rows(&model->layers[0], PROJECTION_QUERY, 3, 7, &a, &b);
    assert_int_equal(a, 3 * 16 + 7);
    assert_int_equal(b, 3 * 16 + 15);
    layer_pair_rows(&model->layers[0], PROJECTION_KEY, 1, 0, &a, &b);
    assert_int_equal(a, 64 + 16);
    assert_int_equal(b, 64 + 16 + 8);
    close_opened(&opened);
    made_gguf_begin(&made, "phi3", 1, 64);
    made_gguf_u32(&made, "phi3.attention.head_count", 4);
    made_gguf_u32(&made, "phi3.attention.head_count_kv", 2);
    made_gguf_matrix(&made, "blk.0.attn_qkv.weight", 100, 64, 1);
    refuse_made(&made, "phi3.attention.head_count_kv");
}

/* ---- latent attention, gates, hybrids ------------------------------------ */

/* 4 heads of 10 + 6 dims over 20 latent rows. */
static void begin_latent(struct made_gguf *made, const char *architecture, const char *query,
                         const char *length_key, uint32_t rank)
{
    char key[128];
    made_gguf_begin(made, architecture, 1, 64);
    const struct {
        const char *key;
        uint32_t value;
    } keys[] = {{"attention.head_count", 4},
                {"attention.head_count_kv", 1},
                {length_key, 16},
                {"rope.dimension_count", 6},
                {"attention.kv_lora_rank", rank}};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        text_format(key, sizeof key, "%s.%s", architecture, keys[i].key);
        made_gguf_u32(made, key, keys[i].value);
    }
    made_gguf_matrix(made, query, 64, 24, 1);
    made_gguf_matrix(made, "blk.0.attn_kv_a_mqa.weight", 26, 64, 2);
}

static void rotary_rows_of_latent_attention_come_last(void **state)
{
    (void)state;
    static const struct {
        const char *name, *query, *length;
        bool interleaved;
    } rows[] = {{"deepseek2", "blk.0.attn_q_b.weight", "attention.key_length_mla", true},
                {"deepseek2", "blk.0.attn_q.weight", "attention.key_length", true},
                {"glm-dsa", "blk.0.attn_q_b.weight", "attention.key_length_mla", true},
                {"plm", "blk.0.attn_q.weight", "attention.key_length", true},
                {"minicpm3", "blk.0.attn_q_b.weight", "attention.key_length", false}};
    struct made_gguf made;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t a, b;
        begin_latent(&made, rows[i].name, rows[i].query, rows[i].length, 20);
        const struct model *model = open_made(&made, NULL);
        const struct layer *layer = &model->layers[0];
        assert_int_equal(layer->pairs, 3);
        assert_int_equal(layer->projection[PROJECTION_QUERY].heads, 4);
        assert_int_equal(layer->projection[PROJECTION_KEY].heads, 1);
        layer_pair_rows(layer, PROJECTION_QUERY, 2, 1, &a, &b);
        assert_int_equal(a, 2 * 16 + 10 + (rows[i].interleaved ? 2 : 1));
        assert_int_equal(b, a + (rows[i].interleaved ? 1 : 3));
        layer_pair_rows(layer, PROJECTION_KEY, 0, 0, &a, &b);
        assert_int_equal(a, 20);
        assert_int_equal(b, a + (rows[i].interleaved ? 1 : 3));
        assert_near(layer->frequency[1], pow(10000, -2.0 / 6));
        close_opened(&opened);
    }
    begin_latent(&made, "deepseek2", "blk.0.attn_q_b.weight", "attention.key_length_mla", 19);
    refuse_made(&made, "deepseek2.attention.kv_lora_rank 19");
    begin_latent(&made, "deepseek2", "blk.0.attn_q_b.weight", "attention.value_length", 20);
    refuse_made(&made, "key attention.key_length: it leaves no dims");
}

/* Layer 1 of 2 has attention. */
static void begin_hybrid(struct made_gguf *made, const char *architecture, uint64_t query_rows)
{
    char key[128];
    static const uint32_t keys[] = {0, 2};
    made_gguf_begin(made, architecture, 2, 64);
    text_format(key, sizeof key, "%s.attention.head_count", architecture);
    made_gguf_u32(made, key, 4);
    text_format(key, sizeof key, "%s.attention.head_count_kv", architecture);
    made_gguf_list(made, key, keys, 2);
    made_gguf_matrix(made, "blk.0.attn_qkv.weight", 8, 64, 1); /* of another kind of attention */
    made_gguf_matrix(made, "blk.1.attn_q.weight", query_rows, 64, 2);
    made_gguf_matrix(made, "blk.1.attn_k.weight", 32, 64, 3);
}

static void hybrids_have_layers_without_attention(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint64_t query_rows;
    } rows[] = {{"lfm2", 64}, {"lfm2moe", 64},    {"granitehybrid", 64},
                {"deci", 64}, {"qwen3next", 128}, {"qwen35", 128}};
    struct made_gguf made;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t a, b;
        begin_hybrid(&made, rows[i].name, rows[i].query_rows);
        const struct model *model = open_made(&made, NULL);
        assert_int_equal(model->layer_count, 2);
        assert_int_equal(model->layers[0].pairs, 0);
        assert_int_equal(model->layers[1].pairs, 8);
        assert_int_equal(model->layers[1].projection[PROJECTION_KEY].heads, 2);
        layer_pair_rows(&model->layers[1], PROJECTION_QUERY, 3, 0, &a, &b);
        assert_int_equal(a, 3 * rows[i].query_rows / 4); /* behind each gated head is its gate */
        close_opened(&opened);
    }
    begin_hybrid(&made, "granitehybrid", 64);
    made_gguf_bool(&made, "granitehybrid.rope.scaling.finetuned", false);
    refuse_made(&made, "granitehybrid.rope.scaling.finetuned is false");
    begin_hybrid(&made, "qwen3next", 64);
    refuse_made(
        &made, "2 key heads (qwen3next.attention.head_count_kv) of head_dim 8"); /* 4 heads of 8 and
                                                                                    a gate each: 32
                                                                                    rows are no 2 */
}

/* ---- kinds of layers ----------------------------------------------------- */

static void layers_without_rotation_have_no_pairs(void **state)
{
    (void)state;
    struct made_gguf made;
    static const char *const listed[] = {"llama4", "smollm3"};
    for (size_t i = 0; i < 2; i++) {
        begin(&made, listed[i], 8);
        const struct model *model = open_made(&made, NULL);
        for (uint32_t l = 0; l < 8; l++)
            assert_int_equal(model->layers[l].pairs, (l + 1) % 4 != 0 ? 8 : 0);
        close_opened(&opened);
    }
    begin(&made, "cohere2", 8);
    made_gguf_u32(&made, "cohere2.attention.sliding_window", 4096);
    const struct model *model = open_made(&made, NULL);
    for (uint32_t l = 0; l < 8; l++)
        assert_int_equal(model->layers[l].pairs, l % 4 < 3 ? 8 : 0);
    close_opened(&opened);
    begin(&made, "smallthinker", 8);
    made_gguf_u32(&made, "smallthinker.attention.sliding_window", 4096);
    model = open_made(&made, NULL);
    for (uint32_t l = 0; l < 8; l++)
        assert_int_equal(model->layers[l].pairs, l % 4 != 0 ? 8 : 0);
    close_opened(&opened);
}

/* EXAONE 4 without a window rotates everywhere, with one only where it slides. */
static void a_window_decides_for_exaone4(void **state)
{
    (void)state;
    struct made_gguf made;
    begin(&made, "exaone4", 4);
    assert_int_equal(open_made(&made, NULL)->layers[3].pairs, 8);
    close_opened(&opened);
    begin(&made, "exaone4", 4);
    made_gguf_u32(&made, "exaone4.attention.sliding_window", 4096);
    assert_int_equal(open_made(&made, NULL)->layers[3].pairs, 0);
    close_opened(&opened);
}

static void sliding_layers_have_their_own_base(void **state)
{
    (void)state;
    struct made_gguf made;
    begin(&made, "gemma3", 6);
    made_gguf_f32(&made, "gemma3.rope.freq_base", 1000000);
    made_gguf_text(&made, "gemma3.rope.scaling.type", "linear");
    made_gguf_f32(&made, "gemma3.rope.scaling.factor", 8);
    const struct model *model = open_made(&made, NULL);
    assert_near(model->layers[0].frequency[3], plain_frequency(10000, 3));
    assert_near(model->layers[5].frequency[3], plain_frequency(1000000, 3) / 8);
    close_opened(&opened);

    static const bool slides[] = {false, true, true};
    begin(&made, "gemma3", 3);
    made_gguf_f32(&made, "gemma3.rope.freq_base", 1000000);
    made_gguf_f32(&made, "gemma3.rope.freq_base_swa", 5000);
    made_gguf_flags(&made, "gemma3.attention.sliding_window_pattern", slides, 3);
    model = open_made(&made, NULL);
    assert_near(model->layers[0].frequency[3], plain_frequency(1000000, 3));
    assert_near(model->layers[2].frequency[3], plain_frequency(5000, 3));
    assert_string_equal(fact_of(model, "rope theta (sliding_attention)")->reason,
                        "gemma3.rope.freq_base_swa");
    close_opened(&opened);

    begin(&made, "modern-bert", 3); /* the first of three is full */
    made_gguf_f32(&made, "modern-bert.rope.freq_base", 160000);
    model = open_made(&made, NULL);
    assert_near(model->layers[0].frequency[3], plain_frequency(160000, 3));
    assert_near(model->layers[1].frequency[3], plain_frequency(10000, 3));
    close_opened(&opened);
}

/* OLMo 3 comes as olmo2 with a window: its sliding layers are never scaled. */
static void sliding_layers_may_share_the_base(void **state)
{
    (void)state;
    struct made_gguf made;
    for (int window = 0; window < 2; window++) {
        begin(&made, "olmo2", 4);
        made_gguf_f32(&made, "olmo2.rope.freq_base", 500000);
        made_gguf_f32(&made, "olmo2.rope.scaling.factor", 4);
        if (window)
            made_gguf_u32(&made, "olmo2.attention.sliding_window", 4096);
        const struct model *model = open_made(&made, NULL);
        assert_near(model->layers[0].frequency[3], plain_frequency(500000, 3) / (window ? 1 : 4));
        assert_near(model->layers[3].frequency[3], plain_frequency(500000, 3) / 4);
        close_opened(&opened);
    }
}

/* ---- scaling ------------------------------------------------------------- */

static void factors_divide_frequencies(void **state)
{
    (void)state;
    struct made_gguf made;
    static const uint64_t sizes[] = {8};
    static const float factors[] = {1, 1, 1, 2, 4, 8, 8, 8};
    begin(&made, "llama", 2);
    made_gguf_f32(&made, "llama.rope.freq_base", 500000);
    made_gguf_tensor(&made, "rope_freqs.weight", 1, sizes, 0, factors, sizeof factors);
    const struct model *model = open_made(&made, NULL);
    for (uint32_t i = 0; i < 8; i++)
        assert_near(model->layers[1].frequency[i], plain_frequency(500000, i) / (double)factors[i]);
    assert_string_equal(fact_of(model, "rope factors")->value, "rope_freqs.weight");
    close_opened(&opened);

    begin(&made, "llama", 2); /* older files have them layer by layer */
    made_gguf_tensor(&made, "blk.1.rope_freqs.weight", 1, sizes, 0, factors, sizeof factors);
    model = open_made(&made, NULL);
    assert_near(model->layers[0].frequency[5], plain_frequency(10000, 5));
    assert_near(model->layers[1].frequency[5], plain_frequency(10000, 5) / 8);
    close_opened(&opened);

    static const float bad[] = {1, 1, 1, 1, 0, 1, 1, 1};
    begin(&made, "llama", 1);
    made_gguf_tensor(&made, "rope_freqs.weight", 1, sizes, 0, bad, sizeof bad);
    refuse_made(&made, "tensor rope_freqs.weight: number 4 is not positive");
    begin(&made, "llama", 1);
    made_gguf_tensor(&made, "rope_freqs.weight", 1, (const uint64_t[]){4}, 0, factors, 16);
    refuse_made(&made, "tensor rope_freqs.weight: it is no list of numbers for each of 8 pairs");
}

static void longrope_takes_the_list_of_its_length(void **state)
{
    (void)state;
    struct made_gguf made;
    static const uint64_t sizes[] = {8};
    static const float brief[] = {1, 1, 1, 1, 1, 1, 1, 2}, far[] = {1, 1, 1, 1, 1, 1, 1, 50};
    for (uint64_t context = 1024; context <= 4096; context *= 4) {
        const struct model_options options = {.context = context};
        begin(&made, "phi3", 1);
        made_gguf_text(&made, "phi3.rope.scaling.type", "longrope");
        made_gguf_u32(&made, "phi3.rope.scaling.original_context_length", 1024);
        made_gguf_tensor(&made, "rope_factors_long.weight", 1, sizes, 0, far, sizeof far);
        made_gguf_tensor(&made, "rope_factors_short.weight", 1, sizes, 0, brief, sizeof brief);
        const struct model *model = open_made(&made, &options);
        assert_near(model->layers[0].frequency[7],
                    plain_frequency(10000, 7) / (context > 1024 ? 50 : 2));
        close_opened(&opened);
    }
}

static void yarn_is_that_of_the_formula(void **state)
{
    (void)state;
    struct made_gguf made;
    double want[8];
    const struct rope rope = {.theta = 10000,
                              .rotary_dim = 16,
                              .scaling = SCALING_YARN,
                              .factor = 4,
                              .context = 4096,
                              .max_position = 4096,
                              .original_context = 1024,
                              .beta_fast = 32,
                              .beta_slow = 1,
                              .truncate = true};
    rope_frequencies(&rope, want);
    begin(&made, "qwen2", 1);
    made_gguf_text(&made, "qwen2.rope.scaling.type", "yarn");
    made_gguf_f32(&made, "qwen2.rope.scaling.factor", 4);
    made_gguf_u32(&made, "qwen2.rope.scaling.original_context_length", 1024);
    const struct model *model = open_made(&made, NULL);
    for (uint32_t i = 0; i < 8; i++)
        assert_near(model->layers[0].frequency[i], want[i]);
    assert_true(want[7] < plain_frequency(10000, 7) / 3);
    close_opened(&opened);
}

/* Old files have rope.scale_linear; a factor of 0 means none. */
static void linear_factors_have_two_names(void **state)
{
    (void)state;
    struct made_gguf made;
    begin(&made, "llama", 1);
    made_gguf_f32(&made, "llama.rope.scale_linear", 4);
    assert_near(open_made(&made, NULL)->layers[0].frequency[2], plain_frequency(10000, 2) / 4);
    close_opened(&opened);
    begin(&made, "llama", 1);
    made_gguf_f32(&made, "llama.rope.scaling.factor", 0);
    assert_near(open_made(&made, NULL)->layers[0].frequency[2], plain_frequency(10000, 2));
    close_opened(&opened);
    begin(&made, "llama", 1);
    made_gguf_text(&made, "llama.rope.scaling.type", "none");
    made_gguf_f32(&made, "llama.rope.scaling.factor", 4);
    assert_near(open_made(&made, NULL)->layers[0].frequency[2], plain_frequency(10000, 2));
    close_opened(&opened);
}

/* ---- types --------------------------------------------------------------- */

static void unread_types_count_where_they_are_needed(void **state)
{
    (void)state;
    struct made_gguf made;
    static const unsigned char blocks[66 * 64];
    static const uint64_t matrix[] = {256, 64}, list[] = {256};
    begin(&made, "llama", 1);
    made_gguf_tensor(&made, "output.weight", 1, list, 16, blocks, 66);
    open_made(&made, NULL);
    close_opened(&opened);
    made_gguf_begin(&made, "llama", 1, 256);
    made_gguf_u32(&made, "llama.attention.head_count", 4);
    made_gguf_tensor(&made, "blk.0.attn_q.weight", 2, matrix, 16, blocks, sizeof blocks);
    made_gguf_matrix(&made, "blk.0.attn_k.weight", 64, 256, 1);
    refuse_made(&made, "tensor blk.0.attn_q.weight: dtype IQ2_XXS");
}

static double largest_difference(const cJSON *one, const cJSON *other)
{
    double most = 0;
    if (cJSON_IsNumber(one))
        return fabs(one->valuedouble - other->valuedouble);
    const cJSON *twin = other->child;
    for (const cJSON *item = one->child; item; item = item->next, twin = twin->next) {
        bool wanted = !item->string || strncmp(item->string, "norm", 4) != 0;
        double found = wanted && twin ? largest_difference(item, twin) : 0;
        most = found > most ? found : most;
    }
    return most;
}

static cJSON *expected(const char *type)
{
    char path[PATH_BYTES];
    cJSON *root;
    struct error err;
    text_format(path, sizeof path, ORACLE "%s.expected.json", type);
    if (json_read_file(path, 1 << 20, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return root;
}

/* Types that only our own fixture has: a list of all cosines, in the order of the oracle's. */
static double largest_listed(const cJSON *exact, const cJSON *list)
{
    double most = 0;
    const cJSON *item = list->child, *matrix, *head, *cos;
    cJSON_ArrayForEach(matrix, json_get(exact, "matrices"))
    {
        cJSON_ArrayForEach(head, json_get(matrix, "heads"))
        {
            cJSON_ArrayForEach(cos, json_get(head, "cos"))
            {
                assert_non_null(item);
                most = fmax(most, fabs(cos->valuedouble - item->valuedouble));
                item = item->next;
            }
        }
    }
    assert_null(item);
    return most;
}

/* The figures that `info` shows, against ggml's rows. */
static void accuracy_is_as_measured(void **state)
{
    (void)state;
    size_t measured = 0;
    if (!path_is_directory(ORACLE)) {
        print_message("%s is not there\n", ORACLE);
        skip();
    }
    cJSON *exact = expected("F32"), *own;
    assert_int_equal(json_read_file("tests/fixtures/gguf/accuracy.json", 1 << 20, &own, NULL, NULL),
                     STATUS_OK);
    for (int i = DTYPE_U64 + 1; i < DTYPE_COUNT; i++) {
        double told = quantisation_moves((enum dtype)i);
        if (told == 0)
            continue;
        const cJSON *list = json_get(own, dtype_name((enum dtype)i));
        cJSON *rounded = list ? NULL : expected(dtype_name((enum dtype)i));
        double moved =
            list ? largest_listed(exact, list)
                 : largest_difference(json_get(exact, "matrices"), json_get(rounded, "matrices"));
        if (!(told >= moved && told <= moved + 1e-4))
            fail_msg("%s moves cosines by %g, told is %g", dtype_name((enum dtype)i), moved, told);
        cJSON_Delete(rounded);
        measured++;
    }
    assert_int_equal(measured, 15);
    cJSON_Delete(own);
    cJSON_Delete(exact);
}

int main(void)
{
#define made_test(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        made_test(pairing_is_the_architectures),
        made_test(sections_make_glm4_half_split),
        made_test(what_does_not_rotate_is_refused),
        made_test(rotary_rows_of_latent_attention_come_last),
        made_test(hybrids_have_layers_without_attention),
        made_test(counts_may_be_lists_by_layer),
        made_test(layers_may_differ_in_their_heads),
        made_test(rotated_dims_are_counted),
        made_test(further_layers_are_left_out),
        made_test(fused_rows_are_told_apart),
        made_test(layers_without_rotation_have_no_pairs),
        made_test(a_window_decides_for_exaone4),
        made_test(sliding_layers_have_their_own_base),
        made_test(sliding_layers_may_share_the_base),
        made_test(factors_divide_frequencies),
        made_test(longrope_takes_the_list_of_its_length),
        made_test(yarn_is_that_of_the_formula),
        made_test(linear_factors_have_two_names),
        made_test(unread_types_count_where_they_are_needed),
        cmocka_unit_test(accuracy_is_as_measured),
    };
    guard_install();
    return cmocka_run_group_tests_name("gguf_model", tests, NULL, NULL);
}
