/* Colours as 0xRRGGBB brought to the 8, 16 or 256 that a terminal has. */
#include "ropescope/terminal.h"

static int channel(int32_t rgb, int shift)
{
    return rgb >> shift & 0xff;
}

static int distance(int32_t a, int32_t b)
{
    int red = channel(a, 16) - channel(b, 16), green = channel(a, 8) - channel(b, 8);
    int blue = channel(a, 0) - channel(b, 0);
    return red * red + green * green + blue * blue;
}

/* xterm's own sixteen; other palettes differ in shade but keep the names. */
static int nearest_named(int32_t rgb, int count)
{
    static const int32_t named[16] = {
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    };
    int best = 0;
    for (int i = 1; i < count; i++) {
        if (distance(rgb, named[i]) < distance(rgb, named[best]))
            best = i;
    }
    return best;
}

/* The step of the colour cube (0, 95, 135, 175, 215, 255) nearest to a channel. */
static int cube_step(int value)
{
    return value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40;
}

static int cube_value(int step)
{
    return step == 0 ? 0 : 55 + 40 * step;
}

/* The cube 16..231 or the greys 232..255, whichever is nearer; 0..15 are left alone since people
 * give them colours of their own. */
static int nearest_indexed(int32_t rgb)
{
    int red = channel(rgb, 16), green = channel(rgb, 8), blue = channel(rgb, 0);
    int r = cube_step(red), g = cube_step(green), b = cube_step(blue);
    int32_t cube = cube_value(r) << 16 | cube_value(g) << 8 | cube_value(b);
    int grey = ((red + green + blue) / 3 - 3) / 10; /* greys are 8, 18 .. 238 */
    grey = grey < 0 ? 0 : grey > 23 ? 23 : grey;
    int32_t grey_rgb = (8 + 10 * grey) * 0x010101;
    if (distance(rgb, grey_rgb) < distance(rgb, cube))
        return 232 + grey;
    return 16 + 36 * r + 6 * g + b;
}

int colour_nearest(int32_t rgb, enum colour_depth depth)
{
    switch (depth) {
    case COLOURS_8:
        return nearest_named(rgb, 8);
    case COLOURS_16:
        return nearest_named(rgb, 16);
    case COLOURS_256:
        return nearest_indexed(rgb);
    case COLOURS_DIRECT:
        return (int)rgb;
    case COLOURS_NONE:
        break;
    }
    return COLOUR_DEFAULT;
}
