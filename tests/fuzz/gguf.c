/* gguf.c: a GGUF file, which says all of the model itself. */
#include "fuzz.h"

void fuzz_gguf(const uint8_t *bytes, size_t size)
{
    fuzz_put("gguf", "model.gguf", bytes, size);
    fuzz_weights(fuzz_path("gguf", "model.gguf"), NULL);
}
