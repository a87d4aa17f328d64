/* parted.c: the pairs of a list with the fixed ones first, or last. */
#include "explorer/list_cells.h"

/* The order follows every step of the threshold, so nothing is sorted or moved: how many are fixed
 * before each head says where a line is. */
struct parted {
    bool fixed_first;
    uint32_t *first_head; /* (blocks + 1) which of all heads a block begins with */
    uint32_t *before;     /* (heads + 1) fixed pairs before a head */
};

static uint32_t heads_of(const struct rows *rows, const struct row_block *block)
{
    return (uint32_t)((rows_block_end(rows, block) - block->first_row) / block->per_head);
}

static struct parted *make_room(const struct rows *rows)
{
    uint32_t heads = 0;
    struct parted *parted = memory_array(1, sizeof *parted);
    uint32_t *first = memory_array(rows->block_count + 1, sizeof *first);
    for (size_t i = 0; first && i < rows->block_count; i++) {
        first[i] = heads;
        heads += heads_of(rows, &rows->block[i]);
    }
    uint32_t *before = memory_array((size_t)heads + 1, sizeof *before);
    if (!parted || !first || !before) {
        memory_free(parted);
        memory_free(first);
        memory_free(before);
        return NULL;
    }
    first[rows->block_count] = heads;
    *parted = (struct parted){.first_head = first, .before = before};
    return parted;
}

struct parted *parted_new(const struct rows *rows, struct counts *counts, bool fixed_first)
{
    struct parted *parted = rows->row_count <= UINT32_MAX ? make_room(rows) : NULL;
    uint32_t fixed = 0, *before = parted ? parted->before : NULL;
    for (size_t i = 0; parted && i < rows->block_count; i++) {
        const struct row_block *block = &rows->block[i];
        const struct head_count *head = counts_heads(
            counts, rows->angles, block->layer, block->projection, rows->settings.rule.threshold);
        if (!head) {
            parted_free(parted);
            return NULL;
        }
        head += block->first_head;
        for (uint32_t h = 0; h < heads_of(rows, block); h++) {
            *before++ = fixed;
            fixed += head[h].fixed;
        }
    }
    if (parted) {
        *before = fixed;
        parted->fixed_first = fixed_first;
    }
    return parted;
}

void parted_free(struct parted *parted)
{
    if (!parted)
        return;
    memory_free(parted->first_head);
    memory_free(parted->before);
    memory_free(parted);
}

/* ---- looking up ---------------------------------------------------------- */

static uint32_t fixed_in_all(const struct parted *parted, const struct rows *rows)
{
    return parted->before[parted->first_head[rows->block_count]];
}

/* Where head `h` of a block begins, and its cosines: (per_head). */
static size_t head_row(const struct row_block *block, uint32_t h)
{
    return block->first_row + (size_t)h * block->per_head;
}

static const float *head_cos(const struct rows *rows, const struct row_block *block, uint32_t h)
{
    return rows->angles->layers[block->layer].set[block->projection].cos +
           (size_t)(block->first_head + h) * block->per_head;
}

static float head_threshold(const struct rows *rows, const struct row_block *block, uint32_t h)
{
    return settings_threshold(&rows->settings, rows->angles->model->layers[block->layer].number,
                              block->projection, block->first_head + h);
}

/* Rows before it that are fixed, or are not. */
static size_t alike_before(const struct parted *parted, const struct rows *rows, size_t block,
                           uint32_t h, bool fixed)
{
    uint32_t count = parted->before[parted->first_head[block] + h];
    return fixed ? count : head_row(&rows->block[block], h) - count;
}

/* The last block, or head of it, before which there are no more than `index` rows alike. */
static size_t block_of(const struct parted *parted, const struct rows *rows, size_t index,
                       bool fixed)
{
    size_t low = 0, high = rows->block_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (alike_before(parted, rows, middle, 0, fixed) <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static uint32_t head_of(const struct parted *parted, const struct rows *rows, size_t block,
                        size_t index, bool fixed)
{
    uint32_t low = 0, high = heads_of(rows, &rows->block[block]);
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (alike_before(parted, rows, block, middle, fixed) <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t parted_row(const struct parted *parted, const struct rows *rows, size_t line)
{
    size_t fixed_rows = fixed_in_all(parted, rows);
    size_t leading = parted->fixed_first ? fixed_rows : rows->row_count - fixed_rows;
    bool fixed = (line < leading) == parted->fixed_first;
    size_t index = line < leading ? line : line - leading; /* among the rows alike */
    size_t block = block_of(parted, rows, index, fixed);
    uint32_t h = head_of(parted, rows, block, index, fixed);
    size_t seen = alike_before(parted, rows, block, h, fixed);
    const float *cos = head_cos(rows, &rows->block[block], h);
    float threshold = head_threshold(rows, &rows->block[block], h);
    uint32_t pair = 0; /* the head has it: so many are counted before the next */
    while ((seen += rule_fixes(cos[pair], threshold) == fixed) <= index)
        pair++;
    return head_row(&rows->block[block], h) + pair;
}

size_t parted_line(const struct parted *parted, const struct rows *rows, size_t row)
{
    size_t fixed_rows = fixed_in_all(parted, rows), block = 0;
    while (rows_block_end(rows, &rows->block[block]) <= row)
        block++;
    const struct row_block *in = &rows->block[block];
    uint32_t h = (uint32_t)((row - in->first_row) / in->per_head);
    const float *cos = head_cos(rows, in, h);
    float threshold = head_threshold(rows, in, h);
    size_t pair = row - head_row(in, h);
    bool fixed = rule_fixes(cos[pair], threshold);
    size_t line = alike_before(parted, rows, block, h, fixed);
    for (size_t before = 0; before < pair; before++)
        line += rule_fixes(cos[before], threshold) == fixed;
    if (fixed == parted->fixed_first)
        return line;
    return line + (parted->fixed_first ? fixed_rows : rows->row_count - fixed_rows);
}
