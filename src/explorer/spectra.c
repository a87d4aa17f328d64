/* spectra.c: what the settings select, by pair index. */
#include "ropescope/lists.h"

struct selected {
    const struct angles *angles;
    const struct view_settings *settings;
    int projection;
};

static uint32_t heads_selected(const void *context, size_t layer, uint32_t *first)
{
    const struct selected *selected = context;
    return settings_heads(selected->settings, selected->angles, layer, selected->projection, first);
}

struct spectrum spectrum_of(const struct angles *angles, const struct view_settings *settings)
{
    struct spectrum spectrum = {0};
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        struct selected selected = {angles, settings, p};
        if (settings->rule.projection[p])
            spectrum.point[p] = spectrum_new(angles, p, heads_selected, &selected, &spectrum.count);
        spectrum.lacks = spectrum.lacks || (settings->rule.projection[p] && !spectrum.point[p]);
    }
    return spectrum;
}

void spectrum_free(struct spectrum *spectrum)
{
    for (int p = 0; p < PROJECTION_COUNT; p++)
        memory_free(spectrum->point[p]);
    *spectrum = (struct spectrum){0};
}
