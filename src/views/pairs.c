/* pairs.c: the list of pairs, a line a pair: the stored rows, the frequency, the angle. */
#include "views/draw.h"
#include "views/rows.h"

#include <math.h>

enum {
    COLUMN_LAYER,
    COLUMN_PROJECTION,
    COLUMN_HEAD,
    COLUMN_PAIR,
    COLUMN_ROW_A,
    COLUMN_ROW_B,
    COLUMN_FREQUENCY,
    COLUMN_WAVELENGTH,
    COLUMN_COS,
    COLUMN_NORM_A,
    COLUMN_NORM_B,
    COLUMN_FIXED,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {"layer", "projection", "head",      "pair",
                                                  "row_a", "row_b",      "frequency", "wavelength",
                                                  "cos",   "norm_a",     "norm_b",    "fixed"};

static struct cell stored_row(const struct row *row, bool second)
{
    uint64_t a, b;
    layer_pair_rows(row->layer, row->projection, row->head, row->pair, &a, &b);
    return cell_integer(second ? b : a);
}

static struct cell pairs_cell(const void *context, size_t index, size_t column)
{
    const struct rows *rows = context;
    struct row row = rows_at(rows, index);
    const struct angle_set *set = &rows->angles->layers[row.layer_index].set[row.projection];
    size_t at = (size_t)row.head * row.layer->pairs + row.pair;
    switch (column) {
    case COLUMN_LAYER:
        return cell_integer(row.layer->number);
    case COLUMN_PROJECTION:
        return cell_word(projection_name(row.projection));
    case COLUMN_HEAD:
        return cell_integer(row.head);
    case COLUMN_PAIR:
        return cell_integer(row.pair);
    case COLUMN_ROW_A:
    case COLUMN_ROW_B:
        return stored_row(&row, column == COLUMN_ROW_B);
    case COLUMN_FREQUENCY:
        return cell_real(row.layer->frequency[row.pair]);
    case COLUMN_WAVELENGTH:
        return cell_real(layer_wavelength(row.layer, row.pair));
    case COLUMN_COS:
        return isnan(set->cos[at]) ? cell_empty() : cell_real((double)set->cos[at]);
    case COLUMN_NORM_A:
        return cell_real((double)set->norm_a[at]);
    case COLUMN_NORM_B:
        return cell_real((double)set->norm_b[at]);
    default:
        return cell_flag(rule_fixes(set->cos[at], rows->settings.rule.threshold));
    }
}

enum status pairs_table(const struct angles *angles, const struct view_settings *settings,
                        struct view_table *out, struct error *err)
{
    struct rows *rows = rows_new(angles, settings, true);
    if (!rows)
        return error_memory(err);
    out->owned = rows;
    out->table = (struct table){columns, COLUMN_COUNT, rows->row_count, pairs_cell, rows};
    return STATUS_OK;
}

/* What a narrow screen can do without. */
static const char *const spare[] = {"layer",      "norm",  "row", "frequency",
                                    "wavelength", "fixed", NULL};

void pairs_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 16];
    struct view_settings settings = state_settings(state);
    struct view_table table;
    draw_selection_name(name, state, settings.selection.scope, glyphs, rect.cols - 16);
    text_format(title, sizeof title, "pairs%s%s", draw_dot(glyphs), name);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    bool one_model = settings.selection.scope == SCOPE_MODEL; /* else the title names the layer */
    if (!one_model && draw_excuse(canvas, inside, glyphs, state))
        return;
    if (pairs_table(state->angles, &settings, &table, NULL) != STATUS_OK)
        return;
    struct table_look look = {state->top, table.table.row_count, spare + one_model};
    draw_table(canvas, rect, glyphs, &table.table, &look);
    view_table_free(&table);
}
