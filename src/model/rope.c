/* rope.c: theta, scaling and rotated width from the keys of config.json, old names and new. */
#include "rope.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

/* ---- where the keys are -------------------------------------------------- */

/* rope_parameters or rope_scaling into *out; NULL: neither. */
static enum status find_parameters(const struct config *config, const cJSON **out,
                                   struct error *err)
{
    static const char *const keys[] = {"rope_parameters", "rope_scaling"};
    *out = NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !*out; i++) {
        *out = config_get(config, keys[i]);
        if (*out && !cJSON_IsObject(*out))
            return config_refuse(config, keys[i], *out, "no object", err);
    }
    return STATUS_OK;
}

/* Since transformers 5 the parameters may nest by layer type; those that tell their own type do
 * not.
 */
static bool is_nested(const cJSON *parameters)
{
    if (json_get(parameters, "rope_type") || json_get(parameters, "type"))
        return false;
    for (const cJSON *item = parameters ? parameters->child : NULL; item; item = item->next) {
        if (cJSON_IsObject(item))
            return true;
    }
    return false;
}

bool rope_is_nested(const struct config *config)
{
    const cJSON *parameters;
    return find_parameters(config, &parameters, NULL) == STATUS_OK && is_nested(parameters);
}

enum status rope_context(const struct config *config, const struct model_options *options,
                         double *tokens, const char **key, struct error *err)
{
    static const char *const keys[] = {"max_position_embeddings", "n_positions", "seq_length"};
    *tokens = (double)options->context;
    *key = NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && *tokens == 0; i++) {
        uint64_t length;
        const cJSON *item = config_get(config, keys[i]);
        if (item && (!json_whole(item, &length) || length == 0))
            return config_refuse(config, keys[i], item, "no positive whole number", err);
        if (!item)
            continue;
        *tokens = (double)length;
        *key = config_key(config, keys[i]);
    }
    return STATUS_OK;
}

enum status rope_partial(const struct config *config, const struct family *family,
                         const char *layer_type, double *partial, const char **key,
                         struct error *err)
{
    static const char *const keys[] = {"partial_rotary_factor", "rotary_pct", "rope_pct",
                                       "rotary_emb_fraction"};
    const cJSON *parameters;
    bool found = false;
    *partial = family->partial > 0 ? family->partial : 1;
    enum status status = find_parameters(config, &parameters, err);
    if (status == STATUS_OK && is_nested(parameters))
        status =
            config_real_in(config, json_get(parameters, layer_type), keys[0], partial, &found, err);
    if (status == STATUS_OK && !found)
        status = config_real_in(config, parameters, keys[0], partial, &found, err);
    *key = found ? keys[0] : NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && status == STATUS_OK && !*key; i++) {
        status = config_real(config, keys[i], partial, &found, err);
        *key = found ? keys[i] : NULL;
    }
    return status;
}

/* ---- theta --------------------------------------------------------------- */

static void answer_theta(struct rope_answer *answer, double theta, enum fact_source source,
                         const char *key)
{
    answer->rope.theta = theta;
    answer->theta_source = source;
    answer->theta_key = key;
}

/* Theta of the config; ChatGLM has a factor of the usual base instead. */
static enum status config_theta(const struct rope_question *q, const char *key,
                                struct rope_answer *answer, struct error *err)
{
    static const char ratio_key[] = "rope_ratio";
    bool found;
    double theta;
    enum status status = config_real(q->config, key, &theta, &found, err);
    if (status == STATUS_OK && found)
        answer_theta(answer, theta, q->config->source, config_key(q->config, key));
    if (status != STATUS_OK || found)
        return status;
    status = config_real(q->config, ratio_key, &theta, &found, err);
    if (status == STATUS_OK && found)
        answer_theta(answer, theta * answer->rope.theta, q->config->source, ratio_key);
    return status;
}

