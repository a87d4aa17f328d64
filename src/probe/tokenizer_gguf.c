/* tokenizer_gguf.c: the vocabulary inside a GGUF file: tokenizer.ggml.model "llama" (pieces with
 * scores) and "gpt2" (byte-level, with merges), the latter with the patterns that are known for
 * certain. */
#include "tokenizer_parts.h"

#include "checkpoint/gguf.h"
#include "checkpoint/load.h"

#include <string.h>

enum { TEXT_LONGEST = 65535, MERGE_LONGEST = 4096, NAME_ROOM = 64 };
enum { GGUF_TEXT = 8, GGUF_LIST = 9, GGUF_TYPES = 13 };
enum { TOKEN_NORMAL = 1, TOKEN_UNKNOWN, TOKEN_CONTROL, TOKEN_USER, TOKEN_UNUSED, TOKEN_BYTE };

/* Bytes of a value of each type; 0: no fixed size. */
static const uint8_t type_bytes[GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/* Where a value lies: lists are read when all keys are known. */
struct place {
    uint64_t at, count; /* count: of a list */
    uint32_t type;      /* of a list: of its members */
    bool there;
};

enum {
    KEY_MODEL,
    KEY_PRE,
    KEY_TOKENS,
    KEY_SCORES,
    KEY_TYPES,
    KEY_MERGES,
    KEY_BOS,
    KEY_EOS,
    KEY_ADD_BOS,
    KEY_ADD_EOS,
    KEY_SPACE,
    KEY_COUNT
};
static const char *const key_names[KEY_COUNT] = {
    "model",        "pre",          "tokens",        "scores",        "token_type",      "merges",
    "bos_token_id", "eos_token_id", "add_bos_token", "add_eos_token", "add_space_prefix"};

/* Patterns by what llama.cpp calls them (llama-vocab.cpp). */
static const struct {
    const char *name, *first, *then;
    bool ignore_merges;
} patterns[] = {
    {"gpt-2", NULL, pattern_gpt2, false},         {"llama-bpe", NULL, pattern_llama3, true},
    {"qwen2", NULL, pattern_qwen2, false},        {"smollm", "\\p{N}", pattern_gpt2, false},
    {"starcoder", "\\p{N}", pattern_gpt2, false},
};

struct gguf_reading {
    struct gguf gguf;
    struct tokenizer *tokenizer;
    struct place place[KEY_COUNT];
    char *text; /* TEXT_LONGEST + 1 bytes */
    size_t length;
};

/* ---- keys ---------------------------------------------------------------- */

static enum status take_text(struct gguf_reading *r)
{
    uint64_t length;
    enum status status = gguf_u64(&r->gguf, &length);
    if (status != STATUS_OK)
        return status;
    if (length > TEXT_LONGEST)
        return gguf_fail(&r->gguf, "a text of more than %d bytes", TEXT_LONGEST);
    r->length = (size_t)length;
    r->text[length] = '\0';
    return gguf_take(&r->gguf, r->text, r->length);
}

static enum status skip(struct gguf_reading *r, uint64_t bytes)
{
    if (bytes > r->gguf.mapping->size - r->gguf.at)
        return gguf_fail(&r->gguf, "the file ends there");
    r->gguf.at += bytes;
    return STATUS_OK;
}

static enum status skip_texts(struct gguf_reading *r, uint64_t count)
{
    enum status status = STATUS_OK;
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        uint64_t length;
        status = gguf_u64(&r->gguf, &length);
        if (status == STATUS_OK)
            status = skip(r, length);
    }
    return status;
}

static enum status skip_value(struct gguf_reading *r, struct place *place)
{
    uint64_t bytes;
    enum status status = STATUS_OK;
    place->count = 1;
    if (place->type == GGUF_LIST) {
        status = gguf_u32(&r->gguf, &place->type);
        if (status == STATUS_OK)
            status = gguf_u64(&r->gguf, &place->count);
        if (status == STATUS_OK && place->type == GGUF_LIST)
            return gguf_fail(&r->gguf, "a list of lists");
    }
    if (status != STATUS_OK)
        return status;
    if (place->type >= GGUF_TYPES)
        return gguf_fail(&r->gguf, "no such type of value: %u", place->type);
    place->at = r->gguf.at;
    if (place->type == GGUF_TEXT)
        return skip_texts(r, place->count);
    if (!size_multiply(place->count, type_bytes[place->type], &bytes))
        return gguf_fail(&r->gguf, "a list too long to count");
    return skip(r, bytes);
}

