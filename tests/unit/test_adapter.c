/* LoRAs of tests/fixtures/adapters, as PEFT saved them: rows and cosines of base and adapter
 * together must be those of float64, each database stand by itself, and what does not fit be
 * refused by its name. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "file_bytes.h"
#include "made_model.h"
#include "ropescope/angles.h"
#include "scratch.h"

#define FIXTURES "tests/fixtures/adapters/"
#define SHARED "../shared/models/adapters/open-calm-1b-r1"

static const double TOLERANCE = 1e-6;

/* ---- a base and an adapter over it --------------------------------------- */

struct adapted {
    struct source *source, *adapter;
    struct checkpoint *checkpoint;
};

static void close_adapted(struct adapted *adapted)
{
    checkpoint_close(adapted->checkpoint);
    source_close(adapted->adapter);
    source_close(adapted->source);
}

static enum status try_adapted(struct adapted *adapted, const char *base, const char *adapter,
                               struct error *err)
{
    *adapted = (struct adapted){0};
    enum status status = source_locate(base, &adapted->source, err);
    if (status == STATUS_OK)
        status = checkpoint_open(adapted->source, &adapted->checkpoint, err);
    if (status == STATUS_OK)
        status = adapter_locate(adapter, &adapted->adapter, err);
    return status == STATUS_OK ? checkpoint_adapt(adapted->checkpoint, adapted->adapter, err)
                               : status;
}

static struct adapted open_adapted(const char *base, const char *adapter)
{
    struct adapted adapted;
    struct error err = {0};
    if (try_adapted(&adapted, base, adapter, &err) != STATUS_OK)
        fail_msg("%s over %s: %s", adapter, base, err.what);
    return adapted;
}

struct rows_job {
    const struct checkpoint *checkpoint;
    const struct tensor *tensor;
    struct lora_tile *tile;
    uint64_t first;
    size_t rows;
    float *to;
    bool read;
};

static void read_rows(void *arg)
{
    struct rows_job *job = arg;
    job->read = true;
    if (job->tensor->lora)
        job->read = lora_rows_to_float(job->tile, job->checkpoint, job->tensor, job->first,
                                       job->rows, job->to);
    for (size_t i = 0; i < job->rows && !job->tensor->lora; i++)
        checkpoint_rows_to_float(job->checkpoint, job->tensor, job->first + i, 1,
                                 job->to + i * job->tensor->shape[1]);
}

/* All rows of a tensor, `step` at a time; the caller frees them. */
static float *rows_of(const struct checkpoint *checkpoint, const struct tensor *tensor, size_t step)
{
    struct lora_tile tile = {0};
    size_t length = (size_t)tensor->shape[1], count = (size_t)tensor->shape[0];
    float *rows = memory_array(count * length, sizeof *rows);
    assert_non_null(rows);
    assert_true(!tensor->lora || lora_tile_reserve(&tile, tensor, step));
    for (size_t at = 0; at < count; at += step) {
        struct rows_job job = {.checkpoint = checkpoint,
                               .tensor = tensor,
                               .tile = &tile,
                               .first = at,
                               .rows = count - at < step ? count - at : step,
                               .to = rows + at * length};
        assert_true(guard_run(read_rows, &job) && job.read);
    }
    lora_tile_free(&tile);
    return rows;
}

static double dot(const float *a, const float *b, size_t length)
{
    double sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Norms of rows, and the cosine of each with the next. */
static void check_rows(const char *name, const float *rows, size_t length, const cJSON *want)
{
    const cJSON *norm = json_get(want, "norm")->child, *cos = json_get(want, "cos")->child;
    for (size_t i = 0; norm; i++, norm = norm->next) {
        const float *row = rows + i * length;
        double found = sqrt(dot(row, row, length));
        if (!(fabs(found - norm->valuedouble) <= TOLERANCE * (1 + norm->valuedouble)))
            fail_msg("%s, %s, row %zu: norm %.9g, not %.9g", name, want->string, i, found,
                     norm->valuedouble);
        if (!cos)
            continue;
        double next = sqrt(dot(row + length, row + length, length));
        double angle = dot(row, row + length, length) / found / next;
        if (!(fabs(angle - cos->valuedouble) <= TOLERANCE))
            fail_msg("%s, %s, row %zu: cos %.9g, not %.9g", name, want->string, i, angle,
                     cos->valuedouble);
        cos = cos->next;
    }
    assert_null(cos);
}

static void check_tensors(const cJSON *expected)
{
    char base[PATH_BYTES], adapter[PATH_BYTES];
    const cJSON *tensors = json_get(expected, "tensors");
    size_t changed = 0;
    path_join(base, FIXTURES, json_get(expected, "base")->valuestring);
    path_join(adapter, FIXTURES, json_get(expected, "adapter")->valuestring);
    struct adapted adapted = open_adapted(base, adapter);
    for (size_t i = 0; i < checkpoint_tensor_count(adapted.checkpoint); i++)
        changed += tensor_is_adapted(checkpoint_tensor(adapted.checkpoint, i));
    assert_int_equal(changed, cJSON_GetArraySize(tensors));
    for (const cJSON *want = tensors->child; want; want = want->next) {
        static const size_t steps[] = {1, 3, 1000};
        const struct tensor *tensor = checkpoint_find(adapted.checkpoint, want->string);
        assert_true(tensor && tensor_is_adapted(tensor));
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            float *rows = rows_of(adapted.checkpoint, tensor, steps[i]);
            check_rows(expected->string, rows, (size_t)tensor->shape[1], want);
            memory_free(rows);
        }
    }
    close_adapted(&adapted);
}

