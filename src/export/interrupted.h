/* interrupted.h: a table of millions of rows must not keep an interrupted program. Only export/
 * includes this. */
#ifndef ROPESCOPE_EXPORT_INTERRUPTED_H
#define ROPESCOPE_EXPORT_INTERRUPTED_H

#include "ropescope/support.h"

static inline bool table_interrupted(size_t row)
{
    return row % 1024 == 0 && signals_caught() != 0;
}

#endif
