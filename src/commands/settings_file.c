/* settings_file.c: what the explorer starts with, out of a file of `key = value` lines. */
#include "commands.h"

#include <errno.h>
#include <string.h>

enum { LINE_BYTES = 1024, KEY_BYTES = 32 };

/* A place in a file, and where what is wrong with it goes. */
struct reader {
    struct options *options;
    struct arena *arena;
    struct notices *notices;
    const char *path;
    unsigned line;
};

static void complain(struct reader *reader, const char *what, const char *word)
{
    notices_add(reader->notices, "%s:%u: %s '%s'", reader->path, reader->line, what, word);
}

/* Without the white space around it, and without a comment: '#' at the start or after white space.
 */
static char *trimmed(char *text)
{
    for (char *c = text; *c; c++)
        if (*c == '#' && (c == text || strchr(" \t", c[-1]))) {
            *c = '\0';
            break;
        }
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

/* The flag that a key stands for: "first_layer" is --first-layer. */
static const struct flag *flag_of(const char *key)
{
    char name[KEY_BYTES];
    if (!text_format(name, sizeof name, "%s", key))
        return NULL;
    for (char *c = name; *c; c++)
        *c = *c == '_' ? '-' : *c;
    const struct flag *flag = flags_named(name, strlen(name), SETTING);
    return flag && (flag->commands & SETTING) ? flag : NULL;
}

/* A switch takes "on", which is the flag, or "off", which is its absence. */
static bool read_switch(struct options *options, const struct flag *flag, const char *value)
{
    return strcmp(value, "on") == 0 ? flag->read(options, NULL) : strcmp(value, "off") == 0;
}

/* Whether the theme that was set can be had; the reason is told with its line. */
static bool check_theme(struct reader *reader, const char *name)
{
    struct theme theme;
    struct error why = {0};
    if (theme_find(&theme, name, &why) == STATUS_OK)
        return true;
    notices_add(reader->notices, "%s:%u: %s", reader->path, reader->line, why.what);
    return false;
}

static void set(struct reader *reader, const struct flag *flag, const char *value)
{
    struct options trial = *reader->options;
    const char *kept = arena_text(reader->arena, value, strlen(value));
    if (!kept)
        return;
    if (!(flag->value ? flag->read(&trial, kept) : read_switch(&trial, flag, kept))) {
        notices_add(reader->notices, "%s:%u: %s takes %s, not '%s'", reader->path, reader->line,
                    flag->name, flag->value ? flag->value : "on or off", value);
        return;
    }
    if (options_given(reader->options, flag))
        return; /* the command line counts */
    if (strcmp(flag->name, "theme") == 0 && !check_theme(reader, kept))
        return;
    *reader->options = trial;
}

static void read_line(struct reader *reader, char *line)
{
    char *key = trimmed(line);
    if (*key == '\0')
        return;
    char *equals = strchr(key, '=');
    if (!equals) {
        complain(reader, "no '=' in", key);
        return;
    }
    *equals = '\0';
    char *value = trimmed(equals + 1);
    key = trimmed(key);
    const struct flag *flag = flag_of(key);
    if (flag)
        set(reader, flag, value);
    else
        complain(reader, "there is no setting", key);
}

static void read_lines(struct reader *reader, FILE *stream)
{
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, stream)) {
        reader->line++;
        if (!strchr(line, '\n') && !feof(stream)) {
            complain(reader, "line too long or no text", "");
            return;
        }
        read_line(reader, line);
    }
    if (ferror(stream))
        notices_add(reader->notices, "%s: %s", reader->path, strerror(errno));
}

enum status settings_file_apply(struct options *options, struct arena *arena,
                                struct notices *notices, struct error *err)
{
    char directory[PATH_BYTES], path[PATH_BYTES];
    if (options->config)
        text_format(path, sizeof path, "%s", options->config);
    else if (options->no_config || !path_config_directory(directory) ||
             !path_join(path, directory, "settings"))
        return STATUS_OK;
    FILE *stream = fopen(path, "re");
    if (stream) {
        struct reader reader = {options, arena, notices, path, 0};
        read_lines(&reader, stream);
        fclose(stream);
    } else if (options->config) {
        return error_set(err, STATUS_USAGE, "--config %s: %s", path, strerror(errno));
    } else if (errno != ENOENT) {
        notices_add(notices, "%s: %s", path, strerror(errno));
    }
    return STATUS_OK;
}
