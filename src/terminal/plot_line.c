/* Lines: fractions against a threshold, with marks on the axis and a cut. */
#include "terminal/plot.h"

#include <math.h>

enum { ALL_COLS = 1000, BRAILLE = 0x2800, BRAILLE_LAST = 0x28FF };

static void lay_out(struct plot_frame *frame, struct rect rect, const struct line_plot *plot)
{
    const struct axis x = {plot->low, plot->high, 0, plot->scale};
    const struct axis y = {plot->y_low, plot->y_high, 0, AXIS_LINEAR};
    plot_frame_fit(frame, rect, plot->x_label || plot->y_label, ALL_COLS, &x, &y);
}

struct rect plot_line_inside(struct rect rect, const struct line_plot *plot)
{
    struct plot_frame frame;
    lay_out(&frame, rect, plot);
    return frame.inside;
}

struct axis plot_line_samples(struct rect rect, const struct glyphs *glyphs,
                              const struct line_plot *plot)
{
    struct plot_frame frame;
    lay_out(&frame, rect, plot);
    frame.x.cells *= glyphs->set == GLYPHS_BRAILLE ? 2 : 1;
    return frame.x;
}

void plot_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct line_plot *plot)
{
    struct plot_frame frame;
    lay_out(&frame, rect, plot);
    struct rect inside = frame.inside;
    if (rect_empty(inside))
        return;
    plot_frame_draw(&frame, canvas, rect, glyphs, plot->x_label, plot->y_label);
    for (size_t i = 0; i < plot->marks && frame.below; i++) {
        int col = axis_cell(&frame.x, plot->mark[i]);
        if (col >= 0)
            canvas_put(canvas, inside.row + inside.rows, inside.col + col, glyphs->up,
                       style_of(ROLE_NOTICE));
    }
    int cut = axis_cell(&frame.x, plot->cut);
    if (cut >= 0)
        canvas_fill(canvas, (struct rect){inside.row, inside.col + cut, inside.rows, 1},
                    glyphs->cut_vertical, style_of(ROLE_THRESHOLD));
}

/* ---- strokes ------------------------------------------------------------- */

/* Pieces of a line: along, up and down, and round the corners from the left or to the right of
 * what goes up or down there. */
enum piece { ALONG, UPRIGHT, LEFT_DOWN, LEFT_UP, RIGHT_UP, RIGHT_DOWN, PIECES };
static const uint32_t pieces[STROKE_COUNT][PIECES] = {
    [STROKE_LIGHT] = {0x2500, 0x2502, 0x2510, 0x2518, 0x2514, 0x250c},
    [STROKE_HEAVY] = {0x2501, 0x2503, 0x2513, 0x251b, 0x2517, 0x250f},
    [STROKE_DOUBLE] = {0x2550, 0x2551, 0x2557, 0x255d, 0x255a, 0x2554},
    [STROKE_THIN] = {0x2508, 0x250a, 0x2508, 0x2508, 0x2508, 0x2508},
};

static uint32_t piece_glyph(const struct glyphs *glyphs, const struct line_series *series,
                            enum piece piece)
{
    if (series->stroke == STROKE_DOTS)
        return glyphs->chance;
    if (glyphs->set != GLYPHS_ASCII)
        return pieces[series->stroke][piece];
    return series->letter ? (unsigned char)series->letter : '.';
}

uint32_t plot_line_glyph(const struct glyphs *glyphs, enum stroke stroke, char letter)
{
    struct line_series series = {.stroke = stroke, .letter = letter};
    bool named = glyphs->set == GLYPHS_BRAILLE && letter;
    return named ? (unsigned char)letter : piece_glyph(glyphs, &series, ALONG);
}

/* Rows from the top of the samples; -1 where there is a gap. */
static int row_of(const struct axis *y, double value)
{
    if (isnan(value))
        return -1;
    double within = value < y->low ? y->low : value > y->high ? y->high : value;
    return y->cells - 1 - axis_cell(y, within);
}

