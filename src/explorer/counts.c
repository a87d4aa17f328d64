/* counts.c: tallies of all projections of all layers, kept up to date with the threshold. */
#include "explorer/counts.h"

#include <math.h>

void counts_free(struct counts *counts)
{
    memory_free(counts->tally);
    memory_free(counts->known);
    *counts = (struct counts){0};
}

static bool make_room(struct counts *counts, size_t layers)
{
    if (counts->tally)
        return true;
    counts->tally = memory_array(layers, PROJECTION_COUNT * sizeof *counts->tally);
    counts->known = memory_array(layers, sizeof *counts->known);
    if (!counts->tally || !counts->known)
        counts_free(counts);
    return counts->tally != NULL;
}

/* The chance level of the rows before, which nearly all share, is not worked out again. */
struct chance_memo {
    uint64_t row_length;
    double level;
};

static void recount(struct tally *tally, const struct angles *angles, size_t layer, int projection,
                    float threshold, struct chance_memo *chance)
{
    const struct layer *shape = &angles->model->layers[layer];
    const struct projection *p = &shape->projection[projection];
    if (tally->pairs == 0)
        return;
    if (chance->row_length != p->row_length)
        *chance =
            (struct chance_memo){p->row_length, chance_level((double)threshold, p->row_length)};
    const float *cos = angles->layers[layer].set[projection].cos;
    tally->fixed = fixed_count(cos, (size_t)p->heads * shape->pairs, threshold);
    tally->sum_chance = chance->level * (double)tally->pairs;
}

bool counts_update(struct counts *counts, const struct angles *angles, float threshold)
{
    struct chance_memo chance = {0};
    bool moved = counts->threshold != threshold;
    if (!make_room(counts, angles->model->layer_count))
        return false;
    if (!moved && counts->layers == angles->ready)
        return true;
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        bool fresh = angles->layers[i].ready && !counts->known[i];
        for (int p = 0; p < PROJECTION_COUNT && (fresh || (moved && counts->known[i])); p++) {
            struct tally *tally = &counts->tally[i * PROJECTION_COUNT + (size_t)p];
            if (fresh)
                *tally = tally_projection(angles, i, p, threshold);
            else
                recount(tally, angles, i, p, threshold, &chance);
        }
        counts->known[i] = counts->known[i] || fresh;
    }
    counts->layers = angles->ready;
    counts->threshold = threshold;
    return true;
}

struct tally counts_sum(const struct counts *counts, const struct angles *angles, int projection,
                        size_t first, size_t end, uint32_t first_layer)
{
    struct tally total = {0};
    for (size_t i = first; i < end; i++)
        if (angles->model->layers[i].number >= first_layer)
            tally_add(&total, &counts->tally[i * PROJECTION_COUNT + (size_t)projection]);
    return total;
}
