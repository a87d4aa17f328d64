/* profiles.c: profiles by layer, worked out as layers land. */
#include "explorer/profiles.h"

/* Those of a layer, ready or not. */
static bool fill(struct profile *profile, size_t layer)
{
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (!profile_fill(&profile->point[2 * layer + (size_t)p], profile->angles, layer, p))
            return false;
    profile->filled[layer] = profile->angles->layers[layer].ready;
    return true;
}

static bool start(struct profile *profile, const struct angles *angles, const char *name)
{
    size_t layers = angles->model->layer_count;
    bool sound = true;
    if (profile->angles == angles)
        return true;
    memory_free(profile->point);
    memory_free(profile->filled);
    *profile = (struct profile){.name = name};
    profile->point = memory_array(2 * layers + 1, sizeof *profile->point);
    profile->filled = memory_array(layers + 1, sizeof *profile->filled);
    if (!profile->point || !profile->filled)
        return false;
    profile->angles = angles;
    for (size_t i = 0; i < layers && sound; i++)
        sound = fill(profile, i);
    profile->ready = angles->ready;
    return sound;
}

/* What has landed since. */
static bool catch_up(struct profile *profile)
{
    bool sound = true;
    for (size_t i = 0; i < profile->angles->model->layer_count && sound; i++)
        if (!profile->filled[i] && profile->angles->layers[i].ready)
            sound = fill(profile, i);
    profile->ready = profile->angles->ready;
    return sound;
}

static void fix(struct profile *profile, float threshold)
{
    for (size_t i = 0; i < profile->angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            profile_fix(&profile->point[2 * i + (size_t)p], profile->angles, i, p, threshold);
}

bool profiles_update(struct profiles *profiles, const struct angles *angles,
                     const struct view_settings *settings)
{
    float threshold = settings->rule.threshold;
    bool same = profiles->count == 1 + settings->companion_count && profiles->fixed &&
                profiles->threshold == threshold;
    profiles->count = 1 + settings->companion_count;
    for (size_t i = 0; i < profiles->count; i++) {
        struct profile *profile = &profiles->model[i];
        const struct companion *companion = i > 0 ? &settings->companion[i - 1] : NULL;
        const struct angles *its = companion ? companion->angles : angles;
        same = same && profile->angles == its && profile->ready == its->ready;
        if (!start(profile, its, companion ? companion->name : angles->model->name) ||
            (profile->ready != its->ready && !catch_up(profile)))
            return false;
    }
    for (size_t i = 0; i < profiles->count && !same; i++)
        fix(&profiles->model[i], threshold);
    profiles->fixed = true;
    profiles->threshold = threshold;
    return true;
}

void profiles_free(struct profiles *profiles)
{
    for (size_t i = 0; i < 1 + COMPANIONS_MOST; i++) {
        memory_free(profiles->model[i].point);
        memory_free(profiles->model[i].filled);
    }
    *profiles = (struct profiles){0};
}
