/* decoder.h: what is to be computed: the family's ways, the numbers of its config, and which
 * tensors hold the weights. Only the run of a model (probe/) includes this. */
#ifndef ROPESCOPE_PROBE_DECODER_H
#define ROPESCOPE_PROBE_DECODER_H

#include "ropescope/model.h"

/* ---- families (families.c) ----------------------------------------------- */

/* Which layers see only a window of the text, where the config has no list of them. */
enum sliding {
    SLIDES_NEVER,
    SLIDES_ALWAYS,    /* wherever there is a window */
    SLIDES_LATE,      /* from max_window_layers on, with use_sliding_window */
    SLIDES_UNROTATED, /* layers that do not rotate, with use_sliding_window */
    SLIDES_PATTERN,   /* all but one in so many */
};

enum activation { ACTIVATION_SILU, ACTIVATION_GELU_TANH, ACTIVATION_GELU };

/* What a family does otherwise than Llama. */
struct decoder_family {
    const char *type;           /* as model->family has it */
    enum activation activation; /* where the config names none */
    const char *activation_key; /* of the config */
    double epsilon;             /* of its norms, where the config has none */
    bool norms_add_one;         /* their weight is 1 + w; llama.cpp's converter has added it */
    bool norms_heads;           /* of queries and keys */
    bool norms_after;           /* what attention and feed-forward give is normed, too */
    bool scales_embedding;      /* by sqrt(hidden) */
    bool tied;                  /* where the config does not say */
    double scalar; /* query_pre_attn_scalar, where the config has none; 0: head_dim, always */
    bool caps;     /* the config's softcaps count */
    double attention_cap, logit_cap; /* where it has none; 0: no cap */
    enum sliding sliding;
    uint32_t interval;     /* of SLIDES_PATTERN */
    uint32_t whole_layers; /* GGUF: so many layers scale queries by hidden / heads; 0: none */
};

/* NULL: it does not run. */
const struct decoder_family *decoder_family_find(const char *type);

/* ---- numbers (settings.c) ------------------------------------------------ */

struct settings {
    const struct decoder_family *family;
    enum activation activation;
    float epsilon;
    bool norms_add_one;
    bool tied;
    float scalar; /* 0: head_dim */
    float attention_cap, logit_cap;
    uint64_t window;
    bool *slides;     /* (layers) owned */
    uint64_t context; /* max_position_embeddings; 0: unknown */
};
/* Reads them. Free with settings_free, also after a failure. */
enum status settings_read_model(const struct checkpoint *checkpoint, const struct model *model,
                                struct settings *settings, struct error *err);
void settings_free(struct settings *settings);
/* Whether the config calls the token an end of text. */
bool settings_ends_text(const struct checkpoint *checkpoint, uint32_t token);

/* ---- weights (weights.c) ------------------------------------------------- */

enum {
    MATRIX_QUERY,
    MATRIX_KEY,
    MATRIX_VALUE,
    MATRIX_OUTPUT,
    MATRIX_GATE,
    MATRIX_UP,
    MATRIX_DOWN,
    MATRIX_COUNT
};
enum {
    NORM_ATTENTION, /* before attention */
    NORM_FEED,      /* before feed-forward */
    NORM_AFTER_ATTENTION,
    NORM_AFTER_FEED,
    NORM_QUERY,
    NORM_KEY,
    NORM_COUNT
};

/* Which tensors a layer is made of; small ones as numbers. */
struct layer_weights {
    const struct tensor *matrix[MATRIX_COUNT]; /* (rows out, columns in) */
    float *bias[MATRIX_COUNT];                 /* (rows); NULL: none */
    float *norm[NORM_COUNT];                   /* NULL: the family has none there */
};
struct text_weights {
    const struct tensor *embedding; /* (vocabulary, hidden) */
    const struct tensor *head;      /* (vocabulary, hidden), maybe the same */
    float *norm;                    /* (hidden) */
};

/* Each checks that its tensors are there, can be read and go together. Free with weights_free_..,
 * also after a failure. */
enum status weights_of_layer(const struct checkpoint *checkpoint, const struct model *model,
                             const struct settings *settings, size_t index, uint64_t hidden,
                             struct layer_weights *out, struct error *err);
void weights_free_layer(struct layer_weights *weights);
enum status weights_of_text(const struct checkpoint *checkpoint, const struct model *model,
                            const struct settings *settings, struct text_weights *out,
                            struct error *err);
void weights_free_text(struct text_weights *weights);
/* Stored bytes of the matrices of a layer. */
uint64_t weights_layer_bytes(const struct layer_weights *weights);

#endif
