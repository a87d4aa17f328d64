/* entry.h: a line of text that is being typed. */
#ifndef EXPLORER_ENTRY_H
#define EXPLORER_ENTRY_H

#include "ropescope/explorer.h"

/* Appends a character; control characters, function keys and what no longer fits are dropped. */
void entry_type(struct entry *entry, uint32_t key);
/* Takes the last character away, if there is one. */
void entry_erase(struct entry *entry);

#endif
