/* terminal.c: a pseudo-terminal, and what /proc says of the program in it. */
#define _GNU_SOURCE 1
#include "terminal.h"

#include "process.h"
#include "ropescope/support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const double PATIENCE = 10; /* seconds for what must come */

/* ---- starting ------------------------------------------------------------ */

static void become(const char *const *argv, const char *name)
{
    setsid();
    int fd = open(name, O_RDWR); /* the first that a session opens is its terminal */
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    execvp(argv[0], (char *const *)(const void *)argv);
    _exit(127);
}

bool terminal_open(struct terminal *terminal, const char *const *argv, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    char name[64];
    *terminal = (struct terminal){.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    if (terminal->fd < 0 || grantpt(terminal->fd) != 0 || unlockpt(terminal->fd) != 0 ||
        ptsname_r(terminal->fd, name, sizeof name) != 0 ||
        ioctl(terminal->fd, TIOCSWINSZ, &size) != 0)
        return false;
    fflush(NULL);
    terminal->started = clock_seconds();
    terminal->child = fork();
    if (terminal->child == 0)
        become(argv, name);
    return terminal->child > 0;
}

/* ---- reading ------------------------------------------------------------- */

static void keep_tail(struct terminal *terminal, const char *bytes, size_t count)
{
    size_t most = TERMINAL_TAIL - 1;
    size_t take = count < most ? count : most;
    size_t keep = terminal->tail_length < most - take ? terminal->tail_length : most - take;
    memmove(terminal->tail, terminal->tail + terminal->tail_length - keep, keep);
    memcpy(terminal->tail + keep, bytes + count - take, take);
    terminal->tail_length = keep + take;
}

/* Reads what comes within `seconds`; false: nothing. *seen: `text` (NULL: any) was in it. */
static bool read_some(struct terminal *terminal, double seconds, const char *text, bool *seen)
{
    char block[TERMINAL_TAIL + 16384];
    struct pollfd fd = {.fd = terminal->fd, .events = POLLIN};
    if (poll(&fd, 1, (int)(1e3 * seconds)) <= 0)
        return false;
    size_t before = terminal->tail_length;
    memcpy(block, terminal->tail, before);
    ssize_t got = read(terminal->fd, block + before, sizeof block - before);
    if (got <= 0)
        return false;
    terminal->bytes += (size_t)got;
    *seen = !text || memmem(block, before + (size_t)got, text, strlen(text));
    keep_tail(terminal, block + before, (size_t)got);
    return true;
}

bool terminal_see(struct terminal *terminal, const char *text, double *seconds)
{
    bool seen = false;
    double deadline = clock_seconds() + PATIENCE;
    while (!seen && clock_seconds() < deadline)
        read_some(terminal, 0.1, text, &seen);
    *seconds = clock_seconds() - terminal->started;
    return seen;
}

/* ---- what it costs ------------------------------------------------------- */

static bool read_proc(const struct terminal *terminal, const char *name, char *out, size_t size)
{
    char path[64];
    text_format(path, sizeof path, "/proc/%ld/%s", (long)terminal->child, name);
    FILE *stream = fopen(path, "r");
    size_t got = stream ? fread(out, 1, size - 1, stream) : 0;
    out[got] = '\0';
    if (stream)
        fclose(stream);
    return got > 0;
}

/* Of the main thread, to the nanosecond; the explorer has no other unless it scans or opens. */
static double processor_seconds(const struct terminal *terminal)
{
    char text[128];
    return read_proc(terminal, "schedstat", text, sizeof text) ? strtod(text, NULL) / 1e9 : 0;
}

/* It waits for something to happen. */
static bool sleeps(const struct terminal *terminal)
{
    char text[512];
    const char *name_end = read_proc(terminal, "stat", text, sizeof text) ? strrchr(text, ')') : 0;
    return name_end && strncmp(name_end, ") S", 3) == 0;
}

/* Until it sleeps and nothing has come for a while; it may have had nothing to say at all. */
static void settle(struct terminal *terminal)
{
    static const double silence = 0.005;
    double quiet_since = clock_seconds(), deadline = quiet_since + PATIENCE;
    bool seen;
    for (double now = quiet_since; now < deadline; now = clock_seconds()) {
        if (read_some(terminal, silence, NULL, &seen) || !sleeps(terminal))
            quiet_since = clock_seconds();
        else if (now - quiet_since >= 2 * silence)
            return;
    }
}

static struct step_cost since(const struct terminal *terminal, double processor, size_t bytes)
{
    return (struct step_cost){processor_seconds(terminal) - processor,
                              (double)(terminal->bytes - bytes)};
}

struct step_cost terminal_type(struct terminal *terminal, const char *keys)
{
    settle(terminal);
    double processor = processor_seconds(terminal);
    size_t bytes = terminal->bytes;
    ssize_t written = write(terminal->fd, keys, strlen(keys));
    (void)written; /* what is not typed costs nothing, and shows */
    settle(terminal);
    return since(terminal, processor, bytes);
}

struct step_cost terminal_rest(struct terminal *terminal, double seconds)
{
    bool seen;
    settle(terminal);
    double processor = processor_seconds(terminal), end = clock_seconds() + seconds;
    size_t bytes = terminal->bytes;
    for (double left = seconds; left > 0; left = end - clock_seconds())
        read_some(terminal, left, NULL, &seen);
    return since(terminal, processor, bytes);
}

double terminal_owned_bytes(const struct terminal *terminal)
{
    return process_owned_bytes(terminal->child);
}

bool terminal_close(struct terminal *terminal)
{
    int status = -1;
    bool seen;
    pid_t ended = 0;
    double deadline = clock_seconds() + PATIENCE;
    ssize_t written = write(terminal->fd, "q", 1);
    (void)written; /* it does not end then */
    while (clock_seconds() < deadline && (ended = waitpid(terminal->child, &status, WNOHANG)) == 0)
        read_some(terminal, 0.001, NULL, &seen);
    if (ended == 0) {
        kill(terminal->child, SIGKILL);
        waitpid(terminal->child, NULL, 0);
    }
    close(terminal->fd);
    return ended == terminal->child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
