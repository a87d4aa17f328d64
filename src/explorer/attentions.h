/* attentions.h: attention of query heads under the rule of a view, kept while nothing changes. */
#ifndef EXPLORER_ATTENTIONS_H
#define EXPLORER_ATTENTIONS_H

#include "ropescope/lists.h"

/* The attention of one head of settings->probed, with the pairs that the rule fixes. `of` is NULL
 * where it was not kept. false: no memory. Free with attention_head_free. */
bool attention_head_of(struct attention_head *out, const struct angles *angles,
                       const struct view_settings *settings, size_t layer, uint32_t head);

/* Zero-initialise. */
struct attentions {
    struct attention_head head[2];
};
void attentions_free(struct attentions *attentions);
struct attentions *memo_attentions(const struct state *state);

#endif
