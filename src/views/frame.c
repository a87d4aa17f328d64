/* frame.c: the whole screen: header, a view or the help, the threshold bar, the footer. */
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* ---- header -------------------------------------------------------------- */

enum { HEADER_BYTES = 512, RIGHT_FORMS = 3, LEFT_FORMS = 5 };

/* Number that layers which rotate share, or "8-32"; "-" where none does. */
static void range_text(char out[TEXT_NUMBER], const struct model *model,
                       uint32_t (*of)(const struct layer *))
{
    uint32_t low = UINT32_MAX, high = 0;
    for (size_t i = 0; i < model->layer_count; i++) {
        uint32_t value = of(&model->layers[i]);
        if (model->layers[i].pairs == 0)
            continue;
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    if (low > high)
        text_format(out, TEXT_NUMBER, "-");
    else if (low == high)
        text_format(out, TEXT_NUMBER, "%u", low);
    else
        text_format(out, TEXT_NUMBER, "%u-%u", low, high);
}

static uint32_t layer_queries(const struct layer *layer)
{
    return layer->projection[PROJECTION_QUERY].heads;
}

static uint32_t layer_keys(const struct layer *layer)
{
    return layer->projection[PROJECTION_KEY].heads;
}

static uint32_t layer_pair_count(const struct layer *layer)
{
    return layer->pairs;
}

/* "half-split (config)": what the rows are taken for, and who says so. */
static void pairing_text(char *out, size_t size, const struct model *model)
{
    for (size_t i = 0; i < model->fact_count; i++)
        if (strcmp(model->facts[i].name, "pairing") == 0) {
            text_format(out, size, "%s (%s)", model->facts[i].value,
                        fact_source_name(model->facts[i].source));
            return;
        }
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i].pairs > 0) {
            text_format(out, size, "%s", pairing_name(model->layers[i].pairing));
            return;
        }
    text_format(out, size, "no rotary pairs");
}

/* What the header says of the model, from all of it to its name. */
static void left_texts(char out[LEFT_FORMS][HEADER_BYTES], const struct model *model,
                       const char *dot)
{
    char name[128], family[64], pairing[128];
    char queries[TEXT_NUMBER], keys[TEXT_NUMBER], pairs[TEXT_NUMBER];
    text_printable(name, sizeof name, model->name ? model->name : "");
    text_printable(family, sizeof family, model->family ? model->family : "");
    pairing_text(pairing, sizeof pairing, model);
    range_text(queries, model, layer_queries);
    range_text(keys, model, layer_keys);
    range_text(pairs, model, layer_pair_count);
    text_format(out[0], HEADER_BYTES,
                "ropescope  %s  %s%s%zu layers%s%s query / %s key heads%s%s pairs%s%s", name,
                family, dot, model->layer_count, dot, queries, keys, dot, pairs, dot, pairing);
    text_format(out[1], HEADER_BYTES, "%s  %s%s%zu layers%s%s/%s heads%s%s pairs%s%s", name, family,
                dot, model->layer_count, dot, queries, keys, dot, pairs, dot, pairing);
    text_format(out[2], HEADER_BYTES, "%s  %zu layers%s%s/%s heads%s%s", name, model->layer_count,
                dot, queries, keys, dot, pairing);
    text_format(out[3], HEADER_BYTES, "%s  %s", name, pairing);
    text_format(out[4], HEADER_BYTES, "%s", name);
}

