/* offsets.c: rotary offsets of the selected head over a text: what its mean vectors score by
 * distance, and its pairs with what makes one an offset feature. */
#include "views/offsets.h"
#include "views/draw.h"

#include <math.h>

static const double degrees = 57.29577951308232;

/* ---- the curve ----------------------------------------------------------- */

static const struct line_series looks[] = {
    {.stroke = STROKE_HEAVY, .letter = 'h', .role = ROLE_BOTH},
    {.stroke = STROKE_LIGHT, .letter = 'p', .role = ROLE_SELECT}};

struct line_plot offsets_plot_of(const struct head_offsets *head)
{
    double top = 0;
    enum { SAMPLES = 64 };
    for (int i = 0; i < SAMPLES; i++) {
        double low = pow(head->context, (double)i / SAMPLES),
               high = pow(head->context, (i + 1.0) / SAMPLES);
        top = fmax(top, fabs(offsets_mean_score(head, 0, head->layer->pairs, low, high)));
    }
    for (size_t i = 0; i < head->layer->pairs; i++)
        top = fmax(top, fabs(offset_score(&head->offset[i], 0, head->layer->head_dim, 0)));
    double unit = top > 0 ? pow(10, floor(log10(top))) / 2 : 1;
    top = top > 0 ? ceil(top / unit) * unit : 1;
    return (struct line_plot){.low = 1,
                              .high = head->context > 1 ? head->context : 2,
                              .scale = AXIS_LOG,
                              .y_low = -top,
                              .y_high = top,
                              .cut = NAN,
                              .x_label = "tokens between query and key",
                              .y_label = "score"};
}

static void add_line(const struct line_brush *brush, const struct head_offsets *head, size_t first,
                     size_t count, struct line_series series)
{
    for (int i = 0; i < brush->axis.cells; i++)
        brush->y[i] = offsets_mean_score(head, first, count, axis_edge(&brush->axis, i),
                                         axis_edge(&brush->axis, i + 1));
    line_brush_add(brush, series);
}

static void draw_curve(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct head_offsets *head, uint32_t pair)
{
    struct line_plot plot = offsets_plot_of(head);
    struct line_brush brush;
    if (!line_brush_start(&brush, canvas, rect, glyphs, &plot))
        return;
    add_line(&brush, head, 0, head->layer->pairs, looks[0]);
    if (pair < head->layer->pairs)
        add_line(&brush, head, pair, 1, looks[1]);
    line_brush_end(&brush);
}

/* ---- the pairs ----------------------------------------------------------- */

enum { PAIR, TURNS, QUERY, KEY, CONSTANT_QUERY, CONSTANT_KEY, PSI, SCORE, OFFSET, COLUMNS };
static const char *const columns[COLUMNS] = {"pair", "turns", "|q|",  "|k|",   "const",
                                             "cnst", "psi",   "s(0)", "offset"};

static struct cell pair_cell(const void *context, size_t row, size_t column)
{
    const struct head_offsets *head = context;
    const struct offset *offset = &head->offset[row];
    double frequency = head->layer->frequency[row];
    switch (column) {
    case PAIR:
        return cell_integer(row);
    case TURNS:
        return cell_real(frequency * head->context / (2 * acos(-1)));
    case QUERY:
    case KEY:
        return cell_real(offset->radius[column - QUERY]);
    case CONSTANT_QUERY:
    case CONSTANT_KEY:
        return cell_real(offset->concentration[column - CONSTANT_QUERY]);
    case PSI:
        return cell_real(degrees * offset->psi);
    case SCORE:
        return cell_real(offset_score(offset, frequency, head->layer->head_dim, 0));
    default:
        return offset->feature ? cell_flag(true) : cell_empty();
    }
}

static void draw_pairs(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct head_offsets *head, uint32_t pair)
{
    static const char *const spare[] = {"cnst", "const", "turns", "s(0)", NULL};
    size_t pairs = head->layer->pairs, visible = rect.rows > 1 ? (size_t)rect.rows - 1 : 0;
    struct table table = {columns, COLUMNS, pairs, pair_cell, head};
    struct table_look look = {
        .first = layout_scroll(pair, visible, pairs), .mark = pair, .spare = spare};
    table_paint(canvas, rect, glyphs, &table, &look);
}

/* ---- words --------------------------------------------------------------- */

static void add_side(struct line *line, int side, const struct offset *offset)
{
    const char *degree = line->glyphs->set == GLYPHS_ASCII ? " deg" : "\u00b0";
    line_add(line, style_of(side == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY),
             "  %s %.3g at %.0f%s, %.2f constant", projection_name(side), offset->radius[side],
             degrees * offset->angle[side], degree, offset->concentration[side]);
}

static void pair_words(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct head_offsets *head, uint32_t pair)
{
    const struct offset *offset = &head->offset[pair];
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), "pair %u", pair);
    for (int p = 0; p < PROJECTION_COUNT; p++)
        add_side(&line, p, offset);
    line_add(&line, style_of(ROLE_TEXT), "  psi %.1f", degrees * offset->psi);
    if (offset->feature)
        line_add(&line, style_with(ROLE_FIXED, STYLE_BOLD), "  offset feature");
}

