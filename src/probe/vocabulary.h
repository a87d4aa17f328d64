/* vocabulary.h: the pieces of a tokenizer by id and by their bytes, and which two of them merge. */
#ifndef PROBE_VOCABULARY_H
#define PROBE_VOCABULARY_H

#include "ropescope/support.h"

enum { ID_NONE = -1, IDS_MAX = 1 << 21 };

struct piece {
    const char *bytes; /* in the vocabulary's arena; NULL: this id is not in use */
    const char *says;  /* the same as text that a person reads; set last */
    uint32_t length, says_length;
    float score;
    bool special; /* no text has it */
    bool literal; /* not to be found by its bytes: control tokens, tokens for one byte */
};

/* Two ids that merge into one; the lowest rank goes first. */
struct merge {
    uint32_t left, right, id, rank;
};

/* Zero-initialise; vocabulary_free gives everything back. */
struct vocabulary {
    struct arena arena;
    struct piece *pieces;
    size_t count, room;
    uint32_t *slots; /* id + 1 by hash of the bytes, 0: free; a power of two of them */
    size_t slot_count;
    struct merge *merges;
    size_t merge_count, merge_room;
    uint32_t *merge_slots; /* index + 1 by hash of the pair */
    size_t merge_slot_count;
    int32_t byte_ids[256]; /* the token for one byte alone; ID_NONE */
};

/* Sets the piece of an id; the bytes are copied. STATUS_FAILED (err is filled) where the id is
 * beyond IDS_MAX or in use. */
enum status vocabulary_set(struct vocabulary *vocabulary, uint64_t id, const char *bytes,
                           size_t length, const char *what, struct error *err);
/* Builds the table that vocabulary_find needs; once, when all pieces are set. */
enum status vocabulary_index(struct vocabulary *vocabulary, struct error *err);
/* The id of these bytes or ID_NONE; of two pieces of the same bytes the first. */
int32_t vocabulary_find(const struct vocabulary *vocabulary, const char *bytes, size_t length);

enum status vocabulary_merge(struct vocabulary *vocabulary, struct merge merge, struct error *err);
enum status vocabulary_index_merges(struct vocabulary *vocabulary, struct error *err);
const struct merge *vocabulary_find_merge(const struct vocabulary *vocabulary, uint32_t left,
                                          uint32_t right);
/* Fills byte_ids from the pieces named <0x00> to <0xFF>. */
void vocabulary_find_byte_tokens(struct vocabulary *vocabulary);
void vocabulary_free(struct vocabulary *vocabulary);

/* The bytes that a text in GPT-2's alphabet stands for (each character is one byte), written to
 * `out` (at least `length` bytes); false where a character is none of the alphabet. */
bool alphabet_bytes(const char *text, size_t length, char *out, size_t *bytes);

#endif
