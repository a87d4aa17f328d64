/* facts_reader.h: the facts of the rows that --facts asks for, read in the background once the
 * angles are there, or waited for. Only commands/ includes this. */
#ifndef ROPESCOPE_COMMANDS_FACTS_READER_H
#define ROPESCOPE_COMMANDS_FACTS_READER_H

#include "ropescope/facts.h"

struct facts_reader {
    const struct session *session; /* borrowed */
    size_t threads;
    struct pool *pool; /* NULL: not started, or over */
    bool over;
    _Atomic bool done;
    struct facts_watch watch;
    struct facts *facts; /* owned; NULL until it is over, and where it failed */
    enum status status;  /* how it ended */
    struct error error;
};

/* Refused where there can be none. Free with facts_reader_close (NULL: nothing), which cancels. */
enum status facts_reader_new(const struct session *session, size_t threads,
                             struct facts_reader **out, struct error *err);
/* Starts where it has not, unless the session still scans: both would ask the same disk. true: it
 * has ended just now. */
bool facts_reader_poll(struct facts_reader *reader);
/* How far it is, 0..1. */
double facts_reader_fraction(const struct facts_reader *reader);
/* Waits for the end, with progress on a terminal. */
enum status facts_reader_wait(struct facts_reader *reader, struct error *err);
void facts_reader_close(struct facts_reader *reader);

#endif
