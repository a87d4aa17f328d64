/* gather.c: a descriptor that is the terminal or a file in memory, by turns. */
#define _GNU_SOURCE /* memfd_create, dup3 */
#include "terminal/gather.h"

#include "ropescope/support.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

bool gather_open(struct gather *gather, int terminal)
{
    *gather = (struct gather){.terminal = terminal, .memory = -1};
    int fd = fcntl(terminal, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    gather->stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!gather->stream) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    gather->memory = memfd_create("frame", MFD_CLOEXEC); /* -1 where there is no such thing */
    return true;
}

void gather_close(struct gather *gather)
{
    if (gather->memory >= 0)
        close(gather->memory);
    if (gather->stream)
        fclose(gather->stream);
    *gather = (struct gather){.memory = -1};
}

static void turn_to(const struct gather *gather, int fd)
{
    while (dup3(fd, fileno(gather->stream), O_CLOEXEC) < 0 && (errno == EINTR || errno == EBUSY))
        continue;
}

void gather_begin(const struct gather *gather)
{
    if (gather->memory >= 0)
        turn_to(gather, gather->memory);
}

size_t gather_size(const struct gather *gather)
{
    off_t end = gather->memory >= 0 ? lseek(gather->memory, 0, SEEK_CUR) : 0;
    return end > 0 ? (size_t)end : 0;
}

/* A terminal that has gone shows when it is next read; one that takes nothing keeps no signal from
 * ending the program. */
static void write_all(int fd, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written < 0 && (signals_caught() != 0 || (errno != EINTR && errno != EAGAIN)))
            return;
        if (written < 0 && errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        bytes += written > 0 ? written : 0;
        count -= written > 0 ? (size_t)written : 0;
    }
}

void gather_send(const struct gather *gather)
{
    char bytes[16384];
    if (gather->memory < 0)
        return;
    turn_to(gather, gather->terminal);
    off_t end = (off_t)gather_size(gather), at = 0;
    while (at < end) {
        size_t want = end - at < (off_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes;
        ssize_t got = pread(gather->memory, bytes, want, at);
        if (got <= 0)
            break;
        write_all(gather->terminal, bytes, (size_t)got);
        at += got;
    }
    lseek(gather->memory, 0, SEEK_SET);
}
