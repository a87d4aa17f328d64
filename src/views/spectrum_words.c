/* spectrum_words.c: what stands around the maps of pairs: the selected pair, the shades and the two
 * lines in words and numbers. */
#include "views/spectrum.h"

#include <math.h>
#include <string.h>

static const double degrees = 57.29577951308232; /* of a radian */

static const char *side_of(double turns)
{
    return turns >= 1 ? "full cycles" : turns >= 0.5 ? "less than one" : "less than half";
}

static void turns_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    const struct layer *layer = state_layer(state);
    double frequency = layer->frequency[state->pair];
    double turns = pair_turns(frequency, state->angles->model->context);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), "pair %u", state->pair);
    line_add(&line, style_of(ROLE_TEXT), "  frequency %.4g", frequency);
    line_add(&line, style_of(ROLE_TEXT), "  wavelength %.4g", layer_wavelength(layer, state->pair));
    if (isnan(turns))
        line_add(&line, style_of(ROLE_DIM), "  turns: --context is not known");
    else if (line_add(&line, style_of(ROLE_TEXT), "  turns %.3g", turns))
        line_add(&line, style_of(ROLE_NOTICE), ": %s", side_of(turns));
}

/* A number of each row of the pair, of query and key; NaN: left out. Whole or not at all. */
static void add_two(struct line *line, const char *what, const double q[2], const double k[2])
{
    char text[128];
    if (isnan(q[0]) && isnan(k[0]))
        return;
    text_format(text, sizeof text, "  %s", what);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const double *of = p == PROJECTION_QUERY ? q : k;
        size_t used = strlen(text);
        if (!isnan(of[0]))
            text_format(text + used, sizeof text - used, " %c %.3g/%.3g",
                        p == PROJECTION_QUERY ? 'q' : 'k', of[0], of[1]);
    }
    line_add(line, style_of(ROLE_TEXT), "%s", text);
}

/* What the rows of the selected pair hold beside their angle, as far as the line has room. */
static void add_facts(struct line *line, const struct state *state, const struct layer *layer)
{
    const char *degree = line->glyphs->set == GLYPHS_ASCII ? " deg" : "\u00b0";
    double l1[PROJECTION_COUNT][2], gain[PROJECTION_COUNT][2];
    size_t at[PROJECTION_COUNT];
    const struct fact_set *sets = state->settings.facts->layers[state->settings.selection.layer];
    char bias[128] = "";
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        bool shown = state->settings.rule.projection[p];
        at[p] = (size_t)state_head(state, p) * layer->pairs + state->pair;
        l1[p][0] = shown ? sets[p].l1_a[at[p]] : (double)NAN;
        l1[p][1] = sets[p].l1_b[at[p]];
        gain[p][0] = shown ? sets[p].gain_a[at[p]] : (double)NAN;
        gain[p][1] = sets[p].gain_b[at[p]];
        size_t used = strlen(bias);
        if (shown && !isnan(sets[p].bias_radius[at[p]]))
            text_format(bias + used, sizeof bias - used, " %c %.3g at %.0f%s",
                        p == PROJECTION_QUERY ? 'q' : 'k', sets[p].bias_radius[at[p]],
                        degrees * sets[p].bias_angle[at[p]], degree);
    }
    add_two(line, "L1", l1[PROJECTION_QUERY], l1[PROJECTION_KEY]);
    if (*bias)
        line_add(line, style_of(ROLE_TEXT), "  bias%s", bias);
    add_two(line, "gains", gain[PROJECTION_QUERY], gain[PROJECTION_KEY]);
}

/* Of the selected head of each projection. */
static void norms_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char norm[TEXT_NUMBER], cos[TEXT_NUMBER];
    const struct layer *layer = state_layer(state);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_TEXT), "layer %u", layer->number);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const struct angle_set *set =
            &state->angles->layers[state->settings.selection.layer].set[p];
        uint32_t head = state_head(state, p);
        size_t at = (size_t)head * layer->pairs + state->pair;
        if (!state->settings.rule.projection[p])
            continue;
        line_add(&line, style_of(p == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY),
                 "  %s %u norm %s cos %s", projection_name(p), head,
                 draw_number(norm, pair_norm(set, at), 4),
                 draw_number(cos, (double)set->cos[at], 4));
    }
    if (state->settings.facts && layer->pairs > state->pair)
        add_facts(&line, state, layer);
}

void spectrum_words_draw(struct canvas *canvas, const struct spectrum_layout *layout,
                         const struct glyphs *glyphs, const struct state *state)
{
    if (rect_empty(layout->words[0]) || draw_excuse(canvas, layout->words[0], glyphs, state))
        return;
    turns_line(canvas, layout->words[0], glyphs, state);
    if (!rect_empty(layout->words[1]))
        norms_line(canvas, layout->words[1], glyphs, state);
}

