/* pairs.c: queries and keys pair by pair: what they are before they are rotated, and the rotation.
 */
#include "run.h"

#include <math.h>

/* Where the two components of a pair lie in a head. */
static void places_of(const struct layer *layer, int which, uint32_t pair, size_t *a, size_t *b)
{
    uint64_t row_a, row_b;
    layer_pair_rows(layer, which, 0, pair, &row_a, &row_b); /* of head 0, which begins at row 0 */
    *a = (size_t)row_a;
    *b = (size_t)row_b;
}

/* ---- means and maxima ---------------------------------------------------- */

struct recording {
    const struct run *run;
    const struct layer *layer;
    int which;
    const float *from; /* (positions, heads * head_dim) */
    struct probe_projection *to;
};

/* One head: all its pairs over all positions. */
static bool record_head(void *context, size_t head, struct bench *bench)
{
    const struct recording *r = context;
    const size_t dim = r->layer->head_dim, stride = r->to->heads * dim;
    const size_t count = r->run->positions, known = r->run->recorded;
    const size_t from_position = known == 0 ? 1 : 0; /* the first of all is kept apart */
    const double before = known > 0 ? (double)(known - 1) : 0;
    const double all = before + (double)(count - from_position);
    (void)bench;
    for (uint32_t pair = 0; pair < r->layer->pairs; pair++) {
        size_t a, b, at = head * r->layer->pairs + pair;
        struct probe_projection *to = r->to;
        double sum_a = before * (double)to->mean_a[at], sum_b = before * (double)to->mean_b[at];
        double radii = before * (double)to->radius_mean[at], most = (double)to->radius_max[at];
        places_of(r->layer, r->which, pair, &a, &b);
        const float *from = r->from + head * dim;
        if (known == 0) {
            to->first_a[at] = from[a];
            to->first_b[at] = from[b];
        }
        for (size_t t = from_position; t < count; t++) {
            double x = (double)from[t * stride + a], y = (double)from[t * stride + b];
            double radius = sqrt(x * x + y * y);
            sum_a += x;
            sum_b += y;
            radii += radius;
            most = radius > most ? radius : most;
        }
        double divisor = all > 0 ? all : 1;
        to->mean_a[at] = (float)(sum_a / divisor);
        to->mean_b[at] = (float)(sum_b / divisor);
        to->radius_mean[at] = (float)(radii / divisor);
        to->radius_max[at] = (float)most;
    }
    return true;
}

static bool reserve_projection(struct probe_projection *to)
{
    float **const arrays[] = {&to->mean_a,     &to->mean_b,  &to->radius_mean,
                              &to->radius_max, &to->first_a, &to->first_b};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!(*arrays[i] = new_floats(to->heads, to->pairs)))
            return false;
    return true;
}

/* All of them, (positions, heads, head_dim), pairs first. */
static bool copy_in_pairs(const struct recording *r, float *to)
{
    const size_t dim = r->layer->head_dim, pairs = r->layer->pairs;
    const size_t heads = r->run->positions * r->to->heads;
    bool *taken = memory_array(dim, 1);
    for (size_t head = 0; head < heads && taken; head++) {
        const float *from = r->from + head * dim;
        size_t at = head * dim, a, b;
        for (uint32_t pair = 0; pair < pairs; pair++) {
            places_of(r->layer, r->which, pair, &a, &b);
            to[at++] = from[a];
            to[at++] = from[b];
            taken[a] = taken[b] = true;
        }
        for (size_t d = 0; d < dim; d++)
            if (!taken[d])
                to[at++] = from[d];
    }
    bool done = taken != NULL;
    memory_free(taken);
    return done;
}

enum status record_pairs(struct run *run, size_t index, const float *keys)
{
    struct probe_layer *layer = &run->probe->layers[index];
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        struct recording recording = {run, &run->model->layers[index], which,
                                      which == PROJECTION_QUERY ? run->queries : keys,
                                      &layer->projection[which]};
        struct probe_projection *to = recording.to;
        to->heads = recording.layer->projection[which].heads;
        to->pairs = recording.layer->pairs;
        if (to->pairs > 0 && !to->mean_a && !reserve_projection(to))
            return error_memory(run->err);
        enum status status =
            workers_run(&run->workers, to->heads, run->positions * to->pairs < 4096, record_head,
                        &recording, run->err);
        if (status != STATUS_OK)
            return status;
        float *copy = NULL;
        if (layer->attention)
            copy = which == PROJECTION_QUERY ? layer->attention->queries : layer->attention->keys;
        if (copy && !copy_in_pairs(&recording, copy))
            return error_memory(run->err);
    }
    return STATUS_OK;
}

/* ---- rotation ------------------------------------------------------------ */

struct turning {
    const struct run *run;
    const struct layer *layer;
    float *keys;
};

static void turn_heads(const struct turning *t, int which, uint32_t pair, const double turn[2],
                       float *row)
{
    size_t a, b;
    places_of(t->layer, which, pair, &a, &b);
    for (uint32_t head = 0; head < t->layer->projection[which].heads; head++) {
        float *x = row + (size_t)head * t->layer->head_dim;
        double along = (double)x[a], across = (double)x[b];
        x[a] = (float)(along * turn[0] - across * turn[1]);
        x[b] = (float)(across * turn[0] + along * turn[1]);
    }
}

/* One position. The angle is a product in float32, as transformers and most others have it: far
 * into a text that is not the angle of the formula, but the one that models were trained with. */
static bool turn_position(void *context, size_t at, struct bench *bench)
{
    const struct turning *t = context;
    const size_t dim = t->layer->head_dim;
    (void)bench;
    for (uint32_t pair = 0; pair < t->layer->pairs; pair++) {
        float angle = (float)t->layer->frequency[pair] * (float)(t->run->first + at);
        const double turn[2] = {cos((double)angle) * t->layer->rotation_scale,
                                sin((double)angle) * t->layer->rotation_scale};
        for (int which = 0; which < PROJECTION_COUNT; which++) {
            float *row = which == PROJECTION_QUERY ? t->run->queries : t->keys;
            turn_heads(t, which, pair, turn, row + at * t->layer->projection[which].heads * dim);
        }
    }
    return true;
}

enum status rotate(struct run *run, size_t index, float *keys)
{
    struct turning turning = {run, &run->model->layers[index], keys};
    size_t work =
        run->positions * turning.layer->pairs * turning.layer->projection[PROJECTION_QUERY].heads;
    return turning.layer->pairs == 0 ? STATUS_OK
                                     : workers_run(&run->workers, run->positions, work < 4096,
                                                   turn_position, &turning, run->err);
}
