/* company.c: models beside the one that a command is about: a fine-tune of it, and any others. */
#include "facts_reader.h"
#include "probing.h"

#include <poll.h>
#include <string.h>

/* ---- opening ------------------------------------------------------------- */

static bool is_taken(const struct company *company, const struct session *model, const char *name)
{
    if (strcmp(session_angles(model)->model->name, name) == 0)
        return true;
    for (size_t i = 0; i < company->count; i++)
        if (strcmp(company->companion[i].name, name) == 0)
            return true;
    return false;
}

/* A model is called by its directory, and checkpoint-500 is what many are called: "name (2)" is the
 * second of that name, in every legend and table. */
static const char *name_of(struct company *company, const struct session *model, const char *name)
{
    char *out = company->name[company->count];
    size_t size = sizeof company->name[0];
    text_format(out, size, "%.*s", COMPANION_NAME_MOST, name);
    for (size_t n = 2; is_taken(company, model, out); n++)
        text_format(out, size, "%.*s (%zu)", COMPANION_NAME_MOST, name, n);
    return out;
}

static enum status open_one(struct company *company, const struct session *model, const char *path,
                            const struct session_options *options, struct error *err)
{
    struct session **session = &company->session[company->count];
    enum status status = session_open(path, options, session, err);
    if (status != STATUS_OK)
        return status;
    const struct angles *angles = session_angles(*session);
    const char *name = name_of(company, model, angles->model->name);
    company->companion[company->count++] = (struct companion){name, angles};
    return STATUS_OK;
}

static enum status open_tuned(struct company *company, const struct options *options,
                              const struct session *model, struct error *err)
{
    struct session_options as = options->session;
    const char *path = options->compare ? options->compare : options->model;
    if (options->compare && options->compare_adapter) {
        error_set(err, STATUS_USAGE, "--compare and --compare-adapter: one fine-tune at a time");
        return error_help(err, "an adapter over another model: MODEL --compare-adapter DIR");
    }
    if (!path)
        return error_set(err, STATUS_USAGE, "--compare-adapter needs a MODEL to lie over");
    as.adapter = options->compare_adapter;
    enum status status = open_one(company, model, path, &as, err);
    if (status == STATUS_OK)
        status =
            models_match(session_angles(model)->model, company->companion[0].angles->model, err);
    if (status == STATUS_OK && (!session_source(model) || !session_source(company->session[0]))) {
        error_set(err, STATUS_FAILED, "%s: a file of angles holds no rows, so no distances",
                  session_source(model) ? path : options->model);
        return error_help(err, "name the directory or the weight file it was made from");
    }
    return status;
}

/* The text that is named, else what is kept of the last one. */
static enum status open_probing(struct company *company, const struct options *options,
                                const struct session *model, struct error *err)
{
    company->probing = memory_array(1, sizeof *company->probing);
    if (!company->probing)
        return error_memory(err);
    if (probing_is_asked(options))
        return probing_open(company->probing, options, true, err);
    probing_recall(company->probing, model);
    return STATUS_OK;
}

/* Refused for all views alike, but read for the one that shows them: a picture or a file of another
 * view would wait for nothing. */
static enum status open_facts(struct company *company, const struct options *options,
                              const struct session *model, struct error *err)
{
    bool stays = options->command && options->command->bit == COMMAND_EXPLORE;
    if (!stays && (!options->view || strcmp(options->view, "spectrum") != 0))
        return facts_allowed(model, err);
    return facts_reader_new(model, options->session.threads, &company->facts, err);
}

enum status company_open(struct company *company, const struct options *options,
                         const struct session *model, struct error *err)
{
    struct session_options as = options->session;
    enum status status = STATUS_OK;
    *company = (struct company){.compares = options->compare || options->compare_adapter};
    as.adapter = NULL;
    as.watch = NULL;
    if (company->compares)
        status = open_tuned(company, options, model, err);
    if (status == STATUS_OK)
        status = open_probing(company, options, model, err);
    if (status == STATUS_OK && options->facts)
        status = open_facts(company, options, model, err);
    company->session_of_model = model;
    for (size_t i = 0; i < options->beside_count && status == STATUS_OK; i++) {
        if (company->count == BESIDE_MOST)
            return error_set(err, STATUS_USAGE, "more than %d models at once", BESIDE_MOST + 1);
        status = open_one(company, model, options->beside[i], &as, err);
    }
    return status;
}

