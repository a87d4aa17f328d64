/* gguf_set.c: two GGUF files that say they are one model. */
#include "fuzz.h"

void fuzz_gguf_set(const uint8_t *bytes, size_t size)
{
    struct fuzz_parts parts = fuzz_cut(bytes, size);
    fuzz_put("gguf_set", "m-00001-of-00002.gguf", parts.text, parts.text_size);
    fuzz_put("gguf_set", "m-00002-of-00002.gguf", parts.rest, parts.rest_size);
    fuzz_weights(fuzz_path("gguf_set", ""), NULL);
}
