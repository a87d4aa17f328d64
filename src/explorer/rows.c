/* rows.c: from a line of a table to its layer, projection, head and pair. */
#include "ropescope/lists.h"

struct rows *rows_new(const struct angles *angles, const struct view_settings *settings,
                      bool by_pair)
{
    uint64_t blocks, bytes;
    if (!size_multiply(angles->model->layer_count, PROJECTION_COUNT, &blocks) ||
        !size_multiply(blocks, sizeof(struct row_block), &bytes) ||
        !size_add(bytes, sizeof(struct rows), &bytes))
        return NULL;
    struct rows *rows = memory_array(1, bytes);
    if (!rows)
        return NULL;
    rows->angles = angles;
    rows->settings = *settings;
    for (size_t layer = 0; layer < angles->model->layer_count; layer++) {
        uint32_t per_head = by_pair ? angles->model->layers[layer].pairs : 1;
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            uint32_t first, heads = settings_heads(settings, angles, layer, p, &first);
            if (heads == 0)
                continue;
            rows->block[rows->block_count++] =
                (struct row_block){rows->row_count, layer, p, first, per_head};
            rows->row_count += (size_t)heads * per_head;
        }
    }
    return rows;
}

size_t rows_block_end(const struct rows *rows, const struct row_block *block)
{
    return block == &rows->block[rows->block_count - 1] ? rows->row_count : block[1].first_row;
}

struct row rows_at(const struct rows *rows, size_t index)
{
    size_t low = 0, high = rows->block_count; /* the last block that starts at or before index */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (rows->block[middle].first_row <= index)
            low = middle;
        else
            high = middle;
    }
    const struct row_block *block = &rows->block[low];
    size_t within = index - block->first_row;
    return (struct row){
        .layer = &rows->angles->model->layers[block->layer],
        .layer_index = block->layer,
        .projection = block->projection,
        .head = block->first_head + (uint32_t)(within / block->per_head),
        .pair = (uint32_t)(within % block->per_head),
    };
}

size_t rows_find(const struct rows *rows, const struct row *row)
{
    for (size_t i = 0; i < rows->block_count; i++) {
        const struct row_block *block = &rows->block[i];
        size_t end = rows_block_end(rows, block);
        if (block->layer != row->layer_index || block->projection != row->projection)
            continue;
        if (row->head < block->first_head)
            return rows->row_count;
        size_t at = block->first_row + (size_t)(row->head - block->first_head) * block->per_head +
                    (block->per_head > 1 ? row->pair : 0);
        return at < end ? at : rows->row_count;
    }
    return rows->row_count;
}

float row_cos(const struct angles *angles, const struct row *row, int projection)
{
    const struct angle_set *set = &angles->layers[row->layer_index].set[projection];
    uint32_t head = row->head;
    if (projection == PROJECTION_KEY && row->projection == PROJECTION_QUERY)
        head = layer_key_head(row->layer, head);
    return set->cos[(size_t)head * row->layer->pairs + row->pair];
}

float row_tuned_cos(const struct changes *changes, const struct row *row)
{
    const struct layer_angles *angles = &changes->tuned->layers[row->layer_index];
    size_t at = (size_t)row->head * row->layer->pairs + row->pair;
    return angles->ready ? angles->set[row->projection].cos[at] : (float)NAN;
}

struct cell row_cell(const struct row *row, size_t column)
{
    switch (column) {
    case ROW_LAYER:
        return cell_integer(row->layer->number);
    case ROW_PROJECTION:
        return cell_word(projection_name(row->projection));
    case ROW_HEAD:
        return cell_integer(row->head);
    default:
        return cell_integer(row->pair);
    }
}
