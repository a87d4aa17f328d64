/* kernel.c: which kernel this machine runs, sums taken again in double where float32 does not do,
 * and what becomes of the sums: cos and norms. */
#include "kernels.h"

#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* ---- the choice ---------------------------------------------------------- */

enum { KERNELS_MAX = 4 };

#if defined(__x86_64__)
/* __builtin_cpu_supports also asks whether the system saves these registers; not every compiler
 * knows its word for F16C. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
}

static bool runs_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

static bool runs_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
}
#endif

/* The kernels that this machine runs, best first; returns how many. */
static size_t list_kernels(const struct kernel *list[KERNELS_MAX])
{
    size_t count = 0;
#if defined(__x86_64__)
    if (runs_avx512())
        list[count++] = &kernel_avx512;
    if (runs_avx2())
        list[count++] = &kernel_avx2;
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    list[count++] = &kernel_neon;
#endif
    list[count++] = &kernel_portable;
    return count;
}

const struct kernel *kernel_at(size_t index)
{
    const struct kernel *list[KERNELS_MAX];
    return index < list_kernels(list) ? list[index] : NULL;
}

const struct kernel *kernel_best(void)
{
    return kernel_at(0);
}

const char *kernel_name(const struct kernel *kernel)
{
    return kernel->name;
}

const struct kernel_functions *kernel_functions(const struct kernel *kernel, enum dtype dtype)
{
    switch (dtype) {
    case DTYPE_F64:
        return &kernel->f64;
    case DTYPE_F16:
        return &kernel->f16;
    case DTYPE_BF16:
        return &kernel->bf16;
    default:
        return &kernel->f32;
    }
}

kernel_project *kernel_project_pairs(const struct kernel *kernel)
{
#if defined(__x86_64__)
    if (kernel == &kernel_avx512 && __builtin_cpu_supports("avx512bf16"))
        return kernel_avx512_bf16;
#endif
    (void)kernel;
    return NULL;
}

/* ---- in double, for rows whose squares leave float32 --------------------- */

/* Sums of rows scaled by powers of two, so that not even squares of doubles overflow. */
struct scaled_sums {
    struct pair_sums sums; /* of row_a * 2^-exponent_a and row_b * 2^-exponent_b */
    int exponent_a, exponent_b;
};

/* Exponent of the largest magnitude; 0 for a row of zeros; false where a number is not finite. */
static bool row_exponent(enum dtype dtype, const unsigned char *row, size_t length, int *exponent)
{
    size_t size = dtype_bits(dtype) / 8;
    double largest = 0;
    for (size_t i = 0; i < length; i++) {
        double value;
        dtype_to_double(dtype, row + i * size, 1, &value);
        if (!isfinite(value))
            return false;
        largest = fmax(largest, fabs(value));
    }
    *exponent = 0;
    if (largest > 0)
        frexp(largest, exponent);
    return true;
}

static bool sums_in_double(enum dtype dtype, const unsigned char *row_a, const unsigned char *row_b,
                           size_t length, struct scaled_sums *out)
{
    size_t size = dtype_bits(dtype) / 8;
    struct pair_sums sums = {0};
    if (!row_exponent(dtype, row_a, length, &out->exponent_a) ||
        !row_exponent(dtype, row_b, length, &out->exponent_b))
        return false;
    for (size_t i = 0; i < length; i++) {
        double x, y;
        dtype_to_double(dtype, row_a + i * size, 1, &x);
        dtype_to_double(dtype, row_b + i * size, 1, &y);
        x = ldexp(x, -out->exponent_a);
        y = ldexp(y, -out->exponent_b);
        sums.dot += x * y;
        sums.a += x * x;
        sums.b += y * y;
    }
    out->sums = sums;
    return true;
}

/* ---- both ---------------------------------------------------------------- */

bool kernel_is_safe(double square)
{
    return square >= 1e-30 && square <= 1e30;
}

static struct scaled_sums all_sums(const struct kernel *kernel, enum dtype dtype, const void *row_a,
                                   const void *row_b, size_t length)
{
    struct scaled_sums out = {.sums = kernel_functions(kernel, dtype)->sums(row_a, row_b, length)};
    if (kernel_is_safe(out.sums.a) && kernel_is_safe(out.sums.b))
        return out;
    if (!sums_in_double(dtype, row_a, row_b, length, &out))
        out = (struct scaled_sums){.sums = {NAN, NAN, NAN}};
    return out;
}

