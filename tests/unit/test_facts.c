/* Facts of the rows: every L1 norm, bias and gain against float64 sums over tensors that are read
 * here, at rows that are worked out here; their columns in a file, and their words on the screen.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "commands/hand_out.h"
#include "file_bytes.h"
#include "made_model.h"
#include "rendered.h"
#include "ropescope/views.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/"

/* Where the rows of a projection lie: dim d of head h is row base + h * stride + d, in head_dims.
 */
struct row_place {
    const char *tensor; /* without ".weight"; '%' stands for the layer */
    uint32_t base, stride;
};
struct expected {
    const char *path;
    struct row_place place[PROJECTION_COUNT];
    uint32_t head_dim, rotated; /* rows of a head; of these, half-split */
    bool has_bias;
    const char *norm[PROJECTION_COUNT]; /* the tensor, NULL: none */
    bool adds_one;
};

/* ---- numbers of tensors -------------------------------------------------- */

static double number_at(const struct tensor *tensor, const unsigned char *data, uint64_t index)
{
    uint32_t bits = 0;
    uint64_t wide;
    float number;
    double exact;
    if (tensor->dtype == DTYPE_F64) {
        memcpy(&wide, data + 8 * index, 8);
        file_order(&wide, 8, 1);
        memcpy(&exact, &wide, 8);
        return exact;
    }
    if (tensor->dtype == DTYPE_F16) {
        uint16_t half;
        memcpy(&half, data + 2 * index, 2);
        file_order(&half, 2, 1);
        double size = half & 0x7c00 ? ldexp(1 + (half & 0x3ff) / 1024.0, ((half >> 10) & 31) - 15)
                                    : ldexp((half & 0x3ff) / 1024.0, -14);
        return half & 0x8000 ? -size : size;
    }
    assert_true(tensor->dtype == DTYPE_F32 || tensor->dtype == DTYPE_BF16);
    if (tensor->dtype == DTYPE_F32)
        memcpy(&bits, data + 4 * index, 4);
    else
        memcpy((unsigned char *)&bits + 2, data + 2 * index, 2); /* the upper half */
    file_order(&bits, 4, 1);
    memcpy(&number, &bits, 4);
    return (double)number;
}

/* Number `index` of the tensor NAME SUFFIX, whose '%' is the layer. */
static double number_of(const struct checkpoint *checkpoint, const char *name, const char *suffix,
                        uint32_t layer, uint64_t index)
{
    char whole[256];
    size_t before = strcspn(name, "%");
    text_format(whole, sizeof whole, "%.*s%u%s%s", (int)before, name, layer, name + before + 1,
                suffix);
    const struct tensor *tensor = checkpoint_find(checkpoint, whole);
    assert_non_null(tensor);
    return number_at(tensor, checkpoint_data(checkpoint, tensor), index);
}

/* ---- one model ----------------------------------------------------------- */

struct opened_facts {
    struct session *session;
    struct source *source;
    struct checkpoint *checkpoint; /* the test's own */
    struct facts *facts;
};

