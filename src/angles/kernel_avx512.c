/* kernel_avx512.c: the fused pass for x86-64 with AVX-512 (F and BW), sixteen numbers at a time.
 *
 * BF16 is widened and multiplied in float32, not by vdpbf16ps: that instruction takes subnormal
 * numbers and sums for zero, and rounds twice where it adds two products to a lane, while a widened
 * number is exact and a fused multiply-add rounds once. It would gain nothing either: the pass
 * waits for memory. */
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw")))
#define NARROW_LANES 4
enum { LANES = 16 };
typedef __m512 lanes;
typedef __m512d wides;

static inline TARGET lanes lanes_zero(void)
{
    return _mm512_setzero_ps();
}

static inline TARGET lanes lanes_all(float x)
{
    return _mm512_set1_ps(x);
}

static inline TARGET lanes lanes_multiply_add(lanes x, lanes y, lanes sum)
{
    return _mm512_fmadd_ps(x, y, sum);
}

static inline TARGET wides wides_zero(void)
{
    return _mm512_setzero_pd();
}

static inline TARGET wides wides_add(wides sum, lanes x)
{
    __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(x), 1));
    sum = _mm512_add_pd(sum, _mm512_cvtps_pd(_mm512_castps512_ps256(x)));
    return _mm512_add_pd(sum, _mm512_cvtps_pd(high));
}

/* LANES sums, each its own. */
static inline TARGET void lanes_add_to(double *sums, const float *from)
{
    for (size_t i = 0; i < LANES; i += 8, sums += 8, from += 8)
        _mm512_storeu_pd(
            sums, _mm512_add_pd(_mm512_loadu_pd(sums), _mm512_cvtps_pd(_mm256_loadu_ps(from))));
}

#include "kernel_pass.h"

PASS lanes load_f64(const unsigned char *from)
{
    __m512d low = _mm512_loadu_pd((const void *)from);
    __m512d high = _mm512_loadu_pd((const void *)(from + 64));
    __m512d both = _mm512_castps_pd(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)));
    return _mm512_castpd_ps(_mm512_insertf64x4(both, _mm256_castps_pd(_mm512_cvtpd_ps(high)), 1));
}

PASS lanes load_f32(const unsigned char *from)
{
    return _mm512_loadu_ps((const void *)from);
}

PASS lanes load_f16(const unsigned char *from)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)from));
}

PASS lanes load_bf16(const unsigned char *from)
{
    __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)from));
    return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}

/* Sums of steps in the order of the row, into the order in which BF16 comes apart: quarters 0 and 2
 * of either half, then quarters 1 and 3. */
PASS struct step settle_quarters(lanes first, lanes second)
{
    return (struct step){_mm512_shuffle_f32x4(first, second, _MM_SHUFFLE(2, 0, 2, 0)),
                         _mm512_shuffle_f32x4(first, second, _MM_SHUFFLE(3, 1, 3, 1))};
}

KERNEL_STEP(f64, 8, settle_quarters)
KERNEL_STEP(f32, 4, settle_quarters)
KERNEL_STEP(f16, 2, settle_quarters)

/* Zeros interleaved below the bits of each number make it float32: one instruction for sixteen,
 * where widening and shifting takes two. */
PASS struct step step_bf16(const unsigned char *from)
{
    const __m512i bits = _mm512_loadu_si512((const void *)from), zero = _mm512_setzero_si512();
    return (struct step){_mm512_castsi512_ps(_mm512_unpacklo_epi16(zero, bits)),
                         _mm512_castsi512_ps(_mm512_unpackhi_epi16(zero, bits))};
}

KERNEL_FORM(bf16, 2, settle_not)
KERNEL_FUNCTIONS

const struct kernel kernel_avx512 = {.name = "avx512", KERNEL_TABLE};
#endif
