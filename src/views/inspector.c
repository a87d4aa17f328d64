/* inspector.c: everything known of one pair, in words and formulas. */
#include "views/draw.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

/* Lines of "name   what is known", one below the other while there is room. */
struct page {
    struct canvas *canvas;
    const struct glyphs *glyphs;
    struct rect rect;
    int row;
};

enum { NAME_COLS = 13 };

static void tell(struct page *page, const char *name, enum role role, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(struct page *page, const char *name, enum role role, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (page->row >= page->rect.rows)
        return;
    struct rect at = page->rect;
    int row = at.row + page->row++;
    canvas_text(page->canvas, row, at.col, NAME_COLS < at.cols ? NAME_COLS - 1 : at.cols,
                style_of(ROLE_LABEL), page->glyphs, name);
    canvas_text(page->canvas, row, at.col + NAME_COLS, at.cols - NAME_COLS, style_of(role),
                page->glyphs, text);
}

/* An empty line, where the page has room for all lines. */
static void gap(struct page *page)
{
    enum { ROOMY = 18 };
    page->row += page->rect.rows >= ROOMY;
}

/* ---- what is known ------------------------------------------------------- */

static void tell_rows(struct page *page, const struct row *item)
{
    uint64_t a, b;
    char tensor[192];
    const struct layer *layer = item->layer;
    const struct projection *rows = &layer->projection[item->projection];
    uint32_t first = layer->pairing == PAIRING_HALF_SPLIT ? item->pair : 2 * item->pair;
    uint32_t second = layer->pairing == PAIRING_HALF_SPLIT ? item->pair + layer->pairs : first + 1;
    layer_pair_rows(layer, item->projection, item->head, item->pair, &a, &b);
    text_printable(tensor, sizeof tensor, rows->tensor ? rows->tensor : "");
    tell(page, "tensor", ROLE_TEXT, "%s", tensor);
    tell(page, "rows", ROLE_TEXT,
         "w1 = row %" PRIu64 ", w2 = row %" PRIu64 " of %" PRIu64 ", %" PRIu64 " numbers each (%s)",
         a, b, rows->rows, rows->row_length, dtype_name(rows->dtype));
    tell(page, "dims", ROLE_TEXT, "%u and %u of the head's %u rotated ones (%s)", first, second,
         2 * layer->pairs, pairing_name(layer->pairing));
}

static void tell_turning(struct page *page, const struct state *state, const struct row *item)
{
    double frequency = item->layer->frequency[item->pair];
    double wavelength = layer_wavelength(item->layer, item->pair);
    double context = (double)state->angles->model->context;
    tell(page, "frequency", ROLE_TEXT, "%.6g radians a token, scaled; unscaled theta^(-2*%u/%u)",
         frequency, item->pair, 2 * item->layer->pairs);
    tell(page, "wavelength", ROLE_TEXT, "2 pi / %.4g = %.6g tokens a turn", frequency, wavelength);
    if (context > 0 && frequency > 0)
        tell(page, "turns", ROLE_TEXT, "%.6g within the context of %.0f tokens",
             context / wavelength, context);
}

/* Where the rule has that from: " of layer 3", ", by hand (layer 3 query head 7)". */
static void why_text(char *out, size_t size, const struct state *state, const struct row *item)
{
    char reach[REACH_WORDS];
    struct awm awm = state_awm(state);
    const struct rule_line *line =
        awm_deciding(&awm, item->layer->number, item->projection, item->head);
    out[0] = '\0';
    if (!line)
        return;
    reach_words(&line->reach, reach);
    bool by_hand =
        awm_exception(&awm, item->layer->number, item->projection, item->head) != EXCEPTION_RULE;
    text_format(out, size, by_hand ? " by hand (%s)" : ", the threshold of %s", reach);
}

/* "trainable: |cos| 0.0031 < 0.01", and why that where lines of the rule say so. */
static void tell_rule(struct page *page, const struct state *state, const struct row *item,
                      float cos)
{
    char number[TEXT_NUMBER], why[2 * REACH_WORDS], before[64] = "";
    struct awm awm = state_awm(state);
    enum exception exception =
        awm_exception(&awm, item->layer->number, item->projection, item->head);
    float threshold = state_threshold(state, item->layer_index, item->projection, item->head);
    bool fixed = rule_fixes(cos, threshold);
    uint32_t first = state->settings.rule.first_layer;
    const char *name = fixed ? "fixed" : "trainable";
    why_text(why, sizeof why, state, item);
    if (item->layer->number < first)
        text_format(before, sizeof before, "; layers before %u are not masked", first);
    if (exception == EXCEPTION_RULE)
        tell(page, "AWM", fixed ? ROLE_FIXED : ROLE_TEXT, "%s: |cos| %.5g %s %s%s%s", name,
             fabs((double)cos), fixed ? ">=" : "<", text_float(number, threshold), why, before);
    else
        tell(page, "AWM", fixed ? ROLE_FIXED : ROLE_TEXT, "%s%s, whatever the angle%s", name, why,
             before);
}

static void tell_random(struct page *page, const struct state *state, const struct row *item)
{
    if (state->awm.random)
        tell(page, "random", ROLE_TEXT, "%s by the baseline, as many of its module (numpy seed %u)",
             state_random_fixes(state, item) ? "fixed" : "trainable", state->awm.seed);
}

/* The rule in words, where it has lines. */
static void tell_lines(struct page *page, const struct state *state)
{
    char words[AWM_WORDS];
    struct awm awm = state_awm(state);
    awm_words(&awm, words, sizeof words);
    if (awm.line_count > 0)
        tell(page, "rule", ROLE_TEXT, "%s", words);
}

static void tell_angle(struct page *page, const struct state *state, const struct row *item)
{
    const struct angle_set *set = &state->angles->layers[item->layer_index].set[item->projection];
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a pair that is shown has a layer
    size_t at = (size_t)item->head * item->layer->pairs + item->pair;
    double cos = (double)set->cos[at], a = (double)set->norm_a[at], b = (double)set->norm_b[at];
    char text[TEXT_NUMBER], norm[TEXT_NUMBER], other[TEXT_NUMBER];
    draw_number(norm, a, 5);
    draw_number(other, b, 5);
    if (isnan(cos)) {
        tell(page, "cos", ROLE_ABSENT, "undefined: a row is zero or not finite");
        tell(page, "norms", ROLE_TEXT, "|w1| = %s, |w2| = %s", norm, other);
        tell(page, "AWM", ROLE_TEXT, "trainable: an undefined pair is never fixed");
        return;
    }
    uint64_t length = item->layer->projection[item->projection].row_length;
    tell(page, "cos", item->projection == PROJECTION_KEY ? ROLE_KEY : ROLE_QUERY,
         "w1.w2 / (|w1| |w2|) = %s, an angle of %.2f degrees", text_float(text, set->cos[at]),
         quantity_of(QUANTITY_DEGREES, cos));
    tell(page, "norms", ROLE_TEXT, "|w1| = %s, |w2| = %s, shorter / longer %.4f", norm, other,
         norm_ratio(a, b));
    tell_rule(page, state, item, set->cos[at]);
    tell(page, "chance", ROLE_CHANCE,
         "derived: %.3g of random pairs are as large (rows of %" PRIu64 ")",
         chance_level(fabs(cos), length), length);
}

/* How many pairs of a run have a larger |cos|, and how many are defined. */
static void count_above(const float *cos, size_t count, double at, size_t *above, size_t *defined)
{
    for (size_t i = 0; i < count; i++) {
        *above += fabs((double)cos[i]) > at;
        *defined += isnan(cos[i]) ? 0 : 1;
    }
}

static void tell_rank(struct page *page, const struct state *state, const struct row *item)
{
    size_t above[3] = {0}, of[3] = {0};
    const struct angles *angles = state->angles;
    double at = fabs((double)row_cos(angles, item, item->projection));
    char number[6][TEXT_NUMBER];
    if (isnan(at))
        return;
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        const float *cos = angles->layers[i].set[item->projection].cos;
        size_t count = (size_t)layer->projection[item->projection].heads * layer->pairs;
        if (!angles->layers[i].ready || layer->pairs == 0)
            continue;
        count_above(cos, count, at, &above[2], &of[2]);
        if (i != item->layer_index)
            continue;
        count_above(cos, count, at, &above[1], &of[1]);
        count_above(cos + (size_t)item->head * layer->pairs, layer->pairs, at, &above[0], &of[0]);
    }
    for (int i = 0; i < 3; i++) {
        text_count(number[2 * i], above[i] + 1);
        text_count(number[2 * i + 1], of[i]);
    }
    tell(page, "rank", ROLE_TEXT, "by |cos|: %s of %s in its head, %s of %s in its layer,",
         number[0], number[1], number[2], number[3]);
    tell(page, "", ROLE_TEXT, "%s of %s in the model, among %s pairs", number[4], number[5],
         item->projection == PROJECTION_KEY ? "key" : "query");
}

