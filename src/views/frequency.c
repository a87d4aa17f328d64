/* frequency.c: |cos| or norms of the selected heads against how fast a pair turns. */
#include "ropescope/lists.h"
#include "views/draw.h"

#include <math.h>

/* ---- the table ----------------------------------------------------------- */

enum {
    COLUMN_PROJECTION,
    COLUMN_PAIR,
    COLUMN_FREQUENCY,
    COLUMN_WAVELENGTH,
    COLUMN_COUNT,
    COLUMN_COS, /* mean, quartiles */
    COLUMN_NORM = COLUMN_COS + 4,
    COLUMNS = COLUMN_NORM + 4
};
static const char *const columns[COLUMNS] = {
    "projection", "pair", "frequency", "wavelength", "pairs",       "mean_abs_cos", "q25",
    "median",     "q75",  "mean_norm", "norm_q25",   "norm_median", "norm_q75"};

struct frequency_rows {
    struct spectrum spectrum;
    size_t projections;
    int projection[PROJECTION_COUNT]; /* (projections) in the order of their rows */
};

static double number_of(const struct spread *spread, size_t which)
{
    return which == 0   ? spread->mean
           : which == 1 ? spread->q25
           : which == 2 ? spread->median
                        : spread->q75;
}

static struct cell frequency_cell(const void *context, size_t index, size_t column)
{
    const struct frequency_rows *rows = context;
    size_t pair = index % rows->spectrum.count;
    int projection = rows->projection[index / rows->spectrum.count];
    const struct spectrum_point *point = &rows->spectrum.point[projection][pair];
    switch (column) {
    case COLUMN_PROJECTION:
        return cell_word(projection_name(projection));
    case COLUMN_PAIR:
        return cell_integer(pair);
    case COLUMN_FREQUENCY:
        return cell_real(point->frequency);
    case COLUMN_WAVELENGTH:
        return cell_real(2 * acos(-1) / point->frequency);
    case COLUMN_COUNT:
        return cell_integer(point->abs_cos.count);
    default:
        return column < COLUMN_NORM ? cell_real(number_of(&point->abs_cos, column - COLUMN_COS))
                                    : cell_real(number_of(&point->norm, column - COLUMN_NORM));
    }
}

enum status frequency_table(const struct angles *angles, const struct view_settings *settings,
                            struct view_table *out, struct error *err)
{
    struct frequency_rows *rows = memory_array(1, sizeof *rows);
    *out = (struct view_table){.owned = rows};
    if (!rows)
        return error_memory(err);
    rows->spectrum = spectrum_of(angles, settings);
    out->spectrum = &rows->spectrum;
    if (rows->spectrum.lacks) {
        view_table_free(out);
        return error_memory(err);
    }
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (rows->spectrum.point[p])
            rows->projection[rows->projections++] = p;
    out->table = (struct table){columns, COLUMNS, rows->projections * rows->spectrum.count,
                                frequency_cell, rows};
    return STATUS_OK;
}

/* ---- the picture --------------------------------------------------------- */

static const struct spread *spread_at(const struct spectrum_point *point, bool norms)
{
    return norms ? &point->norm : &point->abs_cos;
}

/* Where a pair index lies on the axis; NaN: nowhere. */
static double place_of(const struct spectrum_point *point, size_t pair, enum pair_axis axis)
{
    return axis == PAIR_AXIS_INDEX       ? (double)pair
           : axis == PAIR_AXIS_FREQUENCY ? point->frequency
                                         : 2 * acos(-1) / point->frequency;
}

static const struct spectrum_point *any_point(const struct spectrum *spectrum)
{
    return spectrum->point[0] ? spectrum->point[0] : spectrum->point[1];
}

/* The ends of the axis; false: frequencies differ from layer to layer, or there are no pairs. */
static bool ends_of(const struct spectrum *spectrum, enum pair_axis axis, double *low, double *high)
{
    const struct spectrum_point *points = any_point(spectrum);
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < spectrum->count && points; i++) {
        double place = place_of(&points[i], i, axis);
        if (isfinite(place) && (axis == PAIR_AXIS_INDEX || place > 0)) {
            *low = fmin(*low, place);
            *high = fmax(*high, place);
        }
    }
    return *low < *high;
}

static double top_of(const struct spectrum *spectrum, bool norms)
{
    double top = 0;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        for (size_t i = 0; i < spectrum->count && spectrum->point[p]; i++) {
            const struct spread *spread = spread_at(&spectrum->point[p][i], norms);
            top = spread->q75 > top ? spread->q75 : top;
            top = spread->mean > top ? spread->mean : top;
        }
    double unit = top > 0 ? pow(10, floor(log10(top))) / 2 : 1;
    return top > 0 ? ceil(top / unit) * unit : 1;
}

