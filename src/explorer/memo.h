/* memo.h: what the files of memo share. */
#ifndef EXPLORER_MEMO_H
#define EXPLORER_MEMO_H

#include "explorer/attentions.h"
#include "explorer/curves.h"
#include "explorer/pair_maps.h"
#include "explorer/profiles.h"
#include "ropescope/lists.h"

/* What a selection of pairs hangs on. */
struct memo_key {
    bool set;
    enum view_id view;
    struct selection at;
    bool covered[PROJECTION_COUNT];
    enum quantity unit;
    size_t ready;   /* layers that had landed */
    size_t changed; /* and those whose changes had */
    bool tuned;     /* points are of base and fine-tune */
};

/* Different ones that a frame may show: two tails, for rows of two lengths. */
enum { QUANTILES = 4 };

struct memo {
    struct memo_key list_key;
    struct sort sort;
    float threshold;  /* of the list's order */
    uint32_t edition; /* likewise, of the rule's lines */
    struct list *list;

    struct memo_key histogram_key[PROJECTION_COUNT];
    struct histogram histogram[PROJECTION_COUNT];

    struct memo_key points_key;
    struct points points;
    struct scatter_cache scatter[BANDS];
    struct profiles profiles;
    struct memo_key spectrum_key;
    struct spectrum spectrum;
    struct memo_key change_key, share_key;
    enum change_by change_by;
    struct rule change_rule, share_rule;
    struct change_rows change;
    struct change_share share;
    struct pair_maps pair_maps[2]; /* by layer, by head: the key that goes between them is quick */

    struct attentions attentions;
    struct counts counts;
    struct curves curves[CURVE_SLOTS];
    struct map_extent extent;
    struct map_sides sides;
    struct quantile {
        double tail, value;
        uint64_t length; /* 0: none */
    } quantile[QUANTILES];
    size_t next_quantile; /* whose place the next one takes */
};

struct memo_key memo_key_of(const struct state *state, enum scope scope);
/* false, too, where one of them is not set. */
bool memo_key_same(const struct memo_key *a, const struct memo_key *b);

/* ---- memo_points.c ------------------------------------------------------- */

void memo_points_free(struct points *points);

/* ---- memo_counts.c ------------------------------------------------------- */

/* The counts, under the lines of now; NULL: no memory. */
struct counts *memo_counts_now(const struct state *state);

#endif
