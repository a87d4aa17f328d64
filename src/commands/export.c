/* export.c: `ropescope export`: the numbers of a view as CSV or JSON, whole or not at all. */
#include "commands.h"

#include "ropescope/views.h"

static enum status find_view(const struct options *options, const struct view **view,
                             struct error *err)
{
    *view = options->view ? view_from_name(options->view) : NULL;
    if (*view)
        return STATUS_OK;
    if (options->view)
        error_set(err, STATUS_USAGE, "--view %s: there is no such view", options->view);
    else
        error_set(err, STATUS_USAGE, "export needs --view");
    return error_help(err, "views: pairs, heads, layers, histogram, scatter");
}

static enum status write_table(const struct options *options, const struct table *table,
                               struct error *err)
{
    struct output output;
    enum status status = output_open(&output, options->output, err);
    if (status != STATUS_OK)
        return status;
    status = table_write(table, options->format, output.stream, err);
    if (status == STATUS_OK)
        return output_commit(&output, err);
    output_abort(&output);
    return options->output ? error_context(err, "%s", options->output) : status;
}

enum status command_export(const struct options *options, struct error *err)
{
    const struct view *view;
    struct session *session;
    struct view_table table;
    enum status status = find_view(options, &view, err);
    if (status != STATUS_OK)
        return status;
    status = open_scanned_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    const struct angles *angles = session_angles(session);
    struct view_settings settings;
    struct options whole = options_with_threshold(options, angles);
    status = settings_read(&whole, angles->model, &settings, err);
    if (status == STATUS_OK)
        status = view->table(angles, &settings, &table, err);
    if (status == STATUS_OK) {
        status = write_table(options, &table.table, err);
        view_table_free(&table);
    }
    session_close(session);
    return status;
}
