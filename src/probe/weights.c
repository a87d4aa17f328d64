/* weights.c: which tensors a layer is made of, by Hugging Face's names, llama.cpp's and Meta's. The
 * query's tensor, which the model knows, tells whose they are and what stands before them. */
#include "decoder.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* ---- names --------------------------------------------------------------- */

enum style { STYLE_HF, STYLE_GGUF, STYLE_META, STYLE_COUNT };

static const char *const matrix_names[MATRIX_COUNT][STYLE_COUNT] = {
    [MATRIX_QUERY] = {"self_attn.q_proj", "attn_q", "attention.wq"},
    [MATRIX_KEY] = {"self_attn.k_proj", "attn_k", "attention.wk"},
    [MATRIX_VALUE] = {"self_attn.v_proj", "attn_v", "attention.wv"},
    [MATRIX_OUTPUT] = {"self_attn.o_proj", "attn_output", "attention.wo"},
    [MATRIX_GATE] = {"mlp.gate_proj", "ffn_gate", "feed_forward.w1"},
    [MATRIX_UP] = {"mlp.up_proj", "ffn_up", "feed_forward.w3"},
    [MATRIX_DOWN] = {"mlp.down_proj", "ffn_down", "feed_forward.w2"},
};
static const char *const norm_names[NORM_COUNT][STYLE_COUNT] = {
    [NORM_ATTENTION] = {"input_layernorm", "attn_norm", "attention_norm"},
    [NORM_FEED] = {"post_attention_layernorm", "ffn_norm", "ffn_norm"},
    [NORM_AFTER_ATTENTION] = {"post_attention_layernorm", "post_attention_norm", NULL},
    [NORM_AFTER_FEED] = {"post_feedforward_layernorm", "post_ffw_norm", NULL},
    [NORM_QUERY] = {"self_attn.q_norm", "attn_q_norm", NULL},
    [NORM_KEY] = {"self_attn.k_norm", "attn_k_norm", NULL},
};
/* Where what comes out of attention is normed, too, the norm before feed-forward has this name. */
static const char feed_norm_beside_another[] = "pre_feedforward_layernorm";

enum { NAME_BYTES = 1024 };

struct naming_of {
    const struct checkpoint *checkpoint;
    enum style style;
    const char *query; /* name of the query's tensor */
    size_t prefix;     /* bytes of it before the names above */
    size_t root;       /* bytes of it before "layers." */
    struct error *err;
};

static enum status read_naming(const struct checkpoint *checkpoint, const char *query,
                               struct naming_of *out, struct error *err)
{
    char ending[NAME_BYTES];
    for (int style = 0; style < STYLE_COUNT; style++) {
        text_format(ending, sizeof ending, "%s.weight", matrix_names[MATRIX_QUERY][style]);
        if (!text_ends_with(query, ending))
            continue;
        const char *layers = strstr(query, style == STYLE_GGUF ? "blk." : "layers.");
        *out = (struct naming_of){.checkpoint = checkpoint,
                                  .style = (enum style)style,
                                  .query = query,
                                  .prefix = strlen(query) - strlen(ending),
                                  .root = layers ? (size_t)(layers - query) : 0,
                                  .err = err};
        return STATUS_OK;
    }
    return error_set(err, STATUS_FAILED, "tensor %s: a layer with such names is not run", query);
}

/* ---- one tensor ---------------------------------------------------------- */

static const char *path_of(const struct naming_of *n, const struct tensor *tensor)
{
    return checkpoint_source(n->checkpoint)->files[tensor->file].path;
}

static enum status missing(const struct naming_of *n, const char *name)
{
    const struct source *source = checkpoint_source(n->checkpoint);
    error_set(n->err, STATUS_FAILED, "%s: there is no tensor %s, which a run of the model needs",
              source->path, name);
    return error_help(n->err, source->sliced
                                  ? "of model-parallel files queries and keys alone are read: join "
                                    "them into one file first"
                                  : "is every shard of the model there?");
}

/* A matrix of that name; sizes of 0 are any. */
static enum status find_matrix(const struct naming_of *n, const char *name, uint64_t rows,
                               uint64_t columns, const struct tensor **out)
{
    const struct tensor *tensor = checkpoint_find(n->checkpoint, name);
    if (!tensor)
        return missing(n, name);
    *out = tensor;
    if (tensor->rank != 2 || !tensor_is_readable(tensor))
        return error_set(n->err, STATUS_FAILED, "%s: tensor %s: %s cannot be read as a matrix",
                         path_of(n, tensor), name,
                         tensor->codec ? tensor->codec->name
                                       : dtype_name((enum dtype)tensor->dtype));
    bool fits = (rows == 0 || tensor->shape[0] == rows) &&
                (columns == 0 || tensor->shape[1] == columns) && tensor->shape[0] > 0 &&
                tensor->shape[1] > 0 && tensor->shape[0] < INT_MAX && tensor->shape[1] < INT_MAX;
    if (!fits)
        return error_set(n->err, STATUS_FAILED,
                         "%s: tensor %s: %" PRIu64 " x %" PRIu64
                         " does not go with the rest of the layer (%" PRIu64 " x %" PRIu64 ")",
                         path_of(n, tensor), name, tensor->shape[0], tensor->shape[1], rows,
                         columns);
    return STATUS_OK;
}

