/* test_mask.c: which rows a mask freezes, by the authors' own numbers, in fused tensors and in
 * other orders of rows; and the files that it is written to. */
#include "ropescope/export.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "rule_fixture.h"
#include "scratch.h"
#include "small_angles.h"
#include "synthetic.h"

/* Sanitized code takes its time. */
#ifdef __SANITIZE_ADDRESS__
enum { SLOWER = 20 };
#else
enum { SLOWER = 1 };
#endif

#define MODELS "../shared/models/"
#define ORACLE "../shared/oracle/awm/"
#define FAMILIES "tests/fixtures/families/"

static void need(const char *path)
{
    if (path_exists(path))
        return;
    print_message("%s is not there\n", path);
    skip();
}

static struct session *open_scanned(const char *path)
{
    struct session *session;
    struct error err;
    const struct session_options options = {.no_cache = true, .threads = 1};
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return session;
}

static struct mask *made(const struct angles *angles, const struct awm *awm, enum row_order order)
{
    struct mask *mask;
    struct error err;
    if (mask_new(angles, awm, order, &mask, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return mask;
}

static struct awm rule_at(float threshold, uint32_t first_layer)
{
    struct awm awm;
    const struct rule base = {threshold, first_layer, {true, true}};
    awm_init(&awm, &base);
    return awm;
}

/* ---- the authors' numbers ------------------------------------------------ */

/* The rows of the authors' function: both of a pair by |cos| >= threshold, heads in order. The two
 * cosines of the public models that lie within rounding of a threshold do not exist: the counts are
 * held against those that came out of the authors' code. */
static void check_rows(const cJSON *module, const struct mask_tensor *tensor, const char *threshold)
{
    const int pairs = cJSON_GetObjectItem(module, "pairs")->valueint;
    const cJSON *cos;
    uint64_t frozen = 0;
    int index = 0;
    cJSON_ArrayForEach(cos, json_get(module, "cos"))
    {
        bool fixed = fabsf((float)cos->valuedouble) >= strtof(threshold, NULL);
        int a = index / pairs * 2 * pairs + index % pairs;
        assert_int_equal(tensor->trainable[a], !fixed);
        assert_int_equal(tensor->trainable[a + pairs], !fixed);
        frozen += 2 * fixed;
        index++;
    }
    assert_int_equal(tensor->rows, 2 * index);
    assert_int_equal(tensor->frozen, frozen);
    assert_int_equal(frozen, 2 * fixture_whole(json_get(module, "fixed"), threshold));
}

/* The pairs that their random baseline keeps at 0.1. */
static void check_kept(const cJSON *module, const struct mask_tensor *tensor)
{
    const int pairs = cJSON_GetObjectItem(module, "pairs")->valueint;
    const cJSON *kept, *list = json_get(module, "random_kept_pairs_at_0.1");
    assert_true(cJSON_IsArray(list));
    cJSON_ArrayForEach(kept, list)
    {
        int a = kept->valueint / pairs * 2 * pairs + kept->valueint % pairs;
        assert_int_equal(tensor->trainable[a], 1);
        assert_int_equal(tensor->trainable[a + pairs], 1);
    }
    assert_int_equal(tensor->rows - tensor->frozen, 2 * cJSON_GetArraySize(list));
}

static void check_model(const char *model, const char *oracle)
{
    static const char *const thresholds[] = {"0.001", "0.005", "0.01", "0.02", "0.05",  "0.1",
                                             "0.2",   "0.3",   "0.5",  "0.8",  "random"};
    static const char *const names[] = {"q_proj", "k_proj"};
    struct error err;
    cJSON *root;
    need(model);
    need(oracle);
    if (json_read_file(oracle, 1 << 24, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    struct session *session = open_scanned(model);
    for (size_t t = 0; t < sizeof thresholds / sizeof *thresholds; t++) {
        struct awm awm = rule_at(strtof(thresholds[t], NULL), 0);
        awm.random = *thresholds[t] == 'r';
        if (awm.random)
            awm.base.threshold = 0.1F;
        struct mask *mask = made(session_angles(session), &awm, ROW_ORDER_FILE);
        const cJSON *layer;
        size_t at = 0;
        cJSON_ArrayForEach(layer, json_get(root, "layers"))
        {
            for (size_t p = 0; p < 2; p++, at++) {
                assert_says(mask->tensors[at].weight, names[p]);
                if (awm.random)
                    check_kept(json_get(layer, names[p]), &mask->tensors[at]);
                else
                    check_rows(json_get(layer, names[p]), &mask->tensors[at], thresholds[t]);
            }
        }
        assert_int_equal(at, mask->count);
        mask_free(mask);
    }
    session_close(session);
    cJSON_Delete(root);
}

static void test_silly(void **state)
{
    (void)state;
    check_model(MODELS "silly-220k/silly-220k-f32", ORACLE "silly-220k-f32.json");
}

static void test_stories_f32(void **state)
{
    (void)state;
    check_model(MODELS "stories260K/stories260K-f32", ORACLE "stories260K-f32.json");
}

static void test_stories_bf16(void **state)
{
    (void)state;
    check_model(MODELS "stories260K/stories260K-bf16", ORACLE "stories260K-bf16.json");
}

/* ---- by hand ------------------------------------------------------------- */

static void test_every_family(void **state)
{
    (void)state;
    static const char *const families[] = {"gpt_neox",  "phi3", "codegen", "falcon_grouped",
                                           "qwen2",     "gptj", "glm",     "deepseek_v3",
                                           "qwen3_next"};
    size_t fused = 0, biases = 0;
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        char path[PATH_BYTES];
        text_format(path, sizeof path, FAMILIES "%s", families[f]);
        if (!path_is_directory(path))
            fail_msg("%s is not there", path);
        struct session *session = open_scanned(path);
        const struct angles *angles = session_angles(session);
        struct awm awm = rule_at(0.1F, 1);
        struct mask *mask = made(angles, &awm, ROW_ORDER_FILE);
        uint64_t frozen = 0;
        for (size_t i = 0; i < mask->count; i++) {
            biases += mask->tensors[i].bias != NULL;
            for (uint64_t row = 0; row < mask->tensors[i].rows; row++)
                frozen += !mask->tensors[i].trainable[row];
        }
        for (size_t l = 0; l < angles->model->layer_count; l++) {
            const struct layer *layer = &angles->model->layers[l];
            fused += layer->pairs > 0 && mask->of[l][0] == mask->of[l][1];
            for (int p = 0; p < PROJECTION_COUNT; p++)
                for (uint32_t i = 0; i < layer->projection[p].heads * layer->pairs; i++) {
                    uint64_t a, b;
                    bool fixed = l >= 1 && rule_fixes(angles->layers[l].set[p].cos[i], 0.1F);
                    const struct mask_tensor *tensor = &mask->tensors[mask->of[l][p]];
                    assert_string_equal(tensor->weight, layer->projection[p].tensor);
                    layer_pair_rows(layer, p, i / layer->pairs, i % layer->pairs, &a, &b);
                    assert_int_equal(tensor->trainable[a], !fixed);
                    assert_int_equal(tensor->trainable[b], !fixed);
                    frozen -= 2 * fixed;
                }
        }
        assert_int_equal(frozen, 0); /* no row but those of fixed pairs */
        assert_true(mask->frozen > 0 && mask->frozen == 2 * mask->fixed);
        mask_free(mask);
        session_close(session);
    }
    assert_true(fused >= 4 && biases >= 4);
}

/* The mask, the tallies and numpy agree about a random rule. */
static void test_random_rule(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct error err;
    struct awm awm = rule_at(0.7F, 2);
    rule_fixture_read(&fixture);
    if (rule_read_csv(RULE_CSV, &fixture.model, &awm, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    struct mask *mask = made(&fixture.angles, &awm, ROW_ORDER_FILE);
    assert_int_equal(mask->pairs, fixture_whole(fixture.root, "pairs"));
    assert_int_equal(mask->fixed, fixture_whole(fixture.root, "fixed"));
    assert_int_equal(mask->frozen, 2 * mask->fixed);
    const cJSON *layer, *pair;
    size_t at = 0;
    cJSON_ArrayForEach(layer, json_get(fixture.root, "layers"))
    {
        for (int p = 0; p < PROJECTION_COUNT; p++, at++) {
            const cJSON *list = json_get(json_get(layer, projection_name(p)), "fixed");
            assert_int_equal(mask->tensors[at].frozen, 2 * cJSON_GetArraySize(list));
            cJSON_ArrayForEach(pair, list)
            {
                int head = pair->valueint / FIXTURE_PAIRS, i = pair->valueint % FIXTURE_PAIRS;
                assert_int_equal(mask->tensors[at].trainable[head * 16 + i], 0);
                assert_int_equal(mask->tensors[at].trainable[head * 16 + i + 8], 0);
            }
        }
    }
    mask_free(mask);
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

static void test_refused(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct mask *mask;
    struct error err = {0};
    struct awm awm = rule_at(0.1F, 0);
    rule_fixture_read(&fixture);
    fixture.results[3].ready = false;
    assert_int_equal(mask_new(&fixture.angles, &awm, ROW_ORDER_FILE, &mask, &err), STATUS_FAILED);
    assert_says(err.what, "layer 3 has not been scanned");
    fixture.results[3].ready = true;
    fixture.layers[4].projection[0].tensor = fixture.layers[2].projection[1].tensor;
    assert_int_equal(mask_new(&fixture.angles, &awm, ROW_ORDER_FILE, &mask, &err), STATUS_FAILED);
    assert_says(err.what, "layers.2.self_attn.k_proj.weight: two tensors");
    fixture.layers[4].projection[0].tensor = "__metadata__";
    assert_int_equal(mask_new(&fixture.angles, &awm, ROW_ORDER_FILE, &mask, &err), STATUS_FAILED);
    fixture.layers[4].projection[0].tensor = "q\xff";
    assert_int_equal(mask_new(&fixture.angles, &awm, ROW_ORDER_FILE, &mask, &err), STATUS_FAILED);
    assert_says(err.what, "cannot be called so");
    fixture.layers[4].projection[0].tensor = fixture.name[8];
    fixture.layers[4].projection[0].rows = UINT64_C(1) << 40;
    assert_int_equal(mask_new(&fixture.angles, &awm, ROW_ORDER_FILE, &mask, &err), STATUS_FAILED);
    assert_says(err.what, "no model has so many rows");
    rule_fixture_free(&fixture);
}

/* ---- other orders -------------------------------------------------------- */

/* Head 1 of 8 dims: its rows 8..15 go to 8 10 12 14 9 11 13 15 and back. */
static void test_rows_move_and_come_back(void **state)
{
    (void)state;
    static const uint64_t together[8] = {8, 10, 12, 14, 9, 11, 13, 15};
    const struct naming to = {.rows = ROWS_TOGETHER, .head_dim = 8};
    const struct naming back = {.rows = ROWS_APART, .head_dim = 8};
    const struct naming stay = {.rows = ROWS_STAY, .head_dim = 8};
    for (uint64_t row = 8; row < 16; row++) {
        assert_int_equal(naming_row(&to, row), together[row - 8]);
        assert_int_equal(naming_row(&back, together[row - 8]), row);
        assert_int_equal(naming_row(&stay, row), row);
    }
}

static void check_same(const struct mask *a, const struct mask *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_string_equal(a->tensors[i].weight, b->tensors[i].weight);
        assert_int_equal(a->tensors[i].rows, b->tensors[i].rows);
        assert_memory_equal(a->tensors[i].trainable, b->tensors[i].trainable, a->tensors[i].rows);
    }
}

/* The same weights as safetensors of transformers, as GGUF and as llama2.c: one mask. */
static void test_twins(void **state)
{
    (void)state;
    static const char *const twins[] = {MODELS "stories260K/stories260K.gguf",
                                        MODELS "stories260K/stories260K.bin"};
    need(MODELS "stories260K/stories260K-f32");
    struct awm awm = rule_at(0.1F, 2);
    struct session *base = open_scanned(MODELS "stories260K/stories260K-f32");
    struct mask *hf = made(session_angles(base), &awm, ROW_ORDER_FILE);
    struct mask *meta = made(session_angles(base), &awm, ROW_ORDER_META);
    assert_int_equal(row_order_usual(session_angles(base)->model), ROW_ORDER_FILE);
    assert_string_equal(meta->tensors[3].weight, "layers.1.attention.wk.weight");
    for (size_t i = 0; i < 2; i++) {
        struct session *twin = open_scanned(twins[i]);
        const struct angles *angles = session_angles(twin);
        assert_int_equal(row_order_usual(angles->model), ROW_ORDER_HF);
        struct mask *as_hf = made(angles, &awm, ROW_ORDER_HF);
        struct mask *as_meta = made(angles, &awm, ROW_ORDER_META);
        struct mask *as_file = made(angles, &awm, ROW_ORDER_FILE);
        check_same(as_hf, hf);
        check_same(as_meta, meta);
        assert_memory_equal(as_file->tensors[4].trainable, meta->tensors[4].trainable,
                            meta->tensors[4].rows);
        assert_memory_not_equal(as_file->tensors[4].trainable, hf->tensors[4].trainable,
                                hf->tensors[4].rows);
        mask_free(as_hf);
        mask_free(as_meta);
        mask_free(as_file);
        session_close(twin);
    }
    mask_free(hf);
    mask_free(meta);
    session_close(base);
}

static void check_order(const char *path, enum row_order order, const char *says)
{
    struct mask *mask;
    struct error err = {0};
    struct awm awm = rule_at(0.1F, 0);
    struct session *session = open_scanned(path);
    assert_int_equal(mask_new(session_angles(session), &awm, order, &mask, &err), STATUS_USAGE);
    assert_says(err.what, says);
    assert_says(err.help, "--row-order file");
    session_close(session);
}

static void test_orders_that_cannot_be_had(void **state)
{
    (void)state;
    check_order(FAMILIES "gpt_neox", ROW_ORDER_META, "tensors of whole heads");
    check_order(FAMILIES "gptj", ROW_ORDER_META,
                "tensors of whole heads"); /* part of each rotates */
    check_order(FAMILIES "cohere", ROW_ORDER_META, "side by side already");
}

/* ---- the authors' pairing ------------------------------------------------ */

/* The cosines of the rows that their code pairs, from the stored rows. */
static void check_pairing(const char *path, uint32_t heads)
{
    struct session *session;
    struct source *source;
    struct checkpoint *checkpoint;
    struct error err;
    const struct session_options options = {.model = {.like_authors = true}};
    if (session_open(path, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK ||
        source_locate(path, &source, &err) != STATUS_OK ||
        checkpoint_open(source, &checkpoint, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct angles *angles = session_angles(session);
    assert_string_equal(session_origin(session), "scan"); /* and never the cache */
    assert_true(angles->model->like_authors);
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const struct projection *rows = &angles->model->layers[0].projection[p];
        const size_t half = rows->rows / heads / 2, length = rows->row_length;
        float *w = malloc(rows->rows * length * sizeof *w);
        checkpoint_rows_to_float(checkpoint, checkpoint_find(checkpoint, rows->tensor), 0,
                                 rows->rows, w);
        for (size_t i = 0; i < rows->rows / 2; i++) {
            const float *a = w + (i / half * 2 * half + i % half) * length, *b = a + half * length;
            double dot = 0, aa = 0, bb = 0;
            for (size_t k = 0; k < length; k++) {
                dot += (double)a[k] * (double)b[k];
                aa += (double)a[k] * (double)a[k];
                bb += (double)b[k] * (double)b[k];
            }
            assert_true(fabs(dot / sqrt(aa * bb) - (double)angles->layers[0].set[p].cos[i]) < 1e-6);
        }
        free(w);
    }
    checkpoint_close(checkpoint);
    source_close(source);
    session_close(session);
}

static void test_like_authors(void **state)
{
    (void)state;
    check_pairing("tests/data/demo/base", 4); /* grouped keys */
    check_pairing(FAMILIES "phi", 3);         /* part of a head rotates */
}

static void test_not_like_authors(void **state)
{
    (void)state;
    static const char *const paths[] = {FAMILIES "gpt_neox", "tests/data/golden.angles"};
    static const char *const says[] = {"their code masks q_proj and k_proj alone",
                                       "cannot change a file of angles"};
    for (size_t i = 0; i < 2; i++) {
        struct session *session;
        struct error err = {0};
        const struct session_options options = {.model = {.like_authors = true}, .no_cache = true};
        assert_int_not_equal(session_open(paths[i], &options, &session, &err), STATUS_OK);
        assert_says(err.what, says[i]);
    }
}

/* ---- files --------------------------------------------------------------- */

static void write_to(const char *name, const struct mask *mask, enum mask_format format)
{
    struct error err;
    FILE *stream = fopen(scratch_path(name), "wb");
    assert_non_null(stream);
    if (mask_write(mask, format, stream, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    fclose(stream);
}

static struct session *open_qwen2(void)
{
    return open_scanned(FAMILIES "qwen2"); /* it has biases */
}

static void test_safetensors(void **state)
{
    (void)state;
    struct opened opened;
    struct error err;
    struct session *session = open_qwen2();
    struct awm awm = rule_at(0.1F, 1);
    struct mask *mask = made(session_angles(session), &awm, ROW_ORDER_FILE);
    write_to("mask.safetensors", mask, MASK_SAFETENSORS);
    if (open_checkpoint(&opened, "mask.safetensors", &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(checkpoint_tensor_count(opened.checkpoint), 2 * mask->count);
    for (size_t i = 0; i < mask->count; i++) {
        const struct mask_tensor *want = &mask->tensors[i];
        const struct tensor *weight = checkpoint_find(opened.checkpoint, want->weight);
        const struct tensor *bias = checkpoint_find(opened.checkpoint, want->bias);
        assert_non_null(weight);
        assert_non_null(bias);
        assert_int_equal(weight->dtype, DTYPE_BOOL);
        assert_int_equal(weight->rank, 2);
        assert_int_equal(weight->shape[0], want->rows);
        assert_int_equal(weight->shape[1], 1);
        assert_int_equal(bias->rank, 1);
        assert_int_equal(bias->shape[0], want->rows);
        assert_memory_equal(checkpoint_data(opened.checkpoint, weight), want->trainable,
                            want->rows);
        assert_memory_equal(checkpoint_data(opened.checkpoint, bias), want->trainable, want->rows);
    }
    close_opened(&opened);
    mask_free(mask);
    session_close(session);
}

static void check_ranges(const cJSON *object, const struct mask_tensor *want, int sizes)
{
    const cJSON *range;
    unsigned char *rows = malloc(want->rows);
    memset(rows, 1, want->rows);
    assert_int_equal(cJSON_GetArraySize(json_get(object, "shape")), sizes);
    assert_int_equal(cJSON_GetArrayItem(json_get(object, "shape"), 0)->valueint, want->rows);
    cJSON_ArrayForEach(range, json_get(object, "frozen"))
    {
        int first = cJSON_GetArrayItem(range, 0)->valueint;
        int end = cJSON_GetArrayItem(range, 1)->valueint;
        assert_true(first >= 0 && first < end && (uint64_t)end <= want->rows);
        assert_true(first == 0 || rows[first - 1] == 1); /* ranges never touch */
        memset(rows + first, 0, (size_t)(end - first));
    }
    assert_memory_equal(rows, want->trainable, want->rows);
    free(rows);
}

static const char *said(const cJSON *about, const char *key)
{
    const char *text = cJSON_GetStringValue(json_get(about, key));
    if (!text)
        fail_msg("no text \"%s\"", key);
    return text;
}

static void test_json(void **state)
{
    (void)state;
    cJSON *root;
    struct error err;
    struct session *session = open_qwen2();
    struct awm awm = rule_at(0.1F, 1), again;
    assert_true(awm_set(&awm, &(struct rule_line){{1, PROJECTION_KEY, 0}, NAN, EXCEPTION_FREE}));
    awm.random = true;
    struct mask *mask = made(session_angles(session), &awm, ROW_ORDER_FILE);
    write_to("mask.json", mask, MASK_JSON);
    if (json_read_file(scratch_path("mask.json"), 1 << 20, &root, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const cJSON *tensors = json_get(root, "tensors"), *about = json_get(root, "metadata");
    assert_int_equal(cJSON_GetArraySize(tensors), 2 * mask->count);
    for (size_t i = 0; i < mask->count; i++) {
        check_ranges(json_get(tensors, mask->tensors[i].weight), &mask->tensors[i], 2);
        check_ranges(json_get(tensors, mask->tensors[i].bias), &mask->tensors[i], 1);
    }
    assert_string_equal(said(about, "threshold"), "0.1");
    assert_string_equal(said(about, "first_layer"), "1");
    assert_string_equal(said(about, "projection"), "both");
    assert_string_equal(said(about, "random"), "true");
    assert_string_equal(said(about, "seed"), "13");
    assert_says(said(about, "rule"), "drawn at random");
    scratch_text("rule.csv", said(about, "thresholds"));
    awm_init(&again, &awm.base);
    if (rule_read_csv(scratch_path("rule.csv"), session_angles(session)->model, &again, &err) !=
        STATUS_OK)
        fail_msg("%s", err.what);
    assert_true(again.line_count == 1 && again.lines[0].exception == EXCEPTION_FREE);
    cJSON_Delete(root);
    mask_free(mask);
    awm_free(&again);
    awm_free(&awm);
    session_close(session);
}

static void test_csv(void **state)
{
    (void)state;
    struct small_angles small;
    char line[256];
    size_t lines = 0, frozen = 0;
    struct awm awm = rule_at(0.1F, 2);
    small_angles_fill(&small);
    small.results[3].ready = true;
    small.angles.layers[3].ready = true;
    for (size_t layer = 0; layer < SMALL_LAYERS; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            static char names[SMALL_LAYERS][PROJECTION_COUNT][16];
            struct projection *rows = &small.layers[layer].projection[p];
            text_format(names[layer][p], 16, "%zu,%d", layer, p); /* which CSV must quote */
            rows->tensor = names[layer][p];
            rows->rows = 2ULL * rows->heads * SMALL_PAIRS;
            rows->map.group_stride = 2 * SMALL_PAIRS;
            small.layers[layer].head_dim = 2 * SMALL_PAIRS;
        }
    small.model.format = "safetensors";
    small.model.family = "llama";
    struct mask *mask = made(&small.angles, &awm, ROW_ORDER_FILE);
    write_to("mask.csv", mask, MASK_CSV);
    FILE *stream = fopen(scratch_path("mask.csv"), "r");
    assert_non_null(fgets(line, sizeof line, stream));
    assert_string_equal(line,
                        "layer,projection,head,pair,cos,frozen,tensor,row_a,row_b,pairing\r\n");
    while (fgets(line, sizeof line, stream)) {
        char *at = strstr(line, ",\"");
        assert_non_null(at);
        frozen += at[-1] == '1';
        lines++;
        if (strncmp(line, "2,query,3,5,", 12) == 0) /* undefined */
            assert_string_equal(line, "2,query,3,5,,0,\"2,0\",53,61,half-split\r\n");
    }
    fclose(stream);
    assert_int_equal(lines, 4 * (SMALL_QUERY_HEADS + SMALL_KEY_HEADS) * SMALL_PAIRS);
    assert_int_equal(frozen, mask->fixed);
    mask_free(mask);
}

/* The frozen pairs of the table are those of numpy's random rule. */
static void test_csv_of_random_rule(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct error err;
    struct awm awm = rule_at(0.7F, 2);
    char line[256], start[64];
    uint64_t frozen = 0;
    rule_fixture_read(&fixture);
    if (rule_read_csv(RULE_CSV, &fixture.model, &awm, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    struct mask *mask = made(&fixture.angles, &awm, ROW_ORDER_FILE);
    write_to("mask.csv", mask, MASK_CSV);
    FILE *stream = fopen(scratch_path("mask.csv"), "r");
    assert_non_null(fgets(line, sizeof line, stream));
    for (int index = 0; index < 2 * FIXTURE_LAYERS; index++) {
        const char *name = projection_name(index % 2);
        const cJSON *layer = cJSON_GetArrayItem(json_get(fixture.root, "layers"), index / 2);
        const cJSON *fixed = json_get(json_get(layer, name), "fixed")->child;
        const int pairs = (int)fixture.layers[0].projection[index % 2].heads * FIXTURE_PAIRS;
        for (int pair = 0; pair < pairs; pair++) {
            const bool wanted = fixed && fixed->valueint == pair;
            assert_non_null(fgets(line, sizeof line, stream));
            text_format(start, sizeof start, "%d,%s,%d,%d,", index / 2, name, pair / FIXTURE_PAIRS,
                        pair % FIXTURE_PAIRS);
            assert_memory_equal(line, start, strlen(start));
            assert_int_equal(strstr(line, ",\"")[-1], wanted ? '1' : '0');
            fixed = wanted ? fixed->next : fixed;
            frozen += wanted;
        }
    }
    assert_null(fgets(line, sizeof line, stream));
    assert_int_equal(frozen, fixture_whole(fixture.root, "fixed"));
    fclose(stream);
    mask_free(mask);
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

/* As large as the largest Llama: from a file of angles to a file that a reader opens. */
static void test_largest(void **state)
{
    (void)state;
    const struct synthetic shape = {.layers = 126,
                                    .query_heads = 128,
                                    .key_heads = 128,
                                    .pairs = 64,
                                    .still_layer = -1,
                                    .waiting_layer = -1,
                                    .name = "large"};
    static char names[252][64];
    struct angles *angles = synthetic_new(&shape), *again;
    struct opened opened;
    struct error err;
    for (size_t i = 0; i < 252; i++) {
        text_format(names[i], sizeof names[i], "model.layers.%zu.self_attn.%s.weight", i / 2,
                    i % 2 ? "k_proj" : "q_proj");
        angles->model->layers[i / 2].projection[i % 2].tensor = names[i];
    }
    FILE *stream = fopen(scratch_path("large.angles"), "wb");
    assert_int_equal(angles_write(angles, stream, &err), STATUS_OK);
    fclose(stream);
    const clock_t start = clock();
    assert_int_equal(angles_read(scratch_path("large.angles"), &again, &err), STATUS_OK);
    struct awm awm = rule_at(0.01F, 2);
    struct mask *mask = made(again, &awm, ROW_ORDER_FILE);
    write_to("large.safetensors", mask, MASK_SAFETENSORS);
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds >= SLOWER * 1.0)
        fail_msg("%.2f s", seconds);
    if (open_checkpoint(&opened, "large.safetensors", &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(checkpoint_tensor_count(opened.checkpoint), 252);
    for (size_t i = 0; i < 252; i++) {
        const struct projection *p = &angles->model->layers[i / 2].projection[i % 2];
        const struct tensor *tensor = checkpoint_find(opened.checkpoint, p->tensor);
        assert_true(tensor && tensor->shape[0] == p->rows && tensor->dtype == DTYPE_BOOL);
    }
    close_opened(&opened);
    mask_free(mask);
    angles_free(again);
    synthetic_free(angles);
}

static void test_formats_by_name(void **state)
{
    (void)state;
    assert_int_equal(mask_format_of_path("a/b.safetensors"), MASK_SAFETENSORS);
    assert_int_equal(mask_format_of_path("b.csv"), MASK_CSV);
    assert_int_equal(mask_format_of_path("b.json"), MASK_JSON);
    assert_int_equal(mask_format_of_path("a.csv/b"), MASK_JSON);
    assert_int_equal(mask_format_of_path("-"), MASK_JSON);
    assert_int_equal(mask_format_of_path(NULL), MASK_JSON);
}

/* A full disk is told, not swallowed. */
static void test_full_disk(void **state)
{
    (void)state;
    struct session *session = open_qwen2();
    struct awm awm = rule_at(0.1F, 1);
    struct mask *mask = made(session_angles(session), &awm, ROW_ORDER_FILE);
    for (int format = 0; format < MASK_FORMAT_COUNT; format++) {
        struct error err = {0};
        FILE *stream = fopen("/dev/full", "wb");
        assert_non_null(stream);
        assert_int_equal(mask_write(mask, (enum mask_format)format, stream, &err), STATUS_FAILED);
        assert_says(err.what, "No space left");
        fclose(stream);
    }
    mask_free(mask);
    session_close(session);
}

/* The angles and the file of them have one fingerprint; another cosine makes another. */
static void test_fingerprint(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    rule_fixture_read(&fixture);
    uint64_t before = angles_fingerprint(&fixture.angles);
    uint32_t other_nan = 0xffc12345U;
    for (size_t i = 0; i < FIXTURE_HEADS * FIXTURE_PAIRS; i++)
        if (isnan(fixture.cos[1][0][i]))
            memcpy(&fixture.cos[1][0][i], &other_nan, sizeof other_nan);
    assert_true(angles_fingerprint(&fixture.angles) == before);
    fixture.cos[5][1][3] = nextafterf(fixture.cos[5][1][3], 0);
    assert_true(angles_fingerprint(&fixture.angles) != before);
    rule_fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silly),
        cmocka_unit_test(test_stories_f32),
        cmocka_unit_test(test_stories_bf16),
        cmocka_unit_test(test_every_family),
        cmocka_unit_test(test_random_rule),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rows_move_and_come_back),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_orders_that_cannot_be_had),
        cmocka_unit_test(test_like_authors),
        cmocka_unit_test(test_not_like_authors),
        cmocka_unit_test(test_safetensors),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_of_random_rule),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_formats_by_name),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_fingerprint),
    };
    return cmocka_run_group_tests_name("mask", tests, scratch_make, scratch_remove);
}
