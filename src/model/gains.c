/* gains.c: the gains of the norms around queries and keys, folded into their rows: those of the
 * norm before the projection into its columns, those of a norm of queries or keys into its rows.
 * What turns then are the rows as the normed input meets them. */
#include "ropescope/model.h"

#include <math.h>
#include <string.h>

/* What follows the layer in the name of a tensor, and the norms that belong to it. */
static const struct {
    const char *part, *before, *query, *key;
} names[] = {
    {".self_attn.", ".input_layernorm.weight", ".self_attn.q_norm.weight",
     ".self_attn.k_norm.weight"},
    {".attn_q.", ".attn_norm.weight", ".attn_q_norm.weight", ".attn_k_norm.weight"},
    {".attn_k.", ".attn_norm.weight", ".attn_q_norm.weight", ".attn_k_norm.weight"},
    {".attn_qkv.", ".attn_norm.weight", ".attn_q_norm.weight", ".attn_k_norm.weight"},
    {".attention.query_key_value.", ".input_layernorm.weight", "", ""},
    {".attention.", ".attention_norm.weight", "", ""},
};

/* The norm beside a tensor; NULL: there is none of that name. */
static const struct tensor *norm_beside(const struct checkpoint *checkpoint, const char *tensor,
                                        int which)
{
    char name[512];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = strstr(tensor, names[i].part);
        const char *suffix = which < 0                   ? names[i].before
                             : which == PROJECTION_QUERY ? names[i].query
                                                         : names[i].key;
        if (at && *suffix &&
            text_format(name, sizeof name, "%.*s%s", (int)(at - tensor), tensor, suffix))
            return checkpoint_find(checkpoint, name);
    }
    return NULL;
}

/* Whose checkpoints hold gains less one: Gemma's norms, Qwen3-Next's and Nemotron's LayerNorm1P
 * multiply by 1 + g; those of Gemma 3n do not. */
static bool gains_lack_one(const struct checkpoint *checkpoint, const struct model *model)
{
    static const char *const families[] = {"gemma",      "gemma2",     "gemma3",  "gemma3_text",
                                           "vaultgemma", "qwen3_next", "nemotron"};
    if (strcmp(checkpoint_format(checkpoint), "GGUF") == 0)
        return false; /* its converters add the one */
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strcmp(model->family, families[i]) == 0)
            return true;
    return strncmp(model->family, "qwen3_5", 7) == 0; /* and its _moe and _text */
}

/* Its gains; the caller frees them. */
static float *gains_of(const struct checkpoint *checkpoint, const struct model *model,
                       const struct tensor *norm, size_t count, struct error *err)
{
    bool less_one = gains_lack_one(checkpoint, model);
    float *gains = memory_array(count, sizeof *gains);
    if (!gains)
        error_memory(err);
    else if (checkpoint_read_numbers(checkpoint, norm, gains, err) != STATUS_OK) {
        memory_free(gains);
        return NULL;
    }
    for (size_t i = 0; gains && i < count && less_one; i++)
        gains[i]++;
    return gains;
}

static bool is_vector(const struct tensor *norm, uint64_t length)
{
    return norm && dtype_is_plain(norm->dtype) && norm->rank == 1 && norm->shape[0] == length;
}

/* Chameleon's norms have a row of gains for each head. */
static bool is_matrix(const struct tensor *norm, uint64_t rows, uint64_t length)
{
    return dtype_is_plain(norm->dtype) && norm->rank == 2 && norm->shape[0] == rows &&
           norm->shape[1] == length;
}

