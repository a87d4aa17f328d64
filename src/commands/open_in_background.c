/* open_in_background.c: one thread that opens a model, and what tells that it is through. The
 * thread touches nothing of the caller's but the options, which stay as they are. */
#include "open_in_background.h"

#include <errno.h>
#include <poll.h>

struct background {
    struct options options;
    struct opening_watch watch;
    struct pool *pool; /* NULL: it was opened by the caller's own thread */
    struct wake wake;  /* gets a byte when it is over */
    /* The thread's until it was joined: */
    struct session *session;
    enum status status;
    struct error error;
};

static void open_model(void *arg, size_t worker)
{
    struct background *b = arg;
    (void)worker; /* there is one */
    b->status = open_named_model(&b->options, &b->session, &b->error);
    wake_send(&b->wake);
}

enum status background_start(const struct options *options, struct background **out,
                             struct error *err)
{
    struct background *b = memory_array(1, sizeof *b);
    if (!b)
        return error_memory(err);
    if (!wake_open(&b->wake)) {
        memory_free(b);
        return error_set(err, STATUS_FAILED, "no pipe could be made: %m");
    }
    b->options = *options;
    b->options.session.watch = &b->watch;
    if (pool_start(&b->pool, 1, open_model, b, NULL) != STATUS_OK)
        open_model(b, 0);
    *out = b;
    return STATUS_OK;
}

bool background_wait(struct background *background, double seconds)
{
    double deadline = clock_seconds() + seconds;
    struct pollfd wake = {.fd = background->wake.fd[0], .events = POLLIN};
    for (;;) {
        double left = deadline - clock_seconds();
        int ready = poll(&wake, 1, left > 0 ? (int)(1e3 * left) + 1 : 0);
        if (ready >= 0 || errno != EINTR)
            return ready > 0;
    }
}

int background_wake_fd(const struct background *background)
{
    return background->wake.fd[0];
}

const struct opening_watch *background_watch(const struct background *background)
{
    return &background->watch;
}

void background_cancel(struct background *background)
{
    atomic_store(&background->watch.cancel, true);
}

enum status background_finish(struct background *background, struct session **out,
                              struct error *err)
{
    pool_join(background->pool);
    wake_close(&background->wake);
    enum status status = background->status;
    *out = background->session;
    if (status != STATUS_OK && err)
        *err = background->error;
    memory_free(background);
    return status;
}