/* The pair nearest to each place, so that every step of the line is a pair's own number. */
static size_t pair_at(const struct spectrum *spectrum, enum pair_axis axis, double place)
{
    const struct spectrum_point *points = any_point(spectrum);
    size_t nearest = 0;
    double least = INFINITY;
    for (size_t i = 0; i < spectrum->count; i++) {
        double its = place_of(&points[i], i, axis);
        double apart = axis == PAIR_AXIS_INDEX ? fabs(its - place) : fabs(log(its) - log(place));
        if (apart < least) {
            least = apart;
            nearest = i;
        }
    }
    return nearest;
}

static void add_line(struct line_brush *brush, const struct view_settings *settings,
                     const struct spectrum *spectrum, int projection, size_t which,
                     struct line_series series)
{
    for (int i = 0; i < brush->axis.cells; i++) {
        size_t pair = pair_at(spectrum, settings->axis, axis_value(&brush->axis, i));
        brush->y[i] =
            number_of(spread_at(&spectrum->point[projection][pair], settings->norms), which);
    }
    line_brush_add(brush, series);
}

static const struct line_series looks[PROJECTION_COUNT] = {
    {.stroke = STROKE_LIGHT, .letter = 'q', .role = ROLE_QUERY},
    {.stroke = STROKE_HEAVY, .letter = 'k', .role = ROLE_KEY}};

static const char *const axis_labels[PAIR_AXES] = {"pair", "radians a token", "tokens a turn"};

struct line_plot frequency_plot_of(const struct view_settings *settings,
                                   const struct spectrum *spectrum)
{
    struct line_plot plot = {.scale = settings->axis == PAIR_AXIS_INDEX ? AXIS_WHOLE : AXIS_LOG,
                             .y_high = top_of(spectrum, settings->norms),
                             .cut = NAN,
                             .x_label = axis_labels[settings->axis],
                             .y_label = settings->norms ? "norm" : "|cos|"};
    if (!ends_of(spectrum, settings->axis, &plot.low, &plot.high))
        plot.low = plot.high = NAN;
    return plot;
}

static void draw_plot(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state, const struct spectrum *spectrum)
{
    static const struct line_series thin = {.stroke = STROKE_THIN, .role = ROLE_DIM};
    const struct view_settings *settings = &state->settings;
    struct line_plot plot = frequency_plot_of(settings, spectrum);
    if (isnan(plot.low)) {
        canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_NOTICE), glyphs,
                    "layers turn at different frequencies: x plots against the pair index");
        return;
    }
    double mark = place_of(&any_point(spectrum)[state->pair], state->pair, settings->axis);
    plot.mark = &mark;
    plot.marks = state->pair < spectrum->count;
    struct line_brush brush;
    if (!line_brush_start(&brush, canvas, rect, glyphs, &plot))
        return;
    if (spectrum->point[state->lead] && settings->selection.scope != SCOPE_HEAD) {
        add_line(&brush, settings, spectrum, state->lead, 1, thin);
        add_line(&brush, settings, spectrum, state->lead, 3, thin);
    }
    for (int p = PROJECTION_COUNT - 1; p >= 0; p--)
        if (spectrum->point[p])
            add_line(&brush, settings, spectrum, p, 0, looks[p]);
    line_brush_end(&brush);
}

/* ---- bars ---------------------------------------------------------------- */

/* As many places as there are pairs, the axis reaching half a step beyond the first and the last of
 * them: one a pair where frequencies are a geometric row, the nearest pair where they are scaled.
 */
static struct axis bars_axis(const struct spectrum *spectrum, enum pair_axis by, size_t bins)
{
    struct axis axis = {0, (double)bins, (int)bins, AXIS_WHOLE};
    if (by == PAIR_AXIS_INDEX || !ends_of(spectrum, by, &axis.low, &axis.high))
        return axis;
    double half_step = pow(axis.high / axis.low, 0.5 / (double)(bins - 1));
    return (struct axis){axis.low / half_step, axis.high * half_step, (int)bins, AXIS_LOG};
}

/* Of a head or a layer, which change with every move: a bar a pair, in one colour, costs a line a
 * fifth of what lines across each other do. A full bar is `top`. */
