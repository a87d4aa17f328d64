/* layout.c: rectangles out of rows and columns. Pure, and right at every size from 1x1 up: where
 * room is short, parts go in the order of what can be missed first. */
#include "ropescope/explorer.h"

enum {
    FRAME_ROWS = 5,    /* a framed main part has at least so many */
    FRAME_COLS = 24,   /* and so many columns */
    SIDE_COLS = 64,    /* from here on the maps and the panel stand side by side */
    STACK_ROWS = 14,   /* in fewer columns they stand one above the other from here on */
    PANEL_COLS = 40,   /* what the panel wants of a screen of 76 columns and more */
    WIDE_PANEL = 90,   /* inside, from here on histograms and scatter stand side by side */
    SCATTER_ROWS = 13, /* rows inside from which on a scatter fits below the histograms */
    MEAN_COLS = 5,     /* " .412" */
    PROFILE_ROWS = 8,  /* rows below the maps from which on they hold a profile */
    WORDS_COLS = 56,   /* the maps' panel is that wide where there is room */
    ABOUT_ROWS = 12,   /* rows of maps from which on there is room for more words */
    AXIS_ROWS = 6,     /* rows of maps from which on head numbers and legend fit */
};

struct layout_needs layout_needs_of(const struct state *state)
{
    const struct model *model = state->angles->model;
    struct layout_needs needs = {
        .rows = state->rows,
        .cols = state->cols,
        .layers = model->layer_count,
        .lead = state->lead,
    };
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        needs.highest_layer =
            layer->number > needs.highest_layer ? layer->number : needs.highest_layer;
        for (int p = 0; p < PROJECTION_COUNT && layer->pairs > 0; p++)
            if (layer->projection[p].heads > needs.heads[p])
                needs.heads[p] = layer->projection[p].heads;
    }
    uint32_t block = state_map_block(state);
    needs.layers = (needs.layers + block - 1) / block;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        needs.heads[p] = (needs.heads[p] + block - 1) / block;
    return needs;
}

size_t layout_scroll(size_t selected, size_t visible, size_t total)
{
    if (total <= visible || selected < visible / 2)
        return 0;
    size_t first = selected - visible / 2;
    return first > total - visible ? total - visible : first;
}

size_t layout_scroll_far(size_t selected, size_t visible, size_t total)
{
    size_t half = visible / 2;
    if (half == 0 || selected < half)
        return layout_scroll(selected, visible, total);
    return layout_scroll(selected / half * half - half / 2 + half, visible, total);
}

size_t layout_first_line(const struct layout *layout, const struct state *state)
{
    struct layout_needs needs = layout_needs_of(state);
    size_t selected = state->settings.selection.layer / state_map_block(state);
    return layout_scroll_far(selected, (size_t)(layout->layers.rows / layout->cell_rows),
                             needs.layers);
}

