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

struct cell pair_cell(const struct angles *angles, const struct view_settings *settings,
                      const struct row *item, size_t column)
{
    const struct angle_set *set = &angles->layers[item->layer_index].set[item->projection];
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
    default:
        return cell_flag(rule_fixes(set->cos[at], settings->rule.threshold));
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

static const struct tally *count_head(const struct list *list, const struct row *item)
{
    struct head_facts *facts = list->head_facts;
    float threshold = list->rows->settings.rule.threshold;
    uint64_t row_length = item->layer->projection[item->projection].row_length;
    bool same = facts->counted && facts->threshold == threshold;
    if (same && facts->layer_index == item->layer_index && facts->projection == item->projection &&
        facts->head == item->head)
        return &facts->tally;
    if (!same || facts->row_length != row_length)
        facts->chance = chance_level((double)threshold, row_length);
    facts->tally = tally_head_with(list->angles, item->layer_index, item->projection, item->head,
                                   threshold, facts->chance);
    facts->counted = true;
    facts->layer_index = item->layer_index;
    facts->projection = item->projection;
    facts->head = item->head;
    facts->threshold = threshold;
    facts->row_length = row_length;
    return &facts->tally;
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
    default:
        return tallied(count_head(list, item), column);
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

static void learn(struct layer_facts *facts, const struct angles *angles, size_t layer)
{
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        struct tally tally = tally_projection(angles, layer, p, 0);
        facts->mean_abs[p] = tally_mean_abs(&tally);
    }
    struct correlation correlation = correlation_layer(angles, layer);
    facts->correlation = correlation_r(&correlation);
    facts->known = true;
}

/* Under another threshold only what is fixed, and what chance would fix, are counted again. */
static void count_projection(struct layer_facts *facts, const struct angles *angles, size_t layer,
                             int projection, float threshold)
{
    uint64_t row_length = angles->model->layers[layer].projection[projection].row_length;
    if (!facts->counted)
        facts->part[projection] = tally_projection(angles, layer, projection, threshold);
    else
        tally_step(&facts->part[projection], angles, layer, projection, threshold,
                   chance_level((double)threshold, row_length));
}

static void count(struct layer_facts *facts, const struct angles *angles, size_t layer,
                  const struct rule *rule)
{
    if (facts->counted && facts->threshold == rule->threshold &&
        facts->covered[0] == rule->projection[0] && facts->covered[1] == rule->projection[1])
        return;
    facts->tally = (struct tally){0};
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        if (!facts->counted || facts->threshold != rule->threshold)
            count_projection(facts, angles, layer, p, rule->threshold);
        if (rule->projection[p])
            tally_add(&facts->tally, &facts->part[p]);
    }
    facts->threshold = rule->threshold;
    facts->covered[0] = rule->projection[0];
    facts->covered[1] = rule->projection[1];
    facts->counted = true;
}

struct cell layer_cell(const struct list *list, const struct row *item, size_t column)
{
    size_t i = item->layer_index;
    struct layer_facts *facts = &list->facts[i];
    if (column == LAYER_LAYER)
        return cell_integer(item->layer->number);
    if (column == LAYER_ROTATES)
        return cell_flag(item->layer->pairs > 0);
    if (item->layer->pairs == 0 || !list->angles->layers[i].ready)
        return cell_empty();
    if (!facts->known)
        learn(facts, list->angles, i);
    switch ((enum layer_column)column) {
    case LAYER_QUERY_MEAN_ABS:
        return cell_real(facts->mean_abs[PROJECTION_QUERY]);
    case LAYER_KEY_MEAN_ABS:
        return cell_real(facts->mean_abs[PROJECTION_KEY]);
    case LAYER_CORRELATION:
        return cell_real(facts->correlation);
    default:
        count(facts, list->angles, i, &list->rows->settings.rule);
        return tallied(&facts->tally, head_column_of(column));
    }
}
