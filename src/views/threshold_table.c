/* threshold_table.c: what the thresholds of the paper's table fix of every layer: as it is
 * exported, and as it stands beside the lines. */
#include "views/threshold.h"

#include "ropescope/awm.h"
#include "ropescope/lists.h"

#include <math.h>

/* ---- the table that is exported ------------------------------------------ */

enum {
    COLUMN_THRESHOLD,
    COLUMN_SCOPE,
    COLUMN_LAYER,
    COLUMN_PROJECTION,
    COLUMN_PAIRS,
    COLUMN_FIXED,
    COLUMN_FRACTION,
    COLUMN_CHANCE,
    COLUMN_EXCESS,
    COLUMN_COUNT
};
static const char *const columns[COLUMN_COUNT] = {
    "threshold", "scope", "layer", "projection", "pairs", "fixed", "fraction", "chance", "excess"};

const char *threshold_part_name(int part)
{
    return part == BOTH ? "both" : projection_name(part);
}

bool threshold_has_part(const struct rule *rule, int part)
{
    return part == BOTH ? rule->projection[PROJECTION_QUERY] && rule->projection[PROJECTION_KEY]
                        : rule->projection[part];
}

/* Rows by threshold, then layer, the model behind the last one, then part. */
struct threshold_rows {
    const struct angles *angles;
    size_t reaches; /* layers, and the model */
    size_t parts;
    int part[PARTS];      /* (parts) in the order of their rows */
    struct tally tally[]; /* (reach, part, threshold) */
};

static struct tally *tallies_of(struct threshold_rows *rows, size_t reach, size_t part)
{
    return rows->tally + (reach * rows->parts + part) * CURVE_TABLE;
}

/* Each projection is counted once: into its part, into both, into the model's. */
static void fill(struct threshold_rows *rows, size_t layer, int projection, bool in_model)
{
    const size_t model = rows->reaches - 1;
    struct tally one[CURVE_TABLE] = {{0}};
    curve_projection(rows->angles, layer, projection, curve_table, CURVE_TABLE, one);
    for (size_t part = 0; part < rows->parts; part++)
        for (size_t t = 0; t < CURVE_TABLE; t++) {
            if (rows->part[part] != projection && rows->part[part] != BOTH)
                continue;
            tally_add(&tallies_of(rows, layer, part)[t], &one[t]);
            if (in_model)
                tally_add(&tallies_of(rows, model, part)[t], &one[t]);
        }
}

/* 0.001, which the nearest float is not. */
static double as_written(float threshold)
{
    char text[TEXT_NUMBER];
    double value = (double)threshold;
    text_to_double(text_float(text, threshold), &value);
    return value;
}

static struct cell threshold_cell(const void *context, size_t index, size_t column)
{
    const struct threshold_rows *rows = context;
    const struct model *model = rows->angles->model;
    size_t part = index % rows->parts, reach = index / rows->parts % rows->reaches;
    size_t t = index / rows->parts / rows->reaches;
    const struct tally *tally = &rows->tally[(reach * rows->parts + part) * CURVE_TABLE + t];
    bool whole = reach == rows->reaches - 1;
    switch (column) {
    case COLUMN_THRESHOLD:
        return cell_real(as_written(curve_table[t]));
    case COLUMN_SCOPE:
        return cell_word(scope_name(whole ? SCOPE_MODEL : SCOPE_LAYER));
    case COLUMN_LAYER:
        return whole ? cell_empty() : cell_integer(model->layers[reach].number);
    case COLUMN_PROJECTION:
        return cell_word(threshold_part_name(rows->part[part]));
    case COLUMN_PAIRS:
        return cell_integer(tally->pairs);
    case COLUMN_FIXED:
        return cell_integer(tally->fixed);
    case COLUMN_FRACTION:
        return cell_real(tally_fraction(tally));
    case COLUMN_CHANCE:
        return cell_real(tally_chance(tally));
    default:
        return cell_real(tally_excess(tally));
    }
}