static cJSON *read_expected(void)
{
    cJSON *expected;
    assert_int_equal(json_read_file(FIXTURES "expected.json", SIZE_MAX / 2, &expected, NULL, NULL),
                     STATUS_OK);
    return expected;
}

static void rows_are_those_of_float64(void **state)
{
    (void)state;
    cJSON *expected = read_expected();
    assert_int_equal(cJSON_GetArraySize(expected), 14);
    for (const cJSON *item = expected->child; item; item = item->next)
        check_tensors(item);
    cJSON_Delete(expected);
}

/* ---- cosines ------------------------------------------------------------- */

static struct session *open_session(const char *base, const char *adapter, const char *origin)
{
    const struct session_options options = {.adapter = adapter};
    struct session *session;
    struct error err = {0};
    if (session_open(base, &options, &session, &err) != STATUS_OK ||
        session_wait(session, NULL, NULL, &err) != STATUS_OK)
        fail_msg("%s over %s: %s", adapter ? adapter : "nothing", base, err.what);
    assert_string_equal(session_origin(session), origin);
    return session;
}

/* (layer, projection, head, pair) of the list, in the order of the database. */
static void check_pairs(const char *name, const struct angles *angles, const cJSON *want)
{
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            size_t count = (size_t)layer->projection[which].heads * layer->pairs;
            for (size_t at = 0; at < count; at++, want = want->next) {
                assert_non_null(want);
                double found = (double)angles->layers[i].set[which].cos[at];
                if (!(fabs(found - want->valuedouble) <= TOLERANCE))
                    fail_msg("%s: layer %zu, %s, pair %zu: cos %.9g, not %.9g", name, i,
                             projection_name(which), at, found, want->valuedouble);
            }
        }
    }
    assert_null(want);
}

static void cosines_are_those_of_float64(void **state)
{
    (void)state;
    cJSON *expected = read_expected();
    size_t checked = 0;
    for (const cJSON *item = expected->child; item; item = item->next) {
        char base[PATH_BYTES], adapter[PATH_BYTES];
        if (!json_get(item, "pairs"))
            continue;
        path_join(base, FIXTURES, json_get(item, "base")->valuestring);
        path_join(adapter, FIXTURES, json_get(item, "adapter")->valuestring);
        struct session *session = open_session(base, adapter, "scan");
        check_pairs(item->string, session_angles(session), json_get(item, "pairs")->child);
        session_close(session);
        checked++;
    }
    assert_int_equal(checked, 14);
    cJSON_Delete(expected);
}

/* A base whose heads are too wide to be worked at as a whole, and a LoRA over its queries. */
enum { WIDE = 9000, WIDE_DIM = 128, WIDE_ROWS = 3 * WIDE_DIM, WIDE_RANK = 5 };

static void write_wide(const char *base)
{
    const struct made_model model = {.layers = 1,
                                     .heads = 3,
                                     .kv_heads = 1,
                                     .head_dim = WIDE_DIM,
                                     .hidden = WIDE,
                                     .dtype = MADE_BF16,
                                     .seed = 5};
    static float factors[WIDE_RANK * (WIDE + WIDE_ROWS)];
    char file[PATH_BYTES], header[512];
    size_t a = sizeof(float) * WIDE_RANK * WIDE;
    assert_true(made_model_write(&model, base));
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++)
        factors[i] = (float)((i * 7919) % 1009) / 5000 - 0.1F;
    text_format(header, sizeof header,
                "{\"model.layers.0.self_attn.q_proj.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":"
                "[%d,%d],\"data_offsets\":[0,%zu]},\"model.layers.0.self_attn.q_proj.lora_B.weight"
                "\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}}",
                WIDE_RANK, WIDE, a, WIDE_ROWS, WIDE_RANK, a, sizeof factors);
    scratch_tensors("wide-lora/adapter_model.safetensors", header, sizeof factors);
    text_format(file, sizeof file, "%s", scratch_path("wide-lora/adapter_model.safetensors"));
    file_order(factors, sizeof *factors, sizeof factors / sizeof *factors);
    file_patch(file, 8 + strlen(header), factors, sizeof factors);
    scratch_text("wide-lora/adapter_config.json", "{\"peft_type\":\"LORA\",\"r\":5}");
}

