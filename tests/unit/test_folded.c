/* Gains folded into rows: every cosine and norm of a scan with --folded against float64 sums over
 * stored rows times the gains of the norms around them, taken from the tensors here. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/angles.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/probe/"

/* All numbers of a float32 tensor; the caller frees them. */
static float *numbers_of(const struct checkpoint *checkpoint, const char *name, uint64_t count)
{
    const struct tensor *tensor = checkpoint_find(checkpoint, name);
    float *numbers = memory_array((size_t)count, sizeof *numbers);
    assert_non_null(tensor);
    assert_non_null(numbers);
    assert_int_equal(tensor->dtype, DTYPE_F32);
    assert_int_equal(tensor->bytes, count * sizeof *numbers);
    memcpy(numbers, checkpoint_data(checkpoint, tensor), (size_t)tensor->bytes);
    file_order(numbers, sizeof *numbers, (size_t)count);
    return numbers;
}

struct folded {
    float *rows, *before, *behind; /* behind NULL: queries and keys have no norm */
    bool adds_one;
    uint64_t length;
    uint32_t head_dim;
};

static double folded_number(const struct folded *f, uint64_t row, uint64_t column)
{
    double one = f->adds_one ? 1 : 0;
    double by = f->behind ? (double)f->behind[row % f->head_dim] + one : 1;
    return (double)f->rows[row * f->length + column] * ((double)f->before[column] + one) * by;
}

static void check_pair(const struct folded *f, uint64_t a, uint64_t b, const struct angle_set *set,
                       size_t at)
{
    double dot = 0, aa = 0, bb = 0;
    for (uint64_t i = 0; i < f->length; i++) {
        double x = folded_number(f, a, i), y = folded_number(f, b, i);
        dot += x * y;
        aa += x * x;
        bb += y * y;
    }
    assert_true(fabs((double)set->cos[at] - dot / sqrt(aa * bb)) < 1e-6);
    assert_true(fabs((double)set->norm_a[at] - sqrt(aa)) < 1e-6 * sqrt(aa));
    assert_true(fabs((double)set->norm_b[at] - sqrt(bb)) < 1e-6 * sqrt(bb));
}

static void check_projection(const struct checkpoint *checkpoint, const struct angles *angles,
                             size_t layer, int which, bool norms_heads, bool adds_one)
{
    char name[128];
    const struct layer *of = &angles->model->layers[layer];
    const struct projection *p = &of->projection[which];
    struct folded f = {.length = p->row_length, .head_dim = of->head_dim, .adds_one = adds_one};
    f.rows = numbers_of(checkpoint, p->tensor, p->rows * p->row_length);
    text_format(name, sizeof name, "model.layers.%zu.input_layernorm.weight", layer);
    f.before = numbers_of(checkpoint, name, p->row_length);
    text_format(name, sizeof name, "model.layers.%zu.self_attn.%c_norm.weight", layer,
                which == PROJECTION_QUERY ? 'q' : 'k');
    if (norms_heads)
        f.behind = numbers_of(checkpoint, name, of->head_dim);
    for (uint32_t head = 0; head < p->heads; head++)
        for (uint32_t pair = 0; pair < of->pairs; pair++) {
            uint64_t a, b;
            layer_pair_rows(of, which, head, pair, &a, &b);
            check_pair(&f, a, b, &angles->layers[layer].set[which],
                       (size_t)head * of->pairs + pair);
        }
    memory_free(f.rows);
    memory_free(f.before);
    memory_free(f.behind);
}

static void check_model(const char *family, bool norms_heads, bool adds_one)
{
    char path[PATH_BYTES];
    struct session_options options = {.no_cache = true, .threads = 2};
    struct session *session;
    struct source *source;
    struct checkpoint *checkpoint;
    struct error err = {0};
    options.model.folded = true;
    text_format(path, sizeof path, FIXTURES "%s", family);
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(source_locate(path, &source, NULL), STATUS_OK);
    assert_int_equal(checkpoint_open(source, &checkpoint, NULL), STATUS_OK);
    const struct angles *angles = session_angles(session);
    assert_says(angles->model->name, ", gains folded");
    for (size_t i = 0; i < angles->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT && angles->model->layers[i].pairs > 0; p++)
            check_projection(checkpoint, angles, i, p, norms_heads, adds_one);
    checkpoint_close(checkpoint);
    source_close(source);
    session_close(session);
}

static void test_gains_before_queries_and_keys(void **unused)
{
    (void)unused;
    check_model("llama", false, false);
    check_model("mistral", false, false);
    check_model("smollm3", false, false);
}

static void test_norms_of_queries_and_keys(void **unused)
{
    (void)unused;
    check_model("qwen3", true, false);
}

static void test_gains_that_are_stored_less_one(void **unused)
{
    (void)unused;
    check_model("gemma", false, true);
    check_model("gemma3", true, true);
}

static void test_what_cannot_be_folded(void **unused)
{
    struct session_options options = {.no_cache = true};
    struct session *session;
    struct error err = {0};
    (void)unused;
    options.model.folded = true;
    assert_int_equal(session_open("tests/fixtures/families/gptj", &options, &session, &err),
                     STATUS_FAILED);
    assert_says(err.what, "no norm is known before");
    assert_int_equal(session_open("tests/data/golden.angles", &options, &session, &err),
                     STATUS_USAGE);
    options.adapter = "tests/fixtures/adapters/plain";
    assert_int_equal(session_open(FIXTURES "llama", &options, &session, &err), STATUS_USAGE);
    assert_says(err.what, "--folded and --adapter");
}

int main(void)
{
    guard_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gains_before_queries_and_keys),
        cmocka_unit_test(test_norms_of_queries_and_keys),
        cmocka_unit_test(test_gains_that_are_stored_less_one),
        cmocka_unit_test(test_what_cannot_be_folded),
    };
    return cmocka_run_group_tests_name("folded gains", tests, NULL, NULL);
}
