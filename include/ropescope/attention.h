/* attention.h: the scores of one query head over a text, taken apart: what each rotary pair adds to
 * a score, what fixed pairs add together and what everything else does. Pure functions. */
#ifndef ROPESCOPE_ATTENTION_H
#define ROPESCOPE_ATTENTION_H

#include "ropescope/probe.h"

ROPESCOPE_BEGIN

/* What is shown of a query and a key. */
enum attention_show {
    ATTENTION_WEIGHTS,           /* after softmax */
    ATTENTION_SCORES,            /* before it */
    ATTENTION_FIXED,             /* what pairs that are fixed add to the score */
    ATTENTION_TRAINABLE,         /* what all else adds: dims that do not rotate, too */
    ATTENTION_FIXED_WEIGHTS,     /* softmax of the fixed part alone */
    ATTENTION_TRAINABLE_WEIGHTS, /* of the trainable part alone */
    ATTENTION_SHOWS
};
const char *attention_show_name(enum attention_show show);  /* as in --attention: "weights" */
const char *attention_show_words(enum attention_show show); /* as on screen */
bool attention_show_from_name(const char *name, enum attention_show *out);

/* A score before its softcap is a sum over pairs and over dims that do not rotate. With the query
 * at position m, the key at n and both not rotated, a pair adds
 *     scale * rotation_scale^2 * |q| |k| cos(angle of q - angle of k + frequency * (m - n)).
 * A pair is fixed in a score where the rule fixes it in the query head and in the key head that it
 * meets: a pair that one side can still turn is not. */
enum { SPLIT_FIXED, SPLIT_TRAINABLE, SPLIT_COUNT };
struct attention_head {
    const struct probe_attention *of; /* borrowed; NULL: the run did not keep it */
    size_t tokens;
    uint32_t query_head, key_head;
    unsigned char *fixed;             /* (pairs) 0 or 1; NULL: cosines are not there yet */
    double *turned[PROJECTION_COUNT]; /* (position, head_dim) rotated, in the order of
                                         probe_attention; the query times `scale` */
    double *part[SPLIT_COUNT];   /* (query, key) that add up to the score; NaN: hidden, or `fixed`
                                    is NULL */
    double *weight[SPLIT_COUNT]; /* (query, key) softmax of each alone, capped as the scores are */
};
/* `layer` is that of the model that ran. fixed: (pairs) a copy is taken; NULL: not known. false: no
 * memory, and nothing to free. Free with attention_head_free. */
bool attention_head_make(struct attention_head *out, const struct probe *probe, size_t index,
                         const struct layer *layer, uint32_t query_head,
                         const unsigned char *fixed);
void attention_head_free(struct attention_head *head);

/* The first key that a query sees: it sees all from there to itself. */
size_t attention_first_key(const struct probe_attention *of, size_t query);
bool attention_sees(const struct probe_attention *of, size_t query, size_t key);
/* How many keys all queries before this one see together. */
size_t attention_seen_before(const struct probe_attention *of, size_t query);

/* What one pair adds to a score, and what all dims that do not rotate do. */
double attention_pair_part(const struct attention_head *head, size_t query, size_t key,
                           uint32_t pair);
double attention_rest_part(const struct attention_head *head, size_t query, size_t key);
/* NaN: hidden, or not known. */
double attention_value(const struct attention_head *head, enum attention_show show, size_t query,
                       size_t key);
/* The range of what is shown: 0..1 of weights, else -x..x. */
void attention_extent(const struct attention_head *head, enum attention_show show, double *low,
                      double *high);
/* Softmax of (count) scores, each softcap * tanh(score / softcap) before where there is one. */
void attention_softmax(const double *scores, size_t count, double softcap, double *weights);

ROPESCOPE_END

#endif
