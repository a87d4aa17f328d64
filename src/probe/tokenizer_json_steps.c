/* tokenizer_json_steps.c: normalizer, pre-tokenizer and post-processor of a tokenizer.json. What is
 * not known for certain is refused by its name. */
#include "tokenizer_parts.h"

#include <cjson/cJSON.h>
#include <string.h>

/* U+2581, which SentencePiece writes for a space. */
#define LOWER_BLOCK "\xE2\x96\x81"

struct reading {
    struct tokenizer *tokenizer;
    const char *path;
    struct error *err;
};

typedef enum status read_one(struct reading *r, const char *type, const cJSON *item);

static const char *text_of(const cJSON *item, const char *key)
{
    const char *text = cJSON_GetStringValue(json_get(item, key));
    return text ? text : "";
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* One step, or those of a Sequence, whose own members may be no sequences: none is in practice, and
 * so nesting has an end. */
static enum status each(struct reading *r, const cJSON *item, const char *list, read_one *read)
{
    if (!item)
        return STATUS_OK;
    const char *type = text_of(item, "type");
    if (!is(type, "Sequence"))
        return read(r, type, item);
    const cJSON *one;
    enum status status = STATUS_OK;
    cJSON_ArrayForEach(one, json_get(item, list))
    {
        if (status == STATUS_OK)
            status = read(r, text_of(one, "type"), one);
    }
    return status;
}

static char *keep(struct reading *r, const char *text)
{
    return arena_text(&r->tokenizer->vocabulary.arena, text, strlen(text));
}

static enum status add_step(struct reading *r, struct steps *steps, enum step_kind kind,
                            const char *from, const char *to)
{
    struct step *step = steps_add(steps, kind);
    if (!step)
        return error_set(r->err, STATUS_FAILED, "%s: more than %d steps", r->path, STEPS_MAX);
    step->from = keep(r, from);
    step->to = keep(r, to);
    return step->from && step->to ? STATUS_OK : error_memory(r->err);
}

/* ---- normalizer ---------------------------------------------------------- */

static enum status read_normalizer(struct reading *r, const char *type, const cJSON *item)
{
    struct steps *steps = &r->tokenizer->normalizer;
    if (is(type, "NFC") || is(type, "NFKC"))
        return add_step(r, steps, is(type, "NFC") ? STEP_NFC : STEP_NFKC, "", "");
    if (is(type, "Prepend"))
        return add_step(r, steps, STEP_PREPEND, "", text_of(item, "prepend"));
    const char *from = text_of(json_get(item, "pattern"), "String");
    if (is(type, "Replace") && *from)
        return add_step(r, steps, STEP_REPLACE, from, text_of(item, "content"));
    return tokenizer_refuse(r->path, "normalizer", type, r->err);
}

enum status json_normalizer(struct tokenizer *tokenizer, const cJSON *item, const char *path,
                            struct error *err)
{
    struct reading r = {tokenizer, path, err};
    return each(&r, item, "normalizers", read_normalizer);
}

/* ---- pre-tokenizer ------------------------------------------------------- */

static const struct {
    const char *name;
    enum split split;
} behaviours[] = {
    {"Isolated", SPLIT_ISOLATED},
    {"Removed", SPLIT_REMOVED},
    {"MergedWithPrevious", SPLIT_MERGED_WITH_BEFORE},
    {"MergedWithNext", SPLIT_MERGED_WITH_NEXT},
};

static enum status add_split(struct reading *r, const char *pattern, const char *behaviour,
                             bool invert)
{
    for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours; i++) {
        if (is(behaviours[i].name, behaviour))
            return steps_add_split(&r->tokenizer->pretokens, pattern, behaviours[i].split, invert,
                                   r->path, r->err);
    }
    return tokenizer_refuse(r->path, "behaviour of a pre-tokenizer", behaviour, r->err);
}

/* A text that is meant as it is, as a pattern. */
static bool quote(char *out, size_t size, const char *text)
{
    size_t to = 0;
    for (; *text; text++) {
        bool escape = (unsigned char)*text < 0x80 && strchr("\\^$.|?*+()[]{}#- ", *text);
        if (to + 3 > size)
            return false;
        if (escape)
            out[to++] = '\\';
        out[to++] = *text;
    }
    out[to] = '\0';
    return true;
}

static enum status read_split(struct reading *r, const cJSON *item)
{
    char quoted[256];
    const cJSON *pattern = json_get(item, "pattern");
    const char *text = text_of(pattern, "String");
    bool invert = cJSON_IsTrue(json_get(item, "invert"));
    if (!*text)
        return add_split(r, text_of(pattern, "Regex"), text_of(item, "behavior"), invert);
    if (!quote(quoted, sizeof quoted, text))
        return error_set(r->err, STATUS_FAILED, "%s: a text to split at is too long", r->path);
    return add_split(r, quoted, text_of(item, "behavior"), invert);
}

