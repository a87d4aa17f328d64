/* families.c: what each family does otherwise than Llama. Sources: modeling_*.py and
 * configuration_*.py of Hugging Face transformers 4.57; for the numbers of GGUF files llama.cpp's
 * src/llama-model.cpp and convert_hf_to_gguf.py. */
#include "decoder.h"
#include "ropescope/probe.h"

#include <string.h>

#define SILU .activation_key = "hidden_act"
#define GELU(key) .activation = ACTIVATION_GELU_TANH, .activation_key = key
#define GEMMA .norms_add_one = true, .scales_embedding = true, .tied = true, .epsilon = 1e-6
#define GEMMA3                                                                                     \
    GEMMA, GELU("hidden_activation"), .norms_after = true, .norms_heads = true, .scalar = 256,     \
                                      .caps = true, .sliding = SLIDES_PATTERN, .interval = 6,      \
                                      .whole_layers = 62

/* clang-format off */
static const struct decoder_family families[] = {
    {.type = "llama", SILU, .epsilon = 1e-6},
    {.type = "meta-llama", SILU, .epsilon = 1e-5}, /* Meta's files and llama2.c's */
    {.type = "mistral", SILU, .epsilon = 1e-6, .sliding = SLIDES_ALWAYS},
    {.type = "qwen2", SILU, .epsilon = 1e-6, .sliding = SLIDES_LATE},
    {.type = "qwen3", SILU, .epsilon = 1e-6, .norms_heads = true,
     .sliding = SLIDES_LATE},
    {.type = "gemma", GEMMA, GELU("hidden_act")},
    {.type = "gemma2", GEMMA, GELU("hidden_activation"), .norms_after = true,
     .scalar = 256, .caps = true, .attention_cap = 50, .logit_cap = 30, .sliding = SLIDES_PATTERN,
     .interval = 2, .whole_layers = 46},
    {.type = "gemma3_text", GEMMA3},
    {.type = "gemma3", GEMMA3},
    {.type = "smollm3", SILU, .epsilon = 1e-6, .tied = true,
     .sliding = SLIDES_UNROTATED},
};
/* clang-format on */

const struct decoder_family *decoder_family_find(const char *type)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(families[i].type, type) == 0)
            return &families[i];
    return NULL;
}

const char *probe_families(void)
{
    return "llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3, smollm3";
}

bool probe_knows(const struct model *model)
{
    return decoder_family_find(model->family) != NULL && !model->like_authors;
}