/* Where the numbers come from and how far they are. */
static void right_texts(char out[RIGHT_FORMS][HEADER_BYTES], const struct state *state)
{
    char rate[TEXT_NUMBER], left[TEXT_NUMBER];
    size_t ready = state->angles->ready, layers = state->angles->model->layer_count;
    out[2][0] = '\0';
    if (!state->scanning && ready == layers) {
        text_format(out[0], HEADER_BYTES, "%s%s", state->origin[0] ? "from " : "", state->origin);
        out[1][0] = '\0';
        return;
    }
    text_format(out[1], HEADER_BYTES, "%zu/%zu", ready, layers);
    if (!state->scanning)
        text_format(out[0], HEADER_BYTES, "scan stopped at %zu/%zu", ready, layers);
    else if (state->progress.seconds_left < 0)
        text_format(out[0], HEADER_BYTES, "scan %zu/%zu", ready, layers);
    else
        text_format(out[0], HEADER_BYTES, "scan %zu/%zu  %s/s  %s left", ready, layers,
                    text_bytes(rate, state->progress.rate),
                    text_duration(left, state->progress.seconds_left));
}

static void draw_header(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char left[LEFT_FORMS][HEADER_BYTES], right[RIGHT_FORMS][HEADER_BYTES];
    int l = LEFT_FORMS - 1, r = RIGHT_FORMS - 1;
    left_texts(left, state->angles->model, draw_dot(glyphs));
    right_texts(right, state);
    for (int i = 0; i < RIGHT_FORMS * LEFT_FORMS; i++) {
        int cols = canvas_text_width(left[i % LEFT_FORMS]);
        int tail = canvas_text_width(right[i / LEFT_FORMS]);
        if (cols + tail + (tail ? 4 : 2) > rect.cols)
            continue;
        l = i % LEFT_FORMS;
        r = i / LEFT_FORMS;
        break;
    }
    int tail = canvas_text_width(right[r]);
    canvas_text(canvas, rect.row, rect.col + 1, rect.cols - 1, style_with(ROLE_TITLE, STYLE_BOLD),
                glyphs, left[l]);
    canvas_text(canvas, rect.row, rect.col + rect.cols - tail - 1, tail,
                style_of(state->scanning ? ROLE_NOTICE : ROLE_DIM), glyphs, right[r]);
}

/* ---- threshold bar ------------------------------------------------------- */

/* Fractions of the selected head and layer (query and key together) and of the model. */
struct fractions {
    struct tally head, layer, model;
};

static struct fractions fractions_of(const struct state *state)
{
    struct fractions out = {0};
    struct selection at = state->settings.selection;
    const struct rule *rule = &state->settings.rule;
    at.scope = SCOPE_HEAD;
    out.model = tally_model(state->angles, rule);
    if (!state_ready(state))
        return out;
    out.layer = tally_layer(state->angles, at.layer, rule);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        struct tally one = tally_selection(state->angles, &at, p, rule->threshold);
        tally_add(&out.head, &one);
    }
    return out;
}

/* The threshold at which half of the pairs of random rows would be fixed: a mark on the gauge. */
static double chance_middle(const struct state *state)
{
    if (!state_rotates(state))
        return NAN;
    return chance_quantile(0.5, state_layer(state)->projection[state->lead].row_length);
}

/* Numbers stand in columns as wide as they can get, so that nothing moves with the threshold. */
static void fraction_add(struct line *line, enum role role, const char *name,
                         const struct tally *tally, bool chance)
{
    char number[TEXT_NUMBER];
    draw_percent(number, chance ? tally_chance(tally) : tally_fraction(tally));
    int start = line->col;
    if (line_add(line, style_of(ROLE_DIM), " %s", name) &&
        line_add(line, style_with(role, STYLE_BOLD), " %-6s", number))
        return;
    line->col = start; /* the name alone says nothing */
    line_add(line, style_of(ROLE_DIM), "%*s", line->end - start, "");
    line->col = line->end;
}

