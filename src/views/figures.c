/* figures.c: views as figures for a paper, made of the numbers of their tables. */
#include "views/draw.h"

#include <math.h>
#include <string.h>

/* What a figure is made of. */
struct job {
    const struct table *table;
    const struct view_settings *settings;
    const struct model *model;
    struct figure *figure;
    bool lacks; /* memory */
};

/* ---- numbers of the table ------------------------------------------------ */

static size_t column_of(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return i;
    return SIZE_MAX;
}

static double number_at(const struct table *table, size_t row, size_t column)
{
    struct cell cell = column == SIZE_MAX ? cell_empty() : table->cell(table->context, row, column);
    return cell.kind == CELL_INTEGER ? (double)cell.as.integer
           : cell.kind == CELL_FLAG  ? (double)cell.as.flag
           : cell.kind == CELL_REAL  ? cell.as.real
                                     : (double)NAN;
}

/* Of a column of words; "" where it has none. */
static const char *word_at(const struct table *table, size_t row, size_t column)
{
    struct cell cell = table->cell(table->context, row, column);
    return (cell.kind == CELL_WORD || cell.kind == CELL_NAME) && cell.as.text ? cell.as.text : "";
}

static enum figure_ink ink_of(const char *part)
{
    return strcmp(part, "query") == 0 ? INK_QUERY : strcmp(part, "key") == 0 ? INK_KEY : INK_BOTH;
}

/* ---- series and axes ----------------------------------------------------- */

static struct figure_panel *panel_new(struct job *job, const char *x, const char *y)
{
    struct figure_panel *panel = &job->figure->panel[job->figure->panels++];
    *panel = (struct figure_panel){.cut_x = {NAN, NAN}, .cut_y = {NAN, NAN}};
    panel->x.low = panel->y.low = INFINITY;
    panel->x.high = panel->y.high = -INFINITY;
    text_format(panel->x.label, sizeof panel->x.label, "%s", x);
    text_format(panel->y.label, sizeof panel->y.label, "%s", y);
    return panel;
}

/* The series of that kind and label, made where there is none yet; NULL: there are too many. */
static struct figure_series *series_of(struct figure_panel *panel, enum figure_kind kind,
                                       enum figure_ink ink, const char *label)
{
    for (size_t i = 0; i < panel->count; i++)
        if (panel->series[i].kind == kind && panel->series[i].ink == ink &&
            strncmp(panel->series[i].label, label, sizeof panel->series[i].label - 1) == 0)
            return &panel->series[i];
    struct figure_series *series = figure_series_new(panel, kind, ink);
    if (series)
        text_format(series->label, sizeof series->label, "%s", label);
    return series;
}

static void widen(struct figure_axis *axis, double value)
{
    if (!isfinite(value))
        return;
    axis->low = fmin(axis->low, value);
    axis->high = fmax(axis->high, value);
}

static void add(struct job *job, struct figure_panel *panel, struct figure_series *series, double x,
                double y, double x2)
{
    if (!series)
        return;
    job->lacks = job->lacks || !figure_add(series, x, y, x2);
    widen(&panel->x, x);
    widen(&panel->y, y);
    if (series->kind == FIGURE_RANGE)
        widen(&panel->y, x2);
    if (series->kind == FIGURE_BARS)
        widen(&panel->x, x2);
}

static void set_axis(struct figure_axis *axis, double low, double high)
{
    axis->low = low;
    axis->high = high;
}

/* Ends that are no range become one; ticks are round numbers between them. */
static void finish_axis(struct figure_axis *axis)
{
    bool whole = strcmp(axis->label, "layer") == 0 || strcmp(axis->label, "head") == 0 ||
                 strcmp(axis->label, "pair") == 0;
    if (!(axis->low < axis->high)) {
        bool none = !isfinite(axis->low);
        axis->low = none ? 0 : axis->low - 0.5;
        axis->high = none ? 1 : axis->low + 1;
    }
    const struct axis scale = {axis->low, axis->high, 60,
                               axis->log ? AXIS_LOG
                               : whole   ? AXIS_WHOLE
                                         : AXIS_LINEAR};
    axis->ticks = axis_ticks(&scale, axis->tick, FIGURE_TICKS);
}

