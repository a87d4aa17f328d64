/* test_angles_file.c: .angles files come back bit for bit, and no damaged or lying file is
 * believed, however right its checksums are. */
#include "angles/record.h"
#include "file_bytes.h"
#include "scratch.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <xxhash.h>

#include <cmocka.h>

/* ---- a database with everything that is ragged --------------------------- */

enum { LAYERS = 4 };

static const double frequencies[] = {1.0, 0.1, 0.0123456789012345, 0x1p-1070};
static struct fact facts[] = {
    {"pairing", "half-split", FACT_FAMILY, "how llama rotates"},
    {"rope theta", "10000", FACT_DEFAULT, ""},
    {"heads", "4 \xC3\xA9\x1B[31m", FACT_FLAG, "--heads"},
};
static const char *notes[] = {"2 layers from layer 8 on are left out", ""};

static const struct layer layers[LAYERS] = {
    {.number = 0,
     .head_dim = 8,
     .pairs = 4,
     .note = "",
     .frequency = frequencies,
     .projection = {{.tensor = "model.layers.0.q",
                     .file = "a.safetensors",
                     .bias = "q.bias",
                     .rows = 32,
                     .row_length = 64,
                     .dtype = DTYPE_BF16,
                     .heads = 4,
                     .map = {.group = 1, .group_stride = 8}},
                    {.tensor = "model.layers.0.k",
                     .file = "b.safetensors",
                     .rows = 16,
                     .row_length = 96,
                     .dtype = DTYPE_F32,
                     .heads = 2,
                     .map = {.group = 1, .group_stride = 8}}}},
    {.number = 1, /* does not rotate */
     .head_dim = 8,
     .note = "no rotary embedding in this layer",
     .projection = {{.tensor = "q1",
                     .file = "a.safetensors",
                     .rows = 32,
                     .row_length = 64,
                     .dtype = DTYPE_BF16,
                     .heads = 4,
                     .map = {.group = 1, .group_stride = 8}},
                    {.tensor = "k1",
                     .file = "",
                     .rows = 16,
                     .row_length = 64,
                     .dtype = DTYPE_F64,
                     .heads = 2,
                     .map = {.group = 1, .group_stride = 8}}}},
    {.number = 5, /* fused rows in groups */
     .head_dim = 6,
     .pairs = 2,
     .pairing = PAIRING_INTERLEAVED,
     .note = "sliding",
     .frequency = frequencies + 1,
     .projection = {{.tensor = "qkv",
                     .file = "a.safetensors",
                     .rows = 60,
                     .row_length = 7,
                     .dtype = DTYPE_F16,
                     .heads = 6,
                     .map = {.base = 2, .group_stride = 30, .head_stride = 6, .group = 3}},
                    {.tensor = "qkv",
                     .file = "a.safetensors",
                     .rows = 60,
                     .row_length = 7,
                     .dtype = DTYPE_F16,
                     .heads = 2,
                     .map = {.base = 20, .group_stride = 30, .group = 1}}}},
    {.number = 4000000000,
     .head_dim = 2,
     .pairs = 1,
     .grouping = GROUPING_TILED,
     .note = "tiled",
     .frequency = frequencies + 3,
     .projection = {{.tensor = "q",
                     .file = "a.safetensors",
                     .rows = 10,
                     .row_length = 1,
                     .dtype = DTYPE_F64,
                     .heads = 5,
                     .map = {.group = 1, .group_stride = 2}},
                    {.tensor = "k",
                     .file = "a.safetensors",
                     .rows = 4,
                     .row_length = 1ULL << 40,
                     .dtype = DTYPE_F64,
                     .heads = 2,
                     .map = {.group = 1, .group_stride = 2}}}},
};

/* Values that are easily lost: undefined ones, signed zeros, subnormals, norms past float32. */
static float value_at(size_t layer, size_t i)
{
    static const float odd[] = {NAN, -0.0F, 1.0F, -1.0F, 0x1p-149F, 0.25F, -0.0123F};
    return i % 5 == layer ? odd[(i + layer) % 7] : (float)i / 1000 - (float)layer / 50;
}

