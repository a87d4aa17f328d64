/* awm.h: the workbench of angle-based weight masking (Chen & Yan, NeurIPS 2024; their AWM.py): the
 * whole rule with its exceptions, the random baseline that it must beat, the rows that a mask
 * freezes, and what that saves. Pure functions: no files are opened, nothing is printed. */
#ifndef ROPESCOPE_AWM_H
#define ROPESCOPE_AWM_H

#include "ropescope/analysis.h"

ROPESCOPE_BEGIN

/* ---- numpy's legacy random numbers (random.c) ---------------------------- */

enum { RANDOM_WORDS = 624 };
enum { RANDOM_SEED = 13 }; /* the authors': np.random.seed(13) before every draw */

/* The Mersenne Twister MT19937 (Matsumoto & Nishimura 1998) as numpy.random.RandomState holds it.
 * Plain data: a copy goes on by itself. */
struct random {
    uint32_t word[RANDOM_WORDS];
    uint32_t next; /* word to be handed out next; RANDOM_WORDS: they are used up */
};
/* np.random.seed(seed). */
void random_seed(struct random *random, uint32_t seed);
/* The next 32 bits. */
uint32_t random_u32(struct random *random);
/* A whole number of 0..max, as the legacy generator bounds them: masked, and drawn again where it
 * is too large. Draws nothing for max 0. */
uint32_t random_up_to(struct random *random, uint32_t max);
/* np.random.permutation(count): the numbers 0..count-1 into `order` (count), shuffled from the end.
 * np.random.choice(count, n, replace=False) is its first n. */
void random_permutation(struct random *random, uint32_t *order, uint32_t count);

/* ---- the whole rule (awm.c) ---------------------------------------------- */

/* What a line of a rule is about. REACH_ALL stands for every layer, both projections, every head.
 * Where several lines reach a head the narrowest counts: one that names a head is narrower than one
 * that names a layer, that one narrower than one that names a projection; naming more of the three
 * breaks ties. */
enum { REACH_ALL = UINT32_MAX };
struct reach {
    uint32_t layer;      /* its number */
    uint32_t projection; /* PROJECTION_QUERY, PROJECTION_KEY */
    uint32_t head;       /* of the projection */
};
#define REACH_MODEL ((struct reach){REACH_ALL, REACH_ALL, REACH_ALL})

/* What is done with the pairs of a head, whatever their angles. */
enum exception {
    EXCEPTION_NONE, /* the line says nothing of it */
    EXCEPTION_RULE, /* nothing: the threshold decides, though a wider line may say otherwise */
    EXCEPTION_FIX,  /* every pair that has an angle is fixed */
    EXCEPTION_FREE, /* every pair is trainable */
    EXCEPTION_COUNT
};
const char *exception_name(enum exception exception); /* "", "rule", "fix", "free" */
bool exception_from_name(const char *name, enum exception *out);

/* A line says a threshold, an exception or both. One with a threshold alone is EXCEPTION_RULE too:
 * it is not for nothing that somebody wrote a threshold inside a layer that is fixed. */
struct rule_line {
    struct reach reach;
    float threshold; /* 0..1; NaN: that of the next wider line */
    enum exception exception;
};

/* The rule with everything that can be said about it. `base` is what the explorer's fast counts
 * know: its threshold is that of all heads which no line reaches, and its first layer and its
 * projections bound everything else: no line masks a layer before the first one, or a projection
 * that is not covered. Zero-initialised, or by awm_init; free with awm_free. */
struct awm {
    struct rule base;
    struct rule_line *lines; /* (line_count) sorted, one a reach; owned */
    size_t line_count, line_room;
    bool random;   /* the baseline: as many pairs of each module are fixed, but drawn at random */
    uint32_t seed; /* of numpy's generator, set again for each module as the authors do it */
};
void awm_init(struct awm *awm, const struct rule *base); /* no lines, not random, seed 13 */
void awm_free(struct awm *awm);
/* A copy of its own (for an undo, say), which the caller frees; false: no memory. */
bool awm_copy(struct awm *to, const struct awm *from);

/* Puts the line in place of the one with the same reach; one that says nothing takes it away.
 * false: no memory, and nothing has changed. */
bool awm_set(struct awm *awm, const struct rule_line *line);
/* The line with exactly that reach; NULL: none. It stays valid until the next awm_set. */
const struct rule_line *awm_line(const struct awm *awm, struct reach reach);

