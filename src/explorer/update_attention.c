/* update_attention.c: the cursor on a query and a key of a text, and which heads are shown. */
#include "explorer/update.h"
#include "ropescope/lists.h"

static bool move_token(struct state *state, long queries, long keys)
{
    struct token_cell cell = state_token_cell(state);
    const struct probed *probed = state->settings.probed;
    if (!probed)
        return true;
    if (queries != 0) /* the key is kept, and comes back where the query sees it again */
        state->token_query = update_moved(cell.query, queries, probed->probe->token_count);
    else
        state->token_key = update_moved(cell.key, keys, cell.query + 1);
    return true;
}

bool update_attention(struct state *state, enum action action)
{
    if (state->view != VIEW_ATTENTION)
        return false;
    switch (action) {
    case ACTION_POINT_LEFT:
        return move_token(state, 0, -1);
    case ACTION_POINT_RIGHT:
        return move_token(state, 0, 1);
    case ACTION_POINT_UP:
        return move_token(state, -1, 0);
    case ACTION_POINT_DOWN:
        return move_token(state, 1, 0);
    case ACTION_EXTREME_HEADS:
        state->extreme_heads = !state->extreme_heads;
        if (state->extreme_heads && state->cols < ATTENTION_TWO_COLS)
            text_format(state->message, sizeof state->message,
                        "two heads side by side take %d columns", ATTENTION_TWO_COLS);
        return true;
    default:
        return false;
    }
}
