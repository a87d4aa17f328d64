/* attention.c: which tokens a head looks at, in a text that the model ran over. */
#include "views/draw.h"
#include "views/offsets.h"

enum { COLUMN_LAYER, COLUMN_HEAD, COLUMN_QUERY, COLUMN_KEY, COLUMN_COUNT };
static const char *const columns[COLUMN_COUNT] = {"layer", "head", "query", "key"};

static struct cell attention_cell(const void *context, size_t row, size_t column)
{
    (void)context;
    (void)row;
    (void)column;
    return cell_empty();
}

enum status attention_table(const struct angles *angles, const struct view_settings *settings,
                            struct view_table *out, struct error *err)
{
    (void)angles;
    (void)settings;
    (void)err;
    *out = (struct view_table){.table = {columns, COLUMN_COUNT, 0, attention_cell, NULL}};
    return STATUS_OK;
}

void attention_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    struct rect inside = draw_panel(canvas, rect, glyphs, "attention");
    draw_no_text(canvas, inside, glyphs, state);
}
