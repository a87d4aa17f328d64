/* scaled.c: rows that are codes times scales. First all codes of a few rows become floats, then
 * their zeros and scales are laid over them, group by group: rows side by side share the words of
 * what is stored by columns, and columns of a group share their scales. */
#include "scaled.h"

#include "load.h"

enum { ROWS = 16 }; /* at a time: 4 bytes of each fill a cache line */

const float scaled_fp4[16] = {0,     0.5F,  1,  1.5F,  2,  3,  4,  6,
                              -0.0F, -0.5F, -1, -1.5F, -2, -3, -4, -6};

unsigned packed_code(const unsigned char *words, const struct packed *packed, uint64_t i,
                     uint64_t j)
{
    const unsigned bits = packed->bits;
    uint64_t bit = packed->order ? i / 8 * 32 + 4 * (uint64_t)packed->order[i % 8] : i * bits;
    const unsigned char *word = words + 4 * (bit / 32 * packed->along + j * packed->across);
    unsigned shift = bit % 32;
    uint32_t code = load32(word) >> shift;
    if (shift + bits > 32)
        code |= load32(word + 4 * packed->along) << (32 - shift);
    return code & ((1U << bits) - 1);
}

static void load_numbers(enum dtype dtype, const unsigned char *from, size_t count,
                         float *restrict to)
{
    if (dtype == DTYPE_I8) {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)(int8_t)from[i];
    } else if (dtype == DTYPE_U8) {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)from[i];
    } else if (dtype == DTYPE_F8_E8M0) {
        for (size_t i = 0; i < count; i++)
            to[i] = float_of_e8m0(from[i]);
    } else {
        dtype_to_float(dtype, from, count, to);
    }
}

/* ---- codes --------------------------------------------------------------- */

/* Codes that fill their words, of `count` rows: (count, columns). Called with constant bits. */
static inline void unpack(const unsigned char *words, const struct packed *p, unsigned bits,
                          uint64_t columns, size_t count, float *restrict to)
{
    const uint64_t each = 32 / bits;
    for (uint64_t column = 0; column < columns; column += each, words += 4 * p->along) {
        uint64_t here = columns - column < each ? columns - column : each;
        for (size_t row = 0; row < count; row++) {
            uint32_t word = load32(words + 4 * row * p->across);
            float *at = to + row * columns + column;
            for (uint64_t i = 0; i < here; i++, word >>= bits)
                at[i] = (float)(int32_t)(word & ((1U << bits) - 1));
        }
    }
}

static void load_rows(const unsigned char *words, const struct packed *p, uint64_t columns,
                      uint64_t first, size_t count, float *to)
{
    const unsigned char *from = words + 4 * first * p->across;
    if (p->bits == 4) {
        unpack(from, p, 4, columns, count, to);
    } else if (p->bits == 8) {
        unpack(from, p, 8, columns, count, to);
    } else if (p->bits == 2) {
        unpack(from, p, 2, columns, count, to);
    } else {
        for (size_t row = 0; row < count; row++) {
            for (uint64_t column = 0; column < columns; column++)
                *to++ = (float)packed_code(words, p, column, first + row);
        }
    }
}

static void load_columns(const unsigned char *words, const struct packed *p, uint64_t columns,
                         uint64_t first, size_t count, float *to)
{
    for (uint64_t column = 0; column < columns; column++) {
        for (size_t row = 0; row < count; row++)
            to[row * columns + column] = (float)packed_code(words, p, first + row, column);
    }
}

static void load_codes(const struct scaled *s, const unsigned char *data, uint64_t columns,
                       uint64_t first, size_t count, float *to)
{
    if (s->codes == CODES_NUMBERS)
        load_numbers(s->dtype, data + first * columns * dtype_bits(s->dtype) / 8,
                     count * (size_t)columns, to);
    else if (s->codes == CODES_OF_ROWS)
        load_rows(data, &s->packed, columns, first, count, to);
    else
        load_columns(data, &s->packed, columns, first, count, to);
    for (uint64_t i = 0; i < count * columns && s->values; i++)
        to[i] = s->values[(unsigned)to[i]];
}

/* ---- scales -------------------------------------------------------------- */

/* The numbers of `count` rows, ROWS at most, in one group. */
static void load_grid(const struct checkpoint *checkpoint, const struct grid *grid, uint64_t first,
                      size_t count, uint64_t group, float *to)
{
    const unsigned char *data = checkpoint_data(checkpoint, grid->tensor);
    size_t size = dtype_bits(grid->dtype) / 8;
    if (grid->packed.bits) {
        for (size_t i = 0; i < count; i++)
            to[i] = (float)packed_code(data, &grid->packed, first + i, group);
    } else if (grid->row_step == 1 && grid->rows_each == 1) {
        load_numbers(grid->dtype, data + size * (first + group * grid->group_step), count, to);
    } else {
        for (size_t i = 0; i < count; i++) {
            uint64_t at = (first + i) / grid->rows_each * grid->row_step;
            load_numbers(grid->dtype, data + size * (at + group * grid->group_step), 1, to + i);
        }
    }
}

