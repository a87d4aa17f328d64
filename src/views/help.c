/* help.c: the keys, out of the one key table. */
#include "views/draw.h"

static void help_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs, int row,
                      const struct binding *binding)
{
    enum { LABEL_COLS = 18 };
    char label[KEY_LABEL];
    keys_label(label, binding, glyphs);
    int cols = rect.cols < LABEL_COLS ? rect.cols : LABEL_COLS;
    canvas_text(canvas, rect.row + row, rect.col + 1, cols - 1, style_with(ROLE_HINT, STYLE_BOLD),
                glyphs, label);
    canvas_text(canvas, rect.row + row, rect.col + cols, rect.cols - cols, style_of(ROLE_TEXT),
                glyphs, binding->help);
}

void help_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
               const struct state *state)
{
    char title[ENTRY_BYTES + 16];
    bool filtered = state->place == PLACE_FILTER || state->filter.length > 0;
    text_format(title, sizeof title, filtered ? "keys with: %s" : "keys", state->filter.text);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    size_t skip = state->help_top, shown = 0, found = 0;
    for (size_t i = 0; i < keys_count(); i++) {
        const struct binding *binding = keys_binding(i);
        if (!keys_match(binding, state->filter.text) || found++ < skip ||
            shown >= (size_t)inside.rows)
            continue;
        help_line(canvas, inside, glyphs, (int)shown++, binding);
    }
    draw_position(canvas, rect, glyphs, (struct table_sight){skip, skip + shown, 0}, found);
    if (found == 0)
        canvas_text(canvas, inside.row, inside.col + 1, inside.cols - 1, style_of(ROLE_NOTICE),
                    glyphs, "no key has these words");
}