/* All `count` numbers of a small tensor; the caller frees them. */
static enum status read_vector(const struct naming_of *n, const struct tensor *tensor,
                               uint64_t count, float **out)
{
    uint64_t bytes;
    enum dtype dtype = (enum dtype)tensor->dtype;
    bool whole = tensor->rank == 1 && tensor->shape[0] == count && !tensor->codec &&
                 dtype_is_plain(dtype) && dtype_bytes(dtype, count, &bytes) &&
                 bytes == tensor->bytes;
    if (!whole)
        return error_set(n->err, STATUS_FAILED,
                         "%s: tensor %s: it is no list of %" PRIu64 " numbers", path_of(n, tensor),
                         tensor->name, count);
    *out = memory_array(count, sizeof **out);
    return *out ? checkpoint_read_numbers(n->checkpoint, tensor, *out, n->err)
                : error_memory(n->err);
}

/* The norm of that name, with the 1 that some families add. */
static enum status find_norm(const struct naming_of *n, const char *name, uint64_t count, bool add,
                             float **out)
{
    const struct tensor *tensor = checkpoint_find(n->checkpoint, name);
    enum status status = tensor ? read_vector(n, tensor, count, out) : missing(n, name);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++)
        (*out)[i] += add ? 1 : 0;
    return status;
}

/* ---- one layer ----------------------------------------------------------- */

static enum status find_layer_matrix(const struct naming_of *n, int which, uint64_t rows,
                                     uint64_t columns, struct layer_weights *out)
{
    char name[NAME_BYTES];
    const char *own = matrix_names[which][n->style];
    if (!text_format(name, sizeof name, "%.*s%s.weight", (int)n->prefix, n->query, own))
        return error_set(n->err, STATUS_FAILED, "tensor %s: its name is too long", n->query);
    enum status status = find_matrix(n, name, rows, columns, &out->matrix[which]);
    text_format(name, sizeof name, "%.*s%s.bias", (int)n->prefix, n->query, own);
    const struct tensor *bias = checkpoint_find(n->checkpoint, name);
    if (status == STATUS_OK && bias)
        status = read_vector(n, bias, out->matrix[which]->shape[0], &out->bias[which]);
    return status;
}

static enum status find_layer_norm(const struct naming_of *n, const struct settings *settings,
                                   int which, uint64_t count, struct layer_weights *out)
{
    char name[NAME_BYTES];
    const char *own = norm_names[which][n->style];
    if (which == NORM_FEED && n->style == STYLE_HF && settings->family->norms_after)
        own = feed_norm_beside_another;
    if (!own || !text_format(name, sizeof name, "%.*s%s.weight", (int)n->prefix, n->query, own))
        return error_set(n->err, STATUS_FAILED,
                         "tensor %s: a norm beside it has no name known here", n->query);
    return find_norm(n, name, count, settings->norms_add_one, &out->norm[which]);
}

static enum status find_matrices(const struct naming_of *n, const struct layer *layer,
                                 uint64_t hidden, struct layer_weights *out)
{
    uint64_t queries = layer->projection[PROJECTION_QUERY].rows;
    uint64_t keys = layer->projection[PROJECTION_KEY].rows, inner = 0;
    enum status status = STATUS_OK;
    for (int i = 0; i < MATRIX_COUNT && status == STATUS_OK; i++) {
        const uint64_t sizes[MATRIX_COUNT][2] = {
            {queries, hidden}, {keys, hidden},  {keys, hidden},  {hidden, queries},
            {0, hidden},       {inner, hidden}, {hidden, inner},
        };
        status = find_layer_matrix(n, i, sizes[i][0], sizes[i][1], out);
        inner = status == STATUS_OK && i == MATRIX_GATE ? out->matrix[i]->shape[0] : inner;
    }
    return status;
}

