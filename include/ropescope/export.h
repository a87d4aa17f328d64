/* export.h: a table of rows leaves the program as CSV or JSON, a row at a time, whole or not at
 * all. */
#ifndef ROPESCOPE_EXPORT_H
#define ROPESCOPE_EXPORT_H

#include "ropescope/awm.h"

ROPESCOPE_BEGIN

enum cell_kind {
    CELL_EMPTY, /* empty in CSV, null in JSON: an undefined number */
    CELL_INTEGER,
    CELL_REAL, /* 9 significant digits, enough for any float32; NaN and infinity become empty */
    CELL_FLAG, /* 0 or 1 in CSV, true or false in JSON */
    CELL_NAME, /* a text out of a file or a user's mouth: quoted by libcsv in CSV; NULL is empty */
    CELL_WORD, /* one of our own words (query, key, head): bare in CSV */
};
struct cell {
    enum cell_kind kind;
    union {
        uint64_t integer;
        double real;
        bool flag;
        const char *text; /* borrowed until the next cell is asked for */
    } as;
};
static inline struct cell cell_empty(void)
{
    struct cell cell = {CELL_EMPTY, {0}};
    return cell;
}
static inline struct cell cell_integer(uint64_t value)
{
    struct cell cell = {CELL_INTEGER, {0}};
    cell.as.integer = value;
    return cell;
}
static inline struct cell cell_real(double value)
{
    struct cell cell = {CELL_REAL, {0}};
    cell.as.real = value;
    return cell;
}
static inline struct cell cell_flag(bool value)
{
    struct cell cell = {CELL_FLAG, {0}};
    cell.as.flag = value;
    return cell;
}
static inline struct cell cell_word(const char *text)
{
    struct cell cell = {CELL_WORD, {0}};
    cell.as.text = text;
    return cell;
}
static inline struct cell cell_name(const char *text)
{
    struct cell cell = {CELL_NAME, {0}};
    cell.as.text = text;
    return cell;
}

/* The rows of a view, made on demand: a picture, a CSV and a JSON all come from here. */
struct table {
    const char *const *columns; /* (column_count) names as in the CSV header */
    size_t column_count;
    size_t row_count;
    struct cell (*cell)(const void *context, size_t row, size_t column);
    const void *context; /* borrowed */
};

enum export_format { EXPORT_CSV, EXPORT_JSON, EXPORT_SVG /* of a view alone */ };
bool export_format_from_name(const char *name, enum export_format *out); /* "csv", "json", "svg" */

/* RFC 4180 with one header line and CRLF line ends; numbers bare, names byte for byte through
 * libcsv. All three flush the stream, so that a full disk is told here: STATUS_FAILED with the
 * reason. */
enum status table_write_csv(const struct table *table, FILE *stream, struct error *err);
/* An array with one object a row, each printed by cJSON on a line of its own; numbers have the
 * digits of the CSV, bytes of names that are no UTF-8 become U+FFFD. */
enum status table_write_json(const struct table *table, FILE *stream, struct error *err);
enum status table_write(const struct table *table, enum export_format format, FILE *stream,
                        struct error *err);

/* ---- rules (rule_csv.c) -------------------------------------------------- */

/* The lines of a rule as CSV: columns layer, projection, head, threshold, exception, where an empty
 * layer, projection (also: both) or head stands for all of them. What was written reads back the
 * same, the threshold of the base as the line that names nothing; its first layer and projections
 * are flags and no part of the file. */
enum status rule_write_csv(const struct awm *awm, FILE *stream, struct error *err);
/* The lines of a file take the place of the rule's; one that names nothing sets the threshold of
 * its base. The columns may stand in any order, and those that are not needed may be left out.
 * Refused, with file and line (STATUS_FAILED), and then the rule is as it was: what is no CSV,
 * numbers that are none or out of range, layers and heads that the model does not have, a reach
 * that was named before. */
enum status rule_read_csv(const char *path, const struct model *model, struct awm *awm,
                          struct error *err);

/* ---- masks (mask_safetensors.c, mask_json.c, mask_csv.c) ----------------- */

enum mask_format { MASK_SAFETENSORS, MASK_JSON, MASK_CSV, MASK_FORMAT_COUNT };
const char *mask_format_name(enum mask_format format); /* "safetensors", "json", "csv" */
bool mask_format_from_name(const char *name, enum mask_format *out);
/* By the ending of a file's name; MASK_JSON where it says nothing, or there is no name (NULL). */
enum mask_format mask_format_of_path(const char *path);

/* A BOOL tensor [rows, 1] for each weight and [rows] for each bias, 1 = trainable, under their own
 * names; the rule, the source and the fingerprint of the angles in __metadata__, all as texts. */
enum status mask_write_safetensors(const struct mask *mask, FILE *stream, struct error *err);
/* {"metadata": {...}, "tensors": {NAME: {"shape": [rows, 1], "frozen": [[first, end], ...]}}}: the
 * frozen rows as half-open ranges; a tensor a line. */
enum status mask_write_json(const struct mask *mask, FILE *stream, struct error *err);
/* A row a pair: layer, projection, head, pair, cos, frozen (0 or 1), tensor, row_a, row_b (in the
 * mask's order), pairing (half-split, interleaved, like-authors); cos is empty where it is
 * undefined. */
enum status mask_write_csv(const struct mask *mask, FILE *stream, struct error *err);
/* All three flush the stream: a full disk is STATUS_FAILED here. */
enum status mask_write(const struct mask *mask, enum mask_format format, FILE *stream,
                       struct error *err);

ROPESCOPE_END

#endif
