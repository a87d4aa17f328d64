/* probe.c: a run from its request to its result: what can be asked for, the memory it takes, the
 * text that was given and then, token by token, the text that follows. */
#include "ropescope/probe.h"
#include "run.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* ---- what can be asked for ----------------------------------------------- */

static enum status check_family(const struct model *model, struct error *err)
{
    if (probe_knows(model))
        return STATUS_OK;
    if (model->like_authors)
        return error_set(err, STATUS_USAGE, "%s: rows paired like the authors' code do not run",
                         model->name);
    error_set(err, STATUS_FAILED, "%s: models of family %s are not run here", model->name,
              model->family);
    return error_help(err, "these are: %s", probe_families());
}

/* A run lays a LoRA over matrices; what an adapter says of embeddings and biases is not read, and
 * without it the run would be another model's. */
static enum status check_adapter(const struct checkpoint *checkpoint, struct error *err)
{
    const struct source *adapter = checkpoint_adapter(checkpoint);
    if (!adapter)
        return STATUS_OK;
    const cJSON *config = adapter->config;
    const char *bias = cJSON_GetStringValue(json_get(config, "bias"));
    const cJSON *targets = json_get(config, "target_modules"), *each;
    bool embeds = false;
    cJSON_ArrayForEach(each, targets)
    {
        const char *name = cJSON_GetStringValue(each);
        embeds = embeds || (name && strstr(name, "embed"));
    }
    if (!embeds && (!bias || strcmp(bias, "none") == 0))
        return STATUS_OK;
    return error_set(err, STATUS_FAILED, "%s: the adapter changes %s, which a run does not follow",
                     adapter->name, embeds ? "embeddings" : "biases");
}

static enum status check_request(const struct model *model, const struct probe_request *request,
                                 struct error *err)
{
    if (request->token_count == 0 && !request->whole_vocabulary)
        return error_set(err, STATUS_USAGE, "no tokens to run %s over", model->name);
    if (request->whole_vocabulary && (request->token_count || request->layer_count > 1 ||
                                      request->attention_count || request->generate))
        return error_set(err, STATUS_USAGE,
                         "the whole vocabulary has no text: its first layer is all there is");
    if (request->token_count > INT_MAX / 2 || request->generate > INT_MAX / 2)
        return error_set(err, STATUS_USAGE, "%zu tokens and %zu more: that is too long a text",
                         request->token_count, request->generate);
    if (request->layer_count > model->layer_count)
        return error_set(err, STATUS_USAGE, "%zu layers: %s has %zu", request->layer_count,
                         model->name, model->layer_count);
    size_t layers = request->layer_count ? request->layer_count : model->layer_count;
    if (request->generate > 0 && layers < model->layer_count)
        return error_set(err, STATUS_USAGE,
                         "a run that stops behind layer %zu has no logits to go on by", layers - 1);
    for (size_t i = 0; i < request->attention_count; i++)
        if (request->attention[i] >= layers)
            return error_set(err, STATUS_USAGE,
                             "attention of layer %zu: the run has layers 0 to %zu",
                             request->attention[i], layers - 1);
    for (size_t i = 0; i < model->layer_count; i++)
        if (model->layers[i].projection[PROJECTION_QUERY].index == UINT32_MAX)
            return error_set(err, STATUS_FAILED, "%s: layer %u has no weights at hand", model->name,
                             model->layers[i].number);
    return STATUS_OK;
}

static enum status check_tokens(const struct run *run)
{
    const struct probe_request *request = run->request;
    const uint64_t count = run->text.embedding->shape[0];
    for (size_t i = 0; i < request->token_count; i++)
        if (request->tokens[i] >= count)
            return error_set(run->err, STATUS_USAGE,
                             "token %" PRIu32 " at position %zu: %s has tokens 0 to %" PRIu64,
                             request->tokens[i], i, run->model->name, count - 1);
    uint64_t context = run->settings.context;
    if (context > 0 && request->token_count + request->generate > context)
        notices_add(&run->probe->notices,
                    "%zu tokens are more than the %" PRIu64 " that %s was made for",
                    request->token_count + request->generate, context, run->model->name);
    return STATUS_OK;
}

/* Tokens of the vocabulary that are worked on at once. */
enum { VOCABULARY_PART = 250 };

/* ---- memory -------------------------------------------------------------- */

static bool copy_tokens(struct probe *probe, const struct probe_request *request)
{
    probe->tokens = memory_array(request->token_count + 1, sizeof *probe->tokens);
    probe->token_count = request->token_count;
    if (probe->tokens && request->token_count > 0)
        memcpy(probe->tokens, request->tokens, request->token_count * sizeof *probe->tokens);
    return probe->tokens != NULL;
}

