/* adapter_config.c: what adapter_config.json says, as PEFT 0.21 reads it. */
#include "adapter.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <regex.h>
#include <string.h>

enum { PATTERNS_MAX = 4096, PATTERN_BYTES = 512 };
static const double RANK_DEFAULT = 8, ALPHA_DEFAULT = 8; /* of LoraConfig */

/* rank_pattern and alpha_pattern: the first that matches a module counts. */
struct patterns {
    size_t count;
    struct pattern {
        regex_t regex;
        double value;
    } at[];
};

static enum status refuse(const struct source *source, struct error *err, const char *key,
                          const char *why)
{
    return error_set(err, STATUS_FAILED, "%s: %s: %s", source->config_path, key, why);
}

/* ---- what is no plain LoRA ----------------------------------------------- */

/* Keys that make another matrix of the factors than s B A, where they are neither null nor false.
 */
static const struct {
    const char *key, *why;
} unknown[] = {
    {"layer_replication", "the base's layers would have to be put together anew"},
    {"use_qalora", "its A goes by groups of columns"},
    {"use_bdlora", "its factors are block-diagonal"},
    {"kasa_config", "there is a diagonal matrix between its factors"},
    {"monteclora_config", "its factors are drawn at random"},
    {"arrow_config", "it chooses between adapters for each token"},
};

/* These ways to start replace the base's weights by what the first factors leave of them; PEFT
 * does it again on loading. Saved as a difference to the base, an adapter says true here. */
static const char *const replacing[] = {"pissa", "olora", "corda", "loftq", "lora_ga"};

static enum status check_kind(const struct source *source, struct error *err)
{
    const char *type = cJSON_GetStringValue(json_get(source->config, "peft_type"));
    const char *start = cJSON_GetStringValue(json_get(source->config, "init_lora_weights"));
    if (!type)
        return refuse(source, err, "peft_type", "it is not there, and it tells what this is");
    if (strcmp(type, "LORA") != 0)
        return error_set(err, STATUS_FAILED, "%s: peft_type %s: only LORA can be laid over a base",
                         source->config_path, type);
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        const cJSON *item = json_get(source->config, unknown[i].key);
        if (item && !cJSON_IsFalse(item))
            return refuse(source, err, unknown[i].key, unknown[i].why);
    }
    for (size_t i = 0; start && i < sizeof replacing / sizeof *replacing; i++) {
        if (strncmp(start, replacing[i], strlen(replacing[i])) != 0)
            continue;
        refuse(source, err, "init_lora_weights", "its base is not the one that is published");
        return error_help(err, "save it with path_initial_model_for_weight_conversion");
    }
    return STATUS_OK;
}

/* ---- patterns ------------------------------------------------------------ */

/* What means the same to Python's re and to POSIX: no classes by letters, no lazy or counted
 * repeats, no (?...). */
static bool is_plain(const char *pattern)
{
    char before = '\0';
    for (const char *at = pattern; *at; before = *at++) {
        bool repeat = strchr("*+?", *at) != NULL;
        bool counted = *at == '{' || *at == '}';
        if (counted || (repeat && (before == '\0' || strchr("*+?(|", before))) ||
            (*at == '\\' && (at[1] == '\0' || !strchr(".-_/+*?()[]|$^\\", *++at))))
            return false;
    }
    return strlen(pattern) < PATTERN_BYTES && !strstr(pattern, "[[") && !strstr(pattern, "()");
}

static enum status compile(struct pattern *pattern, const char *text, const char *key,
                           const struct source *source, struct error *err)
{
    char whole[PATTERN_BYTES + 16];
    if (is_plain(text) && text_format(whole, sizeof whole, "^(.*\\.)?(%s)$", text) &&
        regcomp(&pattern->regex, whole, REG_EXTENDED | REG_NOSUB) == 0)
        return STATUS_OK;
    return error_set(err, STATUS_FAILED, "%s: %s: the pattern \"%s\" is not one of the plain kind",
                     source->config_path, key, text);
}

enum { RANK_MAX = 1 << 16 };

/* A rank is whole and above 0, an alpha any number. NaN, which Python writes, is null here. */
static bool makes_sense(const cJSON *item, bool rank)
{
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
        return false;
    double value = item->valuedouble;
    return !rank || (value >= 1 && value <= RANK_MAX && value == floor(value));
}

static enum status read_patterns(struct patterns **out, const struct source *source,
                                 const char *key, bool rank, struct error *err)
{
    const cJSON *object = json_get(source->config, key);
    size_t count = 0;
    if (!object)
        return STATUS_OK;
    for (const cJSON *item = object->child; item; item = item->next)
        count++;
    if (!cJSON_IsObject(object) || count > PATTERNS_MAX)
        return refuse(source, err, key, "it is no object of 4096 patterns at most");
    struct patterns *patterns = *out =
        memory_array(1, sizeof *patterns + count * sizeof *patterns->at);
    if (!patterns)
        return error_memory(err);
    for (const cJSON *item = object->child; item; item = item->next) {
        struct pattern *pattern = &patterns->at[patterns->count];
        if (!makes_sense(item, rank))
            return error_set(err, STATUS_FAILED, "%s: %s: \"%s\" has no %s", source->config_path,
                             key, item->string, rank ? "whole number above 0" : "finite number");
        enum status status = compile(pattern, item->string, key, source, err);
        if (status != STATUS_OK)
            return status;
        pattern->value = item->valuedouble;
        patterns->count++;
    }
    return STATUS_OK;
}

static double first_match(const struct patterns *patterns, const char *module, double otherwise)
{
    for (size_t i = 0; patterns && i < patterns->count; i++) {
        if (regexec(&patterns->at[i].regex, module, 0, NULL, 0) == 0)
            return patterns->at[i].value;
    }
    return otherwise;
}

double adapter_config_alpha(const struct adapter_config *config, const char *module)
{
    return first_match(config->alphas, module, config->alpha);
}

double adapter_config_rank(const struct adapter_config *config, const char *module)
{
    return first_match(config->ranks, module, config->rank);
}

/* ---- the whole ----------------------------------------------------------- */

static enum status read_number(double *out, const struct source *source, const char *key, bool rank,
                               double otherwise, struct error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(source->config, key);
    *out = item ? item->valuedouble : otherwise;
    return !item || makes_sense(item, rank)
               ? STATUS_OK
               : refuse(source, err, key,
                        rank ? "it is no whole number from 1 to 65536" : "it is no finite number");
}

enum status adapter_config_read(struct adapter_config *config, const struct source *source,
                                struct error *err)
{
    *config = (struct adapter_config){
        .root = cJSON_IsTrue(json_get(source->config, "use_rslora")),
        .dora = cJSON_IsTrue(json_get(source->config, "use_dora")),
    };
    enum status status = check_kind(source, err);
    if (status == STATUS_OK)
        status = read_number(&config->rank, source, "r", true, RANK_DEFAULT, err);
    if (status == STATUS_OK)
        status = read_number(&config->alpha, source, "lora_alpha", false, ALPHA_DEFAULT, err);
    if (status == STATUS_OK)
        status = read_patterns(&config->ranks, source, "rank_pattern", true, err);
    if (status == STATUS_OK)
        status = read_patterns(&config->alphas, source, "alpha_pattern", false, err);
    return status;
}

static void close_patterns(struct patterns *patterns)
{
    for (size_t i = 0; patterns && i < patterns->count; i++)
        regfree(&patterns->at[i].regex);
    memory_free(patterns);
}

void adapter_config_close(struct adapter_config *config)
{
    close_patterns(config->ranks);
    close_patterns(config->alphas);
    *config = (struct adapter_config){0};
}
