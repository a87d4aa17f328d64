/* The three sets of glyphs: blocks (the default in UTF-8), braille, and ASCII for every other
 * locale. */
#include "ropescope/terminal.h"

#include <langinfo.h>
#include <string.h>

static const char *const names[GLYPH_SET_COUNT] = {"ascii", "blocks", "braille"};

static const struct glyphs ascii = {
    .set = GLYPHS_ASCII,
    .horizontal = '-',
    .vertical = '|',
    .top_left = '+',
    .top_right = '+',
    .bottom_left = '+',
    .bottom_right = '+',
    .tee_left = '+',
    .tee_right = '+',
    .tee_up = '+',
    .tee_down = '+',
    .cross = '+',
    .bar = {' ', '.', '.', ':', ':', '|', '|', '#', '#'},
    .side = {' ', ' ', ' ', ' ', '=', '=', '=', '#', '#'},
    .shade = {' ', '+', '*', '#', '@'},
    .dot = {' ', '.', '\'', ':'},
    .ramp = {' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'},
    .ramp_count = 10,
    .knob = 'O',
    .cursor = '>',
    .chance = '-',
    .chance_bar = '%',
    .cut_vertical = '!',
    .cut_horizontal = '~',
    .all_fixed = 'F',
    .all_free = 'o',
    .own_threshold = 't',
    .absent = 'x',
    .waiting = '_',
    .ellipsis = '~',
    .up = '^',
    .down = 'v',
    .left = '<',
    .right = '>',
};

/* Blocks and braille differ in the scatter alone, which asks for the set by name. */
#define UNICODE_GLYPHS                                                                             \
    .horizontal = 0x2500, .vertical = 0x2502, .top_left = 0x250c, .top_right = 0x2510,             \
    .bottom_left = 0x2514, .bottom_right = 0x2518, .tee_left = 0x2524, .tee_right = 0x251c,        \
    .tee_up = 0x2534, .tee_down = 0x252c, .cross = 0x253c,                                         \
    .bar = {' ', 0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588},                  \
    .side = {' ', 0x258f, 0x258e, 0x258d, 0x258c, 0x258b, 0x258a, 0x2589, 0x2588},                 \
    .shade = {' ', 0x2591, 0x2592, 0x2593, 0x2588}, .dot = {' ', '.', '\'', ':'},                  \
    .ramp = {' ', 0x2591, 0x2592, 0x2593, 0x2588}, .ramp_count = 5, .knob = 0x25cf,                \
    .cursor = 0x25b8, .chance = 0x00b7, .chance_bar = 0x2593, .cut_vertical = 0x2506,              \
    .cut_horizontal = 0x2504, .all_fixed = 0x25a0, .all_free = 0x25a1, .own_threshold = 0x25c7,    \
    .absent = 0x00d7, .waiting = 0x00b7, .ellipsis = 0x2026, .up = 0x2191, .down = 0x2193,         \
    .left = 0x2190, .right = 0x2192, .at_least_sign = true

static const struct glyphs blocks = {.set = GLYPHS_BLOCKS, UNICODE_GLYPHS};
static const struct glyphs braille = {.set = GLYPHS_BRAILLE, UNICODE_GLYPHS};

const char *glyph_set_name(enum glyph_set set)
{
    return set < GLYPH_SET_COUNT ? names[set] : "?";
}

bool glyph_set_from_name(const char *name, enum glyph_set *out)
{
    for (int set = 0; set < GLYPH_SET_COUNT; set++) {
        if (strcmp(name, names[set]) == 0) {
            *out = (enum glyph_set)set;
            return true;
        }
    }
    return false;
}

enum glyph_set glyph_set_of_locale(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? GLYPHS_BLOCKS : GLYPHS_ASCII;
}

const struct glyphs *glyphs_of(enum glyph_set set)
{
    return set == GLYPHS_BRAILLE ? &braille : set == GLYPHS_BLOCKS ? &blocks : &ascii;
}
