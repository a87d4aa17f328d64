/* draw.c: pieces of text and frames that the views share. */
#include "views/draw.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

struct line line_start(struct canvas *canvas, const struct glyphs *glyphs, struct rect rect,
                       int row)
{
    int end = row < rect.rows ? rect.col + rect.cols : rect.col;
    return (struct line){canvas, glyphs, rect.row + row, rect.col, end};
}

bool line_add(struct line *line, struct style style, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (canvas_text_width(text) > line->end - line->col)
        return false;
    line->col += canvas_text(line->canvas, line->row, line->col, line->end - line->col, style,
                             line->glyphs, text);
    return true;
}

const char *draw_dot(const struct glyphs *glyphs)
{
    return glyphs->set == GLYPHS_ASCII ? ", " : " \u00b7 ";
}

const char *draw_at_least(const struct glyphs *glyphs)
{
    return glyphs->at_least_sign ? "\u2265" : ">=";
}

const char *draw_number(char out[TEXT_NUMBER], double value, int decimals)
{
    if (isnan(value))
        text_format(out, TEXT_NUMBER, "-");
    else
        text_format(out, TEXT_NUMBER, "%.*f", decimals, value);
    return out;
}

const char *draw_short(char out[TEXT_NUMBER], double value, int decimals)
{
    draw_number(out, value, decimals);
    if (out[0] == '0' && out[1] == '.')
        return out + 1;
    if (out[0] == '-' && out[1] == '0') {
        out[1] = '-';
        return out + 1;
    }
    return out;
}

const char *draw_percent(char out[TEXT_NUMBER], double fraction)
{
    if (isnan(fraction))
        text_format(out, TEXT_NUMBER, "-");
    else
        text_format(out, TEXT_NUMBER, "%.1f%%", 100 * fraction);
    return out;
}

void draw_lacks(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    canvas->lacks = true;
    if (!rect_empty(rect))
        canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_ERROR), glyphs,
                    "out of memory");
}

void draw_selection_name(char out[SELECTION_BYTES], const struct state *state, enum scope scope,
                         const struct glyphs *glyphs, int cols)
{
    const struct layer *layer = state_layer(state);
    const char *dot = draw_dot(glyphs), *head = "head ";
    if (scope == SCOPE_MODEL || !layer) {
        text_format(out, SELECTION_BYTES, "model");
        return;
    }
    text_format(out, SELECTION_BYTES, "layer %u", layer->number);
    for (int i = 0; i < 2 && scope == SCOPE_HEAD && state_rotates(state); i++) {
        int lead = state->lead; /* the head that was asked for, then the one that it meets */
        text_format(out, SELECTION_BYTES, "layer %u%s%s %s%u%s%s %s%u", layer->number, dot,
                    projection_name(lead), head, state_head(state, lead), dot,
                    projection_name(!lead), head, state_head(state, !lead));
        if (canvas_text_width(out) <= cols)
            return;
        head = "";
    }
}

bool draw_excuse(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    const struct layer *layer = state_layer(state);
    char note[256] = "";
    if (state_ready(state))
        return false;
    if (!layer) {
        canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_NOTICE), glyphs,
                    "the model has no layers");
        return true;
    }
    if (state_rotates(state)) {
        canvas_printf(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_NOTICE), glyphs,
                      "layer %u has not been scanned yet", layer->number);
        return true;
    }
    text_printable(note, sizeof note, layer->note ? layer->note : "");
    canvas_printf(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_NOTICE), glyphs,
                  "layer %u does not rotate", layer->number);
    if (rect.rows > 1)
        canvas_text(canvas, rect.row + 1, rect.col, rect.cols, style_of(ROLE_ABSENT), glyphs, note);
    return true;
}

struct rect draw_panel_inside(struct rect rect)
{
    if (rect.rows < 4 || rect.cols < 12)
        return rect;
    struct rect inside = rect_inside(rect, 1);
    return (struct rect){inside.row, inside.col + 1, inside.rows, inside.cols - 2};
}

struct rect draw_panel(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const char *title)
{
    struct rect inside = draw_panel_inside(rect);
    if (inside.rows < rect.rows)
        canvas_box(canvas, rect, glyphs, style_of(ROLE_BORDER), title,
                   style_with(ROLE_TITLE, STYLE_BOLD));
    return inside;
}