/* Heads must lie one behind the other, as all families here have them. */
static enum status check_heads(const struct naming_of *n, const struct layer *layer)
{
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const struct projection *p = &layer->projection[which];
        bool plain = p->map.base == 0 && p->map.group == 1 && p->heads > 0 &&
                     p->map.group_stride == layer->head_dim &&
                     p->rows == (uint64_t)p->heads * layer->head_dim &&
                     2 * (uint64_t)layer->pairs <= layer->head_dim;
        uint32_t keys = layer->projection[PROJECTION_KEY].heads;
        if (!plain || keys == 0 || layer->projection[PROJECTION_QUERY].heads % keys != 0)
            return error_set(n->err, STATUS_FAILED,
                             "layer %u: %u heads of %u in %" PRIu64
                             " rows of tensor %s are no plain heads, and others are not run",
                             layer->number, p->heads, layer->head_dim, p->rows, p->tensor);
    }
    return STATUS_OK;
}

enum status weights_of_layer(const struct checkpoint *checkpoint, const struct model *model,
                             const struct settings *settings, size_t index, uint64_t hidden,
                             struct layer_weights *out, struct error *err)
{
    const struct layer *layer = &model->layers[index];
    struct naming_of naming = {0};
    *out = (struct layer_weights){0};
    enum status status =
        read_naming(checkpoint, layer->projection[PROJECTION_QUERY].tensor, &naming, err);
    if (status == STATUS_OK)
        status = check_heads(&naming, layer);
    if (status == STATUS_OK)
        status = find_matrices(&naming, layer, hidden, out);
    for (int i = 0; i < NORM_COUNT && status == STATUS_OK; i++) {
        bool after = i == NORM_AFTER_ATTENTION || i == NORM_AFTER_FEED;
        bool heads = i == NORM_QUERY || i == NORM_KEY;
        if ((!after || settings->family->norms_after) && (!heads || settings->family->norms_heads))
            status = find_layer_norm(&naming, settings, i, heads ? layer->head_dim : hidden, out);
    }
    return status;
}

void weights_free_layer(struct layer_weights *weights)
{
    for (int i = 0; i < MATRIX_COUNT; i++)
        memory_free(weights->bias[i]);
    for (int i = 0; i < NORM_COUNT; i++)
        memory_free(weights->norm[i]);
    *weights = (struct layer_weights){0};
}

uint64_t weights_layer_bytes(const struct layer_weights *weights)
{
    uint64_t bytes = 0;
    for (int i = 0; i < MATRIX_COUNT; i++)
        bytes += weights->matrix[i] ? weights->matrix[i]->bytes : 0;
    return bytes;
}

/* ---- around the layers --------------------------------------------------- */

/* Of the names that a head may have, the first that is there; NULL: none. */
static const struct tensor *find_head(const struct naming_of *n)
{
    static const char inner[] = "model.";
    char name[NAME_BYTES];
    size_t root = n->root, length = strlen(inner);
    if (n->style != STYLE_HF)
        return checkpoint_find(n->checkpoint, "output.weight");
    if (root >= length && strncmp(n->query + root - length, inner, length) == 0)
        root -= length;
    text_format(name, sizeof name, "%.*slm_head.weight", (int)root, n->query);
    const struct tensor *head = checkpoint_find(n->checkpoint, name);
    return head ? head : checkpoint_find(n->checkpoint, "lm_head.weight");
}

enum status weights_of_text(const struct checkpoint *checkpoint, const struct model *model,
                            const struct settings *settings, struct text_weights *out,
                            struct error *err)
{
    static const char *const names[2][STYLE_COUNT] = {
        {"embed_tokens.weight", "token_embd.weight", "tok_embeddings.weight"},
        {"norm.weight", "output_norm.weight", "norm.weight"},
    };
    char embedding[NAME_BYTES], norm[NAME_BYTES];
    struct naming_of n = {0};
    *out = (struct text_weights){0};
    enum status status =
        read_naming(checkpoint, model->layers[0].projection[PROJECTION_QUERY].tensor, &n, err);
    if (status != STATUS_OK)
        return status;
    text_format(embedding, sizeof embedding, "%.*s%s", (int)n.root, n.query, names[0][n.style]);
    text_format(norm, sizeof norm, "%.*s%s", (int)n.root, n.query, names[1][n.style]);
    status = find_matrix(&n, embedding, 0, model->layers[0].projection[PROJECTION_QUERY].row_length,
                         &out->embedding);
    if (status == STATUS_OK)
        status = find_norm(&n, norm, out->embedding->shape[1], settings->norms_add_one, &out->norm);
    const struct tensor *head = settings->tied ? NULL : find_head(&n);
    if (status == STATUS_OK && head)
        return find_matrix(&n, head->name, out->embedding->shape[0], out->embedding->shape[1],
                           &out->head);
    out->head = out->embedding;
    return status;
}

void weights_free_text(struct text_weights *weights)
{
    memory_free(weights->norm);
    *weights = (struct text_weights){0};
}
