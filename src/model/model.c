/* model.c: config and tensors of a checkpoint become layers with rotary pairs, and facts that say
 * how each was known. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- which layers there are ---------------------------------------------- */

/* Layers past num_hidden_layers predict further tokens and are left out. */
static enum status leave_out(struct builder *b, uint32_t declared)
{
    size_t kept = 0;
    while (kept < b->layer_count && b->tensors[kept].number < declared)
        kept++;
    bool noted = kept == b->layer_count ||
                 builder_note(b, "%zu layers from layer %u on are left out: %s is %u",
                              b->layer_count - kept, b->tensors[kept].number,
                              config_key(&b->config, "num_hidden_layers"), declared);
    b->layer_count = kept;
    return noted ? STATUS_OK : error_memory(b->err);
}

/* A hybrid's other layers have no attention: places without tensors stand for them, so that layer i
 * is the i-th. */
static enum status fill_gaps(struct builder *b, uint32_t declared, bool found)
{
    const uint32_t last = b->tensors[b->layer_count - 1].number;
    const size_t count = found ? declared : (size_t)last + 1;
    if (!b->family->hybrid || count < b->layer_count ||
        count > checkpoint_tensor_count(b->checkpoint))
        return STATUS_OK; /* numbers that make no sense are told of below */
    struct layer_tensors *all = memory_array(count, sizeof *all);
    if (!all)
        return error_memory(b->err);
    for (size_t i = 0, next = 0; i < count; i++) {
        if (next < b->layer_count && b->tensors[next].number == i)
            all[i] = b->tensors[next++];
        else
            all[i] = (struct layer_tensors){.number = (uint32_t)i,
                                            .weight = {TENSOR_ABSENT, TENSOR_ABSENT},
                                            .bias = {TENSOR_ABSENT, TENSOR_ABSENT}};
    }
    b->first = b->tensors[0].number;
    memory_free(b->tensors);
    b->tensors = all;
    b->layer_count = count;
    return STATUS_OK;
}

static enum status check_layer_numbers(struct builder *b, uint32_t declared, bool found)
{
    for (size_t i = 0; i < b->layer_count; i++) {
        if (b->tensors[i].number == i)
            continue;
        error_set(b->err, STATUS_FAILED, "%s: layer %zu has no query and key projection",
                  checkpoint_source(b->checkpoint)->path, i);
        return error_help(b->err, "is every shard of the model there?");
    }
    if (found && declared != b->layer_count) {
        error_set(b->err, STATUS_FAILED, "%s: %s is %u, but the weights hold %zu layers",
                  b->config.path, config_key(&b->config, "num_hidden_layers"), declared,
                  b->layer_count);
        return error_help(b->err, "is every shard of the model there?");
    }
    return builder_fact(b, "layers", found ? b->config.source : FACT_SHAPE,
                        found ? config_key(&b->config, "num_hidden_layers") : "names of tensors",
                        "%zu", b->layer_count)
               ? STATUS_OK
               : error_memory(b->err);
}

static enum status resolve_layers(struct builder *b)
{
    uint32_t declared = UINT32_MAX;
    bool found;
    enum status status = config_count(&b->config, "num_hidden_layers", &declared, &found, b->err);
    if (status != STATUS_OK)
        return status;
    if (b->layer_count == 0) {
        error_set(b->err, STATUS_FAILED,
                  "%s: no query and key projections of family %s among its %zu tensors",
                  checkpoint_source(b->checkpoint)->path, b->model->family,
                  checkpoint_tensor_count(b->checkpoint));
        return error_help(b->err, "they would be called like %s.weight, with a number for %%",
                          family_tensor(b->family, PROJECTION_QUERY));
    }
    status = leave_out(b, declared);
    if (status == STATUS_OK && b->layer_count > 0)
        status = fill_gaps(b, declared, found);
    return status == STATUS_OK ? check_layer_numbers(b, declared, found) : status;
}

/* ---- frequencies --------------------------------------------------------- */

static bool frequency_facts(struct builder *b, const struct rope_answer *answer, const char *kind)
{
    char theta[TEXT_NUMBER];
    const char *where = *kind ? builder_text(b, " (%s)", kind) : "";
    const char *name = builder_text(b, "rope theta%s", where ? where : "");
    const char *scaling = builder_text(b, "rope scaling%s", where ? where : "");
    const char *reason = answer->theta_source == FACT_FLAG ? "--rope-theta" : answer->theta_key;
    if (!where || !name || !scaling ||
        !builder_fact(b, name, answer->theta_source, reason, "%s",
                      text_double(theta, answer->rope.theta)) ||
        !builder_fact(b, scaling, answer->scaling_source, answer->scaling_key, "%s",
                      answer->scaling_name))
        return false;
    if (*answer->scaling_key && b->family->scaling_note &&
        !builder_note(b, "%s", b->family->scaling_note))
        return false;
    return !answer->unknown_scaling ||
           builder_note(b, "rope scaling \"%s\" is not known: frequencies are unscaled",
                        answer->scaling_name);
}