/* The pair of the same index in the head at the other side. */
static void tell_partner(struct page *page, const struct state *state, const struct row *item)
{
    struct row other = *item;
    char text[TEXT_NUMBER];
    other.projection = !item->projection;
    other.head = state_head(state, other.projection);
    float cos = row_cos(state->angles, &other, other.projection);
    float threshold = state_threshold(state, other.layer_index, other.projection, other.head);
    if (isnan(cos))
        text_format(text, sizeof text, "undefined");
    else
        text_float(text, cos);
    tell(page, "partner", other.projection == PROJECTION_KEY ? ROLE_KEY : ROLE_QUERY,
         "pair %u of %s head %u: cos = %s%s", other.pair, projection_name(other.projection),
         other.head, text,
         isnan(cos)                   ? ""
         : rule_fixes(cos, threshold) ? ", fixed"
                                      : ", trainable");
}

void inspector_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    char title[SELECTION_BYTES];
    struct row item = state_item(state);
    text_format(title, sizeof title, "pair %u%s%s head %u%slayer %u", item.pair, draw_dot(glyphs),
                projection_name(item.projection), item.head, draw_dot(glyphs),
                item.layer ? item.layer->number : 0);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (draw_excuse(canvas, inside, glyphs, state))
        return;
    struct page page = {canvas, glyphs, inside, 0};
    tell(&page, "head", ROLE_TEXT, "query head %u meets key head %u",
         state_head(state, PROJECTION_QUERY), state_head(state, PROJECTION_KEY));
    tell_angle(&page, state, &item);
    tell_random(&page, state, &item);
    tell_partner(&page, state, &item);
    tell_rank(&page, state, &item);
    gap(&page);
    tell_rows(&page, &item);
    gap(&page);
    tell_turning(&page, state, &item);
    tell_lines(&page, state);
}
