/* change_rows.c: what a fine-tune changed, by groups of pairs: the rows of the table and of the
 * lines of the view of changes. */
#include "ropescope/lists.h"

#include <math.h>

static uint32_t heads_of(const void *context, size_t layer, int projection, uint32_t *first)
{
    const struct view_settings *settings = context;
    return settings->rule.projection[projection]
               ? settings_heads(settings, settings->changes->base, layer, projection, first)
               : 0;
}

struct change_share change_share_of_rule(const struct changes *changes, const struct rule *rule,
                                         float threshold)
{
    struct change_share all = {0};
    for (size_t i = 0; i < changes->base->model->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            struct change_share share = {0};
            if (rule->projection[p] && changes->base->model->layers[i].number >= rule->first_layer)
                share = change_share_projection(changes, i, p, threshold);
            change_share_add(&all, &share);
        }
    return all;
}

/* Groups that hold something, but for bins, which are all there. */
static bool fill_groups(struct change_rows *rows, const struct view_settings *settings)
{
    size_t count;
    rows->group = change_groups_new(settings->changes, settings->by, heads_of, settings, &count);
    rows->row = memory_array(count + 1, sizeof *rows->row);
    if (!rows->group || !rows->row)
        return false;
    for (size_t i = 0; i < count; i++)
        if (settings->by == CHANGE_BY_BIN || rows->group[i].distance.count > 0)
            rows->row[rows->count++] = i;
    return true;
}

bool change_rows_fill(struct change_rows *rows, const struct view_settings *settings)
{
    *rows = (struct change_rows){.by = settings->by, .model = settings->changes->base->model};
    if (settings->by != CHANGE_BY_THRESHOLD)
        return fill_groups(rows, settings);
    rows->count = CURVE_TABLE;
    for (size_t t = 0; t < CURVE_TABLE; t++)
        rows->share[t] = change_share_of_rule(settings->changes, &settings->rule, curve_table[t]);
    return true;
}

void change_rows_free(struct change_rows *rows)
{
    memory_free(rows->group);
    memory_free(rows->row);
    *rows = (struct change_rows){0};
}

/* Which row the cursor is on: that of the selected layer, of the selected pair, of its |cos|, of
 * the threshold; count: none. */
size_t change_rows_cursor(const struct change_rows *rows, const struct state *state, int projection)
{
    struct row item = state_item(state);
    double threshold = (double)state->settings.rule.threshold, least = INFINITY;
    size_t index = rows->by == CHANGE_BY_LAYER ? item.layer_index : item.pair, at = rows->count;
    if (rows->by == CHANGE_BY_BIN)
        index = change_bin(row_cos(state->angles, &item, item.projection));
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->by == CHANGE_BY_THRESHOLD) {
            double apart = fabs(log((double)curve_table[i]) - log(fmax(threshold, 1e-9)));
            at = apart < least ? i : at;
            least = fmin(apart, least);
        } else if (rows->group[rows->row[i]].index == index &&
                   (rows->by == CHANGE_BY_BIN ||
                    rows->group[rows->row[i]].projection == projection)) {
            at = i;
        }
    }
    return at;
}
