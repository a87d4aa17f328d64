/* tokenizer_parts.h: what a tokenizer is made of, for the readers of its formats. */
#ifndef PROBE_TOKENIZER_PARTS_H
#define PROBE_TOKENIZER_PARTS_H

#include "pretoken.h"
#include "ropescope/tokenizer.h"

/* A token that is found in a text as it is, before anything else is done. */
struct added {
    const char *text; /* in the vocabulary's arena */
    size_t length;
    uint32_t id;
    bool strip_left, strip_right, single_word;
    bool normalized; /* found in what the normalizer makes of the text */
};

enum { ADDED_MAX = 65536, ADDED_BYTES = 1024, SPECIAL_MAX = 16 };

struct tokenizer {
    char words[ERROR_WHAT]; /* kind and place */
    const char *kind;       /* "byte-level BPE" */
    bool plain_bytes;       /* id = byte, nothing else */
    struct vocabulary vocabulary;
    struct bpe bpe;
    struct steps normalizer, pretokens;
    bool strip_first;    /* decoding leaves out the space that the normalizer puts first */
    struct added *added; /* sorted: those on the raw text first, then by their bytes */
    size_t added_count;
    size_t added_raw;                                  /* how many are found in the raw text */
    struct pcre2_real_code_8 *word_character;          /* where an added token is a single word */
    uint32_t before[SPECIAL_MAX], behind[SPECIAL_MAX]; /* special ids around a text */
    size_t before_count, behind_count;
};

/* Adds a token to be found as it is; the text is copied. */
enum status tokenizer_add(struct tokenizer *tokenizer, struct added added, const char *what,
                          struct error *err);
/* Refused by name: "PATH: WHAT", with the advice to pass ids. */
enum status tokenizer_refuse(const char *path, const char *kind, const char *name,
                             struct error *err);

/* Once all pieces, merges and added tokens are there: tables, order, and what each id says. */
enum status tokenizer_finish(struct tokenizer *tokenizer, struct error *err);

/* The readers. Each fills a zeroed tokenizer, which tokenizer_close frees whatever they return. */
enum status tokenizer_read_json(struct tokenizer *tokenizer, const char *path, struct error *err);
enum status tokenizer_read_llama2c(struct tokenizer *tokenizer, const char *path,
                                   struct error *err);
enum status tokenizer_read_gguf(struct tokenizer *tokenizer, const char *path, struct error *err);

/* The tokens of an array that are found in a text as they are (added.c). `each` gets the stretches
 * between them in order, and the tokens as they come. */
struct added_scan {
    const struct tokenizer *tokenizer;
    const struct added *added;
    size_t count;
    enum status (*between)(void *arg, const char *text, size_t length, bool first,
                           struct error *err);
    enum status (*token)(void *arg, uint32_t id, struct error *err);
    void *arg;
};
enum status added_run(const struct added_scan *scan, const char *text, size_t length, bool first,
                      struct error *err);
void added_sort(struct tokenizer *tokenizer);

/* The steps of tokenizer.json (tokenizer_json_steps.c). */
struct cJSON;
enum status json_normalizer(struct tokenizer *tokenizer, const struct cJSON *item, const char *path,
                            struct error *err);
enum status json_pretokenizer(struct tokenizer *tokenizer, const struct cJSON *item,
                              const char *path, struct error *err);
enum status json_postprocessor(struct tokenizer *tokenizer, const struct cJSON *item,
                               const char *path, struct error *err);

#endif
