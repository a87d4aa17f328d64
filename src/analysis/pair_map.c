/* pair_map.c: norm and |cos| of every pair index, a row for some heads. */
#include "ropescope/analysis.h"

#include <string.h>

static const struct {
    const char *name, *words;
} shades[PAIR_SHADES] = {
    [SHADE_NORM] = {"norm", "norm"},
    [SHADE_COS] = {"cos", "|cos|"},
    [SHADE_EXCESS] = {"excess", "norm less median"},
};

const char *pair_shade_name(enum pair_shade shade)
{
    return shades[shade].name;
}

const char *pair_shade_words(enum pair_shade shade)
{
    return shades[shade].words;
}

bool pair_shade_from_name(const char *name, enum pair_shade *out)
{
    for (int i = 0; i < PAIR_SHADES; i++)
        if (strcmp(shades[i].name, name) == 0) {
            *out = (enum pair_shade)i;
            return true;
        }
    return false;
}

double pair_norm(const struct angle_set *set, size_t at)
{
    double a = (double)set->norm_a[at], b = (double)set->norm_b[at];
    return sqrt(a * a + b * b);
}

/* ---- rows ---------------------------------------------------------------- */

bool pair_map_start(struct pair_map *map, size_t rows, uint32_t pairs)
{
    uint64_t cells;
    *map = (struct pair_map){.rows = rows, .pairs = pairs};
    if (!size_multiply(rows, pairs, &cells) || cells > SIZE_MAX / 2 - 1)
        return false;
    map->norm = memory_array(2 * cells + 1, sizeof *map->norm);
    map->median = memory_array(2 * rows + 1, sizeof *map->median);
    if (!map->norm || !map->median) {
        pair_map_free(map);
        return false;
    }
    map->abs_cos = map->norm + cells;
    map->r = map->median + rows;
    for (size_t i = 0; i < 2 * cells; i++)
        map->norm[i] = NAN;
    for (size_t i = 0; i < 2 * rows; i++)
        map->median[i] = NAN;
    return true;
}

void pair_map_free(struct pair_map *map)
{
    memory_free(map->norm);
    memory_free(map->median);
    *map = (struct pair_map){0};
}

/* One pair index of the heads; its pairs join the correlation. */
static void take_pair(struct pair_map *map, size_t cell, const struct angle_set *set, size_t at,
                      size_t step, uint32_t heads, struct correlation *together)
{
    double norms = 0, cosines = 0;
    size_t count = 0;
    for (uint32_t h = 0; h < heads; h++, at += step) {
        if (isnan(set->cos[at]))
            continue;
        double norm = pair_norm(set, at), cos = (double)fabsf(set->cos[at]);
        norms += norm;
        cosines += cos;
        count++;
        correlation_add(together, cos, norm);
    }
    map->norm[cell] = count > 0 ? norms / (double)count : (double)NAN;
    map->abs_cos[cell] = count > 0 ? cosines / (double)count : (double)NAN;
}

bool pair_map_fill(struct pair_map *map, size_t row, const struct angles *angles, size_t layer,
                   int projection, uint32_t first_head, uint32_t heads)
{
    const struct layer *of = &angles->model->layers[layer];
    const struct angle_set *set = &angles->layers[layer].set[projection];
    uint32_t pairs = of->pairs < map->pairs ? of->pairs : map->pairs;
    struct correlation together = {0};
    if (!angles->layers[layer].ready || heads == 0 || pairs == 0)
        return true;
    double *norms = memory_array(pairs, sizeof *norms);
    if (!norms)
        return false;
    size_t cell = row * map->pairs;
    for (uint32_t i = 0; i < pairs; i++)
        take_pair(map, cell + i, set, (size_t)first_head * of->pairs + i, of->pairs, heads,
                  &together);
    memcpy(norms, map->norm + cell, pairs * sizeof *norms);
    map->median[row] = spread_of(norms, pairs).median;
    map->r[row] = correlation_r(&together);
    memory_free(norms);
    return true;
}

double pair_map_value(const struct pair_map *map, enum pair_shade shade, size_t row, uint32_t pair)
{
    if (row >= map->rows || pair >= map->pairs)
        return NAN;
    size_t cell = row * map->pairs + pair;
    return shade == SHADE_COS    ? map->abs_cos[cell]
           : shade == SHADE_NORM ? map->norm[cell]
                                 : map->norm[cell] - map->median[row];
}

void pair_map_range(const struct pair_map *map, enum pair_shade shade, double *low, double *high)
{
    for (size_t row = 0; row < map->rows; row++)
        for (uint32_t pair = 0; pair < map->pairs; pair++) {
            double value = pair_map_value(map, shade, row, pair);
            *low = fmin(*low, value); /* fmin and fmax pass NaN over */
            *high = fmax(*high, value);
        }
}
