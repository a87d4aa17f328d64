/* inks.h: what a style is for a terminal: attributes, and a pair of its colours. */
#ifndef TERMINAL_INKS_H
#define TERMINAL_INKS_H

#include "ropescope/terminal.h"

enum { INK_LEVELS = 256, INKS = ROLE_COUNT + 2 * INK_LEVELS };

/* Of a role, or of a level of a gradient. */
struct ink {
    bool known;
    uint8_t flags; /* STYLE_* */
    int pair;
};
/* Asked once a theme. Zero-initialise but for the first three. */
struct inks {
    enum colour_depth colours;
    int plain; /* the pair of text without colours */
    /* The pair of two of the terminal's colours, -1 its own; below 0: there is none. */
    int (*pair)(int foreground, int background);
    struct theme theme; /* that they are of */
    struct ink ink[INKS];
};

/* Takes over another theme; false: it is the same. */
bool inks_take(struct inks *inks, const struct theme *theme);
/* Of a style, whose own flags come on top. */
const struct ink *inks_of(struct inks *inks, struct style style);

#endif
