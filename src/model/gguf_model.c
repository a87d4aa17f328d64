/* gguf_model.c: the metadata of a GGUF file in the words of config.json: which architecture it is,
 * which keys are called what, and what several keys say together. */
#include "builder.h"
#include "gguf_names.h"

#include <cjson/cJSON.h>
#include <string.h>

/* ---- keys ---------------------------------------------------------------- */

static const cJSON *metadata(const struct builder *b)
{
    return checkpoint_config(b->checkpoint);
}

/* The value of ARCHITECTURE.key; NULL: none. */
static const cJSON *value_of(const struct builder *b, const char *key)
{
    char name[256];
    return text_format(name, sizeof name, "%s.%s", b->gguf->family.type, key)
               ? json_get(metadata(b), name)
               : NULL;
}

static enum status refuse(struct builder *b, const char *key, const char *why)
{
    return error_set(b->err, STATUS_FAILED, "%s: key %s: %s", checkpoint_config_path(b->checkpoint),
                     key, why);
}

/* Adds to the derived keys; takes the item over. */
static enum status derive(struct builder *b, cJSON *object, const char *key, cJSON *item)
{
    if (item && cJSON_AddItemToObject(object, key, item))
        return STATUS_OK;
    cJSON_Delete(item);
    return error_memory(b->err);
}

static enum status name_keys(struct builder *b)
{
    struct config_name *names = arena_alloc(&b->model->arena, gguf_key_count * sizeof *names);
    if (!names)
        return error_memory(b->err);
    for (size_t i = 0; i < gguf_key_count; i++) {
        names[i].key = gguf_keys[i].key;
        names[i].own = builder_text(b, "%s.%s", b->gguf->family.type, gguf_keys[i].gguf);
        if (!names[i].own)
            return error_memory(b->err);
    }
    b->config.names = names;
    b->config.name_count = gguf_key_count;
    b->config.text = b->gguf->derived;
    return STATUS_OK;
}

/* ---- counts -------------------------------------------------------------- */

/* Head counts may be lists with one number a layer, 0 in a layer of a hybrid that has no attention.
 * What the first layer with heads has stands for the model, and where others have something else
 * they are asked one by one. */
static enum status derive_heads(struct builder *b, const char *key, int which)
{
    const char *name = config_key(&b->config, key);
    const cJSON *list = json_get(metadata(b), name);
    bool flag = which == PROJECTION_QUERY ? b->options->heads > 0 : b->options->kv_heads > 0;
    if (!cJSON_IsArray(list) || flag)
        return STATUS_OK;
    uint64_t heads, first = 0, layers = 0;
    json_whole(config_get(&b->config, "num_hidden_layers"), &layers);
    if (!list->child || (uint64_t)cJSON_GetArraySize(list) < layers)
        return refuse(b, name, "the list has fewer numbers than there are layers");
    for (const cJSON *item = list->child; item; item = item->next) {
        if (!json_whole(item, &heads) || heads > UINT32_MAX)
            return refuse(b, name, "an entry is no whole number below 2^32");
        if (heads == 0 && !b->gguf->family.hybrid)
            return refuse(b, name, "a layer has no heads, and this is no hybrid");
        if (first == 0)
            first = heads;
        if (heads != first && heads > 0)
            b->head_list[which] = list;
    }
    return derive(b, b->gguf->derived, name, cJSON_CreateNumber((double)first));
}

/* block_count counts the layers that predict further tokens, too. */
static enum status derive_layers(struct builder *b)
{
    uint64_t all, further;
    const char *name = config_key(&b->config, "num_hidden_layers");
    if (!json_whole(json_get(metadata(b), name), &all) ||
        !json_whole(value_of(b, "nextn_predict_layers"), &further) || further == 0 ||
        further >= all)
        return STATUS_OK;
    return derive(b, b->gguf->derived, name, cJSON_CreateNumber((double)(all - further)));
}

/* Latent attention: a head's dims are key_length_mla, in older files key_length; those that rotate
 * come last. */
