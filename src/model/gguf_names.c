/* gguf_names.c: the architectures of GGUF files. Sources: llama_model_rope_type and load_hparams of
 * llama.cpp (src/llama-model.cpp, February 2026) for what rotates how, its convert_hf_to_gguf.py
 * for what is permuted. */
#include "gguf_names.h"

#include <string.h>

#define INTERLEAVED PAIRING_INTERLEAVED
#define LOCAL .frequencies = FREQUENCIES_LOCAL
#define LATENT .layout = LAYOUT_LATENT

/* clang-format off */
static const struct gguf_architecture architectures[] = {
    /* ggml's NORM: pair i is rows 2i and 2i + 1 of its head */
    {.name = "llama",         .pairing = INTERLEAVED, .permuted = true},
    {.name = "llama4",        .pairing = INTERLEAVED, .rotating = ROTATES_LISTED, .interval = 4},
    {.name = "llama-embed",   .pairing = INTERLEAVED, .permuted = true},
    {.name = "llada",         .pairing = INTERLEAVED, .permuted = true},
    {.name = "mistral3",      .pairing = INTERLEAVED, .permuted = true},
    {.name = "deci",          .pairing = INTERLEAVED, .permuted = true, .hybrid = true},
    {.name = "baichuan",      .pairing = INTERLEAVED, .permuted = true},
    {.name = "xverse",        .pairing = INTERLEAVED, .permuted = true},
    {.name = "internlm2",     .pairing = INTERLEAVED, .permuted = true},
    {.name = "minicpm",       .pairing = INTERLEAVED, .permuted = true},
    {.name = "olmo",          .pairing = INTERLEAVED, .permuted = true},
    {.name = "arctic",        .pairing = INTERLEAVED, .permuted = true},
    {.name = "deepseek",      .pairing = INTERLEAVED, .permuted = true},
    {.name = "granite",       .pairing = INTERLEAVED, .permuted = true},
    {.name = "granitemoe",    .pairing = INTERLEAVED, .permuted = true},
    {.name = "granitehybrid", .pairing = INTERLEAVED, .permuted = true, .hybrid = true},
    {.name = "chameleon",     .pairing = INTERLEAVED, .permuted = true},
    {.name = "bailingmoe",    .pairing = INTERLEAVED, .permuted = true},
    {.name = "smollm3",       .pairing = INTERLEAVED, .permuted = true, .rotating = ROTATES_LISTED, .interval = 4},
    {.name = "arcee",         .pairing = INTERLEAVED, .permuted = true},
    {.name = "command-r",     .pairing = INTERLEAVED},
    {.name = "cohere2",       .pairing = INTERLEAVED, .rotating = ROTATES_SLIDING, .interval = 4},
    {.name = "chatglm",       .pairing = INTERLEAVED},
    {.name = "glm4",          .pairing = INTERLEAVED}, /* with rope.dimension_sections: half-split */
    {.name = "neo-bert",      .pairing = INTERLEAVED},
    {.name = "ernie4_5",      .pairing = INTERLEAVED},
    {.name = "ernie4_5-moe",  .pairing = INTERLEAVED},
    {.name = "maincoder",     .pairing = INTERLEAVED},
    {.name = "deepseek2",     .pairing = INTERLEAVED, LATENT},
    {.name = "glm-dsa",       .pairing = INTERLEAVED, LATENT},
    {.name = "plm",           .pairing = INTERLEAVED, LATENT},
    /* NEOX, and MROPE and IMROPE, whose pairs are the same: rows i and i + R/2 */
    {.name = "falcon"},
    {.name = "falcon-h1"},
    {.name = "grok"},
    {.name = "dbrx"},
    {.name = "jina-bert-v3"},
    {.name = "modern-bert",   LOCAL, .interval = 3, .full_first = true},
    {.name = "nomic-bert"},
    {.name = "nomic-bert-moe"},
    {.name = "stablelm"},
    {.name = "bitnet"},
    {.name = "qwen"},
    {.name = "qwen2"},
    {.name = "dream"},
    {.name = "qwen2moe"},
    {.name = "qwen2vl"},
    {.name = "qwen3"},
    {.name = "qwen3moe"},
    {.name = "qwen3vl"},
    {.name = "qwen3vlmoe"},
    {.name = "llada-moe"},
    {.name = "rnd1"},
    {.name = "olmo2",         LOCAL, .interval = 4, .own_base = true},
    {.name = "olmoe"},
    {.name = "phi2"},
    {.name = "phi3"},
    {.name = "phimoe"},
    {.name = "plamo"},
    {.name = "gemma"},
    {.name = "gemma2"},
    {.name = "gemma3",        LOCAL, .interval = 6},
    {.name = "gemma3n",       LOCAL, .interval = 5},
    {.name = "gemma-embedding", LOCAL, .interval = 6},
    {.name = "starcoder2"},
    {.name = "openelm"},
    {.name = "gptneox"},
    {.name = "codeshell"},
    {.name = "orion"},
    {.name = "nemotron"},
    {.name = "exaone"},
    {.name = "exaone4",       .rotating = ROTATES_SLIDING, .interval = 4},
    {.name = "exaone-moe",    .rotating = ROTATES_SLIDING, .interval = 4},
    {.name = "bailingmoe2"},
    {.name = "dots1"},
    {.name = "hunyuan-moe"},
    {.name = "hunyuan-dense"},
    {.name = "gpt-oss"},
    {.name = "smallthinker",  .rotating = ROTATES_SLIDING, .interval = 4, .full_first = true},
    {.name = "seed_oss"},
    {.name = "grovemoe"},
    {.name = "apertus"},
    {.name = "minimax-m2"},
    {.name = "cogvlm"},
    {.name = "pangu-embedded"},
    {.name = "glm4moe"},
    {.name = "minicpm3",      LATENT},
    {.name = "lfm2",          .hybrid = true},
    {.name = "lfm2moe",       .hybrid = true},
    {.name = "qwen3next",     .layout = LAYOUT_GATED, .hybrid = true},
    {.name = "qwen35",        .layout = LAYOUT_GATED, .hybrid = true},
    {.name = "qwen35moe",     .layout = LAYOUT_GATED, .hybrid = true},
};

