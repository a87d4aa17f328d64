/* plot_frame.c: a plot with both of its axes: where they, their numbers and what lies between them
 * have room. */
#include "terminal/plot.h"

enum { INSIDE_ROWS_MIN = 3, INSIDE_COLS_MIN = 6 };

void plot_frame_fit(struct plot_frame *frame, struct rect rect, bool header, int most_cols,
                    const struct axis *x, const struct axis *y)
{
    *frame = (struct plot_frame){.inside = plot_rect(rect), .x = *x, .y = *y};
    struct rect *inside = &frame->inside;
    frame->below = inside->rows >= INSIDE_ROWS_MIN + 2;
    inside->rows -= frame->below ? 2 : 0;
    frame->header = header && inside->rows > INSIDE_ROWS_MIN;
    inside->rows -= frame->header;
    inside->row += frame->header;
    frame->y.cells = inside->rows;
    int label_cols = tick_labels_stack(&frame->rows, &frame->y);
    frame->left = inside->cols >= label_cols + 1 + INSIDE_COLS_MIN;
    if (frame->left) {
        inside->col += label_cols + 1;
        inside->cols -= label_cols + 1;
    }
    int square = 2 * inside->rows; /* a cell is about twice as high as wide */
    int most = square > most_cols ? square : most_cols;
    if (inside->cols > most)
        inside->cols = most;
    frame->x.cells = inside->cols;
}

static void draw_left(const struct plot_frame *frame, struct canvas *canvas,
                      const struct glyphs *glyphs)
{
    struct rect inside = frame->inside;
    int line = inside.col - 1;
    canvas_fill(canvas, (struct rect){inside.row, line, inside.rows, 1}, glyphs->vertical,
                style_of(ROLE_BORDER));
    for (size_t i = 0; i < frame->rows.count; i++) {
        int row = inside.row + inside.rows - 1 - frame->rows.cell[i];
        int width = canvas_text_width(frame->rows.text[i]);
        canvas_text(canvas, row, line - width, width, style_of(ROLE_LABEL), NULL,
                    frame->rows.text[i]);
        canvas_put(canvas, row, line, glyphs->tee_left, style_of(ROLE_BORDER));
    }
}

static void draw_below(const struct plot_frame *frame, struct canvas *canvas,
                       const struct glyphs *glyphs)
{
    struct rect inside = frame->inside;
    struct tick_labels labels;
    int line = inside.row + inside.rows;
    tick_labels_fit(&labels, &frame->x);
    canvas_fill(canvas, (struct rect){line, inside.col, 1, inside.cols}, glyphs->horizontal,
                style_of(ROLE_BORDER));
    for (size_t i = 0; i < labels.count; i++)
        canvas_put(canvas, line, inside.col + labels.cell[i], glyphs->tee_down,
                   style_of(ROLE_BORDER));
    if (frame->left)
        canvas_put(canvas, line, inside.col - 1, glyphs->bottom_left, style_of(ROLE_BORDER));
    tick_labels_draw(&labels, canvas, line + 1, inside.col);
}

/* "^ name of y" at the left, "name of x >" at the right, each in its half of the row. */
static void draw_header(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const char *x_label, const char *y_label)
{
    struct style style = style_of(ROLE_LABEL);
    int half = (rect.cols - 1) / 2 - 2; /* without arrow and space */
    if (half < 1)
        return;
    if (y_label) {
        canvas_put(canvas, rect.row, rect.col, glyphs->up, style);
        canvas_text(canvas, rect.row, rect.col + 2, half, style, glyphs, y_label);
    }
    if (x_label) {
        int width = canvas_text_width(x_label);
        int end = rect.col + rect.cols - 1;
        width = width < half ? width : half;
        canvas_text(canvas, rect.row, end - 1 - width, width, style, glyphs, x_label);
        canvas_put(canvas, rect.row, end, glyphs->right, style);
    }
}

void plot_frame_draw(const struct plot_frame *frame, struct canvas *canvas, struct rect rect,
                     const struct glyphs *glyphs, const char *x_label, const char *y_label)
{
    if (frame->header)
        draw_header(canvas, plot_rect(rect), glyphs, x_label, y_label);
    if (frame->left)
        draw_left(frame, canvas, glyphs);
    if (frame->below)
        draw_below(frame, canvas, glyphs);
}
