/* family.h: the table of model families. A new family is a new row. Only model/ includes this. */
#ifndef ROPESCOPE_MODEL_FAMILY_H
#define ROPESCOPE_MODEL_FAMILY_H

#include "ropescope/model.h"

/* Which layers rotate at all. */
enum rotating_layers {
    ROTATES_EVERY,
    ROTATES_LISTED,  /* no_rope_layers[L] == 1 (sic) rotates; absent: (L + 1) % interval != 0 */
    ROTATES_SLIDING, /* only layers with a sliding window */
};

/* Whether layers with a sliding window have frequencies of their own. */
enum layer_frequencies {
    FREQUENCIES_ONE,
    FREQUENCIES_LOCAL, /* sliding layers: rope_local_base_freq, never scaled (Gemma 3) */
};

/* What transformers assumes of a family where config.json is silent; 0 and NULL: nothing special.
 */
struct family {
    const char *type;  /* model_type in config.json */
    const char *query; /* tensor without .weight or .bias, '%' for the layer; NULL: Llama's name */
    const char *key;
    enum pairing pairing;
    uint32_t heads;
    uint32_t kv_heads; /* where the key is missing; 0: as many as query heads */
    uint32_t head_dim; /* 0: rows / heads */
    double theta;      /* 0: 10000 */
    double partial;    /* fraction of head_dim that rotates; 0: all of it */
    enum rotating_layers rotating;
    enum layer_frequencies frequencies;
    uint32_t interval;             /* of sliding_window_pattern or no_rope_layer_interval */
    const char *scaling;           /* JSON of rope_scaling where the config has none */
    const char *scaling_key;       /* ... and this key is true; NULL: always */
    const char *scaling_note;      /* what to know of it; NULL: nothing */
    bool scaling_is_always_llama3; /* Llama 4: whatever rope_type says */
    bool by_names;                 /* no config names it: the names of its tensors tell it */
};

/* The row of that model_type; NULL: unknown. */
const struct family *family_find(const char *type);
/* The families that the names of their tensors tell, one after the other; NULL: no more. */
const struct family *family_by_names(size_t index);
/* Why a model_type that we know of has no rotary pairs ("learned absolute positions"); NULL: it
 * may. */
const char *family_without_rope(const char *type);

#endif
