/* probe.c: `ropescope probe`: a model run over a text. */
#include "commands.h"
#include "probe_out.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* All that the command opens; zero-initialise. */
struct probing {
    const struct options *options;
    struct source *source, *adapter;
    struct checkpoint *checkpoint;
    struct model *model;
    struct tokenizer *tokenizer; /* NULL: none was found */
    uint32_t *tokens;
    size_t token_count;
    size_t *attention; /* indexes of layers */
    size_t attention_count;
    struct probe *probe;
    struct error *err;
};

static void close_all(struct probing *p)
{
    probe_free(p->probe);
    memory_free(p->attention);
    memory_free(p->tokens);
    tokenizer_close(p->tokenizer);
    model_free(p->model);
    checkpoint_close(p->checkpoint);
    source_close(p->source);
    source_close(p->adapter);
}

/* ---- tokens -------------------------------------------------------------- */

/* "1,450,7483": the words made sure that it is such a list. */
static enum status numbers_of(const char *list, const char *flag, uint32_t **out, size_t *count,
                              struct error *err)
{
    size_t room = 1;
    for (const char *at = list; *at; at++)
        room += *at == ',';
    *out = memory_array(room, sizeof **out);
    if (!*out)
        return error_memory(err);
    for (*count = 0; *count < room; ++*count) {
        char number[TEXT_NUMBER];
        size_t length = strcspn(list, ",");
        if (!text_format(number, sizeof number, "%.*s", (int)length, list) ||
            !text_to_u32(number, &(*out)[*count]))
            return error_set(err, STATUS_USAGE, "--%s: number %zu is too large", flag, *count + 1);
        list += length + 1;
    }
    return STATUS_OK;
}

static enum status tokens_of_file(struct probing *p)
{
    enum { MOST = 64 << 20 };
    cJSON *json = NULL;
    const char *path = p->options->tokens_file;
    enum status status = json_read_file(path, MOST, &json, NULL, p->err);
    if (status == STATUS_OK && !cJSON_IsArray(json))
        status = error_set(p->err, STATUS_FAILED, "%s: it is no JSON array of token ids", path);
    if (status == STATUS_OK &&
        !(p->tokens = memory_array((size_t)cJSON_GetArraySize(json), sizeof *p->tokens)))
        status = error_memory(p->err);
    const cJSON *item = status == STATUS_OK ? json->child : NULL;
    for (; item && status == STATUS_OK; item = item->next) {
        uint64_t id;
        if (!json_whole(item, &id) || id > UINT32_MAX)
            status = error_set(p->err, STATUS_FAILED, "%s: entry %zu is no token id", path,
                               p->token_count);
        else
            p->tokens[p->token_count++] = (uint32_t)id;
    }
    cJSON_Delete(json);
    return status;
}

static enum status find_tokens(struct probing *p)
{
    const struct options *o = p->options;
    int ways = (o->tokens != NULL) + (o->tokens_file != NULL) + (o->text != NULL);
    if (ways != 1)
        return error_set(p->err, STATUS_USAGE,
                         "probe takes one of --tokens, --tokens-file and --text, and %s was given",
                         ways == 0 ? "none" : "more than one");
    if (o->tokens)
        return numbers_of(o->tokens, "tokens", &p->tokens, &p->token_count, p->err);
    if (o->tokens_file)
        return tokens_of_file(p);
    enum status status = tokenizer_open(o->model, &p->tokenizer, p->err);
    return status == STATUS_OK ? tokenizer_encode(p->tokenizer, o->text, strlen(o->text), true,
                                                  &p->tokens, &p->token_count, p->err)
                               : status;
}

/* ---- the model ----------------------------------------------------------- */

static enum status open_probed(struct probing *p)
{
    const struct options *o = p->options;
    struct model_options model = o->session.model;
    if (text_ends_with(o->model, ".angles") && !path_is_directory(o->model))
        return error_set(p->err, STATUS_USAGE,
                         "%s: a file of angles holds no weights that could run", o->model);
    /* Scalings that depend on the length take that of the text, as in transformers. */
    if (model.context == 0)
        model.context = p->token_count + o->generate;
    enum status status = source_locate(o->model, &p->source, p->err);
    if (status == STATUS_OK && o->session.adapter)
        status = adapter_locate(o->session.adapter, &p->adapter, p->err);
    if (status == STATUS_OK)
        status = checkpoint_open(p->source, &p->checkpoint, p->err);
    if (status == STATUS_OK && p->adapter)
        status = checkpoint_adapt(p->checkpoint, p->adapter, p->err);
    return status == STATUS_OK ? model_open(p->checkpoint, &model, &p->model, p->err) : status;
}

