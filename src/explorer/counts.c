/* counts.c: what the threshold fixes of all heads and projections, kept up to date with it. */
#include "explorer/counts.h"

#include "analysis/cosines.h"

#include <math.h>

/* Counting a pair anew costs that much less than taking it in or out by its place in the order. */
enum { STEP_COST = 6 };

/* ---- room ---------------------------------------------------------------- */

void counts_free(struct counts *counts)
{
    for (size_t i = 0; counts->run && i < counts->layers * PROJECTION_COUNT; i++)
        ordered_free(&counts->run[i].order);
    memory_free(counts->run);
    memory_free(counts->heads);
    memory_free(counts->own);
    baseline_free(&counts->baseline);
    *counts = (struct counts){0};
}

static bool make_room(struct counts *counts, const struct model *model)
{
    size_t heads = 0;
    if (counts->run)
        return true;
    counts->run = memory_array(model->layer_count + 1, PROJECTION_COUNT * sizeof *counts->run);
    if (!counts->run)
        return false;
    counts->layers = model->layer_count;
    for (size_t i = 0; i < model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            counts->run[i * PROJECTION_COUNT + (size_t)p].first_head = heads;
            heads += model->layers[i].projection[p].heads;
        }
    /* One run more says where the heads of the last one end. */
    counts->run[model->layer_count * PROJECTION_COUNT].first_head = heads;
    return true;
}

bool counts_reserve(struct counts *counts, const struct model *model)
{
    if (!make_room(counts, model))
        return false;
    if (!counts->heads)
        counts->heads = memory_array(counts->run[counts->layers * PROJECTION_COUNT].first_head + 1,
                                     sizeof *counts->heads);
    return counts->heads != NULL;
}

/* ---- projections --------------------------------------------------------- */

double counts_chance(struct counts *counts, int projection, uint64_t row_length, float threshold)
{
    struct chance_memo *memo = &counts->chance[projection];
    if (memo->row_length != row_length || memo->threshold != threshold)
        *memo = (struct chance_memo){threshold, row_length,
                                     chance_level((double)threshold, row_length)};
    return memo->level;
}

double counts_head_chance(struct counts *counts, const struct angles *angles, size_t layer,
                          int projection, uint32_t head, float threshold)
{
    const struct count_run *run = &counts->run[layer * PROJECTION_COUNT + (size_t)projection];
    uint64_t row_length = angles->model->layers[layer].projection[projection].row_length;
    float own = run->apart ? counts->own[run->first_head + head] : NAN;
    return isnan(own) ? counts_chance(counts, projection, row_length, threshold)
                      : chance_level((double)own, row_length);
}

/* The heads of a run under their own thresholds; false: no memory. */
static bool recount_apart(struct counts *counts, struct count_run *run, const struct angles *angles,
                          size_t layer, int projection, float threshold)
{
    const struct head_count *heads = counts_heads(counts, angles, layer, projection, threshold);
    uint64_t row_length = angles->model->layers[layer].projection[projection].row_length;
    float last = NAN;
    double chance = 0;
    run->tally.fixed = 0;
    run->tally.sum_chance = 0;
    if (run->order.count > 0) /* for the day when the lines are gone */
        run->below = ordered_below(&run->order, threshold);
    for (uint32_t h = 0; heads && h < angles->model->layers[layer].projection[projection].heads;
         h++) {
        float own = counts->own[run->first_head + h], in_force = isnan(own) ? threshold : own;
        if (!(in_force == last))
            chance = chance_level((double)in_force, row_length);
        last = in_force;
        run->tally.fixed += heads[h].fixed;
        run->tally.sum_chance += chance * heads[h].defined;
    }
    return heads != NULL;
}

/* What is fixed under another threshold; the sums stay. */
static void recount(struct counts *counts, struct count_run *run, const struct angles *angles,
                    size_t layer, int projection, float threshold)
{
    struct cosines all = cosines_of_projection(angles, layer, projection);
    if (run->tally.pairs == 0)
        return;
    if (run->order.count > 0) {
        run->below = ordered_below(&run->order, threshold);
        run->tally.fixed = run->order.count - run->below;
    } else {
        run->tally.fixed = fixed_count(all.cos, all.count, threshold);
    }
    run->tally.sum_chance =
        counts_chance(counts, projection, all.row_length, threshold) * (double)run->tally.pairs;
}

