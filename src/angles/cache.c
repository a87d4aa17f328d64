/* cache.c: databases of models that were scanned before. Nothing in the cache is trusted: a file
 * that is damaged, foreign, of another version or of other weights is set aside and the weights are
 * scanned again. A scan appends layer by layer to a locked .partial file, so that a killed one
 * loses a layer at most. */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

static const double sync_interval = 1.0; /* seconds between fsyncs of a partial file */

/* ---- which file belongs to which model ----------------------------------- */

static uint64_t mix_u64(uint64_t hash, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
    return XXH3_64bits_withSeed(bytes, sizeof bytes, hash);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return XXH3_64bits_withSeed(text, strlen(text), hash);
}

/* Of the paths and what the user overrides: a model has one file for each way to look at it. */
static uint64_t identity(const struct source *source, const struct source *adapter,
                         const struct model_options *options)
{
    uint64_t theta, hash = mix_text(0, source->path);
    if (adapter)
        hash = mix_text(hash, adapter->path);
    memcpy(&theta, &options->rope_theta, sizeof theta);
    hash = mix_u64(hash, options->has_pairing ? 1 + (uint64_t)options->pairing : 0);
    hash = mix_u64(hash, options->head_dim);
    hash = mix_u64(hash, options->heads);
    hash = mix_u64(hash, options->kv_heads);
    hash = mix_u64(hash, theta);
    return mix_u64(hash, options->context);
}

static uint64_t mix_files(uint64_t hash, const struct source *source)
{
    hash = mix_u64(hash, source->metadata_hash);
    for (size_t i = 0; i < source->file_count; i++) {
        const struct source_file *file = &source->files[i];
        hash = mix_text(hash, file->path);
        hash = mix_u64(hash, file->size);
        hash = mix_u64(hash, (uint64_t)file->mtime_ns);
        hash = mix_u64(hash, file->inode);
    }
    return hash;
}

/* Of everything that the numbers depend on and that can be known without reading weights. */
static uint64_t fingerprint(const struct source *source, const struct source *adapter,
                            const struct model_options *options)
{
    uint64_t hash = mix_files(identity(source, adapter, options), source);
    return adapter ? mix_files(hash, adapter) : hash;
}

/* At most 64 bytes of the model's name, without what a file name should not hold. */
static void file_stem(char out[80], const char *name)
{
    size_t used = 0;
    for (; *name && used < 64; name++) {
        char c = *name;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || (c == '.' && used > 0);
        out[used++] = plain ? c : '_';
    }
    out[used] = '\0';
}

bool cache_open(struct cache *cache, const struct source *source, const struct source *adapter,
                const struct model_options *options, struct notices *notices)
{
    char directory[PATH_BYTES], stem[80], name[128];
    *cache = (struct cache){.fd = -1, .fingerprint = fingerprint(source, adapter, options)};
    if (!path_cache_directory(directory)) {
        notices_add(notices, "no cache: neither XDG_CACHE_HOME nor HOME says where");
        return false;
    }
    if (!path_make_directories(directory)) {
        notices_add(notices, "no cache: %s: %s", directory, strerror(errno));
        return false;
    }
    file_stem(stem, source->name);
    text_format(name, sizeof name, "%s-%016llx.angles", stem,
                (unsigned long long)identity(source, adapter, options));
    if (path_join(cache->whole, directory, name) &&
        text_format(cache->partial, PATH_BYTES, "%s.partial", cache->whole))
        return true;
    notices_add(notices, "no cache: %s: the path is too long", directory);
    return false;
}

/* ---- a complete database ------------------------------------------------- */

void cache_set_aside(const char *path, const char *what, const char *why, const char *then,
                     struct notices *notices)
{
    char aside[PATH_BYTES];
    bool moved = text_format(aside, sizeof aside, "%s.old", path) && rename(path, aside) == 0;
    notices_add(notices, "cached %s are not used (%s): %s again; %s %s", what, why, then,
                moved ? "set aside as" : "could not be set aside:", moved ? aside : path);
}

