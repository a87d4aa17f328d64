/* attention_words.c: the cell under the cursor in words, the scale of the map, and the pairs that
 * make up the cell's score. */
#include "views/attention.h"
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* ---- the cell ------------------------------------------------------------ */

/* Columns for each of the two words: what a line leaves that tells positions and a score, too. */
static int word_cols(const struct attention_layout *layout)
{
    enum { OTHER_COLS = 40, MOST = 12 };
    int cols = (layout->words.cols - OTHER_COLS) / 2;
    return cols > MOST ? MOST : cols;
}

/* `query 23 "word"`, the word cut where it is long. */
static void add_token(struct line *line, const struct attention_sight *sight, bool query, int most)
{
    size_t at = query ? sight->cell.query : sight->cell.key;
    struct style style = style_with(query ? ROLE_QUERY : ROLE_KEY, STYLE_BOLD);
    const char *word = sight->state->settings.probed->words[at];
    int cols = canvas_text_width(word);
    if (!line_add(line, style, "%s%s %zu", query ? "" : "  ", query ? "query" : "key", at) ||
        most < 2)
        return;
    line_add(line, style_of(ROLE_TEXT), " \"");
    line->col += canvas_text(line->canvas, line->row, line->col, cols < most ? cols : most,
                             style_of(ROLE_TEXT), line->glyphs, word);
    line_add(line, style_of(ROLE_TEXT), "\"");
}

static double value_at(const struct attention_sight *sight, enum attention_show show)
{
    return attention_value(sight->head, show, sight->cell.query, sight->cell.key);
}

static void add_number(struct line *line, struct style style, const char *name, double value)
{
    char number[TEXT_NUMBER];
    line_add(line, style, "%s %s  ", name, draw_number(number, value, 4));
}

/* Who looks at whom, and the score of it. */
static void cell_line(struct line *line, const struct attention_sight *sight, int most)
{
    enum attention_show shown = sight->state->settings.attention;
    add_token(line, sight, true, most);
    add_token(line, sight, false, most);
    line_add(line, style_of(ROLE_TEXT), "  ");
    if (!attention_sees(sight->head->of, sight->cell.query, sight->cell.key)) {
        line_add(line, style_of(ROLE_ABSENT), "hidden: the window is %llu tokens",
                 (unsigned long long)sight->head->of->window);
        return;
    }
    add_number(line, style_of(ROLE_TEXT), "score", value_at(sight, ATTENTION_SCORES));
    if (shown >= ATTENTION_FIXED_WEIGHTS)
        add_number(line, style_of(ROLE_TEXT), attention_show_words(shown), value_at(sight, shown));
}

/* "weight 0.2437  fixed 0.0361  trainable 8.6212  before the softcap of 1.5: 8.6573". */
static void parts_line(struct line *line, const struct attention_sight *sight)
{
    double fixed = value_at(sight, ATTENTION_FIXED),
           trainable = value_at(sight, ATTENTION_TRAINABLE);
    if (!attention_sees(sight->head->of, sight->cell.query, sight->cell.key))
        return;
    add_number(line, style_of(ROLE_TEXT), "weight", value_at(sight, ATTENTION_WEIGHTS));
    add_number(line, style_of(ROLE_FIXED), "fixed", fixed);
    add_number(line, style_of(ROLE_TEXT), "trainable", trainable);
    if (!sight->head->fixed)
        line_add(line, style_of(ROLE_DIM), "(not scanned yet)");
    else if (sight->head->of->softcap > 0)
        line_add(line, style_of(ROLE_DIM), "before the softcap of %g: %.4f",
                 (double)sight->head->of->softcap, fixed + trainable);
}

void attention_words_draw(struct canvas *canvas, const struct attention_layout *layout,
                          const struct glyphs *glyphs, const struct attention_sight *sight)
{
    struct line first = line_start(canvas, glyphs, layout->words, 0),
                second = line_start(canvas, glyphs, layout->words, 1);
    cell_line(&first, sight, word_cols(layout));
    parts_line(layout->words.rows > 1 ? &second : &first, sight);
}

/* ---- the scale ----------------------------------------------------------- */

/* What "fixed" means under one threshold, or under lines of a rule that say more. */
static void fixed_words(char *out, size_t size, const struct attention_sight *sight,
                        const struct glyphs *glyphs)
{
    char number[TEXT_NUMBER];
    if (sight->state->awm.line_count > 0)
        text_format(out, size, "fixed: by the rule in query and key");
    else
        text_format(out, size, "fixed: |cos| %s %s in query and key", draw_at_least(glyphs),
                    text_float(number, sight->state->settings.rule.threshold));
}