#define ABSOLUTE "it learns absolute positions"
#define ALIBI    "it biases attention by distance (ALiBi)"
#define RELATIVE "it biases attention by learned relative positions"
#define NO_ATTENTION "it has no attention"
static const struct {
    const char *name, *why;
} without_rope[] = {
    {"clip", "it is a tower for pictures or sound (mmproj); the language model is in another file"},
    {"gpt2", ABSOLUTE},        {"starcoder", ABSOLUTE},   {"bert", ABSOLUTE},
    {"gptj", "llama.cpp has no rotation for it"},
    {"mpt", ALIBI},            {"refact", ALIBI},         {"bloom", ALIBI},
    {"jais", ALIBI},           {"jina-bert-v2", ALIBI},
    {"t5", RELATIVE},          {"t5encoder", RELATIVE},
    {"mamba", NO_ATTENTION},   {"mamba2", NO_ATTENTION},  {"rwkv6", NO_ATTENTION},
    {"rwkv6qwen2", NO_ATTENTION}, {"rwkv7", NO_ATTENTION}, {"arwkv7", NO_ATTENTION},
    {"wavtokenizer-dec", NO_ATTENTION},
    {"jamba", "its attention layers use no positions"},
    {"nemotron_h", "its attention layers use no positions"},
    {"nemotron_h_moe", "its attention layers use no positions"},
    {"kimi-linear", "its attention layers use no positions"},
};
/* clang-format on */

/* Those that rotate in a way that no row of the table above can say. */
#define UNSURE "how its query heads meet its key heads is not certain"
/* clang-format off */
static const struct {
    const char *name, *why;
} unread[] = {
    {"plamo2", UNSURE},
    {"plamo3", UNSURE},
    {"mimo2", "heads of its sliding layers differ from the others"},
    {"step35", "heads of its sliding layers differ from the others"},
};
/* clang-format on */

const struct gguf_key gguf_keys[] = {
    {"num_hidden_layers", "block_count"},
    {"num_attention_heads", "attention.head_count"},
    {"num_key_value_heads", "attention.head_count_kv"},
    {"head_dim", "attention.key_length"},
    {"hidden_size", "embedding_length"},
    {"rotary_dim", "rope.dimension_count"},
    {"qk_rope_head_dim", "rope.dimension_count"},
    {"kv_lora_rank", "attention.kv_lora_rank"},
    {"max_position_embeddings", "context_length"},
    {"rope_theta", "rope.freq_base"},
    {"rope_local_base_freq", "rope.freq_base_swa"},
};
const size_t gguf_key_count = sizeof gguf_keys / sizeof *gguf_keys;

const struct gguf_architecture *gguf_architecture_find(const char *name)
{
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++) {
        if (strcmp(architectures[i].name, name) == 0)
            return &architectures[i];
    }
    return NULL;
}

const char *gguf_without_rope(const char *name)
{
    for (size_t i = 0; i < sizeof without_rope / sizeof *without_rope; i++) {
        if (strcmp(without_rope[i].name, name) == 0)
            return without_rope[i].why;
    }
    return NULL;
}

const char *gguf_unread(const char *name)
{
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++) {
        if (strcmp(unread[i].name, name) == 0)
            return unread[i].why;
    }
    return NULL;
}
