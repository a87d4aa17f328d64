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
    "gpt_neox.",
    "gpt_neox_japanese.",
    "esm.",
    "roformer.",
    "bert.",
    "nomic_bert.",
};
enum { PREFIX_COUNT = sizeof prefixes / sizeof *prefixes };

/* Wrappers that training frameworks leave on every name. */
static const char *const wrappers[] = {"module.", "_orig_mod.", "base_model.model."};

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

/* The number of up to nine digits that *at starts with; *at goes past it. */
static bool take_number(const char **at, uint32_t *number)
{
    char digits[10] = {0};
    size_t count = strspn(*at, "0123456789");
    if (count == 0 || count >= sizeof digits)
        return false;
    memcpy(digits, *at, count);
    *at += count;
    return text_to_u32(digits, number);
}

/* Does `name` read PREFIX + pattern, with a layer number for '%', and .weight or .bias behind? A
 * second '%' is one of the two attentions of a layer, which count as layers. */
static bool match_pattern(const char *name, const char *prefix, const char *pattern,
                          struct match *match)
{
    size_t prefix_len = strlen(prefix);
    uint32_t numbers[2] = {0, 0}, count = 0;
    if (strncmp(name, prefix, prefix_len) != 0)
        return false;
    for (name += prefix_len; *pattern; pattern++) {
        if (*pattern == '%' && (count == 2 || !take_number(&name, &numbers[count++])))
            return false;
        if (*pattern != '%' && *name++ != *pattern)
            return false;
    }
    if (count == 2 && numbers[1] > 1)
        return false;
    match->layer = count == 2 ? 2 * numbers[0] + numbers[1] : numbers[0];
    match->bias = strcmp(name, ".bias") == 0;
    return match->bias || strcmp(name, ".weight") == 0;
}

/* Whether a name ends as the pattern does, before its .weight or .bias: few of a hundred thousand
 * do, and no other can match. */
static bool ends_alike(const char *name, size_t len, const char *pattern)
{
    static const char *const endings[] = {".weight", ".bias"};
    const char *number = strrchr(pattern, '%'), *tail = number ? number + 1 : pattern;
    size_t tail_len = strlen(tail);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending_len = strlen(endings[i]), both = tail_len + ending_len;
        if (len >= both && memcmp(name + len - ending_len, endings[i], ending_len) == 0 &&
            memcmp(name + len - both, tail, tail_len) == 0)
            return true;
    }
    return false;
}

static bool match_name(const char *name, const char *const patterns[PROJECTION_COUNT],
                       struct match *match)
{
    size_t len = strlen(name);
    for (int projection = 0; projection < PROJECTION_COUNT; projection++) {
        if (!ends_alike(name, len, patterns[projection]))
            continue;
        const char *plain = without_wrappers(name);
        for (int prefix = 0; prefix < PREFIX_COUNT; prefix++) {
            if (match_pattern(plain, prefixes[prefix], patterns[projection], match)) {
                match->prefix = (uint8_t)prefix;
                match->projection = (uint8_t)projection;
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
    for (int i = 1; i < PREFIX_COUNT; i++) {
        if (matches->by_prefix[i] > matches->by_prefix[best])
            best = (uint8_t)i;
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

/* Names that count from another number than 0. */
static void renumber(struct matches *matches, uint32_t first)
{
    for (size_t i = 0; i < matches->count; i++)
        matches->list[i].layer -= first; /* what stood before the first becomes too large */
}

enum status tensors_by_layer(const struct checkpoint *checkpoint, const struct family *family,
                             struct layer_tensors **out, size_t *count, struct error *err)
{
    const char *const patterns[PROJECTION_COUNT] = {
        family_tensor(family, PROJECTION_QUERY),
        family_tensor(family, PROJECTION_KEY),
    };
    struct matches matches = {0};
    enum status status = collect(checkpoint, patterns, &matches, err);
    *count = 0;
    if (status == STATUS_OK) {
        renumber(&matches, family->first_number);
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
