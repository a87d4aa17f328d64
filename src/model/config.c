/* config.c: keys of config.json, looked up where models nest them. */
#include "config.h"

#include <cjson/cJSON.h>
#include <math.h>

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
    return error_set(err, STATUS_FAILED, "%s: %s is %s, %s", config->path, key, shown, wanted);
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
