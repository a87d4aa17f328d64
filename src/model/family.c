/* family.c: what is particular to each family. Sources: modeling_*.py and configuration_*.py of
 * Hugging Face transformers 4.57; which classes interleave was read off their apply_rotary_pos_emb.
 * Families without a class there: the code that their models are published with.
 */
#include "family.h"

#include <string.h>

#define GPT_OSS_SCALING                                                                            \
    "{\"rope_type\":\"yarn\",\"factor\":32,\"beta_fast\":32,\"beta_slow\":1,\"truncate\":false,"   \
    "\"original_max_position_embeddings\":4096}"

/* apply_scaling of Meta's llama3/reference_impl/model.py. Its numbers are those of Llama 3.1;
 * config files of Hugging Face have factor 32 for the 1B and 3B models of Llama 3.2. */
#define META_SCALING                                                                               \
    "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,"         \
    "\"original_max_position_embeddings\":8192}"

/* transformers' ApertusConfig. */
#define APERTUS_SCALING                                                                            \
    "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,"         \
    "\"original_max_position_embeddings\":8192}"

/* CwmConfig of transformers 5. */
#define CWM_SCALING                                                                                \
    "{\"rope_type\":\"llama3\",\"factor\":16,\"low_freq_factor\":1,\"high_freq_factor\":4,"        \
    "\"original_max_position_embeddings\":8192}"

#define ABSOLUTE "it learns absolute positions"
#define ALIBI "it biases attention by distance (ALiBi)"
#define LISTED "it rotates only with position_embedding_type \"rope\""
#define INTERLEAVED .pairing = PAIRING_INTERLEAVED
#define JOINED .layout = LAYOUT_JOINED
#define BY_KEY .layout = LAYOUT_BY_KEY
#define EACH .layout = LAYOUT_BY_KEY, .keys = KEYS_AS_QUERIES
#define LATENT .layout = LAYOUT_LATENT, .keys = KEYS_ONE
#define Q_B "layers.%.self_attn.q_b_proj"
#define KV_A "layers.%.self_attn.kv_a_proj_with_mqa"

