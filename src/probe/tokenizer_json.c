/* tokenizer_json.c: a tokenizer.json of Hugging Face. Vocabulary and merges, which are long, are
 * walked and not made a tree of. */
#include "tokenizer_parts.h"

#include <cjson/cJSON.h>
#include <string.h>

enum { FILE_MAX = 1 << 28, MERGES_MAX = 1 << 22 };

enum { PART_NORMALIZER, PART_PRETOKENIZER, PART_POSTPROCESSOR, PART_ADDED, PART_MODEL, PART_COUNT };
static const char *const part_names[PART_COUNT] = {"normalizer", "pre_tokenizer", "post_processor",
                                                   "added_tokens", "model"};

struct slice {
    const char *text;
    size_t length;
};

struct json_reading {
    struct tokenizer *tokenizer;
    const char *path;
    struct slice part[PART_COUNT];
    struct slice vocab, merges;
    struct arena scratch; /* names while they are read */
    struct error *err;
};

static bool key_is(const struct json_walk *walk, const char *name)
{
    size_t length = strlen(name);
    return walk->key_len == length + 2 && memcmp(walk->key + 1, name, length) == 0;
}

static enum status parse(struct json_reading *r, struct slice slice, cJSON **out)
{
    *out = NULL;
    return slice.length ? json_parse(slice.text, slice.length, r->path, out, r->err) : STATUS_OK;
}

/* ---- the file and its parts ---------------------------------------------- */

static enum status find_parts(struct json_reading *r, struct slice whole)
{
    struct json_walk walk = {.text = whole.text, .len = whole.length, .what = r->path};
    bool more = true;
    for (;;) {
        enum status status = json_walk_next(&walk, &more, r->err);
        if (status != STATUS_OK || !more)
            return status;
        for (size_t i = 0; i < PART_COUNT; i++) {
            if (key_is(&walk, part_names[i]))
                r->part[i] = (struct slice){walk.value, walk.value_len};
        }
    }
}

typedef enum status read_part(struct tokenizer *tokenizer, const cJSON *item, const char *path,
                              struct error *err);

static enum status read_small(struct json_reading *r, int part, read_part *read)
{
    cJSON *item;
    enum status status = parse(r, r->part[part], &item);
    if (status == STATUS_OK && item && !cJSON_IsNull(item))
        status = read(r->tokenizer, item, r->path, r->err);
    cJSON_Delete(item);
    return status;
}

/* ---- settings of the model ----------------------------------------------- */

/* An object of what the model has besides vocabulary and merges. */
static enum status find_settings(struct json_reading *r, cJSON *settings)
{
    struct slice model = r->part[PART_MODEL];
    struct json_walk walk = {.text = model.text, .len = model.length, .what = r->path};
    if (!model.length)
        return error_set(r->err, STATUS_FAILED, "%s: it has no model", r->path);
    for (bool more = true;;) {
        enum status status = json_walk_next(&walk, &more, r->err);
        if (status != STATUS_OK || !more)
            return status;
        struct slice value = {walk.value, walk.value_len};
        const char *key;
        cJSON *item;
        if (key_is(&walk, "vocab")) {
            r->vocab = value;
            continue;
        }
        if (key_is(&walk, "merges")) {
            r->merges = value;
            continue;
        }
        status = json_string(walk.key, walk.key_len, r->path, &r->scratch, &key, r->err);
        if (status == STATUS_OK)
            status = parse(r, value, &item);
        if (status != STATUS_OK)
            return status;
        if (!cJSON_AddItemToObject(settings, key, item))
            cJSON_Delete(item);
    }
}

static enum status check_settings(struct json_reading *r, const cJSON *settings)
{
    static const char *const unknown[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    const char *type = cJSON_GetStringValue(json_get(settings, "type"));
    const cJSON *dropout = json_get(settings, "dropout");
    if (type ? strcmp(type, "BPE") != 0 : !r->merges.length)
        return tokenizer_refuse(r->path, "tokenizer model", type ? type : "without a type", r->err);
    if (dropout && dropout->valuedouble > 0)
        return tokenizer_refuse(r->path, "setting", "dropout", r->err);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        const char *text = cJSON_GetStringValue(json_get(settings, unknown[i]));
        if (text && *text)
            return tokenizer_refuse(r->path, "setting", unknown[i], r->err);
    }
    struct bpe *bpe = &r->tokenizer->bpe;
    bpe->ignore_merges = cJSON_IsTrue(json_get(settings, "ignore_merges"));
    bpe->byte_fallback = cJSON_IsTrue(json_get(settings, "byte_fallback"));
    bpe->fuse_unknown = cJSON_IsTrue(json_get(settings, "fuse_unk"));
    return STATUS_OK;
}

