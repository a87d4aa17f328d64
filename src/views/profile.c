/* profile.c: a measure against the layer, for query and key, of one model or several: Chen & Yan
 * 2024 plot mean |cos| so. */
#include "explorer/profiles.h"
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* ---- the table ----------------------------------------------------------- */

enum {
    COLUMN_MODEL,
    COLUMN_LAYER,
    COLUMN_PROJECTION,
    COLUMN_MEAN,
    COLUMN_Q25,
    COLUMN_Q75,
    COLUMN_MEDIAN,
    COLUMN_FRACTION,
    COLUMN_CHANCE,
    COLUMN_CORRELATION,
    COLUMN_NORM,
    COLUMN_CHANCE_MEAN,
    COLUMN_PAIRS,
    COLUMN_DEPTH,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {
    "model",           "layer",        "projection",     "mean_abs_cos",
    "q25_of_heads",    "q75_of_heads", "median_abs_cos", "fraction",
    "chance_fraction", "correlation",  "mean_norm",      "chance_mean_abs_cos",
    "pairs",           "depth"};

/* Lines of the table: the projections that the rule covers of the layers that rotate. */
struct profile_rows {
    struct profiles profiles;
    struct profile_place {
        size_t model, layer;
        int projection;
    } row[]; /* as many as the table has rows */
};

static double depth_of(const struct profile *profile, size_t layer)
{
    size_t layers = profile->angles->model->layer_count;
    return layers > 1 ? (double)layer / (double)(layers - 1) : 0;
}

static struct cell profile_cell(const void *context, size_t index, size_t column)
{
    const struct profile_rows *rows = context;
    const struct profile_place *at = &rows->row[index];
    const struct profile *profile = &rows->profiles.model[at->model];
    const struct profile_point *point = &profile->point[2 * at->layer + (size_t)at->projection];
    switch (column) {
    case COLUMN_MODEL:
        return cell_name(profile->name);
    case COLUMN_LAYER:
        return cell_integer(profile->angles->model->layers[at->layer].number);
    case COLUMN_PROJECTION:
        return cell_word(projection_name(at->projection));
    case COLUMN_MEAN:
        return cell_real(point->mean_abs);
    case COLUMN_Q25:
        return cell_real(point->q25);
    case COLUMN_Q75:
        return cell_real(point->q75);
    case COLUMN_MEDIAN:
        return cell_real(point->median_abs);
    case COLUMN_FRACTION:
        return cell_real(point->fraction);
    case COLUMN_CHANCE:
        return cell_real(point->chance);
    case COLUMN_CORRELATION:
        return cell_real(point->correlation);
    case COLUMN_NORM:
        return cell_real(point->mean_norm);
    case COLUMN_CHANCE_MEAN:
        return cell_real(point->chance_mean);
    case COLUMN_PAIRS:
        return cell_integer(point->pairs);
    default:
        return cell_real(depth_of(profile, at->layer));
    }
}

static size_t layers_of_all(const struct angles *angles, const struct view_settings *settings)
{
    size_t layers = angles->model->layer_count;
    for (size_t i = 0; i < settings->companion_count; i++)
        layers += settings->companion[i].angles->model->layer_count;
    return layers;
}

enum status profile_table(const struct angles *angles, const struct view_settings *settings,
                          struct view_table *out, struct error *err)
{
    size_t most = PROJECTION_COUNT * layers_of_all(angles, settings), count = 0;
    struct profile_rows *rows = memory_array(1, sizeof *rows + most * sizeof *rows->row);
    *out = (struct view_table){.owned = rows};
    if (!rows || !profiles_update(&rows->profiles, angles, settings)) {
        if (rows)
            profiles_free(&rows->profiles);
        view_table_free(out);
        return error_memory(err);
    }
    for (size_t m = 0; m < rows->profiles.count; m++) {
        const struct profile *profile = &rows->profiles.model[m];
        for (size_t i = 0; i < profile->angles->model->layer_count; i++)
            for (int p = 0; p < PROJECTION_COUNT; p++)
                if (settings->rule.projection[p] && profile->angles->model->layers[i].pairs > 0)
                    rows->row[count++] = (struct profile_place){m, i, p};
    }
    out->profiles = &rows->profiles;
    out->table = (struct table){columns, COLUMN_COUNT, count, profile_cell, rows};
    return STATUS_OK;
}

/* ---- the picture --------------------------------------------------------- */

/* How the lines of a model are told apart: by stroke, in ASCII by letter. */
static const struct look_of_model {
    enum stroke stroke[PROJECTION_COUNT];
    char letter[PROJECTION_COUNT];
} looks[] = {
    {{STROKE_LIGHT, STROKE_HEAVY}, {'q', 'k'}},
    {{STROKE_DOUBLE, STROKE_DOUBLE}, {'Q', 'K'}},
    {{STROKE_THIN, STROKE_THIN}, {'r', 'l'}},
};
enum { LOOKS = sizeof looks / sizeof *looks };

static const struct look_of_model *look_of(size_t model)
{
    return &looks[model < LOOKS ? model : LOOKS - 1];
}

static enum role role_of(int projection)
{
    return projection == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY;
}

/* The highest number of all lines, rounded up to one or two digits, so that a step keeps the axis.
 */
static double top_of(const struct profiles *profiles, enum profile_line line)
{
    double top = 0;
    if (line == PROFILE_FRACTION || line == PROFILE_CORRELATION)
        return 1;
    for (size_t m = 0; m < profiles->count; m++)
        for (size_t i = 0; i < 2 * profiles->model[m].angles->model->layer_count; i++) {
            const struct profile_point *point = &profiles->model[m].point[i];
            double value = profile_value(point, line), edge = point->q75;
            top = value > top ? value : top;
            top = line == PROFILE_MEAN && edge > top ? edge : top;
        }
    if (!(top > 0))
        return 1;
    double unit = pow(10, floor(log10(top))) / 2;
    return ceil(top / unit) * unit;
}

struct line_plot profile_plot_of(const struct state *state, const struct profiles *profiles)
{
    const struct view_settings *settings = &state->settings;
    size_t layers = 1;
    for (size_t m = 0; m < profiles->count; m++) {
        size_t its = profiles->model[m].angles->model->layer_count;
        layers = its > layers ? its : layers;
    }
    return (struct line_plot){
        .high = settings->relative ? 1
                : layers > 1       ? (double)(layers - 1)
                                   : 1,
        .scale = settings->relative ? AXIS_LINEAR : AXIS_WHOLE,
        .y_low = settings->line == PROFILE_CORRELATION ? -1 : 0,
        .y_high = top_of(profiles, settings->line),
        .cut = NAN,
        .x_label = settings->relative ? "depth" : "layer",
        .y_label = profile_line_words(settings->line),
    };
}

typedef double number_of(const struct profile_point *point, enum profile_line line);

/* Between two layers a line goes straight; where one of them has no number there is a gap. */
static double between(const struct view_settings *settings, const struct profile *profile, double x,
                      int projection, number_of *of)
{
    size_t layers = profile->angles->model->layer_count;
    double place = settings->relative ? x * (double)(layers - 1) : x;
    if (layers == 0 || !(place >= 0 && place <= (double)(layers - 1)))
        return (double)NAN;
    size_t below = (size_t)place, above = below + 1 < layers ? below + 1 : below;
    double a = of(&profile->point[2 * below + (size_t)projection], settings->line);
    double b = of(&profile->point[2 * above + (size_t)projection], settings->line);
    return a + (b - a) * (place - (double)below);
}

static void add_line(struct line_brush *brush, const struct view_settings *settings,
                     const struct profile *profile, int projection, number_of *of,
                     struct line_series series)
{
    for (int i = 0; i < brush->axis.cells; i++)
        brush->y[i] = between(settings, profile, axis_value(&brush->axis, i), projection, of);
    line_brush_add(brush, series);
}

static double low_quartile(const struct profile_point *point, enum profile_line line)
{
    return line == PROFILE_MEAN ? point->q25 : (double)NAN;
}

static double high_quartile(const struct profile_point *point, enum profile_line line)
{
    return line == PROFILE_MEAN ? point->q75 : (double)NAN;
}

static void draw_lines(struct line_brush *brush, const struct state *state,
                       const struct profiles *profiles)
{
    const struct view_settings *settings = &state->settings;
    const struct profile *first = &profiles->model[0];
    static const struct line_series thin = {.stroke = STROKE_THIN, .role = ROLE_DIM},
                                    dots = {.stroke = STROKE_DOTS, .role = ROLE_CHANCE};
    add_line(brush, settings, first, state->lead, low_quartile, thin);
    add_line(brush, settings, first, state->lead, high_quartile, thin);
    add_line(brush, settings, first, state->lead, profile_chance, dots);
    for (size_t m = profiles->count; m-- > 0;)
        for (int p = PROJECTION_COUNT - 1; p >= 0; p--)
            if (settings->rule.projection[p])
                add_line(brush, settings, &profiles->model[m], p, profile_value,
                         (struct line_series){.stroke = look_of(m)->stroke[p],
                                              .letter = look_of(m)->letter[p],
                                              .role = role_of(p)});
}

static void draw_plot(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state, const struct profiles *profiles)
{
    struct line_plot plot = profile_plot_of(state, profiles);
    const struct profile *first = &profiles->model[0];
    size_t at = state->settings.selection.layer;
    double mark = plot.scale == AXIS_WHOLE ? (double)at : depth_of(first, at);
    plot.mark = &mark;
    plot.marks = 1;
    struct line_brush brush;
    if (!line_brush_start(&brush, canvas, rect, glyphs, &plot))
        return;
    draw_lines(&brush, state, profiles);
    line_brush_end(&brush);
}

/* ---- words --------------------------------------------------------------- */

/* The numbers of the selected layer. */
static void layer_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct profiles *profiles)
{
    enum profile_line line = state->settings.line;
    size_t layer = state->settings.selection.layer;
    struct line words = line_start(canvas, glyphs, rect, 0);
    char number[TEXT_NUMBER], low[TEXT_NUMBER], high[TEXT_NUMBER];
    line_add(&words, style_with(ROLE_TEXT, STYLE_BOLD), "layer %u", state_layer(state)->number);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const struct profile_point *point = &profiles->model[0].point[2 * layer + (size_t)p];
        if (!state->settings.rule.projection[p])
            continue;
        line_add(&words, style_of(role_of(p)), "  %s %s", projection_name(p),
                 draw_number(number, profile_value(point, line), 4));
        if (line == PROFILE_MEAN && !isnan(point->q25))
            line_add(&words, style_of(ROLE_DIM), " (half of the heads %s to %s)",
                     draw_number(low, point->q25, 3), draw_number(high, point->q75, 3));
    }
}

