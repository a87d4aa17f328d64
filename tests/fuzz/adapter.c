/* adapter.c: adapter_config.json, a NUL, and the weights of the adapter, over a small Llama. */
#include "fuzz.h"

void fuzz_adapter(const uint8_t *bytes, size_t size)
{
    char over[PATH_BYTES];
    struct fuzz_parts parts = fuzz_split(bytes, size);
    fuzz_put_llama("adapter");
    fuzz_put("adapter/over", "adapter_config.json", parts.text, parts.text_size);
    fuzz_put("adapter/over", "adapter_model.safetensors", parts.rest, parts.rest_size);
    text_format(over, sizeof over, "%s", fuzz_path("adapter", "over"));
    fuzz_weights(fuzz_path("adapter", ""), over);
}
