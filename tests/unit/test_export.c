/* test_export.c: tables as CSV and JSON, byte for byte, and what happens when they cannot leave. */
#include "ropescope/export.h"

#include <cjson/cJSON.h>
#include <csv.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "export/number.h"

/* ---- a table with one cell of every kind --------------------------------- */

static const char *const hard_names[] = {
    "model.layers.0.self_attn.q_proj.weight",
    "say \"so\", twice",
    "two\r\nlines",
    "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", /* e acute, euro, a face */
    "bad \xFF\xC3 \xED\xA0\x80 \xC0\xAF end",
    "",
    "tab\tbell\a\\ \x7F",
};
enum { HARD_NAMES = sizeof hard_names / sizeof *hard_names };

struct names_source {
    char name[128]; /* the only copy: each name overwrites the one before it */
    size_t asked;   /* cells */
};

static const char *const columns[] = {"layer", "name", "again", "cos", "fixed", "projection"};
enum { COLUMNS = sizeof columns / sizeof *columns };

static const char *borrow(struct names_source *source, const char *text)
{
    text_format(source->name, sizeof source->name, "%s", text);
    return source->name;
}

static struct cell source_cell(const void *context, size_t row, size_t column)
{
    static const double cosines[] = {0.25, -0.0, -1, (double)0.01F, 1e-7, (double)NAN};
    struct names_source *source = *(struct names_source *const *)context;
    assert_int_equal(source->asked++, row * COLUMNS + column); /* once each, in order */
    switch (column) {
    case 0:
        return cell_integer(row == 1 ? UINT64_MAX : row);
    case 1:
        return cell_name(borrow(source, hard_names[row % HARD_NAMES]));
    case 2:
        return cell_name(row == 0 ? NULL : borrow(source, "x"));
    case 3:
        return cell_real(cosines[row % 6]);
    case 4:
        return row == 2 ? cell_empty() : cell_flag(row % 2 == 0);
    default:
        return cell_word(row % 2 ? "key" : "query");
    }
}

static struct table source_table(struct names_source *const *source, size_t rows)
{
    (*source)->asked = 0;
    return (struct table){columns, COLUMNS, rows, source_cell, source};
}

/* The caller frees. */
static char *written(const struct table *table, enum export_format format, size_t *length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);
    struct error err = {0};
    assert_non_null(stream);
    assert_int_equal(table_write(table, format, stream, &err), STATUS_OK);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static void assert_written(size_t rows, enum export_format format, const char *want)
{
    struct names_source source = {0}, *at = &source;
    struct table table = source_table(&at, rows);
    size_t length;
    char *got = written(&table, format, &length);
    assert_string_equal(got, want);
    assert_int_equal(length, strlen(want));
    assert_int_equal(source.asked, rows * COLUMNS);
    free(got);
}

static void test_csv_bytes(void **state)
{
    (void)state;
    assert_written(0, EXPORT_CSV, "layer,name,again,cos,fixed,projection\r\n");
    assert_written(HARD_NAMES, EXPORT_CSV,
                   "layer,name,again,cos,fixed,projection\r\n"
                   "0,\"model.layers.0.self_attn.q_proj.weight\",,0.25,1,query\r\n"
                   "18446744073709551615,\"say \"\"so\"\", twice\",\"x\",-0,0,key\r\n"
                   "2,\"two\r\nlines\",\"x\",-1,,query\r\n"
                   "3,\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\",\"x\",0.00999999978,0,key\r\n"
                   "4,\"bad \xFF\xC3 \xED\xA0\x80 \xC0\xAF end\",\"x\",1e-07,1,query\r\n"
                   "5,\"\",\"x\",,0,key\r\n"
                   "6,\"tab\tbell\a\\ \x7F\",\"x\",0.25,1,query\r\n");
}

#define ROW(layer, name, again, cos, fixed, projection)                                            \
    "{\"layer\":" layer ",\"name\":\"" name "\",\"again\":" again ",\"cos\":" cos                  \
    ",\"fixed\":" fixed ",\"projection\":\"" projection "\"}"
#define REPLACED "\xEF\xBF\xBD"

