/* json.c: cJSON with the care that files of strangers need: lengths, NaN and Infinity, whole
 * numbers, and a walk over objects that are too large for a tree. */
#include "ropescope/support.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>
#include <xxhash.h>

enum { NESTING_MAX = 64 };

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- whole values -------------------------------------------------------- */

/* Length of a number that JSON has no word for at `text`; 0: none. */
static size_t unwritable_number(const char *text, size_t len)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    if (*text != 'N' && *text != 'I' && *text != '-')
        return 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if (size <= len && memcmp(text, words[i], size) == 0)
            return size;
    }
    return 0;
}

/* Copies JSON text with NaN and the infinities, outside strings, as null; returns the new length.
 * With `to` NULL it only counts. */
static size_t copy_readable(const char *from, size_t len, char *to)
{
    size_t out = 0;
    bool quoted = false;
    for (size_t at = 0; at < len;) {
        size_t word = quoted ? 0 : unwritable_number(from + at, len - at);
        const char *piece = word ? "null" : from + at;
        size_t size = word ? 4 : 1;
        if (!word && quoted && from[at] == '\\' && at + 1 < len)
            size = 2;
        else if (!word && from[at] == '"')
            quoted = !quoted;
        if (to)
            memcpy(to + out, piece, size);
        out += size;
        at += word ? word : size;
    }
    return out;
}

/* Where a control character stands that JSON does not allow there; cJSON takes them all, NUL too.
 * `len` where there is none. */
static size_t find_control(const char *text, size_t len)
{
    bool quoted = false;
    for (size_t at = 0; at < len; at++) {
        unsigned char c = (unsigned char)text[at];
        if (c < 0x20 && (quoted || !is_space(text[at])))
            return at;
        if (quoted && c == '\\' && at + 1 < len && (unsigned char)text[at + 1] >= 0x20)
            at++;
        else if (c == '"')
            quoted = !quoted;
    }
    return len;
}

enum status json_parse(const char *text, size_t len, const char *what, struct cJSON **out,
                       struct error *err)
{
    *out = NULL;
    size_t control = find_control(text, len);
    if (control < len)
        return error_set(err, STATUS_FAILED,
                         "%s: no valid JSON: control character 0x%02x at byte "
                         "%zu of %zu",
                         what, (unsigned char)text[control], control, len);
    bool plain = !memchr(text, 'N', len) && !memchr(text, 'I', len); /* no such word in it */
    size_t size = plain ? len : copy_readable(text, len, NULL);
    char *copy = memory_array(size + 1, 1);
    if (!copy)
        return error_memory(err);
    if (plain)
        memcpy(copy, text, len);
    else
        copy_readable(text, len, copy);
    const char *end = copy;
    errno = 0; /* cJSON does not say why it gives up: an allocation that fails leaves ENOMEM */
    *out = cJSON_ParseWithLengthOpts(copy, size + 1, &end, 1);
    enum status status = STATUS_OK;
    if (!*out)
        status = errno == ENOMEM
                     ? error_memory(err)
                     : error_set(err, STATUS_FAILED, "%s: no valid JSON near byte %zu of %zu", what,
                                 (size_t)(end - copy), len);
    memory_free(copy);
    return status;
}

enum status json_read_file(const char *path, size_t limit, struct cJSON **out, uint64_t *hash,
                           struct error *err)
{
    char *text;
    size_t len;
    enum status status = file_read(path, limit, &text, &len, err);
    if (status != STATUS_OK)
        return status;
    if (hash)
        *hash = XXH3_64bits(text, len);
    status = json_parse(text, len, path, out, err);
    memory_free(text);
    return status;
}

/* ---- the walk ------------------------------------------------------------ */

static enum status walk_failed(const struct json_walk *walk, const char *why, struct error *err)
{
    return error_set(err, STATUS_FAILED, "%s: no valid JSON object: %s at byte %zu of %zu",
                     walk->what, why, walk->at, walk->len);
}

static void skip_space(struct json_walk *walk)
{
    while (walk->at < walk->len && is_space(walk->text[walk->at]))
        walk->at++;
}

/* The next character behind white space; 0 at the end. */
static char peek(struct json_walk *walk)
{
    skip_space(walk);
    return walk->at < walk->len ? walk->text[walk->at] : '\0';
}

/* Moves behind the string that starts here; false where it does not end. */
static bool skip_string(struct json_walk *walk)
{
    for (walk->at++; walk->at < walk->len; walk->at++) {
        char c = walk->text[walk->at];
        if (c == '\\') {
            walk->at++;
        } else if (c == '"') {
            walk->at++;
            return true;
        }
    }
    walk->at = walk->len;
    return false;
}