static struct opened_facts open_facts(const char *path, size_t threads)
{
    struct session_options options = {.no_cache = true, .threads = 2};
    struct opened_facts of = {0};
    struct error err = {0};
    if (session_open(path, &options, &of.session, &err) != STATUS_OK ||
        facts_read(of.session, threads, &of.facts, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(source_locate(path, &of.source, NULL), STATUS_OK);
    assert_int_equal(checkpoint_open(of.source, &of.checkpoint, NULL), STATUS_OK);
    return of;
}

static void close_facts(struct opened_facts *of)
{
    facts_free(of->facts);
    checkpoint_close(of->checkpoint);
    source_close(of->source);
    session_close(of->session);
}

static double l1_of(const struct checkpoint *checkpoint, const char *name, uint32_t layer,
                    uint64_t row, uint64_t length)
{
    double sum = 0;
    for (uint64_t i = 0; i < length; i++)
        sum += fabs(number_of(checkpoint, name, ".weight", layer, row * length + i));
    return sum;
}

static void assert_near(double got, double wanted)
{
    if (!(fabs(got - wanted) <= 1e-12 * (1 + fabs(wanted))))
        fail_msg("%.17g instead of %.17g", got, wanted);
}

/* A norm of each head has head_dim gains, in a row or once for all heads. */
static double gain_of(const struct opened_facts *of, const struct expected *e, int p,
                      uint32_t layer, uint32_t head, uint32_t heads, uint32_t dim)
{
    char name[256];
    size_t before = strcspn(e->norm[p], "%");
    text_format(name, sizeof name, "%.*s%u%s", (int)before, e->norm[p], layer,
                e->norm[p] + before + 1);
    const struct tensor *tensor = checkpoint_find(of->checkpoint, name);
    assert_non_null(tensor);
    uint64_t count = tensor->bytes / (dtype_bits(tensor->dtype) / 8);
    assert_true(count == e->head_dim || count == (uint64_t)heads * e->head_dim);
    uint64_t at = count == e->head_dim ? dim : (uint64_t)head * e->head_dim + dim;
    /* in float32, as a norm has it */
    return (double)((float)number_at(tensor, checkpoint_data(of->checkpoint, tensor), at) +
                    (e->adds_one ? 1.0F : 0.0F));
}

static void check_pair(const struct opened_facts *of, const struct expected *e,
                       const struct layer *layer, int p, uint32_t head, uint32_t pair)
{
    const struct row_place *place = &e->place[p];
    const struct fact_set *set =
        &of->facts->layers[layer - session_angles(of->session)->model->layers][p];
    const uint64_t length = layer->projection[p].row_length;
    const uint64_t a = (place->base + head * place->stride) * (uint64_t)e->head_dim + pair;
    const uint64_t b = a + e->rotated / 2;
    const size_t at = (size_t)head * layer->pairs + pair;
    assert_near(set->l1_a[at], l1_of(of->checkpoint, place->tensor, layer->number, a, length));
    assert_near(set->l1_b[at], l1_of(of->checkpoint, place->tensor, layer->number, b, length));
    if (e->has_bias) {
        double x = number_of(of->checkpoint, place->tensor, ".bias", layer->number, a);
        double y = number_of(of->checkpoint, place->tensor, ".bias", layer->number, b);
        assert_near(set->bias_radius[at] * cos(set->bias_angle[at]), x);
        assert_near(set->bias_radius[at] * sin(set->bias_angle[at]), y);
    } else {
        assert_true(isnan(set->bias_radius[at]) && isnan(set->bias_angle[at]));
    }
    if (e->norm[p]) {
        uint32_t heads = layer->projection[p].heads;
        assert_near(set->gain_a[at], gain_of(of, e, p, layer->number, head, heads, pair));
        assert_near(set->gain_b[at],
                    gain_of(of, e, p, layer->number, head, heads, pair + e->rotated / 2));
    } else {
        assert_true(isnan(set->gain_a[at]) && isnan(set->gain_b[at]));
    }
}

/* Returns how many pairs were checked. */
static size_t check_facts(const struct opened_facts *of, const struct expected *e)
{
    size_t checked = 0;
    const struct model *model = session_angles(of->session)->model;
    assert_int_equal(of->facts->layer_count, model->layer_count);
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            assert_true((of->facts->layers[i][p].l1_a != NULL) == (layer->pairs > 0));
            assert_true(layer->pairs == 0 || layer->pairs == e->rotated / 2);
            for (uint32_t head = 0; head < layer->projection[p].heads; head++)
                for (uint32_t pair = 0; pair < layer->pairs; pair++, checked++)
                    check_pair(of, e, layer, p, head, pair);
        }
    }
    return checked;
}

static void check_model(const struct expected *e)
{
    char path[PATH_BYTES];
    text_format(path, sizeof path, FIXTURES "%s", e->path);
    for (size_t threads = 1; threads <= 3; threads += 2) {
        struct opened_facts of = open_facts(path, threads);
        assert_true(check_facts(&of, e) > 10);
        close_facts(&of);
    }
}

