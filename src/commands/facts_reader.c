/* facts_reader.c: a thread that has the facts of the rows read, whatever a screen does meanwhile.
 */
#include "facts_reader.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum status facts_reader_new(const struct session *session, size_t threads,
                             struct facts_reader **out, struct error *err)
{
    enum status status = facts_allowed(session, err);
    if (status != STATUS_OK)
        return status;
    *out = memory_array(1, sizeof **out);
    if (!*out)
        return error_memory(err);
    (*out)->session = session;
    (*out)->threads = threads;
    return STATUS_OK;
}

static void read_them(void *arg, size_t worker)
{
    struct facts_reader *r = arg;
    (void)worker;
    r->status = facts_read_watched(r->session, r->threads, &r->watch, &r->facts, &r->error);
    atomic_store(&r->done, true);
}

bool facts_reader_poll(struct facts_reader *r)
{
    if (r->over || (!r->pool && session_scanning(r->session)))
        return false;
    if (!r->pool)
        r->status = pool_start(&r->pool, 1, read_them, r, &r->error);
    if (r->pool && !atomic_load(&r->done))
        return false;
    pool_join(r->pool);
    r->pool = NULL;
    return r->over = true;
}

double facts_reader_fraction(const struct facts_reader *r)
{
    double total = (double)atomic_load(&r->watch.total);
    return total > 0 ? (double)atomic_load(&r->watch.done) / total : 0;
}

enum status facts_reader_wait(struct facts_reader *r, struct error *err)
{
    enum { TICK_MS = 100 };
    bool terminal = isatty(STDERR_FILENO), shown = false;
    signals_catch(-1);
    for (int ms = 1; !facts_reader_poll(r) && !r->over; ms = 2 * ms < TICK_MS ? 2 * ms : TICK_MS) {
        poll(NULL, 0, ms); /* small models are there at once */
        if (!terminal || ms < TICK_MS || atomic_load(&r->done))
            continue;
        fprintf(stderr, "\rrows %3.0f%%\033[K", 100 * facts_reader_fraction(r));
        shown = true;
    }
    if (shown)
        fputs("\r\033[K", stderr);
    if (r->status != STATUS_OK && err)
        *err = r->error;
    return r->status;
}

void facts_reader_close(struct facts_reader *r)
{
    if (!r)
        return;
    atomic_store(&r->watch.cancel, true);
    pool_join(r->pool);
    facts_free(r->facts);
    memory_free(r);
}
