/* kernel_avx2.c: the fused pass for x86-64 with AVX2, FMA and F16C, eight numbers at a time. */
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,fma,f16c")))
#define NARROW_LANES 2
enum { LANES = 8 };
typedef __m256 lanes;
typedef __m256d wides;

static inline TARGET lanes lanes_zero(void)
{
    return _mm256_setzero_ps();
}

static inline TARGET lanes lanes_all(float x)
{
    return _mm256_set1_ps(x);
}

static inline TARGET lanes lanes_multiply_add(lanes x, lanes y, lanes sum)
{
    return _mm256_fmadd_ps(x, y, sum);
}

static inline TARGET wides wides_zero(void)
{
    return _mm256_setzero_pd();
}

static inline TARGET wides wides_add(wides sum, lanes x)
{
    sum = _mm256_add_pd(sum, _mm256_cvtps_pd(_mm256_castps256_ps128(x)));
    return _mm256_add_pd(sum, _mm256_cvtps_pd(_mm256_extractf128_ps(x, 1)));
}

/* LANES sums, each its own. */
static inline TARGET void lanes_add_to(double *sums, const float *from)
{
    for (size_t i = 0; i < LANES; i += 4, sums += 4, from += 4)
        _mm256_storeu_pd(sums,
                         _mm256_add_pd(_mm256_loadu_pd(sums), _mm256_cvtps_pd(_mm_loadu_ps(from))));
}

#include "kernel_pass.h"

PASS lanes load_f64(const unsigned char *from)
{
    __m128 low = _mm256_cvtpd_ps(_mm256_loadu_pd((const void *)from));
    __m128 high = _mm256_cvtpd_ps(_mm256_loadu_pd((const void *)(from + 32)));
    return _mm256_insertf128_ps(_mm256_castps128_ps256(low), high, 1);
}

PASS lanes load_f32(const unsigned char *from)
{
    return _mm256_loadu_ps((const void *)from);
}

PASS lanes load_f16(const unsigned char *from)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const void *)from));
}

PASS lanes load_bf16(const unsigned char *from)
{
    __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)from));
    return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
}

KERNEL_STEPS
KERNEL_FUNCTIONS

const struct kernel kernel_avx2 = {.name = "avx2", KERNEL_TABLE};
#endif
