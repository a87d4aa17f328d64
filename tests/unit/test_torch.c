/* Checkpoints of PyTorch, Meta and llama2.c in tests/fixtures/torch, as torch and numpy wrote them:
 * each that is good must give torch's own cosines, each that is evil must be refused at once, and
 * no damage may do more than that. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/angles.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/torch"
#define MODELS "../shared/models"

static const double COS_TOLERANCE = 1e-6;

/* ---- what opens ---------------------------------------------------------- */

/* A session whose angles are all there; its weights and their cache lie in the scratch directory.
 */
static struct session *open_session(const char *path, const char *origin)
{
    const struct session_options options = {0};
    struct session *session;
    struct error err = {0};
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    assert_string_equal(session_origin(session), origin);
    return session;
}

static const struct fact *find_fact(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->fact_count; i++) {
        if (strcmp(model->facts[i].name, name) == 0)
            return &model->facts[i];
    }
    fail_msg("no fact is called %s", name);
    return NULL;
}

/* (layer, projection, head, pair) of the list, in the order of the database. */
static void check_cosines(const struct angles *angles, const cJSON *list)
{
    const cJSON *want = list->child;
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            size_t count = (size_t)layer->projection[which].heads * layer->pairs;
            for (size_t at = 0; at < count; at++, want = want->next) {
                assert_non_null(want);
                double found = (double)angles->layers[i].set[which].cos[at];
                if (!(fabs(found - want->valuedouble) <= COS_TOLERANCE))
                    fail_msg("layer %zu, %s, pair %zu: cos %.9g, torch has %.9g", i,
                             projection_name(which), at, found, want->valuedouble);
            }
        }
    }
    assert_null(want);
}

static void check_model(const cJSON *expected)
{
    char path[PATH_BYTES];
    assert_true(path_join(path, FIXTURES, expected->string));
    struct session *session = open_session(path, "scan");
    const struct angles *angles = session_angles(session);
    const struct layer *layer = &angles->model->layers[0];
    assert_string_equal(pairing_name(layer->pairing),
                        cJSON_GetStringValue(json_get(expected, "pairing")));
    assert_int_equal(angles->model->context,
                     (uint64_t)cJSON_GetNumberValue(json_get(expected, "context")));
    double theta = cJSON_GetNumberValue(json_get(expected, "theta"));
    assert_true(fabs(layer->frequency[1] * pow(theta, 1.0 / 3) - 1) < 1e-9);
    check_cosines(angles, json_get(expected, "cos"));
    session_close(session);
    session_close(open_session(path, "cache"));
}

static void models_have_the_cosines_of_torch(void **state)
{
    (void)state;
    cJSON *expected;
    size_t count = 0;
    assert_int_equal(json_read_file(FIXTURES "/expected.json", 1 << 20, &expected, NULL, NULL),
                     STATUS_OK);
    for (const cJSON *item = expected->child; item; item = item->next, count++)
        check_model(item);
    cJSON_Delete(expected);
    assert_int_equal(count, 14);
}

/* Whether anybody has opened the watched file since the last call. */
static bool was_opened(int watch)
{
    char events[1024];
    return read(watch, events, sizeof events) > 0;
}

static void second_openings_read_no_weights(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = file_get(FIXTURES "/ckpt.pt", &size);
    scratch_write("again.pt", bytes, size);
    memory_free(bytes);
    int watch = inotify_init1(IN_NONBLOCK);
    assert_true(watch >= 0 && inotify_add_watch(watch, scratch_path("again.pt"), IN_OPEN) >= 0);
    session_close(open_session(scratch_path("again.pt"), "scan"));
    assert_true(was_opened(watch));
    session_close(open_session(scratch_path("again.pt"), "cache"));
    assert_false(was_opened(watch));
    close(watch);
}

