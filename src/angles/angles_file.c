/* angles_file.c: a whole database to a stream and back. */
#include "record.h"

#include <errno.h>
#include <string.h>

static bool put(struct wire *wire, FILE *stream)
{
    bool written = !wire->failed && fwrite(wire->data, 1, wire->size, stream) == wire->size;
    wire->size = 0;
    return written;
}

/* The values of a landed layer as one run, as a record wants them. */
static float *gather_values(const struct angles *angles, size_t index)
{
    const struct layer *layer = &angles->model->layers[index];
    float *values = memory_array(layer_value_count(layer), sizeof *values), *at = values;
    for (int which = 0; values && which < PROJECTION_COUNT; which++) {
        const struct angle_set *set = &angles->layers[index].set[which];
        size_t count = projection_pairs(layer, which);
        const float *const parts[] = {set->cos, set->norm_a, set->norm_b};
        for (size_t i = 0; i < 3 && count > 0; i++, at += count)
            memcpy(at, parts[i], count * sizeof *at);
    }
    return values;
}

enum status angles_write(const struct angles *angles, FILE *stream, struct error *err)
{
    struct wire wire = wire_writer();
    struct file_header header = {.layers = angles->model->layer_count};
    file_header_write(&wire, &header);
    record_write_model(&wire, angles->model);
    bool written = put(&wire, stream);
    for (size_t i = 0; i < angles->model->layer_count && written; i++) {
        float *values = gather_values(angles, i);
        if (values)
            record_write_layer(&wire, &angles->model->layers[i], i, values);
        written = values && put(&wire, stream);
        memory_free(values);
    }
    bool out_of_memory = wire.failed;
    wire_free(&wire);
    if (out_of_memory)
        return error_memory(err);
    return written
               ? STATUS_OK
               : error_set(err, STATUS_FAILED, "the angles cannot be written: %s", strerror(errno));
}

/* ---- reading ------------------------------------------------------------- */

static bool numbers_ascend(const struct model *model)
{
    for (size_t i = 1; i < model->layer_count; i++) {
        if (model->layers[i].number <= model->layers[i - 1].number)
            return false;
    }
    return true;
}

/* Fills the model and adopts every layer; NULL or what is wrong with the file. */
static const char *take_records(struct angles *angles, size_t size, size_t layers)
{
    struct record record;
    size_t offset = FILE_HEADER_BYTES, seen = 0;
    if (!record_find(angles->image, size, offset, &record) || record.kind != RECORD_MODEL ||
        !record_read_model(&record, layers, angles->model))
        return "damaged";
    angles->layers = memory_array(layers, sizeof *angles->layers);
    if (!angles->layers)
        return "too large for this machine's memory";
    for (offset = record.next; offset < size; offset = record.next, seen++) {
        if (!record_find(angles->image, size, offset, &record) || record.kind != RECORD_LAYER)
            return "damaged or cut short";
        const float *values = record_read_layer(&record, angles->model);
        if (!values || !angles_adopt(angles, record.layer, values))
            return "damaged";
    }
    if (seen != layers)
        return "incomplete";
    return numbers_ascend(angles->model) ? NULL : "damaged";
}

static const char *take_image(struct angles *angles, size_t size, uint64_t *fingerprint)
{
    struct file_header header;
    const char *why = file_header_read(angles->image, size, &header);
    if (why)
        return why;
    /* A layer takes a record, so no file makes us allocate more than it could fill. */
    if (header.layers == 0 || header.layers > size / RECORD_HEADER_BYTES)
        return "damaged";
    *fingerprint = header.fingerprint;
    return take_records(angles, size, (size_t)header.layers);
}

const char *angles_from_image(unsigned char *image, size_t size, struct angles **out,
                              uint64_t *fingerprint)
{
    struct angles *angles = memory_array(1, sizeof *angles);
    struct model *model = model_new();
    if (!angles || !model) {
        memory_free(angles);
        memory_free(model);
        memory_free(image);
        return "too large for this machine's memory";
    }
    angles->model = model;
    angles->image = image;
    const char *why = take_image(angles, size, fingerprint);
    if (why) {
        if (!angles->layers)
            model->layer_count = 0; /* angles_free walks the layers */
        angles_free(angles);
        return why;
    }
    *out = angles;
    return NULL;
}

/* A look at the first bytes, so that a large file of another kind is not read to its end. A file
 * that does not open passes: who reads it then says why. */
static const char *check_start(const char *path)
{
    unsigned char start[FILE_HEADER_BYTES];
    struct file_header header;
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return NULL;
    size_t got = fread(start, 1, sizeof start, stream);
    fclose(stream);
    return file_header_read(start, got, &header);
}

enum status angles_read(const char *path, struct angles **out, struct error *err)
{
    char *image;
    size_t size;
    uint64_t fingerprint;
    const char *why = path_is_file(path) ? check_start(path) : NULL;
    if (!why) {
        enum status status = file_read(path, SIZE_MAX / 2, &image, &size, err);
        if (status != STATUS_OK)
            return status;
        why = angles_from_image((unsigned char *)image, size, out, &fingerprint);
    }
    if (!why)
        return STATUS_OK;
    error_set(err, STATUS_FAILED, "%s: %s", path, why);
    return error_help(err, "make it again with: ropescope scan MODEL -o %s", path_name(path));
}
