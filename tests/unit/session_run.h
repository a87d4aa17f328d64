/* session_run.h: a small model with a cache of its own, and what one opening of it came to. */
#ifndef ROPESCOPE_TEST_SESSION_RUN_H
#define ROPESCOPE_TEST_SESSION_RUN_H

#include "file_bytes.h"
#include "made_model.h"
#include "ropescope/angles.h"
#include "scratch.h"

/* A model directory in a fresh scratch directory, and $XDG_CACHE_HOME beside it. scratch_remove
 * ends it. */
struct model_home {
    char model[PATH_BYTES]; /* the directory */
    char weights[PATH_BYTES], config[PATH_BYTES];
    char cache[PATH_BYTES]; /* where ropescope keeps its files; not made yet */
};
void model_home_open(struct model_home *home, const struct made_model *model);

/* How many files of the cache end so; `path` (may be NULL) gets the last of them. */
size_t cache_files(const struct model_home *home, const char *ending, char path[PATH_BYTES]);
/* Removes what the cache holds. */
void cache_clear(const struct model_home *home);

/* What came of opening a model and waiting for its angles. */
struct session_run {
    enum status status; /* of the opening, else of the scan */
    struct error err;
    char origin[32];
    struct notices notices;
    unsigned char *bytes; /* what angles_write makes of it; NULL: it failed */
    size_t size;
};
struct session_run session_run(const char *path, const struct session_options *options);
/* Of a session that is complete: fills the run and closes the session. */
struct session_run session_run_end(struct session *session, enum status status,
                                   const struct error *err);
void session_run_free(struct session_run *run);

/* Fails where the run did not succeed, came from elsewhere, had other notices or other angles.
 * `bytes` of `like` (may be NULL) are what it must have. Frees the run. */
void check_run(struct session_run run, const char *origin, size_t notices,
               const struct session_run *like);

#endif
