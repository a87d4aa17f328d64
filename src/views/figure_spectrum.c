/* figure_spectrum.c: what pairs can carry, as a figure: means by pair index and the two lines. */
#include "views/figure_parts.h"

#include <math.h>
#include <string.h>

/* Sums over the rows of the table, (projection, pair). */
struct by_pair {
    size_t pairs;
    double *sum, *count; /* one piece of memory, owned */
};

/* Layers whose rows the table has, the first that rotates; NULL: none. */
static const struct layer *first_layer(const struct figure_job *job)
{
    const struct selection *at = &job->settings->selection;
    for (size_t i = 0; i < job->model->layer_count; i++)
        if (job->model->layers[i].pairs > 0 && (at->scope == SCOPE_MODEL || at->layer == i))
            return &job->model->layers[i];
    return NULL;
}

static bool start(struct by_pair *means, const struct figure_job *job)
{
    *means = (struct by_pair){0};
    for (size_t i = 0; i < job->model->layer_count; i++)
        if (job->model->layers[i].pairs > means->pairs)
            means->pairs = job->model->layers[i].pairs;
    size_t cells = PROJECTION_COUNT * means->pairs;
    means->sum = memory_array(2 * cells + 1, sizeof *means->sum);
    means->count = means->sum + cells;
    return means->sum;
}

/* The rows whose pair is defined. */
static void take_rows(struct by_pair *means, const struct figure_job *job)
{
    const struct table *table = job->table;
    size_t projection = figure_column(table, "projection"), pair = figure_column(table, "pair"),
           norm = figure_column(table, "norm"), cos = figure_column(table, "cos");
    for (size_t row = 0; row < table->row_count; row++) {
        bool key = strcmp(figure_word(table, row, projection), "key") == 0;
        double angle = figure_number(table, row, cos);
        size_t at = (size_t)key * means->pairs + (size_t)figure_number(table, row, pair);
        if (isnan(angle))
            continue;
        means->sum[at] +=
            job->settings->shade == SHADE_COS ? fabs(angle) : figure_number(table, row, norm);
        means->count[at]++;
    }
}

/* Sums become means, less their median where that is asked for. */
static void take_means(double *sum, const double *count, size_t pairs, bool excess, double *order)
{
    for (size_t i = 0; i < pairs; i++)
        order[i] = sum[i] = count[i] > 0 ? sum[i] / count[i] : (double)NAN;
    double median = excess ? spread_of(order, pairs).median : 0;
    for (size_t i = 0; i < pairs; i++)
        sum[i] -= median;
}

static void draw_lines(const struct figure_job *job, struct figure_panel *panel)
{
    const struct layer *layer = first_layer(job);
    unsigned long long context = job->model->context;
    if (!layer || context == 0)
        return;
    struct cycle_lines lines = cycle_lines_of(layer->frequency, layer->pairs, context);
    const uint32_t at[2] = {lines.partial, lines.half};
    text_format(panel->cut_label, sizeof panel->cut_label, "cycles");
    char from[2][TEXT_NUMBER];
    for (int i = 0; i < 2; i++) {
        text_format(from[i], TEXT_NUMBER, "none");
        if (at[i] == layer->pairs)
            continue;
        text_format(from[i], TEXT_NUMBER, "from pair %u", at[i]);
        panel->cut_x[i] = at[i] - 0.5;
    }
    text_format(panel->title, sizeof panel->title,
                "partial cycle %s, half cycle %s (derived, context %llu, layer %u)", from[0],
                from[1], context, layer->number);
}

void spectrum_figure(struct figure_job *job)
{
    static const char *const labels[PAIR_SHADES] = {"mean norm of the pair's rows", "mean |cos|",
                                                    "mean norm less its median"};
    struct figure_panel *panel = figure_panel_new(job, "pair", labels[job->settings->shade]);
    bool excess = job->settings->shade == SHADE_EXCESS;
    struct by_pair means;
    double *order = start(&means, job) ? memory_array(means.pairs + 1, sizeof *order) : NULL;
    if (order)
        take_rows(&means, job);
    job->lacks = job->lacks || !order;
    for (int p = 0; p < PROJECTION_COUNT && order; p++) {
        double *sum = means.sum + (size_t)p * means.pairs;
        if (!job->settings->rule.projection[p])
            continue;
        take_means(sum, means.count + (size_t)p * means.pairs, means.pairs, excess, order);
        struct figure_series *series = figure_series_of(
            panel, FIGURE_LINE, figure_ink_of(projection_name(p)), projection_name(p));
        for (size_t i = 0; i < means.pairs; i++)
            figure_point(job, panel, series, (double)i, sum[i], 0);
    }
    draw_lines(job, panel);
    if (!excess)
        figure_from_zero(&panel->y);
    memory_free(order);
    memory_free(means.sum);
}
