/* change_table.c: the change by groups, as a table and as lines. */
#include "views/change.h"
#include "views/draw.h"

#include <math.h>

/* ---- the table ----------------------------------------------------------- */

enum {
    GROUP_FIRST,
    GROUP_SECOND,
    GROUP_PAIRS,
    GROUP_MEAN,
    GROUP_Q25,
    GROUP_MEDIAN,
    GROUP_Q75,
    GROUP_RELATIVE,
    GROUP_RELATIVE_MEDIAN,
    GROUP_COLUMNS
};
static const char *const columns[][GROUP_COLUMNS] = {
    [CHANGE_BY_BIN] = {"abs_cos_low", "abs_cos_high", "pairs", "mean_distance", "q25", "median",
                       "q75", "mean_relative", "median_relative"},
    [CHANGE_BY_LAYER] = {"layer", "projection", "pairs", "mean_distance", "q25", "median", "q75",
                         "mean_relative", "median_relative"},
    [CHANGE_BY_FREQUENCY] = {"pair", "projection", "pairs", "mean_distance", "q25", "median", "q75",
                             "mean_relative", "median_relative"}};
enum {
    SHARE_THRESHOLD,
    SHARE_PAIRS,
    SHARE_TRAINABLE,
    SHARE_FRACTION,
    SHARE_CHANGE,
    SHARE_KEPT,
    SHARE_KEPT_FRACTION,
    SHARE_COLUMNS
};
static const char *const share_columns[SHARE_COLUMNS] = {
    "threshold", "pairs", "trainable", "trainable_fraction", "change", "kept", "kept_fraction"};

static uint32_t heads_of(const void *context, size_t layer, int projection, uint32_t *first)
{
    const struct change_rows *rows = context;
    return rows->settings.rule.projection[projection]
               ? settings_heads(&rows->settings, rows->settings.changes->base, layer, projection,
                                first)
               : 0;
}

static struct cell group_cell(const void *context, size_t index, size_t column)
{
    const struct change_rows *rows = context;
    const struct change_group *group = &rows->group[rows->row[index]];
    const struct model *model = rows->settings.changes->base->model;
    bool bins = rows->settings.by == CHANGE_BY_BIN;
    switch (column) {
    case GROUP_FIRST:
        return bins ? cell_real((double)group->index / CHANGE_BINS)
               : rows->settings.by == CHANGE_BY_LAYER
                   ? cell_integer(model->layers[group->index].number)
                   : cell_integer(group->index);
    case GROUP_SECOND:
        return bins ? cell_real((double)(group->index + 1) / CHANGE_BINS)
                    : cell_word(projection_name(group->projection));
    case GROUP_PAIRS:
        return cell_integer(group->distance.count);
    case GROUP_MEAN:
        return cell_real(group->distance.mean);
    case GROUP_Q25:
        return cell_real(group->distance.q25);
    case GROUP_MEDIAN:
        return cell_real(group->distance.median);
    case GROUP_Q75:
        return cell_real(group->distance.q75);
    case GROUP_RELATIVE:
        return cell_real(group->relative.mean);
    default:
        return cell_real(group->relative.median);
    }
}

static struct cell share_cell(const void *context, size_t index, size_t column)
{
    const struct change_rows *rows = context;
    const struct change_share *share = &rows->share[index];
    char text[TEXT_NUMBER];
    double threshold = (double)curve_table[index];
    switch (column) {
    case SHARE_THRESHOLD: /* 0.001, which the nearest float is not */
        text_to_double(text_float(text, curve_table[index]), &threshold);
        return cell_real(threshold);
    case SHARE_PAIRS:
        return cell_integer(share->pairs);
    case SHARE_TRAINABLE:
        return cell_integer(share->trainable);
    case SHARE_FRACTION:
        return cell_real(change_share_trainable(share));
    case SHARE_CHANGE:
        return cell_real(share->change);
    case SHARE_KEPT:
        return cell_real(share->kept);
    default:
        return cell_real(change_share_kept(share));
    }
}

