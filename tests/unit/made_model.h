/* made_model.h: model directories made to measure, with weights from a seed. The attention rows
 * alone are there, under Llama's names; nothing more is needed to scan them. */
#ifndef ROPESCOPE_TEST_MADE_MODEL_H
#define ROPESCOPE_TEST_MADE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/* How numbers are stored. */
enum made_dtype { MADE_F32, MADE_F16, MADE_BF16, MADE_F64, MADE_DTYPES };
extern const char *const made_dtype_name[MADE_DTYPES]; /* as a safetensors header spells them */

struct made_model {
    uint32_t layers;
    uint32_t heads;    /* query heads */
    uint32_t kv_heads; /* key heads; divides `heads` */
    uint32_t head_dim; /* even */
    uint32_t hidden;   /* numbers in a row */
    uint32_t others;   /* tensors of a byte each that are no attention rows, as of many experts */
    enum made_dtype dtype;
    uint64_t seed; /* the same seed gives the same bytes on every machine */
};

/* Bytes of the attention rows: layers * (heads + kv_heads) * head_dim * hidden numbers. */
uint64_t made_model_bytes(const struct made_model *model);

/* Writes config.json and model.safetensors into `directory`, which it makes where it is not there.
 * Rows are written as they are drawn, so that no size needs memory. false with errno. */
bool made_model_write(const struct made_model *model, const char *directory);

#endif
