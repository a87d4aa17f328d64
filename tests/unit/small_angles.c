/* small_angles.c: fills the small database; the cosines come from a fixed sequence. */
#include "small_angles.h"

#include <math.h>
#include <string.h>

static float next_cos(uint32_t *state)
{
    *state = *state * 1664525U + 1013904223U; /* Numerical Recipes */
    float centred = (float)(*state >> 8) / 8388608.0F - 1.0F;
    return centred * centred * centred; /* many small ones, as in models */
}

static void fill_layer(struct small_angles *small, size_t index, uint32_t number, uint32_t *state)
{
    static const uint32_t heads[PROJECTION_COUNT] = {SMALL_QUERY_HEADS, SMALL_KEY_HEADS};
    static const uint64_t length[PROJECTION_COUNT] = {SMALL_QUERY_LENGTH, SMALL_KEY_LENGTH};
    struct layer *layer = &small->layers[index];
    *layer = (struct layer){.number = number, .pairs = SMALL_PAIRS, .note = ""};
    small->results[index].ready = true;
    for (int p = 0; p < PROJECTION_COUNT; p++) {
        layer->projection[p] =
            (struct projection){.heads = heads[p], .row_length = length[p], .map = {.group = 1}};
        float *cos = small->cos[index][p];
        for (size_t i = 0; i < heads[p] * SMALL_PAIRS; i++)
            cos[i] = next_cos(state);
        small->results[index].set[p] = (struct angle_set){cos, small->norm[0], small->norm[1]};
    }
}

void small_angles_fill(struct small_angles *small)
{
    static const uint32_t numbers[SMALL_LAYERS] = {0, 1, 2, 3, 7};
    uint32_t state = 20241206;
    memset(small, 0, sizeof *small);
    for (size_t i = 0; i < SMALL_QUERY_HEADS * SMALL_PAIRS; i++) {
        small->norm[0][i] = 1;
        small->norm[1][i] = 2;
    }
    for (size_t index = 0; index < SMALL_LAYERS; index++)
        fill_layer(small, index, numbers[index], &state);
    small->model = (struct model){.layers = small->layers, .layer_count = SMALL_LAYERS};
    small->angles = (struct angles){.model = &small->model, .layers = small->results};

    small->cos[0][PROJECTION_QUERY][1 * SMALL_PAIRS + 3] = NAN;
    small->layers[1].pairs = 0;
    memset(small->results[1].set, 0, sizeof small->results[1].set);
    small->cos[2][PROJECTION_KEY][1 * SMALL_PAIRS + 0] = NAN;
    for (size_t pair = 0; pair < SMALL_PAIRS; pair++)
        small->cos[2][PROJECTION_QUERY][3 * SMALL_PAIRS + pair] = NAN;
    small->results[3].ready = false;
    small->layers[4].grouping = GROUPING_TILED;
}
