/* checkpoint.h: a file or a directory becomes named tensors whose rows can be read. This room knows
 * bytes, number formats and file formats; it knows nothing of heads and rotary embeddings. */
#ifndef ROPESCOPE_CHECKPOINT_H
#define ROPESCOPE_CHECKPOINT_H

#include "ropescope/support.h"

ROPESCOPE_BEGIN

/* ---- number formats (dtype.c) -------------------------------------------- */

/* The dtypes that a safetensors header may name (safetensors 0.8, tensor.rs), then those that only
 * ggml has: blocks of numbers that share their scales. Files of angles hold these numbers: new ones
 * are added at the end. */
enum dtype {
    DTYPE_BOOL,
    DTYPE_F4,
    DTYPE_F6_E2M3,
    DTYPE_F6_E3M2,
    DTYPE_U8,
    DTYPE_I8,
    DTYPE_F8_E5M2,
    DTYPE_F8_E4M3,
    DTYPE_F8_E8M0,
    DTYPE_F8_E4M3FNUZ,
    DTYPE_F8_E5M2FNUZ,
    DTYPE_I16,
    DTYPE_U16,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_I32,
    DTYPE_U32,
    DTYPE_F32,
    DTYPE_C64,
    DTYPE_F64,
    DTYPE_I64,
    DTYPE_U64,
    DTYPE_Q4_0,
    DTYPE_Q4_1,
    DTYPE_Q5_0,
    DTYPE_Q5_1,
    DTYPE_Q8_0,
    DTYPE_Q8_1,
    DTYPE_Q2_K,
    DTYPE_Q3_K,
    DTYPE_Q4_K,
    DTYPE_Q5_K,
    DTYPE_Q6_K,
    DTYPE_Q8_K,
    DTYPE_IQ2_XXS,
    DTYPE_IQ2_XS,
    DTYPE_IQ3_XXS,
    DTYPE_IQ1_S,
    DTYPE_IQ4_NL,
    DTYPE_IQ3_S,
    DTYPE_IQ2_S,
    DTYPE_IQ4_XS,
    DTYPE_IQ1_M,
    DTYPE_TQ1_0,
    DTYPE_TQ2_0,
    DTYPE_MXFP4,
    DTYPE_NVFP4,
    DTYPE_Q1_0,
    DTYPE_Q2_0,
    DTYPE_COUNT
};
const char *dtype_name(enum dtype dtype);
unsigned dtype_bits(enum dtype dtype);          /* of one number; 0: numbers come in blocks */
unsigned dtype_block_numbers(enum dtype dtype); /* 1: each stands for itself */
/* Bytes of `count` numbers; false where they are no whole blocks or bytes, or too many to count. */
bool dtype_bytes(enum dtype dtype, uint64_t count, uint64_t *bytes);
/* The safetensors dtype of that name. */
bool dtype_from_name(const char *name, enum dtype *out);
/* The kernel takes rows of it as they are stored: F64 F32 F16 BF16. */
bool dtype_is_plain(enum dtype dtype);
/* Rows of it can be turned into float32: the plain ones, the four F8 of numbers, and blocks of ggml
 * that quant.c knows. */
bool dtype_is_readable(enum dtype dtype);

/* `count` numbers (whole blocks) stored little-endian at `from` (any alignment) as float32. Exact
 * for what is plain and for F8, but F64 rounds; blocks come out as ggml's own code has them. The
 * dtype must be readable. */
void dtype_to_float(enum dtype dtype, const void *from, size_t count, float *to);
/* Numbers of this machine as DTYPE_F32 is stored, in place, and stored ones as this machine has
 * them: nothing to do but on a big-endian one. */
void dtype_swap_floats(float *numbers, size_t count);
/* The same as double, of a plain dtype. */
void dtype_to_double(enum dtype dtype, const void *from, size_t count, double *to);

/* ---- where a model lies (source.c) --------------------------------------- */

/* What two threads share while one opens a model and the other waits for it. Zero-initialise. */
struct opening_watch {
    ROPESCOPE_ATOMIC(bool) cancel;    /* set by the one that waits: STATUS_CANCELLED follows soon */
    ROPESCOPE_ATOMIC(uint64_t) bytes; /* of the weight files; 0: not known yet */
    ROPESCOPE_ATOMIC(uint64_t) tensors; /* whose headers have been read */
};

struct source_file {
    const char *name; /* as it stands in the directory or in the index */
    const char *path; /* absolute, links resolved */
    uint64_t size;
    int64_t mtime_ns;
    uint64_t inode;
};

