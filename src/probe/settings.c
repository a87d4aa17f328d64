/* settings.c: the numbers of a config that a run takes: by Hugging Face's keys, by those of a GGUF
 * file and by Meta's. */
#include "decoder.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

/* ---- keys ---------------------------------------------------------------- */

/* What others call a key of Hugging Face; GGUF's without the architecture before it. */
static const struct {
    const char *key, *gguf, *meta;
} keys[] = {
    {"rms_norm_eps", "attention.layer_norm_rms_epsilon", "norm_eps"},
    {"max_position_embeddings", "context_length", "max_seq_len"},
    {"sliding_window", "attention.sliding_window", NULL},
    {"sliding_window_pattern", "attention.sliding_window_pattern", NULL},
    {"attn_logit_softcapping", "attn_logit_softcapping", NULL},
    {"final_logit_softcapping", "final_logit_softcapping", NULL},
};

struct reading {
    const struct checkpoint *checkpoint;
    const struct model *model;
    struct settings *settings;
    bool gguf;
    struct error *err;
};

static bool is_gguf(const struct checkpoint *checkpoint)
{
    return strcmp(checkpoint_format(checkpoint), "gguf") == 0;
}

/* Of the decoder, else of the whole model; a null is found as such. */
static const cJSON *find(const struct checkpoint *checkpoint, const char *key)
{
    static const char *const inside[] = {"text_config", "model_args"};
    const cJSON *root = checkpoint_config(checkpoint), *item = NULL;
    for (size_t i = 0; i < sizeof inside / sizeof *inside && !item; i++)
        item = cJSON_GetObjectItemCaseSensitive(json_get(root, inside[i]), key);
    return item ? item : cJSON_GetObjectItemCaseSensitive(root, key);
}

static const cJSON *value_of(const struct reading *r, const char *key)
{
    char name[128];
    const cJSON *item = r->gguf ? NULL : find(r->checkpoint, key);
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !item; i++) {
        if (strcmp(keys[i].key, key) != 0)
            continue;
        if (r->gguf && text_format(name, sizeof name, "%s.%s", r->model->family, keys[i].gguf))
            item = find(r->checkpoint, name);
        else if (!r->gguf && keys[i].meta)
            item = find(r->checkpoint, keys[i].meta);
    }
    return item;
}

static enum status refuse(const struct reading *r, const char *key, const char *why)
{
    return error_set(r->err, STATUS_FAILED, "%s: %s %s", checkpoint_config_path(r->checkpoint), key,
                     why);
}

/* A number of at least 0; null is 0; *value stays where the key is absent. */
static enum status read_number(const struct reading *r, const char *key, double *value)
{
    const cJSON *item = value_of(r, key);
    if (!item)
        return STATUS_OK;
    *value = cJSON_IsNumber(item) ? item->valuedouble : 0;
    if (!cJSON_IsNull(item) && (!cJSON_IsNumber(item) || !(*value >= 0) || !isfinite(*value)))
        return refuse(r, key, "is no number of at least 0");
    return STATUS_OK;
}

/* ---- one after the other ------------------------------------------------- */

static enum status read_activation(const struct reading *r)
{
    static const struct {
        const char *name;
        enum activation activation;
    } names[] = {
        {"silu", ACTIVATION_SILU},
        {"swish", ACTIVATION_SILU},
        {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
        {"gelu_new", ACTIVATION_GELU_TANH},
        {"gelu", ACTIVATION_GELU},
    };
    const char *key = r->settings->family->activation_key;
    const char *word = cJSON_GetStringValue(value_of(r, key));
    r->settings->activation = r->settings->family->activation;
    if (!word)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, word) != 0)
            continue;
        r->settings->activation = names[i].activation;
        return STATUS_OK;
    }
    return error_set(r->err, STATUS_FAILED, "%s: %s is %s, which is not computed here",
                     checkpoint_config_path(r->checkpoint), key, word);
}

/* llama.cpp derives what its files do not say from the number of layers. */
static double gguf_scalar(const struct reading *r)
{
    const struct layer *layer = &r->model->layers[0];
    const struct projection *query = &layer->projection[PROJECTION_QUERY];
    bool whole = r->settings->family->whole_layers == r->model->layer_count;
    return whole && query->heads > 0 ? (double)query->row_length / query->heads : 0;
}

static enum status read_scales(const struct reading *r)
{
    const struct decoder_family *family = r->settings->family;
    double epsilon = family->epsilon, scalar = r->gguf ? gguf_scalar(r) : family->scalar;
    double attention = family->attention_cap, logit = family->logit_cap;
    enum status status = read_number(r, "rms_norm_eps", &epsilon);
    if (status == STATUS_OK && family->scalar > 0)
        status = read_number(r, "query_pre_attn_scalar", &scalar);
    if (status == STATUS_OK && family->caps)
        status = read_number(r, "attn_logit_softcapping", &attention);
    if (status == STATUS_OK && family->caps)
        status = read_number(r, "final_logit_softcapping", &logit);
    r->settings->epsilon = (float)epsilon;
    r->settings->scalar = (float)scalar;
    r->settings->attention_cap = (float)attention;
    r->settings->logit_cap = (float)logit;
    r->settings->norms_add_one = family->norms_add_one && !r->gguf;
    const cJSON *tied = value_of(r, "tie_word_embeddings");
    r->settings->tied = r->gguf ? false : tied ? cJSON_IsTrue(tied) : family->tied;
    return status;
}

