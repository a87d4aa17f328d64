/* text.c: bounded strings, UTF-8, and numbers that read back exactly. */
#include "ropescope/support.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool text_format(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out, size, format, args);
    va_end(args);
    return len >= 0 && (size_t)len < size;
}

bool text_ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text), tail = strlen(ending);
    return len >= tail && strcmp(text + len - tail, ending) == 0;
}

bool text_contains(const char *text, const char *part)
{
    for (; *part && *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i]))
            i++;
        if (!part[i])
            return true;
    }
    return *part == '\0';
}

/* ---- UTF-8 --------------------------------------------------------------- */

/* Length that a leading byte announces and the bits of the code point it holds; 0: no leading byte.
 */
static size_t leading_byte(unsigned char byte, uint32_t *bits)
{
    if (byte < 0x80)
        return *bits = byte, 1;
    if (byte >= 0xC2 && byte < 0xE0)
        return *bits = byte & 0x1FU, 2;
    if (byte >= 0xE0 && byte < 0xF0)
        return *bits = byte & 0x0FU, 3;
    if (byte >= 0xF0 && byte < 0xF5)
        return *bits = byte & 0x07U, 4;
    return 0;
}

uint32_t text_decode(const char *text, size_t *bytes)
{
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000}; /* against overlong forms */
    const unsigned char *at = (const unsigned char *)text;
    uint32_t code;
    size_t length = leading_byte(*at, &code);
    *bytes = 1;
    if (length == 0)
        return 0xFFFD;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0xFFFD;
        code = code << 6 | (at[i] & 0x3FU);
    }
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return 0xFFFD;
    *bytes = code ? length : 0;
    return code;
}

size_t text_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (code >> 18 & 7));
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

size_t text_repaired_size(const char *text)
{
    return 3 * strlen(text) + 1; /* U+FFFD takes three bytes */
}

void text_repair(char *out, const char *text)
{
    size_t bytes;
    for (uint32_t code; (code = text_decode(text, &bytes)) != 0; text += bytes)
        out += text_encode(code, out);
    *out = '\0';
}

bool text_is_utf8(const char *text, size_t len)
{
    for (size_t at = 0, bytes; at < len; at += bytes) {
        bytes = 1;
        if ((unsigned char)text[at] < 0x80)
            continue;
        char window[5] = {0}; /* text may end anywhere, and nothing may be read past it */
        memcpy(window, text + at, len - at < 4 ? len - at : 4);
        if (text_decode(window, &bytes) == 0xFFFD && memcmp(window, "\xEF\xBF\xBD", 3) != 0)
            return false;
    }
    return true;
}

/* Controls (C0, DEL, C1), and the marks that reorder a line, break it or hide in it: a name may not
 * steer a terminal. */
static bool is_harmful(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0xFFFD ||
           (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

void text_printable(char *out, size_t size, const char *name)
{
    size_t used = 0, bytes;
    uint32_t code;
    while ((code = text_decode(name, &bytes)) != 0) {
        char encoded[4];
        size_t length = text_encode(is_harmful(code) ? '?' : code, encoded);
        if (used + length >= size)
            break;
        memcpy(out + used, encoded, length);
        used += length;
        name += bytes;
    }
    if (size > 0)
        out[used] = '\0';
}

/* ---- numbers to text ----------------------------------------------------- */

/* Fewest digits worth trying: enough for %g to write a number of everyday size without an exponent.
 */
static int least_digits(double value)
{
    double magnitude = fabs(value);
    return magnitude >= 1 && magnitude < 1e15 ? 1 + (int)log10(magnitude) : 1;
}

const char *text_double(char out[TEXT_NUMBER], double value)
{
    for (int digits = least_digits(value); digits <= 17; digits++) {
        snprintf(out, TEXT_NUMBER, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return out;
}

const char *text_float(char out[TEXT_NUMBER], float value)
{
    for (int digits = least_digits((double)value); digits <= 16; digits++) {
        snprintf(out, TEXT_NUMBER, "%.*g", digits, (double)value);
        if ((float)strtod(out, NULL) == value)
            break;
    }
    return out;
}

const char *text_bytes(char out[TEXT_NUMBER], double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    snprintf(out, TEXT_NUMBER, unit > 0 && bytes < 9.95 ? "%.1f %s" : "%.0f %s", bytes,
             units[unit]);
    return out;
}

const char *text_duration(char out[TEXT_NUMBER], double seconds)
{
    if (!(seconds < 1e9))
        seconds = 1e9;
    uint64_t whole = seconds > 0 ? (uint64_t)(seconds + 0.5) : 0;
    if (whole < 60)
        snprintf(out, TEXT_NUMBER, "%" PRIu64 " s", whole);
    else if (whole < 3600)
        snprintf(out, TEXT_NUMBER, "%" PRIu64 " min %" PRIu64 " s", whole / 60, whole % 60);
    else
        snprintf(out, TEXT_NUMBER, "%" PRIu64 " h %" PRIu64 " min", whole / 3600, whole / 60 % 60);
    return out;
}

const char *text_count(char out[TEXT_NUMBER], uint64_t count)
{
    char digits[TEXT_NUMBER];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = out;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return out;
}

/* ---- text to numbers ----------------------------------------------------- */

bool text_to_double(const char *text, double *value)
{
    /* strtod takes white space, hexadecimal, "nan" and "inf" too; a threshold is none of them. */
    if (*text == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    errno = 0;
    double parsed = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(parsed))
        return false;
    *value = parsed;
    return true;
}

bool text_to_u64(const char *text, uint64_t *value)
{
    if (!isdigit((unsigned char)*text))
        return false;
    char *end;
    errno = 0;
    unsigned long long parsed = strtoull(text, &end, 10);
    if (*end != '\0' || errno == ERANGE)
        return false;
    *value = parsed;
    return true;
}

bool text_to_u32(const char *text, uint32_t *value)
{
    uint64_t wide;
    if (!text_to_u64(text, &wide) || wide > UINT32_MAX)
        return false;
    *value = (uint32_t)wide;
    return true;
}