size_t layout_first_column(const struct layout *layout, const struct state *state, int projection)
{
    struct layout_needs needs = layout_needs_of(state);
    size_t selected = state_head(state, projection) / state_map_block(state);
    return layout_scroll_far(selected, (size_t)(layout->map[projection].cols / layout->cell_cols),
                             needs.heads[projection]);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Cuts rows off the top (count > 0) or the bottom (count < 0) of *from. */
static struct rect cut_rows(struct rect *from, int count)
{
    struct rect cut = *from;
    cut.rows = smaller(count < 0 ? -count : count, from->rows);
    if (count < 0)
        cut.row = from->row + from->rows - cut.rows;
    else
        from->row += cut.rows;
    from->rows -= cut.rows;
    return cut;
}

static struct rect cut_cols(struct rect *from, int count)
{
    struct rect cut = *from;
    cut.cols = larger(0, smaller(count, from->cols));
    from->col += cut.cols;
    from->cols -= cut.cols;
    return cut;
}

/* ---- the heat maps ------------------------------------------------------- */

/* How the two maps could be set out. */
struct plan {
    int cell; /* columns a value */
    bool both, means;
};

static int label_cols(const struct layout_needs *needs)
{
    int cols = 3; /* cursor, one digit, space */
    for (uint32_t n = needs->highest_layer; n >= 10; n /= 10)
        cols++;
    return larger(4, cols); /* "all" */
}

/* Columns of one map with its means, wide enough for its title. */
static int map_cols(const struct layout_needs *needs, const struct plan *plan, int projection)
{
    int title = projection == PROJECTION_QUERY ? 13 : 11;
    int heads = needs->heads[projection] > 512 ? 512 : (int)needs->heads[projection];
    return larger(title, heads * plan->cell + (plan->means ? MEAN_COLS : 0));
}

static int plan_cols(const struct layout_needs *needs, const struct plan *plan)
{
    int cols = 2 + label_cols(needs) + map_cols(needs, plan, needs->lead);
    return plan->both ? cols + 1 + map_cols(needs, plan, !needs->lead) : cols;
}

/* The best plan that fits; else the leading map alone, which scrolls. */
static struct plan choose_plan(const struct layout_needs *needs, int cols)
{
    static const struct plan plans[] = {{4, true, true},  {3, true, true},  {2, true, true},
                                        {1, true, true},  {1, true, false}, {2, false, true},
                                        {1, false, true}, {1, false, false}};
    size_t count = sizeof plans / sizeof *plans;
    for (size_t i = 0; i < count; i++)
        if (plan_cols(needs, &plans[i]) <= cols)
            return plans[i];
    return plans[count - 1];
}

static void place_map(struct layout *out, const struct layout_needs *needs, const struct plan *plan,
                      int projection, struct rect area, bool axis)
{
    if (axis)
        out->axis[projection] = cut_rows(&area, 1);
    int wanted = needs->heads[projection] > 512 ? 512 : (int)needs->heads[projection];
    int room = area.cols - (plan->means ? MEAN_COLS : 0);
    int cells = smaller(wanted * plan->cell, room - room % plan->cell);
    out->map[projection] = cut_cols(&area, cells);
    if (plan->means)
        out->mean[projection] = cut_cols(&area, MEAN_COLS);
}

/* The means by head stand right below the cells. What a model with few layers leaves of the maps'
 * panel shows the means by layer as bars. */
static void place_profile(struct layout *out, const struct layout_needs *needs)
{
    int rows = out->layers.rows, used = rows;
    if (needs->layers <= (size_t)rows / (size_t)out->cell_rows)
        used = (int)needs->layers * out->cell_rows;
    out->layers.rows = used;
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        out->map[p].rows = smaller(out->map[p].rows, used);
        out->mean[p].rows = smaller(out->mean[p].rows, used);
        if (!rect_empty(out->column[p]))
            out->column[p].row = out->layers.row + used;
    }
    if (needs->layers == 0 || rows - used < PROFILE_ROWS)
        return;
    out->profile = rect_inside(out->maps, 1);
    out->profile.row = out->layers.row + used + 2; /* the means by head, an empty line */
    out->profile.rows = smaller(rows - used - 2, 2 * PROFILE_ROWS);
}

static void place_maps(struct layout *out, const struct layout_needs *needs,
                       const struct plan *plan)
{
    struct rect area = rect_inside(out->maps, 1);
    bool axis = area.rows >= AXIS_ROWS, words = area.rows >= ABOUT_ROWS;
    if (axis)
        out->legend = cut_rows(&area, -1);
    if (words)
        out->about = cut_rows(&area, -1);
    /* The means by head give way where the map would have to scroll for the sake of their row. */
    bool means = words && (size_t)area.rows - axis != needs->layers;
    struct rect column = means ? cut_rows(&area, -1) : (struct rect){0};
    struct rect labels = cut_cols(&area, label_cols(needs));
    if (axis)
        cut_rows(&labels, 1);
    out->layers = labels;
    int first = plan->both ? PROJECTION_QUERY : needs->lead;
    struct rect left = plan->both ? cut_cols(&area, map_cols(needs, plan, first)) : area;
    place_map(out, needs, plan, first, left, axis);
    if (plan->both) {
        cut_cols(&area, 1); /* the line between them */
        place_map(out, needs, plan, !first, area, axis);
    }
    for (int p = 0; p < PROJECTION_COUNT && means; p++)
        out->column[p] = (struct rect){column.row, out->map[p].col, rect_empty(out->map[p]) ? 0 : 1,
                                       out->map[p].cols};
    out->cell_cols = plan->cell;
    int tall = needs->layers > 0 ? (int)((size_t)labels.rows / needs->layers) : 1;
    out->cell_rows = larger(1, smaller(tall, (plan->cell + 1) / 2)); /* about square */
    if (axis)
        place_profile(out, needs);
}

