/* gguf_set.c: large models come as sets of GGUF files that only their names hold together. */
#include "gguf_set.h"

#include <dirent.h>
#include <string.h>

enum { DIGITS = 5, COUNT_MAX = 4096 /* of the files of one set */ };

static bool read_digits(const char *at, uint32_t *value)
{
    char digits[DIGITS + 1] = {0};
    memcpy(digits, at, DIGITS);
    return strspn(digits, "0123456789") == DIGITS && text_to_u32(digits, value);
}

bool gguf_set_parse(const char *name, struct gguf_set *set)
{
    static const char pattern[] = "-00000-of-00000.gguf";
    size_t len = strlen(name), tail = sizeof pattern - 1;
    if (len <= tail)
        return false;
    const char *at = name + len - tail;
    set->stem = len - tail;
    return at[0] == '-' && read_digits(at + 1, &set->number) && memcmp(at + 6, "-of-", 4) == 0 &&
           read_digits(at + 10, &set->count) && strcmp(at + 15, ".gguf") == 0 && set->number >= 1 &&
           set->number <= set->count && set->count <= COUNT_MAX;
}

void gguf_set_name(char out[PATH_BYTES], const char *name, const struct gguf_set *set,
                   uint32_t number)
{
    text_format(out, PATH_BYTES, "%.*s-%05u-of-%05u.gguf", (int)set->stem, name, number,
                set->count);
}

size_t gguf_models_in(const char *directory, char name[PATH_BYTES])
{
    DIR *stream = opendir(directory);
    struct gguf_set set;
    size_t found = 0;
    if (!stream)
        return 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (!text_ends_with(entry->d_name, ".gguf") || entry->d_name[0] == '.' ||
            strncmp(entry->d_name, "mmproj", strlen("mmproj")) == 0 ||
            (gguf_set_parse(entry->d_name, &set) && set.number != 1))
            continue;
        found++;
        text_format(name, PATH_BYTES, "%s", entry->d_name);
    }
    closedir(stream);
    return found;
}
