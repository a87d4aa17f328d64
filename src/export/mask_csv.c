/* mask_csv.c: a mask as a table of pairs. */
#include "ropescope/export.h"

static const char *const columns[] = {"layer",  "projection", "head",  "pair",  "cos",
                                      "frozen", "tensor",     "row_a", "row_b", "pairing"};
enum { LAYER, PROJECTION, HEAD, PAIR, COS, FROZEN, TENSOR, ROW_A, ROW_B, PAIRING, COLUMNS };

/* The projections that have pairs, by their first row in the table. */
struct part {
    size_t first;
    size_t layer;
    int projection;
};
struct parts {
    const struct mask *mask;
    struct part *part; /* (count) */
    size_t count, rows;
};

static bool parts_new(struct parts *parts, const struct mask *mask)
{
    const struct model *model = mask->angles->model;
    *parts = (struct parts){mask, NULL, 0, 0};
    parts->part = memory_array(model->layer_count, PROJECTION_COUNT * sizeof *parts->part);
    for (size_t layer = 0; parts->part && layer < model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            if (mask->of[layer][p] == SIZE_MAX || model->layers[layer].pairs == 0)
                continue;
            parts->part[parts->count++] = (struct part){parts->rows, layer, p};
            parts->rows +=
                (size_t)model->layers[layer].projection[p].heads * model->layers[layer].pairs;
        }
    return parts->part != NULL;
}

static const struct part *part_of(const struct parts *parts, size_t row)
{
    size_t low = 0, high = parts->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (parts->part[middle].first <= row)
            low = middle;
        else
            high = middle;
    }
    return &parts->part[low];
}

static struct cell mask_cell(const void *context, size_t row, size_t column)
{
    const struct parts *parts = context;
    const struct mask *mask = parts->mask;
    const struct part *part = part_of(parts, row);
    const struct layer *layer = &mask->angles->model->layers[part->layer];
    const struct mask_tensor *tensor = &mask->tensors[mask->of[part->layer][part->projection]];
    const size_t index = row - part->first;
    const uint32_t head = (uint32_t)(index / layer->pairs), pair = (uint32_t)(index % layer->pairs);
    uint64_t a, b;
    mask_pair_rows(mask, part->layer, part->projection, head, pair, &a, &b);
    switch (column) {
    case LAYER:
        return cell_integer(layer->number);
    case PROJECTION:
        return cell_word(projection_name(part->projection));
    case HEAD:
        return cell_integer(head);
    case PAIR:
        return cell_integer(pair);
    case COS:
        return cell_real(
            (double)mask->angles->layers[part->layer].set[part->projection].cos[index]);
    case FROZEN:
        return cell_flag(!tensor->trainable[a]);
    case TENSOR:
        return cell_name(tensor->weight);
    case PAIRING: /* a table has no other place to say so */
        return cell_word(mask->angles->model->like_authors ? "like-authors"
                                                           : pairing_name(layer->pairing));
    default:
        return cell_integer(column == ROW_A ? a : b);
    }
}

enum status mask_write_csv(const struct mask *mask, FILE *stream, struct error *err)
{
    struct parts parts;
    if (!parts_new(&parts, mask))
        return error_memory(err);
    const struct table table = {.columns = columns,
                                .column_count = COLUMNS,
                                .row_count = parts.rows,
                                .cell = mask_cell,
                                .context = &parts};
    enum status status = table_write_csv(&table, stream, err);
    memory_free(parts.part);
    return status;
}
