/* Reads .theme files; every mistake is named with its file and line. */
#include "ropescope/terminal.h"

#include <errno.h>
#include <string.h>

enum { LINE_BYTES = 512 };

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_TEXT] = "text",           [ROLE_DIM] = "dim",       [ROLE_TITLE] = "title",
    [ROLE_BORDER] = "border",       [ROLE_LABEL] = "label",   [ROLE_SELECT] = "select",
    [ROLE_QUERY] = "query",         [ROLE_KEY] = "key",       [ROLE_BOTH] = "both",
    [ROLE_THRESHOLD] = "threshold", [ROLE_FIXED] = "fixed",   [ROLE_CHANCE] = "chance",
    [ROLE_HINT] = "hint",           [ROLE_NOTICE] = "notice", [ROLE_ERROR] = "error",
    [ROLE_ABSENT] = "absent",       [ROLE_HEAT] = "heat",     [ROLE_DIVERGE] = "diverging",
};

const char *role_name(enum role role)
{
    return role < ROLE_COUNT ? role_names[role] : "?";
}

/* A place in a file, for errors. */
struct source {
    const char *path;
    unsigned line;
    struct error *err;
};

static enum status mistake(const struct source *source, const char *what, const char *word)
{
    return error_set(source->err, STATUS_FAILED, "%s:%u: %s '%s'", source->path, source->line, what,
                     word);
}

/* Ends the line at its comment: a '#' before white space or at the end; "#d75f00" is a colour. */
static void drop_comment(char *line)
{
    for (char *c = line; *c; c++) {
        if (*c == '#' && (c[1] == '\0' || strchr(" \t\r\n", c[1]))) {
            *c = '\0';
            return;
        }
    }
}

static const char *next_word(char **rest)
{
    return strtok_r(NULL, " \t\r\n", rest);
}

/* "#rrggbb", or "default" where `may_default`. */
static bool read_colour(const char *word, bool may_default, int32_t *colour)
{
    if (may_default && strcmp(word, "default") == 0) {
        *colour = COLOUR_DEFAULT;
        return true;
    }
    if (word[0] != '#' || strlen(word) != 7)
        return false;
    *colour = 0;
    for (const char *c = word + 1; *c; c++) {
        const char *digits = "0123456789abcdef0123456789ABCDEF";
        const char *digit = strchr(digits, *c);
        if (!digit)
            return false;
        *colour = *colour << 4 | (int32_t)((digit - digits) & 15);
    }
    return true;
}

static bool read_flag(const char *word, uint8_t *flags)
{
    if (strcmp(word, "bold") == 0)
        *flags |= STYLE_BOLD;
    else if (strcmp(word, "reverse") == 0)
        *flags |= STYLE_REVERSE;
    else if (strcmp(word, "underline") == 0)
        *flags |= STYLE_UNDERLINE;
    else
        return false;
    return true;
}

/* `[colour] [on colour] [bold] [reverse] [underline]`. */
static enum status read_look(struct look *out, char **rest, const struct source *source)
{
    struct look look = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0};
    const char *word = next_word(rest);
    if (!word)
        return mistake(source, "nothing follows", "=");
    if (read_colour(word, true, &look.foreground))
        word = next_word(rest);
    if (word && strcmp(word, "on") == 0) {
        word = next_word(rest);
        if (!word || !read_colour(word, true, &look.background))
            return mistake(source, "no colour (#rrggbb or default) after 'on':", word ? word : "");
        word = next_word(rest);
    }
    for (; word; word = next_word(rest)) {
        if (!read_flag(word, &look.flags))
            return mistake(source,
                           "neither a colour (#rrggbb, default) nor bold, reverse, "
                           "underline:",
                           word);
    }
    *out = look;
    return STATUS_OK;
}

/* `none`, or the stops of the gradient. */
static enum status read_gradient(struct gradient *out, char **rest, const struct source *source)
{
    struct gradient gradient = {.stops = 0};
    const char *word = next_word(rest);
    if (!word)
        return mistake(source, "nothing follows", "=");
    if (strcmp(word, "none") == 0) {
        word = next_word(rest);
        if (word)
            return mistake(source, "after 'none' comes", word);
    }
    for (; word; word = next_word(rest)) {
        if (gradient.stops == THEME_STOPS_MAX)
            return mistake(source, "more than 8 colours in a gradient, from", word);
        if (!read_colour(word, false, &gradient.stop[gradient.stops++]))
            return mistake(source, "not a colour (#rrggbb):", word);
    }
    *out = gradient;
    return STATUS_OK;
}

static enum status read_line(struct theme *theme, char *line, const struct source *source)
{
    drop_comment(line);
    char *rest = NULL;
    const char *name = strtok_r(line, " \t\r\n", &rest);
    if (!name)
        return STATUS_OK;
    int role = 0;
    while (role < ROLE_COUNT && strcmp(name, role_names[role]) != 0)
        role++;
    if (role == ROLE_COUNT) {
        mistake(source, "unknown name", name);
        return error_help(source->err, "themes/dark.theme lists every name");
    }
    const char *equals = next_word(&rest);
    if (!equals || strcmp(equals, "=") != 0)
        return mistake(source, "'=' between spaces must follow", name);
    if (role == ROLE_HEAT || role == ROLE_DIVERGE)
        return read_gradient(role == ROLE_HEAT ? &theme->heat : &theme->diverging, &rest, source);
    return read_look(&theme->look[role], &rest, source);
}

static enum status read_lines(struct theme *theme, FILE *stream, struct source *source)
{
    char line[LINE_BYTES];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && fgets(line, sizeof line, stream)) {
        source->line++;
        if (!strchr(line, '\n') && !feof(stream))
            return mistake(source, "line too long or no text:", "");
        status = read_line(theme, line, source);
    }
    if (status == STATUS_OK && ferror(stream))
        return error_set(source->err, STATUS_FAILED, "%s: %s", source->path, strerror(errno));
    return status;
}

/* "light" of "themes/light.theme". */
static void name_after(struct theme *theme, const char *path)
{
    const char *name = path_name(path);
    const char *ending = strrchr(name, '.');
    int length = ending && ending != name ? (int)(ending - name) : (int)strlen(name);
    char text[PATH_BYTES];
    text_format(text, sizeof text, "%.*s", length, name);
    text_printable(theme->name, sizeof theme->name, text);
}

enum status theme_read(struct theme *theme, const char *path, struct error *err)
{
    struct source source = {.path = path, .err = err};
    FILE *stream = fopen(path, "re");
    if (!stream)
        return error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
    struct theme fresh;
    theme_default(&fresh);
    enum status status = read_lines(&fresh, stream, &source);
    fclose(stream);
    if (status != STATUS_OK)
        return status;
    name_after(&fresh, path);
    *theme = fresh;
    return STATUS_OK;
}
