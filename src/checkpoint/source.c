/* source.c: where a model lies. Finds config, index and weight files of a path; weights are only
 * stat'ed, so that a cached model opens without touching them. */
#include "gguf_set.h"
#include "source_parts.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <xxhash.h>

const char *source_keep(struct source *source, const char *text)
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
        .name = source_keep(source, name),
        .path = source_keep(source, resolved),
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

enum status source_add_files(struct source *source, const char *directory, const char *const *names,
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

/* ---- the config ---------------------------------------------------------- */

bool source_has_file(char path[PATH_BYTES], const char *directory, const char *name)
{
    return path_join(path, directory, name) && path_is_file(path);
}

/* The config lies beside the name that was given, even where that is a link to elsewhere; else
 * beside the file that the link leads to. */
static const char *config_directory(const char *directory, const char *resolved, const char *name,
                                    char other[PATH_BYTES])
{
    if (path_is_directory(resolved) || source_has_file(other, directory, name))
        return directory;
    path_directory(other, resolved);
    return other;
}

static const char *config_name(const struct source *source, const char *directory)
{
    char path[PATH_BYTES];
    return source_is_consolidated(source->files[0].name) &&
                   source_has_file(path, directory, "params.json")
               ? "params.json"
               : "config.json";
}

static enum status read_config(struct source *source, const char *directory, const char *resolved,
                               struct error *err)
{
    char path[PATH_BYTES], other[PATH_BYTES];
    uint64_t hash = 0;
    const char *name = config_name(source, directory);
    const char *from = config_directory(directory, resolved, name, other);
    if (!path_join(path, from, name))
        return error_set(err, STATUS_FAILED, "%s: the path is too long", from);
    source->config_path = source_keep(source, path);
    if (!source->config_path)
        return error_memory(err);
    if (text_ends_with(source->files[0].name, ".gguf") || !path_is_file(path))
        return STATUS_OK; /* whatever lies beside a file that says all of itself */
    enum status status = json_read_file(path, CONFIG_BYTES_MAX, &source->config, &hash, err);
    if (status == STATUS_OK && !cJSON_IsObject(source->config))
        status = error_set(err, STATUS_FAILED, "%s: it is no JSON object", path);
    source->metadata_hash ^= hash;
    return status;
}

/* ---- names and paths ----------------------------------------------------- */

/* Hugging Face's cache calls a model models--ORG--NAME/snapshots/HASH; people call it NAME. */
const char *source_name_of_directory(struct source *source, const char *directory)
{
    const char *snapshots = strstr(directory, "/snapshots/");
    const char *models = strstr(directory, "/models--");
    if (!snapshots || !models || models > snapshots)
        return source_keep(source, path_name(directory));
    const char *name = models + strlen("/models--");
    for (const char *at = name; at + 1 < snapshots; at++) {
        if (at[0] == '-' && at[1] == '-')
            name = at + 2;
    }
    return arena_text(&source->arena, name, (size_t)(snapshots - name));
}

/* Files of these names are told apart by their directories alone. */
static bool says_nothing(const char *stem, size_t len)
{
    static const char *const stems[] = {"model", "pytorch_model", "ckpt", "consolidated",
                                        "consolidated.00"};
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        if (strlen(stems[i]) == len && memcmp(stems[i], stem, len) == 0)
            return true;
    }
    return false;
}

static const char *name_of_file(struct source *source, const char *directory, const char *name)
{
    struct gguf_set set;
    if (gguf_set_parse(name, &set))
        return arena_text(&source->arena, name, set.stem);
    const char *dot = strrchr(name, '.');
    size_t stem = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    char resolved[PATH_BYTES];
    if (says_nothing(name, stem) && realpath(directory, resolved) && path_name(resolved)[0])
        return source_name_of_directory(source, resolved);
    return arena_text(&source->arena, name, stem);
}

static enum status locate(struct source *source, const char *given, struct error *err)
{
    char resolved[PATH_BYTES], directory[PATH_BYTES];
    if (!realpath(given, resolved))
        return error_set(err, STATUS_FAILED, "%s: %s", *given ? given : "\"\"", strerror(errno));
    source->path = source_keep(source, resolved);
    bool is_directory = path_is_directory(resolved);
    if (is_directory)
        text_format(directory, sizeof directory, "%s", resolved);
    else
        path_directory(directory, given);
    enum status status = is_directory ? source_of_directory(source, directory, err)
                                      : source_of_file(source, directory, path_name(given), err);
    if (status == STATUS_OK)
        status = read_config(source, directory, resolved, err);
    if (status != STATUS_OK)
        return status;
    source->name = is_directory ? source_name_of_directory(source, directory)
                                : name_of_file(source, directory, source->files[0].name);
    return source->path && source->name ? STATUS_OK : error_memory(err);
}

enum status source_found(source_finder *find, const char *path, struct source **out,
                         struct error *err)
{
    struct source *source = memory_array(1, sizeof *source);
    if (!source)
        return error_memory(err);
    enum status status = find(source, path, err);
    if (status != STATUS_OK) {
        source_close(source);
        return status;
    }
    *out = source;
    return STATUS_OK;
}

enum status source_locate(const char *path, struct source **out, struct error *err)
{
    return source_found(locate, path, out, err);
}

void source_close(struct source *source)
{
    if (!source)
        return;
    cJSON_Delete(source->config);
    arena_free(&source->arena);
    memory_free(source);
}
