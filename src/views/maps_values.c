/* maps_values.c: what the cells, lines and columns of the heat maps are worth, and on which scale.
 */
#include "views/maps.h"

#include <float.h>
#include <math.h>

/* ---- values -------------------------------------------------------------- */

struct map_block map_block_at(const struct state *state, size_t row, size_t col)
{
    uint32_t side = state_map_block(state);
    struct map_block block = {row * side, (row + 1) * side, (uint32_t)col * side,
                              (uint32_t)(col + 1) * side};
    if (block.layer_end > state->angles->model->layer_count)
        block.layer_end = state->angles->model->layer_count;
    return block;
}

struct map_mean map_mean_of(const struct state *state, int projection, struct map_block block)
{
    struct map_mean mean = {.value = NAN};
    double sum = 0, weight = 0;
    for (size_t i = block.layer; i < block.layer_end; i++) {
        const struct layer *layer = &state->angles->model->layers[i];
        uint32_t heads = layer->projection[projection].heads;
        uint32_t end = block.head_end < heads ? block.head_end : heads;
        if (layer->pairs == 0 || block.head >= heads)
            continue;
        mean.rotates = true;
        mean.waiting = mean.waiting || !state->summaries[i].ready;
        for (uint32_t h = block.head; h < end && state->summaries[i].ready; h++) {
            double value = state_measure(state, i, projection, h);
            double pairs = layer->pairs - state->summaries[i].head[projection][h].undefined;
            if (isnan(value))
                continue;
            sum += value * pairs;
            weight += pairs;
            mean.heads++;
        }
    }
    if (weight > 0)
        mean.value = sum / weight;
    return mean;
}

/* ---- the scale ----------------------------------------------------------- */

size_t map_lines(const struct state *state)
{
    struct layout_needs needs = layout_needs_of(state);
    return needs.layers;
}

uint32_t map_most_heads(const struct state *state, int projection)
{
    struct layout_needs needs = layout_needs_of(state);
    return needs.heads[projection];
}

static bool follows_threshold(enum measure measure)
{
    return measure == MEASURE_FRACTION || measure == MEASURE_EXCESS;
}

/* What the numbers of the maps hang on. */
static struct map_extent extent_key(const struct state *state)
{
    const struct view_settings *settings = &state->settings;
    bool follows = follows_threshold(settings->measure);
    return (struct map_extent){.set = true,
                               .measure = settings->measure,
                               .block = state_map_block(state),
                               .ready = state->angles->ready,
                               .changed = settings->changes ? settings->changes->ready : 0,
                               .threshold = follows ? settings->rule.threshold : 0,
                               .edition = follows ? state->edition : 0};
}

static bool holds(const struct map_extent *kept, const struct map_extent *key)
{
    return kept->set && kept->changed == key->changed && kept->measure == key->measure &&
           kept->block == key->block && kept->ready == key->ready &&
           kept->threshold >= key->threshold && kept->threshold <= key->threshold &&
           kept->edition == key->edition;
}

/* Of all cells, in sight or not. */
static void measure_extent(const struct state *state, struct map_extent *all)
{
    all->low = INFINITY;
    all->high = -INFINITY;
    struct layout_needs needs = layout_needs_of(state);
    for (size_t row = 0; row < needs.layers; row++)
        for (int p = 0; p < PROJECTION_COUNT; p++)
            for (uint32_t col = 0; col < needs.heads[p]; col++) {
                double value = map_mean_of(state, p, map_block_at(state, row, col)).value;
                all->low = fmin(all->low, value); /* fmin and fmax pass NaN over */
                all->high = fmax(all->high, value);
            }
}

/* Looks at every head of the model, so it is done once: no threshold changes it. */
static struct map_scale extent(const struct state *state)
{
    struct map_extent *kept = memo_extent(state), key = extent_key(state);
    if (!holds(kept, &key)) {
        *kept = key;
        measure_extent(state, kept);
    }
    return (struct map_scale){kept->low, kept->high, false};
}

