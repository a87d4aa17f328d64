/* gguf_values.c: the keys of a GGUF file with their values. All are checked, for the tensors come
 * behind them; few are kept: a vocabulary says nothing about angles. */
#include "gguf.h"

#include "load.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    KEY_BYTES_MAX = 65535, /* as the format has it */
    TEXT_KEPT = 1024,      /* bytes; chat templates are longer */
    LIST_KEPT = 4096,      /* numbers; one for each layer */
    KEPT_MAX = 65536,      /* values in all, those of lists counted one by one */
    ALIGNMENT_DEFAULT = 32,
};

enum type {
    TYPE_U8,
    TYPE_I8,
    TYPE_U16,
    TYPE_I16,
    TYPE_U32,
    TYPE_I32,
    TYPE_F32,
    TYPE_BOOL,
    TYPE_TEXT,
    TYPE_LIST,
    TYPE_U64,
    TYPE_I64,
    TYPE_F64,
    TYPE_COUNT
};

/* Bytes of one value; 0: it has no fixed size. */
static const uint8_t type_bytes[TYPE_COUNT] = {
    [TYPE_U8] = 1,  [TYPE_I8] = 1,   [TYPE_U16] = 2, [TYPE_I16] = 2, [TYPE_U32] = 4, [TYPE_I32] = 4,
    [TYPE_F32] = 4, [TYPE_BOOL] = 1, [TYPE_U64] = 8, [TYPE_I64] = 8, [TYPE_F64] = 8,
};

/* ---- values that are kept ------------------------------------------------ */

static double number_of(uint32_t type, const unsigned char *at)
{
    switch (type) {
    case TYPE_U8:
    case TYPE_BOOL:
        return *at;
    case TYPE_I8:
        return (int8_t)*at;
    case TYPE_U16:
        return load16(at);
    case TYPE_I16:
        return (int16_t)load16(at);
    case TYPE_U32:
        return load32(at);
    case TYPE_I32:
        return (int32_t)load32(at);
    case TYPE_F32:
        return (double)float_of_bits(load32(at));
    case TYPE_U64:
        return (double)load64(at);
    case TYPE_I64:
        return (double)(int64_t)load64(at);
    default:
        return double_of_bits(load64(at));
    }
}

static cJSON *json_of(uint32_t type, const unsigned char *at)
{
    return type == TYPE_BOOL ? cJSON_CreateBool(*at != 0) : cJSON_CreateNumber(number_of(type, at));
}

/* Kept values cost much more memory than the bytes that they are read from, and models have few. */
static bool has_room(struct gguf *gguf, uint64_t count)
{
    if (gguf->kept + count > KEPT_MAX)
        return false;
    gguf->kept += count;
    return true;
}

/* Takes the item over, also where there is none. */
static enum status keep(struct gguf *gguf, const char *key, cJSON *item)
{
    if (item && cJSON_AddItemToObject(gguf->values, key, item))
        return STATUS_OK;
    cJSON_Delete(item);
    return error_memory(gguf->err);
}

static enum status keep_single(struct gguf *gguf, const char *key, uint32_t type)
{
    unsigned char bytes[8];
    enum status status = gguf_take(gguf, bytes, type_bytes[type]);
    return status == STATUS_OK && has_room(gguf, 1) ? keep(gguf, key, json_of(type, bytes))
                                                    : status;
}

static enum status keep_list(struct gguf *gguf, const char *key, uint32_t type, uint64_t count)
{
    cJSON *list = cJSON_CreateArray();
    enum status status = list ? STATUS_OK : error_memory(gguf->err);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        unsigned char bytes[8];
        status = gguf_take(gguf, bytes, type_bytes[type]);
        cJSON *item = status == STATUS_OK ? json_of(type, bytes) : NULL;
        if (status == STATUS_OK && (!item || !cJSON_AddItemToArray(list, item)))
            status = error_memory(gguf->err);
    }
    if (status == STATUS_OK)
        return keep(gguf, key, list);
    cJSON_Delete(list);
    return status;
}

/* ---- values that are passed over ----------------------------------------- */

static enum status skip(struct gguf *gguf, uint64_t bytes)
{
    if (bytes > gguf->mapping->size - gguf->at) {
        gguf_fail(gguf, "%" PRIu64 " bytes are promised, but the file has %zu in all", bytes,
                  gguf->mapping->size);
        return error_help(gguf->err, "the file is cut short or damaged: download or copy it again");
    }
    gguf->at += bytes;
    return STATUS_OK;
}

struct walk {
    const struct mapping *mapping;
    uint64_t at, count;
    bool good;
};

