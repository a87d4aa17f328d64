/* checkpoint.c: the files of a source mapped read-only, their tensors by name. */
#include "adapter.h"
#include "reader.h"

#include <cjson/cJSON.h>
#include <string.h>
#include <xxhash.h>

/* ---- names --------------------------------------------------------------- */

/* The bucket that holds `name`, or the empty one where it would go. */
static uint32_t *find_bucket(const struct checkpoint *checkpoint, const char *name)
{
    size_t mask = checkpoint->bucket_count - 1;
    size_t at = (size_t)XXH3_64bits(name, strlen(name)) & mask;
    while (checkpoint->buckets[at] != 0 &&
           strcmp(checkpoint->tensors[checkpoint->buckets[at] - 1].name, name) != 0)
        at = (at + 1) & mask;
    return &checkpoint->buckets[at];
}

static enum status name_stands_twice(const struct checkpoint *checkpoint,
                                     const struct tensor *first, const struct tensor *second,
                                     struct error *err)
{
    const struct source_file *files = checkpoint->source->files;
    if (first->file == second->file)
        return error_set(err, STATUS_FAILED, "%s: tensor %s: the name stands twice",
                         files[second->file].path, second->name);
    return error_set(err, STATUS_FAILED, "%s: tensor %s: %s holds one of that name, too",
                     files[second->file].path, second->name, files[first->file].name);
}

static enum status index_names(struct checkpoint *checkpoint, struct error *err)
{
    memory_free(checkpoint->buckets);
    checkpoint->bucket_count = 64;
    while (checkpoint->bucket_count < 2 * checkpoint->tensor_count)
        checkpoint->bucket_count *= 2;
    checkpoint->buckets = memory_array(checkpoint->bucket_count, sizeof *checkpoint->buckets);
    if (!checkpoint->buckets)
        return error_memory(err);
    for (size_t i = 0; i < checkpoint->tensor_count; i++) {
        const struct tensor *tensor = &checkpoint->tensors[i];
        uint32_t *bucket = find_bucket(checkpoint, tensor->name);
        if (*bucket != 0)
            return name_stands_twice(checkpoint, &checkpoint->tensors[*bucket - 1], tensor, err);
        *bucket = (uint32_t)i + 1;
    }
    return STATUS_OK;
}

/* ---- opening ------------------------------------------------------------- */

static void tell_bytes(const struct source *source)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < source->file_count; i++)
        bytes += source->files[i].size;
    if (source->watch)
        atomic_store(&source->watch->bytes, bytes);
}

/* A process may often have 1024 files open, and some have more shards. */
enum { OPEN_FILES_MAX = 64 };

static enum status read_files(struct checkpoint *checkpoint, struct error *err)
{
    const struct source *source = checkpoint->source;
    tell_bytes(source);
    for (size_t i = 0; i < source->file_count; i++) {
        const struct format *format = NULL;
        const struct source_file *file = &source->files[i];
        enum status status = mapping_open(&checkpoint->mappings[i], file->path, err);
        if (status == STATUS_OK)
            status = format_of(&checkpoint->mappings[i], file, &format, err);
        if (i == 0)
            checkpoint->format = format;
        if (status == STATUS_OK)
            status = format->read(checkpoint, (uint32_t)i, err);
        if (i >= OPEN_FILES_MAX)
            mapping_let_go(&checkpoint->mappings[i], file->path);
        if (status == STATUS_OK)
            status = checkpoint_report(checkpoint, err);
        if (status != STATUS_OK)
            return status;
    }
    enum status status = source->sliced ? slices_join(checkpoint, err) : STATUS_OK;
    return status == STATUS_OK ? index_names(checkpoint, err) : status;
}

static enum status resolve_quantised(struct checkpoint *checkpoint, struct error *err)
{
    bool renamed;
    enum status status = quantised_resolve(checkpoint, &renamed, err);
    return status == STATUS_OK && renamed ? index_names(checkpoint, err) : status;
}

enum status checkpoint_open(const struct source *source, struct checkpoint **out, struct error *err)
{
    struct checkpoint *checkpoint = memory_array(1, sizeof *checkpoint);
    if (!checkpoint)
        return error_memory(err);
    checkpoint->source = source;
    checkpoint->mappings = memory_array(source->file_count, sizeof *checkpoint->mappings);
    enum status status = checkpoint->mappings ? read_files(checkpoint, err) : error_memory(err);
    if (status == STATUS_OK)
        status = resolve_quantised(checkpoint, err);
    if (status != STATUS_OK) {
        checkpoint_close(checkpoint);
        return status;
    }
    *out = checkpoint;
    return STATUS_OK;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    adapter_close(checkpoint->adapter);
    for (size_t i = 0; checkpoint->mappings && i < checkpoint->source->file_count; i++)
        mapping_close(&checkpoint->mappings[i]);
    memory_free(checkpoint->mappings);
    memory_free(checkpoint->tensors);
    memory_free(checkpoint->buckets);
    arena_free(&checkpoint->names);
    cJSON_Delete(checkpoint->config);
    memory_free(checkpoint);
}

/* ---- looking ------------------------------------------------------------- */

const struct source *checkpoint_source(const struct checkpoint *checkpoint)
{
    return checkpoint->source;
}

const char *checkpoint_format(const struct checkpoint *checkpoint)
{
    return checkpoint->format->name;
}

const struct cJSON *checkpoint_config(const struct checkpoint *checkpoint)
{
    return checkpoint->config ? checkpoint->config : checkpoint->source->config;
}

const char *checkpoint_config_path(const struct checkpoint *checkpoint)
{
    return checkpoint->config ? checkpoint->source->files[0].path : checkpoint->source->config_path;
}

size_t checkpoint_tensor_count(const struct checkpoint *checkpoint)
{
    return checkpoint->tensor_count;
}

const struct tensor *checkpoint_tensor(const struct checkpoint *checkpoint, size_t index)
{
    return &checkpoint->tensors[index];
}

const struct tensor *checkpoint_find(const struct checkpoint *checkpoint, const char *name)
{
    uint32_t found = *find_bucket(checkpoint, name);
    return found ? &checkpoint->tensors[found - 1] : NULL;
}

uint64_t checkpoint_bytes(const struct checkpoint *checkpoint)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < checkpoint->source->file_count; i++)
        bytes += checkpoint->mappings[i].size;
    return bytes;
}

const unsigned char *checkpoint_data(const struct checkpoint *checkpoint,
                                     const struct tensor *tensor)
{
    return checkpoint->mappings[tensor->file].data + tensor->offset;
}

const struct mapping *checkpoint_mapping(const struct checkpoint *checkpoint,
                                         const struct tensor *tensor)
{
    return &checkpoint->mappings[tensor->file];
}
