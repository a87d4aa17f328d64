/* figures.c: views as figures for a paper, made of the numbers of their tables. */
#include "views/figure_parts.h"

#include <math.h>
#include <string.h>

/* ---- the views ----------------------------------------------------------- */

/* The columns that a profile is drawn from; SIZE_MAX: it shows no such thing. */
struct profile_columns {
    size_t model, part, x, y, low, high, chance;
};

static struct profile_columns profile_columns(const struct figure_job *job)
{
    static const char *const of_line[PROFILE_LINES] = {"mean_abs_cos", "median_abs_cos", "fraction",
                                                       "correlation", "mean_norm"};
    const struct table *table = job->table;
    enum profile_line line = job->settings->line;
    bool mean = line == PROFILE_MEAN;
    const char *chance = mean ? "chance_mean_abs_cos" : "chance_fraction";
    return (struct profile_columns){
        .model = figure_column(table, "model"),
        .part = figure_column(table, "projection"),
        .x = figure_column(table, job->settings->relative ? "depth" : "layer"),
        .y = figure_column(table, of_line[line]),
        .low = mean ? figure_column(table, "q25_of_heads") : SIZE_MAX,
        .high = mean ? figure_column(table, "q75_of_heads") : SIZE_MAX,
        .chance = mean || line == PROFILE_FRACTION ? figure_column(table, chance) : SIZE_MAX,
    };
}

/* Quartiles and chance are those of the model that is explored: more bands would hide each other.
 */
static void profile_ground(struct figure_job *job, struct figure_panel *panel, size_t row,
                           const struct profile_columns *of, const char *part)
{
    const struct table *table = job->table;
    double at = figure_number(table, row, of->x);
    if (of->low != SIZE_MAX)
        figure_point(job, panel,
                     figure_series_of(panel, FIGURE_RANGE, figure_ink_of(part), "quartiles"), at,
                     figure_number(table, row, of->low), figure_number(table, row, of->high));
    if (of->chance == SIZE_MAX || strcmp(part, "query") != 0)
        return;
    struct figure_series *chance = figure_series_of(panel, FIGURE_LINE, INK_CHANCE, "chance");
    if (chance)
        chance->dashed = true;
    figure_point(job, panel, chance, at, figure_number(table, row, of->chance), 0);
}

/* The line of a projection of a model; NULL: there are too many. */
static struct figure_series *profile_line_new(struct figure_panel *panel, const char *part,
                                              const char *name, unsigned model)
{
    struct figure_series *series = figure_series_new(panel, FIGURE_LINE, figure_ink_of(part));
    if (!series)
        return NULL;
    series->model = model;
    text_format(series->label, sizeof series->label, "%s%s%.70s", part, *name ? ", " : "", name);
    return series;
}

static void profile_figure(struct figure_job *job)
{
    const struct table *table = job->table;
    const struct profile_columns of = profile_columns(job);
    struct figure_panel *panel = figure_panel_new(job, job->settings->relative ? "depth" : "layer",
                                                  profile_line_words(job->settings->line));
    struct figure_series *line[PROJECTION_COUNT] = {NULL, NULL};
    char name[512] = "", part[16], last[512] = "";
    unsigned model = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        text_format(name, sizeof name, "%s", figure_word(table, row, of.model));
        text_format(part, sizeof part, "%s", figure_word(table, row, of.part));
        if (row > 0 && strcmp(name, last) != 0) {
            line[PROJECTION_QUERY] = line[PROJECTION_KEY] = NULL;
            model++;
        }
        text_format(last, sizeof last, "%s", name);
        if (model == 0)
            profile_ground(job, panel, row, &of, part);
        int which = strcmp(part, "key") == 0 ? PROJECTION_KEY : PROJECTION_QUERY;
        if (!line[which])
            line[which] = profile_line_new(panel, part,
                                           job->settings->companion_count > 0 ? name : "", model);
        figure_point(job, panel, line[which], figure_number(table, row, of.x),
                     figure_number(table, row, of.y), 0);
    }
    if (job->settings->line == PROFILE_CORRELATION)
        figure_ends(&panel->y, -1, 1);
    else
        figure_from_zero(&panel->y);
}

