/* test_probe.c: models of every family run as transformers runs them: logits, queries and keys
 * before rotation, attention; and a trained model of ../shared writes the same text out of every
 * format (it is skipped by name where that is absent). */
#include "ropescope/probe.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#define FIXTURES "tests/fixtures/probe/"

enum { TOKENS = 24, MORE = 8 };
static const double near = 1e-4; /* of the largest number of its vector */

/* ---- what is run --------------------------------------------------------- */

static struct opened opened_model(const char *path, uint64_t tokens)
{
    struct opened o = {0};
    struct error err = {0};
    const struct model_options options = {.context = tokens};
    if (source_locate(path, &o.source, &err) != STATUS_OK ||
        checkpoint_open(o.source, &o.checkpoint, &err) != STATUS_OK ||
        model_open(o.checkpoint, &options, &o.model, &err) != STATUS_OK)
        fail_msg("%s: %s", path, err.what);
    return o;
}

static struct probe *run(const struct opened *o, const struct probe_request *request)
{
    struct probe *probe = NULL;
    struct error err = {0};
    struct progress progress = {0};
    if (probe_run(o->checkpoint, o->model, request, &progress, &probe, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    if (request->generate == 0)
        assert_int_equal(atomic_load(&progress.done), progress.total);
    return probe;
}

__attribute__((unused)) static enum status
refused(const struct opened *o, const struct probe_request *request, struct error *err)
{
    struct probe *probe = NULL;
    *err = (struct error){0};
    enum status status = probe_run(o->checkpoint, o->model, request, NULL, &probe, err);
    probe_free(probe);
    return status;
}

/* ---- what transformers said ---------------------------------------------- */

static cJSON *read_expected(const char *family)
{
    char path[PATH_BYTES];
    cJSON *json = NULL;
    struct error err = {0};
    text_format(path, sizeof path, FIXTURES "%s/expected.json", family);
    if (json_read_file(path, 1 << 24, &json, NULL, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return json;
}

static size_t read_tokens(const cJSON *list, uint32_t *out)
{
    size_t count = 0;
    for (const cJSON *item = list->child; item; item = item->next)
        out[count++] = (uint32_t)item->valuedouble;
    return count;
}

/* All numbers of nested lists one after the other; the caller frees them. */
static void flatten(const cJSON *item, double *out, size_t *count)
{
    if (cJSON_IsNumber(item))
        out[(*count)++] = item->valuedouble;
    for (const cJSON *each = cJSON_IsArray(item) ? item->child : NULL; each; each = each->next)
        flatten(each, out, count);
}

static double *numbers_of(const cJSON *list, size_t count)
{
    size_t found = 0;
    double *numbers = memory_array(1 << 18, sizeof *numbers);
    assert_non_null(numbers);
    flatten(list, numbers, &found);
    assert_int_equal(found, count);
    return numbers;
}

/* The largest difference, as a part of the largest number. */
static double difference(const float *found, const double *wanted, size_t count)
{
    double most = 0, apart = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs(wanted[i]));
        apart = fmax(apart, isfinite(found[i]) ? fabs((double)found[i] - wanted[i]) : INFINITY);
    }
    return apart / most;
}

static void check_near(const char *family, const char *what, const float *found, const cJSON *list,
                       size_t count)
{
    double *wanted = numbers_of(list, count);
    double apart = difference(found, wanted, count);
    if (!(apart <= near))
        fail_msg("%s: %s differ by %g of the largest", family, what, apart);
    memory_free(wanted);
}

/* ---- logits -------------------------------------------------------------- */

static void check_top(const char *family, const struct probe *probe, const cJSON *tops)
{
    const cJSON *top = tops->child;
    float scale = 0;
    for (size_t i = 0; i < probe->vocabulary; i++)
        scale = fmaxf(scale, fabsf(probe->logits[i]));
    for (size_t t = 0; t < probe->token_count; t++, top = top->next) {
        const struct probe_choice *found = probe->top + t * PROBE_TOP;
        const cJSON *pair = top->child;
        for (size_t i = 0; i < PROBE_TOP; i++, pair = pair->next) {
            double wanted = pair->child->next->valuedouble;
            if (fabs((double)found[i].logit - wanted) > near * fmax(fabs(wanted), (double)scale))
                fail_msg("%s: choice %zu at position %zu has %g, not %g", family, i, t,
                         (double)found[i].logit, wanted);
        }
        assert_int_equal(found[0].token, (uint32_t)top->child->child->valuedouble);
    }
}

/* ---- queries and keys ---------------------------------------------------- */

/* What is said of one pair of one head, against all positions of transformers' vectors. */
struct moments {
    double mean_a, mean_b, radius_mean, radius_max, first_a, first_b;
};

static struct moments moments_of(const double *vectors, size_t dim, size_t a, size_t b)
{
    struct moments m = {.first_a = vectors[a], .first_b = vectors[b]};
    for (size_t t = 1; t < TOKENS; t++) {
        double x = vectors[t * dim + a], y = vectors[t * dim + b], radius = hypot(x, y);
        m.mean_a += x / (TOKENS - 1);
        m.mean_b += y / (TOKENS - 1);
        m.radius_mean += radius / (TOKENS - 1);
        m.radius_max = fmax(m.radius_max, radius);
    }
    return m;
}

static void check_projection(const char *family, const struct layer *layer, int which,
                             const struct probe_projection *found, const cJSON *list)
{
    const size_t dim = layer->head_dim, heads = layer->projection[which].heads;
    double *vectors = numbers_of(list, heads * TOKENS * dim), most = 0;
    assert_int_equal(found->heads, heads);
    assert_int_equal(found->pairs, layer->pairs);
    for (size_t i = 0; i < heads * TOKENS * dim; i++)
        most = fmax(most, fabs(vectors[i]));
    for (uint32_t i = 0; i < heads * layer->pairs; i++) {
        uint64_t a, b;
        uint32_t head = i / layer->pairs;
        layer_pair_rows(layer, which, head, i % layer->pairs, &a, &b);
        const struct moments m = moments_of(vectors + head * TOKENS * dim, dim, a % dim, b % dim);
        const double wanted[] = {m.mean_a,     m.mean_b,  m.radius_mean,
                                 m.radius_max, m.first_a, m.first_b};
        const float values[] = {found->mean_a[i],     found->mean_b[i],  found->radius_mean[i],
                                found->radius_max[i], found->first_a[i], found->first_b[i]};
        for (size_t k = 0; k < 6; k++)
            if (!(fabs((double)values[k] - wanted[k]) <= near * most))
                fail_msg("%s: layer %u, %s %u of head %u: measure %zu is %g, not %g", family,
                         layer->number, projection_name(which), i % layer->pairs, head, k,
                         (double)values[k], wanted[k]);
    }
    memory_free(vectors);
}

/* The vectors themselves, which are kept in the order of pairs. */
static void check_vectors(const char *family, const struct layer *layer, int which,
                          const struct probe_attention *a, const cJSON *list)
{
    const size_t dim = layer->head_dim, heads = layer->projection[which].heads;
    double *vectors = numbers_of(list, heads * TOKENS * dim);
    float *found = memory_array(heads * TOKENS * dim, sizeof *found);
    const float *from = which == PROJECTION_QUERY ? a->queries : a->keys;
    assert_non_null(found);
    for (size_t i = 0; i < heads * TOKENS * dim; i++) {
        size_t head = i / dim % heads, t = i / dim / heads, d = i % dim, at = d;
        uint64_t row[2];
        if (d < 2 * (size_t)layer->pairs) {
            layer_pair_rows(layer, which, 0, (uint32_t)(d / 2), &row[0], &row[1]);
            at = (size_t)row[d % 2];
        }
        found[(head * TOKENS + t) * dim + at] = from[i];
    }
    if (!(difference(found, vectors, heads * TOKENS * dim) <= near))
        fail_msg("%s: layer %u: vectors of the %s differ", family, layer->number,
                 projection_name(which));
    memory_free(found);
    memory_free(vectors);
}

/* ---- attention ----------------------------------------------------------- */

static void check_sums(const struct probe_attention *a)
{
    for (size_t row = 0; row < (size_t)a->heads * TOKENS; row++) {
        size_t query = row % TOKENS;
        double sum = 0;
        for (size_t key = 0; key < TOKENS; key++) {
            bool seen = key <= query && (a->window == 0 || query - key < a->window);
            assert_int_equal(isfinite(a->scores[row * TOKENS + key]), seen);
            assert_true(seen || !(a->weights[row * TOKENS + key] > 0));
            sum += (double)a->weights[row * TOKENS + key];
        }
        assert_float_equal(sum, 1, 1e-5);
    }
}

/* A score out of its parts by pair, as whoever shows them will work it out. */
static double score_of_parts(const struct layer *layer, const struct probe_attention *a,
                             uint32_t head, size_t query, size_t key)
{
    const size_t dim = a->head_dim;
    const float *q = a->queries + (query * a->heads + head) * dim;
    const float *k = a->keys + (key * a->key_heads + layer_key_head(layer, head)) * dim;
    double sum = 0;
    for (uint32_t p = 0; p < a->pairs; p++) {
        double angle = layer->frequency[p] * ((double)query - (double)key);
        double along =
            (double)q[2 * p] * (double)k[2 * p] + (double)q[2 * p + 1] * (double)k[2 * p + 1];
        double across =
            (double)q[2 * p + 1] * (double)k[2 * p] - (double)q[2 * p] * (double)k[2 * p + 1];
        sum += a->rotation_scale * a->rotation_scale * (along * cos(angle) + across * -sin(angle));
    }
    for (size_t d = 2 * (size_t)a->pairs; d < dim; d++)
        sum += (double)q[d] * (double)k[d];
    sum *= (double)a->scale;
    return a->softcap > 0 ? (double)a->softcap * tanh(sum / (double)a->softcap) : sum;
}

static void check_scores(const char *family, const struct layer *layer,
                         const struct probe_attention *a)
{
    for (uint32_t head = 0; head < a->heads; head++)
        for (size_t query = 0; query < TOKENS; query += 5) {
            float found = a->scores[(head * TOKENS + query) * TOKENS + query];
            double wanted = score_of_parts(layer, a, head, query, query);
            if (fabs((double)found - wanted) > near * fmax(1, fabs(wanted)))
                fail_msg("%s: head %u, query %zu: %g, its parts come to %g", family, head, query,
                         (double)found, wanted);
            size_t key = query > 3 ? query - 3 : 0;
            found = a->scores[(head * TOKENS + query) * TOKENS + key];
            wanted = score_of_parts(layer, a, head, query, key);
            if (fabs((double)found - wanted) > near * fmax(1, fabs(wanted)))
                fail_msg("%s: head %u, query %zu, key %zu: %g, its parts come to %g", family, head,
                         query, key, (double)found, wanted);
        }
}

/* ---- families ------------------------------------------------------------ */

static void check_family(const char *family)
{
    uint32_t tokens[TOKENS], generated[MORE];
    const size_t all[] = {0, 1, 2};
    char path[PATH_BYTES];
    cJSON *expected = read_expected(family);
    text_format(path, sizeof path, FIXTURES "%s", family);
    struct opened o = opened_model(path, TOKENS);
    struct probe_request request = {
        .tokens = tokens, .attention = all, .attention_count = o.model->layer_count, .threads = 2};
    request.token_count = read_tokens(json_get(expected, "tokens"), tokens);
    struct probe *probe = run(&o, &request);
    assert_int_equal(probe->notices.count, 0);
    check_near(family, "logits", probe->logits, json_get(expected, "logits"), probe->vocabulary);
    check_top(family, probe, json_get(expected, "top"));
    size_t chosen = (size_t)json_get(expected, "layer")->valuedouble;
    const struct probe_attention *a = probe->layers[chosen].attention;
    check_near(family, "weights of attention", a->weights, json_get(expected, "attention"),
               (size_t)a->heads * TOKENS * TOKENS);
    const cJSON *layer = json_get(expected, "layers")->child;
    for (size_t i = 0; i < probe->layer_count; i++, layer = layer->next) {
        const struct layer *own = &o.model->layers[i];
        assert_int_equal(own->pairs > 0, cJSON_IsTrue(json_get(layer, "rotates")));
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            const cJSON *list = json_get(layer, projection_name(which));
            check_projection(family, own, which, &probe->layers[i].projection[which], list);
            check_vectors(family, own, which, probe->layers[i].attention, list);
        }
        check_sums(probe->layers[i].attention);
        check_scores(family, own, probe->layers[i].attention);
    }
    probe_free(probe);
    request.attention_count = 0;
    request.generate = MORE;
    probe = run(&o, &request);
    read_tokens(json_get(expected, "generated"), generated);
    assert_int_equal(probe->generated_count, MORE);
    assert_memory_equal(probe->generated, generated, sizeof generated);
    probe_free(probe);
    close_opened(&o);
    cJSON_Delete(expected);
}

static void test_family(void **state)
{
    check_family(*state);
}

/* ---- what else can be asked for ------------------------------------------ */

/* Layers after the last that is wanted are not read, and there is nothing to tell of what follows.
 */
static void test_first_layers(void **state)
{
    static const uint32_t tokens[] = {5, 6, 7};
    struct opened o = opened_model(FIXTURES "smollm3", 3);
    struct probe_request request = {
        .tokens = tokens, .token_count = 3, .layer_count = 2, .threads = 1};
    (void)state;
    struct probe *probe = run(&o, &request);
    assert_int_equal(probe->layer_count, 2);
    assert_null(probe->logits);
    assert_null(probe->top);
    assert_null(probe->layers[1].projection[PROJECTION_QUERY].mean_a); /* it does not rotate */
    request.layer_count = 0;
    struct probe *whole = run(&o, &request);
    const struct probe_projection *a = &probe->layers[0].projection[PROJECTION_KEY];
    const struct probe_projection *b = &whole->layers[0].projection[PROJECTION_KEY];
    assert_memory_equal(a->mean_a, b->mean_a, sizeof(float) * a->heads * a->pairs);
    probe_free(probe);
    probe_free(whole);
    close_opened(&o);
}

/* One token has no others to take a mean of; more than the context are told of. */
static void test_lengths(void **state)
{
    uint32_t tokens[70] = {9};
    struct opened o = opened_model(FIXTURES "llama", 70);
    struct probe_request request = {.tokens = tokens, .token_count = 1, .threads = 1};
    (void)state;
    struct probe *probe = run(&o, &request);
    const struct probe_projection *p = &probe->layers[1].projection[PROJECTION_QUERY];
    assert_float_equal(p->radius_max[0], 0, 0);
    assert_float_equal(p->mean_b[1], 0, 0);
    assert_true(hypotf(p->first_a[0], p->first_b[0]) > 0);
    probe_free(probe);
    request.token_count = 70;
    probe = run(&o, &request);
    assert_int_equal(probe->notices.count, 1);
    assert_says(probe->notices.line[0], "70 tokens are more than the 64");
    probe_free(probe);
    close_opened(&o);
}

static void test_refusals(void **state)
{
    static const uint32_t tokens[] = {5, 64};
    const size_t attention[] = {2};
    struct error err;
    struct opened o = opened_model(FIXTURES "llama", 2);
    struct probe_request request = {.tokens = tokens, .token_count = 2, .threads = 1};
    (void)state;
    assert_int_equal(refused(&o, &request, &err), STATUS_USAGE);
    assert_says(err.what, "token 64 at position 1: llama has tokens 0 to 63");
    request.token_count = 0;
    assert_int_equal(refused(&o, &request, &err), STATUS_USAGE);
    request.token_count = 1;
    request.layer_count = 3;
    assert_int_equal(refused(&o, &request, &err), STATUS_USAGE);
    assert_says(err.what, "3 layers: llama has 2");
    request.layer_count = 1;
    request.generate = 1;
    assert_int_equal(refused(&o, &request, &err), STATUS_USAGE);
    request.layer_count = request.generate = 0;
    request.attention = attention;
    request.attention_count = 1;
    assert_int_equal(refused(&o, &request, &err), STATUS_USAGE);
    assert_says(err.what, "attention of layer 2");
    close_opened(&o);
    o = opened_model("tests/fixtures/families/cohere", 2);
    request.attention_count = 0;
    assert_int_equal(refused(&o, &request, &err), STATUS_FAILED);
    assert_says(err.what, "family cohere");
    assert_says(err.help, probe_families());
    close_opened(&o);
}

/* Fixtures of families hold queries and keys alone. */
static void test_missing_weights(void **state)
{
    static const uint32_t tokens[] = {1};
    struct error err;
    const struct probe_request request = {.tokens = tokens, .token_count = 1, .threads = 1};
    struct opened o = opened_model("tests/fixtures/families/llama", 1);
    (void)state;
    assert_int_equal(refused(&o, &request, &err), STATUS_FAILED);
    assert_says(err.what, "there is no tensor model.norm.weight");
    close_opened(&o);
}

static void test_cancel(void **state)
{
    static const uint32_t tokens[] = {1, 2};
    _Atomic bool cancel = true;
    struct error err;
    const struct probe_request request = {
        .tokens = tokens, .token_count = 2, .threads = 1, .cancel = &cancel};
    struct opened o = opened_model(FIXTURES "gemma3", 2);
    (void)state;
    assert_int_equal(refused(&o, &request, &err), STATUS_CANCELLED);
    close_opened(&o);
}

int main(void)
{
    guard_install();
    blas_prepare();
#define FAMILY(name)                                                                               \
    {                                                                                              \
        "family_" name, test_family, NULL, NULL, (void *)(uintptr_t)(name)                         \
    }
    const struct CMUnitTest tests[] = {
        FAMILY("llama"),
        FAMILY("llama_yarn"),
        FAMILY("llama_longrope"),
        FAMILY("mistral"),
        FAMILY("qwen2"),
        FAMILY("qwen3"),
        FAMILY("gemma"),
        FAMILY("gemma2"),
        FAMILY("gemma3"),
        FAMILY("smollm3"),
        cmocka_unit_test(test_first_layers),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_missing_weights),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
