/* svg.c: a figure on paper. Colours are those of Okabe & Ito (2008), which every eye tells apart,
 * and strokes differ, too. */
#include "ropescope/figure.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { WIDTH = 760, PANEL_HEIGHT = 420, LEFT = 76, RIGHT = 190, TOP = 46, BELOW = 56, HEAD = 24 };

static const char *const inks[INK_COUNT] = {
    [INK_QUERY] = "#0072b2",  [INK_KEY] = "#d55e00",   [INK_BOTH] = "#7b5ea7",
    [INK_CHANCE] = "#666666", [INK_FIRST] = "#e69f00", [INK_SECOND] = "#56b4e9",
    [INK_THIRD] = "#009e73",  [INK_FOURTH] = "#cc79a7"};
static const char cut_ink[] = "#b0005a";

/* Where a panel lies, and what of it is drawn. */
struct sheet {
    FILE *stream;
    const struct figure *figure;
    const struct figure_panel *panel;
    double top;
};

/* ---- numbers and texts --------------------------------------------------- */

static double along(const struct figure_axis *axis, double value)
{
    double low = axis->low, high = axis->high;
    if (axis->log)
        return (log(value) - log(low)) / (log(high) - log(low));
    return (value - low) / (high - low);
}

static double x_of(const struct sheet *sheet, double value)
{
    return LEFT + along(&sheet->panel->x, value) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct sheet *sheet, double value)
{
    double part = along(&sheet->panel->y, value), height = PANEL_HEIGHT - HEAD - BELOW;
    return sheet->top + HEAD + (sheet->panel->down ? part : 1 - part) * height;
}

/* Names come from files: what XML gives a meaning, and what it cannot hold. */
static void put_text(FILE *stream, const char *text)
{
    char printable[512];
    text_printable(printable, sizeof printable, text);
    for (const char *c = printable; *c; c++) {
        switch (*c) {
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '&':
            fputs("&amp;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        default:
            putc(*c, stream);
        }
    }
}

/* A text at a place; `more` are further attributes. */
static void put_words(FILE *stream, double x, double y, const char *more, const char *text)
{
    fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, more);
    put_text(stream, text);
    fputs("</text>\n", stream);
}

static void put_line(FILE *stream, double x1, double y1, double x2, double y2, const char *more)
{
    fprintf(stream, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2,
            more);
}

/* ---- axes ---------------------------------------------------------------- */

static void put_axes(const struct sheet *sheet)
{
    static const char line[] = "stroke=\"#333333\"", grid[] = "stroke=\"#e2e2e2\"";
    const struct figure_panel *panel = sheet->panel;
    double left = LEFT, right = WIDTH - RIGHT, top = sheet->top + HEAD,
           bottom = sheet->top + PANEL_HEIGHT - BELOW;
    char number[TEXT_NUMBER], turned[96];
    for (size_t i = 0; i < panel->x.ticks; i++) {
        double x = x_of(sheet, panel->x.tick[i]);
        put_line(sheet->stream, x, top, x, bottom, grid);
        put_line(sheet->stream, x, bottom, x, bottom + 5, line);
        text_format(number, sizeof number, "%g", panel->x.tick[i]);
        put_words(sheet->stream, x, bottom + 19, "text-anchor=\"middle\"", number);
    }
    for (size_t i = 0; i < panel->y.ticks; i++) {
        double y = y_of(sheet, panel->y.tick[i]);
        put_line(sheet->stream, left, y, right, y, grid);
        put_line(sheet->stream, left - 5, y, left, y, line);
        text_format(number, sizeof number, "%g", panel->y.tick[i]);
        put_words(sheet->stream, left - 9, y + 4, "text-anchor=\"end\"", number);
    }
    put_line(sheet->stream, left, bottom, right, bottom, line);
    put_line(sheet->stream, left, top, left, bottom, line);
    put_words(sheet->stream, (left + right) / 2, bottom + 40, "text-anchor=\"middle\"",
              panel->x.label);
    text_format(turned, sizeof turned, "text-anchor=\"middle\" transform=\"rotate(-90 18 %.1f)\"",
                (top + bottom) / 2);
    put_words(sheet->stream, 18, (top + bottom) / 2, turned, panel->y.label);
    put_words(sheet->stream, left, top - 8, "font-weight=\"bold\"", panel->title);
}

