/* changes.c: the distances of two models in the cache, sealed first as in angles.c. */
#include "fuzz.h"

#include "angles/changes_file.h"

#include <stdlib.h>

static double sum_of(const struct changes *changes)
{
    const struct model *model = changes->base->model;
    double sum = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            for (size_t k = 0; k < projection_pairs(&model->layers[i], p); k++)
                sum += (double)changes->distance[PROJECTION_COUNT * i + (size_t)p][k];
    return sum;
}

static void load(struct angles *base)
{
    enum { SETS = 4 };
    float *distance[SETS] = {0};
    struct changes_key key = {.base = 1, .tuned = 2};
    struct changes changes = {.base = base, .tuned = base, .distance = distance};
    struct notices notices = {0};
    fuzz_expect(PROJECTION_COUNT * base->model->layer_count == SETS, "it is the small Llama");
    text_format(key.path, sizeof key.path, "%s", fuzz_path("changes", "model.changes"));
    if (changes_file_load(&key, &changes, &notices))
        (void)sum_of(&changes);
    for (int i = 0; i < SETS; i++)
        memory_free(distance[i]);
}

void fuzz_changes(const uint8_t *bytes, size_t size)
{
    struct angles *base;
    struct error err = {0};
    uint8_t *sealed = fuzz_sealed(bytes, size);
    fuzz_put("changes", "model.changes", sealed ? sealed : bytes, size);
    free(sealed);
    if (angles_new(fuzz_llama("changes"), 1, &base, &err) != STATUS_OK)
        return;
    load(base);
    angles_free(base);
}