/* clang-format off */
static const struct family families[] = {
    {.type = "llama", .names = NAMES_GUESS},
    {.type = "mistral", .kv_heads = 8},
    {.type = "ministral", .kv_heads = 8},
    {.type = "mixtral", .kv_heads = 8, .theta = 1e6},
    {.type = "qwen2", .kv_heads = 32},
    {.type = "qwen2_moe", .kv_heads = 16},
    {.type = "qwen2_vl", .kv_heads = 8, .theta = 1e6},
    {.type = "qwen3", .kv_heads = 32, .head_dim = 128},
    {.type = "qwen3_moe", .kv_heads = 4},
    {.type = "qwen3_next", .layout = LAYOUT_GATED, .heads = 16, .kv_heads = 2, .head_dim = 256,
     .partial = 0.25, .hybrid = true},
    {.type = "qwen3_vl_text", .kv_heads = 32, .head_dim = 128, .theta = 5e6},
    {.type = "qwen3_vl_moe_text", .kv_heads = 16, .theta = 5e6},
    {.type = "gemma", .heads = 16, .kv_heads = 16, .head_dim = 256},
    {.type = "gemma2", .heads = 8, .kv_heads = 4, .head_dim = 256},
    {.type = "gemma3_text", .heads = 8, .kv_heads = 4, .head_dim = 256, .theta = 1e6,
     .frequencies = FREQUENCIES_LOCAL, .interval = 6},
    {.type = "gemma3n_text", .heads = 8, .kv_heads = 2, .head_dim = 256, .theta = 1e6,
     .frequencies = FREQUENCIES_LOCAL, .interval = 5,
     .note = "layers that share keys (num_kv_shared_layers) never use their own key rows"},
    {.type = "gemma4", .unread = true, .refused = "heads of its full layers have another width than those that "
                                  "slide"},
    {.type = "vaultgemma", .heads = 8, .kv_heads = 4, .head_dim = 256},
    {.type = "recurrent_gemma", .query = "layers.%.temporal_block.q_proj",
     .key = "layers.%.temporal_block.k_proj", .heads = 10, .partial = 0.5, .hybrid = true},
    {.type = "olmo"},
    {.type = "olmo2"},
    {.type = "olmo3", .frequencies = FREQUENCIES_UNSCALED, .interval = 4},
    {.type = "olmoe"},
    {.type = "flex_olmo", .theta = 500000},
    {.type = "starcoder2", .heads = 24, .kv_heads = 2},
    {.type = "smollm3", .heads = 16, .kv_heads = 4, .theta = 2e6, .rotating = ROTATES_LISTED,
     .interval = 4},
    {.type = "stablelm", .kv_heads = 32, .partial = 0.25},
    {.type = "phi", .partial = 0.5},
    {.type = "phi", EACH, .query = "layers.%.self_attn.query_key_value", .partial = 0.5},
    {.type = "phi-msft", JOINED, .keys = KEYS_AS_QUERIES, .query = "h.%.mixer.Wqkv", .rotary = 32},
    {.type = "phi-msft", JOINED, .keys = KEYS_AS_QUERIES, .query = "layers.%.mixer.Wqkv",
     .rotary = 32, .first_number = 1},
    {.type = "phi3", JOINED, .query = "layers.%.self_attn.qkv_proj", .names = NAMES_GUESS},
    {.type = "phi4_multimodal", JOINED, .query = "layers.%.self_attn.qkv_proj.base_layer",
     .kv_heads = 8},
    {.type = "phi4_multimodal", JOINED, .query = "layers.%.self_attn.qkv_proj", .kv_heads = 8},
    {.type = "phi3small", BY_KEY, .query = "layers.%.self_attn.query_key_value", .theta = 1e6},
    {.type = "phimoe", .kv_heads = 8, .theta = 1e6},
    {.type = "cohere", INTERLEAVED},
    {.type = "cohere2", INTERLEAVED, .rotating = ROTATES_SLIDING, .interval = 4},
    {.type = "glm", INTERLEAVED, .heads = 32, .kv_heads = 2, .head_dim = 128, .partial = 0.5},
    {.type = "glm4", INTERLEAVED, .heads = 32, .kv_heads = 2, .head_dim = 128, .partial = 0.5},
    {.type = "glm4v_text", INTERLEAVED, .heads = 32, .kv_heads = 2},
    {.type = "glm4_moe", .heads = 96, .kv_heads = 8, .partial = 0.5},
    {.type = "glm4v_moe_text", .heads = 96, .kv_heads = 8, .partial = 0.5},
    {.type = "granite"},
    {.type = "granitemoe"},
    {.type = "granitemoeshared"},
    {.type = "granitemoehybrid", .when = {"position_embedding_type", "rope", false},
     .hybrid = true},
    {.type = "granitemoehybrid", .refused = LISTED},
    {.type = "bamba", .kv_heads = 8, .partial = 0.5, .hybrid = true},
    {.type = "falcon_h1", .kv_heads = 8, .theta = 1e5},
    {.type = "lfm2", .kv_heads = 8, .theta = 1e6, .hybrid = true},
    {.type = "minimax", .kv_heads = 8, .theta = 1e6, .hybrid = true},
    {.type = "minimax_m2", .heads = 48, .kv_heads = 8, .head_dim = 128, .theta = 5e6},
    {.type = "gpt_oss", .heads = 64, .kv_heads = 8, .head_dim = 64, .theta = 150000,
     .scaling = GPT_OSS_SCALING},
    {.type = "nemotron", .partial = 0.5},
    {.type = "llama4_text", INTERLEAVED, .heads = 40, .kv_heads = 8, .head_dim = 128,
     .theta = 500000, .rotating = ROTATES_LISTED, .interval = 4,
     .scaling_is_always_llama3 = true},
    {.type = "mllama_text_model", .heads = 32, .kv_heads = 8, .theta = 500000, .hybrid = true},
    {.type = "arcee"},
    {.type = "apertus", .theta = 12e6, .scaling = APERTUS_SCALING},
    {.type = "aria_text"},
    {.type = "bitnet", .heads = 20, .kv_heads = 5, .theta = 500000},
    {.type = "chameleon", .kv_heads = 32},
    {.type = "cwm", .heads = 48, .kv_heads = 8, .head_dim = 128, .theta = 1e6,
     .scaling = CWM_SCALING},
    {.type = "diffllama"},
    {.type = "doge", .heads = 8},
    {.type = "dots1", .kv_heads = 32},
    {.type = "emu3_text_model", .kv_heads = 8, .theta = 1e6},
    {.type = "eurobert", .heads = 12},
    {.type = "ernie4_5", INTERLEAVED, .heads = 16, .kv_heads = 2, .head_dim = 128, .theta = 500000},
    {.type = "ernie4_5_moe", INTERLEAVED, .heads = 20, .kv_heads = 4, .theta = 500000},
    {.type = "helium", INTERLEAVED, .heads = 20, .kv_heads = 20, .head_dim = 128, .theta = 1e5},
    {.type = "hunyuan_v1_dense"},
    {.type = "hunyuan_v1_moe"},
    {.type = "internlm3", .kv_heads = 2},
    {.type = "minicpm"},
    {.type = "seed_oss", .heads = 80, .kv_heads = 8, .head_dim = 128},
    {.type = "exaone4", .when = {"sliding_window", "null", false}, .kv_heads = 32},
    {.type = "exaone4", .kv_heads = 32, .rotating = ROTATES_SLIDING, .interval = 4},
    {.type = "exaone_moe", .when = {"sliding_window", "null", false}, .kv_heads = 32},
    {.type = "exaone_moe", .kv_heads = 32, .rotating = ROTATES_SLIDING, .interval = 4},
    {.type = "exaone", .query = "h.%.attn.attention.q_proj", .key = "h.%.attn.attention.k_proj",
     .names = NAMES_GUESS},
    {.type = "plamo", .query = "layers.layers.%.self_attn.q_proj",
     .key = "layers.layers.%.self_attn.k_proj", .grouping = GROUPING_TILED},
    {.type = "gpt_neox", EACH, .query = "layers.%.attention.query_key_value", .heads = 64,
     .partial = 0.25},
    {.type = "gpt_neox_japanese", EACH, .query = "layers.%.attention.query_key_value", .heads = 32},
    {.type = "gptj", INTERLEAVED, .query = "h.%.attn.q_proj", .key = "h.%.attn.k_proj",
     .keys = KEYS_AS_QUERIES, .heads = 16, .rotary = 64},
    {.type = "codegen", INTERLEAVED, .layout = LAYOUT_QUARTERS, .query = "h.%.attn.qkv_proj",
     .keys = KEYS_AS_QUERIES, .heads = 16, .rotary = 64},
    {.type = "falcon", .when = {"alibi", "true", false}, .refused = ALIBI},
    {.type = "falcon", .when = {"new_decoder_architecture", "true", false}, BY_KEY,
     .query = "h.%.self_attention.query_key_value", .heads = 71},
    {.type = "falcon", .when = {"multi_query", "true", true}, JOINED, .keys = KEYS_ONE,
     .query = "h.%.self_attention.query_key_value", .heads = 71},
    {.type = "falcon", EACH, .query = "h.%.self_attention.query_key_value", .heads = 71},
    {.type = "dbrx", JOINED, .query = "blocks.%.norm_attn_norm.attn.Wqkv", .heads = 16},
    {.type = "persimmon", EACH, .query = "layers.%.self_attn.query_key_value", .heads = 64,
     .theta = 25000, .partial = 0.5},
    {.type = "qwen", JOINED, .keys = KEYS_AS_QUERIES, .query = "h.%.attn.c_attn"},
    {.type = "baichuan", .when = {"num_hidden_layers", "40", false}, .refused = ALIBI},
    {.type = "baichuan", .when = {"hidden_size", "5120", false}, .refused = ALIBI},
    {.type = "baichuan", JOINED, .keys = KEYS_AS_QUERIES, .query = "layers.%.self_attn.W_pack"},
    {.type = "baichuan_m1", .unread = true, .refused = "heads of its sliding layers differ from "
                                                       "the others"},
    {.type = "internlm2", BY_KEY, .query = "layers.%.attention.wqkv", .names = NAMES_GUESS},
    {.type = "chatglm", INTERLEAVED, JOINED, .when = {"multi_query_attention", "true", false},
     .query = "encoder.layers.%.self_attention.query_key_value", .partial = 0.5},
    {.type = "chatglm", INTERLEAVED, EACH, .query = "encoder.layers.%.self_attention.query_key_value",
     .partial = 0.5},
    {.type = "chatglm", EACH, .query = "layers.%.attention.query_key_value",
     .unread = true, .refused = "ChatGLM's first version rotates each half of a head by a position of its own, in "
                "two dimensions"},
    {.type = "openelm", JOINED, .query = "layers.%.attn.qkv_proj"},
    /* Latent attention: queries by way of q_a where they are compressed, too. */
    {.type = "deepseek_v2", INTERLEAVED, LATENT, .query = Q_B, .key = KV_A, .names = NAMES_GUESS},
    {.type = "deepseek_v2", INTERLEAVED, LATENT, .key = KV_A, .names = NAMES_GUESS},
    {.type = "deepseek_v3", .when = {"rope_interleave", "false", false}, LATENT, .query = Q_B,
     .key = KV_A, .heads = 128},
    {.type = "deepseek_v3", .when = {"rope_interleave", "false", false}, LATENT, .key = KV_A,
     .heads = 128},
    {.type = "deepseek_v3", INTERLEAVED, LATENT, .query = Q_B, .key = KV_A, .heads = 128},
    {.type = "deepseek_v3", INTERLEAVED, LATENT, .key = KV_A, .heads = 128},
    {.type = "longcat_flash", INTERLEAVED, LATENT, .query = "layers.%.self_attn.%.q_b_proj",
     .key = "layers.%.self_attn.%.kv_a_proj_with_mqa", .heads = 64, .theta = 1e7,
     .note = "each layer of the model has two attentions: they count as layers here"},
    {.type = "minicpm3", LATENT, .query = Q_B, .key = KV_A},
    {.type = "minicpm3", LATENT, .key = KV_A},
    /* Encoders. */
    {.type = "esm", .when = {"position_embedding_type", "rotary", false},
     .query = "encoder.layer.%.attention.self.query", .key = "encoder.layer.%.attention.self.key",
     .keys = KEYS_AS_QUERIES, .heads = 12},
    {.type = "esm", .refused = "its positions are absolute (position_embedding_type is not "
                               "\"rotary\")"},
    {.type = "roformer", INTERLEAVED, .query = "encoder.layer.%.attention.self.query",
     .key = "encoder.layer.%.attention.self.key", .keys = KEYS_AS_QUERIES, .heads = 12},
    {.type = "modernbert", JOINED, .query = "layers.%.attn.Wqkv", .keys = KEYS_AS_QUERIES,
     .heads = 12, .theta = 160000, .frequencies = FREQUENCIES_LOCAL, .interval = 3,
     .full_first = true},
    {.type = "modernbert-decoder", .query = "layers.%.attn.q_proj", .key = "layers.%.attn.k_proj",
     .keys = KEYS_AS_QUERIES, .heads = 12, .theta = 160000, .frequencies = FREQUENCIES_LOCAL,
     .interval = 3, .full_first = true},
    {.type = "nomic_bert", .when = {"rope_parameters", NULL, false}, JOINED, /* transformers 5 */
     .query = "encoder.layers.%.attn.Wqkv", .keys = KEYS_AS_QUERIES, .theta = 1000},
    {.type = "nomic_bert", .when = {"rotary_emb_fraction", "0", true},
     .refused = "its positions are absolute (rotary_emb_fraction is 0)"},
    {.type = "nomic_bert", .when = {"rotary_emb_interleaved", "true", false}, INTERLEAVED, JOINED,
     .query = "encoder.layers.%.attn.Wqkv", .keys = KEYS_AS_QUERIES},
    {.type = "nomic_bert", JOINED, .query = "encoder.layers.%.attn.Wqkv", .keys = KEYS_AS_QUERIES},
    /* Meta's own files, Mistral's in the same form, and llama2.c: rotated as complex numbers. */
    {.type = "meta-llama", .query = "layers.%.attention.wq", .key = "layers.%.attention.wk",
     INTERLEAVED, .names = NAMES_ALONE, .scaling = META_SCALING,
     .scaling_key = "use_scaled_rope",
     .scaling_note = "use_scaled_rope: factor 8 is that of Meta's code; Hugging Face's config of "
                     "Llama 3.2 1B and 3B has 32"},
};

