/* synthetic.h: a model whose angles follow from a formula, for tests of what is shown. */
#ifndef TESTS_SYNTHETIC_H
#define TESTS_SYNTHETIC_H

#include "ropescope/change.h"

struct synthetic {
    size_t layers;
    uint32_t query_heads, key_heads, pairs;
    int still_layer;   /* index of a layer that does not rotate; -1: none */
    int waiting_layer; /* index of a layer that has not landed; -1: none */
    bool undefined;    /* pair 1 of head 0 of every query projection has no angle */
    const char *name;
};

/* Free with synthetic_free. */
struct angles *synthetic_new(const struct synthetic *shape);
void synthetic_free(struct angles *angles);

/* What a fine-tune that moved nearly orthogonal pairs most would have changed, its angles being
 * those of the base. Free with synthetic_changes_free. */
struct changes *synthetic_changes_new(const struct angles *angles);
void synthetic_changes_free(struct changes *changes);

#endif
