/* family.c: what is particular to each family. Sources: modeling_*.py and configuration_*.py of
 * Hugging Face transformers 4.57; which classes interleave was read off their apply_rotary_pos_emb.
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

/* clang-format off */
static const struct family families[] = {
    {.type = "llama"},
    {.type = "mistral", .kv_heads = 8},
    {.type = "ministral", .kv_heads = 8},
    {.type = "mixtral", .kv_heads = 8, .theta = 1e6},
    {.type = "qwen2", .kv_heads = 32},
    {.type = "qwen2_moe", .kv_heads = 16},
    {.type = "qwen2_vl", .kv_heads = 8, .theta = 1e6},
    {.type = "qwen3", .kv_heads = 32, .head_dim = 128},
    {.type = "qwen3_moe", .kv_heads = 4},
    {.type = "qwen3_vl_text", .kv_heads = 32, .head_dim = 128, .theta = 5e6},
    {.type = "qwen3_vl_moe_text", .kv_heads = 16, .theta = 5e6},
    {.type = "gemma", .heads = 16, .kv_heads = 16, .head_dim = 256},
    {.type = "gemma2", .heads = 8, .kv_heads = 4, .head_dim = 256},
    {.type = "gemma3_text", .heads = 8, .kv_heads = 4, .head_dim = 256, .theta = 1e6,
     .frequencies = FREQUENCIES_LOCAL, .interval = 6},
    {.type = "olmo"},
    {.type = "olmo2"},
    {.type = "olmoe"},
    {.type = "starcoder2", .heads = 24, .kv_heads = 2},
    {.type = "smollm3", .heads = 16, .kv_heads = 4, .theta = 2e6, .rotating = ROTATES_LISTED,
     .interval = 4},
    {.type = "stablelm", .kv_heads = 32, .partial = 0.25},
    {.type = "phi", .partial = 0.5},
    {.type = "cohere", .pairing = PAIRING_INTERLEAVED},
    {.type = "cohere2", .pairing = PAIRING_INTERLEAVED, .rotating = ROTATES_SLIDING, .interval = 4},
    {.type = "glm", .pairing = PAIRING_INTERLEAVED, .heads = 32, .kv_heads = 2, .head_dim = 128,
     .partial = 0.5},
    {.type = "glm4", .pairing = PAIRING_INTERLEAVED, .heads = 32, .kv_heads = 2, .head_dim = 128,
     .partial = 0.5},
    {.type = "granite"},
    {.type = "granitemoe"},
    {.type = "gpt_oss", .heads = 64, .kv_heads = 8, .head_dim = 64, .theta = 150000,
     .scaling = GPT_OSS_SCALING},
    {.type = "nemotron", .partial = 0.5},
    {.type = "llama4_text", .pairing = PAIRING_INTERLEAVED, .heads = 40, .kv_heads = 8, .head_dim = 128,
     .theta = 500000, .rotating = ROTATES_LISTED, .interval = 4,
     .scaling_is_always_llama3 = true},
    /* Meta's own files, Mistral's in the same form, and llama2.c: rotated as complex numbers. */
    {.type = "meta-llama", .query = "layers.%.attention.wq", .key = "layers.%.attention.wk",
     .pairing = PAIRING_INTERLEAVED, .by_names = true, .scaling = META_SCALING,
     .scaling_key = "use_scaled_rope",
     .scaling_note = "use_scaled_rope: factor 8 is that of Meta's code; Hugging Face's config of "
                     "Llama 3.2 1B and 3B has 32"},
};

/* The same decoder under other names. */
static const struct {
    const char *type, *same_as;
} aliases[] = {
    {"gemma3",          "gemma3_text"},
    {"llama4",          "llama4_text"},
    {"qwen2_vl_text",   "qwen2_vl"},
    {"qwen2_5_vl",      "qwen2_vl"},
    {"qwen2_5_vl_text", "qwen2_vl"},
};

static const struct {
    const char *type, *why;
} without_rope[] = {
    {"gpt2",         "it learns absolute positions"},
    {"gpt_bigcode",  "it learns absolute positions"},
    {"gpt_neo",      "it learns absolute positions"},
    {"opt",          "it learns absolute positions"},
    {"biogpt",       "it learns absolute positions"},
    {"bert",         "it learns absolute positions"},
    {"roberta",      "it learns absolute positions"},
    {"distilbert",   "it learns absolute positions"},
    {"whisper",      "its positions are absolute"},
    {"bloom",        "it biases attention by distance (ALiBi)"},
    {"mpt",          "it biases attention by distance (ALiBi)"},
    {"t5",           "it biases attention by learned relative positions"},
    {"mt5",          "it biases attention by learned relative positions"},
    {"mamba",        "it has no attention"},
    {"mamba2",       "it has no attention"},
    {"rwkv",         "it has no attention"},
    {"jamba",        "its attention layers use no positions"},
    {"nemotron_h",   "its attention layers use no positions"},
};
/* clang-format on */

const struct family *family_find(const char *type)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        if (strcmp(aliases[i].type, type) == 0)
            type = aliases[i].same_as;
    }
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (strcmp(families[i].type, type) == 0)
            return &families[i];
    }
    return NULL;
}

const struct family *family_by_names(size_t index)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (families[i].by_names && index-- == 0)
            return &families[i];
    }
    return NULL;
}

const char *family_without_rope(const char *type)
{
    for (size_t i = 0; i < sizeof without_rope / sizeof *without_rope; i++) {
        if (strcmp(without_rope[i].type, type) == 0)
            return without_rope[i].why;
    }
    return NULL;
}