/* Everything about a model that can be known without opening a weight file. */
struct source {
    const char *path;          /* absolute, links resolved */
    const char *name;          /* what people call it: "Llama-2-7b-hf" */
    const char *config_path;   /* for errors; set even where there is none */
    struct cJSON *config;      /* NULL: none */
    const char *index_path;    /* NULL: one file */
    struct source_file *files; /* (file_count) in the order of their names */
    size_t file_count;
    bool sliced;            /* each file holds a slice of every tensor: Meta's model parallelism */
    uint64_t metadata_hash; /* XXH3 of config.json and of the index */
    struct arena arena;     /* owns the texts and files */
    struct opening_watch *watch; /* borrowed, for as long as it is opened; NULL: nobody waits */
};

/* Finds config and weight files of a directory (by the names that libraries give them, with an
 * index of shards or without) or of one weight file with its config beside it.
 * Weight files are only stat'ed: what format they have shows when they are opened. Free with
 * source_close. */
enum status source_locate(const char *path, struct source **out, struct error *err);
void source_close(struct source *source);
/* The path still leads to that file, with its size and time. */
bool source_file_is_same(const struct source_file *file);

/* ---- tensors (checkpoint.c) ---------------------------------------------- */

struct checkpoint;
struct tensor;

/* How the rows of a tensor become float32 where its dtype alone does not say: their scales lie in
 * other tensors, or they are stored by columns. The reader of the format makes the tensor with the
 * name and shape of the matrix that is meant, and a codec in the checkpoint's arena. */
struct row_codec {
    const char *name; /* the method, for people: "fp8, scales by blocks of 128 x 128" */
    /* Writes `count` rows from `first` on, (count, shape[1]): several at once, since what is stored
     * by columns holds them side by side. Runs inside guard_run, in any thread: it owns nothing.
     * NULL: such rows are not read, and whoever needs them is told the name. */
    void (*to_float)(const struct checkpoint *checkpoint, const struct tensor *tensor,
                     uint64_t first, size_t count, float *to);
    const void *detail; /* what to_float needs: indexes of other tensors, bits, group size */
    bool exact;         /* nothing is rounded: plain numbers that only lie in other places */
};

struct tensor {
    const char *name;  /* belongs to the checkpoint */
    uint64_t shape[2]; /* the first two sizes; rows and row length of a matrix */
    uint64_t offset;   /* of its first byte in its file */
    uint64_t bytes;
    uint32_t file;                 /* index into source->files */
    uint16_t rank;                 /* number of sizes; only rank 2 is a matrix */
    uint16_t dtype;                /* of what is stored */
    const struct row_codec *codec; /* NULL: the dtype says it all */
    const struct lora *lora;       /* what an adapter adds to its rows; NULL: nothing */
};

/* Maps every file of the source read-only, finds its format by its content and checks all headers
 * by the rules of that format (for safetensors: tensor.rs of 0.8 and no duplicate names). `source`
 * is borrowed and must outlive the checkpoint. Free with checkpoint_close. */
enum status checkpoint_open(const struct source *source, struct checkpoint **out,
                            struct error *err);
void checkpoint_close(struct checkpoint *checkpoint);

const struct source *checkpoint_source(const struct checkpoint *checkpoint);
const char *checkpoint_format(const struct checkpoint *checkpoint); /* "safetensors" */
/* What is said about the model: by the weight file itself where its format does that, else by the
 * config beside it; NULL: nothing. The path is for errors and is set even then. */
const struct cJSON *checkpoint_config(const struct checkpoint *checkpoint);
const char *checkpoint_config_path(const struct checkpoint *checkpoint);
size_t checkpoint_tensor_count(const struct checkpoint *checkpoint);
/* Tensors in the order of their files, then offsets. */
const struct tensor *checkpoint_tensor(const struct checkpoint *checkpoint, size_t index);
const struct tensor *checkpoint_find(const struct checkpoint *checkpoint, const char *name);
uint64_t checkpoint_bytes(const struct checkpoint *checkpoint); /* of all its files */

/* First stored byte of the tensor in its mapping: (shape[0], shape[1]) row-major, little-endian,
 * not aligned. Reading it may fault: only inside guard_run. */
const unsigned char *checkpoint_data(const struct checkpoint *checkpoint,
                                     const struct tensor *tensor);
/* The mapping of the file that holds the tensor. */
const struct mapping *checkpoint_mapping(const struct checkpoint *checkpoint,
                                         const struct tensor *tensor);

