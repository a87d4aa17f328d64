/* shape.c: head counts and widths. What config, flags and family say must agree with the stored
 * rows; what nobody says is read off the rows. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <inttypes.h>

/* One tensor holds queries, keys and values. */
static bool is_fused(const struct layer_tensors *tensors)
{
    return tensors->weight[PROJECTION_QUERY] == tensors->weight[PROJECTION_KEY];
}

/* A count that a flag, else the config gives; *source tells which; 0 where neither does. */
static enum status given_count(struct builder *b, uint32_t flag, const char *key, uint32_t *value,
                               enum fact_source *source)
{
    bool found = false;
    *value = flag;
    *source = FACT_FLAG;
    if (flag > 0)
        return STATUS_OK;
    *source = b->config.source;
    return config_count(&b->config, key, value, &found, b->err);
}

static const char *given_by(enum fact_source source, const char *flag, const char *key)
{
    return source == FACT_FLAG ? flag : key;
}

/* Head counts may be lists with one number a layer: then the first layer's stands for the model,
 * and the others are asked one by one. */
static enum status listed_heads(struct builder *b, int which, const char *key, uint32_t *value)
{
    const cJSON *list = config_get(&b->config, key);
    const int first = (int)b->tensors[b->first].number;
    if (!cJSON_IsArray(list))
        return STATUS_OK;
    if (cJSON_GetArraySize(list) <= (int)b->tensors[b->layer_count - 1].number)
        return config_refuse(&b->config, key, list, "with fewer numbers than there are layers",
                             b->err);
    for (const cJSON *item = list->child; item; item = item->next) {
        uint64_t heads;
        if (!json_whole(item, &heads) || heads == 0 || heads > UINT32_MAX)
            return config_refuse(&b->config, key, item, "no positive whole number below 2^32",
                                 b->err);
    }
    b->head_list[which] = list;
    *value = (uint32_t)cJSON_GetArrayItem(list, first)->valuedouble;
    return STATUS_OK;
}

/* Heads of a projection from flag or config; 0 where neither says. */
static enum status given_heads(struct builder *b, int which, uint32_t flag, const char *key,
                               uint32_t *heads, enum fact_source *source)
{
    *heads = 0;
    *source = b->config.source;
    enum status status = flag > 0 ? STATUS_OK : listed_heads(b, which, key, heads);
    return status == STATUS_OK && *heads == 0 ? given_count(b, flag, key, heads, source) : status;
}

/* ---- query heads --------------------------------------------------------- */

static enum status count_query_heads(struct builder *b, uint32_t *heads, enum fact_source *source)
{
    enum status status =
        given_heads(b, PROJECTION_QUERY, b->options->heads, "num_attention_heads", heads, source);
    if (status == STATUS_OK && *heads == 0) {
        *heads = b->family->heads;
        *source = FACT_DEFAULT;
    }
    if (status != STATUS_OK || *heads > 0)
        return status;
    error_set(b->err, STATUS_FAILED, "%s: it has no %s", b->config.path,
              config_key(&b->config, "num_attention_heads"));
    return error_help(b->err, "say it with --heads N");
}

enum status query_heads_resolve(struct builder *b, uint64_t rows)
{
    const char *key = config_key(&b->config, "num_attention_heads");
    enum fact_source source;
    uint32_t heads;
    enum status status = count_query_heads(b, &heads, &source);
    if (status != STATUS_OK)
        return status;
    if (rows % heads != 0) {
        error_set(b->err, STATUS_FAILED,
                  "%u query heads (%s) do not divide the %" PRIu64 " rows of the query projection",
                  heads, given_by(source, "--heads", key), rows);
        return error_context(b->err, "%s", b->config.path);
    }
    b->shape.query_heads = heads;
    return builder_fact(b, "query heads", source, given_by(source, "--heads", key), "%u", heads)
               ? STATUS_OK
               : error_memory(b->err);
}

/* ---- head_dim ------------------------------------------------------------ */

static enum status resolve_head_dim(struct builder *b, uint64_t rows)
{
    enum fact_source source;
    uint32_t dim, heads = b->shape.query_heads;
    const char *key = config_key(&b->config, "head_dim");
    enum status status = given_count(b, b->options->head_dim, key, &dim, &source);
    if (status != STATUS_OK)
        return status;
    const char *reason = given_by(source, "--head-dim", key);
    if (dim == 0) {
        dim = (uint32_t)(rows / heads);
        source = dim == b->family->head_dim ? FACT_DEFAULT : FACT_SHAPE;
        reason = builder_text(b, "%" PRIu64 " query rows / %u heads", rows, heads);
        if (is_fused(&b->tensors[b->first])) { /* whose rows say nothing */
            source = b->config.source;
            reason = builder_text(b, "%s / %u heads", config_key(&b->config, "hidden_size"), heads);
        }
    }
    if ((uint64_t)dim * heads != rows)
        return error_set(b->err, STATUS_FAILED,
                         "%s: %u query heads of head_dim %u (%s) make %" PRIu64
                         " rows, but the query projection has %" PRIu64,
                         b->config.path, heads, dim, reason, (uint64_t)dim * heads, rows);
    b->shape.head_dim = dim;
    return reason && builder_fact(b, "head_dim", source, reason, "%u", dim) ? STATUS_OK
                                                                            : error_memory(b->err);
}

