/* adapted.c: angles under a LoRA. With w' = w + s b A, where b is the row's own row of B,
 *
 *     w1'.w2' = w1.w2 + s (b1.(A w2) + b2.(A w1)) + s^2 b1 (A A') b2'
 *
 * so that nothing of a row's length is written, and a base in BF16 is read as it is stored: what a
 * row costs is its product with A, as many multiplications as making it would take. Where the sum
 * is much smaller than its parts, or where they leave float32, both rows are made after all. */
#include "adapted.h"

#include <math.h>
#include <string.h>

/* ---- memory -------------------------------------------------------------- */

static size_t round_up(size_t count, size_t multiple)
{
    return (count + multiple - 1) / multiple * multiple;
}

static bool reserve(void *block, size_t *room, size_t count, size_t each, size_t size)
{
    void *held;
    uint64_t wanted;
    if (!size_multiply(count, each, &wanted) || wanted > SIZE_MAX)
        return false;
    if (wanted <= *room)
        return true;
    memcpy(&held, block, sizeof held);
    memory_free(held);
    held = memory_array(wanted, size);
    memcpy(block, &held, sizeof held);
    *room = held ? (size_t)wanted : 0;
    return held != NULL;
}

enum { BUFFER_BYTES = 64 << 10, TURN_ROWS = 8 };

static bool reserve_buffer(struct row_buffer *buffer, const struct lora *lora)
{
    uint64_t wanted = BUFFER_BYTES;
    if (tensor_row_bytes(lora_a(lora)) > wanted)
        wanted = tensor_row_bytes(lora_a(lora));
    if (tensor_row_bytes(lora_b(lora)) > wanted)
        wanted = tensor_row_bytes(lora_b(lora));
    return reserve(&buffer->bytes, &buffer->room, (size_t)wanted, 1, 1);
}

bool adapted_reserve(struct adapted *adapted, const struct tensor *tensor, size_t rows)
{
    size_t rank = lora_rank(tensor->lora), length = (size_t)tensor->shape[1];
    size_t width = round_up(rank, NARROW_MULTIPLE), *room = adapted->room;
    rows = round_up(rows, PROJECT_ROWS);
    if (adapted->tensor == tensor && adapted->rows_room >= rows)
        return true;
    adapted->tensor = NULL;
    adapted->rows_room = rows;
    adapted->width = width;
    return reserve(&adapted->turned, &room[0], length, width, sizeof *adapted->turned) &&
           reserve(&adapted->gram, &room[1], rank, width, sizeof *adapted->gram) &&
           reserve(&adapted->b, &room[2], rows, rank, sizeof *adapted->b) &&
           reserve(&adapted->along, &room[3], rows, width, sizeof *adapted->along) &&
           reserve(&adapted->across, &room[4], rows, width, sizeof *adapted->across) &&
           reserve(&adapted->products, &room[5], PROJECT_ROWS, width, sizeof *adapted->products) &&
           reserve(&adapted->at, &room[6], rows, 1, sizeof *adapted->at) &&
           reserve(&adapted->pairs, &room[8], length / 2 + 1, width, sizeof *adapted->pairs) &&
           reserve(&adapted->made, &room[7], TURN_ROWS, length, sizeof *adapted->made) &&
           reserve_buffer(&adapted->buffer, tensor->lora);
}

void adapted_free(struct adapted *adapted)
{
    void *const blocks[] = {adapted->turned, adapted->gram,        adapted->b,  adapted->along,
                            adapted->across, adapted->products,    adapted->at, adapted->pairs,
                            adapted->made,   adapted->buffer.bytes};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        memory_free(blocks[i]);
    lora_tile_free(&adapted->tile);
    *adapted = (struct adapted){0};
}

uint64_t adapted_bytes(const struct tensor *tensor, size_t rows)
{
    uint64_t rank = lora_rank(tensor->lora), length = tensor->shape[1];
    uint64_t width = round_up((size_t)rank, NARROW_MULTIPLE);
    /* Twice A: turned, and as it is where rows are made. */
    return 4 * (length * (width + width / 2 + rank + TURN_ROWS) + rank * width + rows * rank) +
           16 * rows * width + 2 * BUFFER_BYTES;
}

/* ---- the factors --------------------------------------------------------- */

/* Some rows of A, to adapted->made. */
static bool copy_a(struct adapted *adapted, const struct tensor *tensor, size_t first, size_t rows)
{
    return checkpoint_rows_copied(lora_weights(tensor->lora), lora_a(tensor->lora), first, rows,
                                  &adapted->buffer, adapted->made);
}

