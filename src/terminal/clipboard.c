/* clipboard.c: a text as the escape sequence that terminals put on their clipboard. */
#include "terminal/clipboard.h"

#include <stdlib.h>
#include <string.h>

static const char start[] = "\033]52;c;", end[] = "\007";

/* Base64 of three bytes; what is missing of them becomes "=". */
static void encode(char out[4], const unsigned char *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; i++)
        bits = bits << 8 | (i < count ? bytes[i] : 0);
    for (size_t i = 0; i < 4; i++)
        out[i] = i <= count ? digits[bits >> (18 - 6 * i) & 63] : '=';
}

char *clipboard_sequence(const char *text, size_t length)
{
    size_t groups = length / 3 + (length % 3 > 0);
    char *out = memory_array(sizeof start + 4 * groups + sizeof end, 1);
    if (!out)
        return NULL;
    memcpy(out, start, sizeof start - 1);
    char *at = out + sizeof start - 1;
    for (size_t i = 0; i < groups; i++, at += 4)
        encode(at, (const unsigned char *)text + 3 * i, length - 3 * i < 3 ? length - 3 * i : 3);
    memcpy(at, end, sizeof end);
    return out;
}

/* Consoles print what they do not understand. */
static bool prints_sequences(const char *terminal)
{
    static const char *const printing[] = {"linux", "vt", "dumb", "ansi", "cons"};
    for (size_t i = 0; i < sizeof printing / sizeof *printing && terminal; i++)
        if (strncmp(terminal, printing[i], strlen(printing[i])) == 0)
            return true;
    return false;
}

enum status clipboard_send(FILE *terminal, const char *text, struct error *err)
{
    const char *name = getenv("TERM");
    size_t length = strlen(text);
    if (prints_sequences(name))
        return error_set(err, STATUS_FAILED, "this terminal (TERM=%s) has no clipboard", name);
    if (length > CLIPBOARD_BYTES)
        return error_set(err, STATUS_FAILED, "%zu bytes are too much for a terminal's clipboard",
                         length);
    char *sequence = clipboard_sequence(text, length);
    if (!sequence)
        return error_memory(err);
    bool sent = fputs(sequence, terminal) >= 0 && fflush(terminal) == 0;
    memory_free(sequence);
    return sent ? STATUS_OK : error_set(err, STATUS_FAILED, "the terminal takes nothing: %m");
}