/* From 0 to a little above the highest number. */
static void from_zero(struct figure_axis *axis)
{
    axis->low = fmin(axis->low, 0);
    axis->high = axis->high > 0 ? 1.04 * axis->high : 1;
}

/* ---- the views ----------------------------------------------------------- */

static void profile_figure(struct job *job)
{
    static const char *const of_line[PROFILE_LINES] = {"mean_abs_cos", "median_abs_cos", "fraction",
                                                       "correlation", "mean_norm"};
    const struct table *table = job->table;
    enum profile_line line = job->settings->line;
    struct figure_panel *panel =
        panel_new(job, job->settings->relative ? "depth" : "layer", profile_line_words(line));
    size_t x = column_of(table, job->settings->relative ? "depth" : "layer");
    size_t y = column_of(table, of_line[line]), model = column_of(table, "model");
    size_t part = column_of(table, "projection"), low = column_of(table, "q25_of_heads"),
           high = column_of(table, "q75_of_heads");
    size_t chance = line == PROFILE_MEAN       ? column_of(table, "chance_mean_abs_cos")
                    : line == PROFILE_FRACTION ? column_of(table, "chance_fraction")
                                               : SIZE_MAX;
    char name[96], first[96] = "", last[96] = "";
    unsigned models = 0;
    for (size_t row = 0; row < table->row_count; row++) {
        text_format(name, sizeof name, "%s", word_at(table, row, model));
        if (row == 0)
            text_format(first, sizeof first, "%s", name);
        if (row == 0 || strcmp(name, last) != 0)
            models++;
        text_format(last, sizeof last, "%s", name);
        char projection[16], label[96];
        text_format(projection, sizeof projection, "%s", word_at(table, row, part));
        bool alone = job->settings->companion_count == 0;
        text_format(label, sizeof label, "%s%s%.70s", projection, alone ? "" : ", ",
                    alone ? "" : name);
        double at = number_at(table, row, x);
        if (models == 1 && line == PROFILE_MEAN)
            add(job, panel, series_of(panel, FIGURE_RANGE, ink_of(projection), ""), at,
                number_at(table, row, low), number_at(table, row, high));
        if (models == 1 && chance != SIZE_MAX && strcmp(projection, "query") == 0) {
            struct figure_series *series = series_of(panel, FIGURE_LINE, INK_CHANCE, "chance");
            if (series)
                series->dashed = true;
            add(job, panel, series, at, number_at(table, row, chance), 0);
        }
        struct figure_series *series = series_of(panel, FIGURE_LINE, ink_of(projection), label);
        if (series)
            series->model = models - 1;
        add(job, panel, series, at, number_at(table, row, y), 0);
    }
    if (line == PROFILE_CORRELATION)
        set_axis(&panel->y, -1, 1);
    else
        from_zero(&panel->y);
}

static void frequency_figure(struct job *job)
{
    static const char *const labels[PAIR_AXES] = {"pair", "frequency (radians a token)",
                                                  "wavelength (tokens a turn)"};
    const struct table *table = job->table;
    bool norms = job->settings->norms;
    struct figure_panel *panel =
        panel_new(job, labels[job->settings->axis], norms ? "(|w1| + |w2|) / 2" : "|cos|");
    size_t x = column_of(table, pair_axis_name(job->settings->axis));
    size_t y = column_of(table, norms ? "mean_norm" : "mean_abs_cos");
    size_t low = column_of(table, norms ? "norm_q25" : "q25");
    size_t high = column_of(table, norms ? "norm_q75" : "q75");
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = word_at(table, row, column_of(table, "projection"));
        double at = number_at(table, row, x);
        add(job, panel, series_of(panel, FIGURE_RANGE, ink_of(part), ""), at,
            number_at(table, row, low), number_at(table, row, high));
        add(job, panel, series_of(panel, FIGURE_LINE, ink_of(part), part), at,
            number_at(table, row, y), 0);
    }
    panel->x.log = job->settings->axis != PAIR_AXIS_INDEX && panel->x.low > 0;
    from_zero(&panel->y);
}

