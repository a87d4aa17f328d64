/* test_oracle.c: the whole way from a directory to cosines against numbers that others computed:
 * the authors' own code on public models, and ggml on a synthetic one. They lie in ../shared; where
 * that is absent those tests are skipped by name. The demo model is always here. */
#include "ropescope/analysis.h"
#include "ropescope/views.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MODELS "../shared/models/"
#define ORACLE "../shared/oracle/"

static void need(const char *path)
{
    if (path_is_directory(path) || path_is_file(path))
        return;
    print_message("%s is not there\n", path);
    skip();
}

static struct session *open_scanned(const char *path)
{
    struct session *session;
    struct error err;
    const struct session_options options = {.no_cache = true};
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return session;
}

static cJSON *read_json(const char *path)
{
    cJSON *root;
    struct error err;
    if (json_read_file(path, 64 << 20, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return root;
}

static uint64_t whole(const cJSON *object, const char *key)
{
    uint64_t value;
    if (!json_whole(json_get(object, key), &value))
        fail_msg("no whole number \"%s\"", key);
    return value;
}

/* `count` numbers of the array against `got`. */
static void check_numbers(const cJSON *array, const float *got, size_t count, double tolerance,
                          const char *what)
{
    const cJSON *item;
    size_t i = 0;
    assert_int_equal(cJSON_GetArraySize(array), count);
    cJSON_ArrayForEach(item, array)
    {
        if (!(fabs((double)got[i] - item->valuedouble) <= tolerance))
            fail_msg("%s, number %zu: %.9g and not %.9g", what, i, (double)got[i],
                     item->valuedouble);
        i++;
    }
}

/* ---- the authors' code --------------------------------------------------- */

static const char *const thresholds[] = {"0.001", "0.005", "0.01", "0.02", "0.05",
                                         "0.1",   "0.2",   "0.3",  "0.5",  "0.8"};
enum { THRESHOLDS = sizeof thresholds / sizeof *thresholds };

static void check_awm_projection(const cJSON *want, const struct angles *angles, size_t layer,
                                 int which, uint64_t fixed[THRESHOLDS])
{
    static const char *const names[] = {"q_proj", "k_proj"};
    const struct layer *l = &angles->model->layers[layer];
    const cJSON *module = json_get(want, names[which]);
    assert_non_null(module);
    assert_int_equal(whole(module, "heads"), l->projection[which].heads);
    assert_int_equal(whole(module, "pairs"), l->pairs);
    check_numbers(json_get(module, "cos"), angles->layers[layer].set[which].cos,
                  (size_t)l->projection[which].heads * l->pairs, 2e-6, l->projection[which].tensor);
    for (size_t t = 0; t < THRESHOLDS; t++) {
        uint64_t wanted = whole(json_get(module, "fixed"), thresholds[t]);
        struct tally tally = tally_projection(angles, layer, which, strtof(thresholds[t], NULL));
        if (tally.fixed != wanted)
            fail_msg("%s at %s: %llu fixed and not %llu", l->projection[which].tensor,
                     thresholds[t], (unsigned long long)tally.fixed, (unsigned long long)wanted);
        fixed[t] += wanted;
    }
}

static void check_awm(const char *model, const char *json)
{
    uint64_t fixed[THRESHOLDS] = {0};
    need(model);
    need(json);
    struct session *session = open_scanned(model);
    const struct angles *angles = session_angles(session);
    cJSON *root = read_json(json);
    const cJSON *want;
    size_t layer = 0;
    cJSON_ArrayForEach(want, json_get(root, "layers"))
    {
        assert_true(layer < angles->model->layer_count);
        assert_int_equal(whole(want, "layer"), angles->model->layers[layer].number);
        for (int which = 0; which < PROJECTION_COUNT; which++)
            check_awm_projection(want, angles, layer, which, fixed);
        layer++;
    }
    assert_int_equal(layer, angles->model->layer_count);
    for (size_t t = 0; t < THRESHOLDS; t++) {
        struct rule rule = {strtof(thresholds[t], NULL), 0, {true, true}};
        struct tally tally = tally_model(angles, &rule);
        assert_int_equal(tally.fixed, fixed[t]);
        assert_int_equal(tally.pairs, model_pairs(angles->model));
    }
    cJSON_Delete(root);
    session_close(session);
}

static void test_stories_f32(void **state)
{
    (void)state;
    check_awm(MODELS "stories260K/stories260K-f32", ORACLE "awm/stories260K-f32.json");
}

static void test_stories_bf16(void **state)
{
    (void)state;
    check_awm(MODELS "stories260K/stories260K-bf16", ORACLE "awm/stories260K-bf16.json");
}

static void test_silly(void **state)
{
    (void)state;
    check_awm(MODELS "silly-220k/silly-220k-f32", ORACLE "awm/silly-220k-f32.json");
}

/* ---- twins: the same weights in other files ------------------------------ */

/* Largest difference of cosines of two models with the same layers. */
static double largest_difference(const struct angles *a, const struct angles *b)
{
    double largest = 0;
    assert_int_equal(a->model->layer_count, b->model->layer_count);
    for (size_t layer = 0; layer < a->model->layer_count; layer++) {
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const struct layer *l = &a->model->layers[layer];
            size_t count = (size_t)l->projection[which].heads * l->pairs;
            assert_int_equal(layer_pairs(l), layer_pairs(&b->model->layers[layer]));
            for (size_t i = 0; i < count; i++)
                largest = fmax(largest, fabs((double)a->layers[layer].set[which].cos[i] -
                                             (double)b->layers[layer].set[which].cos[i]));
        }
    }
    return largest;
}

static void check_twins(const char *left, const char *right, double tolerance)
{
    need(left);
    need(right);
    struct session *a = open_scanned(left), *b = open_scanned(right);
    double difference = largest_difference(session_angles(a), session_angles(b));
    if (!(difference > 0 && difference <= tolerance)) /* rounding does change them */
        fail_msg("%s and %s differ by %g", left, right, difference);
    session_close(a);
    session_close(b);
}

static void test_three_f16_shards(void **state)
{
    (void)state;
    check_twins(MODELS "stories260K/stories260K-f32", MODELS "stories260K/stories260K-f16-3shards",
                2e-3);
}

static void test_bf16_twin(void **state)
{
    (void)state;
    check_twins(MODELS "stories260K/stories260K-f32", MODELS "stories260K/stories260K-bf16",
                1.6e-2);
}

/* ---- planted cosines ----------------------------------------------------- */

static void check_planted_head(const cJSON *head, const struct angle_set *set, size_t at,
                               const char *what)
{
    enum { PAIRS = 32 };
    check_numbers(json_get(head, "cos"), set->cos + at, PAIRS, 1e-6, what);
    check_numbers(json_get(head, "norm1"), set->norm_a + at, PAIRS, 1e-6, what);
    check_numbers(json_get(head, "norm2"), set->norm_b + at, PAIRS, 1e-6, what);
}

static void check_planted(const char *directory)
{
    char path[PATH_BYTES];
    need(directory);
    assert_true(path_join(path, directory, "expected.json"));
    struct session *session = open_scanned(directory);
    const struct angles *angles = session_angles(session);
    cJSON *root = read_json(path);
    const cJSON *matrix, *head;
    size_t heads = 0;
    cJSON_ArrayForEach(matrix, json_get(root, "matrices"))
    {
        size_t layer = (size_t)whole(matrix, "layer");
        bool query = strcmp(json_get(matrix, "matrix")->valuestring, "q") == 0;
        const struct angle_set *set =
            &angles->layers[layer].set[query ? PROJECTION_QUERY : PROJECTION_KEY];
        cJSON_ArrayForEach(head, json_get(matrix, "heads"))
        {
            check_planted_head(head, set, 32 * (size_t)whole(head, "head"), directory);
            heads++;
        }
    }
    assert_int_equal(heads, 2 * (4 + 2));
    assert_int_equal(model_pairs(angles->model), heads * 32);
    cJSON_Delete(root);
    session_close(session);
}

static void test_planted_f32(void **state)
{
    (void)state;
    check_planted(ORACLE "gguf/oracle-hf-f32");
}

static void test_planted_f16(void **state)
{
    (void)state;
    check_planted(ORACLE "gguf/oracle-hf-f16");
}

static void test_planted_bf16(void **state)
{
    (void)state;
    check_planted(ORACLE "gguf/oracle-hf-bf16");
}

/* ---- the demo model, as its README says ---------------------------------- */

static void check_figures(const char *model, const double *means)
{
    struct session *session = open_scanned(model);
    const struct angles *angles = session_angles(session);
    assert_int_equal(angles->model->layer_count, 6);
    for (size_t i = 0; i < 6; i++) {
        struct tally tally = tally_projection(angles, i, PROJECTION_QUERY, 0.01F);
        if (!(fabs(tally_mean_abs(&tally) - means[i]) <= 0.0005 + 1e-9))
            fail_msg("%s, layer %zu: mean |cos| %.4f and not %.3f", model, i,
                     tally_mean_abs(&tally), means[i]);
    }
    session_close(session);
}

static void test_demo_means(void **state)
{
    (void)state;
    static const double base[] = {.211, .167, .163, .156, .183, .153};
    static const double tuned[] = {.213, .163, .163, .158, .183, .154};
    check_figures("tests/data/demo/base", base);
    check_figures("tests/data/demo/tuned", tuned);
}

static void test_demo_correlations(void **state)
{
    (void)state;
    static const double want[] = {.52, .57, .57, .62, .63, .63};
    struct session *session = open_scanned("tests/data/demo/base");
    const struct angles *angles = session_angles(session);
    for (size_t i = 0; i < 6; i++) {
        struct correlation correlation = correlation_layer(angles, i);
        if (!(fabs(correlation_r(&correlation) - want[i]) <= 0.005 + 1e-9))
            fail_msg("layer %zu: r = %.4f and not %.2f", i, correlation_r(&correlation), want[i]);
    }
    struct tally keys = tally_projection(angles, 0, PROJECTION_KEY, 0.01F);
    assert_true(fabs(tally_mean_abs(&keys) - .27) <= 0.005);
    assert_true(fabs(chance_mean_abs(192) - .058) <= 0.0005);
    session_close(session);
}

/* ---- two models of different depth on one profile ------------------------ */

/* The rows of one model, from `row` on, against the means of its cosines in the oracle. */
static size_t check_profile(const struct table *table, size_t row, const char *json)
{
    static const char *const names[] = {"q_proj", "k_proj"};
    cJSON *root = read_json(json);
    const cJSON *want, *item;
    cJSON_ArrayForEach(want, json_get(root, "layers"))
    {
        for (int which = 0; which < PROJECTION_COUNT; which++, row++) {
            const cJSON *array = json_get(json_get(want, names[which]), "cos");
            double sum = 0;
            cJSON_ArrayForEach(item, array) sum += fabs(item->valuedouble);
            assert_true(row < table->row_count);
            assert_int_equal(table->cell(table->context, row, 1).as.integer, whole(want, "layer"));
            double mean = table->cell(table->context, row, 3).as.real;
            if (!(fabs(mean - sum / cJSON_GetArraySize(array)) <= 1e-6))
                fail_msg("%s, row %zu: mean |cos| %.9g", json, row, mean);
        }
    }
    cJSON_Delete(root);
    return row;
}

static void test_profile_of_both(void **state)
{
    (void)state;
    need(MODELS "silly-220k/silly-220k-f32");
    need(MODELS "stories260K/stories260K-f32");
    need(ORACLE "awm");
    struct session *silly = open_scanned(MODELS "silly-220k/silly-220k-f32");
    struct session *stories = open_scanned(MODELS "stories260K/stories260K-f32");
    struct companion companion = {"stories", session_angles(stories)};
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table;
    settings.companion = &companion;
    settings.companion_count = 1;
    assert_int_equal(profile_table(session_angles(silly), &settings, &table, NULL), STATUS_OK);
    size_t row = check_profile(&table.table, 0, ORACLE "awm/silly-220k-f32.json");
    row = check_profile(&table.table, row, ORACLE "awm/stories260K-f32.json");
    assert_int_equal(row, table.table.row_count);
    view_table_free(&table);
    session_close(stories);
    session_close(silly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories_f32),     cmocka_unit_test(test_stories_bf16),
        cmocka_unit_test(test_silly),           cmocka_unit_test(test_three_f16_shards),
        cmocka_unit_test(test_bf16_twin),       cmocka_unit_test(test_planted_f32),
        cmocka_unit_test(test_planted_f16),     cmocka_unit_test(test_planted_bf16),
        cmocka_unit_test(test_demo_means),      cmocka_unit_test(test_demo_correlations),
        cmocka_unit_test(test_profile_of_both),
    };
    return cmocka_run_group_tests_name("oracle", tests, NULL, NULL);
}
