/* lists.h: the lines of the lists of pairs, heads and layers: which there are, in which order, and
 * what stands in them. A screen and an export read the same list. */
#ifndef ROPESCOPE_LISTS_H
#define ROPESCOPE_LISTS_H

#include "ropescope/explorer.h"
#include "ropescope/export.h"

ROPESCOPE_BEGIN

/* ---- lines in their own order (rows.c) ----------------------------------- */

/* Heads of one projection of one layer that stand one below the other. */
struct row_block {
    size_t first_row;
    size_t layer; /* index into model->layers */
    int projection;
    uint32_t first_head;
    uint32_t per_head; /* rows: its pairs, or 1 */
};
struct rows {
    const struct angles *angles; /* borrowed */
    struct view_settings settings;
    size_t row_count, block_count;
    struct row_block block[]; /* (block_count) in the order of their rows; none is empty */
};
struct row {
    const struct layer *layer;
    size_t layer_index;
    int projection;
    uint32_t head, pair; /* pair 0 where rows are heads */
};

/* What a table calls a row by, in its first columns. */
enum { ROW_LAYER, ROW_PROJECTION, ROW_HEAD, ROW_PAIR, ROW_NAMES };
struct cell row_cell(const struct row *row, size_t column);

/* Layers in order, query before key, heads, pairs (with `by_pair`); NULL: no memory. The caller
 * frees with memory_free. */
struct rows *rows_new(const struct angles *angles, const struct view_settings *settings,
                      bool by_pair);
struct row rows_at(const struct rows *rows, size_t index);
/* The row behind the last of a block. */
size_t rows_block_end(const struct rows *rows, const struct row_block *block);
/* The index of a row of that layer (an index), projection, head and pair; row_count: it has none.
 */
size_t rows_find(const struct rows *rows, const struct row *row);
/* cos of the pair of that row in a projection; the key's is of the key head that is met. */
float row_cos(const struct angles *angles, const struct row *row, int projection);
/* Its cos in the fine-tune; NaN where that has not been worked out yet. */
float row_tuned_cos(const struct changes *changes, const struct row *row);

/* ---- columns (columns.c) ------------------------------------------------- */

enum pair_column {
    PAIR_LAYER,
    PAIR_PROJECTION,
    PAIR_HEAD,
    PAIR_PAIR,
    PAIR_ROW_A,
    PAIR_ROW_B,
    PAIR_FREQUENCY,
    PAIR_WAVELENGTH,
    PAIR_COS,
    PAIR_NORM_A,
    PAIR_NORM_B,
    PAIR_FIXED,
    PAIR_ABS_COS,
    PAIR_DEGREES,
    PAIR_NORM_RATIO,
    PAIR_RANDOM, /* with --random alone: what the baseline fixes; no list is sorted by it */
    PAIR_COLUMNS
};
enum change_column {
    CHANGE_LAYER,
    CHANGE_PROJECTION,
    CHANGE_HEAD,
    CHANGE_PAIR,
    CHANGE_COS_BASE,
    CHANGE_COS_TUNED,
    CHANGE_DISTANCE,
    CHANGE_RELATIVE,
    CHANGE_FIXED, /* in the base */
    CHANGE_COLUMNS
};
enum head_column {
    HEAD_LAYER,
    HEAD_PROJECTION,
    HEAD_HEAD,
    HEAD_PAIRS,
    HEAD_UNDEFINED,
    HEAD_MEAN_ABS,
    HEAD_MAX_ABS,
    HEAD_FIXED,
    HEAD_FRACTION,
    HEAD_CHANCE,
    HEAD_CORRELATION,
    HEAD_NORM_RATIO,
    HEAD_EXCESS,
    HEAD_COLUMNS
};
enum layer_column {
    LAYER_LAYER,
    LAYER_ROTATES,
    LAYER_QUERY_MEAN_ABS,
    LAYER_KEY_MEAN_ABS,
    LAYER_PAIRS,
    LAYER_UNDEFINED,
    LAYER_FIXED,
    LAYER_FRACTION,
    LAYER_CHANCE,
    LAYER_CORRELATION,
    LAYER_EXCESS,
    LAYER_COLUMNS
};
/* Names of the columns of a view that is a list; NULL and 0 of another view. */
const char *const *list_columns(enum view_id view, size_t *count);
/* The columns in the order that the screen shows them in and `<` and `>` go through; NULL: as they
 * stand. */
const size_t *list_shown(enum view_id view);
/* SIZE_MAX where there is no such column; of NULL likewise. */
size_t list_column(enum view_id view, const char *name);
/* Whether a step of the threshold changes what stands in the column. */
bool list_column_follows_threshold(enum view_id view, size_t column);

struct counts; /* explorer/counts.h */

/* ---- lists (list.c) ------------------------------------------------------ */

