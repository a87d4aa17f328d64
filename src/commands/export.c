/* export.c: `ropescope export`: the numbers of a view as CSV or JSON, whole or not at all. */
#include "probing.h"

#include "ropescope/views.h"

static enum status find_view(const struct options *options, const struct view **view,
                             struct error *err)
{
    *view = options->view ? view_from_name(options->view) : NULL;
    if (*view && (*view)->id == VIEW_CHANGE && !options->compare && !options->compare_adapter) {
        error_set(err, STATUS_USAGE, "--view change needs a model to compare with");
        return error_help(err, "--compare TUNED, or --compare-adapter DIR");
    }
    if (*view)
        return STATUS_OK;
    if (options->view)
        error_set(err, STATUS_USAGE, "--view %s: there is no such view", options->view);
    else
        error_set(err, STATUS_USAGE, "export needs --view");
    return error_help(err, "views: pairs, heads, layers, histogram, scatter, threshold, profile, "
                           "frequency, strip, spectrum, offsets, attention, change");
}

/* What is exported, once its angles are there. */
struct job {
    const struct options *options;
    const struct view *view;
    struct session *session;
    struct company company;
};

/* The rule must outlive the table. */
static enum status make_table(struct job *job, struct awm *awm, struct view_table *table,
                              struct view_settings *settings, struct error *err)
{
    const struct angles *angles = session_angles(job->session);
    enum status status = settings_read(job->options, angles->model, settings, err);
    if (status == STATUS_OK)
        status = rule_of_options(job->options, angles, awm, err);
    if (status != STATUS_OK)
        return status;
    settings->rule = awm->base;
    settings->lines = awm;
    settings->edition = awm->line_count > 0;
    company_lend(&job->company, settings);
    return job->view->table(angles, settings, table, err);
}

/* A text, or what the last run over one has left. */
static enum status check_text(const struct job *job, struct error *err)
{
    bool wants = view_kind(job->view->id)->heeds & HEEDS_TEXT;
    if (!wants || probing_is_asked(job->options) || job->company.probing->probe)
        return STATUS_OK;
    error_set(err, STATUS_USAGE, "--view %s needs a text that the model runs over",
              job->options->view);
    return error_help(err, "--text \"...\", --tokens 1,2,3, --tokens-file FILE or --vocabulary");
}

static enum status write_view(void *context, FILE *stream, bool *named, struct error *err)
{
    struct job *job = context;
    struct view_table table;
    struct view_settings settings;
    struct awm awm = {0};
    const struct model *model = session_angles(job->session)->model;
    *named = false;
    enum status status = wait_for_all(&job->company, job->options, job->session, err);
    if (status == STATUS_OK)
        status = make_table(job, &awm, &table, &settings, err);
    if (status == STATUS_OK) {
        *named = true;
        status = view_write(job->view->id, &table.table, &settings, model, job->options->format,
                            stream, err);
        view_table_free(&table);
    }
    awm_free(&awm);
    return status;
}

enum status command_export(const struct options *options, struct error *err)
{
    struct job job = {.options = options};
    struct view_settings settings;
    enum status status = find_view(options, &job.view, err);
    if (status == STATUS_OK)
        status = open_named_model(options, &job.session, err);
    if (status != STATUS_OK)
        return status;
    /* Flags that this model cannot have are told before it is scanned. */
    status = settings_read(options, session_angles(job.session)->model, &settings, err);
    if (status == STATUS_OK)
        status = company_open(&job.company, options, job.session, err);
    if (status == STATUS_OK)
        status = check_text(&job, err);
    if (status == STATUS_OK)
        status = output_spares_inputs(options, job.session, err);
    for (size_t i = 0; i < job.company.count && status == STATUS_OK; i++)
        status = output_spares_inputs(options, job.company.session[i], err);
    if (status == STATUS_OK)
        status = write_output(options->output, write_view, &job, err);
    company_close(&job.company);
    session_close(job.session);
    return status;
}
