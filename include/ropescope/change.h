/* change.h: how a fine-tune moved the weight rows of its base: for every rotary pair the distance
 * d = (|w1 - w1'| + |w2 - w2'|) / 2. Chen & Yan (NeurIPS 2024) plot an L2 distance of base and
 * tuned pairs against |cos| and against the layer; their formula was not at hand, so this one is
 * derived and named wherever it is shown. */
#ifndef ROPESCOPE_CHANGE_H
#define ROPESCOPE_CHANGE_H

#include "ropescope/analysis.h"

ROPESCOPE_BEGIN

/* Whether two models have the same rotary pairs: STATUS_FAILED names the first layer and projection
 * that differs, and how. Vocabularies, dtypes, formats and names do not matter. (match.c) */
enum status models_match(const struct model *base, const struct model *tuned, struct error *err);

/* ---- the distances (comparison.c) ---------------------------------------- */

struct changes {
    const struct angles *base, *tuned; /* borrowed */
    float **distance; /* (2 * layer + projection) of (head, pair); NULL: not there yet, or no pairs.
                         NaN where a row is not finite. Owned, as are the arrays */
    size_t ready;     /* layers that are there, those without pairs among them */
};
/* |w1|, |w2| of the base taken together: (|w1| + |w2|) / 2. The relative change of a pair is its
 * distance over this; NaN where that is 0. */
double change_relative(const struct changes *changes, size_t layer, int projection, size_t at);

/* Of a head, one of the measures from MEASURE_DISTANCE on: means over its pairs that are defined in
 * both models; NaN where there are none, or no changes yet. (change_groups.c) */
double change_measure(const struct changes *changes, enum measure measure, size_t layer,
                      int projection, uint32_t head);

/* ---- what a rule leaves of it (change_share.c) --------------------------- */

/* Of a set of pairs whose change is known: those that the rule leaves trainable, and how much of
 * the change they hold. Where it fixes what a fine-tune did not move, `kept` is larger than the
 * share of trainable pairs: the claim of Chen & Yan, as a number (derived). */
struct change_share {
    uint64_t pairs, trainable;
    double change, kept; /* sums of d: of all of them, of the trainable ones */
};
void change_share_add(struct change_share *into, const struct change_share *more);
/* Of a projection of a layer under a threshold of |cos| of the base; nothing where the changes are
 * not there yet. Undefined pairs are trainable, as in a mask. */
struct change_share change_share_projection(const struct changes *changes, size_t layer,
                                            int projection, float threshold);
double change_share_kept(const struct change_share *share);      /* NaN where nothing changed */
double change_share_trainable(const struct change_share *share); /* NaN where there are no pairs */

/* ---- the change by groups (change_groups.c) ------------------------------ */

enum change_by {
    CHANGE_BY_PAIR,      /* no groups: pair by pair */
    CHANGE_BY_BIN,       /* of the base's |cos|: CHANGE_BINS equal ones over 0..1 */
    CHANGE_BY_LAYER,     /* and projection */
    CHANGE_BY_FREQUENCY, /* the pair index, and projection */
    CHANGE_BY_THRESHOLD, /* what the rule would have kept at each: struct change_share */
    CHANGE_BYS
};
const char *change_by_name(enum change_by by); /* "pair", "bin", "layer", ... */
bool change_by_from_name(const char *name, enum change_by *out);

enum { CHANGE_BINS = 50 };
size_t change_bin(float cos); /* SIZE_MAX: of an undefined pair */
struct change_group {
    size_t index;   /* of the bin, the layer (an index), the pair index */
    int projection; /* of layers and pair indexes */
    struct spread distance, relative;
};
/* Groups of the first three kinds, in their order; bins without pairs are there, too. `heads` says
 * which heads count, as for spectrum_new. NULL with *count 0: no memory. Free with memory_free. */
typedef uint32_t change_heads(const void *context, size_t layer, int projection, uint32_t *first);
struct change_group *change_groups_new(const struct changes *changes, enum change_by by,
                                       change_heads *heads, const void *context, size_t *count);

struct comparison;
/* Reads the rows of both models once, in the background: distances, and the angles of the layers
 * that either session does not have yet, which land there. No scan of the two may run. Refused:
 * models that do not match, and files of angles, which hold no rows. The sessions are borrowed and
 * must outlive the comparison. Free with comparison_close, which cancels it. */
enum status comparison_start(struct session *base, struct session *tuned, size_t threads,
                             struct comparison **out, struct error *err);
void comparison_close(struct comparison *comparison); /* NULL is fine */
const struct changes *comparison_changes(const struct comparison *comparison);
/* As of a session: lands what is there and returns how many layers that were; never waits. */
size_t comparison_poll(struct comparison *comparison);
int comparison_wake_fd(const struct comparison *comparison); /* -1: it is over */
bool comparison_running(const struct comparison *comparison);
struct progress_reading comparison_progress(const struct comparison *comparison);
void comparison_cancel(struct comparison *comparison);
/* How it ended, once it no longer runs. */
enum status comparison_result(const struct comparison *comparison, struct error *err);
/* Waits for the end, calling `report` (may be NULL) about ten times a second, which returns false
 * to cancel. */
typedef bool comparison_report(void *context, const struct comparison *comparison);
enum status comparison_wait(struct comparison *comparison, comparison_report *report, void *context,
                            struct error *err);

ROPESCOPE_END

#endif
