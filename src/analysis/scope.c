/* scope.c: the numbers of whatever is selected: a head, a layer or the model. */
#include "analysis/cosines.h"

const char *scope_name(enum scope scope)
{
    static const char *const name[] = {"head", "layer", "model"};
    return name[scope];
}

/* The selected head as the projection counts its own: for keys, the head that the query head meets.
 */
static uint32_t selected_head(const struct angles *angles, const struct selection *selection,
                              int projection)
{
    if (projection == PROJECTION_QUERY)
        return selection->head;
    return layer_key_head(&angles->model->layers[selection->layer], selection->head);
}

/* The first and one past the last layer of a selection. */
static void selected_layers(const struct angles *angles, const struct selection *selection,
                            size_t *first, size_t *end)
{
    bool all = selection->scope == SCOPE_MODEL;
    *first = all ? 0 : selection->layer;
    *end = all ? angles->model->layer_count : selection->layer + 1;
}

void histogram_selection(struct histogram *histogram, const struct angles *angles,
                         const struct selection *selection, int projection)
{
    if (selection->scope == SCOPE_HEAD) {
        uint32_t head = selected_head(angles, selection, projection);
        struct cosines run = cosines_of_head(angles, selection->layer, projection, head);
        histogram_add(histogram, run.cos, run.count);
        return;
    }
    size_t layer, end;
    for (selected_layers(angles, selection, &layer, &end); layer < end; layer++) {
        struct cosines run = cosines_of_projection(angles, layer, projection);
        histogram_add(histogram, run.cos, run.count);
    }
}

struct tally tally_selection(const struct angles *angles, const struct selection *selection,
                             int projection, float threshold)
{
    if (selection->scope == SCOPE_HEAD)
        return tally_head(angles, selection->layer, projection,
                          selected_head(angles, selection, projection), threshold);
    if (selection->scope == SCOPE_LAYER)
        return tally_projection(angles, selection->layer, projection, threshold);
    struct rule rule = {.threshold = threshold, .first_layer = 0};
    rule.projection[projection] = true;
    return tally_model(angles, &rule);
}

struct correlation correlation_selection(const struct angles *angles,
                                         const struct selection *selection)
{
    if (selection->scope == SCOPE_HEAD)
        return correlation_head(angles, selection->layer, selection->head);
    if (selection->scope == SCOPE_LAYER)
        return correlation_layer(angles, selection->layer);
    return correlation_model(angles);
}
