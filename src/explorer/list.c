/* list.c: the lists of pairs, heads and layers: which line is about what, and their order. */
#include "explorer/list_cells.h"

#include <math.h>
#include <string.h>

/* ---- what a line is about ------------------------------------------------ */

static struct row item_of_row(const struct list *list, size_t row)
{
    if (list->view != VIEW_LAYERS)
        return rows_at(list->rows, row);
    size_t layer = list->first_layer + row;
    return (struct row){.layer = &list->angles->model->layers[layer], .layer_index = layer};
}

size_t list_row(const struct list *list, size_t line)
{
    if (list->parted)
        return parted_row(list->parted, list->rows, line);
    return list->order ? list->order[line] : line;
}

struct row list_item(const struct list *list, size_t line)
{
    return item_of_row(list, list_row(list, line));
}

size_t list_find(const struct list *list, const struct row *item)
{
    size_t row = list->count;
    if (list->view != VIEW_LAYERS)
        row = rows_find(list->rows, item);
    else if (item->layer_index >= list->first_layer)
        row = item->layer_index - list->first_layer;
    if (row >= list->count)
        return list->count;
    if (list->parted)
        return parted_line(list->parted, list->rows, row);
    if (!list->order)
        return row;
    for (size_t line = 0; line < list->count; line++)
        if (list->order[line] == row)
            return line;
    return list->count;
}

static struct cell cell_of_row(const struct list *list, size_t row, size_t column)
{
    struct row item = item_of_row(list, row);
    if (list->view == VIEW_PAIRS)
        return pair_cell(list, &item, column);
    if (list->view == VIEW_HEADS)
        return head_cell(list, &item, column);
    if (list->view == VIEW_CHANGE)
        return change_cell(list, &item, column);
    return layer_cell(list, &item, column);
}

struct cell list_cell(const struct list *list, size_t line, size_t column)
{
    return cell_of_row(list, list_row(list, line), column);
}

/* ---- order --------------------------------------------------------------- */

static double key_of_cell(struct cell cell)
{
    switch (cell.kind) {
    case CELL_INTEGER:
        return (double)cell.as.integer;
    case CELL_REAL:
        return cell.as.real;
    case CELL_FLAG:
        return cell.as.flag;
    case CELL_WORD:
    case CELL_NAME: /* by its first letter: the only words are query and key */
        return cell.as.text ? (unsigned char)cell.as.text[0] : (double)NAN;
    case CELL_EMPTY:
        break;
    }
    return (double)NAN;
}

/* The array that a column of the pairs shows as it is, or by way of |cos|; NULL: another. */
static const float *stored(const struct angle_set *set, size_t column)
{
    switch (column) {
    case PAIR_COS:
    case PAIR_ABS_COS:
    case PAIR_DEGREES:
        return set->cos;
    case PAIR_NORM_A:
        return set->norm_a;
    case PAIR_NORM_B:
        return set->norm_b;
    default:
        return NULL;
    }
}

/* The numbers that column of a block shows, (row), and the row behind its last; NULL: not stored.
 */
static const float *stored_in(const struct list *list, const struct row_block *block, size_t column,
                              size_t *end)
{
    const struct angle_set *set = &list->angles->layers[block->layer].set[block->projection];
    const float *from = list->view == VIEW_PAIRS ? stored(set, column) : NULL;
    *end = rows_block_end(list->rows, block);
    return from ? from + (size_t)block->first_head * block->per_head : NULL;
}

/* Keys of a block straight from the database: millions of pairs must sort while a person waits. */
static bool fill_stored(const struct list *list, const struct row_block *block, size_t column,
                        double *keys)
{
    size_t end;
    const float *from = stored_in(list, block, column, &end);
    if (!from)
        return false;
    for (size_t row = block->first_row; row < end; row++, from++) {
        double value = (double)*from;
        keys[row] = column == PAIR_ABS_COS   ? fabs(value)
                    : column == PAIR_DEGREES ? -value /* the angle falls as its cosine grows */
                                             : value;
    }
    return true;
}

/* The numbers that cells show, to the last bit. */
static double chance_of_heads(uint32_t defined, double level)
{
    struct tally tally = {.pairs = defined, .sum_chance = level * (double)defined};
    return tally_chance(&tally);
}

static double key_of_head(const struct head_count *head, double chance, size_t column)
{
    if (column == HEAD_FIXED)
        return (double)head->fixed;
    if (column == HEAD_CHANCE)
        return chance;
    double fraction = head->defined > 0 ? (double)head->fixed / head->defined : (double)NAN;
    return column == HEAD_EXCESS ? fraction - chance : fraction;
}

/* Likewise of what is counted by head: tens of thousands of heads must sort while a threshold is
 * stepped. */
