/* opening.c: the picture while a model is being opened: its name, its size, how far it is. */
#include "views/draw.h"

void opening_draw(struct canvas *canvas, const struct glyphs *glyphs,
                  const struct opening_sight *sight)
{
    char bytes[TEXT_NUMBER], tensors[TEXT_NUMBER];
    struct rect whole = {0, 0, canvas->rows, canvas->cols};
    canvas_clear(canvas);
    canvas_text(canvas, 0, 1, canvas->cols - 1, style_with(ROLE_TITLE, STYLE_BOLD), glyphs,
                sight->name);
    struct line line = line_start(canvas, glyphs, whole, canvas->rows / 2);
    line_add(&line, style_of(ROLE_NOTICE), " reading the header");
    if (sight->bytes > 0)
        line_add(&line, style_of(ROLE_TEXT), " of %s", text_bytes(bytes, (double)sight->bytes));
    if (sight->tensors > 0)
        line_add(&line, style_of(ROLE_DIM), "%s%s tensors so far", draw_dot(glyphs),
                 text_count(tensors, sight->tensors));
    if (canvas->rows < 4)
        return;
    line = line_start(canvas, glyphs, whole, canvas->rows - 1);
    line_add(&line, style_with(ROLE_HINT, STYLE_BOLD), " q");
    line_add(&line, style_of(ROLE_DIM), " quit");
}
