/* analysis.h: numbers from cosines. Pure functions: no files, no screens, no threads. A pair whose
 * cos is NaN is undefined: it is counted as such and left out of every other count, mean and
 * correlation. */
#ifndef ROPESCOPE_ANALYSIS_H
#define ROPESCOPE_ANALYSIS_H

#include "ropescope/angles.h"

#include <math.h>

ROPESCOPE_BEGIN

/* ---- the AWM rule (rule.c): Chen & Yan, NeurIPS 2024; their AWM.py ------- */

/* A pair is fixed (frozen) iff float32 |cos| >= threshold, trainable otherwise. */
struct rule {
    float threshold;
    uint32_t first_layer; /* "first masked layer": layers before it are never masked; authors: 2 */
    bool projection[PROJECTION_COUNT]; /* which ones the rule and the counts cover */
};
#define RULE_DEFAULT ((struct rule){0.01F, 2, {true, true}})

static inline bool rule_fixes(float cos, float threshold)
{
    return fabsf(cos) >= threshold; /* false for NaN */
}

/* Sums over a set of pairs, from which every fraction and mean follows. Zero-initialise; tallies
 * add. */
struct tally {
    uint64_t pairs; /* defined ones */
    uint64_t fixed;
    uint64_t undefined;
    double sum_abs;    /* of |cos| */
    double max_abs;    /* 0 where there are no pairs */
    double sum_chance; /* of the chance level of each defined pair: that of its row length */
};
/* Pairs of a run that the threshold fixes. */
uint64_t fixed_count(const float *cos, size_t count, float threshold);
void tally_add(struct tally *into, const struct tally *more);
double tally_fraction(const struct tally *tally); /* fixed / pairs; NaN where there are no pairs */
double tally_mean_abs(const struct tally *tally); /* NaN where there are no pairs */
double tally_chance(const struct tally *tally);   /* mean weighted by pairs; NaN likewise */

/* One head of one projection; one projection of a layer (all its heads); a layer (the projections
 * of the rule); the model (the projections of the rule, layers from first_layer on). Layers that
 * are not ready count nothing. `layer` indexes model->layers. */
struct tally tally_head(const struct angles *angles, size_t layer, int projection, uint32_t head,
                        float threshold);
struct tally tally_projection(const struct angles *angles, size_t layer, int projection,
                              float threshold);
struct tally tally_layer(const struct angles *angles, size_t layer, const struct rule *rule);
struct tally tally_model(const struct angles *angles, const struct rule *rule);

/* ---- the inverse of the rule (quantile.c) -------------------------------- */

/* A threshold, and how many of the defined pairs that a rule covers it fixes. */
struct fixing {
    float threshold; /* 0..1; NaN where there are no pairs or the percentage is none */
    uint64_t fixed, pairs;
};
/* The threshold that fixes `percent` (0..100) of the pairs that tally_model counts for the rule,
 * whose own threshold does not matter. Pairs of equal |cos| are fixed together, so not every
 * percentage can be had: it is the float32 of 0..1 whose percentage is nearest, and of several the
 * largest. Time linear in the pairs. */
struct fixing rule_fixing(const struct angles *angles, const struct rule *rule, double percent);

/* ---- |cos| in their order (ordered.c) ------------------------------------ */

/* The defined pairs of a projection: their |cos|, as the bits of float32, from the smallest to the
 * largest, and which head each is of. Zero-initialise. */
struct ordered {
    size_t count;
    uint32_t *bits; /* (count), owned */
    uint16_t *head; /* (count), owned */
};
/* Six bytes a pair that is ready. False, and *ordered as it was: no memory, or more heads than are
 * counted here. Free with ordered_free. */
bool ordered_fill(struct ordered *ordered, const struct angles *angles, size_t layer,
                  int projection);
void ordered_free(struct ordered *ordered);
/* How many pairs the threshold does not fix: those behind, it does. */
size_t ordered_below(const struct ordered *ordered, float threshold);
/* What rule_fixing tells, of (count) projections that are in their order. */
struct fixing ordered_fixing(const struct ordered *runs, size_t count, double percent);

/* ---- chance (chance.c) --------------------------------------------------- */

/* The fraction of pairs of independent random rows of `length` numbers that a threshold would fix:
 * the exact law, density of cos proportional to (1 - c^2)^((length - 3) / 2), so P(|cos| >= t) =
 * I(1 - t^2; (length - 1) / 2, 1 / 2), the regularised incomplete beta function, good to 1e-12 for
 * length >= 2. 1 for t <= 0 and, where length > 1, 0 for t >= 1; a row of one number always has
 * |cos| = 1. NaN for a NaN threshold and for length 0, as of the two below. */