struct list {
    enum view_id view; /* VIEW_PAIRS, VIEW_HEADS, VIEW_LAYERS or VIEW_CHANGE */
    size_t count;
    struct rows *rows;             /* of layers: only its settings */
    size_t first_layer;            /* of the list of layers: index in its first line */
    uint32_t *order;               /* (count) rows in the order of the lines; NULL: their own */
    const struct angles *angles;   /* borrowed */
    struct layer_facts *facts;     /* (layers) of the list of layers, filled when asked for */
    struct head_facts *head_facts; /* of the list of heads: what was counted last */
    struct counts *counts;         /* borrowed, or `own` */
    struct counts *own;
    struct parted *parted; /* of pairs sorted by `fixed`, in place of an order */
};
/* The lines under the settings, sorted. `counts`, which must outlive it, are kept by whoever shows
 * the list again and again; NULL: it counts for itself. STATUS_USAGE: there is no such column to
 * sort by. Free with list_free. */
enum status list_new(enum view_id view, const struct angles *angles,
                     const struct view_settings *settings, struct counts *counts, struct list **out,
                     struct error *err);
void list_free(struct list *list); /* NULL is fine */
/* Sorts its lines anew under another threshold or other lines of the rule; false: no memory, and
 * they stand in the rows' own order. */
bool list_sort(struct list *list, const struct view_settings *settings);
/* The row of list->rows, or of the layers, that stands in a line. */
size_t list_row(const struct list *list, size_t line);
struct cell list_cell(const struct list *list, size_t line, size_t column);
/* What a line is about; head and pair are 0 where the list has none. */
struct row list_item(const struct list *list, size_t line);
/* The line that is about it; count: none. */
size_t list_find(const struct list *list, const struct row *item);

/* ---- kept by the state (memo.c, memo_points.c, memo_counts.c) ------------ */

/* All of these belong to the state and stay as they are until it changes. What a threshold does not
 * change is not worked out again for it. */

/* The lines of the current view; NULL: it is no list, or no memory. */
const struct list *state_list(const struct state *state);
/* What the cursor is on, as an item of a list; and its line there. */
struct row state_item(const struct state *state);
size_t state_line(const struct state *state);
/* Puts the cursor on it; a head of keys brings a query head that meets it. */
void state_select_item(struct state *state, const struct row *item);

/* Pairs of a projection of the selected head, of the selected layer, of the model; and of all that
 * the rule covers: of the model from the first masked layer on. */
struct tally state_tally(const struct state *state, enum scope scope, int projection);
struct tally state_tally_rule(const struct state *state, enum scope scope);

/* The threshold that fixes `percent` of the pairs that the rule covers. */
struct fixing state_fixing(const struct state *state, double percent);
/* A slice, well below a millisecond, of the work that makes later steps of the threshold quick;
 * false: all of it is done. Nothing that is shown hangs on it. */
bool state_prepare(const struct state *state);

/* What each of the ascending thresholds fixes of the covered projections of a head, of a layer, of
 * the model from the first masked layer on: out (count) with pairs, fixed and sum_chance. Each slot
 * keeps the counts of one list of thresholds, so that the threshold of the rule, the layer and the
 * scope may change at no cost. false: no memory, and all is 0. */
enum curve_slot { CURVE_OF_PICTURE, CURVE_OF_TABLE, CURVE_OF_RULE, CURVE_SLOTS };
bool state_curve(const struct state *state, enum curve_slot slot, const struct selection *at,
                 const bool covered[PROJECTION_COUNT], const float *thresholds, size_t count,
                 struct tally *out);
struct curves; /* explorer/curves.h */
struct curves *memo_curves(const struct state *state, enum curve_slot slot);
struct counts *memo_counts(const struct state *state);
/* Whether what a threshold fixes of heads can be counted; false: there is no memory for it. */
bool state_counts(const struct state *state);

/* The lowest and the highest number of the maps; the maps keep them here. */
struct map_extent {
    bool set;
    enum measure measure;
    uint32_t block; /* heads to the side of a cell */
    size_t ready;   /* layers that had landed */
    size_t changed; /* and whose changes had */
    /* Where the measure follows them; else 0. */
    float threshold;
    uint32_t edition; /* of the rule's lines */
    double low, high;
};
struct map_extent *memo_extent(const struct state *state);

/* Means of whole lines and columns of the maps, which look at many heads: kept as map_extent is. */
struct map_sides {
    struct map_extent of;  /* what they are of; low and high mean nothing */
    size_t lines, columns; /* of either projection */
    struct map_side {
        bool known;
        double mean; /* NaN: none */
    } * side;        /* (projection, line, then column), owned */
};
struct map_sides *memo_map_sides(const struct state *state);

/* chance_quantile, searched for once: it takes a tenth of a step of the threshold. */
double memo_chance_quantile(const struct state *state, double tail, uint64_t length);

