/* spectrum_layout.c: where the two maps of pairs stand, right at every size: what can be missed
 * goes first. */
#include "views/spectrum.h"

#include <math.h>

enum {
    ENDS_COLS = 5, /* " -.12" */
    GAP = 2,       /* between maps side by side */
    COLS_MOST = 4, /* of a pair */
    NUMBERS_ROWS = 6,
    LEGEND_ROWS = 5,
    WORDS_ROWS = 3
};

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static bool bars(const struct state *state)
{
    return state->settings.selection.scope == SCOPE_HEAD;
}

/* ---- columns ------------------------------------------------------------- */

/* Free columns between the first pair in sight and that one. */
static int lines_before(const struct spectrum_layout *layout, const struct spectrum_part *part,
                        uint32_t pair)
{
    const uint32_t at[2] = {layout->lines.partial, layout->lines.half};
    int count = 0;
    for (int i = 0; i < 2; i++)
        count += at[i] < layout->pairs && at[i] >= part->first && at[i] <= pair;
    return count;
}

static int offset_of(const struct spectrum_layout *layout, const struct spectrum_part *part,
                     uint32_t pair)
{
    return (int)(pair - part->first) * part->cols + lines_before(layout, part, pair);
}

int spectrum_column(const struct spectrum_layout *layout, const struct spectrum_part *part,
                    uint32_t pair)
{
    if (pair < part->first || pair >= part->end)
        return -1;
    return part->cells.col + offset_of(layout, part, pair);
}

int spectrum_line_column(const struct spectrum_layout *layout, const struct spectrum_part *part,
                         bool half)
{
    bool together = layout->lines.partial == layout->lines.half;
    int col = spectrum_column(layout, part, half ? layout->lines.half : layout->lines.partial);
    return col < 0 ? -1 : col - 1 - (!half && together);
}

/* As wide as all pairs fit, with r behind them if that fits; else those around the cursor. */
static void place_columns(struct spectrum_part *part, const struct spectrum_layout *layout,
                          const struct state *state)
{
    int lines = (layout->lines.partial < layout->pairs) + (layout->lines.half < layout->pairs);
    int width = part->cells.cols, pairs = (int)smaller((int)layout->pairs, 1000);
    int ends = bars(state) ? 0 : ENDS_COLS;
    part->cols = COLS_MOST;
    while (part->cols > 1 && pairs * part->cols + lines + ends > width)
        part->cols--;
    if (pairs + lines + ends <= width)
        part->ends = (struct rect){part->cells.row, 0, part->cells.rows, ends};
    size_t visible = width > lines ? (size_t)((width - lines) / part->cols) : 0;
    part->first = (uint32_t)layout_scroll_far(state->pair, visible, layout->pairs);
    part->end = part->first;
    while (part->end < layout->pairs && offset_of(layout, part, part->end) + part->cols <= width)
        part->end++;
    if (part->end == part->first)
        part->cells.cols = 0;
    else
        part->cells.cols = offset_of(layout, part, part->end - 1) + part->cols;
    part->ends.col = part->cells.col + part->cells.cols;
}

/* ---- rows ---------------------------------------------------------------- */

static int label_cols(const struct state *state, const struct pair_maps *maps)
{
    const struct model *model = state->angles->model;
    size_t most = 0;
    if (bars(state))
        return ENDS_COLS; /* what bars reach to */
    for (int p = 0; p < PROJECTION_COUNT; p++)
        most = maps->map[p].rows > most ? maps->map[p].rows : most;
    uint32_t last = maps->by_head ? (uint32_t)(most > 0 ? most - 1 : 0)
                                  : model->layers[model->layer_count - 1].number;
    int cols = 3; /* cursor, one digit, space */
    for (; last >= 10; last /= 10)
        cols++;
    return cols;
}

/* A part in its area: a line of title, then the cells. */
static void place_part(struct spectrum_part *part, const struct spectrum_layout *layout,
                       const struct state *state, struct rect area, int labels)
{
    labels = area.cols > 2 * labels ? labels : 0;
    part->title = (struct rect){area.row, area.col, 1, area.cols};
    part->cells = (struct rect){area.row + 1, area.col + labels, area.rows - 1, area.cols - labels};
    place_columns(part, layout, state);
    if (!bars(state)) {
        int all = smaller((int)smaller((int)part->rows, 1000), part->cells.rows);
        part->tall = all > 0 ? part->cells.rows / all : 1;
        part->tall = smaller(part->tall, (part->cols + 1) / 2); /* about square */
        part->cells.rows = all * part->tall;
        part->first_row = layout_scroll_far(part->selected, (size_t)all, part->rows);
    }
    part->ends.rows = part->cells.rows;
    part->labels = (struct rect){area.row + 1, area.col, part->cells.rows, labels};
}

/* The lines that a map wants, its title among them. */
static int wanted_rows(const struct spectrum_part *part, const struct state *state, int cols)
{
    enum { BARS_LEAST = 8, COLS_A_ROW = 12 }; /* flat enough for a slow line */
    if (bars(state))
        return 1 + (cols / COLS_A_ROW > BARS_LEAST ? cols / COLS_A_ROW : BARS_LEAST);
    return 1 + smaller((int)smaller((int)part->rows, 1000), 1000);
}

