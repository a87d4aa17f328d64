/* memo_points.c: the points of the scatter, kept until what they follow from changes. */
#include "explorer/memo.h"

#include <math.h>

const double band_start[BANDS - 1] = {32, 512, 8192};

static uint8_t band_of(double wavelength)
{
    uint8_t band = 0;
    while (band < BANDS - 1 && wavelength >= band_start[band])
        band++;
    return band;
}

bool state_against_tuned(const struct state *state)
{
    return state->view == VIEW_SCATTER && state->settings.against_tuned && state->settings.changes;
}

void memo_points_free(struct points *points)
{
    memory_free(points->x);
    memory_free(points->band);
    memory_free(points->rows);
    *points = (struct points){0};
}

static bool fill_points(struct points *points, const struct state *state, enum scope scope)
{
    struct view_settings settings = state_settings(state);
    settings.selection.scope = scope;
    bool tuned = state_against_tuned(state);
    if (!tuned) {
        settings.rule.projection[PROJECTION_QUERY] = true;
        settings.rule.projection[PROJECTION_KEY] = false;
    }
    points->rows = rows_new(state->angles, &settings, true);
    if (!points->rows)
        return false;
    points->count = points->rows->row_count;
    points->x = memory_array(2 * points->count + 1, sizeof *points->x);
    points->y = points->x + points->count;
    points->band = memory_array(points->count + 1, 1);
    if (!points->x || !points->band)
        return false;
    for (size_t i = 0; i < points->count; i++) {
        struct row row = rows_at(points->rows, i);
        float x = row_cos(state->angles, &row, row.projection);
        float y = tuned ? row_tuned_cos(settings.changes, &row)
                        : row_cos(state->angles, &row, PROJECTION_KEY);
        points->x[i] = (float)quantity_of(settings.unit, (double)x);
        points->y[i] = (float)quantity_of(settings.unit, (double)y);
        points->band[i] = band_of(layer_wavelength(row.layer, row.pair));
        if (!isnan(points->x[i]) && !isnan(points->y[i]))
            correlation_add(&points->correlation, (double)points->x[i], (double)points->y[i]);
    }
    points->rank = NAN;
    if (points->count > RANKED_MOST || state->view != VIEW_SCATTER)
        return true;
    size_t ranked;
    points->rank = rank_correlation(points->x, points->y, points->count, &ranked);
    return ranked == points->correlation.count; /* else there was no memory to rank them */
}

const struct points *state_points(const struct state *state, enum scope scope)
{
    struct memo *memo = state->memo;
    struct memo_key key = memo_key_of(state, scope);
    if (memo_key_same(&key, &memo->points_key))
        return &memo->points;
    memo_points_free(&memo->points);
    for (size_t i = 0; i < BANDS; i++)
        memo->scatter[i].stamp++; /* what was counted is of other points */
    memo->points_key.set = false;
    if (!fill_points(&memo->points, state, scope)) {
        memo_points_free(&memo->points);
        return NULL;
    }
    memo->points_key = key;
    return &memo->points;
}

struct scatter_cache *memo_scatter(const struct state *state)
{
    return state->memo->scatter;
}
