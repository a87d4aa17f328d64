/* config.c: the name of a family, a NUL, and a config.json for the weights of that family in
 * tests/fixtures/families: shapes and names decide what a config can lead to. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAMILIES "tests/fixtures/families"

/* The folder of the fixtures with that name, else that of Llama. */
static const char *family_of(const struct fuzz_parts *parts, char name[64])
{
    char path[PATH_BYTES];
    memset(name, 0, 64);
    if (parts->text_size > 0 && parts->text_size < 64 &&
        !memchr(parts->text, '/', parts->text_size))
        memcpy(name, parts->text, parts->text_size);
    text_format(path, sizeof path, FAMILIES "/%s/model.safetensors", name);
    return *name && path_is_file(path) ? name : "llama";
}

static void link_weights(const char *target, const char *family)
{
    char path[PATH_BYTES], from[PATH_BYTES];
    text_format(path, sizeof path, FAMILIES "/%s/model.safetensors", family);
    if (realpath(path, from) && !path_exists(fuzz_path(target, "model.safetensors")))
        fuzz_expect(symlink(from, fuzz_path(target, "model.safetensors")) == 0, "links are there");
}

void fuzz_config(const uint8_t *bytes, size_t size)
{
    char name[64], target[80];
    struct fuzz_parts parts = fuzz_split(bytes, size);
    const char *family = family_of(&parts, name);
    text_format(target, sizeof target, "config/%s", family);
    fuzz_put(target, "config.json", parts.rest, parts.rest_size);
    link_weights(target, family);
    fuzz_weights(fuzz_path(target, ""), NULL);
}
