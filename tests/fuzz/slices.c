/* slices.c: Meta's format: params.json, a NUL, and two files with a slice of every tensor each. */
#include "fuzz.h"

void fuzz_slices(const uint8_t *bytes, size_t size)
{
    struct fuzz_parts parts = fuzz_split(bytes, size);
    struct fuzz_parts files = fuzz_cut(parts.rest, parts.rest_size);
    fuzz_put("slices", "params.json", parts.text, parts.text_size);
    fuzz_put("slices", "consolidated.00.pth", files.text, files.text_size);
    fuzz_put("slices", "consolidated.01.pth", files.rest, files.rest_size);
    fuzz_weights(fuzz_path("slices", ""), NULL);
}
