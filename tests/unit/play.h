/* play.h: a program on a pseudo-terminal of its own; the test types, listens and resizes. */
#ifndef TESTS_PLAY_H
#define TESTS_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where the child runs, and what it does there. */
struct scene {
    int (*act)(void);   /* its result is the exit status */
    const char *term;   /* NULL: xterm-256color; "": not set */
    const char *locale; /* NULL: C.UTF-8 */
    int rows, cols;     /* 0: 24 x 80 */
    bool no_color;      /* NO_COLOR=1 */
    bool redirected;    /* standard input and output are /dev/null */
    bool homeless;      /* and there is no terminal at all */
};

enum { PLAY_BYTES = 1 << 18 };

struct play {
    int master;
    pid_t child;
    char output[PLAY_BYTES]; /* all that was heard, NUL-terminated; NULs are heard as spaces */
    size_t length;
    size_t at;             /* the section that wait_mark() ended last starts here ... */
    size_t section_length; /* ... and has so many bytes */
    size_t next;           /* behind its mark */
};

/* In the child: puts a mark behind everything that was sent so far. */
void play_mark(const char *name);

void play_start(struct play *play, struct scene scene);
/* Waits for a mark and returns how many bytes came since the mark before it. Fails the test when
 * the child ends or is silent for long. */
size_t play_wait_mark(struct play *play, const char *name);
/* Waits for a text behind the last mark. */
void play_wait_text(struct play *play, const char *text);
/* Is the text in the section that ended last? */
bool play_heard(const struct play *play, const char *text);
void play_type(const struct play *play, const char *keys);
void play_resize(const struct play *play, int rows, int cols);
/* Hangs up where it has not been done, waits for the child and returns its wait status. The rest of
 * its output is the last section. */
int play_end(struct play *play);
void play_hang_up(struct play *play);
/* play_end(), and the child must have left with this exit status. */
void play_assert_exit(struct play *play, int expected);

#endif
