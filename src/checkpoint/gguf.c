/* gguf.c: the header of a GGUF file, versions 2 and 3, checked by every rule of ggml's own reader
 * (gguf.cpp at d99724f2) and a few that it forgot: magic, counts, keys with values, tensors, data.
 */
#include "gguf.h"

#include "load.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>

enum { VERSION_OLDEST = 2, VERSION_NEWEST = 3, RANK_MAX = 4, NAME_MAX_BYTES = 63 };
/* The least that a key with its value and a tensor's description take: no count may promise more
 * than the file can hold. */
enum { VALUE_BYTES_LEAST = 8 + 1 + 4 + 1, TENSOR_BYTES_LEAST = 8 + 4 + 4 + 8 };
static const uint64_t numbers_most = INT64_MAX; /* of one tensor, as in ggml */

/* ---- reading on ---------------------------------------------------------- */

enum status gguf_fail(struct gguf *gguf, const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return error_set(gguf->err, STATUS_FAILED, "%s: %s: %s", gguf->path, gguf->where, why);
}

struct copying {
    void *to;
    const unsigned char *from;
    size_t size;
};

static void copy(void *arg)
{
    struct copying *c = arg;
    memcpy(c->to, c->from, c->size);
}

enum status gguf_take(struct gguf *gguf, void *to, size_t size)
{
    if (size > gguf->mapping->size - gguf->at) {
        gguf_fail(gguf, "the file ends there, after %zu bytes", gguf->mapping->size);
        return error_help(gguf->err, "the file is cut short: download or copy it again");
    }
    struct copying c = {to, gguf->mapping->data + gguf->at, size};
    if (size > 0 && !guard_run(copy, &c))
        return gguf_fail(gguf, "it could not be read: the file shrank or its disk failed");
    gguf->at += size;
    return STATUS_OK;
}

enum status gguf_u32(struct gguf *gguf, uint32_t *value)
{
    unsigned char bytes[4] = {0};
    enum status status = gguf_take(gguf, bytes, sizeof bytes);
    *value = load32(bytes);
    return status;
}

enum status gguf_u64(struct gguf *gguf, uint64_t *value)
{
    unsigned char bytes[8] = {0};
    enum status status = gguf_take(gguf, bytes, sizeof bytes);
    *value = load64(bytes);
    return status;
}

enum status gguf_name(struct gguf *gguf, const char *kind, size_t limit, const char **name)
{
    uint64_t len;
    enum status status = gguf_u64(gguf, &len);
    if (status != STATUS_OK)
        return status;
    if (len > limit)
        return gguf_fail(gguf, "its name has %" PRIu64 " bytes, at most %zu are allowed", len,
                         limit);
    char *text = arena_alloc(&gguf->checkpoint->names, (size_t)len + 1);
    if (!text)
        return error_memory(gguf->err);
    status = gguf_take(gguf, text, (size_t)len);
    if (status != STATUS_OK)
        return status;
    text[len] = '\0';
    text_format(gguf->where, sizeof gguf->where, "%s %s", kind, text);
    if (len == 0)
        return gguf_fail(gguf, "its name is empty");
    if (strlen(text) != len || !text_is_utf8(text, (size_t)len))
        return gguf_fail(gguf, "its name is no UTF-8 text");
    *name = text;
    return STATUS_OK;
}

/* ---- one tensor ---------------------------------------------------------- */

/* ggml's numbers for types; those left out were removed from the format. */
static const struct {
    uint32_t id;
    enum dtype dtype;
} types[] = {
    {0, DTYPE_F32},      {1, DTYPE_F16},     {2, DTYPE_Q4_0},     {3, DTYPE_Q4_1},
    {6, DTYPE_Q5_0},     {7, DTYPE_Q5_1},    {8, DTYPE_Q8_0},     {9, DTYPE_Q8_1},
    {10, DTYPE_Q2_K},    {11, DTYPE_Q3_K},   {12, DTYPE_Q4_K},    {13, DTYPE_Q5_K},
    {14, DTYPE_Q6_K},    {15, DTYPE_Q8_K},   {16, DTYPE_IQ2_XXS}, {17, DTYPE_IQ2_XS},
    {18, DTYPE_IQ3_XXS}, {19, DTYPE_IQ1_S},  {20, DTYPE_IQ4_NL},  {21, DTYPE_IQ3_S},
    {22, DTYPE_IQ2_S},   {23, DTYPE_IQ4_XS}, {24, DTYPE_I8},      {25, DTYPE_I16},
    {26, DTYPE_I32},     {27, DTYPE_I64},    {28, DTYPE_F64},     {29, DTYPE_IQ1_M},
    {30, DTYPE_BF16},    {34, DTYPE_TQ1_0},  {35, DTYPE_TQ2_0},   {39, DTYPE_MXFP4},
    {40, DTYPE_NVFP4},   {41, DTYPE_Q1_0},   {42, DTYPE_Q2_0},
};