/* ---- key heads ----------------------------------------------------------- */

/* What the family knows without a config: 0 where the config or the rows say. */
static uint32_t family_key_heads(const struct builder *b, const char **reason)
{
    *reason = b->family->keys == KEYS_ONE ? "one key head for all queries"
                                          : "a key head for every query head";
    if (b->family->keys == KEYS_ONE)
        return 1;
    return b->family->keys == KEYS_AS_QUERIES ? b->shape.query_heads : 0;
}

static enum status find_key_heads(struct builder *b, uint32_t *heads, enum fact_source *source,
                                  const char **reason)
{
    const char *key = config_key(&b->config, "num_key_value_heads");
    *heads = b->options->kv_heads > 0 ? 0 : family_key_heads(b, reason);
    *source = FACT_FAMILY;
    if (*heads > 0)
        return STATUS_OK;
    enum status status = given_heads(b, PROJECTION_KEY, b->options->kv_heads, key, heads, source);
    *reason = given_by(*source, "--kv-heads", key);
    return status;
}

static enum status resolve_key_heads(struct builder *b, uint64_t rows)
{
    enum fact_source source;
    const char *reason;
    uint32_t heads, dim = b->shape.head_dim;
    enum status status = find_key_heads(b, &heads, &source, &reason);
    if (status != STATUS_OK)
        return status;
    if (heads == 0 && rows % dim != 0)
        return error_set(b->err, STATUS_FAILED,
                         "%s: the %" PRIu64 " rows of the key projection are no multiple of "
                         "head_dim %u",
                         b->config.path, rows, dim);
    if (heads == 0) {
        /* The config's silence means the family's default, or as many as query heads; rows decide.
         */
        uint32_t usual = b->family->kv_heads ? b->family->kv_heads : b->shape.query_heads;
        heads = (uint32_t)(rows / dim);
        source = heads == usual ? FACT_DEFAULT : FACT_SHAPE;
        reason = builder_text(b, "%" PRIu64 " key rows / head_dim %u", rows, dim);
    }
    if ((uint64_t)heads * dim != rows)
        return error_set(b->err, STATUS_FAILED,
                         "%s: %u key heads (%s) of head_dim %u do not make the %" PRIu64
                         " rows of the key projection",
                         b->config.path, heads, reason, dim, rows);
    bool even = heads > 0 && b->shape.query_heads % heads == 0;
    if (!even && (heads == 0 || b->family->grouping != GROUPING_TILED))
        return error_set(b->err, STATUS_FAILED,
                         "%s: %u query heads cannot share %u key heads evenly", b->config.path,
                         b->shape.query_heads, heads);
    b->shape.key_heads = heads;
    return reason && builder_fact(b, "key heads", source, reason, "%u", heads)
               ? STATUS_OK
               : error_memory(b->err);
}

/* ---- rotated width ------------------------------------------------------- */

/* The fraction that rotates, which types of layers may tell apart but must agree on. */
static enum status find_partial(struct builder *b, double *partial, const char **key)
{
    const char *type = NULL;
    for (size_t i = 0; i < b->layer_count; i++) {
        const struct layer_kind *kind = &b->kinds[i];
        double own;
        if (!kind->rotates || kind->first != i)
            continue;
        enum status status = rope_partial(&b->config, b->family, kind->type, &own, key, b->err);
        if (status != STATUS_OK)
            return status;
        if (type && own != *partial)
            return error_set(b->err, STATUS_FAILED,
                             "%s: partial_rotary_factor is %g for layers of type \"%s\" and %g for "
                             "type \"%s\": layers of different width are not supported",
                             b->config.path, *partial, type, own, kind->type);
        *partial = own;
        type = kind->type;
    }
    return type ? STATUS_OK
                : rope_partial(&b->config, b->family, b->kinds[0].type, partial, key, b->err);
}

/* Dims that rotate: a count where the config has one, else a fraction, which is cut as transformers
 * cuts it: int(dim * partial). */
static enum status find_rotary(struct builder *b, uint32_t *rotary, const char **key)
{
    bool found;
    double partial;
    uint32_t dim = b->shape.head_dim;
    *key = config_key(&b->config, "rotary_dim");
    enum status status = config_count(&b->config, *key, rotary, &found, b->err);
    if (status == STATUS_OK && found && *rotary > dim)
        return error_set(b->err, STATUS_FAILED, "%s: %s is %u, more than the %u dims of a head",
                         b->config.path, *key, *rotary, dim);
    if (status != STATUS_OK || found)
        return status;
    *key = NULL;
    *rotary = b->family->rotary;
    if (*rotary > dim)
        return error_set(b->err, STATUS_FAILED,
                         "%s: there is no rotary_dim, and the %u dims that the family rotates are "
                         "more than the %u of a head",
                         b->config.path, *rotary, dim);
    if (*rotary > 0)
        return STATUS_OK;
    status = find_partial(b, &partial, key);
    if (status != STATUS_OK)
        return status;
    if (!(partial > 0 && partial <= 1))
        return error_set(b->err, STATUS_FAILED, "%s: %s is %g, not a fraction of the head",
                         b->config.path, *key, partial);
    *rotary = (uint32_t)(dim * partial);
    return STATUS_OK;
}