static void land_layer(struct angles *angles, size_t index)
{
    size_t count = layer_value_count(&layers[index]);
    struct layer_result result = {9, index, memory_array(count, sizeof(float))};
    assert_non_null(result.values);
    for (size_t i = 0; i < count; i++)
        result.values[i] = value_at(index, i);
    result.values[count - 1] = INFINITY; /* a norm of F64 rows */
    assert_true(angles_land(angles, &result));
}

static struct angles *build(void)
{
    struct angles *angles;
    struct model *model = model_new();
    assert_non_null(model);
    model->name = "odd \"one\"";
    model->family = "llama";
    model->path = "/models/odd";
    model->format = "safetensors";
    model->context = 131072;
    model->files_bytes = 1ULL << 50;
    model->scanned_bytes = 12345;
    model->facts = facts;
    model->fact_count = sizeof facts / sizeof *facts;
    model->notes = notes;
    model->note_count = sizeof notes / sizeof *notes;
    model->layers = arena_alloc(&model->arena, sizeof layers);
    assert_non_null(model->layers);
    memcpy(model->layers, layers, sizeof layers);
    model->layer_count = LAYERS;
    assert_int_equal(angles_new(model, 9, &angles, NULL), STATUS_OK);
    for (size_t i = 0; i < LAYERS; i++) {
        if (layers[i].pairs > 0)
            land_layer(angles, i);
    }
    assert_true(angles_complete(angles));
    return angles;
}

/* ---- files --------------------------------------------------------------- */

static char path[PATH_BYTES];
static unsigned char *whole; /* what angles_write makes of it */
static size_t whole_size;

static void write_database(const struct angles *angles)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(angles_write(angles, stream, NULL), STATUS_OK);
    assert_int_equal(fclose(stream), 0);
}

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(scratch_make(NULL), 0);
    assert_true(path_join(path, scratch, "odd.angles"));
    struct angles *angles = build();
    write_database(angles);
    angles_free(angles);
    whole = file_get(path, &whole_size);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    memory_free(whole);
    assert_int_equal(scratch_remove(NULL), 0);
    return 0;
}

/* Refused, with words that hold `why` and with the file's name. */
static void check_refused(const unsigned char *data, size_t size, const char *why, const char *what,
                          size_t where)
{
    struct angles *angles = NULL;
    struct error err = {0};
    file_put(path, data, size);
    enum status status = angles_read(path, &angles, &err);
    if (status == STATUS_OK)
        angles_free(angles);
    if (status != STATUS_FAILED || !strstr(err.what, why) || !strstr(err.what, path))
        fail_msg("%s at %zu: status %d, \"%s\" and not \"%s\"", what, where, (int)status, err.what,
                 why);
}

/* ---- round trip ---------------------------------------------------------- */

static void assert_same_text(const char *left, const char *right)
{
    assert_int_equal(left == NULL, right == NULL);
    if (left)
        assert_string_equal(left, right);
}

static void assert_same_projection(const struct projection *got, const struct projection *want)
{
    assert_same_text(got->tensor, want->tensor);
    assert_same_text(got->file, want->file);
    assert_same_text(got->bias, want->bias);
    assert_true(got->rows == want->rows && got->row_length == want->row_length);
    assert_true(got->dtype == want->dtype && got->heads == want->heads);
    assert_true(got->map.base == want->map.base && got->map.group == want->map.group &&
                got->map.group_stride == want->map.group_stride &&
                got->map.head_stride == want->map.head_stride);
    assert_true(got->index == UINT32_MAX); /* no weights here */
}

static void assert_same_layer(const struct layer *got, const struct layer *want)
{
    assert_true(got->number == want->number && got->head_dim == want->head_dim);
    assert_true(got->pairs == want->pairs && got->pairing == want->pairing);
    assert_true(got->grouping == want->grouping);
    assert_same_text(got->note, want->note);
    if (want->pairs > 0)
        assert_memory_equal(got->frequency, want->frequency, want->pairs * sizeof(double));
    for (int which = 0; which < PROJECTION_COUNT; which++)
        assert_same_projection(&got->projection[which], &want->projection[which]);
}

