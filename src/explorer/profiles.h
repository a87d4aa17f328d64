/* profiles.h: the profiles of the model and of those beside it, kept while nothing changes. */
#ifndef EXPLORER_PROFILES_H
#define EXPLORER_PROFILES_H

#include "ropescope/view_settings.h"

/* Zero-initialise. */
struct profiles {
    size_t count; /* of models: the explored one first */
    struct profile {
        const struct angles *angles; /* borrowed */
        const char *name;            /* borrowed */
        struct profile_point *point; /* (2 * layer + projection) owned */
        bool *filled;                /* (layers) owned */
        size_t ready;                /* layers that were, when it was looked last */
    } model[1 + COMPANIONS_MOST];
    bool fixed; /* under this threshold: */
    float threshold;
};
/* Brings them up to date; false: no memory. Free with profiles_free. */
bool profiles_update(struct profiles *profiles, const struct angles *angles,
                     const struct view_settings *settings);
void profiles_free(struct profiles *profiles);

#endif
