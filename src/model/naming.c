/* naming.c: what Hugging Face and Meta call the query and key tensors of a model that was read from
 * another format, and where they have each row. Sources: convert_hf_to_gguf.py and
 * tensor_mapping.py of llama.cpp, convert_llama_weights_to_hf.py of transformers. */
#include "gguf_names.h"

#include <string.h>

static const char *const order_names[ROW_ORDER_COUNT] = {"file", "hf", "meta"};

const char *row_order_name(enum row_order order)
{
    return order_names[order];
}

bool row_order_from_name(const char *name, enum row_order *out)
{
    for (int i = 0; i < ROW_ORDER_COUNT; i++)
        if (strcmp(name, order_names[i]) == 0) {
            *out = (enum row_order)i;
            return true;
        }
    return false;
}

/* ---- what the model was read from ---------------------------------------- */

static bool is_gguf(const struct model *model)
{
    return strcmp(model->format, "gguf") == 0;
}

/* Meta's consolidated files, Mistral's in the same form, llama2.c. */
static bool is_meta(const struct model *model)
{
    return strcmp(model->family, "meta-llama") == 0;
}

enum row_order row_order_usual(const struct model *model)
{
    bool as_it_is =
        !is_gguf(model) && (!is_meta(model) || strcmp(model->format, "safetensors") == 0);
    return as_it_is ? ROW_ORDER_FILE : ROW_ORDER_HF;
}

/* Pairs stand side by side in the file alone. */
static bool is_permuted(const struct model *model)
{
    const struct gguf_architecture *row =
        is_gguf(model) ? gguf_architecture_find(model->family) : NULL;
    return is_meta(model) || (row && row->permuted);
}

/* Nothing but heads, one behind the other, each of which rotates as a whole. */
static bool is_plain(const struct layer *layer, const struct projection *p)
{
    const struct row_map *map = &p->map;
    bool in_a_row =
        (map->group == 1 || map->head_stride == layer->head_dim) &&
        (map->group >= p->heads || map->group_stride == (uint64_t)map->group * layer->head_dim);
    return map->base == 0 && in_a_row && p->rows == (uint64_t)p->heads * layer->head_dim &&
           2 * layer->pairs == layer->head_dim;
}

/* ---- names --------------------------------------------------------------- */

/* Architectures that transformers names otherwise than Llama; '%' stands for the layer. NULL: the
 * converter took a fused tensor apart or sorted its rows anew. */
static const struct {
    const char *architecture, *query, *key;
} named[] = {
    {"baichuan", NULL, NULL},
    {"bailingmoe", NULL, NULL},
    {"codeshell", NULL, NULL},
    {"dbrx", "transformer.blocks.%.norm_attn_norm.attn.Wqkv", NULL},
    {"exaone", "transformer.h.%.attn.attention.q_proj", "transformer.h.%.attn.attention.k_proj"},
    {"internlm2", NULL, NULL},
    {"jina-bert-v3", NULL, NULL},
    {"llada", NULL, NULL},
    {"llama4", "language_model.model.layers.%.self_attn.q_proj",
     "language_model.model.layers.%.self_attn.k_proj"},
    {"nomic-bert", NULL, NULL},
    {"openelm", "transformer.layers.%.attn.qkv_proj", NULL},
    {"phi3", "model.layers.%.self_attn.qkv_proj", NULL},
    {"plamo", "model.layers.layers.%.self_attn.q_proj", "model.layers.layers.%.self_attn.k_proj"},
    {"qwen", "transformer.h.%.attn.c_attn", NULL},
};

/* Tensors of one block, as GGUF and as Llama's class in transformers calls them. */
static const struct {
    const char *gguf, *stem;
} stems[] = {
    {"attn_q.weight", "model.layers.%.self_attn.q_proj"},
    {"attn_k.weight", "model.layers.%.self_attn.k_proj"},
    {"attn_q_b.weight", "model.layers.%.self_attn.q_b_proj"},
    {"attn_kv_a_mqa.weight", "model.layers.%.self_attn.kv_a_proj_with_mqa"},
};

/* Transformers' name for a GGUF tensor, without its ending; NULL: not known. */
static const char *stem_of_gguf(const struct model *model, const struct projection *p,
                                int projection)
{
    bool fused = text_ends_with(p->tensor, ".attn_qkv.weight");
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(named[i].architecture, model->family) == 0)
            return fused || projection == PROJECTION_QUERY ? named[i].query : named[i].key;
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        char ending[64];
        text_format(ending, sizeof ending, ".%s", stems[i].gguf);
        if (text_ends_with(p->tensor, ending))
            return stems[i].stem;
    }
    return NULL;
}