static void assert_same_values(const struct angles *got, const struct angles *want, size_t index)
{
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const struct angle_set *a = &got->layers[index].set[which];
        const struct angle_set *b = &want->layers[index].set[which];
        size_t bytes =
            (size_t)layers[index].projection[which].heads * layers[index].pairs * sizeof(float);
        if (bytes == 0)
            continue;
        assert_memory_equal(a->cos, b->cos, bytes);
        assert_memory_equal(a->norm_a, b->norm_a, bytes);
        assert_memory_equal(a->norm_b, b->norm_b, bytes);
    }
}

static void assert_same_model(const struct model *got, const struct model *want)
{
    assert_same_text(got->name, want->name);
    assert_same_text(got->family, want->family);
    assert_same_text(got->path, want->path);
    assert_same_text(got->format, want->format);
    assert_true(got->context == want->context && got->files_bytes == want->files_bytes &&
                got->scanned_bytes == want->scanned_bytes);
    assert_int_equal(got->fact_count, want->fact_count);
    for (size_t i = 0; i < want->fact_count; i++) {
        assert_same_text(got->facts[i].name, want->facts[i].name);
        assert_same_text(got->facts[i].value, want->facts[i].value);
        assert_same_text(got->facts[i].reason, want->facts[i].reason);
        assert_int_equal(got->facts[i].source, want->facts[i].source);
    }
    assert_int_equal(got->note_count, want->note_count);
    for (size_t i = 0; i < want->note_count; i++)
        assert_same_text(got->notes[i], want->notes[i]);
}

static void test_round_trip(void **state)
{
    (void)state;
    size_t size;
    struct angles *want = build(), *got;
    file_put(path, whole, whole_size);
    assert_int_equal(angles_read(path, &got, NULL), STATUS_OK);
    assert_true(angles_complete(got));
    assert_same_model(got->model, want->model);
    assert_int_equal(got->model->layer_count, LAYERS);
    for (size_t i = 0; i < LAYERS; i++) {
        assert_same_layer(&got->model->layers[i], &layers[i]);
        assert_same_values(got, want, i);
    }
    write_database(got); /* and what was read is written as the same bytes */
    unsigned char *again = file_get(path, &size);
    assert_int_equal(size, whole_size);
    assert_memory_equal(again, whole, size);
    memory_free(again);
    angles_free(got);
    angles_free(want);
}

/* ---- damage -------------------------------------------------------------- */

static void test_every_byte_is_guarded(void **state)
{
    (void)state;
    for (size_t i = 0; i < whole_size; i++) {
        unsigned char good = whole[i];
        whole[i] = good ^ (unsigned char)(1U << i % 8);
        check_refused(whole, whole_size, "", "one bit", i);
        whole[i] = good ^ 0xFF;
        check_refused(whole, whole_size, "", "a whole byte", i);
        whole[i] = good;
    }
}

static void test_every_truncation(void **state)
{
    (void)state;
    for (size_t size = 0; size < whole_size; size++)
        check_refused(whole, size, "", "cut short", size);
}

static void test_appended_bytes(void **state)
{
    (void)state;
    unsigned char *longer = calloc(2, whole_size);
    assert_non_null(longer);
    for (size_t more = 1; more < whole_size; more += more < 100 ? 1 : 97) {
        memcpy(longer, whole, whole_size);
        check_refused(longer, whole_size + more, "damaged", "zeros behind", more);
        memcpy(longer + whole_size, whole, more); /* a second file behind the first */
        check_refused(longer, whole_size + more, "damaged", "a file behind", more);
        memset(longer + whole_size, 0, whole_size);
    }
    free(longer);
}

static void test_foreign_files(void **state)
{
    (void)state;
    static const char text[] = "this is no database of angles, but it is longer than a header";
    check_refused((const unsigned char *)text, sizeof text, "no .angles file", "text", 0);
    check_refused((const unsigned char *)text, 0, "no .angles file", "empty", 0);
    struct error err;
    struct angles *angles;
    assert_int_equal(angles_read(scratch, &angles, &err), STATUS_FAILED);
    assert_int_equal(angles_read("/nonexistent.angles", &angles, &err), STATUS_FAILED);
}

