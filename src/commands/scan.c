/* scan.c: `ropescope scan`: computes all angles, into the cache and, where asked for, into a file.
 */
#include "commands.h"

#include <inttypes.h>
#include <unistd.h>

static enum status write_angles(const struct options *options, const struct session *session,
                                struct error *err)
{
    struct output output;
    enum status status = output_open(&output, options->output, err);
    if (status != STATUS_OK)
        return status;
    status = angles_write(session_angles(session), output.stream, err);
    if (status == STATUS_OK)
        return output_commit(&output, err);
    output_abort(&output);
    return options->output ? error_context(err, "%s", options->output) : status;
}

static void summarise(const struct session *session, double seconds)
{
    const struct model *model = session_angles(session)->model;
    char pairs[TEXT_NUMBER], bytes[TEXT_NUMBER];
    fprintf(stderr, "%s: %zu layers, %s pairs, %s of rows; from %s, %.2f s\n", model->name,
            model->layer_count, text_count(pairs, model_pairs(model)),
            text_bytes(bytes, (double)model->scanned_bytes), session_origin(session), seconds);
}

enum status command_scan(const struct options *options, struct error *err)
{
    struct session *session;
    double started = clock_seconds();
    enum status status = open_scanned_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    summarise(session, clock_seconds() - started);
    /* Angles are no text: they go to a file or a pipe, never to a terminal. */
    if (options->output || !isatty(STDOUT_FILENO))
        status = write_angles(options, session, err);
    session_close(session);
    return status;
}
