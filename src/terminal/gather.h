/* gather.h: what curses writes for a frame, sent at once. */
#ifndef TERMINAL_GATHER_H
#define TERMINAL_GATHER_H

#include <stdbool.h>
#include <stdio.h>

/* Curses hands each move of the cursor to the kernel by itself (ncurses 6.4 flushes in mvcur): 60
 * writes for one frame of a list, each of which wakes whoever reads the terminal, and over SSH may
 * be a packet. So it writes to a descriptor that is the terminal, but while a frame is gathered. */
struct gather {
    FILE *stream; /* for curses, owned */
    int terminal; /* the terminal's own descriptor, not owned */
    int memory; /* a file in memory; -1: there is none, and all goes to the terminal as it comes */
};

/* false with errno set: no descriptor is left. */
bool gather_open(struct gather *gather, int terminal);
void gather_close(struct gather *gather);
/* From here on to gather_send() nothing that is written to the stream reaches the terminal. */
void gather_begin(const struct gather *gather);
/* Bytes that wait for gather_send(); 0 where they do not wait. */
size_t gather_size(const struct gather *gather);
void gather_send(const struct gather *gather);

#endif
