/* scratch.h: a directory of a test's own, and safetensors files and models written into it. */
#ifndef ROPESCOPE_TEST_SCRATCH_H
#define ROPESCOPE_TEST_SCRATCH_H

#include "ropescope/model.h"

/* A fresh directory under $TMPDIR, /dev/shm or /tmp; scratch_remove deletes it with all that it
 * holds. They have the form of cmocka's setup and teardown. */
extern char scratch[PATH_BYTES];
int scratch_make(void **state);
int scratch_remove(void **state);

/* scratch/NAME; valid until the next call. */
const char *scratch_path(const char *name);
void scratch_write(const char *name, const void *bytes, size_t len);
void scratch_text(const char *name, const char *text);
/* A safetensors file: length, header (its length is text's), and `data` zero bytes. */
void scratch_tensors(const char *name, const char *header, size_t data);

/* Opens the checkpoint of scratch/NAME; on failure nothing is left open and *err says why. */
struct opened {
    struct source *source;
    struct checkpoint *checkpoint;
    struct model *model;
};
enum status open_checkpoint(struct opened *opened, const char *name, struct error *err);
enum status open_model(struct opened *opened, const char *name, const struct model_options *options,
                       struct error *err);
void close_opened(struct opened *opened);

/* The processor's time that this process has taken: what else the machine does is not in it. */
double processor_seconds(void);

/* Fails the test unless `text` holds `part`. */
void assert_says(const char *text, const char *part);

#endif
