/* kernels.h: the fused pass for each kind of processor. Only kernel.c and the kernels include this.
 */
#ifndef ROPESCOPE_ANGLES_KERNELS_H
#define ROPESCOPE_ANGLES_KERNELS_H

#include "ropescope/angles.h"

/* The three sums over `length` numbers in float32, gathered in double; rows of any alignment, read
 * not a byte beyond their end (it may be the end of a mapping). */
typedef struct pair_sums kernel_sums(const unsigned char *row_a, const unsigned char *row_b,
                                     size_t length);

struct kernel {
    const char *name;
    kernel_sums *f64, *f32, *f16, *bf16;
};

extern const struct kernel kernel_portable;
#if defined(__x86_64__)
extern const struct kernel kernel_avx2;
extern const struct kernel kernel_avx512;
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
extern const struct kernel kernel_neon;
#endif

#endif