static void facts_say_where_they_come_from(void **state)
{
    (void)state;
    static const struct {
        const char *file, *fact, *value;
        enum fact_source source;
        const char *reason;
    } facts[] = {
        {"ckpt.pt", "query heads", "4", FACT_FORMAT, "n_heads"},
        {"ckpt.pt", "family", "meta-llama", FACT_FORMAT, "names of tensors"},
        {"ckpt.pt", "rope theta", "10000", FACT_DEFAULT, ""},
        {"meta-two", "key heads", "2", FACT_CONFIG, "n_kv_heads"},
        {"meta-two", "rope theta", "500000", FACT_CONFIG, "rope_theta"},
        {"v0.bin", "rope theta", "50000", FACT_FORMAT, "theta of freqs_cos"},
        {"v1.bin", "rope theta", "10000", FACT_DEFAULT, ""},
        {"v2.bin", "context", "8 tokens", FACT_FORMAT, "max_seq_len"},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char path[PATH_BYTES];
        assert_true(path_join(path, FIXTURES, facts[i].file));
        struct session *session = open_session(path, "cache");
        const struct fact *fact = find_fact(session_angles(session)->model, facts[i].fact);
        assert_string_equal(fact->value, facts[i].value);
        assert_int_equal(fact->source, facts[i].source);
        assert_string_equal(fact->reason, facts[i].reason);
        session_close(session);
    }
}

/* A config.json beside a training checkpoint is of another model; one beside a state dict is not.
 */
static void arguments_of_the_model_come_first(void **state)
{
    (void)state;
    static const struct {
        const char *file, *family;
    } files[] = {{"/ckpt.pt", "meta-llama"}, {"/nested/last.pt", "llama"}};
    scratch_text("config.json", "{\"model_type\":\"llama\",\"num_attention_heads\":4}");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_BYTES];
        struct opened opened;
        struct error err;
        size_t size;
        text_format(path, sizeof path, "%s%s", FIXTURES, files[i].file);
        unsigned char *bytes = file_get(path, &size);
        scratch_write("ckpt.pt", bytes, size);
        memory_free(bytes);
        assert_int_equal(open_model(&opened, "ckpt.pt", NULL, &err), STATUS_OK);
        assert_string_equal(opened.model->family, files[i].family);
        close_opened(&opened);
    }
    assert_int_equal(remove(scratch_path("config.json")), 0);
}

/* Without params.json the names tell the family, and a flag the heads. */
static void flags_stand_in_for_a_config(void **state)
{
    (void)state;
    const struct model_options heads = {.heads = 4};
    struct opened opened;
    struct error err;
    size_t size;
    unsigned char *bytes = file_get(FIXTURES "/meta-one/consolidated.00.pth", &size);
    scratch_write("alone.pth", bytes, size);
    memory_free(bytes);
    assert_int_equal(open_model(&opened, "alone.pth", NULL, &err), STATUS_FAILED);
    assert_says(err.help, "--heads N");
    assert_int_equal(open_model(&opened, "alone.pth", &heads, &err), STATUS_OK);
    assert_int_equal(opened.model->layers[0].projection[PROJECTION_KEY].heads, 2);
    assert_int_equal(opened.model->layers[0].pairing, PAIRING_INTERLEAVED);
    close_opened(&opened);
}

/* Rows that lie apart, or in several files, are not rounded; int8 are. */
static void only_rounded_rows_are_called_quantised(void **state)
{
    (void)state;
    static const char *const files[] = {"views", "meta-two", "v1.bin", "v2.bin"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[PATH_BYTES];
        assert_true(path_join(path, FIXTURES, files[i]));
        struct session *session = open_session(path, "cache");
        const struct model *model = session_angles(session)->model;
        size_t told = 0;
        for (size_t at = 0; at < model->fact_count; at++)
            told += strcmp(model->facts[at].name, "quantisation") == 0;
        assert_int_equal(told, strcmp(files[i], "v2.bin") == 0);
        session_close(session);
    }
}

/* ---- the same weights in several formats --------------------------------- */

