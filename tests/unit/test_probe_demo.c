/* The demo model over a sentence: mean queries and keys of every layer, head and pair against
 * transformers (tests/fixtures/make_demo_means.py); and its first layer over the whole vocabulary,
 * which needs no text, against a run over the same tokens. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/probe.h"
#include "scratch.h"

#define DEMO "tests/data/demo/base"
#define EXPECTED "tests/fixtures/probe/demo.json"

static struct opened open_demo(void)
{
    struct opened o = {0};
    const struct model_options options = {0};
    assert_int_equal(source_locate(DEMO, &o.source, NULL), STATUS_OK);
    assert_int_equal(checkpoint_open(o.source, &o.checkpoint, NULL), STATUS_OK);
    assert_int_equal(model_open(o.checkpoint, &options, &o.model, NULL), STATUS_OK);
    return o;
}

static struct probe *run(const struct opened *o, const struct probe_request *request)
{
    struct probe *probe = NULL;
    struct error err = {0};
    if (probe_run(o->checkpoint, o->model, request, NULL, &probe, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return probe;
}

static double number(const cJSON *heads, uint32_t head, uint32_t pair, int which)
{
    const cJSON *at = cJSON_GetArrayItem(cJSON_GetArrayItem(heads, (int)head), (int)pair);
    assert_non_null(at);
    return cJSON_GetArrayItem(at, which)->valuedouble;
}

/* Within 1e-4 of the largest mean of the projection. */
static void check_means(const struct probe_projection *found, const cJSON *heads)
{
    double largest = 0, apart = 0;
    assert_int_equal(cJSON_GetArraySize(heads), found->heads);
    for (uint32_t head = 0; head < found->heads; head++)
        for (uint32_t pair = 0; pair < found->pairs; pair++) {
            double a = number(heads, head, pair, 0), b = number(heads, head, pair, 1);
            size_t at = (size_t)head * found->pairs + pair;
            largest = fmax(largest, fmax(fabs(a), fabs(b)));
            apart = fmax(apart, fmax(fabs((double)found->mean_a[at] - a),
                                     fabs((double)found->mean_b[at] - b)));
        }
    if (!(apart <= 1e-4 * largest))
        fail_msg("means differ by %g of %g", apart, largest);
}

static void test_means_are_those_of_transformers(void **unused)
{
    struct opened o = open_demo();
    cJSON *json = NULL;
    uint32_t tokens[256];
    size_t count = 0;
    (void)unused;
    assert_int_equal(json_read_file(EXPECTED, 1 << 24, &json, NULL, NULL), STATUS_OK);
    for (const cJSON *id = json_get(json, "tokens")->child; id; id = id->next)
        tokens[count++] = (uint32_t)id->valuedouble;
    const struct probe_request request = {.tokens = tokens, .token_count = count, .threads = 2};
    struct probe *probe = run(&o, &request);
    const cJSON *layer = json_get(json, "layers")->child;
    assert_int_equal(probe->layer_count, 6);
    for (size_t i = 0; i < probe->layer_count; i++, layer = layer->next)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            check_means(&probe->layers[i].projection[p], json_get(layer, projection_name(p)));
    probe_free(probe);
    cJSON_Delete(json);
    close_opened(&o);
}

/* ---- the whole vocabulary ------------------------------------------------ */

static void check_near(const float *found, const float *wanted, size_t count)
{
    double largest = 0, apart = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)wanted[i]));
        apart = fmax(apart, fabs((double)found[i] - (double)wanted[i]));
    }
    assert_true(largest > 0 && apart <= 1e-6 * largest);
}

/* It is worked on in parts: 256 tokens are more than one, and the last part is a short one. */
static void test_the_vocabulary_is_a_run_over_its_tokens(void **unused)
{
    struct opened o = open_demo();
    uint32_t tokens[256];
    (void)unused;
    for (uint32_t i = 0; i < 256; i++)
        tokens[i] = i;
    const struct probe_request text = {.tokens = tokens, .token_count = 256, .layer_count = 1};
    const struct probe_request all = {.whole_vocabulary = true, .threads = 2};
    struct probe *wanted = run(&o, &text), *found = run(&o, &all);
    assert_true(found->of_vocabulary && !wanted->of_vocabulary);
    assert_int_equal(found->vocabulary, 256);
    assert_int_equal(found->layer_count, 1);
    assert_null(found->logits);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const struct probe_projection *a = &found->layers[0].projection[p],
                                      *b = &wanted->layers[0].projection[p];
        size_t count = (size_t)a->heads * a->pairs;
        assert_int_equal(a->heads, b->heads);
        check_near(a->mean_a, b->mean_a, count);
        check_near(a->mean_b, b->mean_b, count);
        check_near(a->radius_mean, b->radius_mean, count);
        check_near(a->radius_max, b->radius_max, count);
        check_near(a->first_a, b->first_a, count);
        check_near(a->first_b, b->first_b, count);
    }
    probe_free(found);
    probe_free(wanted);
    close_opened(&o);
}

