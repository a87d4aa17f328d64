/* scan.h: the pass over all rotary pairs of a model, in the background. Only angles/ includes this.
 */
#ifndef ROPESCOPE_ANGLES_SCAN_H
#define ROPESCOPE_ANGLES_SCAN_H

#include "cache.h"

struct scan;

/* Starts `threads` workers on the layers that have not landed yet. `checkpoint` and `cache` (NULL:
 * none) are borrowed and must outlive the scan. Results carry angles->generation. */
enum status scan_start(const struct checkpoint *checkpoint, const struct angles *angles,
                       struct cache *cache, size_t threads, struct scan **out, struct error *err);
/* The next finished layer; false: none just now. Never waits. */
bool scan_receive(struct scan *scan, struct layer_result *result);
/* Readable when there is something to receive or the workers have ended. */
int scan_wake_fd(const struct scan *scan);
bool scan_running(const struct scan *scan); /* a worker is still at it */
const struct progress *scan_progress(const struct scan *scan);
void scan_cancel(struct scan *scan);
/* Waits for the workers; STATUS_CANCELLED after a cancel, or what failed first. Results may still
 * be received. */
enum status scan_join(struct scan *scan, struct error *err);
void scan_free(struct scan *scan); /* after scan_join; NULL is fine */

#endif
