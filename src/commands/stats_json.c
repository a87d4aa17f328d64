/* stats_json.c: `ropescope stats --json`. The names are fixed: scripts live on them. */
#include "json_out.h"
#include "stats.h"

#include <cjson/cJSON.h>
#include <math.h>

static void add_chance(cJSON *object, const struct tally *tally)
{
    json_out_real(object, "fraction", tally_fraction(tally));
    json_out_real(object, "chance", tally_chance(tally));
    json_out_real(object, "excess", tally_excess(tally));
}

/* ---- the model and its layers -------------------------------------------- */

static void add_projection(cJSON *object, const struct angles *angles, size_t layer, int which,
                           const struct awm *awm)
{
    struct tally tally = awm_tally_projection(angles, layer, which, awm);
    cJSON *part = json_out_object(object, projection_name(which));
    json_out_real(part, "mean_abs_cos", tally_mean_abs(&tally));
    json_out_whole(part, "pairs", tally.pairs);
    json_out_whole(part, "fixed", tally.fixed);
    add_chance(part, &tally);
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
    if (angles->model->like_authors)
        json_out_text(root, "like_authors", LIKE_AUTHORS_WORDS);
    json_out_float(root, "threshold", awm->base.threshold);
    json_out_whole(root, "first_layer", awm->base.first_layer);
    if (none) {
        json_out_text(root, "pairs", NULL);
        json_out_text(root, "fixed", NULL);
    } else {
        json_out_whole(root, "pairs", tally.pairs);
        json_out_whole(root, "fixed", tally.fixed);
    }
    json_out_whole(root, "undefined", tally.undefined);
    add_chance(root, &tally);
}

/* ---- the rule ------------------------------------------------------------ */

static void add_reach(cJSON *object, const char *key, uint32_t number)
{
    if (number == REACH_ALL)
        json_out_text(object, key, NULL);
    else
        json_out_whole(object, key, number);
}

static void add_rule(cJSON *root, const struct awm *awm)
{
    char words[AWM_WORDS];
    cJSON *object = json_out_object(root, "rule");
    awm_words(awm, words, sizeof words);
    json_out_text(object, "words", words);
    json_out_float(object, "threshold", awm->base.threshold);
    json_out_whole(object, "first_layer", awm->base.first_layer);
    cJSON *covered = json_out_array(object, "projections");
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (awm->base.projection[p])
            json_out_text(covered, NULL, projection_name(p));
    cJSON *lines = json_out_array(object, "lines");
    for (size_t i = 0; i < awm->line_count; i++) {
        const struct rule_line *line = &awm->lines[i];
        const uint32_t which = line->reach.projection;
        cJSON *one = json_out_object(lines, NULL);
        add_reach(one, "layer", line->reach.layer);
        json_out_text(one, "projection", which == REACH_ALL ? NULL : projection_name((int)which));
        add_reach(one, "head", line->reach.head);
        json_out_real(one, "threshold", (double)line->threshold);
        json_out_text(one, "exception",
                      line->exception == EXCEPTION_NONE ? NULL : exception_name(line->exception));
    }
}

/* ---- the budget ---------------------------------------------------------- */

enum status stats_budget(const struct options *options, const struct angles *angles,
                         const struct awm *awm, struct training *training, struct budget *out,
                         struct error *err)
{
    *training = options->training;
    enum status status = budget_of(angles, awm, training, out, err);
    bool asked = flag_was_given(options, "lora-targets") || flag_was_given(options, "lora-preset");
    if (status != STATUS_USAGE || asked)
        return status;
    training->targets = TRAINING_ALL;
    return budget_of(angles, awm, training, out, err);
}

/* Two decimals, as the authors print it. */
static void add_ratio(cJSON *object, const char *key, uint64_t before, uint64_t left)
{
    char digits[TEXT_NUMBER];
    text_format(digits, sizeof digits, "%.2f", budget_ratio(before, left));
    json_out_raw(object, key, digits);
}

static void add_budget(cJSON *object, const struct training *training, const struct budget *budget)
{
    json_out_text(object, "dtype", dtype_name(training->dtype));
    json_out_whole(object, "trainable_before", budget->before);
    json_out_whole(object, "trainable_after", budget->after);
    add_ratio(object, "mask_ratio", budget->before, budget->after);
    add_ratio(object, "mask_ratio_at_most", budget->before, budget->least);
    json_out_text(
        object, "optimizer",
        "AdamW: 2 states for each trained number, in its dtype; saved where they are kept "
        "for trainable rows alone");
    json_out_whole(object, "optimizer_bytes", budget->state_bytes);
    json_out_whole(object, "optimizer_bytes_saved", budget->state_bytes_saved);
}

static enum status add_budgets(cJSON *root, const struct options *options,
                               const struct angles *angles, const struct awm *awm,
                               struct error *err)
{
    struct budget budget;
    struct training training;
    const struct training full = {0, NULL, options->training.dtype};
    cJSON *parts = json_out_object(root, "budget");
    enum status status = stats_budget(options, angles, awm, &training, &budget, err);
    if (status == STATUS_USAGE)
        return status; /* modules that somebody asked for are not there */
    if (status == STATUS_OK) {
        cJSON *lora = json_out_object(parts, "lora");
        json_out_whole(lora, "rank", training.rank);
        json_out_text(lora, "targets", training.targets);
        json_out_whole(lora, "modules", budget.modules);
        add_budget(lora, &training, &budget);
    } else
        json_out_text(parts, "lora", NULL);
    if (budget_of(angles, awm, &full, &budget, NULL) == STATUS_OK)
        add_budget(json_out_object(parts, "full"), &full, &budget);
    else
        json_out_text(parts, "full", NULL);
    return STATUS_OK;
}

/* ---- the curve ----------------------------------------------------------- */

/* Of one threshold for all, whatever lines the rule has: the model, then layer by layer. */
static void add_curve(cJSON *root, const struct angles *angles, const struct awm *awm)
{
    struct tally model[CURVE_TABLE] = {{0}};
    cJSON *points = json_out_array(root, "curve"), *layers[CURVE_TABLE];
    curve_model(angles, &awm->base, curve_table, CURVE_TABLE, model);
    for (size_t t = 0; t < CURVE_TABLE; t++) {
        cJSON *point = json_out_object(points, NULL);
        json_out_float(point, "threshold", curve_table[t]);
        json_out_whole(point, "pairs", model[t].pairs);
        json_out_whole(point, "fixed", model[t].fixed);
        add_chance(point, &model[t]);
        layers[t] = json_out_array(point, "layers");
    }
    for (size_t i = 0; i < angles->model->layer_count; i++) {
        struct tally layer[CURVE_TABLE] = {{0}};
        curve_layer(angles, i, &awm->base, curve_table, CURVE_TABLE, layer);
        for (size_t t = 0; t < CURVE_TABLE; t++) {
            cJSON *object = json_out_object(layers[t], NULL);
            json_out_whole(object, "layer", angles->model->layers[i].number);
            add_chance(object, &layer[t]);
        }
    }
}

enum status stats_print_json(const struct options *options, const struct angles *angles,
                             const struct awm *awm, struct error *err)
{
    cJSON *root = cJSON_CreateObject();
    add_model(root, angles, awm);
    add_rule(root, awm);
    enum status status = add_budgets(root, options, angles, awm, err);
    if (status != STATUS_OK) {
        cJSON_Delete(root);
        return status;
    }
    cJSON *list = json_out_array(root, "layers");
    for (size_t i = 0; i < angles->model->layer_count; i++)
        add_layer(list, angles, i, awm);
    add_curve(root, angles, awm);
    return json_out_print(root, err);
}
