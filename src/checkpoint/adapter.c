/* adapter.c: a PEFT adapter over a checkpoint: which tensor of the base each of its tensors
 * belongs to, and whether it fits there. */
#include "adapter.h"

#include "reader.h"
#include "source_parts.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- where it lies ------------------------------------------------------- */

static enum status read_config(struct source *source, const char *directory, struct error *err)
{
    char path[PATH_BYTES];
    if (!path_join(path, directory, "adapter_config.json"))
        return error_set(err, STATUS_FAILED, "%s: the path is too long", directory);
    source->config_path = source_keep(source, path);
    if (!source->config_path)
        return error_memory(err);
    enum status status =
        json_read_file(path, CONFIG_BYTES_MAX, &source->config, &source->metadata_hash, err);
    if (status == STATUS_OK && !cJSON_IsObject(source->config))
        return error_set(err, STATUS_FAILED, "%s: it is no JSON object", path);
    return status;
}

static enum status locate(struct source *source, const char *given, struct error *err)
{
    static const char *const names[] = {"adapter_model.safetensors", "adapter_model.bin"};
    char directory[PATH_BYTES], path[PATH_BYTES];
    if (!realpath(given, directory))
        return error_set(err, STATUS_FAILED, "adapter %s: %s", *given ? given : "\"\"",
                         strerror(errno));
    if (!path_is_directory(directory))
        return error_set(err, STATUS_FAILED,
                         "adapter %s: it is no directory with adapter_config.json", given);
    source->path = source_keep(source, directory);
    source->name = source_name_of_directory(source, directory);
    if (!source->path || !source->name)
        return error_memory(err);
    enum status status = read_config(source, directory, err);
    for (size_t i = 0; i < sizeof names / sizeof *names && status == STATUS_OK; i++) {
        if (source_has_file(path, directory, names[i]))
            return source_add_files(source, directory, &names[i], 1, err);
    }
    return status != STATUS_OK ? status
                               : error_set(err, STATUS_FAILED, "%s: neither %s nor %s is there",
                                           directory, names[0], names[1]);
}

enum status adapter_locate(const char *path, struct source **out, struct error *err)
{
    return source_found(locate, path, out, err);
}

/* ---- names --------------------------------------------------------------- */

enum { NAME_BYTES = 1024 };

/* What wraps the layers, in the checkpoint or in the model that was trained: names agree without.
 */
static const char *const wrappers[] = {"",
                                       "model.",
                                       "transformer.",
                                       "gpt_neox.",
                                       "language_model.",
                                       "language_model.model.",
                                       "model.language_model."};
enum { WRAPPERS = sizeof wrappers / sizeof *wrappers };

static const char *unwrap(const char *name)
{
    for (size_t i = WRAPPERS; i-- > 1;) {
        if (strncmp(name, wrappers[i], strlen(wrappers[i])) == 0)
            return name + strlen(wrappers[i]);
    }
    return name;
}

/* The base's tensor of that name, as it stands or in other wrappers; NULL: there is none. */
static struct tensor *find_in_base(const struct adapter *adapter, const char *name)
{
    char other[NAME_BYTES];
    const struct tensor *found = checkpoint_find(adapter->base, name);
    for (size_t i = 0; !found && i < WRAPPERS; i++) {
        if (text_format(other, sizeof other, "%s%s", wrappers[i], unwrap(name)))
            found = checkpoint_find(adapter->base, other);
    }
    return found ? &adapter->base->tensors[found - adapter->base->tensors] : NULL;
}

/* The tensor of the adapter that stands beside lora_A of the module. */
static const struct tensor *find_beside(const struct adapter *adapter, const struct tensor *a,
                                        const char *part)
{
    char name[NAME_BYTES];
    const char *at = strstr(a->name, ".lora_A.");
    const char *ending = at + strlen(".lora_A");
    if (text_format(name, sizeof name, "%.*s.%s%s", (int)(at - a->name), a->name, part, ending) &&
        checkpoint_find(adapter->weights, name))
        return checkpoint_find(adapter->weights, name);
    /* A magnitude is no module and has no .weight. */
    text_format(name, sizeof name, "%.*s.%s", (int)(at - a->name), a->name, part);
    return checkpoint_find(adapter->weights, name);
}

