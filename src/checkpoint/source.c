/* source.c: where a model lies. Finds config, index and weight files of a path; weights are only
 * stat'ed, so that a cached model opens without touching them. */
#include "gguf_set.h"
#include "ropescope/checkpoint.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <xxhash.h>

enum { CONFIG_BYTES_MAX = 16 << 20, INDEX_BYTES_MAX = 512 << 20 };

#define SINGLE_FILE "model.safetensors"
#define INDEX_FILE "model.safetensors.index.json"

static const char *keep(struct source *source, const char *text)
{
    return arena_text(&source->arena, text, strlen(text));
}

/* ---- weight files -------------------------------------------------------- */

static int64_t mtime_of(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

/* The system stamps files with a clock that ticks every few milliseconds: a file written this very
 * tick can be written once more and keep its stamp. Whoever reads it after the tick sees any later
 * writing. */
static void outwait_tick(const struct stat *info)
{
    enum { TICK_NS = 20000000 }; /* twice the coarsest */
    struct timespec now, rest = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t age = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - mtime_of(info);
    if (age < 0 || age >= TICK_NS)
        return;
    rest.tv_nsec = (long)(TICK_NS - age);
    nanosleep(&rest, NULL);
}

static enum status stat_file(struct source *source, const char *directory, const char *name,
                             struct source_file *file, struct error *err)
{
    char path[PATH_BYTES], resolved[PATH_BYTES];
    struct stat info;
    if (!path_join(path, directory, name))
        return error_set(err, STATUS_FAILED, "%s/%s: the path is too long", directory, name);
    if (!realpath(path, resolved) || stat(resolved, &info) != 0) {
        error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
        if (source->index_path)
            error_help(err, "%s names it: download the missing shard", source->index_path);
        return STATUS_FAILED;
    }
    if (!S_ISREG(info.st_mode))
        return error_set(err, STATUS_FAILED, "%s: not a regular file", path);
    outwait_tick(&info);
    *file = (struct source_file){
        .name = keep(source, name),
        .path = keep(source, resolved),
        .size = (uint64_t)info.st_size,
        .mtime_ns = mtime_of(&info),
        .inode = (uint64_t)info.st_ino,
    };
    return file->name && file->path ? STATUS_OK : error_memory(err);
}

bool source_file_is_same(const struct source_file *file)
{
    struct stat info;
    return stat(file->path, &info) == 0 && file->size == (uint64_t)info.st_size &&
           file->mtime_ns == mtime_of(&info) && file->inode == (uint64_t)info.st_ino;
}

static enum status add_files(struct source *source, const char *directory, const char *const *names,
                             size_t count, struct error *err)
{
    source->files = arena_alloc(&source->arena, count * sizeof *source->files);
    if (!source->files)
        return error_memory(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = stat_file(source, directory, names[i], &source->files[i], err);
    source->file_count = count;
    return status;
}

/* ---- the index of a sharded model ---------------------------------------- */

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
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    }
    return kept;
}

static enum status read_index(struct source *source, const char *directory, struct error *err)
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
        status = add_files(source, directory, shards.name, shards.count, err);
    }
    memory_free(shards.name);
    memory_free(text);
    return status;
}

/* ---- the config ---------------------------------------------------------- */

static enum status read_config(struct source *source, const char *given, const char *directory,
                               struct error *err)
{
    char path[PATH_BYTES];
    uint64_t hash = 0;
    if (!path_join(path, directory, "config.json"))
        return error_set(err, STATUS_FAILED, "%s: the path is too long", directory);
    source->config_path = keep(source, path);
    if (!source->config_path)
        return error_memory(err);
    if (text_ends_with(given, ".gguf") || !path_is_file(path))
        return STATUS_OK; /* whatever lies beside a file that says all of itself */
    enum status status = json_read_file(path, CONFIG_BYTES_MAX, &source->config, &hash, err);
    if (status == STATUS_OK && !cJSON_IsObject(source->config))
        status = error_set(err, STATUS_FAILED, "%s: it is no JSON object", path);
    source->metadata_hash ^= hash;
    return status;
}

/* ---- directories and files ----------------------------------------------- */

static bool has_file(char path[PATH_BYTES], const char *directory, const char *name)
{
    return path_join(path, directory, name) && path_is_file(path);
}

/* How many *.safetensors files a directory holds, and the name of one: people rename the only one.
 */
static size_t count_weight_files(const char *directory, char name[PATH_BYTES])
{
    DIR *stream = opendir(directory);
    size_t found = 0;
    if (!stream)
        return 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (!text_ends_with(entry->d_name, ".safetensors") ||
            strncmp(entry->d_name, "adapter", strlen("adapter")) == 0)
            continue;
        found++;
        text_format(name, PATH_BYTES, "%s", entry->d_name);
    }
    closedir(stream);
    return found;
}

/* The file of that name, or all files of its set: whichever of them is named, the first tells what
 * the model is, and its path is the path of the model. */
