/* reader.h: what the readers of file formats fill. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_READER_H
#define ROPESCOPE_CHECKPOINT_READER_H

#include "ropescope/checkpoint.h"

struct checkpoint {
    const struct source *source; /* borrowed */
    struct mapping *mappings;    /* (source->file_count) */
    struct tensor *tensors;      /* (tensor_count) in the order of their files, then offsets */
    size_t tensor_count, tensor_room;
    uint32_t *buckets; /* (bucket_count) open hash of names: index + 1, 0 empty */
    size_t bucket_count;
    struct arena names;
};

/* Appends an empty tensor; NULL: no memory. Valid until the next call. */
struct tensor *checkpoint_append(struct checkpoint *checkpoint);

/* Reads the header of one mapped file, checks it, and appends its tensors in the order of their
 * offsets. */
enum status safetensors_read(struct checkpoint *checkpoint, uint32_t file, struct error *err);

#endif