/* ---- models -------------------------------------------------------------- */

#define APART                                                                                      \
    {                                                                                              \
        {"model.layers.%.self_attn.q_proj", 0, 1}, {"model.layers.%.self_attn.k_proj", 0, 1},      \
    }
#define NORMS                                                                                      \
    {                                                                                              \
        "model.layers.%.self_attn.q_norm.weight", "model.layers.%.self_attn.k_norm.weight",        \
    }

static void test_rows_and_biases(void **unused)
{
    static const struct expected llama = {"probe/llama", APART, 12, 12, true, {0}, false};
    (void)unused;
    check_model(&llama);
}

static void test_a_layer_that_does_not_rotate(void **unused)
{
    static const struct expected smollm3 = {"probe/smollm3", APART, 6, 6, false, {0}, false};
    size_t still = 0;
    (void)unused;
    check_model(&smollm3);
    struct opened_facts of = open_facts(FIXTURES "probe/smollm3", 0);
    for (size_t i = 0; i < of.facts->layer_count; i++)
        still += !of.facts->layers[i][PROJECTION_QUERY].l1_a;
    assert_true(still > 0 && still < of.facts->layer_count);
    close_facts(&of);
}

static void test_gains_of_norms(void **unused)
{
    static const struct expected each[] = {
        {"probe/qwen3", APART, 10, 10, false, NORMS, false},
        {"probe/gemma3", APART, 10, 10, false, NORMS, true},
        {"families/olmo2", APART, 8, 8, false, NORMS, false},     /* of all heads together */
        {"families/chameleon", APART, 8, 8, false, NORMS, false}, /* a row of gains a head */
    };
    (void)unused;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        check_model(&each[i]);
}

