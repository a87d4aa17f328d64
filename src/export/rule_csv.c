/* rule_csv.c: the lines of a rule as CSV, written and read, so that a rule that was found here can
 * be used again. */
#include "ropescope/export.h"

#include <csv.h>
#include <math.h>
#include <string.h>

enum column {
    COLUMN_LAYER,
    COLUMN_PROJECTION,
    COLUMN_HEAD,
    COLUMN_THRESHOLD,
    COLUMN_EXCEPTION,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {"layer", "projection", "head", "threshold",
                                                  "exception"};

/* ---- writing ------------------------------------------------------------- */

/* The line of row 0 names nothing; that of the others stands behind one like it, if there is one.
 */
static struct rule_line line_of_row(const struct awm *awm, size_t row)
{
    const struct rule_line *whole = awm_line(awm, REACH_MODEL);
    if (row > 0)
        return awm->lines[row - (whole ? 0 : 1)];
    struct rule_line line = {REACH_MODEL, awm->base.threshold, EXCEPTION_NONE};
    if (whole) {
        line.exception = whole->exception;
        line.threshold = isnan(whole->threshold) ? line.threshold : whole->threshold;
    }
    return line;
}

static struct cell number_or_all(uint32_t number)
{
    return number == REACH_ALL ? cell_empty() : cell_integer(number);
}

static struct cell rule_cell(const void *context, size_t row, size_t column)
{
    const struct rule_line line = line_of_row(context, row);
    switch ((enum column)column) {
    case COLUMN_LAYER:
        return number_or_all(line.reach.layer);
    case COLUMN_PROJECTION:
        return cell_word(
            line.reach.projection == REACH_ALL ? "" : projection_name((int)line.reach.projection));
    case COLUMN_HEAD:
        return number_or_all(line.reach.head);
    case COLUMN_THRESHOLD:
        return cell_real((double)line.threshold);
    case COLUMN_EXCEPTION:
    case COLUMN_COUNT:
        break;
    }
    return cell_word(exception_name(line.exception));
}

enum status rule_write_csv(const struct awm *awm, FILE *stream, struct error *err)
{
    const struct table table = {
        .columns = columns,
        .column_count = COLUMN_COUNT,
        .row_count = awm->line_count + (awm_line(awm, REACH_MODEL) ? 0 : 1),
        .cell = rule_cell,
        .context = awm,
    };
    return table_write_csv(&table, stream, err);
}

/* ---- reading: the fields of a line --------------------------------------- */

enum { FIELD_BYTES = 64, FIELDS = COLUMN_COUNT, FILE_LIMIT = 64 << 20 };

/* One line of the file, split by libcsv. */
struct fields {
    char text[FIELDS][FIELD_BYTES];
    size_t count;    /* that the line has, also past the last that is kept */
    const char *why; /* it cannot be one of ours; NULL: so far it can */
};

static void take_field(void *data, size_t length, void *context)
{
    struct fields *fields = context;
    if (length >= FIELD_BYTES)
        fields->why = "a field is longer than anything that it may hold";
    else if (fields->count < FIELDS) {
        memcpy(fields->text[fields->count], data, length);
        fields->text[fields->count][length] = '\0';
    }
    fields->count++;
}

/* What is read, and where from. */
struct reader {
    struct csv_parser parser;
    const char *path;
    unsigned line;
    const struct model *model;
    struct awm awm; /* the rule as it will be */
    struct fields fields;
    enum column order[FIELDS]; /* of the file's columns; known once the header has been read */
    size_t column_count;
    bool whole_seen; /* a line that names nothing */
    struct error *err;
};

static enum status refuse(const struct reader *reader, const char *why, const char *what)
{
    return error_set(reader->err, STATUS_FAILED, "%s:%u: %s%s%s", reader->path, reader->line, why,
                     *what ? ": " : "", what);
}

/* A line at a time, so that a quote which is never closed cannot swallow the rest of the file. */
static enum status split(struct reader *reader, const char *text, size_t length)
{
    struct fields *fields = &reader->fields;
    *fields = (struct fields){0};
    if (memchr(text, '\0', length))
        return refuse(reader, "a NUL byte", "");
    if (csv_parse(&reader->parser, text, length, take_field, NULL, fields) != length ||
        csv_fini(&reader->parser, take_field, NULL, fields) != 0)
        return refuse(reader, "this is no CSV", csv_strerror(csv_error(&reader->parser)));
    return fields->why ? refuse(reader, fields->why, "") : STATUS_OK;
}

/* ---- reading: what they mean --------------------------------------------- */

static enum status read_header(struct reader *reader)
{
    bool seen[COLUMN_COUNT] = {false};
    const struct fields *fields = &reader->fields;
    for (size_t i = 0; i < fields->count && i < FIELDS; i++) {
        size_t column = 0;
        while (column < COLUMN_COUNT && strcmp(fields->text[i], columns[column]) != 0)
            column++;
        if (column == COLUMN_COUNT)
            return refuse(reader, "there is no such column", fields->text[i]);
        if (seen[column])
            return refuse(reader, "the column is there twice", fields->text[i]);
        seen[column] = true;
        reader->order[i] = (enum column)column;
    }
    if (fields->count > FIELDS || !(seen[COLUMN_THRESHOLD] || seen[COLUMN_EXCEPTION]))
        return refuse(reader,
                      "the first line must name the columns layer, projection, head, threshold, "
                      "exception",
                      "");
    reader->column_count = fields->count;
    return STATUS_OK;
}

/* false: the text makes no sense in that column. */
static bool read_field(struct rule_line *line, enum column column, const char *text)
{
    double threshold;
    bool all = *text == '\0';
    switch (column) {
    case COLUMN_LAYER:
        return all || (text_to_u32(text, &line->reach.layer) && line->reach.layer != REACH_ALL);
    case COLUMN_HEAD:
        return all || (text_to_u32(text, &line->reach.head) && line->reach.head != REACH_ALL);
    case COLUMN_PROJECTION:
        if (all || strcmp(text, "both") == 0)
            return true;
        line->reach.projection = strcmp(text, projection_name(PROJECTION_QUERY)) == 0
                                     ? PROJECTION_QUERY
                                     : PROJECTION_KEY;
        return strcmp(text, projection_name((int)line->reach.projection)) == 0;
    case COLUMN_THRESHOLD:
        if (all)
            return true;
        if (!text_to_double(text, &threshold) || threshold < 0 || threshold > 1)
            return false;
        line->threshold = (float)threshold;
        return true;
    case COLUMN_EXCEPTION:
    case COLUMN_COUNT:
        break;
    }
    return exception_from_name(text, &line->exception);
}

static enum status keep_line(struct reader *reader, const struct rule_line *line)
{
    const struct reach *reach = &line->reach;
    char words[REACH_WORDS];
    bool whole =
        reach->layer == REACH_ALL && reach->projection == REACH_ALL && reach->head == REACH_ALL;
    reach_words(reach, words);
    if (isnan(line->threshold) && line->exception == EXCEPTION_NONE)
        return refuse(reader, "neither a threshold nor an exception", words);
    if ((whole && reader->whole_seen) || awm_line(&reader->awm, *reach))
        return refuse(reader, "this was said before", words);
    if (reach_check(reach, reader->model, reader->err) != STATUS_OK) {
        error_context(reader->err, "%s:%u", reader->path, reader->line);
        if (reader->err)
            reader->err->status = STATUS_FAILED; /* the file is bad, not the words */
        return STATUS_FAILED;
    }
    struct rule_line kept = *line;
    if (whole) {
        reader->whole_seen = true;
        if (!isnan(kept.threshold))
            reader->awm.base.threshold = kept.threshold;
        kept.threshold = NAN;
    }
    return awm_set(&reader->awm, &kept) ? STATUS_OK : error_memory(reader->err);
}

static enum status read_line(struct reader *reader, const char *text, size_t length)
{
    const struct fields *fields = &reader->fields;
    struct rule_line line = {REACH_MODEL, NAN, EXCEPTION_NONE};
    enum status status = split(reader, text, length);
    if (status != STATUS_OK || fields->count == 0)
        return status;
    if (reader->column_count == 0)
        return read_header(reader);
    if (fields->count != reader->column_count)
        return refuse(reader, "not as many fields as there are columns", "");
    for (size_t i = 0; i < fields->count; i++)
        if (!read_field(&line, reader->order[i], fields->text[i])) {
            char what[2 * FIELD_BYTES];
            // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): the header gave each an order
            text_format(what, sizeof what, "%s '%s'", columns[reader->order[i]], fields->text[i]);
            return refuse(reader, "makes no sense", what);
        }
    return keep_line(reader, &line);
}

static enum status read_lines(struct reader *reader, const char *text, size_t length)
{
    enum status status = STATUS_OK;
    const char *end = text + length;
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3; /* spreadsheets begin with a byte order mark */
    while (text < end && status == STATUS_OK) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        reader->line++;
        status = read_line(reader, text, (size_t)(stop - text));
        text = newline ? newline + 1 : end;
    }
    if (status == STATUS_OK && reader->column_count == 0)
        status = refuse(reader, "there is nothing in it", "");
    return status;
}

enum status rule_read_csv(const char *path, const struct model *model, struct awm *awm,
                          struct error *err)
{
    enum {
        FIELD_BLOCK = 1 << 16
    }; /* by how much libcsv lets a field grow; its 128 are quadratic */
    struct reader reader = {.path = path, .model = model, .err = err};
    char *text;
    size_t length;
    enum status status = file_read(path, FILE_LIMIT, &text, &length, err);
    if (status != STATUS_OK)
        return status;
    awm_init(&reader.awm, &awm->base);
    reader.awm.random = awm->random;
    reader.awm.seed = awm->seed;
    if (csv_init(&reader.parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        status = error_set(err, STATUS_FAILED, "libcsv does not start");
    else {
        csv_set_blk_size(&reader.parser, FIELD_BLOCK);
        status = read_lines(&reader, text, length);
        csv_free(&reader.parser);
    }
    memory_free(text);
    struct awm old = status == STATUS_OK ? *awm : reader.awm;
    if (status == STATUS_OK)
        *awm = reader.awm;
    awm_free(&old);
    return status;
}