/* ---- lies with right checksums ------------------------------------------- */

/* Where the fields of the file's first layer lie, counted from its payload, as the texts above make
 * it: number, head_dim, pairs, pairing, grouping (4 bytes each), the length of the empty note. */
enum {
    QUERY = 24,                                   /* its tensor's length */
    QUERY_ROWS = QUERY + 4 + 16 + 4 + 13 + 4 + 6, /* behind tensor, file and bias */
    QUERY_LENGTH = QUERY_ROWS + 8,                /* of a row */
    QUERY_DTYPE = QUERY_LENGTH + 8,
    QUERY_HEADS = QUERY_DTYPE + 4,
    QUERY_BASE = QUERY_HEADS + 4,
    QUERY_GROUP_STRIDE = QUERY_BASE + 8,
    QUERY_HEAD_STRIDE = QUERY_GROUP_STRIDE + 8,
    QUERY_GROUP = QUERY_HEAD_STRIDE + 8,
    KEY = QUERY_GROUP + 4,
    KEY_ROWS = KEY + 4 + 16 + 4 + 13 + 4, /* no bias */
    KEY_HEADS = KEY_ROWS + 20,
    KEY_GROUP = KEY_HEADS + 4 + 24,
    FREQUENCY = (KEY_GROUP + 4 + 7) / 8 * 8,
    COSINES = FREQUENCY + 4 * 8,
};