/* ---- vocabulary ---------------------------------------------------------- */

/* A name of the file as the bytes that it stands for; *known is false where it is no text of the
 * alphabet, which no word can then be. */
static enum status read_name(struct json_reading *r, const char *raw, size_t length, char **name,
                             size_t *size, bool *known)
{
    const char *text;
    enum status status = json_string(raw, length, r->path, &r->scratch, &text, r->err);
    if (status != STATUS_OK)
        return status;
    *known = true;
    *size = strlen(text);
    *name = arena_text(&r->scratch, text, *size);
    if (!*name)
        return error_memory(r->err);
    if (r->tokenizer->bpe.bytes && !alphabet_bytes(text, strlen(text), *name, size)) {
        *known = false;
        *size = strlen(text);
        memcpy(*name, text, *size);
    }
    return STATUS_OK;
}

/* An id in digits; anything else is beyond what is allowed. */
static uint64_t id_of(struct slice value)
{
    uint64_t id = 0;
    if (value.length == 0 || value.length > 9)
        return UINT64_MAX;
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9')
            return UINT64_MAX;
        id = 10 * id + (uint64_t)(value.text[i] - '0');
    }
    return id;
}

static enum status read_vocabulary(struct json_reading *r)
{
    struct vocabulary *vocabulary = &r->tokenizer->vocabulary;
    struct json_walk walk = {.text = r->vocab.text, .len = r->vocab.length, .what = r->path};
    for (bool more = true, known;;) {
        char *name;
        size_t size;
        enum status status = json_walk_next(&walk, &more, r->err);
        if (status != STATUS_OK || !more)
            return status;
        uint64_t id = id_of((struct slice){walk.value, walk.value_len});
        if (id >= IDS_MAX)
            return error_set(r->err, STATUS_FAILED, "%s: id %.*s of a token is none from 0 to %d",
                             r->path, walk.value_len < 24 ? (int)walk.value_len : 24, walk.value,
                             IDS_MAX - 1);
        status = read_name(r, walk.key, walk.key_len, &name, &size, &known);
        if (status == STATUS_OK)
            status = vocabulary_set(vocabulary, id, name, size, r->path, r->err);
        if (status != STATUS_OK)
            return status;
        vocabulary->pieces[id].literal = !known;
    }
}

/* ---- merges -------------------------------------------------------------- */

static char next_mark(const struct slice *list, size_t *at)
{
    while (*at < list->length && list->text[*at] && strchr(" \t\r\n", list->text[*at]))
        ++*at;
    return *at < list->length ? list->text[*at] : '\0';
}

static enum status merges_failed(struct json_reading *r, size_t rank)
{
    return error_set(r->err, STATUS_FAILED, "%s: merge %zu is no pair of texts", r->path, rank);
}

/* The raw string that starts here, with its quotes. */
static bool take_string(const struct slice *list, size_t *at, struct slice *raw)
{
    if (next_mark(list, at) != '"')
        return false;
    size_t end = *at + 1;
    while (end < list->length && list->text[end] != '"')
        end += list->text[end] == '\\' ? 2 : 1;
    if (end >= list->length)
        return false;
    *raw = (struct slice){list->text + *at, end + 1 - *at};
    *at = end + 1;
    return true;
}

static bool take_mark(const struct slice *list, size_t *at, char mark)
{
    bool here = next_mark(list, at) == mark;
    *at += here;
    return here;
}

