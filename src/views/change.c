/* change.c: the list of changes, a line a pair: the angle in the base and in the fine-tune, and how
 * far its rows moved. */
#include "views/change.h"
#include "views/draw.h"

#include <math.h>

enum status change_table(const struct angles *angles, const struct view_settings *settings,
                         struct view_table *out, struct error *err)
{
    if (settings->by == CHANGE_BY_PAIR || !settings->changes)
        return view_list_table(VIEW_CHANGE, angles, settings, out, err);
    struct change_rows *rows = memory_array(1, sizeof(struct change_rows));
    *out = (struct view_table){.owned = rows};
    if (!rows || !change_rows_fill(rows, settings)) {
        if (rows)
            change_rows_free(rows);
        view_table_free(out);
        return error_memory(err);
    }
    out->change = rows;
    out->table = change_rows_table(rows);
    return STATUS_OK;
}

/* What says whether the rule fixes what the fine-tune left alone. */
static void draw_share(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char text[160], kept[TEXT_NUMBER], trainable[TEXT_NUMBER];
    struct change_share share = state_change_share(state);
    if (isnan(change_share_kept(&share)))
        text_format(text, sizeof text, " %s ",
                    share.pairs > 0 ? "nothing changed" : "comparing\xe2\x80\xa6");
    else
        text_format(text, sizeof text, " trainable %s: %s of the change ",
                    draw_percent(trainable, change_share_trainable(&share)),
                    draw_percent(kept, change_share_kept(&share)));
    if (draw_panel_inside(rect).rows < rect.rows)
        canvas_text(canvas, rect.row + rect.rows - 1, rect.col + 2, rect.cols - 34,
                    style_of(ROLE_TITLE), glyphs, text);
}

/* By groups: lines, and what they are. */
static void draw_groups(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char selection[SELECTION_BYTES], title[SELECTION_BYTES + 64];
    struct view_settings settings = state_settings(state);
    const struct change_rows *rows = state_change_rows(state);
    draw_selection_name(selection, state, settings.selection.scope, glyphs, rect.cols - 40);
    text_format(title, sizeof title, "change by %s%s%s", change_by_name(settings.by),
                draw_dot(glyphs), settings.by == CHANGE_BY_THRESHOLD ? "model" : selection);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    if (!rows)
        draw_lacks(canvas, inside, glyphs);
    if (!rows || rect_empty(inside))
        return;
    change_words_draw(canvas, inside, glyphs, state, rows);
    struct rect below = {inside.row + 1, inside.col, inside.rows - 1, inside.cols};
    if (!rect_empty(below))
        change_lines_draw(canvas, below, glyphs, state, rows);
}

void change_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    static const char *const spare[] = {"layer", "fixed", "relative", NULL};
    static const char *const rare[] = {NULL};
    const struct view_settings *settings = &state->settings;
    bool one_layer = settings->selection.scope != SCOPE_MODEL;
    char name[256];
    if (!settings->changes) {
        struct rect inside = draw_panel(canvas, rect, glyphs, "change");
        canvas_text(canvas, inside.row, inside.col, inside.cols, style_of(ROLE_NOTICE), glyphs,
                    "nothing is compared: start with --compare TUNED or --compare-adapter DIR");
        return;
    }
    text_format(name, sizeof name, "change to %s", settings->companion[0].name);
    if (settings->by != CHANGE_BY_PAIR)
        draw_groups(canvas, rect, glyphs, state);
    else
        draw_list(canvas, rect, glyphs, state, name, one_layer ? spare : spare + 1, rare);
    draw_share(canvas, rect, glyphs, state);
}