bool counts_update(struct counts *counts, const struct angles *angles, float threshold)
{
    if (!make_room(counts, angles->model))
        return false;
    bool moved = counts->threshold != threshold, whole = true;
    if (!moved && !counts->stale && counts->ready == angles->ready)
        return true;
    for (size_t i = 0; i < counts->layers; i++)
        for (int p = 0; p < PROJECTION_COUNT && angles->layers[i].ready; p++) {
            struct count_run *run = &counts->run[i * PROJECTION_COUNT + (size_t)p];
            bool first = !run->known;
            if (first)
                run->tally = tally_projection(angles, i, p, threshold);
            run->known = true;
            if (run->apart && (first || moved || run->stale))
                whole = recount_apart(counts, run, angles, i, p, threshold) && whole;
            else if (!first && (moved || run->stale))
                recount(counts, run, angles, i, p, threshold);
            run->stale = false;
        }
    counts->ready = angles->ready;
    counts->threshold = threshold;
    counts->stale = false;
    return whole;
}

const struct tally *counts_tally(const struct counts *counts, size_t layer, int projection)
{
    return &counts->run[layer * PROJECTION_COUNT + (size_t)projection].tally;
}

struct tally counts_sum(const struct counts *counts, const struct angles *angles, int projection,
                        size_t first, size_t end, uint32_t first_layer)
{
    struct tally total = {0};
    for (size_t i = first; i < end; i++)
        if (angles->model->layers[i].number >= first_layer)
            tally_add(&total, counts_tally(counts, i, projection));
    return total;
}

/* ---- order --------------------------------------------------------------- */

static bool waits(const struct count_run *run)
{
    return run->known && run->tally.pairs > 0 && run->order.count == 0 && !run->unorderable;
}

static void put_in_order(struct counts *counts, const struct angles *angles, size_t index)
{
    struct count_run *run = &counts->run[index];
    run->unorderable = !ordered_fill(&run->order, angles, index / PROJECTION_COUNT,
                                     (int)(index % PROJECTION_COUNT));
    run->below = ordered_below(&run->order, counts->threshold);
    run->heads_below = SIZE_MAX;
}

bool counts_prepare(struct counts *counts, const struct angles *angles)
{
    size_t runs = counts->run ? counts->layers * PROJECTION_COUNT : 0;
    for (size_t tried = 0; tried < runs; tried++, counts->next = (counts->next + 1) % runs) {
        if (!waits(&counts->run[counts->next]))
            continue;
        put_in_order(counts, angles, counts->next);
        return true;
    }
    return false;
}

const struct ordered *counts_order(struct counts *counts, const struct angles *angles, size_t layer,
                                   int projection)
{
    size_t index = layer * PROJECTION_COUNT + (size_t)projection;
    struct count_run *run = &counts->run[index];
    if (waits(run))
        put_in_order(counts, angles, index);
    return run->order.count > 0 ? &run->order : NULL;
}

struct fixing counts_fixing(const struct counts *counts, const struct angles *angles,
                            const struct rule *rule, double percent)
{
    size_t runs = counts->run ? counts->layers * PROJECTION_COUNT : 0, count = 0;
    struct ordered *covered = memory_array(runs + 1, sizeof *covered);
    bool in_order = covered && counts->ready == angles->ready;
    for (size_t i = 0; in_order && i < runs; i++) {
        const struct count_run *run = &counts->run[i];
        if (!rule->projection[i % PROJECTION_COUNT] || run->tally.pairs == 0 ||
            angles->model->layers[i / PROJECTION_COUNT].number < rule->first_layer)
            continue;
        in_order = run->order.count > 0;
        covered[count++] = run->order;
    }
    struct fixing out =
        in_order ? ordered_fixing(covered, count, percent) : rule_fixing(angles, rule, percent);
    memory_free(covered);
    return out;
}

/* ---- heads --------------------------------------------------------------- */

static void count_defined(struct head_count *heads, struct cosines all, uint32_t pairs)
{
    for (size_t i = 0; i < all.count; i += pairs, heads++) {
        heads->defined = 0;
        for (size_t k = i; k < i + pairs; k++)
            heads->defined += all.cos[k] == all.cos[k]; /* false for NaN */
    }
}