static bool reserve_attention(struct run *run, size_t index)
{
    const struct layer *layer = &run->model->layers[index];
    const size_t count = run->request->token_count;
    uint64_t rows;
    struct probe_attention *a = memory_array(1, sizeof *a);
    run->probe->layers[index].attention = a;
    if (!a)
        return false;
    *a = (struct probe_attention){
        .heads = layer->projection[PROJECTION_QUERY].heads,
        .key_heads = layer->projection[PROJECTION_KEY].heads,
        .head_dim = layer->head_dim,
        .pairs = layer->pairs,
        .scale = attention_scale(run, index),
        .softcap = run->settings.attention_cap,
        .rotation_scale = layer->pairs > 0 ? layer->rotation_scale : 1,
        .window = run->settings.slides[index] ? run->settings.window : 0,
    };
    if (!size_multiply(a->heads, count, &rows))
        return false;
    a->scores = new_floats(rows, count);
    a->weights = new_floats(rows, count);
    a->queries = new_floats(rows, a->head_dim);
    a->keys = new_floats(count * a->key_heads, a->head_dim);
    return a->scores && a->weights && a->queries && a->keys;
}

static bool reserve_result(struct run *run)
{
    struct probe *probe = run->probe;
    const struct probe_request *request = run->request;
    bool whole = run->layers == run->model->layer_count && !request->whole_vocabulary;
    probe->of_vocabulary = request->whole_vocabulary;
    probe->layers = memory_array(run->layers, sizeof *probe->layers);
    if (!probe->layers || !copy_tokens(probe, request))
        return false;
    probe->layer_count = run->layers;
    probe->vocabulary = (uint32_t)run->text.embedding->shape[0];
    for (size_t i = 0; i < run->layers; i++)
        probe->layers[i].number = run->model->layers[i].number;
    for (size_t i = 0; i < request->attention_count; i++)
        if (!probe->layers[request->attention[i]].attention &&
            !reserve_attention(run, request->attention[i]))
            return false;
    if (!whole)
        return true;
    probe->logits = new_floats(probe->vocabulary, 1);
    probe->top = memory_array(request->token_count, PROBE_TOP * sizeof *probe->top);
    probe->generated =
        request->generate ? memory_array(request->generate, sizeof *probe->generated) : NULL;
    return probe->logits && probe->top && (probe->generated || request->generate == 0);
}

/* Keys and values: of one layer, or of each where the text goes on. */
static bool reserve_kept(struct run *run)
{
    size_t count = run->keeps ? run->layers : 1, widest = 0;
    run->kept = memory_array(count, sizeof *run->kept);
    for (size_t i = 0; i < run->layers; i++) {
        size_t rows = (size_t)run->model->layers[i].projection[PROJECTION_KEY].rows;
        widest = rows > widest ? rows : widest;
    }
    for (size_t i = 0; run->kept && i < count; i++) {
        run->kept[i].keys = new_floats(run->room, widest);
        run->kept[i].values = new_floats(run->room, widest);
        if (!run->kept[i].keys || !run->kept[i].values)
            return false;
    }
    return run->kept != NULL;
}

static bool reserve_run(struct run *run)
{
    const size_t count =
        run->request->whole_vocabulary ? VOCABULARY_PART : run->request->token_count;
    size_t widest = 0;
    for (size_t i = 0; i < run->layers; i++) {
        size_t rows = (size_t)run->model->layers[i].projection[PROJECTION_QUERY].rows;
        widest = rows > widest ? rows : widest;
    }
    run->room = count + run->request->generate;
    run->keeps = run->request->generate > 0;
    run->state = new_floats(count, run->hidden);
    run->normed = new_floats(count, run->hidden);
    run->added = new_floats(count, run->hidden);
    run->queries = new_floats(count, widest);
    run->attended = new_floats(count, widest);
    return run->state && run->normed && run->added && run->queries && run->attended &&
           reserve_kept(run);
}

static void close_run(struct run *run)
{
    float *const blocks[] = {run->state,    run->normed, run->added, run->queries,
                             run->attended, run->gate,   run->up};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    for (size_t i = 0; run->kept && i < (run->keeps ? run->layers : 1); i++) {
        memory_free(run->kept[i].keys);
        memory_free(run->kept[i].values);
    }
    memory_free(run->kept);
    workers_close(&run->workers);
    weights_free_text(&run->text);
    settings_free(&run->settings);
}

void probe_free(struct probe *probe)
{
    if (!probe)
        return;
    for (size_t i = 0; i < probe->layer_count; i++) {
        struct probe_attention *a = probe->layers[i].attention;
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            struct probe_projection *p = &probe->layers[i].projection[which];
            float *const arrays[] = {p->mean_a,     p->mean_b,  p->radius_mean,
                                     p->radius_max, p->first_a, p->first_b};
            for (size_t j = 0; j < sizeof arrays / sizeof *arrays; j++)
                memory_free(arrays[j]);
        }
        float *const arrays[] = {a ? a->scores : NULL, a ? a->weights : NULL, a ? a->queries : NULL,
                                 a ? a->keys : NULL};
        for (size_t j = 0; j < sizeof arrays / sizeof *arrays; j++)
            memory_free(arrays[j]);
        memory_free(a);
    }
    memory_free(probe->layers);
    memory_free(probe->tokens);
    memory_free(probe->logits);
    memory_free(probe->top);
    memory_free(probe->generated);
    memory_free(probe);
}