void draw_below(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const char *text)
{
    int cols = canvas_text_width(text);
    if (draw_panel_inside(rect).rows < rect.rows && cols + 4 <= rect.cols)
        canvas_text(canvas, rect.row + rect.rows - 1, rect.col + rect.cols - 2 - cols, cols,
                    style_of(ROLE_DIM), glyphs, text);
}

void draw_position(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   struct table_sight sight, size_t total)
{
    char text[160], hidden[HIDDEN_BYTES + 16] = "";
    if (draw_panel_inside(rect).rows == rect.rows || total == 0 ||
        (sight.end - sight.first >= total && sight.hidden == 0))
        return;
    if (sight.hidden > 0)
        text_format(hidden, sizeof hidden, "%shidden:%s", draw_dot(glyphs), sight.hidden_names);
    text_format(text, sizeof text, " %zu-%zu of %zu%s ", sight.first + 1, sight.end, total, hidden);
    if (sight.hidden > 0 && canvas_text_width(text) + 4 > rect.cols)
        text_format(text, sizeof text, " %zu-%zu of %zu%s%zu column%s hidden ", sight.first + 1,
                    sight.end, total, draw_dot(glyphs), sight.hidden, sight.hidden > 1 ? "s" : "");
    draw_below(canvas, rect, glyphs, text);
}

void draw_table(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct table *table, const struct table_look *look)
{
    struct table_sight sight = table_paint(canvas, draw_panel_inside(rect), glyphs, table, look);
    draw_position(canvas, rect, glyphs, sight, table->row_count);
}

/* How the lines are sorted, where the title has room for it. */
static void add_order(char *title, size_t size, const struct sort *sort,
                      const struct glyphs *glyphs, int cols)
{
    char order[64];
    if (!sort->column)
        return;
    text_format(order, sizeof order, "%sby %s, %s first", draw_dot(glyphs),
                table_brief(sort->column), sort->descending ? "highest" : "lowest");
    size_t used = strlen(title);
    if (canvas_text_width(title) + canvas_text_width(order) <= cols)
        text_format(title + used, size - used, "%s", order);
}

void draw_list(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state, const char *name, const char *const *spare,
               const char *const *rare)
{
    char selection[SELECTION_BYTES], title[SELECTION_BYTES + 128];
    struct view_settings settings = state_settings(state);
    enum scope scope = settings.selection.scope;
    const struct list *list = state_list(state);
    const bool *covers = settings.rule.projection;
    char random[TEXT_NUMBER] = "";
    if (state->view == VIEW_PAIRS && state->awm.random)
        text_format(random, sizeof random, "%srandom: seed %u", draw_dot(glyphs), state->awm.seed);
    draw_selection_name(selection, state, scope, glyphs, rect.cols - 16);
    bool all = state->view == VIEW_LAYERS;
    text_format(title, sizeof title, "%s%s%s%s%s", name, all ? "" : draw_dot(glyphs),
                all ? "" : selection,
                covers[0] && covers[1] ? ""
                : covers[0]            ? " (query alone)"
                                       : " (key alone)",
                random);
    add_order(title, sizeof title, &settings.sort, glyphs, rect.cols - 4);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (scope != SCOPE_MODEL && draw_excuse(canvas, inside, glyphs, state))
        return;
    if (!list) {
        draw_lacks(canvas, inside, glyphs);
        return;
    }
    struct view_table table;
    view_table_of_list(&table, list);
    struct table_look look = {
        .first = state->top,
        .mark = state_line(state),
        .shown = list_shown(state->view),
        .spare = spare,
        .rare = rare,
        .sorted = settings.sort.column,
        .descending = settings.sort.descending,
    };
    draw_table(canvas, rect, glyphs, &table.table, &look);
}

double draw_threshold(const struct state *state, enum scope scope, int projection)
{
    const struct layer *layer = state_layer(state);
    uint32_t head = state_head(state, projection);
    if (scope != SCOPE_HEAD || !layer)
        return (double)state->settings.rule.threshold;
    struct awm awm = state_awm(state);
    return awm_exception(&awm, layer->number, projection, head) == EXCEPTION_RULE
               ? (double)state_threshold(state, state->settings.selection.layer, projection, head)
               : (double)NAN;
}

void draw_cuts(enum quantity unit, double threshold, double out[2])
{
    bool signed_unit = unit != QUANTITY_ABS_COS;
    double a = quantity_of(unit, threshold), b = quantity_of(unit, -threshold);
    out[0] = signed_unit ? fmin(a, b) : -INFINITY;
    out[1] = signed_unit ? fmax(a, b) : a;
}
