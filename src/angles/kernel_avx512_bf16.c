/* kernel_avx512_bf16.c: BF16 rows times a narrow matrix of BF16 numbers, by an instruction that
 * adds two products to a lane and so takes half the time. It rounds each product's sum as any other
 * float32 sum, and takes numbers below 1e-38 for zero: whoever calls it asks for sums that such
 * numbers cannot change. The products themselves are exact. */
#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define INLINED static inline TARGET __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")
enum { LANES = 16, VECTORS = 4, STRETCH_WORDS = 64 };

/* Two numbers of a row, wherever it lies. */
INLINED __m512bh both_everywhere(const unsigned char *from)
{
    int32_t word;
    memcpy(&word, from, sizeof word);
    return (__m512bh)_mm512_set1_epi32(word);
}

INLINED void add_to_doubles(double *to, __m512 sums)
{
    __m256 high = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(sums), 1));
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(sums));
    _mm512_storeu_pd(to, _mm512_add_pd(_mm512_loadu_pd(to), low));
    _mm512_storeu_pd(to + 8, _mm512_add_pd(_mm512_loadu_pd(to + 8), _mm512_cvtps_pd(high)));
}

/* `words` pairs of numbers of PROJECT_ROWS rows, times `vectors` (a constant) vectors of columns.
 */
INLINED void add_stretch(const unsigned char *const *rows, size_t at, size_t words,
                         const uint32_t *pairs, size_t width, size_t vectors, double *to)
{
    __m512 sums[PROJECT_ROWS][VECTORS];
    UNROLL for (size_t row = 0; row < PROJECT_ROWS; row++)
        UNROLL for (size_t v = 0; v < vectors; v++) sums[row][v] = _mm512_setzero_ps();
    for (size_t k = 0; k < words; k++, pairs += width) {
        __m512bh right[VECTORS];
        UNROLL for (size_t v = 0; v < vectors; v++) right[v] =
            (__m512bh)_mm512_loadu_si512(pairs + v * LANES);
        UNROLL for (size_t row = 0; row < PROJECT_ROWS; row++)
        {
            __m512bh left = both_everywhere(rows[row] + at + 4 * k);
            UNROLL for (size_t v = 0; v < vectors; v++) sums[row][v] =
                _mm512_dpbf16_ps(sums[row][v], left, right[v]);
        }
    }
    UNROLL for (size_t row = 0; row < PROJECT_ROWS; row++)
        UNROLL for (size_t v = 0; v < vectors; v++)
            add_to_doubles(to + row * width + v * LANES, sums[row][v]);
}

/* Functions of their own, so that each keeps its sums in registers. */
#define STRETCH(vectors)                                                                           \
    static TARGET __attribute__((noinline)) void add_stretch_##vectors(                            \
        const unsigned char *const *rows, size_t at, size_t words, const uint32_t *pairs,          \
        size_t width, double *to)                                                                  \
    {                                                                                              \
        add_stretch(rows, at, words, pairs, width, vectors, to);                                   \
    }
STRETCH(1)
STRETCH(2)
STRETCH(4)

static void add_words(const unsigned char *const *rows, size_t at, size_t words,
                      const uint32_t *pairs, size_t width, double *to)
{
    for (size_t column = 0, vectors; column < width; column += vectors * LANES) {
        vectors = (width - column) / LANES;
        vectors = vectors >= 4 ? 4 : vectors >= 2 ? 2 : 1;
        (vectors == 4   ? add_stretch_4
         : vectors == 2 ? add_stretch_2
                        : add_stretch_1)(rows, at, words, pairs + column, width, to + column);
    }
}

/* The last number of rows of an odd length, with a zero behind it. */
static void add_last(const struct narrow *narrow, const unsigned char *const *rows, double *to)
{
    unsigned char last[PROJECT_ROWS][4] = {{0}};
    const unsigned char *at[PROJECT_ROWS];
    size_t word = narrow->length / 2;
    for (size_t row = 0; row < PROJECT_ROWS; row++) {
        memcpy(last[row], rows[row] + 4 * word, 2);
        at[row] = last[row];
    }
    add_words(at, 0, 1, narrow->pairs + word * narrow->width, narrow->width, to);
}

void kernel_avx512_bf16(const struct narrow *narrow, const unsigned char *const *rows, size_t count,
                        double *to)
{
    size_t width = narrow->width, words = narrow->length / 2;
    memset(to, 0, count * width * sizeof *to);
    for (size_t at = 0; at < words; at += STRETCH_WORDS) {
        size_t some = words - at < STRETCH_WORDS ? words - at : STRETCH_WORDS;
        for (size_t row = 0; row < count; row += PROJECT_ROWS)
            add_words(rows + row, 4 * at, some, narrow->pairs + at * width, width,
                      to + row * width);
    }
    for (size_t row = 0; row < count && narrow->length % 2 != 0; row += PROJECT_ROWS)
        add_last(narrow, rows + row, to + row * width);
}
#endif
