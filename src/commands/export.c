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

/* The flags as the settings of a view: --layer and --head narrow what is the whole model. */
static struct view_settings settings_of(const struct options *options, size_t layer)
{
    struct view_settings settings = VIEW_SETTINGS_DEFAULT;
    settings.rule = options->rule;
    settings.selection.layer = layer;
    settings.selection.head = options->has_head ? options->head : 0;
    if (options->has_layer)
        settings.selection.scope = options->has_head ? SCOPE_HEAD : SCOPE_LAYER;
    settings.one_head = options->has_head && !options->has_layer;
    if (options->bins > 0)
        settings.bins = options->bins;
    return settings;
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
    size_t layer;
    enum status status = find_view(options, &view, err);
    if (status != STATUS_OK)
        return status;
    status = open_scanned_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    const struct angles *angles = session_angles(session);
    status = find_selection(options, angles->model, &layer, err);
    if (status == STATUS_OK) {
        struct view_settings settings = settings_of(options, layer);
        status = view->table(angles, &settings, &table, err);
    }
    if (status == STATUS_OK) {
        status = write_table(options, &table.table, err);
        view_table_free(&table);
    }
    session_close(session);
    return status;
}
