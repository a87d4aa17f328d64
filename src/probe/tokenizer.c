/* tokenizer.c: encoding and decoding with a tokenizer that has been read. */
#include "tokenizer_parts.h"

#include <string.h>

/* A text of this size has some million tokens: more than any model attends to. */
enum { TEXT_MAX = 1 << 24 };

#define LOWER_BLOCK "\xE2\x96\x81"

enum status tokenizer_refuse(const char *path, const char *kind, const char *name,
                             struct error *err)
{
    error_set(err, STATUS_FAILED, "%s: the %s \"%s\" is not known", path, kind, name);
    return error_help(err, "pass token ids by --tokens");
}

void tokenizer_close(struct tokenizer *tokenizer)
{
    if (!tokenizer)
        return;
    vocabulary_free(&tokenizer->vocabulary);
    steps_free(&tokenizer->normalizer);
    steps_free(&tokenizer->pretokens);
    pattern_free(tokenizer->word_character);
    memory_free(tokenizer->added);
    memory_free(tokenizer);
}

uint32_t tokenizer_count(const struct tokenizer *tokenizer)
{
    return tokenizer->plain_bytes ? 256 : (uint32_t)tokenizer->vocabulary.count;
}

const char *tokenizer_words(const struct tokenizer *tokenizer)
{
    return tokenizer->words;
}

/* ---- building ------------------------------------------------------------ */

enum status tokenizer_add(struct tokenizer *tokenizer, struct added added, const char *what,
                          struct error *err)
{
    if (added.length == 0 || added.length > ADDED_BYTES || tokenizer->added_count == ADDED_MAX)
        return error_set(err, STATUS_FAILED,
                         "%s: added token %u: 1 to %d bytes and at most %d tokens are read", what,
                         added.id, ADDED_BYTES, ADDED_MAX);
    struct added *grown = tokenizer->added;
    size_t count = tokenizer->added_count;
    if ((count & (count - 1)) == 0) /* doubled at each power of two */
        grown = memory_grow(grown, count ? 2 * count : 1, sizeof *grown);
    if (!grown)
        return error_memory(err);
    tokenizer->added = grown;
    added.text = arena_text(&tokenizer->vocabulary.arena, added.text, added.length);
    if (!added.text)
        return error_memory(err);
    tokenizer->added[tokenizer->added_count++] = added;
    if (!added.single_word || tokenizer->word_character)
        return STATUS_OK;
    tokenizer->word_character =
        pattern_compile("[\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{200c}\\x{200d}]", what, err);
    return tokenizer->word_character ? STATUS_OK : STATUS_FAILED;
}

/* What a SentencePiece-style piece says: spaces for U+2581; never longer than the piece. */
static enum status say_spaces(struct vocabulary *vocabulary, struct piece *piece, struct error *err)
{
    char *says = arena_text(&vocabulary->arena, piece->bytes, piece->length);
    if (!says)
        return error_memory(err);
    size_t to = 0;
    for (size_t at = 0; at < piece->length;) {
        bool space = piece->length - at >= 3 && memcmp(piece->bytes + at, LOWER_BLOCK, 3) == 0;
        says[to++] = space ? ' ' : piece->bytes[at];
        at += space ? 3 : 1;
    }
    piece->says = says;
    piece->says_length = (uint32_t)to;
    return STATUS_OK;
}

static enum status say_bytes(struct vocabulary *vocabulary, struct error *err)
{
    char *bytes = arena_alloc(&vocabulary->arena, 256);
    if (!bytes)
        return error_memory(err);
    for (size_t byte = 0; byte < 256; byte++) {
        bytes[byte] = (char)byte;
        if (vocabulary->byte_ids[byte] == ID_NONE)
            continue;
        struct piece *piece = &vocabulary->pieces[vocabulary->byte_ids[byte]];
        piece->says = bytes + byte;
        piece->says_length = 1;
    }
    return STATUS_OK;
}

