/* width.h: how many columns a character takes, the same in every locale. */
#ifndef TERMINAL_WIDTH_H
#define TERMINAL_WIDTH_H

#include <stdint.h>

/* 1, 2 (East Asian wide, emoji), 0 (a mark on the character before), or -1 for what must not reach
 * a terminal: controls, direction marks and joiners, surrogates. */
int character_width(uint32_t code);

#endif