/* Gemma 3n multiplies by g and Qwen 3.5 by 1 + g, whatever their names are like. */
static void test_which_gains_lack_one(void **unused)
{
    static const struct expected each[] = {
        {"families/gemma3n_text",
         {{"model.language_model.layers.%.self_attn.q_proj", 0, 1},
          {"model.language_model.layers.%.self_attn.k_proj", 0, 1}},
         8,
         8,
         false,
         {"model.language_model.layers.%.self_attn.q_norm.weight",
          "model.language_model.layers.%.self_attn.k_norm.weight"},
         false},
        {"families/qwen3_5_text", /* a gate behind the queries of each head */
         {{"model.layers.%.self_attn.q_proj", 0, 2}, {"model.layers.%.self_attn.k_proj", 0, 1}},
         16,
         4,
         false,
         NORMS,
         true},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        check_model(&each[i]);
}

/* Queries, keys and values in one tensor: rows and biases of keys lie behind others. */
static void test_fused_tensors(void **unused)
{
    static const struct expected each[] = {
        {"families/phi3",
         {{"model.layers.%.self_attn.qkv_proj", 0, 1}, {"model.layers.%.self_attn.qkv_proj", 6, 1}},
         8,
         8,
         false,
         {0},
         false},
        {"families/gpt_neox",
         {{"gpt_neox.layers.%.attention.query_key_value", 0, 3},
          {"gpt_neox.layers.%.attention.query_key_value", 1, 3}},
         16,
         4,
         true,
         {0},
         false},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++)
        check_model(&each[i]);
}

/* Rows longer than a chunk of the sum, more of them than a window holds, in every plain dtype. */
static void test_dtypes(void **unused)
{
    static const struct expected made = {"", APART, 16, 16, false, {0}, false};
    (void)unused;
    for (int dtype = 0; dtype < MADE_DTYPES; dtype++) {
        const struct made_model model = {.layers = 2,
                                         .heads = 4,
                                         .kv_heads = 2,
                                         .head_dim = 16,
                                         .hidden = 2051,
                                         .dtype = (enum made_dtype)dtype,
                                         .seed = 7};
        char name[16];
        text_format(name, sizeof name, "model%d", dtype);
        assert_true(made_model_write(&model, scratch_path(name)));
        struct opened_facts of = open_facts(scratch_path(name), 2);
        assert_int_equal(check_facts(&of, &made), 2 * 6 * 8);
        close_facts(&of);
    }
}

/* Rows in blocks, against the same numbers as float32. */
static void test_quantised_rows(void **unused)
{
    struct opened_facts of = open_facts(FIXTURES "quantised/mlx-4", 2);
    const struct model *model = session_angles(of.session)->model;
    const struct layer *layer = &model->layers[0];
    const struct projection *p = &layer->projection[PROJECTION_KEY];
    const struct tensor *tensor = checkpoint_find(of.checkpoint, p->tensor);
    float *row = memory_array((size_t)p->row_length, sizeof *row);
    (void)unused;
    for (uint32_t pair = 0; pair < layer->pairs; pair++) {
        double sum = 0;
        uint64_t a, b;
        layer_pair_rows(layer, PROJECTION_KEY, 1, pair, &a, &b);
        checkpoint_rows_to_float(of.checkpoint, tensor, b, 1, row);
        for (uint64_t i = 0; i < p->row_length; i++)
            sum += fabs((double)row[i]);
        assert_near(of.facts->layers[0][PROJECTION_KEY].l1_b[layer->pairs + pair], sum);
    }
    memory_free(row);
    close_facts(&of);
}

/* ---- what has none ------------------------------------------------------- */

static void test_what_is_refused(void **unused)
{
    struct session_options options = {.no_cache = true};
    struct session *session;
    struct facts *facts;
    struct error err = {0};
    (void)unused;
    assert_int_equal(session_open("tests/data/golden.angles", &options, &session, &err), STATUS_OK);
    assert_int_equal(facts_read(session, 1, &facts, &err), STATUS_FAILED);
    assert_string_equal(err.what, "golden: a file of angles holds no rows, so no facts of them");
    assert_null(strchr(err.what, '\n'));
    session_close(session);
    options.adapter = FIXTURES "adapters/plain";
    assert_int_equal(session_open(FIXTURES "adapters/llama", &options, &session, &err), STATUS_OK);
    assert_int_equal(facts_read(session, 1, &facts, &err), STATUS_USAGE);
    assert_says(err.what, "--facts and --adapter");
    session_close(session);
}

static void test_cancelled(void **unused)
{
    struct session_options options = {.no_cache = true};
    struct facts_watch watch = {.cancel = true};
    struct session *session;
    struct facts *facts;
    struct error err = {0};
    (void)unused;
    assert_int_equal(session_open(FIXTURES "probe/llama", &options, &session, &err), STATUS_OK);
    assert_int_equal(facts_read_watched(session, 1, &watch, &facts, &err), STATUS_CANCELLED);
    session_close(session);
}

/* ---- the file ------------------------------------------------------------ */

enum { OLD_COLUMNS = 11, NEW_COLUMNS = 17, FILE_MOST = 1 << 20 };

/* The view as CSV; the caller frees. */
static char *csv_of(const struct opened_facts *of, const struct facts *facts)
{
    const struct angles *angles = session_angles(of->session);
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    struct view_table table;
    char *text = memory_array(FILE_MOST, 1);
    FILE *stream = tmpfile();
    settings.facts = facts;
    assert_non_null(stream);
    assert_int_equal(spectrum_table(angles, &settings, &table, NULL), STATUS_OK);
    assert_int_equal(
        view_write(VIEW_SPECTRUM, &table.table, &settings, angles->model, EXPORT_CSV, stream, NULL),
        STATUS_OK);
    rewind(stream);
    assert_true(fread(text, 1, FILE_MOST - 1, stream) > 0);
    fclose(stream);
    view_table_free(&table);
    return text;
}

static char *next_line(char **at)
{
    char *line = *at, *end = strstr(line, "\r\n");
    if (!end)
        return NULL;
    *end = '\0';
    *at = end + 2;
    return line;
}

/* The field of a line, numbers and words alone. */
static void field_of(const char *line, size_t column, char out[64])
{
    for (; column > 0; column--)
        line = strchr(line, ',') + 1;
    text_format(out, 64, "%.*s", (int)strcspn(line, ","), line);
}

static void check_field(const char *line, size_t column, double wanted)
{
    char field[64];
    field_of(line, column, field);
    if (isnan(wanted))
        assert_string_equal(field, "");
    else
        assert_true(*field && fabs(strtod(field, NULL) - wanted) < 1e-7 * (1 + fabs(wanted)));
}

static void check_line(const struct opened_facts *of, const char *line)
{
    char field[64];
    size_t number[4]; /* layer, (projection), head, pair */
    const struct model *model = session_angles(of->session)->model;
    for (size_t i = 0; i < 4; i++) {
        field_of(line, i, field);
        number[i] = i == 1 ? strcmp(field, "key") == 0 : strtoul(field, NULL, 10);
    }
    const struct layer *layer = model_layer(model, (uint32_t)number[0]);
    const struct fact_set *set = &of->facts->layers[layer - model->layers][number[1]];
    size_t at = number[2] * layer->pairs + number[3];
    check_field(line, OLD_COLUMNS, set->l1_a[at]);
    check_field(line, OLD_COLUMNS + 1, set->l1_b[at]);
    check_field(line, OLD_COLUMNS + 2, set->bias_radius[at]);
    check_field(line, OLD_COLUMNS + 3, set->bias_angle[at] * 180 / acos(-1));
    check_field(line, OLD_COLUMNS + 4, set->gain_a[at]);
    check_field(line, OLD_COLUMNS + 5, set->gain_b[at]);
}

/* The new columns stand behind the others, which stay what they are without facts. */
static void check_file(const char *path)
{
    struct error err = {0};
    struct opened_facts of = open_facts(path, 2);
    assert_int_equal(session_wait(of.session, NULL, NULL, &err), STATUS_OK);
    char *plain = csv_of(&of, NULL), *with = csv_of(&of, of.facts);
    char *plain_at = plain, *with_at = with, *line, *longer;
    for (size_t row = 0; (line = next_line(&plain_at)) != NULL; row++) {
        longer = next_line(&with_at);
        assert_non_null(longer);
        assert_memory_equal(line, longer, strlen(line));
        if (row == 0)
            assert_string_equal(longer + strlen(line),
                                ",l1_a,l1_b,bias_radius,bias_angle,gain_a,gain_b");
        else
            check_line(&of, longer);
    }
    assert_null(next_line(&with_at));
    memory_free(plain);
    memory_free(with);
    close_facts(&of);
}

static void test_columns_of_the_file(void **unused)
{
    (void)unused;
    check_file(FIXTURES "probe/llama");
    check_file(FIXTURES "probe/gemma3");
    check_file(FIXTURES "probe/smollm3");
}

/* The command reads the facts, writes them, and its line is read back from the explorer's options.
 */
static void test_the_command(void **unused)
{
    char *words[] = {"ropescope",  "export", FIXTURES "probe/llama",
                     "--no-cache", "--view", "spectrum",
                     "--facts",    "-o",     NULL,
                     NULL};
    char path[PATH_BYTES], line[2 * PATH_BYTES];
    struct options options = {0};
    struct error err = {0};
    size_t size;
    (void)unused;
    text_format(path, sizeof path, "%s", scratch_path("facts.csv"));
    words[8] = path;
    assert_int_equal(options_read(&options, 9, words, &err), STATUS_OK);
    if (command_export(&options, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    struct opened_facts of = open_facts(FIXTURES "probe/llama", 1);
    assert_int_equal(session_wait(of.session, NULL, NULL, &err), STATUS_OK);
    char *wanted = csv_of(&of, of.facts);
    unsigned char *bytes = file_get(path, &size);
    assert_int_equal(size, strlen(wanted));
    assert_memory_equal(bytes, wanted, size);
    assert_true(model_words(line, sizeof line, &options));
    assert_says(line, FIXTURES "probe/llama --facts");
    memory_free(bytes);
    memory_free(wanted);
    close_facts(&of);
    words[2] = "tests/data/golden.angles";
    options = (struct options){0};
    assert_int_equal(options_read(&options, 9, words, &err), STATUS_OK);
    assert_int_equal(command_export(&options, &err), STATUS_FAILED);
    assert_says(err.what, "a file of angles holds no rows, so no facts of them");
}

/* ---- the screen ---------------------------------------------------------- */

/* The picture of the spectrum; the caller frees with free(). */
static char *picture_of(const struct opened_facts *of, const struct facts *facts, int cols)
{
    struct state state;
    struct canvas *canvas = canvas_new(24, cols);
    assert_int_equal(state_init(&state, session_angles(of->session), NULL), STATUS_OK);
    update_size(&state, 24, cols);
    state.origin = "scan";
    state.settings.facts = facts;
    update_action(&state, (enum action)((int)ACTION_VIEW_FIRST + (int)VIEW_SPECTRUM));
    update_key(&state, 'L');
    frame_draw(canvas, &state);
    char *text = rendered(canvas);
    state_free(&state);
    canvas_free(canvas);
    return text;
}

/* The words stand behind those that were there, or not at all; no other line moves. */
static void check_screen(const char *path, int cols, const char *words)
{
    struct error err = {0};
    struct opened_facts of = open_facts(path, 2);
    assert_int_equal(session_wait(of.session, NULL, NULL, &err), STATUS_OK);
    char *plain = picture_of(&of, NULL, cols), *with = picture_of(&of, of.facts, cols);
    char *plain_rest = plain, *with_rest = with;
    for (char *line; (line = strtok_r(plain_rest, "\n", &plain_rest)) != NULL;) {
        const char *other = strtok_r(with_rest, "\n", &with_rest);
        if (*words && strstr(line, " norm ") && strstr(line, " cos "))
            assert_says(other, words);
        else
            assert_string_equal(line, other);
    }
    free(plain);
    free(with);
    close_facts(&of);
}

static void test_words_on_the_screen(void **unused)
{
    char words[160];
    struct opened_facts of = open_facts(FIXTURES "probe/llama", 1);
    const struct fact_set *q = &of.facts->layers[0][PROJECTION_QUERY],
                          *k = &of.facts->layers[0][PROJECTION_KEY];
    (void)unused;
    text_format(words, sizeof words,
                "  L1 q %.3g/%.3g k %.3g/%.3g  bias q %.3g at %.0f\u00b0 k "
                "%.3g at %.0f\u00b0 ",
                q->l1_a[1], q->l1_b[1], k->l1_a[1], k->l1_b[1], q->bias_radius[1],
                q->bias_angle[1] * 180 / acos(-1), k->bias_radius[1],
                k->bias_angle[1] * 180 / acos(-1));
    close_facts(&of);
    check_screen(FIXTURES "probe/llama", 170, words);
    check_screen(FIXTURES "probe/llama", 80, "");
    of = open_facts(FIXTURES "probe/qwen3", 1);
    q = &of.facts->layers[0][PROJECTION_QUERY];
    text_format(words, sizeof words, "  gains q %.3g/%.3g k ", q->gain_a[1], q->gain_b[1]);
    close_facts(&of);
    check_screen(FIXTURES "probe/qwen3", 170, words);
}

int main(void)
{
    guard_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_biases),
        cmocka_unit_test(test_a_layer_that_does_not_rotate),
        cmocka_unit_test(test_gains_of_norms),
        cmocka_unit_test(test_which_gains_lack_one),
        cmocka_unit_test(test_fused_tensors),
        cmocka_unit_test_setup_teardown(test_dtypes, scratch_make, scratch_remove),
        cmocka_unit_test(test_quantised_rows),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_cancelled),
        cmocka_unit_test(test_columns_of_the_file),
        cmocka_unit_test_setup_teardown(test_the_command, scratch_make, scratch_remove),
        cmocka_unit_test(test_words_on_the_screen),
    };
    return cmocka_run_group_tests_name("facts of rows", tests, NULL, NULL);
}
