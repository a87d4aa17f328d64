/* heads.c: the list of heads, a line a head of a projection. */
#include "views/draw.h"

enum status heads_table(const struct angles *angles, const struct view_settings *settings,
                        struct view_table *out, struct error *err)
{
    return view_list_table(VIEW_HEADS, angles, settings, out, err);
}

void heads_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state)
{
    static const char *const spare[] = {"layer",  "undefined",   "chance",     "pairs",
                                        "fixed",  "max_abs_cos", "norm_ratio", "correlation",
                                        "excess", NULL};
    /* They stand there once `>` sorts by them; the fraction says what is fixed. */
    static const char *const rare[] = {"fixed", "chance", "excess", "norm_ratio", NULL};
    bool one_layer = state->settings.selection.scope != SCOPE_MODEL;
    draw_list(canvas, rect, glyphs, state, "heads", one_layer ? spare : spare + 1, rare);
}