static void frequency_figure(struct figure_job *job)
{
    static const char *const labels[PAIR_AXES] = {"pair", "frequency (radians a token)",
                                                  "wavelength (tokens a turn)"};
    const struct table *table = job->table;
    bool norms = job->settings->norms;
    struct figure_panel *panel =
        figure_panel_new(job, labels[job->settings->axis], norms ? "(|w1| + |w2|) / 2" : "|cos|");
    size_t x = figure_column(table, pair_axis_name(job->settings->axis));
    size_t y = figure_column(table, norms ? "mean_norm" : "mean_abs_cos");
    size_t low = figure_column(table, norms ? "norm_q25" : "q25");
    size_t high = figure_column(table, norms ? "norm_q75" : "q75");
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = figure_word(table, row, figure_column(table, "projection"));
        double at = figure_number(table, row, x);
        figure_point(job, panel,
                     figure_series_of(panel, FIGURE_RANGE, figure_ink_of(part), "quartiles"), at,
                     figure_number(table, row, low), figure_number(table, row, high));
        figure_point(job, panel, figure_series_of(panel, FIGURE_LINE, figure_ink_of(part), part),
                     at, figure_number(table, row, y), 0);
    }
    panel->x.log = job->settings->axis != PAIR_AXIS_INDEX && panel->x.low > 0;
    figure_from_zero(&panel->y);
}

/* The table goes by layers and the model; a head's selection stands for its layer's. */
static void threshold_figure(struct figure_job *job)
{
    const struct table *table = job->table;
    const struct selection *at = &job->settings->selection;
    struct figure_panel *panel = figure_panel_new(job, "threshold of |cos|", "fraction fixed");
    const char *scope = at->scope == SCOPE_MODEL ? "model" : "layer";
    for (size_t row = 0; row < table->row_count; row++) {
        double layer = figure_number(table, row, figure_column(table, "layer"));
        double threshold = figure_number(table, row, figure_column(table, "threshold"));
        if (strcmp(figure_word(table, row, figure_column(table, "scope")), scope) != 0 ||
            (at->scope != SCOPE_MODEL && layer != job->model->layers[at->layer].number) ||
            !(threshold > 0))
            continue;
        const char *part = figure_word(table, row, figure_column(table, "projection"));
        figure_point(job, panel, figure_series_of(panel, FIGURE_LINE, figure_ink_of(part), part),
                     threshold, figure_number(table, row, figure_column(table, "fraction")), 0);
        struct figure_series *chance = figure_series_of(panel, FIGURE_LINE, INK_CHANCE, "chance");
        if (chance)
            chance->dashed = true;
        if (panel->series[0].ink == figure_ink_of(part))
            figure_point(job, panel, chance, threshold,
                         figure_number(table, row, figure_column(table, "chance")), 0);
    }
    panel->x.log = !job->settings->linear;
    panel->cut_x[0] = (double)job->settings->rule.threshold;
    figure_ends(&panel->y, 0, 1);
}

static void histogram_figure(struct figure_job *job)
{
    const struct table *table = job->table;
    const struct view_settings *settings = job->settings;
    bool log = settings->log;
    struct figure_panel *panel = NULL;
    char last[16] = "";
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = figure_word(table, row, figure_column(table, "projection"));
        if (!panel || strcmp(part, last) != 0) {
            panel = figure_panel_new(job, quantity_name(settings->unit),
                                     log ? "log(1 + pairs)" : "pairs");
            text_format(panel->title, sizeof panel->title, "%s", part);
            text_format(last, sizeof last, "%s", part);
            draw_cuts(settings->unit, (double)settings->rule.threshold, panel->cut_x);
        }
        figure_point(job, panel, figure_series_of(panel, FIGURE_BARS, figure_ink_of(part), ""),
                     figure_number(table, row, figure_column(table, "low")),
                     figure_number(table, row, figure_column(table, log ? "log1p_count" : "count")),
                     figure_number(table, row, figure_column(table, "high")));
    }
    for (size_t i = 0; i < job->figure->panels; i++)
        figure_from_zero(&job->figure->panel[i].y);
}

/* How the points go together, as the title of their panel. */
static void note_correlation(struct figure_panel *panel, const struct table *table, size_t x,
                             size_t y)
{
    struct correlation sums = {0};
    char pairs[TEXT_NUMBER];
    for (size_t row = 0; row < table->row_count; row++) {
        double a = figure_number(table, row, x), b = figure_number(table, row, y);
        if (!isnan(a) && !isnan(b))
            correlation_add(&sums, a, b);
    }
    double r = correlation_r(&sums);
    struct interval in = correlation_interval(r, sums.count), slope = slope_interval(&sums);
    if (isnan(r) || isnan(in.low))
        return;
    text_format(panel->title, sizeof panel->title,
                "r = %.3f [%.3f, %.3f], slope %.3f [%.3f, %.3f], %s pairs", r, in.low, in.high,
                correlation_slope(&sums), slope.low, slope.high, text_count(pairs, sums.count));
}

