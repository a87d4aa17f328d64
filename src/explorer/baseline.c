/* baseline.c: draws the random baseline of a rule, module by module, when somebody looks at it. */
#include "explorer/baseline.h"

static void forget(struct baseline *baseline)
{
    for (size_t i = 0; baseline->run && i < baseline->runs; i++) {
        memory_free(baseline->run[i].fixed);
        memory_free(baseline->run[i].heads);
        baseline->run[i] = (struct baseline_run){0};
    }
}

void baseline_free(struct baseline *baseline)
{
    forget(baseline);
    memory_free(baseline->run);
    *baseline = (struct baseline){0};
}

static bool make_room(struct baseline *baseline, const struct model *model)
{
    if (!baseline->run) {
        baseline->runs = model->layer_count * PROJECTION_COUNT;
        baseline->run = memory_array(baseline->runs + 1, sizeof *baseline->run);
    }
    return baseline->run != NULL;
}

/* A layer counts in full wherever one is looked at, as the column `fixed` does. */
static bool draw(struct baseline_run *run, const struct angles *angles, const struct awm *awm,
                 size_t layer, int projection)
{
    const struct layer *shape = &angles->model->layers[layer];
    const uint32_t heads = shape->projection[projection].heads;
    struct awm random = *awm; /* its lines are borrowed */
    random.random = true;
    random.base.first_layer = 0;
    random.base.projection[projection] = true;
    run->fixed = memory_array((size_t)heads * shape->pairs + 1, 1);
    run->heads = memory_array((size_t)heads + 1, sizeof *run->heads);
    if (!run->fixed || !run->heads ||
        awm_fixed_pairs(&random, angles, layer, projection, run->fixed) == UINT64_MAX)
        return false;
    const unsigned char *fixed = run->fixed;
    for (uint32_t head = 0; head < heads; head++)
        for (uint32_t pair = 0; pair < shape->pairs; pair++)
            run->heads[head] += *fixed++;
    return true;
}

const struct baseline_run *baseline_run(struct baseline *baseline, const struct angles *angles,
                                        const struct awm *awm, uint32_t edition, size_t layer,
                                        int projection)
{
    if (!make_room(baseline, angles->model) || !angles->layers[layer].ready)
        return NULL;
    if (baseline->threshold != awm->base.threshold || baseline->edition != edition ||
        baseline->seed != awm->seed)
        forget(baseline);
    baseline->threshold = awm->base.threshold;
    baseline->edition = edition;
    baseline->seed = awm->seed;
    struct baseline_run *run = &baseline->run[layer * PROJECTION_COUNT + (size_t)projection];
    if (run->fixed || draw(run, angles, awm, layer, projection))
        return run;
    memory_free(run->fixed);
    memory_free(run->heads);
    *run = (struct baseline_run){0};
    return NULL;
}
