/* probe.h: a model run over a short text, on the CPU and in float32: what queries and keys are
 * before they are rotated, pair by pair; how chosen layers attend; what comes next. */
#ifndef ROPESCOPE_PROBE_H
#define ROPESCOPE_PROBE_H

#include "ropescope/model.h"

ROPESCOPE_BEGIN

enum { PROBE_TOP = 5 };

/* ---- what is asked for --------------------------------------------------- */

struct probe_request {
    const uint32_t *tokens; /* (token_count) borrowed; at least one */
    size_t token_count;
    bool whole_vocabulary;   /* instead of tokens: all there are, in order, up to the queries and
                                keys of the first layer, which hang on no other token: exact
                                without any text. No layer_count, attention or generate */
    size_t layer_count;      /* stop behind so many layers, without logits; 0: all of them */
    const size_t *attention; /* (attention_count) indexes of layers whose attention is kept */
    size_t attention_count;  /* borrowed */
    size_t generate;         /* most tokens to go on with, greedily; ends at an end of text */
    size_t threads;          /* 0: as many as there are cores */
    /* Borrowed; set by another thread: STATUS_CANCELLED follows soon. NULL: nobody. A signal that
     * signals_catch caught does it, too. */
    const ROPESCOPE_ATOMIC(bool) *cancel;
};

/* ---- what comes out ------------------------------------------------------ */

/* Queries or keys of one layer before they are rotated, after bias and norm, each pair a vector: a
 * is its component along row a of layer_pair_rows, b along row b. Positions but the first, whose
 * token draws attention of its own, count for means and maxima; with one token these are 0. */
struct probe_projection {
    uint32_t heads, pairs;
    float *mean_a, *mean_b; /* (head, pair), as all that follow; NULL where nothing rotates */
    float *radius_mean;     /* of the length sqrt(a^2 + b^2) */
    float *radius_max;
    float *first_a, *first_b; /* of the first position */
};

/* How one layer attends. A score is what softmax takes:
 *     s = scale * sum over dims of rotated query * rotated key,  softcap * tanh(s / softcap)
 * the latter where there is a softcap. Rotated dims are multiplied by rotation_scale, too: cos and
 * sin of YaRN and longrope are (so scores by its square). */
struct probe_attention {
    uint32_t heads, key_heads, head_dim, pairs;
    float scale, softcap; /* softcap 0: none */
    double rotation_scale;
    uint64_t window; /* a query meets itself and the window - 1 keys before it; 0: all before it */
    float *scores;   /* (head, query, key); -INFINITY where a key is hidden */
    float *weights;  /* (head, query, key), after softmax */
    float *queries;  /* (position, head, head_dim), not rotated: pair p at 2p and 2p + 1, then dims
                        that do not rotate */
    float *keys;     /* (position, key head, head_dim), likewise */
};

struct probe_layer {
    uint32_t number;
    struct probe_projection projection[PROJECTION_COUNT];
    struct probe_attention *attention; /* NULL: not asked for */
};

struct probe_choice {
    uint32_t token;
    float logit;
};

/* All but what was generated is about the tokens that were given. */
struct probe {
    uint32_t *tokens; /* (token_count) a copy; NULL: */
    size_t token_count;
    bool of_vocabulary; /* `token_count` 0: the first layer's vectors of every token there is */
    struct probe_layer *layers; /* (layer_count) those that ran: index as in model->layers */
    size_t layer_count;
    float *logits; /* (vocabulary) of the last position; NULL: the run stopped before */
    uint32_t vocabulary;
    struct probe_choice *top; /* (token_count, PROBE_TOP) falling, of the lower id where two are the
                                 same; of a smaller vocabulary the rest is UINT32_MAX; NULL like
                                 logits */
    uint32_t *generated;      /* (generated_count) without the end of text; NULL: none */
    size_t generated_count;
    struct notices notices; /* more tokens than the context, say */
    double seconds;         /* that the run took */
};

/* Runs the model. Weights are read a few rows at a time, and `progress` (NULL: nobody looks) counts
 * their bytes. STATUS_USAGE for what cannot be asked for: no tokens, ids past the vocabulary,
 * layers that are not there; STATUS_FAILED with the list of families that work for another one.
 * Frequencies are those of `model`: where they depend on the length (dynamic, longrope),
 * transformers takes those of the text, so open it with options.context = the number of tokens. The
 * model must come from this checkpoint (not from a file of angles); both are only read. */
enum status probe_run(const struct checkpoint *checkpoint, const struct model *model,
                      const struct probe_request *request, struct progress *progress,
                      struct probe **out, struct error *err);
void probe_free(struct probe *probe); /* NULL: nothing */

/* Keeps a run's vectors of pairs in a file, whole or not at all, without a word where that cannot
 * be; and takes them back: NULL where there is no such file, or it is damaged or about other
 * weights. (probe_file.c) */
void probe_save(const struct probe *probe, const char *path, uint64_t fingerprint);
struct probe *probe_load(const char *path, uint64_t fingerprint);
/* Its layers, heads and pairs are the model's. */
bool probe_fits(const struct probe *probe, const struct model *model);

/* What views show of a run; all is borrowed. */
struct probed {
    const struct probe *probe;
    const struct model *model; /* that ran: frequencies are those of a text so long */
    const char *const *words;  /* (probe->token_count) printable, of each token; NULL: unknown */
};

/* The families that run, "llama, mistral, ..."; constant. */
const char *probe_families(void);
/* Whether the model's is one of them. */
bool probe_knows(const struct model *model);

ROPESCOPE_END

#endif