static void bound_words(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct head_offsets *head, uint32_t pair)
{
    const struct offset *offset = &head->offset[pair];
    struct line line = line_start(canvas, glyphs, rect, 0);
    double turns = head->layer->frequency[pair] * head->context / (2 * acos(-1));
    line_add(&line, style_of(ROLE_TEXT), "%.3g turns in %.0f tokens: %s", turns, head->context,
             offset->half_cycle      ? "below half a cycle"
             : offset->partial_cycle ? "a partial cycle"
                                     : "full cycles");
    if (offset->partial_cycle)
        line_add(&line, style_of(ROLE_TEXT), "; |psi| %s %.0f, the least angle",
                 fabs(offset->psi) >= offset->least_psi ? draw_at_least(glyphs) : "<",
                 degrees * offset->least_psi);
    line_add(&line, style_of(ROLE_DIM), " (bounds derived)");
}

static void legend_words(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                         uint32_t pair)
{
    char glyph[5] = "";
    struct line line = line_start(canvas, glyphs, rect, 0);
    glyph[text_encode(plot_line_glyph(glyphs, looks[0].stroke, looks[0].letter), glyph)] = '\0';
    line_add(&line, style_of(looks[0].role), "%s all pairs of the head", glyph);
    glyph[text_encode(plot_line_glyph(glyphs, looks[1].stroke, looks[1].letter), glyph)] = '\0';
    line_add(&line, style_of(looks[1].role), "  %s pair %u", glyph, pair);
    line_add(&line, style_of(ROLE_DIM), "  mean query times mean key, rotated");
}

/* ---- all of it ----------------------------------------------------------- */

bool draw_no_text(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state)
{
    const struct probed *probed = state->settings.probed;
    if (probed && state->settings.selection.layer < probed->probe->layer_count)
        return false;
    canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_NOTICE), glyphs,
                probed ? "the run did not come to this layer"
                : state->scanning
                    ? "running the model"
                    : "no text was run: start with --text \"...\", --tokens 1,2 or --vocabulary");
    return true;
}

/* The pairs beside the curve, or below it; nothing where neither has room. */
static struct rect cut_pairs(struct rect *plot)
{
    enum { TABLE_COLS = 56, PLOT_COLS = 40, PLOT_ROWS = 8, LEAST = 4, GAP = 2 };
    struct rect table = *plot;
    if (plot->cols >= TABLE_COLS + PLOT_COLS + GAP) {
        table.cols = TABLE_COLS;
        table.col += plot->cols - TABLE_COLS;
        plot->cols -= TABLE_COLS + GAP;
        return table;
    }
    int rows = plot->rows - PLOT_ROWS < plot->rows / 2 ? plot->rows - PLOT_ROWS : plot->rows / 2;
    if (rows < LEAST)
        return (struct rect){0};
    table.row += plot->rows - rows;
    table.rows = rows;
    plot->rows -= rows;
    return table;
}

static void draw_head(struct canvas *canvas, struct rect inside, const struct glyphs *glyphs,
                      const struct head_offsets *head, uint32_t pair)
{
    enum { WORDS = 3, WORDS_FROM = 8 };
    pair_words(canvas, inside, glyphs, head, pair);
    int words = inside.rows >= WORDS_FROM ? WORDS : 1;
    struct rect below = {inside.row + words, inside.col, inside.rows - words, inside.cols};
    if (words == WORDS) {
        bound_words(canvas, (struct rect){inside.row + 1, inside.col, 1, inside.cols}, glyphs, head,
                    pair);
        legend_words(canvas, (struct rect){inside.row + 2, inside.col, 1, inside.cols}, glyphs,
                     pair);
    }
    if (rect_empty(below))
        return;
    struct rect table = cut_pairs(&below);
    draw_curve(canvas, below, glyphs, head, pair);
    if (!rect_empty(table))
        draw_pairs(canvas, table, glyphs, head, pair);
}

void offsets_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 64], tokens[TEXT_NUMBER] = "";
    const struct probed *probed = state->settings.probed;
    struct head_offsets head;
    draw_selection_name(name, state, SCOPE_HEAD, glyphs, rect.cols - 32);
    if (probed && probed->probe->of_vocabulary)
        text_format(tokens, sizeof tokens, "%severy token", draw_dot(glyphs));
    else if (probed)
        text_format(tokens, sizeof tokens, "%s%zu tokens", draw_dot(glyphs),
                    probed->probe->token_count);
    text_format(title, sizeof title, "offsets%s%s%s", draw_dot(glyphs), name, tokens);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (!state_layer(state) || draw_no_text(canvas, inside, glyphs, state))
        return;
    bool filled =
        head_offsets_fill(&head, probed, state->angles->model, state->settings.selection.layer,
                          state->settings.selection.head);
    if (filled && head.layer)
        draw_head(canvas, inside, glyphs, &head, state->pair);
    else
        canvas_text(canvas, inside.row, inside.col, inside.cols, style_of(ROLE_NOTICE), glyphs,
                    filled ? "this layer does not rotate" : "no memory");
    memory_free(head.offset);
}
