/* safetensors.c: the header of a .safetensors file, checked by every rule of the reference reader
 * (safetensors 0.8, tensor.rs): 8 bytes of length, a JSON object, then data without holes. */
#include "reader.h"
#include "safetensors_plain.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8, HEADER_MAX = 100000000, RANK_MAX = UINT16_MAX, RELEASE_BYTES = 1 << 20 };

/* One file on its way into the checkpoint. */
struct reading {
    struct checkpoint *checkpoint;
    const char *path;
    uint32_t file;
    const struct mapping *mapping;
    uint64_t header_bytes;
    struct json_walk walk;
    bool more;
    enum status walk_status;
    bool metadata; /* has been seen */
    struct error *err;
    char *entry; /* copy of the key and the value of one entry: the mapping may fault */
    size_t entry_room;
    size_t released; /* bytes of the header that need not stay in memory */
};

/* ---- reading the mapping, all of it guarded ------------------------------ */

static void load_length(void *arg)
{
    struct reading *r = arg;
    r->header_bytes = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        r->header_bytes = r->header_bytes << 8 | r->mapping->data[i];
}

static void step_walk(void *arg)
{
    struct reading *r = arg;
    r->walk_status = json_walk_next(&r->walk, &r->more, r->err);
}

static void copy_entry(void *arg)
{
    struct reading *r = arg;
    memcpy(r->entry, r->walk.key, r->walk.key_len);
    memcpy(r->entry + r->walk.key_len, r->walk.value, r->walk.value_len);
}

static enum status unreadable(const struct reading *r)
{
    return error_set(r->err, STATUS_FAILED,
                     "%s: the header could not be read: the file shrank or its disk failed",
                     r->path);
}

/* Next entry into r->entry: key_len bytes of raw key, then value_len bytes of raw value. */
static enum status next_entry(struct reading *r)
{
    if (!guard_run(step_walk, r))
        return unreadable(r);
    if (r->walk_status != STATUS_OK || !r->more)
        return r->walk_status;
    size_t size = r->walk.key_len + r->walk.value_len;
    if (size > r->entry_room) {
        char *grown = memory_grow(r->entry, size, 1);
        if (!grown)
            return error_memory(r->err);
        r->entry = grown;
        r->entry_room = size;
    }
    if (!guard_run(copy_entry, r))
        return unreadable(r);
    if (r->walk.at - r->released >= RELEASE_BYTES) {
        r->released = r->walk.at;
        mapping_release(r->mapping, r->released);
    }
    return STATUS_OK;
}

/* ---- one entry ----------------------------------------------------------- */

static enum status tensor_failed(const struct reading *r, const char *name, const char *why)
{
    return error_set(r->err, STATUS_FAILED, "%s: tensor %s: %s", r->path, name, why);
}

static enum status read_metadata(struct reading *r, const cJSON *value)
{
    const cJSON *item = value ? value->child : NULL;
    bool bad = !cJSON_IsObject(value);
    for (; item; item = item->next)
        bad = bad || !cJSON_IsString(item);
    return bad ? error_set(r->err, STATUS_FAILED,
                           "%s: __metadata__ is no map of strings to strings", r->path)
               : STATUS_OK;
}

/* The bytes that so many of dtype's numbers take. */
static enum status size_up(const struct reading *r, uint64_t elements, struct tensor *tensor)
{
    uint64_t bits;
    if (!size_multiply(elements, dtype_bits(tensor->dtype), &bits))
        return tensor_failed(r, tensor->name, "the size of its data overflows");
    if (bits % 8 != 0)
        return tensor_failed(r, tensor->name, "its numbers do not fill whole bytes");
    tensor->bytes = bits / 8;
    return STATUS_OK;
}

