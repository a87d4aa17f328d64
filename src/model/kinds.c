/* kinds.c: layers of a model need not be alike: some do not rotate, some have frequencies of their
 * own. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <string.h>

enum { KINDS_MAX = 4 }; /* types of layers with frequencies of their own; models have two */

/* Interval from the config, else the family's: layer L is special iff (L + 1) % interval == 0. */
static bool is_special(const struct builder *b, const char *key, uint32_t number)
{
    double every = config_number(b->config.text, key, b->family->interval);
    uint32_t interval = every >= 1 && every <= INT32_MAX ? (uint32_t)every : 1;
    return (number + 1) % interval == 0;
}

static const char *family_type(const struct builder *b, uint32_t number)
{
    bool slides =
        b->family->rotating == ROTATES_SLIDING || b->family->frequencies == FREQUENCIES_LOCAL;
    bool full = !slides || is_special(b, "sliding_window_pattern", number);
    return full ? "full_attention" : "sliding_attention";
}

/* layer_types of the config where it has them, else what the family's interval makes of the number.
 */
static void resolve_types(struct builder *b)
{
    const cJSON *list = config_get(&b->config, "layer_types");
    const cJSON *item = cJSON_IsArray(list) ? list->child : NULL;
    for (size_t i = 0; i < b->layer_count; i++) {
        const char *said = cJSON_GetStringValue(item);
        b->kinds[i].type = said ? said : family_type(b, b->tensors[i].number);
        item = item ? item->next : NULL;
    }
}

/* no_rope_layers holds 1 (sic) for a layer that rotates. */
static void resolve_listed(struct builder *b)
{
    const cJSON *list = config_get(&b->config, "no_rope_layers");
    const cJSON *item = cJSON_IsArray(list) ? list->child : NULL;
    for (size_t i = 0; i < b->layer_count; i++) {
        bool said = cJSON_IsTrue(item) || (cJSON_IsNumber(item) && item->valuedouble != 0);
        b->kinds[i].rotates =
            item ? said : !is_special(b, "no_rope_layer_interval", b->tensors[i].number);
        item = item ? item->next : NULL;
    }
}

static void resolve_rotating(struct builder *b)
{
    if (b->family->rotating == ROTATES_LISTED) {
        resolve_listed(b);
        return;
    }
    for (size_t i = 0; i < b->layer_count; i++)
        b->kinds[i].rotates = b->family->rotating == ROTATES_EVERY ||
                              strcmp(b->kinds[i].type, "sliding_attention") == 0;
}

/* Points each layer at the first one whose frequencies it shares. */
static enum status share_frequencies(struct builder *b)
{
    size_t seen[KINDS_MAX], count = 0;
    bool by_type = b->family->frequencies == FREQUENCIES_LOCAL || rope_is_nested(&b->config);
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

enum status kinds_resolve(struct builder *b)
{
    b->kinds = memory_array(b->layer_count, sizeof *b->kinds);
    if (!b->kinds)
        return error_memory(b->err);
    resolve_types(b);
    resolve_rotating(b);
    return share_frequencies(b);
}
