/* signals.c: the one file with signal state. A page that cannot be read becomes a false from
 * guard_run; a polite signal becomes a flag; a crash gives the terminal back first. */
#include "ropescope/support.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

/* ---- guarded reads ------------------------------------------------------- */

static _Thread_local sigjmp_buf guard_exit;
static _Thread_local volatile sig_atomic_t guard_active;

static void die_restored(int number);

static void on_bus_error(int number)
{
    if (!guard_active)
        die_restored(number);
    guard_active = 0;
    siglongjmp(guard_exit, 1);
}

void guard_install(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_bus_error;
    action.sa_flags = SA_NODEFER; /* so that guard_run need not save the mask: no system call */
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

bool guard_run(void (*work)(void *arg), void *arg)
{
    if (sigsetjmp(guard_exit, 0) != 0)
        return false;
    guard_active = 1;
    work(arg);
    guard_active = 0;
    return true;
}

/* ---- a terminal to give back --------------------------------------------- */

enum { RESTORE_MAX = 255 };
static struct {
    volatile sig_atomic_t set;
    int fd;
    size_t length;
    char text[RESTORE_MAX];
    struct termios modes;
} terminal;

void signals_restore_terminal(int fd, const char *text, const struct termios *modes)
{
    terminal.set = 0;
    if (!text)
        return;
    terminal.fd = fd;
    terminal.length = strnlen(text, RESTORE_MAX);
    memcpy(terminal.text, text, terminal.length);
    terminal.modes = *modes;
    terminal.set = 1;
}

static void die_restored(int number)
{
    if (terminal.set) {
        terminal.set = 0;
        ssize_t written = write(terminal.fd, terminal.text, terminal.length);
        (void)written; /* there is nobody left to tell */
        tcsetattr(terminal.fd, TCSANOW, &terminal.modes);
    }
    signal(number, SIG_DFL);
    raise(number);
}

/* ---- signals that end a program ------------------------------------------ */

static volatile sig_atomic_t caught;
static volatile sig_atomic_t wake = -1;

static void on_polite_signal(int number)
{
    int saved = errno;
    if (caught == 0)
        caught = number;
    if (wake >= 0) {
        ssize_t written = write(wake, "", 1);
        (void)written; /* a full pipe wakes as well */
    }
    errno = saved;
}

/* What was ignored when the program started stays ignored: nohup would be in vain otherwise. */
static void handle(int number, void (*handler)(int))
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        return;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

void signals_catch(int wake_fd)
{
    static const int polite[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int crash[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL};
    wake = wake_fd;
    for (size_t i = 0; i < sizeof polite / sizeof *polite; i++)
        handle(polite[i], on_polite_signal);
#ifndef SANITIZED /* the sanitizer reports crashes itself */
    for (size_t i = 0; i < sizeof crash / sizeof *crash; i++)
        handle(crash[i], die_restored);
#else
    (void)crash;
#endif
}

int signals_caught(void)
{
    return caught;
}

void signals_die(int number)
{
    signal(number, SIG_DFL);
    raise(number);
    _exit(128 + number); /* where the signal is blocked or ignored */
}