/* A, some rows at a time, as columns. */
static bool turn_a(struct adapted *adapted, const struct tensor *tensor)
{
    size_t rank = lora_rank(tensor->lora), length = (size_t)tensor->shape[1];
    size_t width = adapted->width;
    if (rank < width)
        memset(adapted->turned, 0, length * width * sizeof *adapted->turned);
    for (size_t at = 0, rows; at < rank; at += rows) {
        rows = rank - at < TURN_ROWS ? rank - at : TURN_ROWS;
        if (!copy_a(adapted, tensor, at, rows))
            return false;
        for (size_t k = 0; k < length; k++) {
            for (size_t row = 0; row < rows; row++)
                adapted->turned[k * width + at + row] = adapted->made[row * length + k];
        }
    }
    return true;
}

static uint32_t bits_of(float number)
{
    uint32_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* The same as BF16, for a base in BF16, if nothing is lost. */
static void pair_a(struct adapted *adapted, size_t length)
{
    size_t width = adapted->width;
    uint32_t lost = 0;
    for (size_t k = 0; k < length; k += 2) {
        const float *even = adapted->turned + k * width, *odd = even + width;
        uint32_t *to = adapted->pairs + k / 2 * width;
        for (size_t i = 0; i < width; i++) {
            uint32_t low = bits_of(even[i]), high = k + 1 < length ? bits_of(odd[i]) : 0;
            lost |= (low | high) & 0xFFFF;
            to[i] = low >> 16 | high;
        }
    }
    adapted->short_numbers = lost == 0;
}

/* Lengths whose squares, and products with rows of the base, stay in float32. */
static bool is_tame(double square)
{
    return square == 0 || (square >= 1e-20 && square <= 1e20);
}

/* A A', some rows of A at a time. */
static bool fill_gram(struct adapted *adapted, const struct kernel *kernel,
                      const struct tensor *tensor)
{
    size_t rank = lora_rank(tensor->lora), length = (size_t)tensor->shape[1];
    size_t width = adapted->width;
    const struct narrow a = {adapted->turned, NULL, length, width};
    const unsigned char *at[PROJECT_ROWS];
    adapted->tame = true;
    for (size_t first = 0, rows; first < rank; first += rows) {
        rows = rank - first < PROJECT_ROWS ? rank - first : PROJECT_ROWS;
        if (!copy_a(adapted, tensor, first, rows))
            return false;
        dtype_swap_floats(adapted->made, rows * length);
        for (size_t row = 0; row < PROJECT_ROWS; row++)
            at[row] = (const unsigned char *)(adapted->made + (row < rows ? row : 0) * length);
        kernel_functions(kernel, DTYPE_F32)->project(&a, at, PROJECT_ROWS, adapted->products);
        for (size_t row = 0; row < rows; row++) {
            const double *from = adapted->products + row * width;
            for (size_t i = 0; i < width; i++)
                adapted->gram[(first + row) * width + i] = (float)from[i];
            adapted->tame = adapted->tame && is_tame(from[first + row]);
        }
    }
    return true;
}

static bool load_a(struct adapted *adapted, const struct kernel *kernel,
                   const struct tensor *tensor)
{
    if (adapted->tensor == tensor)
        return true;
    if (!turn_a(adapted, tensor) || !fill_gram(adapted, kernel, tensor))
        return false;
    adapted->short_numbers = false;
    if (tensor->dtype == DTYPE_BF16 && kernel_project_pairs(kernel))
        pair_a(adapted, (size_t)tensor->shape[1]);
    adapted->tensor = tensor;
    return true;
}

static bool load_b(struct adapted *adapted, const struct tensor *tensor,
                   const struct row_run run[2])
{
    size_t rank = lora_rank(tensor->lora);
    return checkpoint_rows_copied(lora_weights(tensor->lora), lora_b(tensor->lora), run[0].first,
                                  run[0].rows, &adapted->buffer, adapted->b) &&
           checkpoint_rows_copied(lora_weights(tensor->lora), lora_b(tensor->lora), run[1].first,
                                  run[1].rows, &adapted->buffer, adapted->b + run[0].rows * rank);
}

bool adapted_show(struct adapted *adapted, const struct kernel *kernel, const struct tensor *tensor,
                  enum dtype dtype, const struct row_run run[2])
{
    size_t rank = lora_rank(tensor->lora), rows = run[0].rows + run[1].rows;
    size_t count = round_up(rows, PROJECT_ROWS);
    if (!load_a(adapted, kernel, tensor) || !load_b(adapted, tensor, run))
        return false;
    bool pairs = dtype == DTYPE_BF16 && adapted->short_numbers;
    const struct narrow a = {adapted->turned, adapted->pairs, (size_t)tensor->shape[1],
                             adapted->width};
    const struct narrow gram = {adapted->gram, NULL, rank, adapted->width};
    kernel_project *project =
        pairs ? kernel_project_pairs(kernel) : kernel_functions(kernel, dtype)->project;
    for (size_t i = rows; i < count; i++)
        adapted->at[i] = adapted->at[0];
    project(&a, adapted->at, count, adapted->along);
    for (size_t i = 0; i < count; i++)
        adapted->at[i] = (const unsigned char *)(adapted->b + (i < rows ? i : 0) * rank);
    dtype_swap_floats(adapted->b, rows * rank); /* rows now, numbers again afterwards */
    kernel_functions(kernel, DTYPE_F32)->project(&gram, adapted->at, count, adapted->across);
    dtype_swap_floats(adapted->b, rows * rank);
    return true;
}

/* ---- one pair ------------------------------------------------------------ */

/* b.(x + s y) */
static double dot(const float *b, const double *x, double s, const double *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)b[i] * (x[i] + s * y[i]);
    return sum;
}

