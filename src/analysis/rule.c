/* rule.c: how many pairs the AWM rule fixes, and the sums from which fractions and means follow. */
#include "analysis/cosines.h"

#include <math.h>

/* ---- counting ------------------------------------------------------------ */

/* Every step of the threshold runs over all pairs, so these loops must vectorise. */

enum {
    BLOCK = 256, /* pairs that stay in the first-level cache between the loops */
    LANES = 8,   /* partial sums; their order is fixed, so the same cosines give the same bits */
};

/* Counts a block and leaves |cos| of its defined pairs in `magnitude`, 0 for undefined ones and up
 * to the next whole number of lanes: zeros change neither the sum nor the maximum. */
static void block_count(const float *cos, size_t count, float threshold, float magnitude[BLOCK],
                        struct tally *tally)
{
    uint32_t fixed = 0, undefined = 0;
    for (size_t i = 0; i < count; i++) {
        float value = fabsf(cos[i]);
        bool defined = value == value;
        fixed += value >= threshold; /* rule_fixes: false for NaN */
        undefined += !defined;
        magnitude[i] = defined ? value : 0.0F;
    }
    for (size_t i = count; i % LANES != 0; i++)
        magnitude[i] = 0.0F;
    tally->fixed += fixed;
    tally->undefined += undefined;
    tally->pairs += count - undefined;
}

static void block_sum(const float magnitude[BLOCK], size_t count, double sum[LANES],
                      float highest[LANES])
{
    for (size_t i = 0; i < count; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += magnitude[i + lane];
    /* A loop of its own: together the two do not vectorise. */
    for (size_t i = 0; i < count; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            highest[lane] =
                magnitude[i + lane] > highest[lane] ? magnitude[i + lane] : highest[lane];
}

struct tally cosines_tally(struct cosines run, float threshold)
{
    struct tally tally = {0};
    double sum[LANES] = {0};
    float highest[LANES] = {0};
    for (size_t at = 0; at < run.count; at += BLOCK) {
        float magnitude[BLOCK];
        size_t count = run.count - at < BLOCK ? run.count - at : BLOCK;
        block_count(run.cos + at, count, threshold, magnitude, &tally);
        block_sum(magnitude, count, sum, highest);
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        tally.sum_abs += sum[lane];
        tally.max_abs = highest[lane] > tally.max_abs ? highest[lane] : tally.max_abs;
    }
    return tally;
}

/* Every step of the threshold counts all pairs: twice as fast with registers twice as wide. Clang
 * 14 gives clones a name that no other file finds. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&             \
    !defined(__clang__)
#define WIDE_TOO __attribute__((target_clones("avx2", "default")))
#else
#define WIDE_TOO
#endif
WIDE_TOO uint64_t fixed_count(const float *cos, size_t count, float threshold)
{
    uint64_t total = 0;
    for (size_t at = 0; at < count; at += BLOCK) {
        uint32_t fixed = 0;
        size_t end = count - at < BLOCK ? count : at + BLOCK;
        for (size_t i = at; i < end; i++)
            fixed += fabsf(cos[i]) >= threshold;
        total += fixed;
    }
    return total;
}

/* ---- tallies ------------------------------------------------------------- */

void tally_add(struct tally *into, const struct tally *more)
{
    into->pairs += more->pairs;
    into->fixed += more->fixed;
    into->undefined += more->undefined;
    into->sum_abs += more->sum_abs;
    into->max_abs = more->max_abs > into->max_abs ? more->max_abs : into->max_abs;
    into->sum_chance += more->sum_chance;
}

static double per_pair(double sum, uint64_t pairs)
{
    return pairs > 0 ? sum / (double)pairs : (double)NAN;
}

double tally_fraction(const struct tally *tally)
{
    return per_pair((double)tally->fixed, tally->pairs);
}

double tally_mean_abs(const struct tally *tally)
{
    return per_pair(tally->sum_abs, tally->pairs);
}

double tally_chance(const struct tally *tally)
{
    return per_pair(tally->sum_chance, tally->pairs);
}

/* The chance level costs about as much as counting a thousand pairs, so it is worked out once a
 * run. */
static struct tally tally_with_chance(struct cosines run, float threshold)
{
    struct tally tally = cosines_tally(run, threshold);
    if (tally.pairs > 0)
        tally.sum_chance = chance_level((double)threshold, run.row_length) * (double)tally.pairs;
    return tally;
}

struct tally tally_head(const struct angles *angles, size_t layer, int projection, uint32_t head,
                        float threshold)
{
    return tally_with_chance(cosines_of_head(angles, layer, projection, head), threshold);
}

struct tally tally_projection(const struct angles *angles, size_t layer, int projection,
                              float threshold)
{
    return tally_with_chance(cosines_of_projection(angles, layer, projection), threshold);
}

struct tally tally_layer(const struct angles *angles, size_t layer, const struct rule *rule)
{
    struct tally total = {0};
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!rule->projection[p])
            continue;
        struct tally one = tally_projection(angles, layer, p, rule->threshold);
        tally_add(&total, &one);
    }
    return total;
}

struct tally tally_model(const struct angles *angles, const struct rule *rule)
{
    struct tally total = {0};
    for (size_t layer = 0; layer < angles->model->layer_count; layer++) {
        if (angles->model->layers[layer].number < rule->first_layer)
            continue;
        struct tally one = tally_layer(angles, layer, rule);
        tally_add(&total, &one);
    }
    return total;
}
