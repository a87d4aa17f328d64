/* probe.c: `ropescope probe`: a model run over a text. */
#include "probe_out.h"
#include "probing.h"

static enum status print(const struct probing *p, struct error *err)
{
    struct output output;
    const struct options *options = p->options;
    const struct probe_report report = {p->model, p->probe, p->tokenizer, options->generate > 0};
    enum status status = output_open(&output, NULL, err);
    if (status != STATUS_OK)
        return status;
    if (options->json && !probe_print_json(output.stream, &report))
        status = error_memory(err);
    else if (!options->json)
        probe_print_text(output.stream, &report);
    if (status == STATUS_OK)
        return output_commit(&output, err);
    output_abort(&output);
    return status;
}

/* For the views that show it: beside the angles, which need not be there yet. */
static void keep(const struct probing *p)
{
    struct session *session;
    if (p->options->session.no_cache ||
        session_open(p->path, &p->options->session, &session, NULL) != STATUS_OK)
        return;
    probing_keep(p, session);
    session_close(session);
}

enum status command_probe(const struct options *options, struct error *err)
{
    struct probing p = {0};
    enum status status = probing_open(&p, options, false, err);
    if (status == STATUS_OK)
        status = probing_start(&p, err);
    if (status == STATUS_OK)
        status = probing_wait(&p, err);
    if (status == STATUS_OK)
        status = print(&p, err);
    if (status == STATUS_OK)
        keep(&p);
    probing_close(&p);
    return status;
}
