/* frame.h: which lines of a picture a terminal is given for a frame, within a budget of bytes. */
#ifndef TERMINAL_FRAME_H
#define TERMINAL_FRAME_H

#include "terminal/gather.h"
#include "terminal/spots.h"

/* What frames leave behind. Zero-initialise; free with frame_forget. */
struct frame {
    struct canvas *drawn; /* what the terminal has been given; NULL: nothing that holds any more */
    struct spots spots;   /* that wait for the lines to be sent */
};

/* A line of a frame, as it is now but for cells of pictures that shall wait. */
struct frame_line {
    int row, cols; /* in sight */
    int width;     /* of the canvas */
    const struct canvas_cell *cells;
    const struct canvas_cell *before; /* the line before; NULL: no cell shall wait */
};
/* The way to the terminal. What is put reaches it when it is sent. */
struct frame_terminal {
    void *context;
    int rows, cols;
    const struct gather *gather; /* where what is sent is weighed */
    /* Puts a line, and takes what shall wait with spots_take. */
    void (*put_line)(void *context, const struct frame_line *line);
    void (*put_spot)(void *context, const struct spot *spot);
    void (*send)(void);
};

/* Gives what differs from the frame before; false: the budget did not last (see screen_draw). */
bool frame_give(struct frame *frame, const struct canvas *canvas, size_t budget,
                const struct frame_terminal *terminal);
/* Whatever was given no longer holds: the next frame is given whole. */
void frame_forget(struct frame *frame);

#endif
