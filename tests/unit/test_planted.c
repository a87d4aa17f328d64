/* A rotary offset planted into a model: biases of known radius and angle on one pair of a query
 * head and of the key head that it meets. A run finds it, with its angle, and nothing else. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "file_bytes.h"
#include "ropescope/offsets.h"
#include "ropescope/probe.h"
#include "scratch.h"

#define MODEL "tests/fixtures/probe/llama"

enum { LAYER = 1, HEAD = 2, PAIR = 4, TOKENS = 40 };
static const double pi = 3.14159265358979323846;

/* Copies the model and opens the copy. */
static struct opened open_copy(void)
{
    static const char *const names[] = {"config.json", "model.safetensors"};
    struct opened o;
    struct error err = {0};
    for (size_t i = 0; i < 2; i++) {
        char from[PATH_BYTES];
        size_t size;
        assert_true(path_join(from, MODEL, names[i]));
        unsigned char *bytes = file_get(from, &size);
        scratch_write(names[i], bytes, size);
        memory_free(bytes);
    }
    const struct model_options options = {0};
    if (open_model(&o, ".", &options, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return o;
}

/* Where the bias of a row lies in the file. */
static uint64_t bias_at(const struct opened *o, int projection, uint64_t row)
{
    const struct projection *p = &o->model->layers[LAYER].projection[projection];
    assert_non_null(p->bias);
    const struct tensor *bias = checkpoint_find(o->checkpoint, p->bias);
    assert_non_null(bias);
    assert_int_equal(bias->dtype, DTYPE_F32);
    return bias->offset + 4 * row;
}

static void plant(const struct opened *o, int projection, uint32_t head, double radius,
                  double angle)
{
    uint64_t a, b;
    layer_pair_rows(&o->model->layers[LAYER], projection, head, PAIR, &a, &b);
    float numbers[2] = {(float)(radius * cos(angle)), (float)(radius * sin(angle))};
    file_order(numbers, sizeof *numbers, 2);
    const uint64_t places[2] = {bias_at(o, projection, a), bias_at(o, projection, b)};
    for (int i = 0; i < 2; i++)
        file_patch(scratch_path("model.safetensors"), (size_t)places[i], &numbers[i],
                   sizeof numbers[i]);
}

static struct offset_vectors vectors_of(const struct probe *probe, size_t layer, int projection,
                                        uint32_t head)
{
    const struct probe_projection *p = &probe->layers[layer].projection[projection];
    size_t at = (size_t)head * p->pairs;
    return (struct offset_vectors){p->mean_a + at, p->mean_b + at, p->radius_mean + at,
                                   p->radius_max + at};
}

/* How many features a head has; what the planted pair is like goes to *planted. */
static size_t features_of(const struct opened *o, const struct probe *probe, size_t layer,
                          uint32_t head, struct offset *planted)
{
    const struct layer *of = &o->model->layers[layer];
    struct offset out[32];
    size_t count = 0;
    const struct offset_vectors vectors[] = {
        vectors_of(probe, layer, PROJECTION_QUERY, head),
        vectors_of(probe, layer, PROJECTION_KEY, layer_key_head(of, head))};
    assert_true(of->pairs <= 32);
    assert_true(offsets_of_head(vectors, of->frequency, of->pairs, 64, out));
    for (uint32_t i = 0; i < of->pairs; i++)
        count += out[i].feature;
    *planted = out[PAIR];
    return count;
}

static void check_angle(double query, double key)
{
    uint32_t tokens[TOKENS];
    struct opened o = open_copy();
    plant(&o, PROJECTION_QUERY, HEAD, 5000, query);
    plant(&o, PROJECTION_KEY, layer_key_head(&o.model->layers[LAYER], HEAD), 4000, key);
    close_opened(&o);
    struct error err = {0};
    const struct model_options options = {0};
    assert_int_equal(open_model(&o, ".", &options, &err), STATUS_OK);
    for (uint32_t i = 0; i < TOKENS; i++)
        tokens[i] = (7 * i + 3) % 64;
    const struct probe_request request = {.tokens = tokens, .token_count = TOKENS, .threads = 1};
    struct probe *probe = NULL;
    if (probe_run(o.checkpoint, o.model, &request, NULL, &probe, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    for (size_t layer = 0; layer < probe->layer_count; layer++)
        for (uint32_t head = 0; head < probe->layers[layer].projection[0].heads; head++) {
            struct offset planted;
            bool here = layer == LAYER && head == HEAD;
            assert_int_equal(features_of(&o, probe, layer, head, &planted), here);
            if (!here)
                continue;
            double apart = remainder(planted.psi - (query - key), 2 * pi);
            assert_true(planted.feature && fabs(apart) < 0.1 * pi / 180);
            assert_true(fabs(planted.radius[PROJECTION_QUERY] - 5000) < 5);
            assert_true(fabs(planted.radius[PROJECTION_KEY] - 4000) < 5);
        }
    probe_free(probe);
    close_opened(&o);
}

static void test_a_planted_bias_is_found(void **unused)
{
    (void)unused;
    check_angle(0.7, -2.1);
    check_angle(3, 1.2);
    check_angle(-1.5, -1.5);
}

int main(void)
{
    guard_install();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_planted_bias_is_found)};
    return cmocka_run_group_tests_name("planted offsets", tests, scratch_make, scratch_remove);
}
