/* terminal.h: a program in a terminal of its own, measured from outside: when a picture is there,
 * and what a key costs. */
#ifndef ROPESCOPE_BENCH_TERMINAL_H
#define ROPESCOPE_BENCH_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TERMINAL_TAIL = 64 };
struct terminal {
    pid_t child;
    int fd;         /* the terminal's other side */
    double started; /* clock_seconds() before the fork */
    size_t bytes;   /* that came so far */
    char tail[TERMINAL_TAIL];
    size_t tail_length; /* the last of them */
};

/* Starts argv in a terminal of that size. false: it could not be. */
bool terminal_open(struct terminal *terminal, const char *const *argv, int rows, int cols);
/* Waits until `text` (less than TERMINAL_TAIL bytes) was sent; *seconds: since the start. false: it
 * was not within ten seconds. */
bool terminal_see(struct terminal *terminal, const char *text, double *seconds);

/* What something cost. */
struct step_cost {
    double seconds; /* of the processor, user and system */
    double bytes;   /* sent to the terminal */
};
/* Types the keys and waits until the program rests again. */
struct step_cost terminal_type(struct terminal *terminal, const char *keys);
/* What it does in `seconds` of which it should do nothing. */
struct step_cost terminal_rest(struct terminal *terminal, double seconds);
/* Memory that is no page of a file. */
double terminal_owned_bytes(const struct terminal *terminal);
/* Types q and waits; false where the program did not end well. */
bool terminal_close(struct terminal *terminal);

#endif