double chance_level(double threshold, uint64_t length);
/* The |cos| that a fraction `tail` of random pairs exceeds: the inverse of chance_level in t. */
double chance_quantile(double tail, uint64_t length);
/* E|cos| of random rows: Gamma(D/2) / (sqrt(pi) Gamma((D+1)/2)). */
double chance_mean_abs(uint64_t length);
/* Regularised incomplete beta function I(x; a, b) by Lentz's continued fraction (NIST
 * DLMF 8.17.22); NaN unless 0 <= x <= 1 and a, b > 0. */
double beta_regularised(double x, double a, double b);

/* ---- correlation (correlation.c) ----------------------------------------- */

/* Running sums for Pearson's r, shifted so that they lose no digits (Welford). Zero-initialise. */
struct correlation {
    uint64_t count;
    double mean_x, mean_y;
    double xx, yy, xy; /* sums of products of deviations */
};
void correlation_add(struct correlation *c, double x, double y);
void correlation_merge(struct correlation *into, const struct correlation *more);
double correlation_r(const struct correlation *c); /* NaN for < 2 points or no spread in x or y */
/* Of the least squares line, y over x; NaN for < 2 points or no spread in x. */
double correlation_slope(const struct correlation *c);

/* Query cosines (x) against key cosines (y) of pairs with the same index, each query head with the
 * key head that it meets; each query head once. A pair counts where both are defined. */
struct correlation correlation_head(const struct angles *angles, size_t layer, uint32_t query_head);
struct correlation correlation_layer(const struct angles *angles, size_t layer);
struct correlation correlation_model(const struct angles *angles);

/* ---- how sure a correlation is (association.c) --------------------------- */

struct interval {
    double low, high; /* NaN where there are too few points */
};
/* Spearman's rank correlation: Pearson's r of the ranks, ties sharing the mean of theirs. Points
 * with a NaN are left out. *count (may be NULL) gets how many were not. NaN as correlation_r; also
 * where there is no memory. */
double rank_correlation(const float *x, const float *y, size_t points, size_t *count);
/* 95% intervals by Fisher's z: of r with the standard error 1 / sqrt(n - 3), of a rank correlation
 * with sqrt((1 + rho^2 / 2) / (n - 3)) (Bonett & Wright 2000). They take points as independent
 * draws, which pairs of a model are not quite. */
struct interval correlation_interval(double r, uint64_t count);
struct interval rank_interval(double rho, uint64_t count);
/* Of the slope, slope -+ 1.96 standard errors of least squares. */
struct interval slope_interval(const struct correlation *c);

/* ---- spread (spread.c) --------------------------------------------------- */

/* Mean and quartiles of some numbers; NaN where there are none. Quartiles lie on the line between
 * two neighbours in order, as numpy.percentile has them by default (Hyndman & Fan 1996, number 7).
 */
struct spread {
    size_t count;
    double mean, q25, median, q75;
};
/* Of the numbers that are not NaN, which it puts in order. */
struct spread spread_of(double *values, size_t count);

/* ---- by layer (profile.c): Chen & Yan 2024, their figure of mean |cos| --- */

/* What is plotted against the layer. */
enum profile_line {
    PROFILE_MEAN,        /* mean |cos| */
    PROFILE_MEDIAN,      /* median |cos| */
    PROFILE_FRACTION,    /* of fixed pairs */
    PROFILE_CORRELATION, /* r of query against key cosines: the same for both projections */
    PROFILE_NORM,        /* mean of (|w1| + |w2|) / 2 */
    PROFILE_LINES
};
const char *profile_line_name(enum profile_line line);  /* as in --line: "mean" */
const char *profile_line_words(enum profile_line line); /* as on screen: "mean |cos|" */
bool profile_line_from_name(const char *name, enum profile_line *out);

/* A projection of a layer. Numbers are NaN where there are no defined pairs. */
struct profile_point {
    uint64_t pairs; /* defined ones */
    double mean_abs, median_abs;
    double q25, q75; /* of the mean |cos| of its heads */
    double correlation, mean_norm;
    double chance_mean;      /* mean |cos| of random rows as long as these */
    double fraction, chance; /* once profile_fix has run */
};
/* Everything that no threshold changes. A layer that is not ready, or does not rotate, has no
 * pairs; false: no memory. */