/* --attention-layers, by their numbers. */
static enum status find_attention(struct probing *p)
{
    uint32_t *numbers = NULL;
    const char *list = p->options->attention_layers;
    if (!list)
        return STATUS_OK;
    enum status status =
        numbers_of(list, "attention-layers", &numbers, &p->attention_count, p->err);
    if (status == STATUS_OK)
        p->attention = memory_array(p->attention_count, sizeof *p->attention);
    if (status == STATUS_OK && !p->attention)
        status = error_memory(p->err);
    for (size_t i = 0; i < p->attention_count && status == STATUS_OK; i++) {
        const struct layer *layer = model_layer(p->model, numbers[i]);
        if (!layer)
            status = error_set(p->err, STATUS_USAGE, "--attention-layers: %s has no layer %" PRIu32,
                               p->model->name, numbers[i]);
        else
            p->attention[i] = (size_t)(layer - p->model->layers);
    }
    memory_free(numbers);
    return status;
}

/* ---- the run, with progress on a terminal -------------------------------- */

struct running {
    struct probing *probing;
    struct progress progress;
    _Atomic bool done;
    enum status status;
};

static void run_it(void *arg, size_t worker)
{
    struct running *r = arg;
    struct probing *p = r->probing;
    const struct probe_request request = {
        .tokens = p->tokens,
        .token_count = p->token_count,
        .layer_count = p->options->run_layers,
        .attention = p->attention,
        .attention_count = p->attention_count,
        .generate = p->options->generate,
        .threads = p->options->session.threads,
    };
    (void)worker;
    r->status = probe_run(p->checkpoint, p->model, &request, &r->progress, &p->probe, p->err);
    atomic_store(&r->done, true);
}

/* Only what is added up by the run is read while it runs. */
static void show_progress(const struct running *r)
{
    char bytes[TEXT_NUMBER];
    fprintf(stderr, "\r%s of weights\033[K",
            text_bytes(bytes, (double)atomic_load(&r->progress.done)));
}

static enum status run_with_progress(struct probing *p)
{
    enum { TICK_MS = 50, QUIET_TICKS = 10 };
    struct running r = {.probing = p, .status = STATUS_OK};
    struct pool *pool;
    bool shown = false, terminal = isatty(STDERR_FILENO);
    signals_catch(-1);
    enum status status = pool_start(&pool, 1, run_it, &r, p->err);
    if (status != STATUS_OK)
        return status;
    for (int tick = 0; !atomic_load(&r.done); tick++) {
        poll(NULL, 0, tick < QUIET_TICKS ? TICK_MS / 10 : TICK_MS);
        if (terminal && tick > 2 * QUIET_TICKS) {
            show_progress(&r);
            shown = true;
        }
    }
    pool_join(pool);
    if (shown)
        fputs("\r\033[K", stderr);
    return r.status;
}

/* ---- the command --------------------------------------------------------- */

static enum status print(struct probing *p)
{
    struct output output;
    const struct probe_report report = {p->model, p->probe, p->tokenizer, p->options->generate > 0};
    enum status status = output_open(&output, NULL, p->err);
    if (status != STATUS_OK)
        return status;
    if (p->options->json && !probe_print_json(output.stream, &report))
        status = error_memory(p->err);
    else if (!p->options->json)
        probe_print_text(output.stream, &report);
    if (status == STATUS_OK)
        return output_commit(&output, p->err);
    output_abort(&output);
    return status;
}

enum status command_probe(const struct options *options, struct error *err)
{
    struct probing p = {.options = options, .err = err};
    enum status status = find_tokens(&p);
    if (status == STATUS_OK)
        status = open_probed(&p);
    if (status == STATUS_OK)
        status = find_attention(&p);
    if (status == STATUS_OK)
        status = run_with_progress(&p);
    if (status == STATUS_OK && !p.tokenizer) /* tokens that were given as ids have words, too */
        (void)tokenizer_open(options->model, &p.tokenizer, NULL);
    if (status == STATUS_OK)
        status = print(&p);
    close_all(&p);
    return status;
}
