/* projection.c: the tensors of a layer against the shape that its model has. */
#include "builder.h"

#include <cjson/cJSON.h>
#include <inttypes.h>

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

enum status find_matrix(struct builder *b, const struct layer_tensors *tensors, int which,
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

static const cJSON *list_item(struct list_walk *walk, const cJSON *list, uint32_t number)
{
    if (walk->list != list || number < walk->number)
        *walk = (struct list_walk){.list = list, .item = list ? list->child : NULL};
    for (; walk->item && walk->number < number; walk->number++)
        walk->item = walk->item->next;
    return walk->item;
}

/* The shape of one layer: its own head counts where they are listed. */
static struct shape layer_shape(struct builder *b, uint32_t number)
{
    struct shape shape = b->shape;
    uint32_t *const counts[PROJECTION_COUNT] = {&shape.query_heads, &shape.key_heads};
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const cJSON *item = list_item(&b->head_walk[which], b->head_list[which], number);
        if (item)
            *counts[which] = (uint32_t)item->valuedouble;
    }
    return shape;
}

static enum status check_heads(struct builder *b, const struct shape *shape, uint32_t number)
{
    bool even = shape->key_heads > 0 && shape->query_heads % shape->key_heads == 0;
    bool quarters = b->family->layout != LAYOUT_QUARTERS || shape->query_heads % 4 == 0;
    if (!even && b->family->grouping != GROUPING_TILED)
        return error_set(b->err, STATUS_FAILED,
                         "%s: layer %u: %u query heads cannot share %u key heads evenly",
                         b->config.path, number, shape->query_heads, shape->key_heads);
    if (!quarters)
        return error_set(b->err, STATUS_FAILED,
                         "%s: layer %u: %u query heads do not lie in four blocks", b->config.path,
                         number, shape->query_heads);
    return STATUS_OK;
}

static enum status check_rows(struct builder *b, const struct tensor *tensor,
                              const struct shape *shape, int which)
{
    const char *file = checkpoint_source(b->checkpoint)->files[tensor->file].name;
    uint64_t rows = layout_rows(b->family, shape, which);
    if (tensor->shape[0] == rows)
        return STATUS_OK;
    if (b->family->layout == LAYOUT_APART)
        return error_set(b->err, STATUS_FAILED,
                         "%s: tensor %s: %" PRIu64 " rows where %u heads of %u make %" PRIu64, file,
                         tensor->name, tensor->shape[0],
                         which == PROJECTION_QUERY ? shape->query_heads : shape->key_heads,
                         shape->head_dim, rows);
    return error_set(b->err, STATUS_FAILED,
                     "%s: tensor %s: %" PRIu64 " rows where %u query and %u key heads of %u "
                     "make %" PRIu64,
                     file, tensor->name, tensor->shape[0], shape->query_heads, shape->key_heads,
                     shape->head_dim, rows);
}

enum status projection_build(struct builder *b, const struct layer_tensors *tensors, int which,
                             struct projection *out)
{
    const struct tensor *tensor;
    const struct shape shape = layer_shape(b, tensors->number);
    enum status status = find_matrix(b, tensors, which, &tensor);
    if (status == STATUS_OK)
        status = check_heads(b, &shape, tensors->number);
    if (status == STATUS_OK) // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): it was found
        status = check_rows(b, tensor, &shape, which);
    if (status != STATUS_OK)
        return status;
    const char *file = checkpoint_source(b->checkpoint)->files[tensor->file].name;
    const char *bias = tensors->bias[which] == TENSOR_ABSENT
                           ? NULL
                           : checkpoint_tensor(b->checkpoint, tensors->bias[which])->name;
    *out = (struct projection){
        .tensor = builder_text(b, "%s", tensor->name),
        .file = builder_text(b, "%s", file),
        .bias = bias ? builder_text(b, "%s", bias) : NULL,
        .rows = tensor->shape[0],
        .row_length = tensor->shape[1],
        .dtype = tensor->dtype,
        .heads = which == PROJECTION_QUERY ? shape.query_heads : shape.key_heads,
        .map = layout_map(b->family, &shape, which),
        .index = tensors->weight[which],
    };
    return out->tensor && out->file && (out->bias || !bias) ? STATUS_OK : error_memory(b->err);
}