static void draw_strokes(struct canvas *canvas, const struct plot_frame *frame,
                         const struct glyphs *glyphs, const struct line_series *series)
{
    struct rect inside = frame->inside;
    struct style style = style_of(series->role);
    int before = -1;
    for (int col = 0; col < inside.cols; col++) {
        int row = row_of(&frame->y, series->y[col]), from = before < 0 ? row : before;
        before = row;
        if (row < 0)
            continue;
        int top = row < from ? row : from, bottom = row < from ? from : row;
        for (int r = top; r <= bottom; r++) {
            enum piece piece = top == bottom ? ALONG
                               : r == from   ? (row > from ? LEFT_DOWN : LEFT_UP)
                               : r == row    ? (row > from ? RIGHT_UP : RIGHT_DOWN)
                                             : UPRIGHT;
            if (series->stroke != STROKE_DOTS || r != from || r == row)
                canvas_put(canvas, inside.row + r, inside.col + col,
                           piece_glyph(glyphs, series, piece), style);
        }
    }
}

/* ---- dots of braille ----------------------------------------------------- */

/* Which of its dots a stroke leaves out. */
static bool dotted(const struct line_series *series, int sample, int row)
{
    switch (series->stroke) {
    case STROKE_HEAVY:
        return sample % 4 != 3;
    case STROKE_DOTS:
        return (sample + row) % 4 == 0; /* along and upright alike */
    case STROKE_THIN:
        return sample % 2 == 0;
    default:
        return true;
    }
}

static void put_dot(struct canvas *canvas, struct rect inside, int row, int sample,
                    struct style style)
{
    static const uint8_t bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    int at_row = inside.row + row / 4, at_col = inside.col + sample / 2;
    if (at_row < 0 || at_row >= canvas->rows || at_col < 0 || at_col >= canvas->cols)
        return;
    const struct canvas_cell *cell = &canvas->cells[at_row * canvas->cols + at_col];
    bool thin = cell->style.role == ROLE_DIM && style.role != ROLE_DIM; /* it gives way */
    bool joins = cell->code >= BRAILLE && cell->code <= BRAILLE_LAST && !thin;
    uint32_t dots = joins ? cell->code : BRAILLE;
    canvas_put(canvas, at_row, at_col, dots | bit[row % 4][sample % 2], style);
}

/* Letters stand where no other line of the plot has one. */
static void put_letters(struct canvas *canvas, const struct plot_frame *frame,
                        const struct line_series *series)
{
    enum { EVERY = 18 };
    const struct axis *y = &frame->y;
    for (int col = 2 + (int)series->stroke * (EVERY / 3); col < frame->inside.cols; col += EVERY) {
        int row = row_of(y, series->y[2 * col]);
        if (row >= 0 && series->letter)
            canvas_put(canvas, frame->inside.row + row, frame->inside.col + col,
                       (unsigned char)series->letter, style_with(series->role, STYLE_BOLD));
    }
}

static void draw_dots(struct canvas *canvas, const struct plot_frame *frame,
                      const struct line_series *series)
{
    struct axis y = frame->y;
    y.cells *= 4;
    int before = -1;
    for (int i = 0; i < 2 * frame->inside.cols; i++) {
        int row = row_of(&y, series->y[i]);
        int from = before < 0 ? row : before;
        before = row;
        if (row < 0)
            continue;
        int top = row < from ? row : from + (from < row), bottom = row < from ? from - 1 : row;
        for (int r = top; r <= bottom; r++)
            if (dotted(series, i, r))
                put_dot(canvas, frame->inside, r, i, style_of(series->role));
    }
    put_letters(canvas, frame, series);
}

void plot_line_add(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct line_plot *plot, const struct line_series *series)
{
    struct plot_frame frame;
    lay_out(&frame, rect, plot);
    if (rect_empty(frame.inside))
        return;
    if (glyphs->set == GLYPHS_BRAILLE)
        draw_dots(canvas, &frame, series);
    else
        draw_strokes(canvas, &frame, glyphs, series);
}