static void count_fixed(struct head_count *heads, struct cosines all, uint32_t pairs,
                        float threshold)
{
    for (size_t i = 0; i < all.count; i += pairs, heads++)
        heads->fixed = (uint32_t)fixed_count(all.cos + i, pairs, threshold);
}

/* Takes the pairs that lie between two thresholds in or out. */
static void step(struct head_count *heads, const struct ordered *order, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        heads[order->head[i]].fixed--;
    for (size_t i = to; i < from; i++)
        heads[order->head[i]].fixed++;
}

static void count_fixed_apart(struct head_count *heads, const float *own, struct cosines all,
                              uint32_t pairs, float threshold)
{
    for (size_t i = 0; i < all.count; i += pairs, heads++, own++)
        heads->fixed = (uint32_t)fixed_count(all.cos + i, pairs, isnan(*own) ? threshold : *own);
}

static void bring_heads(struct counts *counts, struct count_run *run, const struct angles *angles,
                        size_t layer, int projection, float threshold)
{
    struct head_count *heads = counts->heads + run->first_head;
    struct cosines all = cosines_of_projection(angles, layer, projection);
    uint32_t pairs = angles->model->layers[layer].pairs;
    size_t was = run->heads_below, below = SIZE_MAX;
    if (run->order.count > 0 && !run->apart)
        below = counts->threshold == threshold ? run->below : ordered_below(&run->order, threshold);
    if (!run->heads_known)
        count_defined(heads, all, pairs);
    size_t changed = was < below ? below - was : was - below;
    if (run->heads_known && was != SIZE_MAX && below != SIZE_MAX && changed < all.count / STEP_COST)
        step(heads, &run->order, was, below);
    else if (run->apart)
        count_fixed_apart(heads, counts->own + run->first_head, all, pairs, threshold);
    else
        count_fixed(heads, all, pairs, threshold);
    run->heads_known = all.count > 0;
    run->heads_threshold = threshold;
    run->heads_below = below;
}

const struct head_count *counts_heads(struct counts *counts, const struct angles *angles,
                                      size_t layer, int projection, float threshold)
{
    if (!counts->heads && !counts_reserve(counts, angles->model))
        return NULL;
    struct count_run *run = &counts->run[layer * PROJECTION_COUNT + (size_t)projection];
    if (!run->heads_known || run->heads_threshold != threshold)
        bring_heads(counts, run, angles, layer, projection, threshold);
    return counts->heads + run->first_head;
}

/* ---- lines of the rule --------------------------------------------------- */

/* The thresholds that do not move with that of all: what is left of the rule where its base says
 * nothing. */
static bool find_own(struct count_run *run, float *own, const struct layer *layer, int projection,
                     const struct awm *unsaid)
{
    bool apart = false;
    for (uint32_t head = 0; head < layer->projection[projection].heads; head++) {
        own[head] = awm_threshold(unsaid, layer->number, projection, head);
        apart = apart || !isnan(own[head]);
    }
    run->stale = run->known && (apart || run->apart);
    run->heads_known = run->heads_known && !apart && !run->apart;
    run->apart = apart;
    return run->stale;
}

bool counts_lines(struct counts *counts, const struct angles *angles, const struct awm *awm,
                  uint32_t edition)
{
    if (counts->edition == edition)
        return true;
    struct awm unsaid = {0};
    if (awm)
        unsaid = *awm;
    unsaid.base.threshold = NAN;
    if (!counts_reserve(counts, angles->model))
        return false;
    if (!counts->own)
        counts->own = memory_array(counts->run[counts->layers * PROJECTION_COUNT].first_head + 1,
                                   sizeof *counts->own);
    for (size_t i = 0; counts->own && i < counts->layers; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct count_run *run = &counts->run[i * PROJECTION_COUNT + (size_t)p];
            bool stale =
                find_own(run, counts->own + run->first_head, &angles->model->layers[i], p, &unsaid);
            counts->stale = counts->stale || stale;
        }
    counts->edition = counts->own ? edition : counts->edition;
    return counts->own != NULL;
}