static enum status resolve_rotary_dim(struct builder *b)
{
    const char *key;
    uint32_t rotary, dim = b->shape.head_dim;
    enum status status = find_rotary(b, &rotary, &key);
    if (status != STATUS_OK)
        return status;
    if (rotary == 0 || rotary % 2 != 0) {
        error_set(b->err, STATUS_FAILED,
                  "%s: %u of %u dims of a head would rotate: an odd or empty part makes no pairs",
                  b->config.path, rotary, dim);
        return error_help(b->err, "check head_dim, num_attention_heads and partial_rotary_factor");
    }
    b->shape.rotary_dim = rotary;
    const char *reason = !key ? "the family's own" : key;
    if (!key && rotary == dim)
        reason = "all of head_dim";
    return builder_fact(b, "rotary dims", key ? b->config.source : FACT_FAMILY, reason, "%u of %u",
                        rotary, dim)
               ? STATUS_OK
               : error_memory(b->err);
}

/* ---- one tensor for queries and keys ------------------------------------- */

/* head_dim where only the config can tell: the rows of a fused tensor are those of values, too. */
static enum status find_fused_dim(struct builder *b, uint32_t heads, uint32_t *dim)
{
    bool found;
    uint32_t width = 0;
    enum status status = STATUS_OK;
    *dim = b->options->head_dim;
    if (*dim == 0)
        status = config_count(&b->config, "head_dim", dim, &found, b->err);
    if (status == STATUS_OK && *dim == 0)
        status = config_count(&b->config, "hidden_size", &width, &found, b->err);
    if (*dim == 0)
        *dim = width / heads;
    return status;
}

/* Rows of query and key in a fused tensor. */
static enum status split_rows(struct builder *b, const struct tensor *tensor,
                              uint64_t rows[PROJECTION_COUNT])
{
    uint32_t heads, dim;
    enum fact_source source;
    enum status status = count_query_heads(b, &heads, &source);
    if (status == STATUS_OK)
        status = find_fused_dim(b, heads, &dim);
    if (status != STATUS_OK)
        return status;
    rows[PROJECTION_QUERY] = (uint64_t)heads * dim;
    if (rows[PROJECTION_QUERY] == 0 || tensor->shape[0] <= rows[PROJECTION_QUERY])
        return error_set(b->err, STATUS_FAILED,
                         "%s: tensor %s: %u query heads of %u dims leave none of its %" PRIu64
                         " rows for keys",
                         b->config.path, tensor->name, heads, dim, tensor->shape[0]);
    rows[PROJECTION_KEY] = (tensor->shape[0] - rows[PROJECTION_QUERY]) / 2;
    return STATUS_OK;
}

static enum status resolve_heads(struct builder *b, const struct tensor *query,
                                 const struct tensor *key)
{
    uint64_t rows[PROJECTION_COUNT] = {query->shape[0], key->shape[0]};
    enum status status = STATUS_OK;
    if (is_fused(&b->tensors[b->first]))
        status = split_rows(b, query, rows);
    if (b->family->layout == LAYOUT_GATED)
        rows[PROJECTION_QUERY] /= 2;
    if (status == STATUS_OK)
        status = query_heads_resolve(b, rows[PROJECTION_QUERY]);
    if (status == STATUS_OK)
        status = resolve_head_dim(b, rows[PROJECTION_QUERY]);
    if (status == STATUS_OK)
        status = resolve_key_heads(b, rows[PROJECTION_KEY]);
    if (status == STATUS_OK && (b->head_list[PROJECTION_QUERY] || b->head_list[PROJECTION_KEY]) &&
        !builder_note(b, "layers differ in their heads; the counts above are those of layer %u",
                      b->tensors[b->first].number))
        status = error_memory(b->err);
    return status == STATUS_OK ? resolve_rotary_dim(b) : status;
}

enum status shape_resolve(struct builder *b)
{
    const struct tensor *query = NULL, *key = NULL;
    const struct layer_tensors *first = &b->tensors[b->first];
    enum status status = find_matrix(b, first, PROJECTION_QUERY, &query);
    if (status == STATUS_OK)
        status = find_matrix(b, first, PROJECTION_KEY, &key);
    if (status != STATUS_OK)
        return status;
    return b->family->layout == LAYOUT_LATENT ? latent_resolve(b, query, key)
                                              : resolve_heads(b, query, key);
}
