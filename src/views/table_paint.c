/* table_paint.c: a table as people read it: numbers to the right, as wide as what is in sight. */
#include "views/draw.h"

#include <math.h>
#include <string.h>

enum { CELL_TEXT = 48, GAP = 2, PLACES = 5, COLUMNS_MAX = 32 };

/* How the column is printed: its width, and decimals that suit the largest number in sight. */
struct column_look {
    int width, decimals;
    bool left;
};

/* The lines in sight. */
struct window {
    const struct table *table;
    size_t first, end;
};

static int decimals_for(double largest)
{
    int digits = largest >= 10 ? (int)floor(log10(largest)) + 1 : 1;
    int decimals = PLACES + 2 - digits;
    return decimals < 0 ? 0 : decimals > PLACES ? PLACES : decimals;
}

/* A number too small for the column's decimals is written with an exponent, not as 0. */
static void real_text(char out[CELL_TEXT], double value, int decimals)
{
    if (isnan(value) || isinf(value))
        text_format(out, CELL_TEXT, "-");
    else if (value != 0 && fabs(value) < 10 * pow(10, -decimals))
        text_format(out, CELL_TEXT, "%.1e", value);
    else
        text_format(out, CELL_TEXT, "%.*f", decimals, value);
}

static void cell_text(char out[CELL_TEXT], struct cell cell, int decimals)
{
    switch (cell.kind) {
    case CELL_EMPTY:
        text_format(out, CELL_TEXT, "-");
        break;
    case CELL_INTEGER:
        text_format(out, CELL_TEXT, "%llu", (unsigned long long)cell.as.integer);
        break;
    case CELL_REAL:
        real_text(out, cell.as.real, decimals);
        break;
    case CELL_FLAG:
        text_format(out, CELL_TEXT, "%s", cell.as.flag ? "yes" : "no");
        break;
    case CELL_NAME:
    case CELL_WORD:
        text_printable(out, CELL_TEXT, cell.as.text);
        break;
    }
}

static struct column_look look_at(const struct window *window, size_t column)
{
    const struct table *table = window->table;
    struct column_look look = {canvas_text_width(table->columns[column]), PLACES, false};
    double largest = 0;
    for (size_t row = window->first; row < window->end; row++) {
        struct cell cell = table->cell(table->context, row, column);
        if (cell.kind == CELL_REAL && isfinite(cell.as.real) && fabs(cell.as.real) > largest)
            largest = fabs(cell.as.real);
        look.left = look.left || cell.kind == CELL_WORD || cell.kind == CELL_NAME;
    }
    look.decimals = decimals_for(largest);
    for (size_t row = window->first; row < window->end; row++) {
        char text[CELL_TEXT];
        cell_text(text, table->cell(table->context, row, column), look.decimals);
        int width = canvas_text_width(text);
        look.width = width > look.width ? width : look.width;
    }
    return look;
}

static void put_cell(struct line *line, const struct column_look *look, struct style style,
                     const char *text)
{
    int pad = look->width - canvas_text_width(text);
    line_add(line, style, "%*s%s%*s", look->left ? 0 : pad, "", text, GAP + (look->left ? pad : 0),
             "");
}

static struct style cell_style(const struct cell *cell, bool marked)
{
    if (marked)
        return style_with(ROLE_SELECT, STYLE_REVERSE);
    if (cell->kind == CELL_EMPTY)
        return style_of(ROLE_ABSENT);
    if (cell->kind == CELL_FLAG)
        return style_of(cell->as.flag ? ROLE_FIXED : ROLE_DIM);
    if (cell->kind == CELL_WORD)
        return style_of(strcmp(cell->as.text, "query") == 0 ? ROLE_QUERY
                        : strcmp(cell->as.text, "key") == 0 ? ROLE_KEY
                                                            : ROLE_TEXT);
    return style_of(ROLE_TEXT);
}

static void paint_row(struct line line, const struct window *window, size_t row, bool marked,
                      const struct column_look *looks)
{
    const struct table *table = window->table;
    char cursor[5] = " ";
    if (marked)
        cursor[text_encode(line.glyphs->cursor, cursor)] = '\0';
    line_add(&line, style_of(ROLE_SELECT), "%s", cursor);
    for (size_t i = 0; i < table->column_count; i++) {
        char text[CELL_TEXT];
        struct cell cell = table->cell(table->context, row, i);
        cell_text(text, cell, looks[i].decimals);
        put_cell(&line, &looks[i], cell_style(&cell, marked), text);
    }
}

/* How much of the table is in sight, at the end of the header line where there is room. */
static void paint_place(struct line *line, const struct window *window)
{
    char text[64];
    size_t rows = window->table->row_count;
    if (rows == 0 || window->end - window->first == rows)
        return;
    text_format(text, sizeof text, "%zu-%zu of %zu", window->first, window->end - 1, rows);
    int room = line->end - line->col - canvas_text_width(text);
    if (room >= 0)
        line_add(line, style_of(ROLE_DIM), "%*s%s", room, "", text);
}

void table_paint(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct table *table, const struct table_look *look)
{
    struct column_look looks[COLUMNS_MAX];
    size_t visible = rect.rows > 1 ? (size_t)rect.rows - 1 : 0;
    size_t last_first = table->row_count > visible ? table->row_count - visible : 0;
    struct window window = {table, look->first < last_first ? look->first : last_first, 0};
    window.end =
        window.first + visible < table->row_count ? window.first + visible : table->row_count;
    struct line head = line_start(canvas, glyphs, rect, 0);
    line_add(&head, style_of(ROLE_LABEL), " ");
    for (size_t i = 0; i < table->column_count && i < COLUMNS_MAX; i++) {
        looks[i] = look_at(&window, i);
        put_cell(&head, &looks[i], style_with(ROLE_LABEL, STYLE_BOLD), table->columns[i]);
    }
    paint_place(&head, &window);
    for (size_t row = window.first; row < window.end; row++)
        paint_row(line_start(canvas, glyphs, rect, 1 + (int)(row - window.first)), &window, row,
                  row == look->mark, looks);
}