/* Ids put around a text must be tokens, as all others are by their making. */
static enum status check_special(const struct tokenizer *tokenizer, const uint32_t *ids,
                                 size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] >= tokenizer->vocabulary.count)
            return error_set(err, STATUS_FAILED,
                             "the tokenizer puts token %u around a text and has %zu tokens", ids[i],
                             tokenizer->vocabulary.count);
    }
    return STATUS_OK;
}

enum status tokenizer_finish(struct tokenizer *tokenizer, struct error *err)
{
    struct vocabulary *vocabulary = &tokenizer->vocabulary;
    enum status status = check_special(tokenizer, tokenizer->before, tokenizer->before_count, err);
    if (status == STATUS_OK)
        status = check_special(tokenizer, tokenizer->behind, tokenizer->behind_count, err);
    for (size_t id = 0; id < vocabulary->count && status == STATUS_OK; id++) {
        struct piece *piece = &vocabulary->pieces[id];
        piece->says = piece->bytes;
        piece->says_length = piece->length;
        if (piece->bytes && !tokenizer->bpe.bytes && memchr(piece->bytes, 0xE2, piece->length))
            status = say_spaces(vocabulary, piece, err);
    }
    if (status == STATUS_OK && tokenizer->bpe.byte_fallback)
        status = say_bytes(vocabulary, err);
    for (size_t i = 0; i < tokenizer->added_count && status == STATUS_OK; i++) {
        const struct added *added = &tokenizer->added[i];
        struct piece *piece = &vocabulary->pieces[added->id];
        piece->says = added->text;
        piece->says_length = (uint32_t)added->length;
    }
    added_sort(tokenizer);
    tokenizer->bpe.vocabulary = vocabulary;
    return status;
}

/* ---- encoding ------------------------------------------------------------ */

struct encoding {
    const struct tokenizer *tokenizer;
    struct ids ids;
    double deadline;
};

static enum status encode_word(void *arg, const char *text, size_t length, bool first,
                               struct error *err)
{
    (void)first;
    struct encoding *e = arg;
    return bpe_word(&e->tokenizer->bpe, text, length, &e->ids, err);
}

static enum status encode_token(void *arg, uint32_t id, struct error *err)
{
    struct encoding *e = arg;
    return ids_add(&e->ids, id) ? STATUS_OK : error_memory(err);
}

static enum status encode_words(void *arg, const char *text, size_t length, bool first,
                                struct error *err)
{
    struct encoding *e = arg;
    struct stepping stepping = {
        .steps = &e->tokenizer->pretokens, .word = encode_word, .arg = e, .deadline = e->deadline};
    enum status status = steps_run(&stepping, 0, text, length, first, err);
    e->deadline = stepping.deadline;
    return status;
}

/* What the normalizer made: tokens are found in it once more. */
static enum status encode_normalized(void *arg, const char *text, size_t length, bool first,
                                     struct error *err)
{
    struct encoding *e = arg;
    const struct tokenizer *t = e->tokenizer;
    if (!t->added)
        return encode_words(e, text, length, first, err);
    const struct added_scan scan = {
        t, t->added + t->added_raw, t->added_count - t->added_raw, encode_words, encode_token, e};
    return added_run(&scan, text, length, first, err);
}

static enum status encode_raw(void *arg, const char *text, size_t length, bool first,
                              struct error *err)
{
    struct encoding *e = arg;
    struct stepping stepping = {
        .steps = &e->tokenizer->normalizer, .word = encode_normalized, .arg = e};
    return steps_run(&stepping, 0, text, length, first, err);
}

static enum status encode_bytes(struct encoding *e, const char *text, size_t length,
                                struct error *err)
{
    for (size_t i = 0; i < length; i++) {
        if (!ids_add(&e->ids, (unsigned char)text[i]))
            return error_memory(err);
    }
    return STATUS_OK;
}