/* The table goes by layers and the model; a head's selection stands for its layer's. */
static void threshold_figure(struct job *job)
{
    const struct table *table = job->table;
    const struct selection *at = &job->settings->selection;
    struct figure_panel *panel = panel_new(job, "threshold of |cos|", "fraction fixed");
    const char *scope = at->scope == SCOPE_MODEL ? "model" : "layer";
    for (size_t row = 0; row < table->row_count; row++) {
        double layer = number_at(table, row, column_of(table, "layer"));
        double threshold = number_at(table, row, column_of(table, "threshold"));
        if (strcmp(word_at(table, row, column_of(table, "scope")), scope) != 0 ||
            (at->scope != SCOPE_MODEL && layer != job->model->layers[at->layer].number) ||
            !(threshold > 0))
            continue;
        const char *part = word_at(table, row, column_of(table, "projection"));
        add(job, panel, series_of(panel, FIGURE_LINE, ink_of(part), part), threshold,
            number_at(table, row, column_of(table, "fraction")), 0);
        struct figure_series *chance = series_of(panel, FIGURE_LINE, INK_CHANCE, "chance");
        if (chance)
            chance->dashed = true;
        if (panel->series[0].ink == ink_of(part))
            add(job, panel, chance, threshold, number_at(table, row, column_of(table, "chance")),
                0);
    }
    panel->x.log = !job->settings->linear;
    panel->cut_x[0] = (double)job->settings->rule.threshold;
    set_axis(&panel->y, 0, 1);
}

static void histogram_figure(struct job *job)
{
    const struct table *table = job->table;
    const struct view_settings *settings = job->settings;
    bool log = settings->log;
    struct figure_panel *panel = NULL;
    char last[16] = "";
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = word_at(table, row, column_of(table, "projection"));
        if (!panel || strcmp(part, last) != 0) {
            panel = panel_new(job, quantity_name(settings->unit), log ? "log(1 + pairs)" : "pairs");
            text_format(panel->title, sizeof panel->title, "%s", part);
            text_format(last, sizeof last, "%s", part);
            draw_cuts(settings->unit, (double)settings->rule.threshold, panel->cut_x);
        }
        add(job, panel, series_of(panel, FIGURE_BARS, ink_of(part), ""),
            number_at(table, row, column_of(table, "low")),
            number_at(table, row, column_of(table, log ? "log1p_count" : "count")),
            number_at(table, row, column_of(table, "high")));
    }
    for (size_t i = 0; i < job->figure->panels; i++)
        from_zero(&job->figure->panel[i].y);
}

static void scatter_figure(struct job *job)
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
    struct figure_panel *panel = panel_new(job, x, y);
    for (unsigned band = 0; band < BANDS; band++)
        series_of(panel, FIGURE_POINTS, (enum figure_ink)(INK_FIRST + band), bands[band]);
    for (size_t row = 0; row < table->row_count; row++) {
        double wavelength = 2 * acos(-1) / number_at(table, row, column_of(table, "frequency"));
        unsigned band = 0;
        while (band < BANDS - 1 && wavelength >= band_start[band])
            band++;
        add(job, panel, &panel->series[band], number_at(table, row, X), number_at(table, row, Y),
            0);
    }
    double low, high;
    quantity_range(job->settings->unit, &low, &high);
    set_axis(&panel->x, zoom_whole(zoom) ? low : zoom->x_low,
             zoom_whole(zoom) ? high : zoom->x_high);
    set_axis(&panel->y, zoom_whole(zoom) ? low : zoom->y_low,
             zoom_whole(zoom) ? high : zoom->y_high);
    draw_cuts(job->settings->unit, (double)job->settings->rule.threshold, panel->cut_x);
    draw_cuts(job->settings->unit, (double)job->settings->rule.threshold, panel->cut_y);
}

