/* papers.c: man page and completions out of the tables of commands, flags, keys, views and themes.
 */
#include "papers.h"

#include "commands/commands.h"
#include "ropescope/views.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* ---- the man page -------------------------------------------------------- */

/* Text as roff has it: no character that it takes for its own, at a line's start above all. */
static void roff(FILE *stream, const char *text)
{
    if (*text == '.' || *text == '\'')
        fputs("\\&", stream);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stream);
        else if (*text == '-')
            fputs("\\-", stream);
        else if (*text == '\'')
            fputs("\\(aq", stream);
        else if (*text == '`')
            fputs("\\(ga", stream);
        else if (*text == '^')
            fputs("\\(ha", stream);
        else if (*text == '~')
            fputs("\\(ti", stream);
        else if (*text == '"')
            fputs("\\(dq", stream);
        else
            putc(*text, stream);
    }
}

static bool is_default(const struct command *command)
{
    return command == &commands[0];
}

void man_synopsis(FILE *stream)
{
    for (const struct command *command = commands; command->name; command++) {
        if (command != commands)
            fputs(".br\n", stream);
        fputs(".B ropescope", stream);
        if (!is_default(command))
            fprintf(stream, " %s", command->name);
        fputs("\n.RI \"", stream);
        roff(stream, command->arguments);
        fputs(*command->arguments ? " [\" FLAGS ]\n" : "[\" FLAGS ]\n", stream);
    }
}

void man_commands(FILE *stream)
{
    for (const struct command *command = commands; command->name; command++) {
        fprintf(stream, ".TP\n.B %s\n", command->name);
        roff(stream, command->about);
        fputs(is_default(command) ? ";\nthe command where none is named\n" : "\n", stream);
    }
}

void man_views(FILE *stream)
{
    for (int id = 0; id < VIEW_COUNT; id++) {
        const struct view *view = view_of((enum view_id)id);
        fprintf(stream, ".TP\n.B %s\n", view->name);
        roff(stream, view->about);
        putc('\n', stream);
    }
}

/* The keys with a view on the screen, then those of every other place. */
static void keys_where(FILE *stream, bool in_view)
{
    for (size_t i = 0; i < keys_count(); i++) {
        char label[KEY_LABEL];
        const struct binding *binding = keys_binding(i);
        if (((binding->places & PLACE_VIEW) != 0) != in_view)
            continue;
        keys_label(label, binding, NULL);
        fputs(".TP\n.B \"", stream);
        roff(stream, label);
        fputs("\"\n", stream);
        roff(stream, binding->help);
        putc('\n', stream);
    }
}

void man_keys(FILE *stream)
{
    fputs(".SS With a view on the screen\n", stream);
    keys_where(stream, true);
    fputs(".SS In the help, in fields and in choosers\n", stream);
    keys_where(stream, false);
}

/* "scan, export, show", or "all commands". */
static void flag_commands(FILE *stream, unsigned mask)
{
    bool first = true;
    if ((mask & COMMAND_ALL) == COMMAND_ALL) {
        fputs(mask & COMMAND_FAMILIES ? "all commands" : "all commands that take a model", stream);
        return;
    }
    for (const struct command *command = commands; command->name; command++) {
        if (!(mask & command->bit))
            continue;
        fprintf(stream, "%s%s", first ? "" : ", ", command->name);
        first = false;
    }
}

void man_flags(FILE *stream)
{
    for (size_t i = 0; i < flags_count(); i++) {
        const struct flag *flag = flags_at(i);
        fputs(".TP\n.BI \"", stream);
        if (flag->letter)
            fprintf(stream, "\\-%c, ", flag->letter);
        fputs("\\-\\-", stream);
        roff(stream, flag->name);
        fputs(flag->value ? " \" \"" : "", stream);
        roff(stream, flag->value ? flag->value : "");
        fputs("\"\n", stream);
        roff(stream, flag->help);
        fputs("\n(", stream);
        flag_commands(stream, flag->commands);
        fputs(")\n", stream);
    }
}

static void setting_key(char *out, size_t size, const char *name)
{
    text_format(out, size, "%s", name);
    for (char *c = out; *c; c++)
        *c = *c == '-' ? '_' : *c;
}

/* "a, b, c" in bold, each but the last with a comma. */
static void bold_list(FILE *stream, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fputs(i + 1 < count ? ".BR " : ".B ", stream);
        roff(stream, names[i]);
        fputs(i + 1 < count ? " ,\n" : "\n", stream);
    }
}

void man_settings(FILE *stream)
{
    char keys[64][32];
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < flags_count(); i++) {
        if (!(flags_at(i)->commands & SETTING))
            continue;
        setting_key(keys[count], sizeof keys[count], flags_at(i)->name);
        names[count] = keys[count];
        count++;
    }
    bold_list(stream, names, count);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The themes that come along are the files of themes/. */
void man_themes(FILE *stream)
{
    enum { MOST = 64 };
    char *names[MOST];
    size_t count = 0;
    DIR *directory = opendir("themes");
    for (struct dirent *file; directory && (file = readdir(directory));)
        if (text_ends_with(file->d_name, ".theme") && count < MOST)
            names[count++] =
                memory_text_part(file->d_name, strlen(file->d_name) - strlen(".theme"));
    if (directory)
        closedir(directory);
    qsort(names, count, sizeof *names, by_text);
    bold_list(stream, (const char *const *)names, count);
    for (size_t i = 0; i < count; i++)
        memory_free(names[i]);
}

void man_roles(FILE *stream)
{
    const char *names[ROLE_COUNT];
    for (int role = 0; role < ROLE_COUNT; role++)
        names[role] = role_name((enum role)role);
    bold_list(stream, names, ROLE_HEAT); /* the gradients have words of their own */
}