struct map_scale map_scale_of(const struct state *state)
{
    enum measure measure = state->settings.measure;
    if (measure == MEASURE_FRACTION)
        return (struct map_scale){0, 1, false};
    if (measure == MEASURE_EXCESS)
        return (struct map_scale){-0.5, 0.5, false};
    struct map_scale scale = extent(state);
    scale.log = measure == MEASURE_MEAN;
    double step = scale.log ? 100 : 20;
    if (measure >= MEASURE_OWN && scale.high > scale.low) /* as fine as what there is */
        step = 2 / pow(10, floor(log10(scale.high - scale.low)));
    scale.low = floor(scale.low * step) / step;
    scale.high = ceil(scale.high * step) / step;
    if (scale.log)
        scale.low = fmax(0.01, scale.low);
    if (scale.low < 0) { /* 0 in the middle */
        scale.high = fmax(scale.high, -scale.low);
        scale.low = -scale.high;
    }
    return scale.low < scale.high ? scale : (struct map_scale){0.01, 1, scale.log};
}

double map_scaled(const struct map_scale *scale, double value)
{
    return !scale->log ? value : value > 0 ? log(value) : -DBL_MAX;
}

/* ---- lines and columns --------------------------------------------------- */

static double line_mean(const struct state *state, size_t row, int projection)
{
    struct map_block block = map_block_at(state, row, 0);
    block.head = 0;
    block.head_end = UINT32_MAX;
    return map_mean_of(state, projection, block).value;
}

static double column_mean(const struct state *state, size_t col, int projection)
{
    struct map_block block = map_block_at(state, 0, col);
    block.layer_end = state->angles->model->layer_count;
    return map_mean_of(state, projection, block).value;
}

static bool make_sides(const struct state *state, struct map_sides *sides)
{
    struct layout_needs needs = layout_needs_of(state);
    memory_free(sides->side);
    *sides = (struct map_sides){.lines = needs.layers};
    for (int p = 0; p < PROJECTION_COUNT; p++)
        sides->columns = needs.heads[p] > sides->columns ? needs.heads[p] : sides->columns;
    sides->side =
        memory_array(PROJECTION_COUNT * (sides->lines + sides->columns), sizeof *sides->side);
    return sides->side != NULL;
}

/* Where the mean of a line, or of a column, is kept. NULL: it is
 * worked out each time, for want of memory, or as the random baseline hangs on more than the key
 * says. */
static struct map_side *side_at(const struct state *state, int projection, size_t at, bool column)
{
    struct map_sides *sides = memo_map_sides(state);
    struct map_extent key = extent_key(state);
    if (state->awm.random)
        return NULL;
    if (!holds(&sides->of, &key)) {
        if (!make_sides(state, sides))
            return NULL;
        sides->of = key;
    }
    if (at >= (column ? sides->columns : sides->lines))
        return NULL;
    size_t first = (size_t)projection * (sides->lines + sides->columns);
    return &sides->side[first + (column ? sides->lines : 0) + at];
}

static double side_mean(const struct state *state, size_t at, int projection, bool column)
{
    double (*mean)(const struct state *, size_t, int) = column ? column_mean : line_mean;
    struct map_side *side = side_at(state, projection, at, column);
    if (!side)
        return mean(state, at, projection);
    if (!side->known)
        *side = (struct map_side){true, mean(state, at, projection)};
    return side->mean;
}

double map_line_mean(const struct state *state, size_t row, int projection)
{
    return side_mean(state, row, projection, false);
}

double map_column_mean(const struct state *state, size_t col, int projection)
{
    return side_mean(state, col, projection, true);
}

size_t map_selected_line(const struct state *state)
{
    return state->settings.selection.layer / state_map_block(state);
}

uint32_t map_selected_column(const struct state *state, int projection)
{
    return state_head(state, projection) / state_map_block(state);
}

/* What follows the threshold has few shades, and fewer digits beside them, so that a step of it
 * sends little; chance lies in the middle of one, not on an edge that heads near it would cross to
 * and fro. 0: as many as there are colours. */
int map_shades(enum measure measure)
{
    return follows_threshold(measure) ? 5 : 0;
}