bool profile_fill(struct profile_point *point, const struct angles *angles, size_t layer,
                  int projection);
void profile_fix(struct profile_point *point, const struct angles *angles, size_t layer,
                 int projection, float threshold);
double profile_value(const struct profile_point *point, enum profile_line line);
/* What random rows would give; NaN where the law says nothing of it. */
double profile_chance(const struct profile_point *point, enum profile_line line);

/* ---- by pair index (spectrum.c) ------------------------------------------ */

/* A pair index over some layers and heads of one projection. */
struct spectrum_point {
    struct spread abs_cos, norm; /* of |cos|, and of (|w1| + |w2|) / 2 of the defined pairs */
    double frequency;            /* NaN where the layers have several, or none */
};
/* Heads first..first + heads - 1 of a layer; `heads` 0: the layer is left out. */
typedef uint32_t heads_of_layer(const void *context, size_t layer, uint32_t *first);
/* (count) points, one a pair index, the most that a layer has; NULL with *count 0: no memory. The
 * caller frees with memory_free. */
struct spectrum_point *spectrum_new(const struct angles *angles, int projection,
                                    heads_of_layer *heads, const void *context, size_t *count);

/* ---- how far pairs turn (cycles.c) --------------------------------------- */

/* Turns of a pair over a whole context; NaN where that is not known (0). */
double pair_turns(double frequency, uint64_t context);
/* The first pair index, counted as the pairs stand, that makes no more than one turn, and no more
 * than half a turn, over the context; `pairs`: none does. Derived, not quoted: see cycles.c. */
struct cycle_lines {
    uint32_t partial, half;
};
struct cycle_lines cycle_lines_of(const double *frequency, uint32_t pairs, uint64_t context);

/* ---- pairs by layer or head (pair_map.c) --------------------------------- */

/* sqrt(|w1|^2 + |w2|^2) of the pair at that place of the set: how long its queries or keys are, in
 * the mean square, for inputs without a preferred direction. */
double pair_norm(const struct angle_set *set, size_t at);

enum pair_shade {
    SHADE_NORM,
    SHADE_COS,
    SHADE_EXCESS, /* norm less the median of its row */
    PAIR_SHADES
};
const char *pair_shade_name(enum pair_shade shade);  /* as in --shade: "norm" */
const char *pair_shade_words(enum pair_shade shade); /* as on screen: "|cos|" */
bool pair_shade_from_name(const char *name, enum pair_shade *out);

/* Means over the heads of each row, undefined pairs left out; NaN: none. */
struct pair_map {
    size_t rows;
    uint32_t pairs;         /* columns */
    double *norm, *abs_cos; /* (row, pair) one piece of memory, owned */
    double *median, *r;     /* (row) of the norms shown; Pearson's of |cos| and norm over all pairs
                               of the row's heads. One piece of memory, owned */
};
/* All NaN; false: no memory, and nothing to free. Free with pair_map_free. */
bool pair_map_start(struct pair_map *map, size_t rows, uint32_t pairs);
void pair_map_free(struct pair_map *map);
/* Fills a row from heads of a layer; nothing where the layer is not ready or does not rotate.
 * false: no memory. */
bool pair_map_fill(struct pair_map *map, size_t row, const struct angles *angles, size_t layer,
                   int projection, uint32_t first_head, uint32_t heads);
double pair_map_value(const struct pair_map *map, enum pair_shade shade, size_t row, uint32_t pair);
/* Widens low..high to hold every value. */
void pair_map_range(const struct pair_map *map, enum pair_shade shade, double *low, double *high);

/* ---- histogram (histogram.c) --------------------------------------------- */

/* What a histogram or an axis is made of. */
enum quantity {
    QUANTITY_COS,     /* -1..1 */
    QUANTITY_ABS_COS, /* 0..1 */
    QUANTITY_DEGREES, /* 0..180 */
};
const char *quantity_name(enum quantity quantity); /* "cos", "|cos|", "degrees" */
const char *quantity_word(enum quantity quantity); /* as in --unit: "cos", "abs", "degrees" */
bool quantity_from_word(const char *word, enum quantity *out);
double quantity_of(enum quantity quantity, double cos);
void quantity_range(enum quantity quantity, double *low, double *high);

enum { HISTOGRAM_BINS_MAX = 512 };
struct histogram {
    enum quantity quantity;
    uint32_t bins; /* 1..HISTOGRAM_BINS_MAX equal bins over the whole range of the quantity */
    uint64_t count[HISTOGRAM_BINS_MAX];
    uint64_t undefined;
    uint64_t total;   /* of all bins */
    uint64_t highest; /* of one bin */
};
void histogram_start(struct histogram *histogram, enum quantity quantity, uint32_t bins);
/* Bin [low, high) of a value, by the edges that histogram_edges tells; the last bin holds the upper
 * end too, and values past an end belong to the bin there. */