/* One below the other, each with what it wants where there is room; what one leaves, the other
 * gets, and what both leave makes rows taller. */
static void stack(struct rect area, const int wanted[2], bool stretch, struct rect out[2])
{
    int half = area.rows / 2, first = smaller(wanted[0], area.rows), more;
    if (wanted[0] + wanted[1] > area.rows)
        first = wanted[0] <= half              ? wanted[0]
                : wanted[1] < area.rows - half ? area.rows - wanted[1]
                                               : half + area.rows % 2;
    more = area.rows - wanted[0] - wanted[1];
    if (stretch && more > 0)
        first += more * wanted[0] / (wanted[0] + wanted[1]);
    out[0] = (struct rect){area.row, area.col, first, area.cols};
    out[1] = (struct rect){area.row + first, area.col, area.rows - first, area.cols};
    if (!stretch)
        out[1].rows = smaller(out[1].rows, wanted[1]);
}

static void place_parts(struct spectrum_layout *layout, const struct state *state,
                        const struct pair_maps *maps, struct rect area)
{
    const bool *covered = state->settings.rule.projection;
    int labels = label_cols(state, maps), half = (area.cols - GAP) / 2;
    int wanted[2] = {wanted_rows(&layout->part[0], state, area.cols),
                     wanted_rows(&layout->part[1], state, area.cols)};
    bool beside = !bars(state) && wanted[0] + wanted[1] > area.rows &&
                  labels + (int)layout->pairs + 2 <= half;
    struct rect places[2] = {area, area};
    if (beside && covered[0] && covered[1]) {
        places[0].cols = places[1].cols = half;
        places[1].col += half + GAP;
    } else if (covered[0] && covered[1] && area.rows >= 4) {
        stack(area, wanted, !bars(state), places);
    } else {
        int only = covered[state->lead] ? state->lead : !state->lead;
        places[!only].rows = 0;
        places[only].rows = bars(state) ? smaller(area.rows, wanted[only]) : area.rows;
    }
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (places[p].rows >= 2 && places[p].cols > 0)
            place_part(&layout->part[p], layout, state, places[p], labels);
}

/* ---- all of it ----------------------------------------------------------- */

/* The selected layer's lines; where that does not rotate, those of the first that does. */
static void find_lines(struct spectrum_layout *layout, const struct state *state)
{
    const struct model *model = state->angles->model;
    bool whole = state->settings.selection.scope == SCOPE_MODEL;
    layout->layer = state_rotates(state) ? state_layer(state) : NULL;
    for (size_t i = 0; i < model->layer_count && whole && !layout->layer; i++)
        layout->layer = model->layers[i].pairs > 0 ? &model->layers[i] : NULL;
    layout->lines = (struct cycle_lines){layout->pairs, layout->pairs};
    if (!layout->layer)
        return;
    layout->lines = cycle_lines_of(layout->layer->frequency, layout->layer->pairs, model->context);
    for (size_t i = 0; i < model->layer_count && whole; i++) {
        const struct layer *layer = &model->layers[i];
        struct cycle_lines its = cycle_lines_of(layer->frequency, layer->pairs, model->context);
        layout->lines_differ =
            layout->lines_differ || (layer->pairs > 0 && (its.partial != layout->lines.partial ||
                                                          its.half != layout->lines.half));
    }
}

void spectrum_layout_make(struct spectrum_layout *layout, const struct state *state,
                          const struct pair_maps *maps, struct rect inside)
{
    *layout = (struct spectrum_layout){.pairs = maps->map[0].pairs};
    find_lines(layout, state);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        layout->part[p].rows = maps->map[p].rows;
        layout->part[p].selected =
            maps->by_head ? state_head(state, p) : state->settings.selection.layer;
    }
    int words = inside.rows >= NUMBERS_ROWS ? 2 : inside.rows >= WORDS_ROWS || inside.rows == 1;
    int legend = inside.rows >= LEGEND_ROWS;
    for (int i = 0; i < words; i++)
        layout->words[i] = (struct rect){inside.row + i, inside.col, 1, inside.cols};
    struct rect area = {inside.row + words, inside.col, inside.rows - words - legend, inside.cols};
    if (legend)
        layout->legend = (struct rect){area.row + area.rows, inside.col, 1, inside.cols};
    if (layout->pairs > 0 && !rect_empty(area))
        place_parts(layout, state, maps, area);
}

/* From round number to round number; |cos| by its logarithm, as in the maps of the overview, but
 * for bars, which grow from 0. */
struct map_scale spectrum_scale(const struct state *state, const struct pair_maps *maps)
{
    enum pair_shade shade = state->settings.shade;
    double low = maps->low[shade], high = maps->high[shade];
    if (!(low <= high))
        return (struct map_scale){0, 1, false};
    if (shade == SHADE_EXCESS) { /* 0 in the middle */
        high = fmax(fabs(low), fabs(high));
        low = -high;
    }
    bool log = shade == SHADE_COS && !bars(state);
    if (bars(state) && shade != SHADE_EXCESS)
        low = 0;
    double span = high > low ? high - low : fmax(high, 1);
    double step = log ? 0.01 : pow(10, floor(log10(span))) / 2;
    low = floor(low / step) * step;
    high = ceil(high / step) * step;
    low = log ? fmax(low, 0.01) : low;
    return (struct map_scale){low, high > low ? high : low + step, log};
}
