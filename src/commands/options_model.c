/* options_model.c: readers of the flags that say how a model is opened, and with what over it or
 * beside it. */
#include "options_model.h"

#include <string.h>

bool read_like_authors(struct options *options, const char *value)
{
    (void)value;
    return options->session.model.like_authors = true;
}

bool read_folded(struct options *options, const char *value)
{
    (void)value;
    return options->session.model.folded = true;
}

bool read_adapter(struct options *options, const char *value)
{
    options->session.adapter = value;
    return *value != '\0';
}

bool read_compare(struct options *options, const char *value)
{
    options->compare = value;
    return *value != '\0';
}

bool read_compare_adapter(struct options *options, const char *value)
{
    options->compare_adapter = value;
    return *value != '\0';
}

bool read_no_cache(struct options *options, const char *value)
{
    (void)value;
    return options->session.no_cache = true;
}

bool read_threads(struct options *options, const char *value)
{
    uint32_t threads;
    if (!text_to_u32(value, &threads) || threads == 0 || threads > 1024)
        return false;
    options->session.threads = threads;
    return true;
}

bool read_pairing(struct options *options, const char *value)
{
    struct model_options *model = &options->session.model;
    model->has_pairing = true;
    model->pairing = strcmp(value, pairing_name(PAIRING_INTERLEAVED)) == 0 ? PAIRING_INTERLEAVED
                                                                           : PAIRING_HALF_SPLIT;
    return strcmp(value, pairing_name(model->pairing)) == 0;
}

static bool read_positive(const char *value, uint32_t *out)
{
    return text_to_u32(value, out) && *out > 0;
}

bool read_head_dim(struct options *options, const char *value)
{
    return read_positive(value, &options->session.model.head_dim);
}

bool read_heads(struct options *options, const char *value)
{
    return read_positive(value, &options->session.model.heads);
}

bool read_kv_heads(struct options *options, const char *value)
{
    return read_positive(value, &options->session.model.kv_heads);
}

bool read_rope_theta(struct options *options, const char *value)
{
    double *theta = &options->session.model.rope_theta;
    return text_to_double(value, theta) && *theta > 0;
}

bool read_context(struct options *options, const char *value)
{
    uint64_t *context = &options->session.model.context;
    return text_to_u64(value, context) && *context > 0 && *context < (uint64_t)1 << 53;
}
