/* quantised_mlx.c: MLX, whose rows are streams of codes in words, with scales and biases by groups.
 */
#include "quantised.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

/* How a weight is quantised: its own entry in the config goes before what holds for all. */
struct mlx {
    uint64_t bits, width; /* 0: not said */
    const char *mode;
    const struct tensor *scales, *biases;
};

static uint64_t whole_of(const cJSON *own, const struct quantised *weight, const char *key,
                         uint64_t otherwise)
{
    uint64_t value = 0;
    const cJSON *item = json_get(own, key);
    if (!item)
        return quantised_whole(weight, key, otherwise);
    return json_whole(item, &value) ? value : 0;
}

static bool read_config(const struct quantised *weight, struct mlx *mlx)
{
    const cJSON *own = json_get(weight->config, weight->base);
    const char *mode = cJSON_GetStringValue(json_get(own, "mode"));
    if (!mode)
        mode = cJSON_GetStringValue(json_get(weight->config, "mode"));
    mlx->mode = mode ? mode : "affine";
    mlx->bits = whole_of(own, weight, "bits", UINT64_MAX);
    mlx->width = whole_of(own, weight, "group_size", UINT64_MAX);
    return mlx->bits != 0 && mlx->width != 0;
}

/* Whether a row of that many codes fills its words and its groups. */
static bool fits(const struct mlx *mlx, const struct tensor *tensor, uint64_t bits, uint64_t width)
{
    uint64_t columns, held;
    return size_multiply(mlx->scales->shape[1], width, &columns) &&
           size_multiply(columns, bits, &held) && held == 32 * tensor->shape[1];
}

/* Bits and width of a group by the shapes, where the config leaves them open and only one way of
 * those that MLX has fits. */
static bool deduce(struct mlx *mlx, const struct tensor *tensor)
{
    static const uint8_t bits[] = {2, 3, 4, 5, 6, 8}, widths[] = {32, 64, 128};
    struct mlx found = *mlx;
    size_t ways = 0;
    for (size_t i = 0; i < sizeof bits; i++) {
        for (size_t j = 0; j < sizeof widths; j++) {
            if ((mlx->bits != UINT64_MAX && mlx->bits != bits[i]) ||
                (mlx->width != UINT64_MAX && mlx->width != widths[j]) ||
                !fits(mlx, tensor, bits[i], widths[j]))
                continue;
            found.bits = bits[i];
            found.width = widths[j];
            ways++;
        }
    }
    *mlx = found;
    return ways == 1;
}

static bool have_shapes(const struct mlx *mlx, const struct tensor *tensor)
{
    const struct tensor *scales = mlx->scales, *biases = mlx->biases;
    return tensor->rank == 2 && scales->rank == 2 && scales->shape[0] == tensor->shape[0] &&
           scales->shape[1] > 0 && tensor->shape[0] > 0 && tensor->shape[1] > 0 &&
           (!biases || quantised_is(biases, scales->dtype, scales->shape[0], scales->shape[1]));
}

static struct grid by_groups(const struct tensor *tensor, enum dtype dtype)
{
    return (struct grid){.tensor = tensor,
                         .dtype = dtype,
                         .row_step = tensor ? tensor->shape[1] : 0,
                         .group_step = 1,
                         .rows_each = 1};
}

/* The modes of floats: FP4 or FP8 codes, scales of one byte, no biases. */
static bool float_mode(const struct mlx *mlx, struct scaled *scaled)
{
    static const struct {
        const char *mode;
        uint64_t bits, width;
        enum dtype scales;
    } modes[] = {
        {"mxfp4", 4, 32, DTYPE_F8_E8M0},
        {"mxfp8", 8, 32, DTYPE_F8_E8M0},
        {"nvfp4", 4, 16, DTYPE_F8_E4M3},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(mlx->mode, modes[i].mode) != 0)
            continue;
        scaled->scale = by_groups(mlx->scales, modes[i].scales);
        scaled->values = modes[i].bits == 4 ? scaled_fp4 : NULL;
        scaled->codes = modes[i].bits == 4 ? CODES_OF_ROWS : CODES_NUMBERS;
        scaled->dtype = DTYPE_F8_E4M3;
        return mlx->scales->dtype == DTYPE_U8 && !mlx->biases && mlx->bits == modes[i].bits &&
               mlx->width == modes[i].width;
    }
    return false;
}

static bool affine_mode(const struct mlx *mlx, struct scaled *scaled)
{
    scaled->codes = CODES_OF_ROWS;
    scaled->scale = by_groups(mlx->scales, (enum dtype)mlx->scales->dtype);
    scaled->bias = by_groups(mlx->biases, (enum dtype)mlx->scales->dtype);
    return strcmp(mlx->mode, "affine") == 0 && mlx->biases && dtype_is_plain(mlx->scales->dtype) &&
           ((mlx->bits >= 2 && mlx->bits <= 6) || mlx->bits == 8);
}

static enum status read_mlx(struct quantised *weight, const struct mlx *mlx, struct error *err)
{
    const struct tensor *tensor = weight->tensor;
    struct scaled scaled = {
        .packed = {.bits = (unsigned)mlx->bits, .along = 1, .across = tensor->shape[1]},
        .unit = 1,
        .group_width = mlx->width,
        .groups = mlx->scales->shape[1]};
    if (!float_mode(mlx, &scaled) && !affine_mode(mlx, &scaled))
        return quantised_refuse(weight, err,
                                "MLX in the mode %.20s with %" PRIu64 " bits in groups of %" PRIu64,
                                mlx->mode, mlx->bits, mlx->width);
    char name[64];
    if (strcmp(mlx->mode, "affine") == 0)
        text_format(name, sizeof name, "MLX %" PRIu64 "-bit", mlx->bits);
    else
        text_format(name, sizeof name, "MLX %s", mlx->mode);
    return quantised_scaled(weight, tensor->shape[0], mlx->width * scaled.groups, &scaled, err,
                            name);
}

enum status quantised_mlx(struct quantised *weight, struct error *err)
{
    struct mlx mlx = {0};
    enum status status = quantised_sibling(weight, ".scales", &mlx.scales, err);
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".biases", &mlx.biases, err);
    if (status != STATUS_OK)
        return status;
    if (!have_shapes(&mlx, weight->tensor))
        return quantised_refuse(weight, err, "MLX whose scales and biases do not fit");
    if (!read_config(weight, &mlx))
        return quantised_refuse(weight, err,
                                "MLX with bits or group_size that are no whole number above 0");
    bool said = mlx.bits != UINT64_MAX && mlx.width != UINT64_MAX;
    if (said ? !fits(&mlx, weight->tensor, mlx.bits, mlx.width) : !deduce(&mlx, weight->tensor))
        return quantised_refuse(weight, err, "MLX whose shapes do not go with %s",
                                said ? "the bits and group_size of its config"
                                     : "one number of bits alone");
    return read_mlx(weight, &mlx, err);
}