static enum status read_shape(struct reading *r, const cJSON *shape, struct tensor *tensor)
{
    if (!cJSON_IsArray(shape))
        return tensor_failed(r, tensor->name, "shape is no list");
    uint64_t elements = 1;
    size_t rank = 0;
    for (const cJSON *item = shape->child; item; item = item->next, rank++) {
        uint64_t size;
        if (!json_whole(item, &size))
            return tensor_failed(r, tensor->name, "shape holds no whole number below 2^53");
        if (rank == RANK_MAX)
            return tensor_failed(r, tensor->name, "shape has too many sizes");
        if (!size_multiply(elements, size, &elements))
            return tensor_failed(r, tensor->name, "the product of its shape overflows");
        if (rank < 2)
            tensor->shape[rank] = size;
    }
    tensor->rank = (uint16_t)rank;
    return size_up(r, elements, tensor);
}

/* Where its data lie, from the end of the header on. */
static enum status place(const struct reading *r, uint64_t begin, uint64_t end,
                         struct tensor *tensor)
{
    uint64_t data = r->mapping->size - LENGTH_BYTES - r->header_bytes, bytes = tensor->bytes;
    if (end < begin)
        return error_set(r->err, STATUS_FAILED,
                         "%s: tensor %s: data_offsets run backwards, from %" PRIu64 " to %" PRIu64,
                         r->path, tensor->name, begin, end);
    if (end > data) {
        error_set(r->err, STATUS_FAILED,
                  "%s: tensor %s: its data end at byte %" PRIu64
                  " behind the header, but the file holds only %" PRIu64,
                  r->path, tensor->name, end, data);
        return error_help(r->err, "the file is cut short or damaged: download or copy it again");
    }
    if (end - begin != bytes)
        return error_set(r->err, STATUS_FAILED,
                         "%s: tensor %s: data_offsets span %" PRIu64
                         " bytes, but shape and dtype need %" PRIu64,
                         r->path, tensor->name, end - begin, bytes);
    tensor->offset = LENGTH_BYTES + r->header_bytes + begin;
    return STATUS_OK;
}

static enum status read_offsets(const struct reading *r, const cJSON *offsets,
                                struct tensor *tensor)
{
    uint64_t begin, end;
    if (cJSON_GetArraySize(offsets) != 2 || !cJSON_IsArray(offsets) ||
        !json_whole(offsets->child, &begin) || !json_whole(offsets->child->next, &end))
        return tensor_failed(r, tensor->name, "data_offsets is no pair of whole numbers");
    return place(r, begin, end, tensor);
}

static enum status append(const struct reading *r, const struct tensor *tensor)
{
    struct tensor *slot = checkpoint_append(r->checkpoint);
    if (!slot)
        return error_memory(r->err);
    *slot = *tensor;
    return STATUS_OK;
}

/* A key that stands twice means one thing to this reader and another to the next. */
static bool has_twice(const cJSON *value, const char *key)
{
    size_t count = 0;
    for (const cJSON *item = value->child; item; item = item->next)
        count += strcmp(item->string, key) == 0;
    return count > 1;
}

static enum status read_tensor(struct reading *r, const char *name, const cJSON *value)
{
    if (!cJSON_IsObject(value))
        return tensor_failed(r, name, "it is described by no JSON object");
    if (has_twice(value, "dtype") || has_twice(value, "shape") || has_twice(value, "data_offsets"))
        return tensor_failed(r, name, "one of dtype, shape and data_offsets stands twice");
    const char *word = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(value, "dtype"));
    struct tensor tensor = {.name = name, .file = r->file};
    enum dtype dtype;
    if (!word)
        return tensor_failed(r, name, "it has no dtype");
    if (!dtype_from_name(word, &dtype))
        return error_set(r->err, STATUS_FAILED, "%s: tensor %s: unknown dtype \"%s\"", r->path,
                         name, word);
    tensor.dtype = (uint16_t)dtype;
    enum status status = read_shape(r, cJSON_GetObjectItemCaseSensitive(value, "shape"), &tensor);
    if (status == STATUS_OK)
        status = read_offsets(r, cJSON_GetObjectItemCaseSensitive(value, "data_offsets"), &tensor);
    return status == STATUS_OK ? append(r, &tensor) : status;
}