/* The whole of it counts from the bytes: what the words are made of. */
static enum status read_byte_level(struct reading *r, const cJSON *item)
{
    enum status status = STATUS_OK;
    const cJSON *use = json_get(item, "use_regex");
    r->tokenizer->bpe.bytes = true;
    if (cJSON_IsTrue(json_get(item, "add_prefix_space")))
        status = add_step(r, &r->tokenizer->pretokens, STEP_PREPEND_UNLESS, "", " ");
    if (status == STATUS_OK && (!use || cJSON_IsTrue(use)))
        status = add_split(r, pattern_gpt2, "Isolated", false);
    return status;
}

/* Spaces become `replacement`, one is put first, and words begin with them. */
static enum status read_metaspace(struct reading *r, const cJSON *item)
{
    const char *space = text_of(item, "replacement"), *scheme = text_of(item, "prepend_scheme");
    const cJSON *split = json_get(item, "split");
    struct steps *steps = &r->tokenizer->pretokens;
    bool never =
        is(scheme, "never") || (!*scheme && cJSON_IsFalse(json_get(item, "add_prefix_space")));
    if (!is(space, LOWER_BLOCK))
        return tokenizer_refuse(r->path, "replacement of Metaspace", space, r->err);
    enum status status = add_step(r, steps, STEP_REPLACE, " ", space);
    if (status == STATUS_OK && !never)
        status = add_step(r, steps, STEP_PREPEND_UNLESS, "", space);
    if (status == STATUS_OK && !never)
        steps->step[steps->count - 1].first_only = is(scheme, "first");
    if (status == STATUS_OK && !cJSON_IsFalse(split))
        status = add_split(r, space, "MergedWithNext", false);
    r->tokenizer->strip_first = !never;
    return status;
}

static enum status read_pretokenizer(struct reading *r, const char *type, const cJSON *item)
{
    const char *behaviour = text_of(item, "behavior");
    if (is(type, "ByteLevel"))
        return read_byte_level(r, item);
    if (is(type, "Split"))
        return read_split(r, item);
    if (is(type, "Metaspace"))
        return read_metaspace(r, item);
    if (is(type, "Digits"))
        return add_split(r,
                         cJSON_IsTrue(json_get(item, "individual_digits")) ? "\\p{N}" : "\\p{N}+",
                         "Isolated", false);
    if (is(type, "Punctuation"))
        return add_split(r, "[\\p{P}$+<=>^`|~]", *behaviour ? behaviour : "Isolated", false);
    return tokenizer_refuse(r->path, "pre-tokenizer", type, r->err);
}

enum status json_pretokenizer(struct tokenizer *tokenizer, const cJSON *item, const char *path,
                              struct error *err)
{
    struct reading r = {tokenizer, path, err};
    return each(&r, item, "pretokenizers", read_pretokenizer);
}

/* ---- post-processor ------------------------------------------------------ */

static enum status add_special(struct reading *r, uint32_t *list, size_t *count, const cJSON *ids)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, ids)
    {
        uint64_t id;
        if (!json_whole(one, &id) || id >= IDS_MAX || *count == SPECIAL_MAX)
            return error_set(r->err, STATUS_FAILED, "%s: post_processor: no such special token id",
                             r->path);
        list[(*count)++] = (uint32_t)id;
    }
    return STATUS_OK;
}

/* "single": special tokens, the text, special tokens. */
static enum status read_template(struct reading *r, const cJSON *item)
{
    struct tokenizer *t = r->tokenizer;
    bool behind = false;
    const cJSON *one;
    enum status status = STATUS_OK;
    cJSON_ArrayForEach(one, json_get(item, "single"))
    {
        const cJSON *special = json_get(one, "SpecialToken");
        const cJSON *entry = json_get(json_get(item, "special_tokens"), text_of(special, "id"));
        if (json_get(one, "Sequence"))
            behind = true;
        else if (!entry)
            return error_set(r->err, STATUS_FAILED, "%s: post_processor: token %s is not listed",
                             r->path, text_of(special, "id"));
        else if (status == STATUS_OK)
            status =
                add_special(r, behind ? t->behind : t->before,
                            behind ? &t->behind_count : &t->before_count, json_get(entry, "ids"));
    }
    return status;
}

static enum status read_postprocessor(struct reading *r, const char *type, const cJSON *item)
{
    if (is(type, "ByteLevel")) /* changes offsets alone */
        return STATUS_OK;
    if (is(type, "TemplateProcessing"))
        return read_template(r, item);
    return tokenizer_refuse(r->path, "post-processor", type, r->err);
}

enum status json_postprocessor(struct tokenizer *tokenizer, const cJSON *item, const char *path,
                               struct error *err)
{
    struct reading r = {tokenizer, path, err};
    return each(&r, item, "processors", read_postprocessor);
}