/* Where the run of one head ends and that of the next begins: half a place before its first. */
static void put_steps(const struct sheet *sheet)
{
    const struct figure_axis *axis = &sheet->panel->x;
    double step = sheet->panel->step, at = step > 0 ? step * ceil(axis->low / step) : INFINITY;
    for (; at - 0.5 < axis->high; at += step)
        if (at - 0.5 > axis->low)
            put_line(sheet->stream, x_of(sheet, at - 0.5), sheet->top + HEAD, x_of(sheet, at - 0.5),
                     sheet->top + PANEL_HEIGHT - BELOW, "stroke=\"#999999\" stroke-width=\"0.6\"");
}

static void put_cut(FILE *stream, double x1, double y1, double x2, double y2)
{
    char more[96];
    text_format(more, sizeof more, "stroke=\"%s\" stroke-dasharray=\"3 3\"", cut_ink);
    put_line(stream, x1, y1, x2, y2, more);
}

/* NaN is never inside. */
static bool is_inside(const struct figure_axis *axis, double value)
{
    return value > axis->low && value < axis->high;
}

static void put_cuts(const struct sheet *sheet)
{
    const struct figure_panel *panel = sheet->panel;
    for (int i = 0; i < FIGURE_CUTS; i++) {
        if (is_inside(&panel->x, panel->cut_x[i]))
            put_cut(sheet->stream, x_of(sheet, panel->cut_x[i]), sheet->top + HEAD,
                    x_of(sheet, panel->cut_x[i]), sheet->top + PANEL_HEIGHT - BELOW);
        if (is_inside(&panel->y, panel->cut_y[i]))
            put_cut(sheet->stream, LEFT, y_of(sheet, panel->cut_y[i]), WIDTH - RIGHT,
                    y_of(sheet, panel->cut_y[i]));
    }
}

static bool has_cut(const struct figure_panel *panel)
{
    bool has = false;
    for (int i = 0; i < FIGURE_CUTS; i++)
        has = has || is_inside(&panel->x, panel->cut_x[i]) || is_inside(&panel->y, panel->cut_y[i]);
    return has;
}

/* ---- series -------------------------------------------------------------- */

static const char *dashes_of(const struct figure_series *series)
{
    static const char *const of_model[] = {"none", "8 3", "2 3", "10 3 2 3"};
    return series->dashed ? "2 4" : of_model[series->model < 4 ? series->model : 3];
}

static void put_path(const struct sheet *sheet, const struct figure_series *series)
{
    bool pen_down = false;
    fprintf(sheet->stream,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-dasharray=\"%s\" d=\"",
            inks[series->ink], series->ink == INK_CHANCE ? "1.2" : "1.8", dashes_of(series));
    for (size_t i = 0; i < series->count; i++) {
        bool there = isfinite(series->x[i]) && isfinite(series->y[i]);
        if (there)
            fprintf(sheet->stream, "%c%.2f %.2f", pen_down ? 'L' : 'M', x_of(sheet, series->x[i]),
                    y_of(sheet, series->y[i]));
        pen_down = there;
    }
    fputs("\"/>\n", sheet->stream);
}

/* A point is a line of no length with round ends: the shortest way to say it. */
static void put_points(const struct sheet *sheet, const struct figure_series *series)
{
    const struct figure_panel *panel = sheet->panel;
    fprintf(sheet->stream,
            "<path fill=\"none\" stroke=\"%s\" stroke-width=\"3.4\" stroke-linecap=\"round\" "
            "stroke-opacity=\"%s\" d=\"",
            inks[series->ink], series->count > 2000 ? "0.3" : "0.7");
    for (size_t i = 0; i < series->count; i++)
        if (series->x[i] >= panel->x.low && series->x[i] <= panel->x.high &&
            series->y[i] >= panel->y.low && series->y[i] <= panel->y.high)
            fprintf(sheet->stream, "M%.2f %.2fh0", x_of(sheet, series->x[i]),
                    y_of(sheet, series->y[i]));
    fputs("\"/>\n", sheet->stream);
}

