/* layers.c: the list of layers, a line a layer of the checkpoint, whether it rotates or not. */
#include "views/draw.h"

enum status layers_table(const struct angles *angles, const struct view_settings *settings,
                         struct view_table *out, struct error *err)
{
    return view_list_table(VIEW_LAYERS, angles, settings, out, err);
}

void layers_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    static const char *const spare[] = {"undefined", "rotates", "chance",      "pairs",
                                        "excess",    "fixed",   "correlation", NULL};
    static const char *const rare[] = {"chance", "excess", NULL}; /* as in the list of heads */
    draw_list(canvas, rect, glyphs, state, "layers", spare, rare);
}
