/* json_out.c: JSON objects of commands. */
#include "json_out.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

void json_out_text(cJSON *object, const char *key, const char *text)
{
    char *sound = text ? memory_array(text_repaired_size(text), 1) : NULL; /* JSON must be UTF-8 */
    if (sound)
        text_repair(sound, text);
    cJSON *item = sound ? cJSON_CreateString(sound) : cJSON_CreateNull();
    if (key)
        cJSON_AddItemToObject(object, key, item);
    else
        cJSON_AddItemToArray(object, item);
    memory_free(sound);
}

void json_out_whole(cJSON *object, const char *key, uint64_t value)
{
    char digits[TEXT_NUMBER];
    text_format(digits, sizeof digits, "%" PRIu64, value);
    cJSON_AddRawToObject(object, key, digits); /* a double would round past 2^53 */
}

void json_out_real(cJSON *object, const char *key, double value)
{
    char digits[TEXT_NUMBER];
    text_format(digits, sizeof digits, "%.9g", value);
    cJSON_AddRawToObject(object, key, isfinite(value) ? digits : "null");
}

void json_out_float(cJSON *object, const char *key, float value)
{
    char digits[TEXT_NUMBER];
    cJSON_AddRawToObject(object, key, text_float(digits, value));
}

cJSON *json_out_array(cJSON *object, const char *key)
{
    return cJSON_AddArrayToObject(object, key);
}

cJSON *json_out_object(cJSON *parent, const char *key)
{
    if (key)
        return cJSON_AddObjectToObject(parent, key);
    cJSON *item = cJSON_CreateObject();
    if (item && !cJSON_AddItemToArray(parent, item)) {
        cJSON_Delete(item);
        return NULL;
    }
    return item;
}

enum status json_out_print(cJSON *object, struct error *err)
{
    struct output output;
    char *text = cJSON_Print(object);
    cJSON_Delete(object);
    if (!text)
        return error_memory(err);
    enum status status = output_open(&output, NULL, err);
    if (status == STATUS_OK) {
        fprintf(output.stream, "%s\n", text);
        status = output_commit(&output, err);
    }
    cJSON_free(text);
    return status;
}
