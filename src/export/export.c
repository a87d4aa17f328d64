/* export.c: the formats by name. */
#include "ropescope/export.h"

#include <string.h>

bool export_format_from_name(const char *name, enum export_format *out)
{
    static const char *const names[] = {
        [EXPORT_CSV] = "csv", [EXPORT_JSON] = "json", [EXPORT_SVG] = "svg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum export_format)i;
            return true;
        }
    return false;
}

enum status table_write(const struct table *table, enum export_format format, FILE *stream,
                        struct error *err)
{
    switch (format) {
    case EXPORT_CSV:
        return table_write_csv(table, stream, err);
    case EXPORT_JSON:
        return table_write_json(table, stream, err);
    case EXPORT_SVG:
        break; /* views know how a table is drawn */
    }
    return error_set(err, STATUS_USAGE, "unknown export format");
}
