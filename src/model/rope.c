/* rope.c: theta, scaling and rotated width from the keys of config.json, old names and new. */
#include "rope.h"

#include <cjson/cJSON.h>
#include <string.h>

/* ---- where the keys are -------------------------------------------------- */

/* rope_parameters or rope_scaling; *key its name. NULL: neither. */
static const cJSON *find_parameters(const struct config *config, const char **key)
{
    static const char *const keys[] = {"rope_parameters", "rope_scaling"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *item = config_get(config, keys[i]);
        *key = keys[i];
        if (cJSON_IsObject(item))
            return item;
    }
    return NULL;
}

/* Since transformers 5 the parameters may nest by layer type. */
static bool is_nested(const cJSON *parameters)
{
    for (const cJSON *item = parameters ? parameters->child : NULL; item; item = item->next) {
        if (cJSON_IsObject(item))
            return true;
    }
    return false;
}

bool rope_is_nested(const struct config *config)
{
    const char *unused;
    return is_nested(find_parameters(config, &unused));
}

double rope_context(const struct config *config, const struct model_options *options)
{
    static const char *const keys[] = {"max_position_embeddings", "n_positions", "seq_length"};
    if (options->context > 0)
        return (double)options->context;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint64_t length;
        if (json_whole(config_get(config, keys[i]), &length))
            return (double)length;
    }
    return 0;
}

double rope_partial(const struct config *config, const struct family *family, const char **key)
{
    static const char *const keys[] = {"partial_rotary_factor", "rotary_pct", "rope_pct",
                                       "rotary_emb_fraction"};
    const char *unused;
    const cJSON *parameters = find_parameters(config, &unused);
    *key = keys[0];
    double inner = config_number(parameters, keys[0], 0);
    if (inner != 0)
        return inner;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const cJSON *item = config_get(config, keys[i]);
        *key = keys[i];
        if (cJSON_IsNumber(item))
            return item->valuedouble;
    }
    *key = NULL;
    return family->partial > 0 ? family->partial : 1;
}

/* ---- theta --------------------------------------------------------------- */

static void answer_theta(struct rope_answer *answer, double theta, enum fact_source source,
                         const char *key)
{
    answer->rope.theta = theta;
    answer->theta_source = source;
    answer->theta_key = key;
}

static void resolve_theta(const struct rope_question *q, const cJSON *parameters, bool local,
                          struct rope_answer *answer)
{
    static const char *const keys[] = {"rope_theta", "rotary_emb_base"};
    double theta;
    if (q->options->rope_theta > 0) {
        answer_theta(answer, q->options->rope_theta, FACT_FLAG, "");
    } else if ((theta = config_number(parameters, "rope_theta", 0)) != 0) {
        answer_theta(answer, theta, FACT_CONFIG, "rope_theta");
    } else if (local) {
        const cJSON *item = config_get(q->config, "rope_local_base_freq");
        answer_theta(answer, item ? item->valuedouble : 10000, item ? FACT_CONFIG : FACT_DEFAULT,
                     item ? "rope_local_base_freq" : "");
    } else {
        double otherwise = q->family->theta > 0 ? q->family->theta : 10000;
        answer_theta(answer, otherwise, FACT_DEFAULT, "");
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
            const cJSON *item = config_get(q->config, keys[i]);
            if (cJSON_IsNumber(item)) {
                answer_theta(answer, item->valuedouble, FACT_CONFIG, keys[i]);
                break;
            }
        }
    }
}

/* ---- scaling ------------------------------------------------------------- */

static const struct {
    const char *type;
    enum scaling_kind kind;
} scaling_types[] = {
    {"default", SCALING_NONE},    {"mrope", SCALING_NONE},        {"linear", SCALING_LINEAR},
    {"dynamic", SCALING_DYNAMIC}, {"llama3", SCALING_LLAMA3},     {"yarn", SCALING_YARN},
    {"su", SCALING_LONGROPE},     {"longrope", SCALING_LONGROPE}, {"deepseek_yarn", SCALING_YARN},
};

static const char *scaling_type(const cJSON *parameters)
{
    const char *type = cJSON_GetStringValue(json_get(parameters, "rope_type"));
    if (!type)
        type = cJSON_GetStringValue(json_get(parameters, "type"));
    return type ? type : "default";
}

static bool find_scaling(const char *type, enum scaling_kind *kind)
{
    for (size_t i = 0; i < sizeof scaling_types / sizeof *scaling_types; i++) {
        if (strcmp(scaling_types[i].type, type) == 0) {
            *kind = scaling_types[i].kind;
            return true;
        }
    }
    return false;
}

/* The list of rotary_dim / 2 positive factors that longrope divides by. */
static enum status read_factors(const struct rope_question *q, const cJSON *parameters,
                                const char *key, struct arena *arena, const double **out,
                                struct error *err)
{
    const cJSON *list = json_get(parameters, key);
    uint32_t pairs = q->rotary_dim / 2;
    if (!cJSON_IsArray(list) || (uint32_t)cJSON_GetArraySize(list) != pairs)
        return error_set(err, STATUS_FAILED, "%s: longrope's %s is no list of %u numbers",
                         q->config->path, key, pairs);
    double *factors = arena_alloc(arena, pairs * sizeof *factors);
    if (!factors)
        return error_memory(err);
    size_t i = 0;
    for (const cJSON *item = list->child; item; item = item->next, i++) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble > 0))
            return error_set(err, STATUS_FAILED, "%s: %s[%zu] is no positive number",
                             q->config->path, key, i);
        factors[i] = item->valuedouble;
    }
    *out = factors;
    return STATUS_OK;
}