static void check_same(const char *left, const char *right)
{
    struct session *a = open_session(left, "scan"), *b = open_session(right, "scan");
    const struct angles *one = session_angles(a), *two = session_angles(b);
    size_t compared = 0;
    assert_int_equal(one->model->layer_count, two->model->layer_count);
    for (size_t i = 0; i < one->model->layer_count; i++) {
        const struct layer *layer = &one->model->layers[i];
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            size_t count = (size_t)layer->projection[which].heads * layer->pairs;
            const struct angle_set *x = &one->layers[i].set[which], *y = &two->layers[i].set[which];
            assert_int_equal(layer->projection[which].heads,
                             two->model->layers[i].projection[which].heads);
            assert_memory_equal(x->cos, y->cos, count * sizeof(float));
            assert_memory_equal(x->norm_a, y->norm_a, count * sizeof(float));
            assert_memory_equal(x->norm_b, y->norm_b, count * sizeof(float));
            compared += count;
        }
    }
    assert_true(compared > 0 && compared == model_pairs(two->model));
    session_close(a);
    session_close(b);
}

static void formats_agree_bit_for_bit(void **state)
{
    (void)state;
    if (!path_is_directory(MODELS)) {
        print_message("skipped: no " MODELS "\n");
        skip();
    }
    setenv("XDG_CACHE_HOME", scratch_path("one"), 1);
    check_same(MODELS "/silly-220k/model.bin", MODELS "/silly-220k/silly-220k-f32");
    setenv("XDG_CACHE_HOME", scratch_path("two"), 1);
    check_same(MODELS "/silly-220k/ckpt.pt", MODELS "/silly-220k/silly-220k-f32");
    check_same(MODELS "/stories260K/stories260K.bin", MODELS "/stories260K/stories260K-f32");
    session_close(open_session(MODELS "/llama2c-int8/model_qint80.bin", "scan"));
}

static void slices_make_the_whole(void **state)
{
    (void)state;
    setenv("XDG_CACHE_HOME", scratch_path("three"), 1);
    check_same(FIXTURES "/meta-one", FIXTURES "/meta-two/consolidated.01.pth");
}

/* ---- what is refused ----------------------------------------------------- */

static const struct {
    const char *file, *says;
} refused[] = {
    {"os_system.pt", "asks for posix.system, which no state dict needs"},
    {"eval.pt", "asks for __builtin__.eval"},
    {"billion.pt", "asks for operator.mul"},
    {"billion_memo.pt", "a number of its memo is too large"},
    {"billion_text.pt", "it is cut short"},
    {"billion_laughs.pt", "holds no tensors by name"},
    {"itself.pt", "holds no tensors by name"},
    {"deep.pt", "its stack grows too deep"},
    {"marks.pt", "its marks nest too deep"},
    {"larger.pt", "q_proj.weight: it reaches to number 9 of a storage that holds 8"},
    {"storage.pt", "q_proj.weight: its storage of 9 numbers lies in an entry of 32 bytes"},
    {"wraps.pt", "a tensor that cannot be"},
    {"offset.pt", "q_proj.weight: it reaches to number 9223372036854775811"},
    {"negative.pt", "a tensor that cannot be"},
    {"absent.pt", "q_proj.weight: the archive has no entry data/../0"},
    {"twice.pt", "q_proj.weight: the name stands twice"},
    {"empty.pt", "holds no tensors by name"},
    {"no_pickle.zip", "it has no data.pkl"},
    {"compressed.pt", "entry x/data.pkl is compressed or encrypted"},
    {"big_endian.pt", "stored in big-endian order"},
    {"legacy.pt", "a bare pickle, as PyTorch wrote before 1.6, is not read"},
    {"protocol.pt", "it is not of protocol 2"},
    {"repeated", "k_proj.weight: a view that repeats its numbers cannot be read"},
};

