/* mask.c: `ropescope mask`: which rows a rule freezes, as a file that a training run loads. */
#include "commands.h"

#include <inttypes.h>
#include <unistd.h>

/* What is written, once its angles are there. */
struct job {
    const struct options *options;
    enum mask_format format;
    struct session *session;
    uint64_t frozen, rows, fixed, pairs; /* what came of it */
    char rule[AWM_WORDS];
};

static enum status write_rule(struct job *job, const struct awm *awm, FILE *stream, bool *named,
                              struct error *err)
{
    const struct angles *angles = session_angles(job->session);
    enum row_order order =
        job->options->has_row_order ? job->options->row_order : row_order_usual(angles->model);
    struct mask *mask;
    enum status status = mask_new(angles, awm, order, &mask, err);
    if (status != STATUS_OK)
        return status;
    awm_words(awm, job->rule, sizeof job->rule);
    job->frozen = mask->frozen;
    job->rows = mask->rows;
    job->fixed = mask->fixed;
    job->pairs = mask->pairs;
    *named = true;
    status = mask_write(mask, job->format, stream, err);
    mask_free(mask);
    return status;
}

static enum status write_mask(void *context, FILE *stream, bool *named, struct error *err)
{
    struct job *job = context;
    struct awm awm = {0};
    *named = false;
    enum status status = wait_for_angles(job->session, err);
    if (status == STATUS_OK)
        status = rule_of_options(job->options, session_angles(job->session), &awm, err);
    if (status == STATUS_OK)
        status = write_rule(job, &awm, stream, named, err);
    awm_free(&awm);
    return status;
}

/* What was frozen, where standard output is not the mask itself. */
static void tell(const struct job *job)
{
    char frozen[TEXT_NUMBER], rows[TEXT_NUMBER], fixed[TEXT_NUMBER], pairs[TEXT_NUMBER];
    if (session_angles(job->session)->model->like_authors)
        printf("%s\n", LIKE_AUTHORS_WORDS);
    printf("%s\n%s of %s pairs, %s of %s rows frozen\n", job->rule, text_count(fixed, job->fixed),
           text_count(pairs, job->pairs), text_count(frozen, job->frozen),
           text_count(rows, job->rows));
}

enum status command_mask(const struct options *options, struct error *err)
{
    const bool named = options->output && (options->output[0] != '-' || options->output[1]);
    struct job job = {.options = options,
                      .format = options->has_mask_format ? options->mask_format
                                                         : mask_format_of_path(options->output)};
    if (job.format == MASK_SAFETENSORS && !named && isatty(STDOUT_FILENO)) {
        error_set(err, STATUS_USAGE, "a mask in safetensors is no text for a terminal");
        return error_help(err, "name a file: -o mask.safetensors");
    }
    enum status status = open_named_model(options, &job.session, err);
    if (status != STATUS_OK)
        return status;
    status = output_spares_inputs(options, job.session, err);
    if (status == STATUS_OK)
        status = write_output(options->output, write_mask, &job, err);
    if (status == STATUS_OK && named)
        tell(&job);
    session_close(job.session);
    return status;
}