static enum status derive_latent(struct builder *b)
{
    static const char *const keys[] = {"attention.key_length_mla", "attention.key_length"};
    uint64_t dims = 0, rotary;
    const size_t newer = value_of(b, keys[0]) ? 0 : 1;
    if (b->gguf->family.layout != LAYOUT_LATENT)
        return STATUS_OK;
    if (!json_whole(value_of(b, "rope.dimension_count"), &rotary))
        return refuse(b, "rope.dimension_count", "it is not there, or no whole number");
    if (!json_whole(value_of(b, keys[newer]), &dims) || dims <= rotary)
        return refuse(b, keys[newer], "it leaves no dims beside those that rotate");
    return derive(b, b->gguf->derived, "qk_nope_head_dim",
                  cJSON_CreateNumber((double)(dims - rotary)));
}

/* ---- kinds of layers ----------------------------------------------------- */

static enum status derive_pattern(struct builder *b, const struct gguf_architecture *row)
{
    uint64_t interval = row->interval;
    const cJSON *pattern = value_of(b, "attention.sliding_window_pattern");
    const cJSON *flag = cJSON_IsArray(pattern) ? pattern->child : NULL;
    json_whole(pattern, &interval);
    cJSON *types = cJSON_CreateArray();
    enum status status = derive(b, b->gguf->derived, "layer_types", types);
    uint64_t layers = 0;
    json_whole(config_get(&b->config, "num_hidden_layers"), &layers);
    if (layers > checkpoint_tensor_count(b->checkpoint))
        return status; /* it will be refused */
    for (uint64_t i = 0; i < layers && status == STATUS_OK; i++) {
        bool full = interval > 0 && (row->full_first ? i : i + 1) % interval == 0;
        if (flag) {
            full = cJSON_IsFalse(flag) || (cJSON_IsNumber(flag) && flag->valuedouble == 0);
            flag = flag->next;
        }
        cJSON *type = cJSON_CreateString(full ? "full_attention" : "sliding_attention");
        if (!type || !cJSON_AddItemToArray(types, type))
            status = error_memory(b->err);
    }
    return status;
}

/* Which layers slide, where that changes how they rotate. */
static enum status derive_kinds(struct builder *b, const struct gguf_architecture *row)
{
    struct family *family = &b->gguf->family;
    bool slides = value_of(b, "attention.sliding_window") != NULL;
    bool pattern = value_of(b, "attention.sliding_window_pattern") != NULL;
    bool own_base = value_of(b, "rope.freq_base_swa") != NULL && (row->interval || pattern);
    family->rotating = row->rotating;
    family->frequencies = own_base ? FREQUENCIES_LOCAL : row->frequencies;
    family->interval = row->interval;
    if (row->rotating == ROTATES_SLIDING && !slides) /* EXAONE 4's small model */
        family->rotating = ROTATES_EVERY;
    if (row->own_base && !slides)
        family->frequencies = FREQUENCIES_ONE;
    if (family->rotating != ROTATES_SLIDING && family->frequencies != FREQUENCIES_LOCAL)
        return STATUS_OK;
    const char *local = config_key(&b->config, "rope_local_base_freq");
    const cJSON *base = config_get(&b->config, "rope_theta");
    enum status status = STATUS_OK;
    if (row->own_base && !own_base && cJSON_IsNumber(base))
        status = derive(b, b->gguf->derived, local, cJSON_CreateNumber(base->valuedouble));
    return status == STATUS_OK ? derive_pattern(b, row) : status;
}

/* ---- scaling ------------------------------------------------------------- */

/* llama.cpp's keys of scaling, and where config.json has them. */
static const struct gguf_key scaling_keys[] = {
    {"original_max_position_embeddings", "rope.scaling.original_context_length"},
    {"beta_fast", "rope.scaling.yarn_beta_fast"},
    {"beta_slow", "rope.scaling.yarn_beta_slow"},
};

static enum status derive_parameters(struct builder *b, const char *type, const cJSON *factor)
{
    cJSON *parameters = cJSON_CreateObject();
    enum status status = derive(b, b->gguf->derived, "rope_scaling", parameters);
    if (status == STATUS_OK)
        status = derive(b, parameters, "rope_type", cJSON_CreateString(type));
    if (status == STATUS_OK && factor)
        status = derive(b, parameters, "factor", cJSON_Duplicate(factor, true));
    for (size_t i = 0; i < sizeof scaling_keys / sizeof *scaling_keys && status == STATUS_OK; i++) {
        const cJSON *value = value_of(b, scaling_keys[i].gguf);
        if (value)
            status = derive(b, parameters, scaling_keys[i].key, cJSON_Duplicate(value, true));
    }
    if (status == STATUS_OK &&
        strcmp(b->gguf->family.type, "gpt-oss") == 0) /* as its config has it */
        status = derive(b, parameters, "truncate", cJSON_CreateFalse());
    return status;
}

