/* Quantised safetensors in tests/fixtures/quantised, as the libraries of their methods wrote them:
 * each must give the cosines and norms of the rows that its own library dequantises, what does not
 * fit must be refused by name, and no damage may do more than that. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/angles.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/quantised"
#define QUERY "model.layers.0.self_attn.q_proj.weight"

static const double COS_TOLERANCE = 1e-6;
enum { ROWS = 64, COLUMNS = 192, METHODS = 45, REFUSED = 36 };

static cJSON *expected; /* {models, refused} */

/* ---- what opens ---------------------------------------------------------- */

static struct session *open_session(const char *name)
{
    const struct session_options options = {.no_cache = true};
    char path[PATH_BYTES];
    struct session *session;
    struct error err = {0};
    assert_true(path_join(path, FIXTURES, name));
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    return session;
}

static const struct fact *find_fact(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->fact_count; i++) {
        if (strcmp(model->facts[i].name, name) == 0)
            return &model->facts[i];
    }
    return NULL;
}

/* Returns what follows in the list. */
static const cJSON *check_numbers(const char *name, const char *what, const float *found,
                                  size_t count, const cJSON *want, double tolerance, double *worst)
{
    for (size_t i = 0; i < count; i++, want = want->next) {
        assert_non_null(want);
        double off = fabs((double)found[i] - want->valuedouble);
        if (!(off <= tolerance * fmax(1, fabs(want->valuedouble))))
            fail_msg("%s, %s %zu: %.9g, its library has %.9g", name, what, i, (double)found[i],
                     want->valuedouble);
        *worst = off > *worst ? off : *worst;
    }
    return want;
}

static void check_model(const cJSON *want, double *worst)
{
    struct session *session = open_session(want->string);
    const struct angles *angles = session_angles(session);
    const struct model *model = angles->model;
    const char *method = cJSON_GetStringValue(json_get(want, "quantisation"));
    const struct fact *fact = find_fact(model, "quantisation");
    const cJSON *cos = json_get(want, "cos")->child, *norm = json_get(want, "norm")->child;
    double ignored = 0;
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const struct projection *p = &model->layers[0].projection[which];
        const struct angle_set *set = &angles->layers[0].set[which];
        size_t count = (size_t)p->heads * model->layers[0].pairs;
        cos = check_numbers(want->string, "cosine", set->cos, count, cos, COS_TOLERANCE, worst);
        norm = check_numbers(want->string, "first norm", set->norm_a, count, norm, 1e-6, &ignored);
        norm = check_numbers(want->string, "second norm", set->norm_b, count, norm, 1e-6, &ignored);
    }
    assert_true(!cos && !norm);
    assert_string_equal(model->layers[0].projection[PROJECTION_QUERY].tensor, QUERY);
    assert_int_equal(model->layers[0].projection[PROJECTION_QUERY].rows, ROWS);
    assert_int_equal(model->layers[0].projection[PROJECTION_QUERY].row_length, COLUMNS);
    assert_true(!method == !fact);
    if (method) {
        assert_string_equal(fact->value, method);
        assert_says(fact->reason, "cosines are those of the rounded rows");
    }
    session_close(session);
}

static void models_have_the_cosines_of_their_libraries(void **state)
{
    (void)state;
    double worst = 0;
    size_t count = 0;
    for (const cJSON *item = json_get(expected, "models")->child; item; item = item->next, count++)
        check_model(item, &worst);
    print_message("%zu methods: cosines at most %.1e off\n", count, worst);
    assert_int_equal(count, METHODS);
}

/* Each row times numbers that depend on the column: what cosines and norms do not see. */
static void check_columns(const char *name, const float *rows, const cJSON *want)
{
    for (size_t row = 0; row < ROWS; row++, want = want->next) {
        double ramp = 0;
        for (size_t i = 0; i < COLUMNS; i++)
            ramp += (double)rows[row * COLUMNS + i] * (double)(i * 37 % 101) / 101;
        assert_non_null(want);
        if (!(fabs(ramp - want->valuedouble) <= 1e-6))
            fail_msg("%s, row %zu: %.9g, its library has %.9g", name, row, ramp, want->valuedouble);
    }
}

/* Columns lie in their places, and rows that a scan takes by many are those that come by few. */
static void rows_are_those_of_their_libraries(void **state)
{
    (void)state;
    for (const cJSON *item = json_get(expected, "models")->child; item; item = item->next) {
        static float all[ROWS * COLUMNS], some[ROWS * COLUMNS];
        char path[PATH_BYTES];
        struct source *source;
        struct checkpoint *checkpoint;
        assert_true(path_join(path, FIXTURES, item->string));
        assert_int_equal(source_locate(path, &source, NULL), STATUS_OK);
        assert_int_equal(checkpoint_open(source, &checkpoint, NULL), STATUS_OK);
        const struct tensor *tensor = checkpoint_find(checkpoint, QUERY);
        assert_non_null(tensor);
        checkpoint_rows_to_float(checkpoint, tensor, 0, ROWS, all);
        check_columns(item->string, all, json_get(item, "ramp")->child);
        for (uint64_t first = 0; first < ROWS; first += 5) {
            size_t count = ROWS - first < 5 ? ROWS - first : 5;
            checkpoint_rows_to_float(checkpoint, tensor, first, count, some + first * COLUMNS);
        }
        assert_memory_equal(all, some, sizeof all);
        checkpoint_close(checkpoint);
        source_close(source);
    }
}

/* ---- what is refused ----------------------------------------------------- */

