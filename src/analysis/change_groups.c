/* change_groups.c: how far rows moved, by what their pairs have in common. */
#include "ropescope/change.h"

#include <string.h>

static const char *const names[CHANGE_BYS] = {"pair", "bin", "layer", "frequency", "threshold"};

const char *change_by_name(enum change_by by)
{
    return names[by];
}

bool change_by_from_name(const char *name, enum change_by *out)
{
    for (int i = 0; i < CHANGE_BYS; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum change_by)i;
            return true;
        }
    return false;
}

/* ---- which group --------------------------------------------------------- */

static size_t most_pairs(const struct model *model)
{
    size_t most = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        most = model->layers[i].pairs > most ? model->layers[i].pairs : most;
    return most;
}

static size_t group_count(const struct model *model, enum change_by by)
{
    return by == CHANGE_BY_BIN     ? CHANGE_BINS
           : by == CHANGE_BY_LAYER ? PROJECTION_COUNT * model->layer_count
                                   : PROJECTION_COUNT * most_pairs(model);
}

size_t change_bin(float cos)
{
    if (isnan(cos))
        return SIZE_MAX;
    size_t bin = (size_t)((double)fabsf(cos) * CHANGE_BINS);
    return bin < CHANGE_BINS ? bin : CHANGE_BINS - 1;
}

/* SIZE_MAX: in none. */
static size_t group_of(enum change_by by, size_t layer, int projection, size_t pair, float cos)
{
    if (by == CHANGE_BY_LAYER)
        return PROJECTION_COUNT * layer + (size_t)projection;
    if (by == CHANGE_BY_FREQUENCY)
        return PROJECTION_COUNT * pair + (size_t)projection;
    return change_bin(cos);
}

/* ---- all pairs, twice: to count, then to take ---------------------------- */

struct gathering {
    const struct changes *changes;
    enum change_by by;
    size_t *end;                 /* (groups + 1) where each group's numbers end so far */
    double *distance, *relative; /* (pairs) group by group; NULL: only count */
};

static void gather_head(struct gathering *g, size_t layer, int projection, uint32_t head)
{
    const struct layer *of = &g->changes->base->model->layers[layer];
    const float *distance = g->changes->distance[PROJECTION_COUNT * layer + (size_t)projection];
    const float *cos = g->changes->base->layers[layer].set[projection].cos;
    for (size_t pair = 0; pair < of->pairs; pair++) {
        size_t at = (size_t)head * of->pairs + pair;
        size_t group = group_of(g->by, layer, projection, pair, cos[at]);
        if (group == SIZE_MAX || isnan(distance[at]))
            continue;
        if (g->distance) {
            g->distance[g->end[group]] = (double)distance[at];
            g->relative[g->end[group]] = change_relative(g->changes, layer, projection, at);
        }
        g->end[group]++;
    }
}

static void gather(struct gathering *g, change_heads *heads, const void *context)
{
    for (size_t i = 0; i < g->changes->base->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            uint32_t first = 0, count = heads(context, i, p, &first);
            if (!g->changes->distance[PROJECTION_COUNT * i + (size_t)p])
                continue;
            for (uint32_t h = first; h < first + count; h++)
                gather_head(g, i, p, h);
        }
}

/* Sizes become ends of the groups before: where each one's numbers begin. Returns their sum. */
static size_t starts_of(size_t *sizes, size_t groups)
{
    size_t sum = 0;
    for (size_t i = 0; i < groups; i++) {
        size_t size = sizes[i];
        sizes[i] = sum;
        sum += size;
    }
    return sum;
}

struct change_group *change_groups_new(const struct changes *changes, enum change_by by,
                                       change_heads *heads, const void *context, size_t *count)
{
    size_t groups = group_count(changes->base->model, by);
    struct change_group *out = memory_array(groups + 1, sizeof *out);
    struct gathering g = {changes, by, memory_array(groups + 1, sizeof *g.end), NULL, NULL};
    bool sound = out && g.end;
    if (sound) {
        gather(&g, heads, context);
        size_t pairs = starts_of(g.end, groups);
        g.distance = memory_array(2 * pairs + 1, sizeof *g.distance);
        g.relative = g.distance ? g.distance + pairs : NULL;
        sound = g.distance != NULL;
    }
    if (sound)
        gather(&g, heads, context);
    for (size_t i = 0, start = 0; i < groups && sound; i++) {
        out[i].index = by == CHANGE_BY_BIN ? i : i / PROJECTION_COUNT;
        out[i].projection = (int)(i % PROJECTION_COUNT);
        out[i].distance = spread_of(g.distance + start, g.end[i] - start);
        out[i].relative = spread_of(g.relative + start, g.end[i] - start);
        start = g.end[i];
    }
    memory_free(g.distance);
    memory_free(g.end);
    *count = sound ? groups : 0;
    if (sound)
        return out;
    memory_free(out);
    return NULL;
}

/* ---- by head ------------------------------------------------------------- */

double change_measure(const struct changes *changes, enum measure measure, size_t layer,
                      int projection, uint32_t head)
{
    const struct angle_set *base = &changes->base->layers[layer].set[projection];
    const struct angle_set *tuned = &changes->tuned->layers[layer].set[projection];
    const float *distance = changes->distance[PROJECTION_COUNT * layer + (size_t)projection];
    size_t pairs = changes->base->model->layers[layer].pairs, first = head * pairs, count = 0;
    double sum = 0;
    for (size_t i = first; distance && i < first + pairs; i++) {
        double of = measure == MEASURE_DISTANCE ? (double)distance[i]
                    : measure == MEASURE_DELTA_COS
                        ? (double)fabsf(tuned->cos[i]) - (double)fabsf(base->cos[i])
                        : ((double)tuned->norm_a[i] + (double)tuned->norm_b[i] -
                           (double)base->norm_a[i] - (double)base->norm_b[i]) /
                              2;
        if (isnan(of) || isnan(base->cos[i]) || isnan(tuned->cos[i]))
            continue;
        sum += of;
        count++;
    }
    return count > 0 ? sum / (double)count : (double)NAN;
}