struct pair_sums kernel_pair(const struct kernel *kernel, enum dtype dtype, const void *row_a,
                             const void *row_b, size_t length)
{
    struct scaled_sums s = all_sums(kernel, dtype, row_a, row_b, length);
    return (struct pair_sums){
        .dot = ldexp(s.sums.dot, s.exponent_a + s.exponent_b),
        .a = ldexp(s.sums.a, 2 * s.exponent_a),
        .b = ldexp(s.sums.b, 2 * s.exponent_b),
    };
}

static struct pair_angle angle_of(const struct scaled_sums *s)
{
    double norm_a = sqrt(s->sums.a), norm_b = sqrt(s->sums.b);
    double cos = NAN;
    if (norm_a > 0 && norm_b > 0)
        cos = fmin(fmax(s->sums.dot / (norm_a * norm_b), -1), 1);
    return (struct pair_angle){
        .cos = (float)cos,
        .norm_a = (float)(s->exponent_a == 0 ? norm_a : ldexp(norm_a, s->exponent_a)),
        .norm_b = (float)(s->exponent_b == 0 ? norm_b : ldexp(norm_b, s->exponent_b)),
    };
}

struct pair_angle kernel_angle(const struct kernel *kernel, enum dtype dtype, const void *row_a,
                               const void *row_b, size_t length)
{
    struct scaled_sums s = all_sums(kernel, dtype, row_a, row_b, length);
    return angle_of(&s);
}

struct pair_angle kernel_angle_of_sums(const struct pair_sums *sums)
{
    struct scaled_sums s = {.sums = *sums};
    return angle_of(&s);
}

/* ---- how far two rows are apart ------------------------------------------ */

static double distance_in_double(enum dtype dtype, const unsigned char *x, const unsigned char *y,
                                 size_t length)
{
    size_t size = dtype_bits(dtype) / 8;
    double sum = 0, largest = 0, a, b;
    int exponent;
    for (size_t i = 0; i < length; i++) {
        dtype_to_double(dtype, x + i * size, 1, &a);
        dtype_to_double(dtype, y + i * size, 1, &b);
        if (!isfinite(a - b))
            return NAN;
        largest = fmax(largest, fabs(a - b));
    }
    frexp(largest, &exponent);
    for (size_t i = 0; i < length && largest > 0; i++) {
        dtype_to_double(dtype, x + i * size, 1, &a);
        dtype_to_double(dtype, y + i * size, 1, &b);
        double apart = ldexp(a - b, -exponent);
        sum += apart * apart;
    }
    return ldexp(sqrt(sum), exponent);
}

double kernel_distance(const struct kernel *kernel, enum dtype dtype, const void *x, const void *y,
                       size_t length)
{
    if (dtype == DTYPE_F64) /* float32 keeps nothing of a small change of large numbers */
        return distance_in_double(dtype, x, y, length);
    double square = kernel_functions(kernel, dtype)->differ(x, y, length);
    if (kernel_is_safe(square))
        return sqrt(square);
    if (square == 0 && memcmp(x, y, length * dtype_bits(dtype) / 8) == 0)
        return 0;
    return distance_in_double(dtype, x, y, length);
}

/* ---- both pairs and their distance --------------------------------------- */

/* Good as float32 has it, or there is no difference at all. */
static bool difference_is_safe(double square, const unsigned char *x, const unsigned char *y,
                               size_t bytes)
{
    return kernel_is_safe(square) || (square == 0 && memcmp(x, y, bytes) == 0);
}

struct twin_angle kernel_twin(const struct kernel *kernel, enum dtype dtype,
                              const unsigned char *const row[4], size_t length)
{
    size_t bytes = length * dtype_bits(dtype) / 8;
    struct twin_sums sums = kernel_functions(kernel, dtype)->twin(row, length);
    if (dtype != DTYPE_F64 && kernel_is_safe(sums.base.a) && kernel_is_safe(sums.base.b) &&
        kernel_is_safe(sums.tuned.a) && kernel_is_safe(sums.tuned.b) &&
        difference_is_safe(sums.a, row[0], row[2], bytes) &&
        difference_is_safe(sums.b, row[1], row[3], bytes))
        return (struct twin_angle){kernel_angle_of_sums(&sums.base),
                                   kernel_angle_of_sums(&sums.tuned),
                                   (sqrt(sums.a) + sqrt(sums.b)) / 2};
    return (struct twin_angle){
        kernel_angle(kernel, dtype, row[0], row[1], length),
        kernel_angle(kernel, dtype, row[2], row[3], length),
        (kernel_distance(kernel, dtype, row[0], row[2], length) +
         kernel_distance(kernel, dtype, row[1], row[3], length)) /
            2,
    };
}