/* Heads, embeddings and experts may be tied, resized or joined in the base; queries and keys are
 * none of them. */
static bool may_differ(const char *module)
{
    static const char *const parts[] = {"embed",   "lm_head", "score",     "classifier",
                                        "experts", "wte",     "base_layer"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(module, parts[i]))
            return true;
    }
    return false;
}

/* ---- what does not fit --------------------------------------------------- */

static enum status misfit(const struct adapter *adapter, const struct tensor *tensor,
                          struct error *err, const char *why)
{
    return error_set(err, STATUS_FAILED, "%s: tensor %s: %s", adapter->source->files[0].path,
                     tensor->name, why);
}

static enum status no_module(const struct adapter *adapter, const struct tensor *tensor,
                             struct error *err)
{
    const cJSON *base = json_get(adapter->source->config, "base_model_name_or_path");
    error_set(err, STATUS_FAILED, "%s: tensor %s: %s has no such module",
              adapter->source->files[0].path, tensor->name, adapter->base->source->name);
    return cJSON_IsString(base) && *base->valuestring
               ? error_help(err, "the adapter was made for %s", base->valuestring)
           : err ? err->status
                 : STATUS_FAILED;
}

static enum status wrong_shape(const struct adapter *adapter, const struct tensor *tensor,
                               const struct tensor *base, struct error *err)
{
    return error_set(err, STATUS_FAILED,
                     "%s: tensor %s: %" PRIu64 " x %" PRIu64 " does not go with %s, %" PRIu64
                     " x %" PRIu64,
                     adapter->source->files[0].path, tensor->name, tensor->shape[0],
                     tensor->shape[1], base->name, base->shape[0], base->shape[1]);
}

static enum status check_readable(const struct adapter *adapter, const struct tensor *tensor,
                                  struct error *err)
{
    if (tensor_is_readable(tensor))
        return STATUS_OK;
    return error_set(err, STATUS_FAILED, "%s: tensor %s: %s cannot be read as weights",
                     adapter->source->files[0].path, tensor->name,
                     tensor->codec ? tensor->codec->name : dtype_name(tensor->dtype));
}

/* More would take more memory than the rows that are worked at; a rank beyond the width of the
 * matrix says nothing that the width could not. */
enum { LORA_RANK_MAX = 4096 };

static enum status check_factors(const struct adapter *adapter, const struct lora *lora,
                                 const struct tensor *base, struct error *err)
{
    const struct tensor *a = lora->a, *b = lora->b;
    if (a->rank != 2 || a->shape[0] == 0 || a->shape[0] > LORA_RANK_MAX)
        return misfit(adapter, a, err, "its rank is not from 1 to 4096");
    if (a->shape[1] != base->shape[1] || a->shape[1] > INT32_MAX)
        return wrong_shape(adapter, a, base, err);
    if (b->rank != 2 || b->shape[0] != base->shape[0])
        return wrong_shape(adapter, b, base, err);
    if (b->shape[1] != a->shape[0])
        return error_set(err, STATUS_FAILED,
                         "%s: tensor %s: its rank is %" PRIu64 ", that of lora_A %" PRIu64,
                         adapter->source->files[0].path, b->name, b->shape[1], a->shape[0]);
    enum status status = check_readable(adapter, a, err);
    return status == STATUS_OK ? check_readable(adapter, b, err) : status;
}