static uint64_t get(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static void set(unsigned char *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

/* A record's header is kind, 0, layer, size, checksum of the payload, checksum of the header. */
static void seal_record(unsigned char *record)
{
    set(record + 24, XXH3_64bits(record + RECORD_HEADER_BYTES, get(record + 16, 8)), 8);
    set(record + 32, XXH3_64bits(record, 32), 8);
}

static void seal_file(unsigned char *file)
{
    set(file + 32, XXH3_64bits(file, 32), 8);
}

/* Offset of record `n`: 0 is the model, 1 the first layer. */
static size_t record_at(const unsigned char *file, size_t n)
{
    size_t at = FILE_HEADER_BYTES;
    while (n-- > 0)
        at += RECORD_HEADER_BYTES + get(file + at + 16, 8);
    return at;
}

static unsigned char *copy_of_file(size_t more)
{
    unsigned char *copy = calloc(1, whole_size + more);
    assert_non_null(copy);
    memcpy(copy, whole, whole_size);
    return copy;
}

/* Sets a number in the payload of a record, seals it, and expects a refusal as damaged. */
static void check_lie(size_t record, size_t field, uint64_t value, int bytes, const char *what)
{
    unsigned char *copy = copy_of_file(0);
    size_t at = record_at(copy, record);
    assert_true(field + (size_t)bytes <= get(copy + at + 16, 8));
    set(copy + at + RECORD_HEADER_BYTES + field, value, bytes);
    seal_record(copy + at);
    check_refused(copy, whole_size, "damaged", what, field);
    free(copy);
}

static void test_fields_are_where_this_test_says(void **state)
{
    (void)state;
    const unsigned char *payload = whole + record_at(whole, 1) + RECORD_HEADER_BYTES;
    assert_int_equal(get(payload + QUERY_ROWS, 8), 32);
    assert_int_equal(get(payload + QUERY_HEADS, 4), 4);
    assert_int_equal(get(payload + QUERY_GROUP, 4), 1);
    assert_int_equal(get(payload + KEY_ROWS, 8), 16);
    assert_int_equal(get(payload + KEY_HEADS, 4), 2);
    double stored[4];
    memcpy(stored, frequencies, sizeof stored);
    file_order(stored, sizeof *stored, 4);
    assert_memory_equal(payload + FREQUENCY, stored, sizeof stored);
}

static void test_lying_counts(void **state)
{
    (void)state;
    static const uint64_t many[] = {UINT32_MAX, UINT32_MAX - 1, 1ULL << 31, 1ULL << 20, 0};
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        check_lie(1, QUERY_HEADS, many[i], 4, "query heads");
        check_lie(1, KEY_HEADS, many[i], 4, "key heads");
        if (many[i] > 0)
            check_lie(1, 8, many[i], 4, "pairs");
    }
    check_lie(1, QUERY_HEADS, 5, 4, "5 query heads on 2 key heads");
    check_lie(1, QUERY_HEADS, 6, 4, "more heads than values");
    check_lie(1, QUERY_HEADS, 2, 4, "values left over");
    check_lie(1, KEY_HEADS, 3, 4, "4 query heads on 3 key heads");
    check_lie(1, QUERY_GROUP, 0, 4, "group 0");
    check_lie(1, KEY_GROUP, 0, 4, "group 0");
    check_lie(1, QUERY_DTYPE, DTYPE_COUNT, 4, "dtype");
    check_lie(1, QUERY_DTYPE, UINT32_MAX, 4, "dtype");
    check_lie(1, 12, 2, 4, "pairing");
    check_lie(1, 16, 2, 4, "grouping");
    check_lie(2, 20 + 4 + 33 + 4 + 2 + 4 + 13 + 4 + 20, UINT32_MAX, 4, "heads of a still layer");
}

/* Masks are made from the row map: a row past the tensor would be written past it. */
static void test_lying_rows(void **state)
{
    (void)state;
    check_lie(1, QUERY_ROWS, 31, 8, "fewer rows than heads take");
    check_lie(1, QUERY_ROWS, 0, 8, "no rows");
    check_lie(1, KEY_ROWS, 15, 8, "fewer rows than heads take");
    check_lie(1, QUERY_BASE, 1, 8, "base");
    check_lie(1, QUERY_BASE, UINT64_MAX, 8, "base");
    check_lie(1, QUERY_GROUP_STRIDE, 9, 8, "stride");
    check_lie(1, QUERY_GROUP_STRIDE, UINT64_MAX / 2, 8, "stride");
    check_lie(1, QUERY_LENGTH, UINT64_MAX / 8, 8, "length of a row");
}

static void test_lying_texts(void **state)
{
    (void)state;
    static const uint64_t lengths[] = {UINT32_MAX - 1, UINT32_MAX, 1ULL << 31, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        check_lie(1, 20, lengths[i], 4, "length of the note");
        check_lie(1, QUERY, lengths[i], 4, "length of a tensor's name");
        check_lie(0, 0, lengths[i], 4, "length of the model's name");
    }
    check_lie(0, 4 + 2, 0, 1, "a NUL in the model's name");
}

static void test_lying_lists(void **state)
{
    (void)state;
    enum { FACTS = 4 + 9 + 4 + 5 + 4 + 11 + 4 + 11 + 3 * 8 };
    static const uint64_t counts[] = {UINT64_MAX, 1ULL << 60, 1ULL << 32, 1000, 4};
    assert_int_equal(get(whole + record_at(whole, 0) + RECORD_HEADER_BYTES + FACTS, 8), 3);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        check_lie(0, FACTS, counts[i], 8, "number of facts");
    check_lie(0, FACTS + 8 + 4 + 7 + 4 + 10 + 4 + 17, FACT_SOURCE_COUNT, 4, "source of a fact");
}

static void test_values_that_are_no_cosines(void **state)
{
    (void)state;
    static const float bad[] = {1.0000001F, -1.0000001F, 1e30F, INFINITY, -INFINITY};
    enum { KEY_COSINES = COSINES + 3 * 4 * 4 * 4 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t bits;
        memcpy(&bits, &bad[i], sizeof bits);
        check_lie(1, COSINES, bits, 4, "cos of a query pair");
        check_lie(1, KEY_COSINES + 4 * 7, bits, 4, "cos of a key pair");
    }
}

static void test_lying_headers(void **state)
{
    (void)state;
    static const uint64_t counts[] = {0, 3, 5, 1000, 1ULL << 32, 1ULL << 60, UINT64_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        unsigned char *copy = copy_of_file(0);
        set(copy + 24, counts[i], 8);
        seal_file(copy);
        check_refused(copy, whole_size, counts[i] == 5 ? "incomplete" : "damaged", "layers",
                      (size_t)counts[i]);
        free(copy);
    }
}

static void test_other_versions(void **state)
{
    (void)state;
    unsigned char *copy = copy_of_file(0);
    set(copy + 8, ANGLES_VERSION + 1, 4);
    check_refused(copy, whole_size, "damaged", "version, not sealed", 8);
    seal_file(copy);
    check_refused(copy, whole_size, "written by a newer ropescope", "version", 8);
    set(copy + 8, 0, 4);
    seal_file(copy);
    check_refused(copy, whole_size, "written by an older ropescope", "version", 8);
    free(copy);
}

static void check_record_header(size_t record, size_t field, uint64_t value, const char *why)
{
    unsigned char *copy = copy_of_file(0);
    size_t at = record_at(copy, record);
    set(copy + at + field, value, field == 0 ? 4 : 8);
    set(copy + at + 32, XXH3_64bits(copy + at, 32), 8);
    check_refused(copy, whole_size, why, "header of a record", field);
    free(copy);
}

static void test_lying_records(void **state)
{
    (void)state;
    static const uint64_t odd[] = {LAYERS, LAYERS + 1, 1ULL << 32, 1ULL << 60, UINT64_MAX};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        check_record_header(1, 8, odd[i], "damaged");  /* layer out of range */
        check_record_header(1, 16, odd[i], "damaged"); /* size */
    }
    check_record_header(2, 8, 0, "damaged"); /* two records of one layer, which is ready */
    check_record_header(1, 8, 1, "damaged");
    check_record_header(0, 0, RECORD_LAYER, "damaged"); /* no model */
    check_record_header(1, 0, RECORD_MODEL, "damaged"); /* two models */
    check_record_header(1, 0, 7, "damaged");
    check_record_header(1, 16, UINT64_MAX - 79, "damaged");
}