static void check_wide(const float *rows, const struct session *session, bool interleaved)
{
    const float *cos = session_angles(session)->layers[0].set[PROJECTION_QUERY].cos;
    for (size_t i = 0; i < WIDE_ROWS / 2; i++) {
        size_t head = i / (WIDE_DIM / 2), pair = i % (WIDE_DIM / 2);
        const float *a = rows + (head * WIDE_DIM + (interleaved ? 2 * pair : pair)) * WIDE;
        const float *b = a + (size_t)(interleaved ? 1 : WIDE_DIM / 2) * WIDE;
        double want = dot(a, b, WIDE) / sqrt(dot(a, a, WIDE) * dot(b, b, WIDE));
        assert_true(fabs((double)cos[i] - want) <= TOLERANCE);
    }
}

/* Tiles of every shape give the rows of the whole, and the same bits in any number of threads. */
static void tiles_make_the_whole(void **state)
{
    (void)state;
    char base[PATH_BYTES], adapter[PATH_BYTES];
    text_format(base, sizeof base, "%s", scratch_path("wide"));
    text_format(adapter, sizeof adapter, "%s", scratch_path("wide-lora"));
    assert_true(path_make_directories(adapter));
    write_wide(base);
    struct adapted adapted = open_adapted(base, adapter);
    const struct tensor *query =
        checkpoint_find(adapted.checkpoint, "model.layers.0.self_attn.q_proj.weight");
    float *rows = rows_of(adapted.checkpoint, query, WIDE_ROWS);
    for (int interleaved = 0; interleaved < 2; interleaved++) {
        struct session *session[2];
        for (size_t i = 0; i < 2; i++) {
            const struct session_options options = {
                .model = {.has_pairing = true, .pairing = (enum pairing)interleaved},
                .adapter = adapter,
                .no_cache = true,
                .threads = 1 + 3 * i};
            assert_int_equal(session_open(base, &options, &session[i], NULL), STATUS_OK);
            assert_int_equal(session_wait(session[i], NULL, NULL, NULL), STATUS_OK);
            check_wide(rows, session[i], interleaved);
        }
        assert_memory_equal(session_angles(session[0])->layers[0].set[PROJECTION_QUERY].cos,
                            session_angles(session[1])->layers[0].set[PROJECTION_QUERY].cos,
                            WIDE_ROWS / 2 * sizeof(float));
        session_close(session[0]);
        session_close(session[1]);
    }
    memory_free(rows);
    close_adapted(&adapted);
}

/* ---- databases of their own ---------------------------------------------- */

static void copy_file(const char *from, const char *to)
{
    size_t size;
    unsigned char *bytes = file_get(from, &size);
    scratch_write(to, bytes, size);
    memory_free(bytes);
}

static bool was_opened(int watch)
{
    char events[4096];
    return read(watch, events, sizeof events) > 0;
}

static void result_and_base_are_two_databases(void **state)
{
    (void)state;
    char base[PATH_BYTES], adapter[PATH_BYTES];
    text_format(base, sizeof base, "%s", scratch_path("base"));
    text_format(adapter, sizeof adapter, "%s", scratch_path("lora"));
    assert_true(path_make_directories(base) && path_make_directories(adapter));
    copy_file(FIXTURES "llama/config.json", "base/config.json");
    copy_file(FIXTURES "llama/model.safetensors", "base/model.safetensors");
    copy_file(FIXTURES "plain/adapter_config.json", "lora/adapter_config.json");
    copy_file(FIXTURES "plain/adapter_model.safetensors", "lora/adapter_model.safetensors");
    int watch = inotify_init1(IN_NONBLOCK);
    assert_true(inotify_add_watch(watch, scratch_path("base/model.safetensors"), IN_OPEN) >= 0);
    assert_true(inotify_add_watch(watch, scratch_path("lora/adapter_model.safetensors"), IN_OPEN) >=
                0);
    session_close(open_session(base, NULL, "scan"));
    struct session *session = open_session(base, adapter, "scan");
    assert_string_equal(session_angles(session)->model->name, "base + lora");
    session_close(session);
    assert_true(was_opened(watch));
    session_close(open_session(base, NULL, "cache"));
    session = open_session(base, adapter, "cache");
    assert_string_equal(session_angles(session)->model->name, "base + lora");
    session_close(session);
    assert_false(was_opened(watch));
    close(watch);

    size_t size; /* other weights of the adapter, another config: other angles */
    unsigned char *bytes = file_get(FIXTURES "plain/adapter_model.safetensors", &size);
    bytes[size - 1] ^= 1;
    scratch_write("lora/adapter_model.safetensors", bytes, size);
    memory_free(bytes);
    session_close(open_session(base, adapter, "scan"));
    copy_file(FIXTURES "rslora/adapter_config.json", "lora/adapter_config.json");
    session_close(open_session(base, adapter, "scan"));
    session_close(open_session(base, adapter, "cache"));
    session_close(open_session(base, NULL, "cache"));
}