static void what_does_not_fit_is_refused_by_name(void **state)
{
    (void)state;
    const struct session_options options = {.no_cache = true};
    size_t count = 0;
    for (const cJSON *item = json_get(expected, "refused")->child; item; item = item->next) {
        char path[PATH_BYTES], said[512];
        struct session *session;
        struct error err = {0};
        assert_true(path_join(path, FIXTURES "/refused", item->string));
        if (session_open(path, &options, &session, &err) == STATUS_OK)
            fail_msg("%s opens", path);
        text_format(said, sizeof said, "tensor " QUERY ": %s", cJSON_GetStringValue(item));
        assert_says(err.what, said);
        assert_says(err.what, "cannot be read as weights");
        assert_null(strchr(err.what, '\n'));
        count++;
    }
    assert_int_equal(count, REFUSED);
}

/* ---- damage -------------------------------------------------------------- */

static void read_rows(void *arg)
{
    const struct opened *opened = arg;
    static float rows[1 << 20];
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const struct projection *p = &opened->model->layers[0].projection[which];
        const struct tensor *tensor = checkpoint_tensor(opened->checkpoint, p->index);
        assert_true(p->rows * p->row_length <= sizeof rows / sizeof *rows);
        checkpoint_rows_to_float(opened->checkpoint, tensor, 0, p->rows, rows);
    }
}

/* The file as it lies there now. */
static bool opens(const struct source *source)
{
    static const struct model_options as_found = {0};
    struct opened opened = {0};
    struct error err = {0};
    enum status status = checkpoint_open(source, &opened.checkpoint, &err);
    if (status == STATUS_OK)
        status = model_open(opened.checkpoint, &as_found, &opened.model, &err);
    if (status == STATUS_OK)
        assert_true(guard_run(read_rows, &opened));
    else
        assert_true(*err.what && status == STATUS_FAILED);
    close_opened(&opened);
    return status == STATUS_OK;
}

static size_t header_bytes(const unsigned char *file)
{
    return 8 + ((size_t)file[0] | (size_t)file[1] << 8);
}

static unsigned char *get_part(const char *name, const char *file, size_t *size)
{
    char directory[PATH_BYTES], path[PATH_BYTES];
    assert_true(path_join(directory, FIXTURES, name) && path_join(path, directory, file));
    return file_get(path, size);
}

/* Lengths and bytes, all of the header and some of the data: indexes, states and shapes are there,
 * too. */
static void damage(const char *name, size_t *opened, size_t *closed)
{
    static const unsigned char flips[] = {0xFF, 0x01, 0x80, 0x10};
    size_t size, config_size;
    struct source *source;
    unsigned char *whole = get_part(name, "model.safetensors", &size);
    unsigned char *text = get_part(name, "config.json", &config_size);
    scratch_write("config.json", text, config_size);
    scratch_write("model.safetensors", whole, size);
    assert_int_equal(source_locate(scratch_path("model.safetensors"), &source, NULL), STATUS_OK);
    assert_true(opens(source));
    for (size_t len = 0; len < size; len += 1 + size / 50) {
        scratch_write("model.safetensors", whole, len);
        assert_false(opens(source));
    }
    const size_t header = header_bytes(whole);
    for (size_t at = 8; at < size; at += at < header ? 3 : 1 + size / 150) {
        const unsigned char was = whole[at];
        whole[at] ^= flips[at % sizeof flips];
        scratch_write("model.safetensors", whole, size);
        *(opens(source) ? opened : closed) += 1;
        whole[at] = was;
    }
    source_close(source);
    memory_free(whole);
    memory_free(text);
}

static void damaged_files_are_refused_or_opened(void **state)
{
    (void)state;
    size_t opened = 0, closed = 0;
    for (const cJSON *item = json_get(expected, "models")->child; item; item = item->next)
        damage(item->string, &opened, &closed);
    print_message("of changed bytes %zu refused, %zu opened\n", closed, opened);
    assert_true(opened > 0 && closed > 0);
}

/* Every number of an index of groups, since each leads to scales. */
static void indexes_of_groups_lead_nowhere_else(void **state)
{
    (void)state;
    static const char *const names[] = {"gptq-order", "ct-pack-g-idx"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size, refused = 0;
        struct source *source;
        unsigned char *whole = get_part(names[i], "model.safetensors", &size);
        scratch_write("model.safetensors", whole, size);
        assert_int_equal(source_locate(scratch_path("model.safetensors"), &source, NULL),
                         STATUS_OK);
        for (size_t at = header_bytes(whole); at < size; at += 4) {
            whole[at + 2] ^= 0x40;
            scratch_write("model.safetensors", whole, size);
            refused += !opens(source);
            whole[at + 2] ^= 0x40;
        }
        assert_in_range(refused, 2 * COLUMNS, 2 * COLUMNS + 16);
        source_close(source);
        memory_free(whole);
    }
}

static int prepare(void **state)
{
    guard_install();
    return json_read_file(FIXTURES "/expected.json", 1 << 20, &expected, NULL, NULL) != STATUS_OK ||
           scratch_make(state) != 0;
}

static int finish(void **state)
{
    cJSON_Delete(expected);
    return scratch_remove(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_have_the_cosines_of_their_libraries),
        cmocka_unit_test(rows_are_those_of_their_libraries),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(damaged_files_are_refused_or_opened),
        cmocka_unit_test(indexes_of_groups_lead_nowhere_else),
    };
    return cmocka_run_group_tests_name("quantised", tests, prepare, finish);
}
