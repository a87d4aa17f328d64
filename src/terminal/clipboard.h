/* clipboard.h: the sending of a text to the clipboard of a terminal, where it has one. */
#ifndef TERMINAL_CLIPBOARD_H
#define TERMINAL_CLIPBOARD_H

#include "ropescope/terminal.h"

/* See screen_copy. */
enum status clipboard_send(FILE *terminal, const char *text, struct error *err);

#endif
