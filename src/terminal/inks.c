/* inks.c: from roles to a terminal's colours, each worked out when it is first needed. */
#include "terminal/inks.h"

#include <string.h>

bool inks_take(struct inks *inks, const struct theme *theme)
{
    if (memcmp(&inks->theme, theme, sizeof *theme) == 0)
        return false;
    memcpy(&inks->theme, theme, sizeof *theme);
    memset(inks->ink, 0, sizeof inks->ink);
    return true;
}

static int colour_index(const struct inks *inks, int32_t rgb)
{
    return rgb < 0 ? -1 : colour_nearest(rgb, inks->colours);
}

static int pair_of(const struct inks *inks, struct look look)
{
    int foreground = colour_index(inks, look.foreground);
    int background = colour_index(inks, look.background);
    if (inks->colours == COLOURS_NONE || (foreground < 0 && background < 0))
        return inks->plain;
    int pair = inks->pair(foreground, background);
    return pair < 0 ? inks->plain : pair;
}

const struct ink *inks_of(struct inks *inks, struct style style)
{
    size_t index = style.role == ROLE_HEAT      ? ROLE_COUNT + (size_t)style.level
                   : style.role == ROLE_DIVERGE ? ROLE_COUNT + INK_LEVELS + (size_t)style.level
                                                : style.role;
    struct ink *ink = &inks->ink[index < INKS ? index : ROLE_TEXT];
    if (!ink->known) {
        style.flags = 0;
        struct look look = theme_look(&inks->theme, style, inks->colours);
        *ink = (struct ink){true, look.flags, pair_of(inks, look)};
    }
    return ink;
}
