/* themes.c: the theme chooser: names, and a sample of what the theme at hand makes of each role. */
#include "views/draw.h"

#include <string.h>

enum { SAMPLE_ROWS = 4, NAMES_MOST = 12, CHOOSER_COLS = 30 };

/* Query, key and their like in words of their own colours, and the two gradients. */
static void draw_sample(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs)
{
    static const enum role roles[2][4] = {{ROLE_QUERY, ROLE_KEY, ROLE_BOTH, ROLE_CHANCE},
                                          {ROLE_THRESHOLD, ROLE_FIXED, ROLE_NOTICE, ROLE_DIM}};
    for (int row = 0; row < 2; row++) {
        struct line line = line_start(canvas, glyphs, rect, row);
        for (size_t i = 0; i < 4; i++) {
            line_add(&line, style_of(roles[row][i]), "%s", role_name(roles[row][i]));
            line.col++;
        }
    }
    if (rect.rows < SAMPLE_ROWS)
        return;
    struct rect heat = {rect.row + 2, rect.col, 1, rect.cols};
    struct rect diverging = {rect.row + 3, rect.col, 1, rect.cols};
    plot_heat_legend(canvas, heat, glyphs, 0, 1);
    plot_diverging_legend(canvas, diverging, glyphs, -1, 1);
}

static void draw_name(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs, int row,
                      const struct theme_entry *entry, bool selected)
{
    struct style style = selected ? style_with(ROLE_SELECT, STYLE_REVERSE) : style_of(ROLE_TEXT);
    struct rect line = {rect.row + row, rect.col, 1, rect.cols};
    canvas_fill(canvas, line, ' ', style);
    if (selected)
        canvas_put(canvas, line.row, line.col, glyphs->cursor, style);
    canvas_text(canvas, line.row, line.col + 2, line.cols - 2, style, glyphs, entry->theme.name);
    if (entry->mistake)
        canvas_text(canvas, line.row, line.col + line.cols - 8, 8, style_of(ROLE_ERROR), glyphs,
                    "mistake");
}

void themes_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    size_t count = state->themes->count;
    int names = count < NAMES_MOST ? (int)count : NAMES_MOST;
    int room = rect.rows - 2;
    bool sample = room >= SAMPLE_ROWS + 1 + 2;
    names = names < room - (sample ? SAMPLE_ROWS + 1 : 0) ? names
                                                          : room - (sample ? SAMPLE_ROWS + 1 : 0);
    if (names < 1 || rect.cols < 8)
        return;
    int cols = rect.cols < CHOOSER_COLS ? rect.cols : CHOOSER_COLS;
    struct rect box = {rect.row, rect.col + rect.cols - cols, names + 2, cols};
    if (sample)
        box.rows += SAMPLE_ROWS + 1;
    canvas_fill(canvas, box, ' ', style_of(ROLE_TEXT));
    struct rect inside = draw_panel(canvas, box, glyphs, "theme");
    size_t first = layout_scroll(state->theme_at, (size_t)names, count);
    for (int row = 0; row < names; row++)
        draw_name(canvas, inside, glyphs, row, &state->themes->entry[first + (size_t)row],
                  first + (size_t)row == state->theme_at);
    struct table_sight sight = {.first = first, .end = first + (size_t)names};
    draw_position(canvas, box, glyphs, sight, count);
    if (sample)
        draw_sample(canvas,
                    (struct rect){inside.row + names + 1, inside.col, SAMPLE_ROWS, inside.cols},
                    glyphs);
}