/* Frequencies of one kind of layer; those of a kind that has been seen are shared. */
static enum status resolve_frequency(struct builder *b, size_t index)
{
    struct model *model = b->model;
    const struct layer_kind *kind = &b->kinds[index];
    bool first = kind->first == index;
    if (!first && !gguf_has_own_factors(b, index)) {
        model->layers[index].frequency = model->layers[kind->first].frequency;
        model->layers[index].rotation_scale = model->layers[kind->first].rotation_scale;
        return STATUS_OK;
    }
    struct rope_question question = {&b->config, b->family, b->options, kind->type,
                                     b->shape.rotary_dim};
    struct rope_answer answer;
    enum status status = rope_resolve(&question, &model->arena, &answer, b->err);
    if (status != STATUS_OK)
        return status;
    double *frequency = arena_alloc(&model->arena, b->shape.rotary_dim / 2 * sizeof *frequency);
    if (!frequency || (first && !frequency_facts(b, &answer, b->several_kinds ? kind->type : "")))
        return error_memory(b->err);
    rope_frequencies(&answer.rope, frequency);
    if (b->gguf)
        status = gguf_apply_factors(b, index, answer.rope.context, frequency);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < b->shape.rotary_dim / 2; i++) {
        if (!isfinite(frequency[i]))
            return error_set(b->err, STATUS_FAILED,
                             "%s: rope theta %g with scaling %s gives pair %u no finite frequency",
                             b->config.path, answer.rope.theta, answer.scaling_name, i);
    }
    model->layers[index].frequency = frequency;
    model->layers[index].rotation_scale = rope_rotation_scale(&answer.rope);
    model->context = (uint64_t)answer.rope.context;
    return STATUS_OK;
}

/* ---- layers -------------------------------------------------------------- */

static void count_scanned(struct builder *b, const struct layer *layer)
{
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const struct projection *p = &layer->projection[which];
        b->model->scanned_bytes += (uint64_t)p->heads * b->shape.rotary_dim *
                                   tensor_row_bytes(checkpoint_tensor(b->checkpoint, p->index));
    }
}

static enum status build_layer(struct builder *b, size_t index)
{
    struct layer *layer = &b->model->layers[index];
    const struct layer_kind *kind = &b->kinds[index];
    *layer = (struct layer){
        .number = b->tensors[index].number,
        .head_dim = b->shape.head_dim,
        .pairing = b->options->has_pairing ? b->options->pairing : b->family->pairing,
        .grouping = b->family->grouping,
        .note = "",
    };
    if (kind->absent) {
        layer->note = "no attention in this layer";
        for (int which = 0; which < PROJECTION_COUNT; which++)
            layer->projection[which] =
                (struct projection){.tensor = "", .file = "", .map.group = 1, .index = UINT32_MAX};
        return STATUS_OK;
    }
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        enum status status =
            projection_build(b, &b->tensors[index], which, &layer->projection[which]);
        if (status != STATUS_OK)
            return status;
    }
    if (!kind->rotates) {
        layer->note = "no rotary embedding in this layer";
        return STATUS_OK;
    }
    layer->pairs = b->shape.rotary_dim / 2;
    count_scanned(b, layer);
    if (b->several_kinds && !(layer->note = builder_text(b, "%s", kind->type)))
        return error_memory(b->err);
    return resolve_frequency(b, index);
}