/* Of some rows in one group. */
struct factors {
    float scale[ROWS], zero[ROWS], bias[ROWS];
};

static void load_factors(const struct checkpoint *checkpoint, const struct scaled *s,
                         uint64_t first, size_t count, uint64_t group, float unit,
                         struct factors *out)
{
    if (s->scale.tensor)
        load_grid(checkpoint, &s->scale, first, count, group, out->scale);
    if (s->zero.tensor)
        load_grid(checkpoint, &s->zero, first, count, group, out->zero);
    if (s->bias.tensor)
        load_grid(checkpoint, &s->bias, first, count, group, out->bias);
    for (size_t i = 0; i < count; i++) {
        out->scale[i] = (s->scale.tensor ? out->scale[i] : 1) * unit;
        out->zero[i] = (s->zero.tensor ? out->zero[i] : 0) + s->zero_offset;
        out->bias[i] = s->bias.tensor ? out->bias[i] : 0;
    }
}

static float load_unit(const struct checkpoint *checkpoint, const struct scaled *s)
{
    float global = 1;
    if (s->global.tensor)
        load_numbers(s->global.dtype, checkpoint_data(checkpoint, s->global.tensor), 1, &global);
    return s->global_divides ? s->unit / global : s->unit * global;
}

/* Of rows whose groups come in turn, run by run. */
static void scale_runs(const struct checkpoint *checkpoint, const struct scaled *s,
                       uint64_t columns, uint64_t first, size_t count, float *to)
{
    const float unit = load_unit(checkpoint, s);
    for (uint64_t column = 0, end; column < columns; column = end) {
        struct factors f;
        end = columns - column > s->group_width ? column + s->group_width : columns;
        load_factors(checkpoint, s, first, count, column / s->group_width, unit, &f);
        for (size_t row = 0; row < count; row++) {
            float *restrict at = to + row * columns;
            const float scale = f.scale[row], zero = f.zero[row], bias = f.bias[row];
            for (uint64_t i = column; i < end; i++)
                at[i] = (at[i] - zero) * scale + bias;
        }
    }
}

/* Of rows whose columns lie in any of these groups, `many` from `begin` on. The index was checked
 * when the file was opened; should the file have changed since, no group is met that is not there.
 */
static void scale_columns(const unsigned char *index, uint64_t columns, const struct factors *table,
                          uint64_t begin, uint64_t many, size_t count, float *to)
{
    for (size_t row = 0; row < count; row++, to += columns) {
        for (uint64_t i = 0; i < columns; i++) {
            uint64_t group = load32(index + 4 * i) - begin;
            if (group < many)
                to[i] = (to[i] - table[group].zero[row]) * table[group].scale[row] +
                        table[group].bias[row];
        }
    }
}

/* As many groups at a time as a core's nearest cache holds well. */
static void scale_shuffled(const struct checkpoint *checkpoint, const struct scaled *s,
                           uint64_t columns, uint64_t first, size_t count, float *to)
{
    enum { GROUPS = 128 };
    struct factors table[GROUPS];
    const unsigned char *index = checkpoint_data(checkpoint, s->group_index);
    const float unit = load_unit(checkpoint, s);
    for (uint64_t begin = 0; begin < s->groups; begin += GROUPS) {
        uint64_t many = s->groups - begin < GROUPS ? s->groups - begin : GROUPS;
        for (uint64_t i = 0; i < many; i++)
            load_factors(checkpoint, s, first, count, begin + i, unit, &table[i]);
        scale_columns(index, columns, table, begin, many, count, to);
    }
}

void scaled_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                     uint64_t first, size_t count, float *to)
{
    const struct scaled *s = tensor->codec->detail;
    const unsigned char *data = checkpoint_data(checkpoint, tensor);
    const uint64_t columns = tensor->shape[1];
    for (size_t done = 0; done < count; done += ROWS, to += ROWS * columns) {
        size_t rows = count - done < ROWS ? count - done : ROWS;
        load_codes(s, data, columns, first + done, rows, to);
        if (s->group_index)
            scale_shuffled(checkpoint, s, columns, first + done, rows, to);
        else
            scale_runs(checkpoint, s, columns, first + done, rows, to);
    }
}
