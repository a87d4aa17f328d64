/* reader.h: what the readers of file formats fill. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_READER_H
#define ROPESCOPE_CHECKPOINT_READER_H

#include "ropescope/checkpoint.h"

/* One format of weight files. */
struct format {
    const char *name;   /* "safetensors" */
    const char *ending; /* of names of such files; NULL: they tell nothing */
    /* Whether a file's first bytes (and its size) are of this format. Called inside guard_run. */
    bool (*recognises)(const struct mapping *mapping);
    /* Reads the header of one mapped file, checks it, and appends its tensors in the order of their
     * offsets. May set checkpoint->config to what the file itself says about the model. */
    enum status (*read)(struct checkpoint *checkpoint, uint32_t file, struct error *err);
};

/* The format of one mapped file; an error where it is none of ours. */
enum status format_of(const struct mapping *mapping, const struct source_file *file,
                      const struct format **out, struct error *err);

struct checkpoint {
    const struct source *source; /* borrowed */
    const struct format *format; /* of the first file */
    struct cJSON *config;        /* that the weights carry themselves; NULL: none */
    struct mapping *mappings;    /* (source->file_count) */
    struct tensor *tensors;      /* (tensor_count) in the order of their files, then offsets */
    size_t tensor_count, tensor_room;
    uint32_t *buckets; /* (bucket_count) open hash of names: index + 1, 0 empty */
    size_t bucket_count;
    struct adapter *adapter; /* that lies over it, owned; NULL: none */
    struct arena names;
};

/* Appends an empty tensor; NULL: no memory. Valid until the next call. */
struct tensor *checkpoint_append(struct checkpoint *checkpoint);

/* Makes one tensor of the slices of each that can be a query or key projection, where every file of
 * the source holds one; other tensors are dropped: they are cut in other ways (slices.c). */
enum status slices_join(struct checkpoint *checkpoint, struct error *err);

/* Makes weights whose scales lie in tensors beside them the matrices that are meant, where names
 * are indexed. *renamed: some have other names now (quantised.c). */
enum status quantised_resolve(struct checkpoint *checkpoint, bool *renamed, struct error *err);
/* Tells whoever watches the opening how far it is; STATUS_CANCELLED where it is to end. */
enum status checkpoint_report(const struct checkpoint *checkpoint, struct error *err);

/* `size` bytes at `offset` of a mapped file, which is checked against its size and guarded. */
enum status mapping_copy(const struct mapping *mapping, const char *path, uint64_t offset,
                         size_t size, void *to, struct error *err);

/* ---- the formats, each in its own file ----------------------------------- */

bool safetensors_recognises(const struct mapping *mapping);
enum status safetensors_read(struct checkpoint *checkpoint, uint32_t file, struct error *err);
bool torch_zip_recognises(const struct mapping *mapping);
enum status torch_zip_read(struct checkpoint *checkpoint, uint32_t file, struct error *err);
bool bare_pickle_recognises(const struct mapping *mapping);
enum status bare_pickle_read(struct checkpoint *checkpoint, uint32_t file, struct error *err);
bool llama2c_recognises(const struct mapping *mapping);
enum status llama2c_read(struct checkpoint *checkpoint, uint32_t file, struct error *err);
bool gguf_recognises(const struct mapping *mapping);
enum status gguf_read(struct checkpoint *checkpoint, uint32_t file, struct error *err);

#endif
