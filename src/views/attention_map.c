/* attention_map.c: tokens against tokens: where the map of a head lies, its cells and its edges. */
#include "views/attention.h"
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* ---- the layout ---------------------------------------------------------- */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int digits_of(size_t number)
{
    char text[TEXT_NUMBER];
    text_format(text, sizeof text, "%zu", number);
    return (int)strlen(text);
}

/* Lines off the top of *from. */
static struct rect cut_top(struct rect *from, int rows)
{
    struct rect top = *from;
    top.rows = smaller(rows, from->rows);
    from->row += top.rows;
    from->rows -= top.rows;
    return top;
}

/* The pairs beside the map, or below it; nothing where neither has room. */
static struct rect cut_pairs(struct rect *from)
{
    enum { TABLE_COLS = 38, MAP_COLS = 34, MAP_ROWS = 12, LEAST = 4, GAP = 2 };
    struct rect table = *from;
    if (from->rows < LEAST)
        return (struct rect){0};
    if (from->cols >= TABLE_COLS + GAP + MAP_COLS) {
        table.cols = TABLE_COLS;
        table.col += from->cols - TABLE_COLS;
        from->cols -= TABLE_COLS + GAP;
        return table;
    }
    int rows = smaller(from->rows - MAP_ROWS, from->rows / 3);
    if (rows < LEAST || from->cols < TABLE_COLS)
        return (struct rect){0};
    table.row += from->rows - rows;
    table.rows = rows;
    from->rows -= rows;
    return table;
}

/* Columns of the labels with the one that keeps them apart: number and word, the number, none. */
static int label_cols(const struct probed *probed, int cols)
{
    enum { WORD_COLS = 12, WORDS_FROM = 30, NUMBERS_FROM = 12 };
    size_t tokens = probed->probe->token_count;
    int longest = 0, number = digits_of(tokens - 1) + 1; /* and the cursor */
    for (size_t i = 0; i < tokens; i++) {
        int word = canvas_text_width(probed->words[i]);
        longest = word > longest ? word : longest;
    }
    return cols >= WORDS_FROM     ? number + 1 + smaller(longest, WORD_COLS) + 1
           : cols >= NUMBERS_FROM ? number + 1
                                  : 0;
}

/* Which cells are in sight, as wide as shows all keys where that can be. */
static void see_cells(struct attention_layout *layout, struct rect left, size_t tokens,
                      struct token_cell cell)
{
    enum { MOST_EACH = 3, GAP = 3 };
    if (rect_empty(left))
        return;
    while (layout->each < MOST_EACH && (size_t)(layout->each + 1) * tokens <= (size_t)left.cols)
        layout->each++;
    size_t columns = (size_t)(left.cols / layout->each), lines = (size_t)left.rows;
    layout->keys = columns < tokens ? columns : tokens;
    layout->queries = lines < tokens ? lines : tokens;
    layout->first_query = layout_scroll(cell.query, layout->queries, tokens);
    layout->first_key = layout_scroll(cell.key, layout->keys, tokens);
    layout->cells = left;
    layout->cells.rows = (int)layout->queries;
    layout->cells.cols = (int)layout->keys * layout->each;
    layout->labels.rows = layout->cells.rows;
    int behind = layout->cells.col + layout->cells.cols + GAP;
    if (layout->pairs.col > behind) /* the table stands close to a small map */
        layout->pairs.col = behind;
}

void attention_layout_make(struct attention_layout *layout, struct rect inside,
                           const struct probed *probed, struct token_cell cell)
{
    enum { WORDS_FROM = 8, TWO_LINES_FROM = 10, LETTERS_FROM = 12, NUMBERS_FROM = 4 };
    struct rect left = inside;
    *layout = (struct attention_layout){.each = 1};
    layout->words = cut_top(&left, inside.rows >= TWO_LINES_FROM ? 2 : 1);
    if (inside.rows >= WORDS_FROM)
        layout->legend = cut_top(&left, 1);
    layout->pairs = cut_pairs(&left);
    int rows = left.rows, labels = label_cols(probed, left.cols);
    if (rows >= NUMBERS_FROM)
        layout->numbers = cut_top(&left, 1);
    if (rows >= LETTERS_FROM)
        layout->letters = cut_top(&left, 1);
    layout->labels = left;
    layout->labels.cols = labels;
    layout->numbers.col = layout->letters.col = left.col += labels;
    layout->numbers.cols = layout->letters.cols = left.cols -= labels;
    see_cells(layout, left, probed->probe->token_count, cell);
}

/* ---- the cells ----------------------------------------------------------- */

/* Above the diagonal there is nothing; what a window hides, and what waits for cosines, is shown as
 * such. */
