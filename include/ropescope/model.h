/* model.h: config and tensor names become layers; a layer says which stored rows form which rotary
 * pair, at which frequency. Nothing here reads weights. */
#ifndef ROPESCOPE_MODEL_H
#define ROPESCOPE_MODEL_H

#include "ropescope/checkpoint.h"

ROPESCOPE_BEGIN

/* ---- words --------------------------------------------------------------- */

enum pairing {
    PAIRING_HALF_SPLIT,  /* pair i is dims (i, i + R/2) of its head: GPT-NeoX, Hugging Face */
    PAIRING_INTERLEAVED, /* pair i is dims (2i, 2i + 1): GPT-J, Meta */
};
const char *pairing_name(enum pairing pairing); /* "half-split", "interleaved" */

enum { PROJECTION_QUERY, PROJECTION_KEY, PROJECTION_COUNT };
const char *projection_name(int projection); /* "query", "key" */

/* Where a fact about a model was taken from; it is shown wherever the fact is. */
enum fact_source {
    FACT_CONFIG,  /* a key of config.json */
    FACT_SHAPE,   /* deduced from the shapes of tensors */
    FACT_FORMAT,  /* the file format */
    FACT_FAMILY,  /* the table of families */
    FACT_DEFAULT, /* the family's default for an absent key */
    FACT_FLAG,    /* the user's flag */
    FACT_DEDUCED, /* a guess: by names and shapes of tensors */
    FACT_SOURCE_COUNT
};
const char *fact_source_name(enum fact_source source); /* "config", "tensor shape", ... */

struct fact {
    const char *name;        /* "pairing" */
    const char *value;       /* "half-split" */
    enum fact_source source; /* FACT_FAMILY */
    const char *reason;      /* "family llama rotates halves"; one line, may be empty */
};

/* ---- layers -------------------------------------------------------------- */

/* Which stored row holds dim d of head h:
 *     base + (h / group) * group_stride + (h % group) * head_stride + d
 * with the offset of the rotated part folded into base. Plain, fused, grouped and multi-query
 * layouts are all this formula. */
struct row_map {
    uint64_t base;
    uint64_t group_stride, head_stride;
    uint32_t group; /* >= 1 */
};

/* One projection (query or key) of one layer. Texts belong to the model. */
struct projection {
    const char *tensor; /* name in the checkpoint */
    const char *file;   /* name of its file, without directories */
    const char *bias;   /* name of the bias tensor; NULL: none */
    uint64_t rows;      /* of the stored tensor, all of them */
    uint64_t row_length;
    enum dtype dtype;
    uint32_t heads;
    struct row_map map;
    uint32_t apart; /* rows from w1 to w2 of a half-split pair; 0: as many as a head has pairs */
    uint32_t index; /* of the tensor in the checkpoint; UINT32_MAX where there are no weights */
};

/* How query heads meet key heads. */
enum grouping {
    GROUPING_BLOCKS, /* query head h meets key head h / (query heads / key heads) */
    GROUPING_TILED,  /* h % key heads (PLaMo) */
};

struct layer {
    uint32_t number;   /* the checkpoint's own */
    uint32_t head_dim; /* also where the layer has no pairs */
    uint32_t pairs;    /* a head; rotary_dim / 2; 0: this layer does not rotate */
    enum pairing pairing;
    enum grouping grouping;
    const char *note;        /* why it does not rotate, or which kind it is ("sliding"); "" */
    const double *frequency; /* (pair) radians a token, scaled; belongs to the model */
    double rotation_scale; /* cos and sin are multiplied by it: 1 but for yarn and longrope; 0: not
                              known (a file of angles does not keep it) or no rotation */
    struct projection projection[PROJECTION_COUNT];
};

/* Linear modules of one layer that share a name and a shape: what LoRA may be put on. */
struct linear {
    const char *name;       /* as transformers calls them: "q_proj", "gate_proj" */
    uint32_t layer;         /* number of the layer that they belong to */
    uint64_t rows, columns; /* out_features, in_features */
    uint64_t count;         /* 1, or as many as there are experts */
};

