/* slices.c: Meta's model-parallel checkpoints: each file holds some heads of every query and key
 * projection, which are rows that follow those of the file before (ColumnParallelLinear of
 * fairscale). */
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* All slices of one tensor, in the order of the files. */
struct slices {
    uint64_t rows; /* of each */
    struct tensor part[];
};

static void joined_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                            uint64_t first, size_t count, float *to)
{
    const struct slices *slices = tensor->codec->detail;
    for (uint64_t row = first; row < first + count; row++, to += tensor->shape[1])
        checkpoint_rows_to_float(checkpoint, &slices->part[row / slices->rows], row % slices->rows,
                                 1, to);
}

/* What is cut by rows and may be asked for. */
static bool is_cut_by_rows(const char *name)
{
    return text_ends_with(name, ".attention.wq.weight") ||
           text_ends_with(name, ".attention.wk.weight");
}

static enum status check_slice(const struct checkpoint *checkpoint, const struct tensor *first,
                               const struct tensor *slice, uint32_t number, struct error *err)
{
    const struct source_file *file = &checkpoint->source->files[slice->file];
    if (!tensor_is_readable(slice))
        return error_set(err, STATUS_FAILED, "%s: tensor %s: %s cannot be read as weights",
                         file->path, slice->name,
                         slice->codec ? slice->codec->name : dtype_name(slice->dtype));
    if (slice->file == number && slice->rank == 2 && slice->shape[0] == first->shape[0] &&
        slice->shape[1] == first->shape[1] && slice->dtype == first->dtype && slice->shape[0] > 0)
        return STATUS_OK;
    return error_set(err, STATUS_FAILED,
                     "%s: tensor %s: a slice of %" PRIu64 " x %" PRIu64
                     " does not go with that of %s",
                     file->path, slice->name, slice->shape[0], slice->shape[1],
                     checkpoint->source->files[first->file].name);
}

/* One tensor of `count` slices that stand one after the other at `from`. */
static enum status join(struct checkpoint *checkpoint, const struct tensor *from, size_t count,
                        struct tensor *out, struct error *err)
{
    struct arena *arena = &checkpoint->names;
    struct row_codec *codec = arena_alloc(arena, sizeof *codec);
    struct slices *slices = arena_alloc(arena, sizeof *slices + count * sizeof *slices->part);
    enum status status = codec && slices ? STATUS_OK : error_memory(err);
    struct tensor joined = *from;
    joined.shape[0] = joined.bytes = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = check_slice(checkpoint, from, &from[i], (uint32_t)i, err);
        slices->part[i] = from[i];
        joined.shape[0] += from[i].shape[0];
        joined.bytes += from[i].bytes;
    }
    if (status != STATUS_OK)
        return status;
    slices->rows = from->shape[0];
    *codec = (struct row_codec){
        .name = "slices of several files",
        .to_float = joined_to_float,
        .detail = slices,
        .exact = tensor_is_exact(from),
    };
    joined.codec = codec;
    *out = joined;
    return STATUS_OK;
}

static int by_name_then_file(const void *left, const void *right)
{
    const struct tensor *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->file > b->file) - (a->file < b->file);
}

enum status slices_join(struct checkpoint *checkpoint, struct error *err)
{
    struct tensor *tensors = checkpoint->tensors;
    size_t files = checkpoint->source->file_count, kept = 0, count;
    enum status status = STATUS_OK;
    if (checkpoint->tensor_count > 0)
        qsort(tensors, checkpoint->tensor_count, sizeof *tensors, by_name_then_file);
    for (size_t i = 0; i < checkpoint->tensor_count && status == STATUS_OK; i += count) {
        const char *name = tensors[i].name;
        for (count = 1; i + count < checkpoint->tensor_count; count++) {
            if (strcmp(tensors[i + count].name, name) != 0)
                break;
        }
        if (!is_cut_by_rows(name))
            continue;
        if (count != files)
            return error_set(err, STATUS_FAILED,
                             "%s: tensor %s: %zu slices in %zu files, where each holds one",
                             checkpoint->source->files[tensors[i].file].path, name, count, files);
        status = join(checkpoint, &tensors[i], count, &tensors[kept++], err);
    }
    checkpoint->tensor_count = kept;
    return status;
}
