/* histogram.c: how the cosines of a selection are spread, beside what chance would give. */
#include "ropescope/lists.h"
#include "views/draw.h"

#include <math.h>
#include <string.h>

enum {
    COLUMN_SCOPE,
    COLUMN_LAYER,
    COLUMN_HEAD,
    COLUMN_PROJECTION,
    COLUMN_LOW,
    COLUMN_HIGH,
    COLUMN_COUNT,
    COLUMN_LOG, /* with --log alone */
    COLUMNS
};
static const char *const columns[COLUMNS] = {"scope", "layer", "head",  "projection",
                                             "low",   "high",  "count", "log1p_count"};

struct histogram_rows {
    const struct angles *angles;
    struct view_settings settings;
    size_t projections;
    int projection[PROJECTION_COUNT]; /* (projections) in the order of their rows */
    struct histogram histogram[PROJECTION_COUNT];
};

/* The cosines that the settings select, by the same rule as the list of pairs. */
static void fill(struct histogram *histogram, const struct angles *angles,
                 const struct view_settings *settings, int projection)
{
    histogram_start(histogram, settings->unit, settings->bins);
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        uint32_t first, heads = settings_heads(settings, angles, i, projection, &first);
        size_t pairs = angles->model->layers[i].pairs;
        if (heads > 0)
            histogram_add(histogram, angles->layers[i].set[projection].cos + first * pairs,
                          heads * pairs);
    }
}

static struct cell head_cell(const struct histogram_rows *rows, int projection)
{
    const struct selection *selection = &rows->settings.selection;
    const struct layer *layer = &rows->angles->model->layers[selection->layer];
    if (selection->scope != SCOPE_HEAD && !rows->settings.one_head)
        return cell_empty();
    if (projection == PROJECTION_QUERY || layer->pairs == 0)
        return cell_integer(selection->head);
    return cell_integer(layer_key_head(layer, selection->head));
}

static struct cell histogram_cell(const void *context, size_t index, size_t column)
{
    const struct histogram_rows *rows = context;
    const struct selection *selection = &rows->settings.selection;
    size_t bins = rows->settings.bins;
    const struct histogram *histogram = &rows->histogram[index / bins];
    int projection = rows->projection[index / bins];
    double low, high;
    histogram_edges(histogram, (uint32_t)(index % bins), &low, &high);
    switch (column) {
    case COLUMN_SCOPE:
        return cell_word(scope_name(rows->settings.one_head ? SCOPE_HEAD : selection->scope));
    case COLUMN_LAYER:
        return selection->scope == SCOPE_MODEL
                   ? cell_empty()
                   : cell_integer(rows->angles->model->layers[selection->layer].number);
    case COLUMN_HEAD:
        return head_cell(rows, projection);
    case COLUMN_PROJECTION:
        return cell_word(projection_name(projection));
    case COLUMN_LOW:
        return cell_real(low);
    case COLUMN_HIGH:
        return cell_real(high);
    case COLUMN_LOG:
        return cell_real(log1p((double)histogram->count[index % bins]));
    default:
        return cell_integer(histogram->count[index % bins]);
    }
}

enum status histogram_table(const struct angles *angles, const struct view_settings *settings,
                            struct view_table *out, struct error *err)
{
    struct histogram_rows *rows = memory_array(1, sizeof *rows);
    if (!rows)
        return error_memory(err);
    rows->angles = angles;
    rows->settings = *settings;
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!settings->rule.projection[p])
            continue;
        fill(&rows->histogram[rows->projections], angles, settings, p);
        rows->projection[rows->projections++] = p;
    }
    *out = (struct view_table){.owned = rows};
    out->table = (struct table){columns, settings->log ? COLUMNS : COLUMN_LOG,
                                rows->projections * settings->bins, histogram_cell, rows};
    return STATUS_OK;
}

/* ---- the picture --------------------------------------------------------- */

static enum role role_of(int projection)
{
    return projection == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY;
}