static void test_the_vocabulary_has_no_text(void **unused)
{
    static const uint32_t token = 1;
    struct opened o = open_demo();
    struct probe *probe = NULL;
    struct error err = {0};
    (void)unused;
    const struct probe_request bad[] = {
        {.whole_vocabulary = true, .tokens = &token, .token_count = 1},
        {.whole_vocabulary = true, .layer_count = 2},
        {.whole_vocabulary = true, .generate = 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(probe_run(o.checkpoint, o.model, &bad[i], NULL, &probe, &err),
                         STATUS_USAGE);
        assert_non_null(strstr(err.what, "the whole vocabulary has no text"));
    }
    close_opened(&o);
}

/* ---- kept between sessions ----------------------------------------------- */

static void check_same(const struct probe *a, const struct probe *b)
{
    assert_int_equal(a->token_count, b->token_count);
    assert_memory_equal(a->tokens, b->tokens, a->token_count * sizeof *a->tokens);
    assert_int_equal(a->layer_count, b->layer_count);
    assert_int_equal(a->of_vocabulary, b->of_vocabulary);
    for (size_t i = 0; i < a->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct probe_projection *x = &a->layers[i].projection[p],
                                          *y = &b->layers[i].projection[p];
            size_t bytes = (size_t)x->heads * x->pairs * sizeof(float);
            assert_int_equal(x->heads, y->heads);
            assert_int_equal(x->pairs, y->pairs);
            assert_memory_equal(x->mean_a, y->mean_a, bytes);
            assert_memory_equal(x->mean_b, y->mean_b, bytes);
            assert_memory_equal(x->radius_mean, y->radius_mean, bytes);
            assert_memory_equal(x->radius_max, y->radius_max, bytes);
            assert_memory_equal(x->first_a, y->first_a, bytes);
            assert_memory_equal(x->first_b, y->first_b, bytes);
        }
}

static void test_a_run_is_kept(void **unused)
{
    static const uint32_t tokens[] = {10, 200, 30, 4};
    struct opened o = open_demo();
    char path[PATH_BYTES];
    (void)unused;
    text_format(path, sizeof path, "%s", scratch_path("kept.probe"));
    const struct probe_request request = {.tokens = tokens, .token_count = 4, .threads = 1};
    struct probe *probe = run(&o, &request);
    probe_save(probe, path, 77);
    struct probe *back = probe_load(path, 77);
    assert_non_null(back);
    check_same(probe, back);
    assert_true(probe_fits(back, o.model));
    back->layers[1].projection[0].heads++;
    assert_false(probe_fits(back, o.model));
    probe_free(back);
    assert_null(probe_load(path, 78)); /* other weights */
    assert_null(probe_load("tests/nowhere", 77));
    probe_free(probe);
    close_opened(&o);
}

/* Cut anywhere, or with any byte of its first part changed, it is no run. */
static void test_a_damaged_run_is_none(void **unused)
{
    static const uint32_t tokens[] = {1, 2};
    struct opened o = open_demo();
    size_t size;
    (void)unused;
    const struct probe_request request = {.tokens = tokens, .token_count = 2, .layer_count = 1};
    struct probe *probe = run(&o, &request);
    probe_save(probe, scratch_path("damaged.probe"), 5);
    unsigned char *bytes = file_get(scratch_path("damaged.probe"), &size);
    for (size_t cut = 0; cut < size; cut += cut < 200 ? 1 : 997) {
        scratch_write("cut.probe", bytes, cut);
        assert_null(probe_load(scratch_path("cut.probe"), 5));
    }
    for (size_t at = 0; at < size; at += at < 200 ? 1 : 997) {
        bytes[at] ^= 0x81;
        scratch_write("changed.probe", bytes, size);
        assert_null(probe_load(scratch_path("changed.probe"), 5));
        bytes[at] ^= 0x81;
    }
    memory_free(bytes);
    probe_free(probe);
    close_opened(&o);
}

int main(void)
{
    guard_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means_are_those_of_transformers),
        cmocka_unit_test(test_the_vocabulary_is_a_run_over_its_tokens),
        cmocka_unit_test(test_the_vocabulary_has_no_text),
        cmocka_unit_test(test_a_run_is_kept),
        cmocka_unit_test(test_a_damaged_run_is_none),
    };
    return cmocka_run_group_tests_name("probe of the demo model", tests, scratch_make,
                                       scratch_remove);
}