/* ---- the shades ---------------------------------------------------------- */

/* The numbers under the cursor: of the layer's heads together, or of the head. */
static void add_selected(struct line *line, const struct spectrum_layout *layout,
                         const struct state *state, const struct pair_maps *maps)
{
    char number[TEXT_NUMBER];
    const char *before = "selected";
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!state->settings.rule.projection[p])
            continue;
        double value = pair_map_value(&maps->map[p], state->settings.shade,
                                      layout->part[p].selected, state->pair);
        line_add(line, style_of(ROLE_SELECT), "%s %s %s", before, projection_name(p),
                 draw_number(number, value, 4));
        before = "";
    }
}

/* Which part of the map is in sight, where not all is. */
static void add_sight(struct line *line, const struct spectrum_layout *layout,
                      const struct state *state, const struct pair_maps *maps)
{
    const struct spectrum_part *part = &layout->part[state->lead];
    if (rect_empty(part->cells))
        part = &layout->part[!state->lead];
    size_t rows = part->tall > 0 ? (size_t)(part->cells.rows / part->tall) : part->rows;
    const struct layer *layers = state->angles->model->layers;
    size_t first = part->first_row, last = first + rows - 1;
    if (rect_empty(part->cells))
        return;
    if (rows < part->rows && maps->by_head)
        line_add(line, style_of(ROLE_DIM), "  heads %zu-%zu of %zu", first, last, part->rows);
    else if (rows < part->rows)
        line_add(line, style_of(ROLE_DIM), "  layers %u-%u of %zu", layers[first].number,
                 layers[last].number, part->rows);
    if (part->end - part->first < layout->pairs)
        line_add(line, style_of(ROLE_DIM), "  pairs %u-%u of %u", part->first, part->end - 1,
                 layout->pairs);
}

void spectrum_legend_draw(struct canvas *canvas, const struct spectrum_layout *layout,
                          const struct glyphs *glyphs, const struct state *state,
                          const struct pair_maps *maps)
{
    enum { GRADIENT_COLS = 16 };
    struct map_scale scale = spectrum_scale(state, maps);
    struct line line = line_start(canvas, glyphs, layout->legend, 0);
    if (rect_empty(layout->legend))
        return;
    line_add(&line, style_of(ROLE_LABEL), "%s%s ", pair_shade_words(state->settings.shade),
             scale.log ? ", log" : "");
    struct rect legend = {line.row, line.col, 1, line.end - line.col};
    legend.cols = legend.cols > GRADIENT_COLS ? GRADIENT_COLS : legend.cols;
    if (state->settings.selection.scope == SCOPE_HEAD) {
        line_add(&line, style_of(ROLE_LABEL), "%.3g to %.3g  ", scale.low, scale.high);
    } else if (!rect_empty(legend)) {
        (scale.low < 0 ? plot_diverging_legend : plot_heat_legend)(canvas, legend, glyphs,
                                                                   scale.low, scale.high);
        line.col += legend.cols + 1;
    }
    add_selected(&line, layout, state, maps);
    add_sight(&line, layout, state, maps);
}

/* ---- the lines ----------------------------------------------------------- */

static void name_line(char out[TEXT_NUMBER], uint32_t pair, uint32_t pairs)
{
    if (pair < pairs)
        text_format(out, TEXT_NUMBER, "from %u", pair);
    else
        text_format(out, TEXT_NUMBER, "none");
}

/* "│ partial cycle from 46 · ┆ half cycle from 50 · derived, context 4096". */
void spectrum_lines_draw(struct canvas *canvas, struct rect panel,
                         const struct spectrum_layout *layout, const struct glyphs *glyphs,
                         const struct state *state)
{
    char text[256], partial[TEXT_NUMBER], half[TEXT_NUMBER], of[32] = "", solid[5] = "",
                                                             dashed[5] = "";
    const char *dot = draw_dot(glyphs);
    unsigned long long context = state->angles->model->context;
    if (!layout->layer || context == 0)
        return;
    name_line(partial, layout->lines.partial, layout->layer->pairs);
    name_line(half, layout->lines.half, layout->layer->pairs);
    solid[text_encode(glyphs->vertical, solid)] = '\0';
    dashed[text_encode(glyphs->cut_vertical, dashed)] = '\0';
    if (layout->lines_differ)
        text_format(of, sizeof of, " of layer %u", layout->layer->number);
    text_format(text, sizeof text,
                " %s partial cycle %s%s%s%s half cycle %s%sderived, context %llu ", solid, partial,
                of, dot, dashed, half, dot, context);
    if (canvas_text_width(text) + 4 > panel.cols)
        text_format(text, sizeof text, " %s%s %s%s derived ", solid, partial, dashed, half);
    draw_below(canvas, panel, glyphs, text);
}