/* A factor of 0 means none, and so does a type of longrope: its factors are tensors. */
static enum status derive_scaling(struct builder *b)
{
    uint64_t original;
    const cJSON *item = value_of(b, "rope.scaling.type");
    const cJSON *factor = value_of(b, "rope.scaling.factor");
    const char *type = item ? cJSON_GetStringValue(item) : "linear";
    if (!type)
        return refuse(b, "rope.scaling.type", "it is no name of a kind of scaling");
    if (!factor)
        factor = value_of(b, "rope.scale_linear");
    if (cJSON_IsNumber(factor) && factor->valuedouble == 0)
        factor = NULL;
    if (json_whole(value_of(b, "rope.scaling.original_context_length"), &original))
        b->gguf->original_context = (double)original;
    if (strcmp(type, "none") == 0 || strcmp(type, "longrope") == 0 ||
        (strcmp(type, "linear") == 0 && !factor))
        return STATUS_OK;
    return derive_parameters(b, type, factor);
}

/* ---- the architecture ---------------------------------------------------- */

static enum status find_architecture(struct builder *b, const struct gguf_architecture **row)
{
    static const char key[] = "general.architecture";
    const char *path = checkpoint_config_path(b->checkpoint);
    const cJSON *item = json_get(metadata(b), key);
    const char *name = cJSON_GetStringValue(item);
    if (!name)
        return refuse(b, key, item ? "it is no text" : "it is not there");
    const char *why = gguf_without_rope(name);
    if (why)
        return error_set(b->err, STATUS_FAILED, "%s: architecture %s has no rotary pairs: %s", path,
                         name, why);
    if (checkpoint_tensor_count(b->checkpoint) == 0)
        return error_set(b->err, STATUS_FAILED,
                         "%s: it holds no tensors: a vocabulary without a model", path);
    why = gguf_unread(name);
    if (why)
        return error_set(b->err, STATUS_FAILED, "%s: architecture %s cannot be read yet: %s", path,
                         name, why);
    *row = gguf_architecture_find(name);
    if (!*row)
        return error_set(b->err, STATUS_FAILED, "%s: key %s: %s is not known", path, key, name);
    return STATUS_OK;
}

/* Rules that a row of the table cannot hold. */
static enum status apply_exceptions(struct builder *b)
{
    uint64_t layers;
    struct family *family = &b->gguf->family;
    if (strcmp(family->type, "baichuan") == 0 &&
        json_whole(config_get(&b->config, "num_hidden_layers"), &layers) && layers == 40)
        return error_set(b->err, STATUS_FAILED,
                         "%s: architecture baichuan with 40 layers has no rotary pairs: it biases "
                         "attention by distance (ALiBi)",
                         b->config.path);
    if (strncmp(family->type, "granite", 7) == 0 &&
        cJSON_IsFalse(value_of(b, "rope.scaling.finetuned")))
        return error_set(b->err, STATUS_FAILED,
                         "%s: this model has no rotary pairs: %s.rope.scaling.finetuned is false, "
                         "by which Granite turns rotation off",
                         b->config.path, family->type);
    if (strcmp(family->type, "glm4") == 0 && value_of(b, "rope.dimension_sections"))
        family->pairing = PAIRING_HALF_SPLIT; /* the converter undid the interleaving */
    return STATUS_OK;
}

/* Names of the architecture's tensors: one for all, compressed queries or not. A hybrid may call
 * other things attn_qkv. */
static void describe_tensors(const struct builder *b, const struct gguf_architecture *row,
                             struct family *family)
{
    const bool latent = row->layout == LAYOUT_LATENT;
    const bool compressed = latent && checkpoint_find(b->checkpoint, "blk.0.attn_q_b.weight");
    const bool fused =
        !latent && !row->hybrid && checkpoint_find(b->checkpoint, "blk.0.attn_qkv.weight");
    family->query = fused ? "blk.%.attn_qkv" : compressed ? "blk.%.attn_q_b" : "blk.%.attn_q";
    family->key = latent ? "blk.%.attn_kv_a_mqa" : "blk.%.attn_k";
    family->layout = fused ? LAYOUT_JOINED : row->layout;
}

