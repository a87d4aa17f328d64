/* match.c: whether two models have the same rotary pairs. */
#include "ropescope/change.h"

static enum status differ(struct error *err, const struct layer *layer, const char *projection,
                          const char *what, uint64_t base, uint64_t tuned)
{
    error_set(err, STATUS_FAILED,
              "layer %u%s%s: the base has %llu %s and the tuned model %llu: these cannot be "
              "compared",
              layer->number, *projection ? ", " : "", projection, (unsigned long long)base, what,
              (unsigned long long)tuned);
    return error_help(err, "name a fine-tune of this very base");
}

static enum status match_projection(const struct layer *base, const struct layer *tuned, int which,
                                    struct error *err)
{
    const struct projection *a = &base->projection[which], *b = &tuned->projection[which];
    if (a->heads != b->heads)
        return differ(err, base, projection_name(which), "heads", a->heads, b->heads);
    if (a->row_length != b->row_length)
        return differ(err, base, projection_name(which), "numbers a row", a->row_length,
                      b->row_length);
    return STATUS_OK;
}

enum status models_match(const struct model *base, const struct model *tuned, struct error *err)
{
    if (base->layer_count != tuned->layer_count) {
        error_set(err, STATUS_FAILED,
                  "the base has %zu layers and the tuned model %zu: these cannot be compared",
                  base->layer_count, tuned->layer_count);
        return error_help(err, "name a fine-tune of this very base");
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < base->layer_count && status == STATUS_OK; i++) {
        const struct layer *a = &base->layers[i], *b = &tuned->layers[i];
        if (a->number != b->number)
            return differ(err, a, "", "as its number", a->number, b->number);
        if (a->pairs != b->pairs)
            return differ(err, a, "", "pairs a head", a->pairs, b->pairs);
        for (int which = 0; which < PROJECTION_COUNT && a->pairs > 0 && status == STATUS_OK;
             which++)
            status = match_projection(a, b, which, err);
    }
    return status;
}
