/* safetensors_plain.h: entries of a header that need no JSON reader. */
#ifndef ROPESCOPE_CHECKPOINT_SAFETENSORS_PLAIN_H
#define ROPESCOPE_CHECKPOINT_SAFETENSORS_PLAIN_H

#include "ropescope/checkpoint.h"

struct plain_entry {
    enum dtype dtype;
    uint16_t rank;
    uint64_t shape[2]; /* the first two sizes */
    uint64_t elements; /* product of all */
    uint64_t begin, end;
};
/* {"dtype":"BF16","shape":[4096,4096],"data_offsets":[0,33554432]}, its keys in any order and
 * spaces between its words. False: it is something else, and may be right all the same. */
bool plain_entry_read(const char *text, size_t len, struct plain_entry *entry);

#endif
