/* scores.c: the scores of a query head by rotary pairs: what the fixed ones add, and the others. */
#include "ropescope/attention.h"

#include <math.h>
#include <string.h>

/* ---- words --------------------------------------------------------------- */

static const char *const names[ATTENTION_SHOWS] = {
    "weights", "scores", "fixed", "trainable", "fixed-weights", "trainable-weights"};

const char *attention_show_name(enum attention_show show)
{
    return names[show];
}

const char *attention_show_words(enum attention_show show)
{
    static const char *const words[ATTENTION_SHOWS] = {
        "weights",
        "scores",
        "fixed part of scores",
        "trainable part of scores",
        "weights of the fixed part",
        "weights of the trainable part",
    };
    return words[show];
}

bool attention_show_from_name(const char *name, enum attention_show *out)
{
    for (int i = 0; i < ATTENTION_SHOWS; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (enum attention_show)i;
            return true;
        }
    return false;
}

/* ---- what is in sight ---------------------------------------------------- */

size_t attention_first_key(const struct probe_attention *of, size_t query)
{
    return of->window > 0 && query + 1 > of->window ? query + 1 - (size_t)of->window : 0;
}

bool attention_sees(const struct probe_attention *of, size_t query, size_t key)
{
    return key <= query && key >= attention_first_key(of, query);
}

/* Rows grow by one until the window is full. */
size_t attention_seen_before(const struct probe_attention *of, size_t query)
{
    size_t grow = of->window > 0 && query > of->window ? (size_t)of->window : query;
    return grow * (grow + 1) / 2 + (query - grow) * grow;
}

/* ---- rotation ------------------------------------------------------------ */

/* The angle is a product in float32, as the run has it. The scale of the scores goes with the
 * query. */
static void turn(struct attention_head *head, const struct layer *layer, int which)
{
    const struct probe_attention *of = head->of;
    bool query = which == PROJECTION_QUERY;
    size_t heads = query ? of->heads : of->key_heads;
    double scale = query ? (double)of->scale : 1;
    for (size_t t = 0; t < head->tokens; t++) {
        const float *from =
            (query ? of->queries : of->keys) +
            (t * heads + (query ? head->query_head : head->key_head)) * of->head_dim;
        double *to = head->turned[which] + t * of->head_dim;
        for (uint32_t pair = 0; pair < of->pairs; pair++) {
            double angle = (double)((float)layer->frequency[pair] * (float)t);
            double along = cos(angle) * of->rotation_scale * scale,
                   across = sin(angle) * of->rotation_scale * scale;
            double a = (double)from[2 * (size_t)pair], b = (double)from[2 * (size_t)pair + 1];
            to[2 * (size_t)pair] = a * along - b * across;
            to[2 * (size_t)pair + 1] = b * along + a * across;
        }
        for (size_t d = 2 * (size_t)of->pairs; d < of->head_dim; d++)
            to[d] = (double)from[d] * scale;
    }
}

double attention_pair_part(const struct attention_head *head, size_t query, size_t key,
                           uint32_t pair)
{
    const double *q =
                     head->turned[PROJECTION_QUERY] + query * head->of->head_dim + 2 * (size_t)pair,
                 *k = head->turned[PROJECTION_KEY] + key * head->of->head_dim + 2 * (size_t)pair;
    return q[0] * k[0] + q[1] * k[1];
}

double attention_rest_part(const struct attention_head *head, size_t query, size_t key)
{
    const size_t dim = head->of->head_dim;
    const double *q = head->turned[PROJECTION_QUERY] + query * dim,
                 *k = head->turned[PROJECTION_KEY] + key * dim;
    double sum = 0;
    for (size_t d = 2 * (size_t)head->of->pairs; d < dim; d++)
        sum += q[d] * k[d];
    return sum;
}

/* ---- fixed and trainable ------------------------------------------------- */

void attention_softmax(const double *scores, size_t count, double softcap, double *weights)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++) {
        weights[i] = softcap > 0 ? softcap * tanh(scores[i] / softcap) : scores[i];
        most = fmax(most, weights[i]);
    }
    for (size_t i = 0; i < count; i++)
        sum += weights[i] = exp(weights[i] - most);
    for (size_t i = 0; i < count; i++)
        weights[i] /= sum;
}