static enum status read_key(struct gguf_reading *r)
{
    static const char prefix[] = "tokenizer.ggml.";
    struct place place = {.there = true}, *kept = NULL;
    enum status status = take_text(r);
    if (status != STATUS_OK)
        return status;
    text_format(r->gguf.where, sizeof r->gguf.where, "key %.64s", r->text);
    if (strncmp(r->text, prefix, sizeof prefix - 1) == 0) {
        for (size_t i = 0; i < KEY_COUNT; i++) {
            if (strcmp(r->text + sizeof prefix - 1, key_names[i]) == 0)
                kept = &r->place[i];
        }
    }
    status = gguf_u32(&r->gguf, &place.type);
    if (status == STATUS_OK)
        status = skip_value(r, &place);
    if (status == STATUS_OK && kept)
        *kept = place;
    return status;
}

static enum status read_keys(struct gguf_reading *r)
{
    char magic[4] = {0};
    uint32_t version;
    uint64_t tensors, keys;
    text_format(r->gguf.where, sizeof r->gguf.where, "header");
    /* The name alone may have led here. */
    enum status status = gguf_take(&r->gguf, magic, sizeof magic);
    if (status == STATUS_OK && memcmp(magic, "GGUF", sizeof magic) != 0)
        return gguf_fail(&r->gguf, "no GGUF file");
    if (status == STATUS_OK)
        status = gguf_u32(&r->gguf, &version);
    if (status == STATUS_OK && version != 2 && version != 3)
        return gguf_fail(&r->gguf, "version %u of the format", version);
    if (status == STATUS_OK)
        status = gguf_u64(&r->gguf, &tensors);
    if (status == STATUS_OK)
        status = gguf_u64(&r->gguf, &keys);
    for (uint64_t i = 0; status == STATUS_OK && i < keys; i++)
        status = read_key(r);
    return status;
}

/* ---- values -------------------------------------------------------------- */

static enum status go_to(struct gguf_reading *r, int key)
{
    text_format(r->gguf.where, sizeof r->gguf.where, "key tokenizer.ggml.%s", key_names[key]);
    r->gguf.at = r->place[key].at;
    return STATUS_OK;
}

/* A short text, or "" where the key is not there. */
static enum status short_text(struct gguf_reading *r, int key, char out[NAME_ROOM])
{
    out[0] = '\0';
    if (!r->place[key].there || r->place[key].type != GGUF_TEXT || go_to(r, key) != STATUS_OK)
        return STATUS_OK;
    enum status status = take_text(r);
    if (status == STATUS_OK)
        (void)text_format(out, NAME_ROOM, "%.*s", NAME_ROOM - 1, r->text);
    return status;
}

/* One number of a list or alone: 32 bits of them, or a flag. */
static enum status number(struct gguf_reading *r, int key, uint64_t index, uint32_t *value)
{
    const struct place *place = &r->place[key];
    size_t bytes = type_bytes[place->type];
    unsigned char raw[8] = {0};
    (void)go_to(r, key);
    r->gguf.at += index * bytes;
    enum status status = gguf_take(&r->gguf, raw, bytes);
    *value = load32(raw);
    return status;
}

static bool lists_fit(const struct gguf_reading *r, int key, uint32_t least, uint32_t most)
{
    const struct place *place = &r->place[key];
    return !place->there || (place->count == r->place[KEY_TOKENS].count && place->type >= least &&
                             place->type <= most);
}

