/* help.c: the keys, out of the one key table, and the words of the screen. */
#include "views/draw.h"

static void help_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct help *help, const struct help_line *at)
{
    enum { LABEL_COLS = 18 };
    char label[KEY_LABEL] = "";
    int cols = rect.cols < LABEL_COLS ? rect.cols : LABEL_COLS;
    if (at->binding)
        keys_label(label, at->binding, glyphs);
    else
        text_format(label, sizeof label, "%s", at->word ? at->word : "");
    if (!at->binding && !at->word) {
        canvas_text(canvas, rect.row, rect.col, rect.cols, style_with(ROLE_TITLE, STYLE_BOLD),
                    glyphs, at->words ? at->words : help->own);
        return;
    }
    canvas_text(canvas, rect.row, rect.col + 1, cols - 1, style_with(ROLE_HINT, STYLE_BOLD), glyphs,
                label);
    canvas_text(canvas, rect.row, rect.col + cols, rect.cols - cols, style_of(ROLE_TEXT), glyphs,
                at->words);
}

void help_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state)
{
    char title[ENTRY_BYTES + 16];
    struct help help;
    bool filtered = state->place == PLACE_FILTER || state->filter.length > 0;
    help_of(&help, state);
    text_format(title, sizeof title, filtered ? "keys with: %s" : "keys", state->filter.text);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    size_t first = state->help_top < help.count ? state->help_top : help.count, end = first;
    for (struct rect line = inside; end < help.count && line.row < inside.row + inside.rows;
         line.row++)
        help_line(canvas, line, glyphs, &help, &help.line[end++]);
    draw_position(canvas, rect, glyphs, (struct table_sight){.first = first, .end = end},
                  help.count);
    if (help.count == 0)
        canvas_text(canvas, inside.row, inside.col + 1, inside.cols - 1, style_of(ROLE_NOTICE),
                    glyphs, "no key has these words");
}
