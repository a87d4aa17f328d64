/* lora.c: rows of a base and its LoRA together, a tile of rows at a time: a matrix product is fast
 * on many rows, and never are there more of them in memory than a worker looks at. */
#include "adapter.h"

#include <math.h>

static bool reserve(float **numbers, size_t *room, size_t count, size_t size)
{
    uint64_t wanted;
    if (!size_multiply(count, size, &wanted) || wanted > SIZE_MAX)
        return false;
    if (wanted <= *room)
        return true;
    memory_free(*numbers);
    *numbers = memory_array(wanted, sizeof **numbers);
    *room = *numbers ? (size_t)wanted : 0;
    return *numbers != NULL;
}

/* A block of many rows costs few system calls, and stays in the core's own cache. */
enum { BUFFER_BYTES = 256 << 10 };

static bool reserve_buffer(struct row_buffer *buffer, const struct tensor *tensor)
{
    const struct lora *lora = tensor->lora;
    uint64_t wanted = BUFFER_BYTES;
    enum { READ = 3 };
    const struct tensor *const read[READ] = {tensor, lora->a, lora->b};
    for (size_t i = 0; i < READ; i++) {
        if (tensor_row_bytes(read[i]) > wanted)
            wanted = tensor_row_bytes(read[i]);
    }
    if (wanted <= buffer->room)
        return true;
    memory_free(buffer->bytes);
    buffer->bytes = memory_array(wanted, 1);
    buffer->room = buffer->bytes ? (size_t)wanted : 0;
    return buffer->bytes != NULL;
}

bool lora_tile_reserve(struct lora_tile *tile, const struct tensor *tensor, size_t rows)
{
    size_t rank = lora_rank(tensor->lora);
    if (tile->tensor == tensor)
        return true;
    tile->tensor = NULL;
    return reserve(&tile->a, &tile->a_room, (size_t)tensor->shape[1], rank) &&
           reserve(&tile->b, &tile->b_room, rows, rank) && reserve_buffer(&tile->buffer, tensor);
}

void lora_tile_free(struct lora_tile *tile)
{
    memory_free(tile->a);
    memory_free(tile->b);
    memory_free(tile->buffer.bytes);
    *tile = (struct lora_tile){0};
}

uint32_t lora_rank(const struct lora *lora)
{
    return (uint32_t)lora->a->shape[0];
}

bool lora_has_declared_rank(const struct lora *lora)
{
    return lora->declared_rank == (double)lora_rank(lora);
}

/* Copies what the product reads: a fault must not leave it half done. */
static bool load_factors(struct lora_tile *tile, const struct tensor *tensor, uint64_t first,
                         size_t rows)
{
    const struct lora *lora = tensor->lora;
    const struct checkpoint *weights = lora->adapter->weights;
    if (tile->tensor != tensor &&
        !checkpoint_rows_copied(weights, lora->a, 0, lora_rank(lora), &tile->buffer, tile->a))
        return false;
    tile->tensor = tensor;
    return checkpoint_rows_copied(weights, lora->b, first, rows, &tile->buffer, tile->b);
}

float lora_scale(const struct lora *lora)
{
    return lora->scale;
}

const struct tensor *lora_a(const struct lora *lora)
{
    return lora->a;
}

const struct tensor *lora_b(const struct lora *lora)
{
    return lora->b;
}

const struct checkpoint *lora_weights(const struct lora *lora)
{
    return lora->adapter->weights;
}

bool lora_magnitude(const struct lora *lora, uint64_t row, double *magnitude)
{
    float number;
    if (!lora->magnitude)
        return false;
    const unsigned char *numbers = checkpoint_data(lora->adapter->weights, lora->magnitude);
    size_t size = dtype_bits(lora->magnitude->dtype) / 8;
    dtype_to_float(lora->magnitude->dtype, numbers + row * size, 1, &number);
    *magnitude = (double)number;
    return true;
}

/* DoRA: each row gets the length that was learnt for it. */
static void set_length(const struct lora *lora, uint64_t row, float *to, size_t length)
{
    double square = 0, magnitude;
    if (!lora_magnitude(lora, row, &magnitude))
        return;
    for (size_t i = 0; i < length; i++)
        square += (double)to[i] * (double)to[i];
    double factor = magnitude / sqrt(square);
    for (size_t i = 0; i < length; i++)
        to[i] = (float)(factor * (double)to[i]);
}

bool lora_rows_to_float(struct lora_tile *tile, const struct checkpoint *checkpoint,
                        const struct tensor *tensor, uint64_t first, size_t rows, float *to)
{
    const struct lora *lora = tensor->lora;
    size_t length = (size_t)tensor->shape[1];
    struct blas_sizes sizes = {(int)rows, (int)length, (int)lora_rank(lora)};
    if (rows == 0)
        return true;
    if (!checkpoint_rows_copied(checkpoint, tensor, first, rows, &tile->buffer, to) ||
        !load_factors(tile, tensor, first, rows))
        return false;
    blas_add_product(&lora->adapter->blas, &sizes, lora->scale, tile->b, tile->a, to);
    for (size_t i = 0; i < rows; i++)
        set_length(lora, first + i, to + i * length, length);
    return true;
}
