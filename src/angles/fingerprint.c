/* fingerprint.c: a number that tells one set of angles from another. */
#include "support/wire.h"

#include "ropescope/angles.h"

#include <math.h>
#include <string.h>
#include <xxhash.h>

/* Every undefined pair counts the same: the bits of a NaN are not said by anybody. */
static void mix_cosines(XXH3_state_t *state, const float *cos, size_t count)
{
    enum { BLOCK = 1024 };
    unsigned char bytes[4 * BLOCK];
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t some = count - at < BLOCK ? count - at : BLOCK;
        for (size_t i = 0; i < some; i++) {
            uint32_t bits = 0x7fc00000U;
            if (!isnan(cos[at + i]))
                memcpy(&bits, &cos[at + i], sizeof bits);
            for (size_t byte = 0; byte < 4; byte++)
                bytes[4 * i + byte] = (unsigned char)(bits >> 8 * byte);
        }
        XXH3_64bits_update(state, bytes, 4 * some);
    }
}

static void mix_projection(XXH3_state_t *state, struct wire *wire, const struct layer *layer,
                           int projection)
{
    struct projection p = layer->projection[projection];
    uint32_t number = layer->number, pairs = layer->pairs;
    wire->size = 0;
    wire_u32(wire, &number);
    wire_u32(wire, &pairs);
    wire_text(wire, &p.tensor);
    wire_u64(wire, &p.rows);
    wire_u64(wire, &p.row_length);
    wire_u32(wire, &p.heads);
    if (!wire->failed) /* else the whole is none */
        XXH3_64bits_update(state, wire->data, wire->size);
}

uint64_t angles_fingerprint(const struct angles *angles)
{
    XXH3_state_t *state = XXH3_createState();
    struct wire wire = wire_writer();
    if (!state)
        return 0;
    XXH3_64bits_reset(state);
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        const struct layer *layer = &angles->model->layers[i];
        for (int p = 0; p < PROJECTION_COUNT && angles->layers[i].ready; p++) {
            mix_projection(state, &wire, layer, p);
            mix_cosines(state, angles->layers[i].set[p].cos,
                        (size_t)layer->projection[p].heads * layer->pairs);
        }
    }
    uint64_t hash = wire.failed ? 0 : XXH3_64bits_digest(state);
    XXH3_freeState(state);
    wire_free(&wire);
    return hash;
}
