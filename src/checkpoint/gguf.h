/* gguf.h: a GGUF file on its way into the checkpoint. Only gguf.c, gguf_values.c and the reader of
 * its tokenizer (probe/) include this. */
#ifndef ROPESCOPE_CHECKPOINT_GGUF_H
#define ROPESCOPE_CHECKPOINT_GGUF_H

#include "reader.h"

/* One file, read from its start; nothing is read twice and nothing is sought. */
struct gguf {
    struct checkpoint *checkpoint;
    const char *path;
    uint32_t file;
    const struct mapping *mapping;
    uint64_t at;          /* how far it has been read */
    char where[192];      /* what is being read, for errors: "key llama.block_count" */
    uint64_t alignment;   /* of the data of each tensor */
    uint64_t kept;        /* values, those of lists counted one by one */
    struct cJSON *values; /* key: value, of what a model is told by */
    struct error *err;
};

/* "PATH: WHERE: ..."; the format tells why. */
enum status gguf_fail(struct gguf *gguf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Copies what comes next; an error where the file ends before. */
enum status gguf_take(struct gguf *gguf, void *to, size_t size);
enum status gguf_u32(struct gguf *gguf, uint32_t *value);
enum status gguf_u64(struct gguf *gguf, uint64_t *value);
/* A text of at most `limit` bytes that is valid UTF-8 without U+0000, in the checkpoint's arena;
 * `kind` names it in errors. */
enum status gguf_name(struct gguf *gguf, const char *kind, size_t limit, const char **name);

/* Reads `count` keys with their values: all are checked, those are kept in gguf->values that may
 * tell something about a model (single values, short lists of numbers). Sets gguf->alignment. */
enum status gguf_read_values(struct gguf *gguf, uint64_t count);

#endif