/* ---- reading ------------------------------------------------------------- */

enum status company_start(struct company *company, const struct options *options,
                          struct session *model, struct error *err)
{
    enum status status = STATUS_OK;
    size_t i = 0;
    if (company->compares) {
        status = comparison_start(model, company->session[0], options->session.threads,
                                  &company->comparison, err);
        i = 1;
    }
    for (; i < company->count && status == STATUS_OK; i++)
        status = session_start(company->session[i], err);
    if (status == STATUS_OK && company->probing && probing_is_asked(options))
        status = probing_start(company->probing, err);
    return status;
}

size_t company_poll(struct company *company)
{
    size_t landed = company->comparison ? comparison_poll(company->comparison) : 0;
    for (size_t i = company->compares; i < company->count; i++)
        landed += session_poll(company->session[i]);
    if (company->probing && probing_poll(company->probing)) {
        probing_keep(company->probing, company->session_of_model);
        landed++;
    }
    if (company->facts)
        landed += facts_reader_poll(company->facts);
    return landed;
}

bool company_busy(const struct company *company)
{
    bool busy = company->comparison && comparison_running(company->comparison);
    for (size_t i = company->compares; i < company->count; i++)
        busy = busy || session_scanning(company->session[i]);
    busy = busy || (company->facts && !company->facts->over);
    return busy || (company->probing && probing_runs(company->probing));
}

int company_wake_fd(const struct company *company, const struct session *model)
{
    int fd = company->comparison ? comparison_wake_fd(company->comparison) : session_wake_fd(model);
    return fd < 0 && company->probing ? probing_wake_fd(company->probing) : fd;
}

enum status company_result(const struct company *company, struct error *err)
{
    enum status status =
        company->comparison ? comparison_result(company->comparison, err) : STATUS_OK;
    for (size_t i = company->compares; i < company->count && status == STATUS_OK; i++)
        status = session_result(company->session[i], err);
    if (status == STATUS_OK && company->probing && company->probing->status != STATUS_OK) {
        status = company->probing->status;
        *err = company->probing->error;
    }
    if (status == STATUS_OK && company->facts && company->facts->status != STATUS_OK) {
        status = company->facts->status;
        *err = company->facts->error;
    }
    return status;
}

enum status wait_for_all(struct company *company, const struct options *options,
                         struct session *model, struct error *err)
{
    signals_catch(-1);
    enum status status = company->compares ? STATUS_OK : wait_for_angles(model, err);
    size_t printed = 0;
    if (status == STATUS_OK)
        status = company_start(company, options, model, err);
    if (status == STATUS_OK && company->comparison)
        status = wait_for_comparison(company->comparison, err);
    if (status == STATUS_OK && company->comparison)
        print_notice(model, &printed); /* of its cache, or of that of the changes */
    for (size_t i = company->compares; i < company->count && status == STATUS_OK; i++)
        status = wait_for_angles(company->session[i], err);
    if (status == STATUS_OK && probing_is_asked(options)) {
        status = probing_wait(company->probing, err);
        probing_keep(company->probing, model);
    }
    if (status == STATUS_OK && company->facts)
        status = facts_reader_wait(company->facts, err);
    return status;
}

/* ---- lending ------------------------------------------------------------- */

void company_lend(const struct company *company, struct view_settings *settings)
{
    settings->companion = company->companion;
    settings->companion_count = company->count;
    settings->probed =
        company->probing && company->probing->probed.probe ? &company->probing->probed : NULL;
    settings->facts = company->facts && company->facts->over ? company->facts->facts : NULL;
    settings->changes = company->comparison ? comparison_changes(company->comparison) : NULL;
}

void company_close(struct company *company)
{
    comparison_close(company->comparison);
    facts_reader_close(company->facts);
    if (company->probing)
        probing_close(company->probing);
    memory_free(company->probing);
    for (size_t i = 0; i < company->count; i++)
        session_close(company->session[i]);
    *company = (struct company){0};
}