static enum status add_gguf(struct source *source, const char *directory, const char *name,
                            struct error *err)
{
    char text[PATH_BYTES];
    struct gguf_set set;
    if (!gguf_set_parse(name, &set))
        return add_files(source, directory, &name, 1, err);
    const char **names = memory_array(set.count, sizeof *names);
    bool kept = names != NULL;
    for (uint32_t i = 0; i < set.count && kept; i++) {
        gguf_set_name(text, name, &set, i + 1);
        names[i] = keep(source, text);
        kept = names[i] != NULL;
    }
    enum status status =
        kept ? add_files(source, directory, names, set.count, err) : error_memory(err);
    memory_free(names);
    if (status == STATUS_OK)
        source->path = source->files[0].path;
    return status;
}

static enum status locate_in_directory(struct source *source, const char *directory,
                                       struct error *err)
{
    char path[PATH_BYTES], only[PATH_BYTES];
    const char *single = SINGLE_FILE;
    if (has_file(path, directory, SINGLE_FILE)) /* transformers looks for it first, too */
        return add_files(source, directory, &single, 1, err);
    if (has_file(path, directory, INDEX_FILE)) {
        source->index_path = keep(source, path);
        return source->index_path ? read_index(source, directory, err) : error_memory(err);
    }
    single = only;
    size_t found = count_weight_files(directory, only);
    if (found == 1)
        return add_files(source, directory, &single, 1, err);
    if (found > 1) {
        error_set(err, STATUS_FAILED, "%s: %zu .safetensors files, and no %s that lists them",
                  directory, found, INDEX_FILE);
        return error_help(err, "download the index, too, or name one of the files");
    }
    found = gguf_models_in(directory, only);
    if (found == 1)
        return add_gguf(source, directory, only, err);
    if (found > 1) {
        error_set(err, STATUS_FAILED, "%s: %zu models in .gguf files", directory, found);
        return error_help(err, "name one of the files");
    }
    error_set(err, STATUS_FAILED, "%s: no weights here: neither %s nor %s nor a .gguf file",
              directory, SINGLE_FILE, INDEX_FILE);
    return error_help(err, "give a directory with config.json and safetensors weights, a "
                           ".safetensors, .gguf or .angles file");
}

/* Hugging Face's cache calls a model models--ORG--NAME/snapshots/HASH; people call it NAME. */
static const char *name_of_directory(struct source *source, const char *directory)
{
    const char *snapshots = strstr(directory, "/snapshots/");
    const char *models = strstr(directory, "/models--");
    if (!snapshots || !models || models > snapshots)
        return keep(source, path_name(directory));
    const char *name = models + strlen("/models--");
    for (const char *at = name; at + 1 < snapshots; at++) {
        if (at[0] == '-' && at[1] == '-')
            name = at + 2;
    }
    return arena_text(&source->arena, name, (size_t)(snapshots - name));
}

static const char *name_of_file(struct source *source, const char *directory, const char *path)
{
    const char *name = path_name(path);
    if (strcmp(name, SINGLE_FILE) == 0)
        return name_of_directory(source, directory);
    struct gguf_set set;
    if (gguf_set_parse(name, &set))
        return arena_text(&source->arena, name, set.stem);
    const char *dot = strrchr(name, '.');
    return arena_text(&source->arena, name,
                      dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static enum status locate_file(struct source *source, const char *given, const char *directory,
                               struct error *err)
{
    const char *name = path_name(given);
    source->name = name_of_file(source, directory, given);
    return text_ends_with(name, ".gguf") ? add_gguf(source, directory, name, err)
                                         : add_files(source, directory, &name, 1, err);
}

/* The config lies beside the name that was given, even where that is a link to elsewhere; else
 * beside the file that the link leads to. */
static const char *config_directory(const char *directory, const char *resolved,
                                    char other[PATH_BYTES])
{
    if (path_is_directory(resolved) || has_file(other, directory, "config.json"))
        return directory;
    path_directory(other, resolved);
    return other;
}

static enum status locate(struct source *source, const char *given, struct error *err)
{
    char resolved[PATH_BYTES], directory[PATH_BYTES], path[PATH_BYTES];
    if (!realpath(given, resolved))
        return error_set(err, STATUS_FAILED, "%s: %s", *given ? given : "\"\"", strerror(errno));
    source->path = keep(source, resolved);
    bool is_directory = path_is_directory(resolved);
    if (is_directory)
        text_format(directory, sizeof directory, "%s", resolved);
    else
        path_directory(directory, given);
    enum status status =
        read_config(source, given, config_directory(directory, resolved, path), err);
    if (status != STATUS_OK)
        return status;
    if (!is_directory)
        status = locate_file(source, given, directory, err);
    else if ((source->name = name_of_directory(source, directory)) != NULL)
        status = locate_in_directory(source, directory, err);
    return status == STATUS_OK && (!source->path || !source->name) ? error_memory(err) : status;
}

enum status source_locate(const char *path, struct source **out, struct error *err)
{
    struct source *source = memory_array(1, sizeof *source);
    if (!source)
        return error_memory(err);
    enum status status = locate(source, path, err);
    if (status != STATUS_OK) {
        source_close(source);
        return status;
    }
    *out = source;
    return STATUS_OK;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    cJSON_Delete(source->config);
    arena_free(&source->arena);
    memory_free(source);
}
