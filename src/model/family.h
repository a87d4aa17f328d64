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
    FREQUENCIES_LOCAL,    /* sliding layers: rope_local_base_freq, never scaled (Gemma 3) */
    FREQUENCIES_UNSCALED, /* sliding layers: the base of the others, never scaled (OLMo 3) */
};

/* How rows of queries, keys and values lie in the tensors; layout.c makes row maps of it. */
enum layout {
    LAYOUT_APART,    /* a tensor each */
    LAYOUT_JOINED,   /* one tensor: all query heads, all key heads, all value heads */
    LAYOUT_BY_KEY,   /* one tensor: each key head behind the query heads that it meets, then its
                        values; as many key heads as query heads: query, key, value of each head */
    LAYOUT_QUARTERS, /* one tensor: four blocks of query, value and key heads (CodeGen) */
    LAYOUT_GATED,    /* a tensor each; behind every query head as many rows of its gate */
    LAYOUT_LATENT,   /* multi-head latent attention: the rotary rows end each query head and end the
                        one key tensor, which all heads share */
};

/* Where the number of key heads comes from. */
enum key_heads {
    KEYS_COUNTED,    /* config, else the rows */
    KEYS_ONE,        /* multi-query, whatever the config says */
    KEYS_AS_QUERIES, /* each query head has its own */
};

/* Whether names of tensors tell the family. */
enum by_names {
    NAMES_NOTHING,
    NAMES_ALONE, /* nobody else has such names */
    NAMES_GUESS, /* many families that nobody knows here are like that one */
};

/* A row holds only where the key of the config has that value: a word, "true", "false", "null" or a
 * number; value NULL: whatever it is, if it is there. */
struct condition {
    const char *key, *value; /* key NULL: it always holds */
    bool where_absent;       /* what an absent key amounts to */
};

/* What transformers, or the family's own code, does and assumes where config.json is silent; 0 and
 * NULL: nothing special. Of rows with the same type the first counts whose condition holds and
 * whose tensors are there. */
struct family {
    const char *type;  /* model_type in config.json */
    const char *query; /* tensor without .weight or .bias, '%' for the layer; NULL: Llama's name */
    const char *key;   /* NULL: Llama's, or that of the query where one tensor holds both */
    struct condition when;
    const char *refused; /* why it has no rotary pairs; NULL: it has */
    bool unread;         /* it has, and refused says why they cannot be told */
    enum layout layout;
    enum key_heads keys;
    enum grouping grouping;
    enum pairing pairing;
    uint32_t heads;
    uint32_t kv_heads; /* where the key is missing; 0: as many as query heads */
    uint32_t head_dim; /* 0: rows / heads */
    double theta;      /* 0: 10000 */
    double partial;    /* fraction of head_dim that rotates; 0: all of it */
    uint32_t rotary;   /* instead: dims that rotate; 0: the fraction */
    enum rotating_layers rotating;
    enum layer_frequencies frequencies;
    uint32_t interval;             /* of sliding_window_pattern or no_rope_layer_interval */
    bool full_first;               /* the first layer of an interval is full, not the last */
    bool hybrid;                   /* layers may have no attention */
    uint32_t first_number;         /* of the first layer in the names of tensors */
    const char *scaling;           /* JSON of rope_scaling where the config has none */
    const char *scaling_key;       /* ... and this key is true; NULL: always */
    const char *scaling_note;      /* what to know of it; NULL: nothing */
    bool scaling_is_always_llama3; /* Llama 4: whatever rope_type says */
    const char *note;              /* what to know of the family; NULL: nothing */
    enum by_names names;           /* what names of tensors tell without a known model_type */
};

/* The rows of the table, one after the other; NULL: no more. */
const struct family *family_at(size_t index);
/* Is that model_type the row's, or another name for the same decoder? */
bool family_is_called(const struct family *family, const char *type);
/* Names of tensors of the row, with '%' for the layer. */
const char *family_tensor(const struct family *family, int projection);
/* Why a model_type that we know of has no rotary pairs ("learned absolute positions"); NULL: it
 * may. */
const char *family_without_rope(const char *type);

#endif
