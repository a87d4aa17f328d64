/* Base against fine-tune: every distance and both angles against float64 numpy (tests/fixtures/
 * change), rows of two dtypes, rows under an adapter, a model against itself, one row altered, and
 * what cannot be compared. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "file_bytes.h"
#include "made_model.h"
#include "ropescope/change.h"
#include "scratch.h"
#include "views/change.h"

#define FIXTURES "tests/fixtures/change/"
#define DEMO "tests/data/demo/"
#define ADAPTERS "tests/fixtures/adapters/"

struct compared {
    struct session *base, *tuned;
    struct comparison *comparison;
    const struct changes *changes;
};

static enum status compare(struct compared *out, const char *base, const char *tuned,
                           const char *adapter, struct error *err)
{
    struct session_options options = {.no_cache = true, .threads = 2}, as = options;
    as.adapter = adapter;
    *out = (struct compared){0};
    assert_int_equal(session_open(base, &options, &out->base, err), STATUS_OK);
    assert_int_equal(session_open(tuned, &as, &out->tuned, err), STATUS_OK);
    enum status status = comparison_start(out->base, out->tuned, 2, &out->comparison, err);
    if (status == STATUS_OK)
        status = comparison_wait(out->comparison, NULL, NULL, err);
    if (status == STATUS_OK)
        out->changes = comparison_changes(out->comparison);
    return status;
}

static void end(struct compared *compared)
{
    comparison_close(compared->comparison);
    session_close(compared->base);
    session_close(compared->tuned);
}

/* ---- numpy --------------------------------------------------------------- */

static void assert_near(double value, double expected, double size)
{
    if (!(fabs(value - expected) <= 1e-6 * fmax(size, fabs(expected))))
        fail_msg("%.9g is not %.9g", value, expected);
}

/* What the maps show of a head: means of what numpy says of its pairs. */
static void check_heads(const struct changes *changes, double sums[8][2][4][2])
{
    for (size_t i = 0; i < changes->base->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct layer *layer = &changes->base->model->layers[i];
            for (uint32_t h = 0; h < layer->projection[p].heads; h++) {
                assert_near(change_measure(changes, MEASURE_DISTANCE, i, p, h),
                            sums[i][p][h][0] / layer->pairs, 1);
                assert_near(change_measure(changes, MEASURE_DELTA_COS, i, p, h),
                            sums[i][p][h][1] / layer->pairs, 1);
                assert_true(isfinite(change_measure(changes, MEASURE_DELTA_NORM, i, p, h)));
            }
        }
}