static void set_aside(const char *path, const char *why, struct notices *notices)
{
    cache_set_aside(path, "angles", why, "scanning", notices);
}

struct angles *cache_load(struct cache *cache, struct notices *notices)
{
    char *image;
    size_t size;
    struct error err;
    uint64_t found;
    struct angles *angles = NULL;
    if (!path_is_file(cache->whole))
        return NULL;
    if (file_read(cache->whole, SIZE_MAX / 2, &image, &size, &err) != STATUS_OK) {
        set_aside(cache->whole, "unreadable", notices);
        return NULL;
    }
    const char *why = angles_from_image((unsigned char *)image, size, &angles, &found);
    if (!why && found != cache->fingerprint) {
        why = "the model has changed since";
        angles_free(angles);
    }
    if (why)
        set_aside(cache->whole, why, notices);
    return why ? NULL : angles;
}

/* ---- what an earlier scan left ------------------------------------------- */

/* A partial file opened and locked; -1 where another process holds it. The file may be renamed
 * between opening and locking, so the name is asked again. */
static int lock_partial(const char *path)
{
    for (int tries = 0; tries < 8; tries++) {
        struct stat mine, named;
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return -1;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
            int reason = errno;
            close(fd);
            errno = reason;
            return -1;
        }
        if (fstat(fd, &mine) == 0 && stat(path, &named) == 0 && mine.st_ino == named.st_ino)
            return fd;
        close(fd);
    }
    errno = EBUSY;
    return -1;
}

static bool write_all(int fd, const unsigned char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        data += written;
        size -= (size_t)written;
    }
    return true;
}

static size_t count_still(const struct model *model)
{
    size_t still = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        still += model->layers[i].pairs == 0;
    return still;
}

/* Layers of the image that fit the model; *good is where the sound part ends. Layers that do not
 * rotate were written first: where one is missing there is nothing worth keeping. */
static size_t adopt_layers(struct angles *angles, unsigned char *image, size_t size, size_t *good)
{
    struct record record;
    size_t taken = 0, still = 0;
    struct model *scratch = model_new();
    struct model *model = angles->model;
    if (!scratch || !record_find(image, size, FILE_HEADER_BYTES, &record) ||
        record.kind != RECORD_MODEL || !record_read_model(&record, model->layer_count, scratch)) {
        model_free(scratch);
        return 0;
    }
    *good = record.next;
    while (record_find(image, size, *good, &record) && record.kind == RECORD_LAYER) {
        const float *values = record_read_layer(&record, scratch);
        if (!values || layer_value_count(&scratch->layers[record.layer]) !=
                           layer_value_count(&model->layers[record.layer]))
            break;
        still += model->layers[record.layer].pairs == 0;
        taken += angles_adopt(angles, record.layer, values);
        *good = record.next;
    }
    if (still < count_still(model))
        *good = 0;
    model_free(scratch);
    return taken;
}

/* Whether the image is what a first write that was cut short leaves: that is no news. */
static bool is_torn_header(const unsigned char *image, size_t size,
                           const struct file_header *expected)
{
    struct wire wire = wire_writer();
    file_header_write(&wire, expected);
    bool torn = !wire.failed && size < wire.size && memcmp(image, wire.data, size) == 0;
    wire_free(&wire);
    return torn;
}

/* NULL where the image is the start of a scan of this model, else why not. */
static const char *check_partial(const unsigned char *image, size_t size,
                                 const struct file_header *expected)
{
    struct file_header header;
    if (is_torn_header(image, size, expected))
        return NULL;
    const char *why = file_header_read(image, size, &header);
    if (!why && header.fingerprint != expected->fingerprint)
        return "the model has changed since";
    return !why && header.layers != expected->layers ? "damaged" : why;
}