static enum heat_kind value_of(const void *context, size_t query, size_t key, double *value)
{
    const struct attention_sight *sight = context;
    if (key > query)
        return HEAT_BLANK;
    if (!attention_sees(sight->head->of, query, key))
        return HEAT_ABSENT;
    *value = attention_value(sight->head, sight->state->settings.attention, query, key);
    return isnan(*value) ? HEAT_WAITING : HEAT_VALUE;
}

static void draw_cells(struct canvas *canvas, const struct attention_layout *layout,
                       const struct glyphs *glyphs, const struct attention_sight *sight)
{
    const struct heat_plot plot = {
        .value = value_of,
        .context = sight,
        .rows = sight->head->tokens,
        .cols = sight->head->tokens,
        .first_row = layout->first_query,
        .first_col = layout->first_key,
        .low = sight->low,
        .high = sight->high,
        .cell_cols = layout->each,
        .has_selection = true,
        .selected_row = sight->cell.query,
        .selected_col = sight->cell.key,
        .diverging = sight->low < 0,
    };
    plot_heat(canvas, layout->cells, glyphs, &plot);
}

/* ---- the edges ----------------------------------------------------------- */

static struct style label_style(bool selected)
{
    return selected ? style_with(ROLE_SELECT, STYLE_BOLD) : style_of(ROLE_LABEL);
}

static void draw_labels(struct canvas *canvas, const struct attention_layout *layout,
                        const struct glyphs *glyphs, const struct attention_sight *sight)
{
    const struct probed *probed = sight->state->settings.probed;
    const struct rect at = layout->labels;
    int number = digits_of(sight->head->tokens - 1), word = at.cols - number - 3;
    for (int i = 0; i < at.rows && at.cols > 0; i++) {
        size_t query = layout->first_query + (size_t)i;
        struct style style = label_style(query == sight->cell.query);
        if (query == sight->cell.query)
            canvas_put(canvas, at.row + i, at.col, glyphs->cursor, style);
        canvas_printf(canvas, at.row + i, at.col + 1, number, style, NULL, "%*zu", number, query);
        if (word > 0)
            canvas_text(canvas, at.row + i, at.col + number + 2, word, style, glyphs,
                        probed->words[query]);
    }
}

/* One position above its column, where it is clear of what stands left of it and of the cursor's,
 * which comes first. */
static void draw_numbers(struct canvas *canvas, const struct attention_layout *layout,
                         const struct attention_sight *sight)
{
    const struct rect at = layout->numbers;
    int own = (int)(sight->cell.key - layout->first_key) * layout->each, free_from = 0;
    if (rect_empty(at) || layout->keys == 0)
        return;
    own = smaller(own, at.cols - digits_of(sight->cell.key)); /* whole at the edge, too */
    own = own > 0 ? own : 0;
    int own_end = own + digits_of(sight->cell.key);
    canvas_printf(canvas, at.row, at.col + own, at.cols - own, label_style(true), NULL, "%zu",
                  sight->cell.key);
    for (size_t i = 0; i < layout->keys; i++) {
        int col = (int)i * layout->each, end = col + digits_of(layout->first_key + i);
        bool clear = end < own || col > own_end;
        if (col < free_from || end > at.cols || !clear)
            continue;
        canvas_printf(canvas, at.row, at.col + col, at.cols - col, label_style(false), NULL, "%zu",
                      layout->first_key + i);
        free_from = end + 1;
    }
}

/* The first letter of each key's word that is no space; of an id, its first digit. */
static void draw_letters(struct canvas *canvas, const struct attention_layout *layout,
                         const struct attention_sight *sight)
{
    const struct probed *probed = sight->state->settings.probed;
    const struct rect at = layout->letters;
    for (size_t i = 0; i < layout->keys && !rect_empty(at); i++) {
        size_t key = layout->first_key + i, bytes = 0;
        char letter[8] = "";
        const char *word = probed->words[key] + strspn(probed->words[key], " ");
        word += word[0] == '#' && word[1] >= '0' && word[1] <= '9';
        text_decode(word, &bytes);
        memcpy(letter, word, bytes < sizeof letter ? bytes : 0);
        canvas_text(canvas, at.row, at.col + (int)i * layout->each, layout->each,
                    label_style(key == sight->cell.key), NULL, letter);
    }
}

void attention_map_draw(struct canvas *canvas, const struct attention_layout *layout,
                        const struct glyphs *glyphs, const struct attention_sight *sight)
{
    if (rect_empty(layout->cells))
        return;
    draw_numbers(canvas, layout, sight);
    draw_letters(canvas, layout, sight);
    draw_labels(canvas, layout, glyphs, sight);
    draw_cells(canvas, layout, glyphs, sight);
}
