/* threshold.c: what each threshold fixes of a selection, as lines, beside what it would fix of
 * random rows; and in words, what the threshold of the rule does. */
#include "views/threshold.h"

#include "ropescope/awm.h"
#include "ropescope/lists.h"

#include <math.h>
#include <string.h>

/* ---- the lines ----------------------------------------------------------- */

/* Those that the paper's scripts run with. */
static const double scripts[] = {0.001, 0.005, 0.01, 0.1};
enum { SCRIPTS = sizeof scripts / sizeof *scripts };

static const struct {
    enum stroke stroke;
    char letter;
    enum role role;
} looks[PARTS] = {{STROKE_LIGHT, 'q', ROLE_QUERY},
                  {STROKE_HEAVY, 'k', ROLE_KEY},
                  {STROKE_DOUBLE, 'b', ROLE_BOTH}};

/* Of the projections that the rule covers, those of the part. */
static void set_covered(bool out[PROJECTION_COUNT], const struct state *state, int part)
{
    for (int p = 0; p < PROJECTION_COUNT; p++)
        out[p] = state->settings.rule.projection[p] && (part == p || part == BOTH);
}

static struct line_plot plot_of(const struct state *state)
{
    const struct view_settings *settings = &state->settings;
    return (struct line_plot){
        .low = settings->linear ? 0 : 1e-4,
        .high = 1,
        .scale = settings->linear ? AXIS_LINEAR : AXIS_LOG,
        .y_high = 1,
        .cut = (double)settings->rule.threshold,
        .mark = scripts,
        .marks = SCRIPTS,
        .x_label = "threshold of |cos|",
        .y_label = "fraction fixed",
    };
}

/* The lines of a plot share what they are worked out in. */
struct brush {
    struct canvas *canvas;
    struct rect rect;
    const struct glyphs *glyphs;
    const struct state *state;
    struct line_plot plot;
    size_t samples;
    float *threshold;    /* (samples) */
    double *y;           /* (samples) */
    struct tally *tally; /* (samples), owned; the others lie behind it */
};

static bool brush_new(struct brush *brush)
{
    struct axis axis = plot_line_samples(brush->rect, brush->glyphs, &brush->plot);
    brush->samples = axis.cells > 0 ? (size_t)axis.cells : 0;
    brush->tally = memory_array(brush->samples + 1,
                                sizeof *brush->tally + sizeof *brush->y + sizeof *brush->threshold);
    if (!brush->tally)
        return false;
    brush->y = (double *)(brush->tally + brush->samples);
    brush->threshold = (void *)(brush->y + brush->samples);
    for (size_t i = 0; i < brush->samples; i++)
        brush->threshold[i] = (float)axis_value(&axis, (int)i);
    return true;
}

static void add_line(struct brush *brush, const struct selection *at, int part,
                     double (*of)(const struct tally *), struct line_series series)
{
    bool covered[PROJECTION_COUNT];
    set_covered(covered, brush->state, part);
    if (!state_curve(brush->state, CURVE_OF_PICTURE, at, covered, brush->threshold, brush->samples,
                     brush->tally)) {
        brush->canvas->lacks = true;
        return;
    }
    for (size_t i = 0; i < brush->samples; i++)
        brush->y[i] = of(&brush->tally[i]);
    series.y = brush->y;
    plot_line_add(brush->canvas, brush->rect, brush->glyphs, &brush->plot, &series);
}

static void draw_plot(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state)
{
    struct brush brush = {canvas, rect, glyphs, state, plot_of(state), 0, NULL, NULL, NULL};
    struct selection at = state->settings.selection, layer = {SCOPE_LAYER, 0, 0};
    if (!brush_new(&brush)) {
        draw_lacks(canvas, rect, glyphs);
        return;
    }
    plot_line(canvas, rect, glyphs, &brush.plot);
    for (; layer.layer < state->angles->model->layer_count && state->settings.each_layer;
         layer.layer++)
        add_line(&brush, &layer, BOTH, tally_fraction,
                 (struct line_series){.stroke = STROKE_THIN, .role = ROLE_DIM});
    add_line(&brush, &at, BOTH, tally_chance,
             (struct line_series){.stroke = STROKE_DOTS, .role = ROLE_CHANCE});
    for (int part = 0; part < PARTS; part++)
        if (threshold_has_part(&state->settings.rule, part))
            add_line(&brush, &at, part, tally_fraction,
                     (struct line_series){.stroke = looks[part].stroke,
                                          .letter = looks[part].letter,
                                          .role = looks[part].role});
    memory_free(brush.tally);
}

/* ---- words --------------------------------------------------------------- */

/* What the threshold of the rule fixes of a part of the selection, as the lines count; false: no
 * memory. */
static bool tally_now(const struct state *state, int part, struct tally *tally)
{
    bool covered[PROJECTION_COUNT];
    set_covered(covered, state, part);
    return state_curve(state, CURVE_OF_RULE, &state->settings.selection, covered,
                       &state->settings.rule.threshold, 1, tally);
}

