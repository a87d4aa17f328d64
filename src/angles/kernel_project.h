/* kernel_project.h: rows times a narrow matrix, written once for all kernels. Included by
 * kernel_pass.h behind what a kernel defines; NARROW_LANES is the number of vectors of columns that
 * are summed at a time, as many as the processor's registers hold for PROJECT_ROWS rows.
 *
 * A stretch of the narrow matrix stays in the core's first cache while all rows pass over it, and
 * each sum takes PROJECT_STEPS terms in float32 before it is added in double. How a row is summed
 * depends on its length alone, never on the rows beside it. */
#ifndef ROPESCOPE_ANGLES_KERNEL_PROJECT_H
#define ROPESCOPE_ANGLES_KERNEL_PROJECT_H

enum { PROJECT_STEPS = 128 };

/* Numbers of some rows as float32, zeros behind their end. */
struct staged_rows {
    float x[PROJECT_ROWS][PROJECT_STEPS];
};

PASS void stage_rows(load_lanes *load, size_t size, const unsigned char *const *rows, size_t at,
                     size_t count, struct staged_rows *staged)
{
    for (size_t row = 0; row < PROJECT_ROWS; row++) {
        const unsigned char *from = rows[row] + at * size;
        unsigned char rest[LANES * NUMBER_MAX] = {0};
        size_t i = 0;
        for (; i + LANES <= count; i += LANES) {
            lanes x = load(from + i * size);
            memcpy(&staged->x[row][i], &x, sizeof x);
        }
        if (i < count) {
            memcpy(rest, from + i * size, (count - i) * size);
            lanes x = load(rest);
            memcpy(&staged->x[row][i], &x, sizeof x);
        }
    }
}

/* What a stretch adds to the products of PROJECT_ROWS rows. */
struct stretch_sums {
    float x[PROJECT_ROWS][NARROW_LANES * LANES];
};

/* `vectors` (a constant) vectors of columns: narrow is (count, width) from the first of them on. */
PASS void sum_stretch(const struct staged_rows *staged, size_t count, const float *narrow,
                      size_t width, size_t vectors, struct stretch_sums *out)
{
    lanes sums[PROJECT_ROWS][NARROW_LANES];
    UNROLL for (size_t row = 0; row < PROJECT_ROWS; row++)
        UNROLL for (size_t v = 0; v < vectors; v++) sums[row][v] = lanes_zero();
    for (size_t k = 0; k < count; k++, narrow += width) {
        lanes right[NARROW_LANES];
        UNROLL for (size_t v = 0; v < vectors; v++)
            memcpy(&right[v], narrow + v * LANES, sizeof right[v]);
        UNROLL for (size_t row = 0; row < PROJECT_ROWS; row++)
        {
            lanes left = lanes_all(staged->x[row][k]);
            UNROLL for (size_t v = 0; v < vectors; v++) sums[row][v] =
                lanes_multiply_add(left, right[v], sums[row][v]);
        }
    }
    UNROLL for (size_t row = 0; row < PROJECT_ROWS; row++)
        UNROLL for (size_t v = 0; v < vectors; v++)
            memcpy(&out->x[row][v * LANES], &sums[row][v], sizeof sums[row][v]);
}

/* Functions of their own: inlined side by side, their sums would not all stay in registers. */
#define STRETCH(vectors)                                                                           \
    static TARGET __attribute__((noinline)) void sum_stretch_##vectors(                            \
        const struct staged_rows *staged, size_t count, const float *narrow, size_t width,         \
        struct stretch_sums *out)                                                                  \
    {                                                                                              \
        sum_stretch(staged, count, narrow, width, vectors, out);                                   \
    }
STRETCH(1)
STRETCH(2)
#if NARROW_LANES > 2
STRETCH(4)
#else
#define sum_stretch_4 sum_stretch_2
#endif

PASS void project_stretch(const struct staged_rows *staged, size_t count, const float *narrow,
                          size_t width, double *to)
{
    struct stretch_sums sums;
    for (size_t at = 0, vectors; at < width; at += vectors * LANES) {
        vectors = (width - at) / LANES;
        vectors = vectors >= NARROW_LANES ? NARROW_LANES : vectors >= 2 ? 2 : 1;
        (vectors == 4   ? sum_stretch_4
         : vectors == 2 ? sum_stretch_2
                        // cppcheck-suppress uninitvar // a macro's functions fill the sums
                        : sum_stretch_1)(staged, count, narrow + at, width, &sums);
        for (size_t row = 0; row < PROJECT_ROWS; row++)
            for (size_t i = 0; i < vectors * LANES; i += LANES)
                lanes_add_to(to + row * width + at + i, &sums.x[row][i]);
    }
}

PASS void project_over(load_lanes *load, size_t size, const struct narrow *narrow,
                       const unsigned char *const *rows, size_t count, double *to)
{
    struct staged_rows staged;
    memset(to, 0, count * narrow->width * sizeof *to);
    for (size_t at = 0; at < narrow->length; at += PROJECT_STEPS) {
        size_t steps = narrow->length - at < PROJECT_STEPS ? narrow->length - at : PROJECT_STEPS;
        for (size_t row = 0; row < count; row += PROJECT_ROWS) {
            stage_rows(load, size, rows + row, at, steps, &staged);
            project_stretch(&staged, steps, narrow->x + at * narrow->width, narrow->width,
                            to + row * narrow->width);
        }
    }
}

#endif