/* The threshold that decides about a head, exceptions included: a pair is fixed iff rule_fixes(cos,
 * this). 0 where the head is fixed, infinity where it is free. What lies outside the reach of the
 * base (see awm_covers) is not asked: this is what the rule would do there. */
float awm_threshold(const struct awm *awm, uint32_t layer, int projection, uint32_t head);
/* What decides about it: EXCEPTION_RULE, EXCEPTION_FIX or EXCEPTION_FREE. */
enum exception awm_exception(const struct awm *awm, uint32_t layer, int projection, uint32_t head);
/* The line that says so: by its exception where it fixes or frees, else by its threshold. NULL: the
 * threshold of the base decides. It stays valid until the next awm_set. */
const struct rule_line *awm_deciding(const struct awm *awm, uint32_t layer, int projection,
                                     uint32_t head);
/* Whether the rule masks pairs of that projection of that layer at all. */
bool awm_covers(const struct awm *awm, const struct layer *layer, int projection);

/* Whether the line is about something that the model has; else STATUS_USAGE and why not. */
enum status reach_check(const struct reach *reach, const struct model *model, struct error *err);

/* In words: "|cos| >= 0.01 is fixed in queries and keys of layers >= 2; layer 3 query head 7: all
 * fixed". Lines that do not fit are counted: "and 12 more". */
enum { AWM_WORDS = 512, REACH_WORDS = 64 };
void awm_words(const struct awm *awm, char *out, size_t size);
/* The reach of a line in words: "layer 3 query head 7", "key", "all". */
void reach_words(const struct reach *reach, char out[REACH_WORDS]);

/* ---- what the rule fixes (awm_tally.c) ----------------------------------- */

/* As the functions of the same name without awm_: a head, a projection and a layer are counted in
 * every layer, whatever the first masked one is; the model from there on, covered projections
 * alone. The baseline fixes as many, so that `random` does not matter here. Chance is that of the
 * thresholds in force: 1 for a head that is fixed by hand, 0 for one that is free. Where a rule has
 * no lines the tallies are those of its base, bit for bit. */
struct tally awm_tally_head(const struct angles *angles, size_t layer, int projection,
                            uint32_t head, const struct awm *awm);
struct tally awm_tally_projection(const struct angles *angles, size_t layer, int projection,
                                  const struct awm *awm);
struct tally awm_tally_layer(const struct angles *angles, size_t layer, const struct awm *awm);
struct tally awm_tally_model(const struct angles *angles, const struct awm *awm);

/* Which pairs of a projection (of all its heads: a module, as the authors say) are fixed, by the
 * rule or, for the baseline, at random: `fixed` (heads * pairs) is 1 for those, else 0. All 0 where
 * the rule does not cover the projection or the layer is not ready. The baseline keeps the first
 * `kept` of permutation(pairs) trainable; an undefined pair is always kept, so where there are any
 * it draws among the others. Returns how many are fixed; UINT64_MAX: no memory (never for a rule
 * that is not random). */
uint64_t awm_fixed_pairs(const struct awm *awm, const struct angles *angles, size_t layer,
                         int projection, unsigned char *fixed);

/* ---- fixed pairs against the threshold (curve.c) ------------------------- */

/* The thresholds of the table: 0.001 to 0.5, ascending, those of the paper's scripts (0.001, 0.005,
 * 0.01) among them. */
enum { CURVE_TABLE = 10 };
extern const float curve_table[CURVE_TABLE];

/* Adds what each of `count` ascending thresholds fixes to the tallies `out` (count): pairs, fixed,
 * undefined and sum_chance; the sums that no threshold changes are left alone. Every pair is looked
 * at once, whatever the number of thresholds. A layer that is not ready adds nothing. Of the model:
 * layers from rule->first_layer on; the rule's own threshold does not matter. */
void curve_projection(const struct angles *angles, size_t layer, int projection,
                      const float *thresholds, size_t count, struct tally *out);
void curve_layer(const struct angles *angles, size_t layer, const struct rule *rule,
                 const float *thresholds, size_t count, struct tally *out);
void curve_model(const struct angles *angles, const struct rule *rule, const float *thresholds,
                 size_t count, struct tally *out);
/* Fraction less chance; NaN where there are no pairs. */
double tally_excess(const struct tally *tally);

