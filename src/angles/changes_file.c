/* changes_file.c: a header, the distances layer by layer, and a checksum of all before it; little-
 * endian on every machine. */
#include "changes_file.h"
#include "cache.h"
#include "support/wire.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const char magic[8] = "ropechg";
enum { CHANGES_VERSION = 1 };

static size_t set_size(const struct model *model, size_t set)
{
    return projection_pairs(&model->layers[set / PROJECTION_COUNT], (int)(set % PROJECTION_COUNT));
}

static size_t sets_of(const struct model *model)
{
    return PROJECTION_COUNT * model->layer_count;
}

/* The same calls write it and read it: what comes back is what this file is about. */
static void header(struct wire *wire, struct changes_key *key, uint64_t *sets)
{
    uint32_t version = CHANGES_VERSION, zero = 0;
    wire_u32(wire, &version);
    wire_u32(wire, &zero);
    wire_u64(wire, &key->base);
    wire_u64(wire, &key->tuned);
    wire_u64(wire, sets);
    wire->failed = wire->failed || version != CHANGES_VERSION;
}

/* ---- reading ------------------------------------------------------------- */

/* NULL: it is. */
static const char *not_ours(const struct changes_key *key, struct wire *wire, uint64_t sets)
{
    struct changes_key found = {.base = 0};
    uint64_t count = 0;
    header(wire, &found, &count);
    if (wire->failed)
        return "of another version";
    bool same = found.base == key->base && found.tuned == key->tuned && count == sets;
    return same ? NULL : "a model has changed since";
}

static bool take_sets(struct wire *wire, const struct model *model, float **sets)
{
    for (size_t i = 0; i < sets_of(model) && !wire->failed; i++) {
        size_t count = set_size(model, i);
        const float *from = wire_floats(wire, NULL, count);
        sets[i] = from && count > 0 ? memory_array(count, sizeof **sets) : NULL;
        wire->failed = wire->failed || (count > 0 && !sets[i]);
        if (sets[i])
            memcpy(sets[i], from, count * sizeof **sets);
    }
    return !wire->failed && wire->at == wire->size;
}

/* The image without its magic and its checksum, where these are right. */
static bool open_image(char *image, size_t size, struct wire *wire)
{
    struct wire tail;
    uint64_t sum = 0;
    if (size < sizeof magic + sizeof sum || memcmp(image, magic, sizeof magic) != 0)
        return false;
    unsigned char *bytes = (unsigned char *)image;
    tail = wire_reader(bytes + size - sizeof sum, sizeof sum, NULL);
    wire_u64(&tail, &sum);
    *wire = wire_reader(bytes + sizeof magic, size - sizeof magic - sizeof sum, NULL);
    return XXH3_64bits(image, size - sizeof sum) == sum;
}

/* Takes over what the file holds; else why not, and nothing is taken. */
static const char *take_image(char *image, size_t size, const struct changes_key *key,
                              struct changes *changes)
{
    const struct model *model = changes->base->model;
    struct wire wire;
    float **sets = memory_array(sets_of(model) + 1, sizeof *sets);
    const char *why = !sets                             ? "there is no memory for them"
                      : !open_image(image, size, &wire) ? "damaged"
                                                        : not_ours(key, &wire, sets_of(model));
    if (!why && !take_sets(&wire, model, sets))
        why = "damaged";
    for (size_t i = 0; i < sets_of(model) && sets; i++) {
        if (why)
            memory_free(sets[i]);
        else
            changes->distance[i] = sets[i];
    }
    memory_free(sets);
    return why;
}

bool changes_file_load(const struct changes_key *key, struct changes *changes,
                       struct notices *notices)
{
    char *image;
    size_t size;
    if (!path_is_file(key->path))
        return false;
    const char *why = "unreadable";
    if (file_read(key->path, SIZE_MAX / 2, &image, &size, NULL) == STATUS_OK) {
        why = take_image(image, size, key, changes);
        memory_free(image);
    }
    if (why)
        cache_set_aside(key->path, "changes", why, "comparing", notices);
    else
        changes->ready = changes->base->model->layer_count;
    return !why;
}

/* ---- writing ------------------------------------------------------------- */

void changes_file_save(const struct changes_key *key, const struct changes *changes)
{
    const struct model *model = changes->base->model;
    struct changes_key copy = *key;
    struct output output;
    struct wire wire = wire_writer();
    uint64_t sets = sets_of(model);
    wire_bytes(&wire, magic, sizeof magic);
    header(&wire, &copy, &sets);
    for (size_t i = 0; i < sets_of(model); i++)
        wire_floats(&wire, changes->distance[i], set_size(model, i));
    uint64_t sum = wire.failed ? 0 : XXH3_64bits(wire.data, wire.size);
    wire_u64(&wire, &sum);
    if (!wire.failed && output_open(&output, key->path, NULL) == STATUS_OK) {
        if (fwrite(wire.data, 1, wire.size, output.stream) == wire.size)
            output_commit(&output, NULL);
        else
            output_abort(&output);
    }
    wire_free(&wire);
}
