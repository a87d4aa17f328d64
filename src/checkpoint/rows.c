/* rows.c: rows of a matrix as float32, whatever they are stored as; and small
 * tensors as a whole. */
#include "ropescope/checkpoint.h"

bool tensor_is_plain(const struct tensor *tensor)
{
    return !tensor->codec && dtype_is_plain(tensor->dtype);
}

bool tensor_is_exact(const struct tensor *tensor)
{
    return dtype_is_plain(tensor->dtype) && (!tensor->codec || tensor->codec->exact);
}

bool tensor_is_readable(const struct tensor *tensor)
{
    return tensor->codec ? tensor->codec->to_float != NULL : dtype_is_readable(tensor->dtype);
}

uint64_t tensor_row_bytes(const struct tensor *tensor)
{
    return tensor->shape[0] ? tensor->bytes / tensor->shape[0] : 0;
}

void checkpoint_rows_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                              uint64_t first, size_t count, float *to)
{
    if (tensor->codec)
        tensor->codec->to_float(checkpoint, tensor, first, count, to);
    else
        dtype_to_float(tensor->dtype,
                       checkpoint_data(checkpoint, tensor) + first * tensor_row_bytes(tensor),
                       count * (size_t)tensor->shape[1], to);
}

bool checkpoint_rows_copied(const struct checkpoint *checkpoint, const struct tensor *tensor,
                            uint64_t first, size_t rows, const struct row_buffer *buffer, float *to)
{
    size_t length = (size_t)tensor->shape[1], row_bytes = (size_t)tensor_row_bytes(tensor), most;
    if (tensor->codec || !dtype_is_plain(tensor->dtype) || row_bytes == 0) {
        checkpoint_rows_to_float(checkpoint, tensor, first, rows, to);
        return true;
    }
    for (size_t done = 0; done < rows; done += most) {
        most = buffer->room / row_bytes;
        if (most > rows - done)
            most = rows - done;
        if (!mapping_read(checkpoint_mapping(checkpoint, tensor),
                          tensor->offset + (first + done) * row_bytes, most * row_bytes,
                          buffer->bytes))
            return false;
        dtype_to_float(tensor->dtype, buffer->bytes, most * length, to + done * length);
    }
    return true;
}

/* ---- small tensors ------------------------------------------------------- */

struct reading {
    const struct checkpoint *checkpoint;
    const struct tensor *tensor;
    size_t count;
    float *to;
};

static void read_all(void *arg)
{
    struct reading *r = arg;
    dtype_to_float(r->tensor->dtype, checkpoint_data(r->checkpoint, r->tensor), r->count, r->to);
}

enum status checkpoint_read_numbers(const struct checkpoint *checkpoint,
                                    const struct tensor *tensor, float *to, struct error *err)
{
    size_t size = dtype_bits(tensor->dtype) / 8;
    struct reading reading = {checkpoint, tensor, (size_t)tensor->bytes / size, to};
    if (guard_run(read_all, &reading))
        return STATUS_OK;
    return error_set(err, STATUS_FAILED,
                     "%s: tensor %s could not be read: the file shrank or its disk failed",
                     checkpoint_source(checkpoint)->files[tensor->file].path, tensor->name);
}
