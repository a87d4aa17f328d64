/* The scatter: points by density with round ticks, labels and the threshold box. */
#include "terminal/plot.h"

#include <math.h>
#include <string.h>

enum { INSIDE_COLS_WIDE = 64 };

static void lay_out(struct plot_frame *layout, struct rect rect, const struct scatter_plot *plot)
{
    bool same = !(plot->y_low < plot->y_high);
    const struct axis x = {plot->low, plot->high, 0, AXIS_LINEAR};
    const struct axis y = {same ? plot->low : plot->y_low, same ? plot->high : plot->y_high, 0,
                           AXIS_LINEAR};
    plot_frame_fit(layout, rect, plot->x_label || plot->y_label,
                   plot->wide ? rect.cols : INSIDE_COLS_WIDE, &x, &y);
}

struct rect plot_scatter_inside(struct rect rect, const struct scatter_plot *plot)
{
    struct plot_frame layout;
    lay_out(&layout, rect, plot);
    return layout.inside;
}

/* ---- the threshold box --------------------------------------------------- */

/* Cells of the lines |x| = t and |y| = t that bound the box; -1 where they lie outside the plot. */
struct box {
    bool shown;
    int left, right, bottom, top;
};

/* One side of the box: -1 where it lies beyond that end of the axis; false where it lies beyond the
 * other, and with it the whole box. */
static bool place_side(const struct axis *axis, double at, bool low_side, int *cell)
{
    *cell = axis_cell(axis, at);
    return *cell >= 0 || (low_side ? at < axis->low : at > axis->high);
}

static struct box box_of(const struct plot_frame *layout, const struct scatter_plot *plot)
{
    double low = plot->cut ? plot->cut_low : -plot->threshold;
    double high = plot->cut ? plot->cut_high : plot->threshold;
    double y_low = plot->cut ? plot->cut_y_low : low, y_high = plot->cut ? plot->cut_y_high : high;
    struct box box = {.shown = low <= high && y_low <= y_high};
    box.shown = box.shown && place_side(&layout->x, low, true, &box.left) &&
                place_side(&layout->x, high, false, &box.right) &&
                place_side(&layout->y, y_low, true, &box.bottom) &&
                place_side(&layout->y, y_high, false, &box.top);
    return box;
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

enum { BAND_COUNT = 4 };

/* What falls into one cell: how many points, and which of its parts they take. */
struct heap {
    uint32_t count;
    uint32_t of_band[BAND_COUNT];
    uint8_t parts; /* bit (row from the top) * (columns of parts) + column */
};

void scatter_cache_free(struct scatter_cache *cache)
{
    memory_free(cache->heaps);
    cache->heaps = NULL;
}

static int part_cols(enum glyph_set set)
{
    return set == GLYPHS_BRAILLE ? 2 : 1;
}

static int part_rows(enum glyph_set set)
{
    return set == GLYPHS_BRAILLE ? 4 : 2;
}

static void count_points(struct scatter_cache *grid, const struct plot_frame *layout,
                         const struct scatter_plot *plot)
{
    struct axis x = layout->x, y = layout->y;
    int wide = part_cols(grid->set), tall = part_rows(grid->set);
    x.cells *= wide;
    y.cells *= tall;
    grid->highest = 0;
    for (size_t i = 0; i < plot->count; i++) {
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): who shows one band has bands
        if (plot->one_band && plot->band[i] != plot->shown_band)
            continue;
        int col = axis_cell(&x, (double)plot->x[i]), row = axis_cell(&y, (double)plot->y[i]);
        if (col < 0 || row < 0)
            continue;
        row = y.cells - 1 - row;
        struct heap *heap =
            &grid->heaps[(size_t)(row / tall) * (size_t)grid->cols + (size_t)(col / wide)];
        heap->parts = (uint8_t)(heap->parts | 1u << (row % tall * wide + col % wide));
        heap->count += heap->count < UINT32_MAX;
        if (grid->banded)
            heap->of_band[plot->band[i] % BAND_COUNT]++;
        grid->highest = heap->count > grid->highest ? heap->count : grid->highest;
    }
}

