/* record.h: the records of an .angles file. A header, the model, then one record a layer in any
 * order; each record carries a checksum of its payload and of its own header, so that no byte is
 * unguarded. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_RECORD_H
#define ROPESCOPE_ANGLES_RECORD_H

#include "ropescope/angles.h"
#include "support/wire.h"

/* The version is raised when the layout changes, and when a family is read differently than before:
 * numbers that were cached by another reading must not be believed. */
enum { ANGLES_VERSION = 1, FILE_HEADER_BYTES = 40, RECORD_HEADER_BYTES = 40 };
enum record_kind { RECORD_MODEL = 1, RECORD_LAYER = 2 };

/* The first bytes of a file. The fingerprint tells which weights it was made from. */
struct file_header {
    uint64_t fingerprint;
    uint64_t layers;
};
void file_header_write(struct wire *wire, const struct file_header *header);
/* NULL where the bytes are a file header of this version, else why not ("written by a newer
 * ropescope"). */
const char *file_header_read(const unsigned char *data, size_t size, struct file_header *header);

/* Appends a whole record. `values` of a layer: layer_value_count floats. */
void record_write_model(struct wire *wire, const struct model *model);
void record_write_layer(struct wire *wire, const struct layer *layer, size_t index,
                        const float *values);

/* One record found in the image of a file. */
struct record {
    enum record_kind kind;
    size_t layer; /* index, RECORD_LAYER only */
    const unsigned char *payload;
    size_t size;
    size_t next; /* offset behind it */
};
/* The record at `offset`, its checksums verified; false: damaged or cut short. */
bool record_find(const unsigned char *image, size_t size, size_t offset, struct record *record);
/* Fills an empty model (texts copied into its arena, layers allocated but empty). */
bool record_read_model(const struct record *record, size_t layers, struct model *model);
/* Describes model->layers[record->layer] again and finds its values in the image; NULL: it makes no
 * sense. */
const float *record_read_layer(const struct record *record, struct model *model);

/* A database out of the image of a file, which it takes over (also on failure). NULL, or why not.
 */
const char *angles_from_image(unsigned char *image, size_t size, struct angles **out,
                              uint64_t *fingerprint);

#endif