static bool fill_counted(const struct list *list, const struct row_block *block, size_t column,
                         double *keys)
{
    float threshold = list->rows->settings.rule.threshold;
    if (list->view != VIEW_HEADS || (column != HEAD_FIXED && column != HEAD_FRACTION &&
                                     column != HEAD_CHANCE && column != HEAD_EXCESS))
        return false;
    const struct head_count *heads =
        counts_heads(list->counts, list->angles, block->layer, block->projection, threshold);
    if (!heads)
        return false;
    size_t end = rows_block_end(list->rows, block);
    uint32_t head = block->first_head, defined = 0;
    double level = NAN, chance = NAN;
    for (size_t row = block->first_row; row < end; row++, head++) {
        double here = counts_head_chance(list->counts, list->angles, block->layer,
                                         block->projection, head, threshold);
        if (heads[head].defined != defined || !(here == level)) /* rarely: a division less */
            chance = chance_of_heads(defined = heads[head].defined, level = here);
        keys[row] = key_of_head(&heads[head], chance, column);
    }
    return true;
}

static bool sort_by(struct list *list, size_t column, bool descending)
{
    if (list->view == VIEW_PAIRS && column == PAIR_FIXED)
        return (list->parted = parted_new(list->rows, list->counts, descending)) != NULL;
    double *keys = memory_array(list->count + 1, sizeof *keys);
    bool filled = list->view != VIEW_LAYERS && list->rows->block_count > 0;
    for (size_t i = 0; keys && filled && i < list->rows->block_count; i++)
        filled = fill_stored(list, &list->rows->block[i], column, keys) ||
                 fill_counted(list, &list->rows->block[i], column, keys);
    for (size_t row = 0; keys && !filled && row < list->count; row++)
        keys[row] = key_of_cell(cell_of_row(list, row, column));
    if (keys)
        list->order = order_new(keys, list->count, descending);
    memory_free(keys);
    return list->order != NULL;
}

bool list_sort(struct list *list, const struct view_settings *settings)
{
    const struct sort *sort = &list->rows->settings.sort;
    list->rows->settings = *settings;
    if (!counts_lines(list->counts, list->angles, settings->lines, settings->edition))
        return false;
    memory_free(list->order);
    parted_free(list->parted);
    list->order = NULL;
    list->parted = NULL;
    return !sort->column || sort_by(list, list_column(list->view, sort->column), sort->descending);
}

static enum status no_column(enum view_id view, const char *name, struct error *err)
{
    char names[ERROR_HELP] = "";
    size_t count, used = 0;
    const char *const *columns = list_columns(view, &count);
    for (size_t i = 0; i < count; i++) {
        text_format(names + used, sizeof names - used, "%s%s", i ? ", " : "", columns[i]);
        used = strlen(names);
    }
    error_set(err, STATUS_USAGE, "--sort %s: there is no such column", name);
    return error_help(err, "%s", names);
}

static enum status nothing_compared(struct error *err)
{
    error_set(err, STATUS_USAGE, "the view of changes needs a model to compare with");
    return error_help(err, "--compare TUNED, or --compare-adapter DIR");
}

/* ---- life ---------------------------------------------------------------- */

enum status list_new(enum view_id view, const struct angles *angles,
                     const struct view_settings *settings, struct counts *counts, struct list **out,
                     struct error *err)
{
    const struct sort *sort = &settings->sort;
    if (view == VIEW_CHANGE && !settings->changes)
        return nothing_compared(err);
    if (sort->column && list_column(view, sort->column) == SIZE_MAX)
        return no_column(view, sort->column, err);
    struct list *list = memory_array(1, sizeof *list);
    struct rows *rows = rows_new(angles, settings, view == VIEW_PAIRS || view == VIEW_CHANGE);
    if (!list || !rows) {
        memory_free(list);
        memory_free(rows);
        return error_memory(err);
    }
    *list = (struct list){
        .view = view, .count = rows->row_count, .rows = rows, .angles = angles, .counts = counts};
    if (!counts)
        list->counts = list->own = memory_array(1, sizeof *list->own);
    if (view == VIEW_LAYERS) {
        bool all = settings->selection.scope == SCOPE_MODEL;
        list->count = all ? angles->model->layer_count : 1;
        list->first_layer = all ? 0 : settings->selection.layer;
    }
    if (view == VIEW_LAYERS)
        list->facts = memory_array(angles->model->layer_count + 1, sizeof *list->facts);
    if (view == VIEW_HEADS)
        list->head_facts = memory_array(1, sizeof *list->head_facts);
    if (!list->counts || !counts_reserve(list->counts, angles->model) ||
        (view == VIEW_LAYERS && !list->facts) || (view == VIEW_HEADS && !list->head_facts)) {
        list_free(list);
        return error_memory(err);
    }
    if (!list_sort(list, settings)) {
        list_free(list);
        return error_memory(err);
    }
    *out = list;
    return STATUS_OK;
}

void list_free(struct list *list)
{
    if (!list)
        return;
    memory_free(list->rows);
    memory_free(list->order);
    parted_free(list->parted);
    if (list->own)
        counts_free(list->own);
    memory_free(list->own);
    memory_free(list->facts);
    memory_free(list->head_facts);
    memory_free(list);
}