static enum status add_merge(struct json_reading *r, const char *left, size_t left_size,
                             const char *right, size_t right_size, size_t rank)
{
    struct vocabulary *vocabulary = &r->tokenizer->vocabulary;
    char *both = arena_alloc(&r->scratch, left_size + right_size + 1);
    if (!both)
        return error_memory(r->err);
    memcpy(both, left, left_size);
    memcpy(both + left_size, right, right_size);
    int32_t a = vocabulary_find(vocabulary, left, left_size);
    int32_t b = vocabulary_find(vocabulary, right, right_size);
    int32_t id = vocabulary_find(vocabulary, both, left_size + right_size);
    if (a == ID_NONE || b == ID_NONE || id == ID_NONE)
        return error_set(r->err, STATUS_FAILED, "%s: merge %zu is of tokens that are not there",
                         r->path, rank);
    const struct merge merge = {(uint32_t)a, (uint32_t)b, (uint32_t)id, (uint32_t)rank};
    return vocabulary_merge(vocabulary, merge, r->err);
}

/* "left right" */
static enum status read_joined(struct json_reading *r, struct slice raw, size_t rank)
{
    const char *text;
    size_t sizes[2];
    enum status status = json_string(raw.text, raw.length, r->path, &r->scratch, &text, r->err);
    if (status != STATUS_OK)
        return status;
    const char *gap = strchr(text, ' ');
    if (!gap || strchr(gap + 1, ' '))
        return merges_failed(r, rank);
    sizes[0] = (size_t)(gap - text);
    sizes[1] = strlen(gap + 1);
    char *left = arena_text(&r->scratch, text, sizes[0]);
    char *right = arena_text(&r->scratch, gap + 1, sizes[1]);
    if (!left || !right)
        return error_memory(r->err);
    if (r->tokenizer->bpe.bytes && (!alphabet_bytes(text, sizes[0], left, &sizes[0]) ||
                                    !alphabet_bytes(gap + 1, sizes[1], right, &sizes[1])))
        return merges_failed(r, rank);
    return add_merge(r, left, sizes[0], right, sizes[1], rank);
}

/* ["left", "right"] */
static enum status read_pair(struct json_reading *r, const struct slice raw[2], size_t rank)
{
    char *name[2];
    size_t size[2];
    for (size_t i = 0; i < 2; i++) {
        bool known;
        enum status status = read_name(r, raw[i].text, raw[i].length, &name[i], &size[i], &known);
        if (status != STATUS_OK)
            return status;
        if (!known)
            return merges_failed(r, rank);
    }
    return add_merge(r, name[0], size[0], name[1], size[1], rank);
}

static enum status read_merge(struct json_reading *r, size_t *at, size_t rank)
{
    struct slice raw[2];
    if (next_mark(&r->merges, at) == '"')
        return take_string(&r->merges, at, &raw[0]) ? read_joined(r, raw[0], rank)
                                                    : merges_failed(r, rank);
    if (!take_mark(&r->merges, at, '[') || !take_string(&r->merges, at, &raw[0]) ||
        !take_mark(&r->merges, at, ',') || !take_string(&r->merges, at, &raw[1]) ||
        !take_mark(&r->merges, at, ']'))
        return merges_failed(r, rank);
    return read_pair(r, raw, rank);
}

static enum status read_merges(struct json_reading *r)
{
    size_t at = 0, rank = 0;
    if (!take_mark(&r->merges, &at, '['))
        return merges_failed(r, 0);
    if (take_mark(&r->merges, &at, ']'))
        return STATUS_OK;
    do {
        if (rank == MERGES_MAX)
            return error_set(r->err, STATUS_FAILED, "%s: more than %d merges", r->path, MERGES_MAX);
        enum status status = read_merge(r, &at, rank++);
        if (status != STATUS_OK)
            return status;
    } while (take_mark(&r->merges, &at, ','));
    return take_mark(&r->merges, &at, ']') ? STATUS_OK : merges_failed(r, rank);
}

/* ---- added tokens -------------------------------------------------------- */

