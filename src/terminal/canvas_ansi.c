/* canvas_ansi.c: the canvas as text with ANSI escape codes, for files and pages that keep colours.
 */
#include "ropescope/terminal.h"

static bool same(struct look a, struct look b)
{
    return a.foreground == b.foreground && a.background == b.background && a.flags == b.flags;
}

/* The parameters of a colour; `base` 30 for the foreground, 40 for the background. */
static void write_colour(FILE *stream, int32_t rgb, int base, enum colour_depth depth)
{
    int index = colour_nearest(rgb, depth);
    if (rgb < 0 || index < 0)
        return;
    if (depth == COLOURS_DIRECT)
        fprintf(stream, ";%d;2;%d;%d;%d", base + 8, rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255);
    else if (depth == COLOURS_256)
        fprintf(stream, ";%d;5;%d", base + 8, index);
    else
        fprintf(stream, ";%d", index < 8 ? base + index : base + 60 + index - 8);
}

static void write_look(FILE *stream, struct look look, enum colour_depth depth)
{
    fputs("\033[0", stream);
    if (look.flags & STYLE_BOLD)
        fputs(";1", stream);
    if (look.flags & STYLE_UNDERLINE)
        fputs(";4", stream);
    if (look.flags & STYLE_REVERSE)
        fputs(";7", stream);
    write_colour(stream, look.foreground, 30, depth);
    write_colour(stream, look.background, 40, depth);
    putc('m', stream);
}

static void write_code(FILE *stream, uint32_t code)
{
    char bytes[4] = {0};
    if (code != 0)
        fwrite(bytes, 1, text_encode(code, bytes), stream);
}

bool canvas_write_ansi(const struct canvas *canvas, const struct theme *theme,
                       enum colour_depth depth, FILE *stream)
{
    static const struct look plain = {COLOUR_DEFAULT, COLOUR_DEFAULT, 0};
    for (int row = 0; row < canvas->rows; row++) {
        const struct canvas_cell *cells = &canvas->cells[(size_t)row * (size_t)canvas->cols];
        struct look now = plain;
        for (int col = 0; col < canvas->cols; col++) {
            struct look look = theme_look(theme, cells[col].style, depth);
            if (!same(look, now) && cells[col].code != 0) {
                write_look(stream, look, depth);
                now = look;
            }
            write_code(stream, cells[col].code);
            write_code(stream, cells[col].combining);
        }
        if (!same(now, plain))
            fputs("\033[0m", stream);
        putc('\n', stream);
    }
    return !ferror(stream);
}