static enum status encode_text(struct encoding *e, const char *text, size_t length,
                               struct error *err)
{
    const struct tokenizer *t = e->tokenizer;
    if (t->plain_bytes)
        return encode_bytes(e, text, length, err);
    const struct added_scan scan = {t, t->added, t->added_raw, encode_raw, encode_token, e};
    return added_run(&scan, text, length, true, err);
}

static enum status encode_special(struct encoding *e, const uint32_t *ids, size_t count,
                                  struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!ids_add(&e->ids, ids[i]))
            return error_memory(err);
    }
    return STATUS_OK;
}

enum status tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                             bool add_special, uint32_t **ids, size_t *count, struct error *err)
{
    struct encoding e = {.tokenizer = tokenizer};
    enum status status = STATUS_OK;
    *ids = NULL;
    *count = 0;
    if (length > TEXT_MAX)
        return error_set(err, STATUS_FAILED, "a text of %zu bytes is too long, at most %d are read",
                         length, TEXT_MAX);
    if (!tokenizer->plain_bytes && !text_is_utf8(text, length))
        return error_set(err, STATUS_FAILED, "the text is no valid UTF-8");
    if (add_special)
        status = encode_special(&e, tokenizer->before, tokenizer->before_count, err);
    if (status == STATUS_OK)
        status = encode_text(&e, text, length, err);
    if (status == STATUS_OK && add_special)
        status = encode_special(&e, tokenizer->behind, tokenizer->behind_count, err);
    if (status != STATUS_OK) {
        memory_free(e.ids.at);
        return status;
    }
    *ids = e.ids.at;
    *count = e.ids.count;
    return STATUS_OK;
}

/* ---- decoding ------------------------------------------------------------ */

static const char every_byte[256] = {
#define FOUR(n) (char)(n), (char)((n) + 1), (char)((n) + 2), (char)((n) + 3)
#define SIXTEEN(n) FOUR(n), FOUR((n) + 4), FOUR((n) + 8), FOUR((n) + 12)
#define SIXTY_FOUR(n) SIXTEEN(n), SIXTEEN((n) + 16), SIXTEEN((n) + 32), SIXTEEN((n) + 48)
    SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)};

bool tokenizer_is_special(const struct tokenizer *tokenizer, uint32_t id)
{
    return !tokenizer->plain_bytes && id < tokenizer->vocabulary.count &&
           tokenizer->vocabulary.pieces[id].special;
}

const char *tokenizer_bytes(const struct tokenizer *tokenizer, uint32_t id, bool first,
                            size_t *length)
{
    *length = 0;
    if (id >= tokenizer_count(tokenizer))
        return "";
    if (tokenizer->plain_bytes) {
        *length = 1;
        return &every_byte[id];
    }
    const struct piece *piece = &tokenizer->vocabulary.pieces[id];
    if (!piece->says || piece->special)
        return "";
    bool strip = first && tokenizer->strip_first && piece->says_length > 0 && piece->says[0] == ' ';
    *length = piece->says_length - strip;
    return piece->says + strip;
}

enum status tokenizer_decode(const struct tokenizer *tokenizer, const uint32_t *ids, size_t count,
                             char **text, size_t *length, struct error *err)
{
    uint64_t size = 1;
    size_t at = 0, bytes;
    *text = NULL;
    *length = 0;
    for (size_t i = 0; i < count; i++) {
        tokenizer_bytes(tokenizer, ids[i], false, &bytes);
        if (!size_add(size, bytes, &size))
            return error_memory(err);
    }
    char *out = memory_unset((size_t)size);
    if (!out)
        return error_memory(err);
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        const char *piece = tokenizer_bytes(tokenizer, ids[i], first, &bytes);
        memcpy(out + at, piece, bytes);
        at += bytes;
        first = first && tokenizer_is_special(tokenizer, ids[i]);
    }
    out[at] = '\0';
    *text = out;
    *length = at;
    return STATUS_OK;
}
