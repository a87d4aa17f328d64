/* targets.c: all targets by their names. */
#include "fuzz.h"

const struct fuzz_entry fuzz_targets[] = {
    {"adapter", fuzz_adapter},
    {"angles", fuzz_angles},
    {"changes", fuzz_changes},
    {"config", fuzz_config},
    {"gguf", fuzz_gguf},
    {"gguf_set", fuzz_gguf_set},
    {"index", fuzz_index},
    {"llama2c", fuzz_llama2c},
    {"pickle", fuzz_pickle},
    {"probe", fuzz_probe},
    {"quantised", fuzz_quantised},
    {"safetensors", fuzz_safetensors},
    {"settings", fuzz_settings},
    {"slices", fuzz_slices},
    {"theme", fuzz_theme},
    {"thresholds", fuzz_thresholds},
    {"tokenizer_gguf", fuzz_tokenizer_gguf},
    {"tokenizer_json", fuzz_tokenizer_json},
    {"tokenizer_llama2c", fuzz_tokenizer_llama2c},
    {"torch", fuzz_torch},
    {0},
};
