/* added.c: tokens that are found in a text as they are: the leftmost first, of those that begin
 * there the longest. They are sorted by their bytes, so that a text is followed through them by
 * bisection and not tried against each. */
#include "tokenizer_parts.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct added *x = a, *y = b;
    size_t shorter = x->length < y->length ? x->length : y->length;
    if (x->normalized != y->normalized)
        return x->normalized ? 1 : -1;
    int order = memcmp(x->text, y->text, shorter);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

void added_sort(struct tokenizer *tokenizer)
{
    if (tokenizer->added_count > 0)
        qsort(tokenizer->added, tokenizer->added_count, sizeof *tokenizer->added, compare);
    tokenizer->added_raw = 0;
    for (size_t i = 0; i < tokenizer->added_count; i++)
        tokenizer->added_raw += !tokenizer->added[i].normalized;
}

/* The first of added[low..high), which agree in `depth` bytes, whose next byte is at least `byte`.
 */
static size_t bisect(const struct added *added, size_t low, size_t high, size_t depth, int byte)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct added *one = &added[middle];
        int here = depth < one->length ? (unsigned char)one->text[depth] : -1;
        if (here < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The longest token that the text begins with; NULL: none. */
static const struct added *longest(const struct added_scan *scan, const char *text, size_t length)
{
    const struct added *found = NULL;
    size_t low = 0, high = scan->count;
    for (size_t depth = 0; depth < length && low < high; depth++) {
        int byte = (unsigned char)text[depth];
        low = bisect(scan->added, low, high, depth, byte);
        high = bisect(scan->added, low, high, depth, byte + 1);
        if (low < high && scan->added[low].length == depth + 1)
            found = &scan->added[low];
    }
    return found;
}

static bool is_white(uint32_t code)
{
    return (code >= 9 && code <= 13) || code == 0x20 || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Where the character before `at` starts. */
static size_t step_back(const char *text, size_t at)
{
    do
        at--;
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80);
    return at;
}

static size_t white_before(const char *text, size_t from, size_t at)
{
    size_t bytes;
    while (at > from) {
        size_t before = step_back(text, at);
        if (!is_white(text_decode(text + before, &bytes)))
            break;
        at = before;
    }
    return at < from ? from : at;
}

static size_t white_behind(const char *text, size_t at, size_t length)
{
    size_t bytes = 0;
    while (at < length && is_white(text_decode(text + at, &bytes)))
        at += bytes;
    return at;
}

/* Whether no part of a longer word. */
static bool stands_alone(const struct added_scan *scan, const char *text, size_t start, size_t end,
                         size_t length)
{
    const struct pcre2_real_code_8 *word = scan->tokenizer->word_character;
    size_t before = start > 0 ? step_back(text, start) : 0;
    return !(start > 0 && pattern_starts(word, text + before, length - before)) &&
           !(end < length && pattern_starts(word, text + end, length - end));
}

enum status added_run(const struct added_scan *scan, const char *text, size_t length, bool first,
                      struct error *err)
{
    size_t done = 0;
    for (size_t at = 0; at < length && scan->count > 0;) {
        const struct added *added = longest(scan, text + at, length - at);
        size_t start = at, end = at + (added ? added->length : 1);
        at = end;
        if (!added || (added->single_word && !stands_alone(scan, text, start, end, length)))
            continue;
        if (added->strip_left)
            start = white_before(text, done, start);
        if (added->strip_right)
            at = white_behind(text, end, length);
        enum status status = STATUS_OK;
        if (start > done)
            status = scan->between(scan->arg, text + done, start - done, first && done == 0, err);
        if (status == STATUS_OK)
            status = scan->token(scan->arg, added->id, err);
        if (status != STATUS_OK)
            return status;
        done = at;
    }
    return done < length
               ? scan->between(scan->arg, text + done, length - done, first && done == 0, err)
               : STATUS_OK;
}
