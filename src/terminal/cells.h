/* cells.h: lines of a canvas compared, before a terminal is sent anything. */
#ifndef TERMINAL_CELLS_H
#define TERMINAL_CELLS_H

#include "ropescope/terminal.h"

bool cells_same(const struct canvas_cell *a, const struct canvas_cell *b, int count);
/* About what a line that changed costs to send, in bytes: a jump to each stretch of cells that did,
 * changes of colours, the bytes of the characters. A short gap is sent rather than jumped over. */
size_t cells_cost(const struct canvas_cell *now, const struct canvas_cell *before, int cols);

#endif
