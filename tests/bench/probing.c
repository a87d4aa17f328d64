/* probing.c: a model of a billion numbers run over 64 tokens, against reading its weights once as
 * float32 and the matrix products alone. */
#include "bench.h"
#include "figures.h"
#include "process.h"
#include "ropescope/checkpoint.h"

#include <cblas.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LAYERS = 16,
    HIDDEN = 2048,
    WIDE = 8192,
    KEYS = 512, /* rows of keys: 8 heads of 64 */
    VOCABULARY = 4096,
    TOKENS = 64,
    TILE_ROWS = 128
};

/* ---- the model ----------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t rows, columns; /* columns 0: a norm */
} tensors[] = {{"self_attn.q_proj", HIDDEN, HIDDEN},   {"self_attn.k_proj", KEYS, HIDDEN},
               {"self_attn.v_proj", KEYS, HIDDEN},     {"self_attn.o_proj", HIDDEN, HIDDEN},
               {"mlp.gate_proj", WIDE, HIDDEN},        {"mlp.up_proj", WIDE, HIDDEN},
               {"mlp.down_proj", HIDDEN, WIDE},        {"input_layernorm", HIDDEN, 0},
               {"post_attention_layernorm", HIDDEN, 0}};
enum { A_LAYER = sizeof tensors / sizeof *tensors };

static uint64_t numbers_of(uint32_t rows, uint32_t columns)
{
    return (uint64_t)rows * (columns ? columns : 1);
}

static size_t add_entry(char *text, size_t used, const char *name, uint32_t rows, uint32_t columns,
                        uint64_t *at)
{
    char shape[48];
    uint64_t end = *at + 2 * numbers_of(rows, columns);
    text_format(shape, sizeof shape, columns ? "%" PRIu32 ",%" PRIu32 : "%" PRIu32, rows, columns);
    used += (size_t)sprintf(
        text + used,
        "%c\"%s.weight\":{\"dtype\":\"BF16\",\"shape\":[%s],\"data_offsets\":[%" PRIu64 ",%" PRIu64
        "]}",
        used ? ',' : '{', name, shape, *at, end);
    *at = end;
    return used;
}

static uint64_t write_header(FILE *stream)
{
    char *text = malloc((size_t)(LAYERS * A_LAYER + 2) * 192), name[96];
    uint64_t at = 0;
    size_t used = 0;
    if (!text)
        stop("no memory", "");
    used = add_entry(text, used, "model.embed_tokens", VOCABULARY, HIDDEN, &at);
    used = add_entry(text, used, "model.norm", HIDDEN, 0, &at);
    for (int layer = 0; layer < LAYERS; layer++)
        for (size_t i = 0; i < A_LAYER; i++) {
            text_format(name, sizeof name, "model.layers.%d.%s", layer, tensors[i].name);
            used = add_entry(text, used, name, tensors[i].rows, tensors[i].columns, &at);
        }
    text[used++] = '}';
    while (used % 8)
        text[used++] = ' ';
    for (size_t i = 0; i < 8; i++)
        fputc((int)((uint64_t)used >> 8 * i & 0xFF), stream);
    fwrite(text, 1, used, stream);
    free(text);
    return at;
}

/* Numbers of 1/128 to 1/64 of either sign: no state of the run leaves float32. */
static void write_numbers(FILE *stream, uint64_t bytes)
{
    static uint64_t block[1 << 16];
    uint64_t state = 1;
    for (uint64_t done = 0; done < bytes; done += sizeof block) {
        for (size_t i = 0; i < sizeof block / sizeof *block; i++) {
            state = state * 6364136223846793005U + 1442695040888963407U;
            block[i] = (state ^ state >> 29) & 0x807F807F807F807FU;
            block[i] |= 0x3C003C003C003C00U;
        }
        uint64_t some = bytes - done < sizeof block ? bytes - done : sizeof block;
        fwrite(block, 1, (size_t)some, stream);
    }
}

static void make_decoder(const char *path)
{
    char file[PATH_BYTES], config[PATH_BYTES];
    mkdir(path, 0777);
    if (!path_join(file, path, "model.safetensors") || !path_join(config, path, "config.json"))
        stop("the path is too long", path);
    FILE *stream = fopen(config, "wb");
    if (!stream)
        stop("cannot be written", config);
    fprintf(stream,
            "{\"model_type\": \"llama\", \"hidden_size\": %d, \"num_hidden_layers\": %d,\n"
            " \"num_attention_heads\": 32, \"num_key_value_heads\": 8, \"head_dim\": 64,\n"
            " \"intermediate_size\": %d, \"vocab_size\": %d, \"rms_norm_eps\": 1e-5,\n"
            " \"hidden_act\": \"silu\", \"tie_word_embeddings\": true,\n"
            " \"max_position_embeddings\": 2048, \"rope_theta\": 10000.0}\n",
            HIDDEN, LAYERS, WIDE, VOCABULARY);
    fclose(stream);
    stream = fopen(file, "wb");
    if (!stream)
        stop("cannot be written", file);
    write_numbers(stream, write_header(stream));
    if (ferror(stream) || fclose(stream) != 0)
        stop("cannot be written", file);
}

