/* bpe.h: byte-pair encoding of one word. */
#ifndef PROBE_BPE_H
#define PROBE_BPE_H

#include "vocabulary.h"

/* A list of ids that grows; the caller frees `at`. */
struct ids {
    uint32_t *at;
    size_t count, room;
};
bool ids_add(struct ids *ids, uint32_t id); /* false: no memory */

struct bpe {
    const struct vocabulary *vocabulary;
    bool bytes;         /* the smallest pieces are bytes, not characters */
    bool scores;        /* the best score merges first, not the lowest rank */
    bool ignore_merges; /* a word that is a piece is that piece */
    bool byte_fallback; /* characters that are no piece become tokens of their bytes */
    bool fuse_unknown;  /* several unknown characters in a row are one unknown token */
    int32_t unknown;    /* the token for what is no piece; ID_NONE: it is left out */
};

/* Adds the ids of the word (UTF-8 unless bpe->bytes). O(n log n). */
enum status bpe_word(const struct bpe *bpe, const char *word, size_t length, struct ids *ids,
                     struct error *err);

#endif