static void test_json_bytes(void **state)
{
    (void)state;
    assert_written(0, EXPORT_JSON, "[\n]\n");
    assert_written(
        HARD_NAMES, EXPORT_JSON,
        "[\n" ROW("0", "model.layers.0.self_attn.q_proj.weight", "null", "0.25", "true", "query") ",\n" ROW(
            "18446744073709551615", "say \\\"so\\\", twice", "\"x\"", "-0", "false",
            "key") ",\n" ROW("2", "two\\r\\nlines", "\"x\"", "-1", "null",
                             "query") ",\n" ROW("3", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
                                                "\"x\"", "0.00999999978", "false",
                                                "key") ",\n" ROW("4",
                                                                 "bad " REPLACED REPLACED
                                                                 " " REPLACED REPLACED REPLACED
                                                                 " " REPLACED REPLACED " end",
                                                                 "\"x\"", "1e-07", "true",
                                                                 "query") ",\n" ROW("5", "",
                                                                                    "\"x\"", "null",
                                                                                    "false",
                                                                                    "key") ","
                                                                                           "\n" ROW(
                                                                                               "6",
                                                                                               "tab"
                                                                                               "\\t"
                                                                                               "bel"
                                                                                               "l\\"
                                                                                               "u00"
                                                                                               "07"
                                                                                               "\\"
                                                                                               "\\ "
                                                                                               "\x7F",
                                                                                               "\"x"
                                                                                               "\"",
                                                                                               "0."
                                                                                               "25",
                                                                                               "tru"
                                                                                               "e",
                                                                                               "que"
                                                                                               "ry") "\n]\n");
}

/* ---- read back by others' readers ---------------------------------------- */

struct reader {
    size_t fields, rows;
};

static void on_field(void *text, size_t length, void *context)
{
    struct reader *reader = context;
    size_t row = reader->fields / COLUMNS, column = reader->fields % COLUMNS;
    if (row > 0 && column == 1) {
        const char *want = hard_names[(row - 1) % HARD_NAMES];
        assert_int_equal(length, strlen(want));
        assert_memory_equal(text, want, length);
    }
    reader->fields++;
}

static void on_row(int end, void *context)
{
    (void)end;
    ((struct reader *)context)->rows++;
}

static void test_csv_reads_back(void **state)
{
    (void)state;
    struct names_source source = {0}, *at = &source;
    struct table table = source_table(&at, 1000);
    size_t length;
    char *text = written(&table, EXPORT_CSV, &length);
    struct csv_parser parser;
    struct reader reader = {0};
    assert_int_equal(csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI), 0);
    assert_int_equal(csv_parse(&parser, text, length, on_field, on_row, &reader), length);
    assert_int_equal(csv_fini(&parser, on_field, on_row, &reader), 0);
    csv_free(&parser);
    assert_int_equal(reader.rows, 1001);
    assert_int_equal(reader.fields, 1001 * COLUMNS);
    free(text);
}

static void test_json_reads_back(void **state)
{
    (void)state;
    struct names_source source = {0}, *at = &source;
    struct table table = source_table(&at, 1000);
    size_t length;
    char *text = written(&table, EXPORT_JSON, &length);
    const char *end = NULL;
    cJSON *array = cJSON_ParseWithLengthOpts(text, length + 1, &end, true);
    assert_non_null(array);
    assert_int_equal(cJSON_GetArraySize(array), 1000);
    size_t row = 0;
    const cJSON *object;
    cJSON_ArrayForEach(object, array)
    {
        assert_int_equal(cJSON_GetArraySize(object), COLUMNS);
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(object, "name");
        if (row % HARD_NAMES != 4) /* the one that is no UTF-8 */
            assert_string_equal(name->valuestring, hard_names[row % HARD_NAMES]);
        row++;
    }
    cJSON_Delete(array);
    free(text);
}

/* Longer than any buffer that is held for a usual line or name. */
static struct cell long_cell(const void *context, size_t row, size_t column)
{
    (void)row;
    return column == 0 ? cell_name(context) : cell_word("end");
}

static void test_long_names_are_whole(void **state)
{
    (void)state;
    enum { LENGTH = 100000 };
    char *name = memory_array(LENGTH + 1, 1), *want = memory_array(3 * LENGTH + 100, 1);
    assert_true(name && want);
    memset(name, '\xFE', LENGTH);
    static const char *const two[] = {"a", "b"};
    struct table table = {two, 2, 3, long_cell, name};
    size_t length;
    char *csv = written(&table, EXPORT_CSV, &length);
    assert_int_equal(length, 5 + 3 * (LENGTH + 2 + 6));
    char *json = written(&table, EXPORT_JSON, &length);
    assert_int_equal(length, 2 + 3 * (strlen("{\"a\":\"\",\"b\":\"end\"}") + 3 * LENGTH) + 4 + 3);
    free(csv);
    free(json);
    memory_free(name);
    memory_free(want);
}

/* ---- the locale ---------------------------------------------------------- */

/* Makes a locale whose decimal point is a comma, since few are installed on a bare machine, and
 * sets it; false where localedef is missing. */
