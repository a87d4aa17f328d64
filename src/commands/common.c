/* common.c: what commands share: the flags as a selection, as settings of a view, as a fresh state.
 */
#include "commands.h"

#include "ropescope/views.h"

#include <inttypes.h>
#include <string.h>

enum status find_selection(const struct options *options, const struct model *model, size_t *layer,
                           struct error *err)
{
    *layer = 0;
    if (options->has_layer) {
        const struct layer *found = model_layer(model, options->layer);
        if (!found)
            return error_set(err, STATUS_USAGE, "--layer %" PRIu32 ": %s has layers %u to %u",
                             options->layer, model->name, model->layers[0].number,
                             model->layers[model->layer_count - 1].number);
        *layer = (size_t)(found - model->layers);
    }
    uint32_t heads = 0; /* of the layer, or the most of any; 0: it does not rotate, any will do */
    for (size_t i = 0; i < model->layer_count; i++) {
        uint32_t more = model->layers[i].projection[PROJECTION_QUERY].heads;
        if ((!options->has_layer || i == *layer) && more > heads)
            heads = more;
    }
    if (options->has_head && options->head >= heads && heads > 0)
        return error_set(err, STATUS_USAGE, "--head %" PRIu32 ": %s has query heads 0 to %u",
                         options->head, model->name, heads - 1);
    return STATUS_OK;
}

/* --layers: by their numbers. */
static enum status take_strip(struct view_settings *settings, const struct options *options,
                              const struct model *model, struct error *err)
{
    for (size_t i = 0; i < options->strip_count; i++) {
        const struct layer *layer = model_layer(model, options->strip[i]);
        if (!layer)
            return error_set(err, STATUS_USAGE, "--layers: %s has no layer %" PRIu32, model->name,
                             options->strip[i]);
        settings->strip[i] = (size_t)(layer - model->layers);
    }
    settings->strip_count = options->strip_count;
    return STATUS_OK;
}

enum status settings_read(const struct options *options, const struct model *model,
                          struct view_settings *settings, struct error *err)
{
    size_t layer;
    enum status status = find_selection(options, model, &layer, err);
    if (status != STATUS_OK)
        return status;
    if (options->has_scope && options->scope != SCOPE_MODEL && !options->has_layer)
        return error_set(err, STATUS_USAGE, "--scope %s needs --layer", scope_name(options->scope));
    *settings = VIEW_SETTINGS_DEFAULT;
    settings->rule = options->rule;
    settings->selection.layer = layer;
    settings->selection.head = options->has_head ? options->head : 0;
    if (options->has_scope)
        settings->selection.scope = options->scope;
    else if (options->has_layer)
        settings->selection.scope = options->has_head ? SCOPE_HEAD : SCOPE_LAYER;
    settings->one_head = options->has_head && !options->has_layer;
    if (options->bins > 0)
        settings->bins = options->bins;
    settings->unit = options->unit;
    settings->measure = options->measure;
    settings->log = options->log;
    settings->linear = options->linear;
    settings->each_layer = options->each_layer;
    settings->line = options->line;
    status = take_strip(settings, options, model, err);
    settings->by = options->by;
    settings->against_tuned = options->against_tuned;
    settings->norms = options->norms;
    settings->axis = options->axis;
    settings->shade = options->shade;
    settings->attention = options->attention;
    settings->relative = options->relative;
    if (options->sort[0])
        settings->sort = (struct sort){options->sort, options->descending};
    settings->arrange = options->arrange;
    settings->zoom = options->zoom;
    return status;
}

enum status theme_of_options(struct theme *theme, const struct options *options, struct error *err)
{
    theme_default(theme);
    if (!options->theme || theme_find(theme, options->theme, err) == STATUS_OK)
        return STATUS_OK;
    if (err)
        err->status = STATUS_USAGE;
    return STATUS_USAGE;
}

/* A screen differs from a file in what it starts with: the cursor on a head, bins that fit. */
static enum status take_settings(struct state *state, const struct options *options,
                                 struct error *err)
{
    struct awm awm = {0};
    struct view_settings settings, start = state->settings;
    enum status status = settings_read(options, state->angles->model, &settings, err);
    if (status == STATUS_OK)
        status = rule_of_options(options, state->angles, &awm, err);
    if (status != STATUS_OK) {
        awm_free(&awm);
        return status;
    }
    settings.rule = awm.base;
    state_take_lines(state, &awm, options->thresholds);
    if (!options->has_layer)
        settings.selection.layer = start.selection.layer;
    if (!options->has_scope)
        settings.selection.scope = start.selection.scope;
    if (options->bins == 0)
        settings.bins = start.bins;
    settings.one_head = false;
    settings.companion = start.companion;
    settings.companion_count = start.companion_count;
    settings.changes = start.changes;
    settings.probed = start.probed;
    settings.facts = start.facts;
    state->settings = settings;
    update_select(state, settings.selection.layer, settings.selection.head);
    return STATUS_OK;
}

/* The order of the list that is shown first. */
static enum status take_sort(struct state *state, const struct options *options, struct error *err)
{
    if (options->sort[0] == '\0' || !state_is_list(state))
        return STATUS_OK;
    state->sort[state->view] = (struct sort){options->sort, options->descending};
    struct list *list = NULL; /* whether there is such a column */
    struct view_settings settings = state_settings(state);
    enum status status = list_new(state->view, state->angles, &settings, NULL, &list, err);
    list_free(list);
    if (status != STATUS_OK) {
        state->sort[state->view] = (struct sort){0};
        return status;
    }
    const struct list *shown = state_list(state);
    if (shown && shown->count > 0 &&
        !options->has_head) { /* the first line, unless one was named */
        struct row first = list_item(shown, 0);
        state_select_item(state, &first);
    }
    update_size(state, state->rows, state->cols); /* brings the cursor into sight */
    return STATUS_OK;
}

enum status state_take_flags(struct state *state, const struct options *options, struct error *err)
{
    enum status status = take_settings(state, options, err);
    for (int id = 0; id < VIEW_COUNT && options->view; id++)
        if (strcmp(options->view, view_of((enum view_id)id)->name) == 0)
            update_action(state, (enum action)((int)ACTION_VIEW_FIRST + id));
    status = status == STATUS_OK ? take_sort(state, options, err) : status;
    if (options->view && strcmp(options->view, "help") == 0)
        update_action(state, ACTION_HELP);
    if (options->view && strcmp(options->view, "budget") == 0)
        update_action(state, ACTION_BUDGET);
    state_take_training(state, &options->training,
                        flag_was_given(options, "lora-targets") ||
                            flag_was_given(options, "lora-preset"));
    state->mouse = options->mouse;
    state->glyph_set = options->has_glyphs ? options->glyphs : glyph_set_of_locale();
    return status;
}

struct options options_with_threshold(const struct options *options, const struct angles *angles)
{
    struct options out = *options;
    struct fixing fixing = {0};
    if (options->has_fixed)
        fixing = rule_fixing(angles, &options->rule, options->fixed);
    if (fixing.pairs > 0)
        out.rule.threshold = fixing.threshold;
    return out;
}