/* The same decoder under other names. */
static const struct {
    const char *type, *same_as;
} aliases[] = {
    {"deepseek",          "llama"},
    {"gemma3",            "gemma3_text"},
    {"gemma3n",           "gemma3n_text"},
    {"gemma4_text",       "gemma4"},
    {"llama4",            "llama4_text"},
    {"qwen2_vl_text",     "qwen2_vl"},
    {"qwen2_5_vl",        "qwen2_vl"},
    {"qwen2_5_vl_text",   "qwen2_vl"},
    {"qwen3_5",           "qwen3_next"},
    {"qwen3_5_text",      "qwen3_next"},
    {"qwen3_5_moe",       "qwen3_next"},
    {"qwen3_5_moe_text",  "qwen3_next"},
    {"qwen3_vl",          "qwen3_vl_text"},
    {"qwen3_vl_moe",      "qwen3_vl_moe_text"},
    {"glm4v",             "glm4v_text"},
    {"glm4v_moe",         "glm4v_moe_text"},
    {"phi4mm",            "phi4_multimodal"},
    {"lfm2_moe",          "lfm2"},
    {"mixformer-sequential", "phi-msft"},
    {"RefinedWeb",        "falcon"},
    {"RefinedWebModel",   "falcon"},
    {"fuyu",              "persimmon"},
    {"kimi_k2",           "deepseek_v3"},
    {"deepseek_v32",      "deepseek_v3"},
    {"glm4_moe_lite",     "deepseek_v3"},
    {"glm_moe_dsa",       "deepseek_v3"},
    {"exaone4_5",         "exaone4"},
    {"exaone4_5_text",    "exaone4"},
    {"mllama",            "mllama_text_model"},
    {"emu3",              "emu3_text_model"},
};

