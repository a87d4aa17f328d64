/* frame.c: the whole screen: header, a view or the help, threshold bar, footer. */
#include "views/draw.h"

#include <string.h>

/* ---- header -------------------------------------------------------------- */

enum { HEADER_BYTES = 512, RIGHT_FORMS = 3, LEFT_FORMS = 6 };

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

/* What the rows are quantised as, in few words; "" where they are not, or it takes many. */
static void quantisation_text(char *out, size_t size, const struct model *model, const char *dot)
{
    enum { LONGEST = 32 };
    out[0] = '\0';
    for (size_t i = 0; i < model->fact_count; i++) {
        const struct fact *fact = &model->facts[i];
        if (strcmp(fact->name, "quantisation") == 0 && strlen(fact->value) <= LONGEST)
            text_format(out, size, "%s%s", dot, fact->value);
    }
}

/* What the header says of the model, from all of it to its name. */
static void left_texts(char out[LEFT_FORMS][HEADER_BYTES], const struct model *model,
                       const char *dot)
{
    char name[128], family[64], pairing[128], quantised[64];
    char queries[TEXT_NUMBER], keys[TEXT_NUMBER], pairs[TEXT_NUMBER];
    text_printable(name, sizeof name, model->name ? model->name : "");
    text_printable(family, sizeof family, model->family ? model->family : "");
    pairing_text(pairing, sizeof pairing, model);
    quantisation_text(quantised, sizeof quantised, model, dot);
    range_text(queries, model, layer_queries);
    range_text(keys, model, layer_keys);
    range_text(pairs, model, layer_pair_count);
    text_format(out[0], HEADER_BYTES,
                "ropescope  %s  %s%s%zu layers%s%s query / %s key heads%s%s pairs%s%s%s", name,
                family, dot, model->layer_count, dot, queries, keys, dot, pairs, dot, pairing,
                quantised);
    text_format(out[1], HEADER_BYTES, "%s  %s%s%zu layers%s%s/%s heads%s%s pairs%s%s%s", name,
                family, dot, model->layer_count, dot, queries, keys, dot, pairs, dot, pairing,
                quantised);
    text_format(out[2], HEADER_BYTES, "%s  %s%s%zu layers%s%s/%s heads%s%s%s", name, family, dot,
                model->layer_count, dot, queries, keys, dot, pairing, quantised);
    text_format(out[3], HEADER_BYTES, "%s  %zu layers%s%s/%s heads%s%s%s", name, model->layer_count,
                dot, queries, keys, dot, pairing, quantised);
    text_format(out[4], HEADER_BYTES, "%s  %s%s", name, pairing, quantised);
    text_format(out[5], HEADER_BYTES, "%s", name);
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

/* What fills the middle of the screen. */
static void draw_main(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct state *state)
{
    switch (state->place) {
    case PLACE_HELP:
    case PLACE_FILTER:
        help_draw(canvas, rect, glyphs, state);
        break;
    case PLACE_GOTO:
        goto_draw(canvas, rect, glyphs, state);
        break;
    case PLACE_BUDGET:
        budget_draw(canvas, rect, glyphs, state);
        break;
    case PLACE_COMMAND:
        command_draw(canvas, rect, glyphs, state);
        break;
    default:
        if (state->inspecting)
            inspector_draw(canvas, rect, glyphs, state);
        else
            view_of(state->view)->draw(canvas, rect, glyphs, state);
        break;
    }
}

void frame_draw(struct canvas *canvas, const struct state *state)
{
    struct layout layout;
    struct layout_needs needs = layout_needs_of(state);
    const struct glyphs *glyphs = glyphs_of(state->glyph_set);
    layout_make(&layout, &needs);
    canvas_clear(canvas);
    draw_main(canvas, layout.main, glyphs, state);
    if (state->place == PLACE_THEMES)
        themes_draw(canvas, layout.main, glyphs, state);
    if (!rect_empty(layout.header))
        draw_header(canvas, layout.header, glyphs, state);
    if (!rect_empty(layout.bar))
        bar_draw(canvas, layout.bar, glyphs, state);
    if (!rect_empty(layout.footer))
        footer_draw(canvas, layout.footer, glyphs, state);
    canvas->lacks = canvas->lacks || summaries_lack(state->summaries, state->angles);
}