static enum status read_type(struct gguf *gguf, struct tensor *tensor)
{
    uint32_t id;
    enum status status = gguf_u32(gguf, &id);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].id == id) {
            tensor->dtype = (uint16_t)types[i].dtype;
            return STATUS_OK;
        }
    }
    gguf_fail(gguf, "type %" PRIu32 " is %s", id,
              id < 43 ? "one that ggml has removed" : "not one of ggml's");
    return error_help(gguf->err, "a newer ropescope may know it, or the file is damaged");
}

/* The sizes, the one that runs fastest first, and their product. */
static enum status read_sizes(struct gguf *gguf, struct tensor *tensor, uint64_t *row,
                              uint64_t *numbers)
{
    uint32_t rank;
    uint64_t sizes[RANK_MAX] = {1, 1, 1, 1};
    enum status status = gguf_u32(gguf, &rank);
    if (status != STATUS_OK)
        return status;
    if (rank > RANK_MAX)
        return gguf_fail(gguf, "%" PRIu32 " dimensions, at most %d are allowed", rank, RANK_MAX);
    *numbers = 1;
    for (uint32_t i = 0; i < rank; i++) {
        status = gguf_u64(gguf, &sizes[i]);
        if (status != STATUS_OK)
            return status;
        if (sizes[i] > numbers_most || !size_multiply(*numbers, sizes[i], numbers) ||
            *numbers > numbers_most)
            return gguf_fail(gguf, "a dimension of %" PRIu64 " makes it too large", sizes[i]);
    }
    *row = sizes[0];
    tensor->rank = (uint16_t)rank;
    if (rank > 0)
        tensor->shape[0] = sizes[rank - 1];
    if (rank > 1)
        tensor->shape[1] = sizes[rank - 2];
    return STATUS_OK;
}

/* Data lie in the order of the descriptions, each padded to the alignment; *end is where those of
 * the last tensor end, counted from the start of all data. */
static enum status place(struct gguf *gguf, struct tensor *tensor, uint64_t *end)
{
    uint64_t offset, last = *end, wanted = last;
    enum status status = gguf_u64(gguf, &offset);
    if (status != STATUS_OK)
        return status;
    bool fits = last == 0 ||
                size_add((last - 1) / gguf->alignment * gguf->alignment, gguf->alignment, &wanted);
    if (fits && offset != wanted)
        return gguf_fail(gguf,
                         "its data are said to start at byte %" PRIu64 ", not at %" PRIu64
                         " behind those of the tensor before",
                         offset, wanted);
    if (!fits || !size_add(wanted, tensor->bytes, end))
        return gguf_fail(gguf, "its data are too many to count");
    tensor->offset = offset;
    return STATUS_OK;
}

static enum status read_tensor(struct gguf *gguf, uint64_t *end)
{
    struct tensor tensor = {.file = gguf->file};
    uint64_t row = 0, numbers = 0;
    enum status status = gguf_name(gguf, "tensor", NAME_MAX_BYTES, &tensor.name);
    if (status == STATUS_OK)
        status = read_sizes(gguf, &tensor, &row, &numbers);
    if (status == STATUS_OK)
        status = read_type(gguf, &tensor);
    if (status != STATUS_OK)
        return status;
    if (row % dtype_block_numbers(tensor.dtype) != 0)
        return gguf_fail(gguf,
                         "rows of %" PRIu64 " numbers are no whole blocks of %s, which have %u",
                         row, dtype_name(tensor.dtype), dtype_block_numbers(tensor.dtype));
    if (!dtype_bytes(tensor.dtype, numbers, &tensor.bytes))
        return gguf_fail(gguf, "the size of its data overflows");
    status = place(gguf, &tensor, end);
    if (status != STATUS_OK)
        return status;
    struct tensor *slot = checkpoint_append(gguf->checkpoint);
    if (!slot)
        return error_memory(gguf->err);
    *slot = tensor;
    return STATUS_OK;
}

/* ---- all of them --------------------------------------------------------- */

/* Data start at the next multiple of the alignment behind the header. */
static enum status locate_data(struct gguf *gguf, size_t first)
{
    struct checkpoint *checkpoint = gguf->checkpoint;
    uint64_t start = (gguf->at + gguf->alignment - 1) / gguf->alignment * gguf->alignment;
    for (size_t i = first; i < checkpoint->tensor_count; i++) {
        struct tensor *tensor = &checkpoint->tensors[i];
        uint64_t end;
        text_format(gguf->where, sizeof gguf->where, "tensor %s", tensor->name);
        if (!size_add(tensor->offset, start, &tensor->offset) ||
            !size_add(tensor->offset, tensor->bytes, &end) || end > gguf->mapping->size) {
            gguf_fail(gguf, "its data end behind the end of the file, which has %zu bytes",
                      gguf->mapping->size);
            return error_help(gguf->err, "the file is cut short: download or copy it again");
        }
    }
    return STATUS_OK;
}

