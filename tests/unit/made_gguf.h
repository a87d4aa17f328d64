/* made_gguf.h: GGUF files written key by key and tensor by tensor, right or wrong. */
#ifndef ROPESCOPE_TEST_MADE_GGUF_H
#define ROPESCOPE_TEST_MADE_GGUF_H

#include "ropescope/checkpoint.h"

/* A file in the making. made_gguf_begin, keys, tensors in any order between them, made_gguf_end. */
struct made_gguf {
    struct made_bytes {
        unsigned char *bytes; /* owned */
        size_t size, room;
    } keys, tensors, data;
    uint64_t key_count, tensor_count;
    uint32_t alignment;
};

/* With general.architecture and, for ARCHITECTURE, block_count, embedding_length, context_length.
 */
void made_gguf_begin(struct made_gguf *made, const char *architecture, uint32_t layers,
                     uint32_t width);
void made_gguf_text(struct made_gguf *made, const char *key, const char *value);
void made_gguf_u32(struct made_gguf *made, const char *key, uint32_t value);
void made_gguf_f32(struct made_gguf *made, const char *key, float value);
void made_gguf_bool(struct made_gguf *made, const char *key, bool value);
/* Lists of u32 and of bool. */
void made_gguf_list(struct made_gguf *made, const char *key, const uint32_t *values, size_t count);
void made_gguf_flags(struct made_gguf *made, const char *key, const bool *values, size_t count);
/* Any key: its type and the bytes of its value. */
void made_gguf_raw(struct made_gguf *made, const char *key, uint32_t type, const void *value,
                   size_t size);

/* A tensor of `rank` sizes, the fastest first, with `size` bytes of data; `id` is ggml's number for
 * its type; 0 is F32, whose data are floats of this machine. */
void made_gguf_tensor(struct made_gguf *made, const char *name, uint32_t rank,
                      const uint64_t *sizes, uint32_t id, const void *data, size_t size);
/* A matrix of F32 numbers that a small generator draws from `seed`. */
void made_gguf_matrix(struct made_gguf *made, const char *name, uint64_t rows, uint64_t columns,
                      uint32_t seed);
/* attn_q and attn_k of every layer, as matrices. */
void made_gguf_attention(struct made_gguf *made, uint32_t layers, uint64_t query_rows,
                         uint64_t key_rows, uint64_t columns);

/* Writes scratch/NAME and frees what was made. */
void made_gguf_end(struct made_gguf *made, const char *name);

#endif
