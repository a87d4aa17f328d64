/* views.c: the one table of views. */
#include "views/draw.h"

#include <string.h>

static const struct view views[VIEW_COUNT] = {
    {VIEW_OVERVIEW, "overview", "heat maps and the selected head", NULL, overview_draw},
    {VIEW_PAIRS, "pairs", "every rotary pair", pairs_table, pairs_draw},
    {VIEW_HEADS, "heads", "a line a head", heads_table, heads_draw},
    {VIEW_LAYERS, "layers", "a line a layer", layers_table, layers_draw},
    {VIEW_HISTOGRAM, "histogram", "how the cosines are spread", histogram_table, histogram_draw},
    {VIEW_SCATTER, "scatter", "query against key cosines", scatter_table, scatter_draw},
};

const struct view *view_of(enum view_id id)
{
    return &views[id];
}

const struct view *view_from_name(const char *name)
{
    for (size_t i = 0; i < VIEW_COUNT; i++)
        if (views[i].table && strcmp(views[i].name, name) == 0)
            return &views[i];
    return NULL;
}

void view_table_free(struct view_table *table)
{
    memory_free(table->owned);
    *table = (struct view_table){0};
}
