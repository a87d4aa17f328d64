/* slow_line.c: a terminal at the end of a slow line: slow_line RATE KEYS PROGRAM ARGUMENT... runs
 * the program on a pseudoterminal of 80x24 whose other end takes RATE bytes a second, types KEYS
 * one every 20 ms once the first byte has come, and waits for the program to end. It prints how
 * many bytes the program sent after the first key, and its status; 124 where it goes on for a
 * minute. */
#define _GNU_SOURCE /* forkpty */
#include "ropescope/support.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICK_MS = 20, TICKS_A_SECOND = 1000 / TICK_MS, MOST_TICKS = 60 * TICKS_A_SECOND };

struct line {
    int fd;
    size_t a_tick;    /* bytes it takes in a tick */
    const char *keys; /* that are still to be typed */
    bool begun;
    size_t sent; /* since the first key */
};

static void wait_a_tick(void)
{
    static const struct timespec tick = {0, TICK_MS * 1000000L};
    nanosleep(&tick, NULL);
}

/* false: the program has closed its end. */
static bool take_bytes(struct line *line)
{
    char bytes[4096];
    struct pollfd ready = {.fd = line->fd, .events = POLLIN};
    size_t left = line->a_tick < sizeof bytes ? line->a_tick : sizeof bytes;
    while (left > 0 && poll(&ready, 1, 0) > 0) {
        ssize_t got = read(line->fd, bytes, left);
        if (got <= 0)
            return false;
        line->sent += line->begun ? (size_t)got : 0;
        line->begun = true;
        left -= (size_t)got;
    }
    return true;
}

static void type_a_key(struct line *line)
{
    if (line->begun && *line->keys && write(line->fd, line->keys, 1) == 1)
        line->keys++;
}

int main(int argc, char **argv)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct line line = {.keys = argc > 3 ? argv[2] : ""};
    uint64_t rate = 0;
    int status = 0, ticks = 0;
    if (argc < 4 || !text_to_u64(argv[1], &rate) || rate < TICKS_A_SECOND)
        return 2;
    line.a_tick = (size_t)rate / TICKS_A_SECOND;
    pid_t child = forkpty(&line.fd, NULL, NULL, &size);
    if (child == 0) {
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    for (; child > 0 && ticks < MOST_TICKS && take_bytes(&line); ticks++) {
        wait_a_tick();
        type_a_key(&line);
    }
    if (child > 0 && ticks == MOST_TICKS)
        kill(child, SIGKILL);
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 1;
    printf("%zu %d\n", line.sent,
           ticks == MOST_TICKS ? 124
           : WIFEXITED(status) ? WEXITSTATUS(status)
                               : 128 + WTERMSIG(status));
    return 0;
}