static void read_numbers(const struct rope_question *q, const cJSON *parameters, struct rope *rope)
{
    static const char original_key[] = "original_max_position_embeddings";
    const cJSON *outer = config_get(q->config, original_key);
    double fallback = cJSON_IsNumber(outer) ? outer->valuedouble : rope->max_position;
    rope->original_context = config_number(parameters, original_key, fallback);
    double stretch = rope->original_context > 0 ? rope->max_position / rope->original_context : 1;
    rope->factor = config_number(parameters, "factor", stretch > 0 ? stretch : 1);
    rope->low_freq = config_number(parameters, "low_freq_factor", 1);
    rope->high_freq = config_number(parameters, "high_freq_factor", 4);
    rope->beta_fast = config_number(parameters, "beta_fast", 32);
    rope->beta_slow = config_number(parameters, "beta_slow", 1);
    rope->truncate = !cJSON_IsFalse(json_get(parameters, "truncate"));
}

static enum status check_numbers(const struct rope_question *q, const struct rope *rope,
                                 struct error *err)
{
    const char *bad = NULL;
    bool uses_original = rope->scaling == SCALING_LLAMA3 || rope->scaling == SCALING_YARN;
    if (!(rope->theta > 0))
        bad = "rope theta";
    else if (rope->scaling == SCALING_YARN && rope->theta == 1)
        bad = "rope theta";
    else if (rope->scaling != SCALING_NONE && !(rope->factor > 0))
        bad = "the factor of rope_scaling";
    else if (uses_original && !(rope->original_context > 0))
        bad = "original_max_position_embeddings";
    else if (rope->scaling == SCALING_LLAMA3 &&
             !(rope->low_freq > 0 && rope->high_freq >= rope->low_freq))
        bad = "low_freq_factor and high_freq_factor";
    else if (rope->scaling == SCALING_YARN && !(rope->beta_fast > 0 && rope->beta_slow > 0))
        bad = "beta_fast and beta_slow";
    return bad ? error_set(err, STATUS_FAILED, "%s: %s must be positive and sensible",
                           q->config->path, bad)
               : STATUS_OK;
}

static enum status resolve_scaling(const struct rope_question *q, const cJSON *parameters,
                                   struct arena *arena, struct rope_answer *answer,
                                   struct error *err)
{
    struct rope *rope = &answer->rope;
    const char *type = scaling_type(parameters);
    char factor[TEXT_NUMBER];
    if (q->family->scaling_is_always_llama3 && parameters &&
        json_get(parameters, "low_freq_factor"))
        type = "llama3";
    answer->unknown_scaling = !find_scaling(type, &rope->scaling);
    read_numbers(q, parameters, rope);
    if (rope->scaling == SCALING_NONE)
        text_format(answer->scaling_name, sizeof answer->scaling_name, "%s",
                    answer->unknown_scaling ? type : "none");
    else
        text_format(answer->scaling_name, sizeof answer->scaling_name, "%s, factor %s", type,
                    text_double(factor, rope->factor));
    if (rope->scaling != SCALING_LONGROPE)
        return check_numbers(q, rope, err);
    enum status status =
        read_factors(q, parameters, "short_factor", arena, &rope->short_factor, err);
    if (status == STATUS_OK)
        status = read_factors(q, parameters, "long_factor", arena, &rope->long_factor, err);
    return status == STATUS_OK ? check_numbers(q, rope, err) : status;
}

/* ---- all of it ----------------------------------------------------------- */

enum status rope_resolve(const struct rope_question *q, struct arena *arena,
                         struct rope_answer *answer, struct error *err)
{
    const char *key;
    const cJSON *parameters = find_parameters(q->config, &key);
    bool nested = is_nested(parameters);
    bool sliding = strcmp(q->layer_type, "sliding_attention") == 0;
    bool local = sliding && !nested && q->family->frequencies == FREQUENCIES_LOCAL;
    cJSON *family_scaling = NULL;
    *answer = (struct rope_answer){.rope = {.rotary_dim = q->rotary_dim}};
    answer->scaling_source = parameters ? FACT_CONFIG : FACT_DEFAULT;
    answer->rope.context = rope_context(q->config, q->options);
    struct model_options as_configured = {0};
    answer->rope.max_position = rope_context(q->config, &as_configured);
    if (nested)
        parameters = json_get(parameters, q->layer_type);
    if (!parameters && q->family->scaling) {
        enum status status = json_parse(q->family->scaling, strlen(q->family->scaling),
                                        q->family->type, &family_scaling, err);
        if (status != STATUS_OK)
            return status;
        parameters = family_scaling;
    }
    resolve_theta(q, parameters, local, answer);
    enum status status = resolve_scaling(q, local ? NULL : parameters, arena, answer, err);
    cJSON_Delete(family_scaling);
    return status;
}
