/* layers.c: the layers of a decoder, one after the other: attention and a gated feed-forward part,
 * each behind a norm, each added to the stream of states. */
#include "run.h"

#include <math.h>
#include <string.h>

/* ---- norms and activations ----------------------------------------------- */

void norm_rows(const float *from, const float *weight, float epsilon, size_t rows, size_t count,
               float *to)
{
    for (size_t row = 0; row < rows; row++, from += count, to += count) {
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += (double)from[i] * (double)from[i];
        float factor = (float)(1 / sqrt(sum / (double)count + (double)epsilon));
        for (size_t i = 0; i < count; i++)
            to[i] = from[i] * factor * weight[i];
    }
}

static float activated(enum activation activation, float x)
{
    const float root = 0.79788456080286535588F; /* sqrt(2 / pi) */
    switch (activation) {
    case ACTIVATION_SILU:
        return x / (1 + expf(-x));
    case ACTIVATION_GELU_TANH:
        return 0.5F * x * (1 + tanhf(root * (x + 0.044715F * x * x * x)));
    case ACTIVATION_GELU:
        return 0.5F * x * (1 + erff(x * 0.70710678118654752440F));
    }
    return x;
}

/* Work on a position that needs no other one. */
struct rowwise {
    const struct run *run;
    size_t columns;
};

static bool gate_unit(void *context, size_t position, struct bench *bench)
{
    const struct rowwise *r = context;
    float *gate = r->run->gate + position * r->columns;
    const float *up = r->run->up + position * r->columns;
    (void)bench;
    for (size_t i = 0; i < r->columns; i++)
        gate[i] = activated(r->run->settings.activation, gate[i]) * up[i];
    return true;
}

/* state += added, which the family may norm before. */
static void add_to_state(struct run *run, const float *norm)
{
    if (norm)
        norm_rows(run->added, norm, run->settings.epsilon, run->positions, run->hidden, run->added);
    for (size_t i = 0; i < run->positions * run->hidden; i++)
        run->state[i] += run->added[i];
}

/* ---- parts of a layer ---------------------------------------------------- */

static struct product product_of(const struct run *run, const struct layer_weights *w, int which,
                                 const float *from, float *to)
{
    const struct tensor *weight = w->matrix[which];
    return (struct product){.weight = weight,
                            .rows = weight->shape[0],
                            .bias = w->bias[which],
                            .from = from,
                            .to = to,
                            .positions = run->positions};
}

/* Queries, keys and values of the positions of now; keys and values behind those before them. */
static enum status project(struct run *run, size_t index, const struct layer_weights *w,
                           const struct kept *kept)
{
    const struct layer *layer = &run->model->layers[index];
    const size_t dim = layer->head_dim, keys = layer->projection[PROJECTION_KEY].heads;
    const size_t behind = run->first * keys * dim;
    const struct product products[] = {
        product_of(run, w, MATRIX_QUERY, run->normed, run->queries),
        product_of(run, w, MATRIX_KEY, run->normed, kept->keys + behind),
        product_of(run, w, MATRIX_VALUE, run->normed, kept->values + behind),
    };
    norm_rows(run->state, w->norm[NORM_ATTENTION], run->settings.epsilon, run->positions,
              run->hidden, run->normed);
    enum status status = workers_multiply(&run->workers, products, 3, run->err);
    if (status != STATUS_OK)
        return status;
    if (w->norm[NORM_QUERY])
        norm_rows(run->queries, w->norm[NORM_QUERY], run->settings.epsilon,
                  run->positions * layer->projection[PROJECTION_QUERY].heads, dim, run->queries);
    if (w->norm[NORM_KEY])
        norm_rows(kept->keys + behind, w->norm[NORM_KEY], run->settings.epsilon,
                  run->positions * keys, dim, kept->keys + behind);
    if (run->records)
        status = record_pairs(run, index, kept->keys + behind);
    return status == STATUS_OK ? rotate(run, index, kept->keys + behind) : status;
}

static enum status feed_forward(struct run *run, const struct layer_weights *w)
{
    const struct product in[] = {
        product_of(run, w, MATRIX_GATE, run->normed, run->gate),
        product_of(run, w, MATRIX_UP, run->normed, run->up),
    };
    const struct product out = product_of(run, w, MATRIX_DOWN, run->gate, run->added);
    struct rowwise rows = {run, (size_t)w->matrix[MATRIX_GATE]->shape[0]};
    norm_rows(run->state, w->norm[NORM_FEED], run->settings.epsilon, run->positions, run->hidden,
              run->normed);
    enum status status = workers_multiply(&run->workers, in, 2, run->err);
    if (status == STATUS_OK)
        status = workers_run(&run->workers, run->positions, rows.columns * run->positions < 1 << 14,
                             gate_unit, &rows, run->err);
    return status == STATUS_OK ? workers_multiply(&run->workers, &out, 1, run->err) : status;
}

/* The widest layer decides; another one of its size asks for nothing. */
static bool reserve_wide(struct run *run, size_t columns)
{
    if (columns <= run->wide)
        return true;
    memory_free(run->gate);
    memory_free(run->up);
    run->gate = new_floats(run->positions, columns);
    run->up = new_floats(run->positions, columns);
    run->wide = columns;
    return run->gate && run->up;
}

static enum status run_layer(struct run *run, size_t index)
{
    struct layer_weights w;
    const struct kept *kept = &run->kept[run->keeps ? index : 0];
    enum status status = weights_of_layer(run->checkpoint, run->model, &run->settings, index,
                                          run->hidden, &w, run->err);
    if (status == STATUS_OK && !reserve_wide(run, (size_t)w.matrix[MATRIX_GATE]->shape[0]))
        status = error_memory(run->err);
    if (status == STATUS_OK)
        status = project(run, index, &w, kept);
    if (status == STATUS_OK)
        status = attend(run, index, kept);
    if (status == STATUS_OK) {
        const struct product out = product_of(run, &w, MATRIX_OUTPUT, run->attended, run->added);
        status = workers_multiply(&run->workers, &out, 1, run->err);
    }
    if (status == STATUS_OK) {
        add_to_state(run, w.norm[NORM_AFTER_ATTENTION]);
        status = feed_forward(run, &w);
    }
    if (status == STATUS_OK)
        add_to_state(run, w.norm[NORM_AFTER_FEED]);
    weights_free_layer(&w);
    return status;
}

enum status run_first_vectors(struct run *run)
{
    struct layer_weights w;
    enum status status =
        weights_of_layer(run->checkpoint, run->model, &run->settings, 0, run->hidden, &w, run->err);
    if (status == STATUS_OK)
        status = project(run, 0, &w, &run->kept[0]);
    weights_free_layer(&w);
    return status;
}

enum status run_layers(struct run *run)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->layers && status == STATUS_OK; i++)
        status = run_layer(run, i);
    return status;
}
