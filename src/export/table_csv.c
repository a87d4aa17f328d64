/* table_csv.c: a table as RFC 4180: CRLF line ends, numbers bare, names quoted by libcsv. */
#include "export/interrupted.h"
#include "export/number.h"
#include "ropescope/export.h"

#include <csv.h>
#include <errno.h>
#include <string.h>

/* Everything below returns false where the stream fails. */

static bool put(FILE *stream, const char *text, size_t length)
{
    return fwrite(text, 1, length, stream) == length;
}

/* libcsv encloses every text in quotes and doubles those within. */
static bool put_name(FILE *stream, const char *name)
{
    return name == NULL || csv_fwrite(stream, name, strlen(name)) == 0;
}

static bool put_cell(FILE *stream, const struct cell *cell)
{
    char text[TEXT_NUMBER];
    switch (cell->kind) {
    case CELL_EMPTY:
        break;
    case CELL_INTEGER:
        return put(stream, text, number_integer(text, cell->as.integer));
    case CELL_REAL:
        return put(stream, text, number_real(text, cell->as.real));
    case CELL_FLAG:
        return put(stream, cell->as.flag ? "1" : "0", 1);
    case CELL_NAME:
        return put_name(stream, cell->as.text);
    case CELL_WORD:
        return put(stream, cell->as.text, strlen(cell->as.text));
    }
    return true;
}

static bool put_header(FILE *stream, const struct table *table)
{
    bool sound = true;
    for (size_t column = 0; column < table->column_count && sound; column++) {
        const char *name = table->columns[column];
        sound = (column == 0 || put(stream, ",", 1)) && put(stream, name, strlen(name));
    }
    return sound && put(stream, "\r\n", 2);
}

static bool put_row(FILE *stream, const struct table *table, size_t row)
{
    bool sound = true;
    for (size_t column = 0; column < table->column_count && sound; column++) {
        struct cell cell = table->cell(table->context, row, column);
        sound = (column == 0 || put(stream, ",", 1)) && put_cell(stream, &cell);
    }
    return sound && put(stream, "\r\n", 2);
}

enum status table_write_csv(const struct table *table, FILE *stream, struct error *err)
{
    bool sound = put_header(stream, table);
    for (size_t row = 0; row < table->row_count && sound; row++) {
        if (table_interrupted(row))
            return error_set(err, STATUS_CANCELLED, "interrupted");
        sound = put_row(stream, table, row);
    }
    /* A full disk shows when the buffer is sent, which may be only now. */
    if (!sound || fflush(stream) != 0 || ferror(stream))
        return error_set(err, STATUS_FAILED, "cannot write CSV: %s", strerror(errno));
    return STATUS_OK;
}
