/* source_index.c: the index of a sharded model tells which files there are. */
#include "source_parts.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { INDEX_BYTES_MAX = 512 << 20 };

struct shard_names {
    const char **name; /* (count) in the source's arena */
    size_t count, room;
};

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* Shards are files of the same directory, nothing else: an index may not point at /etc. */
static bool is_plain_name(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static enum status add_shard(struct source *source, struct shard_names *shards,
                             const struct json_walk *walk, struct error *err)
{
    const char *name;
    if (walk->value[0] != '"')
        return error_set(err, STATUS_FAILED, "%s: weight_map holds a value that is no file name",
                         walk->what);
    const char *last = shards->count ? shards->name[shards->count - 1] : NULL;
    if (last && walk->value_len == strlen(last) + 2 && walk->value[walk->value_len - 1] == '"' &&
        memcmp(walk->value + 1, last, walk->value_len - 2) == 0)
        return STATUS_OK; /* the same shard again, as nearly always */
    enum status status =
        json_string(walk->value, walk->value_len, walk->what, &source->arena, &name, err);
    if (status != STATUS_OK)
        return status;
    if (!is_plain_name(name))
        return error_set(err, STATUS_FAILED, "%s: shard \"%s\" is no plain file name", walk->what,
                         name);
    if (shards->count == shards->room) {
        size_t room = shards->room ? 2 * shards->room : 64;
        const char **grown = memory_grow(shards->name, room, sizeof *grown);
        if (!grown)
            return error_memory(err);
        shards->name = grown;
        shards->room = room;
    }
    shards->name[shards->count++] = name;
    return STATUS_OK;
}

static enum status walk_weight_map(struct source *source, struct shard_names *shards,
                                   const char *text, size_t len, struct error *err)
{
    struct json_walk walk = {.text = text, .len = len, .what = source->index_path};
    bool more = true;
    enum status status;
    if (len == 0 || text[0] != '{')
        return error_set(err, STATUS_FAILED, "%s: weight_map is no JSON object", walk.what);
    while ((status = json_walk_next(&walk, &more, err)) == STATUS_OK && more) {
        status = add_shard(source, shards, &walk, err);
        if (status != STATUS_OK)
            break;
    }
    return status;
}

static enum status walk_index(struct source *source, struct shard_names *shards, const char *text,
                              size_t len, struct error *err)
{
    static const char key[] = "\"weight_map\"";
    cJSON *other = NULL;
    struct json_walk walk = {.text = text, .len = len, .what = source->index_path};
    bool more = true, found = false;
    enum status status;
    while ((status = json_walk_next(&walk, &more, err)) == STATUS_OK && more) {
        if (walk.key_len != sizeof key - 1 || memcmp(walk.key, key, sizeof key - 1) != 0) {
            status = json_parse(walk.value, walk.value_len, walk.what, &other, err); /* a check */
            cJSON_Delete(other);
        } else {
            found = true;
            status = walk_weight_map(source, shards, walk.value, walk.value_len, err);
        }
        if (status != STATUS_OK)
            break;
    }
    if (status == STATUS_OK && (!found || shards->count == 0))
        status = error_set(err, STATUS_FAILED, "%s: it has no weight_map that names a file",
                           source->index_path);
    return status;
}

static size_t sort_unique(const char **names, size_t count)
{
    size_t kept = 0;
    if (count > 1)
        qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    }
    return kept;
}

enum status source_read_index(struct source *source, const char *directory, struct error *err)
{
    char *text = NULL;
    size_t len;
    struct shard_names shards = {0};
    enum status status = file_read(source->index_path, INDEX_BYTES_MAX, &text, &len, err);
    if (status != STATUS_OK)
        return status;
    source->metadata_hash ^= XXH3_64bits_withSeed(text, len, 1);
    status = walk_index(source, &shards, text, len, err);
    if (status == STATUS_OK) {
        shards.count = sort_unique(shards.name, shards.count);
        status = source_add_files(source, directory, shards.name, shards.count, err);
    }
    memory_free(shards.name);
    memory_free(text);
    return status;
}