static void scatter_figure(struct figure_job *job)
{
    static const char *const bands[BANDS] = {"below 32 tokens a turn", "32 to 512", "512 to 8192",
                                             "8192 and more"};
    enum { X = 5, Y = 6 }; /* called by the unit */
    const struct table *table = job->table;
    const struct zoom *zoom = &job->settings->zoom;
    char x[64], y[64];
    bool tuned = job->settings->against_tuned;
    text_format(x, sizeof x, "%s %s", tuned ? "base" : "query", quantity_name(job->settings->unit));
    text_format(y, sizeof y, "%s %s", tuned ? "fine-tune" : "key",
                quantity_name(job->settings->unit));
    struct figure_panel *panel = figure_panel_new(job, x, y);
    for (unsigned band = 0; band < BANDS; band++)
        figure_series_of(panel, FIGURE_POINTS, (enum figure_ink)(INK_FIRST + band), bands[band]);
    for (size_t row = 0; row < table->row_count; row++) {
        double wavelength =
            2 * acos(-1) / figure_number(table, row, figure_column(table, "frequency"));
        unsigned band = 0;
        while (band < BANDS - 1 && wavelength >= band_start[band])
            band++;
        figure_point(job, panel, &panel->series[band], figure_number(table, row, X),
                     figure_number(table, row, Y), 0);
    }
    double low, high;
    quantity_range(job->settings->unit, &low, &high);
    figure_ends(&panel->x, zoom_whole(zoom) ? low : zoom->x_low,
                zoom_whole(zoom) ? high : zoom->x_high);
    figure_ends(&panel->y, zoom_whole(zoom) ? low : zoom->y_low,
                zoom_whole(zoom) ? high : zoom->y_high);
    draw_cuts(job->settings->unit, (double)job->settings->rule.threshold, panel->cut_x);
    draw_cuts(job->settings->unit, (double)job->settings->rule.threshold, panel->cut_y);
    note_correlation(panel, table, X, Y);
}

static void overview_figure(struct figure_job *job)
{
    const struct table *table = job->table;
    struct figure *figure = job->figure;
    struct figure_panel *of[PROJECTION_COUNT] = {NULL, NULL};
    figure->value_low = INFINITY;
    figure->value_high = -INFINITY;
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = figure_word(table, row, figure_column(table, "projection"));
        int p = strcmp(part, "key") == 0 ? PROJECTION_KEY : PROJECTION_QUERY;
        if (!of[p]) {
            of[p] = figure_panel_new(job, "head", "layer");
            of[p]->down = true;
            text_format(of[p]->title, sizeof of[p]->title, "%s heads", part);
        }
        double value = figure_number(table, row, 3);
        if (!isnan(value)) {
            figure->value_low = fmin(figure->value_low, value);
            figure->value_high = fmax(figure->value_high, value);
        }
        figure_point(job, of[p], figure_series_of(of[p], FIGURE_CELLS, INK_BOTH, ""),
                     figure_number(table, row, figure_column(table, "head")),
                     figure_number(table, row, figure_column(table, "layer")), value);
    }
    if (!(figure->value_low < figure->value_high))
        figure->value_high = figure->value_low + 1;
    for (size_t i = 0; i < figure->panels; i++) { /* cells reach half a step beyond their middle */
        figure_ends(&figure->panel[i].x, figure->panel[i].x.low - 0.5,
                    figure->panel[i].x.high + 0.5);
        figure_ends(&figure->panel[i].y, figure->panel[i].y.low - 0.5,
                    figure->panel[i].y.high + 0.5);
    }
    text_format(figure->value_label, sizeof figure->value_label, "%s",
                measure_words(job->settings->measure));
}

static double pairs_a_head(const struct figure_job *job, size_t row)
{
    double number = figure_number(job->table, row, figure_column(job->table, "layer"));
    const struct layer *layer = model_layer(job->model, (uint32_t)number);
    return layer ? layer->pairs : 0;
}

/* "layer 3, query", or "layer 3, query head 2" where there is but one. */
static void strip_title(const struct figure_job *job, size_t row, char *out, size_t size)
{
    const struct table *table = job->table;
    char head[32] = "";
    if (job->settings->selection.scope == SCOPE_HEAD)
        text_format(head, sizeof head, " head %g",
                    figure_number(table, row, figure_column(table, "head")));
    text_format(out, size, "layer %g, %s%s",
                figure_number(table, row, figure_column(table, "layer")),
                figure_word(table, row, figure_column(table, "projection")), head);
}

/* A panel for the query and one for the key of each layer. */
static struct figure_panel *strip_panel(struct figure_job *job, size_t row, const char *title,
                                        enum figure_ink ink)
{
    struct figure_panel *panel = figure_panel_new(job, "pair, head by head", "cos");
    text_format(panel->title, sizeof panel->title, "%s", title);
    draw_cuts(QUANTITY_COS, (double)job->settings->rule.threshold, panel->cut_y);
    panel->step = pairs_a_head(job, row);
    figure_series_of(panel, FIGURE_POINTS, ink, "fixed");
    figure_series_of(panel, FIGURE_POINTS, INK_CHANCE, "trainable");
    return panel;
}

