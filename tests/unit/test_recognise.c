/* Which family a checkpoint is taken for, and why not: conditions on keys of the config, names of
 * tensors, layers that are missing. Rows and pairs of each family are test_families' job. */
#include "ropescope/model.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 12, HEADER_BYTES = 8192 };

/* One tensor: '%' in its name stands for every layer; rows 0 ends a list. */
struct made {
    const char *name;
    unsigned rows;
};

static void add_tensor(char *header, size_t *data, const char *name, unsigned layer, unsigned rows)
{
    size_t used = strlen(header), bytes = (size_t)rows * WIDTH * 4;
    const char *sign = strchr(name, '%');
    int before = sign ? (int)(sign - name) : (int)strlen(name);
    char number[16] = "";
    if (sign)
        text_format(number, sizeof number, "%u", layer);
    assert_true(text_format(header + used, HEADER_BYTES - used,
                            "%s\"%.*s%s%s\":{\"dtype\":\"F32\",\"shape\":[%u,%d],"
                            "\"data_offsets\":[%zu,%zu]}",
                            used > 1 ? "," : "", before, name, number, sign ? sign + 1 : "", rows,
                            WIDTH, *data, *data + bytes));
    *data += bytes;
}

/* A model with that config, and of each tensor one for every layer. */
static void make(const char *config, const struct made *tensors, unsigned layers)
{
    char header[HEADER_BYTES] = "{";
    size_t data = 0;
    for (; tensors->rows > 0; tensors++) {
        for (unsigned layer = 0; layer < layers; layer++) {
            if (layer == 0 || strchr(tensors->name, '%'))
                add_tensor(header, &data, tensors->name, layer, tensors->rows);
        }
    }
    strcat(header, "}");
    scratch_tensors("model.safetensors", header, data);
    scratch_text("config.json", config);
}

static struct opened opened;

