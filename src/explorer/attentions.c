/* attentions.c: the attention of heads of a run over a text, taken apart by what the rule fixes. */
#include "explorer/attentions.h"

#include <math.h>
#include <string.h>

/* ---- of any settings ----------------------------------------------------- */

/* Fixed is as in the columns of that name: |cos| reaches the threshold, in whatever layer, of the
 * query head and of the key head that it meets. (pairs) owned by the caller; *lacks: no memory;
 * NULL without it: the layer has not been scanned yet. */
static unsigned char *fixed_of(const struct angles *angles, const struct view_settings *settings,
                               size_t index, uint32_t head, bool *lacks)
{
    const struct layer *layer = &angles->model->layers[index];
    const struct layer_angles *of = &angles->layers[index];
    if (!of->ready || (layer->pairs > 0 && head >= layer->projection[PROJECTION_QUERY].heads))
        return NULL;
    unsigned char *fixed = memory_array((size_t)layer->pairs + 1, 1);
    *lacks = !fixed;
    for (int p = 0; p < PROJECTION_COUNT && fixed && layer->pairs > 0; p++) {
        uint32_t own = p == PROJECTION_QUERY ? head : layer_key_head(layer, head);
        const float *cos = of->set[p].cos + (size_t)own * layer->pairs;
        float threshold = settings_threshold(settings, layer->number, p, own);
        for (uint32_t pair = 0; pair < layer->pairs; pair++)
            fixed[pair] = rule_fixes(cos[pair], threshold) && (p == 0 || fixed[pair]);
    }
    return fixed;
}

static const struct probe_attention *kept_by_run(const struct angles *angles,
                                                 const struct view_settings *settings, size_t layer)
{
    const struct probed *probed = settings->probed;
    if (!probed || layer >= probed->probe->layer_count || layer >= angles->model->layer_count)
        return NULL;
    const struct probe_attention *of = probed->probe->layers[layer].attention;
    return of && of->pairs == angles->model->layers[layer].pairs ? of : NULL;
}

bool attention_head_of(struct attention_head *out, const struct angles *angles,
                       const struct view_settings *settings, size_t layer, uint32_t head)
{
    bool lacks = false;
    *out = (struct attention_head){0};
    if (!kept_by_run(angles, settings, layer))
        return true;
    unsigned char *fixed = fixed_of(angles, settings, layer, head, &lacks);
    bool made = !lacks && attention_head_make(out, settings->probed->probe, layer,
                                              &settings->probed->model->layers[layer], head, fixed);
    memory_free(fixed);
    return made;
}

/* ---- kept ---------------------------------------------------------------- */

void attentions_free(struct attentions *attentions)
{
    for (int slot = 0; slot < 2; slot++)
        attention_head_free(&attentions->head[slot]);
}

/* Whether the head is what would be made anew. */
static bool is_up_to_date(const struct attention_head *kept, const struct probe_attention *of,
                          uint32_t head, const unsigned char *fixed)
{
    return of && kept->of == of && kept->query_head == head && !kept->fixed == !fixed &&
           (!fixed || memcmp(kept->fixed, fixed, of->pairs) == 0);
}

const struct attention_head *state_attention(const struct state *state, uint32_t head, int slot)
{
    struct attention_head *kept = &memo_attentions(state)->head[slot];
    struct view_settings settings = state_settings(state);
    size_t layer = settings.selection.layer;
    const struct probe_attention *of = kept_by_run(state->angles, &settings, layer);
    bool lacks = false;
    if (!settings.probed)
        return NULL;
    unsigned char *fixed = of ? fixed_of(state->angles, &settings, layer, head, &lacks) : NULL;
    bool same = is_up_to_date(kept, of, head, fixed);
    memory_free(fixed);
    if (same)
        return kept;
    attention_head_free(kept);
    return !lacks && attention_head_of(kept, state->angles, &settings, layer, head) ? kept : NULL;
}

/* ---- what the explorer looks at ------------------------------------------ */

struct token_cell state_token_cell(const struct state *state)
{
    const struct probed *probed = state->settings.probed;
    size_t last = probed && probed->probe->token_count > 0 ? probed->probe->token_count - 1 : 0;
    size_t query = state->token_query < last ? state->token_query : last;
    return (struct token_cell){query, state->token_key < query ? state->token_key : query};
}

bool state_extreme_heads(const struct state *state, uint32_t out[2], double mean[2])
{
    const struct layer *layer = state_layer(state);
    size_t index = state->settings.selection.layer, found = 0;
    for (uint32_t head = 0; state_ready(state) && head < layer->projection[0].heads; head++) {
        struct tally tally = tally_head(state->angles, index, PROJECTION_QUERY, head, 0);
        double abs_cos = tally_mean_abs(&tally);
        if (isnan(abs_cos))
            continue;
        found++;
        for (int i = 0; i < 2; i++)
            if (found == 1 || (i == 0 ? abs_cos > mean[i] : abs_cos < mean[i])) {
                out[i] = head;
                mean[i] = abs_cos;
            }
    }
    return found > 1 && out[0] != out[1];
}
