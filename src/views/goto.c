/* goto.c: what can be typed at "go to", and the tensors whose names hold what was typed. */
#include "views/draw.h"

static const struct {
    const char *text, *words;
} examples[] = {
    {"12", "layer 12"},
    {"12.3", "layer 12, query head 3"},
    {"12.3.40", "layer 12, query head 3, pair 40"},
    {"h3  h3.40", "query head 3 of this layer, and its pair 40"},
    {"k2  k2.40", "key head 2 of this layer, and its pair 40"},
    {"p40", "pair 40 of this head"},
    {"q_proj", "a tensor by any part of its name; Up and Down choose"},
};

static void draw_examples(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    enum { TEXT_COLS = 12 };
    for (int i = 0; i < (int)(sizeof examples / sizeof *examples) && i < rect.rows; i++) {
        canvas_text(canvas, rect.row + i, rect.col + 1, TEXT_COLS - 1,
                    style_with(ROLE_HINT, STYLE_BOLD), glyphs, examples[i].text);
        canvas_text(canvas, rect.row + i, rect.col + TEXT_COLS, rect.cols - TEXT_COLS,
                    style_of(ROLE_TEXT), glyphs, examples[i].words);
    }
}

static void draw_match(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct goto_match *match, bool chosen)
{
    char name[ENTRY_BYTES];
    struct style style = style_of(chosen ? ROLE_SELECT : ROLE_TEXT);
    text_printable(name, sizeof name, match->name);
    if (chosen)
        canvas_put(canvas, rect.row, rect.col, glyphs->cursor, style);
    canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 1, style, glyphs,
                  "layer %u  %-5s  %s", state->angles->model->layers[match->layer].number,
                  projection_name(match->projection), name);
}

void goto_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state)
{
    char title[64], why[ERROR_WHAT];
    struct destination to;
    size_t count = goto_match_count(state, state->entry.text);
    text_format(title, sizeof title, count ? "go to: %zu tensors" : "go to", count);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (count == 0) {
        draw_examples(canvas, inside, glyphs);
        int row = (int)(sizeof examples / sizeof *examples) + 1;
        if (state->entry.length > 0 && row < inside.rows &&
            !goto_read(state, state->entry.text, 0, &to, why, sizeof why))
            canvas_text(canvas, inside.row + row, inside.col + 1, inside.cols - 1,
                        style_of(ROLE_NOTICE), glyphs, why);
        return;
    }
    size_t visible = (size_t)(inside.rows > 0 ? inside.rows : 0);
    size_t first = layout_scroll(state->choice, visible, count);
    for (size_t i = 0; i < visible && first + i < count; i++) {
        struct goto_match match;
        struct rect row = {inside.row + (int)i, inside.col, 1, inside.cols};
        if (goto_match_at(state, state->entry.text, first + i, &match))
            draw_match(canvas, row, glyphs, state, &match, first + i == state->choice);
    }
    size_t end = first + visible < count ? first + visible : count;
    draw_position(canvas, rect, glyphs, (struct table_sight){.first = first, .end = end}, count);
}
