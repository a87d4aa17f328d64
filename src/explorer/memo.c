/* memo.c: what follows from the state and is dear to work out, kept until what it follows from
 * changes. None of it can be told from working it out anew, but by the clock. */
#include "explorer/memo.h"

#include <string.h>

struct memo *memo_new(void)
{
    return memory_array(1, sizeof(struct memo));
}

void memo_free(struct memo *memo)
{
    if (!memo)
        return;
    list_free(memo->list);
    memo_points_free(&memo->points);
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

struct memo_key memo_key_of(const struct state *state, enum scope scope)
{
    struct memo_key key = {.set = true, .view = state->view, .unit = state->settings.unit};
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

bool memo_key_same(const struct memo_key *a, const struct memo_key *b)
{
    return a->set && b->set && a->view == b->view && a->at.scope == b->at.scope &&
           a->at.layer == b->at.layer && a->at.head == b->at.head && a->unit == b->unit &&
           a->ready == b->ready && a->changed == b->changed && a->tuned == b->tuned &&
           a->covered[0] == b->covered[0] && a->covered[1] == b->covered[1];
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
    struct memo_key key = memo_key_of(state, settings.selection.scope);
    if (!memo_key_same(&key, &memo->spectrum_key)) {
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
    struct memo_key key = memo_key_of(state, all ? SCOPE_MODEL : settings.selection.scope);
    if (!memo_key_same(&key, &memo->change_key) || memo->change_by != settings.by ||
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
    struct memo_key key = memo_key_of(state, SCOPE_MODEL);
    if (!memo_key_same(&key, &memo->share_key) || !same_layers(&memo->share_rule, rule) ||
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
    if (!state_is_list(state) || !memo_counts_now(state))
        return NULL;
    struct view_settings settings = state_settings(state);
    struct memo_key key = memo_key_of(state, settings.selection.scope);
    if (!memo->list || !memo_key_same(&key, &memo->list_key) ||
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
    struct memo_key key = memo_key_of(state, scope);
    if (memo_key_same(&key, &memo->histogram_key[projection]) && histogram->bins == bins)
        return histogram;
    struct selection at = state->settings.selection;
    at.scope = scope;
    histogram_start(histogram, state->settings.unit, bins);
    if (scope == SCOPE_MODEL || state_ready(state))
        histogram_selection(histogram, state->angles, &at, projection);
    memo->histogram_key[projection] = key;
    return histogram;
}

/* ---- what others keep here ----------------------------------------------- */

struct attentions *memo_attentions(const struct state *state)
{
    return &state->memo->attentions;
}

struct curves *memo_curves(const struct state *state, enum curve_slot slot)
{
    return &state->memo->curves[slot];
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
