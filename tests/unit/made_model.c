/* made_model.c: writes a model directory of any size. Weights are uniform in -0.04..0.04, about the
 * spread of trained ones, and the second row of each pair leans towards the first by an amount of
 * its own, so that cosines of all sizes occur. */
#include "made_model.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *const made_dtype_name[MADE_DTYPES] = {"F32", "F16", "BF16", "F64"};

static size_t number_bytes(enum made_dtype dtype)
{
    static const size_t bytes[MADE_DTYPES] = {4, 2, 2, 8};
    return bytes[dtype];
}

static uint64_t tensor_bytes(const struct made_model *m, uint32_t heads)
{
    return (uint64_t)heads * m->head_dim * m->hidden * number_bytes(m->dtype);
}

uint64_t made_model_bytes(const struct made_model *m)
{
    return m->layers * (tensor_bytes(m, m->heads) + tensor_bytes(m, m->kv_heads));
}

/* ---- config.json and the header ------------------------------------------ */

static bool write_config(const struct made_model *m, FILE *stream)
{
    return fprintf(stream,
                   "{\"model_type\": \"llama\", \"architectures\": [\"LlamaForCausalLM\"],\n"
                   " \"hidden_size\": %" PRIu32 ", \"num_hidden_layers\": %" PRIu32 ",\n"
                   " \"num_attention_heads\": %" PRIu32 ", \"num_key_value_heads\": %" PRIu32 ",\n"
                   " \"head_dim\": %" PRIu32 ", \"rope_theta\": 10000.0,\n"
                   " \"max_position_embeddings\": 2048}\n",
                   m->hidden, m->layers, m->heads, m->kv_heads, m->head_dim) > 0;
}

/* One entry of the header, appended at `used`; returns where the text ends then. */
static size_t add_entry(const struct made_model *m, char *text, size_t room, size_t used,
                        uint32_t layer, bool key, uint64_t *offset)
{
    uint32_t heads = key ? m->kv_heads : m->heads;
    uint64_t end = *offset + tensor_bytes(m, heads);
    int added = snprintf(text + used, room - used,
                         "%c\"model.layers.%" PRIu32 ".self_attn.%c_proj.weight\":"
                         "{\"dtype\":\"%s\",\"shape\":[%" PRIu64 ",%" PRIu32 "],"
                         "\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
                         used ? ',' : '{', layer, key ? 'k' : 'q', made_dtype_name[m->dtype],
                         (uint64_t)heads * m->head_dim, m->hidden, *offset, end);
    *offset = end;
    return used + (size_t)added;
}

static size_t add_other(char *text, size_t room, size_t used, uint32_t number, uint64_t *offset)
{
    int added = snprintf(text + used, room - used,
                         ",\"model.layers.0.mlp.experts.%" PRIu32 ".gate_proj.weight\":"
                         "{\"dtype\":\"U8\",\"shape\":[1],"
                         "\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
                         number, *offset, *offset + 1);
    (*offset)++;
    return used + (size_t)added;
}

/* The length in eight bytes, little-endian, then the JSON, filled up with spaces to a multiple of
 * eight. */
static bool write_header(const struct made_model *m, FILE *stream)
{
    enum { ENTRY_BYTES = 192 };
    size_t room = ((size_t)m->layers * 2 + m->others) * ENTRY_BYTES + 16, used = 0;
    unsigned char length[8];
    uint64_t offset = 0;
    char *text = malloc(room);
    if (!text)
        return false;
    for (uint32_t layer = 0; layer < m->layers; layer++) {
        used = add_entry(m, text, room, used, layer, false, &offset);
        used = add_entry(m, text, room, used, layer, true, &offset);
    }
    for (uint32_t number = 0; number < m->others; number++)
        used = add_other(text, room, used, number, &offset);
    text[used++] = '}';
    while (used % 8 != 0)
        text[used++] = ' ';
    for (size_t i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)used >> 8 * i);
    bool written = fwrite(length, 1, 8, stream) == 8 && fwrite(text, 1, used, stream) == used;
    free(text);
    return written;
}

/* ---- weights ------------------------------------------------------------- */

/* SplitMix64: one multiplication or two a number, so that gigabytes take seconds. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/* Uniform in -1..1. */
static float draw_float(uint64_t *state)
{
    return (float)(draw(state) >> 40) / 8388608.0F - 1.0F;
}

