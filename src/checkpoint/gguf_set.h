/* gguf_set.h: names of GGUF files, alone and in sets. Only source.c includes this. */
#ifndef ROPESCOPE_CHECKPOINT_GGUF_SET_H
#define ROPESCOPE_CHECKPOINT_GGUF_SET_H

#include "ropescope/support.h"

/* A name like MODEL-00002-of-00003.gguf, as gguf-split writes it. */
struct gguf_set {
    size_t stem;     /* bytes of MODEL */
    uint32_t number; /* from 1 */
    uint32_t count;
};

/* Whether the name is that of a file of a set. */
bool gguf_set_parse(const char *name, struct gguf_set *set);
/* The name of file `number` (from 1) of the set that `name` belongs to. */
void gguf_set_name(char out[PATH_BYTES], const char *name, const struct gguf_set *set,
                   uint32_t number);
/* How many models of GGUF files a directory holds, a set being one and vision towers (mmproj-*)
 * none, and the name of one: of the first file where it is a set. */
size_t gguf_models_in(const char *directory, char name[PATH_BYTES]);

#endif
