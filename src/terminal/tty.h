/* tty.h: the terminal's file descriptors and the wait on them; no curses here. */
#ifndef TERMINAL_TTY_H
#define TERMINAL_TTY_H

#include "ropescope/support.h"

#include <signal.h>
#include <termios.h>

struct tty {
    FILE *in, *out; /* stdin and stdout, or /dev/tty, which tty_close closes */
    int in_fd, out_fd;
    struct wake wake;     /* signals_catch() writes, tty_wait() reads */
    struct termios modes; /* as they were before */
    sigset_t mask;        /* of this thread, as it was before */
};

enum tty_event { TTY_TIMEOUT, TTY_INPUT, TTY_WAKE, TTY_SIGNAL, TTY_INTERRUPTED, TTY_HANGUP };

/* Finds the terminal, saves its modes and catches the signals that end a program. */
enum status tty_open(struct tty *tty, struct error *err);
void tty_close(struct tty *tty);

/* Waits until `deadline` (clock_seconds(); < 0: for ever) for input, a readable `wake_fd` (-1:
 * none), a signal of signals_catch (TTY_SIGNAL) or any other (TTY_INTERRUPTED). */
enum tty_event tty_wait(struct tty *tty, int wake_fd, double deadline);

/* Obeys a Ctrl-Z that came since the last wait. */
void tty_let_stop(const struct tty *tty);

/* STATUS_USAGE with the words `why` and with what works without a terminal. */
enum status tty_refuse(struct error *err, const char *why);

#endif
