/* spots.h: cells of pictures that changed here and there, in the order that is cheapest to send. */
#ifndef TERMINAL_SPOTS_H
#define TERMINAL_SPOTS_H

#include "ropescope/terminal.h"

enum { SPOTS = 1024 };

/* A cell that waits for its colour's turn. */
struct spot {
    int row, col;
    struct canvas_cell cell;
};

/* A colour takes up to 22 bytes and a place 8, so spots go colour by colour; many at once go line
 * by line instead. */
struct spots {
    struct spot at[SPOTS]; /* (count) by line, from left to right in a line */
    size_t count;
};

/* Whether anything of that kind changed between two pictures of one size, costs about `budget`
 * bytes at most, and changes its colour so often that lines would cost more. */
bool spots_suffice(const struct canvas *now, const struct canvas *before, size_t budget);
/* true: the cell is a spot, and waits; false: it has to be sent with its line. */
bool spots_take(struct spots *spots, int row, int col, const struct canvas_cell *now,
                const struct canvas_cell *before);
/* Whether the cells of a line that changed are of words alone. */
bool spots_only_words(const struct canvas_cell *now, const struct canvas_cell *before, int cols);
/* Hands the spots of the next colour to `put`, as many as are well sent together, and forgets them.
 * `now` is the whole picture. */
void spots_turn(struct spots *spots, const struct canvas *now,
                void (*put)(void *context, const struct spot *spot), void *context);

#endif
