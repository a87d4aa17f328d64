/* The canvas: a grid of cells that views and plots paint on, and its form as text. */
#include "ropescope/terminal.h"
#include "terminal/width.h"

#include <stdarg.h>
#include <string.h>

enum { CANVAS_MAX = 1000, PRINTF_BYTES = 4 * CANVAS_MAX + 1 };

static const struct canvas_cell blank = {.code = ' '};

static int clamp_size(int size)
{
    return size < 1 ? 1 : size > CANVAS_MAX ? CANVAS_MAX : size;
}

struct rect rect_inside(struct rect outer, int margin)
{
    struct rect inner = {outer.row + margin, outer.col + margin, outer.rows - 2 * margin,
                         outer.cols - 2 * margin};
    inner.rows = inner.rows < 0 ? 0 : inner.rows;
    inner.cols = inner.cols < 0 ? 0 : inner.cols;
    return inner;
}

struct canvas *canvas_new(int rows, int cols)
{
    struct canvas *canvas = memory_array(1, sizeof *canvas);
    if (!canvas)
        return NULL;
    if (!canvas_resize(canvas, rows, cols)) {
        memory_free(canvas);
        return NULL;
    }
    return canvas;
}

void canvas_free(struct canvas *canvas)
{
    if (!canvas)
        return;
    memory_free(canvas->cells);
    memory_free(canvas);
}

bool canvas_resize(struct canvas *canvas, int rows, int cols)
{
    rows = clamp_size(rows);
    cols = clamp_size(cols);
    struct canvas_cell *cells = memory_array((size_t)rows * (size_t)cols, sizeof *cells);
    if (!cells)
        return false;
    memory_free(canvas->cells);
    *canvas = (struct canvas){.rows = rows, .cols = cols, .cells = cells};
    canvas_clear(canvas);
    return true;
}

void canvas_clear(struct canvas *canvas)
{
    size_t count = (size_t)canvas->rows * (size_t)canvas->cols;
    for (size_t i = 0; i < count; i++)
        canvas->cells[i] = blank;
    canvas->lacks = false;
}

static struct canvas_cell *cell_at(const struct canvas *canvas, int row, int col)
{
    if (row < 0 || col < 0 || row >= canvas->rows || col >= canvas->cols)
        return NULL;
    return &canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col];
}

/* Sets a cell of one column; the other half of a wide character it overwrites becomes a space. */
static void set_cell(struct canvas *canvas, int row, int col, struct canvas_cell value)
{
    struct canvas_cell *cell = cell_at(canvas, row, col);
    if (!cell)
        return;
    if (cell->code == 0 && col > 0)
        cell[-1].code = ' ';
    if (col + 1 < canvas->cols && cell[1].code == 0)
        cell[1].code = ' ';
    *cell = value;
}

void canvas_put(struct canvas *canvas, int row, int col, uint32_t code, struct style style)
{
    int width = character_width(code);
    if (width <= 0)
        code = '?';
    if (width == 2 && (col < 0 || col + 1 >= canvas->cols)) {
        set_cell(canvas, row, col, (struct canvas_cell){.code = ' ', .style = style});
        set_cell(canvas, row, col + 1, (struct canvas_cell){.code = ' ', .style = style});
        return;
    }
    set_cell(canvas, row, col, (struct canvas_cell){.code = code, .style = style});
    if (width == 2) {
        set_cell(canvas, row, col + 1, (struct canvas_cell){.code = ' ', .style = style});
        struct canvas_cell *half = cell_at(canvas, row, col + 1);
        if (half)
            half->code = 0;
    }
}

/* Of the cells of a row only those at its ends may lie beside half of a wide character. */
static void fill_row(struct canvas *canvas, int row, int first, int last, struct canvas_cell value)
{
    struct canvas_cell *cells = canvas->cells + (size_t)row * (size_t)canvas->cols;
    set_cell(canvas, row, last, value);
    set_cell(canvas, row, first, value);
    for (int col = first + 1; col < last; col++)
        cells[col] = value;
}

void canvas_fill(struct canvas *canvas, struct rect rect, uint32_t code, struct style style)
{
    int row = rect.row < 0 ? 0 : rect.row, col = rect.col < 0 ? 0 : rect.col;
    int end = col, width = character_width(code);
    while (end < canvas->cols && end - rect.col < rect.cols)
        end++;
    for (; row < canvas->rows && row - rect.row < rect.rows; row++) {
        if (width == 1 && end > col)
            fill_row(canvas, row, col, end - 1, (struct canvas_cell){.code = code, .style = style});
        for (int i = col; width != 1 && i < end; i++)
            canvas_put(canvas, row, i, code, style);
    }
}

/* ---- text ---------------------------------------------------------------- */

/* The next character as the canvas shows it and its width, 0 for a mark; false at the end. */
static bool next_character(const char **text, uint32_t *code, int *width)
{
    size_t bytes = 0;
    *code = text_decode(*text, &bytes);
    if (*code == 0)
        return false;
    *text += bytes;
    *width = character_width(*code);
    if (*width < 0) {
        *code = '?';
        *width = 1;
    }
    return true;
}

int canvas_text_width(const char *text)
{
    uint32_t code;
    int width, total = 0;
    while (total < CANVAS_MAX * 4 && next_character(&text, &code, &width))
        total += width;
    return total;
}

