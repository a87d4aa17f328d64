/* builder.h: a model in the making. Only model/ includes this. */
#ifndef ROPESCOPE_MODEL_BUILDER_H
#define ROPESCOPE_MODEL_BUILDER_H

#include "rope.h"
#include "tensors.h"

/* Sizes that all layers share, each with where it came from. */
struct shape {
    uint32_t query_heads, key_heads;
    uint32_t head_dim;   /* of queries, and of keys but where they are latent */
    uint32_t rotary_dim; /* of each head, and of the one key head of latent attention */
    uint32_t offset;     /* of the first rotated dim in a query head */
    uint32_t latent;     /* rows before the rotary ones in the key tensor of latent attention */
};

/* What kind of attention a layer has. */
struct layer_kind {
    const char *type; /* "sliding_attention", ...: layers of one type share their frequencies */
    size_t first;     /* index of the first rotating layer of that type */
    bool rotates;
    bool absent; /* no attention at all */
};

struct builder {
    const struct checkpoint *checkpoint;
    const struct model_options *options;
    struct config config;
    const struct family *family;
    bool deduced;                  /* the family is a guess */
    struct gguf_model *gguf;       /* NULL: the checkpoint has another format */
    struct layer_tensors *tensors; /* (layer_count) */
    struct layer_kind *kinds;      /* (layer_count) */
    size_t layer_count;
    size_t first;       /* index of the first layer with attention */
    bool several_kinds; /* layers differ in their frequencies: facts name the kind */
    struct shape shape; /* of the first layer, and of all where head_list is NULL */
    const struct cJSON
        *head_list[PROJECTION_COUNT]; /* one count a layer; NULL: all have the same */
    struct list_walk {
        const struct cJSON *list, *item; /* NULL: past the end */
        uint32_t number;                 /* of the item */
    } head_walk[PROJECTION_COUNT];       /* layers come in their order: no list is walked anew */
    struct model *model;                 /* under construction */
    struct error *err;
};

/* A GGUF file says all of itself, in words of its own (gguf_model.c). */
struct gguf_model {
    struct family family;    /* its architecture, in our words */
    struct cJSON *derived;   /* keys that Hugging Face would have, made of several of llama.cpp's */
    bool permuted;           /* rows are not in the order of Hugging Face's files */
    double original_context; /* for longrope; 0: unknown */
};

/* A text in the model's arena; NULL: no memory. */
const char *builder_text(struct builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends a fact; false: no memory. The value is formatted, the reason a whole text. */
bool builder_fact(struct builder *builder, const char *name, enum fact_source source,
                  const char *reason, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
bool builder_note(struct builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The row of the table of families, or of llama.cpp's architectures, and its fact; the tensors of
 * its layers, if they are there. */
enum status family_resolve(struct builder *builder);

/* Rows of one tensor that holds all three, or of the tensor of one projection. */
uint64_t layout_rows(const struct family *family, const struct shape *shape, int which);
/* Which row holds dim d of head h, rotated dims first. */
struct row_map layout_map(const struct family *family, const struct shape *shape, int which);

/* Head counts, head_dim and rotated width from flags, config, family and the shapes of the first
 * layer's tensors, which must agree; adds their facts. After kinds_resolve. */
enum status shape_resolve(struct builder *builder);
/* Its parts: the query heads, which must divide the rows of their projection; and, from the tensors
 * of the first layer, all of the shape of latent attention. */
enum status query_heads_resolve(struct builder *builder, uint64_t rows);
enum status latent_resolve(struct builder *builder, const struct tensor *query,
                           const struct tensor *key);
/* The tensor of one projection of a layer, which must be a readable matrix. */
enum status find_matrix(struct builder *builder, const struct layer_tensors *tensors, int which,
                        const struct tensor **out);
/* Checks one projection of a layer against the shape and fills it. */
enum status projection_build(struct builder *builder, const struct layer_tensors *tensors,
                             int which, struct projection *out);

/* Of a GGUF file: fills b->gguf, the family and the names of its keys. Free with gguf_close. */
enum status gguf_resolve(struct builder *builder);
void gguf_close(struct builder *builder);
/* The layer has factors of its own, so that it shares its frequencies with no other. */
bool gguf_has_own_factors(const struct builder *builder, size_t layer);
/* Divides frequencies by the factors that the file has as a tensor, and says so in a fact where
 * this is the first layer of its kind; `tokens` is the context that they are for. */
enum status gguf_apply_factors(struct builder *builder, size_t layer, double tokens,
                               double *frequency);

/* Says as what query and key rows are stored, where they are no plain numbers, and what that does
 * to their cosines; false: no memory. */
bool quantisation_fact(struct builder *builder);

/* Fills kinds: which layers rotate, and which share their frequencies. */
enum status kinds_resolve(struct builder *builder);

/* Lists the linear modules of the layers and counts the numbers of all tensors. After the layers
 * are there; false: no memory. */
bool linears_resolve(struct builder *builder);

/* Pairs the rows of all layers anew, as the authors' code does. After the layers are there. */
enum status like_authors_resolve(struct builder *builder);

#endif
