/* scatter_bands.c: the points of a scatter told apart by how fast they turn: a plot for each band
 * where there is room for four, and signs in one plot where there is not. */
#include "views/draw.h"

/* "below 32", "32-512", ... tokens a turn. */
static void band_words(char out[TEXT_NUMBER * 2], unsigned band)
{
    if (band == 0)
        text_format(out, TEXT_NUMBER * 2, "below %g", band_start[0]);
    else if (band == BANDS - 1)
        text_format(out, TEXT_NUMBER * 2, "%g on", band_start[band - 1]);
    else
        text_format(out, TEXT_NUMBER * 2, "%g-%g", band_start[band - 1], band_start[band]);
}

void scatter_band_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_LABEL), "tokens a turn:");
    for (unsigned band = 0; band < BANDS; band++) {
        char glyph[5] = {0}, words[TEXT_NUMBER * 2];
        text_encode(plot_band_glyph(glyphs, band), glyph);
        band_words(words, band);
        line_add(&line, plot_band_style(band), "  %s", glyph);
        line_add(&line, style_of(ROLE_LABEL), " %s", words);
    }
}

/* Plots side by side, 0: there is no room for them. One plot a band reads better than signs upon
 * signs, and a line of it that changes is sent in one colour. */
static int plots_abreast(struct rect inside)
{
    enum { COLS_LEAST = 26, ROWS_LEAST = 12 };
    if (inside.cols / BANDS >= COLS_LEAST && inside.rows >= ROWS_LEAST)
        return BANDS;
    return inside.cols / 2 >= COLS_LEAST && inside.rows / 2 >= ROWS_LEAST ? 2 : 0;
}

bool scatter_bands_apart(struct rect inside)
{
    return plots_abreast(inside) > 0;
}

static void draw_band(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct scatter_plot *all, uint8_t band)
{
    char words[TEXT_NUMBER * 2];
    struct scatter_plot plot = *all;
    plot.one_band = true;
    plot.shown_band = band;
    plot.cache = all->cache ? all->cache + band : NULL;
    plot.has_selection = all->has_selection && all->band[all->selected] == band;
    band_words(words, band);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_TITLE), "%s", words);
    line_add(&line, style_of(ROLE_LABEL), " tokens a turn");
    plot_scatter(canvas, (struct rect){rect.row + 1, rect.col, rect.rows - 1, rect.cols}, glyphs,
                 &plot);
}

bool scatter_bands(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct scatter_plot *plot)
{
    int abreast = plot->band ? plots_abreast(rect) : 0;
    if (abreast == 0)
        return false;
    int cols = rect.cols / abreast, rows = rect.rows / (BANDS / abreast);
    for (int band = 0; band < BANDS; band++) {
        struct rect part = {rect.row + band / abreast * rows, rect.col + band % abreast * cols,
                            rows, cols - 1};
        draw_band(canvas, part, glyphs, plot, (uint8_t)band);
    }
    return true;
}
