/* config.h: keys of config.json, looked up where models nest them and under the names that they
 * have. Only model/ includes this. */
#ifndef ROPESCOPE_MODEL_CONFIG_H
#define ROPESCOPE_MODEL_CONFIG_H

#include "ropescope/model.h"

struct cJSON;

/* The name under which a format has a key. */
struct config_name {
    const char *key, *own;
};

/* Borrowed views; a multimodal model keeps its decoder's keys in `text` and the rest in `top`. */
struct config {
    const struct cJSON *top;
    const struct cJSON *text;        /* == top where nothing is nested */
    const char *path;                /* for errors */
    const struct config_name *names; /* (name_count) of this format; NULL: none */
    size_t name_count;
    enum fact_source source; /* FACT_CONFIG, or FACT_FORMAT: the weight file itself says it */
};

struct config config_of(const struct checkpoint *checkpoint);
/* The decoder's key, else the top one; NULL: absent or null. */
const struct cJSON *config_get(const struct config *config, const char *key);
/* The name under which the config has the key: Meta says n_heads for num_attention_heads. `key`
 * itself where it has neither. */
const char *config_key(const struct config *config, const char *key);
/* The decoder's model_type, else the top one; NULL: none. */
const char *config_model_type(const struct config *config);

/* Reads a positive whole number below 2^32 into *value and says in *found whether the key is there.
 * Anything else than such a number is an error that names file and key. */
enum status config_count(const struct config *config, const char *key, uint32_t *value, bool *found,
                         struct error *err);
/* Reads a number into *value and says in *found whether the key is there; *value keeps what it held
 * where it is not. What is no finite number is an error. */
enum status config_real(const struct config *config, const char *key, double *value, bool *found,
                        struct error *err);
/* The same of an object that lies in the config (NULL: nothing is there). */
enum status config_real_in(const struct config *config, const struct cJSON *object, const char *key,
                           double *value, bool *found, struct error *err);
/* Refuses the value of a key: "PATH: KEY is VALUE, WANTED". */
enum status config_refuse(const struct config *config, const char *key, const struct cJSON *item,
                          const char *wanted, struct error *err);
#endif
