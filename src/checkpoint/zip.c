/* zip.c: finds the entries of a ZIP archive by its central directory (APPNOTE 6.3.9; ZIP64 too).
 * Nothing is unpacked: checkpoints of PyTorch store their entries as they are. */
#include "zip.h"

#include "load.h"
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    END_BYTES = 22,
    END64_LOCATOR_BYTES = 20,
    END64_BYTES = 56,
    CENTRAL_BYTES = 46,
    LOCAL_BYTES = 30,
    COMMENT_MAX = UINT16_MAX,
    DIRECTORY_MAX = 64 << 20, /* half a million entries; files of weights have hundreds */
};

#define END_MARK 0x06054b50U
#define END64_LOCATOR_MARK 0x07064b50U
#define END64_MARK 0x06064b50U
#define CENTRAL_MARK 0x02014b50U
#define LOCAL_MARK 0x04034b50U

static enum status damaged(const struct zip *zip, const char *why, struct error *err)
{
    error_set(err, STATUS_FAILED, "%s: damaged ZIP archive: %s", zip->path, why);
    return error_help(err, "the file is cut short or damaged: download or copy it again");
}

static enum status copy(const struct zip *zip, uint64_t offset, size_t size, void *to,
                        struct error *err)
{
    return mapping_copy(zip->mapping, zip->path, offset, size, to, err);
}

/* ---- the end of the archive ---------------------------------------------- */

/* What the records at the end say. */
struct end {
    uint64_t at; /* where the first of these records begins */
    uint64_t entries, size, directory;
};

/* The record is the last thing in the file, but for a comment whose length it tells. */
static enum status find_end(const struct zip *zip, struct end *end, struct error *err)
{
    size_t size = zip->mapping->size;
    size_t tail = size < END_BYTES + COMMENT_MAX ? size : END_BYTES + COMMENT_MAX;
    unsigned char *bytes = memory_array(tail ? tail : 1, 1);
    if (!bytes)
        return error_memory(err);
    enum status status = copy(zip, size - tail, tail, bytes, err);
    bool found = false;
    for (size_t back = END_BYTES; status == STATUS_OK && back <= tail && !found; back++) {
        const unsigned char *at = bytes + tail - back;
        found = load32(at) == END_MARK && load16(at + 20) == back - END_BYTES;
        if (found)
            *end = (struct end){size - back, load16(at + 10), load32(at + 12), load32(at + 16)};
    }
    memory_free(bytes);
    return status == STATUS_OK && !found ? damaged(zip, "it has no end record", err) : status;
}

/* Where a ZIP64 record stands before the end record, its larger numbers count. */
static enum status find_end64(const struct zip *zip, struct end *end, struct error *err)
{
    unsigned char locator[END64_LOCATOR_BYTES], bytes[END64_BYTES];
    if (end->at < END64_LOCATOR_BYTES)
        return STATUS_OK;
    uint64_t locator_at = end->at - END64_LOCATOR_BYTES;
    enum status status = copy(zip, locator_at, sizeof locator, locator, err);
    if (status != STATUS_OK || load32(locator) != END64_LOCATOR_MARK)
        return status;
    uint64_t at = load64(locator + 8);
    if (locator_at < END64_BYTES || at > locator_at - END64_BYTES)
        return damaged(zip, "its ZIP64 end record lies outside", err);
    status = copy(zip, at, sizeof bytes, bytes, err);
    if (status != STATUS_OK)
        return status;
    if (load32(bytes) != END64_MARK)
        return damaged(zip, "its ZIP64 end record is none", err);
    *end = (struct end){at, load64(bytes + 32), load64(bytes + 40), load64(bytes + 48)};
    return STATUS_OK;
}

/* ---- the central directory ----------------------------------------------- */

/* The directory of an archive on its way into zip->entries. */
struct directory {
    const unsigned char *bytes;
    size_t size, at;
};

/* Sizes and offsets that do not fit 32 bits stand in extra field 1, in this order. */
static bool read_zip64_field(const unsigned char *extra, size_t size, uint64_t *const values[3])
{
    for (size_t at = 0; size - at >= 4;) {
        size_t id = load16(extra + at), len = load16(extra + at + 2);
        at += 4;
        if (len > size - at)
            return false;
        for (size_t i = 0, used = 0; id == 1 && i < 3; i++) {
            if (*values[i] != UINT32_MAX)
                continue;
            if (len - used < 8)
                return false;
            *values[i] = load64(extra + at + used);
            used += 8;
        }
        if (id == 1)
            return true;
        at += len;
    }
    return true;
}

