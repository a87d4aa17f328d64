/* scan.c: `ropescope scan`: computes all angles, into the cache and, where asked for, into a file.
 */
#include "commands.h"

#include <string.h>
#include <unistd.h>

static void summarise(const struct session *session, double seconds)
{
    const struct model *model = session_angles(session)->model;
    char name[256], pairs[TEXT_NUMBER], bytes[TEXT_NUMBER];
    text_printable(name, sizeof name, model->name);
    fprintf(stderr, "%s: %zu layers, %s pairs, %s of rows; from %s, %.2f s\n", name,
            model->layer_count, text_count(pairs, model_pairs(model)),
            text_bytes(bytes, (double)model->scanned_bytes), session_origin(session), seconds);
}

static enum status write_angles(void *context, FILE *stream, bool *named, struct error *err)
{
    struct session *session = context;
    *named = false;
    enum status status = wait_for_angles(session, err);
    if (status != STATUS_OK)
        return status;
    *named = true;
    return angles_write(session_angles(session), stream, err);
}

/* Angles are no text: they go to a file or a pipe, never to a terminal. */
static enum status check_output(const struct options *options, bool *wanted, struct error *err)
{
    bool dash = options->output && strcmp(options->output, "-") == 0;
    bool terminal = isatty(STDOUT_FILENO);
    *wanted = options->output || !terminal;
    if (!dash || !terminal)
        return STATUS_OK;
    error_set(err, STATUS_USAGE, "-o -: angles are no text for a terminal");
    return error_help(err, "name a file, or pipe them: ropescope scan MODEL -o - > model.angles");
}

enum status command_scan(const struct options *options, struct error *err)
{
    struct session *session;
    bool wanted;
    double started = clock_seconds();
    enum status status = check_output(options, &wanted, err);
    if (status == STATUS_OK)
        status = open_named_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    status = output_spares_inputs(options, session, err);
    if (status == STATUS_OK)
        status = wanted ? write_output(options->output, write_angles, session, err)
                        : wait_for_angles(session, err);
    if (status == STATUS_OK)
        summarise(session, clock_seconds() - started);
    session_close(session);
    return status;
}
