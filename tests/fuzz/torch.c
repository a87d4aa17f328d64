/* torch.c: what torch.save writes, a ZIP archive or a bare pickle. */
#include "fuzz.h"

void fuzz_torch(const uint8_t *bytes, size_t size)
{
    static const char config[] = "{\"model_type\":\"llama\",\"hidden_size\":16,"
                                 "\"num_attention_heads\":2,\"num_hidden_layers\":2}";
    fuzz_put_once("torch", "config.json", config, sizeof config - 1, 0);
    fuzz_put("torch", "pytorch_model.bin", bytes, size);
    fuzz_weights(fuzz_path("torch", "pytorch_model.bin"), NULL);
}
