/* state.c: the state of the explorer, and what follows from it. */
#include "ropescope/explorer.h"

#include <string.h>

/* The first layer that has pairs, where the cursor starts. */
static size_t first_rotating(const struct model *model)
{
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i].pairs > 0)
            return i;
    return 0;
}

enum status state_init(struct state *state, const struct angles *angles, struct error *err)
{
    *state = (struct state){
        .angles = angles,
        .origin = "",
        .settings = VIEW_SETTINGS_DEFAULT,
        .lead = PROJECTION_QUERY,
        .glyph_set = GLYPHS_BLOCKS,
        .utf8 = true,
        .place = PLACE_VIEW,
        .rows = 24,
        .cols = 80,
    };
    text_format(state->theme, sizeof state->theme, "%s", "default");
    state->settings.selection.scope = SCOPE_HEAD;
    state->settings.selection.layer = first_rotating(angles->model);
    state->summaries = summaries_new(angles);
    if (!state->summaries)
        return error_memory(err);
    summaries_update(state->summaries, angles);
    return STATUS_OK;
}

void state_free(struct state *state)
{
    if (state->angles)
        summaries_free(state->summaries, state->angles->model->layer_count);
    memset(state, 0, sizeof *state);
}

const struct layer *state_layer(const struct state *state)
{
    const struct model *model = state->angles->model;
    size_t layer = state->settings.selection.layer;
    return layer < model->layer_count ? &model->layers[layer] : NULL;
}

bool state_rotates(const struct state *state)
{
    const struct layer *layer = state_layer(state);
    return layer && layer->pairs > 0;
}

bool state_ready(const struct state *state)
{
    return state_rotates(state) && state->summaries[state->settings.selection.layer].ready;
}

uint32_t state_head(const struct state *state, int projection)
{
    uint32_t head = state->settings.selection.head;
    if (projection == PROJECTION_QUERY || !state_rotates(state))
        return head;
    return layer_key_head(state_layer(state), head);
}

struct view_settings state_settings(const struct state *state)
{
    struct view_settings settings = state->settings;
    if (state->view == VIEW_HEADS && settings.selection.scope == SCOPE_HEAD)
        settings.selection.scope = SCOPE_LAYER;
    if (state->view == VIEW_LAYERS)
        settings.selection.scope = SCOPE_MODEL;
    return settings;
}

size_t state_pairs_row(const struct state *state)
{
    const struct view_settings *settings = &state->settings;
    size_t row = 0, selected = 0;
    for (size_t layer = 0; layer < state->angles->model->layer_count; layer++) {
        uint32_t first, pairs = state->angles->model->layers[layer].pairs;
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            uint32_t heads = settings_heads(settings, state->angles, layer, p, &first);
            if (layer == settings->selection.layer && p == state->lead)
                selected = heads ? row + (size_t)(state_head(state, p) - first) * pairs : row;
            row += (size_t)heads * pairs;
        }
    }
    return row == 0 || selected < row ? selected : row - 1; /* the last layer may have no pairs */
}