static void put_bars(const struct sheet *sheet, const struct figure_series *series)
{
    fprintf(sheet->stream, "<g fill=\"%s\">\n", inks[series->ink]);
    for (size_t i = 0; i < series->count; i++) {
        double x = x_of(sheet, series->x[i]), end = x_of(sheet, series->x2[i]);
        double y = y_of(sheet, series->y[i]);
        if (series->y[i] > 0)
            fprintf(sheet->stream, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>\n",
                    x, y, (end - x) * 0.94, y_of(sheet, 0) - y);
    }
    fputs("</g>\n", sheet->stream);
}

/* From the first place on along y, and back along x2. */
static void put_range(const struct sheet *sheet, const struct figure_series *series)
{
    for (size_t first = 0, end; first < series->count; first = end) {
        for (; first < series->count && isnan(series->y[first]); first++) {
        }
        for (end = first; end < series->count && !isnan(series->y[end]); end++) {
        }
        if (end <= first)
            break;
        fprintf(sheet->stream, "<path stroke=\"none\" fill=\"%s\" fill-opacity=\"0.16\" d=\"",
                inks[series->ink]);
        for (size_t i = first; i < end; i++)
            fprintf(sheet->stream, "%c%.2f %.2f", i == first ? 'M' : 'L', x_of(sheet, series->x[i]),
                    y_of(sheet, series->y[i]));
        for (size_t i = end; i-- > first;)
            fprintf(sheet->stream, "L%.2f %.2f", x_of(sheet, series->x[i]),
                    y_of(sheet, series->x2[i]));
        fputs("Z\"/>\n", sheet->stream);
    }
}

/* Viridis, as the default theme has it. */
static void cell_colour(char out[8], double part)
{
    static const unsigned char stops[][3] = {{0x44, 0x01, 0x54}, {0x41, 0x44, 0x87},
                                             {0x2a, 0x78, 0x8e}, {0x22, 0xa8, 0x84},
                                             {0x7a, 0xd1, 0x51}, {0xfd, 0xe7, 0x25}};
    enum { STOPS = sizeof stops / sizeof *stops };
    double place = fmin(fmax(part, 0), 1) * (STOPS - 1);
    int stop = place < STOPS - 1 ? (int)place : STOPS - 2;
    unsigned rgb[3];
    for (int i = 0; i < 3; i++)
        rgb[i] =
            (unsigned)(stops[stop][i] + (place - stop) * (stops[stop + 1][i] - stops[stop][i]));
    text_format(out, 8, "#%02x%02x%02x", rgb[0] & 255, rgb[1] & 255, rgb[2] & 255);
}

static void put_cells(const struct sheet *sheet, const struct figure_series *series)
{
    const struct figure *figure = sheet->figure;
    double wide = fabs(x_of(sheet, 1) - x_of(sheet, 0)),
           high = fabs(y_of(sheet, 1) - y_of(sheet, 0));
    for (size_t i = 0; i < series->count; i++) {
        char colour[8] = "#dddddd";
        if (!isnan(series->x2[i]))
            cell_colour(colour, (series->x2[i] - figure->value_low) /
                                    (figure->value_high - figure->value_low));
        fprintf(sheet->stream,
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\"/>\n",
                x_of(sheet, series->x[i]) - wide / 2, y_of(sheet, series->y[i]) - high / 2, wide,
                high, colour);
    }
}

static void put_series(const struct sheet *sheet, const struct figure_series *series)
{
    static void (*const put[])(const struct sheet *,
                               const struct figure_series *) = {[FIGURE_LINE] = put_path,
                                                                [FIGURE_POINTS] = put_points,
                                                                [FIGURE_BARS] = put_bars,
                                                                [FIGURE_RANGE] = put_range,
                                                                [FIGURE_CELLS] = put_cells};
    put[series->kind](sheet, series);
}

/* ---- legends ------------------------------------------------------------- */