/* One query: all keys that it sees. */
static void split_row(struct attention_head *head, size_t query)
{
    size_t first = attention_first_key(head->of, query), row = query * head->tokens;
    for (size_t key = first; key <= query; key++) {
        double sum[SPLIT_COUNT] = {0};
        for (uint32_t pair = 0; pair < head->of->pairs; pair++)
            sum[head->fixed[pair] ? SPLIT_FIXED : SPLIT_TRAINABLE] +=
                attention_pair_part(head, query, key, pair);
        sum[SPLIT_TRAINABLE] += attention_rest_part(head, query, key);
        for (int i = 0; i < SPLIT_COUNT; i++)
            head->part[i][row + key] = sum[i];
    }
    for (int i = 0; i < SPLIT_COUNT; i++)
        attention_softmax(head->part[i] + row + first, query + 1 - first, (double)head->of->softcap,
                          head->weight[i] + row + first);
}

/* All numbers are one piece of memory, which turned[0] begins. */
static bool reserve(struct attention_head *head)
{
    size_t vectors = head->tokens * head->of->head_dim, cells = head->tokens * head->tokens;
    double *numbers = memory_array(2 * vectors + 2 * SPLIT_COUNT * cells + 1, sizeof *numbers);
    if (!numbers)
        return false;
    for (size_t i = 0; i < 2 * SPLIT_COUNT * cells; i++)
        numbers[2 * vectors + i] = NAN;
    for (int i = 0; i < PROJECTION_COUNT; i++, numbers += vectors)
        head->turned[i] = numbers;
    for (int i = 0; i < SPLIT_COUNT; i++, numbers += cells)
        head->part[i] = numbers;
    for (int i = 0; i < SPLIT_COUNT; i++, numbers += cells)
        head->weight[i] = numbers;
    return true;
}

bool attention_head_make(struct attention_head *out, const struct probe *probe, size_t index,
                         const struct layer *layer, uint32_t query_head, const unsigned char *fixed)
{
    const struct probe_attention *of =
        index < probe->layer_count ? probe->layers[index].attention : NULL;
    *out = (struct attention_head){.tokens = probe->token_count, .query_head = query_head};
    if (!of || query_head >= of->heads)
        return true;
    out->of = of;
    out->key_head = layer_key_head(layer, query_head);
    out->fixed = fixed ? memory_array((size_t)of->pairs + 1, 1) : NULL;
    if (!reserve(out) || (fixed && !out->fixed)) {
        attention_head_free(out);
        return false;
    }
    for (int which = 0; which < PROJECTION_COUNT; which++)
        turn(out, layer, which);
    if (!fixed)
        return true;
    memcpy(out->fixed, fixed, of->pairs);
    for (size_t query = 0; query < out->tokens; query++)
        split_row(out, query);
    return true;
}

void attention_head_free(struct attention_head *head)
{
    memory_free(head->fixed);
    memory_free(head->turned[0]);
    *head = (struct attention_head){0};
}

/* ---- what is shown ------------------------------------------------------- */

double attention_value(const struct attention_head *head, enum attention_show show, size_t query,
                       size_t key)
{
    const struct probe_attention *of = head->of;
    size_t cell = query * head->tokens + key,
           at = (size_t)head->query_head * head->tokens * head->tokens + cell;
    if (!attention_sees(of, query, key))
        return NAN;
    switch (show) {
    case ATTENTION_SCORES:
        return (double)of->scores[at];
    case ATTENTION_FIXED:
        return head->part[SPLIT_FIXED][cell];
    case ATTENTION_TRAINABLE:
        return head->part[SPLIT_TRAINABLE][cell];
    case ATTENTION_FIXED_WEIGHTS:
        return head->weight[SPLIT_FIXED][cell];
    case ATTENTION_TRAINABLE_WEIGHTS:
        return head->weight[SPLIT_TRAINABLE][cell];
    default:
        return (double)of->weights[at];
    }
}

void attention_extent(const struct attention_head *head, enum attention_show show, double *low,
                      double *high)
{
    bool weights =
        show != ATTENTION_SCORES && show != ATTENTION_FIXED && show != ATTENTION_TRAINABLE;
    double most = 0;
    for (size_t query = 0; query < head->tokens && !weights; query++)
        for (size_t key = attention_first_key(head->of, query); key <= query; key++)
            most = fmax(most, fabs(attention_value(head, show, query, key)));
    *high = weights || most == 0 ? 1 : most;
    *low = weights ? 0 : -*high;
}
