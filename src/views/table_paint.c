/* table_paint.c: a table as people read it: numbers to the right, columns as wide as what is in
 * sight, and no column cut in the middle. */
#include "views/draw.h"

#include <math.h>
#include <string.h>

enum {
    CELL_TEXT = 48,
    PLACES = 5,
    COLUMNS_MAX = 32,
    NAME_BYTES = 40,
    GAP = 1,
    PROJECTION_COLS = 5 /* "query", also where all in sight are keys */
};

/* What a column is called whose name is too wide for its numbers. */
static const struct {
    const char *name, *brief;
} briefs[] = {
    {"projection", "proj"},
    {"frequency", "freq"},
    {"wavelength", "wavelen"},
    {"undefined", "undef"},
    {"mean_abs_cos", "mean|cos|"},
    {"max_abs_cos", "max|cos|"},
    {"query_mean_abs_cos", "query|cos|"},
    {"key_mean_abs_cos", "key|cos|"},
    {"correlation", "r"},
    {"query_head", "q_head"},
    {"key_head", "k_head"},
    {"norm_a", "|w1|"},
    {"norm_b", "|w2|"},
    {"abs_cos", "|cos|"},
    {"norm_ratio", "ratio"},
    {"degrees", "deg"},
    {"relative_distance", "relative"},
};

/* How a column is printed. */
struct column_look {
    const char *name;
    int data_cols; /* of the widest cell in sight */
    int cols;      /* with its name */
    int decimals;  /* that suit the largest number in sight */
    bool left, hidden;
    const char *arrow; /* behind the name of the column that the lines are sorted by */
};

/* A cell in sight: looked up and printed once, though it is looked at thrice. */
struct shown {
    struct cell cell;
    char text[CELL_TEXT];
};

/* The lines in sight and the columns they are set in. */
struct window {
    const struct table *table;
    struct shown *shown; /* (end - first, columns), owned */
    size_t first, end;
    const size_t *order; /* as `shown` of table_look */
    size_t columns;
    struct column_look look[COLUMNS_MAX];
};

/* How exactly a column is worth showing: at most so many digits behind the point, so many of the
 * largest number, and the width that all fit in, so that no column moves when other lines come
 * into sight. */
struct precision {
    int places, digits, cols;
};

static int decimals_for(double largest, struct precision precision)
{
    int before = largest > 0 ? (int)floor(log10(largest)) + 1 : 0; /* below 0: zeros behind it */
    int decimals = precision.digits - before;
    return decimals < 0 ? 0 : decimals > precision.places ? precision.places : decimals;
}

/* A number too small for the column's decimals is written with an exponent, not as 0, where that
 * finds room. */
static void real_text(char out[CELL_TEXT], double value, const struct column_look *look)
{
    bool small = value != 0 && fabs(value) < 10 * pow(10, -look->decimals);
    text_format(out, CELL_TEXT, "%.1e", value);
    if (isnan(value) || isinf(value))
        text_format(out, CELL_TEXT, "-");
    else if (!small || strlen(out) > (size_t)look->data_cols)
        text_format(out, CELL_TEXT, "%.*f", look->decimals, value);
}

