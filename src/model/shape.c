/* shape.c: head counts and widths. What config, flags and family say must agree with the stored
 * rows; what nobody says is read off the rows. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <inttypes.h>

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

/* ---- query heads --------------------------------------------------------- */

static enum status resolve_query_heads(struct builder *b, uint64_t rows)
{
    const char *key = config_key(&b->config, "num_attention_heads");
    enum fact_source source;
    uint32_t heads;
    enum status status = given_count(b, b->options->heads, key, &heads, &source);
    if (status != STATUS_OK)
        return status;
    if (heads == 0) {
        heads = b->family->heads;
        source = FACT_DEFAULT;
    }
    if (heads == 0) {
        error_set(b->err, STATUS_FAILED, "%s: it has no %s", b->config.path, key);
        return error_help(b->err, "say it with --heads N");
    }
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

static enum status resolve_key_heads(struct builder *b, uint64_t rows)
{
    const char *key = config_key(&b->config, "num_key_value_heads");
    enum fact_source source;
    uint32_t heads, dim = b->shape.head_dim;
    enum status status = given_count(b, b->options->kv_heads, key, &heads, &source);
    if (status != STATUS_OK)
        return status;
    const char *reason = given_by(source, "--kv-heads", key);
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
    if (heads == 0 || b->shape.query_heads % heads != 0)
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

/* ---- tensors against the shape ------------------------------------------- */

/* A projection must be a matrix of a readable dtype with columns and a sane number of rows. */
static enum status check_matrix(struct builder *b, const struct tensor *tensor)
{
    const char *file = checkpoint_source(b->checkpoint)->files[tensor->file].name;
    if (tensor->rank != 2)
        return error_set(b->err, STATUS_FAILED, "%s: tensor %s: %u sizes where a matrix has two",
                         file, tensor->name, tensor->rank);
    if (tensor->shape[0] == 0 || tensor->shape[1] == 0 || tensor->shape[0] > INT32_MAX)
        return error_set(b->err, STATUS_FAILED,
                         "%s: tensor %s: %" PRIu64 " x %" PRIu64 " is no shape of a projection",
                         file, tensor->name, tensor->shape[0], tensor->shape[1]);
    if (tensor_is_readable(tensor))
        return STATUS_OK;
    if (tensor->codec)
        return error_set(b->err, STATUS_FAILED, "%s: tensor %s: %s cannot be read as weights", file,
                         tensor->name, tensor->codec->name);
    error_set(b->err, STATUS_FAILED, "%s: tensor %s: dtype %s cannot be read as weights", file,
              tensor->name, dtype_name(tensor->dtype));
    return error_help(b->err, "use the model as it was before that, or quantised in another way");
}

static enum status find_matrix(struct builder *b, const struct layer_tensors *tensors, int which,
                               const struct tensor **out)
{
    uint32_t index = tensors->weight[which];
    if (index == TENSOR_ABSENT) {
        error_set(b->err, STATUS_FAILED, "%s: layer %u has no %s projection",
                  checkpoint_source(b->checkpoint)->path, tensors->number, projection_name(which));
        return error_help(b->err, "is every shard of the model there?");
    }
    *out = checkpoint_tensor(b->checkpoint, index);
    return check_matrix(b, *out);
}

/* One tensor for both: all query rows, then all key rows, then as many value rows. */
static bool is_fused(const struct layer_tensors *tensors)
{
    return tensors->weight[PROJECTION_QUERY] == tensors->weight[PROJECTION_KEY];
}

/* Rows of query and key in a fused tensor, which only the config can tell apart. */
static enum status split_rows(struct builder *b, const struct tensor *tensor,
                              uint64_t rows[PROJECTION_COUNT])
{
    bool found;
    uint32_t heads = b->options->heads, dim = b->options->head_dim, width = 0;
    enum status status = STATUS_OK;
    if (heads == 0)
        status = config_count(&b->config, "num_attention_heads", &heads, &found, b->err);
    if (status == STATUS_OK && dim == 0)
        status = config_count(&b->config, "head_dim", &dim, &found, b->err);
    if (status == STATUS_OK && dim == 0)
        status = config_count(&b->config, "hidden_size", &width, &found, b->err);
    if (status != STATUS_OK)
        return status;
    if (dim == 0)
        dim = heads > 0 ? width / heads : 0;
    rows[PROJECTION_QUERY] = (uint64_t)heads * dim;
    if (rows[PROJECTION_QUERY] == 0 || tensor->shape[0] <= rows[PROJECTION_QUERY])
        return error_set(b->err, STATUS_FAILED,
                         "%s: tensor %s: %u query heads of %u dims leave none of its %" PRIu64
                         " rows for keys",
                         b->config.path, tensor->name, heads, dim, tensor->shape[0]);
    rows[PROJECTION_KEY] = (tensor->shape[0] - rows[PROJECTION_QUERY]) / 2;
    return STATUS_OK;
}

enum status shape_resolve(struct builder *b)
{
    const struct tensor *query = NULL, *key = NULL;
    uint64_t rows[PROJECTION_COUNT];
    enum status status = find_matrix(b, &b->tensors[0], PROJECTION_QUERY, &query);
    if (status == STATUS_OK)
        status = find_matrix(b, &b->tensors[0], PROJECTION_KEY, &key);
    if (status != STATUS_OK)
        return status;
    rows[PROJECTION_QUERY] = query->shape[0];
    rows[PROJECTION_KEY] = key->shape[0];
    if (is_fused(&b->tensors[0]))
        status = split_rows(b, query, rows);
    if (status == STATUS_OK)
        status = resolve_query_heads(b, rows[PROJECTION_QUERY]);
    if (status == STATUS_OK)
        status = resolve_head_dim(b, rows[PROJECTION_QUERY]);
    if (status == STATUS_OK)
        status = resolve_key_heads(b, rows[PROJECTION_KEY]);
    if (status == STATUS_OK && (b->head_list[PROJECTION_QUERY] || b->head_list[PROJECTION_KEY]) &&
        !builder_note(b, "layers differ in their heads; the counts above are those of layer 0"))
        status = error_memory(b->err);
    return status == STATUS_OK ? resolve_rotary_dim(b) : status;
}

/* The shape of one layer: its own head counts where they are listed. */
static struct shape layer_shape(const struct builder *b, uint32_t number)
{
    struct shape shape = b->shape;
    uint32_t *const counts[PROJECTION_COUNT] = {&shape.query_heads, &shape.key_heads};
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const cJSON *item = cJSON_GetArrayItem(b->head_list[which], (int)number);
        if (item)
            *counts[which] = (uint32_t)item->valuedouble;
    }
    return shape;
}

/* Rows of a projection's tensor that belong to heads: of a fused one, to those of the values, too.
 */
static enum status check_rows(struct builder *b, const struct tensor *tensor, uint64_t heads)
{
    const char *file = checkpoint_source(b->checkpoint)->files[tensor->file].name;
    uint64_t rows = heads * b->shape.head_dim;
    if (tensor->shape[0] == rows)
        return STATUS_OK;
    return error_set(b->err, STATUS_FAILED,
                     "%s: tensor %s: %" PRIu64 " rows where %" PRIu64 " heads of %u make %" PRIu64,
                     file, tensor->name, tensor->shape[0], heads, b->shape.head_dim, rows);
}

enum status projection_build(struct builder *b, const struct layer_tensors *tensors, int which,
                             struct projection *out)
{
    const struct tensor *tensor;
    enum status status = find_matrix(b, tensors, which, &tensor);
    if (status != STATUS_OK)
        return status;
    const struct shape shape = layer_shape(b, tensors->number);
    uint32_t heads = which == PROJECTION_QUERY ? shape.query_heads : shape.key_heads;
    bool fused = is_fused(tensors);
    if (shape.query_heads % shape.key_heads != 0)
        return error_set(b->err, STATUS_FAILED,
                         "%s: layer %u: %u query heads cannot share %u key heads evenly",
                         b->config.path, tensors->number, shape.query_heads, shape.key_heads);
    status =
        check_rows(b, tensor, fused ? shape.query_heads + 2 * (uint64_t)shape.key_heads : heads);
    if (status != STATUS_OK)
        return status;
    const char *file = checkpoint_source(b->checkpoint)->files[tensor->file].name;
    const char *bias = tensors->bias[which] == TENSOR_ABSENT
                           ? NULL
                           : checkpoint_tensor(b->checkpoint, tensors->bias[which])->name;
    bool behind_queries = fused && which == PROJECTION_KEY;
    *out = (struct projection){
        .tensor = builder_text(b, "%s", tensor->name),
        .file = builder_text(b, "%s", file),
        .bias = bias ? builder_text(b, "%s", bias) : NULL,
        .rows = tensor->shape[0],
        .row_length = tensor->shape[1],
        .dtype = tensor->dtype,
        .heads = heads,
        .map = {.base = behind_queries ? (uint64_t)shape.query_heads * shape.head_dim : 0,
                .group = 1,
                .group_stride = shape.head_dim},
        .index = tensors->weight[which],
    };
    return out->tensor && out->file && (out->bias || !bias) ? STATUS_OK : error_memory(b->err);
}
