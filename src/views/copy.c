/* copy.c: what `y` copies: the row under the cursor, or the number that a picture is about. */
#include "views/attention.h"
#include "views/draw.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One row of another table, as a table. */
struct one_row {
    const struct table *table;
    size_t row;
};

static struct cell one_cell(const void *context, size_t row, size_t column)
{
    const struct one_row *one = context;
    (void)row;
    return one->table->cell(one->table->context, one->row, column);
}

/* Without the header and the line end. */
static bool row_text(const struct table *table, size_t row, char text[COPY_BYTES])
{
    char *csv = NULL;
    size_t size;
    struct one_row one = {table, row};
    struct table small = {table->columns, table->column_count, 1, one_cell, &one};
    FILE *stream = open_memstream(&csv, &size);
    if (!stream)
        return false;
    bool sound = table_write_csv(&small, stream, NULL) == STATUS_OK;
    sound = fclose(stream) == 0 && sound;
    const char *line = sound ? strchr(csv, '\n') : NULL;
    if (line) {
        int length = (int)strcspn(line + 1, "\r\n");
        sound = text_format(text, COPY_BYTES, "%.*s", length, line + 1);
    }
    free(csv); /* open_memstream's own */
    return line && sound;
}

/* The line of a list that the cursor is on. */
static bool copy_line(const struct state *state, char text[COPY_BYTES], char what[COPY_BYTES])
{
    struct view_table table;
    const struct list *list = state_list(state);
    size_t line = state_line(state);
    if (!list || line >= list->count)
        return false;
    view_table_of_list(&table, list);
    text_format(what, COPY_BYTES, "a row of %s", view_of(state->view)->name);
    return row_text(&table.table, line, text);
}

/* The selected pair as a row of the pairs, of the scatter or of the spectrum. */
static bool copy_pair(const struct state *state, enum view_id view, char text[COPY_BYTES],
                      char what[COPY_BYTES])
{
    struct view_table table;
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    settings.rule = state->settings.rule;
    settings.lines = &state->awm;
    settings.edition = state->edition;
    settings.unit = state->settings.unit;
    settings.selection = state->settings.selection;
    settings.selection.scope = SCOPE_HEAD;
    for (int p = 0; p < PROJECTION_COUNT; p++)
        settings.rule.projection[p] = p == state->lead;
    if (!state_ready(state) ||
        view_of(view)->table(state->angles, &settings, &table, NULL) != STATUS_OK)
        return false;
    bool sound = state->pair < table.table.row_count && row_text(&table.table, state->pair, text);
    view_table_free(&table);
    text_format(what, COPY_BYTES, "a row of %s", view_of(view)->name);
    return sound;
}

/* The cell under the cursor as a row of the attention of the selected head. */
static bool copy_attention(const struct state *state, char text[COPY_BYTES], char what[COPY_BYTES])
{
    struct view_table table;
    struct view_settings settings = state_settings(state);
    struct token_cell cell = state_token_cell(state);
    const struct attention_head *head = state_attention(state, settings.selection.head, 0);
    settings.selection.scope = SCOPE_HEAD;
    text_format(what, COPY_BYTES, "a row of attention");
    if (!head || !head->of || !attention_sees(head->of, cell.query, cell.key) ||
        attention_table(state->angles, &settings, &table, NULL) != STATUS_OK)
        return false;
    size_t row = attention_row_of(head->of, cell);
    bool sound = row < table.table.row_count && row_text(&table.table, row, text);
    view_table_free(&table);
    return sound;
}

/* What the threshold fixes of the selection, of both projections where the rule covers both. */
static bool copy_fraction(const struct state *state, char text[COPY_BYTES], char what[COPY_BYTES])
{
    char name[SELECTION_BYTES];
    enum scope scope = state->settings.selection.scope;
    if (scope != SCOPE_MODEL && !state_ready(state))
        return false;
    struct tally tally = state_tally_rule(state, scope);
    draw_selection_name(name, state, scope, glyphs_of(GLYPHS_ASCII), SELECTION_BYTES);
    text_format(what, COPY_BYTES, "fraction fixed of %s", name);
    return tally.pairs > 0 && text_format(text, COPY_BYTES, "%.9g", tally_fraction(&tally));
}

/* The number that a picture is about: the measure of the selected head in the heat maps, the mean
 * |cos| of the selection beside the histogram. */
static bool copy_number(const struct state *state, char text[COPY_BYTES], char what[COPY_BYTES])
{
    char name[SELECTION_BYTES];
    bool maps = state->view == VIEW_OVERVIEW;
    struct selection at = state->settings.selection;
    if (maps)
        at.scope = SCOPE_HEAD;
    if (at.scope != SCOPE_MODEL && !state_ready(state))
        return false;
    struct tally tally = state_tally(state, at.scope, state->lead);
    double number =
        maps ? state_measure(state, at.layer, state->lead, state_head(state, state->lead))
             : tally_mean_abs(&tally);
    draw_selection_name(name, state, at.scope, glyphs_of(GLYPHS_ASCII), SELECTION_BYTES);
    text_format(what, COPY_BYTES, "%s %s of %s", projection_name(state->lead),
                maps ? state_measure_words(state) : "mean |cos|", name);
    return !isnan(number) && text_format(text, COPY_BYTES, "%.9g", number); /* as in a file */
}

bool view_copy(const struct state *state, char text[COPY_BYTES], char what[COPY_BYTES])
{
    if (state->inspecting)
        return copy_pair(state, VIEW_PAIRS, text, what);
    if (state_is_list(state))
        return copy_line(state, text, what);
    if (state->view == VIEW_SCATTER || state->view == VIEW_SPECTRUM)
        return copy_pair(state, state->view, text, what);
    if (state->view == VIEW_ATTENTION)
        return copy_attention(state, text, what);
    if (state->view == VIEW_THRESHOLD)
        return copy_fraction(state, text, what);
    return copy_number(state, text, what);
}
