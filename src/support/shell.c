/* shell.c: a word as a shell reads it back. */
#include "ropescope/support.h"

#include <string.h>

static const char bare[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                           "_./+,:@%=-";

/* 'word', with '\'' for each quote in it. */
static bool quoted(char *out, size_t size, const char *word)
{
    size_t used = 1;
    if (!text_format(out, size, "'"))
        return false;
    for (; *word; word++) {
        if (!text_format(out + used, size - used, *word == '\'' ? "'\\''" : "%c", *word))
            return false;
        used += strlen(out + used);
    }
    return text_format(out + used, size - used, "'");
}

/* $'word', with everything that a terminal could obey as an octal number. */
static bool escaped(char *out, size_t size, const char *word)
{
    size_t used = 2;
    if (!text_format(out, size, "$'"))
        return false;
    for (; *word; word++) {
        unsigned char byte = (unsigned char)*word;
        bool plain = byte >= ' ' && byte < 0x7F && byte != '\'' && byte != '\\';
        if (!text_format(out + used, size - used, plain ? "%c" : "\\%03o", byte))
            return false;
        used += strlen(out + used);
    }
    return text_format(out + used, size - used, "'");
}

bool text_shell_word(char *out, size_t size, const char *word)
{
    char shown[PATH_BYTES];
    if (*word && *word != '~' && word[strspn(word, bare)] == '\0')
        return text_format(out, size, "%s", word);
    text_printable(shown, sizeof shown, word);
    return strcmp(shown, word) == 0 ? quoted(out, size, word) : escaped(out, size, word);
}
