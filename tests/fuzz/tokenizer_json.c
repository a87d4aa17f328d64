/* tokenizer_json.c: tokenizer.json, and behind a NUL a text for it. */
#include "fuzz.h"

void fuzz_tokenizer_json(const uint8_t *bytes, size_t size)
{
    struct fuzz_parts parts = fuzz_split(bytes, size);
    fuzz_put("tokenizer_json", "tokenizer.json", parts.text, parts.text_size);
    fuzz_tokenizer(fuzz_path("tokenizer_json", "tokenizer.json"), parts.rest, parts.rest_size);
}
