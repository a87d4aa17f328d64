/* adapter.h: a LoRA on its way over a checkpoint. Only checkpoint/ includes this. */
#ifndef ROPESCOPE_CHECKPOINT_ADAPTER_H
#define ROPESCOPE_CHECKPOINT_ADAPTER_H

#include "ropescope/checkpoint.h"

struct patterns;

/* What adapter_config.json says of all modules alike, and of some by patterns of their names. */
struct adapter_config {
    double alpha, rank;
    bool root; /* s = alpha / sqrt(r), rslora; else alpha / r */
    bool dora;
    struct patterns *alphas, *ranks; /* owned */
};

/* Refuses, with the key, whatever is no LoRA that W + s B A describes. On failure, too,
 * adapter_config_close frees what there is. */
enum status adapter_config_read(struct adapter_config *config, const struct source *source,
                                struct error *err);
void adapter_config_close(struct adapter_config *config);
/* Of a module by its name, without base_model.model. */
double adapter_config_alpha(const struct adapter_config *config, const char *module);
double adapter_config_rank(const struct adapter_config *config, const char *module);

/* What an adapter adds to one tensor of the base: s B A. */
struct lora {
    const struct adapter *adapter;
    const struct tensor *a, *b;     /* (rank, row length), (rows, rank) of the adapter */
    const struct tensor *magnitude; /* DoRA: numbers for the rows; NULL: none */
    float scale;
    double declared_rank; /* by the config; that of the tensors counts */
};

struct adapter {
    struct checkpoint *base;     /* borrowed */
    const struct source *source; /* borrowed */
    struct checkpoint *weights;
    struct adapter_config config;
    struct blas blas;
    struct arena arena; /* loras and codecs */
};
void adapter_close(struct adapter *adapter); /* NULL is fine */

#endif
