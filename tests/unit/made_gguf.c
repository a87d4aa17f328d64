/* made_gguf.c: GGUF files written key by key and tensor by tensor, right or wrong. */
#include "made_gguf.h"

#include "file_bytes.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FLOATS = 0 }; /* ggml's number of F32 */
enum { U32 = 4, F32 = 6, BOOL = 7, TEXT = 8, LIST = 9 };

/* ---- bytes --------------------------------------------------------------- */

static void put(struct made_bytes *to, const void *bytes, size_t size)
{
    if (to->size + size > to->room) {
        to->room = 2 * (to->size + size);
        to->bytes = realloc(to->bytes, to->room);
        assert_non_null(to->bytes);
    }
    if (size > 0)
        memcpy(to->bytes + to->size, bytes, size);
    to->size += size;
}

static void put_word(struct made_bytes *to, uint64_t value, size_t size)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
    put(to, bytes, size);
}

static void put_name(struct made_bytes *to, const char *text)
{
    put_word(to, strlen(text), 8);
    put(to, text, strlen(text));
}

static void pad(struct made_bytes *to, size_t alignment)
{
    while (to->size % alignment != 0)
        put(to, "", 1);
}

/* ---- keys ---------------------------------------------------------------- */

static void begin_key(struct made_gguf *made, const char *key, uint32_t type)
{
    put_name(&made->keys, key);
    put_word(&made->keys, type, 4);
    made->key_count++;
}

void made_gguf_raw(struct made_gguf *made, const char *key, uint32_t type, const void *value,
                   size_t size)
{
    begin_key(made, key, type);
    put(&made->keys, value, size);
}

void made_gguf_text(struct made_gguf *made, const char *key, const char *value)
{
    begin_key(made, key, TEXT);
    put_name(&made->keys, value);
}

void made_gguf_u32(struct made_gguf *made, const char *key, uint32_t value)
{
    begin_key(made, key, U32);
    put_word(&made->keys, value, 4);
    if (strcmp(key, "general.alignment") == 0)
        made->alignment = value;
}

void made_gguf_f32(struct made_gguf *made, const char *key, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    begin_key(made, key, F32);
    put_word(&made->keys, bits, 4);
}

void made_gguf_bool(struct made_gguf *made, const char *key, bool value)
{
    begin_key(made, key, BOOL);
    put_word(&made->keys, value, 1);
}

static void begin_list(struct made_gguf *made, const char *key, uint32_t type, size_t count)
{
    begin_key(made, key, LIST);
    put_word(&made->keys, type, 4);
    put_word(&made->keys, count, 8);
}

void made_gguf_list(struct made_gguf *made, const char *key, const uint32_t *values, size_t count)
{
    begin_list(made, key, U32, count);
    for (size_t i = 0; i < count; i++)
        put_word(&made->keys, values[i], 4);
}

void made_gguf_flags(struct made_gguf *made, const char *key, const bool *values, size_t count)
{
    begin_list(made, key, BOOL, count);
    for (size_t i = 0; i < count; i++)
        put_word(&made->keys, values[i], 1);
}

void made_gguf_begin(struct made_gguf *made, const char *architecture, uint32_t layers,
                     uint32_t width)
{
    char key[128];
    *made = (struct made_gguf){.alignment = 32};
    made_gguf_text(made, "general.architecture", architecture);
    text_format(key, sizeof key, "%s.block_count", architecture);
    made_gguf_u32(made, key, layers);
    text_format(key, sizeof key, "%s.embedding_length", architecture);
    made_gguf_u32(made, key, width);
    text_format(key, sizeof key, "%s.context_length", architecture);
    made_gguf_u32(made, key, 4096);
}

/* ---- tensors ------------------------------------------------------------- */

void made_gguf_tensor(struct made_gguf *made, const char *name, uint32_t rank,
                      const uint64_t *sizes, uint32_t id, const void *data, size_t size)
{
    pad(&made->data, made->alignment);
    put_name(&made->tensors, name);
    put_word(&made->tensors, rank, 4);
    for (uint32_t i = 0; i < rank; i++)
        put_word(&made->tensors, sizes[i], 8);
    put_word(&made->tensors, id, 4);
    put_word(&made->tensors, made->data.size, 8);
    made->tensor_count++;
    put(&made->data, data, size);
    if (id == FLOATS && size > 0)
        file_order(made->data.bytes + made->data.size - size, sizeof(float), size / sizeof(float));
}

void made_gguf_matrix(struct made_gguf *made, const char *name, uint64_t rows, uint64_t columns,
                      uint32_t seed)
{
    size_t count = (size_t)(rows * columns);
    const uint64_t sizes[] = {columns, rows};
    float *numbers = malloc(count * sizeof *numbers);
    assert_non_null(numbers);
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525 + 1013904223;
        numbers[i] = (float)((double)(seed >> 8) / 8388608 - 1);
    }
    made_gguf_tensor(made, name, 2, sizes, 0, numbers, count * sizeof *numbers);
    free(numbers);
}

void made_gguf_attention(struct made_gguf *made, uint32_t layers, uint64_t query_rows,
                         uint64_t key_rows, uint64_t columns)
{
    char name[64];
    for (uint32_t i = 0; i < layers; i++) {
        text_format(name, sizeof name, "blk.%u.attn_q.weight", i);
        made_gguf_matrix(made, name, query_rows, columns, 2 * i + 1);
        text_format(name, sizeof name, "blk.%u.attn_k.weight", i);
        made_gguf_matrix(made, name, key_rows, columns, 2 * i + 2);
    }
}

void made_gguf_end(struct made_gguf *made, const char *name)
{
    struct made_bytes file = {0};
    put(&file, "GGUF", 4);
    put_word(&file, 3, 4);
    put_word(&file, made->tensor_count, 8);
    put_word(&file, made->key_count, 8);
    put(&file, made->keys.bytes, made->keys.size);
    put(&file, made->tensors.bytes, made->tensors.size);
    pad(&file, made->alignment);
    put(&file, made->data.bytes, made->data.size);
    scratch_write(name, file.bytes, file.size);
    free(file.bytes);
    free(made->keys.bytes);
    free(made->tensors.bytes);
    free(made->data.bytes);
    *made = (struct made_gguf){0};
}