static bool set_comma_locale(const char *directory)
{
    char source[PATH_BYTES], command[3 * PATH_BYTES];
    if (!path_join(source, directory, "comma.txt"))
        return false;
    FILE *stream = fopen(source, "w");
    assert_non_null(stream);
    fputs("LC_NUMERIC\ndecimal_point \"<U002C>\"\nthousands_sep \"\"\ngrouping -1\n"
          "END LC_NUMERIC\n",
          stream);
    assert_int_equal(fclose(stream), 0);
    assert_true(text_format(command, sizeof command,
                            "localedef -c -i %s -f ANSI_X3.4-1968 %s/comma >/dev/null 2>&1", source,
                            directory));
    if (system(command) == -1) /* its status is 1 for the categories that are left out */
        return false;
    assert_int_equal(setenv("LOCPATH", directory, 1), 0);
    return setlocale(LC_NUMERIC, "comma") != NULL;
}

static void remove_directory(const char *directory)
{
    char command[PATH_BYTES + 16];
    assert_true(text_format(command, sizeof command, "rm -r %s", directory));
    assert_int_equal(system(command), 0);
    unsetenv("LOCPATH");
}

static void test_the_locale_changes_nothing(void **state)
{
    (void)state;
    char directory[] = "/tmp/ropescope-locale-XXXXXX";
    assert_non_null(mkdtemp(directory));
    char comma[TEXT_NUMBER] = "", fast[TEXT_NUMBER], slow[TEXT_NUMBER];
    struct names_source source = {0}, *at = &source;
    struct table table = source_table(&at, 1);
    size_t length;
    char *json = NULL;
    bool set = set_comma_locale(directory);
    if (set) {
        snprintf(comma, sizeof comma, "%g", 0.25);
        number_real(fast, 0.25);
        number_real(slow, 1.25e-200);
        json = written(&table, EXPORT_JSON, &length);
        setlocale(LC_NUMERIC, "C");
    }
    remove_directory(directory);
    if (!set) {
        print_message("no locale with a decimal comma can be made here\n");
        skip();
    }
    assert_string_equal(comma, "0,25"); /* the locale is what it should be */
    assert_string_equal(fast, "0.25");
    assert_string_equal(slow, "1.25e-200");
    assert_non_null(strstr(json, "\"cos\":0.25,"));
    free(json);
}

/* ---- streams that fail --------------------------------------------------- */

static void assert_fails(const char *path, const char *mode, enum export_format format, size_t rows,
                         int reason)
{
    struct names_source source = {0}, *at = &source;
    struct table table = source_table(&at, rows);
    FILE *stream = fopen(path, mode);
    if (!stream) {
        print_message("%s cannot be opened here\n", path);
        skip();
    }
    struct error err = {0};
    assert_int_equal(table_write(&table, format, stream, &err), STATUS_FAILED);
    assert_int_equal(err.status, STATUS_FAILED);
    assert_non_null(strstr(err.what, strerror(reason)));
    assert_non_null(strstr(err.what, format == EXPORT_CSV ? "CSV" : "JSON"));
    if (rows > 100000)
        assert_true(source.asked < rows); /* it stopped early */
    fclose(stream);
}

static void test_a_full_disk_is_told(void **state)
{
    (void)state;
    for (int format = EXPORT_CSV; format <= EXPORT_JSON; format++) {
        assert_fails("/dev/full", "w", (enum export_format)format, 0,
                     ENOSPC); /* seen by the flush */
        assert_fails("/dev/full", "w", (enum export_format)format, 3, ENOSPC);
        assert_fails("/dev/full", "w", (enum export_format)format, 200000, ENOSPC);
        assert_fails("/dev/null", "r", (enum export_format)format, 3, EBADF);
    }
}

static void test_formats_have_names(void **state)
{
    (void)state;
    enum export_format format = EXPORT_JSON;
    assert_true(export_format_from_name("csv", &format) && format == EXPORT_CSV);
    assert_true(export_format_from_name("json", &format) && format == EXPORT_JSON);
    assert_false(export_format_from_name("CSV", &format));
    assert_false(export_format_from_name("", &format));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_bytes),
        cmocka_unit_test(test_json_bytes),
        cmocka_unit_test(test_csv_reads_back),
        cmocka_unit_test(test_json_reads_back),
        cmocka_unit_test(test_long_names_are_whole),
        cmocka_unit_test(test_the_locale_changes_nothing),
        cmocka_unit_test(test_a_full_disk_is_told),
        cmocka_unit_test(test_formats_have_names),
    };
    return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