/* Puts a mark on the character before `col`; only the first one of a character is kept. */
static void put_mark(struct canvas *canvas, int row, int col, uint32_t mark)
{
    struct canvas_cell *cell = cell_at(canvas, row, col - 1);
    if (cell && cell->code == 0)
        cell = cell_at(canvas, row, col - 2);
    if (cell && cell->combining == 0)
        cell->combining = mark;
}

int canvas_text(struct canvas *canvas, int row, int col, int cols, struct style style,
                const struct glyphs *glyphs, const char *text)
{
    int limit = col < canvas->cols && cols > canvas->cols - col ? canvas->cols - col : cols;
    if (limit <= 0 || col >= canvas->cols)
        return 0;
    bool cut = canvas_text_width(text) > limit;
    int room = cut && glyphs ? limit - 1 : limit;
    int used = 0, width;
    uint32_t code;
    while (next_character(&text, &code, &width)) {
        if (used + width > room)
            break;
        if (width == 0 && used > 0)
            put_mark(canvas, row, col + used, code);
        if (width > 0)
            canvas_put(canvas, row, col + used, code, style);
        used += width;
    }
    if (!cut)
        return used;
    for (; used < room; used++) /* where half a wide character would have been */
        canvas_put(canvas, row, col + used, ' ', style);
    if (glyphs)
        canvas_put(canvas, row, col + used++, glyphs->ellipsis, style);
    return used;
}

int canvas_printf(struct canvas *canvas, int row, int col, int cols, struct style style,
                  const struct glyphs *glyphs, const char *format, ...)
{
    char text[PRINTF_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return length < 0 ? 0 : canvas_text(canvas, row, col, cols, style, glyphs, text);
}

void canvas_box(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                struct style border, const char *title, struct style title_style)
{
    if (rect.rows < 2 || rect.cols < 2)
        return;
    int bottom = rect.row + rect.rows - 1, right = rect.col + rect.cols - 1;
    canvas_fill(canvas, (struct rect){rect.row, rect.col, 1, rect.cols}, glyphs->horizontal,
                border);
    canvas_fill(canvas, (struct rect){bottom, rect.col, 1, rect.cols}, glyphs->horizontal, border);
    canvas_fill(canvas, (struct rect){rect.row, rect.col, rect.rows, 1}, glyphs->vertical, border);
    canvas_fill(canvas, (struct rect){rect.row, right, rect.rows, 1}, glyphs->vertical, border);
    canvas_put(canvas, rect.row, rect.col, glyphs->top_left, border);
    canvas_put(canvas, rect.row, right, glyphs->top_right, border);
    canvas_put(canvas, bottom, rect.col, glyphs->bottom_left, border);
    canvas_put(canvas, bottom, right, glyphs->bottom_right, border);
    if (!title || !*title || rect.cols < 6)
        return;
    int used =
        canvas_text(canvas, rect.row, rect.col + 2, rect.cols - 4, title_style, glyphs, title);
    canvas_put(canvas, rect.row, rect.col + 1, ' ', border);
    canvas_put(canvas, rect.row, rect.col + 2 + used, ' ', border);
}

/* ---- the canvas as text -------------------------------------------------- */

static bool write_code(FILE *stream, uint32_t code)
{
    char bytes[4];
    size_t length = text_encode(code, bytes);
    return fwrite(bytes, 1, length, stream) == length;
}

static bool write_row(const struct canvas *canvas, int row, FILE *stream)
{
    const struct canvas_cell *cells = cell_at(canvas, row, 0);
    int end = canvas->cols;
    while (end > 0 && cells[end - 1].code == ' ' && cells[end - 1].combining == 0)
        end--;
    bool good = true;
    for (int col = 0; col < end; col++) {
        if (cells[col].code != 0)
            good = write_code(stream, cells[col].code) && good;
        if (cells[col].combining != 0)
            good = write_code(stream, cells[col].combining) && good;
    }
    return putc('\n', stream) != EOF && good;
}

bool canvas_write_text(const struct canvas *canvas, FILE *stream)
{
    bool good = true;
    for (int row = 0; row < canvas->rows; row++)
        good = write_row(canvas, row, stream) && good;
    return good;
}

/* A letter a role, in upper case where the cell is reversed; heat as its tenth of the gradient. */
static char role_letter(struct style style)
{
    static const char letters[ROLE_COUNT + 1] = " dtblsqkxcfhinea00";
    char letter = style.role < ROLE_COUNT ? letters[style.role] : 'z';
    bool level = style.role == ROLE_HEAT || style.role == ROLE_DIVERGE;
    if (level)
        letter = 'h';
    if (level && !(style.flags & STYLE_REVERSE))
        letter = (char)('0' + style.level * 10 / 256);
    if (!(style.flags & STYLE_REVERSE))
        return letter;
    return letter == ' ' ? 'R' : (char)(letter - 'a' + 'A');
}

static bool write_row_roles(const struct canvas *canvas, int row, FILE *stream)
{
    const struct canvas_cell *cells = cell_at(canvas, row, 0);
    int end = canvas->cols;
    while (end > 0 && role_letter(cells[end - 1].style) == ' ')
        end--;
    if (end == 0)
        return true;
    bool good = true;
    for (int col = 0; col < end; col++)
        good = putc(role_letter(cells[col].style), stream) != EOF && good;
    return putc('\n', stream) != EOF && good;
}

bool canvas_write_roles(const struct canvas *canvas, FILE *stream)
{
    bool good = true;
    for (int row = 0; row < canvas->rows; row++) {
        good = write_row(canvas, row, stream) && good;
        good = write_row_roles(canvas, row, stream) && good;
    }
    return good;
}