/* ---- windows ------------------------------------------------------------- */

static enum status read_window(const struct reading *r)
{
    enum { USUAL = 4096 };
    enum sliding sliding = r->settings->family->sliding;
    double window = sliding == SLIDES_UNROTATED ? 0 : USUAL;
    enum status status = read_number(r, "sliding_window", &window);
    bool asked = cJSON_IsTrue(value_of(r, "use_sliding_window"));
    bool must_ask = sliding == SLIDES_LATE || sliding == SLIDES_UNROTATED;
    if (sliding == SLIDES_NEVER || (must_ask && !asked))
        window = 0;
    r->settings->window = window < 0x1p53 ? (uint64_t)window : 0;
    if (cJSON_IsTrue(value_of(r, "use_bidirectional_attention")))
        return refuse(r, "use_bidirectional_attention", "is true, which is not computed here");
    return status;
}

/* Without a list: by the family's rule. */
static bool slides_by_rule(const struct reading *r, size_t index, double interval, double late)
{
    switch (r->settings->family->sliding) {
    case SLIDES_NEVER:
        break;
    case SLIDES_ALWAYS:
        return true;
    case SLIDES_LATE:
        return (double)index >= late;
    case SLIDES_UNROTATED:
        return r->model->layers[index].pairs == 0;
    case SLIDES_PATTERN:
        return interval >= 1 && (index + 1) % (size_t)interval != 0;
    }
    return false;
}

/* layer_types, or GGUF's list of truths; NULL: neither. */
static const cJSON *find_list(const struct reading *r)
{
    const cJSON *list = value_of(r, r->gguf ? "sliding_window_pattern" : "layer_types");
    bool counts = r->settings->family->sliding != SLIDES_ALWAYS;
    return counts && cJSON_IsArray(list) && list->child ? list->child : NULL;
}

static bool says_sliding(const cJSON *item)
{
    const char *word = cJSON_GetStringValue(item);
    return word ? strcmp(word, "sliding_attention") == 0
                : cJSON_IsTrue(item) || (cJSON_IsNumber(item) && item->valuedouble != 0);
}

static enum status read_slides(const struct reading *r)
{
    const cJSON *item = find_list(r);
    const cJSON *other = value_of(r, "_sliding_window_pattern");
    const cJSON *pattern = value_of(r, "sliding_window_pattern");
    double interval = r->settings->family->interval, late = 28;
    pattern = cJSON_IsNumber(pattern) ? pattern : other;
    if (cJSON_IsNumber(pattern) && pattern->valuedouble >= 1)
        interval = fmin(pattern->valuedouble, UINT32_MAX);
    enum status status = read_number(r, "max_window_layers", &late);
    r->settings->slides = memory_array(r->model->layer_count, sizeof *r->settings->slides);
    if (!r->settings->slides)
        return error_memory(r->err);
    for (size_t i = 0; i < r->model->layer_count; i++) {
        bool slides = item ? says_sliding(item) : slides_by_rule(r, i, interval, late);
        r->settings->slides[i] = slides && r->settings->window > 0;
        item = item ? item->next : NULL;
    }
    return status;
}

/* ---- all of it ----------------------------------------------------------- */

enum status settings_read_model(const struct checkpoint *checkpoint, const struct model *model,
                                struct settings *settings, struct error *err)
{
    struct reading r = {checkpoint, model, settings, is_gguf(checkpoint), err};
    double context = 0;
    *settings = (struct settings){.family = decoder_family_find(model->family)};
    enum status status = read_activation(&r);
    if (status == STATUS_OK)
        status = read_scales(&r);
    if (status == STATUS_OK)
        status = read_window(&r);
    if (status == STATUS_OK)
        status = read_slides(&r);
    if (status == STATUS_OK)
        status = read_number(&r, "max_position_embeddings", &context);
    settings->context = context < 0x1p53 ? (uint64_t)context : 0;
    return status;
}

void settings_free(struct settings *settings)
{
    memory_free(settings->slides);
    settings->slides = NULL;
}

static bool is_token(const cJSON *item, uint32_t token)
{
    uint64_t id;
    return json_whole(item, &id) && id == token;
}

bool settings_ends_text(const struct checkpoint *checkpoint, uint32_t token)
{
    static const char *const names[] = {"eos_token_id", "tokenizer.ggml.eos_token_id"};
    if (strcmp(checkpoint_format(checkpoint), "llama2.c") == 0)
        return token == 1; /* run.c ends at the next text's beginning */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const cJSON *item = find(checkpoint, names[i]);
        if (is_token(item, token))
            return true;
        for (const cJSON *each = cJSON_IsArray(item) ? item->child : NULL; each; each = each->next)
            if (is_token(each, token))
                return true;
    }
    return false;
}
