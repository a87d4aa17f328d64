/* pairs.c: the list of pairs, a line a pair: the stored rows, the frequency, the angle. */
#include "views/draw.h"

enum status pairs_table(const struct angles *angles, const struct view_settings *settings,
                        struct view_table *out, struct error *err)
{
    return view_list_table(VIEW_PAIRS, angles, settings, out, err);
}

void pairs_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state)
{
    /* What a narrow screen can do without; the layer where the title names it. */
    static const char *const spare[] = {"layer",     "norm_ratio", "norm",    "row",   "degrees",
                                        "frequency", "wavelength", "abs_cos", "fixed", NULL};
    /* What the columns beside them say as well, and a page of which a slow line would wait for. */
    static const char *const rare[] = {"norm_ratio", "abs_cos", NULL};
    bool one_layer = state->settings.selection.scope != SCOPE_MODEL;
    draw_list(canvas, rect, glyphs, state, "pairs", one_layer ? spare : spare + 1, rare);
}
