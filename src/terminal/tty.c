/* The terminal as file descriptors: finding it, and waiting for keys, signals and wake-ups. */
#define _GNU_SOURCE /* ppoll */
#include "terminal/tty.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum status tty_refuse(struct error *err, const char *why)
{
    error_set(err, STATUS_USAGE, "the explorer needs a terminal: %s", why);
    return error_help(err, "'ropescope stats' and 'ropescope export' work without a terminal");
}

static bool find_terminal(struct tty *tty)
{
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        tty->in = stdin;
        tty->out = stdout;
        return true;
    }
    tty->in = fopen("/dev/tty", "re");
    tty->out = tty->in ? fopen("/dev/tty", "we") : NULL;
    return tty->out != NULL;
}

/* SIGWINCH and SIGTSTP are let through inside tty_wait() and tty_let_stop() alone. So a resize
 * cannot slip in between the look for it and the wait, and curses is never stopped in the middle of
 * a frame. */
static void hold_signals(struct tty *tty)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGWINCH);
    sigaddset(&held, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, &held, &tty->mask);
}

void tty_let_stop(const struct tty *tty)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    if (sigismember(&tty->mask, SIGTSTP))
        return; /* the caller does not want to be stopped at all */
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
}

enum status tty_open(struct tty *tty, struct error *err)
{
    *tty = (struct tty){0};
    if (!find_terminal(tty)) {
        if (tty->in)
            fclose(tty->in);
        return tty_refuse(err, "standard input or output is none, and /dev/tty cannot be opened");
    }
    tty->in_fd = fileno(tty->in);
    tty->out_fd = fileno(tty->out);
    hold_signals(tty);
    if (tcgetattr(tty->in_fd, &tty->modes) != 0 || !wake_open(&tty->wake)) {
        int failure = errno;
        tty_close(tty);
        errno = failure;
        return error_set(err, STATUS_FAILED, "the terminal cannot be set up: %m");
    }
    signals_catch(tty->wake.fd[1]);
    return STATUS_OK;
}

void tty_close(struct tty *tty)
{
    if (tty->wake.fd[1] > 0)
        signals_catch(-1);
    wake_close(&tty->wake);
    if (tty->in != stdin) {
        fclose(tty->in);
        fclose(tty->out);
    }
    pthread_sigmask(SIG_SETMASK, &tty->mask, NULL);
}

enum tty_event tty_wait(struct tty *tty, int wake_fd, double deadline)
{
    enum { LONGEST = 1000000 }; /* seconds that surely fit a time_t */
    struct pollfd fds[] = {{.fd = tty->in_fd, .events = POLLIN},
                           {.fd = tty->wake.fd[0], .events = POLLIN},
                           {.fd = wake_fd, .events = POLLIN}}; /* poll skips a negative one */
    double left = deadline - clock_seconds();
    left = left < 0 ? 0 : left > LONGEST ? LONGEST : left;
    struct timespec timeout = {.tv_sec = (time_t)left};
    timeout.tv_nsec = (long)((left - (double)timeout.tv_sec) * 1e9);
    sigset_t open = tty->mask;
    sigdelset(&open, SIGWINCH);
    int ready = ppoll(fds, sizeof fds / sizeof *fds, deadline < 0 ? NULL : &timeout, &open);
    if (ready < 0)
        return errno == EINTR ? TTY_INTERRUPTED : TTY_HANGUP;
    if (ready == 0)
        return TTY_TIMEOUT;
    if (fds[1].revents) {
        wake_take(&tty->wake);
        return TTY_SIGNAL;
    }
    if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
        return TTY_HANGUP; /* what may be left to read was not typed for long */
    return fds[0].revents ? TTY_INPUT : TTY_WAKE;
}