static enum status read_tensors(struct gguf *gguf, uint64_t count)
{
    size_t first = gguf->checkpoint->tensor_count;
    uint64_t end = 0;
    enum status status = STATUS_OK;
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        text_format(gguf->where, sizeof gguf->where, "tensor %" PRIu64 " of %" PRIu64, i + 1,
                    count);
        status = read_tensor(gguf, &end);
    }
    return status == STATUS_OK ? locate_data(gguf, first) : status;
}

static enum status read_version(struct gguf *gguf)
{
    unsigned char magic[4] = {0};
    uint32_t version;
    text_format(gguf->where, sizeof gguf->where, "header");
    enum status status = gguf_take(gguf, magic, sizeof magic);
    if (status == STATUS_OK && memcmp(magic, "GGUF", 4) != 0)
        return gguf_fail(gguf, "it begins with %02x %02x %02x %02x, not with GGUF", magic[0],
                         magic[1], magic[2], magic[3]);
    if (status == STATUS_OK)
        status = gguf_u32(gguf, &version);
    if (status != STATUS_OK)
        return status;
    if ((version & 0xFFFF) == 0)
        return gguf_fail(gguf, "it is of a big-endian machine, which ropescope does not read");
    if (version >= VERSION_OLDEST && version <= VERSION_NEWEST)
        return STATUS_OK;
    gguf_fail(gguf, "version %" PRIu32 " of the format, versions %d and %d are read", version,
              VERSION_OLDEST, VERSION_NEWEST);
    if (version < VERSION_OLDEST)
        error_help(gguf->err, "convert the model again: nothing reads version 1 any more");
    return STATUS_FAILED;
}

static enum status read_counts(struct gguf *gguf, uint64_t *tensors, uint64_t *values)
{
    enum status status = gguf_u64(gguf, tensors);
    if (status == STATUS_OK)
        status = gguf_u64(gguf, values);
    if (status != STATUS_OK)
        return status;
    uint64_t left = gguf->mapping->size - gguf->at;
    if (*values > left / VALUE_BYTES_LEAST)
        return gguf_fail(gguf, "%" PRIu64 " keys cannot lie in a file of %zu bytes", *values,
                         gguf->mapping->size);
    if (*tensors > left / TENSOR_BYTES_LEAST)
        return gguf_fail(gguf, "%" PRIu64 " tensors cannot lie in a file of %zu bytes", *tensors,
                         gguf->mapping->size);
    return STATUS_OK;
}

/* ---- sets of files ------------------------------------------------------- */

/* Which file of a set this one is; 0 where the key is missing. */
static uint64_t whole_value(const struct gguf *gguf, const char *key)
{
    uint64_t value;
    return json_whole(json_get(gguf->values, key), &value) ? value : 0;
}

/* What the names of the files promise, the files must keep: gguf-split numbers them from 0. */
static enum status check_split(struct gguf *gguf)
{
    uint64_t files = gguf->checkpoint->source->file_count;
    uint64_t number = whole_value(gguf, "split.no"), count = whole_value(gguf, "split.count");
    text_format(gguf->where, sizeof gguf->where, "key split.count");
    if (files > 1 && (count != files || number != gguf->file))
        return gguf_fail(
            gguf, "it says file %" PRIu64 " of %" PRIu64 ", its name file %" PRIu32 " of %" PRIu64,
            number + 1, count, gguf->file + 1, files);
    if (files > 1 || count <= 1)
        return STATUS_OK;
    gguf_fail(gguf, "this is file %" PRIu64 " of a set of %" PRIu64, number + 1, count);
    return error_help(gguf->err, "the files of a set are found by names like "
                                 "MODEL-00001-of-00003.gguf");
}

/* ---- a file -------------------------------------------------------------- */

bool gguf_recognises(const struct mapping *mapping)
{
    return mapping->size >= 4 && memcmp(mapping->data, "GGUF", 4) == 0;
}

static enum status read_header(struct gguf *gguf)
{
    uint64_t tensors = 0, values = 0;
    enum status status = read_version(gguf);
    if (status == STATUS_OK)
        status = read_counts(gguf, &tensors, &values);
    if (status == STATUS_OK)
        status = gguf_read_values(gguf, values);
    if (status == STATUS_OK)
        status = check_split(gguf);
    return status == STATUS_OK ? read_tensors(gguf, tensors) : status;
}

enum status gguf_read(struct checkpoint *checkpoint, uint32_t file, struct error *err)
{
    struct gguf gguf = {
        .checkpoint = checkpoint,
        .path = checkpoint->source->files[file].path,
        .file = file,
        .mapping = &checkpoint->mappings[file],
        .values = cJSON_CreateObject(),
        .err = err,
    };
    if (!gguf.values)
        return error_memory(err);
    enum status status = read_header(&gguf);
    mapping_release(gguf.mapping, (size_t)gguf.at);
    if (status == STATUS_OK && file == 0)
        checkpoint->config = gguf.values;
    else
        cJSON_Delete(gguf.values);
    return status;
}