static void check_against(const char *csv, const char *base, const char *tuned, const char *adapter)
{
    struct compared compared;
    struct error err;
    char line[256];
    size_t lines = 0;
    double sums[8][2][4][2] = {{{{0}}}}; /* (layer, projection, head, measure) */
    if (compare(&compared, base, tuned, adapter, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct changes *changes = compared.changes;
    assert_int_equal(changes->ready, changes->base->model->layer_count);
    assert_true(angles_complete(changes->base) && angles_complete(changes->tuned));
    FILE *file = fopen(csv, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file); lines++) {
        unsigned layer, which, head, pair;
        double cos, cos_tuned, distance, relative;
        assert_int_equal(sscanf(line, "%u,%u,%u,%u,%lf,%lf,%lf,%lf", &layer, &which, &head, &pair,
                                &cos, &cos_tuned, &distance, &relative),
                         8);
        size_t at = (size_t)head * changes->base->model->layers[layer].pairs + pair;
        assert_near((double)changes->base->layers[layer].set[which].cos[at], cos, 1);
        assert_near((double)changes->tuned->layers[layer].set[which].cos[at], cos_tuned, 1);
        assert_near((double)changes->distance[2 * layer + which][at], distance, 0);
        assert_near(change_relative(changes, layer, (int)which, at), relative, 0);
        sums[layer][which][head][0] += distance;
        sums[layer][which][head][1] += fabs(cos_tuned) - fabs(cos);
    }
    check_heads(changes, sums);
    fclose(file);
    assert_int_equal(lines, model_pairs(changes->base->model));
    end(&compared);
}

static void demo_is_what_numpy_says(void **state)
{
    (void)state;
    check_against(FIXTURES "demo.csv", DEMO "base", DEMO "tuned", NULL);
}

static void rows_of_two_dtypes(void **state)
{
    (void)state;
    check_against(FIXTURES "mixed.csv", ADAPTERS "llama", ADAPTERS "llama_bf16", NULL);
}

static void rows_under_an_adapter(void **state)
{
    (void)state;
    check_against(FIXTURES "adapter.csv", ADAPTERS "llama", ADAPTERS "llama", ADAPTERS "plain");
}

/* ---- groups -------------------------------------------------------------- */

static uint32_t all_heads(const void *context, size_t layer, int projection, uint32_t *first)
{
    const struct model *model = context;
    *first = 0;
    return model->layers[layer].projection[projection].heads;
}

static void assert_spread(const struct cJSON *expected, const struct spread *spread)
{
    const double values[] = {(double)spread->count, spread->mean, spread->q25, spread->median,
                             spread->q75};
    for (int i = 0; i < 5; i++)
        assert_near(values[i], cJSON_GetArrayItem(expected, i)->valuedouble, 0);
}

static void groups_are_what_numpy_says(void **state)
{
    (void)state;
    struct compared compared;
    struct error err;
    struct cJSON *expected;
    assert_int_equal(json_read_file(FIXTURES "demo.json", 1 << 20, &expected, NULL, NULL),
                     STATUS_OK);
    assert_int_equal(compare(&compared, DEMO "base", DEMO "tuned", NULL, &err), STATUS_OK);
    const struct model *model = compared.changes->base->model;
    static const struct {
        enum change_by by;
        const char *key;
    } kinds[] = {
        {CHANGE_BY_BIN, "bins"}, {CHANGE_BY_LAYER, "layer"}, {CHANGE_BY_FREQUENCY, "frequency"}};
    for (size_t k = 0; k < 3; k++) {
        const struct cJSON *wanted = cJSON_GetObjectItem(expected, kinds[k].key);
        size_t count;
        int seen = 0;
        struct change_group *groups =
            change_groups_new(compared.changes, kinds[k].by, all_heads, model, &count);
        for (size_t i = 0; i < count; i++) {
            char name[32];
            bool bins = kinds[k].by == CHANGE_BY_BIN;
            text_format(name, sizeof name, bins ? "%zu" : "%zu.%d", groups[i].index,
                        groups[i].projection);
            const struct cJSON *item = cJSON_GetObjectItem(wanted, name);
            assert_true((item != NULL) == (groups[i].distance.count > 0));
            if (item)
                assert_spread(item, &groups[i].distance);
            seen += item != NULL;
        }
        assert_int_equal(seen, cJSON_GetArraySize(wanted));
        memory_free(groups);
    }
    const struct rule rule = RULE_DEFAULT;
    const struct cJSON *line;
    cJSON_ArrayForEach(line, cJSON_GetObjectItem(expected, "threshold"))
    {
        struct change_share share = change_share_of_rule(
            compared.changes, &rule, (float)cJSON_GetArrayItem(line, 0)->valuedouble);
        const double values[] = {(double)share.pairs, (double)share.trainable, share.change,
                                 share.kept};
        for (int i = 0; i < 4; i++)
            assert_near(values[i], cJSON_GetArrayItem(line, i + 1)->valuedouble, 0);
    }
    cJSON_Delete(expected);
    end(&compared);
}

/* ---- models made for it -------------------------------------------------- */

enum { ROW = 5, HEAD_DIM = 16, HIDDEN = 40 };

/* Two equal models, but for a number of row ROW of the second layer's keys in the second model. */
static void make_two(enum made_dtype dtype, const unsigned char *number, size_t size)
{
    struct made_model model = {.layers = 2,
                               .heads = 4,
                               .kv_heads = 2,
                               .head_dim = HEAD_DIM,
                               .hidden = HIDDEN,
                               .dtype = dtype,
                               .seed = 7};
    struct error err;
    struct opened opened;
    assert_true(made_model_write(&model, scratch_path("one")));
    assert_true(made_model_write(&model, scratch_path("two")));
    if (open_model(&opened, "two", &(struct model_options){0}, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct projection *p = &opened.model->layers[1].projection[PROJECTION_KEY];
    uint64_t offset =
        checkpoint_tensor(opened.checkpoint, p->index)->offset + ROW * HIDDEN * (uint64_t)size;
    close_opened(&opened);
    if (number)
        file_patch(scratch_path("two/model.safetensors"), (size_t)offset, number, size);
}

/* How many pairs changed, and which one was the last of them. */
static size_t count_changed(const struct changes *changes, size_t last[4])
{
    size_t changed = 0;
    for (size_t i = 0; i < changes->base->model->layer_count; i++)
        for (size_t p = 0; p < PROJECTION_COUNT; p++) {
            const struct layer *layer = &changes->base->model->layers[i];
            for (size_t at = 0; at < (size_t)layer->projection[p].heads * layer->pairs; at++)
                if (changes->distance[2 * i + p][at] != 0) {
                    memcpy(last, (size_t[]){i, p, at / layer->pairs, at % layer->pairs},
                           4 * sizeof *last);
                    changed++;
                }
        }
    return changed;
}

static const struct {
    enum made_dtype dtype;
    unsigned char one[8]; /* the number 1 */
    size_t size;
} made[] = {{MADE_F32, {0, 0, 0x80, 0x3f}, 4},
            {MADE_F16, {0, 0x3c}, 2},
            {MADE_BF16, {0x80, 0x3f}, 2},
            {MADE_F64, {0, 0, 0, 0, 0, 0, 0xf0, 0x3f}, 8}};

static void a_model_against_itself_did_not_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct compared compared;
        struct error err;
        size_t last[4];
        make_two(made[i].dtype, NULL, made[i].size);
        assert_int_equal(compare(&compared, scratch_path("one"), scratch_path("one"), NULL, &err),
                         STATUS_OK);
        assert_int_equal(count_changed(compared.changes, last), 0);
        struct change_share share = change_share_projection(compared.changes, 0, 0, 0.1F);
        assert_true(share.pairs > 0 && isnan(change_share_kept(&share)));
        end(&compared);
    }
}

static void one_row_shows_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        struct compared compared;
        struct error err;
        size_t last[4];
        char one[PATH_BYTES];
        make_two(made[i].dtype, made[i].one, made[i].size);
        text_format(one, sizeof one, "%s", scratch_path("one"));
        assert_int_equal(compare(&compared, one, scratch_path("two"), NULL, &err), STATUS_OK);
        assert_int_equal(count_changed(compared.changes, last), 1);
        assert_int_equal(last[0], 1);
        assert_int_equal(last[1], PROJECTION_KEY);
        assert_int_equal(last[2], 0);
        assert_int_equal(last[3], ROW); /* half-split: rows 5 and 13 */
        end(&compared);
    }
}

