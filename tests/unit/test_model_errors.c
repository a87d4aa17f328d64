/* Configs and tensors that make no model: each must be refused with a message that says which key
 * or tensor is wrong and why; what is not needed for queries and keys must not matter. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

/* ---- a small model: 2 layers, 4 query heads and 2 key heads of 8, rows of 6 -------------------
 */

enum { HEADER_ROOM = 8192 };

struct header {
    char text[HEADER_ROOM];
    size_t data;
};

static void add(struct header *header, const char *name, const char *dtype, const char *shape,
                size_t bytes)
{
    size_t used = strlen(header->text);
    assert_true(text_format(header->text + used, HEADER_ROOM - used,
                            "%s\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}",
                            used > 1 ? "," : "", name, dtype, shape, header->data,
                            header->data + bytes));
    header->data += bytes;
}

static void add_layer(struct header *header, unsigned number)
{
    char name[100];
    text_format(name, sizeof name, "model.layers.%u.self_attn.q_proj.weight", number);
    add(header, name, "F32", "[32,6]", 768);
    text_format(name, sizeof name, "model.layers.%u.self_attn.k_proj.weight", number);
    add(header, name, "F32", "[16,6]", 384);
}

static void write_header(struct header *header)
{
    strcat(header->text, "}");
    scratch_tensors("model.safetensors", header->text, header->data);
}

static struct header empty_header(void)
{
    return (struct header){.text = "{"};
}

static int write_model(void **state)
{
    struct header header = empty_header();
    add_layer(&header, 0);
    add_layer(&header, 1);
    int made = *scratch ? 0 : scratch_make(state);
    write_header(&header);
    return made;
}

#define HEADS "\"num_attention_heads\":4,\"num_key_value_heads\":2"
#define LLAMA "\"model_type\":\"llama\",\"num_hidden_layers\":2"

static void write_config(const char *keys)
{
    char config[4096];
    assert_true(text_format(config, sizeof config, "{%s}", keys));
    scratch_text("config.json", config);
}

static void assert_refused(const struct model_options *options, const char *why)
{
    struct opened opened;
    struct error err;
    if (open_model(&opened, "", options, &err) == STATUS_OK) {
        close_opened(&opened);
        fail_msg("opened, but should be refused: %s", why);
    }
    assert_int_equal(err.status, STATUS_FAILED);
    assert_says(err.what, why);
}

/* The config with these keys must be refused, and the message must name it. */
static void refuse(const char *keys, const char *why)
{
    struct opened opened;
    struct error err;
    write_config(keys);
    assert_refused(NULL, why);
    assert_int_equal(open_model(&opened, "", NULL, &err), STATUS_FAILED);
    assert_says(err.what, "config.json: ");
}

static void accept(const char *keys)
{
    struct opened opened;
    struct error err;
    write_config(keys);
    if (open_model(&opened, "", NULL, &err) != STATUS_OK)
        fail_msg("%s is refused: %s", keys, err.what);
    assert_int_equal(opened.model->layer_count, 2);
    for (size_t i = 0; i < opened.model->layer_count; i++) {
        const struct layer *layer = &opened.model->layers[i];
        for (uint32_t pair = 0; pair < layer->pairs; pair++)
            assert_true(isfinite(layer->frequency[pair]) && layer->frequency[pair] >= 0);
    }
    close_opened(&opened);
}

/* ---- the family ---------------------------------------------------------- */

static void the_model_itself_opens(void **state)
{
    (void)state;
    accept(LLAMA "," HEADS);
    accept("\"text_config\":{" LLAMA "," HEADS "},\"model_type\":\"a wrapper\"");
}

static void config_must_tell_a_known_family(void **state)
{
    (void)state;
    refuse("", "it has no model_type");
    refuse("\"model_type\":7", "it has no model_type");
    refuse("\"model_type\":\"gpt2\"", "gpt2 has no rotary pairs: it learns absolute positions");
    refuse("\"model_type\":\"bloom\"", "bloom has no rotary pairs");
    refuse("\"model_type\":\"new\\u001b[31m\"", "model_type new?[31m is not known");
    scratch_text("config.json", "[]");
    assert_refused(NULL, "config.json: it is no JSON object");
    scratch_text("config.json", "");
    assert_refused(NULL, "config.json: no valid JSON");
    scratch_text("config.json", "{\"model_type\":\"llama\"");
    assert_refused(NULL, "config.json: no valid JSON");
    scratch_text("config.json", "{\"model_type\":\"llama\"}}");
    assert_refused(NULL, "config.json: no valid JSON");
    remove(scratch_path("config.json"));
    assert_refused(NULL, "config.json: not there");
}

