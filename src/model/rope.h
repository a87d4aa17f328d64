/* rope.h: config keys become the parameters of the frequencies. Only model/ includes this. */
#ifndef ROPESCOPE_MODEL_ROPE_H
#define ROPESCOPE_MODEL_ROPE_H

#include "config.h"
#include "family.h"

/* What is asked for. */
struct rope_question {
    const struct config *config;
    const struct family *family;
    const struct model_options *options;
    const char *layer_type; /* "sliding_attention", "full_attention", ... ; never NULL */
    uint32_t rotary_dim;
};

/* Where theta and scaling came from, for the facts. */
struct rope_answer {
    struct rope rope; /* short_factor and long_factor lie in the arena */
    enum fact_source theta_source;
    const char *theta_key;  /* "rope_theta"; "" for a flag or a default */
    char scaling_name[128]; /* "llama3, factor 8" */
    enum fact_source scaling_source;
    const char *scaling_key; /* "use_scaled_rope"; "" where the scaling tells itself */
    bool unknown_scaling;    /* a type that has no formula here: left unscaled */
};

/* Resolution order as in transformers: rope_parameters (5.x) or rope_scaling (4.x), by layer type
 * where they nest; theta from there, else from the config, else the family's. */
enum status rope_resolve(const struct rope_question *question, struct arena *arena,
                         struct rope_answer *answer, struct error *err);

/* Tokens that frequencies are asked for: --context (*key NULL), else what max_position_embeddings
 * or an older *key says; 0: unknown. */
enum status rope_context(const struct config *config, const struct model_options *options,
                         double *tokens, const char **key, struct error *err);
/* Fraction of the head that rotates in layers of that type and the key that says so (NULL: the
 * family's own). */
enum status rope_partial(const struct config *config, const struct family *family,
                         const char *layer_type, double *partial, const char **key,
                         struct error *err);

/* Do the parameters nest by layer type? */
bool rope_is_nested(const struct config *config);

#endif
