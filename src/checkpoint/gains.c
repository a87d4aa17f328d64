/* gains.c: a matrix times what a norm before it and a norm behind it multiply with: its rows come
 * out so from now on, whatever they are stored as. */
#include "reader.h"

#include <string.h>

struct gains {
    struct tensor stored;        /* as it was */
    const float *columns, *rows; /* (shape[1]), (shape[0]); NULL: nothing is multiplied */
};

static void multiplied_rows(const struct checkpoint *checkpoint, const struct tensor *tensor,
                            uint64_t first, size_t count, float *to)
{
    const struct gains *gains = tensor->codec->detail;
    const size_t length = (size_t)tensor->shape[1];
    checkpoint_rows_to_float(checkpoint, &gains->stored, first, count, to);
    for (size_t row = 0; row < count; row++, to += length) {
        float by = gains->rows ? gains->rows[first + row] : 1;
        for (size_t i = 0; i < length; i++)
            to[i] *= gains->columns ? by * gains->columns[i] : by;
    }
}

static float *copied(struct arena *arena, const float *from, uint64_t count)
{
    uint64_t bytes;
    float *to = size_multiply(count, sizeof *to, &bytes) && bytes <= SIZE_MAX
                    ? arena_alloc(arena, (size_t)bytes)
                    : NULL;
    if (to)
        memcpy(to, from, (size_t)bytes);
    return to;
}

enum status checkpoint_multiply(struct checkpoint *checkpoint, const struct tensor *tensor,
                                const float *columns, const float *rows, struct error *err)
{
    struct arena *arena = &checkpoint->names;
    struct gains *gains = arena_alloc(arena, sizeof *gains);
    struct row_codec *codec = arena_alloc(arena, sizeof *codec);
    if (!gains || !codec)
        return error_memory(err);
    *gains = (struct gains){.stored = *tensor};
    if (columns && !(gains->columns = copied(arena, columns, tensor->shape[1])))
        return error_memory(err);
    if (rows && !(gains->rows = copied(arena, rows, tensor->shape[0])))
        return error_memory(err);
    *codec = (struct row_codec){.name = tensor->codec ? tensor->codec->name : "gains folded in",
                                .to_float = multiplied_rows,
                                .detail = gains};
    checkpoint->tensors[tensor - checkpoint->tensors].codec = codec;
    return STATUS_OK;
}
