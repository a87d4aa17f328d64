/* footer.c: the last line: what is being typed or asked, a message, or the keys. */
#include "views/draw.h"

#include <string.h>

/* ---- a line that is being typed ------------------------------------------ */

static const struct prompt {
    enum place place;
    const char *words;
    const char *hint;
} prompts[] = {
    {PLACE_ENTRY, " threshold: ", ""},
    {PLACE_FILTER, " / ", "  Enter accept  Esc cancel"},
    {PLACE_SEARCH, " find: ", "  17, head.pair 3.17, q3, k1.5, row r640  Enter find"},
    {PLACE_GOTO, " go to: ", "  Enter go  Esc cancel"},
};
static const struct prompt save_prompts[] = {
    [PRODUCT_VIEW] = {PLACE_SAVE, " export to: ", "  Enter write  .json: JSON  Esc"},
    [PRODUCT_MASK] = {PLACE_SAVE, " mask to: ", "  Enter write  .json .csv too  Esc"},
    [PRODUCT_RULE] = {PLACE_SAVE, " rule to: ", "  Enter write  Esc"},
};

/* The end of a text that is wider than `cols`, from a whole character on. */
static const char *tail_of(const char *text, int cols)
{
    while (*text && canvas_text_width(text) > cols) {
        size_t bytes;
        text_decode(text, &bytes);
        text += bytes;
    }
    return text;
}

static void draw_hint(struct line *line, const struct state *state, const struct prompt *prompt)
{
    char hint[128];
    text_format(hint, sizeof hint, "%s", prompt->hint);
    if (prompt->place == PLACE_ENTRY)
        text_format(hint, sizeof hint,
                    "  0 to 1, or 30%% of layers %s %u (, . change them)  Enter  Esc",
                    draw_at_least(line->glyphs), state->settings.rule.first_layer);
    canvas_text(line->canvas, line->row, line->col, line->end - line->col, style_of(ROLE_DIM),
                line->glyphs, hint);
}

static void draw_entry(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state, const struct prompt *prompt)
{
    const char *text = state->place == PLACE_FILTER   ? state->filter.text
                       : state->place == PLACE_SEARCH ? state->search.text
                                                      : state->entry.text;
    struct line line = line_start(canvas, glyphs, rect, 0);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), "%s", prompt->words);
    int room = line.end - line.col - 1, wanted = canvas_text_width(text);
    int message = state->message[0] ? 2 + canvas_text_width(state->message) : 0;
    int most = room - message > room / 3 ? room - message : room / 3; /* a message is read first */
    const char *shown = tail_of(text, wanted < most ? wanted : most);
    if (shown != text)
        canvas_put(canvas, line.row, line.col - 1, glyphs->ellipsis, style_of(ROLE_DIM));
    line_add(&line, style_of(ROLE_TEXT), "%s", shown);
    line_add(&line, style_with(ROLE_SELECT, STYLE_REVERSE), " ");
    if (state->message[0])
        canvas_text(canvas, line.row, line.col + 2, line.end - line.col - 2, style_of(ROLE_ERROR),
                    glyphs, state->message);
    else
        draw_hint(&line, state, prompt);
}

static const struct prompt *prompt_of(const struct state *state)
{
    for (size_t i = 0; i < sizeof prompts / sizeof *prompts; i++)
        if (prompts[i].place == state->place)
            return &prompts[i];
    return state->place == PLACE_SAVE ? &save_prompts[state->product] : NULL;
}

/* ---- a question, a message, the keys ------------------------------------- */

/* What is asked for by one key; false where nothing is. */
static bool draw_question(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                          const struct state *state)
{
    struct line line = line_start(canvas, glyphs, rect, 0);
    struct style style = style_with(ROLE_NOTICE, STYLE_BOLD);
    if (state->place == PLACE_CONFIRM) {
        static const char question[] = " exists: replace it? y n ";
        int room = rect.cols - canvas_text_width(question) - 1;
        line_add(&line, style_of(ROLE_TEXT), " %s", tail_of(state->entry.text, room));
        canvas_text(canvas, line.row, line.col, line.end - line.col, style, glyphs, question);
        return true;
    }
    if (state->place != PLACE_MARK && state->place != PLACE_JUMP)
        return false;
    line_add(&line, style, "%s", state->place == PLACE_MARK ? " mark: a..z" : " to mark: a..z ''");
    canvas_printf(canvas, line.row, line.col, line.end - line.col, style_of(ROLE_DIM), glyphs,
                  "  Esc cancel  %s", state->message);
    return true;
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

void footer_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    struct hint hints[HINTS_MAX];
    const char *message = message_of(state);
    const struct prompt *prompt = prompt_of(state);
    if (prompt) {
        draw_entry(canvas, rect, glyphs, state, prompt);
        return;
    }
    if (draw_question(canvas, rect, glyphs, state))
        return;
    if (message) {
        canvas_text(canvas, rect.row, rect.col + 1, rect.cols - 1,
                    style_of(state->message_is_error ? ROLE_ERROR : ROLE_NOTICE), glyphs, message);
        return;
    }
    unsigned places = (unsigned)state->place | state_own_places(state);
    size_t count = keys_hints(places, glyphs, rect.cols - 1, hints);
    struct line line = line_start(canvas, glyphs, rect, 0);
    line.col++;
    for (size_t i = 0; i < count; i++) {
        line_add(&line, style_with(ROLE_HINT, STYLE_BOLD), "%s", hints[i].keys);
        line_add(&line, style_of(ROLE_DIM), " %s", hints[i].words);
        line.col += 2;
    }
}
