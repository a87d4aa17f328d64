/* command.c: the command line that prints a view, which a shell reads back from the screen. */
#include "views/draw.h"

#include <string.h>

struct view_settings view_settings_exported(const struct state *state)
{
    struct view_settings settings = state_settings(state);
    if (state->view == VIEW_OVERVIEW)
        settings.selection.scope = SCOPE_MODEL;
    return settings;
}

bool view_command(const struct state *state, char *out, size_t size)
{
    char flags[SETTINGS_FLAGS_BYTES];
    struct view_settings settings = view_settings_exported(state);
    return settings_flags(&settings, state->view, state->angles->model, flags, sizeof flags) &&
           text_format(out, size, "ropescope export %s --view %s%s%s", state->model_words,
                       view_of(state->view)->name, flags[0] ? " " : "", flags);
}

/* ---- lines that a shell joins again -------------------------------------- */

enum quote { QUOTE_NONE, QUOTE_PLAIN, QUOTE_ESCAPES /* $'...' */ };

/* Length of what must not be torn apart at the start of the text; *quote is that behind it. */
static size_t unit(const char *text, enum quote *quote)
{
    size_t bytes;
    if (*quote == QUOTE_ESCAPES && text[0] == '\\')
        return strnlen(text, 4); /* an octal number */
    if (*quote != QUOTE_NONE && text[0] == '\'')
        return *quote = QUOTE_NONE, 1;
    if (*quote == QUOTE_NONE && text[0] == '\\')
        return strnlen(text, 2);
    if (*quote == QUOTE_NONE && text[0] == '\'')
        return *quote = QUOTE_PLAIN, 1;
    if (*quote == QUOTE_NONE && text[0] == '$' && text[1] == '\'')
        return *quote = QUOTE_ESCAPES, 2;
    text_decode(text, &bytes);
    return bytes;
}

/* Columns of the first `bytes` bytes. */
static int width_of(const char *text, size_t bytes)
{
    char one[8] = {0};
    memcpy(one, text, bytes < sizeof one ? bytes : 0);
    return canvas_text_width(one);
}

/* Bytes that fit a line of `cols` columns: up to a space between words where there is one. */
static size_t fitting(const char *text, int cols, enum quote *quote)
{
    enum { MARGIN = 3 }; /* for a quote to close, a space and a backslash */
    size_t length = 0, space = 0;
    int used = *quote == QUOTE_NONE ? 0 : 2;
    while (text[length]) {
        enum quote next = *quote;
        size_t bytes = unit(text + length, &next);
        used += width_of(text + length, bytes);
        if (used > cols - MARGIN && length > 0)
            break;
        if (text[length] == ' ' && *quote == QUOTE_NONE)
            space = length;
        *quote = next;
        length += bytes;
    }
    if (!text[length] || space == 0)
        return length;
    *quote = QUOTE_NONE;
    return space;
}

/* The lines start in the first column and have nothing beside them, to be taken with a mouse. */
static void draw_lines(struct canvas *canvas, struct rect rect, const char *text)
{
    static const char *const again[] = {"", "'", "$'"};
    enum quote quote = QUOTE_NONE;
    for (int row = 0; row < rect.rows && *text; row++) {
        char line[COMMAND_BYTES + 8];
        const char *opening = again[quote];
        size_t length = fitting(text, rect.cols, &quote);
        bool more = text[length] != '\0', word_ends = quote == QUOTE_NONE && text[length] == ' ';
        text_format(line, sizeof line, "%s%.*s%s%s%s", opening, (int)length, text,
                    quote == QUOTE_NONE ? "" : "'", word_ends ? " " : "", more ? "\\" : "");
        canvas_text(canvas, rect.row + row, rect.col, rect.cols, style_with(ROLE_TEXT, STYLE_BOLD),
                    NULL, line);
        text += length + word_ends;
    }
}

void command_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                  const struct state *state)
{
    char text[COMMAND_BYTES];
    canvas_printf(canvas, rect.row, rect.col + 1, rect.cols - 1, style_of(ROLE_LABEL), glyphs,
                  "prints this view (%s):", view_of(state->view)->name);
    struct rect below = {rect.row + 2, rect.col, rect.rows - 2, rect.cols};
    if (below.rows <= 0)
        below = rect;
    if (!view_command(state, text, sizeof text)) {
        bool unsaved = state->awm.line_count > 0 && !view_settings_exported(state).lines_file;
        canvas_text(canvas, below.row, below.col + 1, below.cols - 1, style_of(ROLE_NOTICE), glyphs,
                    unsaved ? "the rule has exceptions that no file holds yet: w writes them"
                            : "the command is too long to be shown");
        return;
    }
    draw_lines(canvas, below, text);
}
