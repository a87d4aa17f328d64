/* papers_families.c: the table of families in README.md: the program's own, with what the fixtures
 * of each family were seen in. */
#include "papers.h"

#include "ropescope/model.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#define FIXTURES "tests/fixtures/families"

enum { SEEN_BYTES = 128 };

/* Is that the family's own name, or another one for it? */
static bool is_of(const char *model_type, const char *family)
{
    struct family_line line;
    if (strcmp(model_type, family) == 0)
        return true;
    for (size_t i = 0; family_line(i, &line); i++) {
        if (line.same_as && strcmp(line.type, model_type) == 0 && strcmp(line.same_as, family) == 0)
            return true;
    }
    return false;
}

/* Adds a word that is not there yet. */
static void add_word(char *out, size_t size, const char *word)
{
    size_t used = strlen(out);
    if (!strstr(out, word))
        text_format(out + used, size - used, "%s%s", used ? ", " : "", word);
}

/* "✓ transformers 4.57.6" of what expected.json says it was found by. */
static void add_seen(char *out, size_t size, const char *found)
{
    char word[SEEN_BYTES];
    const char *version = strstr(found, " of transformers ");
    if (!version) {
        add_word(out, size, strncmp(found, "numpy", 5) == 0 ? "numpy" : found);
        return;
    }
    version += strlen(" of transformers ");
    text_format(word, sizeof word, "✓ %.*s", (int)strcspn(version, ","), version);
    add_word(out, size, word);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What all fixtures of the family were found by. */
static void seen_of(char *out, size_t size, const char *family)
{
    struct dirent **entries;
    int count = scandir(FIXTURES, &entries, is_shown, alphasort);
    *out = '\0';
    for (int i = 0; i < count; i++) {
        char path[PATH_BYTES];
        cJSON *expected = NULL;
        text_format(path, sizeof path, FIXTURES "/%s/expected.json", entries[i]->d_name);
        if (json_read_file(path, 1U << 20, &expected, NULL, NULL) == STATUS_OK &&
            is_of(json_get(expected, "model_type")->valuestring, family))
            add_seen(out, size, json_get(expected, "found")->valuestring);
        cJSON_Delete(expected);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* All rows of one type make one line. */
static void write_family(FILE *stream, const struct family_line *first)
{
    struct family_line line;
    char layouts[256] = "", pairings[64] = "", others[256] = "", seen[SEEN_BYTES];
    for (size_t i = 0; family_line(i, &line); i++) {
        if (line.same_as && strcmp(line.same_as, first->type) == 0)
            add_word(others, sizeof others, line.type);
        if (line.same_as || line.without || strcmp(line.type, first->type) != 0)
            continue;
        add_word(layouts, sizeof layouts, line.layout);
        add_word(pairings, sizeof pairings, pairing_name(line.pairing));
    }
    seen_of(seen, sizeof seen, first->type);
    fprintf(stream, "| %s%s%s | %s | %s | %s | %s | %s |\n", first->type, *others ? ", " : "",
            others, pairings, first->dims, first->layers, layouts, seen);
}

void readme_families(FILE *stream)
{
    struct family_line line;
    const char *before = "";
    fputs("| model_type | pairing | dims | layers | query, key and value rows | seen in |\n"
          "|---|---|---|---|---|---|\n",
          stream);
    for (size_t i = 0; family_line(i, &line); i++) {
        if (line.same_as || line.without || strcmp(line.type, before) == 0)
            continue;
        write_family(stream, &line);
        before = line.type;
    }
}
