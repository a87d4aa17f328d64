/* config.c: keys of config.json, looked up where models nest them. */
#include "config.h"

#include <cjson/cJSON.h>

struct config config_of(const struct cJSON *root, const char *path)
{
    static const char *const nested[] = {"text_config", "llm_config", "language_config"};
    struct config config = {.top = root, .text = root, .path = path};
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
        const cJSON *text = json_get(root, nested[i]);
        if (cJSON_IsObject(text)) {
            config.text = text;
            break;
        }
    }
    return config;
}

const struct cJSON *config_get(const struct config *config, const char *key)
{
    const cJSON *item = json_get(config->text, key);
    return item ? item : json_get(config->top, key);
}

const char *config_model_type(const struct config *config)
{
    return cJSON_GetStringValue(config_get(config, "model_type"));
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
        return error_set(err, STATUS_FAILED, "%s: %s is no positive whole number", config->path,
                         key);
    *value = (uint32_t)number;
    return STATUS_OK;
}

double config_number(const struct cJSON *object, const char *key, double otherwise)
{
    const cJSON *item = json_get(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}
