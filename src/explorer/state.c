/* state.c: the state of the explorer, and what follows from it. */
#include "ropescope/lists.h"

#include <math.h>
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
        .share = NAN,
        .token_query = SIZE_MAX, /* the last */
        .token_key = SIZE_MAX,
        .model_words = "MODEL",
        .rows = 24,
        .cols = 80,
    };
    awm_init(&state->awm, &state->settings.rule);
    theme_default(&state->theme);
    state_take_training(state, &training_preset(0)->training, false);
    state->settings.bins = 0;
    state->settings.selection.scope = SCOPE_HEAD;
    state->settings.selection.layer = first_rotating(angles->model);
    state->summaries = summaries_new(angles);
    state->memo = memo_new();
    if (!state->summaries || !state->memo)
        return error_memory(err);
    summaries_update(state->summaries, angles);
    return STATUS_OK;
}

void state_free(struct state *state)
{
    if (state->angles)
        summaries_free(state->summaries, state->angles->model->layer_count);
    memo_free(state->memo);
    awm_free(&state->awm);
    for (size_t i = 0; i < state->undo_count; i++)
        awm_free(&state->undo[i].before);
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
    if (state->view == VIEW_LAYERS || state->view == VIEW_THRESHOLD)
        settings.selection.scope = SCOPE_MODEL;
    settings.sort = state->sort[state->view];
    settings.lines = &state->awm;
    settings.edition = state->edition;
    if (state->lines_file[0] && state->lines_file_edition == state->edition)
        settings.lines_file = state->lines_file;
    settings.bins = state_bins(state, layout_bars_cols(state));
    return settings;
}

unsigned state_view_places(const struct state *state)
{
    if (state->inspecting)
        return PLACE_INSPECTOR;
    bool groups = state->view == VIEW_CHANGE && !state_is_list(state);
    return groups ? PLACE_GROUPS : view_kind(state->view)->places;
}

unsigned state_own_places(const struct state *state)
{
    if (state->place != PLACE_VIEW)
        return (unsigned)state->place;
    return state_view_places(state);
}

bool state_lacks_view(const struct state *state, enum view_id view)
{
    if (view == VIEW_CHANGE)
        return !state->settings.changes;
    return (view_kind(view)->heeds & HEEDS_TEXT) && !state->settings.probed;
}

bool state_is_list(const struct state *state)
{
    return state->view == VIEW_PAIRS || state->view == VIEW_HEADS || state->view == VIEW_LAYERS ||
           (state->view == VIEW_CHANGE && state->settings.by == CHANGE_BY_PAIR);
}

size_t state_list_room(const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    bool framed = layout.main.rows >= 4 && layout.main.cols >= 12; /* as draw_panel does */
    int rows = layout.main.rows - (framed ? 3 : 1);                /* and the line of names */
    return rows > 1 ? (size_t)rows : 1;
}

uint32_t state_map_block(const struct state *state)
{
    return state->map_block > 0 ? state->map_block : 1;
}

uint32_t state_bins(const struct state *state, int cols)
{
    enum { FEW = 24, MANY = 64, LEAST = 8 };
    if (state->settings.bins > 0)
        return state->settings.bins;
    /* A head has so few pairs that narrow bins would hold one or none each. */
    int usual = state->settings.selection.scope == SCOPE_HEAD ? FEW : MANY;
    int each = cols > usual ? (cols + usual / 2) / usual : 1; /* columns a bar */
    uint32_t bins = (uint32_t)(cols > LEAST * each ? cols / each : LEAST);
    bins -= bins % 2; /* an edge at 0, at 90 degrees */
    return bins < HISTOGRAM_BINS_MAX ? bins : HISTOGRAM_BINS_MAX;
}

/* ---- the line below the view --------------------------------------------- */

unsigned update_message(struct state *state, const char *text)
{
    text_printable(state->message, sizeof state->message, text);
    state->message_is_error = true;
    return DIRTY_FRAME;
}

unsigned update_note(struct state *state, const char *text)
{
    update_message(state, text);
    state->message_is_error = false;
    return DIRTY_FRAME;
}
