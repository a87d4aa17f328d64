/* quantised_parts.c: what methods of quantisation have in common: how a tensor of scales lies over
 * a weight, and which columns make a group. */
#include "quantised.h"

#include "load.h"

enum { BLOCK = 128 }; /* DeepSeek's and Qwen's blocks are squares of it */

bool quantised_is(const struct tensor *tensor, enum dtype dtype, uint64_t rows, uint64_t columns)
{
    return tensor && tensor->rank == 2 && tensor->dtype == dtype && tensor->shape[0] == rows &&
           tensor->shape[1] == columns;
}

uint64_t quantised_count(const struct tensor *tensor)
{
    unsigned bits = dtype_bits(tensor->dtype);
    return bits >= 8 ? tensor->bytes / (bits / 8) : 0;
}

static uint64_t blocks(uint64_t size, uint64_t each)
{
    return size / each + (size % each != 0);
}

static bool is_blocks(const struct tensor *tensor, uint64_t rows, uint64_t columns,
                      const uint64_t block[2])
{
    return tensor->shape[0] == blocks(rows, block[0]) &&
           tensor->shape[1] == blocks(columns, block[1]);
}

/* One number a row, or one for all. */
static bool lay_rows(struct grid *grid, const struct tensor *tensor, uint64_t rows)
{
    uint64_t count = quantised_count(tensor);
    bool flat = tensor->rank < 2 || (tensor->rank == 2 && tensor->shape[1] == 1);
    grid->row_step = count == 1 ? 0 : 1;
    return count == 1 || (flat && count == rows);
}

bool quantised_grid(struct scaled *scaled, struct grid *grid, const struct tensor *tensor,
                    uint64_t rows, uint64_t columns, const uint64_t block[2])
{
    static const uint64_t square[2] = {BLOCK, BLOCK};
    *grid = (struct grid){.tensor = tensor, .dtype = tensor->dtype, .rows_each = 1};
    bool said = block[0] > 0 && block[1] > 0;
    if (lay_rows(grid, tensor, rows))
        return true;
    if (tensor->rank != 2 || tensor->shape[1] == 0)
        return false;
    grid->row_step = tensor->shape[1];
    grid->group_step = 1;
    uint64_t width = 0;
    if (is_blocks(tensor, rows, columns, said ? block : square)) {
        grid->rows_each = said ? block[0] : BLOCK;
        width = said ? block[1] : BLOCK;
    } else if (tensor->shape[0] == rows && columns % tensor->shape[1] == 0) {
        width = columns / tensor->shape[1];
    }
    bool fits = width > 0 && (scaled->groups == 0 || scaled->group_width == width);
    scaled->group_width = width;
    scaled->groups = tensor->shape[1];
    return fits;
}

/* ---- groups by index ----------------------------------------------------- */

struct index_check {
    const unsigned char *index;
    const struct scaled *scaled;
    uint64_t columns;
    bool outside, in_turn, unused;
};

static void check_index(void *arg)
{
    struct index_check *check = arg;
    check->in_turn = check->unused = true;
    for (uint64_t i = 0; i < check->columns; i++) {
        uint32_t group = load32(check->index + 4 * i);
        check->unused = check->unused && group == UINT32_MAX; /* -1: never set */
        check->outside = check->outside || group >= check->scaled->groups;
        check->in_turn = check->in_turn && group == i / check->scaled->group_width;
    }
}

enum status quantised_groups(const struct quantised *weight, struct scaled *scaled,
                             const struct tensor *index, uint64_t columns, const char **trouble,
                             struct error *err)
{
    const struct checkpoint *checkpoint = weight->checkpoint;
    *trouble = "an index of groups that is not one I32 a column";
    if (index->rank != 1 || index->dtype != DTYPE_I32 || index->shape[0] != columns)
        return STATUS_OK;
    struct index_check check = {
        checkpoint_data(checkpoint, index), scaled, columns, false, false, false};
    if (!guard_run(check_index, &check))
        return error_set(err, STATUS_FAILED,
                         "%s: tensor %s could not be read: the file shrank or its disk failed",
                         checkpoint->source->files[index->file].path, index->name);
    *trouble = check.outside && !check.unused ? "an index of groups that it does not have" : NULL;
    scaled->group_index = check.in_turn || check.unused ? NULL : index;
    return STATUS_OK;
}

enum status quantised_scaled(struct quantised *weight, uint64_t rows, uint64_t columns,
                             const struct scaled *scaled, struct error *err, const char *name)
{
    const struct row_codec codec = {.to_float = scaled_to_float, .detail = scaled};
    return quantised_accept(weight, rows, columns, &codec, sizeof *scaled, err, "%s", name);
}