/* ---- counts -------------------------------------------------------------- */

static void counts_must_be_whole_and_positive(void **state)
{
    (void)state;
    static const char *const bad[] = {"0",   "-4",        "4.5",        "\"4\"", "true",
                                      "[4]", "{\"a\":4}", "4294967296", "1e300", "1e999"};
    static const char *const keys[] = {"num_attention_heads", "num_key_value_heads", "head_dim",
                                       "num_hidden_layers"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            char config[400], why[100];
            text_format(config, sizeof config, "\"%s\":%s,\"model_type\":\"llama\",%s", keys[k],
                        bad[i], k == 0 ? "\"num_hidden_layers\":2" : "\"num_attention_heads\":4");
            text_format(why, sizeof why, "config.json: %s is ", keys[k]);
            refuse(config, why);
        }
    }
    refuse("\"num_attention_heads\":\"4\"," LLAMA, "is \"4\", no positive whole number");
}

static void heads_must_fit_the_rows(void **state)
{
    (void)state;
    refuse(LLAMA, "it has no num_attention_heads");
    refuse(LLAMA ",\"num_attention_heads\":5", "5 query heads (num_attention_heads) do not divide");
    refuse(LLAMA ",\"num_attention_heads\":1000000000", "do not divide the 32 rows");
    refuse(LLAMA ",\"num_attention_heads\":4,\"num_key_value_heads\":4",
           "4 key heads (num_key_value_heads) of head_dim 8 do not make the 16 rows");
    refuse(LLAMA ",\"num_attention_heads\":1", "no multiple of head_dim 32");
    refuse(LLAMA ",\"num_attention_heads\":4,\"head_dim\":16", "make 64 rows");
    refuse(LLAMA ",\"num_attention_heads\":32", "1 of 1 dims of a head would rotate");
    accept(LLAMA ",\"num_attention_heads\":4,\"num_key_value_heads\":null,\"head_dim\":null");
}

static void layers_must_be_there(void **state)
{
    (void)state;
    refuse("\"model_type\":\"llama\",\"num_hidden_layers\":1000000000," HEADS,
           "num_hidden_layers is 1000000000, but the weights hold 2 layers");
    refuse("\"model_type\":\"llama\",\"num_hidden_layers\":3," HEADS, "hold 2 layers");
    struct opened opened;
    struct error err;
    write_config("\"model_type\":\"llama\",\"num_hidden_layers\":1," HEADS);
    assert_int_equal(open_model(&opened, "", NULL, &err), STATUS_OK);
    assert_int_equal(opened.model->layer_count, 1);
    assert_int_equal(opened.model->note_count, 1);
    assert_says(opened.model->notes[0], "1 layers from layer 1 on are left out");
    close_opened(&opened);
}

/* ---- frequencies --------------------------------------------------------- */

static void refuse_rope(const char *keys, const char *why)
{
    char config[2048];
    text_format(config, sizeof config, LLAMA "," HEADS ",%s", keys);
    refuse(config, why);
}

static void accept_rope(const char *keys)
{
    char config[2048];
    text_format(config, sizeof config, LLAMA "," HEADS ",%s", keys);
    accept(config);
}

static void theta_must_make_sense(void **state)
{
    (void)state;
    refuse_rope("\"rope_theta\":0", "rope theta is 0, not positive");
    refuse_rope("\"rope_theta\":-10000", "rope theta is -10000, not positive");
    refuse_rope("\"rope_theta\":\"10000\"", "rope_theta is \"10000\", no number");
    refuse_rope("\"rope_theta\":1e999", "rope_theta is infinite, no number");
    refuse_rope("\"rope_theta\":[1]", "rope_theta is a list, no number");
    refuse_rope("\"rope_parameters\":{\"rope_theta\":0}", "rope theta is 0");
    refuse_rope("\"rope_parameters\":{\"rope_theta\":\"1\"}", "rope_theta is \"1\"");
    refuse_rope("\"max_position_embeddings\":\"4096\"", "max_position_embeddings is \"4096\"");
    accept_rope("\"rope_theta\":null");
    accept_rope("\"rope_theta\":NaN");
    accept_rope("\"rope_theta\":1e308");
}

