/* figure_attention.c: attention as a figure: a map a head, of the numbers of its table. */
#include "views/figure_parts.h"

#include <math.h>
#include <string.h>

/* The keys of one query of one head, which are rows of the table that follow each other. */
struct query_rows {
    size_t first, end;
};

static struct query_rows query_rows_at(const struct figure_job *job, size_t row)
{
    const struct table *table = job->table;
    const size_t column[] = {figure_column(table, "layer"), figure_column(table, "head"),
                             figure_column(table, "query")};
    struct query_rows rows = {row, row};
    bool same = true;
    while (rows.end < table->row_count && same) {
        rows.end++;
        for (size_t i = 0; i < 3 && rows.end < table->row_count; i++)
            same = same && figure_number(table, rows.end, column[i]) ==
                               figure_number(table, row, column[i]);
    }
    return rows;
}

/* A panel for each head; the first ones where there are too many. */
static struct figure_panel *panel_of(struct figure_job *job, size_t row)
{
    char title[96];
    const struct table *table = job->table;
    struct figure *figure = job->figure;
    struct figure_panel *last = figure->panels > 0 ? &figure->panel[figure->panels - 1] : NULL;
    text_format(title, sizeof title, "layer %g, query head %g",
                figure_number(table, row, figure_column(table, "layer")),
                figure_number(table, row, figure_column(table, "head")));
    if (last && strcmp(title, last->title) == 0)
        return last;
    if (figure->panels == FIGURE_PANELS)
        return NULL;
    last = figure_panel_new(job, "key (position)", "query (position)");
    last->down = true;
    text_format(last->title, sizeof last->title, "%s", title);
    return last;
}

static double softcap_of(const struct figure_job *job, size_t row)
{
    double number = figure_number(job->table, row, figure_column(job->table, "layer"));
    const struct layer *layer = model_layer(job->model, (uint32_t)number);
    const struct probe *probe = job->settings->probed ? job->settings->probed->probe : NULL;
    size_t index = layer ? (size_t)(layer - job->model->layers) : SIZE_MAX;
    bool kept = probe && index < probe->layer_count && probe->layers[index].attention;
    return kept ? (double)probe->layers[index].attention->softcap : 0;
}

/* What is shown of the keys of a query, into values (end - first). */
static void take_values(const struct figure_job *job, struct query_rows rows, double *values)
{
    static const char *const names[ATTENTION_SHOWS] = {
        [ATTENTION_WEIGHTS] = "weight",      [ATTENTION_SCORES] = "score",
        [ATTENTION_FIXED] = "fixed",         [ATTENTION_TRAINABLE] = "trainable",
        [ATTENTION_FIXED_WEIGHTS] = "fixed", [ATTENTION_TRAINABLE_WEIGHTS] = "trainable",
    };
    enum attention_show show = job->settings->attention;
    size_t column = figure_column(job->table, names[show]), count = rows.end - rows.first;
    for (size_t i = 0; i < count; i++)
        values[i] = figure_number(job->table, rows.first + i, column);
    if (show == ATTENTION_FIXED_WEIGHTS || show == ATTENTION_TRAINABLE_WEIGHTS)
        attention_softmax(values, count, softcap_of(job, rows.first), values);
}

/* As on screen: weights from 0 to 1, all else about 0. */
static void take_ends(struct figure *figure, enum attention_show show, double most)
{
    bool weights =
        show != ATTENTION_SCORES && show != ATTENTION_FIXED && show != ATTENTION_TRAINABLE;
    figure->value_high = weights || !(most > 0) ? 1 : most;
    figure->value_low = weights ? 0 : -figure->value_high;
    text_format(figure->value_label, sizeof figure->value_label, "%s", attention_show_words(show));
    for (size_t i = 0; i < figure->panels; i++) {
        struct figure_panel *panel = &figure->panel[i];
        figure_ends(&panel->x, panel->x.low - 0.5, panel->x.high + 0.5);
        figure_ends(&panel->y, panel->y.low - 0.5, panel->y.high + 0.5);
    }
}

static void note_rest(struct figure *figure)
{
    size_t used = strlen(figure->title);
    text_format(figure->title + used, sizeof figure->title - used, ", the first %d heads",
                FIGURE_PANELS);
}

void attention_figure(struct figure_job *job)
{
    const struct table *table = job->table;
    const size_t query = figure_column(table, "query"), key = figure_column(table, "key");
    double most = 0;
    for (struct query_rows rows = {0}; rows.end < table->row_count;) {
        rows = query_rows_at(job, rows.end);
        struct figure_panel *panel = panel_of(job, rows.first);
        double *values = panel ? memory_array(rows.end - rows.first, sizeof *values) : NULL;
        job->lacks = job->lacks || (panel && !values);
        if (!panel)
            note_rest(job->figure);
        if (!values)
            break;
        take_values(job, rows, values);
        for (size_t row = rows.first; row < rows.end; row++) {
            double value = values[row - rows.first];
            most = isnan(value) ? most : fmax(most, fabs(value));
            figure_point(job, panel, figure_series_of(panel, FIGURE_CELLS, INK_BOTH, ""),
                         figure_number(table, row, key), figure_number(table, row, query), value);
        }
        memory_free(values);
    }
    take_ends(job->figure, job->settings->attention, most);
}
