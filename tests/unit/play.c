/* A child on a pseudo-terminal. Marks are operating system commands that no terminal acts on. */
#include "play.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { PATIENCE = 20000 /* ms, for a machine under load */, NAME_BYTES = 64 };

/* ---- the child's side ---------------------------------------------------- */

void play_mark(const char *name)
{
    char text[NAME_BYTES];
    int length = snprintf(text, sizeof text, "\033]mark %s\007", name);
    int fd = open("/dev/tty", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, (size_t)length) != length)
        _exit(99);
    close(fd);
}

static void set_environment(const struct scene *scene)
{
    unsetenv("LINES");
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    unsetenv("TERM");
    if (!scene->term || *scene->term)
        setenv("TERM", scene->term ? scene->term : "xterm-256color", 1);
    if (scene->no_color)
        setenv("NO_COLOR", "1", 1);
    if (!setlocale(LC_CTYPE, scene->locale ? scene->locale : "C.UTF-8"))
        _exit(97);
}

static void run_child(const struct scene *scene, const char *terminal)
{
    setsid();
    int fd = open(terminal, O_RDWR | O_NOCTTY);
    if (fd < 0 || (!scene->homeless && ioctl(fd, TIOCSCTTY, 0) != 0))
        _exit(98);
    int standard = scene->redirected || scene->homeless ? open("/dev/null", O_RDWR) : fd;
    dup2(standard, STDIN_FILENO);
    dup2(standard, STDOUT_FILENO);
    set_environment(scene);
    _exit(scene->act());
}

/* ---- the test's side ----------------------------------------------------- */

void play_start(struct play *play, struct scene scene)
{
    memset(play, 0, sizeof *play);
    play->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(play->master >= 0);
    assert_int_equal(grantpt(play->master), 0);
    assert_int_equal(unlockpt(play->master), 0);
    play_resize(play, scene.rows ? scene.rows : 24, scene.cols ? scene.cols : 80);
    char terminal[NAME_BYTES];
    snprintf(terminal, sizeof terminal, "%s", ptsname(play->master));
    fflush(NULL);
    play->child = fork();
    assert_true(play->child >= 0);
    if (play->child == 0) {
        close(play->master); /* or the child would never be hung up on */
        run_child(&scene, terminal);
    }
}

/* Reads on; false at the end of the child's output. */
static bool listen_on(struct play *play)
{
    struct pollfd fd = {.fd = play->master, .events = POLLIN};
    if (poll(&fd, 1, PATIENCE) <= 0)
        fail_msg("silence after: %s", play->output + play->next);
    size_t room = PLAY_BYTES - 1 - play->length;
    assert_true(room > 0);
    ssize_t got = read(play->master, play->output + play->length, room);
    if (got <= 0)
        return false;
    for (size_t end = play->length + (size_t)got; play->length < end; play->length++) {
        if (play->output[play->length] == '\0')
            play->output[play->length] = ' ';
    }
    return true;
}

static const char *wait_text(struct play *play, const char *text)
{
    const char *found;
    while (!(found = strstr(play->output + play->next, text))) {
        if (!listen_on(play))
            fail_msg("the end instead of '%s' after: %s", text, play->output + play->next);
    }
    return found;
}

void play_wait_text(struct play *play, const char *text)
{
    wait_text(play, text);
}

size_t play_wait_mark(struct play *play, const char *name)
{
    char text[NAME_BYTES];
    snprintf(text, sizeof text, "\033]mark %s\007", name);
    const char *found = wait_text(play, text);
    play->at = play->next;
    play->section_length = (size_t)(found - play->output) - play->at;
    play->next = play->at + play->section_length + strlen(text);
    return play->section_length;
}

bool play_heard(const struct play *play, const char *text)
{
    const char *start = play->output + play->at;
    const char *found = strstr(start, text);
    return found && (size_t)(found - start) + strlen(text) <= play->section_length;
}

void play_type(const struct play *play, const char *keys)
{
    assert_int_equal(write(play->master, keys, strlen(keys)), strlen(keys));
}

void play_resize(const struct play *play, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    assert_int_equal(ioctl(play->master, TIOCSWINSZ, &size), 0);
}

void play_hang_up(struct play *play)
{
    close(play->master);
    play->master = -1;
}

int play_end(struct play *play)
{
    while (play->master >= 0 && listen_on(play))
        continue;
    play->at = play->next;
    play->section_length = play->length - play->at;
    int status = 0;
    assert_int_equal(waitpid(play->child, &status, 0), play->child);
    if (play->master >= 0)
        play_hang_up(play);
    return status;
}

void play_assert_exit(struct play *play, int expected)
{
    int status = play_end(play);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != expected)
        fail_msg("wait status %#x after: %s", (unsigned)status, play->output + play->next);
}
