/* memo.c: what follows from the state and is dear to work out, kept until what it follows from
 * changes. None of it can be told from working it out anew, but by the clock. */
#include "explorer/attentions.h"
#include "explorer/curves.h"
#include "explorer/pair_maps.h"
#include "explorer/profiles.h"
#include "ropescope/lists.h"

#include <math.h>
#include <string.h>

/* What a selection of pairs hangs on. */
struct key {
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
    struct key list_key;
    struct sort sort;
    float threshold;  /* of the list's order */
    uint32_t edition; /* likewise, of the rule's lines */
    struct list *list;

    struct key histogram_key[PROJECTION_COUNT];
    struct histogram histogram[PROJECTION_COUNT];

    struct key points_key;
    struct points points;
    struct scatter_cache scatter[BANDS];
    struct profiles profiles;
    struct key spectrum_key;
    struct spectrum spectrum;
    struct key change_key, share_key;
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

struct memo *memo_new(void)
{
    return memory_array(1, sizeof(struct memo));
}

static void points_free(struct points *points)
{
    memory_free(points->x);
    memory_free(points->band);
    memory_free(points->rows);
    *points = (struct points){0};
}

void memo_free(struct memo *memo)
{
    if (!memo)
        return;
    list_free(memo->list);
    points_free(&memo->points);
    for (size_t i = 0; i < BANDS; i++)
        scatter_cache_free(&memo->scatter[i]);
    counts_free(&memo->counts);
    profiles_free(&memo->profiles);
    attentions_free(&memo->attentions);
    spectrum_free(&memo->spectrum);
    change_rows_free(&memo->change);
    for (int i = 0; i < 2; i++)
        pair_maps_free(&memo->pair_maps[i]);
    for (int slot = 0; slot < CURVE_SLOTS; slot++)
        curves_free(&memo->curves[slot]);
    memory_free(memo->sides.side);
    memory_free(memo);
}

static struct key key_of(const struct state *state, enum scope scope)
{
    struct key key = {.set = true, .view = state->view, .unit = state->settings.unit};
    key.at.scope = scope;
    if (scope != SCOPE_MODEL)
        key.at.layer = state->settings.selection.layer;
    if (scope == SCOPE_HEAD)
        key.at.head = state->settings.selection.head;
    key.ready = state->angles->ready;
    key.tuned = state_against_tuned(state);
    key.changed = state->settings.changes ? state->settings.changes->ready : 0;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        key.covered[p] = state->settings.rule.projection[p];
    return key;
}

static bool same(const struct key *a, const struct key *b)
{
    return a->set && b->set && a->view == b->view && a->at.scope == b->at.scope &&
           a->at.layer == b->at.layer && a->at.head == b->at.head && a->unit == b->unit &&
           a->ready == b->ready && a->changed == b->changed && a->tuned == b->tuned &&
           a->covered[0] == b->covered[0] && a->covered[1] == b->covered[1];
}

/* The counts, under the lines of now; NULL: no memory. */
static struct counts *counts_of(const struct state *state)
{
    struct counts *counts = &state->memo->counts;
    return counts_lines(counts, state->angles, &state->awm, state->edition) ? counts : NULL;
}

struct attentions *memo_attentions(const struct state *state)
{
    return &state->memo->attentions;
}

const struct profiles *state_profiles(const struct state *state)
{
    struct profiles *profiles = &state->memo->profiles;
    return profiles_update(profiles, state->angles, &state->settings) ? profiles : NULL;
}

const struct spectrum *state_spectrum(const struct state *state)
{
    struct memo *memo = state->memo;
    struct view_settings settings = state_settings(state);
    struct key key = key_of(state, settings.selection.scope);
    if (!same(&key, &memo->spectrum_key)) {
        spectrum_free(&memo->spectrum);
        memo->spectrum = spectrum_of(state->angles, &settings);
        key.set = !memo->spectrum.lacks;
        memo->spectrum_key = key;
    }
    return &memo->spectrum;
}

static bool same_layers(const struct rule *a, const struct rule *b)
{
    return a->first_layer == b->first_layer && a->projection[0] == b->projection[0] &&
           a->projection[1] == b->projection[1];
}

const struct change_rows *state_change_rows(const struct state *state)
{
    struct memo *memo = state->memo;
    struct view_settings settings = state_settings(state);
    bool all = settings.by == CHANGE_BY_THRESHOLD; /* whatever is selected */
    struct key key = key_of(state, all ? SCOPE_MODEL : settings.selection.scope);
    if (!same(&key, &memo->change_key) || memo->change_by != settings.by ||
        !same_layers(&memo->change_rule, &settings.rule)) {
        change_rows_free(&memo->change);
        key.set = change_rows_fill(&memo->change, &settings);
        memo->change_key = key;
        memo->change_by = settings.by;
        memo->change_rule = settings.rule;
    }
    return memo->change_key.set ? &memo->change : NULL;
}

struct change_share state_change_share(const struct state *state)
{
    struct memo *memo = state->memo;
    const struct rule *rule = &state->settings.rule;
    struct key key = key_of(state, SCOPE_MODEL);
    if (!same(&key, &memo->share_key) || !same_layers(&memo->share_rule, rule) ||
        memo->share_rule.threshold != rule->threshold) {
        memo->share = change_share_of_rule(state->settings.changes, rule, rule->threshold);
        memo->share_key = key;
        memo->share_rule = *rule;
    }
    return memo->share;
}

const struct pair_maps *state_pair_maps(const struct state *state)
{
    bool by_head = state->settings.selection.scope != SCOPE_MODEL;
    struct pair_maps *maps = &state->memo->pair_maps[by_head];
    return pair_maps_update(maps, state->angles, &state->settings) ? maps : NULL;
}

/* ---- lists --------------------------------------------------------------- */

static bool same_sort(const struct memo *memo, const struct sort *sort, enum view_id view)
{
    return list_column(view, memo->sort.column) == list_column(view, sort->column) &&
           memo->sort.descending == sort->descending;
}

/* A step of the threshold may put the lines in another order, and leaves all else as it is. */
static bool sorted_under(struct memo *memo, const struct view_settings *settings)
{
    float threshold = settings->rule.threshold;
    enum view_id view = memo->list->view;
    if ((memo->threshold != threshold || memo->edition != settings->edition) &&
        list_column_follows_threshold(view, list_column(view, settings->sort.column)) &&
        !list_sort(memo->list, settings))
        return false;
    memo->threshold = threshold;
    memo->edition = settings->edition;
    return true;
}

const struct list *state_list(const struct state *state)
{
    struct memo *memo = state->memo;
    if (!state_is_list(state) || !counts_of(state))
        return NULL;
    struct view_settings settings = state_settings(state);
    struct key key = key_of(state, settings.selection.scope);
    if (!memo->list || !same(&key, &memo->list_key) ||
        !same_sort(memo, &settings.sort, state->view) || !sorted_under(memo, &settings)) {
        list_free(memo->list);
        memo->list = NULL;
        if (list_new(state->view, state->angles, &settings, &memo->counts, &memo->list, NULL) !=
            STATUS_OK)
            return NULL;
        memo->list_key = key;
        memo->sort = settings.sort;
        memo->threshold = settings.rule.threshold;
        memo->edition = settings.edition;
    }
    memo->list->rows->settings = settings; /* what counts as fixed may have changed */
    return memo->list;
}

struct row state_item(const struct state *state)
{
    return (struct row){
        .layer = state_layer(state),
        .layer_index = state->settings.selection.layer,
        .projection = state->lead,
        .head = state_head(state, state->lead),
        .pair = state->pair,
    };
}

size_t state_line(const struct state *state)
{
    const struct list *list = state_list(state);
    struct row item = state_item(state);
    return list ? list_find(list, &item) : 0;
}

/* ---- histograms ---------------------------------------------------------- */

const struct histogram *state_histogram(const struct state *state, enum scope scope, int projection,
                                        uint32_t bins)
{
    struct memo *memo = state->memo;
    struct histogram *histogram = &memo->histogram[projection];
    struct key key = key_of(state, scope);
    if (same(&key, &memo->histogram_key[projection]) && histogram->bins == bins)
        return histogram;
    struct selection at = state->settings.selection;
    at.scope = scope;
    histogram_start(histogram, state->settings.unit, bins);
    if (scope == SCOPE_MODEL || state_ready(state))
        histogram_selection(histogram, state->angles, &at, projection);
    memo->histogram_key[projection] = key;
    return histogram;
}

/* ---- points -------------------------------------------------------------- */

const double band_start[BANDS - 1] = {32, 512, 8192};

static uint8_t band_of(double wavelength)
{
    uint8_t band = 0;
    while (band < BANDS - 1 && wavelength >= band_start[band])
        band++;
    return band;
}

bool state_against_tuned(const struct state *state)
{
    return state->view == VIEW_SCATTER && state->settings.against_tuned && state->settings.changes;
}

static bool fill_points(struct points *points, const struct state *state, enum scope scope)
{
    struct view_settings settings = state_settings(state);
    settings.selection.scope = scope;
    bool tuned = state_against_tuned(state);
    if (!tuned) {
        settings.rule.projection[PROJECTION_QUERY] = true;
        settings.rule.projection[PROJECTION_KEY] = false;
    }
    points->rows = rows_new(state->angles, &settings, true);
    if (!points->rows)
        return false;
    points->count = points->rows->row_count;
    points->x = memory_array(2 * points->count + 1, sizeof *points->x);
    points->y = points->x + points->count;
    points->band = memory_array(points->count + 1, 1);
    if (!points->x || !points->band)
        return false;
    for (size_t i = 0; i < points->count; i++) {
        struct row row = rows_at(points->rows, i);
        float x = row_cos(state->angles, &row, row.projection);
        float y = tuned ? row_tuned_cos(settings.changes, &row)
                        : row_cos(state->angles, &row, PROJECTION_KEY);
        points->x[i] = (float)quantity_of(settings.unit, (double)x);
        points->y[i] = (float)quantity_of(settings.unit, (double)y);
        points->band[i] = band_of(layer_wavelength(row.layer, row.pair));
        if (!isnan(points->x[i]) && !isnan(points->y[i]))
            correlation_add(&points->correlation, (double)points->x[i], (double)points->y[i]);
    }
    points->rank = NAN;
    if (points->count > RANKED_MOST || state->view != VIEW_SCATTER)
        return true;
    size_t ranked;
    points->rank = rank_correlation(points->x, points->y, points->count, &ranked);
    return ranked == points->correlation.count; /* else there was no memory to rank them */
}

const struct points *state_points(const struct state *state, enum scope scope)
{
    struct memo *memo = state->memo;
    struct key key = key_of(state, scope);
    if (same(&key, &memo->points_key))
        return &memo->points;
    points_free(&memo->points);
    for (size_t i = 0; i < BANDS; i++)
        memo->scatter[i].stamp++; /* what was counted is of other points */
    memo->points_key.set = false;
    if (!fill_points(&memo->points, state, scope)) {
        points_free(&memo->points);
        return NULL;
    }
    memo->points_key = key;
    return &memo->points;
}

struct scatter_cache *memo_scatter(const struct state *state)
{
    return state->memo->scatter;
}

struct counts *memo_counts(const struct state *state)
{
    return &state->memo->counts;
}

bool state_counts(const struct state *state)
{
    struct counts *counts = counts_of(state);
    return counts && counts_reserve(counts, state->angles->model);
}

struct curves *memo_curves(const struct state *state, enum curve_slot slot)
{
    return &state->memo->curves[slot];
}

/* ---- counts -------------------------------------------------------------- */

struct tally state_tally(const struct state *state, enum scope scope, int projection)
{
    struct selection at = state->settings.selection;
    float threshold = state->settings.rule.threshold;
    struct counts *counts = counts_of(state);
    at.scope = scope;
    if (scope == SCOPE_HEAD)
        threshold = state_threshold(state, at.layer, projection, state_head(state, projection));
    if (scope == SCOPE_HEAD || !counts || !counts_update(counts, state->angles, threshold))
        return tally_selection(state->angles, &at, projection, threshold);
    bool all = scope == SCOPE_MODEL;
    return counts_sum(counts, state->angles, projection, all ? 0 : at.layer,
                      all ? state->angles->model->layer_count : at.layer + 1, 0);
}

struct tally state_tally_rule(const struct state *state, enum scope scope)
{
    const struct rule *rule = &state->settings.rule;
    struct counts *counts = counts_of(state);
    struct awm awm = state_awm(state);
    struct tally total = {0};
    if (scope == SCOPE_MODEL && (!counts || !counts_update(counts, state->angles, rule->threshold)))
        return awm_tally_model(state->angles, &awm);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!rule->projection[p])
            continue;
        struct tally one = scope == SCOPE_MODEL
                               ? counts_sum(counts, state->angles, p, 0,
                                            state->angles->model->layer_count, rule->first_layer)
                               : state_tally(state, scope, p);
        tally_add(&total, &one);
    }
    return total;
}