static void strip_figure(struct figure_job *job)
{
    const struct table *table = job->table;
    struct figure_panel *panel = NULL;
    char title[64];
    for (size_t row = 0; row < table->row_count; row++) {
        strip_title(job, row, title, sizeof title);
        if (!panel || strcmp(title, panel->title) != 0)
            panel = strip_panel(
                job, row, title,
                figure_ink_of(figure_word(table, row, figure_column(table, "projection"))));
        bool fixed = figure_number(table, row, figure_column(table, "fixed")) > 0;
        figure_point(job, panel, &panel->series[fixed ? 0 : 1],
                     figure_number(table, row, figure_column(table, "index")),
                     figure_number(table, row, figure_column(table, "cos")), 0);
        figure_ends(&panel->y, -1, 1);
    }
}

/* ---- all of them --------------------------------------------------------- */

/* NULL: a list is no plot. */
static void (*const figures[VIEW_COUNT])(struct figure_job *) = {
    [VIEW_OVERVIEW] = overview_figure,   [VIEW_HISTOGRAM] = histogram_figure,
    [VIEW_SCATTER] = scatter_figure,     [VIEW_THRESHOLD] = threshold_figure,
    [VIEW_PROFILE] = profile_figure,     [VIEW_FREQUENCY] = frequency_figure,
    [VIEW_STRIP] = strip_figure,         [VIEW_CHANGE] = change_figure,
    [VIEW_SPECTRUM] = spectrum_figure,   [VIEW_OFFSETS] = offsets_figure,
    [VIEW_ATTENTION] = attention_figure,
};

/* What is plotted, where the view's own words say more than that. */
static const char *subject_of(const struct figure_job *job, const struct view *view)
{
    if (view->id == VIEW_OVERVIEW)
        return measure_words(job->settings->measure);
    if (view->id == VIEW_SCATTER && job->settings->against_tuned)
        return "cosines of base against fine-tune";
    return view->id == VIEW_PROFILE ? profile_line_words(job->settings->line) : view->about;
}

/* The fine-tune that the figure is about, too; NULL: none. */
static const char *tuned_of(const struct figure_job *job, const struct view *view)
{
    bool compares =
        view->id == VIEW_CHANGE || (view->id == VIEW_SCATTER && job->settings->against_tuned);
    return compares && job->settings->companion_count ? job->settings->companion[0].name : NULL;
}

static void title_of(char *out, size_t size, const struct figure_job *job, const struct view *view)
{
    const struct selection *at = &job->settings->selection;
    unsigned heeds = view_kind(view->id)->heeds;
    char where[64] = "";
    if (heeds & HEEDS_LAYERS) /* its panels say of which layers they are */
        heeds = 0;
    if (heeds & (HEEDS_SCOPE | HEEDS_AXIS) && at->scope == SCOPE_LAYER)
        text_format(where, sizeof where, ", layer %u", job->model->layers[at->layer].number);
    if (heeds & HEEDS_SCOPE && at->scope == SCOPE_HEAD)
        text_format(where, sizeof where, ", layer %u, query head %u",
                    job->model->layers[at->layer].number, at->head);
    const char *tuned = tuned_of(job, view);
    text_format(out, size, "%.200s%s%.200s: %s%s", job->model->name, tuned ? " and " : "",
                tuned ? tuned : "", subject_of(job, view), where);
}

enum status view_figure(enum view_id id, const struct table *table,
                        const struct view_settings *settings, const struct model *model,
                        struct figure *out, struct error *err)
{
    struct figure_job job = {table, settings, model, out, false};
    *out = (struct figure){0};
    if (!figures[id]) {
        error_set(err, STATUS_USAGE, "the view %s is a list and no plot: it has no picture",
                  view_of(id)->name);
        return error_help(err, "as csv or json; pictures: overview, histogram, scatter, threshold, "
                               "profile, frequency, strip, spectrum, attention, change");
    }
    title_of(out->title, sizeof out->title, &job, view_of(id));
    figures[id](&job);
    for (size_t i = 0; i < out->panels; i++) {
        figure_ticks(&out->panel[i].x);
        figure_ticks(&out->panel[i].y);
    }
    if (!job.lacks)
        return STATUS_OK;
    figure_free(out);
    return error_memory(err);
}

enum status view_write(enum view_id id, const struct table *table,
                       const struct view_settings *settings, const struct model *model,
                       enum export_format format, FILE *stream, struct error *err)
{
    struct figure figure = {0};
    if (format != EXPORT_SVG)
        return table_write(table, format, stream, err);
    enum status status = view_figure(id, table, settings, model, &figure, err);
    if (status != STATUS_OK)
        return status;
    status = figure_write_svg(&figure, stream, err);
    figure_free(&figure);
    return status;
}
