/* torch_zip.c: checkpoints of PyTorch since 1.6: a ZIP archive of one pickle, which describes
 * tensors as views of storages, and an entry for each storage. */
#include "pickle.h"
#include "pickle_json.h"
#include "reader.h"
#include "zip.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PICKLE_MAX = 128 << 20, NAME_MAX_BYTES = 4096 };

/* ---- recognising --------------------------------------------------------- */

static bool begins_with(const struct mapping *mapping, const char *bytes, size_t len)
{
    return mapping->size >= len && memcmp(mapping->data, bytes, len) == 0;
}

bool torch_zip_recognises(const struct mapping *mapping)
{
    return begins_with(mapping, "PK\3\4", 4);
}

/* Protocols 2 to 5 begin so; before PyTorch 1.6 a checkpoint was a row of such pickles. */
bool bare_pickle_recognises(const struct mapping *mapping)
{
    return mapping->size > 2 && mapping->data[0] == 0x80 && mapping->data[1] >= 2 &&
           mapping->data[1] <= 5;
}

enum status bare_pickle_read(struct checkpoint *checkpoint, uint32_t file, struct error *err)
{
    error_set(err, STATUS_FAILED, "%s: a bare pickle, as PyTorch wrote before 1.6, is not read",
              checkpoint->source->files[file].path);
    return error_help(err,
                      "open it where you trust it, with torch 1.6 or later, and save it again; "
                      "or convert it to safetensors");
}

/* ---- one file on its way into the checkpoint ----------------------------- */

struct reading {
    struct checkpoint *checkpoint;
    const char *path;
    uint32_t file;
    struct zip zip;
    size_t top; /* bytes of the directory that all entries lie in, with its '/' */
    struct pickle pickle;
    struct error *err;
};

/* The entry of that name in the archive's one directory. */
static const struct zip_entry *find_entry(const struct reading *r, const char *folder,
                                          const char *name)
{
    char path[NAME_MAX_BYTES];
    return text_format(path, sizeof path, "%.*s%s%s", (int)r->top,
                       r->zip.count ? r->zip.entries[0].name : "", folder, name)
               ? zip_find(&r->zip, path)
               : NULL;
}

static enum status find_pickle(struct reading *r, const struct zip_entry **out)
{
    const char *slash = r->zip.count ? strchr(r->zip.entries[0].name, '/') : NULL;
    r->top = slash ? (size_t)(slash - r->zip.entries[0].name) + 1 : 0;
    *out = find_entry(r, "", "data.pkl");
    if (*out)
        return STATUS_OK;
    error_set(r->err, STATUS_FAILED, "%s: a ZIP archive, but no checkpoint: it has no data.pkl",
              r->path);
    return error_help(r->err, "of archives, ropescope reads those that torch.save writes");
}

/* Older versions of PyTorch do not write the entry; their numbers are little-endian. */
static enum status check_byte_order(struct reading *r)
{
    const struct zip_entry *entry = find_entry(r, "", "byteorder");
    char word[8] = {0};
    uint64_t offset;
    if (!entry)
        return STATUS_OK;
    enum status status = zip_data(&r->zip, entry, &offset, r->err);
    if (status == STATUS_OK && entry->size < sizeof word)
        status = mapping_copy(r->zip.mapping, r->path, offset, (size_t)entry->size, word, r->err);
    if (status != STATUS_OK || strcmp(word, "little") == 0)
        return status;
    return error_set(r->err, STATUS_FAILED,
                     "%s: its numbers are stored in %s-endian order, and only little-endian ones "
                     "are read",
                     r->path, *word ? word : "an unknown");
}

