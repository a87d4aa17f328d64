/* random_keys.c: somebody who leans on the keyboard: random_keys COUNT SEED PROGRAM ARGUMENT...
 * types COUNT random keys into the program on a pseudoterminal, resizes it now and then, starts it
 * again where a key has ended it, and ends it by Ctrl-C. Status 0 where each run ended well: with
 * 0, or by a Ctrl-C that came before the program had its terminal. */
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
#include <unistd.h>

static const char *const words[] = {
    "\x1b",   "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D",  "\x1b[5~",   "\x1b[6~", "\t", "\r",
    "t30%\r", "T",      "T",      "\x0c",   "t0.02\r", "/q_proj\r", "gg",      "q",  "\x1b[<0;9;9M",
};
enum { WORDS = sizeof words / sizeof *words };
static const double END_SECONDS = 20; /* after which a program hangs */

struct typist {
    char **command;
    pid_t program;
    int fd;
    uint64_t random, runs;
};

/* xorshift64*: the same keys for the same seed on every machine. */
static uint32_t draw(struct typist *t, uint32_t below)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (uint32_t)((t->random * 2685821657736338717U) >> 33) % below;
}

static void resize(struct typist *t)
{
    struct winsize size = {.ws_row = (unsigned short)(1 + draw(t, 120)),
                           .ws_col = (unsigned short)(1 + draw(t, 250))};
    ioctl(t->fd, TIOCSWINSZ, &size);
}

static void start(struct typist *t)
{
    struct winsize size = {.ws_row = 40, .ws_col = 120};
    t->program = forkpty(&t->fd, NULL, NULL, &size);
    if (t->program == 0) {
        execvp(t->command[0], t->command);
        _exit(127);
    }
    t->runs++;
    (void)poll(&(struct pollfd){.fd = t->fd, .events = POLLIN}, 1, 20000); /* its first picture */
}

/* Reads what there is, waiting for so long for the first of it; false: the program is gone. */
static bool drain(const struct typist *t, int wait_ms)
{
    char bytes[65536];
    struct pollfd ready = {.fd = t->fd, .events = POLLIN};
    for (; poll(&ready, 1, wait_ms) > 0; wait_ms = 0)
        if (read(t->fd, bytes, sizeof bytes) <= 0)
            return false;
    return true;
}

/* Its status once it has ended. */
static int end(const struct typist *t)
{
    int status = 0;
    if (waitpid(t->program, &status, 0) < 0)
        return 1;
    close(t->fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* false: the program is gone. */
static bool type(struct typist *t)
{
    char key = (char)(' ' + draw(t, 95));
    const char *word = draw(t, 4) == 0 ? words[draw(t, WORDS)] : NULL;
    struct pollfd ready = {.fd = t->fd, .events = POLLOUT};
    if (draw(t, 50) == 0)
        resize(t);
    while (poll(&ready, 1, 0) <= 0) /* it has more than enough to read */
        if (!drain(t, 20))
            return false;
    return write(t->fd, word ? word : &key, word ? strlen(word) : 1) > 0;
}

/* By Ctrl-C, which ends what is open first; a program that goes on for so long hangs. */
static int interrupt(const struct typist *t)
{
    for (double begin = clock_seconds(), typed = 0; clock_seconds() - begin < END_SECONDS;) {
        if (clock_seconds() - typed > 0.2) {
            typed = clock_seconds();
            if (write(t->fd, "\x03", 1) < 0)
                return end(t);
        }
        if (!drain(t, 50))
            return end(t);
    }
    kill(t->program, SIGKILL);
    (void)end(t);
    return 124;
}

int main(int argc, char **argv)
{
    struct typist t = {.command = argv + 3};
    uint64_t count = 0;
    int status = 0;
    if (argc < 4 || !text_to_u64(argv[1], &count) || !text_to_u64(argv[2], &t.random))
        return 2;
    t.random = t.random * 2 + 1;
    signal(SIGPIPE, SIG_IGN);
    start(&t);
    for (uint64_t i = 0; i < count && status == 0; i++) {
        bool there = type(&t) && (i % 2 != 0 || drain(&t, i % 64 == 0 ? 20 : 2));
        if (there)
            continue;
        status = end(&t);
        if (status == 0)
            start(&t);
    }
    if (status == 0)
        status = interrupt(&t);
    status = status == 128 + SIGINT ? 0 : status;
    printf("%llu keys, %llu runs, status %d\n", (unsigned long long)count,
           (unsigned long long)t.runs, status);
    return status != 0;
}
