/* units.c: which pairs a worker takes at a time, and in which order. */
#include "units.h"

#include <stdlib.h>

uint64_t projection_row_bytes(const struct checkpoint *checkpoint,
                              const struct projection *projection)
{
    return tensor_row_bytes(checkpoint_tensor(checkpoint, projection->index));
}

static const struct projection *projection_of(const struct model *model, const struct unit *unit)
{
    return &model->layers[unit->layer].projection[unit->projection];
}

uint64_t unit_bytes(const struct checkpoint *checkpoint, const struct model *model,
                    const struct unit *unit)
{
    return 2 * (uint64_t)unit->count * projection_row_bytes(checkpoint, projection_of(model, unit));
}

struct stretch unit_stretch(const struct checkpoint *checkpoint, const struct model *model,
                            const struct unit *unit)
{
    const struct layer *layer = &model->layers[unit->layer];
    const struct projection *p = projection_of(model, unit);
    uint64_t last = unit->first + unit->count - 1, first_row, last_row, other;
    uint64_t row_bytes = projection_row_bytes(checkpoint, p);
    layer_pair_rows(layer, (int)unit->projection, (uint32_t)(unit->first / layer->pairs),
                    (uint32_t)(unit->first % layer->pairs), &first_row, &other);
    layer_pair_rows(layer, (int)unit->projection, (uint32_t)(last / layer->pairs),
                    (uint32_t)(last % layer->pairs), &other, &last_row);
    uint64_t start = checkpoint_tensor(checkpoint, p->index)->offset;
    return (struct stretch){start + first_row * row_bytes, (last_row + 1 - first_row) * row_bytes};
}

/* ---- planning ------------------------------------------------------------ */

/* Pairs of this projection that make a unit. */
static uint64_t pairs_a_unit(const struct checkpoint *checkpoint, const struct projection *p)
{
    uint64_t pair_bytes = 2 * projection_row_bytes(checkpoint, p);
    return pair_bytes > UNIT_BYTES / 2 ? 1 : pair_bytes > 0 ? UNIT_BYTES / pair_bytes : UNIT_BYTES;
}

static size_t units_of(const struct checkpoint *checkpoint, const struct layer *layer,
                       const struct projection *p)
{
    uint64_t pairs = (uint64_t)p->heads * layer->pairs;
    if (pairs == 0)
        return 0; /* and there may be no tensor */
    uint64_t each = pairs_a_unit(checkpoint, p);
    return (size_t)((pairs + each - 1) / each);
}

static size_t count_units(const struct checkpoint *checkpoint, const struct angles *angles)
{
    size_t count = 0;
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        for (int which = 0; which < PROJECTION_COUNT && !angles->layers[i].ready; which++)
            count += units_of(checkpoint, layer, &layer->projection[which]);
    }
    return count;
}

static size_t cut_projection(const struct checkpoint *checkpoint, const struct model *model,
                             struct unit whole, struct unit *units)
{
    const struct layer *layer = &model->layers[whole.layer];
    const struct projection *p = projection_of(model, &whole);
    uint64_t pairs = (uint64_t)p->heads * layer->pairs, row, other;
    size_t count = 0;
    if (pairs == 0)
        return 0;
    const struct tensor *tensor = checkpoint_tensor(checkpoint, p->index);
    uint64_t each = pairs_a_unit(checkpoint, p);
    for (uint64_t at = 0; at < pairs; at += each) {
        layer_pair_rows(layer, (int)whole.projection, (uint32_t)(at / layer->pairs),
                        (uint32_t)(at % layer->pairs), &row, &other);
        whole.file = tensor->file;
        whole.offset = tensor->offset + row * projection_row_bytes(checkpoint, p);
        whole.first = at;
        whole.count = (uint32_t)(pairs - at < each ? pairs - at : each);
        units[count++] = whole;
    }
    return count;
}

static int by_place(const void *left, const void *right)
{
    const struct unit *a = left, *b = right;
    if (a->file != b->file)
        return a->file < b->file ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

struct unit *units_plan(const struct checkpoint *checkpoint, const struct angles *angles,
                        size_t *count)
{
    struct unit *units = memory_array(count_units(checkpoint, angles), sizeof *units);
    *count = 0;
    for (size_t i = 0; units && i < angles->model->layer_count; i++) {
        for (uint32_t which = 0; which < PROJECTION_COUNT && !angles->layers[i].ready; which++) {
            struct unit whole = {.layer = (uint32_t)i, .projection = which};
            *count += cut_projection(checkpoint, angles->model, whole, units + *count);
        }
    }
    if (*count > 1)
        qsort(units, *count, sizeof *units, by_place);
    return units;
}
