/* change.c: the list of changes, a line a pair: the angle in the base and in the fine-tune, and how
 * far its rows moved. */
#include "views/draw.h"

#include <math.h>

enum status change_table(const struct angles *angles, const struct view_settings *settings,
                         struct view_table *out, struct error *err)
{
    return view_list_table(VIEW_CHANGE, angles, settings, out, err);
}

/* Of the layers that the rule covers. */
static struct change_share share_of(const struct state *state)
{
    const struct changes *changes = state->settings.changes;
    const struct rule *rule = &state->settings.rule;
    struct change_share all = {0};
    for (size_t i = 0; i < state->angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct change_share share = {0};
            if (rule->projection[p] && state->angles->model->layers[i].number >= rule->first_layer)
                share = change_share_projection(changes, i, p, rule->threshold);
            change_share_add(&all, &share);
        }
    return all;
}

/* What says whether the rule fixes what the fine-tune left alone. */
static void draw_share(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                       const struct state *state)
{
    char text[160], kept[TEXT_NUMBER], trainable[TEXT_NUMBER];
    struct change_share share = share_of(state);
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
    draw_list(canvas, rect, glyphs, state, name, one_layer ? spare : spare + 1, rare);
    draw_share(canvas, rect, glyphs, state);
}
