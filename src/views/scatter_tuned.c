/* scatter_tuned.c: cosines of the base against those of its fine-tune: the table, and the pair
 * under the cursor in words. */
#include "views/draw.h"

#include <math.h>

enum {
    COLUMN_FREQUENCY = ROW_NAMES,
    COLUMN_BASE,
    COLUMN_TUNED,
    COLUMN_FIXED_BASE,
    COLUMN_FIXED_TUNED,
    COLUMN_COUNT
};
static const char *const columns[][COLUMN_COUNT] = {
    [QUANTITY_COS] = {"layer", "projection", "head", "pair", "frequency", "cos_base", "cos_tuned",
                      "fixed_base", "fixed_tuned"},
    [QUANTITY_ABS_COS] = {"layer", "projection", "head", "pair", "frequency", "abs_cos_base",
                          "abs_cos_tuned", "fixed_base", "fixed_tuned"},
    [QUANTITY_DEGREES] = {"layer", "projection", "head", "pair", "frequency", "degrees_base",
                          "degrees_tuned", "fixed_base", "fixed_tuned"},
};

const char *const *scatter_tuned_columns(enum quantity unit, size_t *count)
{
    *count = COLUMN_COUNT;
    return columns[unit];
}

struct cell scatter_tuned_cell(const struct rows *rows, const struct row *row, size_t column)
{
    const struct view_settings *settings = &rows->settings;
    bool tuned = column == COLUMN_TUNED || column == COLUMN_FIXED_TUNED;
    float cos =
        tuned ? row_tuned_cos(settings->changes, row) : row_cos(rows->angles, row, row->projection);
    if (column < ROW_NAMES)
        return row_cell(row, column);
    switch (column) {
    case COLUMN_FREQUENCY:
        return cell_real(row->layer->frequency[row->pair]);
    case COLUMN_BASE:
    case COLUMN_TUNED:
        return isnan(cos) ? cell_empty() : cell_real(quantity_of(settings->unit, (double)cos));
    default:
        return cell_flag(rule_fixes(
            cos, settings_threshold(settings, row->layer->number, row->projection, row->head)));
    }
}

void scatter_tuned_line(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                        const struct state *state)
{
    char cursor[5] = {0}, number[TEXT_NUMBER];
    struct row row = state_item(state);
    const struct changes *changes = state->settings.changes;
    const float *distance =
        changes->distance[PROJECTION_COUNT * row.layer_index + (size_t)row.projection];
    size_t at = (size_t)row.head * row.layer->pairs + row.pair;
    struct line line = line_start(canvas, glyphs, rect, 0);
    text_encode(glyphs->knob, cursor);
    line_add(&line, style_of(ROLE_SELECT), "%s", cursor);
    line_add(&line, style_with(ROLE_TEXT, STYLE_BOLD), " pair %u", row.pair);
    line_add(&line, style_of(ROLE_TEXT), " of layer %u, %s head %u", row.layer->number,
             projection_name(row.projection), row.head);
    line_add(&line, style_of(ROLE_QUERY), "  base cos %s",
             draw_number(number, (double)row_cos(state->angles, &row, row.projection), 4));
    line_add(&line, style_of(ROLE_KEY), "  tuned cos %s",
             draw_number(number, (double)row_tuned_cos(changes, &row), 4));
    if (distance)
        line_add(&line, style_of(ROLE_DIM), "  distance %s",
                 draw_number(number, (double)distance[at], 4));
}
