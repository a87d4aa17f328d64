/* attention.c: which tokens a head looks at, in a text that the model ran over, and how much of
 * that is due to pairs that the rule fixes. */
#include "views/attention.h"
#include "views/draw.h"

#include <math.h>

static bool is_there(const struct attention_head *head)
{
    return head && head->of;
}

/* "attention · layer 3 · query head 2 · key head 1 · weights", the last words first where it is
 * narrow. `why` stands before the head where there are two. */
static void title_of(char *out, size_t size, const struct attention_sight *sight,
                     const struct glyphs *glyphs, const char *why, int cols)
{
    const char *dot = draw_dot(glyphs),
               *shown = attention_show_words(sight->state->settings.attention);
    text_format(out, size, "attention%slayer %u%s%squery head %u%skey head %u%s%s", dot,
                sight->layer->number, why, dot, sight->head->query_head, dot, sight->head->key_head,
                dot, shown);
    if (canvas_text_width(out) > cols)
        text_format(out, size, "%s%sL%u.%u%s", shown, dot, sight->layer->number,
                    sight->head->query_head, why);
}

/* Which queries and keys are in sight, where not all are. */
static void draw_part_in_sight(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                               const struct attention_layout *layout, size_t tokens)
{
    char text[96];
    if (rect_empty(layout->cells) || (layout->queries == tokens && layout->keys == tokens))
        return;
    text_format(text, sizeof text, " queries %zu-%zu, keys %zu-%zu of %zu tokens ",
                layout->first_query, layout->first_query + layout->queries - 1, layout->first_key,
                layout->first_key + layout->keys - 1, tokens);
    draw_below(canvas, rect, glyphs, text);
}

static void draw_head(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                      const struct attention_sight *sight, const char *why)
{
    char title[SELECTION_BYTES + 128];
    struct attention_layout layout;
    title_of(title, sizeof title, sight, glyphs, why, rect.cols - 6);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    attention_layout_make(&layout, inside, sight->state->settings.probed, sight->cell);
    attention_words_draw(canvas, &layout, glyphs, sight);
    attention_legend_draw(canvas, &layout, glyphs, sight);
    attention_map_draw(canvas, &layout, glyphs, sight);
    attention_pairs_draw(canvas, &layout, glyphs, sight);
    draw_part_in_sight(canvas, rect, glyphs, &layout, sight->head->tokens);
}

/* Side by side, on one scale; false: there are no two heads, or no room. */
static bool draw_two(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                     const struct attention_sight *sight)
{
    static const char *const names[2] = {"highest", "lowest"};
    uint32_t heads[2] = {0};
    double mean[2] = {0};
    struct attention_sight each[2] = {*sight, *sight};
    if (rect.cols < ATTENTION_TWO_COLS || !state_extreme_heads(sight->state, heads, mean))
        return false;
    for (int i = 0; i < 2; i++) {
        double low, high;
        each[i].head = state_attention(sight->state, heads[i], i);
        if (!is_there(each[i].head))
            return false;
        attention_extent(each[i].head, sight->state->settings.attention, &low, &high);
        each[0].low = i == 0 ? low : fmin(each[0].low, low);
        each[0].high = i == 0 ? high : fmax(each[0].high, high);
    }
    each[1].low = each[0].low;
    each[1].high = each[0].high;
    for (int i = 0; i < 2; i++) {
        char why[64], number[TEXT_NUMBER];
        int half = rect.cols / 2;
        struct rect part = {rect.row, rect.col + i * half, rect.rows,
                            i == 0 ? half : rect.cols - half};
        text_format(why, sizeof why, "%s%s mean |cos| %s", draw_dot(glyphs), names[i],
                    draw_short(number, mean[i], 3));
        draw_head(canvas, part, glyphs, &each[i], why);
    }
    return true;
}

/* The panel without a map: why there is none. */
static void draw_nothing(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                         const struct state *state, bool lacks)
{
    char title[SELECTION_BYTES];
    const struct layer *layer = state_layer(state);
    text_format(title, sizeof title, "attention");
    if (layer)
        text_format(title, sizeof title, "attention%slayer %u", draw_dot(glyphs), layer->number);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (!layer || draw_no_text(canvas, inside, glyphs, state))
        return;
    if (lacks)
        canvas_text(canvas, inside.row, inside.col, inside.cols, style_of(ROLE_NOTICE), glyphs,
                    "no memory");
    else
        canvas_printf(canvas, inside.row, inside.col, inside.cols, style_of(ROLE_NOTICE), glyphs,
                      "attention of this layer was not kept: --attention-layers %u", layer->number);
}

void attention_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                    const struct state *state)
{
    const struct probed *probed = state->settings.probed;
    size_t index = state->settings.selection.layer;
    struct attention_sight sight = {
        .state = state, .layer = state_layer(state), .cell = state_token_cell(state)};
    bool ran = sight.layer && probed && index < probed->model->layer_count;
    if (ran)
        sight.ran = &probed->model->layers[index];
    if (ran && state->extreme_heads && draw_two(canvas, rect, glyphs, &sight))
        return;
    if (ran)
        sight.head = state_attention(state, state->settings.selection.head, 0);
    if (!is_there(sight.head)) {
        draw_nothing(canvas, rect, glyphs, state, ran && !sight.head);
        return;
    }
    attention_extent(sight.head, state->settings.attention, &sight.low, &sight.high);
    draw_head(canvas, rect, glyphs, &sight, "");
}
