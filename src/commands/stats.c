/* stats.c: `ropescope stats`: how much a threshold fixes, by layer and for the model. */
#include "commands.h"
#include "json_out.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>

/* ---- as JSON: the names are fixed, scripts live on them ------------------ */

static void add_projection(cJSON *object, const struct angles *angles, size_t layer, int which,
                           const struct awm *awm)
{
    struct tally tally = awm_tally_projection(angles, layer, which, awm);
    cJSON *part = json_out_object(object, projection_name(which));
    json_out_real(part, "mean_abs_cos", tally_mean_abs(&tally));
    json_out_whole(part, "pairs", tally.pairs);
    json_out_whole(part, "fixed", tally.fixed);
}

static void add_layer(cJSON *list, const struct angles *angles, size_t index, const struct awm *awm)
{
    struct correlation correlation = correlation_layer(angles, index);
    cJSON *object = json_out_object(list, NULL);
    json_out_whole(object, "layer", angles->model->layers[index].number);
    for (int which = 0; which < PROJECTION_COUNT; which++)
        add_projection(object, angles, index, which, awm);
    json_out_real(object, "correlation", correlation_r(&correlation));
}

/* The model's counts cover the layers from the first masked one on; where there is none they are
 * null. */
static void add_model(cJSON *root, const struct angles *angles, const struct awm *awm)
{
    struct tally tally = awm_tally_model(angles, awm);
    bool none = tally.pairs + tally.undefined == 0;
    json_out_text(root, "model", angles->model->name);
    json_out_float(root, "threshold", awm->base.threshold);
    json_out_whole(root, "first_layer", awm->base.first_layer);
    if (none) {
        json_out_text(root, "pairs", NULL);
        json_out_text(root, "fixed", NULL);
    } else {
        json_out_whole(root, "pairs", tally.pairs);
        json_out_whole(root, "fixed", tally.fixed);
    }
    json_out_real(root, "fraction", tally_fraction(&tally));
    json_out_whole(root, "undefined", tally.undefined);
    json_out_real(root, "chance", tally_chance(&tally));
}

static enum status print_json(const struct angles *angles, const struct awm *awm, struct error *err)
{
    cJSON *root = cJSON_CreateObject();
    add_model(root, angles, awm);
    cJSON *list = json_out_array(root, "layers");
    for (size_t i = 0; i < angles->model->layer_count; i++)
        add_layer(list, angles, i, awm);
    return json_out_print(root, err);
}

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

static enum status print_text(const struct angles *angles, const struct awm *awm, struct error *err)
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
    return output_commit(&output, err);
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
        status = options->json ? print_json(angles, &awm, err) : print_text(angles, &awm, err);
    awm_free(&awm);
    session_close(session);
    return status;
}
