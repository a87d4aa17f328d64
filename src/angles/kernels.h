/* kernels.h: the fused pass for each kind of processor. Only kernel.c and the kernels include this.
 */
#ifndef ROPESCOPE_ANGLES_KERNELS_H
#define ROPESCOPE_ANGLES_KERNELS_H

#include "ropescope/angles.h"

/* The three sums over `length` numbers in float32, gathered in double; rows of any alignment, read
 * not a byte beyond their end (it may be the end of a mapping). */
typedef struct pair_sums kernel_sums(const unsigned char *row_a, const unsigned char *row_b,
                                     size_t length);

/* A narrow matrix, (length, width) row-major: the transpose of a LoRA's A, say. */
struct narrow {
    const float *x;
    const uint32_t *pairs; /* ((length + 1) / 2, width) the numbers as BF16, row 2i in the lower
                              half of a word and row 2i + 1 in the upper; NULL: they are no BF16 */
    size_t length,
        width; /* width: a multiple of NARROW_MULTIPLE, with zeros behind what is meant */
};
enum { NARROW_MULTIPLE = 16, PROJECT_ROWS = 6 };

/* Rows (count, a multiple of PROJECT_ROWS; each of narrow->length numbers) times the matrix, to
 * (count, width): in float32, gathered in double. */
typedef void kernel_project(const struct narrow *narrow, const unsigned char *const *rows,
                            size_t count, double *to);

/* The sum over (x - y)^2, likewise. */
typedef double kernel_differ(const unsigned char *x, const unsigned char *y, size_t length);

/* Of rows w1, w2 of the base and w1, w2 of the tuned model: the sums of both pairs, and the squares
 * of |w1 - w1'| and |w2 - w2'|. */
struct twin_sums {
    struct pair_sums base, tuned;
    double a, b;
};
typedef struct twin_sums kernel_twin_sums(const unsigned char *const row[4], size_t length);

struct kernel_functions {
    kernel_sums *sums;
    kernel_project *project;
    kernel_differ *differ;
    kernel_twin_sums *twin;
};
struct kernel {
    const char *name;
    struct kernel_functions f64, f32, f16, bf16;
};
/* Those for rows of that plain dtype. */
const struct kernel_functions *kernel_functions(const struct kernel *kernel, enum dtype dtype);
/* For rows of BF16 and a narrow matrix with pairs; NULL: this kernel has none here. */
kernel_project *kernel_project_pairs(const struct kernel *kernel);
/* Whether a sum of squares is good as float32 sums have it. */
bool kernel_is_safe(double square);
/* What becomes of good sums. */
struct pair_angle kernel_angle_of_sums(const struct pair_sums *sums);

extern const struct kernel kernel_portable;
#if defined(__x86_64__)
extern const struct kernel kernel_avx2;
extern const struct kernel kernel_avx512;
kernel_project kernel_avx512_bf16;
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
extern const struct kernel kernel_neon;
#endif

#endif