static void partial_width_must_make_pairs(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "-0.5", "1.5", "1e300"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char keys[100];
        text_format(keys, sizeof keys, "\"partial_rotary_factor\":%s", bad[i]);
        refuse_rope(keys, "not a fraction of the head");
        text_format(keys, sizeof keys, "\"rope_parameters\":{\"partial_rotary_factor\":%s}",
                    bad[i]);
        refuse_rope(keys, "not a fraction of the head");
    }
    refuse_rope("\"partial_rotary_factor\":\"0.5\"", "partial_rotary_factor is \"0.5\", no number");
    refuse_rope("\"partial_rotary_factor\":0.1", "0 of 8 dims");
    refuse_rope("\"partial_rotary_factor\":0.4", "3 of 8 dims");
    accept_rope("\"partial_rotary_factor\":0.25");
}

/* What `name` says of a model with these keys: "VALUE (REASON)". */
static void assert_fact(const char *keys, const char *name, const char *wanted)
{
    struct opened opened;
    struct error err;
    char config[2048], said[300] = "no such fact";
    text_format(config, sizeof config, LLAMA "," HEADS ",%s", keys);
    write_config(config);
    if (open_model(&opened, "", NULL, &err) != STATUS_OK)
        fail_msg("%s is refused: %s", keys, err.what);
    for (size_t i = 0; i < opened.model->fact_count; i++) {
        const struct fact *fact = &opened.model->facts[i];
        if (strcmp(fact->name, name) == 0)
            text_format(said, sizeof said, "%s (%s)", fact->value, fact->reason);
    }
    close_opened(&opened);
    assert_string_equal(said, wanted);
}

#define NESTED(full, sliding)                                                                      \
    "\"layer_types\":[\"full_attention\",\"sliding_attention\"],\"rope_parameters\":{"             \
    "\"full_attention\":{\"rope_theta\":10" full                                                   \
    "},\"sliding_attention\":{\"rope_theta\":20" sliding "}}"
#define PARTIAL(value) ",\"partial_rotary_factor\":" value

static void partial_width_may_nest_by_type(void **state)
{
    (void)state;
    assert_fact(NESTED("", ""), "rotary dims", "8 of 8 (all of head_dim)");
    assert_fact(NESTED(PARTIAL("0.5"), PARTIAL("0.5")), "rotary dims",
                "4 of 8 (partial_rotary_factor)");
    assert_fact(NESTED(PARTIAL("0.5"), "") PARTIAL("0.5"), "rotary dims",
                "4 of 8 (partial_rotary_factor)");
    assert_fact(NESTED(PARTIAL("0.5"), PARTIAL("0.5")) PARTIAL("0.25"), "rotary dims",
                "4 of 8 (partial_rotary_factor)");
    refuse_rope(NESTED(PARTIAL("0.5"), ""),
                "partial_rotary_factor is 0.5 for layers of type \"full_attention\" and 1 for type "
                "\"sliding_attention\"");
    refuse_rope(NESTED(PARTIAL("\"1\""), ""), "partial_rotary_factor is \"1\", no number");
}

static void context_names_the_key_it_came_from(void **state)
{
    (void)state;
    assert_fact("\"max_position_embeddings\":4096,\"n_positions\":64", "context",
                "4096 tokens (max_position_embeddings)");
    assert_fact("\"n_positions\":2048", "context", "2048 tokens (n_positions)");
    assert_fact("\"seq_length\":1024", "context", "1024 tokens (seq_length)");
}

#define SCALING(keys) "\"max_position_embeddings\":4096,\"rope_scaling\":{" keys "}"

