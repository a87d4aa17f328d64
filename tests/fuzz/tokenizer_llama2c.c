/* tokenizer_llama2c.c: tokenizer.bin of llama2.c; its own bytes are a text for it, too. */
#include "fuzz.h"

void fuzz_tokenizer_llama2c(const uint8_t *bytes, size_t size)
{
    fuzz_put("tokenizer_llama2c", "tokenizer.bin", bytes, size);
    fuzz_tokenizer(fuzz_path("tokenizer_llama2c", "tokenizer.bin"), bytes, size);
}
