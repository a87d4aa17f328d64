/* table_json.c: a table as a JSON array, an object a row, each printed by cJSON on its own line.
 * One object serves all rows, its values set anew, so that millions of rows cost no memory. */
#include "export/interrupted.h"
#include "export/number.h"
#include "ropescope/export.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

/* The value of one column in the row's object. `text` is what the item points at: a cell's own text
 * is borrowed only until the next cell is asked for. */
struct slot {
    cJSON *item; /* belongs to the row's object */
    char *text;
    size_t size;
};

struct row {
    cJSON *object;
    struct slot *slots; /* (column_count) */
    size_t count;
};

static void row_free(struct row *row)
{
    cJSON_Delete(row->object); /* the items do not own their texts: cJSON_IsReference */
    for (size_t i = 0; row->slots && i < row->count; i++)
        memory_free(row->slots[i].text);
    memory_free(row->slots);
}

static bool row_new(struct row *row, const struct table *table)
{
    *row =
        (struct row){cJSON_CreateObject(), memory_array(table->column_count, sizeof(struct slot)),
                     table->column_count};
    if (!row->object || !row->slots)
        return false;
    for (size_t i = 0; i < row->count; i++) {
        struct slot *slot = &row->slots[i];
        slot->item = cJSON_AddNullToObject(row->object, table->columns[i]);
        slot->size = TEXT_NUMBER;
        slot->text = memory_array(slot->size, 1);
        if (!slot->item || !slot->text)
            return false;
    }
    return true;
}

static void slot_set(struct slot *slot, int type)
{
    slot->item->type = type | cJSON_IsReference;
    slot->item->valuestring = slot->text;
}

/* JSON must be UTF-8. */
static bool slot_copy(struct slot *slot, const char *text)
{
    size_t need = text_repaired_size(text);
    if (need > slot->size) {
        char *grown = memory_grow(slot->text, need, 1);
        if (!grown)
            return false;
        slot->text = grown;
        slot->size = need;
    }
    text_repair(slot->text, text);
    return true;
}

/* False: no memory. */
static bool slot_fill(struct slot *slot, const struct cell *cell)
{
    size_t length = 0; /* of a number; numbers go in as text, so that CSV holds the same digits */
    switch (cell->kind) {
    case CELL_EMPTY:
        break;
    case CELL_INTEGER:
        length = number_integer(slot->text, cell->as.integer);
        break;
    case CELL_REAL:
        length = number_real(slot->text, cell->as.real);
        break;
    case CELL_FLAG:
        slot_set(slot, cell->as.flag ? cJSON_True : cJSON_False);
        return true;
    case CELL_NAME:
    case CELL_WORD:
        if (!cell->as.text)
            break;
        if (!slot_copy(slot, cell->as.text))
            return false;
        slot_set(slot, cJSON_String);
        return true;
    }
    slot_set(slot, length > 0 ? cJSON_Raw : cJSON_NULL);
    return true;
}

static enum status cannot_write(struct error *err)
{
    return error_set(err, STATUS_FAILED, "cannot write JSON: %s", strerror(errno));
}

static enum status put_row(FILE *stream, const struct table *table, size_t number, struct row *row,
                           struct error *err)
{
    enum { USUAL_BYTES = 512 }; /* of a line; longer ones grow */
    for (size_t column = 0; column < table->column_count; column++) {
        struct cell cell = table->cell(table->context, number, column);
        if (!slot_fill(&row->slots[column], &cell))
            return error_memory(err);
    }
    char *line = cJSON_PrintBuffered(row->object, USUAL_BYTES, false);
    if (!line)
        return error_memory(err);
    bool sound = (number == 0 || fputs(",\n", stream) != EOF) && fputs(line, stream) != EOF;
    cJSON_free(line);
    return sound ? STATUS_OK : cannot_write(err);
}

static enum status put_rows(FILE *stream, const struct table *table, struct row *row,
                            struct error *err)
{
    enum status status = STATUS_OK;
    if (fputs("[\n", stream) == EOF)
        return cannot_write(err);
    for (size_t number = 0; number < table->row_count && status == STATUS_OK; number++)
        status = table_interrupted(number) ? error_set(err, STATUS_CANCELLED, "interrupted")
                                           : put_row(stream, table, number, row, err);
    if (status != STATUS_OK)
        return status;
    /* A full disk shows when the buffer is sent, which may be only now. */
    if (fputs(table->row_count > 0 ? "\n]\n" : "]\n", stream) == EOF || fflush(stream) != 0 ||
        ferror(stream))
        return cannot_write(err);
    return STATUS_OK;
}

enum status table_write_json(const struct table *table, FILE *stream, struct error *err)
{
    struct row row;
    enum status status =
        row_new(&row, table) ? put_rows(stream, table, &row, err) : error_memory(err);
    row_free(&row);
    return status;
}