static const struct fact *find_fact(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->fact_count; i++) {
        if (strcmp(model->facts[i].name, name) == 0)
            return &model->facts[i];
    }
    fail_msg("no fact is called %s", name);
    return NULL;
}

static void the_model_tells_of_its_adapter(void **state)
{
    (void)state;
    struct session_options options = {.adapter = FIXTURES "patterns", .no_cache = true};
    struct session *session;
    assert_int_equal(session_open(FIXTURES "llama", &options, &session, NULL), STATUS_OK);
    const struct fact *fact = find_fact(session_angles(session)->model, "adapter");
    assert_string_equal(fact->value, "patterns");
    assert_string_equal(fact->reason,
                        "--adapter: LoRA of ranks 2 to 7, on 4 of 4 query and key projections");
    assert_int_equal(session_notices(session)->count, 0);
    session_close(session);
    options.adapter = FIXTURES "values";
    assert_int_equal(session_open(FIXTURES "llama", &options, &session, NULL), STATUS_OK);
    assert_int_equal(session_notices(session)->count, 1);
    assert_says(session_notices(session)->line[0], "values changes no query and no key");
    assert_string_equal(session_angles(session)->model->notes[0],
                        "the adapter changes no query and no key projection: the angles are those "
                        "of the base");
    session_close(session);
}

static void files_of_angles_take_no_adapter(void **state)
{
    (void)state;
    struct error err;
    struct session *session;
    const struct session_options options = {.adapter = FIXTURES "plain"};
    scratch_text("some.angles", "");
    assert_int_equal(session_open(scratch_path("some.angles"), &options, &session, &err),
                     STATUS_USAGE);
    assert_says(err.what, "--adapter needs weights");
}

/* ---- what does not fit --------------------------------------------------- */

#define MODULE "base_model.model.model.layers.0.self_attn.q_proj"
#define QUERIES "24,22" /* of the base */

/* One tensor of an adapter. The header of a file of them is made of these. */
struct made {
    const char *name, *dtype, *shape;
    size_t bytes;
};

static void write_adapter(const char *config, const struct made *made, size_t count)
{
    char header[4096] = "{";
    size_t used = 1, at = 0;
    for (size_t i = 0; i < count && made[i].name; i++) {
        text_format(header + used, sizeof header - used,
                    "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                    i ? "," : "", made[i].name, made[i].dtype, made[i].shape, at,
                    at + made[i].bytes);
        used += strlen(header + used);
        at += made[i].bytes;
    }
    text_format(header + used, sizeof header - used, "}");
    assert_true(path_make_directories(scratch_path("made")));
    scratch_text("made/adapter_config.json", config);
    scratch_tensors("made/adapter_model.safetensors", header, at);
}

#define A(rank, columns, bytes)                                                                    \
    {                                                                                              \
        MODULE ".lora_A.weight", "F32", #rank "," #columns, bytes                                  \
    }
#define B(rows, rank, bytes)                                                                       \
    {                                                                                              \
        MODULE ".lora_B.weight", "F32", #rows "," #rank, bytes                                     \
    }
#define LORA "\"peft_type\":\"LORA\""
enum { MADE = 3 };

