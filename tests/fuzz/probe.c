/* probe.c: what is kept of a run over a text, sealed first as in angles.c. */
#include "fuzz.h"

#include "ropescope/probe.h"

#include <stdlib.h>

void fuzz_probe(const uint8_t *bytes, size_t size)
{
    enum { FINGERPRINT = 1 };
    uint8_t *sealed = fuzz_sealed(bytes, size);
    fuzz_put("probe", "model.probe", sealed ? sealed : bytes, size);
    free(sealed);
    struct model *model = fuzz_llama("probe");
    struct probe *probe = probe_load(fuzz_path("probe", "model.probe"), FINGERPRINT);
    double sum = 0;
    for (size_t i = 0; probe && probe_fits(probe, model) && i < probe->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct probe_projection *of = &probe->layers[i].projection[p];
            for (size_t k = 0; k < (size_t)of->heads * of->pairs; k++)
                sum += (double)(of->mean_a[k] + of->first_b[k]);
        }
    (void)sum;
    probe_free(probe);
    model_free(model);
}
