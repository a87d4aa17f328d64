/* overview.c: the first screen: heat maps of the whole model beside the selected head. */
#include "views/draw.h"

#include <math.h>

/* The screen in a few lines of text, where there is no room for pictures. */
static void draw_lines(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char name[SELECTION_BYTES], number[TEXT_NUMBER], mean[TEXT_NUMBER];
    struct rect below = {rect.row + 1, rect.col, rect.rows - 1, rect.cols};
    draw_selection_name(name, state, SCOPE_HEAD, glyphs, rect.cols);
    struct selection at = state->settings.selection;
    const struct layer *layer = state_layer(state);
    at.scope = SCOPE_HEAD;
    if (rect.cols < canvas_text_width(name))
        text_format(name, sizeof name, "L%u H%u", layer ? layer->number : 0, at.head);
    canvas_text(canvas, rect.row, rect.col, rect.cols, style_of(ROLE_SELECT), glyphs, name);
    if (below.rows < 1 || draw_excuse(canvas, below, glyphs, state))
        return;
    for (int p = 0; p < PROJECTION_COUNT && p < below.rows; p++) {
        struct tally tally = tally_selection(state->angles, &at, p, state->settings.rule.threshold);
        struct rect row = {below.row + p, below.col, 1, below.cols};
        if (below.cols >= 36) {
            histogram_line(canvas, row, glyphs, state, SCOPE_HEAD, p);
            continue;
        }
        struct line line = line_start(canvas, glyphs, row, 0);
        line_add(&line, style_of(p == PROJECTION_QUERY ? ROLE_QUERY : ROLE_KEY), "%c",
                 p == PROJECTION_QUERY ? 'q' : 'k');
        line_add(&line, style_of(ROLE_TEXT), " %s", draw_number(mean, tally_mean_abs(&tally), 3));
        line_add(&line, style_of(ROLE_FIXED), "  %s", draw_percent(number, tally_fraction(&tally)));
    }
    if (below.rows > PROJECTION_COUNT) {
        struct rect row = {below.row + PROJECTION_COUNT, below.col, 1, below.cols};
        scatter_line(canvas, row, glyphs, state, SCOPE_HEAD);
    }
}

static void draw_head(struct canvas *canvas, const struct layout *layout,
                      const struct glyphs *glyphs, const struct state *state)
{
    char name[SELECTION_BYTES];
    enum scope scope = state->settings.selection.scope;
    if (layout->panel.rows < 3 || layout->panel.cols < 8)
        return;
    draw_selection_name(name, state, scope, glyphs, layout->panel.cols - 4);
    canvas_box(canvas, layout->panel, glyphs, style_of(ROLE_BORDER), name,
               style_with(ROLE_TITLE, STYLE_BOLD));
    if (scope != SCOPE_MODEL &&
        draw_excuse(canvas, draw_panel_inside(layout->panel), glyphs, state))
        return;
    int second = state->lead == PROJECTION_QUERY ? PROJECTION_KEY : PROJECTION_QUERY;
    histogram_panel(canvas, layout->histogram[0], glyphs, state, scope, state->lead);
    histogram_panel(canvas, layout->histogram[1], glyphs, state, scope, second);
    if (!rect_empty(layout->scatter))
        scatter_panel(canvas, layout->scatter, glyphs, state, scope);
}

void overview_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                   const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    layout_make(&layout, &needs);
    if (!layout.framed) {
        draw_lines(canvas, rect, glyphs, state);
        return;
    }
    maps_draw(canvas, &layout, glyphs, state);
    draw_head(canvas, &layout, glyphs, state);
}