/* A token with its score and its type. */
static enum status set_token(struct gguf_reading *r, uint64_t id, uint32_t type, float score)
{
    struct tokenizer *t = r->tokenizer;
    const struct added added = {.text = r->text, .length = r->length, .id = (uint32_t)id};
    enum status status = STATUS_OK;
    bool apart = type == TOKEN_CONTROL || type == TOKEN_USER;
    if (apart && r->length > 0)
        status = tokenizer_add(t, added, r->gguf.path, r->gguf.err);
    bool known = true;
    if (t->bpe.bytes && !apart) {
        size_t length = r->length;
        char *bytes = arena_alloc(&t->vocabulary.arena, length + 1);
        if (!bytes)
            return error_memory(r->gguf.err);
        known = alphabet_bytes(r->text, length, bytes, &r->length);
        if (known)
            memcpy(r->text, bytes, r->length);
        else
            r->length = length;
    }
    if (status == STATUS_OK)
        status = vocabulary_set(&t->vocabulary, id, r->text, r->length, r->gguf.path, r->gguf.err);
    if (status != STATUS_OK)
        return status;
    struct piece *piece = &t->vocabulary.pieces[id];
    piece->score = score == score ? score : 0;
    piece->special = type == TOKEN_CONTROL || type == TOKEN_UNKNOWN;
    piece->literal = !known || apart || type == TOKEN_UNKNOWN || type == TOKEN_UNUSED;
    return STATUS_OK;
}

static enum status read_tokens(struct gguf_reading *r)
{
    const struct place *tokens = &r->place[KEY_TOKENS];
    if (!tokens->there || tokens->type != GGUF_TEXT || tokens->count == 0 ||
        tokens->count > IDS_MAX || !lists_fit(r, KEY_SCORES, 6, 6) ||
        !lists_fit(r, KEY_TYPES, 4, 5))
        return error_set(r->gguf.err, STATUS_FAILED,
                         "%s: its tokens, scores and token types do not fit each other",
                         r->gguf.path);
    uint64_t at = tokens->at;
    for (uint64_t id = 0; id < tokens->count; id++) {
        uint32_t bits = 0, type = TOKEN_NORMAL;
        float score;
        enum status status = STATUS_OK;
        if (r->place[KEY_SCORES].there)
            status = number(r, KEY_SCORES, id, &bits);
        if (status == STATUS_OK && r->place[KEY_TYPES].there)
            status = number(r, KEY_TYPES, id, &type);
        memcpy(&score, &bits, sizeof score);
        (void)go_to(r, KEY_TOKENS);
        r->gguf.at = at;
        if (status == STATUS_OK)
            status = take_text(r);
        at = r->gguf.at;
        if (status == STATUS_OK)
            status = set_token(r, id, type, score);
        if (status != STATUS_OK)
            return status;
    }
    return vocabulary_index(&r->tokenizer->vocabulary, r->gguf.err);
}

/* "left right" in the alphabet; the text is decoded in place, which never makes it longer. */
static enum status set_merge(struct gguf_reading *r, size_t rank)
{
    struct vocabulary *vocabulary = &r->tokenizer->vocabulary;
    char *gap = r->length > 0 ? memchr(r->text + 1, ' ', r->length - 1) : NULL;
    size_t left, right;
    char bytes[MERGE_LONGEST];
    if (!gap || r->length > sizeof bytes)
        return gguf_fail(&r->gguf, "merge %zu is no pair", rank);
    if (!alphabet_bytes(r->text, (size_t)(gap - r->text), bytes, &left) ||
        !alphabet_bytes(gap + 1, r->length - (size_t)(gap + 1 - r->text), bytes + left, &right))
        return gguf_fail(&r->gguf, "merge %zu is no text of the byte-level alphabet", rank);
    int32_t a = vocabulary_find(vocabulary, bytes, left);
    int32_t b = vocabulary_find(vocabulary, bytes + left, right);
    int32_t id = vocabulary_find(vocabulary, bytes, left + right);
    if (a == ID_NONE || b == ID_NONE || id == ID_NONE)
        return gguf_fail(&r->gguf, "merge %zu is of tokens that are not there", rank);
    const struct merge merge = {(uint32_t)a, (uint32_t)b, (uint32_t)id, (uint32_t)rank};
    return vocabulary_merge(vocabulary, merge, r->gguf.err);
}

static enum status read_merges(struct gguf_reading *r)
{
    const struct place *merges = &r->place[KEY_MERGES];
    enum status status = go_to(r, KEY_MERGES);
    if (!merges->there || merges->type != GGUF_TEXT || merges->count > IDS_MAX)
        return gguf_fail(&r->gguf, "it is not there, or no list of texts");
    for (size_t rank = 0; rank < merges->count && status == STATUS_OK; rank++) {
        status = take_text(r);
        if (status == STATUS_OK)
            status = set_merge(r, rank);
    }
    return status == STATUS_OK ? vocabulary_index_merges(&r->tokenizer->vocabulary, r->gguf.err)
                               : status;
}

