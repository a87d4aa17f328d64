/* hand_out.h: what the explorer hands out (hand_out.c). A note is a line that says what was done.
 */
#ifndef ROPESCOPE_HAND_OUT_H
#define ROPESCOPE_HAND_OUT_H

#include "commands.h"

#include "ropescope/views.h"

/* The model that was named, or the demo, with the flags that change its numbers; false where they
 * do not fit. */
bool model_words(char *out, size_t size, const struct options *options);

/* Writes the current view, the mask or the rule (state->product) to the file named in state->entry,
 * whole or not at all; `path` is where that is. Without `replace` a file of that name is left
 * alone: *exists. */
enum status save_product(const struct state *state, bool replace, bool *exists,
                         char path[PATH_BYTES], char *note, size_t size, struct error *err);

/* To the terminal's clipboard: the row or number under the cursor; the command line of the view. */
enum status copy_current(struct screen *screen, const struct state *state, char *note, size_t size,
                         struct error *err);
enum status copy_command(struct screen *screen, const struct state *state, char *note, size_t size,
                         struct error *err);

#endif
