/* The scatter: points by density with round ticks, labels and the threshold box. */
#include "terminal/plot.h"

#include <math.h>

enum { INSIDE_ROWS_MIN = 3, INSIDE_COLS_MIN = 6 };

/* Where the parts of the plot lie in its rect. */
struct layout {
    struct rect inside;
    bool header;      /* a first row with the names of the axes */
    bool below;       /* two last rows: the x axis and its numbers */
    bool left;        /* columns for the numbers of the y axis and its line */
    struct axis x, y; /* a cell is a column, a row counted from below */
    struct tick_labels rows;
    int label_cols;
};

static void lay_out(struct layout *layout, struct rect rect, const struct scatter_plot *plot)
{
    struct rect area = plot_rect(rect);
    *layout = (struct layout){.inside = area};
    struct rect *inside = &layout->inside;
    layout->below = inside->rows >= INSIDE_ROWS_MIN + 2;
    inside->rows -= layout->below ? 2 : 0;
    layout->header = (plot->x_label || plot->y_label) && inside->rows > INSIDE_ROWS_MIN;
    inside->rows -= layout->header;
    inside->row += layout->header;
    layout->y = (struct axis){plot->low, plot->high, inside->rows, false};
    layout->label_cols = tick_labels_stack(&layout->rows, &layout->y);
    layout->left = inside->cols >= layout->label_cols + 1 + INSIDE_COLS_MIN;
    if (layout->left) {
        inside->col += layout->label_cols + 1;
        inside->cols -= layout->label_cols + 1;
    }
    layout->x = (struct axis){plot->low, plot->high, inside->cols, false};
}

struct rect plot_scatter_inside(struct rect rect, const struct scatter_plot *plot)
{
    struct layout layout;
    lay_out(&layout, rect, plot);
    return layout.inside;
}

/* ---- axes ---------------------------------------------------------------- */

static void draw_left(const struct layout *layout, struct canvas *canvas,
                      const struct glyphs *glyphs)
{
    struct rect inside = layout->inside;
    int line = inside.col - 1;
    canvas_fill(canvas, (struct rect){inside.row, line, inside.rows, 1}, glyphs->vertical,
                style_of(ROLE_BORDER));
    for (size_t i = 0; i < layout->rows.count; i++) {
        int row = inside.row + inside.rows - 1 - layout->rows.cell[i];
        int width = canvas_text_width(layout->rows.text[i]);
        canvas_text(canvas, row, line - width, width, style_of(ROLE_LABEL), NULL,
                    layout->rows.text[i]);
        canvas_put(canvas, row, line, glyphs->tee_left, style_of(ROLE_BORDER));
    }
}

static void draw_below(const struct layout *layout, struct canvas *canvas,
                       const struct glyphs *glyphs)
{
    struct rect inside = layout->inside;
    struct tick_labels labels;
    int line = inside.row + inside.rows;
    tick_labels_fit(&labels, &layout->x);
    canvas_fill(canvas, (struct rect){line, inside.col, 1, inside.cols}, glyphs->horizontal,
                style_of(ROLE_BORDER));
    for (size_t i = 0; i < labels.count; i++)
        canvas_put(canvas, line, inside.col + labels.cell[i], glyphs->tee_down,
                   style_of(ROLE_BORDER));
    if (layout->left)
        canvas_put(canvas, line, inside.col - 1, glyphs->bottom_left, style_of(ROLE_BORDER));
    tick_labels_draw(&labels, canvas, line + 1, inside.col);
}

/* "^ name of y" at the left, "name of x >" at the right, each in its half of the row. */
static void draw_header(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct scatter_plot *plot)
{
    struct style style = style_of(ROLE_LABEL);
    int half = (rect.cols - 1) / 2 - 2; /* without arrow and space */
    if (half < 1)
        return;
    if (plot->y_label) {
        canvas_put(canvas, rect.row, rect.col, glyphs->up, style);
        canvas_text(canvas, rect.row, rect.col + 2, half, style, glyphs, plot->y_label);
    }
    if (plot->x_label) {
        int width = canvas_text_width(plot->x_label);
        int end = rect.col + rect.cols - 1;
        width = width < half ? width : half;
        canvas_text(canvas, rect.row, end - 1 - width, width, style, glyphs, plot->x_label);
        canvas_put(canvas, rect.row, end, glyphs->right, style);
    }
}

/* ---- the threshold box --------------------------------------------------- */

/* Cells of the lines |x| = t and |y| = t that bound the box; -1 where they lie outside the plot. */
struct box {
    bool shown;
    int left, right, bottom, top;
};

static struct box box_of(const struct layout *layout, double threshold)
{
    struct axis x = layout->x, y = layout->y;
    if (!(threshold >= x.low && -threshold <= x.high))
        return (struct box){.shown = false};
    return (struct box){true, axis_cell(&x, -threshold), axis_cell(&x, threshold),
                        axis_cell(&y, -threshold), axis_cell(&y, threshold)};
}

/* The glyph of the box's line in a cell (row counted from below), 0 where there is none. */
static uint32_t box_glyph(const struct box *box, const struct glyphs *glyphs, int row, int col)
{
    bool within = box->shown && col >= box->left && (box->right < 0 || col <= box->right) &&
                  row >= box->bottom && (box->top < 0 || row <= box->top);
    bool at_left = col == box->left, at_right = col == box->right;
    bool at_bottom = row == box->bottom, at_top = row == box->top;
    if (!within || !(at_left || at_right || at_bottom || at_top))
        return 0;
    bool narrow = at_left && at_right, flat = at_bottom && at_top; /* a box of one cell's breadth */
    if (narrow || flat)
        return narrow && flat ? glyphs->cross
               : narrow       ? glyphs->cut_vertical
                              : glyphs->cut_horizontal;
    if ((at_left || at_right) && at_top)
        return at_left ? glyphs->top_left : glyphs->top_right;
    if ((at_left || at_right) && at_bottom)
        return at_left ? glyphs->bottom_left : glyphs->bottom_right;
    return at_left || at_right ? glyphs->cut_vertical : glyphs->cut_horizontal;
}

