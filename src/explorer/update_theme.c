/* update_theme.c: trying themes on, keeping one, or returning to the old one. */
#include "explorer/update_theme.h"

#include <string.h>

/* Draws with the theme at `index`, or says what is wrong with its file. */
static void try_theme(struct state *state, size_t index)
{
    const struct theme_entry *entry = &state->themes->entry[index];
    state->theme_at = index;
    state->theme = entry->theme;
    if (entry->mistake) {
        text_format(state->message, sizeof state->message, "%s", entry->mistake);
        state->message_is_error = true;
    }
}

unsigned update_themes(struct state *state, const struct theme_list *themes)
{
    state->themes = themes;
    if (themes->count == 0)
        return update_message(state, "there are no themes");
    state->theme_before = state->theme;
    state->theme_at = 0;
    for (size_t i = 0; i < themes->count; i++)
        if (strcmp(themes->entry[i].theme.name, state->theme.name) == 0)
            state->theme_at = i;
    state->place = PLACE_THEMES;
    return DIRTY_FRAME;
}

static void leave(struct state *state, bool keep)
{
    if (!keep)
        state->theme = state->theme_before;
    state->place = PLACE_VIEW;
    state->themes = NULL; /* the next look reads them anew */
}

bool change_theme(struct state *state, enum action action)
{
    if (action == ACTION_THEMES) {
        state->request = REQUEST_THEMES;
        return true;
    }
    if (state->place != PLACE_THEMES)
        return false;
    size_t last = state->themes->count - 1;
    switch (action) {
    case ACTION_THEME_UP:
        return try_theme(state, state->theme_at > 0 ? state->theme_at - 1 : 0), true;
    case ACTION_THEME_DOWN:
        return try_theme(state, state->theme_at < last ? state->theme_at + 1 : last), true;
    case ACTION_THEME_FIRST:
        return try_theme(state, 0), true;
    case ACTION_THEME_LAST:
        return try_theme(state, last), true;
    case ACTION_THEME_KEEP:
    case ACTION_THEME_LEAVE:
        return leave(state, action == ACTION_THEME_KEEP), true;
    default:
        return false;
    }
}
