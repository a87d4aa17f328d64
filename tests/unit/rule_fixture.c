/* rule_fixture.c: reads the random rule's cosines. */
#include "rule_fixture.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

uint64_t fixture_whole(const cJSON *object, const char *key)
{
    uint64_t value;
    if (!json_whole(json_get(object, key), &value))
        fail_msg("no whole number \"%s\"", key);
    return value;
}

static void fill_projection(struct rule_fixture *fixture, size_t layer, int which,
                            const cJSON *module)
{
    static const char *const stems[] = {"q_proj", "k_proj"};
    const uint32_t heads = which == PROJECTION_QUERY ? FIXTURE_HEADS : FIXTURE_HEADS / 2;
    char *name = fixture->name[2 * layer + (size_t)which];
    const cJSON *value;
    size_t i = 0;
    cJSON_ArrayForEach(value, cJSON_GetObjectItem(module, "cos"))
    {
        fixture->cos[layer][which][i++] =
            cJSON_IsNull(value) ? NAN : (float)cJSON_GetNumberValue(value);
    }
    assert_int_equal(i, heads * FIXTURE_PAIRS);
    text_format(name, 64, "model.layers.%zu.self_attn.%s.weight", layer, stems[which]);
    fixture->layers[layer].projection[which] = (struct projection){
        .tensor = name,
        .file = "model.safetensors",
        .rows = 2ULL * heads * FIXTURE_PAIRS,
        .row_length = FIXTURE_LENGTH,
        .heads = heads,
        .map = {.group_stride = 2 * FIXTURE_PAIRS, .group = 1},
    };
    fixture->results[layer].set[which].cos = fixture->cos[layer][which];
}

void rule_fixture_read(struct rule_fixture *fixture)
{
    struct error err;
    const cJSON *layer;
    size_t index = 0;
    *fixture = (struct rule_fixture){0};
    if (json_read_file("tests/fixtures/awm/rule.json", 1 << 20, &fixture->root, NULL, &err) !=
        STATUS_OK)
        fail_msg("%s", err.what);
    cJSON_ArrayForEach(layer, json_get(fixture->root, "layers"))
    {
        assert_true(index < FIXTURE_LAYERS);
        fixture->layers[index] = (struct layer){.number = (uint32_t)index,
                                                .head_dim = 2 * FIXTURE_PAIRS,
                                                .pairs = FIXTURE_PAIRS,
                                                .note = ""};
        for (int which = 0; which < PROJECTION_COUNT; which++)
            fill_projection(fixture, index, which, json_get(layer, projection_name(which)));
        fixture->results[index++].ready = true;
    }
    assert_int_equal(index, FIXTURE_LAYERS);
    fixture->model = (struct model){.name = "random",
                                    .family = "llama",
                                    .path = "/nowhere",
                                    .format = "safetensors",
                                    .layers = fixture->layers,
                                    .layer_count = FIXTURE_LAYERS};
    fixture->angles = (struct angles){
        .model = &fixture->model, .layers = fixture->results, .ready = FIXTURE_LAYERS};
}

void rule_fixture_free(struct rule_fixture *fixture)
{
    cJSON_Delete(fixture->root);
}