/* ---- masks (mask.c) ------------------------------------------------------ */

/* Which rows of one stored tensor may move. */
struct mask_tensor {
    const char *weight, *bias; /* in the names of mask->order; bias NULL: none */
    uint64_t rows;             /* of the tensor, those that are no query and no key included */
    uint64_t frozen;           /* of them */
    unsigned char *trainable;  /* (rows) in the order of mask->order; 1: trainable, 0: frozen */
};

/* The mask of a model: a tensor for each query and key weight, one where a fused tensor holds both.
 * Rows that do not rotate, undefined pairs, layers before the first masked one and projections that
 * are not covered are trainable; both rows of a pair are always alike. */
struct mask {
    struct mask_tensor *tensors; /* (count) in the order of the layers, query before key */
    size_t count;
    size_t (*of)[PROJECTION_COUNT]; /* (layer, projection) index into tensors; SIZE_MAX: none */
    struct naming (*naming)[PROJECTION_COUNT]; /* (layer, projection) */
    uint64_t pairs, fixed; /* defined pairs that the rule reaches, and those that are frozen */
    uint64_t rows, frozen; /* of all tensors */
    uint64_t fingerprint;  /* angles_fingerprint of what it was made from */
    enum row_order order;
    const struct awm *awm;       /* borrowed */
    const struct angles *angles; /* borrowed */
    struct arena arena;          /* owns the names */
};
/* STATUS_FAILED where a layer has not been scanned or tensors have no names of their own,
 * STATUS_USAGE where the order cannot be had (naming_of). Free with mask_free; the rule and the
 * angles must outlive it. */
enum status mask_new(const struct angles *angles, const struct awm *awm, enum row_order order,
                     struct mask **out, struct error *err);
void mask_free(struct mask *mask);
/* The rows of a pair in mask->order, w1 first. */
void mask_pair_rows(const struct mask *mask, size_t layer, int projection, uint32_t head,
                    uint32_t pair, uint64_t *a, uint64_t *b);

/* ---- what it saves (budget.c) -------------------------------------------- */

/* What a run trains. Targets are names of linear modules with commas between them, matched whole as
 * PEFT matches the last part of a module's name, or TRAINING_ALL: every linear module of the
 * layers.
 */
#define TRAINING_ALL "all-linear"
struct training {
    uint32_t rank;       /* of LoRA; 0: full fine-tuning, of all numbers of the model */
    const char *targets; /* of LoRA; borrowed */
    enum dtype dtype;    /* of what is trained, and so of the optimizer's states; F32 by default */
};

/* The three setups of the authors' repository (RoPE_investigate, its scripts and train_*.py). */
struct training_preset {
    const char *name; /* "alpaca-lora" */
    const char *words;
    struct training training;
};
const struct training_preset *training_preset(size_t index); /* NULL past the last */
const struct training_preset *training_preset_named(const char *name);

/* Trainable numbers, counted as the authors count them: LoRA has rank * (rows + columns) of each
 * module (lora_A whole), and a mask takes rank * its frozen rows (of lora_B); full fine-tuning has
 * all numbers of the model, and a mask takes the frozen rows of weights and biases. */
struct budget {
    bool
        complete; /* every layer that the rule reaches has been scanned, so that `after` is right */
    uint64_t modules; /* that carry a LoRA; 0 for full fine-tuning */
    uint64_t before, after;
    uint64_t least; /* what would be left if every pair within the rule's reach were frozen */
    /* Of AdamW's two states for each trained number, in its dtype. Saved only where states are kept
     * for trainable rows alone: torch.optim.AdamW keeps whole tensors of them. */
    uint64_t state_bytes, state_bytes_saved;
};
enum { OPTIMIZER_STATES = 2 };
/* STATUS_USAGE where the model has no module of a target's name, STATUS_FAILED where the file that
 * the angles came from does not tell the shapes (llama2.c, older .angles files; for full
 * fine-tuning quantised weights too) or tells impossible ones. Needs no cosines but for `after`. */
enum status budget_of(const struct angles *angles, const struct awm *awm,
                      const struct training *training, struct budget *out, struct error *err);
/* 100 * (1 - left / before), the authors' mask ratio, of which they print two decimals; 0 where
 * there is nothing to train. */
double budget_ratio(uint64_t before, uint64_t left);

ROPESCOPE_END

#endif
