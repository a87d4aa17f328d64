/* mask.c: which rows of the stored query and key tensors a rule freezes. */
#include "ropescope/awm.h"

#include <stdlib.h>
#include <string.h>

void mask_free(struct mask *mask)
{
    if (!mask)
        return;
    for (size_t i = 0; mask->tensors && i < mask->count; i++)
        memory_free(mask->tensors[i].trainable);
    memory_free(mask->tensors);
    memory_free(mask->of);
    memory_free(mask->naming);
    arena_free(&mask->arena);
    memory_free(mask);
}

void mask_pair_rows(const struct mask *mask, size_t layer, int projection, uint32_t head,
                    uint32_t pair, uint64_t *a, uint64_t *b)
{
    const struct naming *naming = &mask->naming[layer][projection];
    layer_pair_rows(&mask->angles->model->layers[layer], projection, head, pair, a, b);
    *a = naming_row(naming, *a);
    *b = naming_row(naming, *b);
}

/* ---- tensors ------------------------------------------------------------- */

/* Of a whole mask: the largest models have a few millions, a file of angles may say anything. */
enum { ROWS_MOST = 1 << 30 };

/* The tensor of a projection, all of it trainable: the one that was added last where the query lies
 * in it too. */
static enum status add_tensor(struct mask *mask, size_t layer, int projection, struct error *err)
{
    const struct model *model = mask->angles->model;
    const struct projection *p = &model->layers[layer].projection[projection];
    struct naming *naming = &mask->naming[layer][projection];
    mask->of[layer][projection] = SIZE_MAX;
    if (p->rows == 0)
        return STATUS_OK; /* a layer without attention */
    enum status status =
        naming_of(model, &model->layers[layer], projection, mask->order, &mask->arena, naming, err);
    if (status != STATUS_OK)
        return status;
    size_t query = mask->of[layer][PROJECTION_QUERY];
    if (projection == PROJECTION_KEY && query != SIZE_MAX &&
        strcmp(mask->tensors[query].weight, naming->weight) == 0) {
        mask->of[layer][PROJECTION_KEY] = query;
        return mask->tensors[query].rows == p->rows
                   ? STATUS_OK
                   : error_set(err, STATUS_FAILED, "%s: queries and keys differ in its rows",
                               naming->weight);
    }
    if (p->rows > ROWS_MOST - mask->rows)
        return error_set(err, STATUS_FAILED, "%s: no model has so many rows", naming->weight);
    struct mask_tensor *tensor = &mask->tensors[mask->count];
    *tensor = (struct mask_tensor){.weight = naming->weight, .bias = naming->bias, .rows = p->rows};
    tensor->trainable = memory_unset((size_t)p->rows);
    if (!tensor->trainable)
        return error_memory(err);
    memset(tensor->trainable, 1, (size_t)p->rows);
    mask->of[layer][projection] = mask->count++;
    mask->rows += p->rows;
    return STATUS_OK;
}

/* ---- rows ---------------------------------------------------------------- */

static void freeze_pairs(struct mask *mask, size_t layer, int projection,
                         const unsigned char *fixed)
{
    const struct layer *shape = &mask->angles->model->layers[layer];
    struct mask_tensor *tensor = &mask->tensors[mask->of[layer][projection]];
    for (uint32_t head = 0; head < shape->projection[projection].heads; head++)
        for (uint32_t pair = 0; pair < shape->pairs; pair++) {
            uint64_t a, b;
            if (!*fixed++)
                continue;
            mask_pair_rows(mask, layer, projection, head, pair, &a, &b);
            tensor->frozen += tensor->trainable[a] + tensor->trainable[b];
            tensor->trainable[a] = tensor->trainable[b] = 0;
        }
}

static enum status mark(struct mask *mask, size_t layer, int projection, struct error *err)
{
    const struct layer *shape = &mask->angles->model->layers[layer];
    const size_t pairs = projection_pairs(shape, projection);
    if (pairs == 0 || mask->of[layer][projection] == SIZE_MAX)
        return STATUS_OK;
    unsigned char *fixed = memory_unset(pairs);
    uint64_t count =
        fixed ? awm_fixed_pairs(mask->awm, mask->angles, layer, projection, fixed) : UINT64_MAX;
    if (count != UINT64_MAX) {
        freeze_pairs(mask, layer, projection, fixed);
        mask->fixed += count;
    }
    memory_free(fixed);
    return count != UINT64_MAX ? STATUS_OK : error_memory(err);
}

/* ---- names --------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every name stands for one tensor and can be written: a file of angles may say anything. */
static enum status check_names(const struct mask *mask, struct error *err)
{
    size_t count = 0;
    const char **names = memory_array(2 * mask->count + 1, sizeof *names);
    if (!names)
        return error_memory(err);
    for (size_t i = 0; i < mask->count; i++) {
        names[count++] = mask->tensors[i].weight;
        if (mask->tensors[i].bias)
            names[count++] = mask->tensors[i].bias;
    }
    qsort(names, count, sizeof *names, compare_names);
    const char *bad = NULL, *why = "two tensors of the mask would have this name";
    for (size_t i = 0; i < count && !bad; i++) {
        if (i > 0 && strcmp(names[i - 1], names[i]) == 0)
            bad = names[i];
        if (*names[i] == '\0' || strcmp(names[i], "__metadata__") == 0 ||
            !text_is_utf8(names[i], strlen(names[i]))) {
            bad = names[i];
            why = "a tensor of a mask cannot be called so";
        }
    }
    enum status status =
        bad ? error_set(err, STATUS_FAILED, "%s: %s", *bad ? bad : "(no name)", why) : STATUS_OK;
    memory_free(names);
    return status;
}

/* ---- the whole ----------------------------------------------------------- */

static enum status fill(struct mask *mask, struct error *err)
{
    const struct model *model = mask->angles->model;
    enum status status = STATUS_OK;
    for (size_t layer = 0; layer < model->layer_count && status == STATUS_OK; layer++) {
        if (!mask->angles->layers[layer].ready)
            return error_set(err, STATUS_FAILED, "layer %u has not been scanned yet",
                             model->layers[layer].number);
        for (int p = 0; p < PROJECTION_COUNT && status == STATUS_OK; p++)
            status = add_tensor(mask, layer, p, err);
        for (int p = 0; p < PROJECTION_COUNT && status == STATUS_OK; p++)
            status = mark(mask, layer, p, err);
    }
    for (size_t i = 0; i < mask->count; i++)
        mask->frozen += mask->tensors[i].frozen;
    return status == STATUS_OK ? check_names(mask, err) : status;
}

enum status mask_new(const struct angles *angles, const struct awm *awm, enum row_order order,
                     struct mask **out, struct error *err)
{
    const size_t layers = angles->model->layer_count;
    struct mask *mask = memory_array(1, sizeof *mask);
    if (!mask)
        return error_memory(err);
    mask->angles = angles;
    mask->awm = awm;
    mask->order = order;
    mask->fingerprint = angles_fingerprint(angles);
    mask->pairs = awm_tally_model(angles, awm).pairs;
    mask->tensors = memory_array(layers, PROJECTION_COUNT * sizeof *mask->tensors);
    mask->of = memory_array(layers, sizeof *mask->of);
    mask->naming = memory_array(layers, sizeof *mask->naming);
    bool room = mask->fingerprint != 0 && mask->tensors && mask->of && mask->naming;
    enum status status = room ? fill(mask, err) : error_memory(err);
    if (status == STATUS_OK)
        *out = mask;
    else
        mask_free(mask);
    return status;
}
