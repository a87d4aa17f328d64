/* awm.c: the rule of a mask: a threshold for the model, and lines that say otherwise of a layer, a
 * projection or a head. */
#include "ropescope/awm.h"

#include <math.h>
#include <string.h>

static const char *const names[EXCEPTION_COUNT] = {"", "rule", "fix", "free"};

const char *exception_name(enum exception exception)
{
    return names[exception];
}

bool exception_from_name(const char *name, enum exception *out)
{
    for (int i = 0; i < EXCEPTION_COUNT; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum exception)i;
            return true;
        }
    return false;
}

/* ---- lines --------------------------------------------------------------- */

void awm_init(struct awm *awm, const struct rule *base)
{
    *awm = (struct awm){.base = *base, .seed = RANDOM_SEED};
}

void awm_free(struct awm *awm)
{
    memory_free(awm->lines);
    *awm = (struct awm){0};
}

bool awm_copy(struct awm *to, const struct awm *from)
{
    struct awm copy = *from;
    copy.lines = NULL;
    copy.line_room = copy.line_count;
    if (copy.line_count > 0) {
        copy.lines = memory_array(copy.line_count, sizeof *copy.lines);
        if (!copy.lines)
            return false;
        memcpy(copy.lines, from->lines, copy.line_count * sizeof *copy.lines);
    }
    *to = copy;
    return true;
}

/* REACH_ALL wraps to 0, so that a wide line stands before those that it holds. */
static int compare_number(uint32_t a, uint32_t b)
{
    uint32_t x = a + 1, y = b + 1;
    return (x > y) - (x < y);
}

static int compare(const struct reach *a, const struct reach *b)
{
    int order = compare_number(a->layer, b->layer);
    if (order == 0)
        order = compare_number(a->projection, b->projection);
    return order != 0 ? order : compare_number(a->head, b->head);
}

/* Where a line with that reach stands, or would stand. */
static size_t place_of(const struct awm *awm, const struct reach *reach)
{
    size_t low = 0, high = awm->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&awm->lines[middle].reach, reach) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct rule_line *awm_line(const struct awm *awm, struct reach reach)
{
    size_t at = place_of(awm, &reach);
    bool there = at < awm->line_count && compare(&awm->lines[at].reach, &reach) == 0;
    return there ? &awm->lines[at] : NULL;
}

static bool make_room(struct awm *awm)
{
    if (awm->line_count < awm->line_room)
        return true;
    size_t room = 2 * awm->line_room + 8;
    struct rule_line *grown = memory_grow(awm->lines, room, sizeof *grown);
    if (!grown)
        return false;
    awm->lines = grown;
    awm->line_room = room;
    return true;
}

bool awm_set(struct awm *awm, const struct rule_line *line)
{
    struct rule_line copy = *line; /* it may be one of ours */
    size_t at = place_of(awm, &copy.reach);
    bool there = awm_line(awm, copy.reach) != NULL;
    bool says = !isnan(copy.threshold) || copy.exception != EXCEPTION_NONE;
    if (!there && (!says || !make_room(awm)))
        return !says;
    struct rule_line *place = &awm->lines[at];
    size_t behind = (awm->line_count - at) * sizeof *place;
    if (!there)
        memmove(place + 1, place, behind);
    else if (!says)
        memmove(place, place + 1, behind - sizeof *place);
    awm->line_count = awm->line_count + says - there;
    if (says)
        *place = copy;
    return true;
}

/* ---- what holds for a head ----------------------------------------------- */

/* The reaches that hold a head, narrowest first: bits of what they name. */
enum { NAMES_PROJECTION = 1, NAMES_LAYER = 2, NAMES_HEAD = 4, REACHES = 8 };

static struct reach widened(const struct reach *exact, unsigned names_it)
{
    return (struct reach){
        .layer = names_it & NAMES_LAYER ? exact->layer : REACH_ALL,
        .projection = names_it & NAMES_PROJECTION ? exact->projection : REACH_ALL,
        .head = names_it & NAMES_HEAD ? exact->head : REACH_ALL,
    };
}

/* Which lines decide; NULL: none does. */
struct deciding {
    const struct rule_line *exception, *threshold;
};

/* The exception in force (RULE where there is none), and the threshold that stands behind it. */
static enum exception decide(const struct awm *awm, const struct reach *exact, float *threshold,
                             struct deciding *by)
{
    enum exception found = EXCEPTION_NONE;
    *threshold = awm->base.threshold;
    *by = (struct deciding){0};
    bool known = awm->line_count == 0;
    for (unsigned bits = REACHES; bits-- > 0 && !(known && found != EXCEPTION_NONE);) {
        const struct rule_line *line =
            awm->line_count > 0 ? awm_line(awm, widened(exact, bits)) : NULL;
        if (!line)
            continue;
        if (found == EXCEPTION_NONE) {
            found = line->exception != EXCEPTION_NONE ? line->exception : EXCEPTION_RULE;
            by->exception = line;
        }
        if (!known && !isnan(line->threshold)) {
            *threshold = line->threshold;
            by->threshold = line;
            known = true;
        }
    }
    return found == EXCEPTION_NONE ? EXCEPTION_RULE : found;
}

float awm_threshold(const struct awm *awm, uint32_t layer, int projection, uint32_t head)
{
    const struct reach exact = {layer, (uint32_t)projection, head};
    struct deciding by;
    float threshold;
    switch (decide(awm, &exact, &threshold, &by)) {
    case EXCEPTION_FIX:
        return 0; /* and yet no pair without an angle: NaN >= 0 is false */
    case EXCEPTION_FREE:
        return INFINITY;
    default:
        return threshold;
    }
}

enum exception awm_exception(const struct awm *awm, uint32_t layer, int projection, uint32_t head)
{
    const struct reach exact = {layer, (uint32_t)projection, head};
    struct deciding by;
    float threshold;
    return decide(awm, &exact, &threshold, &by);
}

const struct rule_line *awm_deciding(const struct awm *awm, uint32_t layer, int projection,
                                     uint32_t head)
{
    const struct reach exact = {layer, (uint32_t)projection, head};
    struct deciding by;
    float threshold;
    return decide(awm, &exact, &threshold, &by) == EXCEPTION_RULE ? by.threshold : by.exception;
}

bool awm_covers(const struct awm *awm, const struct layer *layer, int projection)
{
    return layer->number >= awm->base.first_layer && awm->base.projection[projection];
}

/* ---- against a model ----------------------------------------------------- */

/* Heads that a line may name: of the layers and projections that it reaches. */
static uint32_t heads_within(const struct model *model, const struct reach *reach)
{
    uint32_t most = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        for (uint32_t p = 0; p < PROJECTION_COUNT; p++) {
            const struct layer *layer = &model->layers[i];
            bool within = (reach->layer == REACH_ALL || reach->layer == layer->number) &&
                          (reach->projection == REACH_ALL || reach->projection == p);
            if (within && layer->projection[p].heads > most)
                most = layer->projection[p].heads;
        }
    return most;
}

enum status reach_check(const struct reach *reach, const struct model *model, struct error *err)
{
    char words[REACH_WORDS];
    reach_words(reach, words);
    if (reach->layer != REACH_ALL && !model_layer(model, reach->layer))
        return error_set(err, STATUS_USAGE, "%s: %s has layers %u to %u", words, model->name,
                         model->layers[0].number, model->layers[model->layer_count - 1].number);
    uint32_t heads = heads_within(model, reach);
    if (reach->head != REACH_ALL && reach->head >= heads)
        return error_set(err, STATUS_USAGE, "%s: there are %u heads there, counted from 0", words,
                         heads);
    return STATUS_OK;
}
