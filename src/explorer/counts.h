/* counts.h: what the threshold fixes in each head, in each projection of each layer. The one place
 * where it is counted for lists and screens. */
#ifndef EXPLORER_COUNTS_H
#define EXPLORER_COUNTS_H

#include "explorer/baseline.h"

/* One projection of one layer. */
struct count_run {
    bool known;           /* its layer has landed, and it is counted */
    bool heads_known;     /* by head too */
    bool unorderable;     /* there was no memory: it is counted pair by pair */
    bool apart;           /* lines of the rule give heads of it thresholds of their own */
    bool stale;           /* the lines have changed since its tally was counted */
    struct tally tally;   /* under the threshold of all */
    struct ordered order; /* count 0: not yet */
    size_t below;         /* pairs in `order` that the tally does not count as fixed */
    float heads_threshold;
    size_t heads_below; /* likewise of the heads' counts; SIZE_MAX: these came from elsewhere */
    size_t first_head;  /* where its heads begin in `heads` */
};

/* Pairs of a head. */
struct head_count {
    uint32_t fixed, defined;
};

/* Kept from frame to frame: what a threshold does not change is counted when a layer lands. A step
 * of the threshold counts what is fixed, and what lies in order by halving. Zero-initialise. */
struct counts {
    struct count_run *run;    /* (layer, projection), owned; NULL: no memory yet */
    struct head_count *heads; /* (layer, projection, head), owned; NULL: not asked for yet */
    float *own;               /* (layer, projection, head) thresholds that lines give, NaN: that of
                                 all; owned, NULL: no lines */
    uint32_t edition;         /* of the lines */
    bool stale;               /* some run is */
    size_t layers;            /* how many there are */
    size_t ready;             /* of them, when they were last counted */
    size_t next;              /* run that is put in order next */
    float threshold;          /* of the tallies */
    struct baseline baseline;
    struct chance_memo {
        float threshold;
        uint64_t row_length;
        double level;
    } chance[PROJECTION_COUNT];
};

void counts_free(struct counts *counts);
/* Takes over the lines of the rule (NULL: none), which `edition` tells apart from others; nothing
 * to do where they are the same. Whatever is counted is counted under them. false: no memory. */
bool counts_lines(struct counts *counts, const struct angles *angles, const struct awm *awm,
                  uint32_t edition);
/* Makes room for all counts, so that none is wanting later. false: no memory. */
bool counts_reserve(struct counts *counts, const struct model *model);
/* Brings the tallies up to date. false: no memory. */
bool counts_update(struct counts *counts, const struct angles *angles, float threshold);
/* Puts one more projection in order; false: there is none left of those that have landed. */
bool counts_prepare(struct counts *counts, const struct angles *angles);
/* The |cos| of a projection in their order, put so now where they were not; NULL: it has no pairs
 * yet, or no memory. */
const struct ordered *counts_order(struct counts *counts, const struct angles *angles, size_t layer,
                                   int projection);
/* The tally of a projection, once counts_update has run. */
const struct tally *counts_tally(const struct counts *counts, size_t layer, int projection);
/* The sum over a projection of layers [first, end) from the number `first_layer` on. */
struct tally counts_sum(const struct counts *counts, const struct angles *angles, int projection,
                        size_t first, size_t end, uint32_t first_layer);
/* (heads) of a projection whose layer is ready, under the threshold; NULL: no memory. */
const struct head_count *counts_heads(struct counts *counts, const struct angles *angles,
                                      size_t layer, int projection, float threshold);
/* The chance level of rows of a projection, which nearly all share, worked out once. */
double counts_chance(struct counts *counts, int projection, uint64_t row_length, float threshold);
/* That of a head, under the threshold that is in force there. */
double counts_head_chance(struct counts *counts, const struct angles *angles, size_t layer,
                          int projection, uint32_t head, float threshold);
/* rule_fixing, from what lies in order where all that the rule covers does. */
struct fixing counts_fixing(const struct counts *counts, const struct angles *angles,
                            const struct rule *rule, double percent);

#endif