static void overview_figure(struct job *job)
{
    const struct table *table = job->table;
    struct figure *figure = job->figure;
    struct figure_panel *of[PROJECTION_COUNT] = {NULL, NULL};
    figure->value_low = INFINITY;
    figure->value_high = -INFINITY;
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = word_at(table, row, column_of(table, "projection"));
        int p = strcmp(part, "key") == 0 ? PROJECTION_KEY : PROJECTION_QUERY;
        if (!of[p]) {
            of[p] = panel_new(job, "head", "layer");
            of[p]->down = true;
            text_format(of[p]->title, sizeof of[p]->title, "%s heads", part);
        }
        double value = number_at(table, row, 3);
        if (!isnan(value)) {
            figure->value_low = fmin(figure->value_low, value);
            figure->value_high = fmax(figure->value_high, value);
        }
        add(job, of[p], series_of(of[p], FIGURE_CELLS, INK_BOTH, ""),
            number_at(table, row, column_of(table, "head")),
            number_at(table, row, column_of(table, "layer")), value);
    }
    if (!(figure->value_low < figure->value_high))
        figure->value_high = figure->value_low + 1;
    for (size_t i = 0; i < figure->panels; i++) { /* cells reach half a step beyond their middle */
        set_axis(&figure->panel[i].x, figure->panel[i].x.low - 0.5, figure->panel[i].x.high + 0.5);
        set_axis(&figure->panel[i].y, figure->panel[i].y.low - 0.5, figure->panel[i].y.high + 0.5);
    }
    text_format(figure->value_label, sizeof figure->value_label, "%s",
                measure_words(job->settings->measure));
}

/* By groups: means with their quartiles, or what each threshold would have kept. */
static void groups_figure(struct job *job)
{
    static const char *const labels[CHANGE_BYS] = {"", "|cos| in the base", "layer", "pair",
                                                   "threshold"};
    const struct table *table = job->table;
    bool share = job->settings->by == CHANGE_BY_THRESHOLD,
         bins = job->settings->by == CHANGE_BY_BIN;
    struct figure_panel *panel = panel_new(job, labels[job->settings->by],
                                           share ? "fraction" : "distance (|dw1| + |dw2|) / 2");
    for (size_t row = 0; row < table->row_count; row++) {
        double at = number_at(table, row, 0);
        if (share) {
            add(job, panel, series_of(panel, FIGURE_LINE, INK_QUERY, "trainable pairs"), at,
                number_at(table, row, column_of(table, "trainable_fraction")), 0);
            add(job, panel, series_of(panel, FIGURE_LINE, INK_KEY, "change that they hold"), at,
                number_at(table, row, column_of(table, "kept_fraction")), 0);
            continue;
        }
        const char *part = bins ? "both" : word_at(table, row, column_of(table, "projection"));
        at = bins ? (at + number_at(table, row, 1)) / 2 : at;
        add(job, panel, series_of(panel, FIGURE_RANGE, ink_of(part), ""), at,
            number_at(table, row, column_of(table, "q25")),
            number_at(table, row, column_of(table, "q75")));
        add(job, panel, series_of(panel, FIGURE_LINE, ink_of(part), bins ? "mean" : part), at,
            number_at(table, row, column_of(table, "mean_distance")), 0);
    }
    panel->x.log = share;
    if (share || bins)
        panel->cut_x[0] = (double)job->settings->rule.threshold;
    from_zero(&panel->y);
}

static double pairs_a_head(const struct job *job, size_t row)
{
    double number = number_at(job->table, row, column_of(job->table, "layer"));
    const struct layer *layer = model_layer(job->model, (uint32_t)number);
    return layer ? layer->pairs : 0;
}

/* "layer 3, query", or "layer 3, query head 2" where there is but one. */
static void strip_title(const struct job *job, size_t row, char *out, size_t size)
{
    const struct table *table = job->table;
    char head[32] = "";
    if (job->settings->selection.scope == SCOPE_HEAD)
        text_format(head, sizeof head, " head %g", number_at(table, row, column_of(table, "head")));
    text_format(out, size, "layer %g, %s%s", number_at(table, row, column_of(table, "layer")),
                word_at(table, row, column_of(table, "projection")), head);
}

/* A panel for the query and one for the key of each layer. */
static struct figure_panel *strip_panel(struct job *job, size_t row, const char *title,
                                        enum figure_ink ink)
{
    struct figure_panel *panel = panel_new(job, "pair, head by head", "cos");
    text_format(panel->title, sizeof panel->title, "%s", title);
    draw_cuts(QUANTITY_COS, (double)job->settings->rule.threshold, panel->cut_y);
    panel->step = pairs_a_head(job, row);
    series_of(panel, FIGURE_POINTS, ink, "fixed");
    series_of(panel, FIGURE_POINTS, INK_CHANCE, "trainable");
    return panel;
}