/* The excess over chance in words. */
static void excess_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char number[TEXT_NUMBER], chance[TEXT_NUMBER], words[64];
    struct tally all;
    if (!tally_now(state, BOTH, &all)) {
        draw_lacks(canvas, rect, glyphs);
        return;
    }
    double excess = 100 * tally_excess(&all);
    struct line line = line_start(canvas, glyphs, rect, 0);
    text_float(number, state->settings.rule.threshold);
    line_add(&line, style_of(ROLE_TEXT), "|cos| %s ", draw_at_least(glyphs));
    line_add(&line, style_with(ROLE_THRESHOLD, STYLE_BOLD), "%s", number);
    if (all.pairs == 0) {
        line_add(&line, style_of(ROLE_NOTICE), ": no pairs yet");
        return;
    }
    line_add(&line, style_with(ROLE_FIXED, STYLE_BOLD), " fixes %s",
             draw_percent(number, tally_fraction(&all)));
    if (state->awm.line_count > 0)
        line_add(&line, style_of(ROLE_NOTICE), " (exceptions aside)");
    draw_percent(chance, tally_chance(&all));
    text_format(words, sizeof words, ", as many as chance would");
    if (fabs(excess) >= 0.05)
        text_format(words, sizeof words, ", %.1f points %s than chance would", fabs(excess),
                    excess < 0 ? "fewer" : "more");
    if (line_add(&line, style_of(ROLE_TEXT), "%s", words))
        line_add(&line, style_of(ROLE_CHANCE), " (%s)", chance);
    else
        line_add(&line, style_of(ROLE_CHANCE), ", chance %s", chance);
}

static void legend_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char glyph[5] = "", number[TEXT_NUMBER];
    struct line line = line_start(canvas, glyphs, rect, 0);
    for (int part = 0; part < PARTS; part++) {
        if (!threshold_has_part(&state->settings.rule, part))
            continue;
        struct tally tally = {0};
        canvas->lacks = !tally_now(state, part, &tally) || canvas->lacks;
        glyph[text_encode(plot_line_glyph(glyphs, looks[part].stroke, looks[part].letter), glyph)] =
            '\0';
        line_add(&line, style_with(looks[part].role, STYLE_BOLD), "%s", glyph);
        line_add(&line, style_of(looks[part].role), " %s %-6s ", threshold_part_name(part),
                 draw_percent(number, tally_fraction(&tally)));
    }
    glyph[text_encode(plot_line_glyph(glyphs, STROKE_DOTS, 0), glyph)] = '\0';
    line_add(&line, style_of(ROLE_CHANCE), "%s chance ", glyph);
    glyph[text_encode(glyphs->cut_vertical, glyph)] = '\0';
    line_add(&line, style_of(ROLE_THRESHOLD), " %s threshold", glyph);
    glyph[text_encode(plot_line_glyph(glyphs, STROKE_THIN, 0), glyph)] = '\0';
    if (state->settings.each_layer)
        line_add(&line, style_of(ROLE_DIM), "  %s a layer", glyph);
}

/* ---- the picture --------------------------------------------------------- */

/* Beside the lines, below them, or nowhere. */
static struct rect cut_table(struct rect *plot, const struct state *state)
{
    enum { GAP = 2, PLOT_COLS = 40, PLOT_ROWS = 10, LEAST = 6 };
    struct rect table = *plot;
    size_t layers = state->angles->model->layer_count;
    int wanted = layers < PLOT_ROWS ? (int)layers + 3 : plot->rows * 2 / 5;
    if (plot->cols >= PLOT_COLS + GAP + THRESHOLD_TABLE_COLS) {
        table.cols = THRESHOLD_TABLE_COLS;
        table.col += plot->cols - THRESHOLD_TABLE_COLS;
        plot->cols -= THRESHOLD_TABLE_COLS + GAP;
        return table;
    }
    wanted = wanted > plot->rows - PLOT_ROWS ? plot->rows - PLOT_ROWS : wanted;
    if (plot->cols < THRESHOLD_TABLE_COLS || wanted < LEAST)
        return (struct rect){0};
    table.row += plot->rows - wanted;
    table.rows = wanted;
    plot->rows -= wanted;
    return table;
}

/* What the arrows on the axis are. */
static void draw_marks(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    char text[96], above[5] = "";
    above[text_encode(glyphs->up, above)] = '\0';
    text_format(text, sizeof text, " %s the paper's scripts:", above);
    for (size_t i = 0; i < SCRIPTS; i++) {
        size_t used = strlen(text);
        text_format(text + used, sizeof text - used, " %g%s", scripts[i],
                    i + 1 < SCRIPTS ? "," : " ");
    }
    draw_below(canvas, rect, glyphs, text);
}

static void draw_title(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 64];
    enum scope scope = state->settings.selection.scope;
    const bool *covers = state->settings.rule.projection;
    draw_selection_name(name, state, scope, glyphs, rect.cols - 34);
    if (scope == SCOPE_MODEL)
        text_format(name, sizeof name, "model, layers %s %u", draw_at_least(glyphs),
                    state->settings.rule.first_layer);
    text_format(title, sizeof title, "fixed pairs by threshold%s%s%s", draw_dot(glyphs), name,
                covers[0] && covers[1] ? ""
                : covers[0]            ? " (query alone)"
                                       : " (key alone)");
    draw_panel(canvas, rect, glyphs, title);
    draw_marks(canvas, rect, glyphs);
}

void threshold_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    enum { LINES_FROM = 8 };
    struct rect inside = draw_panel_inside(rect);
    enum scope scope = state->settings.selection.scope;
    draw_title(canvas, rect, glyphs, state);
    if (scope != SCOPE_MODEL && draw_excuse(canvas, inside, glyphs, state))
        return;
    excess_line(canvas, inside, glyphs, state);
    inside.row++;
    inside.rows--;
    if (inside.rows >= LINES_FROM) {
        legend_line(canvas, inside, glyphs, state);
        inside.row++;
        inside.rows--;
    }
    struct rect table = cut_table(&inside, state);
    if (!rect_empty(inside))
        draw_plot(canvas, inside, glyphs, state);
    if (!rect_empty(table))
        threshold_layers_draw(canvas, table, glyphs, state);
}