/* ---- the panel of the selected head -------------------------------------- */

static void place_panel(struct layout *out)
{
    struct rect area = out->panel;
    if (out->framed) { /* a column of air beside the frame */
        area = rect_inside(area, 1);
        cut_cols(&area, 1);
        area.cols -= area.cols > 0;
    }
    struct rect left = area;
    if (area.cols >= WIDE_PANEL && area.rows >= 6) {
        left = cut_cols(&area, area.cols / 2);
        cut_cols(&area, 2);
        out->scatter = area;
    } else if (area.rows >= SCATTER_ROWS) {
        out->scatter = cut_rows(&left, -larger(8, area.rows / 2));
    }
    out->histogram[PROJECTION_QUERY] = cut_rows(&left, left.rows / 2);
    out->histogram[PROJECTION_KEY] = left;
}

static void place_overview(struct layout *out, const struct layout_needs *needs)
{
    struct rect area = out->main;
    if (!out->framed) { /* a few lines of text are what fits */
        out->panel = area;
        place_panel(out);
        return;
    }
    bool beside = area.cols >= SIDE_COLS;
    bool above = !beside && area.rows >= STACK_ROWS;
    int keep = area.cols >= 76 ? larger(PANEL_COLS, area.cols * 2 / 5) : area.cols * 9 / 20;
    struct plan plan = choose_plan(needs, beside ? area.cols - keep : area.cols);
    int cols = larger(plan_cols(needs, &plan), WORDS_COLS); /* what is written below the maps */
    cols = smaller(cols, beside ? area.cols - keep : area.cols);
    if (beside)
        out->maps = cut_cols(&area, cols);
    else
        out->maps = cut_rows(&area, above ? area.rows / 2 : area.rows);
    place_maps(out, needs, &plan);
    out->panel = area;
    place_panel(out);
}

void layout_make(struct layout *layout, const struct layout_needs *needs)
{
    struct rect all = {0, 0, larger(1, needs->rows), larger(1, needs->cols)};
    *layout = (struct layout){.cell_cols = 1, .cell_rows = 1};
    int rows = all.rows;
    if (rows >= 4)
        layout->header = cut_rows(&all, 1);
    if (rows >= 3)
        layout->footer = cut_rows(&all, -1);
    if (rows >= 5)
        layout->bar = cut_rows(&all, -1);
    layout->main = all;
    layout->framed = all.rows >= FRAME_ROWS && all.cols >= FRAME_COLS;
    place_overview(layout, needs);
}

void layout_bars(struct rect inside, enum arrangement arrange, struct rect half[2])
{
    enum { GAP = 2 };
    half[0] = half[1] = inside;
    if (arrange == ARRANGE_BESIDE && inside.cols > GAP + 2) {
        half[0].cols = (inside.cols - GAP) / 2;
        half[1].col += half[0].cols + GAP;
        half[1].cols = half[0].cols;
    } else {
        half[0].rows = (inside.rows + 1) / 2;
        half[1].row += half[0].rows;
        half[1].rows -= half[0].rows;
    }
}

void layout_flatten(struct rect half[2], enum arrangement arrange)
{
    enum { ROWS_LEAST = 8, COLS_A_ROW = 10, WORDS = 2 };
    int most = WORDS + half[0].cols / (arrange == ARRANGE_BESIDE ? COLS_A_ROW / 4 : COLS_A_ROW);
    most = most > ROWS_LEAST ? most : ROWS_LEAST;
    for (int i = 0; i < 2; i++)
        half[i].rows = half[i].rows < most ? half[i].rows : most;
    if (arrange == ARRANGE_BELOW && !rect_empty(half[1]))
        half[1].row = half[0].row + half[0].rows;
}

int layout_bars_cols(const struct state *state)
{
    struct layout layout;
    struct rect half[2];
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    struct rect inside = layout.main;
    if (inside.rows >= 4 && inside.cols >= 12) { /* frame and air, as draw_panel does */
        inside = rect_inside(inside, 1);
        inside = (struct rect){inside.row, inside.col + 1, inside.rows, inside.cols - 2};
    }
    layout_bars(inside, state->settings.arrange, half);
    return half[0].cols;
}
