/* pickle.h: what a pickle describes, as plain values. Nothing in it is ever executed: the few
 * opcodes and globals that a state dict is made of are known here, all others are refused. Only
 * checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_PICKLE_H
#define ROPESCOPE_CHECKPOINT_PICKLE_H

#include "ropescope/checkpoint.h"

enum pickle_kind {
    PICKLE_ABSENT, /* nothing at all: a number of the memo that was never set */
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_WHOLE,
    PICKLE_REAL,
    PICKLE_TEXT,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT, /* keys and values in turns, in the order of the file */
    PICKLE_GLOBAL,
    PICKLE_STORAGE,
    PICKLE_TENSOR,
    PICKLE_OTHER, /* harmless, and of no interest */
};

struct pickle_items;
struct pickle_global;
struct pickle_storage;
struct pickle_tensor;

/* Everything that is pointed at belongs to the pickle. A list may hold itself. */
struct pickle_value {
    enum pickle_kind kind;
    union {
        int64_t whole; /* and 0 or 1 of a bool */
        double real;
        const char *text; /* UTF-8 without U+0000 */
        struct pickle_items *items;
        const struct pickle_global *global;
        const struct pickle_storage *storage;
        const struct pickle_tensor *tensor;
    };
};

struct pickle_items {
    struct pickle_value *at; /* (count) */
    size_t count, room;
    struct pickle_items *next; /* of all that the pickle owns */
};

/* Numbers in an entry of the archive. */
struct pickle_storage {
    const char *key;  /* name of the entry in data/ */
    enum dtype dtype; /* U8 where the storage has no type of its own */
    uint64_t count;   /* numbers */
};

/* A view of a storage. */
struct pickle_tensor {
    const struct pickle_storage *storage;
    enum dtype dtype;
    uint16_t rank;
    bool contiguous;    /* row-major without gaps */
    uint64_t first;     /* number in the storage */
    uint64_t past;      /* one behind the last number that the tensor reaches; 0: it is empty */
    uint64_t shape[2];  /* the first two sizes */
    uint64_t stride[2]; /* numbers from one to the next */
};

struct pickle {
    struct pickle_value root;
    struct arena arena;
    struct pickle_items *all; /* of lists, tuples and dicts */
    size_t spent, budget;     /* bytes of memory; the budget is in proportion to the pickle */
    const char *path;         /* for errors */
    struct error *err;
};

/* Reads `len` bytes. On failure, too, pickle_close frees what there is. */
enum status pickle_read(struct pickle *pickle, const unsigned char *bytes, size_t len,
                        const char *path, struct error *err);
void pickle_close(struct pickle *pickle);

/* The value of a key of a dict; NULL: it has none. Of any other value: NULL. */
const struct pickle_value *pickle_get(const struct pickle_value *dict, const char *key);

/* ---- what the machine (pickle.c) asks of the globals (pickle_torch.c) ---- */

/* NULL: no global that a state dict needs. */
const struct pickle_global *pickle_global_find(const char *module, const char *name);
/* What calling it with these arguments makes. */
enum status pickle_call(struct pickle *pickle, const struct pickle_global *global,
                        const struct pickle_items *arguments, struct pickle_value *out);
/* ('storage', type, key, location, count) */
enum status pickle_persistent(struct pickle *pickle, const struct pickle_value *id,
                              struct pickle_value *out);

/* Memory of the pickle, within its budget; NULL: over it, or none left, and the error says so. */
void *pickle_alloc(struct pickle *pickle, size_t size);
struct pickle_items *pickle_items_new(struct pickle *pickle);
enum status pickle_items_add(struct pickle *pickle, struct pickle_items *items,
                             const struct pickle_value *values, size_t count);
enum status pickle_refuse(struct pickle *pickle, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
