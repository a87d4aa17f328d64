/* quantised.h: tensors whose scales lie in others beside them, as libraries of quantisation write
 * them. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_QUANTISED_H
#define ROPESCOPE_CHECKPOINT_QUANTISED_H

#include "reader.h"
#include "scaled.h"

enum { QUANTISED_NAME = 512 };

/* One weight on its way to a codec. */
struct quantised {
    struct checkpoint *checkpoint;
    char base[QUANTISED_NAME];  /* "model.layers.0.self_attn.q_proj" */
    struct tensor *tensor;      /* of the codes; becomes the matrix that is meant */
    const struct cJSON *config; /* what the config says of quantisation; NULL: nothing */
    const char *method;         /* of the config; "": none is said */
};

/* Gives the tensor its codec, or one that says why its rows cannot be read (quantised_refuse): a
 * weight that nobody asks for must not make a file bad. An error is one of memory or of the disk.
 */
typedef enum status quantised_method(struct quantised *weight, struct error *err);

/* ---- what methods use (quantised.c) -------------------------------------- */

/* The tensor BASE + suffix as it is stored, a copy that the checkpoint owns; *out NULL: none. */
enum status quantised_sibling(const struct quantised *weight, const char *suffix,
                              const struct tensor **out, struct error *err);
/* "%s cannot be read as weights" */
enum status quantised_refuse(struct quantised *weight, struct error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Makes the tensor a matrix with these rows: `detail` is copied, the format names the method. */
enum status quantised_accept(struct quantised *weight, uint64_t rows, uint64_t columns,
                             const struct row_codec *codec, size_t detail_size, struct error *err,
                             const char *format, ...) __attribute__((format(printf, 7, 8)));
/* Bytes of a small tensor, or its first ones. */
enum status quantised_read(const struct quantised *weight, const struct tensor *tensor, size_t size,
                           void *to, struct error *err);
/* A whole number of the config; `otherwise` where it says nothing, 0 where it is none. */
uint64_t quantised_whole(const struct quantised *weight, const char *key, uint64_t otherwise);

/* ---- what they have in common (quantised_parts.c) ------------------------ */

/* Of a sibling that may be absent. */
bool quantised_is(const struct tensor *tensor, enum dtype dtype, uint64_t rows, uint64_t columns);
/* Numbers of a tensor of any rank. */
uint64_t quantised_count(const struct tensor *tensor);
/* Lays the numbers of a tensor over a weight of rows x columns: one for all, one a row, some a row
 * (groups), or one a block: of that shape, or, where it is 0, of 128 x 128. false: it does not fit.
 */
bool quantised_grid(struct scaled *scaled, struct grid *grid, const struct tensor *tensor,
                    uint64_t rows, uint64_t columns, const uint64_t block[2]);
/* Reads the index of groups: I32 (columns). *trouble: what is wrong with it, NULL: nothing. One
 * that says nothing but the turn is left out. */
enum status quantised_groups(const struct quantised *weight, struct scaled *scaled,
                             const struct tensor *index, uint64_t columns, const char **trouble,
                             struct error *err);
enum status quantised_scaled(struct quantised *weight, uint64_t rows, uint64_t columns,
                             const struct scaled *scaled, struct error *err, const char *name);

/* ---- the methods, by what they leave beside the weight ------------------- */

quantised_method quantised_qweight;      /* GPTQ and AWQ (quantised_columns.c) */
quantised_method quantised_bytes;        /* F8 and I8 with scales (quantised_bytes.c) */
quantised_method quantised_packed;       /* compressed-tensors (quantised_bytes.c) */
quantised_method quantised_modelopt_fp4; /* (quantised_bytes.c) */
quantised_method quantised_mlx;          /* (quantised_mlx.c) */
quantised_method quantised_bitsandbytes; /* (bitsandbytes.c) */

#endif
