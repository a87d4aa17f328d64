/* test_budget.c: trainable numbers before and after a mask: the authors' own figures from the
 * shapes of their models, and numpy's for a random rule. */
#include "ropescope/awm.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "ropescope/export.h"
#include "rule_fixture.h"
#include "scratch.h"
#include "shapes.h"

static const struct rule base = {0.01F, 2, {true, true}};

static struct budget budget(const struct angles *angles, const struct awm *awm,
                            const struct training *training)
{
    struct budget out;
    struct error err;
    if (budget_of(angles, awm, training, &out, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return out;
}

static void assert_ratio(uint64_t before, uint64_t left, const char *printed)
{
    char text[TEXT_NUMBER];
    text_format(text, sizeof text, "%.2f", budget_ratio(before, left));
    assert_string_equal(text, printed);
}

/* ---- the authors' setups, from shapes alone ------------------------------ */

static void check_setup(const struct shapes *shapes, const struct model_options *options,
                        const char *preset, uint64_t trainable, const char *at_most)
{
    struct awm awm;
    awm_init(&awm, &base);
    struct angles *angles = shapes_open(shapes, preset, options);
    struct budget got = budget(angles, &awm, &training_preset_named(preset)->training);
    assert_int_equal(got.before, trainable);
    assert_ratio(got.before, got.least, at_most);
    assert_false(got.complete); /* nothing was scanned */
    assert_int_equal(got.state_bytes, 8 * trainable);
    angles_free(angles);
}

static void test_alpaca_lora(void **state)
{
    (void)state;
    check_setup(&llama_2_7b, NULL, "alpaca-lora", 4194304, "23.44");
}

static void test_loftq_llama(void **state)
{
    (void)state;
    check_setup(&llama_2_7b, NULL, "loftq", 159907840, "9.84");
}

static void test_loftq_mistral(void **state)
{
    (void)state;
    check_setup(&mistral_7b, NULL, "loftq", 167772160, "5.86");
}

static void test_loftq_phi(void **state)
{
    (void)state;
    check_setup(&phi_2, NULL, "loftq-phi", 94371840, "4.17");
}

/* Their pairing of all 80 dims of a head would print more. Grouped keys are cut otherwise, but as
 * many. */
static void test_like_authors(void **state)
{
    (void)state;
    const struct model_options theirs = {.like_authors = true};
    check_setup(&phi_2, &theirs, "loftq-phi", 94371840, "10.42");
    check_setup(&mistral_7b, &theirs, "loftq", 167772160, "5.86");
    check_setup(&llama_2_7b, &theirs, "alpaca-lora", 4194304, "23.44");
}

/* Which rows their code pairs: head i of n, dim j: rows i * hd + j and + hd / 2, hd = rows / n. */
static void test_rows_of_the_authors(void **state)
{
    (void)state;
    const struct model_options theirs = {.like_authors = true};
    struct angles *angles = shapes_open(&mistral_7b, "theirs", &theirs);
    const struct layer *layer = &angles->model->layers[3];
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        const struct projection *rows = &layer->projection[p];
        const uint64_t hd = rows->rows / 32;
        uint64_t index = 0, a, b;
        for (uint32_t head = 0; head < rows->heads; head++)
            for (uint32_t pair = 0; pair < layer->pairs; pair++, index++) {
                layer_pair_rows(layer, p, head, pair, &a, &b);
                assert_int_equal(a, index / (hd / 2) * hd + index % (hd / 2));
                assert_int_equal(b, a + hd / 2);
            }
        assert_int_equal(2 * index, rows->rows);
    }
    angles_free(angles);
}

/* Full fine-tuning of Llama-2-7b: its published count of parameters, less a norm a layer and the
 * last one, which these shapes leave out. */
static void test_full(void **state)
{
    (void)state;
    struct awm awm;
    awm_init(&awm, &base);
    struct angles *angles = shapes_open(&llama_2_7b, "full", NULL);
    const struct training full = {0, NULL, DTYPE_BF16};
    struct budget got = budget(angles, &awm, &full);
    assert_int_equal(got.before, UINT64_C(6738415616) - 33 * 4096);
    assert_int_equal(got.before - got.least, UINT64_C(30) * 2 * 4096 * 4096);
    assert_int_equal(got.state_bytes, 2 * 2 * got.before);
    angles_free(angles);
}

static void test_presets(void **state)
{
    (void)state;
    size_t count = 0;
    for (; training_preset(count); count++)
        assert_ptr_equal(training_preset_named(training_preset(count)->name),
                         training_preset(count));
    assert_int_equal(count, 3);
    assert_null(training_preset_named("alpaca"));
}

/* ---- against numpy ------------------------------------------------------- */

static void add_linears(struct rule_fixture *fixture, struct linear linears[2 * FIXTURE_LAYERS])
{
    for (uint32_t i = 0; i < 2 * FIXTURE_LAYERS; i++) {
        const struct projection *p = &fixture->layers[i / 2].projection[i % 2];
        linears[i] = (struct linear){i % 2 ? "k_proj" : "q_proj", i / 2, p->rows, p->row_length, 1};
    }
    fixture->model.linears = linears;
    fixture->model.linear_count = 2 * FIXTURE_LAYERS;
}

static void test_random_rule(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct linear linears[2 * FIXTURE_LAYERS];
    struct error err;
    struct awm awm;
    rule_fixture_read(&fixture);
    add_linears(&fixture, linears);
    awm_init(&awm, &base);
    if (rule_read_csv(RULE_CSV, &fixture.model, &awm, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct training lora = {(uint32_t)fixture_whole(fixture.root, "rank"), TRAINING_ALL,
                                  DTYPE_F32};
    struct budget got = budget(&fixture.angles, &awm, &lora);
    assert_true(got.complete);
    assert_int_equal(got.modules, 2 * FIXTURE_LAYERS);
    assert_int_equal(got.before, fixture_whole(fixture.root, "lora_before"));
    assert_int_equal(got.after, fixture_whole(fixture.root, "lora_after"));
    assert_int_equal(got.state_bytes_saved, 8 * (got.before - got.after));
    assert_ratio(got.before, got.after, cJSON_GetStringValue(json_get(fixture.root, "ratio")));
    awm.random = true; /* the baseline freezes as many */
    assert_int_equal(budget(&fixture.angles, &awm, &lora).after, got.after);
    awm.random = false;
    const struct training full = {0, NULL, DTYPE_F32};
    fixture.model.parameters = 100000;
    fixture.layers[3].projection[0].bias = "bias";
    uint64_t queries = awm_tally_projection(&fixture.angles, 3, 0, &awm).fixed;
    assert_true(awm_tally_projection(&fixture.angles, 2, 0, &awm).fixed > 0);
    assert_int_equal(100000 - budget(&fixture.angles, &awm, &full).after,
                     2 * FIXTURE_LENGTH * fixture_whole(fixture.root, "fixed") + 2 * queries);
    awm_free(&awm);
    rule_fixture_free(&fixture);
}

static void test_targets(void **state)
{
    (void)state;
    struct rule_fixture fixture;
    struct linear linears[2 * FIXTURE_LAYERS];
    struct budget got;
    struct error err = {0};
    struct awm awm;
    rule_fixture_read(&fixture);
    awm_init(&awm, &base);
    struct training lora = {4, "q_proj", DTYPE_F32};
    assert_int_equal(budget_of(&fixture.angles, &awm, &lora, &got, &err), STATUS_FAILED);
    assert_says(err.what, "shapes of its modules are not known");
    add_linears(&fixture, linears);
    linears[0].count = 3; /* as of experts */
    got = budget(&fixture.angles, &awm, &lora);
    assert_int_equal(got.modules, FIXTURE_LAYERS + 2);
    assert_int_equal(got.before, (FIXTURE_LAYERS + 2) * 4 * (64 + FIXTURE_LENGTH));
    assert_int_equal(got.before - got.least, 4 * 4 * 64); /* layers 2 to 5 */
    lora.targets = " k_proj , q_proj,";
    assert_int_equal(budget(&fixture.angles, &awm, &lora).modules, 2 * FIXTURE_LAYERS + 2);
    lora.targets = "q_proj,k_pro";
    assert_int_equal(budget_of(&fixture.angles, &awm, &lora, &got, &err), STATUS_USAGE);
    assert_says(err.what, "k_pro: random has no linear modules");
    lora.targets = " ,";
    assert_int_equal(budget_of(&fixture.angles, &awm, &lora, &got, &err), STATUS_USAGE);
    lora.rank = 0;
    assert_int_equal(budget_of(&fixture.angles, &awm, &lora, &got, &err), STATUS_FAILED);
    assert_says(err.what, "is not known");
    lora = (struct training){UINT32_MAX, TRAINING_ALL, DTYPE_F32};
    linears[3].rows = UINT64_MAX / 2; /* as a file of angles may say */
    assert_int_equal(budget_of(&fixture.angles, &awm, &lora, &got, &err), STATUS_FAILED);
    assert_says(err.what, "cannot be");
    rule_fixture_free(&fixture);
}

/* ---- names and files ----------------------------------------------------- */

static void test_modules_of_tensors(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"model.layers.0.self_attn.q_proj.weight", "q_proj"},
        {"blk.12.attn_output.weight", "o_proj"},
        {"layers.3.feed_forward.w2.weight", "down_proj"},
        {"model.layers.0.self_attn.qkv_proj.base_layer.weight", "qkv_proj"},
        {"wq.weight", "q_proj"},
    };
    char out[MODULE_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(module_of_tensor(names[i][0], out));
        assert_string_equal(out, names[i][1]);
    }
    assert_false(module_of_tensor("model.layers.0.self_attn.q_proj.bias", out));
    assert_false(module_of_tensor(".weight", out));
}

/* What counts as a module of the layers, and what does not: (rows, columns) of F32. */
static void test_modules_of_a_checkpoint(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned size[3];
    } tensors[] = {
        {"model.layers.0.self_attn.q_proj.weight", {8, 8, 0}},
        {"model.layers.0.self_attn.k_proj.weight", {4, 8, 0}},
        {"model.layers.0.self_attn.k_norm.weight", {4, 0, 0}},
        {"model.layers.0.mlp.experts.0.up_proj.weight", {16, 8, 0}},
        {"model.layers.0.mlp.experts.1.up_proj.weight", {16, 8, 0}},
        {"model.layers.0.mlp.experts.2.up_proj.weight", {16, 8, 0}},
        {"model.layers.0.mlp.shared.up_proj.weight", {32, 8, 0}},
        {"model.layers.0.mlp.stacked.weight", {2, 8, 8}},
        {"model.layers.0.self_attn.q_proj.lora_A.vision.weight", {2, 8, 0}},
        {"model.layers.7.self_attn.v_proj.weight", {4, 8, 0}}, /* past the layers that count */
        {"vision.layers.0.self_attn.v_proj.weight", {4, 8, 0}},
        {"lm_head.weight", {32, 8, 0}},
    };
    char header[4096] = "{";
    unsigned offset = 0;
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        const unsigned *size = tensors[i].size, used = (unsigned)strlen(header);
        unsigned numbers = 1, rank = 0;
        char shape[64] = "";
        for (; rank < 3 && size[rank] > 0; rank++) {
            numbers *= size[rank];
            text_format(shape + strlen(shape), sizeof shape - strlen(shape), "%s%u",
                        rank > 0 ? "," : "", size[rank]);
        }
        text_format(header + used, sizeof header - used,
                    "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%u,%u]}",
                    i > 0 ? "," : "", tensors[i].name, shape, offset, offset + 4 * numbers);
        offset += 4 * numbers;
    }
    strcat(header, "}");
    struct opened opened;
    struct error err;
    mkdir(scratch_path("moe"), 0700);
    scratch_text("moe/config.json", "{\"model_type\":\"llama\",\"num_hidden_layers\":1,"
                                    "\"num_attention_heads\":2,\"num_key_value_heads\":1,"
                                    "\"hidden_size\":8}");
    scratch_tensors("moe/model.safetensors", header, offset);
    if (open_model(&opened, "moe", NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    static const struct linear want[] = {{"k_proj", 0, 4, 8, 1},
                                         {"q_proj", 0, 8, 8, 1},
                                         {"up_proj", 0, 16, 8, 3},
                                         {"up_proj", 0, 32, 8, 1}};
    const struct model *model = opened.model;
    assert_int_equal(model->parameters, offset / 4);
    assert_int_equal(model->linear_count, sizeof want / sizeof *want);
    for (size_t i = 0; i < model->linear_count; i++) {
        const struct linear *got = &model->linears[i];
        assert_string_equal(got->name, want[i].name);
        assert_true(got->rows == want[i].rows && got->columns == want[i].columns &&
                    got->count == want[i].count && got->layer == 0);
    }
    close_opened(&opened);
}

/* A file of angles tells the same budget as the weights. */
static void test_file_of_angles(void **state)
{
    (void)state;
    struct session *session;
    struct angles *again;
    struct error err;
    struct awm awm;
    const struct session_options options = {.no_cache = true};
    if (session_open("tests/fixtures/families/mixtral", &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    const struct angles *angles = session_angles(session);
    FILE *stream = fopen(scratch_path("m.angles"), "wb");
    assert_int_equal(angles_write(angles, stream, &err), STATUS_OK);
    fclose(stream);
    assert_int_equal(angles_read(scratch_path("m.angles"), &again, &err), STATUS_OK);
    assert_true(angles->model->linear_count > 0 && angles->model->parameters > 0);
    assert_int_equal(again->model->linear_count, angles->model->linear_count);
    awm_init(&awm, &base);
    awm.base.first_layer = 0;
    for (uint32_t rank = 0; rank < 2; rank++) {
        const struct training training = {rank, TRAINING_ALL, DTYPE_F32};
        struct budget a = budget(angles, &awm, &training), b = budget(again, &awm, &training);
        assert_memory_equal(&a, &b, sizeof a);
        assert_true(a.after < a.before && a.least < a.after);
    }
    assert_true(angles_fingerprint(angles) == angles_fingerprint(again));
    angles_free(again);
    session_close(session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alpaca_lora),
        cmocka_unit_test(test_loftq_llama),
        cmocka_unit_test(test_loftq_mistral),
        cmocka_unit_test(test_loftq_phi),
        cmocka_unit_test(test_like_authors),
        cmocka_unit_test(test_rows_of_the_authors),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_presets),
        cmocka_unit_test(test_random_rule),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_modules_of_tensors),
        cmocka_unit_test(test_modules_of_a_checkpoint),
        cmocka_unit_test(test_file_of_angles),
    };
    return cmocka_run_group_tests_name("budget", tests, scratch_make, scratch_remove);
}