/* A histogram of the selection in the state's unit. */
const struct histogram *state_histogram(const struct state *state, enum scope scope, int projection,
                                        uint32_t bins);

/* The points of a scatter: every pair of the query heads, in the order of its table. */
struct points {
    size_t count;
    float *x, *y;  /* (count) query and key in the state's unit; NaN: undefined */
    uint8_t *band; /* (count) by wavelength */
    struct rows *rows;
    struct correlation correlation; /* of x and y */
    double rank; /* Spearman's; NaN also of more points than are put in order while one waits */
};
enum { BANDS = 4, RANKED_MOST = 200000 };
/* Wavelengths in tokens at which the second, the third and the fourth band begin. */
extern const double band_start[BANDS - 1];
/* The scatter shows the base against the fine-tune: every pair that the rule covers is a point. */
bool state_against_tuned(const struct state *state);
const struct points *state_points(const struct state *state, enum scope scope);

/* Both projections of the selection by pair index, kept while it stays. */
struct spectrum {
    size_t count;                                   /* pair indexes; 0: none, or no memory */
    struct spectrum_point *point[PROJECTION_COUNT]; /* (count) owned; NULL: not covered */
    bool lacks;                                     /* there was no memory for one that is */
};
const struct spectrum *state_spectrum(const struct state *state);
struct spectrum spectrum_of(const struct angles *angles, const struct view_settings *settings);
void spectrum_free(struct spectrum *spectrum);

/* What a fine-tune changed, by groups of pairs (change_rows.c): not for CHANGE_BY_PAIR. */
struct change_rows {
    enum change_by by;
    const struct model *model;              /* the base; borrowed */
    size_t count;                           /* rows */
    struct change_group *group;             /* owned; NULL by thresholds */
    size_t *row;                            /* (count) groups that have a row; owned */
    struct change_share share[CURVE_TABLE]; /* by thresholds */
};
/* false: no memory. Free with change_rows_free either way. */
bool change_rows_fill(struct change_rows *rows, const struct view_settings *settings);
void change_rows_free(struct change_rows *rows);
/* The row of the selected layer, of the selected pair, of its |cos| or of the threshold; count:
 * none. */
size_t change_rows_cursor(const struct change_rows *rows, const struct state *state,
                          int projection);
/* Of the layers and projections that the rule covers. */
struct change_share change_share_of_rule(const struct changes *changes, const struct rule *rule,
                                         float threshold);
/* The rows of the settings, and the share under the rule, kept while what they follow from stays;
 * NULL: no memory. Only where models are compared. */
const struct change_rows *state_change_rows(const struct state *state);
struct change_share state_change_share(const struct state *state);

/* The query and the key that the cursor is on in a text, the nearest there are to those it keeps:
 * key <= query. Both 0 where no text was run. */
struct token_cell {
    size_t query, key;
};
struct token_cell state_token_cell(const struct state *state);
/* The attention of a query head of the selected layer, kept while it and what is fixed stay; two
 * heads at once, one a slot. `of` is NULL where the run did not keep it; NULL: no run, no memory.
 */
const struct attention_head *state_attention(const struct state *state, uint32_t head, int slot);
/* Query heads of the selected layer with the highest and the lowest mean |cos|; false: it has not
 * two that have one. */
enum { ATTENTION_TWO_COLS = 120 }; /* of the screen, for both side by side */
bool state_extreme_heads(const struct state *state, uint32_t out[2], double mean[2]);

struct pair_maps; /* explorer/pair_maps.h */
/* By layer in scope model, else by the heads of the selected layer; NULL: no memory. */
const struct pair_maps *state_pair_maps(const struct state *state);

struct profiles; /* explorer/profiles.h */
/* Of the model and of those beside it; NULL: no memory. */
const struct profiles *state_profiles(const struct state *state);

/* Whether the random baseline fixes a pair. */
bool state_random_fixes(const struct state *state, const struct row *row);
/* What the maps show, in words: of the fraction under --random, that of the baseline. */
const char *state_measure_words(const struct state *state);
/* The measure of a head by the settings; NaN: none, or not yet. */
double state_measure(const struct state *state, size_t layer, int projection, uint32_t head);

struct memo *memo_new(void);
void memo_free(struct memo *memo);
/* (BANDS) Where scatters keep their counted cells between frames: the first, or one for each band.
 */
struct scatter_cache *memo_scatter(const struct state *state);

/* ---- order (order.c) ----------------------------------------------------- */

/* The indices 0..count-1 by their keys, ties as they stand, NaN last; NULL: no memory, or 2^32 keys
 * and more. The caller frees with memory_free. */
uint32_t *order_new(const double *keys, size_t count, bool descending);

ROPESCOPE_END

#endif
