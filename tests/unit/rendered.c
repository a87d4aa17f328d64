/* A canvas as a string. */
#include "rendered.h"

#include <stdlib.h>
#include <string.h>

static char *written(const struct canvas *canvas, bool (*write)(const struct canvas *, FILE *))
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool good = stream && write(canvas, stream);
    if (!stream || fclose(stream) != 0 || !good)
        abort();
    while (size > 1 && text[size - 1] == '\n' && text[size - 2] == '\n')
        text[--size] = '\0';
    return text;
}

char *rendered(const struct canvas *canvas)
{
    return written(canvas, canvas_write_text);
}

char *rendered_roles(const struct canvas *canvas)
{
    return written(canvas, canvas_write_roles);
}
