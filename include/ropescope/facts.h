/* facts.h: what the stored rows of queries and keys hold beside their angles: their L1 norms, and
 * what lies around them: the biases of a pair's two rows and the gains of a norm behind them. The
 * database of angles has none of it, so the rows are read once more, when it is asked for. */
#ifndef ROPESCOPE_FACTS_H
#define ROPESCOPE_FACTS_H

#include "ropescope/angles.h"

ROPESCOPE_BEGIN

/* One projection of one layer, each (head, pair). */
struct fact_set {
    double *l1_a, *l1_b; /* sum of |w| of either row, as the angles have it: --folded multiplies it,
                            too. NULL, as all that follow, where the layer does not rotate */
    double *bias_radius; /* of the vector of the two rows' biases; NaN: there is no bias */
    double *bias_angle;  /* radians; likewise */
    double *gain_a, *gain_b; /* of a norm of queries or keys, at the two dims; NaN: no such norm */
};
struct facts {
    struct fact_set (*layers)[PROJECTION_COUNT]; /* (layer_count) index as in model->layers */
    size_t layer_count;
};

/* What two threads share while one reads facts. Zero-initialise. */
struct facts_watch {
    ROPESCOPE_ATOMIC(bool) cancel;    /* set by the one that waits: STATUS_CANCELLED follows soon */
    ROPESCOPE_ATOMIC(uint64_t) done;  /* bytes of rows */
    ROPESCOPE_ATOMIC(uint64_t) total; /* 0: not known yet */
};

/* One pass over the rows of the session's model by `threads` (0: all cores). Refused: a file of
 * angles, which has no rows, and an adapter, which can bring biases of its own. The session is only
 * read, and may scan meanwhile. Free with facts_free (NULL: nothing). */
enum status facts_read(struct session *session, size_t threads, struct facts **out,
                       struct error *err);
void facts_free(struct facts *facts);
/* The same, while somebody watches (NULL: nobody); and whether it would be refused. */
enum status facts_read_watched(const struct session *session, size_t threads,
                               struct facts_watch *watch, struct facts **out, struct error *err);
enum status facts_allowed(const struct session *session, struct error *err);

ROPESCOPE_END

#endif
