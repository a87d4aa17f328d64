/* list_cells.c: the numbers of the lists, from a pair, a head or a layer and a column. */
#include "explorer/list_cells.h"

#include <math.h>

/* ---- pairs --------------------------------------------------------------- */

static struct cell stored_row(const struct row *row, bool second)
{
    uint64_t a, b;
    layer_pair_rows(row->layer, row->projection, row->head, row->pair, &a, &b);
    return cell_integer(second ? b : a);
}

static struct cell cos_cell(enum quantity quantity, float cos)
{
    return isnan(cos) ? cell_empty() : cell_real(quantity_of(quantity, (double)cos));
}

static struct cell random_cell(const struct list *list, const struct row *item)
{
    const struct view_settings *settings = &list->rows->settings;
    struct awm awm = settings_awm(settings);
    const struct baseline_run *run =
        baseline_run(&list->counts->baseline, list->angles, &awm, settings->edition,
                     item->layer_index, item->projection);
    size_t at = (size_t)item->head * item->layer->pairs + item->pair;
    return run ? cell_flag(run->fixed[at]) : cell_empty();
}

struct cell pair_cell(const struct list *list, const struct row *item, size_t column)
{
    const struct view_settings *settings = &list->rows->settings;
    const struct angle_set *set = &list->angles->layers[item->layer_index].set[item->projection];
    size_t at = (size_t)item->head * item->layer->pairs + item->pair;
    switch ((enum pair_column)column) {
    case PAIR_LAYER:
        return cell_integer(item->layer->number);
    case PAIR_PROJECTION:
        return cell_word(projection_name(item->projection));
    case PAIR_HEAD:
        return cell_integer(item->head);
    case PAIR_PAIR:
        return cell_integer(item->pair);
    case PAIR_ROW_A:
    case PAIR_ROW_B:
        return stored_row(item, column == PAIR_ROW_B);
    case PAIR_FREQUENCY:
        return cell_real(item->layer->frequency[item->pair]);
    case PAIR_WAVELENGTH:
        return cell_real(layer_wavelength(item->layer, item->pair));
    case PAIR_COS:
        return cos_cell(QUANTITY_COS, set->cos[at]);
    case PAIR_NORM_A:
        return cell_real((double)set->norm_a[at]);
    case PAIR_NORM_B:
        return cell_real((double)set->norm_b[at]);
    case PAIR_ABS_COS:
        return cos_cell(QUANTITY_ABS_COS, set->cos[at]);
    case PAIR_DEGREES:
        return cos_cell(QUANTITY_DEGREES, set->cos[at]);
    case PAIR_NORM_RATIO:
        return cell_real(norm_ratio((double)set->norm_a[at], (double)set->norm_b[at]));
    case PAIR_RANDOM:
        return random_cell(list, item);
    default:
        return cell_flag(
            rule_fixes(set->cos[at], settings_threshold(settings, item->layer->number,
                                                        item->projection, item->head)));
    }
}

/* ---- changes ------------------------------------------------------------- */

struct cell change_cell(const struct list *list, const struct row *item, size_t column)
{
    const struct changes *changes = list->rows->settings.changes;
    size_t layer = item->layer_index, projection = (size_t)item->projection;
    size_t at = (size_t)item->head * item->layer->pairs + item->pair;
    const float *tuned = changes->tuned->layers[layer].set[projection].cos;
    const float *distance = changes->distance[2 * layer + projection];
    switch ((enum change_column)column) {
    case CHANGE_LAYER:
        return pair_cell(list, item, PAIR_LAYER);
    case CHANGE_PROJECTION:
        return pair_cell(list, item, PAIR_PROJECTION);
    case CHANGE_HEAD:
        return pair_cell(list, item, PAIR_HEAD);
    case CHANGE_PAIR:
        return pair_cell(list, item, PAIR_PAIR);
    case CHANGE_COS_BASE:
        return pair_cell(list, item, PAIR_COS);
    case CHANGE_COS_TUNED:
        return changes->tuned->layers[layer].ready ? cos_cell(QUANTITY_COS, tuned[at])
                                                   : cell_empty();
    case CHANGE_DISTANCE:
        return distance ? cell_real((double)distance[at]) : cell_empty();
    case CHANGE_RELATIVE:
        return distance ? cell_real(change_relative(changes, layer, item->projection, at))
                        : cell_empty();
    default:
        return pair_cell(list, item, PAIR_FIXED);
    }
}

/* ---- heads --------------------------------------------------------------- */

static struct cell tallied(const struct tally *tally, size_t column)
{
    switch ((enum head_column)column) {
    case HEAD_PAIRS:
        return cell_integer(tally->pairs);
    case HEAD_UNDEFINED:
        return cell_integer(tally->undefined);
    case HEAD_MEAN_ABS:
        return cell_real(tally_mean_abs(tally));
    case HEAD_MAX_ABS:
        return tally->pairs ? cell_real(tally->max_abs) : cell_empty();
    case HEAD_FIXED:
        return cell_integer(tally->fixed);
    case HEAD_FRACTION:
        return cell_real(tally_fraction(tally));
    case HEAD_CHANCE:
        return cell_real(tally_chance(tally));
    default:
        return cell_real(tally_fraction(tally) - tally_chance(tally));
    }
}