struct change_share change_share_of_rule(const struct changes *changes, const struct rule *rule,
                                         float threshold)
{
    struct change_share all = {0};
    for (size_t i = 0; i < changes->base->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct change_share share = {0};
            if (rule->projection[p] && changes->base->model->layers[i].number >= rule->first_layer)
                share = change_share_projection(changes, i, p, threshold);
            change_share_add(&all, &share);
        }
    return all;
}

/* Groups that hold something, but for bins, which are all there. */
static bool fill_groups(struct change_rows *rows)
{
    size_t count;
    rows->group =
        change_groups_new(rows->settings.changes, rows->settings.by, heads_of, rows, &count);
    rows->row = memory_array(count + 1, sizeof *rows->row);
    if (!rows->group || !rows->row)
        return false;
    for (size_t i = 0; i < count; i++)
        if (rows->settings.by == CHANGE_BY_BIN || rows->group[i].distance.count > 0)
            rows->row[rows->count++] = i;
    return true;
}

bool change_rows_fill(struct change_rows *rows, const struct view_settings *settings)
{
    *rows = (struct change_rows){.settings = *settings};
    if (settings->by != CHANGE_BY_THRESHOLD)
        return fill_groups(rows);
    rows->count = CURVE_TABLE;
    for (size_t t = 0; t < CURVE_TABLE; t++)
        rows->share[t] = change_share_of_rule(settings->changes, &settings->rule, curve_table[t]);
    return true;
}

void change_rows_free(struct change_rows *rows)
{
    memory_free(rows->group);
    memory_free(rows->row);
}

struct table change_rows_table(const struct change_rows *rows)
{
    if (rows->settings.by == CHANGE_BY_THRESHOLD)
        return (struct table){share_columns, SHARE_COLUMNS, rows->count, share_cell, rows};
    return (struct table){columns[rows->settings.by], GROUP_COLUMNS, rows->count, group_cell, rows};
}

/* ---- lines --------------------------------------------------------------- */

static double number_at(const struct table *table, size_t row, size_t column)
{
    struct cell cell = table->cell(table->context, row, column);
    return cell.kind == CELL_INTEGER ? (double)cell.as.integer
           : cell.kind == CELL_REAL  ? cell.as.real
                                     : (double)NAN;
}

static bool is_of(const struct change_rows *rows, size_t row, int projection)
{
    return rows->settings.by == CHANGE_BY_BIN || rows->settings.by == CHANGE_BY_THRESHOLD ||
           rows->group[rows->row[row]].projection == projection;
}

/* The number of the row nearest to a place on the axis. */
static double nearest(const struct change_rows *rows, const struct table *table, double x,
                      int projection, size_t column)
{
    double least = INFINITY, value = NAN;
    bool log_scale = rows->settings.by == CHANGE_BY_THRESHOLD;
    for (size_t row = 0; row < table->row_count; row++) {
        double at = number_at(table, row, 0);
        if (rows->settings.by == CHANGE_BY_BIN)
            at = (at + number_at(table, row, 1)) / 2;
        double apart = log_scale ? fabs(log(at) - log(x)) : fabs(at - x);
        if (is_of(rows, row, projection) && apart < least) {
            least = apart;
            value = number_at(table, row, column);
        }
    }
    return value;
}

static double top_of(const struct table *table)
{
    double top = 0;
    for (size_t row = 0; row < table->row_count; row++)
        top = fmax(top, fmax(number_at(table, row, GROUP_Q75), number_at(table, row, GROUP_MEAN)));
    double unit = top > 0 ? pow(10, floor(log10(top))) / 2 : 1;
    return top > 0 ? ceil(top / unit) * unit : 1;
}

static struct line_plot plot_of(const struct change_rows *rows, const struct table *table)
{
    static const char *const labels[CHANGE_BYS] = {"", "|cos| in the base", "layer", "pair",
                                                   "threshold"};
    enum change_by by = rows->settings.by;
    struct line_plot plot = {.high = 1, .cut = NAN, .x_label = labels[by]};
    bool share = by == CHANGE_BY_THRESHOLD;
    plot.scale = share ? AXIS_LOG : by == CHANGE_BY_BIN ? AXIS_LINEAR : AXIS_WHOLE;
    plot.y_high = share ? 1 : top_of(table);
    plot.y_label = share ? "fraction" : "distance";
    if (by != CHANGE_BY_BIN && table->row_count > 0) {
        plot.low = number_at(table, 0, 0);
        plot.high = number_at(table, table->row_count - 1, 0);
    }
    if (!(plot.low < plot.high))
        plot.high = plot.low + 1;
    if (share || by == CHANGE_BY_BIN)
        plot.cut = (double)rows->settings.rule.threshold;
    return plot;
}

