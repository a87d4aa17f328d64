/* figure_change.c: the figures of what a fine-tune changed. */
#include "views/figure_parts.h"

#include <math.h>

/* By groups: means with their quartiles, or what each threshold would have kept. */
static void groups_figure(struct figure_job *job)
{
    static const char *const labels[CHANGE_BYS] = {"", "|cos| in the base", "layer", "pair",
                                                   "threshold"};
    const struct table *table = job->table;
    bool share = job->settings->by == CHANGE_BY_THRESHOLD,
         bins = job->settings->by == CHANGE_BY_BIN;
    struct figure_panel *panel = figure_panel_new(
        job, labels[job->settings->by], share ? "fraction" : "distance (|dw1| + |dw2|) / 2");
    for (size_t row = 0; row < table->row_count; row++) {
        double at = figure_number(table, row, 0);
        if (share) {
            figure_point(job, panel,
                         figure_series_of(panel, FIGURE_LINE, INK_QUERY, "trainable pairs"), at,
                         figure_number(table, row, figure_column(table, "trainable_fraction")), 0);
            figure_point(job, panel,
                         figure_series_of(panel, FIGURE_LINE, INK_KEY, "change that they hold"), at,
                         figure_number(table, row, figure_column(table, "kept_fraction")), 0);
            continue;
        }
        const char *part =
            bins ? "both" : figure_word(table, row, figure_column(table, "projection"));
        at = bins ? (at + figure_number(table, row, 1)) / 2 : at;
        figure_point(job, panel,
                     figure_series_of(panel, FIGURE_RANGE, figure_ink_of(part), "quartiles"), at,
                     figure_number(table, row, figure_column(table, "q25")),
                     figure_number(table, row, figure_column(table, "q75")));
        figure_point(
            job, panel,
            figure_series_of(panel, FIGURE_LINE, figure_ink_of(part), bins ? "mean" : part), at,
            figure_number(table, row, figure_column(table, "mean_distance")), 0);
    }
    panel->x.log = share;
    if (share || bins)
        panel->cut_x[0] = (double)job->settings->rule.threshold;
    figure_from_zero(&panel->y);
}

void change_figure(struct figure_job *job)
{
    if (job->settings->by != CHANGE_BY_PAIR) {
        groups_figure(job);
        return;
    }
    const struct table *table = job->table;
    struct figure_panel *cosines = figure_panel_new(job, "cos in the base", "cos in the fine-tune");
    struct figure_panel *moved =
        figure_panel_new(job, "|cos| in the base", "distance (|dw1| + |dw2|) / 2");
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = figure_word(table, row, figure_column(table, "projection"));
        double base = figure_number(table, row, figure_column(table, "cos_base"));
        figure_point(job, cosines,
                     figure_series_of(cosines, FIGURE_POINTS, figure_ink_of(part), part), base,
                     figure_number(table, row, figure_column(table, "cos_tuned")), 0);
        figure_point(job, moved, figure_series_of(moved, FIGURE_POINTS, figure_ink_of(part), part),
                     fabs(base), figure_number(table, row, figure_column(table, "distance")), 0);
    }
    figure_ends(&cosines->x, -1, 1);
    figure_ends(&cosines->y, -1, 1);
    figure_ends(&moved->x, 0, 1);
    figure_from_zero(&moved->y);
    moved->cut_x[0] = (double)job->settings->rule.threshold;
}