struct fixing state_fixing(const struct state *state, double percent)
{
    return counts_fixing(&state->memo->counts, state->angles, &state->settings.rule, percent);
}

bool state_prepare(const struct state *state)
{
    return counts_prepare(&state->memo->counts, state->angles);
}

struct map_extent *memo_extent(const struct state *state)
{
    return &state->memo->extent;
}

struct map_sides *memo_map_sides(const struct state *state)
{
    return &state->memo->sides;
}

double memo_chance_quantile(const struct state *state, double tail, uint64_t length)
{
    struct memo *memo = state->memo;
    for (size_t i = 0; i < QUANTILES; i++) {
        const struct quantile *kept = &memo->quantile[i];
        if (kept->length == length && kept->length > 0 &&
            memcmp(&kept->tail, &tail, sizeof tail) == 0)
            return kept->value;
    }
    struct quantile *place = &memo->quantile[memo->next_quantile++ % QUANTILES];
    *place = (struct quantile){tail, chance_quantile(tail, length), length};
    return place->value;
}

/* ---- measures ------------------------------------------------------------ */

static const struct baseline_run *random_run(const struct state *state, size_t i, int projection)
{
    struct awm awm = state_awm(state);
    return baseline_run(&state->memo->counts.baseline, state->angles, &awm, state->edition, i,
                        projection);
}

