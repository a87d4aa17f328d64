/* kinds.c: layers of a model need not be alike: some do not rotate, some have frequencies of their
 * own. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <string.h>

enum { KINDS_MAX = 4 }; /* types of layers with frequencies of their own; models have two */

/* Interval from the config, else the family's: layer L is special iff (L + 1) % interval == 0. */
static enum status find_interval(struct builder *b, const char *key, uint32_t *interval)
{
    bool found;
    const char *letters = cJSON_GetStringValue(config_get(&b->config, key));
    *interval = b->family->interval ? b->family->interval : 1;
    if (letters && *letters) { /* "LLLG": the last of four is global */
        *interval = (uint32_t)strlen(letters);
        return STATUS_OK;
    }
    return config_count(&b->config, key, interval, &found, b->err);
}

/* The first item of the list behind `key`, which must have one for every layer; NULL where there is
 * no such key or, as transformers has it, an empty list. */
static enum status find_list(struct builder *b, const char *key, const cJSON **first)
{
    const cJSON *list = config_get(&b->config, key);
    *first = NULL;
    if (!list)
        return STATUS_OK;
    if (!cJSON_IsArray(list))
        return config_refuse(&b->config, key, list, "no list of layers", b->err);
    size_t count = (size_t)cJSON_GetArraySize(list);
    if (count > 0 && count < b->layer_count)
        return error_set(b->err, STATUS_FAILED, "%s: %s holds %zu layers of the model's %zu",
                         b->config.path, key, count, b->layer_count);
    *first = list->child;
    return STATUS_OK;
}

/* layer_types of the config where it has them, else what the family's interval makes of the number.
 */
static enum status resolve_types(struct builder *b)
{
    const cJSON *item;
    uint32_t interval = 1;
    const bool first = b->family->full_first;
    bool slides =
        b->family->rotating == ROTATES_SLIDING || b->family->frequencies != FREQUENCIES_ONE;
    enum status status = find_list(b, "layer_types", &item);
    if (status == STATUS_OK && slides && !item)
        status = find_interval(b, "sliding_window_pattern", &interval);
    for (size_t i = 0; i < b->layer_count && status == STATUS_OK; i++) {
        bool full = !slides || (b->tensors[i].number + (first ? 0 : 1)) % interval == 0;
        b->kinds[i].type = full ? "full_attention" : "sliding_attention";
        if (!item)
            continue;
        b->kinds[i].type = cJSON_GetStringValue(item);
        if (!b->kinds[i].type)
            status = config_refuse(&b->config, "an entry of layer_types", item,
                                   "no name of a type of layer", b->err);
        item = item->next;
    }
    return status;
}

/* no_rope_layers holds 1 (sic) for a layer that rotates. */
static enum status resolve_listed(struct builder *b)
{
    const cJSON *item;
    uint32_t interval = 1;
    enum status status = find_list(b, "no_rope_layers", &item);
    if (status == STATUS_OK && !item)
        status = find_interval(b, "no_rope_layer_interval", &interval);
    for (size_t i = 0; i < b->layer_count && status == STATUS_OK; i++) {
        b->kinds[i].rotates = (b->tensors[i].number + 1) % interval != 0;
        if (!item)
            continue;
        b->kinds[i].rotates =
            cJSON_IsTrue(item) || (cJSON_IsNumber(item) && item->valuedouble != 0);
        if (!cJSON_IsNumber(item) && !cJSON_IsBool(item))
            status = config_refuse(&b->config, "an entry of no_rope_layers", item,
                                   "neither 1 nor 0", b->err);
        item = item->next;
    }
    return status;
}

static enum status resolve_rotating(struct builder *b)
{
    if (b->family->rotating == ROTATES_LISTED)
        return resolve_listed(b);
    for (size_t i = 0; i < b->layer_count; i++)
        b->kinds[i].rotates = b->family->rotating == ROTATES_EVERY ||
                              strcmp(b->kinds[i].type, "sliding_attention") == 0;
    return STATUS_OK;
}

/* Points each layer at the first one whose frequencies it shares. */
static enum status share_frequencies(struct builder *b)
{
    size_t seen[KINDS_MAX], count = 0;
    bool by_type = b->family->frequencies != FREQUENCIES_ONE || rope_is_nested(&b->config);
    for (size_t i = 0; i < b->layer_count; i++) {
        if (!b->kinds[i].rotates)
            continue;
        size_t k = 0;
        while (k < count && by_type && strcmp(b->kinds[seen[k]].type, b->kinds[i].type) != 0)
            k++;
        if (k == KINDS_MAX)
            return error_set(b->err, STATUS_FAILED,
                             "%s: layer_types has more than %d kinds of layers", b->config.path,
                             KINDS_MAX);
        if (k == count)
            seen[count++] = i;
        b->kinds[i].first = seen[k];
    }
    b->several_kinds = count > 1;
    return STATUS_OK;
}

/* Layers that the config calls attention must have it. */
static enum status resolve_absent(struct builder *b)
{
    for (size_t i = 0; i < b->layer_count; i++) {
        struct layer_kind *kind = &b->kinds[i];
        kind->absent = b->tensors[i].weight[PROJECTION_QUERY] == TENSOR_ABSENT &&
                       b->tensors[i].weight[PROJECTION_KEY] == TENSOR_ABSENT;
        if (!kind->absent)
            continue;
        kind->rotates = false;
        if (config_get(&b->config, "layer_types") &&
            (strcmp(kind->type, "full_attention") == 0 || strcmp(kind->type, "attention") == 0)) {
            error_set(b->err, STATUS_FAILED,
                      "%s: layer %zu is one of attention, and has no query "
                      "and key projection",
                      b->config.path, i);
            return error_help(b->err, "is every shard of the model there?");
        }
    }
    return STATUS_OK;
}

enum status kinds_resolve(struct builder *b)
{
    b->kinds = memory_array(b->layer_count, sizeof *b->kinds);
    if (!b->kinds)
        return error_memory(b->err);
    enum status status = resolve_types(b);
    if (status == STATUS_OK)
        status = resolve_rotating(b);
    if (status == STATUS_OK)
        status = resolve_absent(b);
    return status == STATUS_OK ? share_frequencies(b) : status;
}