static enum status take_plain(const struct reading *r, const char *name,
                              const struct plain_entry *entry)
{
    struct tensor tensor = {.name = name,
                            .file = r->file,
                            .dtype = (uint16_t)entry->dtype,
                            .rank = entry->rank,
                            .shape = {entry->shape[0], entry->shape[1]}};
    enum status status = size_up(r, entry->elements, &tensor);
    if (status == STATUS_OK)
        status = place(r, entry->begin, entry->end, &tensor);
    return status == STATUS_OK ? append(r, &tensor) : status;
}

/* ---- words that cJSON reads more kindly than the format has them --------- */

/* Bytes of the string that starts here, with its quotes; *nul: it holds an escaped U+0000. */
static size_t string_length(const char *text, size_t len, bool *nul)
{
    size_t at = 1;
    for (; at < len && text[at] != '"'; at++) {
        if (text[at] != '\\')
            continue;
        *nul = *nul || (len - at >= 6 && memcmp(text + at, "\\u0000", 6) == 0);
        at++;
    }
    return at < len ? at + 1 : len;
}

static size_t number_length(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && ((text[at] >= '0' && text[at] <= '9') || strchr("+-.eE", text[at])))
        at++;
    return at;
}

/* Keys whose numbers are whole. One with an escape may be any of them. */
static bool wants_whole(const char *key, size_t size)
{
    static const char *const keys[] = {"\"shape\"", "\"data_offsets\""};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (size == strlen(keys[i]) && memcmp(key, keys[i], size) == 0)
            return true;
    return memchr(key, '\\', size) != NULL;
}

static const char *check_number(const char *text, size_t size, bool whole)
{
    size_t digits = 0;
    while (digits < size && text[digits] >= '0' && text[digits] <= '9')
        digits++;
    size_t sign = text[0] == '-';
    if (size > sign + 1 && text[sign] == '0' && text[sign + 1] >= '0' && text[sign + 1] <= '9')
        return "a number in it starts with 0";
    return whole && digits < size ? "a size or an offset is not written as a whole number" : NULL;
}

