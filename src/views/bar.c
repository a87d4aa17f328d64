/* bar.c: the threshold and what it fixes, in a line. */
#include "ropescope/lists.h"
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* Fractions of the selected head and layer (query and key together) and of the model. */
struct fractions {
    struct tally head, layer, model;
};

static struct fractions fractions_of(const struct state *state)
{
    struct fractions out = {.model = state_tally_rule(state, SCOPE_MODEL)};
    if (!state_ready(state))
        return out;
    out.layer = state_tally_rule(state, SCOPE_LAYER);
    out.head = state_tally_rule(state, SCOPE_HEAD);
    return out;
}

/* The threshold at which half of the pairs of random rows would be fixed: a mark on the gauge. */
static double chance_middle(const struct state *state)
{
    if (!state_rotates(state))
        return NAN;
    return memo_chance_quantile(state, 0.5, state_layer(state)->projection[state->lead].row_length);
}

/* Numbers stand in columns as wide as they can get, so that nothing moves with the threshold. */
static void fraction_add(struct line *line, bool wide, enum role role, const char *name,
                         double fraction)
{
    char number[TEXT_NUMBER];
    draw_percent(number, fraction);
    if (!wide && fraction >= 0.9995)
        text_format(number, sizeof number, "100%%"); /* as wide as the others */
    int start = line->col;
    if (line_add(line, style_of(ROLE_DIM), " %s", name) &&
        line_add(line, style_with(role, STYLE_BOLD), wide ? " %-6s" : " %-5s", number))
        return;
    line->col = start; /* the name alone says nothing */
    line_add(line, style_of(ROLE_DIM), "%*s", line->end - start, "");
    line->col = line->end;
}

/* The gauge with its ends named, in what the words leave. */
static void gauge_add(struct line *line, const struct state *state, int words)
{
    enum { GAUGE_LEAST = 5, GAUGE_MOST = 60, GAUGE_ROOMY = 16 };
    int room = line->end - line->col - 1 - words;
    const char *low = room >= GAUGE_ROOMY ? "0.0001" : "1e-4";
    int ends = canvas_text_width(low) + 1;
    if (room - ends < GAUGE_LEAST)
        return;
    int cols = room - ends < GAUGE_MOST ? room - ends : GAUGE_MOST;
    line->col++;
    line_add(line, style_of(ROLE_LABEL), "%s", low);
    plot_gauge(line->canvas, (struct rect){line->row, line->col, 1, cols}, line->glyphs, 1e-4, 1,
               (double)state->settings.rule.threshold, chance_middle(state));
    line->col += cols;
    line_add(line, style_of(ROLE_LABEL), "1");
}

/* Which rows the fractions count. */
static const char *covered_words(const struct rule *rule)
{
    bool query = rule->projection[PROJECTION_QUERY], key = rule->projection[PROJECTION_KEY];
    return query && key ? ", query+key" : query ? ", query" : ", key";
}

void bar_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
              const struct state *state)
{
    enum { ROOMY = 110, USUAL = 6 };
    char number[TEXT_NUMBER], model[64];
    const struct rule *rule = &state->settings.rule;
    struct fractions fractions = fractions_of(state);
    bool wide = rect.cols >= ROOMY;
    int number_cols = wide ? 8 : 7; /* " 100.0% " or " 99.9% " */
    const struct tally *base = fractions.model.pairs ? &fractions.model : &fractions.layer;
    text_format(model, sizeof model, wide ? "model (layers %s %u)" : "model%s%u",
                draw_at_least(glyphs), rule->first_layer);
    struct line line = line_start(canvas, glyphs, rect, 0);
    text_float(number, rule->threshold);
    bool exact = !wide && strlen(number) > USUAL; /* all its digits rather than a word */
    line_add(&line, style_of(ROLE_TEXT),
             wide    ? " fixed%s: |cos| %s "
             : exact ? " %s%s "
                     : "%s |cos| %s ",
             wide ? covered_words(rule) : "", draw_at_least(glyphs));
    line_add(&line, style_with(ROLE_THRESHOLD, STYLE_BOLD), "%-6s", number);
    int words = canvas_text_width("headlayerchance") + canvas_text_width(model) + 4 * number_cols;
    gauge_add(&line, state, words);
    fraction_add(&line, wide, ROLE_FIXED, "head", tally_fraction(&fractions.head));
    fraction_add(&line, wide, ROLE_FIXED, "layer", tally_fraction(&fractions.layer));
    fraction_add(&line, wide, ROLE_FIXED, model, tally_fraction(&fractions.model));
    fraction_add(&line, wide, ROLE_CHANCE, "chance", tally_chance(base));
}