static uint32_t float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Half precision of a value well inside its range, cut and not rounded: subnormals become zero. */
static uint16_t half_bits(float value)
{
    uint32_t bits = float_bits(value), exponent = bits >> 23 & 0xFF;
    uint32_t magnitude = exponent > 112 ? (bits & 0x7FFFFFFF) - (112U << 23) : 0;
    return (uint16_t)((bits >> 16 & 0x8000) | magnitude >> 13);
}

static void store_number(enum made_dtype dtype, float value, unsigned char *to)
{
    double wide = (double)value;
    uint64_t bits = float_bits(value);
    if (dtype == MADE_BF16)
        bits >>= 16;
    else if (dtype == MADE_F16)
        bits = half_bits(value);
    else if (dtype == MADE_F64)
        memcpy(&bits, &wide, sizeof bits);
    for (size_t i = 0; i < number_bytes(dtype); i++)
        to[i] = (unsigned char)(bits >> 8 * i);
}

/* The two rows of a pair in `row`: its first, and its second, which leans on it. */
struct pair_rows {
    float *first;         /* (head_dim / 2, hidden) first rows of the head */
    unsigned char *bytes; /* (hidden) one row as it is stored */
    uint64_t state;       /* of the draws */
};

/* A row of the head: rows of its second half meet one of the first (half-split pairs). */
static bool write_row(const struct made_model *m, struct pair_rows *rows, uint32_t dim,
                      FILE *stream)
{
    static const float spread = 0.04F;
    uint32_t pairs = m->head_dim / 2;
    size_t size = number_bytes(m->dtype);
    float *first = rows->first + (size_t)(dim % pairs) * m->hidden;
    float lean = draw_float(&rows->state);
    for (uint32_t i = 0; i < m->hidden; i++) {
        float value = spread * draw_float(&rows->state);
        if (dim < pairs)
            first[i] = value;
        else
            value += lean * lean * lean * first[i];
        store_number(m->dtype, value, rows->bytes + i * size);
    }
    return fwrite(rows->bytes, size, m->hidden, stream) == m->hidden;
}

static bool write_weights(const struct made_model *m, FILE *stream)
{
    struct pair_rows rows = {
        .first = calloc((size_t)m->head_dim / 2 * m->hidden, sizeof *rows.first),
        .bytes = calloc(m->hidden, number_bytes(m->dtype)),
        .state = m->seed,
    };
    bool good = rows.first && rows.bytes;
    uint64_t heads = (uint64_t)m->layers * (m->heads + m->kv_heads);
    for (uint64_t head = 0; head < heads && good; head++) {
        for (uint32_t dim = 0; dim < m->head_dim && good; dim++)
            good = write_row(m, &rows, dim, stream);
    }
    for (uint32_t number = 0; number < m->others && good; number++)
        good = fputc(0, stream) != EOF;
    free(rows.first);
    free(rows.bytes);
    return good;
}

/* ---- files --------------------------------------------------------------- */

static bool write_safetensors(const struct made_model *m, FILE *stream)
{
    return write_header(m, stream) && write_weights(m, stream);
}

static bool write_file(const struct made_model *m, const char *directory, const char *name,
                       bool (*write)(const struct made_model *m, FILE *stream))
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return false;
    }
    enum { STEP_BYTES = 16 << 20 }; /* as a download does: the page cache holds large pieces then */
    FILE *stream = fopen(path, "wb");
    if (!stream)
        return false;
    char *buffer = made_model_bytes(m) < STEP_BYTES ? NULL : malloc(STEP_BYTES);
    if (buffer) /* without one of ours, glibc does not heed the size */
        setvbuf(stream, buffer, _IOFBF, STEP_BYTES);
    bool good = write(m, stream);
    good = fclose(stream) == 0 && good;
    free(buffer);
    return good;
}

bool made_model_write(const struct made_model *m, const char *directory)
{
    bool sound = m->layers > 0 && m->kv_heads > 0 && m->heads % m->kv_heads == 0 &&
                 m->head_dim > 0 && m->head_dim % 2 == 0 && m->hidden > 0;
    if (!sound) {
        errno = EINVAL;
        return false;
    }
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return false;
    return write_file(m, directory, "config.json", write_config) &&
           write_file(m, directory, "model.safetensors", write_safetensors);
}
