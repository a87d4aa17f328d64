/* tensors.c: finds query and key projections by name: PREFIX layers.L.self_attn.q_proj.weight. */
#include "tensors.h"

#include <stdlib.h>
#include <string.h>

/* What may stand before the family's own name. A list of what is accepted, not of what is refused,
 * so that no vision or audio tower is ever taken for the decoder. */
static const char *const prefixes[] = {
    "model.",
    "",
    "transformer.",
    "language_model.model.",
    "model.language_model.",
    "model.language_model.model.",
    "model.text_model.",
    "language_model.",
    "text_model.model.",
    "text_model.",
};
enum { PREFIX_COUNT = sizeof prefixes / sizeof *prefixes };

/* Wrappers that training frameworks leave on every name. */
static const char *const wrappers[] = {"module.", "_orig_mod.", "base_model.model."};

static const char *const default_names[PROJECTION_COUNT] = {"layers.%.self_attn.q_proj",
                                                            "layers.%.self_attn.k_proj"};

/* One tensor that matched. */
struct match {
    uint32_t layer;
    uint32_t tensor;
    uint8_t prefix;
    uint8_t projection;
    bool bias;
};

struct matches {
    struct match *list;
    size_t count, room;
    size_t by_prefix[PREFIX_COUNT];
};

/* Length of the wrapper that `name` starts with; 0: none. */
static size_t wrapper_length(const char *name)
{
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        size_t len = strlen(wrappers[i]);
        if (strncmp(name, wrappers[i], len) == 0)
            return len;
    }
    return 0;
}

static const char *without_wrappers(const char *name)
{
    for (size_t len; (len = wrapper_length(name)) > 0;) /* they nest in any order */
        name += len;
    return name;
}

/* Does `name` read PREFIX + pattern, with a layer number for '%', and .weight or .bias behind? */
static bool match_pattern(const char *name, const char *prefix, const char *pattern,
                          struct match *match)
{
    size_t prefix_len = strlen(prefix), head_len = (size_t)(strchr(pattern, '%') - pattern);
    if (strncmp(name, prefix, prefix_len) != 0 ||
        strncmp(name + prefix_len, pattern, head_len) != 0)
        return false;
    const char *digits = name + prefix_len + head_len;
    const char *tail = pattern + head_len + 1;
    char number[10] = {0};
    size_t count = strspn(digits, "0123456789"), tail_len = strlen(tail);
    if (count == 0 || count >= sizeof number || strncmp(digits + count, tail, tail_len) != 0)
        return false;
    memcpy(number, digits, count);
    const char *ending = digits + count + tail_len;
    match->bias = strcmp(ending, ".bias") == 0;
    return (match->bias || strcmp(ending, ".weight") == 0) && text_to_u32(number, &match->layer);
}

static bool match_name(const char *name, const char *const patterns[PROJECTION_COUNT],
                       struct match *match)
{
    name = without_wrappers(name);
    for (uint8_t projection = 0; projection < PROJECTION_COUNT; projection++) {
        for (uint8_t prefix = 0; prefix < PREFIX_COUNT; prefix++) {
            if (match_pattern(name, prefixes[prefix], patterns[projection], match)) {
                match->prefix = prefix;
                match->projection = projection;
                return true;
            }
        }
    }
    return false;
}

static enum status collect(const struct checkpoint *checkpoint,
                           const char *const patterns[PROJECTION_COUNT], struct matches *matches,
                           struct error *err)
{
    for (size_t i = 0; i < checkpoint_tensor_count(checkpoint); i++) {
        struct match match = {.tensor = (uint32_t)i};
        if (!match_name(checkpoint_tensor(checkpoint, i)->name, patterns, &match))
            continue;
        if (matches->count == matches->room) {
            size_t room = matches->room ? 2 * matches->room : 128;
            struct match *grown = memory_grow(matches->list, room, sizeof *grown);
            if (!grown)
                return error_memory(err);
            matches->list = grown;
            matches->room = room;
        }
        matches->list[matches->count++] = match;
        matches->by_prefix[match.prefix]++;
    }
    return STATUS_OK;
}

static int by_layer(const void *left, const void *right)
{
    const struct match *a = left, *b = right;
    return (a->layer > b->layer) - (a->layer < b->layer);
}

/* A checkpoint may hold a second, smaller stack under another prefix (a draft model, a tower): the
 * one with most projections is the decoder. */
static uint8_t main_prefix(const struct matches *matches)
{
    uint8_t best = 0;
    for (uint8_t i = 1; i < PREFIX_COUNT; i++) {
        if (matches->by_prefix[i] > matches->by_prefix[best])
            best = i;
    }
    return best;
}

/* Wrapped and plain names, or layer 1 and layer 01, may claim the same place: then nobody can say
 * which is meant. */
static enum status put(const struct checkpoint *checkpoint, struct layer_tensors *layer,
                       const struct match *match, struct error *err)
{
    uint32_t *place = &(match->bias ? layer->bias : layer->weight)[match->projection];
    if (*place != TENSOR_ABSENT)
        return error_set(err, STATUS_FAILED, "%s: tensors %s and %s are the same projection",
                         checkpoint_source(checkpoint)->path,
                         checkpoint_tensor(checkpoint, *place)->name,
                         checkpoint_tensor(checkpoint, match->tensor)->name);
    *place = match->tensor;
    return STATUS_OK;
}

static enum status gather(const struct checkpoint *checkpoint, struct matches *matches,
                          struct layer_tensors *layers, size_t *count, struct error *err)
{
    uint8_t prefix = main_prefix(matches);
    enum status status = STATUS_OK;
    qsort(matches->list, matches->count, sizeof *matches->list, by_layer);
    for (size_t i = 0; i < matches->count && status == STATUS_OK; i++) {
        const struct match *match = &matches->list[i];
        if (match->prefix != prefix)
            continue;
        if (*count == 0 || layers[*count - 1].number != match->layer)
            layers[(*count)++] = (struct layer_tensors){
                .number = match->layer,
                .weight = {TENSOR_ABSENT, TENSOR_ABSENT},
                .bias = {TENSOR_ABSENT, TENSOR_ABSENT},
            };
        status = put(checkpoint, &layers[*count - 1], match, err);
    }
    return status;
}

/* A tensor that holds queries and keys was found as that of queries. */
static void share_fused(struct layer_tensors *layers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        layers[i].weight[PROJECTION_KEY] = layers[i].weight[PROJECTION_QUERY];
        layers[i].bias[PROJECTION_KEY] = layers[i].bias[PROJECTION_QUERY];
    }
}

enum status tensors_by_layer(const struct checkpoint *checkpoint, const struct family *family,
                             struct layer_tensors **out, size_t *count, struct error *err)
{
    const char *const patterns[PROJECTION_COUNT] = {
        family->query ? family->query : default_names[PROJECTION_QUERY],
        family->key ? family->key : default_names[PROJECTION_KEY],
    };
    struct matches matches = {0};
    enum status status = collect(checkpoint, patterns, &matches, err);
    *count = 0;
    if (status == STATUS_OK) {
        *out = memory_array(matches.count, sizeof **out);
        if (*out && matches.count > 0)
            status = gather(checkpoint, &matches, *out, count, err);
        if (*out && strcmp(patterns[PROJECTION_QUERY], patterns[PROJECTION_KEY]) == 0)
            share_fused(*out, *count);
        if (!*out)
            status = error_memory(err);
    }
    memory_free(matches.list);
    return status;
}