struct model {
    const char *name;       /* "Llama-2-7b-hf" */
    const char *family;     /* "llama" */
    const char *path;       /* where it was read from */
    const char *format;     /* "safetensors" */
    uint64_t context;       /* tokens that frequencies were scaled for */
    uint64_t files_bytes;   /* of all weight files */
    uint64_t scanned_bytes; /* of the rows that a scan reads */
    struct layer *layers;   /* (layer_count) in the order of their numbers */
    size_t layer_count;
    struct fact *facts; /* (fact_count) in the order they are shown */
    size_t fact_count;
    const char **notes; /* (note_count) lines worth knowing: layers left out, unknown scaling */
    size_t note_count;
    struct linear *linears; /* (linear_count) by layer; none: the file does not tell */
    size_t linear_count;
    uint64_t parameters; /* numbers of all tensors; 0: not known (quantised weights) */
    bool like_authors;   /* pairs are not those that rotate: see like_authors.c; never in a file */
    struct arena arena;  /* owns all texts, arrays and itself */
};

/* What the user's flags say against the config; zero-initialised means nothing is overridden. */
struct model_options {
    bool has_pairing;
    enum pairing pairing;
    uint32_t head_dim, heads, kv_heads; /* 0: as found */
    double rope_theta;                  /* 0: as found */
    uint64_t context;                   /* 0: max_position_embeddings */
    bool like_authors; /* rows paired as AWM.py does, whatever rotates: never cached */
    bool folded;       /* rows times the gains of the norms around them: never cached */
};

/* Works out the layers of a checkpoint. Errors name the file, the key or the tensor. Free with
 * model_free. */
enum status model_open(const struct checkpoint *checkpoint, const struct model_options *options,
                       struct model **out, struct error *err);
/* Folds the gains of the norms before queries and keys, and of norms of queries and keys, into the
 * rows of the checkpoint, and says so in the model's name. Refused, by the layer, where no such
 * norm is known. A LayerNorm's own bias moves no row. (gains.c) */
enum status model_fold_gains(struct checkpoint *checkpoint, struct model *model, struct error *err);
/* The gains of the norm of queries or keys of a layer as they multiply, (heads, head_dim): a dim of
 * a head is the row so far behind its first. *out NULL: no such norm is known by its name; the
 * caller frees it. Refused where the norm has not a gain for each dim. (gains.c) */
enum status layer_norm_gains(const struct checkpoint *checkpoint, const struct model *model,
                             const struct layer *layer, int projection, float **out,
                             struct error *err);
/* An empty model that owns its arena, for a reader of files to fill; NULL: no memory. */
struct model *model_new(void);
void model_free(struct model *model);

/* What --like-authors does, for every output that it reaches. */
#define LIKE_AUTHORS_WORDS                                                                         \
    "paired like the authors' code: the query head count for keys too, every row of a head; "      \
    "where "                                                                                       \
    "keys are grouped or part of a head rotates these are no rotary pairs"

/* Stored rows of pair `pair` of head `head`: *a is w1, *b is w2. */
void layer_pair_rows(const struct layer *layer, int projection, uint32_t head, uint32_t pair,
                     uint64_t *a, uint64_t *b);
/* The key head that query head `head` meets. */
uint32_t layer_key_head(const struct layer *layer, uint32_t head);
/* Tokens of a full turn, 2 pi / frequency; infinity where the frequency is 0. */
double layer_wavelength(const struct layer *layer, uint32_t pair);
/* Pairs of a projection, heads times pairs a head: as long as its arrays of angles are. Of both
 * projections of the layer; of the model. */
size_t projection_pairs(const struct layer *layer, int projection);
uint64_t layer_pairs(const struct layer *layer);
uint64_t model_pairs(const struct model *model);
/* The layer with that number; NULL where there is none. */
const struct layer *model_layer(const struct model *model, uint32_t number);

/* The name that transformers gives to the linear module of a tensor: "q_proj" of
 * model.layers.0.self_attn.q_proj.weight, of blk.0.attn_q.weight and of
 * layers.0.attention.wq.weight; false: the tensor is no weight, or its name is too long.
 * (linears.c) */