void attention_legend_draw(struct canvas *canvas, const struct attention_layout *layout,
                           const struct glyphs *glyphs, const struct attention_sight *sight)
{
    enum { SCALE_COLS = 34, GAP = 2 };
    char words[96];
    struct rect rect = layout->legend;
    if (rect_empty(rect))
        return;
    rect.cols = rect.cols < SCALE_COLS ? rect.cols : SCALE_COLS;
    if (sight->low < 0)
        plot_diverging_legend(canvas, rect, glyphs, sight->low, sight->high);
    else
        plot_heat_legend(canvas, rect, glyphs, sight->low, sight->high);
    struct rect behind = layout->legend;
    behind.col += SCALE_COLS + GAP;
    behind.cols -= SCALE_COLS + GAP;
    if (rect_empty(behind))
        return;
    struct line line = line_start(canvas, glyphs, behind, 0);
    fixed_words(words, sizeof words, sight, glyphs);
    line_add(&line, style_of(ROLE_DIM), "%s", words);
}

/* ---- the pairs ----------------------------------------------------------- */

enum { PAIR, WAVELENGTH, PART, SHARE, FIXED, COLUMNS };
static const char *const columns[COLUMNS] = {"pair", "wavelength", "part", "share", "fixed"};

/* What adds up to the score of a cell, the largest first. */
struct pair_parts {
    const struct attention_sight *sight;
    size_t count;    /* pairs, and one more for dims that do not rotate where there are any */
    double *part;    /* (count) */
    uint32_t *order; /* (count) by |part| */
    double total;    /* of |part| */
};

static void pair_parts_free(struct pair_parts *parts)
{
    memory_free(parts->part);
    memory_free(parts->order);
}

/* false: no memory. Free with pair_parts_free either way. */
static bool pair_parts_fill(struct pair_parts *parts, const struct attention_sight *sight)
{
    const struct attention_head *head = sight->head;
    struct token_cell at = sight->cell;
    size_t pairs = head->of->pairs, count = pairs + (head->of->head_dim > 2 * pairs);
    double *size = memory_array(count + 1, sizeof *size);
    *parts = (struct pair_parts){.sight = sight, .count = count};
    parts->part = memory_array(count + 1, sizeof *parts->part);
    for (size_t i = 0; i < count && parts->part && size; i++) {
        parts->part[i] = i < pairs ? attention_pair_part(head, at.query, at.key, (uint32_t)i)
                                   : attention_rest_part(head, at.query, at.key);
        size[i] = fabs(parts->part[i]);
        parts->total += size[i];
    }
    if (parts->part && size)
        parts->order = order_new(size, count, true);
    memory_free(size);
    return parts->order;
}

static struct cell part_cell(const void *context, size_t row, size_t column)
{
    const struct pair_parts *parts = context;
    const struct attention_head *head = parts->sight->head;
    uint32_t pair = parts->order[row];
    bool rest = pair >= head->of->pairs;
    switch (column) {
    case PAIR:
        return rest ? cell_word("rest") : cell_integer(pair);
    case WAVELENGTH:
        return rest ? cell_empty() : cell_real(layer_wavelength(parts->sight->ran, pair));
    case PART:
        return cell_real(parts->part[pair]);
    case SHARE:
        return cell_real(parts->total > 0 ? fabs(parts->part[pair]) / parts->total : (double)NAN);
    default:
        return !head->fixed ? cell_empty() : cell_flag(!rest && head->fixed[pair]);
    }
}

void attention_pairs_draw(struct canvas *canvas, const struct attention_layout *layout,
                          const struct glyphs *glyphs, const struct attention_sight *sight)
{
    static const char *const spare[] = {"wavelength", NULL};
    struct pair_parts parts;
    if (rect_empty(layout->pairs) ||
        !attention_sees(sight->head->of, sight->cell.query, sight->cell.key))
        return;
    if (pair_parts_fill(&parts, sight) && parts.count > 0) {
        struct table table = {columns, COLUMNS, parts.count, part_cell, &parts};
        struct table_look look = {.mark = parts.count, .spare = spare};
        table_paint(canvas, layout->pairs, glyphs, &table, &look);
    }
    pair_parts_free(&parts);
}
