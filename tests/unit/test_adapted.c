/* Angles under a LoRA, which are taken without making the rows: by every kernel, for every dtype of
 * the base, at all ranks and lengths, and where the sum of the parts would not do they must be
 * those of float64. Workers take no more memory than is set aside for all of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "angles/window.h"
#include "file_bytes.h"
#include "scratch.h"

#define MODULE "model.layers.0.self_attn.q_proj"

static const double TOLERANCE = 1e-6;

/* ---- a matrix and its factors -------------------------------------------- */

enum nature {
    USUAL,     /* the adapter adds less than there is */
    STRONG,    /* and more */
    CANCELS,   /* it takes nearly all away */
    LOPSIDED,  /* tiny A, huge B */
    HUGE_ROWS, /* whose squares leave float32 */
    EVEN,      /* all numbers alike: rounding errors add up */
    SHORT,     /* A is of BF16 numbers */
    NATURES
};

struct sizes {
    size_t rows, length, rank;
};

struct matrices {
    struct sizes sizes;
    enum made { F32, F16, BF16, F64 } dtype;
    double *w, *a, *b, *magnitude; /* as they are stored; magnitude NULL: no DoRA */
};

static const struct {
    const char *name;
    size_t size;
} stored_as[] = {{"F32", 4}, {"F16", 2}, {"BF16", 2}, {"F64", 8}};

/* From -1 to 1, about as wide as numbers of weights are spread. */
static double drawn(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return (double)(int32_t)(uint32_t)(*seed >> 32) / 2147483648.0;
}

/* The number as the dtype has it, and its bytes. */
static double store(enum made dtype, double number, unsigned char *to)
{
    float narrow = (float)number;
    uint32_t bits;
    double stored = narrow;
    if (dtype == F64) {
        memcpy(to, &number, sizeof number);
        file_order(to, sizeof number, 1);
        return number;
    }
    memcpy(&bits, &narrow, sizeof bits);
    if (dtype == F32) {
        memcpy(to, &narrow, sizeof narrow);
        file_order(to, sizeof narrow, 1);
    } else if (dtype == BF16) {
        bits &= 0xFFFF0000;
        to[0] = (unsigned char)(bits >> 16);
        to[1] = (unsigned char)(bits >> 24);
        memcpy(&narrow, &bits, sizeof narrow);
        stored = narrow;
    } else { /* normal numbers alone, cut */
        int exponent;
        double mantissa = frexp(fabs(number), &exponent);
        bool none = exponent < -12 || number == 0;
        unsigned number_bits = (unsigned)(exponent + 14) << 10;
        number_bits |= (unsigned)(mantissa * 2048) & 1023;
        uint16_t half = (uint16_t)((none ? 0 : number_bits) | (number < 0 ? 0x8000 : 0));
        stored = none ? 0 : copysign(ldexp((int)(mantissa * 2048), exponent - 11), number);
        memcpy(to, &half, 2);
        file_order(to, 2, 1);
    }
    return stored;
}

static double added(const struct matrices *m, size_t row, size_t k)
{
    double sum = 0;
    for (size_t j = 0; j < m->sizes.rank; j++)
        sum += m->b[row * m->sizes.rank + j] * m->a[j * m->sizes.length + k];
    return 2 * sum;
}

static void draw(struct matrices *m, enum nature nature)
{
    uint64_t seed = 77 + (uint64_t)nature + m->sizes.length;
    size_t n = m->sizes.rows * m->sizes.length;
    double a = nature == LOPSIDED ? 1e-22 : 0.05, b = nature == STRONG ? 3 : 0.02;
    unsigned char bytes[8];
    if (nature == LOPSIDED)
        b = 1e19;
    for (size_t i = 0; i < m->sizes.rank * m->sizes.length; i++)
        m->a[i] =
            store(nature == SHORT ? BF16 : F32, nature == EVEN ? 0.1 : a * drawn(&seed), bytes);
    for (size_t i = 0; i < m->sizes.rows * m->sizes.rank; i++)
        m->b[i] = store(F32, nature == EVEN ? 0.1 : b * drawn(&seed), bytes);
    for (size_t i = 0; i < n; i++) {
        m->w[i] = nature == EVEN ? 0.3 : 0.05 * drawn(&seed);
        if (nature == CANCELS)
            m->w[i] = 0.004 * m->w[i] - added(m, i / m->sizes.length, i % m->sizes.length);
        if (nature == HUGE_ROWS)
            m->w[i] *= 1e21;
    }
}

/* ---- files --------------------------------------------------------------- */