static void cell_text(char out[CELL_TEXT], struct cell cell, const struct column_look *look)
{
    switch (cell.kind) {
    case CELL_EMPTY:
        text_format(out, CELL_TEXT, "-");
        break;
    case CELL_INTEGER:
        text_format(out, CELL_TEXT, "%llu", (unsigned long long)cell.as.integer);
        break;
    case CELL_REAL:
        real_text(out, cell.as.real, look);
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

/* Enough to tell lines apart: the inspector and the export have every digit, and a page of digits
 * that no one reads is what a slow line waits for. */
static struct precision precision_of(const char *column)
{
    static const struct {
        const char *name;
        struct precision precision;
    } fewer[] = {{"frequency", {4, 5, 7}},
                 {"wavelength", {1, 6, 7}},
                 {"degrees", {1, 4, 5}},
                 {"norm_a", {5, 3, 5}},
                 {"norm_b", {5, 3, 5}},
                 {"norm_ratio", {2, 3, 4}},
                 {"turns", {2, 4, 6}},
                 {"|q|", {2, 4, 6}},
                 {"|k|", {2, 4, 6}},
                 {"const", {2, 3, 4}},
                 {"cnst", {2, 3, 4}},
                 {"psi", {1, 4, 6}},
                 {"s(0)", {3, 4, 7}},
                 {"part", {4, 5, 8}},
                 {"share", {3, 3, 5}},
                 {"cos", {4, 5, 7}},
                 {"abs_cos", {4, 5, 7}},
                 {"mean_abs_cos", {4, 5, 7}},
                 {"max_abs_cos", {3, 4, 5}},
                 {"query_mean_abs_cos", {4, 5, 7}},
                 {"key_mean_abs_cos", {4, 5, 7}},
                 {"correlation", {3, 4, 6}},
                 {"chance", {4, 5, 7}},
                 {"fraction", {3, 4, 5}},
                 {"excess", {3, 4, 6}},
                 {"cos_base", {4, 5, 7}},
                 {"cos_tuned", {4, 5, 7}},
                 {"distance", {5, 4, 8}},
                 {"relative_distance", {5, 4, 8}}};
    for (size_t i = 0; i < sizeof fewer / sizeof *fewer; i++)
        if (strcmp(column, fewer[i].name) == 0)
            return fewer[i].precision;
    return (struct precision){PLACES, PLACES + 2, PLACES + 3};
}

static struct shown *shown_at(const struct window *window, size_t row, size_t column)
{
    return &window->shown[(row - window->first) * window->columns + column];
}

static struct column_look look_at(const struct window *window, size_t column)
{
    const struct table *table = window->table;
    struct column_look look = {.name = table->columns[column], .arrow = ""};
    struct precision precision = precision_of(look.name);
    double largest = 0;
    for (size_t row = window->first; row < window->end; row++) {
        struct cell cell = shown_at(window, row, column)->cell;
        if (cell.kind == CELL_REAL && isfinite(cell.as.real) && fabs(cell.as.real) > largest)
            largest = fabs(cell.as.real);
        if (cell.kind == CELL_REAL)
            look.data_cols = precision.cols;
        look.left = look.left || cell.kind == CELL_WORD || cell.kind == CELL_NAME;
        if (cell.kind == CELL_WORD && strcmp(look.name, "projection") == 0)
            look.data_cols = PROJECTION_COLS;
    }
    look.decimals = decimals_for(largest, precision);
    for (size_t row = window->first; row < window->end; row++) {
        struct shown *shown = shown_at(window, row, column);
        cell_text(shown->text, shown->cell, &look);
        int cols = canvas_text_width(shown->text);
        look.data_cols = cols > look.data_cols ? cols : look.data_cols;
    }
    return look;
}

/* Line by line, as the table likes to be asked, and nothing of what is hidden; false: no memory. */
static bool look_up(struct window *window)
{
    const struct table *table = window->table;
    window->shown =
        memory_array((window->end - window->first) * window->columns + 1, sizeof *window->shown);
    for (size_t row = window->first; window->shown && row < window->end; row++)
        for (size_t i = 0; i < window->columns; i++)
            if (!window->look[i].hidden)
                shown_at(window, row, i)->cell = table->cell(table->context, row, i);
    for (size_t i = 0; window->shown && i < window->columns; i++)
        if (!window->look[i].hidden)
            window->look[i] = look_at(window, i);
    return window->shown != NULL;
}

/* ---- which columns, how wide --------------------------------------------- */

static int column_cols(const struct column_look *look)
{
    int name = canvas_text_width(look->name) + canvas_text_width(look->arrow);
    return look->data_cols > name ? look->data_cols : name;
}

static int all_cols(const struct window *window)
{
    int cols = 1; /* the cursor */
    for (size_t i = 0; i < window->columns; i++)
        if (!window->look[i].hidden)
            cols += GAP + column_cols(&window->look[i]);
    return cols;
}

const char *table_brief(const char *column)
{
    for (size_t k = 0; k < sizeof briefs / sizeof *briefs; k++)
        if (strcmp(column, briefs[k].name) == 0)
            return briefs[k].brief;
    return column;
}

static void shorten_names(struct window *window)
{
    for (size_t i = 0; i < window->columns; i++)
        window->look[i].name = table_brief(window->look[i].name);
}

/* Columns that start alike go together: "norm" is norm_a and norm_b. */
static void hide(struct window *window, const char *start)
{
    for (size_t i = 0; i < window->columns; i++)
        if (strncmp(window->table->columns[i], start, strlen(start)) == 0 &&
            window->look[i].arrow[0] == '\0')
            window->look[i].hidden = true;
}

static void fit_columns(struct window *window, int cols, const char *const *spare)
{
    shorten_names(window);
    for (; spare && *spare && all_cols(window) > cols; spare++)
        hide(window, *spare);
    for (size_t i = 0; i < window->columns; i++)
        window->look[i].cols = column_cols(&window->look[i]);
}

static void hide_rare(struct window *window, int cols, const struct table_look *look)
{
    enum { WIDE = 140 }; /* whoever has that many columns has a line to fill them */
    for (const char *const *rare = look->rare; rare && *rare && cols < WIDE; rare++)
        if (!look->sorted || strcmp(look->sorted, *rare) != 0)
            hide(window, *rare);
}

static size_t column_at(const struct window *window, size_t place)
{
    return window->order ? window->order[place] : place;
}

static struct table_sight sight_of(const struct window *window)
{
    struct table_sight sight = {.first = window->first, .end = window->end};
    for (size_t place = 0; place < window->columns; place++) {
        size_t i = column_at(window, place), used = strlen(sight.hidden_names);
        if (!window->look[i].hidden)
            continue;
        sight.hidden++;
        text_format(sight.hidden_names + used, sizeof sight.hidden_names - used, " %s",
                    table_brief(window->table->columns[i]));
    }
    return sight;
}

/* ---- drawing ------------------------------------------------------------- */

static void put_cell(struct line *line, const struct window *window, size_t column,
                     struct style style, const char *text)
{
    const struct column_look *look = &window->look[column];
    int width = canvas_text_width(text), pad = look->cols - width;
    if (GAP + look->cols > line->end - line->col)
        return;
    canvas_fill(line->canvas, (struct rect){line->row, line->col, 1, GAP + look->cols}, ' ', style);
    canvas_text(line->canvas, line->row, line->col + GAP + (look->left ? 0 : pad), width, style,
                line->glyphs, text);
    line->col += GAP + look->cols;
}

static void paint_row(struct line line, const struct window *window, size_t row, bool marked)
{
    char cursor[5] = " ";
    if (marked)
        cursor[text_encode(line.glyphs->cursor, cursor)] = '\0';
    line_add(&line, style_of(ROLE_SELECT), "%s", cursor);
    /* One colour a line: each change of it costs as much as three cells. */
    struct style style = marked ? style_with(ROLE_SELECT, STYLE_REVERSE) : style_of(ROLE_TEXT);
    for (size_t place = 0; place < window->columns; place++) {
        size_t i = column_at(window, place);
        const struct shown *shown = shown_at(window, row, i);
        if (!window->look[i].hidden)
            put_cell(&line, window, i, style, shown->text);
    }
}

static void paint_names(struct line line, const struct window *window)
{
    line.col++; /* the cursor's */
    for (size_t place = 0; place < window->columns; place++) {
        size_t i = column_at(window, place);
        if (!window->look[i].hidden) {
            char name[NAME_BYTES];
            text_format(name, sizeof name, "%s%s", window->look[i].name, window->look[i].arrow);
            put_cell(&line, window, i, style_with(ROLE_LABEL, STYLE_BOLD), name);
        }
    }
}

struct table_sight table_paint(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                               const struct table *table, const struct table_look *look)
{
    size_t visible = rect.rows > 1 ? (size_t)rect.rows - 1 : 0;
    size_t last_first = table->row_count > visible ? table->row_count - visible : 0;
    struct window window = {
        .table = table,
        .order = look->shown,
        .first = look->first < last_first ? look->first : last_first,
        .columns = table->column_count < COLUMNS_MAX ? table->column_count : COLUMNS_MAX,
    };
    window.end =
        table->row_count - window.first < visible ? table->row_count : window.first + visible;
    for (size_t i = 0; i < window.columns; i++)
        window.look[i] = (struct column_look){.name = table->columns[i], .arrow = ""};
    hide_rare(&window, rect.cols, look);
    if (!look_up(&window)) {
        draw_lacks(canvas, rect, glyphs);
        return (struct table_sight){.first = window.first, .end = window.first};
    }
    char arrow[8] = " ";
    size_t space = glyphs->set == GLYPHS_ASCII; /* else the arrow reads as a letter of the name */
    arrow[space + text_encode(look->descending ? glyphs->down : glyphs->up, arrow + space)] = '\0';
    for (size_t i = 0; i < window.columns && look->sorted; i++)
        if (strcmp(table->columns[i], look->sorted) == 0)
            window.look[i].arrow = arrow;
    fit_columns(&window, rect.cols, look->spare);
    paint_names(line_start(canvas, glyphs, rect, 0), &window);
    for (size_t row = window.first; row < window.end; row++)
        paint_row(line_start(canvas, glyphs, rect, 1 + (int)(row - window.first)), &window, row,
                  row == look->mark);
    memory_free(window.shown);
    return sight_of(&window);
}