/* Counts the points unless the cache holds what they would give; false: no memory. */
static bool fill_grid(struct scatter_cache *grid, const struct plot_frame *layout,
                      const struct scatter_plot *plot, enum glyph_set set)
{
    struct rect inside = layout->inside;
    double range[4] = {layout->x.low, layout->x.high, layout->y.low, layout->y.high};
    bool banded = plot->band && !plot->one_band;
    if (grid->heaps && grid->stamp == grid->counted_stamp && grid->count == plot->count &&
        memcmp(range, grid->range, sizeof range) == 0 && grid->rows == inside.rows &&
        grid->cols == inside.cols && grid->set == set && grid->banded == banded)
        return true;
    scatter_cache_free(grid);
    grid->heaps = memory_array((size_t)inside.rows * (size_t)inside.cols, sizeof *grid->heaps);
    if (!grid->heaps)
        return false;
    memcpy(grid->range, range, sizeof range);
    grid->counted_stamp = grid->stamp;
    grid->count = plot->count;
    grid->rows = inside.rows;
    grid->cols = inside.cols;
    grid->set = set;
    grid->banded = banded;
    count_points(grid, layout, plot);
    return true;
}

/* ---- bands --------------------------------------------------------------- */

uint32_t plot_band_glyph(const struct glyphs *glyphs, unsigned band)
{
    static const uint32_t plain[BAND_COUNT] = {'o', '+', 'x', '.'};
    static const uint32_t signs[BAND_COUNT] = {0x25cb, '+', 0x00d7, 0x00b7};
    return (glyphs->set == GLYPHS_ASCII ? plain : signs)[band % BAND_COUNT];
}

/* Along the heat map's gradient, without its darkest end. */
struct style plot_band_style(unsigned band)
{
    return style_heat(1 - 0.25 * (double)(band % BAND_COUNT));
}

/* The band that most points of a cell belong to. */
static unsigned heap_band(const struct heap *heap)
{
    unsigned most = 0;
    for (unsigned band = 1; band < BAND_COUNT; band++)
        if (heap->of_band[band] > heap->of_band[most])
            most = band;
    return most;
}

/* ---- density ------------------------------------------------------------- */

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

/* What is empty has the colour of the points, so that lines that change are sent without changes of
 * colour. */
static void draw_points(struct canvas *canvas, const struct plot_frame *layout,
                        const struct scatter_cache *grid, const struct box *box,
                        const struct glyphs *glyphs)
{
    struct rect inside = layout->inside;
    const struct heap *heap = grid->heaps;
    uint32_t dense = (uint32_t)(part_rows(grid->set) * part_cols(grid->set)) * 2;
    for (int row = 0; row < inside.rows; row++) {
        for (int col = 0; col < inside.cols; col++, heap++) {
            uint32_t line = box_glyph(box, glyphs, inside.rows - 1 - row, col);
            uint32_t code = line;
            bool bold = heap->count > dense && (grid->banded || glyphs->set == GLYPHS_BRAILLE);
            struct style style = style_of(line ? ROLE_THRESHOLD : ROLE_BOTH);
            if (heap->count > 0 && grid->banded) {
                code = plot_band_glyph(glyphs, heap_band(heap));
                style = plot_band_style(heap_band(heap));
            } else if (heap->count > 0) {
                code = glyphs->set == GLYPHS_BRAILLE ? braille_glyph(heap->parts)
                                                     : shade_glyph(heap, grid->highest, glyphs);
            }
            style.flags = bold ? STYLE_BOLD : 0;
            canvas_put(canvas, inside.row + row, inside.col + col, code ? code : ' ', style);
        }
    }
}

static void mark_selected(struct canvas *canvas, const struct plot_frame *layout,
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
    struct plot_frame layout;
    lay_out(&layout, rect, plot);
    if (rect_empty(layout.inside))
        return;
    plot_frame_draw(&layout, canvas, rect, glyphs, plot->x_label, plot->y_label);
    struct scatter_cache own = {0}, *grid = plot->cache ? plot->cache : &own;
    if (fill_grid(grid, &layout, plot, glyphs->set)) {
        struct box box = box_of(&layout, plot);
        draw_points(canvas, &layout, grid, &box, glyphs);
        mark_selected(canvas, &layout, glyphs, plot);
    } else {
        canvas->lacks = true;
    }
    scatter_cache_free(&own);
}
