/* wake.c: a pipe with a byte in it, by which one thread wakes another out of its poll(). */
#define _GNU_SOURCE /* pipe2 */
#include "ropescope/support.h"

#include <fcntl.h>
#include <unistd.h>

bool wake_open(struct wake *wake)
{
    return pipe2(wake->fd, O_CLOEXEC | O_NONBLOCK) == 0;
}

void wake_close(struct wake *wake)
{
    if (wake->fd[1] <= 0)
        return;
    close(wake->fd[0]);
    close(wake->fd[1]);
    *wake = (struct wake){0};
}

void wake_send(const struct wake *wake)
{
    ssize_t written = write(wake->fd[1], "", 1);
    (void)written; /* a full pipe wakes as well */
}

void wake_take(const struct wake *wake)
{
    char bytes[64];
    while (read(wake->fd[0], bytes, sizeof bytes) > 0)
        continue;
}