static void write_base(struct matrices *m)
{
    size_t n = m->sizes.rows * m->sizes.length, size = stored_as[m->dtype].size;
    unsigned char *bytes = memory_array(n, size);
    char header[256];
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        m->w[i] = store(m->dtype, m->w[i], bytes + i * size);
    text_format(header, sizeof header,
                "{\"" MODULE ".weight\":{\"dtype\":\"%s\",\"shape\":[%zu,%zu],"
                "\"data_offsets\":[0,%zu]}}",
                stored_as[m->dtype].name, m->sizes.rows, m->sizes.length, n * size);
    scratch_tensors("base.safetensors", header, n * size);
    char path[PATH_BYTES];
    text_format(path, sizeof path, "%s", scratch_path("base.safetensors"));
    file_patch(path, 8 + strlen(header), bytes, n * size);
    memory_free(bytes);
}

static void write_lora(const struct matrices *m)
{
    const struct sizes s = m->sizes;
    const double *const from[] = {m->a, m->b, m->magnitude};
    const size_t count[] = {s.rank * s.length, s.rows * s.rank, m->magnitude ? s.rows : 0};
    size_t all = count[0] + count[1] + count[2], at = 0;
    float *numbers = memory_array(all, sizeof *numbers);
    char header[512], path[PATH_BYTES];
    assert_non_null(numbers);
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < count[i]; k++)
            numbers[at++] = (float)from[i][k];
    }
    text_format(header, sizeof header,
                "{\"" MODULE ".lora_A.weight\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],"
                "\"data_offsets\":[0,%zu]},\"" MODULE ".lora_B.weight\":{\"dtype\":\"F32\","
                "\"shape\":[%zu,%zu],\"data_offsets\":[%zu,%zu]},\"" MODULE
                ".lora_magnitude_vector\":{\"dtype\":\"F32\",\"shape\":[%zu],"
                "\"data_offsets\":[%zu,%zu]}}",
                s.rank, s.length, 4 * count[0], s.rows, s.rank, 4 * count[0],
                4 * (count[0] + count[1]), count[2], 4 * (count[0] + count[1]), 4 * all);
    assert_true(path_make_directories(scratch_path("lora")));
    scratch_tensors("lora/adapter_model.safetensors", header, 4 * all);
    text_format(path, sizeof path, "%s", scratch_path("lora/adapter_model.safetensors"));
    file_order(numbers, sizeof *numbers, all);
    file_patch(path, 8 + strlen(header), numbers, 4 * all);
    memory_free(numbers);
    text_format(header, sizeof header,
                "{\"peft_type\":\"LORA\",\"r\":%zu,\"lora_alpha\":%zu,\"use_dora\":%s}", s.rank,
                2 * s.rank, m->magnitude ? "true" : "false");
    scratch_text("lora/adapter_config.json", header);
}

/* ---- what it should be --------------------------------------------------- */

struct expected {
    double cos, norm[2];
};

static struct expected expect(const struct matrices *m, size_t a, size_t b)
{
    double dot = 0, x2 = 0, y2 = 0;
    for (size_t k = 0; k < m->sizes.length; k++) {
        double x = m->w[a * m->sizes.length + k] + added(m, a, k);
        double y = m->w[b * m->sizes.length + k] + added(m, b, k);
        dot += x * y;
        x2 += x * x;
        y2 += y * y;
    }
    struct expected e = {dot / sqrt(x2 * y2), {sqrt(x2), sqrt(y2)}};
    if (m->magnitude) {
        if (m->magnitude[a] * m->magnitude[b] < 0)
            e.cos = -e.cos;
        e.norm[0] = fabs(m->magnitude[a]);
        e.norm[1] = fabs(m->magnitude[b]);
    }
    return e;
}

/* ---- a window onto it ---------------------------------------------------- */

struct job {
    struct window *window;
    struct row_run run[WINDOW_RUNS];
    struct pair_angle *angles;
    bool shown;
};

static void look(void *arg)
{
    struct job *job = arg;
    job->shown = window_show(job->window, job->run);
    for (size_t i = 0; job->shown && i < job->run[0].rows; i++)
        job->shown = window_angle(job->window, job->run[0].first + i, job->run[1].first + i,
                                  &job->angles[i]);
}

static void check(const struct matrices *m, const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->run[0].rows; i++) {
        struct expected e = expect(m, job->run[0].first + i, job->run[1].first + i);
        const struct pair_angle *found = &job->angles[i];
        if (!(fabs((double)found->cos - e.cos) <= TOLERANCE) ||
            !(fabs((double)found->norm_a / e.norm[0] - 1) <= TOLERANCE) ||
            !(fabs((double)found->norm_b / e.norm[1] - 1) <= TOLERANCE))
            fail_msg("%s, %zu x %zu %s, rank %zu, pair %zu: %.9g %g %g, not %.9g %g %g", name,
                     m->sizes.rows, m->sizes.length, stored_as[m->dtype].name, m->sizes.rank, i,
                     (double)found->cos, (double)found->norm_a, (double)found->norm_b, e.cos,
                     e.norm[0], e.norm[1]);
    }
}