/* ---- the yardstick ------------------------------------------------------- */

struct yardstick {
    const struct checkpoint *checkpoint;
    _Atomic size_t next; /* tile, counted through all matrices */
    float *states;       /* (TOKENS, WIDE) */
};

/* The matrix of a tile and the tile's first row; NULL past the last. */
static const struct tensor *tile_at(const struct yardstick *y, size_t tile, uint64_t *row)
{
    for (size_t i = 0; i < checkpoint_tensor_count(y->checkpoint); i++) {
        const struct tensor *tensor = checkpoint_tensor(y->checkpoint, i);
        size_t tiles = tensor->rank == 2 ? (size_t)tensor->shape[0] / TILE_ROWS : 0;
        if (tile < tiles) {
            *row = (uint64_t)tile * TILE_ROWS;
            return tensor;
        }
        tile -= tiles;
    }
    return NULL;
}

static void multiply_tiles(void *arg, size_t worker)
{
    struct yardstick *y = arg;
    float *weights = malloc(sizeof *weights * TILE_ROWS * WIDE);
    float *to = malloc(sizeof *to * TOKENS * TILE_ROWS);
    const struct tensor *tensor;
    uint64_t row;
    (void)worker;
    while (weights && to && (tensor = tile_at(y, atomic_fetch_add(&y->next, 1), &row)) != NULL) {
        int columns = (int)tensor->shape[1];
        checkpoint_rows_to_float(y->checkpoint, tensor, row, TILE_ROWS, weights);
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, TOKENS, TILE_ROWS, columns, 1,
                    y->states, WIDE, weights, columns, 0, to, TILE_ROWS);
    }
    free(weights);
    free(to);
}

static double run_yardstick(struct yardstick *y, size_t threads)
{
    struct pool *pool;
    double start = clock_seconds();
    atomic_store(&y->next, 0);
    if (pool_start(&pool, threads, multiply_tiles, y, NULL) != STATUS_OK)
        stop("no threads", "");
    pool_join(pool);
    return clock_seconds() - start;
}

static double run_probe(const char *path, const char *threads, bool watch, double *owned)
{
    char tokens[TOKENS * 5] = "";
    for (int i = 0; i < TOKENS; i++)
        sprintf(tokens + strlen(tokens), "%s%d", i ? "," : "", 17 * i + 1);
    const char *const argv[] = {bench_program, "probe",     path,    "--tokens", tokens,
                                "--no-cache",  "--threads", threads, NULL};
    struct run_cost cost;
    if (!process_run(argv, watch, NULL, 0, &cost))
        stop("the run failed", path);
    if (owned)
        *owned = cost.owned_bytes;
    return cost.seconds;
}

static void measure_against(const struct bench *bench, const char *path, struct yardstick *y)
{
    double least[RUNS_MAX], whole[RUNS_MAX], memory;
    char threads[TEXT_NUMBER];
    text_format(threads, sizeof threads, "%zu", bench->threads);
    openblas_set_num_threads(1);
    run_yardstick(y, bench->threads);
    run_probe(path, threads, false, NULL);
    for (size_t i = 0; i < bench->runs; i++) {
        least[i] = run_yardstick(y, bench->threads);
        whole[i] = run_probe(path, threads, false, NULL);
    }
    double floor = figures_median(least, bench->runs), run = figures_median(whole, bench->runs);
    run_probe(path, threads, true, &memory);
    figures_add("weights once as float32, and the products (L)", 1e3 * floor, "ms", 0, NULL);
    figures_add("whole process: ropescope probe", 1e3 * run, "ms", run / floor, "L");
    figures_add("  its memory, without file pages", memory / 1e6, "MB", 0, NULL);
}

void measure_probing(const struct bench *bench)
{
    char path[PATH_BYTES];
    struct source *source;
    struct yardstick y = {.states = calloc((size_t)TOKENS * WIDE, sizeof *y.states)};
    struct checkpoint *checkpoint;
    if (!bench_wanted(bench, "probe")) {
        free(y.states);
        return;
    }
    figures_section("a run of a 1B model over 64 tokens, BF16");
    path_in(bench, "decoder", path);
    make_decoder(path);
    if (!y.states || source_locate(path, &source, NULL) != STATUS_OK ||
        checkpoint_open(source, &checkpoint, NULL) != STATUS_OK)
        stop("cannot be opened", path);
    y.checkpoint = checkpoint;
    measure_against(bench, path, &y);
    checkpoint_close(checkpoint);
    source_close(source);
    remove_tree(path);
    free(y.states);
}