bool state_random_fixes(const struct state *state, const struct row *row)
{
    const struct baseline_run *run = random_run(state, row->layer_index, row->projection);
    return run && run->fixed[(size_t)row->head * row->layer->pairs + row->pair];
}

static bool shows_random(const struct state *state)
{
    return state->awm.random && state->settings.measure == MEASURE_FRACTION;
}

const char *state_measure_words(const struct state *state)
{
    return shows_random(state) ? "fraction at random" : measure_words(state->settings.measure);
}

static double random_fraction_of(const struct state *state, size_t i, int projection, uint32_t head)
{
    const struct baseline_run *run = random_run(state, i, projection);
    uint32_t pairs = state->angles->model->layers[i].pairs -
                     state->summaries[i].head[projection][head].undefined;
    return run && pairs > 0 ? (double)run->heads[head] / pairs : (double)NAN;
}

static double fraction_of(const struct state *state, size_t i, int projection, uint32_t head,
                          bool excess)
{
    struct counts *counts = counts_of(state);
    float threshold = state->settings.rule.threshold;
    const struct head_count *heads =
        counts ? counts_heads(counts, state->angles, i, projection, threshold) : NULL;
    if (!heads || heads[head].defined == 0)
        return NAN;
    double fraction = (double)heads[head].fixed / heads[head].defined;
    if (!excess)
        return fraction;
    return fraction - counts_head_chance(counts, state->angles, i, projection, head, threshold);
}

