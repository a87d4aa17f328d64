/* cache.h: angle databases in the user's cache directory. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_CACHE_H
#define ROPESCOPE_ANGLES_CACHE_H

#include "record.h"

/* Where the database of one model with one set of options lies, and what it must match. */
struct cache {
    char whole[PATH_BYTES];   /* NAME-HASH.angles */
    char partial[PATH_BYTES]; /* NAME-HASH.angles.partial, while a scan runs */
    uint64_t fingerprint;
    int fd;            /* of the partial file, locked; -1: not writing */
    double synced;     /* clock_seconds() of the last fsync */
    char trouble[256]; /* why writing stopped; "": it did not */
};

/* Works out the paths and makes the directory. false with a notice where there can be no cache. A
 * model under an adapter (NULL: none) is another one than the base. */
bool cache_open(struct cache *cache, const struct source *source, const struct source *adapter,
                const struct model_options *options, struct notices *notices);
/* The complete database, if there is a right one; NULL otherwise. A wrong one is set aside with a
 * notice. */
struct angles *cache_load(struct cache *cache, struct notices *notices);
/* Takes over the layers that an earlier scan left (returns how many) and makes ready to append.
 * What is no scan of this model is set aside with a notice. */
size_t cache_resume(struct cache *cache, struct angles *angles, struct notices *notices);
/* Appends one layer; quietly does nothing once writing has failed. One caller at a time. */
void cache_append(struct cache *cache, const struct layer *layer, size_t index,
                  const float *values);
/* Moves a file of `what` out of the way, under its name and ".old", and says why, and what happens
 * now ("scanning"). */
void cache_set_aside(const char *path, const char *what, const char *why, const char *then,
                     struct notices *notices);
/* The scan is over: a whole file gets its name, a partial one stays for the next scan. */
void cache_finish(struct cache *cache, bool complete, struct notices *notices);

#endif