static enum status check_magnitude(const struct adapter *adapter, const struct lora *lora,
                                   const struct tensor *base, struct error *err)
{
    const struct tensor *magnitude = lora->magnitude;
    uint64_t bytes;
    if (!magnitude)
        return misfit(adapter, lora->a, err, "use_dora is set, but it has no magnitude vector");
    if (!tensor_is_plain(magnitude) || !dtype_bytes(magnitude->dtype, base->shape[0], &bytes) ||
        magnitude->bytes != bytes)
        return misfit(adapter, magnitude, err, "it is no plain number for each row of the base");
    return STATUS_OK;
}

/* ---- laying one tensor over the base ------------------------------------- */

static enum status lay_factors(struct adapter *adapter, struct tensor *base, const struct tensor *a,
                               const char *module, struct error *err)
{
    struct lora *lora = arena_alloc(&adapter->arena, sizeof *lora);
    if (!lora)
        return error_memory(err);
    *lora = (struct lora){.adapter = adapter,
                          .a = a,
                          .b = find_beside(adapter, a, "lora_B"),
                          .declared_rank = adapter_config_rank(&adapter->config, module)};
    if (!lora->b)
        return misfit(adapter, a, err, "there is no lora_B beside it");
    if (base->lora)
        return misfit(adapter, a, err, "there is a second one for the same module");
    if (adapter->config.dora)
        lora->magnitude = find_beside(adapter, a, "lora_magnitude_vector");
    enum status status = check_factors(adapter, lora, base, err);
    if (status == STATUS_OK && adapter->config.dora)
        status = check_magnitude(adapter, lora, base, err);
    if (status != STATUS_OK)
        return status;
    double rank = (double)a->shape[0];
    lora->scale = (float)(adapter_config_alpha(&adapter->config, module) /
                          (adapter->config.root ? sqrt(rank) : rank));
    if (!isfinite(lora->scale))
        return misfit(adapter, a, err, "its lora_alpha is no number to scale with");
    base->lora = lora;
    return STATUS_OK;
}

/* lora_A: the module of the base is found, or there is none. */
static enum status lay_lora(struct adapter *adapter, const struct tensor *a, const char *name,
                            struct error *err)
{
    char module[NAME_BYTES], weight[NAME_BYTES];
    size_t length = (size_t)(strstr(name, ".lora_A.") - name);
    if (!text_format(module, sizeof module, "%.*s", (int)length, name) ||
        !text_format(weight, sizeof weight, "%s.weight", module))
        return misfit(adapter, a, err, "its name is too long");
    struct tensor *base = find_in_base(adapter, weight);
    if (base && base->rank == 2)
        return lay_factors(adapter, base, a, module, err);
    return base || may_differ(module) ? STATUS_OK : no_module(adapter, a, err);
}

static void rows_of_adapter(const struct checkpoint *checkpoint, const struct tensor *tensor,
                            uint64_t first, size_t count, float *to)
{
    checkpoint_rows_to_float(checkpoint->adapter->weights, tensor->codec->detail, first, count, to);
}

/* What modules_to_save brings along stands for the base's own. */
static enum status lay_whole(struct adapter *adapter, const struct tensor *own, const char *name,
                             struct error *err)
{
    struct tensor *base = find_in_base(adapter, name);
    if (!base || base->rank != 2 || may_differ(name))
        return STATUS_OK;
    if (own->rank != 2 || own->shape[0] != base->shape[0] || own->shape[1] != base->shape[1])
        return wrong_shape(adapter, own, base, err);
    enum status status = check_readable(adapter, own, err);
    struct row_codec *codec = arena_alloc(&adapter->arena, sizeof *codec);
    if (status != STATUS_OK || !codec)
        return status != STATUS_OK ? status : error_memory(err);
    *codec = (struct row_codec){
        .name = "saved with the adapter",
        .to_float = rows_of_adapter,
        .detail = own,
        .exact = tensor_is_exact(own),
    };
    base->codec = codec;
    return STATUS_OK;
}

