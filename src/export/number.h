/* number.h: numbers as text for CSV and JSON alike, so that both hold the same digits. */
#ifndef ROPESCOPE_EXPORT_NUMBER_H
#define ROPESCOPE_EXPORT_NUMBER_H

#include "ropescope/support.h"

/* Both write at most TEXT_NUMBER bytes with the final NUL and return the length without it. */

size_t number_integer(char out[TEXT_NUMBER], uint64_t value);

/* printf's %.9g (enough digits for any float32 to read back) with a point in any locale; nothing
 * for NaN and infinity. */
size_t number_real(char out[TEXT_NUMBER], double value);

#endif