/* Moves behind the value that starts here; NULL or why it cannot. */
static const char *skip_value(struct json_walk *walk)
{
    int depth = 0;
    while (walk->at < walk->len) {
        char c = walk->text[walk->at];
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return NULL;
        if (c == '"') {
            if (!skip_string(walk))
                return "a string does not end";
            continue;
        }
        if ((c == '{' || c == '[') && ++depth > NESTING_MAX)
            return "nested too deep";
        if (c == '}' || c == ']')
            depth--;
        walk->at++;
    }
    return "the text ends inside a value";
}

static enum status walk_end(struct json_walk *walk, bool *more, struct error *err)
{
    walk->at++;
    *more = false;
    return peek(walk) || walk->at < walk->len
               ? walk_failed(walk, "something follows the closing brace", err)
               : STATUS_OK;
}

enum status json_walk_next(struct json_walk *walk, bool *more, struct error *err)
{
    char c = peek(walk);
    bool first = !walk->inside;
    if (first) {
        if (c != '{')
            return walk_failed(walk, "it does not start with a brace", err);
        walk->inside = true;
        walk->at++;
        c = peek(walk);
    }
    if (c == '}')
        return walk_end(walk, more, err);
    if (!first) {
        if (c != ',')
            return walk_failed(walk, "a comma is missing", err);
        walk->at++;
        c = peek(walk);
    }
    if (c != '"')
        return walk_failed(walk, "a key is missing", err);
    walk->key = walk->text + walk->at;
    if (!skip_string(walk))
        return walk_failed(walk, "a key does not end", err);
    walk->key_len = (size_t)(walk->text + walk->at - walk->key);
    if (peek(walk) != ':')
        return walk_failed(walk, "a colon is missing", err);
    walk->at++;
    skip_space(walk);
    walk->value = walk->text + walk->at;
    const char *why = skip_value(walk);
    if (why)
        return walk_failed(walk, why, err);
    walk->value_len = (size_t)(walk->text + walk->at - walk->value);
    while (walk->value_len > 0 && is_space(walk->value[walk->value_len - 1]))
        walk->value_len--;
    if (walk->value_len == 0)
        return walk_failed(walk, "a value is missing", err);
    *more = true;
    return STATUS_OK;
}

/* ASCII that stands for itself; a loop without a way out vectorises. */
static bool is_plain(const char *text, size_t len)
{
    unsigned odd = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        odd |= (unsigned)(c < 0x20) | (unsigned)(c >= 0x7F) | (unsigned)(c == '"') |
               (unsigned)(c == '\\');
    }
    return !odd;
}

enum status json_string(const char *raw, size_t len, const char *what, struct arena *arena,
                        const char **out, struct error *err)
{
    if (len < 2 || raw[0] != '"' || raw[len - 1] != '"')
        return error_set(err, STATUS_FAILED, "%s: a name is no JSON string", what);
    if (is_plain(raw + 1, len - 2)) {
        *out = arena_text(arena, raw + 1, len - 2);
        return *out ? STATUS_OK : error_memory(err);
    }
    if (!text_is_utf8(raw, len))
        return error_set(err, STATUS_FAILED, "%s: a name is not valid UTF-8", what);
    size_t control = find_control(raw, len);
    if (control < len)
        return error_set(err, STATUS_FAILED, "%s: a name holds the control character 0x%02x", what,
                         (unsigned char)raw[control]);
    if (!memchr(raw, '\\', len)) {
        if (memchr(raw + 1, '"', len - 2))
            return error_set(err, STATUS_FAILED, "%s: a name is no JSON string", what);
        *out = arena_text(arena, raw + 1, len - 2);
        return *out ? STATUS_OK : error_memory(err);
    }
    for (size_t i = 0; i + 6 <= len; i++) { /* cJSON would cut the name at U+0000 */
        if (memcmp(raw + i, "\\u0000", 6) == 0)
            return error_set(err, STATUS_FAILED, "%s: a name holds U+0000", what);
        i += raw[i] == '\\'; /* an escaped backslash escapes nothing itself */
    }
    cJSON *item = NULL;
    enum status status = json_parse(raw, len, what, &item, err);
    if (status == STATUS_OK) {
        const char *text = cJSON_GetStringValue(item);
        *out = text ? arena_text(arena, text, strlen(text)) : NULL;
        status = *out ? STATUS_OK : error_memory(err);
    }
    cJSON_Delete(item);
    return status;
}

/* ---- items --------------------------------------------------------------- */

bool json_whole(const struct cJSON *item, uint64_t *value)
{
    if (!cJSON_IsNumber(item))
        return false;
    double number = item->valuedouble;
    if (!(number >= 0 && number < 9007199254740992.0) || number != (double)(uint64_t)number)
        return false;
    *value = (uint64_t)number;
    return true;
}

const struct cJSON *json_get(const struct cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNull(item) ? NULL : item;
}
