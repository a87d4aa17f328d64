/* reader.c: the growing list of tensors that readers of formats fill. */
#include "reader.h"

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
