/* views.c: the one table of views. */
#include "explorer/baseline.h"
#include "explorer/profiles.h"
#include "views/attention.h"
#include "views/change.h"
#include "views/draw.h"
#include "views/offsets.h"

#include <string.h>

static const struct view views[VIEW_COUNT] = {
    {VIEW_OVERVIEW, "overview", "heat maps and the selected head", overview_table, overview_draw},
    {VIEW_PAIRS, "pairs", "every rotary pair", pairs_table, pairs_draw},
    {VIEW_HEADS, "heads", "a line a head", heads_table, heads_draw},
    {VIEW_LAYERS, "layers", "a line a layer", layers_table, layers_draw},
    {VIEW_HISTOGRAM, "histogram", "how the cosines are spread", histogram_table, histogram_draw},
    {VIEW_SCATTER, "scatter", "query against key cosines", scatter_table, scatter_draw},
    {VIEW_THRESHOLD, "threshold", "fixed pairs by threshold", threshold_table, threshold_draw},
    {VIEW_PROFILE, "profile", "a measure against the layer", profile_table, profile_draw},
    {VIEW_FREQUENCY, "frequency", "|cos| and norms by frequency", frequency_table, frequency_draw},
    {VIEW_STRIP, "strip", "the cosine of every pair of a layer", strip_table, strip_draw},
    {VIEW_SPECTRUM, "spectrum", "what pairs can carry, by weights alone", spectrum_table,
     spectrum_draw},
    {VIEW_OFFSETS, "offsets", "constant parts of queries and keys over a text", offsets_table,
     offsets_draw},
    {VIEW_ATTENTION, "attention", "which tokens a head looks at in a text", attention_table,
     attention_draw},
    {VIEW_CHANGE, "change", "what a fine-tune moved", change_table, change_draw},
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

static struct cell cell_of_list(const void *context, size_t line, size_t column)
{
    return list_cell(context, line, column);
}

void view_table_of_list(struct view_table *out, const struct list *list)
{
    size_t count;
    const char *const *columns = list_columns(list->view, &count);
    const struct awm *lines = list->rows->settings.lines;
    if (list->view == VIEW_PAIRS && lines && lines->random)
        count = PAIR_COLUMNS;
    out->table = (struct table){columns, count, list->count, cell_of_list, list};
}

enum status view_list_table(enum view_id view, const struct angles *angles,
                            const struct view_settings *settings, struct view_table *out,
                            struct error *err)
{
    *out = (struct view_table){0};
    enum status status = list_new(view, angles, settings, NULL, &out->list, err);
    if (status == STATUS_OK)
        view_table_of_list(out, out->list);
    return status;
}

void view_table_free(struct view_table *table)
{
    if (table->strip)
        strip_rows_free(table->strip);
    if (table->change)
        change_rows_free(table->change);
    if (table->spectrum)
        spectrum_free(table->spectrum);
    if (table->offsets)
        offset_rows_free(table->offsets);
    if (table->attention)
        attention_rows_free(table->attention);
    if (table->profiles)
        profiles_free(table->profiles);
    memory_free(table->owned);
    memory_free(table->also);
    if (table->baseline)
        baseline_free(table->baseline);
    memory_free(table->baseline);
    list_free(table->list);
    *table = (struct view_table){0};
}
