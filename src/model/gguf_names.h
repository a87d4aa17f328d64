/* gguf_names.h: what llama.cpp calls things: architectures, keys, tensors. Only model/ includes
 * this. */
#ifndef ROPESCOPE_MODEL_GGUF_NAMES_H
#define ROPESCOPE_MODEL_GGUF_NAMES_H

#include "config.h"
#include "family.h"

/* One architecture as llama.cpp rotates it. */
struct gguf_architecture {
    const char *name; /* general.architecture */
    enum pairing pairing;
    bool permuted; /* the converter put rows of Hugging Face's half-split heads into this order */
    enum layout layout; /* LAYOUT_APART: also where one tensor holds queries, keys and values */
    bool hybrid;        /* layers may have no attention: they have no such tensors */
    enum rotating_layers rotating;
    enum layer_frequencies frequencies;
    uint32_t interval; /* one layer in so many is full, the others slide; or does not rotate */
    bool full_first;   /* the first of each such run, not the last */
    bool own_base;     /* sliding layers: the base of the others, but never their scaling */
};

/* NULL: not known. */
const struct gguf_architecture *gguf_architecture_find(const char *name);
/* Why an architecture that we know of has no rotary pairs; NULL: it may. */
const char *gguf_without_rope(const char *name);
/* Why an architecture that rotates cannot be read yet; NULL: it may. */
const char *gguf_unread(const char *name);

/* Hugging Face's key and llama.cpp's, without the architecture that stands before it. */
struct gguf_key {
    const char *key, *gguf;
};
extern const struct gguf_key gguf_keys[];
extern const size_t gguf_key_count;

#endif
