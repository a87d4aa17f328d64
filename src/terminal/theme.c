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
            [ROLE_THRESHOLD] = {0xd7008f, COLOUR_DEFAULT, 0},
            [ROLE_FIXED] = {0x00875f, COLOUR_DEFAULT, 0},
            [ROLE_CHANCE] = {0x878700, COLOUR_DEFAULT, 0},
            [ROLE_HINT] = {COLOUR_DEFAULT, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_NOTICE] = {0xa87900, COLOUR_DEFAULT, STYLE_BOLD},
            [ROLE_ERROR] = {0xd70000, COLOUR_DEFAULT, STYLE_BOLD | STYLE_REVERSE},
            [ROLE_ABSENT] = {0x767676, COLOUR_DEFAULT, 0},
            [ROLE_HEAT] = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0},
            [ROLE_DIVERGE] = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0},
        },
    .heat = {{0x440154, 0x414487, 0x2a788e, 0x22a884, 0x7ad151, 0xfde725}, 6}, /* viridis */
    .diverging = {{0x3fa7ff, 0x2a6aa8, 0x303030, 0xa85a1e, 0xff9440}, 5},
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

static int32_t colour_at(const struct gradient *gradient, int level)
{
    if (gradient->stops == 1)
        return gradient->stop[0];
    double place = level / 255.0 * (double)(gradient->stops - 1);
    size_t stop = (size_t)place;
    if (stop + 1 >= gradient->stops)
        return gradient->stop[gradient->stops - 1];
    return mix(gradient->stop[stop], gradient->stop[stop + 1], place - (double)stop);
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

enum { MIDDLE = 128, HIGHEST = 255 };

/* A cell of a heat map brings its own ground, so that it looks the same on every background: its
 * colour on a shade of it nearer to the dull level of the gradient (its low end, or the middle),
 * which leaves the ramp's glyph to be seen. */
static struct look gradient_look(const struct gradient *gradient, int level, int dull,
                                 enum colour_depth depth)
{
    if (gradient->stops == 0)
        return plain;
    bool rising = brightness(colour_at(gradient, HIGHEST)) >= brightness(colour_at(gradient, dull));
    int32_t ground = rising ? 0x000000 : 0xffffff;
    if (depth >= COLOURS_256) {
        int32_t colour = colour_at(gradient, level);
        return (struct look){colour, mix(colour, ground, 0.6), 0};
    }
    /* With few colours the dull end would be the ground itself: take the next that is none. */
    int step = level < dull ? -1 : 1;
    while (level > 0 && level < HIGHEST && is_named_grey(colour_at(gradient, level), depth))
        level += step;
    return (struct look){colour_at(gradient, level), ground, 0};
}

struct look theme_look(const struct theme *theme, struct style style, enum colour_depth depth)
{
    struct look look = style.role < ROLE_COUNT ? theme->look[style.role] : plain;
    uint8_t flags = look.flags | style.flags;
    if (style.role == ROLE_HEAT)
        look = gradient_look(&theme->heat, style.level, 0, depth);
    if (style.role == ROLE_DIVERGE)
        look = gradient_look(&theme->diverging, style.level, MIDDLE, depth);
    look.flags = flags;
    if (depth == COLOURS_NONE)
        look.foreground = look.background = COLOUR_DEFAULT;
    if (depth <= COLOURS_16 && look.foreground >= 0 && look.background == COLOUR_DEFAULT &&
        (is_grey(look.foreground) || is_named_grey(look.foreground, depth)))
        look.foreground = COLOUR_DEFAULT;
    return look;
}
