/* changes_file.h: the distances of two models in the cache, beside the angles of the base. Only
 * angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_CHANGES_FILE_H
#define ROPESCOPE_ANGLES_CHANGES_FILE_H

#include "ropescope/change.h"

/* Which two models a file is about: what the fingerprint of either's angles depends on, too. */
struct changes_key {
    char path[PATH_BYTES];
    uint64_t base, tuned;
};
/* Fills changes->distance of every layer from the file; false: there is none, or it is damaged or
 * of other models, and everything is as it was. Such a file is set aside with a notice. */
bool changes_file_load(const struct changes_key *key, struct changes *changes,
                       struct notices *notices);
/* Writes the complete changes, whole or not at all; a full disk costs the next opening a pass. */
void changes_file_save(const struct changes_key *key, const struct changes *changes);

#endif
