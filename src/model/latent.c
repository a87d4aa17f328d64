/* latent.c: the shape of multi-head latent attention (DeepSeek V2): each query head ends in its
 * rotary dims, and the key tensor in those of the one key that all heads share. */
#include "builder.h"

#include <inttypes.h>

/* A count that the config has, or the default of DeepSeek's classes. */
static enum status latent_count(struct builder *b, const char *key, uint32_t otherwise,
                                uint32_t *value)
{
    bool found;
    *value = otherwise;
    return config_count(&b->config, key, value, &found, b->err);
}

static bool latent_facts(struct builder *b, const struct tensor *query, const struct tensor *key)
{
    const struct shape *shape = &b->shape;
    const char *sum =
        builder_text(b, "%u that do not rotate, then %u that do", shape->offset, shape->rotary_dim);
    return sum && builder_fact(b, "head_dim", b->config.source, sum, "%u", shape->head_dim) &&
           builder_fact(b, "key heads", FACT_FAMILY, "one rotary key for all query heads", "1") &&
           builder_fact(b, "rotary dims", b->config.source,
                        config_key(&b->config, "qk_rope_head_dim"), "%u of %u", shape->rotary_dim,
                        shape->head_dim) &&
           (query->shape[1] == key->shape[1] ||
            builder_note(b,
                         "latent attention: rotary rows as stored, of length %" PRIu64
                         " for queries and %" PRIu64 " for keys",
                         query->shape[1], key->shape[1]));
}

/* Dims of a head from the config; the rest of the key tensor's rows are latent. */
enum status latent_resolve(struct builder *b, const struct tensor *query, const struct tensor *key)
{
    struct shape *shape = &b->shape;
    uint32_t rank = 0;
    if (b->options->head_dim > 0 || b->options->kv_heads > 0)
        return error_set(b->err, STATUS_FAILED,
                         "%s: --head-dim and --kv-heads mean nothing where attention is latent",
                         b->config.path);
    enum status status = latent_count(b, "qk_rope_head_dim", 64, &shape->rotary_dim);
    if (status == STATUS_OK)
        status = latent_count(b, "qk_nope_head_dim", 128, &shape->offset);
    if (status == STATUS_OK)
        status = latent_count(b, "kv_lora_rank", 0, &rank);
    if (status == STATUS_OK)
        status = query_heads_resolve(b, query->shape[0]);
    if (status != STATUS_OK)
        return status;
    uint64_t dim = (uint64_t)shape->offset + shape->rotary_dim;
    if (dim * shape->query_heads != query->shape[0])
        return error_set(b->err, STATUS_FAILED,
                         "%s: %u heads of %u + %u dims do not make the %" PRIu64
                         " rows of tensor %s",
                         b->config.path, shape->query_heads, shape->offset, shape->rotary_dim,
                         query->shape[0], query->name);
    if (shape->rotary_dim % 2 != 0 || key->shape[0] <= shape->rotary_dim ||
        (rank > 0 && key->shape[0] - shape->rotary_dim != rank))
        return error_set(b->err, STATUS_FAILED,
                         "%s: %s %u and %s %u do not make the %" PRIu64 " rows of tensor %s",
                         b->config.path, config_key(&b->config, "kv_lora_rank"), rank,
                         config_key(&b->config, "qk_rope_head_dim"), shape->rotary_dim,
                         key->shape[0], key->name);
    shape->latent = (uint32_t)key->shape[0] - shape->rotary_dim;
    shape->head_dim = (uint32_t)dim;
    shape->key_heads = 1;
    return latent_facts(b, query, key) ? STATUS_OK : error_memory(b->err);
}
