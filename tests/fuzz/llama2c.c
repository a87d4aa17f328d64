/* llama2c.c: a .bin file of llama2.c. */
#include "fuzz.h"

void fuzz_llama2c(const uint8_t *bytes, size_t size)
{
    fuzz_put("llama2c", "model.bin", bytes, size);
    fuzz_weights(fuzz_path("llama2c", "model.bin"), NULL);
}
