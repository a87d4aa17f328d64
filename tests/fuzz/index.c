/* index.c: the index of shards, beside two small ones that it may name. */
#include "fuzz.h"

static void put_shard(const char *name, int layer)
{
    char header[256];
    text_format(header, sizeof header,
                "{\"model.layers.%d.self_attn.q_proj.weight\":{\"dtype\":\"F32\",\"shape\":[16,16],"
                "\"data_offsets\":[0,1024]},\"model.layers.%d.self_attn.k_proj.weight\":"
                "{\"dtype\":\"F32\",\"shape\":[8,16],\"data_offsets\":[1024,1536]}}",
                layer, layer);
    fuzz_put_tensors("index", name, header, 1536);
}

void fuzz_index(const uint8_t *bytes, size_t size)
{
    static const char config[] = "{\"model_type\":\"llama\",\"hidden_size\":16,"
                                 "\"num_attention_heads\":2,\"num_key_value_heads\":1,"
                                 "\"num_hidden_layers\":2}";
    put_shard("model-00001-of-00002.safetensors", 0);
    put_shard("model-00002-of-00002.safetensors", 1);
    fuzz_put_once("index", "config.json", config, sizeof config - 1, 0);
    fuzz_put("index", "model.safetensors.index.json", bytes, size);
    fuzz_weights(fuzz_path("index", ""), NULL);
}