/* ---- the two kinds ------------------------------------------------------- */

static bool flag(struct gguf_reading *r, int key, bool otherwise)
{
    uint32_t value;
    if (!r->place[key].there || type_bytes[r->place[key].type] != 1)
        return otherwise;
    return number(r, key, 0, &value) == STATUS_OK && (value & 0xFF) != 0;
}

static void put_around(struct gguf_reading *r, int add, int key, bool otherwise, uint32_t *list,
                       size_t *count)
{
    uint32_t id;
    if (flag(r, add, otherwise) && r->place[key].there && type_bytes[r->place[key].type] == 4 &&
        number(r, key, 0, &id) == STATUS_OK && id < r->tokenizer->vocabulary.count)
        list[(*count)++] = id;
}

static enum status read_bytes(struct gguf_reading *r)
{
    char pre[NAME_ROOM];
    struct tokenizer *t = r->tokenizer;
    enum status status = short_text(r, KEY_PRE, pre);
    if (status != STATUS_OK)
        return status;
    t->bpe.bytes = true;
    t->bpe.unknown = ID_NONE;
    t->kind = "byte-level BPE";
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (strcmp(patterns[i].name, pre) != 0)
            continue;
        t->bpe.ignore_merges = patterns[i].ignore_merges;
        if (patterns[i].first)
            status = steps_add_split(&t->pretokens, patterns[i].first, SPLIT_ISOLATED, false,
                                     r->gguf.path, r->gguf.err);
        if (status == STATUS_OK)
            status = steps_add_split(&t->pretokens, patterns[i].then, SPLIT_ISOLATED, false,
                                     r->gguf.path, r->gguf.err);
        if (status == STATUS_OK)
            status = read_tokens(r);
        return status == STATUS_OK ? read_merges(r) : status;
    }
    return tokenizer_refuse(r->gguf.path, "tokenizer.ggml.pre", pre, r->gguf.err);
}

static enum status read_scores(struct gguf_reading *r)
{
    struct tokenizer *t = r->tokenizer;
    struct step *step = NULL;
    t->kind = "SentencePiece-style BPE";
    t->bpe.scores = t->bpe.byte_fallback = true;
    t->bpe.unknown = ID_NONE;
    if (flag(r, KEY_SPACE, true)) {
        step = steps_add(&t->normalizer, STEP_PREPEND);
        step->from = "";
        step->to = " ";
        t->strip_first = true;
    }
    step = steps_add(&t->normalizer, STEP_REPLACE);
    step->from = " ";
    step->to = "\xE2\x96\x81";
    enum status status = read_tokens(r);
    if (status == STATUS_OK)
        vocabulary_find_byte_tokens(&t->vocabulary);
    return status;
}

static enum status read_kind(struct gguf_reading *r)
{
    char model[NAME_ROOM];
    struct tokenizer *t = r->tokenizer;
    enum status status = read_keys(r);
    if (status == STATUS_OK)
        status = short_text(r, KEY_MODEL, model);
    if (status != STATUS_OK)
        return status;
    bool scores = strcmp(model, "llama") == 0;
    if (!scores && strcmp(model, "gpt2") != 0)
        return tokenizer_refuse(r->gguf.path, "tokenizer.ggml.model", model, r->gguf.err);
    status = scores ? read_scores(r) : read_bytes(r);
    if (status != STATUS_OK)
        return status;
    put_around(r, KEY_ADD_BOS, KEY_BOS, scores, t->before, &t->before_count);
    put_around(r, KEY_ADD_EOS, KEY_EOS, false, t->behind, &t->behind_count);
    return tokenizer_finish(t, r->gguf.err);
}

enum status tokenizer_read_gguf(struct tokenizer *tokenizer, const char *path, struct error *err)
{
    struct mapping mapping;
    enum status status = mapping_open(&mapping, path, err);
    if (status != STATUS_OK)
        return status;
    struct gguf_reading r = {
        .gguf = {.path = path, .mapping = &mapping, .err = err},
        .tokenizer = tokenizer,
        .text = memory_array(TEXT_LONGEST + 1, 1),
    };
    status = r.text ? read_kind(&r) : error_memory(err);
    memory_free(r.text);
    mapping_close(&mapping);
    return status;
}