static void put_sign(const struct sheet *sheet, const struct figure_series *series, double x,
                     double y)
{
    char more[160];
    const char *ink = inks[series->ink];
    if (series->kind == FIGURE_LINE) {
        text_format(more, sizeof more, "stroke=\"%s\" stroke-width=\"1.8\" stroke-dasharray=\"%s\"",
                    ink, dashes_of(series));
        put_line(sheet->stream, x, y - 4, x + 22, y - 4, more);
        return;
    }
    fprintf(sheet->stream,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"10\" fill=\"%s\"%s/>\n", x + 5,
            y - 9, ink, series->kind == FIGURE_RANGE ? " fill-opacity=\"0.25\"" : "");
}

static void put_legend(const struct sheet *sheet)
{
    double x = WIDTH - RIGHT + 14, y = sheet->top + HEAD + 12;
    for (size_t i = 0; i < sheet->panel->count; i++) {
        const struct figure_series *series = &sheet->panel->series[i];
        if (!*series->label)
            continue;
        put_sign(sheet, series, x, y);
        put_words(sheet->stream, x + 28, y, "", series->label);
        y += 18;
    }
    if (has_cut(sheet->panel)) {
        put_cut(sheet->stream, x, y - 4, x + 22, y - 4);
        put_words(sheet->stream, x + 28, y, "",
                  *sheet->panel->cut_label ? sheet->panel->cut_label : "threshold");
    }
}

/* What the colours of cells are. */
static void put_scale(const struct sheet *sheet)
{
    enum { STEPS = 40, HEIGHT = 160 };
    double x = WIDTH - RIGHT + 20, top = sheet->top + HEAD + 24;
    char number[TEXT_NUMBER];
    for (int i = 0; i < STEPS; i++) {
        char colour[8];
        cell_colour(colour, (i + 0.5) / STEPS);
        fprintf(sheet->stream,
                "<rect x=\"%.1f\" y=\"%.2f\" width=\"14\" height=\"%.2f\" fill=\"%s\"/>\n", x,
                top + HEIGHT - (i + 1.0) * HEIGHT / STEPS, (double)HEIGHT / STEPS + 0.2, colour);
    }
    text_format(number, sizeof number, "%.3g", sheet->figure->value_high);
    put_words(sheet->stream, x + 20, top + 9, "", number);
    text_format(number, sizeof number, "%.3g", sheet->figure->value_low);
    put_words(sheet->stream, x + 20, top + HEIGHT, "", number);
    put_words(sheet->stream, x, top - 8, "", sheet->figure->value_label);
}

/* ---- the whole ----------------------------------------------------------- */

static void put_panel(const struct sheet *sheet)
{
    bool cells = false;
    put_axes(sheet);
    put_steps(sheet);
    for (size_t i = 0; i < sheet->panel->count; i++) {
        put_series(sheet, &sheet->panel->series[i]);
        cells = cells || sheet->panel->series[i].kind == FIGURE_CELLS;
    }
    put_cuts(sheet);
    if (cells)
        put_scale(sheet);
    else
        put_legend(sheet);
}

enum status figure_write_svg(const struct figure *figure, FILE *stream, struct error *err)
{
    int height = TOP + PANEL_HEIGHT * (int)figure->panels;
    fprintf(stream,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#222222\">\n"
            "<title>",
            WIDTH, height, WIDTH, height);
    put_text(stream, figure->title);
    fprintf(stream, "</title>\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", WIDTH,
            height);
    put_words(stream, LEFT, 28, "font-size=\"15\" font-weight=\"bold\"", figure->title);
    for (size_t p = 0; p < figure->panels && signals_caught() == 0; p++) {
        struct sheet sheet = {stream, figure, &figure->panel[p], TOP + PANEL_HEIGHT * (double)p};
        put_panel(&sheet);
    }
    fputs("</svg>\n", stream);
    if (fflush(stream) != 0 || ferror(stream))
        return error_set(err, STATUS_FAILED, "%s", strerror(errno));
    return signals_caught() ? error_set(err, STATUS_CANCELLED, "interrupted") : STATUS_OK;
}
