/* quantisation.c: which types the rows of queries and keys are stored as, and how far that moves
 * their cosines. */
#include "builder.h"

#include <string.h>

/* Largest |cos - cos of F32| over the 384 pairs of a synthetic Llama whose rows ggml (d99724f2)
 * quantised: rows of 256 numbers, cosines from -0.95 to 0.95. Rows of other models move more or
 * less; the order of the types stays. Q5_K and IQ4_XS were quantised by ggml's reference code in
 * numpy (tests/fixtures/gguf/make_accuracy.py), which gives ggml's own bits of Q4_K and IQ4_NL.
 * test_gguf_model measures it again. */
static const struct {
    enum dtype dtype;
    double moved;
} accuracy[] = {
    {DTYPE_Q8_0, 0.0015},   {DTYPE_Q6_K, 0.0040},  {DTYPE_Q5_K, 0.0085},  {DTYPE_IQ4_XS, 0.0200},
    {DTYPE_Q5_1, 0.0097},   {DTYPE_Q5_0, 0.0144},  {DTYPE_Q4_K, 0.0160},  {DTYPE_Q4_1, 0.0213},
    {DTYPE_IQ4_NL, 0.0254}, {DTYPE_Q4_0, 0.0278},  {DTYPE_MXFP4, 0.0346}, {DTYPE_Q3_K, 0.0394},
    {DTYPE_Q2_K, 0.1128},   {DTYPE_TQ1_0, 0.5249}, {DTYPE_TQ2_0, 0.5249},
};

double quantisation_moves(enum dtype dtype)
{
    for (size_t i = 0; i < sizeof accuracy / sizeof *accuracy; i++) {
        if (accuracy[i].dtype == dtype)
            return accuracy[i].moved;
    }
    return 0;
}

static const char *type_name(const struct tensor *tensor)
{
    bool method = tensor->codec && !tensor_is_exact(tensor);
    return method ? tensor->codec->name : dtype_name(tensor->dtype);
}

/* Whether a list "Q4_K, Q6_K" has that name. */
static bool lists(const char *names, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = names; (at = strstr(at, name)); at += len) {
        bool begins = at == names || at[-1] == ' ', ends = at[len] == '\0' || at[len] == ',';
        if (begins && ends)
            return true;
    }
    return false;
}

/* The names of all types of one projection, in the order of their layers. */
static void name_types(const struct builder *b, int which, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < b->layer_count && used < size; i++) {
        if (b->kinds[i].absent)
            continue;
        const char *name = type_name(checkpoint_tensor(b->checkpoint, b->tensors[i].weight[which]));
        if (lists(out, name))
            continue;
        text_format(out + used, size - used, "%s%s", used ? ", " : "", name);
        used += strlen(out + used);
    }
}

/* The type that moves cosines most among those of all layers; -1: none is quantised; *known: all of
 * them have been measured. */
static int worst_type(const struct builder *b, bool *known)
{
    int worst = -1;
    *known = true;
    for (size_t i = 0; i < b->layer_count; i++) {
        for (int which = 0; which < PROJECTION_COUNT && !b->kinds[i].absent; which++) {
            const struct tensor *tensor =
                checkpoint_tensor(b->checkpoint, b->tensors[i].weight[which]);
            if (tensor_is_exact(tensor))
                continue;
            double moved = tensor->codec ? 0 : quantisation_moves(tensor->dtype);
            *known = *known && moved > 0;
            if (worst < 0 || moved > quantisation_moves((enum dtype)worst))
                worst = tensor->dtype;
        }
    }
    return worst;
}

bool quantisation_fact(struct builder *b)
{
    char query[128], key[128], moved[TEXT_NUMBER];
    bool known;
    int worst = worst_type(b, &known);
    if (worst < 0)
        return true;
    name_types(b, PROJECTION_QUERY, query, sizeof query);
    name_types(b, PROJECTION_KEY, key, sizeof key);
    const char *reason =
        known ? builder_text(b, "moves cosines by up to %s against F32, measured on sample rows",
                             text_double(moved, quantisation_moves((enum dtype)worst)))
              : "cosines are those of the rounded rows";
    if (!reason)
        return false;
    return strcmp(query, key) == 0
               ? builder_fact(b, "quantisation", FACT_FORMAT, reason, "%s", query)
               : builder_fact(b, "quantisation", FACT_FORMAT, reason, "query %s; key %s", query,
                              key);
}
