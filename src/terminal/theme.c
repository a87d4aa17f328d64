/* Themes: the built-in one, and how a style looks with the colours that a terminal has. */
#include "ropescope/terminal.h"

#include <stdlib.h>

static const struct look plain = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0};

/* Every colour here has a contrast of 3.3 at least with black and with white, so that a terminal's
 * own background can be either. Query and key are blue and orange, apart for every eye. */
static const struct theme built_in = {
    .name = "dark",
    .look =
        {
            [ROLE_TEXT] = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0},
            [ROLE_DIM] = {0x767676, COLOUR_DEFAULT, 0},
            [ROLE_TITLE] = {COLOUR_DEFAULT, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_BORDER] = {0x767676, COLOUR_DEFAULT, 0},
            [ROLE_LABEL] = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0},
            [ROLE_SELECT] = {COLOUR_DEFAULT, COLOUR_DEFAULT, STYLE_BOLD | STYLE_REVERSE},
            [ROLE_QUERY] = {0x0087d7, COLOUR_DEFAULT, 0},
            [ROLE_KEY] = {0xd75f00, COLOUR_DEFAULT, 0},
            [ROLE_BOTH] = {0xaf5fd7, COLOUR_DEFAULT, 0},
            [ROLE_THRESHOLD] = {0xd7008f, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_FIXED] = {0x00875f, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_CHANCE] = {0x878700, COLOUR_DEFAULT, 0},
            [ROLE_HINT] = {COLOUR_DEFAULT, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_NOTICE] = {0xa87900, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_ERROR] = {0xd70000, COLOUR_DEFAULT, STYLE_BOLD | STYLE_REVERSE},
            [ROLE_ABSENT] = {0x767676, COLOUR_DEFAULT, 0},
            [ROLE_HEAT] = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0},
        },
    .heat = {0x440154, 0x414487, 0x2a788e, 0x22a884, 0x7ad151, 0xfde725}, /* viridis */
    .heat_stops = 6,
};

void theme_default(struct theme *theme)
{
    *theme = built_in;
}

/* a at part 0, b at part 1. */
static int32_t mix(int32_t a, int32_t b, double part)
{
    int32_t rgb = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        double low = a >> shift & 0xff, high = b >> shift & 0xff;
        rgb |= (int32_t)(low + (high - low) * part + 0.5) << shift;
    }
    return rgb;
}

static int brightness(int32_t rgb) /* 0..255000 */
{
    return 299 * (rgb >> 16 & 0xff) + 587 * (rgb >> 8 & 0xff) + 114 * (rgb & 0xff);
}

static int32_t gradient(const struct theme *theme, int level)
{
    if (theme->heat_stops == 1)
        return theme->heat[0];
    double place = level / 255.0 * (double)(theme->heat_stops - 1);
    size_t stop = (size_t)place;
    if (stop + 1 >= theme->heat_stops)
        return theme->heat[theme->heat_stops - 1];
    return mix(theme->heat[stop], theme->heat[stop + 1], place - (double)stop);
}

/* Of 8 and 16 colours, black, white and the greys vanish on some background. */
static bool is_named_grey(int32_t rgb, enum colour_depth depth)
{
    int index = colour_nearest(rgb, depth);
    return index % 8 == 0 || index % 8 == 7;
}

/* So does a grey that a palette of few colours turns into one of its colours. */
static bool is_grey(int32_t rgb)
{
    int red = rgb >> 16 & 0xff, green = rgb >> 8 & 0xff, blue = rgb & 0xff;
    return abs(red - green) < 32 && abs(green - blue) < 32 && abs(blue - red) < 32;
}

/* A heat cell brings its own ground, so that it looks the same on every background: its colour on a
 * shade of it nearer to the dull end of the gradient, which leaves the ramp's glyph to be seen. */
static struct look heat_look(const struct theme *theme, int level, enum colour_depth depth)
{
    if (theme->heat_stops == 0)
        return plain;
    bool rising = brightness(gradient(theme, 255)) >= brightness(gradient(theme, 0));
    int32_t ground = rising ? 0x000000 : 0xffffff;
    if (depth >= COLOURS_256) {
        int32_t colour = gradient(theme, level);
        return (struct look){colour, mix(colour, ground, 0.6), 0};
    }
    /* With few colours the dull end would be the ground itself: take the next that is none. */
    while (level < 255 && is_named_grey(gradient(theme, level), depth))
        level++;
    return (struct look){gradient(theme, level), ground, 0};
}

struct look theme_look(const struct theme *theme, struct style style, enum colour_depth depth)
{
    struct look look = style.role < ROLE_COUNT ? theme->look[style.role] : plain;
    uint8_t flags = look.flags | style.flags;
    if (style.role == ROLE_HEAT)
        look = heat_look(theme, style.level, depth);
    look.flags = flags;
    if (depth == COLOURS_NONE)
        look.foreground = look.background = COLOUR_DEFAULT;
    if (depth <= COLOURS_16 && look.foreground >= 0 && look.background == COLOUR_DEFAULT &&
        (is_grey(look.foreground) || is_named_grey(look.foreground, depth)))
        look.foreground = COLOUR_DEFAULT;
    return look;
}
