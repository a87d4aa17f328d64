/* exceptions.c: the heads that lines of the rule single out, as glyphs and in words. */
#include "views/draw.h"

enum single { SINGLE_NONE, SINGLE_FIXED, SINGLE_FREE, SINGLE_THRESHOLD };

static enum single single_of(const struct state *state, size_t layer, int projection, uint32_t head)
{
    uint32_t number = state->angles->model->layers[layer].number;
    if (state->awm.line_count == 0)
        return SINGLE_NONE;
    switch (awm_exception(&state->awm, number, projection, head)) {
    case EXCEPTION_FIX:
        return SINGLE_FIXED;
    case EXCEPTION_FREE:
        return SINGLE_FREE;
    default:
        return awm_deciding(&state->awm, number, projection, head) ? SINGLE_THRESHOLD : SINGLE_NONE;
    }
}

uint32_t exception_mark(const struct state *state, const struct glyphs *glyphs, size_t layer,
                        int projection, uint32_t head, struct style *style)
{
    switch (single_of(state, layer, projection, head)) {
    case SINGLE_FIXED:
        *style = style_with(ROLE_FIXED, STYLE_REVERSE);
        return glyphs->all_fixed;
    case SINGLE_FREE:
        *style = style_with(ROLE_TEXT, STYLE_REVERSE);
        return glyphs->all_free;
    case SINGLE_THRESHOLD:
        *style = style_with(ROLE_THRESHOLD, STYLE_REVERSE);
        return glyphs->own_threshold;
    default:
        return 0;
    }
}

const char *exception_words(const struct state *state, size_t layer, int projection, uint32_t head)
{
    static const char *const words[] = {[SINGLE_NONE] = "",
                                        [SINGLE_FIXED] = ", fixed by hand",
                                        [SINGLE_FREE] = ", free by hand",
                                        [SINGLE_THRESHOLD] = ", its own threshold"};
    return words[single_of(state, layer, projection, head)];
}

void exception_legend(char out[EXCEPTION_LEGEND], const struct state *state,
                      const struct glyphs *glyphs)
{
    char fixed[5] = "", free[5] = "", own[5] = "";
    out[0] = '\0';
    if (state->awm.line_count == 0)
        return;
    fixed[text_encode(glyphs->all_fixed, fixed)] = '\0';
    free[text_encode(glyphs->all_free, free)] = '\0';
    own[text_encode(glyphs->own_threshold, own)] = '\0';
    text_format(out, EXCEPTION_LEGEND, " %s fixed %s free %s own ", fixed, free, own);
}
