/* Every model of tests/fixtures/families against its expected.json: what the model room works out
 * must be what transformers was seen to do with the same files. One test a fixture. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "ropescope/angles.h"

#define FAMILIES "tests/fixtures/families"

/* Of what transformers' formulas come to in float64, the cosines of the fixtures likewise. */
static const double FREQUENCY_TOLERANCE = 1e-7;
static const double COS_TOLERANCE = 2e-6;

struct fixture {
    const char *name;
    char path[PATH_BYTES];
    cJSON *expected;
    struct source *source;
    struct checkpoint *checkpoint;
};

static int fixture_open(void **state)
{
    const char *name = *state;
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->name = name;
    *state = fixture;

    char expected[PATH_BYTES];
    struct error err = {0};
    assert_true(path_join(fixture->path, FAMILIES, name));
    assert_true(path_join(expected, fixture->path, "expected.json"));
    if (json_read_file(expected, 1U << 20, &fixture->expected, NULL, &err) != STATUS_OK ||
        source_locate(fixture->path, &fixture->source, &err) != STATUS_OK ||
        checkpoint_open(fixture->source, &fixture->checkpoint, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return 0;
}

static int fixture_close(void **state)
{
    struct fixture *fixture = *state;
    checkpoint_close(fixture->checkpoint);
    source_close(fixture->source);
    cJSON_Delete(fixture->expected);
    free(fixture);
    return 0;
}

/* ---- what expected.json says ------------------------------------------------------------------
 */

static const cJSON *get(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!item)
        fail_msg("expected.json has no %s", key);
    return item;
}

static uint64_t get_count(const cJSON *object, const char *key)
{
    uint64_t value = 0;
    if (!json_whole(get(object, key), &value))
        fail_msg("%s of expected.json is no count", key);
    return value;
}

static double number_at(const cJSON *array, size_t index)
{
    const cJSON *item = cJSON_GetArrayItem(array, (int)index);
    assert_true(cJSON_IsNumber(item));
    return item->valuedouble;
}

/* ---- one layer --------------------------------------------------------------------------------
 */

static void check_frequencies(const struct layer *layer, const cJSON *expected)
{
    const cJSON *frequency = get(expected, "frequency");
    assert_int_equal(layer->pairs, cJSON_GetArraySize(frequency));
    for (uint32_t pair = 0; pair < layer->pairs; pair++) {
        double want = number_at(frequency, pair), found = layer->frequency[pair];
        if (!(fabs(found - want) <= FREQUENCY_TOLERANCE * want))
            fail_msg("layer %u, pair %u: frequency %.9g, transformers has %.9g", layer->number,
                     pair, found, want);
    }
}

/* `rows` is {"head": [[a, b], ...]} for some heads. */
static void check_rows(const struct layer *layer, int projection, const cJSON *rows)
{
    const cJSON *head;
    assert_true(cJSON_GetArraySize(rows) > 0);
    cJSON_ArrayForEach(head, rows)
    {
        uint32_t number = 0;
        assert_true(text_to_u32(head->string, &number));
        assert_int_equal(layer->pairs, cJSON_GetArraySize(head));
        for (uint32_t pair = 0; pair < layer->pairs; pair++) {
            const cJSON *want = cJSON_GetArrayItem(head, (int)pair);
            uint64_t a, b;
            layer_pair_rows(layer, projection, number, pair, &a, &b);
            if ((double)a != number_at(want, 0) || (double)b != number_at(want, 1))
                fail_msg("layer %u, %s head %u, pair %u: rows %llu and %llu, transformers turns "
                         "%g and %g",
                         layer->number, projection_name(projection), number, pair,
                         (unsigned long long)a, (unsigned long long)b, number_at(want, 0),
                         number_at(want, 1));
        }
    }
}

static float cos_of(const struct checkpoint *checkpoint, const struct layer *layer, int projection,
                    uint32_t head, uint32_t pair)
{
    const struct projection *p = &layer->projection[projection];
    const struct tensor *tensor = checkpoint_find(checkpoint, p->tensor);
    assert_non_null(tensor);
    uint64_t a, b, row_bytes = p->row_length * dtype_bits(p->dtype) / 8;
    layer_pair_rows(layer, projection, head, pair, &a, &b);
    assert_true(a < p->rows && b < p->rows && p->rows * row_bytes == tensor->bytes);
    const unsigned char *data = checkpoint_data(checkpoint, tensor);
    return kernel_angle(kernel_best(), p->dtype, data + a * row_bytes, data + b * row_bytes,
                        p->row_length)
        .cos;
}

/* `cos` is (head, pair). */
static void check_cosines(const struct checkpoint *checkpoint, const struct layer *layer,
                          int projection, const cJSON *cos)
{
    uint32_t heads = layer->projection[projection].heads;
    assert_int_equal((size_t)heads * layer->pairs, cJSON_GetArraySize(cos));
    for (uint32_t head = 0; head < heads; head++)
        for (uint32_t pair = 0; pair < layer->pairs; pair++) {
            double want = number_at(cos, (size_t)head * layer->pairs + pair);
            double found = (double)cos_of(checkpoint, layer, projection, head, pair);
            if (!(fabs(found - want) <= COS_TOLERANCE))
                fail_msg("layer %u, %s head %u, pair %u: cos %.9g, not %.9g", layer->number,
                         projection_name(projection), head, pair, found, want);
        }
}

static void check_projection(const struct checkpoint *checkpoint, const struct layer *layer,
                             int projection, const cJSON *expected)
{
    const struct projection *p = &layer->projection[projection];
    const cJSON *bias = get(expected, "bias");
    assert_string_equal(p->tensor, get(expected, "tensor")->valuestring);
    assert_string_equal(p->bias ? p->bias : "none", bias->valuestring ? bias->valuestring : "none");
    assert_int_equal(p->heads, get_count(expected, "heads"));
    assert_int_equal(layer->head_dim, get_count(expected, "head_dim"));
    check_rows(layer, projection, get(expected, "rows"));
    check_cosines(checkpoint, layer, projection, get(expected, "cos"));
}

/* Which key head each query head meets, where that is not h / (query heads / key heads). */
static void check_meetings(const struct layer *layer, const cJSON *expected)
{
    const cJSON *meets = json_get(expected, "meets");
    for (int head = 0; head < cJSON_GetArraySize(meets); head++)
        assert_int_equal(layer_key_head(layer, (uint32_t)head), number_at(meets, (size_t)head));
}

/* ---- a model ----------------------------------------------------------------------------------
 */

static struct model *open_at(const struct fixture *fixture, uint64_t context)
{
    struct model_options options = {.context = context};
    struct model *model = NULL;
    struct error err = {0};
    if (model_open(fixture->checkpoint, &options, &model, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return model;
}

/* The layers that rotate, and how fast. */
static void check_layers(const struct model *model, const cJSON *layers)
{
    assert_int_equal(model->layer_count, cJSON_GetArraySize(layers));
    for (size_t i = 0; i < model->layer_count; i++) {
        const cJSON *expected = cJSON_GetArrayItem(layers, (int)i);
        const struct layer *layer = &model->layers[i];
        assert_int_equal(layer->number, get_count(expected, "layer"));
        if ((layer->pairs > 0) != cJSON_IsTrue(get(expected, "rotates")))
            fail_msg("layer %u has %u pairs, against transformers", layer->number, layer->pairs);
        if (layer->pairs > 0)
            check_frequencies(layer, expected);
    }
}

static void family_is_as_transformers_has_it(void **state)
{
    const struct fixture *fixture = *state;
    const cJSON *layers = get(fixture->expected, "layers");
    struct model *model = open_at(fixture, 0);
    if (cJSON_IsNumber(get(fixture->expected, "context")))
        assert_int_equal(model->context, get_count(fixture->expected, "context"));
    check_layers(model, layers);
    for (size_t i = 0; i < model->layer_count; i++) {
        if (model->layers[i].pairs == 0)
            continue;
        const cJSON *expected = cJSON_GetArrayItem(layers, (int)i);
        for (int projection = 0; projection < PROJECTION_COUNT; projection++)
            check_projection(fixture->checkpoint, &model->layers[i], projection,
                             get(expected, projection_name(projection)));
        check_meetings(&model->layers[i], expected);
    }
    model_free(model);

    const cJSON *more;
    cJSON_ArrayForEach(more, get(fixture->expected, "at_context"))
    {
        model = open_at(fixture, get_count(more, "context"));
        check_layers(model, get(more, "layers"));
        model_free(model);
    }
}

/* ---- all of them ------------------------------------------------------------------------------
 */

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(void)
{
    struct dirent **entries;
    int count = scandir(FAMILIES, &entries, is_shown, alphasort);
    if (count <= 0) {
        fprintf(stderr, "no fixtures in %s: the tests run in the root of the project\n", FAMILIES);
        return 1;
    }
    struct CMUnitTest *tests = calloc((size_t)count, sizeof *tests);
    for (int i = 0; tests && i < count; i++)
        tests[i] = (struct CMUnitTest){entries[i]->d_name, family_is_as_transformers_has_it,
                                       fixture_open, fixture_close, entries[i]->d_name};
    int failed = tests ? _cmocka_run_group_tests("families", tests, (size_t)count, NULL, NULL) : 1;
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    free(tests);
    return failed;
}
