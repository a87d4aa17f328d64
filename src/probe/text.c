/* text.c: where tokens become states, and states logits of what comes next. */
#include "run.h"

#include <math.h>
#include <string.h>

enum status embed(struct run *run, const uint32_t *tokens)
{
    float scale = run->settings.family->scales_embedding ? sqrtf((float)run->hidden) : 1;
    for (size_t t = 0; t < run->positions; t++) {
        float *to = run->state + t * run->hidden;
        enum status status =
            workers_read_row(&run->workers, run->text.embedding, tokens[t], to, run->err);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < run->hidden; i++)
            to[i] *= scale;
    }
    return STATUS_OK;
}

/* ---- what comes next ----------------------------------------------------- */

/* Keeps the best so far in order; of equal ones the first that came. */
static void offer(struct probe_choice *top, uint32_t token, float logit)
{
    size_t at = PROBE_TOP;
    while (at > 0 && (logit > top[at - 1].logit || top[at - 1].token == UINT32_MAX))
        at--;
    if (at == PROBE_TOP)
        return;
    memmove(top + at + 1, top + at, (PROBE_TOP - 1 - at) * sizeof *top);
    top[at] = (struct probe_choice){token, logit};
}

/* A block of the vocabulary: (positions, count) logits of the tokens from `first` on. */
static void take_block(struct run *run, float *block, size_t first, size_t count, float *logits,
                       struct probe_choice *top)
{
    float cap = run->settings.logit_cap;
    for (size_t i = 0; cap > 0 && i < run->positions * count; i++)
        block[i] = cap * tanhf(block[i] / cap);
    for (size_t t = 0; top && t < run->positions; t++)
        for (size_t i = 0; i < count; i++)
            offer(top + t * PROBE_TOP, (uint32_t)(first + i), block[t * count + i]);
    memcpy(logits + first, block + (run->positions - 1) * count, count * sizeof *block);
}

/* Rows of the head at a time, so that logits of all positions take no more than 32 MB or so. */
static size_t block_rows(const struct run *run)
{
    enum { NUMBERS = 1 << 23, LEAST = 64 };
    size_t rows = NUMBERS / run->positions, all = (size_t)run->text.head->shape[0];
    rows = rows < LEAST ? LEAST : rows;
    return rows < all ? rows : all;
}

enum status read_out(struct run *run, float *logits, struct probe_choice *top)
{
    const size_t vocabulary = (size_t)run->text.head->shape[0], most = block_rows(run);
    enum status status = STATUS_OK;
    float *block = new_floats(run->positions, most);
    if (!block)
        return error_memory(run->err);
    for (size_t i = 0; top && i < run->positions * PROBE_TOP; i++)
        top[i] = (struct probe_choice){UINT32_MAX, -INFINITY};
    norm_rows(run->state, run->text.norm, run->settings.epsilon, run->positions, run->hidden,
              run->normed);
    for (size_t first = 0; first < vocabulary && status == STATUS_OK; first += most) {
        size_t rows = vocabulary - first < most ? vocabulary - first : most;
        const struct product product = {.weight = run->text.head,
                                        .first = first,
                                        .rows = rows,
                                        .from = run->normed,
                                        .to = block,
                                        .positions = run->positions};
        status = workers_multiply(&run->workers, &product, 1, run->err);
        if (status == STATUS_OK)
            take_block(run, block, first, rows, logits, top);
    }
    memory_free(block);
    return status;
}
