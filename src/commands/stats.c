/* stats.c: `ropescope stats`: how much a threshold fixes, by layer and for the model. */
#include "stats.h"
#include "commands.h"

#include <inttypes.h>
#include <math.h>

/* ---- for people ---------------------------------------------------------- */

/* "0.4123", or "-" for what is not defined. */
static const char *number(char out[TEXT_NUMBER], const char *format, double value)
{
    if (isnan(value))
        return "-";
    snprintf(out, TEXT_NUMBER, format, value);
    return out;
}

static void print_projection(FILE *stream, const struct tally *tally)
{
    char mean[TEXT_NUMBER], fraction[TEXT_NUMBER];
    fprintf(stream, "  %8s %8" PRIu64 " %7s", number(mean, "%.4f", tally_mean_abs(tally)),
            tally->fixed, number(fraction, "%.1f%%", 100 * tally_fraction(tally)));
}

static void print_layer(FILE *stream, const struct angles *angles, size_t index,
                        const struct awm *awm)
{
    const struct layer *layer = &angles->model->layers[index];
    struct correlation correlation = correlation_layer(angles, index);
    char r[TEXT_NUMBER], note[128];
    fprintf(stream, "%5u", layer->number);
    if (layer->pairs == 0) {
        text_printable(note, sizeof note, layer->note); /* it may be a stranger's */
        fprintf(stream, "  %s\n", note);
        return;
    }
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        struct tally tally = awm_tally_projection(angles, index, which, awm);
        print_projection(stream, &tally);
    }
    fprintf(stream, "  %8s\n", number(r, "%.3f", correlation_r(&correlation)));
}

static void print_model(FILE *stream, const struct angles *angles, const struct awm *awm)
{
    struct tally tally = awm_tally_model(angles, awm);
    char fraction[TEXT_NUMBER], chance[TEXT_NUMBER], pairs[TEXT_NUMBER], fixed[TEXT_NUMBER],
        threshold[TEXT_NUMBER];
    bool none = tally.pairs + tally.undefined == 0;
    fprintf(stream, "layers >= %u: %s of %s pairs fixed at |cos| >= %s: %s (chance %s)\n",
            awm->base.first_layer, none ? "-" : text_count(fixed, tally.fixed),
            none ? "-" : text_count(pairs, tally.pairs), text_float(threshold, awm->base.threshold),
            number(fraction, "%.1f%%", 100 * tally_fraction(&tally)),
            number(chance, "%.1f%%", 100 * tally_chance(&tally)));
    if (tally.undefined > 0)
        fprintf(stream, "%s pairs are undefined (a zero or non-finite row) and not counted\n",
                text_count(pairs, tally.undefined));
}

/* What the budget that was asked for comes to; a model that does not tell its shapes says so. */
static enum status print_budget(FILE *stream, const struct options *options,
                                const struct angles *angles, const struct awm *awm,
                                struct error *err)
{
    struct budget budget;
    struct training training;
    char before[TEXT_NUMBER], after[TEXT_NUMBER], saved[TEXT_NUMBER], targets[128];
    enum status status = stats_budget(options, angles, awm, &training, &budget, err);
    if (status == STATUS_FAILED)
        return fprintf(stream, "no budget: %s\n", err->what) < 0 ? status : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    text_printable(targets, sizeof targets, training.targets);
    fprintf(stream,
            "LoRA of rank %u on %s: %s of %s numbers trainable, mask ratio %.2f (at most %.2f)\n"
            "AdamW's states: %s less, where it keeps them for trainable rows alone\n",
            training.rank, targets, text_count(after, budget.after),
            text_count(before, budget.before), budget_ratio(budget.before, budget.after),
            budget_ratio(budget.before, budget.least),
            text_bytes(saved, (double)budget.state_bytes_saved));
    return STATUS_OK;
}

static void print_rule(FILE *stream, const struct awm *awm)
{
    char words[AWM_WORDS];
    awm_words(awm, words, sizeof words);
    if (awm->line_count > 0)
        fprintf(stream, "by the rule: %s\n", words);
}

static enum status print_text(const struct options *options, const struct angles *angles,
                              const struct awm *awm, struct error *err)
{
    struct output output;
    char name[256];
    enum status status = output_open(&output, NULL, err);
    if (status != STATUS_OK)
        return status;
    text_printable(name, sizeof name, angles->model->name);
    fprintf(output.stream, "%s\n       query                       key\n", name);
    fprintf(output.stream,
            "layer  mean|cos|   fixed fraction mean|cos|   fixed fraction   r(q,k)\n");
    for (size_t i = 0; i < angles->model->layer_count; i++)
        print_layer(output.stream, angles, i, awm);
    print_model(output.stream, angles, awm);
    print_rule(output.stream, awm);
    if (angles->model->like_authors)
        fprintf(output.stream, "%s\n", LIKE_AUTHORS_WORDS);
    status = print_budget(output.stream, options, angles, awm, err);
    if (status == STATUS_OK)
        return output_commit(&output, err);
    output_abort(&output);
    return status;
}

enum status command_stats(const struct options *options, struct error *err)
{
    struct session *session;
    enum status status = open_scanned_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    const struct angles *angles = session_angles(session);
    struct awm awm;
    status = rule_of_options(options, angles, &awm, err);
    if (status == STATUS_OK)
        status = options->json ? stats_print_json(options, angles, &awm, err)
                               : print_text(options, angles, &awm, err);
    awm_free(&awm);
    session_close(session);
    return status;
}