/* The square of a row's length: `own` is the base's, and what is added has no more than as much
 * again to take away, since the rounding errors of all of it stay. */
static bool add_square(const struct adapted *adapted, double s, size_t i, size_t rank, double *own)
{
    const float *b = adapted->b + i * rank;
    const double *along = adapted->along + i * adapted->width;
    const double *across = adapted->across + i * adapted->width;
    double added = s * s * dot(b, across, 0, across, rank);
    double parts = *own + added;
    *own = parts + 2 * s * dot(b, along, 0, along, rank);
    return kernel_is_safe(*own) && *own >= parts / 2;
}

/* The sums of the changed rows, out of those of the base; false: they would not be good. */
static bool add_sums(const struct adapted *adapted, const struct adapted_pair *pair,
                     struct pair_sums *sums)
{
    const struct lora *lora = adapted->tensor->lora;
    size_t rank = lora_rank(lora), width = adapted->width, i = pair->index[0], j = pair->index[1];
    double s = (double)lora_scale(lora);
    const float *b1 = adapted->b + i * rank, *b2 = adapted->b + j * rank;
    const double *along1 = adapted->along + i * width, *along2 = adapted->along + j * width;
    const double *across2 = adapted->across + j * width;
    sums->dot += s * (dot(b1, along2, s, across2, rank) + dot(b2, along1, 0, along1, rank));
    return adapted->tame && add_square(adapted, s, i, rank, &sums->a) &&
           add_square(adapted, s, j, rank, &sums->b);
}

static bool make_rows(struct adapted *adapted, const struct checkpoint *checkpoint,
                      const struct adapted_pair *pair, struct pair_angle *angle)
{
    const struct tensor *tensor = adapted->tensor;
    size_t length = (size_t)tensor->shape[1];
    if (!lora_tile_reserve(&adapted->tile, tensor, 1))
        return false;
    for (size_t i = 0; i < 2; i++) {
        if (!lora_rows_to_float(&adapted->tile, checkpoint, tensor, pair->row[i], 1,
                                adapted->made + i * length))
            return false;
    }
    dtype_swap_floats(adapted->made, 2 * length);
    *angle = kernel_angle(pair->kernel, DTYPE_F32, adapted->made, adapted->made + length, length);
    return true;
}

/* DoRA: a length for each row, which turns it round where it is negative; false: it makes no row
 * that has an angle. */
static bool set_lengths(const struct adapted *adapted, const struct adapted_pair *pair,
                        struct pair_angle *angle)
{
    float *const norm[2] = {&angle->norm_a, &angle->norm_b};
    for (size_t i = 0; i < 2; i++) {
        double magnitude;
        if (!lora_magnitude(adapted->tensor->lora, pair->row[i], &magnitude))
            continue;
        if (!kernel_is_safe(magnitude * magnitude))
            return false;
        *norm[i] = (float)fabs(magnitude);
        angle->cos = magnitude < 0 ? -angle->cos : angle->cos;
    }
    return true;
}

bool adapted_angle(struct adapted *adapted, const struct checkpoint *checkpoint,
                   const struct adapted_pair *pair, struct pair_angle *angle)
{
    size_t length = (size_t)adapted->tensor->shape[1];
    struct pair_sums sums =
        kernel_functions(pair->kernel, pair->dtype)->sums(pair->at[0], pair->at[1], length);
    if (add_sums(adapted, pair, &sums)) {
        *angle = kernel_angle_of_sums(&sums);
        if (set_lengths(adapted, pair, angle))
            return true;
    }
    return make_rows(adapted, checkpoint, pair, angle);
}