void histogram_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state, enum scope scope, int projection)
{
    char number[TEXT_NUMBER];
    bool leads = projection == state->lead;
    struct tally tally = state_tally(state, scope, projection);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(role_of(projection), leads ? STYLE_BOLD | STYLE_UNDERLINE : 0), "%s",
             projection_name(projection));
    line_add(&line, style_of(ROLE_TEXT), "%*s mean |cos| %s", projection == PROJECTION_KEY ? 2 : 0,
             "", draw_number(number, tally_mean_abs(&tally), 3));
    line_add(&line, style_of(ROLE_FIXED), "  fixed %s",
             draw_percent(number, tally_fraction(&tally)));
    line_add(&line, style_of(ROLE_DIM), "  max %s",
             draw_number(number, tally.pairs ? tally.max_abs : NAN, 3));
    line_add(&line, style_of(ROLE_DIM), "  %s pairs", text_count(number, tally.pairs));
    if (tally.undefined > 0)
        line_add(&line, style_of(ROLE_ABSENT), "  %s undefined",
                 text_count(number, tally.undefined));
}

/* |cos| that 95% of the pairs of random rows as long as those of the selected layer stay below. */
static double chance_band(const struct state *state, int projection)
{
    const struct layer *layer = state_layer(state);
    if (!layer || layer->pairs == 0)
        return NAN;
    return memo_chance_quantile(state, 0.05, layer->projection[projection].row_length);
}

void histogram_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     const struct state *state, enum scope scope, int projection)
{
    enum quantity unit = state->settings.unit;
    histogram_line(canvas, rect, glyphs, state, scope, projection);
    if (rect.rows < 2)
        return;
    const struct histogram *histogram =
        state_histogram(state, scope, projection, state_bins(state, rect.cols));
    struct bars_plot plot = {
        .count = histogram->count,
        .bins = histogram->bins,
        .log = state->settings.log,
        .marked = true,
        .role = role_of(projection),
        .show_axis = rect.rows >= 5,
    };
    quantity_range(unit, &plot.low, &plot.high);
    draw_cuts(unit, draw_threshold(state, scope, projection), plot.cut);
    draw_cuts(unit, chance_band(state, projection), plot.band);
    struct rect bars = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    plot_bars(canvas, bars, glyphs, &plot);
}

/* What the marks in the bars are. */
static void draw_marks(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    char cut[5] = "", above[5] = "", inside[5] = "", text[96];
    cut[text_encode(glyphs->cut_vertical, cut)] = '\0';
    above[text_encode(glyphs->chance, above)] = '\0';
    inside[text_encode(glyphs->chance_bar, inside)] = '\0';
    text_format(text, sizeof text, " %s threshold  %s%s where 95%% of random pairs lie ", cut,
                above, inside);
    draw_below(canvas, rect, glyphs, text);
}

void histogram_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 64];
    enum scope scope = state->settings.selection.scope;
    const bool *covers = state->settings.rule.projection;
    struct rect half[2];
    draw_selection_name(name, state, scope, glyphs, rect.cols - 40);
    text_format(title, sizeof title, "%s%s%s%s%u bins%s", quantity_name(state->settings.unit),
                draw_dot(glyphs), name, draw_dot(glyphs),
                state_bins(state, layout_bars_cols(state)),
                state->settings.log ? ", log counts" : "");
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (scope != SCOPE_MODEL && draw_excuse(canvas, inside, glyphs, state))
        return;
    layout_bars(inside, state->settings.arrange, half);
    layout_flatten(half, state->settings.arrange);
    if (!covers[0] || !covers[1]) {
        half[0].rows = inside.rows;
        half[1].rows = 0;
    }
    draw_marks(canvas, rect, glyphs);
    histogram_panel(canvas, half[0], glyphs, state, scope, state->lead);
    if (!rect_empty(half[1]))
        histogram_panel(canvas, half[1], glyphs, state, scope, !state->lead);
}
