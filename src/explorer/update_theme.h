/* update_theme.h: what the keys of the theme chooser do. */
#ifndef EXPLORER_UPDATE_THEME_H
#define EXPLORER_UPDATE_THEME_H

#include "ropescope/explorer.h"

/* False where the action is none of the chooser's. */
bool change_theme(struct state *state, enum action action);

#endif
