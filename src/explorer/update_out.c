/* update_out.c: what leaves the explorer: a file, the clipboard, a command line. The update only
 * asks; the loop writes. */
#include "explorer/entry.h"
#include "explorer/update.h"

#include <string.h>

/* Names on every file system and in every shell: what is not a letter, a digit or one of "._-"
 * becomes "_". */
static void append_safe(struct entry *entry, const char *name, size_t limit)
{
    for (size_t i = 0; i < limit && name[i] && entry->length + 1 < sizeof entry->text; i++) {
        char c = name[i];
        bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || (i > 0 && (c == '.' || c == '-'));
        entry->text[entry->length++] = safe ? c : '_';
    }
    entry->text[entry->length] = '\0';
}

/* "Llama-2-7b-hf" and what follows it. */
static void propose(struct state *state, const char *ending)
{
    enum { MODEL_BYTES = 100 };
    struct entry *entry = &state->entry;
    const char *model = state->angles->model->name;
    *entry = (struct entry){0};
    append_safe(entry, model && *model ? model : "model", MODEL_BYTES);
    text_format(entry->text + entry->length, sizeof entry->text - entry->length, "%s", ending);
    entry->length = strlen(entry->text);
}

/* "Llama-2-7b-hf-pairs-layer12-head3.csv" */
static void propose_view(struct state *state, const char *format)
{
    struct view_settings settings = state_settings(state);
    const struct layer *layer = state_layer(state);
    char place[64] = "", ending[128];
    if (layer && state->view != VIEW_OVERVIEW && settings.selection.scope == SCOPE_LAYER)
        text_format(place, sizeof place, "-layer%u", layer->number);
    if (layer && state->view != VIEW_OVERVIEW && settings.selection.scope == SCOPE_HEAD)
        text_format(place, sizeof place, "-layer%u-head%u", layer->number, settings.selection.head);
    text_format(ending, sizeof ending, "-%s%s.%s", view_kind(state->view)->name, place, format);
    propose(state, ending);
}

/* A file holds all of a view, so it waits for the scan: else it would not be what export prints. */
static bool complete(struct state *state)
{
    const struct changes *changes = state->settings.changes;
    bool compared = !changes || changes->ready == state->angles->model->layer_count;
    if (angles_complete(state->angles) && compared)
        return true;
    text_format(state->message, sizeof state->message,
                "the scan is at %zu of %zu layers: that can be written when it is done",
                state->angles->ready, state->angles->model->layer_count);
    state->message_is_error = true;
    return false;
}

static void ask_name(struct state *state, enum product product, const char *format)
{
    if (product != PRODUCT_RULE && !complete(state))
        return;
    if (product == PRODUCT_VIEW)
        propose_view(state, format);
    else
        propose(state, product == PRODUCT_MASK ? "-mask.safetensors" : "-rule.csv");
    state->product = product;
    state->place = PLACE_SAVE;
}

void out_accept(struct state *state)
{
    if (state->entry.length > 0) {
        state->request = REQUEST_SAVE;
        return;
    }
    text_format(state->message, sizeof state->message, "a name is wanted");
    state->message_is_error = true;
}

unsigned update_exists(struct state *state)
{
    state->place = PLACE_CONFIRM;
    return DIRTY_FRAME;
}

unsigned update_saved(struct state *state, const char *note)
{
    state->place = PLACE_VIEW;
    return update_note(state, note);
}

static void confirm(struct state *state, bool replace)
{
    state->place = PLACE_SAVE; /* the loop closes it when the file is written */
    if (replace)
        state->request = REQUEST_REPLACE;
}

bool out_action(struct state *state, enum action action)
{
    switch (action) {
    case ACTION_SAVE:
        return ask_name(state, PRODUCT_VIEW, "csv"), true;
    case ACTION_PICTURE:
        if (state_is_list(state) && state->view != VIEW_CHANGE) {
            text_format(state->message, sizeof state->message,
                        "a list is no plot; e writes it as CSV or JSON");
            state->message_is_error = true;
            return true;
        }
        return ask_name(state, PRODUCT_VIEW, "svg"), true;
    case ACTION_SAVE_MASK:
        return ask_name(state, PRODUCT_MASK, "csv"), true;
    case ACTION_SAVE_RULE:
        return ask_name(state, PRODUCT_RULE, "csv"), true;
    case ACTION_YES:
    case ACTION_NO:
        return confirm(state, action == ACTION_YES), true;
    case ACTION_COPY:
        state->request = REQUEST_COPY;
        return true;
    case ACTION_COMMAND:
        state->place = PLACE_COMMAND;
        return true;
    case ACTION_COPY_COMMAND:
        state->request = REQUEST_COPY_COMMAND;
        return true;
    case ACTION_MOUSE:
        state->mouse = !state->mouse;
        state->request = REQUEST_MOUSE;
        text_format(state->message, sizeof state->message,
                    state->mouse ? "mouse on: click selects, wheel moves; text needs Shift"
                                 : "mouse off");
        return true;
    default:
        return false;
    }
}