enum status threshold_table(const struct angles *angles, const struct view_settings *settings,
                            struct view_table *out, struct error *err)
{
    const struct model *model = angles->model;
    uint64_t bytes;
    *out = (struct view_table){0};
    if (!size_multiply(model->layer_count + 1, PARTS * CURVE_TABLE * sizeof(struct tally), &bytes))
        return error_memory(err);
    struct threshold_rows *rows = memory_array(1, sizeof *rows + bytes);
    if (!rows)
        return error_memory(err);
    rows->angles = angles;
    rows->reaches = model->layer_count + 1;
    for (int part = 0; part < PARTS; part++)
        if (threshold_has_part(&settings->rule, part))
            rows->part[rows->parts++] = part;
    for (size_t layer = 0; layer < model->layer_count; layer++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            fill(rows, layer, p, model->layers[layer].number >= settings->rule.first_layer);
    out->owned = rows;
    out->table = (struct table){columns, COLUMN_COUNT, rows->reaches * rows->parts * CURVE_TABLE,
                                threshold_cell, rows};
    return STATUS_OK;
}

/* ---- the table on the screen --------------------------------------------- */

enum { CELL_COLS = 5, NAME_COLS = THRESHOLD_TABLE_COLS - CURVE_TABLE * CELL_COLS };

/* ".001", "52.2": as few columns as can be. */
static void threshold_text(char out[TEXT_NUMBER], float threshold)
{
    char text[TEXT_NUMBER];
    text_float(text, threshold);
    text_format(out, TEXT_NUMBER, "%s", text[0] == '0' && text[1] == '.' ? text + 1 : text);
}

static void percent_text(char out[TEXT_NUMBER], double fraction)
{
    if (isnan(fraction))
        text_format(out, TEXT_NUMBER, "-");
    else if (fraction == 0 || fraction >= 0.9995)
        text_format(out, TEXT_NUMBER, fraction == 0 ? "0" : "100");
    else
        text_format(out, TEXT_NUMBER, "%.1f", 100 * fraction);
}

static const char caption[] = "% of pairs fixed";

static void names_row(struct line line, const struct state *state)
{
    char text[TEXT_NUMBER];
    line_add(&line, style_with(ROLE_LABEL, STYLE_BOLD), "%*s", NAME_COLS, "layer");
    for (size_t t = 0; t < CURVE_TABLE; t++) {
        bool now = curve_table[t] == state->settings.rule.threshold;
        threshold_text(text, curve_table[t]);
        line_add(&line, style_with(now ? ROLE_THRESHOLD : ROLE_LABEL, STYLE_BOLD), "%*s", CELL_COLS,
                 text);
    }
    line_add(&line, style_of(ROLE_DIM), "  %s", caption);
}

static void numbers_row(struct line line, struct style style, const char *name,
                        const struct tally *tally, double (*of)(const struct tally *))
{
    char text[TEXT_NUMBER];
    line_add(&line, style, "%*s", NAME_COLS - 1, name);
    for (size_t t = 0; t < CURVE_TABLE; t++) {
        percent_text(text, of(&tally[t]));
        line_add(&line, style, "%*s", CELL_COLS, text);
    }
}

/* Layers that are never masked stand back. */
static enum role layer_role(const struct state *state, size_t layer)
{
    const struct layer *shape = &state->angles->model->layers[layer];
    if (shape->pairs == 0 || !state->angles->layers[layer].ready)
        return ROLE_ABSENT;
    return shape->number < state->settings.rule.first_layer ? ROLE_DIM : ROLE_TEXT;
}

static void layer_row(struct line line, const struct state *state, size_t layer)
{
    char name[TEXT_NUMBER], cursor[5] = " ";
    struct tally tally[CURVE_TABLE] = {{0}};
    const struct selection at = {SCOPE_LAYER, layer, 0};
    struct style style = style_of(layer_role(state, layer));
    if (!state_curve(state, CURVE_OF_TABLE, &at, state->settings.rule.projection, curve_table,
                     CURVE_TABLE, tally))
        line.canvas->lacks = true;
    if (layer == state->settings.selection.layer) {
        cursor[text_encode(line.glyphs->cursor, cursor)] = '\0';
        style = style_with(ROLE_SELECT, STYLE_REVERSE);
    }
    line_add(&line, style_of(ROLE_SELECT), "%s", cursor);
    text_format(name, sizeof name, "%u", state->angles->model->layers[layer].number);
    numbers_row(line, style, name, tally, tally_fraction);
}

void threshold_layers_draw(struct canvas *canvas, struct rect rect, const struct glyphs *glyphs,
                           const struct state *state)
{
    enum { OTHERS = 3 };
    struct tally tally[CURVE_TABLE] = {{0}};
    const struct selection all = {SCOPE_MODEL, 0, 0};
    size_t layers = state->angles->model->layer_count;
    if (rect.cols < THRESHOLD_TABLE_COLS + (int)sizeof caption + 1) { /* no room behind the names */
        canvas_printf(canvas, rect.row, rect.col + NAME_COLS + 1, rect.cols - NAME_COLS - 1,
                      style_of(ROLE_DIM), glyphs, "%s, by threshold", caption);
        rect.row++;
        rect.rows--;
    }
    size_t room = rect.rows > OTHERS ? (size_t)(rect.rows - OTHERS) : 0;
    size_t shown = layers < room ? layers : room;
    size_t first = layout_scroll(state->settings.selection.layer, shown, layers);
    names_row(line_start(canvas, glyphs, rect, 0), state);
    for (size_t i = 0; i < shown; i++)
        layer_row(line_start(canvas, glyphs, rect, 1 + (int)i), state, first + i);
    if (!state_curve(state, CURVE_OF_TABLE, &all, state->settings.rule.projection, curve_table,
                     CURVE_TABLE, tally))
        canvas->lacks = true;
    struct rect below = {rect.row + 1 + (int)shown, rect.col + 1, 2, rect.cols - 1};
    numbers_row(line_start(canvas, glyphs, below, 0), style_with(ROLE_FIXED, STYLE_BOLD), "model",
                tally, tally_fraction);
    numbers_row(line_start(canvas, glyphs, below, 1), style_of(ROLE_CHANCE), "chance", tally,
                tally_chance);
}
