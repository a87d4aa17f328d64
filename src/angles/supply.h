/* supply.h: units handed out to workers in the order of the files. While data come from the disk
 * one worker at a time waits for the bytes of the next unit, so that the disk reads straight on and
 * the others compute. Only angles/ includes this. */
#ifndef ROPESCOPE_ANGLES_SUPPLY_H
#define ROPESCOPE_ANGLES_SUPPLY_H

#include "units.h"

#include <pthread.h>

struct supply {
    struct unit *units; /* (count) owned; NULL: none yet */
    size_t count;
    _Atomic size_t next;
    _Atomic size_t cold_end;   /* units before this one may lie on the disk alone */
    pthread_mutex_t disk_lock; /* held while a unit comes from the disk, one after the other */
};

void supply_init(struct supply *supply);
void supply_free(struct supply *supply);

/* Waits for the bytes of a unit; true: they came from the disk. Runs inside guard_run. */
typedef bool supply_bring(void *context, const struct unit *unit);
/* The next unit, brought where it may have to be; at or beyond `count`: there is none. What cannot
 * be read is told when its numbers are wanted. */
size_t supply_take(struct supply *supply, supply_bring *bring, void *context);
/* That unit came from the disk. */
void supply_note_cold(struct supply *supply, size_t unit);
/* Whether all have been handed out. */
bool supply_is_over(const struct supply *supply);

#endif
