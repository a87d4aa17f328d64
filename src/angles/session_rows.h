/* session_rows.h: what a comparison, or a pass for facts, asks of a session: its rows once more,
 * and a place for the angles that were worked out beside them. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_SESSION_ROWS_H
#define ROPESCOPE_ANGLES_SESSION_ROWS_H

#include "ropescope/angles.h"

/* Opens the weights of the session, with its adapter, whether its angles are cached or not. The
 * caller closes both. Refused where there are none: a file of angles. */
enum status session_rows(const struct session *session, struct checkpoint **checkpoint,
                         struct model **model, struct error *err);
/* Whether an adapter lies over its rows. */
bool session_is_adapted(const struct session *session);
/* Where both would write the same file of the cache, `session` leaves it to `other`. */
void session_yield_cache(struct session *session, const struct session *other);
/* Where the cache keeps the angles of the session, and what they depend on; false: nowhere. */
bool session_cache_place(const struct session *session, const char **path, uint64_t *fingerprint);
/* Where what is to be said of its files goes. */
struct notices *session_tell(struct session *session);
/* A layer's values, as of struct layer_result, which it takes over: they land, and go to the cache
 * as those of a scan do. */
void session_take(struct session *session, size_t layer, float *values);
/* No more come: whether the weights are still what they were, and the cache file its name. */
enum status session_taken(struct session *session, struct error *err);

#endif