static long peak_kilobytes(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

static void evil_files_are_refused_at_once(void **state)
{
    (void)state;
    const struct session_options options = {.no_cache = true};
    const long before = peak_kilobytes();
    double longest = 0;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char path[PATH_BYTES];
        struct session *session;
        struct error err = {0};
        assert_true(path_join(path, FIXTURES "/refused", refused[i].file));
        double start = processor_seconds();
        if (session_open(path, &options, &session, &err) == STATUS_OK)
            fail_msg("%s opens", path);
        double took = processor_seconds() - start;
        longest = took > longest ? took : longest;
        assert_says(err.what, refused[i].says);
        assert_null(strchr(err.what, '\n'));
    }
    long more = peak_kilobytes() - before;
    print_message("%zu evil files: at most %.1f ms, %ld kB more\n",
                  sizeof refused / sizeof *refused, 1e3 * longest, more);
    assert_true(longest < 0.1);
    assert_true(more < 50000);
    assert_int_not_equal(access("/tmp/ropescope-was-here", F_OK), 0);
}

/* ---- damage -------------------------------------------------------------- */

/* Reads every row that a scan would read. */
static void read_rows(void *arg)
{
    const struct opened *opened = arg;
    for (size_t i = 0; i < opened->model->layer_count; i++) {
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const struct projection *p = &opened->model->layers[i].projection[which];
            const struct tensor *tensor = checkpoint_tensor(opened->checkpoint, p->index);
            static float row[1 << 16];
            assert_true(p->row_length <= sizeof row / sizeof *row);
            for (uint64_t at = 0; at < p->rows; at++)
                checkpoint_rows_to_float(opened->checkpoint, tensor, at, 1, row);
        }
    }
}

/* The file as it lies there now; the source was located once, since that waits for the clock. */
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

/* Every length, and every byte up to `bytes` changed in `changes` ways. */
static void damage(const char *fixture, size_t bytes, unsigned changes)
{
    static const unsigned char flips[] = {0xFF, 0x01, 0x80, 0x10};
    char path[PATH_BYTES];
    size_t size, opened = 0, closed = 0;
    struct source *source;
    assert_true(path_join(path, FIXTURES, fixture));
    unsigned char *whole = file_get(path, &size);
    scratch_write("damaged", whole, size);
    assert_int_equal(source_locate(scratch_path("damaged"), &source, NULL), STATUS_OK);
    assert_true(opens(source));
    for (size_t len = 0; len < size; len++) {
        scratch_write("damaged", whole, len);
        assert_false(opens(source));
    }
    for (size_t at = 0; at < size && at < bytes; at++) {
        for (unsigned i = 0; i < changes; i++) {
            whole[at] ^= flips[i];
            scratch_write("damaged", whole, size);
            *(opens(source) ? &opened : &closed) += 1;
            whole[at] ^= flips[i];
        }
    }
    print_message("%s: %zu lengths refused; of changed bytes %zu refused, %zu opened\n", fixture,
                  size, closed, opened);
    assert_true(opened > 0 && closed > 0);
    source_close(source);
    memory_free(whole);
}

static void damaged_checkpoints_are_refused_or_opened(void **state)
{
    (void)state;
    damage("ckpt.pt", SIZE_MAX, 2);
}

static void damaged_llama2c_files_are_refused_or_opened(void **state)
{
    (void)state;
    damage("v1.bin", 300, 4);
    damage("v2.bin", 300, 4);
    damage("v0.bin", 28 + 64, 4);
}

static int prepare(void **state)
{
    guard_install();
    return scratch_make(state) != 0 || setenv("XDG_CACHE_HOME", scratch, 1) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evil_files_are_refused_at_once), /* before others take memory */
        cmocka_unit_test(models_have_the_cosines_of_torch),
        cmocka_unit_test(facts_say_where_they_come_from),
        cmocka_unit_test(arguments_of_the_model_come_first),
        cmocka_unit_test(flags_stand_in_for_a_config),
        cmocka_unit_test(only_rounded_rows_are_called_quantised),
        cmocka_unit_test(second_openings_read_no_weights),
        cmocka_unit_test(slices_make_the_whole),
        cmocka_unit_test(formats_agree_bit_for_bit),
        cmocka_unit_test(damaged_checkpoints_are_refused_or_opened),
        cmocka_unit_test(damaged_llama2c_files_are_refused_or_opened),
    };
    return cmocka_run_group_tests_name("torch", tests, prepare, scratch_remove);
}
