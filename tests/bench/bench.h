/* bench.h: the parts of the benchmark, and the models that they share. */
#ifndef ROPESCOPE_BENCH_H
#define ROPESCOPE_BENCH_H

#include "../unit/made_model.h"
#include "ropescope/support.h"

enum { RUNS_MAX = 31 };

struct bench {
    char scratch[PATH_BYTES]; /* a directory for what is made, and the cache */
    size_t runs, threads, megabytes;
    const char *only; /* NULL: everything */
};

extern const char bench_program[]; /* what is measured */

bool bench_wanted(const struct bench *bench, const char *part);

/* ---- models.c ------------------------------------------------------------ */

/* Says what is wrong with what, and exits. */
void stop(const char *what, const char *path) __attribute__((noreturn));
/* scratch/NAME. */
void path_in(const struct bench *bench, const char *name, char path[PATH_BYTES]);
void make_model(const struct bench *bench, const char *name, const struct made_model *model);
/* Layers of Llama-2-7B's shape, or of Llama-3-8B's where `kv_heads` is 8. */
struct made_model large_layers(enum made_dtype dtype, uint32_t layers, uint32_t kv_heads);
enum { LAYER_MB = 67 /* 32 + 32 heads of 128 x 4096 numbers of two bytes */ };
void remove_tree(const char *path);
/* A file of angles of made numbers, 64 pairs a head; its path goes to `path`. Returns its pairs. */
size_t make_angles(const struct bench *bench, size_t layers, uint32_t heads, uint32_t kv_heads,
                   char path[PATH_BYTES]);
/* The weights again, written anew in steps of `step` bytes: this decides in what pieces the page
 * cache holds them. */
void rewrite(const char *model, size_t step);
/* Bytes that fit into half of what the disk and the memory have free. */
double room_for_models(const struct bench *bench);

/* ---- the parts ----------------------------------------------------------- */

void measure_scanning(const struct bench *bench);  /* scanning.c: warm, cold, torch, growth */
void measure_comparing(const struct bench *bench); /* comparing.c: compare */
void measure_probing(const struct bench *bench);   /* probing.c: probe */
void measure_opening(const struct bench *bench);   /* opening.c: cached, tensors */
void measure_explorer(const struct bench *bench);  /* explorer.c: frames, explorer */

#endif