static void scaling_must_make_sense(void **state)
{
    (void)state;
    refuse_rope("\"rope_scaling\":\"linear\"", "rope_scaling is \"linear\", no object");
    refuse_rope("\"rope_scaling\":[]", "rope_scaling is a list, no object");
    refuse_rope("\"rope_parameters\":3", "rope_parameters is 3, no object");
    refuse_rope(SCALING("\"rope_type\":3"), "rope_type is 3");
    refuse_rope(SCALING("\"type\":\"linear\""), "\"linear\" needs factor");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":NaN"), "\"linear\" needs factor");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":\"2\""), "factor is \"2\", no number");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":{}"), "factor is an object, no number");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":0"), "factor is 0, not positive");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":-2"), "factor is -2, not positive");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":1e999"), "factor is");
    refuse_rope(SCALING("\"type\":\"linear\",\"factor\":1e-320"), "no finite frequency");
    refuse_rope(SCALING("\"type\":\"dynamic\""), "\"dynamic\" needs factor");
    refuse_rope(SCALING("\"type\":\"llama3\",\"factor\":8"), "needs low_freq_factor");
    refuse_rope(SCALING("\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":0,"
                        "\"high_freq_factor\":4"),
                "low_freq_factor is 0");
    refuse_rope(SCALING("\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,"
                        "\"high_freq_factor\":1"),
                "high_freq_factor is 1, less than");
    refuse_rope(SCALING("\"type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,"
                        "\"high_freq_factor\":4,\"original_max_position_embeddings\":-1"),
                "original_max_position_embeddings (or max_position_embeddings) is -1");
    refuse_rope(SCALING("\"type\":\"yarn\",\"factor\":0"), "factor is 0");
    refuse_rope(SCALING("\"type\":\"yarn\",\"factor\":4,\"beta_fast\":0"), "beta_fast is 0");
    refuse_rope(SCALING("\"type\":\"yarn\",\"factor\":4,\"beta_slow\":-1"), "beta_slow is -1");
    refuse_rope(SCALING("\"type\":\"yarn\",\"factor\":4,\"beta_slow\":\"1\""),
                "beta_slow is \"1\"");
    refuse_rope("\"rope_theta\":1," SCALING("\"type\":\"yarn\",\"factor\":4"), "rope theta is 1");
    refuse_rope("\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4}",
                "original_max_position_embeddings (or max_position_embeddings) is 0");
    accept_rope(SCALING("\"type\":\"yarn\",\"factor\":null"));
    accept_rope(SCALING("\"type\":\"yarn\",\"factor\":1e30,\"beta_fast\":1,\"beta_slow\":32"));
    accept_rope(SCALING("\"type\":\"default\",\"factor\":0"));
}

static void longrope_needs_a_factor_for_each_pair(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"[1,1,1]", "holds 3 numbers, one for each of 4 pairs"},
        {"[1,1,1,1,1]", "holds 5 numbers"},
        {"[1,0,1,1]", "long_factor[1] is no positive number"},
        {"[1,1,-1,1]", "long_factor[2] is no positive number"},
        {"[1,1,1,\"1\"]", "long_factor[3] is no positive number"},
        {"[1,1,1,null]", "long_factor[3] is no positive number"},
        {"[1,1,1,1e999]", "long_factor[3] is no positive number"},
        {"\"1\"", "longrope needs long_factor, a list of 4 numbers"},
        {"null", "longrope needs long_factor"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char keys[300];
        text_format(keys, sizeof keys,
                    SCALING("\"type\":\"longrope\",\"short_factor\":[1,1,1,1],\"long_factor\":%s"),
                    bad[i][0]);
        refuse_rope(keys, bad[i][1]);
    }
    refuse_rope("\"rope_scaling\":{\"type\":\"longrope\",\"short_factor\":[1,1,1,1],"
                "\"long_factor\":[1,1,1,1]}",
                "original_max_position_embeddings (or max_position_embeddings) is 0");
    accept_rope(SCALING("\"type\":\"longrope\",\"short_factor\":[1,1,1,1],"
                        "\"long_factor\":[1,2,3,4]"));
}

static void unknown_scaling_is_noted(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    write_config(LLAMA "," HEADS "," SCALING("\"rope_type\":\"brand new\""));
    assert_int_equal(open_model(&opened, "", NULL, &err), STATUS_OK);
    assert_int_equal(opened.model->note_count, 1);
    assert_says(opened.model->notes[0], "\"brand new\" is not known: frequencies are unscaled");
    close_opened(&opened);
}

/* ---- kinds of layers ----------------------------------------------------- */