static const struct {
    const char *type, *why;
} without_rope[] = {
    {"gpt2",         ABSOLUTE},
    {"gpt_bigcode",  ABSOLUTE},
    {"gpt_neo",      ABSOLUTE},
    {"opt",          ABSOLUTE},
    {"biogpt",       ABSOLUTE},
    {"bert",         ABSOLUTE},
    {"roberta",      ABSOLUTE},
    {"distilbert",   ABSOLUTE},
    {"xglm",         "its positions are absolute"},
    {"whisper",      "its positions are absolute"},
    {"gpt-sw3",      ABSOLUTE},
    {"albert",       ABSOLUTE},
    {"electra",      ABSOLUTE},
    {"xlm-roberta",  ABSOLUTE},
    {"ctrl",         "its positions are absolute"},
    {"openai-gpt",   ABSOLUTE},
    {"vit",          ABSOLUTE},
    {"clip",         ABSOLUTE},
    {"bart",         ABSOLUTE},
    {"bloom",        ALIBI},
    {"mpt",          ALIBI},
    {"umt5",         "it biases attention by learned relative positions"},
    {"deberta-v2",   "it attends to learned relative positions"},
    {"falcon_mamba", "it has no attention"},
    {"xlnet",        "it attends to relative positions"},
    {"t5",           "it biases attention by learned relative positions"},
    {"mt5",          "it biases attention by learned relative positions"},
    {"mamba",        "it has no attention"},
    {"mamba2",       "it has no attention"},
    {"rwkv",         "it has no attention"},
    {"jamba",        "its attention layers use no positions"},
    {"nemotron_h",   "its attention layers use no positions"},
};
/* clang-format on */

