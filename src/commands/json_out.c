/* json_out.c: JSON objects of commands. */
#include "json_out.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A member for which there was no memory leaves a mark in its parent, where cJSON keeps nothing. A
 * parent that is missing itself has left one. */
enum { LACKS_MEMBER = 1 };

static bool add(cJSON *parent, const char *key, cJSON *item)
{
    bool added =
        item && parent &&
        (key ? cJSON_AddItemToObject(parent, key, item) : cJSON_AddItemToArray(parent, item));
    if (added)
        return true;
    cJSON_Delete(item);
    if (parent)
        parent->valueint = LACKS_MEMBER;
    return false;
}

static bool lacks_member(const cJSON *item)
{
    const bool holds = cJSON_IsObject(item) || cJSON_IsArray(item);
    if (holds && item->valueint == LACKS_MEMBER)
        return true;
    for (const cJSON *child = holds ? item->child : NULL; child; child = child->next)
        if (lacks_member(child)) /* as deep as the commands nest */
            return true;
    return false;
}

void json_out_text(cJSON *object, const char *key, const char *text)
{
    char *sound = text ? memory_array(text_repaired_size(text), 1) : NULL; /* JSON must be UTF-8 */
    if (sound)
        text_repair(sound, text);
    add(object, key, sound ? cJSON_CreateString(sound) : text ? NULL : cJSON_CreateNull());
    memory_free(sound);
}

void json_out_raw(cJSON *object, const char *key, const char *json)
{
    add(object, key, cJSON_CreateRaw(json));
}

void json_out_whole(cJSON *object, const char *key, uint64_t value)
{
    char digits[TEXT_NUMBER];
    text_format(digits, sizeof digits, "%" PRIu64, value);
    json_out_raw(object, key, digits); /* a double would round past 2^53 */
}

void json_out_real(cJSON *object, const char *key, double value)
{
    char digits[TEXT_NUMBER];
    text_format(digits, sizeof digits, "%.9g", value);
    json_out_raw(object, key, isfinite(value) ? digits : "null");
}

void json_out_float(cJSON *object, const char *key, float value)
{
    char digits[TEXT_NUMBER];
    json_out_raw(object, key, text_float(digits, value));
}

cJSON *json_out_array(cJSON *object, const char *key)
{
    cJSON *array = cJSON_CreateArray();
    return add(object, key, array) ? array : NULL;
}

cJSON *json_out_object(cJSON *parent, const char *key)
{
    cJSON *object = cJSON_CreateObject();
    return add(parent, key, object) ? object : NULL;
}

enum status json_out_print(cJSON *object, struct error *err)
{
    struct output output;
    char *text = lacks_member(object) ? NULL : cJSON_Print(object);
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
