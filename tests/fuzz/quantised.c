/* quantised.c: config.json, a NUL, and weights whose scales lie in tensors beside them. */
#include "fuzz.h"

void fuzz_quantised(const uint8_t *bytes, size_t size)
{
    struct fuzz_parts parts = fuzz_split(bytes, size);
    fuzz_put("quantised", "config.json", parts.text, parts.text_size);
    fuzz_put("quantised", "model.safetensors", parts.rest, parts.rest_size);
    fuzz_weights(fuzz_path("quantised", ""), NULL);
}