/* The name with the number of the layer in place of '%'; NULL: no memory. */
static const char *filled(struct arena *arena, const char *stem, uint32_t layer, const char *ending)
{
    char name[128];
    size_t length = strcspn(stem, "%");
    bool whole = text_format(name, sizeof name, "%.*s%u%s.%s", (int)length, stem, layer,
                             stem + length + 1, ending);
    return whole ? arena_text(arena, name, strlen(name)) : NULL;
}

static enum status name_it(const struct layer *layer, const struct projection *p, const char *stem,
                           struct arena *arena, struct naming *out, struct error *err)
{
    out->weight = filled(arena, stem, layer->number, "weight");
    out->bias = p->bias ? filled(arena, stem, layer->number, "bias") : NULL;
    return out->weight && (out->bias || !p->bias) ? STATUS_OK : error_memory(err);
}

static enum status not_known(const struct projection *p, enum row_order order, const char *why,
                             struct error *err)
{
    error_set(err, STATUS_USAGE, "--row-order %s: %s: %s", row_order_name(order), p->tensor, why);
    return error_help(err, "--row-order file keeps the names and rows of the file");
}

/* ---- both together ------------------------------------------------------- */

static enum status as_hugging_face(const struct model *model, const struct layer *layer,
                                   int projection, struct arena *arena, struct naming *out,
                                   struct error *err)
{
    const struct projection *p = &layer->projection[projection];
    static const char *const meta[] = {"model.layers.%.self_attn.q_proj",
                                       "model.layers.%.self_attn.k_proj"};
    if (!is_gguf(model) && !is_meta(model))
        return STATUS_OK; /* it has them already */
    const char *stem = is_meta(model) ? meta[projection] : stem_of_gguf(model, p, projection);
    if (!stem)
        return not_known(p, ROW_ORDER_HF, "transformers has its rows in a tensor of another kind",
                         err);
    if (is_permuted(model) && layer->pairs > 0) {
        if (!is_plain(layer, p))
            return not_known(p, ROW_ORDER_HF, "its rows are not those of whole heads alone", err);
        out->rows = ROWS_APART;
    }
    return name_it(layer, p, stem, arena, out, err);
}

static enum status as_meta(const struct model *model, const struct layer *layer, int projection,
                           struct arena *arena, struct naming *out, struct error *err)
{
    const struct projection *p = &layer->projection[projection];
    static const char *const stem[] = {"layers.%.attention.wq", "layers.%.attention.wk"};
    const struct projection *query = &layer->projection[PROJECTION_QUERY];
    bool fused = strcmp(query->tensor, layer->projection[PROJECTION_KEY].tensor) == 0;
    if (fused || (layer->pairs > 0 && !is_plain(layer, p)))
        return not_known(p, ROW_ORDER_META,
                         "Meta's files have queries and keys in tensors of whole heads", err);
    if (layer->pairs > 0 && !is_permuted(model)) {
        if (layer->pairing == PAIRING_INTERLEAVED)
            return not_known(p, ROW_ORDER_META, "its pairs stand side by side already", err);
        out->rows = ROWS_TOGETHER;
    }
    return name_it(layer, p, stem[projection], arena, out, err);
}

enum status naming_of(const struct model *model, const struct layer *layer, int projection,
                      enum row_order order, struct arena *arena, struct naming *out,
                      struct error *err)
{
    const struct projection *p = &layer->projection[projection];
    *out = (struct naming){p->tensor, p->bias, ROWS_STAY, layer->head_dim};
    if (order == ROW_ORDER_HF)
        return as_hugging_face(model, layer, projection, arena, out, err);
    if (order == ROW_ORDER_META)
        return as_meta(model, layer, projection, arena, out, err);
    return STATUS_OK;
}

uint64_t naming_row(const struct naming *naming, uint64_t row)
{
    if (naming->rows == ROWS_STAY)
        return row;
    uint64_t half = naming->head_dim / 2, dim = row % naming->head_dim;
    uint64_t moved =
        naming->rows == ROWS_APART ? dim / 2 + dim % 2 * half : 2 * (dim % half) + dim / half;
    return row - dim + moved;
}