/* ---- points -------------------------------------------------------------- */

/* What falls into one cell: how many points, and which of its parts they take. */
struct heap {
    uint32_t count;
    uint8_t parts; /* bit (row from the top) * (columns of parts) + column */
};

struct grid {
    struct heap *heaps; /* (row from the top, col) */
    int part_rows, part_cols;
    uint32_t highest;
};

static bool count_points(struct grid *grid, const struct layout *layout,
                         const struct scatter_plot *plot, enum glyph_set set)
{
    struct rect inside = layout->inside;
    grid->part_cols = set == GLYPHS_BRAILLE ? 2 : 1;
    grid->part_rows = set == GLYPHS_BRAILLE ? 4 : 2;
    grid->heaps = memory_array((size_t)inside.rows * (size_t)inside.cols, sizeof *grid->heaps);
    if (!grid->heaps)
        return false;
    struct axis x = layout->x, y = layout->y;
    x.cells *= grid->part_cols;
    y.cells *= grid->part_rows;
    for (size_t i = 0; i < plot->count; i++) {
        int col = axis_cell(&x, (double)plot->x[i]), row = axis_cell(&y, (double)plot->y[i]);
        if (col < 0 || row < 0)
            continue;
        row = y.cells - 1 - row;
        size_t cell =
            (size_t)(row / grid->part_rows) * (size_t)inside.cols + (size_t)(col / grid->part_cols);
        int part = row % grid->part_rows * grid->part_cols + col % grid->part_cols;
        struct heap *heap = &grid->heaps[cell];
        heap->parts = (uint8_t)(heap->parts | 1u << part);
        heap->count += heap->count < UINT32_MAX;
        grid->highest = heap->count > grid->highest ? heap->count : grid->highest;
    }
    return true;
}

static uint32_t braille_glyph(uint8_t parts)
{
    static const uint8_t dots[8] = {0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80};
    uint32_t code = 0x2800;
    for (int part = 0; part < 8; part++)
        code |= parts >> part & 1 ? dots[part] : 0u;
    return code;
}

/* Up to two points are dots in the half they lie in; more are shades on a log scale that ends at
 * the fullest cell. */
static uint32_t shade_glyph(const struct heap *heap, uint32_t highest, const struct glyphs *glyphs)
{
    enum { DOTS_MAX = 2, SHADES = 4 };
    if (heap->count <= DOTS_MAX)
        return glyphs->dot[(heap->parts >> 1 & 1) | (heap->parts & 1) << 1];
    double part = log((double)heap->count / DOTS_MAX) / log((double)highest / DOTS_MAX);
    int shade = 1 + (int)(part * SHADES);
    return glyphs->shade[highest <= 2 * DOTS_MAX ? 1 : shade > SHADES ? SHADES : shade];
}

static void draw_points(struct canvas *canvas, const struct layout *layout, const struct grid *grid,
                        const struct box *box, const struct glyphs *glyphs)
{
    struct rect inside = layout->inside;
    const struct heap *heap = grid->heaps;
    uint32_t dense = (uint32_t)(grid->part_rows * grid->part_cols) * 2;
    for (int row = 0; row < inside.rows; row++) {
        for (int col = 0; col < inside.cols; col++, heap++) {
            uint32_t line = box_glyph(box, glyphs, inside.rows - 1 - row, col);
            uint32_t code = line;
            if (heap->count > 0)
                code = glyphs->set == GLYPHS_BRAILLE ? braille_glyph(heap->parts)
                                                     : shade_glyph(heap, grid->highest, glyphs);
            if (code == 0)
                continue;
            bool bold = glyphs->set == GLYPHS_BRAILLE && heap->count > dense;
            canvas_put(canvas, inside.row + row, inside.col + col, code,
                       style_with(line ? ROLE_THRESHOLD : ROLE_BOTH, bold ? STYLE_BOLD : 0));
        }
    }
}

static void mark_selected(struct canvas *canvas, const struct layout *layout,
                          const struct glyphs *glyphs, const struct scatter_plot *plot)
{
    if (!plot->has_selection || plot->selected >= plot->count)
        return;
    struct rect inside = layout->inside;
    int col = axis_cell(&layout->x, (double)plot->x[plot->selected]);
    int row = axis_cell(&layout->y, (double)plot->y[plot->selected]);
    if (col >= 0 && row >= 0)
        canvas_put(canvas, inside.row + inside.rows - 1 - row, inside.col + col, glyphs->knob,
                   style_with(ROLE_SELECT, STYLE_REVERSE));
}

void plot_scatter(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct scatter_plot *plot)
{
    struct layout layout;
    lay_out(&layout, rect, plot);
    if (rect_empty(layout.inside))
        return;
    if (layout.header)
        draw_header(canvas, plot_rect(rect), glyphs, plot);
    if (layout.left)
        draw_left(&layout, canvas, glyphs);
    if (layout.below)
        draw_below(&layout, canvas, glyphs);
    struct grid grid = {0};
    if (!count_points(&grid, &layout, plot, glyphs->set))
        return;
    struct box box = box_of(&layout, plot->threshold);
    draw_points(canvas, &layout, &grid, &box, glyphs);
    memory_free(grid.heaps);
    mark_selected(canvas, &layout, glyphs, plot);
}
