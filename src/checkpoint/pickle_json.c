/* pickle_json.c: numbers and texts in the dicts of a pickle as JSON. */
#include "pickle_json.h"

#include <cjson/cJSON.h>
#include <math.h>

/* Dicts can hold each other in any number of ways, and themselves: both are bounded. */
enum { DEPTH_MAX = 4, VALUES_MAX = 10000, VISITS_MAX = 1 << 20 };

struct conversion {
    size_t values; /* kept */
    size_t visits; /* keys looked at */
    bool full;     /* no memory */
};

static cJSON *convert_dict(struct conversion *c, const struct pickle_items *items, int depth);

/* NULL: nothing of interest. */
static cJSON *convert(struct conversion *c, const struct pickle_value *value, int depth)
{
    switch (value->kind) {
    case PICKLE_BOOL:
        return cJSON_CreateBool(value->whole != 0);
    case PICKLE_WHOLE:
        return cJSON_CreateNumber((double)value->whole);
    case PICKLE_REAL:
        return isfinite(value->real) ? cJSON_CreateNumber(value->real) : NULL;
    case PICKLE_TEXT:
        return cJSON_CreateString(value->text);
    case PICKLE_DICT:
        return depth < DEPTH_MAX ? convert_dict(c, value->items, depth + 1) : NULL;
    default:
        return NULL;
    }
}

/* NULL: nothing in it is of interest. The first of equal keys counts. */
static cJSON *convert_dict(struct conversion *c, const struct pickle_items *items, int depth)
{
    cJSON *object = cJSON_CreateObject();
    c->full = c->full || !object;
    for (size_t i = 0; i + 1 < items->count && !c->full; i += 2) {
        if (c->values == VALUES_MAX || c->visits++ == VISITS_MAX)
            break;
        const struct pickle_value *entry = &items->at[i];
        cJSON *item = entry->kind == PICKLE_TEXT ? convert(c, entry + 1, depth) : NULL;
        if (!item)
            continue;
        c->values++;
        if (!cJSON_AddItemToObject(object, entry->text, item)) {
            cJSON_Delete(item);
            c->full = true;
        }
    }
    if (object && !object->child) {
        cJSON_Delete(object);
        object = NULL;
    }
    return object;
}

enum status pickle_to_json(const struct pickle_value *value, struct cJSON **out, struct error *err)
{
    struct conversion conversion = {0};
    *out = convert(&conversion, value, 0);
    return conversion.full ? error_memory(err) : STATUS_OK;
}
