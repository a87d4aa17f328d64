/* reader.c: what readers of formats share: the growing list of tensors, and bytes of a file. */
#include "reader.h"

#include <string.h>

struct tensor *checkpoint_append(struct checkpoint *checkpoint)
{
    if (checkpoint->tensor_count == checkpoint->tensor_room) {
        size_t room = checkpoint->tensor_room ? 2 * checkpoint->tensor_room : 256;
        if (room > UINT32_MAX / 4) /* so that buckets can hold indexes */
            return NULL;
        struct tensor *grown = memory_grow(checkpoint->tensors, room, sizeof *grown);
        if (!grown)
            return NULL;
        checkpoint->tensors = grown;
        checkpoint->tensor_room = room;
    }
    struct tensor *tensor = &checkpoint->tensors[checkpoint->tensor_count++];
    *tensor = (struct tensor){0};
    return tensor;
}

enum status checkpoint_report(const struct checkpoint *checkpoint, struct error *err)
{
    struct opening_watch *watch = checkpoint->source->watch;
    if (!watch)
        return STATUS_OK;
    atomic_store_explicit(&watch->tensors, checkpoint->tensor_count, memory_order_relaxed);
    return atomic_load_explicit(&watch->cancel, memory_order_relaxed)
               ? error_set(err, STATUS_CANCELLED, "%s: the opening was cancelled",
                           checkpoint->source->path)
               : STATUS_OK;
}

struct copying {
    const unsigned char *from;
    void *to;
    size_t size;
};

static void copy(void *arg)
{
    const struct copying *job = arg;
    memcpy(job->to, job->from, job->size);
}

enum status mapping_copy(const struct mapping *mapping, const char *path, uint64_t offset,
                         size_t size, void *to, struct error *err)
{
    if (offset > mapping->size || size > mapping->size - offset)
        return error_set(err, STATUS_FAILED, "%s: the file is cut short", path);
    if (size == 0)
        return STATUS_OK;
    struct copying job = {.from = mapping->data + offset, .to = to, .size = size};
    return guard_run(copy, &job)
               ? STATUS_OK
               : error_set(err, STATUS_FAILED,
                           "%s: it could not be read: the file shrank or its disk failed", path);
}