static enum status lay_tensor(struct adapter *adapter, const struct tensor *tensor,
                              struct error *err)
{
    static const char prefix[] = "base_model.model.";
    bool prefixed = strncmp(tensor->name, prefix, strlen(prefix)) == 0;
    const char *name = tensor->name + (prefixed ? strlen(prefix) : 0);
    if (text_ends_with(name, ".lora_A.weight") || text_ends_with(name, ".lora_A.default.weight"))
        return lay_lora(adapter, tensor, name, err);
    if (strstr(name, ".lora_"))
        return STATUS_OK; /* found beside its A; embeddings and biases change no row */
    return lay_whole(adapter, tensor, name, err);
}

/* lora_B without lora_A: nothing else would ask for it. */
static enum status check_pairs(const struct adapter *adapter, const struct tensor *tensor,
                               struct error *err)
{
    char name[NAME_BYTES];
    const char *at = strstr(tensor->name, ".lora_B.");
    if (!at || !text_ends_with(at, ".weight"))
        return STATUS_OK;
    if (text_format(name, sizeof name, "%.*s.lora_A%s", (int)(at - tensor->name), tensor->name,
                    at + strlen(".lora_B")) &&
        checkpoint_find(adapter->weights, name))
        return STATUS_OK;
    return misfit(adapter, tensor, err, "there is no lora_A beside it");
}

/* GGUF, Meta and llama2.c name the modules otherwise and may have their rows in another order; PEFT
 * knows Hugging Face's alone. */
static enum status check_names(const struct adapter *adapter, struct error *err)
{
    static const char *const foreign[] = {"blk.0.attn_q.weight", "blk.0.attn_qkv.weight",
                                          "layers.0.attention.wq.weight"};
    const struct source *base = adapter->base->source;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (!checkpoint_find(adapter->base, foreign[i]))
            continue;
        error_set(
            err, STATUS_FAILED,
            "%s: tensor %s: a LoRA cannot be laid over it: PEFT knows the names and the order "
            "of rows of Hugging Face alone",
            base->files[0].path, foreign[i]);
        return error_help(err, "name the model that it was made from, as Hugging Face has it");
    }
    return STATUS_OK;
}

static enum status lay(struct adapter *adapter, struct error *err)
{
    enum status status = check_names(adapter, err);
    if (status == STATUS_OK)
        status = checkpoint_open(adapter->source, &adapter->weights, err);
    if (status == STATUS_OK)
        status = adapter_config_read(&adapter->config, adapter->source, err);
    size_t count = status == STATUS_OK ? checkpoint_tensor_count(adapter->weights) : 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct tensor *tensor = checkpoint_tensor(adapter->weights, i);
        status = check_pairs(adapter, tensor, err);
        if (status == STATUS_OK)
            status = lay_tensor(adapter, tensor, err);
    }
    return status == STATUS_OK ? blas_open(&adapter->blas, err) : status;
}

enum status checkpoint_adapt(struct checkpoint *checkpoint, const struct source *source,
                             struct error *err)
{
    struct adapter *adapter = memory_array(1, sizeof *adapter);
    if (!adapter)
        return error_memory(err);
    adapter->base = checkpoint;
    adapter->source = source;
    checkpoint->adapter = adapter; /* which frees it, whatever comes */
    return lay(adapter, err);
}

void adapter_close(struct adapter *adapter)
{
    if (!adapter)
        return;
    checkpoint_close(adapter->weights);
    adapter_config_close(&adapter->config);
    arena_free(&adapter->arena);
    memory_free(adapter);
}

/* ---- looking ------------------------------------------------------------- */

const struct source *checkpoint_adapter(const struct checkpoint *checkpoint)
{
    return checkpoint->adapter ? checkpoint->adapter->source : NULL;
}

bool tensor_is_adapted(const struct tensor *tensor)
{
    return tensor->lora || (tensor->codec && tensor->codec->to_float == rows_of_adapter);
}
