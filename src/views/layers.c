/* layers.c: the list of layers, a line a layer of the checkpoint, whether it rotates or not. */
#include "views/draw.h"

enum {
    COLUMN_LAYER,
    COLUMN_ROTATES,
    COLUMN_QUERY_MEAN_ABS,
    COLUMN_KEY_MEAN_ABS,
    COLUMN_PAIRS,
    COLUMN_UNDEFINED,
    COLUMN_FIXED,
    COLUMN_FRACTION,
    COLUMN_CHANCE,
    COLUMN_CORRELATION,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {
    "layer",     "rotates", "query_mean_abs_cos", "key_mean_abs_cos", "pairs",
    "undefined", "fixed",   "fraction",           "chance",           "correlation"};

struct layer_rows {
    const struct angles *angles;
    struct view_settings settings;
    size_t first; /* index of the layer in the first row */
};

static struct cell mean_abs(const struct layer_rows *rows, size_t layer, int projection)
{
    struct tally tally = tally_projection(rows->angles, layer, projection, 0);
    return cell_real(tally_mean_abs(&tally));
}

static struct cell tally_cell(const struct tally *tally, size_t column)
{
    switch (column) {
    case COLUMN_PAIRS:
        return cell_integer(tally->pairs);
    case COLUMN_UNDEFINED:
        return cell_integer(tally->undefined);
    case COLUMN_FIXED:
        return cell_integer(tally->fixed);
    case COLUMN_FRACTION:
        return cell_real(tally_fraction(tally));
    default:
        return cell_real(tally_chance(tally));
    }
}

static struct cell layers_cell(const void *context, size_t index, size_t column)
{
    const struct layer_rows *rows = context;
    size_t i = rows->first + index;
    const struct layer *layer = &rows->angles->model->layers[i];
    struct correlation correlation;
    struct tally tally;
    if (column == COLUMN_LAYER)
        return cell_integer(layer->number);
    if (column == COLUMN_ROTATES)
        return cell_flag(layer->pairs > 0);
    if (layer->pairs == 0 || !rows->angles->layers[i].ready)
        return cell_empty();
    switch (column) {
    case COLUMN_QUERY_MEAN_ABS:
    case COLUMN_KEY_MEAN_ABS:
        return mean_abs(rows, i, column == COLUMN_KEY_MEAN_ABS ? PROJECTION_KEY : PROJECTION_QUERY);
    case COLUMN_CORRELATION:
        correlation = correlation_layer(rows->angles, i);
        return cell_real(correlation_r(&correlation));
    default:
        tally = tally_layer(rows->angles, i, &rows->settings.rule);
        return tally_cell(&tally, column);
    }
}

enum status layers_table(const struct angles *angles, const struct view_settings *settings,
                         struct view_table *out, struct error *err)
{
    bool all = settings->selection.scope == SCOPE_MODEL;
    struct layer_rows *rows = memory_array(1, sizeof *rows);
    if (!rows)
        return error_memory(err);
    *rows = (struct layer_rows){angles, *settings, all ? 0 : settings->selection.layer};
    out->owned = rows;
    out->table = (struct table){columns, COLUMN_COUNT, all ? angles->model->layer_count : 1,
                                layers_cell, rows};
    return STATUS_OK;
}

/* What a narrow screen can do without. */
static const char *const spare[] = {"undefined", "rotates",     "chance", "pairs",
                                    "fixed",     "correlation", NULL};

void layers_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                 const struct state *state)
{
    struct view_settings settings = state_settings(state);
    struct view_table table;
    struct rect inside = draw_panel(canvas, rect, glyphs, "layers");
    if (layers_table(state->angles, &settings, &table, NULL) != STATUS_OK)
        return;
    size_t mark = state->settings.selection.layer;
    size_t visible = inside.rows > 1 ? (size_t)inside.rows - 1 : 1;
    struct table_look look = {layout_scroll(mark, visible, table.table.row_count), mark, spare};
    draw_table(canvas, rect, glyphs, &table.table, &look);
    view_table_free(&table);
}
