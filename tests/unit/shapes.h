/* shapes.h: checkpoints that have the shapes of published models and no weights: safetensors whose
 * data is a hole in the file. Opened, never scanned. */
#ifndef ROPESCOPE_TEST_SHAPES_H
#define ROPESCOPE_TEST_SHAPES_H

#include "ropescope/angles.h"

struct shapes {
    const char *config; /* of config.json */
    uint32_t layers;
    uint64_t hidden, key_rows, inner, vocabulary;
    bool phi; /* dense, fc1, fc2, with biases; else Llama's names */
};
extern const struct shapes llama_2_7b, mistral_7b, phi_2;

/* Writes the model into scratch/NAME and opens it; its angles are none. The caller frees them with
 * angles_free. */
struct angles *shapes_open(const struct shapes *shapes, const char *name,
                           const struct model_options *options);

#endif
