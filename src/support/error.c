/* error.c: errors that carry their context, and notices. */
#include "ropescope/support.h"

#include <stdarg.h>
#include <string.h>

/* Leaves out the middle of `text`: a message ends with its reason, which no endless name in it may
 * push out. */
static void copy_ends(char *out, size_t size, const char *text)
{
    static const char gap[] = " ... ";
    size_t len = strlen(text), tail = (size - sizeof gap) / 2, head = size - sizeof gap - tail;
    if (len < size) {
        memcpy(out, text, len + 1);
        return;
    }
    const char *end = text + len - tail;
    while (head > 0 && ((unsigned char)text[head] & 0xC0) == 0x80)
        head--; /* whole characters only */
    while (((unsigned char)*end & 0xC0) == 0x80)
        end++;
    text_format(out, size, "%.*s%s%s", (int)head, text, gap, end);
}

/* Names from files end up in these texts, so they are made printable here, once for all. */
static void format_printable(char *out, size_t size, const char *format, va_list args)
{
    char raw[2 * ERROR_WHAT];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(raw, sizeof raw, format, args);
    size_t room = len > 0 ? (size_t)len + 1 : 1;
    char *whole =
        room > sizeof raw ? memory_array(2, room) : NULL; /* raw, then printable: never longer */
    if (whole) {
        vsnprintf(whole, room, format, again);
        text_printable(whole + room, room, whole);
        copy_ends(out, size, whole + room);
        memory_free(whole);
    } else {
        char printable[sizeof raw];
        text_printable(printable, sizeof printable, raw);
        copy_ends(out, size, printable);
    }
    va_end(again);
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        err->help[0] = err->notice[0] = '\0';
        format_printable(err->what, sizeof err->what, format, args);
        va_end(args);
    }
    return status;
}

enum status error_help(struct error *err, const char *format, ...)
{
    if (!err)
        return STATUS_FAILED;
    va_list args;
    va_start(args, format);
    format_printable(err->help, sizeof err->help, format, args);
    va_end(args);
    return err->status;
}

enum status error_context(struct error *err, const char *format, ...)
{
    if (!err)
        return STATUS_FAILED;
    char before[ERROR_WHAT], said[2 * ERROR_WHAT + 2];
    va_list args;
    va_start(args, format);
    format_printable(before, sizeof before, format, args);
    va_end(args);
    text_format(said, sizeof said, "%s: %s", before, err->what);
    copy_ends(err->what, sizeof err->what, said);
    return err->status;
}

void error_notice(struct error *err, const struct notices *notices)
{
    if (err && notices->count > 0)
        text_format(err->notice, sizeof err->notice, "%s", notices->line[0]);
}

void notices_add(struct notices *notices, const char *format, ...)
{
    if (notices->count == NOTICES_MAX)
        return;
    va_list args;
    va_start(args, format);
    format_printable(notices->line[notices->count++], ERROR_WHAT, format, args);
    va_end(args);
}
