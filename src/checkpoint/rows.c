/* rows.c: rows of a matrix as float32, one at a time, whatever they are stored as. */
#include "ropescope/checkpoint.h"

bool tensor_is_plain(const struct tensor *tensor)
{
    return !tensor->codec && dtype_is_plain(tensor->dtype);
}

bool tensor_is_readable(const struct tensor *tensor)
{
    return tensor->codec || dtype_is_readable(tensor->dtype);
}

uint64_t tensor_row_bytes(const struct tensor *tensor)
{
    return tensor->shape[0] ? tensor->bytes / tensor->shape[0] : 0;
}

void checkpoint_row_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                             uint64_t row, float *to)
{
    if (tensor->codec)
        tensor->codec->to_float(checkpoint, tensor, row, to);
    else
        dtype_to_float(tensor->dtype,
                       checkpoint_data(checkpoint, tensor) + row * tensor_row_bytes(tensor),
                       (size_t)tensor->shape[1], to);
}
