/* probing.c: from the words of the command line to a model that has run over a text. */
#include "probing.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

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

static enum status tokens_of_file(struct probing *p, struct error *err)
{
    enum { MOST = 64 << 20 };
    cJSON *json = NULL;
    const char *path = p->options->tokens_file;
    enum status status = json_read_file(path, MOST, &json, NULL, err);
    if (status == STATUS_OK && !cJSON_IsArray(json))
        status = error_set(err, STATUS_FAILED, "%s: it is no JSON array of token ids", path);
    if (status == STATUS_OK &&
        !(p->tokens = memory_array((size_t)cJSON_GetArraySize(json), sizeof *p->tokens)))
        status = error_memory(err);
    const cJSON *item = status == STATUS_OK ? json->child : NULL;
    for (; item && status == STATUS_OK; item = item->next) {
        uint64_t id;
        if (!json_whole(item, &id) || id > UINT32_MAX)
            status =
                error_set(err, STATUS_FAILED, "%s: entry %zu is no token id", path, p->token_count);
        else
            p->tokens[p->token_count++] = (uint32_t)id;
    }
    cJSON_Delete(json);
    return status;
}

static enum status find_tokens(struct probing *p, struct error *err)
{
    const struct options *o = p->options;
    int ways = (o->tokens != NULL) + (o->tokens_file != NULL) + (o->text != NULL) + o->vocabulary;
    p->vocabulary = (o->vocabulary && ways == 1) || (ways == 0 && o->run_layers == 1);
    if (p->vocabulary)
        return STATUS_OK;
    if (ways != 1)
        return error_set(
            err, STATUS_USAGE,
            "one of --tokens, --tokens-file, --text and --vocabulary is wanted, and %s was "
            "given",
            ways == 0 ? "none" : "more than one");
    if (o->tokens)
        return numbers_of(o->tokens, "tokens", &p->tokens, &p->token_count, err);
    if (o->tokens_file)
        return tokens_of_file(p, err);
    enum status status = tokenizer_open(p->path, &p->tokenizer, err);
    return status == STATUS_OK ? tokenizer_encode(p->tokenizer, o->text, strlen(o->text), true,
                                                  &p->tokens, &p->token_count, err)
                               : status;
}

/* ---- the model ----------------------------------------------------------- */

static enum status open_probed(struct probing *p, struct error *err)
{
    const struct options *o = p->options;
    struct model_options model = o->session.model;
    if (text_ends_with(p->path, ".angles") && !path_is_directory(p->path))
        return error_set(err, STATUS_USAGE, "%s: a file of angles holds no weights that could run",
                         p->path);
    /* Scalings that depend on the length take that of the text, as in transformers. */
    if (model.context == 0 && !p->vocabulary)
        model.context = p->token_count + o->generate;
    enum status status = source_locate(p->path, &p->source, err);
    if (status == STATUS_OK && o->session.adapter)
        status = adapter_locate(o->session.adapter, &p->adapter, err);
    if (status == STATUS_OK)
        status = checkpoint_open(p->source, &p->checkpoint, err);
    if (status == STATUS_OK && p->adapter)
        status = checkpoint_adapt(p->checkpoint, p->adapter, err);
    return status == STATUS_OK ? model_open(p->checkpoint, &model, &p->model, err) : status;
}

/* --attention-layers, by their numbers. */
static enum status find_attention(struct probing *p, struct error *err)
{
    uint32_t *numbers = NULL;
    const char *list = p->options->attention_layers;
    if (!list)
        return STATUS_OK;
    enum status status = numbers_of(list, "attention-layers", &numbers, &p->attention_count, err);
    if (status == STATUS_OK)
        p->attention = memory_array(p->attention_count, sizeof *p->attention);
    if (status == STATUS_OK && !p->attention)
        status = error_memory(err);
    for (size_t i = 0; i < p->attention_count && status == STATUS_OK; i++) {
        const struct layer *layer = model_layer(p->model, numbers[i]);
        if (!layer)
            status = error_set(err, STATUS_USAGE, "--attention-layers: %s has no layer %" PRIu32,
                               p->model->name, numbers[i]);
        else
            p->attention[i] = (size_t)(layer - p->model->layers);
    }
    memory_free(numbers);
    return status;
}

/* All layers, where their scores, weights, queries and keys are no more than ATTENTION_MOST bytes.
 */
static enum status take_every_layer(struct probing *p, struct error *err)
{
    const double most = 512e6;
    const struct model *model = p->model;
    double bytes = 0, tokens = (double)p->token_count;
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        double query = layer->projection[PROJECTION_QUERY].heads,
               key = layer->projection[PROJECTION_KEY].heads;
        bytes += 4 * tokens * (2 * query * tokens + (query + key) * layer->head_dim);
    }
    if (p->options->attention_layers || bytes > most)
        return find_attention(p, err);
    p->attention = memory_array(model->layer_count + 1, sizeof *p->attention);
    if (!p->attention)
        return error_memory(err);
    for (; p->attention_count < model->layer_count; p->attention_count++)
        p->attention[p->attention_count] = p->attention_count;
    return STATUS_OK;
}

bool probing_is_asked(const struct options *options)
{
    return options->tokens || options->tokens_file || options->text || options->vocabulary;
}