/* ---- the run ------------------------------------------------------------- */

/* Checks all layers before the first is run, and counts what is to be read. */
static enum status survey(struct run *run, struct progress *progress)
{
    uint64_t bytes = run->probe->logits ? run->text.head->bytes : 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->layers && status == STATUS_OK; i++) {
        struct layer_weights weights;
        status = weights_of_layer(run->checkpoint, run->model, &run->settings, i, run->hidden,
                                  &weights, run->err);
        bytes += status == STATUS_OK ? weights_layer_bytes(&weights) : 0;
        weights_free_layer(&weights);
    }
    if (progress)
        progress_start(progress, bytes * (1 + (uint64_t)run->request->generate));
    run->workers.progress = progress;
    return status;
}

static uint32_t best(const float *logits, uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t i = 1; i < count; i++)
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there are `count`, or none
        at = logits[i] > logits[at] ? i : at;
    return at;
}

/* One token after the other, each behind the keys and values of those before it. */
static enum status go_on(struct run *run)
{
    struct probe *probe = run->probe;
    float *logits = new_floats(probe->vocabulary, 1);
    enum status status = logits ? STATUS_OK : error_memory(run->err);
    uint32_t token = best(probe->logits, probe->vocabulary);
    run->records = false;
    run->first = run->request->token_count;
    run->positions = 1;
    while (status == STATUS_OK && probe->generated_count < run->request->generate &&
           !settings_ends_text(run->checkpoint, token)) {
        probe->generated[probe->generated_count++] = token;
        if (probe->generated_count == run->request->generate)
            break;
        status = embed(run, &token);
        if (status == STATUS_OK)
            status = run_layers(run);
        if (status == STATUS_OK)
            status = read_out(run, logits, NULL);
        if (status == STATUS_OK)
            token = best(logits, probe->vocabulary);
        run->first++;
    }
    memory_free(logits);
    return status;
}

static enum status run_vocabulary(struct run *run)
{
    uint32_t ids[VOCABULARY_PART];
    const size_t all = run->probe->vocabulary;
    enum status status = STATUS_OK;
    for (size_t at = 0; at < all && status == STATUS_OK; at += run->positions) {
        run->positions = all - at < VOCABULARY_PART ? all - at : VOCABULARY_PART;
        for (size_t i = 0; i < run->positions; i++)
            ids[i] = (uint32_t)(at + i);
        status = embed(run, ids);
        if (status == STATUS_OK)
            status = run_first_vectors(run);
        run->recorded += run->positions;
    }
    return status;
}

static enum status run_all(struct run *run)
{
    run->records = true;
    if (run->request->whole_vocabulary)
        return run_vocabulary(run);
    run->positions = run->request->token_count;
    enum status status = embed(run, run->request->tokens);
    if (status == STATUS_OK)
        status = run_layers(run);
    if (status == STATUS_OK && run->probe->logits)
        status = read_out(run, run->probe->logits, run->probe->top);
    return status == STATUS_OK && run->request->generate > 0 ? go_on(run) : status;
}

static enum status open_run(struct run *run, struct progress *progress)
{
    const struct probe_request *request = run->request;
    size_t threads = request->threads ? request->threads : pool_cores();
    enum status status = settings_read_model(run->checkpoint, run->model, &run->settings, run->err);
    if (status == STATUS_OK)
        status = weights_of_text(run->checkpoint, run->model, &run->settings, &run->text, run->err);
    if (status == STATUS_OK)
        status = check_tokens(run);
    if (status == STATUS_OK)
        status = workers_open(&run->workers, run->checkpoint, threads, run->err);
    if (status != STATUS_OK)
        return status;
    run->workers.cancel = request->cancel;
    run->hidden = (size_t)run->text.embedding->shape[1];
    if (!reserve_result(run) || !reserve_run(run))
        return error_memory(run->err);
    return survey(run, progress);
}

enum status probe_run(const struct checkpoint *checkpoint, const struct model *model,
                      const struct probe_request *request, struct progress *progress,
                      struct probe **out, struct error *err)
{
    double started = clock_seconds();
    struct run run = {.checkpoint = checkpoint, .model = model, .request = request, .err = err};
    enum status status = check_family(model, err);
    if (status == STATUS_OK)
        status = check_request(model, request, err);
    if (status == STATUS_OK)
        status = check_adapter(checkpoint, err);
    if (status != STATUS_OK)
        return status;
    run.layers = request->layer_count ? request->layer_count : model->layer_count;
    run.layers = request->whole_vocabulary ? 1 : run.layers;
    run.probe = memory_array(1, sizeof *run.probe);
    status = run.probe ? open_run(&run, progress) : error_memory(err);
    if (status == STATUS_OK)
        status = run_all(&run);
    close_run(&run);
    if (status != STATUS_OK) {
        probe_free(run.probe);
        return status;
    }
    run.probe->seconds = clock_seconds() - started;
    *out = run.probe;
    return STATUS_OK;
}
