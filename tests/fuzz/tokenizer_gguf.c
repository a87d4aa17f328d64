/* tokenizer_gguf.c: the tokenizer in a GGUF file; its own bytes are a text for it, too. */
#include "fuzz.h"

void fuzz_tokenizer_gguf(const uint8_t *bytes, size_t size)
{
    fuzz_put("tokenizer_gguf", "model.gguf", bytes, size);
    fuzz_tokenizer(fuzz_path("tokenizer_gguf", "model.gguf"), bytes, size);
}
