/* settings.c: which heads and pairs the settings of a view select. */
#include "ropescope/explorer.h"

static bool layer_selected(const struct view_settings *settings, size_t layer)
{
    return settings->selection.scope == SCOPE_MODEL || settings->selection.layer == layer;
}

uint32_t settings_heads(const struct view_settings *settings, const struct angles *angles,
                        size_t layer, int projection, uint32_t *first)
{
    const struct layer *l = &angles->model->layers[layer];
    bool one_head = settings->selection.scope == SCOPE_HEAD || settings->one_head;
    *first = 0;
    if (!settings->rule.projection[projection] || !layer_selected(settings, layer) ||
        l->pairs == 0 || !angles->layers[layer].ready)
        return 0;
    if (!one_head)
        return l->projection[projection].heads;
    uint32_t head = settings->selection.head;
    if (head >= l->projection[PROJECTION_QUERY].heads)
        return 0; /* layers may differ in their heads */
    *first = projection == PROJECTION_QUERY ? head : layer_key_head(l, head);
    return 1;
}

/* Heads, each counted `by_pairs` times its pairs or once. */
static size_t count(const struct view_settings *settings, const struct angles *angles,
                    bool by_pairs)
{
    size_t total = 0;
    for (size_t layer = 0; layer < angles->model->layer_count; layer++) {
        size_t each = by_pairs ? angles->model->layers[layer].pairs : 1;
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            uint32_t first;
            total += each * settings_heads(settings, angles, layer, p, &first);
        }
    }
    return total;
}

size_t settings_head_count(const struct view_settings *settings, const struct angles *angles)
{
    return count(settings, angles, false);
}

size_t settings_pair_count(const struct view_settings *settings, const struct angles *angles)
{
    return count(settings, angles, true);
}