static void lists_of_layers_must_fit(void **state)
{
    (void)state;
    refuse_rope("\"layer_types\":\"full_attention\"", "layer_types is \"full_attention\", no list");
    refuse_rope("\"layer_types\":{\"0\":\"full_attention\"}", "layer_types is an object, no list");
    refuse_rope("\"layer_types\":[\"full_attention\"]",
                "layer_types holds 1 layers of the model's 2");
    refuse_rope("\"layer_types\":[\"full_attention\",1]", "layer_types is 1, no name");
    refuse_rope("\"layer_types\":[\"full_attention\",null]", "an entry of layer_types");
    accept_rope("\"layer_types\":[\"full_attention\",\"a\",\"left over\"]");
    refuse("\"model_type\":\"smollm3\"," HEADS ",\"no_rope_layers\":[1]", "no_rope_layers holds 1");
    refuse("\"model_type\":\"smollm3\"," HEADS ",\"no_rope_layers\":1", "no_rope_layers is 1");
    refuse("\"model_type\":\"smollm3\"," HEADS ",\"no_rope_layers\":[1,\"0\"]", "neither 1 nor 0");
    refuse("\"model_type\":\"smollm3\"," HEADS ",\"no_rope_layer_interval\":0",
           "no_rope_layer_interval is 0");
    refuse(
        "\"model_type\":\"gemma2\",\"rope_parameters\":{\"sliding_attention\":{\"rope_theta\":10}"
        "}," HEADS,
        "rope_parameters has nothing for layers of type \"full_attention\"");
    refuse("\"model_type\":\"cohere2\"," HEADS ",\"sliding_window_pattern\":-3",
           "sliding_window_pattern is -3");
}

/* Twenty layers of twenty kinds: no matter where all share their frequencies, too many where each
 * could have its own. */