static enum status read_pickle(struct reading *r)
{
    const struct zip_entry *entry;
    uint64_t offset;
    enum status status = find_pickle(r, &entry);
    if (status == STATUS_OK)
        status = check_byte_order(r);
    if (status == STATUS_OK)
        status = zip_data(&r->zip, entry, &offset, r->err);
    if (status != STATUS_OK)
        return status;
    if (entry->size > PICKLE_MAX)
        return error_set(r->err, STATUS_FAILED, "%s: its pickle of %" PRIu64 " bytes is too large",
                         r->path, entry->size);
    unsigned char *bytes = memory_array(entry->size + 1, 1);
    if (!bytes)
        return error_memory(r->err);
    status = mapping_copy(r->zip.mapping, r->path, offset, (size_t)entry->size, bytes, r->err);
    if (status == STATUS_OK)
        status = pickle_read(&r->pickle, bytes, (size_t)entry->size, r->path, r->err);
    memory_free(bytes);
    return status;
}

/* ---- the state dict ------------------------------------------------------ */

static bool holds_tensors(const struct pickle_value *dict)
{
    for (size_t i = 1; dict->kind == PICKLE_DICT && i < dict->items->count; i += 2) {
        if (dict->items->at[i].kind == PICKLE_TENSOR)
            return true;
    }
    return false;
}

/* Training keeps the weights under a key of its own, beside the optimizer's state. */
static const struct pickle_value *find_state(const struct pickle_value *value, int depth)
{
    static const char *const keys[] = {"state_dict", "model_state_dict", "model", "module"};
    enum { DEPTH_MAX = 3 };
    for (size_t i = 0; depth < DEPTH_MAX && i < sizeof keys / sizeof *keys; i++) {
        const struct pickle_value *inner = pickle_get(value, keys[i]);
        const struct pickle_value *found = inner ? find_state(inner, depth + 1) : NULL;
        if (found)
            return found;
    }
    return holds_tensors(value) ? value : NULL;
}

/* ---- tensors ------------------------------------------------------------- */

/* Steps of a matrix whose rows do not follow each other, in bytes. */
struct strides {
    size_t row, column;
};

static void strided_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                             uint64_t first, size_t count, float *to)
{
    const struct strides *strides = tensor->codec->detail;
    for (uint64_t row = first; row < first + count; row++) {
        const unsigned char *from = checkpoint_data(checkpoint, tensor) + row * strides->row;
        for (uint64_t i = 0; i < tensor->shape[1]; i++)
            dtype_to_float(tensor->dtype, from + i * strides->column, 1, to++);
    }
}

/* A view may repeat numbers, and then be of any size: such a one is not read. */
static enum status add_strides(struct reading *r, const struct pickle_tensor *view,
                               struct tensor *tensor)
{
    size_t size = dtype_bits(tensor->dtype) / 8;
    bool repeats = tensor->bytes == 0 /* too many to count */ ||
                   tensor->bytes / size > view->past - view->first;
    struct row_codec *codec = arena_alloc(&r->checkpoint->names, sizeof *codec);
    struct strides *strides = arena_alloc(&r->checkpoint->names, sizeof *strides);
    if (!codec || !strides)
        return error_memory(r->err);
    *strides = (struct strides){(size_t)view->stride[0] * size, (size_t)view->stride[1] * size};
    *codec = (struct row_codec){
        .name = repeats ? "a view that repeats its numbers" : "rows that lie apart",
        .to_float = repeats ? NULL : strided_to_float,
        .detail = strides,
        .exact = true,
    };
    tensor->codec = codec;
    return STATUS_OK;
}

static enum status outside(const struct reading *r, const char *name, uint64_t wanted,
                           uint64_t held)
{
    return error_set(r->err, STATUS_FAILED,
                     "%s: tensor %s: it reaches to number %" PRIu64
                     " of a storage that holds %" PRIu64,
                     r->path, name, wanted, held);
}