static void draw_bars(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state, const struct spectrum *spectrum, int projection)
{
    enum { PARTS = 1 << 20 }; /* of the top */
    uint64_t count[HISTOGRAM_BINS_MAX];
    enum pair_axis by = state->settings.axis;
    double top = top_of(spectrum, state->settings.norms);
    size_t bins = spectrum->count < HISTOGRAM_BINS_MAX ? spectrum->count : HISTOGRAM_BINS_MAX;
    struct axis axis = bars_axis(spectrum, by, bins);
    for (size_t i = 0; i < bins; i++) {
        size_t pair = by == PAIR_AXIS_INDEX ? i : pair_at(spectrum, by, axis_value(&axis, (int)i));
        double mean = spread_at(&spectrum->point[projection][pair], state->settings.norms)->mean;
        count[i] = mean > 0 ? (uint64_t)(mean / top * PARTS) : 0;
    }
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(looks[projection].role), "%s", projection_name(projection));
    line_add(&line, style_of(ROLE_DIM), "  a full bar is %g, by %s", top, axis_labels[by]);
    struct bars_plot plot = {.count = count,
                             .bins = (uint32_t)bins,
                             .low = axis.low,
                             .high = axis.high,
                             .highest = PARTS,
                             .threshold = NAN,
                             .chance = NAN,
                             .role = looks[projection].role,
                             .show_axis = rect.rows >= 5,
                             .scale = axis.scale};
    struct rect below = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    if (!rect_empty(below))
        plot_bars(canvas, below, glyphs, &plot);
}

/* Query above key, or the one that is covered. */
static void draw_both_bars(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                           const struct state *state, const struct spectrum *spectrum)
{
    enum { COLS_A_ROW = 12, ROWS_LEAST = 8 };
    struct rect half[2];
    layout_bars(rect, ARRANGE_BELOW, half);
    layout_flatten(half, ARRANGE_BELOW);
    for (int i = 0; i < 2; i++) { /* its bars are as many as a head has pairs, and none is alike */
        int most = rect.cols / COLS_A_ROW > ROWS_LEAST ? rect.cols / COLS_A_ROW : ROWS_LEAST;
        half[i].rows = half[i].rows < most ? half[i].rows : most;
    }
    half[1].row = half[0].row + half[0].rows;
    size_t at = 0;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (spectrum->point[p] && !rect_empty(half[at]))
            draw_bars(canvas, half[at++], glyphs, state, spectrum, p);
}

static void draw_words(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct spectrum *spectrum)
{
    char glyph[5] = "", number[TEXT_NUMBER];
    struct line line = line_start(canvas, glyphs, rect, 0);
    if (state->pair < spectrum->count)
        line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), "pair %u ", state->pair);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!spectrum->point[p] || state->pair >= spectrum->count)
            continue;
        const struct spread *spread =
            spread_at(&spectrum->point[p][state->pair], state->settings.norms);
        glyph[text_encode(plot_line_glyph(glyphs, looks[p].stroke, looks[p].letter), glyph)] = '\0';
        char low[TEXT_NUMBER], high[TEXT_NUMBER];
        line_add(&line, style_with(looks[p].role, STYLE_BOLD), " %s", glyph);
        line_add(&line, style_of(looks[p].role), " %s %s ", projection_name(p),
                 draw_number(number, spread->mean, 4));
        if (spread->count > 1)
            line_add(&line, style_of(ROLE_DIM), "(half %s to %s) ",
                     draw_number(low, spread->q25, 3), draw_number(high, spread->q75, 3));
    }
    if (state->settings.selection.scope != SCOPE_MODEL)
        return;
    glyph[text_encode(plot_line_glyph(glyphs, STROKE_THIN, 0), glyph)] = '\0';
    line_add(&line, style_of(ROLE_DIM), " %s quartiles of the %s", glyph,
             projection_name(state->lead));
}

void frequency_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 64];
    enum scope scope = state->settings.selection.scope;
    draw_selection_name(name, state, scope, glyphs, rect.cols - 28);
    text_format(title, sizeof title, "mean %s by frequency%s%s",
                state->settings.norms ? "norm" : "|cos|", draw_dot(glyphs), name);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (scope != SCOPE_MODEL && draw_excuse(canvas, inside, glyphs, state))
        return;
    const struct spectrum *spectrum = state_spectrum(state);
    if (spectrum->lacks)
        draw_lacks(canvas, inside, glyphs);
    if (spectrum->lacks || spectrum->count == 0 || !any_point(spectrum))
        return;
    draw_words(canvas, inside, glyphs, state, spectrum);
    struct rect below = {inside.row + 1, inside.col, inside.rows - 1, inside.cols};
    if (rect_empty(below))
        return;
    double low, high; /* no bars where draw_plot says why there is nothing to plot */
    if (scope != SCOPE_MODEL && ends_of(spectrum, state->settings.axis, &low, &high))
        draw_both_bars(canvas, below, glyphs, state, spectrum);
    else
        draw_plot(canvas, below, glyphs, state, spectrum);
}