static enum status build_layers(struct builder *b)
{
    b->model->layers = arena_alloc(&b->model->arena, b->layer_count * sizeof *b->model->layers);
    if (!b->model->layers)
        return error_memory(b->err);
    b->model->layer_count = b->layer_count;
    for (size_t i = 0; i < b->layer_count; i++) {
        enum status status = build_layer(b, i);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* ---- the rest of the facts ----------------------------------------------- */

static bool context_fact(struct builder *b)
{
    double tokens;
    const char *key;
    if (b->model->context == 0)
        return true;
    rope_context(&b->config, b->options, &tokens, &key, NULL); /* it went well for the layers */
    return builder_fact(b, "context", key ? b->config.source : FACT_FLAG, key ? key : "--context",
                        "%" PRIu64 " tokens", b->model->context);
}

/* Whether a norm of queries stands beside the projection: q_proj and q_norm, attn_q and
 * attn_q_norm.
 */
static bool has_norm(const struct builder *b, const char *query)
{
    static const struct {
        const char *projection, *norm;
    } names[] = {{"q_proj.weight", "q_norm.weight"}, {"attn_q.weight", "attn_q_norm.weight"}};
    char norm[1024];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t stem = strlen(query) - strlen(names[i].projection);
        if (text_ends_with(query, names[i].projection) &&
            text_format(norm, sizeof norm, "%.*s%s", (int)stem, query, names[i].norm) &&
            checkpoint_find(b->checkpoint, norm))
            return true;
    }
    return false;
}

/* What the adapter changes, over all layers. */
static bool adapter_fact(struct builder *b)
{
    const struct source *adapter = checkpoint_adapter(b->checkpoint);
    size_t changed = 0, odd = 0;
    uint32_t least = UINT32_MAX, most = 0;
    for (size_t i = 0; adapter && i < 2 * b->layer_count; i++) {
        const struct tensor *tensor =
            checkpoint_tensor(b->checkpoint, b->tensors[i / 2].weight[i % 2]);
        uint32_t rank = tensor->lora ? lora_rank(tensor->lora) : 0;
        changed += tensor_is_adapted(tensor);
        odd += rank > 0 && !lora_has_declared_rank(tensor->lora);
        least = rank > 0 && rank < least ? rank : least;
        most = rank > most ? rank : most;
    }
    if (!adapter)
        return true;
    const char *ranks = most == 0       ? "no LoRA"
                        : least == most ? builder_text(b, "LoRA of rank %u", most)
                                        : builder_text(b, "LoRA of ranks %u to %u", least, most);
    const char *reason = builder_text(b, "--adapter: %s, on %zu of %zu query and key projections",
                                      ranks ? ranks : "", changed, 2 * b->layer_count);
    return ranks && reason && builder_fact(b, "adapter", FACT_FLAG, reason, "%s", adapter->name) &&
           (changed > 0 ||
            builder_note(b, "the adapter changes no query and no key projection: the "
                            "angles are those of the base")) &&
           (odd == 0 || builder_note(b,
                                     "adapter_config.json gives %zu projections another rank "
                                     "than lora_A has, which counts",
                                     odd));
}

static bool closing_facts(struct builder *b)
{
    enum pairing pairing = b->model->layers[b->first].pairing;
    bool flag = b->options->has_pairing;
    enum fact_source source = flag ? FACT_FLAG : b->deduced ? FACT_DEDUCED : FACT_FAMILY;
    const char *reason = flag      ? "--pairing"
                         : b->gguf ? builder_text(b, "how llama.cpp rotates %s", b->model->family)
                                   : builder_text(b, "how %s rotates", b->family->type);
    if (!reason || !builder_fact(b, "pairing", source, reason, "%s", pairing_name(pairing)))
        return false;
    if (b->gguf && b->gguf->permuted &&
        !builder_fact(b, "row order", FACT_FORMAT,
                      "the converter put Hugging Face's rows i and i + R/2 side by side",
                      "permuted"))
        return false;
    if (!context_fact(b) || !quantisation_fact(b) || !adapter_fact(b))
        return false;
    const struct tensor *query =
        checkpoint_tensor(b->checkpoint, b->tensors[b->first].weight[PROJECTION_QUERY]);
    if (has_norm(b, query->name))
        return builder_note(b, "queries and keys are normed after the projection; cosines are of "
                               "the raw stored rows");
    return true;
}

static enum status build(struct builder *b)
{
    const struct source *source = checkpoint_source(b->checkpoint);
    const struct source *adapter = checkpoint_adapter(b->checkpoint);
    b->config = config_of(b->checkpoint);
    b->model->name =
        builder_text(b, "%s%s%s", source->name, adapter ? " + " : "", adapter ? adapter->name : "");
    b->model->path = builder_text(b, "%s", source->path);
    b->model->format = builder_text(b, "%s", checkpoint_format(b->checkpoint));
    b->model->files_bytes = checkpoint_bytes(b->checkpoint);
    if (!b->model->name || !b->model->path || !b->model->format)
        return error_memory(b->err);
    enum status status = family_resolve(b);
    if (status == STATUS_OK)
        status = resolve_layers(b);
    if (status == STATUS_OK)
        status = kinds_resolve(b);
    if (status == STATUS_OK)
        status = shape_resolve(b);
    if (status == STATUS_OK)
        status = build_layers(b);
    if (status == STATUS_OK && b->options->like_authors)
        status = like_authors_resolve(b);
    bool room = status != STATUS_OK || (closing_facts(b) && linears_resolve(b));
    return room ? status : error_memory(b->err);
}

enum status model_open(const struct checkpoint *checkpoint, const struct model_options *options,
                       struct model **out, struct error *err)
{
    struct builder builder = {
        .checkpoint = checkpoint, .options = options, .model = model_new(), .err = err};
    if (!builder.model)
        return error_memory(err);
    enum status status = build(&builder);
    gguf_close(&builder);
    memory_free(builder.tensors);
    memory_free(builder.kinds);
    if (status == STATUS_OK)
        *out = builder.model;
    else
        model_free(builder.model);
    return status;
}
