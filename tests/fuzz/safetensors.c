/* safetensors.c: a weight file of that format, under the config of a small Llama. */
#include "fuzz.h"

void fuzz_safetensors(const uint8_t *bytes, size_t size)
{
    fuzz_put_llama("safetensors");
    fuzz_put("safetensors", "model.safetensors", bytes, size);
    fuzz_weights(fuzz_path("safetensors", ""), NULL);
}