/* Takes what can be built upon: *taken layers, *good bytes (0: none), without a word about a last
 * record that was cut short. NULL, or why the file is none of ours. */
static const char *take_partial(struct cache *cache, struct angles *angles, size_t *good,
                                size_t *taken)
{
    char *text;
    size_t size;
    const struct file_header expected = {cache->fingerprint, angles->model->layer_count};
    *good = *taken = 0;
    if (file_read(cache->partial, SIZE_MAX / 2, &text, &size, NULL) != STATUS_OK)
        return "unreadable";
    unsigned char *image = (unsigned char *)text;
    const char *why = check_partial(image, size, &expected);
    if (!why && size >= FILE_HEADER_BYTES)
        *taken = adopt_layers(angles, image, size, good);
    if (*taken > 0)
        angles->image = image;
    else
        memory_free(text);
    return why;
}

static bool start_partial(struct cache *cache, const struct model *model)
{
    struct wire wire = wire_writer();
    struct file_header header = {cache->fingerprint, model->layer_count};
    file_header_write(&wire, &header);
    record_write_model(&wire, model);
    for (size_t i = 0; i < model->layer_count; i++) {
        if (model->layers[i].pairs == 0)
            record_write_layer(&wire, &model->layers[i], i, NULL);
    }
    bool written = !wire.failed && write_all(cache->fd, wire.data, wire.size);
    wire_free(&wire);
    return written;
}

static void stop_writing(struct cache *cache, int reason)
{
    text_format(cache->trouble, sizeof cache->trouble, "%s", strerror(reason));
    unlink(cache->partial);
    close(cache->fd);
    cache->fd = -1;
}

/* Opens and locks the partial file; false with a notice where that cannot be. */
static bool open_partial(struct cache *cache, struct notices *notices)
{
    cache->fd = lock_partial(cache->partial);
    if (cache->fd < 0)
        notices_add(notices, "no cache for this scan: %s: %s", cache->partial,
                    errno == EWOULDBLOCK ? "another ropescope is writing it" : strerror(errno));
    return cache->fd >= 0;
}

size_t cache_resume(struct cache *cache, struct angles *angles, struct notices *notices)
{
    size_t taken, good;
    if (!open_partial(cache, notices))
        return 0;
    const char *why = take_partial(cache, angles, &good, &taken);
    if (why) { /* the lock goes with the file: its name needs a new one */
        set_aside(cache->partial, why, notices);
        close(cache->fd);
        if (!open_partial(cache, notices))
            return 0;
    }
    if (ftruncate(cache->fd, (off_t)good) != 0 || lseek(cache->fd, (off_t)good, SEEK_SET) < 0 ||
        (good == 0 && !start_partial(cache, angles->model)))
        stop_writing(cache, errno);
    return taken;
}

/* ---- writing ------------------------------------------------------------- */

void cache_append(struct cache *cache, const struct layer *layer, size_t index, const float *values)
{
    if (cache->fd < 0)
        return;
    struct wire wire = wire_writer();
    record_write_layer(&wire, layer, index, values);
    if (wire.failed || !write_all(cache->fd, wire.data, wire.size))
        stop_writing(cache, wire.failed ? ENOMEM : errno);
    wire_free(&wire);
    double now = clock_seconds();
    if (cache->fd >= 0 && now - cache->synced >= sync_interval) {
        fdatasync(cache->fd);
        cache->synced = now;
    }
}

void cache_finish(struct cache *cache, bool complete, struct notices *notices)
{
    if (*cache->trouble)
        notices_add(notices, "the cache could not be written (%s): the next opening scans again",
                    cache->trouble);
    if (cache->fd < 0)
        return;
    if (complete && (fsync(cache->fd) != 0 || rename(cache->partial, cache->whole) != 0))
        notices_add(notices, "the cache could not be completed: %s: %s", cache->whole,
                    strerror(errno));
    close(cache->fd);
    cache->fd = -1;
}