struct brush {
    struct canvas *canvas;
    struct rect rect;
    const struct glyphs *glyphs;
    const struct change_rows *rows;
    struct table table;
    struct line_plot plot;
    struct axis axis;
    double *y; /* (axis.cells) owned */
};

static void add_line(struct brush *brush, int projection, size_t column, struct line_series series)
{
    for (int i = 0; i < brush->axis.cells; i++)
        brush->y[i] =
            nearest(brush->rows, &brush->table, axis_value(&brush->axis, i), projection, column);
    series.y = brush->y;
    plot_line_add(brush->canvas, brush->rect, brush->glyphs, &brush->plot, &series);
}

static const struct line_series thin = {.stroke = STROKE_THIN, .role = ROLE_DIM};
static const struct line_series looks[] = {
    {.stroke = STROKE_LIGHT, .letter = 'q', .role = ROLE_QUERY},
    {.stroke = STROKE_HEAVY, .letter = 'k', .role = ROLE_KEY},
    {.stroke = STROKE_DOUBLE, .letter = 'b', .role = ROLE_BOTH}};

static void add_lines(struct brush *brush)
{
    enum change_by by = brush->rows->settings.by;
    if (by == CHANGE_BY_THRESHOLD) {
        add_line(brush, 0, SHARE_FRACTION, looks[0]);
        add_line(brush, 0, SHARE_KEPT_FRACTION, looks[1]);
        return;
    }
    if (by == CHANGE_BY_BIN) {
        add_line(brush, 0, GROUP_Q25, thin);
        add_line(brush, 0, GROUP_Q75, thin);
        add_line(brush, 0, GROUP_MEAN, looks[2]);
        return;
    }
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (brush->rows->settings.rule.projection[p])
            add_line(brush, p, GROUP_MEAN, looks[p]);
}

void change_lines_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct change_rows *rows)
{
    struct brush brush = {.canvas = canvas, .rect = rect, .glyphs = glyphs, .rows = rows};
    brush.table = change_rows_table(rows);
    brush.plot = plot_of(rows, &brush.table);
    brush.axis = plot_line_samples(rect, glyphs, &brush.plot);
    brush.y =
        memory_array((size_t)(brush.axis.cells > 0 ? brush.axis.cells : 0) + 1, sizeof *brush.y);
    if (!brush.y)
        return;
    plot_line(canvas, rect, glyphs, &brush.plot);
    add_lines(&brush);
    memory_free(brush.y);
}

static void add_sign(struct line *line, const struct glyphs *glyphs, const struct line_series *look,
                     const char *words)
{
    char glyph[5] = "";
    glyph[text_encode(plot_line_glyph(glyphs, look->stroke, look->letter), glyph)] = '\0';
    line_add(line, style_with(look->role, STYLE_BOLD), "%s", glyph);
    line_add(line, style_of(look->role), " %s  ", words);
}

void change_legend_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct change_rows *rows)
{
    struct line line = line_start(canvas, glyphs, rect, 0);
    switch (rows->settings.by) {
    case CHANGE_BY_THRESHOLD:
        add_sign(&line, glyphs, &looks[0], "pairs that stay trainable");
        add_sign(&line, glyphs, &looks[1], "the change that they hold");
        break;
    case CHANGE_BY_BIN:
        add_sign(&line, glyphs, &looks[2], "mean distance");
        add_sign(&line, glyphs, &thin, "quartiles");
        break;
    default:
        add_sign(&line, glyphs, &looks[0], "query");
        add_sign(&line, glyphs, &looks[1], "key: mean distance");
    }
}