const struct family *family_at(size_t index)
{
    return index < sizeof families / sizeof *families ? &families[index] : NULL;
}

/* The name that the table has for a model_type. */
static const char *own_name(const char *type)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (strcmp(aliases[i].type, type) == 0)
            return aliases[i].same_as;
    }
    return type;
}

bool family_is_called(const struct family *family, const char *type)
{
    return strcmp(family->type, own_name(type)) == 0;
}

const char *family_tensor(const struct family *family, int projection)
{
    const char *query = family->query ? family->query : "layers.%.self_attn.q_proj";
    bool one = family->layout == LAYOUT_JOINED || family->layout == LAYOUT_BY_KEY ||
               family->layout == LAYOUT_QUARTERS;
    if (projection == PROJECTION_QUERY || one)
        return query;
    return family->key ? family->key : "layers.%.self_attn.k_proj";
}

const char *family_without_rope(const char *type)
{
    for (size_t i = 0; i < sizeof without_rope / sizeof *without_rope; i++) {
        if (strcmp(without_rope[i].type, type) == 0)
            return without_rope[i].why;
    }
    return NULL;
}

/* ---- the table for people ------------------------------------------------ */

static const char *layout_words(const struct family *family)
{
    switch (family->layout) {
    case LAYOUT_APART:
        break;
    case LAYOUT_JOINED:
        return "query, key, value joined";
    case LAYOUT_BY_KEY:
        return family->keys == KEYS_AS_QUERIES ? "head by head" : "key head by key head";
    case LAYOUT_QUARTERS:
        return "four blocks";
    case LAYOUT_GATED:
        return "apart, queries gated";
    case LAYOUT_LATENT:
        return "latent";
    }
    return "apart";
}

