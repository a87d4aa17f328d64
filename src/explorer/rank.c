/* rank.c: the heads of the model in the order of their measure. */
#include "ropescope/lists.h"

#include <math.h>

const char *rank_words(const struct state *state)
{
    return state_measure_words(state);
}

struct ranked_head {
    double value;
    size_t layer;
    int projection;
    uint32_t head; /* of the projection */
};

/* Whether a stands before b: the higher value, of equals the earlier layer, the query, the earlier
 * head. NaN: last. */
static bool before(const struct ranked_head *a, const struct ranked_head *b)
{
    if (a->value != b->value && !(isnan(a->value) && isnan(b->value)))
        return a->value > b->value || isnan(b->value);
    if (a->layer != b->layer)
        return a->layer < b->layer;
    return a->projection != b->projection ? a->projection < b->projection : a->head < b->head;
}

/* The query head that stands for a ranked head: of those that meet a key head the selected one,
 * else the first. */
static uint32_t query_head_of(const struct state *state, const struct ranked_head *ranked)
{
    const struct layer *layer = &state->angles->model->layers[ranked->layer];
    const struct selection *selection = &state->settings.selection;
    if (ranked->projection == PROJECTION_QUERY)
        return ranked->head;
    if (selection->layer == ranked->layer && layer_key_head(layer, selection->head) == ranked->head)
        return selection->head;
    for (uint32_t head = 0; head < layer->projection[PROJECTION_QUERY].heads; head++)
        if (layer_key_head(layer, head) == ranked->head)
            return head;
    return 0;
}

/* Where a walk over all heads stands: the neighbours of `from` so far. */
struct walk {
    struct ranked_head from, higher, lower, first;
    bool has_higher, has_lower, has_first;
    size_t count, ahead; /* ranked heads, and those before `from` */
};

static void visit(struct walk *walk, const struct ranked_head *at)
{
    walk->count++;
    if (!walk->has_first || before(at, &walk->first))
        walk->first = *at;
    walk->has_first = true;
    if (before(at, &walk->from)) {
        walk->ahead++;
        if (!walk->has_higher || before(&walk->higher, at))
            walk->higher = *at;
        walk->has_higher = true;
    } else if (before(&walk->from, at)) {
        if (!walk->has_lower || before(at, &walk->lower))
            walk->lower = *at;
        walk->has_lower = true;
    }
}

static void visit_layer(struct walk *walk, const struct state *state, size_t layer, int projection)
{
    const struct layer *shape = &state->angles->model->layers[layer];
    for (uint32_t head = 0; head < shape->projection[projection].heads; head++) {
        struct ranked_head at = {state_measure(state, layer, projection, head), layer, projection,
                                 head};
        if (!isnan(at.value))
            visit(walk, &at);
    }
}

static struct walk walk_heads(const struct state *state)
{
    const struct model *model = state->angles->model;
    struct walk walk = {.from = {NAN, state->settings.selection.layer, state->lead,
                                 state_head(state, state->lead)}};
    if (state_ready(state))
        walk.from.value =
            state_measure(state, walk.from.layer, walk.from.projection, walk.from.head);
    for (size_t layer = 0; layer < model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            if (model->layers[layer].pairs > 0 && state->settings.rule.projection[p])
                visit_layer(&walk, state, layer, p);
    return walk;
}

bool rank_find(const struct state *state, enum rank_step step, struct ranking *out)
{
    struct walk walk = walk_heads(state);
    struct ranked_head to = walk.from;
    bool ranked = !isnan(walk.from.value);
    if (walk.count == 0)
        return false;
    *out = (struct ranking){.count = walk.count, .rank = walk.ahead + 1};
    if (step == RANK_FIRST || (step == RANK_LOWER && !ranked)) {
        to = walk.first;
        out->rank = 1;
    } else if (step == RANK_HIGHER && walk.has_higher) {
        to = walk.higher;
        out->rank = walk.ahead;
    } else if (step == RANK_LOWER && walk.has_lower) {
        to = walk.lower;
        out->rank = walk.ahead + 2;
    } else {
        out->stayed = true;
    }
    out->layer = to.layer;
    out->projection = to.projection;
    out->value = to.value;
    out->query_head = query_head_of(state, &to);
    return true;
}
