/* units.h: the scan cut into pieces of work. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_UNITS_H
#define ROPESCOPE_ANGLES_UNITS_H

#include "ropescope/angles.h"

/* Large enough for the disk and the memory to stream, small enough for many workers to end
 * together. */
enum { UNIT_BYTES = 2 << 20 };

/* Some pairs of one projection of one layer, counted through (head, pair): what a worker takes at a
 * time. */
struct unit {
    uint64_t offset; /* of its first row in the file */
    uint64_t first;  /* head * pairs + pair */
    uint32_t count;
    uint32_t file;
    uint32_t layer; /* index into model->layers */
    uint32_t projection;
};

/* The units of all layers that have not landed, in the order in which they lie in the files; the
 * caller frees them. NULL: no memory. */
struct unit *units_plan(const struct checkpoint *checkpoint, const struct angles *angles,
                        size_t *count);
/* Bytes that it reads. */
uint64_t unit_bytes(const struct checkpoint *checkpoint, const struct model *model,
                    const struct unit *unit);
/* Where it lies in its file: from its first row to the end of its last, which may hold others
 * between them. Of a model that matches the planned one, too, whose pairs have the same numbers. */
struct stretch {
    uint64_t offset, bytes;
};
struct stretch unit_stretch(const struct checkpoint *checkpoint, const struct model *model,
                            const struct unit *unit);

/* As stored. */
uint64_t projection_row_bytes(const struct checkpoint *checkpoint,
                              const struct projection *projection);

#endif
