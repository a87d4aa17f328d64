/* pattern.c: regular expressions out of files, by PCRE2. They were written for Oniguruma, whose \s
 * is Unicode's white space; PCRE2 counts U+180E, too, so \s is written out. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "pretoken.h"

#include <pcre2.h>
#include <string.h>

enum { PATTERN_BYTES = 4096, NESTING = 32 };

const char pattern_gpt2[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const char pattern_llama3[] =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
    " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const char pattern_qwen2[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
                             " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

#define WHITE                                                                                      \
    "\\t-\\r\\x20\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}"   \
    "\\x{3000}"

/* What stands for \s or \S; NULL: the escape stays as it is. */
static const char *white_space(char escaped, bool in_class)
{
    if (escaped == 's')
        return in_class ? WHITE : "[" WHITE "]";
    return escaped == 'S' && !in_class ? "[^" WHITE "]" : NULL;
}

/* Copies the pattern with its white space written out; false where it does not fit. */
static bool write_out(char *out, size_t size, const char *pattern)
{
    bool in_class = false;
    size_t to = 0;
    for (size_t at = 0; pattern[at]; at++) {
        const char *piece = pattern + at;
        size_t length = 1;
        if (pattern[at] == '\\' && pattern[at + 1]) {
            const char *white = white_space(pattern[at + 1], in_class);
            piece = white ? white : piece;
            length = white ? strlen(white) : 2;
            at++;
        } else if (pattern[at] == '[') {
            in_class = true;
        } else if (pattern[at] == ']') {
            in_class = false;
        }
        if (length >= size - to)
            return false;
        memcpy(out + to, piece, length);
        to += length;
    }
    out[to] = '\0';
    return true;
}

static pcre2_code *compile(const char *pattern, pcre2_compile_context *context, const char *what,
                           struct error *err)
{
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_set_max_pattern_length(context, PATTERN_BYTES);
    pcre2_set_parens_nest_limit(context, NESTING);
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT,
                      &code, &at, context);
    if (!compiled) {
        char why[128] = "unknown";
        pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
        error_set(err, STATUS_FAILED, "%s: pattern: %s", what, why);
    }
    return compiled;
}

struct pcre2_real_code_8 *pattern_compile(const char *pattern, const char *what, struct error *err)
{
    char whole[PATTERN_BYTES];
    if (!write_out(whole, sizeof whole, pattern)) {
        error_set(err, STATUS_FAILED, "%s: pattern: it is too long, at most %d bytes are read",
                  what, PATTERN_BYTES);
        return NULL;
    }
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) {
        error_memory(err);
        return NULL;
    }
    pcre2_code *compiled = compile(whole, context, what, err);
    pcre2_compile_context_free(context);
    return compiled;
}

void pattern_free(struct pcre2_real_code_8 *pattern)
{
    pcre2_code_free(pattern);
}

bool pattern_starts(const struct pcre2_real_code_8 *pattern, const char *text, size_t length)
{
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int found = data ? pcre2_match(pattern, (PCRE2_SPTR)text, length, 0,
                                   PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, data, NULL)
                     : -1;
    pcre2_match_data_free(data);
    return found > 0;
}