static enum status resolve_theta(const struct rope_question *q, const cJSON *parameters, bool local,
                                 struct rope_answer *answer, struct error *err)
{
    static const char global_key[] = "rope_theta";
    double theta = !local && q->family->theta > 0 ? q->family->theta : 10000;
    bool found;
    answer_theta(answer, theta, FACT_DEFAULT, "");
    if (q->options->rope_theta > 0) {
        answer_theta(answer, q->options->rope_theta, FACT_FLAG, "");
        return STATUS_OK;
    }
    enum status status = config_real_in(q->config, parameters, global_key, &theta, &found, err);
    if (status != STATUS_OK)
        return status;
    if (found) {
        answer_theta(answer, theta, q->config->source, global_key);
        return STATUS_OK;
    }
    return config_theta(q, local ? "rope_local_base_freq" : global_key, answer, err);
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

static enum status scaling_type(const struct rope_question *q, const cJSON *parameters,
                                const char **type, struct error *err)
{
    static const char *const keys[] = {"rope_type", "type"};
    *type = NULL;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !*type; i++) {
        const cJSON *item = json_get(parameters, keys[i]);
        *type = cJSON_GetStringValue(item);
        if (item && !*type)
            return config_refuse(q->config, keys[i], item, "no name of a kind of scaling", err);
    }
    if (!*type)
        *type = "default";
    if (strcmp(*type, "yarn") == 0 && json_get(parameters, "long_factor"))
        *type = "longrope"; /* as Phi 3's first configs called it */
    if (q->family->scaling_is_always_llama3 && json_get(parameters, "low_freq_factor"))
        *type = "llama3";
    return STATUS_OK;
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
    if (!cJSON_IsArray(list))
        return error_set(err, STATUS_FAILED, "%s: longrope needs %s, a list of %u numbers",
                         q->config->path, key, pairs);
    if ((uint32_t)cJSON_GetArraySize(list) != pairs)
        return error_set(err, STATUS_FAILED,
                         "%s: %s holds %d numbers, one for each of %u pairs "
                         "is wanted",
                         q->config->path, key, cJSON_GetArraySize(list), pairs);
    double *factors = arena_alloc(arena, pairs * sizeof *factors);
    if (!factors)
        return error_memory(err);
    size_t i = 0;
    for (const cJSON *item = list->child; item; item = item->next, i++) {
        if (!cJSON_IsNumber(item) || !(item->valuedouble > 0) || !isfinite(item->valuedouble))
            return error_set(err, STATUS_FAILED, "%s: %s[%zu] is no positive number",
                             q->config->path, key, i);
        factors[i] = item->valuedouble;
    }
    *out = factors;
    return STATUS_OK;
}

/* Keys without which a kind of scaling means nothing; transformers refuses the config, too. */
static const char *required_key(enum scaling_kind kind, const cJSON *parameters)
{
    static const char *const keys[] = {"factor", "low_freq_factor", "high_freq_factor"};
    size_t count = kind == SCALING_LLAMA3                              ? 3
                   : kind == SCALING_LINEAR || kind == SCALING_DYNAMIC ? 1
                                                                       : 0;
    for (size_t i = 0; i < count; i++) {
        if (!json_get(parameters, keys[i]))
            return keys[i];
    }
    return NULL;
}

static enum status read_original_context(const struct rope_question *q, const cJSON *parameters,
                                         struct rope *rope, struct error *err)
{
    static const char key[] = "original_max_position_embeddings";
    bool found;
    rope->original_context = rope->max_position;
    enum status status =
        config_real_in(q->config, parameters, key, &rope->original_context, &found, err);
    return status == STATUS_OK && !found
               ? config_real(q->config, key, &rope->original_context, &found, err)
               : status;
}