/* A norm of each head has a gain a dim, one of all heads together a gain a row. */
enum status layer_norm_gains(const struct checkpoint *checkpoint, const struct model *model,
                             const struct layer *layer, int which, float **out, struct error *err)
{
    const struct projection *p = &layer->projection[which];
    const struct tensor *norm = norm_beside(checkpoint, p->tensor, which);
    const size_t all = (size_t)p->heads * layer->head_dim;
    const bool whole = norm && (is_vector(norm, all) || is_matrix(norm, p->heads, layer->head_dim));
    *out = NULL;
    if (!norm)
        return STATUS_OK;
    if (!whole && !is_vector(norm, layer->head_dim))
        return error_set(err, STATUS_FAILED, "layer %u: %s has not a gain for each dim of a head",
                         layer->number, norm->name);
    float *gains = gains_of(checkpoint, model, norm, whole ? all : layer->head_dim, err);
    if (!gains)
        return STATUS_FAILED;
    *out = memory_array(all, sizeof **out);
    for (size_t i = 0; *out && i < all; i++)
        (*out)[i] = gains[whole ? i : i % layer->head_dim];
    memory_free(gains);
    return *out ? STATUS_OK : error_memory(err);
}

/* ---- folding ------------------------------------------------------------- */

static enum status put_rows(const struct checkpoint *checkpoint, const struct model *model,
                            const struct layer *layer, int which, float *rows, struct error *err)
{
    const struct projection *p = &layer->projection[which];
    float *gains;
    if (layer_norm_gains(checkpoint, model, layer, which, &gains, err) != STATUS_OK)
        return error_help(err, "without --folded the rows are those that are stored");
    for (uint32_t head = 0; head < p->heads && gains; head++) {
        uint64_t from, beside;
        layer_pair_rows(layer, which, head, 0, &from, &beside);
        for (uint32_t dim = 0; dim < layer->head_dim && from + dim < p->rows; dim++)
            rows[from + dim] = gains[(size_t)head * layer->head_dim + dim];
    }
    memory_free(gains);
    return STATUS_OK;
}

static enum status fold_tensor(struct checkpoint *checkpoint, const struct model *model,
                               const struct layer *layer, int which, struct error *err)
{
    const struct projection *p = &layer->projection[which];
    const struct tensor *tensor = checkpoint_tensor(checkpoint, p->index);
    const struct tensor *before = norm_beside(checkpoint, p->tensor, -1);
    bool fused = strcmp(p->tensor, layer->projection[!which].tensor) == 0;
    if (!is_vector(before, p->row_length)) {
        error_set(err, STATUS_FAILED,
                  "layer %u: no norm is known before %s, whose gains could be "
                  "folded into its rows",
                  layer->number, p->tensor);
        return error_help(err, "without --folded the rows are those that are stored");
    }
    float *columns = gains_of(checkpoint, model, before, (size_t)p->row_length, err);
    float *rows = memory_array(p->rows + 1, sizeof *rows);
    enum status status = !columns ? STATUS_FAILED : !rows ? error_memory(err) : STATUS_OK;
    for (uint64_t i = 0; i < p->rows && status == STATUS_OK; i++)
        rows[i] = 1;
    for (int each = 0; each < PROJECTION_COUNT && status == STATUS_OK; each++)
        if (each == which || fused)
            status = put_rows(checkpoint, model, layer, each, rows, err);
    if (status == STATUS_OK)
        status = checkpoint_multiply(checkpoint, tensor, columns, rows, err);
    memory_free(columns);
    memory_free(rows);
    return status;
}

enum status model_fold_gains(struct checkpoint *checkpoint, struct model *model, struct error *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < model->layer_count && status == STATUS_OK; i++) {
        const struct layer *layer = &model->layers[i];
        bool fused = layer->pairs > 0 && strcmp(layer->projection[PROJECTION_QUERY].tensor,
                                                layer->projection[PROJECTION_KEY].tensor) == 0;
        for (int p = 0; p < (fused ? 1 : PROJECTION_COUNT) && layer->pairs > 0; p++)
            if (status == STATUS_OK)
                status = fold_tensor(checkpoint, model, layer, p, err);
    }
    char name[512];
    text_format(name, sizeof name, "%.480s, gains folded", model->name);
    const char *labelled = arena_text(&model->arena, name, strlen(name));
    if (status == STATUS_OK && !labelled)
        status = error_memory(err);
    if (status == STATUS_OK)
        model->name = labelled;
    return status;
}
