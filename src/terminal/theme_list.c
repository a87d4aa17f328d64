/* theme_list.c: where themes lie. A directory is read only when somebody asks for the list, one
 * file when somebody names it. */
#include "ropescope/terminal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char ending[] = ".theme";

/* The directories in the order of their say; false behind the last. *out may be empty: not there.
 */
static bool directory_of(size_t place, char out[PATH_BYTES])
{
    static const char *const beside[] = {"themes", "../share/ropescope/themes", "../themes",
                                         "../../themes"};
    char base[PATH_BYTES];
    bool found;
    if (place == 0)
        found = path_config_directory(base) && path_join(out, base, "themes");
    else if (place == 1)
        found = path_join(out, ROPESCOPE_DATA, "themes");
    else if (place - 2 < sizeof beside / sizeof *beside)
        found = path_program_directory(base) && path_join(out, base, beside[place - 2]);
    else
        return false;
    char resolved[PATH_BYTES];
    if (!found || !path_is_directory(out) || !realpath(out, resolved))
        out[0] = '\0';
    else
        text_format(out, PATH_BYTES, "%s", resolved);
    return true;
}

/* ---- the list ------------------------------------------------------------ */

static const struct theme_entry *entry_named(const struct theme_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->entry[i].theme.name, name) == 0)
            return &list->entry[i];
    return NULL;
}

static struct theme_entry *add_entry(struct theme_list *list)
{
    struct theme_entry *grown = memory_grow(list->entry, list->count + 1, sizeof *grown);
    if (!grown)
        return NULL;
    list->entry = grown;
    memset(&grown[list->count], 0, sizeof *grown);
    return &grown[list->count++];
}

static enum status add_file(struct theme_list *list, const char *directory, const char *file,
                            struct error *err)
{
    char path[PATH_BYTES], name[PATH_BYTES];
    struct error mistake = {0};
    struct theme_entry fresh = {0};
    if (!path_join(path, directory, file))
        return STATUS_OK;
    text_format(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(ending)), file);
    theme_default(&fresh.theme);
    enum status status = theme_read(&fresh.theme, path, &mistake);
    text_printable(fresh.theme.name, sizeof fresh.theme.name, name);
    if (entry_named(list, fresh.theme.name))
        return STATUS_OK; /* a directory before this one has it */
    fresh.path = arena_text(&list->text, path, strlen(path));
    if (status != STATUS_OK)
        fresh.mistake = arena_text(&list->text, mistake.what, strlen(mistake.what));
    struct theme_entry *entry = add_entry(list);
    if (!entry || !fresh.path || (status != STATUS_OK && !fresh.mistake))
        return error_memory(err);
    *entry = fresh;
    return STATUS_OK;
}

static enum status add_directory(struct theme_list *list, const char *path, struct error *err)
{
    enum status status = STATUS_OK;
    DIR *directory = opendir(path);
    if (!directory)
        return STATUS_OK;
    for (struct dirent *file; status == STATUS_OK && (file = readdir(directory));)
        if (file->d_name[0] != '.' && text_ends_with(file->d_name, ending))
            status = add_file(list, path, file->d_name, err);
    closedir(directory);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct theme_entry *left = a, *right = b;
    return strcmp(left->theme.name, right->theme.name);
}

enum status theme_list_read(struct theme_list *list, struct error *err)
{
    char directory[PATH_BYTES];
    struct theme built_in;
    enum status status = STATUS_OK;
    *list = (struct theme_list){0};
    for (size_t place = 0; status == STATUS_OK && directory_of(place, directory); place++)
        if (directory[0])
            status = add_directory(list, directory, err);
    theme_default(&built_in);
    if (status == STATUS_OK && !entry_named(list, built_in.name)) {
        struct theme_entry *entry = add_entry(list);
        if (!entry)
            return error_memory(err);
        entry->theme = built_in;
    }
    if (status == STATUS_OK)
        qsort(list->entry, list->count, sizeof *list->entry, by_name);
    return status;
}

void theme_list_free(struct theme_list *list)
{
    memory_free(list->entry);
    arena_free(&list->text);
    *list = (struct theme_list){0};
}

/* ---- one theme ----------------------------------------------------------- */

enum status theme_find(struct theme *theme, const char *name, struct error *err)
{
    char directory[PATH_BYTES], path[PATH_BYTES];
    if (strchr(name, '/') || text_ends_with(name, ending))
        return theme_read(theme, name, err);
    for (size_t place = 0; directory_of(place, directory); place++)
        if (directory[0] && text_format(path, sizeof path, "%s/%s%s", directory, name, ending) &&
            path_is_file(path))
            return theme_read(theme, path, err);
    struct theme built_in;
    theme_default(&built_in);
    if (strcmp(name, built_in.name) == 0) {
        *theme = built_in;
        return STATUS_OK;
    }
    error_set(err, STATUS_USAGE, "there is no theme '%s'", name);
    return error_help(err, "ropescope --list-themes names those there are");
}