enum status probing_open(struct probing *p, const struct options *options, bool every_layer,
                         struct error *err)
{
    p->options = options;
    if (options->model ? !text_format(p->path, sizeof p->path, "%s", options->model)
                       : !find_demo_model(p->path))
        return error_set(err, STATUS_USAGE, "no MODEL was named whose path is short enough");
    enum status status = find_tokens(p, err);
    if (status == STATUS_OK)
        status = open_probed(p, err);
    if (status == STATUS_OK && !p->vocabulary)
        status = every_layer ? take_every_layer(p, err) : find_attention(p, err);
    return status;
}

/* ---- the run ------------------------------------------------------------- */

static void run_it(void *arg, size_t worker)
{
    struct probing *p = arg;
    const struct probe_request request = {
        .tokens = p->tokens,
        .token_count = p->token_count,
        .whole_vocabulary = p->vocabulary,
        .layer_count = p->options->run_layers,
        .attention = p->attention,
        .attention_count = p->attention_count,
        .generate = p->options->generate,
        .threads = p->options->session.threads,
        .cancel = &p->cancel,
    };
    (void)worker;
    p->status = probe_run(p->checkpoint, p->model, &request, &p->progress, &p->probe, &p->error);
    atomic_store(&p->done, true);
    wake_send(&p->wake);
}

enum status probing_start(struct probing *p, struct error *err)
{
    if (!wake_open(&p->wake))
        return error_set(err, STATUS_FAILED, "no pipe: %m");
    return pool_start(&p->pool, 1, run_it, p, err);
}

/* What a person reads of each token: its text, else its id. */
static bool name_tokens(struct probing *p)
{
    enum { WORD = 64 };
    if (!p->tokenizer) /* tokens that were given as ids have words, too */
        (void)tokenizer_open(p->path, &p->tokenizer, NULL);
    p->words = memory_array(p->token_count + 1, sizeof *p->words);
    for (size_t i = 0; p->words && i < p->token_count; i++) {
        char raw[WORD] = "";
        size_t length = 0;
        p->words[i] = memory_array(WORD, 1);
        if (!p->words[i])
            return false;
        const char *bytes =
            p->tokenizer ? tokenizer_bytes(p->tokenizer, p->tokens[i], i == 0, &length) : NULL;
        text_format(raw, sizeof raw, "%.*s", (int)(length < WORD - 1 ? length : WORD - 1),
                    bytes ? bytes : "");
        text_printable(p->words[i], WORD, raw);
        if (length == 0)
            text_format(p->words[i], WORD, "#%" PRIu32, p->tokens[i]);
    }
    return p->words != NULL;
}

void probing_recall(struct probing *p, const struct session *session)
{
    char path[PATH_BYTES];
    uint64_t fingerprint;
    const struct model *model = session_angles(session)->model;
    if (session_cache_file(session, ".probe", path, &fingerprint))
        p->probe = probe_load(path, fingerprint);
    if (p->probe && !probe_fits(p->probe, model)) {
        probe_free(p->probe);
        p->probe = NULL;
    }
    if (p->probe)
        p->probed = (struct probed){p->probe, model, NULL};
}

void probing_keep(const struct probing *p, const struct session *session)
{
    char path[PATH_BYTES];
    uint64_t fingerprint;
    if (p->probe && session_cache_file(session, ".probe", path, &fingerprint))
        probe_save(p->probe, path, fingerprint);
}

bool probing_poll(struct probing *p)
{
    if (!p->pool || !atomic_load(&p->done))
        return false;
    pool_join(p->pool);
    p->pool = NULL;
    if (p->status == STATUS_OK && !name_tokens(p))
        p->status = error_memory(&p->error);
    if (p->status == STATUS_OK)
        p->probed = (struct probed){p->probe, p->model, (const char *const *)p->words};
    return true;
}

bool probing_runs(const struct probing *p)
{
    return p->pool != NULL;
}

int probing_wake_fd(const struct probing *p)
{
    return p->pool ? p->wake.fd[0] : -1;
}

/* Only what is added up by the run is read while it runs. */
static void show_progress(const struct probing *p)
{
    char bytes[TEXT_NUMBER];
    fprintf(stderr, "\r%s of weights\033[K",
            text_bytes(bytes, (double)atomic_load(&p->progress.done)));
}

enum status probing_wait(struct probing *p, struct error *err)
{
    enum { TICK_MS = 100, QUIET_TICKS = 3 };
    bool shown = false, terminal = isatty(STDERR_FILENO);
    signals_catch(-1);
    for (int tick = 0; probing_runs(p) && !probing_poll(p); tick++) {
        struct pollfd wake = {.fd = probing_wake_fd(p), .events = POLLIN};
        poll(&wake, 1, TICK_MS);
        if (!terminal || tick < QUIET_TICKS || atomic_load(&p->done))
            continue;
        show_progress(p);
        shown = true;
    }
    if (shown)
        fputs("\r\033[K", stderr);
    if (p->status != STATUS_OK && err)
        *err = p->error;
    return p->status;
}

void probing_close(struct probing *p)
{
    atomic_store(&p->cancel, true);
    if (p->pool)
        pool_join(p->pool);
    wake_close(&p->wake);
    for (size_t i = 0; p->words && i < p->token_count; i++)
        memory_free(p->words[i]);
    memory_free(p->words);
    probe_free(p->probe);
    memory_free(p->attention);
    memory_free(p->tokens);
    tokenizer_close(p->tokenizer);
    model_free(p->model);
    checkpoint_close(p->checkpoint);
    source_close(p->source);
    source_close(p->adapter);
    *p = (struct probing){0};
}