static void draw_bar(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     const struct state *state)
{
    enum { GAUGE_LEAST = 6, GAUGE_MOST = 60, NUMBER_COLS = 8 /* " 100.0% " */ };
    char number[TEXT_NUMBER], model[64];
    const struct rule *rule = &state->settings.rule;
    struct fractions fractions = fractions_of(state);
    bool wide = rect.cols >= 110;
    const struct tally *base = fractions.model.pairs ? &fractions.model : &fractions.layer;
    text_format(model, sizeof model, wide ? "model (layers %s %u)" : "model%s%u",
                draw_at_least(glyphs), rule->first_layer);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_of(ROLE_TEXT), wide ? " fixed: |cos| %s " : " |cos| %s ",
             draw_at_least(glyphs));
    line_add(&line, style_with(ROLE_THRESHOLD, STYLE_BOLD), "%-6s",
             text_float(number, rule->threshold));
    int words = canvas_text_width("head") + canvas_text_width("layer") + canvas_text_width(model) +
                canvas_text_width("chance") + 4 * NUMBER_COLS;
    int room = line.end - line.col - 2 - words;
    if (room >= GAUGE_LEAST) {
        struct rect gauge = {line.row, line.col + 1, 1, room < GAUGE_MOST ? room : GAUGE_MOST};
        plot_gauge(canvas, gauge, glyphs, 1e-4, 1, (double)rule->threshold, chance_middle(state));
        line.col += 2 + gauge.cols;
    }
    fraction_add(&line, ROLE_FIXED, "head", &fractions.head, false);
    fraction_add(&line, ROLE_FIXED, "layer", &fractions.layer, false);
    fraction_add(&line, ROLE_FIXED, model, &fractions.model, false);
    fraction_add(&line, ROLE_CHANCE, "chance", base, true);
}

/* ---- footer -------------------------------------------------------------- */

static void draw_entry(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    bool filter = state->place == PLACE_FILTER;
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), "%s", filter ? " / " : " threshold: ");
    line_add(&line, style_of(ROLE_TEXT), "%s", filter ? state->filter.text : state->entry.text);
    line_add(&line, style_with(ROLE_SELECT, STYLE_REVERSE), " ");
    if (state->message[0])
        line_add(&line, style_of(ROLE_ERROR), "  %s", state->message);
    else
        line_add(&line, style_of(ROLE_DIM), "  Enter accept  Esc cancel");
}

/* The line that waits to be read, if any: an answer to a key, or a notice of the session. */
static const char *message_of(const struct state *state)
{
    if (state->message[0])
        return state->message;
    if (state->notices && state->notices_seen < state->notices->count)
        return state->notices->line[state->notices_seen];
    return NULL;
}

static void draw_footer(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    struct hint hints[HINTS_MAX];
    const char *message = message_of(state);
    if (state->place == PLACE_ENTRY || state->place == PLACE_FILTER) {
        draw_entry(canvas, rect, glyphs, state);
        return;
    }
    if (message) {
        canvas_text(canvas, rect.row, rect.col + 1, rect.cols - 1,
                    style_of(state->message_is_error ? ROLE_ERROR : ROLE_NOTICE), glyphs, message);
        return;
    }
    size_t count = keys_hints(state->place, glyphs, rect.cols - 1, hints);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line.col++;
    for (size_t i = 0; i < count; i++) {
        line_add(&line, style_with(ROLE_HINT, STYLE_BOLD), "%s", hints[i].keys);
        line_add(&line, style_of(ROLE_DIM), " %s", hints[i].words);
        line.col += 2;
    }
}

void frame_draw(struct canvas *canvas, const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    const struct glyphs *glyphs = glyphs_of(state->glyph_set);
    bool help = state->place == PLACE_HELP || state->place == PLACE_FILTER;
    layout_make(&layout, &needs);
    canvas_clear(canvas);
    if (help)
        help_draw(canvas, layout.main, glyphs, state);
    else
        view_of(state->view)->draw(canvas, layout.main, glyphs, state);
    if (!rect_empty(layout.header))
        draw_header(canvas, layout.header, glyphs, state);
    if (!rect_empty(layout.bar))
        draw_bar(canvas, layout.bar, glyphs, state);
    if (!rect_empty(layout.footer))
        draw_footer(canvas, layout.footer, glyphs, state);
}