static enum status read_entry(struct zip *zip, struct directory *d, struct error *err)
{
    const unsigned char *at = d->bytes + d->at;
    size_t left = d->size - d->at;
    if (left < CENTRAL_BYTES || load32(at) != CENTRAL_MARK)
        return damaged(zip, "its directory holds fewer entries than it says", err);
    size_t name = load16(at + 28), extra = load16(at + 30), comment = load16(at + 32);
    if (name + extra + comment > left - CENTRAL_BYTES)
        return damaged(zip, "an entry of its directory is cut short", err);
    uint64_t packed = load32(at + 20), size = load32(at + 24), header = load32(at + 42);
    if (!read_zip64_field(at + CENTRAL_BYTES + name, extra,
                          (uint64_t *const[3]){&size, &packed, &header}))
        return damaged(zip, "an entry of its directory has no whole ZIP64 field", err);
    const char *text = (const char *)at + CENTRAL_BYTES;
    if (memchr(text, '\0', name))
        return damaged(zip, "the name of an entry holds U+0000", err);
    bool encrypted = load16(at + 8) & 1, compressed = load16(at + 10) != 0 || packed != size;
    zip->entries[zip->count] = (struct zip_entry){
        .name = arena_text(&zip->names, text, name),
        .header = header,
        .size = size,
        .stored = !encrypted && !compressed,
    };
    d->at += CENTRAL_BYTES + name + extra + comment;
    return zip->entries[zip->count++].name ? STATUS_OK : error_memory(err);
}

static int by_name(const void *left, const void *right)
{
    const struct zip_entry *a = left, *b = right;
    return strcmp(a->name, b->name);
}

static enum status sort_entries(struct zip *zip, struct error *err)
{
    if (zip->count > 0)
        qsort(zip->entries, zip->count, sizeof *zip->entries, by_name);
    for (size_t i = 1; i < zip->count; i++) {
        if (by_name(&zip->entries[i - 1], &zip->entries[i]) == 0)
            return error_set(err, STATUS_FAILED, "%s: entry %s stands twice in the archive",
                             zip->path, zip->entries[i].name);
    }
    return STATUS_OK;
}

static enum status read_directory(struct zip *zip, const struct end *end, struct error *err)
{
    if (end->size > end->at || end->directory > end->at - end->size)
        return damaged(zip, "its directory lies outside", err);
    if (end->size > DIRECTORY_MAX || end->entries > end->size / CENTRAL_BYTES)
        return damaged(zip, "its directory cannot hold as many entries as it says", err);
    zip->directory = end->directory;
    unsigned char *bytes = memory_array(end->size ? (size_t)end->size : 1, 1);
    zip->entries = memory_array(end->entries, sizeof *zip->entries);
    enum status status = bytes && zip->entries
                             ? copy(zip, end->directory, (size_t)end->size, bytes, err)
                             : error_memory(err);
    struct directory directory = {.bytes = bytes, .size = (size_t)end->size};
    for (uint64_t i = 0; i < end->entries && status == STATUS_OK; i++)
        status = read_entry(zip, &directory, err);
    memory_free(bytes);
    return status == STATUS_OK ? sort_entries(zip, err) : status;
}

enum status zip_open(struct zip *zip, const struct mapping *mapping, const char *path,
                     struct error *err)
{
    struct end end = {0};
    *zip = (struct zip){.mapping = mapping, .path = path};
    enum status status = find_end(zip, &end, err);
    if (status == STATUS_OK)
        status = find_end64(zip, &end, err);
    return status == STATUS_OK ? read_directory(zip, &end, err) : status;
}

void zip_close(struct zip *zip)
{
    memory_free(zip->entries);
    arena_free(&zip->names);
}

/* ---- entries ------------------------------------------------------------- */

const struct zip_entry *zip_find(const struct zip *zip, const char *name)
{
    struct zip_entry key = {.name = name};
    return zip->count == 0 ? NULL
                           : bsearch(&key, zip->entries, zip->count, sizeof *zip->entries, by_name);
}

enum status zip_data(const struct zip *zip, const struct zip_entry *entry, uint64_t *offset,
                     struct error *err)
{
    unsigned char header[LOCAL_BYTES];
    if (!entry->stored)
        return error_set(err, STATUS_FAILED, "%s: entry %s is compressed or encrypted", zip->path,
                         entry->name);
    if (zip->directory < LOCAL_BYTES || entry->header > zip->directory - LOCAL_BYTES)
        return error_set(err, STATUS_FAILED, "%s: entry %s lies outside the archive", zip->path,
                         entry->name);
    enum status status = copy(zip, entry->header, sizeof header, header, err);
    if (status != STATUS_OK)
        return status;
    if (load32(header) != LOCAL_MARK)
        return error_set(err, STATUS_FAILED, "%s: entry %s does not begin where the directory says",
                         zip->path, entry->name);
    *offset = entry->header + LOCAL_BYTES + load16(header + 26) + load16(header + 28);
    if (*offset <= zip->directory && entry->size <= zip->directory - *offset)
        return STATUS_OK;
    error_set(err, STATUS_FAILED, "%s: the %" PRIu64 " bytes of entry %s lie outside the archive",
              zip->path, entry->size, entry->name);
    return error_help(err, "the file is cut short or damaged: download or copy it again");
}
