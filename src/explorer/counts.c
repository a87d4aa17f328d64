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

static double level_of(struct chance_memo *chance, uint64_t row_length, float threshold)
{
    if (chance->row_length != row_length)
        *chance = (struct chance_memo){row_length, chance_level((double)threshold, row_length)};
    return chance->level;
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
                tally_step(tally, angles, i, p, threshold,
                           level_of(&chance, angles->model->layers[i].projection[p].row_length,
                                    threshold));
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