static const struct model *open_made(const struct model_options *options)
{
    struct error err;
    if (open_model(&opened, "", options, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return opened.model;
}

static void refuse_made(const char *says)
{
    struct error err;
    if (open_model(&opened, "", NULL, &err) == STATUS_OK)
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

static bool has_note(const struct model *model, const char *says)
{
    for (size_t i = 0; i < model->note_count; i++) {
        if (strstr(model->notes[i], says))
            return true;
    }
    return false;
}

#define HEADS "\"num_attention_heads\":4,\"num_key_value_heads\":2"
#define SIZES "\"num_attention_heads\":4,\"hidden_size\":32"

static const struct made apart[] = {{"model.layers.%.self_attn.q_proj.weight", 32},
                                    {"model.layers.%.self_attn.k_proj.weight", 16},
                                    {0}};
static const struct made falcon[] = {{"transformer.h.%.self_attention.query_key_value.weight", 96},
                                     {0}};
static const struct made falcon_one[] = {
    {"transformer.h.%.self_attention.query_key_value.weight", 48}, {0}};
static const struct made nomic[] = {{"nomic_bert.encoder.layers.%.attn.Wqkv.weight", 96}, {0}};
static const struct made packed[] = {{"model.layers.%.self_attn.W_pack.weight", 96}, {0}};

/* ---- what does not rotate ------------------------------------------------ */

static void what_does_not_rotate_is_refused(void **state)
{
    (void)state;
    static const struct made bert[] = {{"esm.encoder.layer.%.attention.self.query.weight", 32},
                                       {"esm.encoder.layer.%.attention.self.key.weight", 32},
                                       {0}};
    static const struct made joined[] = {{"encoder.layers.%.attn.Wqkv.weight", 96}, {0}};
    static const struct made glm1[] = {
        {"transformer.layers.%.attention.query_key_value.weight", 96}, {0}};
    static const struct {
        const char *config;
        const struct made *tensors;
        const char *says;
    } rows[] = {
        {"{\"model_type\":\"gpt2\"}", falcon, "gpt2 has no rotary pairs: it learns absolute"},
        {"{\"model_type\":\"bloom\"}", falcon, "bloom has no rotary pairs: it biases"},
        {"{\"model_type\":\"mpt\"}", falcon, "(ALiBi)"},
        {"{\"model_type\":\"opt\"}", apart, "absolute positions"},
        {"{\"model_type\":\"falcon\",\"alibi\":true," SIZES "}", falcon,
         "falcon has no rotary pairs: it biases attention by distance (ALiBi)"},
        {"{\"model_type\":\"baichuan\",\"num_hidden_layers\":40," SIZES "}", packed, "(ALiBi)"},
        {"{\"model_type\":\"baichuan\",\"num_attention_heads\":4,\"hidden_size\":5120}", packed,
         "(ALiBi)"},
        {"{\"model_type\":\"esm\",\"position_embedding_type\":\"absolute\"," SIZES "}", bert,
         "esm has no rotary pairs: its positions are absolute"},
        {"{\"model_type\":\"esm\"," SIZES "}", bert, "its positions are absolute"},
        {"{\"model_type\":\"nomic_bert\"," SIZES "}", joined, "rotary_emb_fraction is 0"},
        {"{\"model_type\":\"nomic_bert\",\"rotary_emb_fraction\":0.0," SIZES "}", joined,
         "rotary_emb_fraction is 0"},
        {"{\"model_type\":\"chatglm\"," SIZES "}", glm1, "ChatGLM's first version"},
        {"{\"model_type\":\"granitemoehybrid\"," HEADS "}", apart, "position_embedding_type"},
        {"{\"model_type\":\"gemma4\"," HEADS "}", apart, "gemma4 cannot be read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make(rows[i].config, rows[i].tensors, 1);
        refuse_made(rows[i].says);
    }
}

static void conditions_choose_among_rows(void **state)
{
    (void)state;
    static const struct made exaone[] = {{"model.layers.%.self_attn.q_proj.weight", 32},
                                         {"model.layers.%.self_attn.k_proj.weight", 32},
                                         {0}};
    make("{\"model_type\":\"falcon\",\"multi_query\":false," SIZES "}", falcon, 1);
    assert_int_equal(open_made(NULL)->layers[0].projection[PROJECTION_KEY].heads, 4);
    close_opened(&opened);
    /* As transformers 5 writes it: the published tensors, keys of Hugging Face. */
    make("{\"model_type\":\"nomic_bert\",\"rope_parameters\":{\"rope_theta\":1000.0}," SIZES "}",
         nomic, 1);
    assert_int_equal(open_made(NULL)->layers[0].projection[PROJECTION_KEY].map.base, 32);
    close_opened(&opened);
    make("{\"model_type\":\"falcon\"," SIZES "}", falcon_one, 1); /* multi-query by default */
    assert_int_equal(open_made(NULL)->layers[0].projection[PROJECTION_KEY].heads, 1);
    close_opened(&opened);
    make("{\"model_type\":\"exaone4\",\"sliding_window\":null,\"num_attention_heads\":4}", exaone,
         4);
    assert_int_equal(open_made(NULL)->layers[3].pairs, 4);
    close_opened(&opened);
    make("{\"model_type\":\"exaone4\",\"num_attention_heads\":4}", exaone, 4); /* 4096 by default */
    assert_int_equal(open_made(NULL)->layers[3].pairs, 0);
    close_opened(&opened);
    make("{\"model_type\":\"exaone4\",\"sliding_window\":64,\"sliding_window_pattern\":\"LG\","
         "\"num_attention_heads\":4}",
         exaone, 4);
    assert_int_equal(open_made(NULL)->layers[1].pairs, 0);
    assert_int_equal(opened.model->layers[2].pairs, 4);
    close_opened(&opened);
}

/* ---- a model_type that nobody knows -------------------------------------- */

static void an_unknown_family_is_deduced(void **state)
{
    (void)state;
    static const struct made fused[] = {{"model.layers.%.self_attn.qkv_proj.weight", 64}, {0}};
    const struct model_options interleaved = {.has_pairing = true, .pairing = PAIRING_INTERLEAVED};
    make("{\"model_type\":\"novel\"," HEADS "}", apart, 2);
    const struct model *model = open_made(NULL);
    assert_string_equal(model->family, "novel taken for llama");
    assert_int_equal(fact_of(model, "family")->source, FACT_DEDUCED);
    assert_int_equal(fact_of(model, "pairing")->source, FACT_DEDUCED);
    assert_string_equal(fact_source_name(FACT_DEDUCED), "deduced");
    assert_true(has_note(model, "model_type novel is not known"));
    assert_int_equal(model->layers[1].pairs, 4);
    close_opened(&opened);
    model = open_made(&interleaved);
    assert_int_equal(fact_of(model, "pairing")->source, FACT_FLAG);
    close_opened(&opened);
    make("{\"model_type\":\"novel\"," SIZES "}", fused, 1);
    model = open_made(NULL);
    assert_string_equal(model->family, "novel taken for phi3");
    assert_int_equal(model->layers[0].projection[PROJECTION_KEY].heads, 2);
    close_opened(&opened);
    make("{" HEADS "}", apart, 1); /* without any model_type */
    assert_string_equal(open_made(NULL)->family, "unknown taken for llama");
    close_opened(&opened);
}

static void what_cannot_be_deduced_is_refused(void **state)
{
    (void)state;
    static const struct made learned[] = {{"model.layers.%.self_attn.q_proj.weight", 32},
                                          {"model.layers.%.self_attn.k_proj.weight", 16},
                                          {"model.embed_positions.weight", 64},
                                          {0}};
    static const struct made only_queries[] = {{"model.layers.%.self_attn.q_proj.weight", 32}, {0}};
    make("{\"model_type\":\"novel\"," HEADS "}", learned, 1);
    refuse_made("model.embed_positions.weight says that it learns absolute positions");
    make("{\"model_type\":\"novel\"}", apart, 1);
    refuse_made("model_type novel is not known, and no names");
    make("{\"model_type\":\"novel\"," HEADS "}", falcon, 1);
    refuse_made("model_type novel is not known, and no names");
    make("{\"model_type\":\"novel\"," HEADS "}", only_queries, 1);
    refuse_made("model_type novel is not known");
    make("{}", apart, 1);
    refuse_made("it has no model_type");
}

/* ---- layers -------------------------------------------------------------- */

static void layers_without_attention_have_a_place(void **state)
{
    (void)state;
    static const struct made hybrid[] = {{"model.layers.1.self_attn.q_proj.weight", 32},
                                         {"model.layers.1.self_attn.k_proj.weight", 16},
                                         {"model.layers.0.conv.weight", 4},
                                         {"model.layers.2.conv.weight", 4},
                                         {0}};
#define LFM2 "{\"model_type\":\"lfm2\",\"num_hidden_layers\":3," HEADS
    make(LFM2 ",\"layer_types\":[\"conv\",\"full_attention\",\"conv\"]}", hybrid, 1);
    const struct model *model = open_made(NULL);
    assert_int_equal(model->layer_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(model->layers[i].number, i);
        assert_int_equal(model->layers[i].pairs, i == 1 ? 4 : 0);
    }
    assert_string_equal(model->layers[0].note, "no attention in this layer");
    assert_string_equal(model->layers[2].projection[PROJECTION_QUERY].tensor, "");
    close_opened(&opened);
    make(LFM2 ",\"layer_types\":[\"conv\",\"full_attention\",\"full_attention\"]}", hybrid, 1);
    refuse_made("layer 2 is one of attention, and has no query");
    make("{\"model_type\":\"lfm2\",\"num_hidden_layers\":1000000000," HEADS "}", hybrid, 1);
    refuse_made("layer 0 has no query and key");
    make("{\"model_type\":\"llama\",\"num_hidden_layers\":3," HEADS "}", hybrid, 1);
    refuse_made("layer 0 has no query and key projection");
}

/* Multi-token prediction comes behind num_hidden_layers. */
static void further_layers_are_left_out(void **state)
{
    (void)state;
    static const struct made latent[] = {{"model.layers.%.self_attn.q_proj.weight", 4 * 14},
                                         {"model.layers.%.self_attn.kv_a_proj_with_mqa.weight", 16},
                                         {0}};
#define MLA                                                                                        \
    "{\"model_type\":\"deepseek_v3\",\"num_attention_heads\":4,\"qk_nope_head_dim\":8,"            \
    "\"qk_rope_head_dim\":6,\"num_hidden_layers\":2,\"kv_lora_rank\":"
    make(MLA "10}", latent, 3);
    const struct model *model = open_made(NULL);
    assert_int_equal(model->layer_count, 2);
    assert_true(has_note(model, "1 layers from layer 2 on are left out: num_hidden_layers is 2"));
    close_opened(&opened);
    const struct model_options wide = {.head_dim = 14};
    struct error err;
    make(MLA "10}", latent, 2);
    assert_int_equal(open_model(&opened, "", &wide, &err), STATUS_FAILED);
    assert_says(err.what, "--head-dim and --kv-heads mean nothing");
    make(MLA "9}", latent, 2);
    refuse_made("kv_lora_rank 9 and qk_rope_head_dim 6 do not make the 16 rows");
}

/* Two attentions a layer count as two; which one a bad number names must not be guessed. */
static void two_attentions_of_a_layer_count(void **state)
{
    (void)state;
    static const struct made twice[] = {
        {"model.layers.%.self_attn.0.q_b_proj.weight", 4 * 14},
        {"model.layers.%.self_attn.0.kv_a_proj_with_mqa.weight", 16},
        {"model.layers.%.self_attn.1.q_b_proj.weight", 4 * 14},
        {"model.layers.%.self_attn.1.kv_a_proj_with_mqa.weight", 16},
        {"model.layers.0.self_attn.2.q_b_proj.weight", 4},
        {0}};
    make("{\"model_type\":\"longcat_flash\",\"num_attention_heads\":4,\"qk_nope_head_dim\":8,"
         "\"qk_rope_head_dim\":6,\"kv_lora_rank\":10}",
         twice, 2);
    const struct model *model = open_made(NULL);
    assert_int_equal(model->layer_count, 4);
    assert_string_equal(model->layers[3].projection[PROJECTION_KEY].tensor,
                        "model.layers.1.self_attn.1.kv_a_proj_with_mqa.weight");
    close_opened(&opened);
}

static void fused_rows_must_fit_the_heads(void **state)
{
    (void)state;
    static const struct made codegen[] = {{"transformer.h.%.attn.qkv_proj.weight", 3 * 48}, {0}};
    static const struct made grouped[] = {{"model.layers.%.attention.wqkv.weight", 65}, {0}};
    make("{\"model_type\":\"codegen\",\"n_head\":6,\"n_embd\":48,\"rotary_dim\":4}", codegen, 1);
    refuse_made("6 query heads do not lie in four blocks");
    make("{\"model_type\":\"internlm2\"," HEADS ",\"hidden_size\":32}", grouped, 1);
    refuse_made("model.layers.0.attention.wqkv.weight: 65 rows where 4 query and 2 key heads");
    make(
        "{\"model_type\":\"dbrx\",\"n_heads\":4,\"d_model\":32,\"attn_config\":{\"kv_n_heads\":1}}",
        (const struct made[]){{"transformer.blocks.%.norm_attn_norm.attn.Wqkv.weight", 64}, {0}},
        1);
    refuse_made("1 key heads (attn_config.kv_n_heads) of head_dim 8 do not make the 16 rows");
    make("{\"model_type\":\"openelm\",\"num_query_heads\":[4,0],\"head_dim\":8}",
         (const struct made[]){{"transformer.layers.%.attn.qkv_proj.weight", 96}, {0}}, 2);
    refuse_made("num_query_heads is 0, no positive whole number");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_rotate_is_refused),
        cmocka_unit_test(conditions_choose_among_rows),
        cmocka_unit_test(an_unknown_family_is_deduced),
        cmocka_unit_test(what_cannot_be_deduced_is_refused),
        cmocka_unit_test(layers_without_attention_have_a_place),
        cmocka_unit_test(further_layers_are_left_out),
        cmocka_unit_test(two_attentions_of_a_layer_count),
        cmocka_unit_test(fused_rows_must_fit_the_heads),
    };
    return cmocka_run_group_tests_name("recognise", tests, scratch_make, scratch_remove);
}