static void strip_figure(struct job *job)
{
    const struct table *table = job->table;
    struct figure_panel *panel = NULL;
    char title[64];
    for (size_t row = 0; row < table->row_count; row++) {
        strip_title(job, row, title, sizeof title);
        if (!panel || strcmp(title, panel->title) != 0)
            panel = strip_panel(job, row, title,
                                ink_of(word_at(table, row, column_of(table, "projection"))));
        bool fixed = number_at(table, row, column_of(table, "fixed")) > 0;
        add(job, panel, &panel->series[fixed ? 0 : 1],
            number_at(table, row, column_of(table, "index")),
            number_at(table, row, column_of(table, "cos")), 0);
        set_axis(&panel->y, -1, 1);
    }
}

static void change_figure(struct job *job)
{
    if (job->settings->by != CHANGE_BY_PAIR) {
        groups_figure(job);
        return;
    }
    const struct table *table = job->table;
    struct figure_panel *cosines = panel_new(job, "cos in the base", "cos in the fine-tune");
    struct figure_panel *moved =
        panel_new(job, "|cos| in the base", "distance (|dw1| + |dw2|) / 2");
    for (size_t row = 0; row < table->row_count; row++) {
        const char *part = word_at(table, row, column_of(table, "projection"));
        double base = number_at(table, row, column_of(table, "cos_base"));
        add(job, cosines, series_of(cosines, FIGURE_POINTS, ink_of(part), part), base,
            number_at(table, row, column_of(table, "cos_tuned")), 0);
        add(job, moved, series_of(moved, FIGURE_POINTS, ink_of(part), part), fabs(base),
            number_at(table, row, column_of(table, "distance")), 0);
    }
    set_axis(&cosines->x, -1, 1);
    set_axis(&cosines->y, -1, 1);
    set_axis(&moved->x, 0, 1);
    from_zero(&moved->y);
    moved->cut_x[0] = (double)job->settings->rule.threshold;
}

/* ---- all of them --------------------------------------------------------- */

/* NULL: a list is no plot. */
static void (*const figures[VIEW_COUNT])(struct job *) = {
    [VIEW_OVERVIEW] = overview_figure, [VIEW_HISTOGRAM] = histogram_figure,
    [VIEW_SCATTER] = scatter_figure,   [VIEW_THRESHOLD] = threshold_figure,
    [VIEW_PROFILE] = profile_figure,   [VIEW_FREQUENCY] = frequency_figure,
    [VIEW_STRIP] = strip_figure,       [VIEW_CHANGE] = change_figure,
};

/* What is plotted, where the view's own words say more than that. */
static const char *subject_of(const struct job *job, const struct view *view)
{
    if (view->id == VIEW_OVERVIEW)
        return measure_words(job->settings->measure);
    return view->id == VIEW_PROFILE ? profile_line_words(job->settings->line) : view->about;
}

static void title_of(char *out, size_t size, const struct job *job, const struct view *view)
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
    text_format(out, size, "%.200s%s%.200s: %s%s", job->model->name,
                view->id == VIEW_CHANGE && job->settings->companion_count ? " and " : "",
                view->id == VIEW_CHANGE && job->settings->companion_count
                    ? job->settings->companion[0].name
                    : "",
                subject_of(job, view), where);
}

enum status view_figure(enum view_id id, const struct table *table,
                        const struct view_settings *settings, const struct model *model,
                        struct figure *out, struct error *err)
{
    struct job job = {table, settings, model, out, false};
    *out = (struct figure){0};
    if (!figures[id]) {
        error_set(err, STATUS_USAGE, "the view %s is a list and no plot: it has no picture",
                  view_of(id)->name);
        return error_help(err, "as csv or json; pictures: overview, histogram, scatter, threshold, "
                               "profile, frequency, strip, change");
    }
    title_of(out->title, sizeof out->title, &job, view_of(id));
    figures[id](&job);
    for (size_t i = 0; i < out->panels; i++) {
        finish_axis(&out->panel[i].x);
        finish_axis(&out->panel[i].y);
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
    struct figure figure;
    if (format != EXPORT_SVG)
        return table_write(table, format, stream, err);
    enum status status = view_figure(id, table, settings, model, &figure, err);
    if (status != STATUS_OK)
        return status;
    status = figure_write_svg(&figure, stream, err);
    figure_free(&figure);
    return status;
}
