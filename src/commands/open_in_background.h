/* open_in_background.h: a model opened in a thread of its own, so that a screen need not wait for a
 * header of a million tensors. Only explore.c includes this. */
#ifndef ROPESCOPE_COMMANDS_OPEN_IN_BACKGROUND_H
#define ROPESCOPE_COMMANDS_OPEN_IN_BACKGROUND_H

#include "commands.h"

struct background;

/* Starts to open the model that the options name, which are borrowed until background_finish. Where
 * the system has no thread to give, it is opened here and now. */
enum status background_start(const struct options *options, struct background **out,
                             struct error *err);
/* Whether the opening is over, after `seconds` at most. */
bool background_wait(struct background *background, double seconds);
/* Readable (poll(2)) once it is over. */
int background_wake_fd(const struct background *background);
/* How far it is. */
const struct opening_watch *background_watch(const struct background *background);
/* The opening is not wanted any more: it ends within a moment, mostly with STATUS_CANCELLED. */
void background_cancel(struct background *background);
/* Waits for its end, hands over what session_open gave and frees. */
enum status background_finish(struct background *background, struct session **out,
                              struct error *err);

#endif