/* All pairs of the matrix, the first half of its rows with the second, in windows of some. */
static void check_matrices(const struct matrices *m, const char *name)
{
    struct source *source, *adapter;
    struct checkpoint *checkpoint;
    struct pair_angle angles[8];
    assert_int_equal(source_locate(scratch_path("base.safetensors"), &source, NULL), STATUS_OK);
    assert_int_equal(checkpoint_open(source, &checkpoint, NULL), STATUS_OK);
    assert_int_equal(adapter_locate(scratch_path("lora"), &adapter, NULL), STATUS_OK);
    assert_int_equal(checkpoint_adapt(checkpoint, adapter, NULL), STATUS_OK);
    const struct tensor *tensor = checkpoint_find(checkpoint, MODULE ".weight");
    for (size_t k = 0; kernel_at(k); k++) {
        struct window window;
        window_init(&window, checkpoint, window_row_bytes(tensor));
        window.kernel = kernel_at(k);
        window_begin(&window, tensor);
        assert_false(window.lacks);
        size_t half = m->sizes.rows / 2;
        for (size_t at = 0, step; at < half; at += step) {
            step = half - at < 5 ? half - at : 5;
            struct job job = {&window, {{at, step}, {half + at, step}}, angles, false};
            assert_true(guard_run(look, &job) && job.shown);
            check(m, &job, name);
        }
        window_free(&window);
    }
    checkpoint_close(checkpoint);
    source_close(adapter);
    source_close(source);
}

static void try_matrices(struct sizes sizes, enum made dtype, enum nature nature, bool dora)
{
    static const char *const names[] = {"usual", "strong", "cancels", "lopsided",
                                        "huge",  "even",   "short"};
    struct matrices m = {.sizes = sizes, .dtype = dtype};
    uint64_t seed = 5;
    m.w = memory_array(sizes.rows * sizes.length, sizeof *m.w);
    m.a = memory_array(sizes.rank * sizes.length, sizeof *m.a);
    m.b = memory_array(sizes.rows * sizes.rank, sizeof *m.b);
    m.magnitude = dora ? memory_array(sizes.rows, sizeof *m.magnitude) : NULL;
    assert_true(m.w && m.a && m.b && (m.magnitude || !dora));
    draw(&m, nature);
    for (size_t i = 0; dora && i < sizes.rows; i++)
        m.magnitude[i] = (double)(float)(3 * drawn(&seed));
    write_base(&m);
    write_lora(&m);
    check_matrices(&m, names[nature]);
    memory_free(m.w);
    memory_free(m.a);
    memory_free(m.b);
    memory_free(m.magnitude);
}

/* ---- tests --------------------------------------------------------------- */

static void angles_are_those_of_float64(void **state)
{
    (void)state;
    static const struct sizes sizes[] = {{2, 1, 1},     {14, 22, 5},   {22, 64, 16},
                                         {10, 129, 17}, {12, 300, 64}, {10, 1000, 70},
                                         {4, 5000, 130}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int dtype = F32; dtype <= F64; dtype++) {
            try_matrices(sizes[i], (enum made)dtype, USUAL, false);
            try_matrices(sizes[i], (enum made)dtype, STRONG, false);
            try_matrices(sizes[i], (enum made)dtype, EVEN, false);
            try_matrices(sizes[i], (enum made)dtype, SHORT, false);
        }
    }
}

static void rows_are_made_where_the_parts_do_not_do(void **state)
{
    (void)state;
    const struct sizes sizes = {20, 500, 12};
    try_matrices(sizes, F32, CANCELS, false);
    try_matrices(sizes, F64, CANCELS, false);
    try_matrices(sizes, F32, LOPSIDED, false);
    try_matrices(sizes, BF16, LOPSIDED, false);
    try_matrices(sizes, F32, HUGE_ROWS, false);
    try_matrices(sizes, BF16, HUGE_ROWS, false);
}

static void lengths_that_were_learnt_count(void **state)
{
    (void)state;
    const struct sizes sizes = {20, 100, 12};
    try_matrices(sizes, BF16, USUAL, true);
    try_matrices(sizes, F32, STRONG, true);
    try_matrices(sizes, F32, CANCELS, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(angles_are_those_of_float64),
        cmocka_unit_test(rows_are_made_where_the_parts_do_not_do),
        cmocka_unit_test(lengths_that_were_learnt_count),
    };
    guard_install();
    return cmocka_run_group_tests_name("adapted", tests, scratch_make, scratch_remove);
}