/* ---- what cannot be compared --------------------------------------------- */

static void other_shapes_are_refused_by_name(void **state)
{
    (void)state;
    struct made_model model = {.layers = 2,
                               .heads = 4,
                               .kv_heads = 2,
                               .head_dim = HEAD_DIM,
                               .hidden = HIDDEN,
                               .dtype = MADE_BF16},
                      other;
    static const struct {
        uint32_t layers, kv_heads, head_dim, hidden;
        const char *says;
    } cases[] = {{3, 2, 16, 40, "2 layers and the tuned model 3"},
                 {2, 4, 16, 40, "layer 0, key: the base has 2 heads and the tuned model 4"},
                 {2, 2, 20, 40, "layer 0: the base has 8 pairs a head and the tuned model 10"},
                 {2, 2, 16, 48, "layer 0, query: the base has 40 numbers a row"}};
    char one[PATH_BYTES];
    text_format(one, sizeof one, "%s", scratch_path("one"));
    assert_true(made_model_write(&model, one));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compared compared;
        struct error err;
        other = model;
        other.layers = cases[i].layers;
        other.kv_heads = cases[i].kv_heads;
        other.head_dim = cases[i].head_dim;
        other.hidden = cases[i].hidden;
        assert_true(made_model_write(&other, scratch_path("other")));
        assert_int_equal(compare(&compared, one, scratch_path("other"), NULL, &err), STATUS_FAILED);
        assert_says(err.what, cases[i].says);
        end(&compared);
    }
}

static void files_of_angles_have_no_rows(void **state)
{
    (void)state;
    struct session *base, *file;
    struct comparison *comparison;
    struct session_options options = {.no_cache = true};
    struct error err;
    char path[PATH_BYTES];
    text_format(path, sizeof path, "%s", scratch_path("demo.angles"));
    assert_int_equal(session_open(DEMO "base", &options, &base, &err), STATUS_OK);
    assert_int_equal(session_wait(base, NULL, NULL, &err), STATUS_OK);
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(angles_write(session_angles(base), stream, &err), STATUS_OK);
    fclose(stream);
    assert_int_equal(session_open(path, &options, &file, &err), STATUS_OK);
    assert_int_equal(comparison_start(base, file, 1, &comparison, &err), STATUS_FAILED);
    assert_says(err.what, "a file of angles holds no rows");
    session_close(base);
    session_close(file);
}

/* A file that ends before its rows do. */
static void a_file_that_shrinks_is_told(void **state)
{
    (void)state;
    struct compared compared = {0};
    struct session_options options = {.no_cache = true};
    struct error err;
    char one[PATH_BYTES], two[PATH_BYTES];
    make_two(MADE_F32, NULL, 4);
    text_format(one, sizeof one, "%s", scratch_path("one"));
    text_format(two, sizeof two, "%s", scratch_path("two/model.safetensors"));
    assert_int_equal(session_open(one, &options, &compared.base, &err), STATUS_OK);
    assert_int_equal(session_open(scratch_path("two"), &options, &compared.tuned, &err), STATUS_OK);
    assert_int_equal(comparison_start(compared.base, compared.tuned, 1, &compared.comparison, &err),
                     STATUS_OK);
    size_t size;
    unsigned char *bytes = file_get(two, &size);
    file_patch(two, size - 1, "x", 1); /* another time stamp is enough */
    memory_free(bytes);
    assert_int_equal(comparison_wait(compared.comparison, NULL, NULL, &err), STATUS_FAILED);
    assert_says(err.what, "two/model.safetensors");
    end(&compared);
}

