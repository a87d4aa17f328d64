/* pair_maps.c: maps of pairs by layer or by head, filled as layers land. */
#include "explorer/pair_maps.h"

static uint32_t most_pairs(const struct model *model)
{
    uint32_t most = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        most = model->layers[i].pairs > most ? model->layers[i].pairs : most;
    return most;
}

static bool start(struct pair_maps *maps, const struct angles *angles,
                  const struct view_settings *settings)
{
    const struct model *model = angles->model;
    const struct layer *layer = &model->layers[settings->selection.layer];
    bool by_head = settings->selection.scope != SCOPE_MODEL, sound = true;
    pair_maps_free(maps);
    maps->by_head = by_head;
    maps->layer = by_head ? settings->selection.layer : 0;
    maps->one_head = settings->one_head && !by_head ? (int64_t)settings->selection.head : -1;
    maps->filled = memory_array(model->layer_count + 1, sizeof *maps->filled);
    for (int p = 0; p < PROJECTION_COUNT && sound; p++)
        sound =
            pair_map_start(&maps->map[p], by_head ? layer->projection[p].heads : model->layer_count,
                           by_head ? layer->pairs : most_pairs(model));
    if (!sound || !maps->filled)
        return false;
    maps->angles = angles;
    return true;
}

/* A layer that has landed: a row of its own, or one for each of its heads. */
static bool fill(struct pair_maps *maps, const struct view_settings *settings, size_t layer)
{
    struct view_settings both = *settings;
    bool sound = true;
    for (int p = 0; p < PROJECTION_COUNT && sound; p++) {
        uint32_t first, heads = maps->angles->model->layers[layer].projection[p].heads;
        for (uint32_t h = 0; h < heads && sound && maps->by_head; h++)
            sound = pair_map_fill(&maps->map[p], h, maps->angles, layer, p, h, 1);
        if (maps->by_head)
            continue;
        both.rule.projection[p] = true; /* whether it is shown is nobody's business here */
        heads = settings_heads(&both, maps->angles, layer, p, &first);
        sound = sound && pair_map_fill(&maps->map[p], layer, maps->angles, layer, p, first, heads);
    }
    maps->filled[layer] = sound;
    return sound;
}

static void measure(struct pair_maps *maps)
{
    for (int shade = 0; shade < PAIR_SHADES; shade++) {
        maps->low[shade] = INFINITY;
        maps->high[shade] = -INFINITY;
        for (int p = 0; p < PROJECTION_COUNT; p++)
            pair_map_range(&maps->map[p], (enum pair_shade)shade, &maps->low[shade],
                           &maps->high[shade]);
    }
}

static bool holds(const struct pair_maps *maps, const struct angles *angles,
                  const struct view_settings *settings)
{
    bool by_head = settings->selection.scope != SCOPE_MODEL;
    int64_t one = settings->one_head && !by_head ? (int64_t)settings->selection.head : -1;
    return maps->angles == angles && maps->by_head == by_head && maps->one_head == one &&
           (!by_head || maps->layer == settings->selection.layer);
}

bool pair_maps_update(struct pair_maps *maps, const struct angles *angles,
                      const struct view_settings *settings)
{
    bool held = holds(maps, angles, settings);
    if (held && maps->ready == angles->ready)
        return true;
    if (angles->model->layer_count == 0 || (!held && !start(maps, angles, settings)))
        return false;
    size_t first = maps->by_head ? maps->layer : 0;
    size_t end = maps->by_head ? first + 1 : angles->model->layer_count;
    for (size_t i = first; i < end; i++)
        if (!maps->filled[i] && angles->layers[i].ready && !fill(maps, settings, i))
            return false;
    maps->ready = angles->ready;
    measure(maps);
    return true;
}

void pair_maps_free(struct pair_maps *maps)
{
    for (int p = 0; p < PROJECTION_COUNT; p++)
        pair_map_free(&maps->map[p]);
    memory_free(maps->filled);
    *maps = (struct pair_maps){0};
}