/* Layers in another order than their numbers, and records that shift the next by a few bytes. */
static void test_order_and_alignment(void **state)
{
    (void)state;
    check_lie(2, 0, 0, 4, "a number twice");
    unsigned char *copy = copy_of_file(4);
    size_t model = record_at(copy, 0), first = record_at(copy, 1);
    memmove(copy + first + 4, copy + first, whole_size - first);
    set(copy + model + 16, get(copy + model + 16, 8) + 4, 8);
    seal_record(copy + model);
    check_refused(copy, whole_size + 4, "damaged", "unaligned records", first);
    free(copy);
}

/* As one may not: chmod would not keep root out, but no descriptor is left for root either. */
static void test_a_file_that_does_not_open(void **state)
{
    (void)state;
    char closed[PATH_BYTES];
    struct angles *angles;
    struct error err;
    struct rlimit limit, none;
    assert_true(path_join(closed, scratch, "closed.angles"));
    file_put(closed, "x", 1);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum status status = angles_read(closed, &angles, &err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(status, STATUS_FAILED);
    assert_non_null(strstr(err.what, strerror(EMFILE)));
    assert_null(strstr(err.what, "no .angles file"));
}

static void test_a_missing_layer(void **state)
{
    (void)state;
    check_refused(whole, record_at(whole, LAYERS), "incomplete", "the last layer is missing", 0);
}

int main(void)
{
    /* What a lying file may make us allocate: far less than the lies ask for. */
#ifndef __SANITIZE_ADDRESS__
    struct rlimit limit = {512 << 20, 512 << 20};
    setrlimit(RLIMIT_AS, &limit);
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_every_byte_is_guarded),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_appended_bytes),
        cmocka_unit_test(test_foreign_files),
        cmocka_unit_test(test_fields_are_where_this_test_says),
        cmocka_unit_test(test_lying_counts),
        cmocka_unit_test(test_lying_rows),
        cmocka_unit_test(test_lying_texts),
        cmocka_unit_test(test_lying_lists),
        cmocka_unit_test(test_values_that_are_no_cosines),
        cmocka_unit_test(test_lying_headers),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_lying_records),
        cmocka_unit_test(test_order_and_alignment),
        cmocka_unit_test(test_a_file_that_does_not_open),
        cmocka_unit_test(test_a_missing_layer),
    };
    return cmocka_run_group_tests_name("angles file", tests, set_up, tear_down);
}