static const char *dims_words(const struct family *family)
{
    if (family->layout == LAYOUT_LATENT)
        return "last";
    return family->rotary > 0 || family->partial > 0 ? "first" : "all";
}

static const char *layers_words(const struct family *family)
{
    if (family->hybrid)
        return "with attention";
    switch (family->rotating) {
    case ROTATES_LISTED:
        return "listed";
    case ROTATES_SLIDING:
        return "sliding";
    case ROTATES_EVERY:
        break;
    }
    return "all";
}

/* One row; conditions that tell it from others of its type included. */
static struct family_line line_of(const struct family *family)
{
    return (struct family_line){
        .type = family->type,
        .without = family->refused,
        .key = family->when.key,
        .value = family->when.value,
        .tensor = family_tensor(family, PROJECTION_QUERY),
        .layout = layout_words(family),
        .dims = dims_words(family),
        .layers = layers_words(family),
        .pairing = family->pairing,
    };
}

bool family_line(size_t index, struct family_line *out)
{
    const size_t rows = sizeof families / sizeof *families;
    const size_t others = sizeof aliases / sizeof *aliases;
    const size_t refused = sizeof without_rope / sizeof *without_rope;
    if (index < rows)
        *out = line_of(&families[index]);
    else if (index < rows + others)
        *out = (struct family_line){.type = aliases[index - rows].type,
                                    .same_as = aliases[index - rows].same_as};
    else if (index < rows + others + refused)
        *out = (struct family_line){.type = without_rope[index - rows - others].type,
                                    .without = without_rope[index - rows - others].why};
    return index < rows + others + refused;
}