/* ---- what may follow a flag ---------------------------------------------- */

enum kind { KIND_NONE, KIND_WORDS, KIND_FILE, KIND_THEME, KIND_FREE };

static void view_words(char *out, size_t size)
{
    for (int id = 0; id < VIEW_COUNT; id++) {
        size_t used = strlen(out);
        text_format(out + used, size - used, "%s ", view_of((enum view_id)id)->name);
    }
    text_format(out + strlen(out), size - strlen(out), "help");
}

static void measure_words_of(char *out, size_t size)
{
    for (int measure = 0; measure < MEASURE_COUNT; measure++) {
        size_t used = strlen(out);
        text_format(out + used, size - used, "%s%s", measure ? " " : "",
                    measure_name((enum measure)measure));
    }
}

/* The words a flag takes, in `out`, where they can be told. */
static enum kind kind_of(const struct flag *flag, char *out, size_t size)
{
    out[0] = '\0';
    if (!flag->value)
        return KIND_NONE;
    if (strcmp(flag->name, "theme") == 0)
        return KIND_THEME;
    if (strcmp(flag->value, "FILE") == 0 || strcmp(flag->value, "DIR") == 0)
        return KIND_FILE;
    if (strcmp(flag->name, "view") == 0)
        view_words(out, size);
    else if (strcmp(flag->name, "measure") == 0)
        measure_words_of(out, size);
    else if (strchr(flag->value, '|'))
        text_format(out, size, "%s", flag->value);
    for (char *c = out; *c; c++)
        *c = *c == '|' ? ' ' : *c;
    return *out ? KIND_WORDS : KIND_FREE;
}

enum { WORDS_BYTES = 512 };

/* ---- bash ---------------------------------------------------------------- */

static void bash_flags(FILE *stream)
{
    fputs("_ropescope_flags()\n{\n    case $1 in\n", stream);
    for (const struct command *command = commands; command->name; command++) {
        fprintf(stream, "    %s) echo '", command->name);
        bool first = true;
        for (size_t i = 0; i < flags_count(); i++)
            if (flags_at(i)->commands & command->bit) {
                fprintf(stream, "%s--%s", first ? "" : " ", flags_at(i)->name);
                first = false;
            }
        fputs("' ;;\n", stream);
    }
    fputs("    esac\n}\n", stream);
}

static void bash_values(FILE *stream)
{
    fputs("_ropescope_values()\n{\n    case $1 in\n", stream);
    for (size_t i = 0; i < flags_count(); i++) {
        static const char *const kinds[] = {
            [KIND_FILE] = "file", [KIND_THEME] = "theme", [KIND_FREE] = "free"};
        char words[WORDS_BYTES];
        const struct flag *flag = flags_at(i);
        enum kind kind = kind_of(flag, words, sizeof words);
        if (kind == KIND_NONE)
            continue;
        fputs("    ", stream);
        if (flag->letter)
            fprintf(stream, "-%c | ", flag->letter);
        if (kind == KIND_WORDS)
            fprintf(stream, "--%s) values='%s' ;;\n", flag->name, words);
        else
            fprintf(stream, "--%s) kind=%s ;;\n", flag->name, kinds[kind]);
    }
    fputs("    *) return 1 ;;\n    esac\n}\n", stream);
}

void bash_tables(FILE *stream)
{
    fputs("_ropescope_commands='", stream);
    for (const struct command *command = commands; command->name; command++)
        fprintf(stream, "%s%s", command == commands ? "" : " ", command->name);
    fputs("'\n", stream);
    bash_flags(stream);
    bash_values(stream);
}

/* ---- zsh ----------------------------------------------------------------- */

/* Text inside a spec of _arguments, in single quotes. */
static void zsh_text(FILE *stream, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stream);
        else if (strchr("[]:\\", *text))
            fprintf(stream, "\\%c", *text);
        else
            putc(*text, stream);
    }
}

static void zsh_flag(FILE *stream, const struct flag *flag)
{
    char words[WORDS_BYTES];
    enum kind kind = kind_of(flag, words, sizeof words);
    fputs("            ", stream);
    if (flag->letter)
        fprintf(stream, "'(-%c --%s)'{-%c,--%s}'", flag->letter, flag->name, flag->letter,
                flag->name);
    else
        fprintf(stream, "'--%s", flag->name);
    fputs(kind == KIND_NONE ? "[" : flag->letter ? "+[" : "=[", stream);
    zsh_text(stream, flag->help);
    putc(']', stream);
    if (kind != KIND_NONE) {
        putc(':', stream);
        zsh_text(stream, flag->name);
        putc(':', stream);
    }
    if (kind == KIND_WORDS)
        fprintf(stream, "(%s)", words);
    else if (kind != KIND_NONE)
        fputs(kind == KIND_FILE    ? "_files"
              : kind == KIND_THEME ? "_ropescope_themes"
                                   : " ",
              stream);
    fputs("'\n", stream);
}

void zsh_tables(FILE *stream)
{
    fputs("    commands=(\n", stream);
    for (const struct command *command = commands; command->name; command++) {
        fprintf(stream, "        '%s:", command->name);
        zsh_text(stream, command->about);
        fputs("'\n", stream);
    }
    fputs("    )\n    _ropescope_flags_of() {\n        case $1 in\n", stream);
    for (const struct command *command = commands; command->name; command++) {
        fprintf(stream, "        %s) flags=(\n", command->name);
        for (size_t i = 0; i < flags_count(); i++)
            if (flags_at(i)->commands & command->bit)
                zsh_flag(stream, flags_at(i));
        fputs("        ) ;;\n", stream);
    }
    fputs("        esac\n    }\n", stream);
}