static const struct {
    const char *config;
    struct made made[MADE];
    const char *says[2];
} misfits[] = {
    /* configs */
    {"[]", {A(2, 22, 176), B(24, 2, 192)}, {"adapter_config.json", "no JSON object"}},
    {"{}", {A(2, 22, 176), B(24, 2, 192)}, {"peft_type", "not there"}},
    {"{\"peft_type\":\"IA3\"}", {A(2, 22, 176), B(24, 2, 192)}, {"peft_type IA3", "LORA"}},
    {"{" LORA ",\"layer_replication\":[[0,2]]}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"layer_replication", "put together anew"}},
    {"{" LORA ",\"use_qalora\":true}", {A(2, 22, 176), B(24, 2, 192)}, {"use_qalora", ""}},
    {"{" LORA ",\"init_lora_weights\":\"pissa_niter_4\"}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"init_lora_weights", "not the one that is published"}},
    {"{" LORA ",\"lora_alpha\":NaN}", {A(2, 22, 176), B(24, 2, 192)}, {"lora_alpha", "finite"}},
    {"{" LORA ",\"lora_alpha\":\"8\"}", {A(2, 22, 176), B(24, 2, 192)}, {"lora_alpha", "finite"}},
    {"{" LORA ",\"lora_alpha\":1e300}", {A(2, 22, 176), B(24, 2, 192)}, {MODULE, "scale with"}},
    {"{" LORA ",\"lora_alpha\":1e999}", {A(2, 22, 176), B(24, 2, 192)}, {"lora_alpha", "finite"}},
    {"{" LORA ",\"r\":0}", {A(2, 22, 176), B(24, 2, 192)}, {"r: ", "whole number from 1"}},
    {"{" LORA ",\"r\":1e18}", {A(2, 22, 176), B(24, 2, 192)}, {"r: ", "whole number from 1"}},
    {"{" LORA ",\"r\":2.5}", {A(2, 22, 176), B(24, 2, 192)}, {"r: ", "whole number from 1"}},
    {"{" LORA ",\"rank_pattern\":[1]}", {A(2, 22, 176), B(24, 2, 192)}, {"rank_pattern", ""}},
    {"{" LORA ",\"rank_pattern\":{\"q_proj\":0}}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"rank_pattern: \"q_proj\"", "above 0"}},
    {"{" LORA ",\"alpha_pattern\":{\"q_proj\":NaN}}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"alpha_pattern: \"q_proj\"", "finite"}},
    {"{" LORA ",\"alpha_pattern\":{\"(?<=x)q\":1}}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"alpha_pattern", "(?<=x)q"}},
    {"{" LORA ",\"alpha_pattern\":{\"\\\\d+\":1}}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"alpha_pattern", "plain kind"}},
    {"{" LORA ",\"alpha_pattern\":{\"((a{255}){255}){255}\":1}}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"alpha_pattern", "plain kind"}},
    {"{" LORA ",\"alpha_pattern\":{\"(q\":1}}",
     {A(2, 22, 176), B(24, 2, 192)},
     {"alpha_pattern", "plain kind"}},
    /* tensors */
    {"{" LORA "}", {A(2, 21, 168), B(24, 2, 192)}, {MODULE ".lora_A.weight", "2 x 21"}},
    {"{" LORA "}", {A(2, 22, 176), B(23, 2, 184)}, {MODULE ".lora_B.weight", "23 x 2"}},
    {"{" LORA "}", {A(2, 22, 176), B(24, 3, 288)}, {MODULE ".lora_B.weight", "rank is 3"}},
    {"{" LORA "}", {A(0, 22, 0), B(24, 0, 0)}, {MODULE ".lora_A.weight", "from 1 to 4096"}},
    {"{" LORA "}", {A(5000, 22, 440000), B(24, 5000, 480000)}, {MODULE, "from 1 to 4096"}},
    {"{" LORA "}", {A(2, 22, 176)}, {MODULE ".lora_A.weight", "no lora_B"}},
    {"{" LORA "}", {B(24, 2, 192)}, {MODULE ".lora_B.weight", "no lora_A"}},
    {"{" LORA "}", {{MODULE ".lora_A.weight", "F32", "44", 176}, B(24, 2, 192)}, {MODULE, "rank"}},
    {"{" LORA "}", {{MODULE ".lora_A.weight", "I32", "2,22", 176}, B(24, 2, 192)}, {MODULE, "I32"}},
    {"{" LORA ",\"use_dora\":true}", {A(2, 22, 176), B(24, 2, 192)}, {MODULE, "no magnitude"}},
    {"{" LORA ",\"use_dora\":true}",
     {A(2, 22, 176), B(24, 2, 192), {MODULE ".lora_magnitude_vector", "F32", "23", 92}},
     {"lora_magnitude_vector", "each row"}},
    {"{" LORA ",\"base_model_name_or_path\":\"some/base\"}",
     {{"base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight", "F32", "2,22", 176},
      {"base_model.model.model.layers.2.self_attn.q_proj.lora_B.weight", "F32", "24,2", 192}},
     {"layers.2.self_attn.q_proj.lora_A.weight", "llama has no such module"}},
    {"{" LORA "}", {{MODULE ".weight", "F32", "23,22", 2024}}, {MODULE ".weight", "23 x 22"}},
    {"{" LORA "}",
     {A(2, 22, 176),
      B(24, 2, 192),
      {"base_model.model.layers.0.self_attn.q_proj.lora_A.weight", "F32", "2,22", 176}},
     {"layers.0.self_attn.q_proj.lora_A", ""}},
};

static void what_does_not_fit_is_refused_by_name(void **state)
{
    (void)state;
    struct adapted adapted;
    for (size_t i = 0; i < sizeof misfits / sizeof *misfits; i++) {
        struct error err = {0};
        write_adapter(misfits[i].config, misfits[i].made, MADE);
        if (try_adapted(&adapted, FIXTURES "llama", scratch_path("made"), &err) == STATUS_OK)
            fail_msg("%s with %s was taken", misfits[i].config, misfits[i].made[0].name);
        assert_says(err.what, misfits[i].says[0]);
        assert_says(err.what, misfits[i].says[1]);
        close_adapted(&adapted);
    }
    const struct made good[] = {A(2, 22, 176), B(24, 2, 192)}; /* what they all differ from */
    write_adapter("{" LORA "}", good, 2);
    adapted = open_adapted(FIXTURES "llama", scratch_path("made"));
    close_adapted(&adapted);
}

static void places_without_an_adapter_are_refused(void **state)
{
    (void)state;
    struct adapted adapted;
    struct error err;
    static const char *const paths[][2] = {
        {FIXTURES "nowhere", "nowhere"},
        {FIXTURES "expected.json", "no directory"},
        {FIXTURES "llama", "adapter_config.json"},
        {"", "\"\""},
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(try_adapted(&adapted, FIXTURES "llama", paths[i][0], &err), STATUS_FAILED);
        assert_says(err.what, paths[i][1]);
        close_adapted(&adapted);
    }
    assert_true(path_make_directories(scratch_path("empty")));
    scratch_text("empty/adapter_config.json", "{" LORA "}");
    assert_int_equal(try_adapted(&adapted, FIXTURES "llama", scratch_path("empty"), &err),
                     STATUS_FAILED);
    assert_says(err.what, "adapter_model.safetensors");
    close_adapted(&adapted);
}

/* The rows of other formats have other names and another order: that is said, and what would help.
 */
static void bases_of_other_formats_are_refused(void **state)
{
    (void)state;
    static const char *const bases[] = {"tests/fixtures/torch/meta-two",
                                        "tests/fixtures/torch/v0.bin"};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct adapted adapted;
        struct error err = {0};
        assert_int_equal(try_adapted(&adapted, bases[i], FIXTURES "plain", &err), STATUS_FAILED);
        assert_says(err.what, path_name(bases[i]));
        assert_says(err.what, "layers.0.attention.wq.weight: a LoRA cannot be laid over it");
        assert_says(err.help, "as Hugging Face has it");
        close_adapted(&adapted);
    }
}

/* Names may be wrapped otherwise in the base, and have the adapter's name in them. */
static void wrapped_names_meet(void **state)
{
    (void)state;
    static const char *const names[] = {
        "base_model.model.layers.0.self_attn.q_proj", "layers.0.self_attn.q_proj",
        "base_model.model.model.language_model.layers.0.self_attn.q_proj"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char a[256], b[256];
        text_format(a, sizeof a, "%s.lora_A%s.weight", names[i], i == 1 ? ".default" : "");
        text_format(b, sizeof b, "%s.lora_B%s.weight", names[i], i == 1 ? ".default" : "");
        const struct made made[] = {{a, "F32", "2,22", 176}, {b, "F32", "24,2", 192}};
        write_adapter("{" LORA ",\"r\":2}", made, 2);
        struct adapted adapted = open_adapted(FIXTURES "llama", scratch_path("made"));
        const struct tensor *tensor =
            checkpoint_find(adapted.checkpoint, "model.layers.0.self_attn.q_proj.weight");
        assert_true(tensor && tensor->lora);
        assert_true(lora_has_declared_rank(tensor->lora));
        close_adapted(&adapted);
    }
}

/* A pattern matches a module from a point on, and to its end. */
static void patterns_match_whole_parts(void **state)
{
    (void)state;
    const struct made made[] = {A(2, 22, 176), B(24, 2, 192)};
    static const struct {
        const char *patterns;
        bool match;
    } cases[] = {
        {"{\"proj\":2,\"q_pro\":2,\"self_attn\":2,\"elf_attn.q_proj\":2}", false},
        {"{\"self_attn.q_proj\":2}", true},
        {"{\"[a-z]_proj\":2}", true},
        {"{\"^layers.0.*\":2}", false},
        {"{\"^model\\\\.layers\\\\.(0|7)\\\\..*_proj$\":2}", true},
        {"{\"q_proj\":3,\"self_attn.q_proj\":2}", false}, /* the first counts */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char config[256];
        text_format(config, sizeof config, "{" LORA ",\"r\":9,\"rank_pattern\":%s}",
                    cases[i].patterns);
        write_adapter(config, made, 2);
        struct adapted adapted = open_adapted(FIXTURES "llama", scratch_path("made"));
        const struct tensor *tensor =
            checkpoint_find(adapted.checkpoint, "model.layers.0.self_attn.q_proj.weight");
        if (lora_has_declared_rank(tensor->lora) != cases[i].match)
            fail_msg("%s: %s", cases[i].patterns, cases[i].match ? "no match" : "a match");
        close_adapted(&adapted);
    }
}

/* The tensors' own rank counts, and is told where the config says another. */
static void ranks_of_tensors_count(void **state)
{
    (void)state;
    const struct made made[] = {A(2, 22, 176), B(24, 2, 192)};
    char adapter[PATH_BYTES];
    text_format(adapter, sizeof adapter, "%s", scratch_path("made"));
    const struct session_options options = {.adapter = adapter, .no_cache = true};
    struct session *session;
    write_adapter("{" LORA ",\"r\":16}", made, 2);
    assert_int_equal(session_open(FIXTURES "llama", &options, &session, NULL), STATUS_OK);
    const struct model *model = session_angles(session)->model;
    assert_says(find_fact(model, "adapter")->reason, "LoRA of rank 2, on 1 of 4");
    assert_int_equal(model->note_count, 1);
    assert_says(model->notes[0], "another rank than lora_A has");
    session_close(session);
}

/* The adapter as it is now in the file that was located before. */
static bool lies_over(struct adapted *adapted)
{
    bool good = checkpoint_open(adapted->source, &adapted->checkpoint, NULL) == STATUS_OK &&
                checkpoint_adapt(adapted->checkpoint, adapted->adapter, NULL) == STATUS_OK;
    checkpoint_close(adapted->checkpoint);
    adapted->checkpoint = NULL;
    return good;
}

/* Whatever byte of an adapter is damaged: refused, or opened with other numbers; and no length of
 * it but the whole is taken. */
static void damaged_adapters_are_refused_or_opened(void **state)
{
    (void)state;
    size_t size, opened = 0, refused = 0;
    assert_true(path_make_directories(scratch_path("made")));
    copy_file(FIXTURES "dora/adapter_config.json", "made/adapter_config.json");
    copy_file(FIXTURES "dora/adapter_model.safetensors", "made/adapter_model.safetensors");
    struct adapted adapted = open_adapted(FIXTURES "llama", scratch_path("made"));
    checkpoint_close(adapted.checkpoint);
    unsigned char *whole = file_get(FIXTURES "dora/adapter_model.safetensors", &size);
    for (size_t at = 0; at < size; at += at < 1200 ? 1 : 61) {
        whole[at] ^= 0x10;
        scratch_write("made/adapter_model.safetensors", whole, size);
        whole[at] ^= 0x10;
        *(lies_over(&adapted) ? &opened : &refused) += 1;
        scratch_write("made/adapter_model.safetensors", whole, at);
        assert_false(lies_over(&adapted));
    }
    assert_true(opened > 0 && refused > 0);
    memory_free(whole);
    close_adapted(&adapted);
}

/* ---- a scan and its files ------------------------------------------------ */

/* Copies of a base and a LoRA over it, where they can be spoilt. */
static void copy_plain(char base[PATH_BYTES], char adapter[PATH_BYTES])
{
    text_format(base, PATH_BYTES, "%s", scratch_path("base"));
    text_format(adapter, PATH_BYTES, "%s", scratch_path("lora"));
    assert_true(path_make_directories(base) && path_make_directories(adapter));
    copy_file(FIXTURES "llama/config.json", "base/config.json");
    copy_file(FIXTURES "llama/model.safetensors", "base/model.safetensors");
    copy_file(FIXTURES "plain/adapter_config.json", "lora/adapter_config.json");
    copy_file(FIXTURES "plain/adapter_model.safetensors", "lora/adapter_model.safetensors");
}

static void the_file_that_shrank_is_named(void **state)
{
    (void)state;
    guard_install(); /* once more: cmocka has its own handlers in a test */
    static const char *const names[] = {"lora/adapter_model.safetensors", "base/model.safetensors"};
    char base[PATH_BYTES], adapter[PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct session_options options = {.adapter = adapter, .no_cache = true};
        struct session *session;
        struct error err = {0};
        copy_plain(base, adapter);
        assert_int_equal(session_open(base, &options, &session, NULL), STATUS_OK);
        assert_int_equal(truncate(scratch_path(names[i]), 100), 0);
        assert_int_equal(session_wait(session, NULL, NULL, &err), STATUS_FAILED);
        assert_says(err.what, names[i]);
        assert_says(err.what, "shrank");
        session_close(session);
    }
}

/* The threads of this process. */
static size_t count_threads(void)
{
    size_t count = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (const struct dirent *entry; tasks && (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    if (tasks)
        closedir(tasks);
    return count;
}

/* A base and factors of zeros, large and without a block on the disk. */
enum { LARGE_ROWS = 8192, LARGE_WIDTH = 4096, LARGE_RANK = 512 };

static void make_hole(const char *name, const char *header, size_t bytes)
{
    scratch_tensors(name, header, 0);
    assert_int_equal(truncate(scratch_path(name), (off_t)(8 + strlen(header) + bytes)), 0);
}

static void write_large(void)
{
    const size_t a = sizeof(float) * LARGE_RANK * LARGE_WIDTH;
    const size_t b = sizeof(float) * LARGE_ROWS * LARGE_RANK;
    const size_t w = (size_t)2 * LARGE_ROWS * LARGE_WIDTH;
    char header[512];
    assert_true(path_make_directories(scratch_path("large")));
    text_format(header, sizeof header,
                "{\"model.layers.0.self_attn.q_proj.weight\":{\"dtype\":\"F16\",\"shape\":[%d,%d],"
                "\"data_offsets\":[0,%zu]},\"model.layers.0.self_attn.k_proj.weight\":{\"dtype\":"
                "\"F16\",\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}}",
                LARGE_ROWS, LARGE_WIDTH, w, LARGE_ROWS, LARGE_WIDTH, w, 2 * w);
    make_hole("large/model.safetensors", header, 2 * w);
    scratch_text("large/config.json",
                 "{\"model_type\":\"llama\",\"num_hidden_layers\":1,\"num_attention_heads\":64,"
                 "\"num_key_value_heads\":64,\"hidden_size\":4096,\"head_dim\":128}");
    text_format(header, sizeof header,
                "{\"model.layers.0.self_attn.q_proj.lora_A.weight\":{\"dtype\":\"F32\",\"shape\":"
                "[%d,%d],\"data_offsets\":[0,%zu]},\"model.layers.0.self_attn.q_proj.lora_B.weight"
                "\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}}",
                LARGE_RANK, LARGE_WIDTH, a, LARGE_ROWS, LARGE_RANK, a, a + b);
    make_hole("large/adapter_model.safetensors", header, a + b);
    scratch_text("large/adapter_config.json", "{\"peft_type\":\"LORA\",\"r\":512}");
}

/* Each worker has a copy of A, 8 MB here: there are no more workers than 96 MB hold. */
static void workers_share_a_bounded_memory(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    write_large();
    text_format(path, sizeof path, "%s", scratch_path("large"));
    const struct session_options with = {.adapter = path, .no_cache = true, .threads = 60};
    struct session *session;
    size_t before = count_threads();
    assert_int_equal(session_open(path, &with, &session, NULL), STATUS_OK);
    assert_int_equal(session_start(session, NULL), STATUS_OK);
    size_t started = count_threads() - before;
    session_cancel(session);
    session_close(session);
    assert_in_range(started, 1, 6);
}

/* ---- a published adapter ------------------------------------------------- */

enum { CALM_LAYERS = 24, CALM_ROWS = 6144, CALM_WIDTH = 2048 };

/* Rows of zeros and a LoRA of rank 1 over them all point one way, or against it. */
static void a_published_adapter_opens(void **state)
{
    (void)state;
    if (!path_is_directory(SHARED))
        skip();
    char header[8192] = "{";
    size_t used = 1, bytes = (size_t)2 * CALM_ROWS * CALM_WIDTH;
    for (size_t i = 0; i < CALM_LAYERS; i++) {
        text_format(header + used, sizeof header - used,
                    "%s\"gpt_neox.layers.%zu.attention.query_key_value.weight\":{\"dtype\":\"F16\","
                    "\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}",
                    i ? "," : "", i, CALM_ROWS, CALM_WIDTH, i * bytes, (i + 1) * bytes);
        used += strlen(header + used);
    }
    text_format(header + used, sizeof header - used, "}");
    scratch_tensors("model.safetensors", header, 0);
    assert_int_equal(truncate(scratch_path("model.safetensors"),
                              (off_t)(8 + strlen(header) + CALM_LAYERS * bytes)),
                     0);
    struct adapted adapted = open_adapted(scratch_path("model.safetensors"), SHARED);
    for (size_t i = 0; i < CALM_LAYERS; i += CALM_LAYERS - 1) {
        const struct tensor *tensor = checkpoint_tensor(adapted.checkpoint, i);
        assert_non_null(tensor->lora);
        assert_int_equal(lora_rank(tensor->lora), 1);
        float *rows = rows_of(adapted.checkpoint, tensor, 512);
        double first = dot(rows, rows, CALM_WIDTH);
        assert_true(first > 0);
        for (size_t row = 1; row < CALM_ROWS; row++) {
            const float *other = rows + row * CALM_WIDTH;
            double cos = dot(rows, other, CALM_WIDTH) / sqrt(first * dot(other, other, CALM_WIDTH));
            assert_true(!(fabs(fabs(cos) - 1) > TOLERANCE));
        }
        memory_free(rows);
    }
    close_adapted(&adapted);
}

static int prepare(void **state)
{
    guard_install();
    return scratch_make(state) != 0 || setenv("XDG_CACHE_HOME", scratch, 1) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_float64),
        cmocka_unit_test(cosines_are_those_of_float64),
        cmocka_unit_test(tiles_make_the_whole),
        cmocka_unit_test(result_and_base_are_two_databases),
        cmocka_unit_test(the_model_tells_of_its_adapter),
        cmocka_unit_test(files_of_angles_take_no_adapter),
        cmocka_unit_test(what_does_not_fit_is_refused_by_name),
        cmocka_unit_test(places_without_an_adapter_are_refused),
        cmocka_unit_test(bases_of_other_formats_are_refused),
        cmocka_unit_test(wrapped_names_meet),
        cmocka_unit_test(patterns_match_whole_parts),
        cmocka_unit_test(ranks_of_tensors_count),
        cmocka_unit_test(damaged_adapters_are_refused_or_opened),
        cmocka_unit_test(the_file_that_shrank_is_named),
        cmocka_unit_test(workers_share_a_bounded_memory),
        cmocka_unit_test(a_published_adapter_opens),
    };
    return cmocka_run_group_tests_name("adapter", tests, prepare, scratch_remove);
}
