/* offsets_table.c: what a run over a text says of each pair, as a table: a line a pair of each
 * head, query before key. */
#include "views/offsets.h"

#include <math.h>

enum {
    COLUMN_MEAN_A = ROW_NAMES,
    COLUMN_MEAN_B,
    COLUMN_RADIUS_MEAN,
    COLUMN_RADIUS_MAX,
    COLUMN_CONCENTRATION,
    COLUMN_ANGLE,
    COLUMN_FIRST_A,
    COLUMN_FIRST_B,
    COLUMN_FREQUENCY,
    COLUMN_PSI, /* of query heads, as what follows */
    COLUMN_LEAST_PSI,
    COLUMN_FEATURE,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {
    "layer",       "projection", "head",          "pair",   "mean_a",  "mean_b",
    "radius_mean", "radius_max", "concentration", "angle",  "first_a", "first_b",
    "frequency",   "psi",        "least_psi",     "feature"};

/* The offsets of the head that was asked for last: rows of one head follow each other. */
struct kept_head {
    const struct probed *probed;
    const struct model *model;
    bool filled;
    size_t layer;
    uint32_t head;
    struct head_offsets of;
};

static const double degrees = 57.29577951308232;

static const struct offset *offset_at(struct kept_head *kept, const struct row *row)
{
    if (!kept->filled || kept->layer != row->layer_index || kept->head != row->head) {
        memory_free(kept->of.offset);
        kept->filled =
            head_offsets_fill(&kept->of, kept->probed, kept->model, row->layer_index, row->head);
        kept->layer = row->layer_index;
        kept->head = row->head;
    }
    return kept->filled && kept->of.layer ? &kept->of.offset[row->pair] : NULL;
}

static struct cell cell_of_both(struct kept_head *kept, const struct row *row, size_t column)
{
    const struct offset *offset = offset_at(kept, row);
    if (!offset)
        return cell_empty();
    return column == COLUMN_PSI         ? cell_real(degrees * offset->psi)
           : column == COLUMN_LEAST_PSI ? cell_real(degrees * offset->least_psi)
                                        : cell_flag(offset->feature);
}

static struct cell cell_of_vectors(const struct rows *rows, const struct row *row, size_t column)
{
    const struct probed *probed = rows->settings.probed;
    struct offset_vectors v;
    if (!head_vectors(probed, row->layer_index, row->projection, row->head, &v))
        return cell_empty();
    const struct probe_projection *from =
        &probed->probe->layers[row->layer_index].projection[row->projection];
    size_t at = (size_t)row->head * from->pairs + row->pair;
    double a = (double)v.mean_a[row->pair], b = (double)v.mean_b[row->pair],
           mean = (double)v.radius_mean[row->pair];
    switch (column) {
    case COLUMN_MEAN_A:
        return cell_real(a);
    case COLUMN_MEAN_B:
        return cell_real(b);
    case COLUMN_RADIUS_MEAN:
        return cell_real(mean);
    case COLUMN_RADIUS_MAX:
        return cell_real((double)v.radius_max[row->pair]);
    case COLUMN_CONCENTRATION:
        return cell_real(mean > 0 ? hypot(a, b) / mean : (double)NAN);
    case COLUMN_ANGLE:
        return cell_real(degrees * atan2(b, a));
    case COLUMN_FIRST_A:
        return cell_real((double)from->first_a[at]);
    case COLUMN_FIRST_B:
        return cell_real((double)from->first_b[at]);
    default:
        return cell_real(probed->model->layers[row->layer_index].frequency[row->pair]);
    }
}

/* The rows of the table, and the head that is kept; both owned. */
struct offset_rows {
    struct rows *rows;
    struct kept_head *kept;
};

void offset_rows_free(struct offset_rows *of)
{
    if (of->kept)
        memory_free(of->kept->of.offset);
    memory_free(of->kept);
    memory_free(of->rows);
}

static struct cell offset_cell(const void *context, size_t index, size_t column)
{
    const struct offset_rows *of = context;
    struct row row = rows_at(of->rows, index);
    if (column < ROW_NAMES)
        return row_cell(&row, column);
    if (column < COLUMN_PSI)
        return cell_of_vectors(of->rows, &row, column);
    return row.projection == PROJECTION_QUERY ? cell_of_both(of->kept, &row, column) : cell_empty();
}

enum status offsets_table(const struct angles *angles, const struct view_settings *settings,
                          struct view_table *out, struct error *err)
{
    struct offset_rows *of = memory_array(1, sizeof *of);
    *out = (struct view_table){.owned = of, .offsets = of};
    if (!of)
        return error_memory(err);
    of->rows = rows_new(angles, settings, true);
    of->kept = memory_array(1, sizeof *of->kept);
    if (!of->rows || !of->kept) {
        view_table_free(out);
        return error_memory(err);
    }
    *of->kept = (struct kept_head){.probed = settings->probed, .model = angles->model};
    out->table = (struct table){columns, COLUMN_COUNT, of->rows->row_count, offset_cell, of};
    return STATUS_OK;
}
