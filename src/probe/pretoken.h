/* pretoken.h: cutting a text into the words that byte-pair encoding works on, step by step. */
#ifndef PROBE_PRETOKEN_H
#define PROBE_PRETOKEN_H

#include "bpe.h"

enum { STEPS_MAX = 16 };

/* What becomes of what a pattern matches. */
enum split {
    SPLIT_ISOLATED,           /* a word of its own */
    SPLIT_REMOVED,            /* left out */
    SPLIT_MERGED_WITH_BEFORE, /* the end of the word before */
    SPLIT_MERGED_WITH_NEXT,   /* the start of the word behind */
};

enum step_kind {
    STEP_SPLIT,          /* by a pattern */
    STEP_REPLACE,        /* `from` by `to`, everywhere */
    STEP_PREPEND,        /* `to` before a text that is not empty */
    STEP_PREPEND_UNLESS, /* the same, unless it starts with `to` */
    STEP_NFC,
    STEP_NFKC,
};

struct step {
    enum step_kind kind;
    struct pcre2_real_code_8 *pattern; /* owned */
    enum split split;
    bool invert;           /* what the pattern does not match counts as matched */
    bool first_only;       /* STEP_PREPEND_UNLESS: at the start of the whole text alone */
    const char *from, *to; /* borrowed */
};

struct steps {
    size_t count;
    struct step step[STEPS_MAX];
};

/* Adds a step; NULL where there is no room for one more. */
struct step *steps_add(struct steps *steps, enum step_kind kind);
/* Adds a split by a pattern of PCRE2 (with Unicode properties); `what` names it in errors. A
 * pattern is hostile input: its size, its nesting and later the work of a match are limited. */
enum status steps_add_split(struct steps *steps, const char *pattern, enum split split, bool invert,
                            const char *what, struct error *err);
void steps_free(struct steps *steps);

/* A text on its way through the steps. */
struct stepping {
    const struct steps *steps;
    /* gets the words in order */
    enum status (*word)(void *arg, const char *text, size_t length, bool first, struct error *err);
    void *arg;
    double deadline; /* clock_seconds() after which patterns are given up; 0: set at the start */
    size_t room;     /* bytes that steps may still make of it */
};
/* Sends the text (valid UTF-8) through the steps from `at` on. `first`: it starts the whole text.
 */
enum status steps_run(struct stepping *stepping, size_t at, const char *text, size_t length,
                      bool first, struct error *err);

/* Compiles a pattern as steps_add_split does. */
struct pcre2_real_code_8 *pattern_compile(const char *pattern, const char *what, struct error *err);
void pattern_free(struct pcre2_real_code_8 *pattern);
/* Whether the pattern matches at the very start of the text. */
bool pattern_starts(const struct pcre2_real_code_8 *pattern, const char *text, size_t length);

/* The patterns of well-known tokenizers. */
extern const char pattern_gpt2[], pattern_llama3[], pattern_qwen2[];

#endif
