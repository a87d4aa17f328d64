/* heads.c: the list of heads, a line a head of a projection. */
#include "views/draw.h"
#include "views/rows.h"

enum {
    COLUMN_LAYER,
    COLUMN_PROJECTION,
    COLUMN_HEAD,
    COLUMN_PAIRS,
    COLUMN_UNDEFINED,
    COLUMN_MEAN_ABS,
    COLUMN_MAX_ABS,
    COLUMN_FIXED,
    COLUMN_FRACTION,
    COLUMN_CHANCE,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {
    "layer",        "projection",  "head",  "pairs",    "undefined",
    "mean_abs_cos", "max_abs_cos", "fixed", "fraction", "chance"};

static struct cell heads_cell(const void *context, size_t index, size_t column)
{
    const struct rows *rows = context;
    struct row row = rows_at(rows, index);
    struct tally tally = tally_head(rows->angles, row.layer_index, row.projection, row.head,
                                    rows->settings.rule.threshold);
    switch (column) {
    case COLUMN_LAYER:
        return cell_integer(row.layer->number);
    case COLUMN_PROJECTION:
        return cell_word(projection_name(row.projection));
    case COLUMN_HEAD:
        return cell_integer(row.head);
    case COLUMN_PAIRS:
        return cell_integer(tally.pairs);
    case COLUMN_UNDEFINED:
        return cell_integer(tally.undefined);
    case COLUMN_MEAN_ABS:
        return cell_real(tally_mean_abs(&tally));
    case COLUMN_MAX_ABS:
        return tally.pairs ? cell_real(tally.max_abs) : cell_empty();
    case COLUMN_FIXED:
        return cell_integer(tally.fixed);
    case COLUMN_FRACTION:
        return cell_real(tally_fraction(&tally));
    default:
        return cell_real(tally_chance(&tally));
    }
}

enum status heads_table(const struct angles *angles, const struct view_settings *settings,
                        struct view_table *out, struct error *err)
{
    struct rows *rows = rows_new(angles, settings, false);
    if (!rows)
        return error_memory(err);
    out->owned = rows;
    out->table = (struct table){columns, COLUMN_COUNT, rows->row_count, heads_cell, rows};
    return STATUS_OK;
}

/* The line of the selected head of the leading projection; row_count: it has none. */
static size_t selected_row(const struct rows *rows, const struct state *state)
{
    for (size_t i = 0; i < rows->block_count; i++) {
        const struct row_block *block = &rows->block[i];
        if (block->layer == state->settings.selection.layer && block->projection == state->lead)
            return block->first_row + (state_head(state, state->lead) - block->first_head);
    }
    return rows->row_count;
}

/* What a narrow screen can do without. */
static const char *const spare[] = {"layer", "undefined",   "chance", "pairs",
                                    "fixed", "max_abs_cos", NULL};

void heads_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                const struct state *state)
{
    char name[SELECTION_BYTES], title[SELECTION_BYTES + 16];
    struct view_settings settings = state_settings(state);
    struct view_table table;
    draw_selection_name(name, state, settings.selection.scope, glyphs, rect.cols - 16);
    text_format(title, sizeof title, "heads%s%s", draw_dot(glyphs), name);
    struct rect inside = draw_panel(canvas, rect, glyphs, title);
    bool one_model = settings.selection.scope == SCOPE_MODEL; /* else the title names the layer */
    if (!one_model && draw_excuse(canvas, inside, glyphs, state))
        return;
    if (heads_table(state->angles, &settings, &table, NULL) != STATUS_OK)
        return;
    size_t mark = selected_row(table.owned, state);
    size_t visible = inside.rows > 1 ? (size_t)inside.rows - 1 : 1;
    struct table_look look = {layout_scroll(mark, visible, table.table.row_count), mark,
                              spare + one_model};
    draw_table(canvas, rect, glyphs, &table.table, &look);
    view_table_free(&table);
}