/* NULL, or what is wrong with the words of a value that is valid JSON for cJSON. */
static const char *check_words(const char *text, size_t len)
{
    size_t depth = 0, size;
    bool whole = false, nul = false;
    for (size_t at = 0; at < len; at += size) {
        char c = text[at];
        size = 1;
        if (c == '"') {
            size = string_length(text + at, len - at, &nul);
            whole = depth == 1 ? wants_whole(text + at, size) : whole;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            size = number_length(text + at, len - at);
            const char *why = check_number(text + at, size, whole);
            if (why)
                return why;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return nul ? "a text in it holds U+0000" : NULL;
}

static enum status read_value(struct reading *r, const char *name, const cJSON *value)
{
    bool metadata = strcmp(name, "__metadata__") == 0;
    if (metadata && r->metadata)
        return error_set(r->err, STATUS_FAILED, "%s: __metadata__ stands twice", r->path);
    r->metadata |= metadata;
    enum status status = metadata ? read_metadata(r, value) : read_tensor(r, name, value);
    const char *why = check_words(r->entry + r->walk.key_len, r->walk.value_len);
    if (status != STATUS_OK || !why)
        return status;
    return metadata ? error_set(r->err, STATUS_FAILED, "%s: __metadata__: %s", r->path, why)
                    : tensor_failed(r, name, why);
}

static enum status read_entry(struct reading *r)
{
    const char *name;
    cJSON *value = NULL;
    struct plain_entry plain;
    enum status status =
        json_string(r->entry, r->walk.key_len, r->path, &r->checkpoint->names, &name, r->err);
    if (status != STATUS_OK)
        return status;
    if (plain_entry_read(r->entry + r->walk.key_len, r->walk.value_len, &plain) &&
        strcmp(name, "__metadata__") != 0)
        return take_plain(r, name, &plain);
    if (!text_is_utf8(r->entry + r->walk.key_len, r->walk.value_len))
        return error_set(r->err, STATUS_FAILED, "%s: the header is not valid UTF-8", r->path);
    status = json_parse(r->entry + r->walk.key_len, r->walk.value_len, name, &value, r->err);
    if (status != STATUS_OK)
        return error_context(r->err, "%s", r->path);
    status = read_value(r, name, value);
    cJSON_Delete(value);
    return status;
}

/* ---- the whole header ---------------------------------------------------- */

static enum status read_length(struct reading *r)
{
    if (r->mapping->size < LENGTH_BYTES)
        return error_set(r->err, STATUS_FAILED, "%s: %zu bytes are too few for a safetensors file",
                         r->path, r->mapping->size);
    if (!guard_run(load_length, r))
        return unreadable(r);
    if (r->header_bytes > HEADER_MAX) {
        error_set(r->err, STATUS_FAILED,
                  "%s: a header of %" PRIu64 " bytes is beyond the format's limit of %d", r->path,
                  r->header_bytes, HEADER_MAX);
        return error_help(r->err, "this is most likely no safetensors file");
    }
    if (r->header_bytes > r->mapping->size - LENGTH_BYTES) {
        error_set(r->err, STATUS_FAILED,
                  "%s: the header of %" PRIu64 " bytes is cut short: the file has %zu", r->path,
                  r->header_bytes, r->mapping->size);
        return error_help(r->err, "the file is incomplete: download or copy it again");
    }
    return STATUS_OK;
}

static int by_offset(const void *left, const void *right)
{
    const struct tensor *a = left, *b = right;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

/* Data must follow each other without holes or overlaps and fill the file exactly. */
static enum status check_layout(struct reading *r, size_t first)
{
    size_t count = r->checkpoint->tensor_count - first;
    struct tensor *tensors = count > 0 ? r->checkpoint->tensors + first : NULL;
    uint64_t expected = LENGTH_BYTES + r->header_bytes;
    if (count > 0)
        qsort(tensors, count, sizeof *tensors, by_offset);
    for (size_t i = 0; i < count; i++) {
        if (tensors[i].offset != expected)
            return error_set(
                r->err, STATUS_FAILED,
                "%s: tensor %s: its data start at byte %" PRIu64 " of the file, %s %" PRIu64,
                r->path, tensors[i].name, tensors[i].offset,
                tensors[i].offset < expected ? "inside the data of another tensor, which end at"
                                             : "behind a hole that starts at",
                expected);
        expected += tensors[i].bytes;
    }
    if (expected != r->mapping->size)
        return error_set(r->err, STATUS_FAILED,
                         "%s: %" PRIu64 " bytes follow the data of the last tensor", r->path,
                         r->mapping->size - expected);
    return STATUS_OK;
}

/* The format has no magic number: a length, and behind it a JSON object. */
bool safetensors_recognises(const struct mapping *mapping)
{
    size_t at = LENGTH_BYTES;
    while (at < mapping->size && at < LENGTH_BYTES + 64 && mapping->data[at] != 0 &&
           strchr(" \t\r\n", mapping->data[at]))
        at++;
    return at < mapping->size && mapping->data[at] == '{';
}

enum status safetensors_read(struct checkpoint *checkpoint, uint32_t file, struct error *err)
{
    struct reading r = {
        .checkpoint = checkpoint,
        .path = checkpoint->source->files[file].path,
        .file = file,
        .mapping = &checkpoint->mappings[file],
        .more = true,
        .err = err,
    };
    size_t first = checkpoint->tensor_count;
    enum status status = read_length(&r);
    if (status == STATUS_OK)
        r.walk = (struct json_walk){.text = (const char *)r.mapping->data + LENGTH_BYTES,
                                    .len = (size_t)r.header_bytes,
                                    .what = r.path};
    while (status == STATUS_OK && (status = next_entry(&r)) == STATUS_OK && r.more)
        if ((status = read_entry(&r)) == STATUS_OK)
            status = checkpoint_report(checkpoint, err);
    memory_free(r.entry);
    if (status != STATUS_OK)
        return status;
    mapping_release(r.mapping, LENGTH_BYTES + (size_t)r.header_bytes);
    return check_layout(&r, first);
}
