/* columns.c: what the columns of the lists are called. */
#include "ropescope/lists.h"

#include <string.h>

static const char *const pairs[PAIR_COLUMNS] = {
    "layer", "projection", "head",   "pair",  "row_a",   "row_b",   "frequency",  "wavelength",
    "cos",   "norm_a",     "norm_b", "fixed", "abs_cos", "degrees", "norm_ratio", "random"};
static const char *const heads[HEAD_COLUMNS] = {
    "layer", "projection", "head",   "pairs",       "undefined",  "mean_abs_cos", "max_abs_cos",
    "fixed", "fraction",   "chance", "correlation", "norm_ratio", "excess"};
static const char *const changes[CHANGE_COLUMNS] = {"layer",    "projection",        "head",
                                                    "pair",     "cos_base",          "cos_tuned",
                                                    "distance", "relative_distance", "fixed"};
static const char *const layers[LAYER_COLUMNS] = {
    "layer",     "rotates", "query_mean_abs_cos", "key_mean_abs_cos", "pairs",
    "undefined", "fixed",   "fraction",           "chance",           "correlation",
    "excess"};

/* The angle together, then the rows, and last what a threshold turns: the export keeps the order
 * that scripts rely on. */
static const size_t pairs_shown[PAIR_COLUMNS] = {
    PAIR_LAYER,     PAIR_PROJECTION, PAIR_HEAD,  PAIR_PAIR,    PAIR_ROW_A,   PAIR_ROW_B,
    PAIR_FREQUENCY, PAIR_WAVELENGTH, PAIR_COS,   PAIR_ABS_COS, PAIR_DEGREES, PAIR_NORM_A,
    PAIR_NORM_B,    PAIR_NORM_RATIO, PAIR_FIXED, PAIR_RANDOM};

const size_t *list_shown(enum view_id view)
{
    return view == VIEW_PAIRS ? pairs_shown : NULL;
}

const char *const *list_columns(enum view_id view, size_t *count)
{
    switch (view) {
    case VIEW_PAIRS:
        return *count = PAIR_RANDOM, pairs;
    case VIEW_HEADS:
        return *count = HEAD_COLUMNS, heads;
    case VIEW_LAYERS:
        return *count = LAYER_COLUMNS, layers;
    case VIEW_CHANGE:
        return *count = CHANGE_COLUMNS, changes;
    default:
        return *count = 0, NULL;
    }
}

size_t list_column(enum view_id view, const char *name)
{
    size_t count;
    const char *const *columns = list_columns(view, &count);
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(columns[i], name) == 0)
            return i;
    return SIZE_MAX;
}

bool list_column_follows_threshold(enum view_id view, size_t column)
{
    static const char *const names[] = {"fixed", "fraction", "chance", "excess"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (column != SIZE_MAX && list_column(view, names[i]) == column)
            return true;
    return false;
}