static const struct tally *sums_of_head(const struct list *list, const struct row *item)
{
    struct head_facts *facts = list->head_facts;
    if (facts->counted && facts->layer_index == item->layer_index &&
        facts->projection == item->projection && facts->head == item->head)
        return &facts->tally;
    facts->tally = tally_head(list->angles, item->layer_index, item->projection, item->head, 0);
    facts->counted = true;
    facts->layer_index = item->layer_index;
    facts->projection = item->projection;
    facts->head = item->head;
    return &facts->tally;
}

/* What is counted of a head, without its sums. */
static struct cell counted_of_head(const struct list *list, const struct row *item, size_t column)
{
    float threshold = list->rows->settings.rule.threshold;
    const struct head_count *heads =
        counts_heads(list->counts, list->angles, item->layer_index, item->projection, threshold);
    if (!heads)
        return cell_empty();
    heads += item->head;
    struct tally tally = {.pairs = heads->defined,
                          .fixed = heads->fixed,
                          .undefined = item->layer->pairs - heads->defined};
    tally.sum_chance = counts_head_chance(list->counts, list->angles, item->layer_index,
                                          item->projection, item->head, threshold) *
                       (double)tally.pairs;
    return tallied(&tally, column);
}

struct cell head_cell(const struct list *list, const struct row *item, size_t column)
{
    struct correlation correlation;
    switch ((enum head_column)column) {
    case HEAD_LAYER:
        return cell_integer(item->layer->number);
    case HEAD_PROJECTION:
        return cell_word(projection_name(item->projection));
    case HEAD_HEAD:
        return cell_integer(item->head);
    case HEAD_NORM_RATIO:
        return cell_real(
            norm_ratio_head(list->angles, item->layer_index, item->projection, item->head));
    case HEAD_CORRELATION:
        if (item->projection == PROJECTION_KEY)
            return cell_empty(); /* it meets several query heads, or the line above tells it */
        correlation = correlation_head(list->angles, item->layer_index, item->head);
        return cell_real(correlation_r(&correlation));
    case HEAD_MEAN_ABS:
    case HEAD_MAX_ABS:
        return tallied(sums_of_head(list, item), column);
    default:
        return counted_of_head(list, item, column);
    }
}

/* ---- layers -------------------------------------------------------------- */

static size_t head_column_of(size_t layer_column)
{
    switch ((enum layer_column)layer_column) {
    case LAYER_PAIRS:
        return HEAD_PAIRS;
    case LAYER_UNDEFINED:
        return HEAD_UNDEFINED;
    case LAYER_FIXED:
        return HEAD_FIXED;
    case LAYER_FRACTION:
        return HEAD_FRACTION;
    case LAYER_CHANCE:
        return HEAD_CHANCE;
    default:
        return HEAD_EXCESS;
    }
}

/* Of the projections that are covered. */
static struct tally tally_of_layer(const struct list *list, size_t layer)
{
    const struct rule *rule = &list->rows->settings.rule;
    struct tally total = {0};
    for (int p = 0; p < PROJECTION_COUNT; p++)
        if (rule->projection[p])
            tally_add(&total, counts_tally(list->counts, layer, p));
    return total;
}

static double correlation_of(struct layer_facts *facts, const struct angles *angles, size_t layer)
{
    if (!facts->known) {
        struct correlation correlation = correlation_layer(angles, layer);
        facts->correlation = correlation_r(&correlation);
        facts->known = true;
    }
    return facts->correlation;
}

struct cell layer_cell(const struct list *list, const struct row *item, size_t column)
{
    size_t i = item->layer_index;
    if (column == LAYER_LAYER)
        return cell_integer(item->layer->number);
    if (column == LAYER_ROTATES)
        return cell_flag(item->layer->pairs > 0);
    if (item->layer->pairs == 0 || !list->angles->layers[i].ready ||
        !counts_update(list->counts, list->angles, list->rows->settings.rule.threshold))
        return cell_empty();
    struct tally total;
    switch ((enum layer_column)column) {
    case LAYER_QUERY_MEAN_ABS:
        return cell_real(tally_mean_abs(counts_tally(list->counts, i, PROJECTION_QUERY)));
    case LAYER_KEY_MEAN_ABS:
        return cell_real(tally_mean_abs(counts_tally(list->counts, i, PROJECTION_KEY)));
    case LAYER_CORRELATION:
        return cell_real(correlation_of(&list->facts[i], list->angles, i));
    default:
        total = tally_of_layer(list, i);
        return tallied(&total, head_column_of(column));
    }
}