static enum status read_added_token(struct tokenizer *tokenizer, const cJSON *item,
                                    const char *path, struct error *err)
{
    struct vocabulary *vocabulary = &tokenizer->vocabulary;
    const char *text = cJSON_GetStringValue(json_get(item, "content"));
    uint64_t id;
    if (!text || !json_whole(json_get(item, "id"), &id) || id >= IDS_MAX)
        return error_set(err, STATUS_FAILED, "%s: an added token has no text or no id", path);
    if (*text == '\0')
        return STATUS_OK; /* no text has it */
    struct added added = {.text = text,
                          .length = strlen(text),
                          .id = (uint32_t)id,
                          .strip_left = cJSON_IsTrue(json_get(item, "lstrip")),
                          .strip_right = cJSON_IsTrue(json_get(item, "rstrip")),
                          .single_word = cJSON_IsTrue(json_get(item, "single_word")),
                          .normalized = cJSON_IsTrue(json_get(item, "normalized"))};
    enum status status = STATUS_OK;
    if (id >= vocabulary->count || !vocabulary->pieces[id].bytes) {
        status = vocabulary_set(vocabulary, id, text, added.length, path, err);
        if (status == STATUS_OK)
            vocabulary->pieces[id].literal = true; /* no merge leads to it */
    }
    if (status == STATUS_OK)
        vocabulary->pieces[id].special = cJSON_IsTrue(json_get(item, "special"));
    return status == STATUS_OK ? tokenizer_add(tokenizer, added, path, err) : status;
}

static enum status read_added(struct tokenizer *tokenizer, const cJSON *item, const char *path,
                              struct error *err)
{
    const cJSON *one;
    enum status status = STATUS_OK;
    cJSON_ArrayForEach(one, item)
    {
        if (status == STATUS_OK)
            status = read_added_token(tokenizer, one, path, err);
    }
    return status;
}

/* ---- all of it ----------------------------------------------------------- */

static enum status read_model(struct json_reading *r, const cJSON *settings)
{
    struct tokenizer *tokenizer = r->tokenizer;
    enum status status = check_settings(r, settings);
    if (status == STATUS_OK)
        status = read_vocabulary(r);
    if (status == STATUS_OK)
        status = read_small(r, PART_ADDED, read_added);
    if (status == STATUS_OK)
        status = vocabulary_index(&tokenizer->vocabulary, r->err);
    if (status == STATUS_OK)
        status = read_merges(r);
    if (status == STATUS_OK)
        status = vocabulary_index_merges(&tokenizer->vocabulary, r->err);
    if (status != STATUS_OK)
        return status;
    const char *unknown = cJSON_GetStringValue(json_get(settings, "unk_token"));
    tokenizer->bpe.unknown =
        unknown ? vocabulary_find(&tokenizer->vocabulary, unknown, strlen(unknown)) : ID_NONE;
    if (tokenizer->bpe.byte_fallback)
        vocabulary_find_byte_tokens(&tokenizer->vocabulary);
    return STATUS_OK;
}

static enum status read_whole(struct json_reading *r, struct slice whole)
{
    enum status status = find_parts(r, whole);
    if (status == STATUS_OK)
        status = read_small(r, PART_NORMALIZER, json_normalizer);
    if (status == STATUS_OK)
        status = read_small(r, PART_PRETOKENIZER, json_pretokenizer);
    if (status == STATUS_OK)
        status = read_small(r, PART_POSTPROCESSOR, json_postprocessor);
    cJSON *settings = cJSON_CreateObject();
    if (status == STATUS_OK)
        status = settings ? find_settings(r, settings) : error_memory(r->err);
    if (status == STATUS_OK)
        status = read_model(r, settings);
    cJSON_Delete(settings);
    return status;
}

enum status tokenizer_read_json(struct tokenizer *tokenizer, const char *path, struct error *err)
{
    struct json_reading r = {.tokenizer = tokenizer, .path = path, .err = err};
    struct slice whole;
    char *text;
    enum status status = file_read(path, FILE_MAX, &text, &whole.length, err);
    if (status != STATUS_OK)
        return status;
    whole.text = text;
    status = read_whole(&r, whole);
    arena_free(&r.scratch);
    memory_free(text);
    if (status != STATUS_OK)
        return status;
    const struct steps *steps = &tokenizer->normalizer;
    for (size_t i = 0; i < steps->count; i++) {
        if (steps->step[i].kind == STEP_PREPEND)
            tokenizer->strip_first = true;
    }
    tokenizer->kind = tokenizer->bpe.bytes ? "byte-level BPE" : "SentencePiece-style BPE";
    return tokenizer_finish(tokenizer, err);
}