static enum status read_numbers(const struct rope_question *q, const cJSON *parameters,
                                struct rope *rope, struct error *err)
{
    bool found;
    enum status status = read_original_context(q, parameters, rope, err);
    if (status != STATUS_OK)
        return status;
    double stretch = rope->original_context > 0 ? rope->max_position / rope->original_context : 1;
    rope->factor = stretch > 0 ? stretch : 1;
    rope->low_freq = 1;
    rope->high_freq = 4;
    rope->beta_fast = 32;
    rope->beta_slow = 1;
    rope->truncate = !cJSON_IsFalse(json_get(parameters, "truncate"));
    const struct {
        const char *key;
        double *value;
    } numbers[] = {
        {"factor", &rope->factor},
        {"low_freq_factor", &rope->low_freq},
        {"high_freq_factor", &rope->high_freq},
        {"beta_fast", &rope->beta_fast},
        {"beta_slow", &rope->beta_slow},
        {"attention_factor", &rope->attention_factor},
        {"mscale", &rope->mscale},
        {"mscale_all_dim", &rope->mscale_all_dim},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && status == STATUS_OK; i++)
        status =
            config_real_in(q->config, parameters, numbers[i].key, numbers[i].value, &found, err);
    return status;
}

/* Numbers that a formula would turn into nonsense. */
static enum status check_numbers(const struct rope_question *q, const struct rope *rope,
                                 struct error *err)
{
    const enum scaling_kind kind = rope->scaling;
    const bool llama3 = kind == SCALING_LLAMA3, yarn = kind == SCALING_YARN;
    const struct {
        bool bad;
        const char *key;
        double value;
        const char *wanted;
    } checks[] = {
        {!(rope->theta > 0), "rope theta", rope->theta, "not positive"},
        {yarn && !(rope->theta > 1), "rope theta", rope->theta, "and yarn needs more than 1"},
        {kind != SCALING_NONE && !(rope->factor > 0), "factor", rope->factor, "not positive"},
        {(llama3 || yarn || kind == SCALING_LONGROPE) && !(rope->original_context > 0),
         "original_max_position_embeddings (or max_position_embeddings)", rope->original_context,
         "not positive"},
        {llama3 && !(rope->low_freq > 0), "low_freq_factor", rope->low_freq, "not positive"},
        {llama3 && !(rope->high_freq >= rope->low_freq), "high_freq_factor", rope->high_freq,
         "less than low_freq_factor"},
        {yarn && !(rope->beta_fast > 0), "beta_fast", rope->beta_fast, "not positive"},
        {yarn && !(rope->beta_slow > 0), "beta_slow", rope->beta_slow, "not positive"},
    };
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (checks[i].bad)
            return error_set(err, STATUS_FAILED, "%s: %s is %g, %s", q->config->path, checks[i].key,
                             checks[i].value, checks[i].wanted);
    }
    return STATUS_OK;
}

/* Hunyuan calls it dynamic, but its alpha stretches the base whatever the length; past the trained
 * one transformers goes on as for others. */
static enum status apply_alpha(const struct rope_question *q, const cJSON *parameters,
                               struct rope *rope, struct error *err)
{
    bool found, longer = rope->context > rope->max_position && rope->max_position > 0;
    double alpha = 1, r = rope->rotary_dim;
    enum status status = config_real_in(q->config, parameters, "alpha", &alpha, &found, err);
    if (status != STATUS_OK || !found || !(alpha > 0) || rope->scaling != SCALING_DYNAMIC ||
        longer || r <= 2)
        return status;
    rope->theta *= pow(alpha, r / (r - 2));
    rope->scaling = SCALING_NONE;
    return STATUS_OK;
}

static void name_scaling(struct rope_answer *answer, const char *type)
{
    char safe[sizeof answer->scaling_name], factor[TEXT_NUMBER];
    text_printable(safe, sizeof safe - TEXT_NUMBER - sizeof ", factor", type);
    if (answer->rope.scaling != SCALING_NONE)
        text_format(answer->scaling_name, sizeof answer->scaling_name, "%s, factor %s", safe,
                    text_double(factor, answer->rope.factor));
    else
        text_format(answer->scaling_name, sizeof answer->scaling_name, "%s",
                    answer->unknown_scaling ? safe : "none");
}