static void twenty_kinds_of_layers(void **state)
{
    (void)state;
    enum { LAYERS = 20 };
    char config[4096] = "\"layer_types\":[", nested[2048] = "\"rope_parameters\":{";
    struct header header = empty_header();
    for (unsigned i = 0; i < LAYERS; i++) {
        char item[60];
        add_layer(&header, i);
        text_format(item, sizeof item, "%s\"kind%u\"", i ? "," : "", i);
        strcat(config, item);
        text_format(item, sizeof item, "%s\"kind%u\":{\"rope_theta\":%u}", i ? "," : "", i,
                    100 + i);
        strcat(nested, item);
    }
    strcat(config, "],\"model_type\":\"llama\"," HEADS);
    write_header(&header);
    struct opened opened;
    struct error err;
    write_config(config);
    if (open_model(&opened, "", NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(opened.model->layer_count, LAYERS);
    close_opened(&opened);
    strcat(strcat(strcat(config, ","), nested), "}");
    refuse(config, "more than 4 kinds of layers");
}

/* ---- tensors ------------------------------------------------------------- */

static void refuse_key(const char *dtype, const char *shape, size_t bytes, const char *why)
{
    struct header header = empty_header();
    add_layer(&header, 0);
    add(&header, "model.layers.1.self_attn.q_proj.weight", "F32", "[32,6]", 768);
    if (dtype)
        add(&header, "model.layers.1.self_attn.k_proj.weight", dtype, shape, bytes);
    write_header(&header);
    write_config(LLAMA "," HEADS);
    assert_refused(NULL, why);
}

static void projections_must_be_matrices_of_floats(void **state)
{
    (void)state;
    refuse_key("U8", "[16,6]", 96, "k_proj.weight: dtype U8 cannot be read");
    refuse_key("F8_E8M0", "[16,6]", 96, "dtype F8_E8M0 cannot be read");
    refuse_key("I32", "[16,6]", 384, "dtype I32 cannot be read");
    refuse_key("F32", "[96]", 384, "k_proj.weight: 1 sizes where a matrix has two");
    refuse_key("F32", "[16,3,2]", 384, "3 sizes where a matrix has two");
    refuse_key("F32", "[]", 4, "0 sizes where a matrix has two");
    refuse_key("F32", "[16,0]", 0, "16 x 0 is no shape of a projection");
    refuse_key("F32", "[0,6]", 0, "0 x 6 is no shape of a projection");
    refuse_key("F32", "[12,6]", 288,
               "model.safetensors: tensor model.layers.1.self_attn.k_proj.weight: 12 rows where 2");
    refuse_key(NULL, NULL, 0, "layer 1 has no key projection");
}

static void other_tensors_do_not_matter(void **state)
{
    (void)state;
    struct header header = empty_header();
    add_layer(&header, 0);
    add_layer(&header, 1);
    add(&header, "model.layers.0.self_attn.v_proj.weight", "F8_E8M0", "[7]", 7);
    add(&header, "model.layers.0.mlp.up_proj.weight", "I32", "[1,1,1]", 4);
    add(&header, "vision_tower.layers.0.self_attn.q_proj.weight", "U8", "[3]", 3);
    add(&header, "model.layers.x.self_attn.q_proj.weight", "U8", "[3]", 3);
    add(&header, "model.layers.9999999999.self_attn.q_proj.weight", "U8", "[3]", 3);
    write_header(&header);
    accept(LLAMA "," HEADS);
}

static void layers_must_be_whole(void **state)
{
    (void)state;
    struct header gap = empty_header(), none = empty_header(), twice = empty_header();
    write_config("\"model_type\":\"llama\"," HEADS);
    add_layer(&gap, 0);
    add_layer(&gap, 2);
    write_header(&gap);
    assert_refused(NULL, "layer 1 has no query and key projection");
    add(&none, "vision_tower.encoder.layers.0.self_attn.q_proj.weight", "F32", "[32,6]", 768);
    add(&none, "vision_tower.encoder.layers.0.self_attn.k_proj.weight", "F32", "[32,6]", 768);
    write_header(&none);
    assert_refused(NULL, "no query and key projections of family llama among its 2 tensors");
    add_layer(&twice, 0);
    add(&twice, "module.model.layers.0.self_attn.q_proj.weight", "F32", "[32,6]", 768);
    write_header(&twice);
    assert_refused(NULL, "are the same projection");
}

/* ---- flags --------------------------------------------------------------- */

static void flags_must_fit_the_rows(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    write_config(LLAMA);
    assert_refused(&(struct model_options){.heads = 5}, "5 query heads (--heads) do not divide");
    assert_refused(&(struct model_options){.heads = 4, .head_dim = 6}, "head_dim 6 (--head-dim)");
    assert_refused(&(struct model_options){.heads = 4, .kv_heads = 3}, "3 key heads (--kv-heads)");
    assert_refused(&(struct model_options){.heads = 32, .kv_heads = 16}, "1 of 1 dims");
    const struct model_options fit = {.heads = 8,
                                      .kv_heads = 4,
                                      .head_dim = 4,
                                      .rope_theta = 500,
                                      .has_pairing = true,
                                      .pairing = PAIRING_INTERLEAVED,
                                      .context = 77};
    if (open_model(&opened, "", &fit, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct layer *layer = &opened.model->layers[1];
    assert_int_equal(layer->projection[PROJECTION_QUERY].heads, 8);
    assert_int_equal(layer->projection[PROJECTION_KEY].heads, 4);
    assert_int_equal(layer->head_dim, 4);
    assert_int_equal(layer->pairing, PAIRING_INTERLEAVED);
    assert_true(fabs(layer->frequency[1] - 1 / sqrt(500)) < 1e-12);
    assert_int_equal(opened.model->context, 77);
    close_opened(&opened);
}

static int clean_up(void **state)
{
    return scratch_remove(state);
}

#define TEST(name) cmocka_unit_test_setup(name, write_model)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_model_itself_opens),
        TEST(config_must_tell_a_known_family),
        TEST(counts_must_be_whole_and_positive),
        TEST(heads_must_fit_the_rows),
        TEST(layers_must_be_there),
        TEST(theta_must_make_sense),
        TEST(partial_width_must_make_pairs),
        TEST(partial_width_may_nest_by_type),
        TEST(context_names_the_key_it_came_from),
        TEST(scaling_must_make_sense),
        TEST(longrope_needs_a_factor_for_each_pair),
        TEST(unknown_scaling_is_noted),
        TEST(lists_of_layers_must_fit),
        TEST(twenty_kinds_of_layers),
        TEST(projections_must_be_matrices_of_floats),
        TEST(other_tensors_do_not_matter),
        TEST(layers_must_be_whole),
        TEST(flags_must_fit_the_rows),
    };
    return cmocka_run_group_tests_name("model_errors", tests, NULL, clean_up);
}
