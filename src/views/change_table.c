/* change_table.c: the change by groups, as a table. */
#include "views/change.h"
#include "views/draw.h"

#include <math.h>

/* ---- the table ----------------------------------------------------------- */

enum {
    GROUP_FIRST,
    GROUP_SECOND,
    GROUP_PAIRS,
    GROUP_MEAN,
    GROUP_Q25,
    GROUP_MEDIAN,
    GROUP_Q75,
    GROUP_RELATIVE,
    GROUP_RELATIVE_MEDIAN,
    GROUP_COLUMNS
};
static const char *const columns[][GROUP_COLUMNS] = {
    [CHANGE_BY_BIN] = {"abs_cos_low", "abs_cos_high", "pairs", "mean_distance", "q25", "median",
                       "q75", "mean_relative", "median_relative"},
    [CHANGE_BY_LAYER] = {"layer", "projection", "pairs", "mean_distance", "q25", "median", "q75",
                         "mean_relative", "median_relative"},
    [CHANGE_BY_FREQUENCY] = {"pair", "projection", "pairs", "mean_distance", "q25", "median", "q75",
                             "mean_relative", "median_relative"}};
enum {
    SHARE_THRESHOLD,
    SHARE_PAIRS,
    SHARE_TRAINABLE,
    SHARE_FRACTION,
    SHARE_CHANGE,
    SHARE_KEPT,
    SHARE_KEPT_FRACTION,
    SHARE_COLUMNS
};
static const char *const share_columns[SHARE_COLUMNS] = {
    "threshold", "pairs", "trainable", "trainable_fraction", "change", "kept", "kept_fraction"};

static struct cell group_cell(const void *context, size_t index, size_t column)
{
    const struct change_rows *rows = context;
    const struct change_group *group = &rows->group[rows->row[index]];
    const struct model *model = rows->model;
    bool bins = rows->by == CHANGE_BY_BIN;
    switch (column) {
    case GROUP_FIRST:
        return bins                          ? cell_real((double)group->index / CHANGE_BINS)
               : rows->by == CHANGE_BY_LAYER ? cell_integer(model->layers[group->index].number)
                                             : cell_integer(group->index);
    case GROUP_SECOND:
        return bins ? cell_real((double)(group->index + 1) / CHANGE_BINS)
                    : cell_word(projection_name(group->projection));
    case GROUP_PAIRS:
        return cell_integer(group->distance.count);
    case GROUP_MEAN:
        return cell_real(group->distance.mean);
    case GROUP_Q25:
        return cell_real(group->distance.q25);
    case GROUP_MEDIAN:
        return cell_real(group->distance.median);
    case GROUP_Q75:
        return cell_real(group->distance.q75);
    case GROUP_RELATIVE:
        return cell_real(group->relative.mean);
    default:
        return cell_real(group->relative.median);
    }
}

static struct cell share_cell(const void *context, size_t index, size_t column)
{
    const struct change_rows *rows = context;
    const struct change_share *share = &rows->share[index];
    char text[TEXT_NUMBER];
    double threshold = (double)curve_table[index];
    switch (column) {
    case SHARE_THRESHOLD: /* 0.001, which the nearest float is not */
        text_to_double(text_float(text, curve_table[index]), &threshold);
        return cell_real(threshold);
    case SHARE_PAIRS:
        return cell_integer(share->pairs);
    case SHARE_TRAINABLE:
        return cell_integer(share->trainable);
    case SHARE_FRACTION:
        return cell_real(change_share_trainable(share));
    case SHARE_CHANGE:
        return cell_real(share->change);
    case SHARE_KEPT:
        return cell_real(share->kept);
    default:
        return cell_real(change_share_kept(share));
    }
}

struct table change_rows_table(const struct change_rows *rows)
{
    if (rows->by == CHANGE_BY_THRESHOLD)
        return (struct table){share_columns, SHARE_COLUMNS, rows->count, share_cell, rows};
    return (struct table){columns[rows->by], GROUP_COLUMNS, rows->count, group_cell, rows};
}