static enum status resolve_scaling(const struct rope_question *q, const cJSON *parameters,
                                   struct arena *arena, struct rope_answer *answer,
                                   struct error *err)
{
    struct rope *rope = &answer->rope;
    const char *type;
    enum status status = scaling_type(q, parameters, &type, err);
    if (status != STATUS_OK)
        return status;
    answer->unknown_scaling = !find_scaling(type, &rope->scaling);
    const char *missing = required_key(rope->scaling, parameters);
    if (missing)
        return error_set(err, STATUS_FAILED,
                         "%s: rope scaling \"%s\" needs %s, and it is not there", q->config->path,
                         type, missing);
    status = read_numbers(q, parameters, rope, err);
    name_scaling(answer, type);
    if (status == STATUS_OK)
        status = apply_alpha(q, parameters, rope, err);
    if (status == STATUS_OK && rope->scaling == SCALING_LONGROPE)
        status = read_factors(q, parameters, "short_factor", arena, &rope->short_factor, err);
    if (status == STATUS_OK && rope->scaling == SCALING_LONGROPE)
        status = read_factors(q, parameters, "long_factor", arena, &rope->long_factor, err);
    return status == STATUS_OK ? check_numbers(q, rope, err) : status;
}

/* ---- all of it ----------------------------------------------------------- */

/* The parameters of one type of layer, where they nest. */
static enum status parameters_of_type(const struct rope_question *q, const cJSON **parameters,
                                      struct error *err)
{
    const cJSON *own = json_get(*parameters, q->layer_type);
    if (!cJSON_IsObject(own))
        return error_set(err, STATUS_FAILED, "%s: %s has nothing for layers of type \"%s\"",
                         q->config->path, (*parameters)->string, q->layer_type);
    *parameters = own;
    return STATUS_OK;
}

static enum status resolve_lengths(const struct rope_question *q, struct rope *rope,
                                   struct error *err)
{
    const struct model_options as_configured = {0};
    const char *key;
    enum status status = rope_context(q->config, &as_configured, &rope->max_position, &key, err);
    return status == STATUS_OK ? rope_context(q->config, q->options, &rope->context, &key, err)
                               : status;
}

/* The config has the key that asks for the family's scaling. */
static bool uses_family_scaling(const struct rope_question *q)
{
    return q->family->scaling_key && cJSON_IsTrue(config_get(q->config, q->family->scaling_key));
}

enum status rope_resolve(const struct rope_question *q, struct arena *arena,
                         struct rope_answer *answer, struct error *err)
{
    const cJSON *parameters;
    cJSON *family_scaling = NULL;
    *answer = (struct rope_answer){.rope = {.rotary_dim = q->rotary_dim}};
    enum status status = find_parameters(q->config, &parameters, err);
    bool asked = !parameters && uses_family_scaling(q);
    answer->scaling_source = parameters || asked ? q->config->source : FACT_DEFAULT;
    answer->scaling_key = asked ? q->family->scaling_key : "";
    bool nested = is_nested(parameters);
    bool sliding = strcmp(q->layer_type, "sliding_attention") == 0;
    bool local = sliding && !nested && q->family->frequencies == FREQUENCIES_LOCAL;
    bool unscaled = sliding && !nested && q->family->frequencies == FREQUENCIES_UNSCALED;
    if (status == STATUS_OK)
        status = resolve_lengths(q, &answer->rope, err);
    if (status == STATUS_OK && nested)
        status = parameters_of_type(q, &parameters, err);
    if (status == STATUS_OK && !parameters && q->family->scaling &&
        (!q->family->scaling_key || asked)) {
        status = json_parse(q->family->scaling, strlen(q->family->scaling), q->family->type,
                            &family_scaling, err);
        parameters = family_scaling;
    }
    if (status == STATUS_OK)
        status = resolve_theta(q, parameters, local, answer, err);
    if (status == STATUS_OK)
        status = resolve_scaling(q, local || unscaled ? NULL : parameters, arena, answer, err);
    cJSON_Delete(family_scaling);
    return status;
}