/* Where the numbers of the view begin in the file: all of them lie in the entry of its storage. */
static enum status place_view(struct reading *r, const char *name, const struct pickle_tensor *view,
                              uint64_t *offset)
{
    const struct zip_entry *entry = find_entry(r, "data/", view->storage->key);
    uint64_t size = dtype_bits(view->dtype) / 8, storage_bytes;
    if (!entry)
        return error_set(r->err, STATUS_FAILED, "%s: tensor %s: the archive has no entry data/%s",
                         r->path, name, view->storage->key);
    enum status status = zip_data(&r->zip, entry, offset, r->err);
    if (status != STATUS_OK)
        return error_context(r->err, "tensor %s", name);
    if (!size_multiply(view->storage->count, dtype_bits(view->storage->dtype) / 8,
                       &storage_bytes) ||
        storage_bytes > entry->size)
        return error_set(r->err, STATUS_FAILED,
                         "%s: tensor %s: its storage of %" PRIu64
                         " numbers lies in an entry of %" PRIu64 " bytes",
                         r->path, name, view->storage->count, entry->size);
    if (view->past > storage_bytes / size)
        return outside(r, name, view->past, storage_bytes / size);
    *offset += view->past > 0 ? view->first * size : 0;
    return STATUS_OK;
}

static enum status add_tensor(struct reading *r, const char *name, const struct pickle_tensor *view)
{
    uint64_t offset, rows, bytes = 0;
    enum status status = place_view(r, name, view, &offset);
    if (status != STATUS_OK)
        return status;
    struct tensor *tensor = checkpoint_append(r->checkpoint);
    if (!tensor)
        return error_memory(r->err);
    if (view->rank == 2 && size_multiply(view->shape[0], view->shape[1], &rows))
        dtype_bytes(view->dtype, rows, &bytes);
    if (view->rank == 1 && view->contiguous) /* a bias, a norm */
        dtype_bytes(view->dtype, view->shape[0], &bytes);
    *tensor = (struct tensor){
        .name = arena_text(&r->checkpoint->names, name, strlen(name)),
        .shape = {view->shape[0], view->shape[1]},
        .offset = offset,
        .bytes = bytes,
        .file = r->file,
        .rank = view->rank,
        .dtype = (uint16_t)view->dtype,
    };
    if (!tensor->name)
        return error_memory(r->err);
    return view->rank == 2 && !view->contiguous && dtype_is_plain(view->dtype)
               ? add_strides(r, view, tensor)
               : STATUS_OK;
}

static int by_offset(const void *left, const void *right)
{
    const struct tensor *a = left, *b = right;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

static enum status add_tensors(struct reading *r)
{
    size_t first = r->checkpoint->tensor_count;
    const struct pickle_value *state = find_state(&r->pickle.root, 0);
    enum status status = STATUS_OK;
    if (!state)
        return error_set(r->err, STATUS_FAILED,
                         "%s: it holds no tensors by name, neither by itself nor under "
                         "state_dict, model or module",
                         r->path);
    for (size_t i = 0; i + 1 < state->items->count && status == STATUS_OK; i += 2) {
        const struct pickle_value *entry = &state->items->at[i];
        if (entry[0].kind == PICKLE_TEXT && entry[1].kind == PICKLE_TENSOR)
            status = add_tensor(r, entry[0].text, entry[1].tensor);
    }
    size_t count = r->checkpoint->tensor_count - first;
    if (count > 0)
        qsort(r->checkpoint->tensors + first, count, sizeof *r->checkpoint->tensors, by_offset);
    return status;
}

/* What training kept beside the weights tells about the model where no config does. The arguments
 * of the model itself are surer than a config that happens to lie there. */
static enum status keep_config(struct reading *r)
{
    cJSON *config = NULL;
    if (r->checkpoint->config)
        return STATUS_OK;
    enum status status = pickle_to_json(&r->pickle.root, &config, r->err);
    if (r->checkpoint->source->config && !json_get(config, "model_args")) {
        cJSON_Delete(config);
        return status;
    }
    r->checkpoint->config = config;
    return status;
}

enum status torch_zip_read(struct checkpoint *checkpoint, uint32_t file, struct error *err)
{
    struct reading r = {
        .checkpoint = checkpoint,
        .path = checkpoint->source->files[file].path,
        .file = file,
        .err = err,
    };
    enum status status = zip_open(&r.zip, &checkpoint->mappings[file], r.path, err);
    if (status == STATUS_OK)
        status = read_pickle(&r);
    if (status == STATUS_OK)
        status = add_tensors(&r);
    if (status == STATUS_OK)
        status = keep_config(&r);
    pickle_close(&r.pickle);
    zip_close(&r.zip);
    return status;
}
