/* kernel_neon.c: the fused pass for 64-bit ARM, four numbers at a time. */
#include "kernels.h"

#if defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <arm_neon.h>

#define TARGET /* every 64-bit ARM has what this takes */
#define NARROW_LANES 4
enum { LANES = 4 };
typedef float32x4_t lanes;
typedef float64x2_t wides;

static inline lanes lanes_zero(void)
{
    return vdupq_n_f32(0);
}

static inline lanes lanes_all(float x)
{
    return vdupq_n_f32(x);
}

static inline lanes lanes_multiply_add(lanes x, lanes y, lanes sum)
{
    return vfmaq_f32(sum, x, y);
}

static inline wides wides_zero(void)
{
    return vdupq_n_f64(0);
}

static inline wides wides_add(wides sum, lanes x)
{
    sum = vaddq_f64(sum, vcvt_f64_f32(vget_low_f32(x)));
    return vaddq_f64(sum, vcvt_high_f64_f32(x));
}

/* LANES sums, each its own. */
static inline void lanes_add_to(double *sums, const float *from)
{
    for (size_t i = 0; i < LANES; i++)
        sums[i] += (double)from[i];
}

#include "kernel_pass.h"

/* Loaded as bytes: numbers in a file have no alignment. */
PASS lanes load_f64(const unsigned char *from)
{
    float64x2_t low = vreinterpretq_f64_u8(vld1q_u8(from));
    float64x2_t high = vreinterpretq_f64_u8(vld1q_u8(from + 16));
    return vcvt_high_f32_f64(vcvt_f32_f64(low), high);
}

PASS lanes load_f32(const unsigned char *from)
{
    return vreinterpretq_f32_u8(vld1q_u8(from));
}

PASS lanes load_f16(const unsigned char *from)
{
    return vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from)));
}

PASS lanes load_bf16(const unsigned char *from)
{
    return vreinterpretq_f32_u32(vshll_n_u16(vreinterpret_u16_u8(vld1_u8(from)), 16));
}

KERNEL_STEPS
KERNEL_FUNCTIONS

const struct kernel kernel_neon = {.name = "neon", KERNEL_TABLE};
#endif