/* All numbers of a small plain tensor as float32: factors of frequencies, say. */
enum status checkpoint_read_numbers(const struct checkpoint *checkpoint,
                                    const struct tensor *tensor, float *to, struct error *err);

/* ---- rows of a matrix (rows.c) ------------------------------------------- */

/* The kernel takes its rows, without what an adapter adds, as they are stored: from
 * checkpoint_data. */
bool tensor_is_plain(const struct tensor *tensor);
/* Its rows are the numbers of a plain dtype, wherever they lie. */
bool tensor_is_exact(const struct tensor *tensor);
/* Its rows can be turned into float32. */
bool tensor_is_readable(const struct tensor *tensor);
/* Stored bytes of one row, its share of what the whole tensor takes. */
uint64_t tensor_row_bytes(const struct tensor *tensor);
/* `count` rows of a readable matrix from `first` on as float32, (count, shape[1]), whatever they
 * are stored as and without what an adapter adds. May fault: only inside guard_run. */
void checkpoint_rows_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                              uint64_t first, size_t count, float *to);
/* The same, but those of a plain dtype are copied out of the file by way of `buffer`,
 * which keeps the mapping out of memory; the buffer must hold one. false: the file shrank or its
 * disk failed. */
struct row_buffer {
    unsigned char *bytes;
    size_t room;
};
bool checkpoint_rows_copied(const struct checkpoint *checkpoint, const struct tensor *tensor,
                            uint64_t first, size_t rows, const struct row_buffer *buffer,
                            float *to);

/* From now on the rows of a readable matrix come out multiplied: each number by that of its column,
 * (shape[1]), and by that of its row, (shape[0]); NULL: by none. Both are copied. (gains.c) */
enum status checkpoint_multiply(struct checkpoint *checkpoint, const struct tensor *tensor,
                                const float *columns, const float *rows, struct error *err);

/* ---- adapters (adapter.c) ------------------------------------------------ */

/* Where a PEFT adapter lies: its config is adapter_config.json, its one file holds its weights.
 * Free with source_close. */
enum status adapter_locate(const char *path, struct source **out, struct error *err);
/* Lays a LoRA over the checkpoint: each tensor that it changes gets a `lora`, those that it brings
 * along itself are read from it. Refused, by the name of its first tensor that does not fit: what
 * is no LoRA or one of another base. `adapter` is borrowed and must outlive the checkpoint. */
enum status checkpoint_adapt(struct checkpoint *checkpoint, const struct source *adapter,
                             struct error *err);
/* The adapter that was laid over it; NULL: none. */
const struct source *checkpoint_adapter(const struct checkpoint *checkpoint);
/* Whether rows of the tensor come out otherwise than the base has them. */
bool tensor_is_adapted(const struct tensor *tensor);
uint32_t lora_rank(const struct lora *lora);
bool lora_has_declared_rank(const struct lora *lora); /* what the config says of it is right */

/* ---- what an adapter adds (lora.c) --------------------------------------- */

/* Its rows are W + scale * B A. */
float lora_scale(const struct lora *lora);
/* The tensors of the adapter, (rank, row length) and (rows, rank). */
const struct tensor *lora_a(const struct lora *lora);
const struct tensor *lora_b(const struct lora *lora);
/* Their checkpoint. */
const struct checkpoint *lora_weights(const struct lora *lora);
/* DoRA: the length that the row gets; false where rows keep theirs. Only inside guard_run. */
bool lora_magnitude(const struct lora *lora, uint64_t row, double *magnitude);

/* ---- rows under an adapter (lora.c) -------------------------------------- */

/* One worker's copies of the factors of the rows in sight. Zero-initialise. */
struct lora_tile {
    const struct tensor *tensor; /* whose A is there; NULL: none yet */
    float *a;                    /* (rank, row length) */
    float *b;                    /* (rows, rank) */
    size_t a_room, b_room;       /* numbers */
    struct row_buffer buffer;    /* of rows of base and factors as they are stored */
};
/* Room for `rows` rows of the tensor at a time; false: no memory. Not inside guard_run. */
bool lora_tile_reserve(struct lora_tile *tile, const struct tensor *tensor, size_t rows);
void lora_tile_free(struct lora_tile *tile);
/* Rows `first` and on of base and adapter together, (rows, row length) float32: W + s B A, with
 * DoRA at the length that its magnitudes say. Only inside guard_run. false: a file shrank or its
 * disk failed. */
bool lora_rows_to_float(struct lora_tile *tile, const struct checkpoint *checkpoint,
                        const struct tensor *tensor, uint64_t first, size_t rows, float *to);

ROPESCOPE_END

#endif