uint32_t histogram_bin(const struct histogram *histogram, double value);
void histogram_edges(const struct histogram *histogram, uint32_t bin, double *low, double *high);
void histogram_add(struct histogram *histogram, const float *cos, size_t count);

/* ---- reach of a selection (scope.c) -------------------------------------- */

/* What a view is about: one head (a query head and the key head it meets), a layer, or the model:
 * all layers of it, whatever the first masked layer is. */
enum scope {
    SCOPE_HEAD,
    SCOPE_LAYER,
    SCOPE_MODEL,
};
const char *scope_name(enum scope scope); /* "head", "layer", "model" */
struct selection {
    enum scope scope;
    size_t layer;  /* index into model->layers */
    uint32_t head; /* query head */
};
void histogram_selection(struct histogram *histogram, const struct angles *angles,
                         const struct selection *selection, int projection);
struct tally tally_selection(const struct angles *angles, const struct selection *selection,
                             int projection, float threshold);
struct correlation correlation_selection(const struct angles *angles,
                                         const struct selection *selection);

/* ---- measures of a head (measure.c) -------------------------------------- */

/* What a heat map shows of every head. */
enum measure {
    MEASURE_MEAN,        /* mean |cos| */
    MEASURE_FRACTION,    /* of fixed pairs */
    MEASURE_MAX,         /* max |cos| */
    MEASURE_CORRELATION, /* r of query against key cosines; of a key head: mean of its query heads
                          */
    MEASURE_NORM_RATIO,  /* mean of min(|w1|, |w2|) / max(|w1|, |w2|) */
    MEASURE_EXCESS,      /* fraction of fixed pairs less that of random rows */
    MEASURE_DISTANCE,    /* from here on of a base and its fine-tune: mean distance of the rows */
    MEASURE_DELTA_COS,   /* mean |cos| of the fine-tune less that of the base */
    MEASURE_DELTA_NORM,  /* mean of (|w1| + |w2|) / 2, likewise */
    MEASURE_COUNT,
    MEASURE_OWN = MEASURE_DISTANCE /* how many are of one model alone */
};
const char *measure_name(enum measure measure);  /* as in --measure: "norm-ratio" */
const char *measure_words(enum measure measure); /* as on screen: "min |w| / max |w|" */
bool measure_from_name(const char *name, enum measure *out);
/* min / max of two norms; NaN where one is 0 or not finite. */
double norm_ratio(double a, double b);
/* Its mean over the pairs of a head that have one. */
double norm_ratio_head(const struct angles *angles, size_t layer, int projection, uint32_t head);
/* r of a query head; of a key head, the mean over the query heads that it meets. */
double measure_correlation(const struct angles *angles, size_t layer, int projection,
                           uint32_t head);
/* Whether a step of the threshold changes it. */
bool measure_follows_threshold(enum measure measure);

/* ---- the fine print of the whole (summary.c) ----------------------------- */

/* Means of |cos| by head, kept so that a frame need not recount what a threshold does not change.
 */
struct head_summary {
    float mean_abs; /* NaN: no defined pair */
    float max_abs;
    float correlation, norm_ratio; /* NaN where there is none; once layer_summary_compare has run */
    uint32_t undefined;
};
struct layer_summary {
    bool ready, compared;
    struct head_summary *head[PROJECTION_COUNT]; /* (heads) */
    struct head_summary *owned;
    struct correlation correlation; /* once layer_summary_compare has run */
};
/* (model->layer_count) summaries, all not ready; NULL: no memory. Free with summaries_free. */
struct layer_summary *summaries_new(const struct angles *angles);
void summaries_free(struct layer_summary *summaries, size_t count);
/* Fills those that have become ready since; returns how many. */
size_t summaries_update(struct layer_summary *summaries, const struct angles *angles);
/* Whether one that is ready by now has not been filled: there was no memory for it. */
bool summaries_lack(const struct layer_summary *summaries, const struct angles *angles);
/* What compares rows or projections, worked out for a layer that is ready when somebody first asks:
 * it takes longer than all else, and few frames show it. */
void layer_summary_compare(struct layer_summary *summary, const struct angles *angles,
                           size_t layer);

ROPESCOPE_END

#endif
