/* number.c: numbers as text, by printf, with a point whatever the locale says. */
#include "export/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

size_t number_integer(char out[TEXT_NUMBER], uint64_t value)
{
    return (size_t)snprintf(out, TEXT_NUMBER, "%" PRIu64, value);
}

size_t number_real(char out[TEXT_NUMBER], double value)
{
    out[0] = '\0';
    if (!isfinite(value))
        return 0;
    size_t length = (size_t)snprintf(out, TEXT_NUMBER, "%.9g", value);
    /* The program never sets LC_NUMERIC, but a program that links the library may. */
    char *comma = strpbrk(out, ",");
    if (comma)
        *comma = '.';
    return length;
}
