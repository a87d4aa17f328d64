/* like_authors.c: rows paired as the authors' code does (AWM.py of RoPE_investigate): dim j of a
 * head with dim j + half of it, where both projections have the number of query heads and every row
 * of a head counts. With one key head a query head and a rotation of whole heads that is how they
 * rotate; with grouped keys or partial rotation it is not, and yet it is what their figures are
 * made of. */
#include "builder.h"

#include <string.h>

static enum status refuse(struct builder *b, const struct projection *p, const char *why)
{
    return error_set(b->err, STATUS_FAILED, "--like-authors: %s: %s", p->tensor, why);
}

/* Rows of half a head as their code cuts them; 0: it could not, *status says why. */
static uint32_t half_head(struct builder *b, const struct projection *p, uint32_t heads, int which,
                          enum status *status)
{
    static const char *const modules[] = {"q_proj", "k_proj"};
    char module[MODULE_BYTES];
    if (!module_of_tensor(p->tensor, module) || strcmp(module, modules[which]) != 0)
        *status = refuse(b, p, "their code masks q_proj and k_proj alone");
    else if (heads == 0 || p->rows % (2 * (uint64_t)heads) != 0 || p->rows / heads > UINT32_MAX)
        *status = refuse(b, p, "its rows are no whole heads of an even size");
    else
        return (uint32_t)(p->rows / (2 * (uint64_t)heads));
    return 0;
}

/* A head of the layer has as many pairs in both projections: where theirs has more in one of them
 * it becomes several, whose pairs stand in the same order. */
static void cut_heads(struct projection *p, uint32_t heads, uint32_t half, uint32_t pairs)
{
    const uint32_t pieces = half / pairs;
    p->heads = heads * pieces;
    p->apart = half;
    p->map =
        (struct row_map){.group_stride = 2 * (uint64_t)half, .head_stride = pairs, .group = pieces};
}

static enum status pair_layer(struct builder *b, struct layer *layer)
{
    struct projection *p = layer->projection;
    const uint32_t heads = p[PROJECTION_QUERY].heads;
    uint32_t half[PROJECTION_COUNT];
    enum status status = STATUS_OK;
    for (int which = 0; which < PROJECTION_COUNT; which++)
        if ((half[which] = half_head(b, &p[which], heads, which, &status)) == 0)
            return status;
    const uint32_t pairs = half[0] < half[1] ? half[0] : half[1];
    if (half[0] % pairs != 0 || half[1] > half[0])
        return refuse(b, &p[PROJECTION_KEY], "its heads do not divide those of the queries");
    double *none = arena_alloc(&b->model->arena, pairs * sizeof *none);
    if (!none)
        return error_memory(b->err);
    memset(none, 0, pairs * sizeof *none);
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        cut_heads(&p[which], heads, half[which], pairs);
        b->model->scanned_bytes +=
            p[which].rows * tensor_row_bytes(checkpoint_tensor(b->checkpoint, p[which].index));
    }
    layer->pairs = pairs;
    layer->pairing = PAIRING_HALF_SPLIT;
    layer->grouping = GROUPING_BLOCKS;
    layer->frequency = none; /* these pairs need not have one */
    return STATUS_OK;
}

enum status like_authors_resolve(struct builder *b)
{
    struct model *model = b->model;
    enum status status = STATUS_OK;
    if (b->gguf || strcmp(model->family, "meta-llama") == 0)
        return refuse(b, &model->layers[b->first].projection[PROJECTION_QUERY],
                      "their code reads Hugging Face's files");
    model->like_authors = true;
    model->scanned_bytes = 0;
    for (size_t i = 0; i < model->layer_count && status == STATUS_OK; i++)
        if (model->layers[i].projection[PROJECTION_QUERY].rows > 0)
            status = pair_layer(b, &model->layers[i]);
    if (status == STATUS_OK && !builder_note(b, "%s", LIKE_AUTHORS_WORDS))
        status = error_memory(b->err);
    return status;
}