/* Over `count` texts, which own no memory: a vocabulary has hundreds of thousands. */
static void walk_texts(void *arg)
{
    struct walk *w = arg;
    for (; w->good && w->count > 0; w->count--) {
        uint64_t left = w->mapping->size - w->at;
        uint64_t len = left >= 8 ? load64(w->mapping->data + w->at) : 0;
        w->good = left >= 8 && len <= left - 8;
        w->at += w->good ? 8 + len : 0;
    }
}

static enum status skip_texts(struct gguf *gguf, uint64_t count)
{
    struct walk walk = {gguf->mapping, gguf->at, count, true};
    if (!guard_run(walk_texts, &walk))
        return gguf_fail(gguf, "it could not be read: the file shrank or its disk failed");
    if (!walk.good)
        return gguf_fail(gguf, "text %" PRIu64 " of %" PRIu64 " ends behind the end of the file",
                         count - walk.count + 1, count);
    gguf->at = walk.at;
    return STATUS_OK;
}

/* ---- one key ------------------------------------------------------------- */

static enum status read_text(struct gguf *gguf, const char *key)
{
    uint64_t len;
    char text[TEXT_KEPT + 1];
    enum status status = gguf_u64(gguf, &len);
    if (status != STATUS_OK || len > TEXT_KEPT)
        return status == STATUS_OK ? skip(gguf, len) : status;
    status = gguf_take(gguf, text, (size_t)len);
    if (status != STATUS_OK)
        return status;
    text[len] = '\0';
    if (!text_is_utf8(text, (size_t)len) || strlen(text) != len)
        return gguf_fail(gguf, "its value is no UTF-8 text");
    return has_room(gguf, 1) ? keep(gguf, key, cJSON_CreateString(text)) : STATUS_OK;
}

static enum status read_list(struct gguf *gguf, const char *key)
{
    uint32_t type;
    uint64_t count, bytes;
    enum status status = gguf_u32(gguf, &type);
    if (status == STATUS_OK)
        status = gguf_u64(gguf, &count);
    if (status != STATUS_OK)
        return status;
    if (type == TYPE_LIST)
        return gguf_fail(gguf, "it is a list of lists");
    if (type == TYPE_TEXT)
        return skip_texts(gguf, count);
    if (type >= TYPE_COUNT)
        return gguf_fail(gguf, "it is a list of unknown type %" PRIu32, type);
    if (count <= LIST_KEPT && has_room(gguf, count + 1))
        return keep_list(gguf, key, type, count);
    return size_multiply(count, type_bytes[type], &bytes)
               ? skip(gguf, bytes)
               : gguf_fail(gguf, "a list of %" PRIu64 " values is too long", count);
}

static enum status read_value(struct gguf *gguf, const char *key)
{
    uint32_t type;
    enum status status = gguf_u32(gguf, &type);
    if (status != STATUS_OK)
        return status;
    if (type >= TYPE_COUNT)
        return gguf_fail(gguf, "its value is of unknown type %" PRIu32, type);
    if (type == TYPE_TEXT)
        return read_text(gguf, key);
    return type == TYPE_LIST ? read_list(gguf, key) : keep_single(gguf, key, type);
}

/* ---- all of them --------------------------------------------------------- */

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* A key that stands twice means one thing to this reader and another to the next. */
static enum status check_twice(struct gguf *gguf, const char **keys, size_t count)
{
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(keys[i - 1], keys[i]) != 0)
            continue;
        text_format(gguf->where, sizeof gguf->where, "key %s", keys[i]);
        return gguf_fail(gguf, "it stands twice");
    }
    return STATUS_OK;
}

static enum status read_alignment(struct gguf *gguf)
{
    static const char key[] = "general.alignment";
    const cJSON *item = json_get(gguf->values, key);
    gguf->alignment = ALIGNMENT_DEFAULT;
    if (!item)
        return STATUS_OK;
    text_format(gguf->where, sizeof gguf->where, "key %s", key);
    if (!json_whole(item, &gguf->alignment) || gguf->alignment > UINT32_MAX)
        return gguf_fail(gguf, "it is no whole number below 2^32");
    if (gguf->alignment == 0 || (gguf->alignment & (gguf->alignment - 1)) != 0)
        return gguf_fail(gguf, "%" PRIu64 " is no power of two", gguf->alignment);
    return STATUS_OK;
}

enum status gguf_read_values(struct gguf *gguf, uint64_t count)
{
    const char **keys = memory_array(count, sizeof *keys);
    enum status status = keys ? STATUS_OK : error_memory(gguf->err);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        text_format(gguf->where, sizeof gguf->where, "key %" PRIu64 " of %" PRIu64, i + 1, count);
        status = gguf_name(gguf, "key", KEY_BYTES_MAX, &keys[i]);
        if (status == STATUS_OK)
            status = read_value(gguf, keys[i]);
    }
    if (status == STATUS_OK)
        status = check_twice(gguf, keys, (size_t)count);
    memory_free(keys);
    return status == STATUS_OK ? read_alignment(gguf) : status;
}
