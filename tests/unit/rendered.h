/* rendered.h: a canvas as a string, for comparing pictures. */
#ifndef TESTS_RENDERED_H
#define TESTS_RENDERED_H

#include "ropescope/terminal.h"

/* The text of a canvas, without its empty last lines; the caller frees with free(). */
char *rendered(const struct canvas *canvas);
/* The same with the lines of roles. */
char *rendered_roles(const struct canvas *canvas);

#endif
