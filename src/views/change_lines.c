/* change_lines.c: the change by groups, as lines with a cursor, and in words what they are. */
#include "views/change.h"
#include "views/draw.h"

#include <math.h>

static const struct line_series thin = {.stroke = STROKE_THIN, .role = ROLE_DIM};
static const struct line_series looks[] = {
    {.stroke = STROKE_LIGHT, .letter = 'q', .role = ROLE_QUERY},
    {.stroke = STROKE_HEAVY, .letter = 'k', .role = ROLE_KEY},
    {.stroke = STROKE_DOUBLE, .letter = 'b', .role = ROLE_BOTH}};

/* ---- the axes ------------------------------------------------------------ */

/* Where a row lies along x. */
static double place_of(const struct change_rows *rows, size_t row)
{
    const size_t index = rows->by == CHANGE_BY_THRESHOLD ? row : rows->group[rows->row[row]].index;
    return rows->by == CHANGE_BY_THRESHOLD ? (double)curve_table[row]
           : rows->by == CHANGE_BY_BIN     ? ((double)index + 0.5) / CHANGE_BINS
           : rows->by == CHANGE_BY_LAYER   ? (double)rows->model->layers[index].number
                                           : (double)index;
}

static double top_of(const struct change_rows *rows)
{
    double top = 0;
    for (size_t row = 0; row < rows->count; row++) {
        const struct spread *distance = &rows->group[rows->row[row]].distance;
        top = fmax(top, fmax(distance->q75, distance->mean));
    }
    double unit = top > 0 ? pow(10, floor(log10(top))) / 2 : 1;
    return top > 0 ? ceil(top / unit) * unit : 1;
}

struct line_plot change_plot_of(const struct change_rows *rows, float threshold)
{
    static const char *const labels[CHANGE_BYS] = {"", "|cos| in the base", "layer", "pair",
                                                   "threshold"};
    bool share = rows->by == CHANGE_BY_THRESHOLD, bins = rows->by == CHANGE_BY_BIN;
    struct line_plot plot = {.high = 1, .cut = NAN, .x_label = labels[rows->by]};
    plot.scale = share ? AXIS_LOG : bins ? AXIS_LINEAR : AXIS_WHOLE;
    plot.y_high = share ? 1 : top_of(rows);
    plot.y_label = share ? "fraction" : "distance";
    if (!bins && rows->count > 0) {
        plot.low = place_of(rows, 0);
        plot.high = place_of(rows, rows->count - 1);
    }
    if (!(plot.low < plot.high))
        plot.high = plot.low + 1;
    if (share || bins)
        plot.cut = (double)threshold;
    return plot;
}

/* ---- the lines ----------------------------------------------------------- */

typedef double number_of(const struct change_rows *rows, size_t row);

static double mean_of(const struct change_rows *rows, size_t row)
{
    return rows->group[rows->row[row]].distance.mean;
}

static double low_quartile(const struct change_rows *rows, size_t row)
{
    return rows->group[rows->row[row]].distance.q25;
}

static double high_quartile(const struct change_rows *rows, size_t row)
{
    return rows->group[rows->row[row]].distance.q75;
}

static double trainable_of(const struct change_rows *rows, size_t row)
{
    return change_share_trainable(&rows->share[row]);
}

static double kept_of(const struct change_rows *rows, size_t row)
{
    return change_share_kept(&rows->share[row]);
}

static bool is_of(const struct change_rows *rows, size_t row, int projection)
{
    return rows->by == CHANGE_BY_BIN || rows->by == CHANGE_BY_THRESHOLD ||
           rows->group[rows->row[row]].projection == projection;
}

/* The row nearest to a place along x; count: there is none. */
static size_t row_at(const struct change_rows *rows, double x, int projection)
{
    double least = INFINITY;
    size_t nearest = rows->count;
    bool log_scale = rows->by == CHANGE_BY_THRESHOLD;
    for (size_t row = 0; row < rows->count; row++) {
        double at = place_of(rows, row);
        double apart = log_scale ? fabs(log(at) - log(x)) : fabs(at - x);
        if (is_of(rows, row, projection) && apart < least) {
            least = apart;
            nearest = row;
        }
    }
    return nearest;
}

static void add_line(const struct line_brush *brush, const struct change_rows *rows, int projection,
                     number_of *of, struct line_series series)
{
    for (int i = 0; i < brush->axis.cells; i++) {
        size_t row = row_at(rows, axis_value(&brush->axis, i), projection);
        brush->y[i] = row < rows->count ? of(rows, row) : (double)NAN;
    }
    line_brush_add(brush, series);
}

