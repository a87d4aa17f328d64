/* figure_offsets.c: the figure of rotary offsets: what the mean vectors of the selected head score
 * by distance, and the length of these vectors by pair. */
#include "views/figure_parts.h"
#include "views/offsets.h"

#include <math.h>

enum { POINTS = 400 };

/* At whole distances, where these are dense, and between them. */
static void add_scores(struct figure_job *job, struct figure_panel *panel,
                       struct figure_series *series, const struct head_offsets *head, size_t first,
                       size_t count)
{
    for (int i = 0; i < POINTS; i++) {
        double low = pow(head->context, (double)i / POINTS),
               high = pow(head->context, (i + 1.0) / POINTS);
        figure_point(job, panel, series, sqrt(low * high),
                     offsets_mean_score(head, first, count, low, high), 0);
    }
}

static void score_panel(struct figure_job *job, const struct head_offsets *head)
{
    struct figure_panel *panel = figure_panel_new(job, "tokens between query and key",
                                                  "mean query times mean key, rotated (derived)");
    char label[48];
    add_scores(job, panel, figure_series_of(panel, FIGURE_LINE, INK_BOTH, "all pairs"), head, 0,
               head->layer->pairs);
    size_t shown = 0;
    for (size_t i = 0; i < head->layer->pairs && shown < 4; i++) {
        if (!head->offset[i].feature)
            continue;
        text_format(label, sizeof label, "pair %zu", i);
        add_scores(
            job, panel,
            figure_series_of(panel, FIGURE_LINE, (enum figure_ink)(INK_FIRST + shown), label), head,
            i, 1);
        shown++;
    }
    panel->x.log = true;
    text_format(panel->title, sizeof panel->title, "score by distance%s",
                shown ? ", and of the first offset features" : "");
}

static void length_panel(struct figure_job *job, const struct head_offsets *head)
{
    struct figure_panel *panel = figure_panel_new(job, "pair", "length of the mean vector");
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        struct figure_series *series = figure_series_of(
            panel, FIGURE_LINE, p == PROJECTION_QUERY ? INK_QUERY : INK_KEY, projection_name(p));
        for (size_t i = 0; i < head->layer->pairs; i++)
            figure_point(job, panel, series, (double)i, head->offset[i].radius[p], 0);
    }
    figure_from_zero(&panel->y);
    for (size_t i = head->layer->pairs; i-- > 0 && head->offset[i].partial_cycle;)
        panel->cut_x[0] = (double)i - 0.5;
    text_format(panel->cut_label, sizeof panel->cut_label, "partial cycle");
}

void offsets_figure(struct figure_job *job)
{
    struct head_offsets head;
    const struct selection *at = &job->settings->selection;
    if (!head_offsets_fill(&head, job->settings->probed, job->model, at->layer, at->head))
        job->lacks = true;
    else if (head.layer) {
        score_panel(job, &head);
        length_panel(job, &head);
    }
    memory_free(head.offset);
}
