/* safetensors_plain.c: an entry of a header as all writers write it, read without a tree: there can
 * be a hundred thousand. Whatever else it holds, good or bad, is for safetensors.c to judge. */
#include "safetensors_plain.h"

#include <string.h>

/* The text that is left. */
struct rest {
    const char *at, *end;
};

static void skip_spaces(struct rest *rest)
{
    while (rest->at < rest->end && *rest->at == ' ')
        rest->at++;
}

static bool take(struct rest *rest, char c)
{
    skip_spaces(rest);
    if (rest->at == rest->end || *rest->at != c)
        return false;
    rest->at++;
    return true;
}

/* Letters, digits and lines; its quotes are left out. */
static bool take_word(struct rest *rest, const char **word, size_t *len)
{
    if (!take(rest, '"'))
        return false;
    *word = rest->at;
    while (rest->at < rest->end &&
           ((*rest->at >= '0' && *rest->at <= '9') || (*rest->at >= 'A' && *rest->at <= 'Z') ||
            (*rest->at >= 'a' && *rest->at <= 'z') || *rest->at == '_'))
        rest->at++;
    *len = (size_t)(rest->at - *word);
    return rest->at < rest->end && *rest->at++ == '"';
}

/* Below 10^15, which a double holds to the last digit. */
static bool take_whole(struct rest *rest, uint64_t *number)
{
    enum { DIGITS_MOST = 15 };
    skip_spaces(rest);
    const char *first = rest->at;
    *number = 0;
    while (rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9' &&
           rest->at - first < DIGITS_MOST)
        *number = 10 * *number + (uint64_t)(*rest->at++ - '0');
    size_t digits = (size_t)(rest->at - first);
    return digits == 1 || (digits > 1 && *first != '0');
}

static bool take_dtype(struct rest *rest, struct plain_entry *entry)
{
    char name[16] = {0};
    const char *word;
    size_t len;
    if (!take_word(rest, &word, &len) || len >= sizeof name)
        return false;
    memcpy(name, word, len);
    return dtype_from_name(name, &entry->dtype);
}

static bool take_shape(struct rest *rest, struct plain_entry *entry)
{
    enum { RANK_MOST = 8 };
    uint64_t size;
    entry->elements = 1;
    if (!take(rest, '['))
        return false;
    if (take(rest, ']'))
        return true;
    do {
        if (entry->rank == RANK_MOST || !take_whole(rest, &size) ||
            !size_multiply(entry->elements, size, &entry->elements))
            return false;
        if (entry->rank < 2)
            entry->shape[entry->rank] = size;
        entry->rank++;
    } while (take(rest, ','));
    return take(rest, ']');
}

static bool take_offsets(struct rest *rest, struct plain_entry *entry)
{
    return take(rest, '[') && take_whole(rest, &entry->begin) && take(rest, ',') &&
           take_whole(rest, &entry->end) && take(rest, ']');
}

bool plain_entry_read(const char *text, size_t len, struct plain_entry *entry)
{
    typedef bool take_value(struct rest * rest, struct plain_entry * entry);
    static const struct {
        const char *key;
        take_value *value;
    } parts[] = {{"dtype", take_dtype}, {"shape", take_shape}, {"data_offsets", take_offsets}};
    enum { PARTS = sizeof parts / sizeof *parts, ALL = (1 << PARTS) - 1 };
    struct rest rest = {text, text + len};
    unsigned seen = 0;
    *entry = (struct plain_entry){0};
    for (char before = '{'; seen != ALL; before = ',') {
        const char *key;
        size_t size, i = 0;
        if (!take(&rest, before) || !take_word(&rest, &key, &size) || !take(&rest, ':'))
            return false;
        while (i < PARTS && (strlen(parts[i].key) != size || memcmp(parts[i].key, key, size) != 0))
            i++;
        if (i == PARTS || (seen >> i & 1) || !parts[i].value(&rest, entry))
            return false;
        seen |= 1U << i;
    }
    return take(&rest, '}') && rest.at == rest.end;
}