enum { MODULE_BYTES = 64 };
bool module_of_tensor(const char *tensor, char out[MODULE_BYTES]);

/* ---- families (family.c) ------------------------------------------------- */

/* One line of what is known of families; texts are constant. */
struct family_line {
    const char *type;        /* model_type of config.json */
    const char *same_as;     /* another name for that family; NULL: it has lines of its own */
    const char *without;     /* why it is refused; NULL: it is read */
    const char *key, *value; /* only where the config's key has that value; NULL: always */
    const char *tensor;      /* that holds queries, '%' for the layer */
    const char *layout;      /* how queries, keys and values lie */
    const char *dims;        /* which part of a head rotates */
    const char *layers;      /* which layers rotate */
    enum pairing pairing;
};
/* The lines one after the other; false: no more. */
bool family_line(size_t index, struct family_line *out);

/* How far rows of that type move cosines against F32: the largest difference over a sample of rows
 * that ggml quantised; 0: not measured, or nothing to measure. */
double quantisation_moves(enum dtype dtype);

/* ---- names and rows elsewhere (naming.c) --------------------------------- */

/* Whose names and whose order of rows. Files of Meta and llama2.c, and GGUF files of families that
 * the converter permutes, hold the two rows of a pair side by side where Hugging Face has them half
 * a head apart. */
enum row_order {
    ROW_ORDER_FILE, /* as the checkpoint has them */
    ROW_ORDER_HF,   /* Hugging Face transformers, and so PEFT */
    ROW_ORDER_META, /* Meta's reference code; torchtune has this order under names of its own */
    ROW_ORDER_COUNT
};
const char *row_order_name(enum row_order order); /* "file", "hf", "meta" */
bool row_order_from_name(const char *name, enum row_order *out);
/* What somebody who trains will hold: Hugging Face's for GGUF, llama2.c and Meta's files, that of
 * the file for all others. */
enum row_order row_order_usual(const struct model *model);

/* What somebody else calls the tensor of a projection, and how rows of its heads move there. */
struct naming {
    const char *weight;
    const char *bias; /* NULL: none */
    enum {
        ROWS_STAY,
        ROWS_APART,    /* dim 2i + s of each head goes to i + s * head_dim / 2 */
        ROWS_TOGETHER, /* and the other way round */
    } rows;
    uint32_t head_dim;
};
/* New texts lie in the arena, others belong to the model. STATUS_USAGE where the other side's name
 * or order of that tensor is not known: a fused one that a converter took apart, say. */
enum status naming_of(const struct model *model, const struct layer *layer, int projection,
                      enum row_order order, struct arena *arena, struct naming *out,
                      struct error *err);
/* Where a stored row lies there. */
uint64_t naming_row(const struct naming *naming, uint64_t row);

/* ---- frequencies (frequency.c): pure ------------------------------------- */

enum scaling_kind {
    SCALING_NONE,
    SCALING_LINEAR,
    SCALING_DYNAMIC,
    SCALING_LLAMA3,
    SCALING_YARN,
    SCALING_LONGROPE,
};

/* Everything that the formulas of transformers' modeling_rope_utils.py take. */
struct rope {
    double theta;        /* base */
    uint32_t rotary_dim; /* R, even */
    enum scaling_kind scaling;
    double factor;
    double context;          /* tokens asked for */
    double max_position;     /* max_position_embeddings */
    double original_context; /* original_max_position_embeddings */
    double low_freq, high_freq;
    double beta_fast, beta_slow;
    bool truncate;
    double attention_factor;                  /* 0: worked out */
    double mscale, mscale_all_dim;            /* 0: absent */
    const double *short_factor, *long_factor; /* (R/2), longrope */
};

/* frequency[i] for i in 0..rotary_dim/2-1, radians a token. */
void rope_frequencies(const struct rope *rope, double *frequency);
/* What cos and sin are multiplied by. */
double rope_rotation_scale(const struct rope *rope);

ROPESCOPE_END

#endif
