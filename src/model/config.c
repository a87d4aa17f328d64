/* config.c: keys of config.json, looked up where models nest them and under the names that they
 * have. */
#include "config.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

/* Names that Meta's params.json, llama2.c's training and families older or other than Llama have
 * for the keys of Hugging Face. */
static const struct {
    const char *key, *other;
} other_names[] = {
    {"num_hidden_layers", "n_layers"},
    {"num_hidden_layers", "n_layer"},
    {"num_hidden_layers", "num_layers"},
    {"num_hidden_layers", "num_transformer_layers"},
    {"num_attention_heads", "n_heads"},
    {"num_attention_heads", "n_head"},
    {"num_attention_heads", "num_query_heads"},
    {"num_key_value_heads", "n_kv_heads"},
    {"num_key_value_heads", "num_kv_heads"},
    {"num_key_value_heads", "n_head_kv"},
    {"num_key_value_heads", "multi_query_group_num"},
    {"num_key_value_heads", "attn_config.kv_n_heads"},
    {"hidden_size", "n_embd"},
    {"hidden_size", "d_model"},
    {"head_dim", "kv_channels"},
    {"max_position_embeddings", "max_seq_len"},
    {"max_position_embeddings", "max_sequence_length"},
    {"max_position_embeddings", "max_context_length"},
    {"max_position_embeddings", "model_max_length"},
    {"rope_theta", "rotary_emb_base"},
    {"rope_theta", "global_rope_theta"},
    {"rope_theta", "rope_freq_constant"},
    {"rope_theta", "rope_embedding_base"},
    {"rope_theta", "attn_config.rope_theta"},
    {"rope_theta", "theta of freqs_cos"}, /* llama2.c: read off a table */
    {"rope_local_base_freq", "local_rope_theta"},
    {"sliding_window_pattern", "_sliding_window_pattern"},
    {"sliding_window_pattern", "global_attn_every_n_layers"},
    {"layer_types", "layers_block_type"},
};

struct config config_of(const struct checkpoint *checkpoint)
{
    static const char *const nested[] = {"text_config", "llm_config", "language_config",
                                         "model_args"};
    const cJSON *root = checkpoint_config(checkpoint);
    bool own = root && root != checkpoint_source(checkpoint)->config;
    struct config config = {
        .top = root,
        .text = root,
        .path = checkpoint_config_path(checkpoint),
        .source = own ? FACT_FORMAT : FACT_CONFIG,
    };
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
        const cJSON *text = json_get(root, nested[i]);
        if (cJSON_IsObject(text)) {
            config.text = text;
            break;
        }
    }
    return config;
}

/* "attn_config.rope_theta" lies in the object attn_config, but for a format with dots of its own.
 */
static const cJSON *get_in(const cJSON *object, const char *key)
{
    char outer[64];
    const cJSON *item = json_get(object, key);
    const char *dot = item ? NULL : strchr(key, '.');
    if (!dot || !text_format(outer, sizeof outer, "%.*s", (int)(dot - key), key))
        return item;
    return json_get(json_get(object, outer), dot + 1);
}

static const cJSON *get(const struct config *config, const char *key)
{
    const cJSON *item = get_in(config->text, key);
    return item ? item : get_in(config->top, key);
}

const char *config_key(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->name_count; i++) {
        if (strcmp(config->names[i].key, key) == 0)
            return config->names[i].own;
    }
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++) {
        if (strcmp(other_names[i].key, key) == 0 && !get(config, key) &&
            get(config, other_names[i].other))
            return other_names[i].other;
    }
    return key;
}

const struct cJSON *config_get(const struct config *config, const char *key)
{
    return get(config, config_key(config, key));
}

const char *config_model_type(const struct config *config)
{
    return cJSON_GetStringValue(config_get(config, "model_type"));
}

enum status config_refuse(const struct config *config, const char *key, const struct cJSON *item,
                          const char *wanted, struct error *err)
{
    enum { SHOWN = 40, SLACK = 64 }; /* cJSON wants room to spare */
    char shown[SHOWN + SLACK];
    bool finite =
        cJSON_IsNumber(item) && isfinite(item->valuedouble); /* cJSON prints others as null */
    bool shows = finite || cJSON_IsString(item) || cJSON_IsBool(item);
    if (!shows || !cJSON_PrintPreallocated((cJSON *)(uintptr_t)item, shown, sizeof shown, false))
        text_format(shown, sizeof shown, "%s",
                    cJSON_IsArray(item)    ? "a list"
                    : cJSON_IsObject(item) ? "an object"
                    : cJSON_IsNumber(item) ? "infinite"
                                           : "a long value");
    return error_set(err, STATUS_FAILED, "%s: %s is %s, %s", config->path, config_key(config, key),
                     shown, wanted);
}

enum status config_count(const struct config *config, const char *key, uint32_t *value, bool *found,
                         struct error *err)
{
    uint64_t number;
    const cJSON *item = config_get(config, key);
    *found = item != NULL;
    if (!item)
        return STATUS_OK;
    if (!json_whole(item, &number) || number == 0 || number > UINT32_MAX)
        return config_refuse(config, key, item, "no positive whole number below 2^32", err);
    *value = (uint32_t)number;
    return STATUS_OK;
}

static enum status read_real(const struct config *config, const cJSON *item, const char *key,
                             double *value, bool *found, struct error *err)
{
    *found = item != NULL;
    if (!item)
        return STATUS_OK;
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
        return config_refuse(config, key, item, "no number", err);
    *value = item->valuedouble;
    return STATUS_OK;
}

enum status config_real(const struct config *config, const char *key, double *value, bool *found,
                        struct error *err)
{
    return read_real(config, config_get(config, key), key, value, found, err);
}

enum status config_real_in(const struct config *config, const struct cJSON *object, const char *key,
                           double *value, bool *found, struct error *err)
{
    return read_real(config, json_get(object, key), key, value, found, err);
}
