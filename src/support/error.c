/* error.c: errors that carry their context, and notices. */
#include "ropescope/support.h"

#include <stdarg.h>
#include <string.h>

/* Names from files end up in these texts, so they are made printable here, once for all. */
static void format_printable(char *out, size_t size, const char *format, va_list args)
{
    char raw[ERROR_WHAT];
    vsnprintf(raw, sizeof raw, format, args);
    text_printable(out, size, raw);
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->status = status;
        err->help[0] = '\0';
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
    char before[ERROR_WHAT], said[ERROR_WHAT];
    va_list args;
    va_start(args, format);
    format_printable(before, sizeof before, format, args);
    va_end(args);
    memcpy(said, err->what, sizeof said);
    text_format(err->what, sizeof err->what, "%s: %s", before, said);
    return err->status;
}

enum status error_memory(struct error *err)
{
    return error_set(err, STATUS_NO_MEMORY, "out of memory");
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