double state_measure(const struct state *state, size_t i, int projection, uint32_t head)
{
    const struct layer *layer = &state->angles->model->layers[i];
    enum measure measure = state->settings.measure;
    if (layer->pairs == 0 || !state->summaries[i].ready ||
        head >= layer->projection[projection].heads)
        return NAN;
    if (measure >= MEASURE_OWN)
        return state->settings.changes
                   ? change_measure(state->settings.changes, measure, i, projection, head)
                   : (double)NAN;
    const struct head_summary *summary = &state->summaries[i].head[projection][head];
    if (measure == MEASURE_CORRELATION || measure == MEASURE_NORM_RATIO)
        layer_summary_compare(&state->summaries[i], state->angles, i);
    switch (measure) {
    case MEASURE_FRACTION:
    case MEASURE_EXCESS:
        if (shows_random(state))
            return random_fraction_of(state, i, projection, head);
        return fraction_of(state, i, projection, head, measure == MEASURE_EXCESS);
    case MEASURE_MAX:
        return isnan(summary->mean_abs) ? (double)NAN : (double)summary->max_abs;
    case MEASURE_CORRELATION:
        return (double)summary->correlation;
    case MEASURE_NORM_RATIO:
        return (double)summary->norm_ratio;
    default:
        return (double)summary->mean_abs;
    }
}