static enum status describe(struct builder *b, const struct gguf_architecture *row)
{
    b->gguf->permuted = row->permuted;
    b->gguf->family = (struct family){
        .type = row->name,
        .keys = row->layout == LAYOUT_LATENT ? KEYS_ONE : KEYS_COUNTED,
        .hybrid = row->hybrid,
        .pairing = row->pairing,
    };
    describe_tensors(b, row, &b->gguf->family);
    b->family = &b->gguf->family;
    b->model->family = row->name;
    enum status status = name_keys(b);
    if (status == STATUS_OK)
        status = derive_layers(b);
    if (status == STATUS_OK)
        status = derive_heads(b, "num_attention_heads", PROJECTION_QUERY);
    if (status == STATUS_OK)
        status = derive_heads(b, "num_key_value_heads", PROJECTION_KEY);
    if (status == STATUS_OK)
        status = derive_latent(b);
    if (status == STATUS_OK)
        status = apply_exceptions(b);
    if (status == STATUS_OK)
        status = derive_kinds(b, row);
    return status == STATUS_OK ? derive_scaling(b) : status;
}

enum status gguf_resolve(struct builder *b)
{
    const struct gguf_architecture *row;
    enum status status = find_architecture(b, &row);
    if (status != STATUS_OK)
        return status;
    b->gguf = memory_array(1, sizeof *b->gguf);
    if (!b->gguf || !(b->gguf->derived = cJSON_CreateObject()))
        return error_memory(b->err);
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): it was found
    status = describe(b, row);
    if (status == STATUS_OK &&
        !builder_fact(b, "family", FACT_FORMAT, "general.architecture", "%s", row->name))
        status = error_memory(b->err);
    return status;
}

void gguf_close(struct builder *b)
{
    if (b->gguf)
        cJSON_Delete(b->gguf->derived);
    memory_free(b->gguf);
}

/* ---- factors that are tensors -------------------------------------------- */

static const struct tensor *own_factors(const struct builder *b, uint32_t layer)
{
    char name[64];
    text_format(name, sizeof name, "blk.%u.rope_freqs.weight", layer);
    return checkpoint_find(b->checkpoint, name);
}

bool gguf_has_own_factors(const struct builder *b, size_t layer)
{
    return b->gguf && own_factors(b, b->tensors[layer].number);
}

/* Llama 3's scaling comes as rope_freqs, longrope as two lists of which the length decides; NULL:
 * this model has neither. */
static const struct tensor *find_factors(const struct builder *b, uint32_t layer, double tokens)
{
    bool is_long = tokens > b->gguf->original_context;
    const char *const names[] = {"rope_freqs.weight", is_long ? "rope_factors_long.weight"
                                                              : "rope_factors_short.weight"};
    const struct tensor *found = own_factors(b, layer);
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++)
        found = checkpoint_find(b->checkpoint, names[i]);
    return found;
}

static enum status read_factors(struct builder *b, const struct tensor *tensor, uint32_t pairs,
                                float *factors)
{
    const char *path = checkpoint_config_path(b->checkpoint);
    if (tensor->rank != 1 || tensor->shape[0] != pairs || !dtype_is_plain(tensor->dtype))
        return error_set(b->err, STATUS_FAILED,
                         "%s: tensor %s: it is no list of numbers for each of %u pairs", path,
                         tensor->name, pairs);
    enum status status = checkpoint_read_numbers(b->checkpoint, tensor, factors, b->err);
    for (uint32_t i = 0; i < pairs && status == STATUS_OK; i++) {
        if (!(factors[i] > 0))
            status = error_set(b->err, STATUS_FAILED, "%s: tensor %s: number %u is not positive",
                               path, tensor->name, i);
    }
    return status;
}

enum status gguf_apply_factors(struct builder *b, size_t layer, double tokens, double *frequency)
{
    uint32_t pairs = b->shape.rotary_dim / 2;
    const struct tensor *tensor = find_factors(b, b->tensors[layer].number, tokens);
    if (!tensor)
        return STATUS_OK;
    float *factors = memory_array(pairs, sizeof *factors);
    enum status status = factors ? read_factors(b, tensor, pairs, factors) : error_memory(b->err);
    for (uint32_t i = 0; i < pairs && status == STATUS_OK; i++)
        frequency[i] /= (double)factors[i];
    if (status == STATUS_OK && !builder_fact(b, "rope factors", FACT_FORMAT,
                                             "frequencies are divided by them", "%s", tensor->name))
        status = error_memory(b->err);
    memory_free(factors);
    return status;
}
