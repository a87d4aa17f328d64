/* tensors.h: which tensors of a checkpoint are query and key projections of its decoder. Only
 * model/ includes this. */
#ifndef ROPESCOPE_MODEL_TENSORS_H
#define ROPESCOPE_MODEL_TENSORS_H

#include "family.h"

/* The projections of one layer: indexes of tensors in the checkpoint. */
enum { TENSOR_ABSENT = UINT32_MAX };
struct layer_tensors {
    uint32_t number;
    uint32_t weight[PROJECTION_COUNT], bias[PROJECTION_COUNT]; /* TENSOR_ABSENT: none; the same for
                                                                  both: one tensor holds both */
};

/* Layers of the decoder in the order of their numbers, whichever of the accepted prefixes they
 * carry; towers for pictures and sound never match. The caller frees *out with memory_free; *count
 * 0: none. */
enum status tensors_by_layer(const struct checkpoint *checkpoint, const struct family *family,
                             struct layer_tensors **out, size_t *count, struct error *err);

#endif