static void add_lines(const struct line_brush *brush, const struct change_rows *rows,
                      const bool covered[PROJECTION_COUNT])
{
    if (rows->by == CHANGE_BY_THRESHOLD) {
        add_line(brush, rows, 0, trainable_of, looks[0]);
        add_line(brush, rows, 0, kept_of, looks[1]);
        return;
    }
    if (rows->by == CHANGE_BY_BIN) {
        add_line(brush, rows, 0, low_quartile, thin);
        add_line(brush, rows, 0, high_quartile, thin);
        add_line(brush, rows, 0, mean_of, looks[2]);
        return;
    }
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (covered[p])
            add_line(brush, rows, p, mean_of, looks[p]);
}

void change_lines_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct change_rows *rows)
{
    struct line_plot plot = change_plot_of(rows, state->settings.rule.threshold);
    size_t cursor = change_rows_cursor(rows, state, state->lead);
    double mark = cursor < rows->count ? place_of(rows, cursor) : (double)NAN;
    plot.mark = &mark;
    plot.marks = cursor < rows->count;
    struct line_brush brush;
    if (!line_brush_start(&brush, canvas, rect, glyphs, &plot))
        return;
    add_lines(&brush, rows, state->settings.rule.projection);
    line_brush_end(&brush);
}

/* ---- words --------------------------------------------------------------- */

static void add_sign(struct line *line, const struct line_series *look, const char *words)
{
    char glyph[5] = "";
    if (canvas_text_width(words) + 3 > line->end - line->col)
        return; /* a sign alone says nothing */
    glyph[text_encode(plot_line_glyph(line->glyphs, look->stroke, look->letter), glyph)] = '\0';
    line_add(line, style_with(look->role, STYLE_BOLD), " %s", glyph);
    line_add(line, style_of(look->role), " %s", words);
}

static void add_quartiles(struct line *line, const struct spread *distance)
{
    line_add(line, style_of(ROLE_DIM), " (half %.4g to %.4g)", distance->q25, distance->q75);
}

static void words_of_share(struct line *line, const struct change_share *share, double threshold)
{
    char words[64], number[TEXT_NUMBER];
    line_add(line, style_with(ROLE_TEXT, STYLE_BOLD), "threshold %g", threshold);
    text_format(words, sizeof words, "trainable %s of the pairs",
                draw_percent(number, change_share_trainable(share)));
    add_sign(line, &looks[0], words);
    text_format(words, sizeof words, "hold %s of the change",
                draw_percent(number, change_share_kept(share)));
    add_sign(line, &looks[1], words);
}

static void words_of_bin(struct line *line, const struct change_group *group)
{
    char words[64];
    line_add(line, style_with(ROLE_TEXT, STYLE_BOLD), "|cos| %g to %g",
             (double)group->index / CHANGE_BINS, (double)(group->index + 1) / CHANGE_BINS);
    text_format(words, sizeof words, "%zu pairs moved by %.4g", (size_t)group->distance.count,
                group->distance.mean);
    if (group->distance.count == 0)
        text_format(words, sizeof words, "no pair");
    add_sign(line, &looks[2], words);
    if (group->distance.count > 0)
        add_quartiles(line, &group->distance);
}

static void words_of_projections(struct line *line, const struct state *state,
                                 const struct change_rows *rows, const size_t row[PROJECTION_COUNT])
{
    char words[64];
    bool layers = rows->by == CHANGE_BY_LAYER;
    line_add(line, style_with(ROLE_TEXT, STYLE_BOLD), "%s %u", layers ? "layer" : "pair",
             layers ? state_layer(state)->number : state->pair);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (row[p] >= rows->count)
            continue;
        const struct spread *distance = &rows->group[rows->row[row[p]]].distance;
        text_format(words, sizeof words, "%s moved by %.4g", projection_name(p), distance->mean);
        add_sign(line, &looks[p], words);
        add_quartiles(line, distance);
    }
}

void change_words_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct change_rows *rows)
{
    struct line line = line_start(canvas, glyphs, rect, 0);
    size_t row[PROJECTION_COUNT];
    for (int p = 0; p < PROJECTION_COUNT; p++)
        row[p] = change_rows_cursor(rows, state, p);
    if (!state_layer(state) || (row[0] >= rows->count && row[1] >= rows->count))
        line_add(&line, style_of(ROLE_DIM), "no change is known of what is selected");
    else if (rows->by == CHANGE_BY_THRESHOLD)
        words_of_share(&line, &rows->share[row[0]], (double)curve_table[row[0]]);
    else if (rows->by == CHANGE_BY_BIN)
        words_of_bin(&line, &rows->group[rows->row[row[0]]]);
    else
        words_of_projections(&line, state, rows, row);
}