static void legend_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state, const struct profiles *profiles)
{
    struct line words = line_start(canvas, glyphs, rect, 0);
    char glyph[5] = "";
    for (size_t m = 0; m < profiles->count; m++) {
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct look_of_model *look = look_of(m);
            if (!state->settings.rule.projection[p])
                continue;
            glyph[text_encode(plot_line_glyph(glyphs, look->stroke[p], look->letter[p]), glyph)] =
                '\0';
            line_add(&words, style_with(role_of(p), STYLE_BOLD), "%s", glyph);
            line_add(&words, style_of(role_of(p)), " %s ", projection_name(p));
        }
        if (profiles->count > 1)
            line_add(&words, style_of(ROLE_LABEL), "of %s  ", profiles->model[m].name);
    }
    if (!isnan(profile_chance(&profiles->model[0].point[0], state->settings.line)) ||
        state->settings.line == PROFILE_MEAN || state->settings.line == PROFILE_FRACTION) {
        glyph[text_encode(plot_line_glyph(glyphs, STROKE_DOTS, 0), glyph)] = '\0';
        line_add(&words, style_of(ROLE_CHANCE), "%s chance ", glyph);
    }
    if (state->settings.line == PROFILE_MEAN) {
        glyph[text_encode(plot_line_glyph(glyphs, STROKE_THIN, 0), glyph)] = '\0';
        line_add(&words, style_of(ROLE_DIM), " %s quartiles of the %s heads", glyph,
                 projection_name(state->lead));
    }
}

enum { LINES = 2, LINES_FROM = 8 }; /* the words above the plot */

struct rect profile_rect(struct rect inside)
{
    int used = inside.rows >= LINES_FROM ? LINES : 1;
    return (struct rect){inside.row + used, inside.col, inside.rows - used, inside.cols};
}

void profile_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state)
{
    char title[128];
    const struct profiles *profiles = state_profiles(state);
    text_format(title, sizeof title, "%s by layer%s", profile_line_words(state->settings.line),
                profiles && profiles->count > 1 ? ", several models" : "");
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (!profiles)
        draw_lacks(canvas, inside, glyphs);
    if (!profiles || !state_layer(state))
        return;
    layer_line(canvas, inside, glyphs, state, profiles);
    struct rect below = profile_rect(inside);
    if (below.row == inside.row + LINES)
        legend_line(canvas, (struct rect){inside.row + 1, inside.col, 1, inside.cols}, glyphs,
                    state, profiles);
    if (!rect_empty(below))
        draw_plot(canvas, below, glyphs, state, profiles);
}