/* ---- the distance of two rows -------------------------------------------- */

static double drawn(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (double)(int32_t)(uint32_t)(*seed >> 32) / 2147483648.0;
}

/* By every kernel, at odd lengths, for differences far smaller than the rows and for such that
 * leave float32. */
static void distances_are_those_of_float64(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 3, 31, 64, 65, 127, 1000, 4096, 16384};
    static const double sizes[] = {1, 1e-5, 1e-30, 1e25};
    static float x[16384], y[16384];
    uint64_t seed = 1;
    for (size_t k = 0; kernel_at(k); k++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                double sum = 0;
                for (size_t i = 0; i < lengths[l]; i++) {
                    double scale = sizes[s] < 1e-5 || sizes[s] > 1 ? sizes[s] : 1;
                    x[i] = (float)(drawn(&seed) * scale);
                    y[i] = (float)((double)x[i] + drawn(&seed) * sizes[s]);
                    sum += pow(((double)x[i] - (double)y[i]) / sizes[s], 2);
                }
                double expected = sqrt(sum) * sizes[s];
                file_order(x, sizeof *x, lengths[l]);
                file_order(y, sizeof *y, lengths[l]);
                double value = kernel_distance(kernel_at(k), DTYPE_F32, x, y, lengths[l]);
                if (!(fabs(value - expected) <= 1e-6 * expected))
                    fail_msg("%s, %zu numbers: %.9g is not %.9g", kernel_name(kernel_at(k)),
                             lengths[l], value, expected);
                assert_true(kernel_distance(kernel_at(k), DTYPE_F32, x, x, lengths[l]) == 0);
                y[lengths[l] / 2] = NAN;
                file_order(&y[lengths[l] / 2], sizeof *y, 1);
                assert_true(isnan(kernel_distance(kernel_at(k), DTYPE_F32, x, y, lengths[l])));
            }
}

/* What one pass over four rows gives is what each pair and each distance give alone, bit for bit
 * where cosines are concerned; also for rows whose squares leave float32. */
static void four_rows_at_once(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 31, 64, 100, 1024, 4099};
    static const float sizes[] = {1, 1e-25F, 1e25F};
    static float row[4][4099];
    const unsigned char *const rows[4] = {
        (const unsigned char *)row[0], (const unsigned char *)row[1], (const unsigned char *)row[2],
        (const unsigned char *)row[3]};
    uint64_t seed = 3;
    for (size_t k = 0; kernel_at(k); k++)
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
                const struct kernel *kernel = kernel_at(k);
                for (int r = 0; r < 4; r++) {
                    for (size_t i = 0; i < lengths[l]; i++)
                        row[r][i] = (float)drawn(&seed) * sizes[s];
                    file_order(row[r], sizeof *row[r], lengths[l]);
                }
                if (l % 2)
                    memcpy(row[2], row[0], sizeof row[0]); /* a row that stayed */
                struct twin_angle twin = kernel_twin(kernel, DTYPE_F32, rows, lengths[l]);
                struct pair_angle base =
                    kernel_angle(kernel, DTYPE_F32, row[0], row[1], lengths[l]);
                struct pair_angle tuned =
                    kernel_angle(kernel, DTYPE_F32, row[2], row[3], lengths[l]);
                double distance = (kernel_distance(kernel, DTYPE_F32, row[0], row[2], lengths[l]) +
                                   kernel_distance(kernel, DTYPE_F32, row[1], row[3], lengths[l])) /
                                  2;
                assert_memory_equal(&twin.base, &base, sizeof base);
                assert_memory_equal(&twin.tuned, &tuned, sizeof tuned);
                assert_true(fabs(twin.distance - distance) <= 1e-12 * distance);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(demo_is_what_numpy_says),
        cmocka_unit_test(rows_of_two_dtypes),
        cmocka_unit_test(rows_under_an_adapter),
        cmocka_unit_test(groups_are_what_numpy_says),
        cmocka_unit_test(a_model_against_itself_did_not_change),
        cmocka_unit_test(one_row_shows_alone),
        cmocka_unit_test(other_shapes_are_refused_by_name),
        cmocka_unit_test(files_of_angles_have_no_rows),
        cmocka_unit_test(a_file_that_shrinks_is_told),
        cmocka_unit_test(distances_are_those_of_float64),
        cmocka_unit_test(four_rows_at_once),
    };
    return cmocka_run_group_tests_name("change", tests, scratch_make, scratch_remove);
}
