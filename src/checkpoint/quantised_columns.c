/* quantised_columns.c: GPTQ and AWQ, which store a weight by its columns: qweight, qzeros, scales
 * and, for GPTQ, the group of each column (g_idx). */
#include "quantised.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <string.h>

/* What stands beside a qweight. */
struct columns {
    const struct tensor *weight, *zeros, *scales, *index; /* index NULL: groups in turn */
    uint64_t rows, width, groups;
    unsigned bits;
};

static bool is_words(const struct tensor *tensor)
{
    return tensor->rank == 2 && (tensor->dtype == DTYPE_I32 || tensor->dtype == DTYPE_U32);
}

static enum status find_siblings(const struct quantised *weight, struct columns *c,
                                 struct error *err)
{
    enum status status = quantised_sibling(weight, ".qzeros", &c->zeros, err);
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".scales", &c->scales, err);
    if (status == STATUS_OK)
        status = quantised_sibling(weight, ".g_idx", &c->index, err);
    c->weight = weight->tensor;
    return status;
}

/* Each is (groups, out) or its packed form. */
static bool have_shapes(const struct columns *c)
{
    return c->zeros && c->scales && is_words(c->weight) && is_words(c->zeros) &&
           c->scales->rank == 2 && dtype_is_plain(c->scales->dtype) &&
           c->scales->shape[0] == c->zeros->shape[0] && c->scales->shape[0] > 0 &&
           c->scales->shape[1] > 0 && c->zeros->shape[1] > 0 && c->weight->shape[0] > 0;
}

/* Some weights may have bits of their own, by names that are patterns. */
static bool may_have_bits(const struct quantised *weight, unsigned bits)
{
    return json_get(weight->config, "dynamic") || json_get(weight->config, "extra_config") ||
           quantised_whole(weight, "bits", bits) == bits;
}

/* Bits and sizes: the shapes say them all. */
static bool gptq_sizes(struct columns *c)
{
    uint64_t words = c->zeros->shape[1];
    c->rows = c->scales->shape[1];
    c->groups = c->scales->shape[0];
    c->bits = words <= c->rows && 32 * words % c->rows == 0 ? (unsigned)(32 * words / c->rows) : 0;
    if (c->weight->shape[1] != c->rows ||
        (c->bits != 2 && c->bits != 3 && c->bits != 4 && c->bits != 8))
        return false;
    c->width = 32 * c->weight->shape[0] / c->bits;
    return 32 * c->weight->shape[0] % c->bits == 0;
}

static bool awq_sizes(struct columns *c)
{
    c->rows = c->scales->shape[1];
    c->groups = c->scales->shape[0];
    c->width = c->weight->shape[0];
    c->bits = 4;
    return c->rows % 8 == 0 && c->weight->shape[1] == c->rows / 8 &&
           c->zeros->shape[1] == c->rows / 8;
}

/* Columns of a group; 0: nobody can say. */
static uint64_t group_width(const struct quantised *weight, const struct columns *c)
{
    uint64_t said = quantised_whole(weight, "group_size", 0);
    if (c->groups == 1)
        return c->width;
    if (c->width % c->groups == 0)
        return c->width / c->groups;
    return said > 0 && c->width / said + 1 == c->groups ? said : 0;
}

static struct scaled lay_out(const struct columns *c, uint64_t each)
{
    return (struct scaled){
        .packed = {.bits = c->bits},
        .scale = {.tensor = c->scales,
                  .dtype = (enum dtype)c->scales->dtype,
                  .row_step = 1,
                  .group_step = c->rows,
                  .rows_each = 1},
        .zero = {.tensor = c->zeros,
                 .packed = {.bits = c->bits, .along = 1, .across = c->zeros->shape[1]}},
        .unit = 1,
        .group_width = each,
        .groups = c->groups,
    };
}

static enum status shapes_differ(struct quantised *weight, const char *method, struct error *err)
{
    return quantised_refuse(
        weight, err, "%s whose qweight, qzeros and scales are of no shapes that fit", method);
}

/* ---- GPTQ ---------------------------------------------------------------- */

/* Zeros are stored as one less than they are, except in its second version. *sure: whether anybody
 * says which. */
static float zero_offset(const struct quantised *weight, const char **unsure)
{
    const char *format = cJSON_GetStringValue(json_get(weight->config, "checkpoint_format"));
    const char *packing = cJSON_GetStringValue(json_get(weight->config, "packing_format"));
    *unsure = NULL;
    if (strcmp(weight->method, "auto-round") == 0 ||
        strcmp(weight->method, "intel/auto-round") == 0)
        format = packing && text_ends_with(packing, "auto_gptq") ? "gptq" : "auto-round's own";
    if (!format || strcmp(format, "gptq") == 0)
        return 1;
    if (strcmp(format, "gptq_v2") != 0)
        *unsure = format;
    return 0;
}

static enum status read_gptq(struct quantised *weight, struct columns *c, struct error *err)
{
    const char *trouble = NULL, *unsure;
    float offset = zero_offset(weight, &unsure);
    uint64_t each = group_width(weight, c);
    if (unsure)
        return quantised_refuse(weight, err, "GPTQ in the format %.40s", unsure);
    if (each == 0 && !c->index)
        return quantised_refuse(weight, err, "GPTQ of %" PRIu64 " columns in %" PRIu64 " groups",
                                c->width, c->groups);
    struct scaled scaled = lay_out(c, each ? each : c->width);
    scaled.codes = CODES_OF_ROWS;
    scaled.packed.along = c->rows;
    scaled.packed.across = 1;
    scaled.zero_offset = offset;
    enum status status = STATUS_OK;
    if (c->index)
        status = quantised_groups(weight, &scaled, c->index, c->width, &trouble, err);
    if (status != STATUS_OK)
        return status;
    if (trouble)
        return quantised_refuse(weight, err, "GPTQ with %s", trouble);
    char name[64];
    text_format(name, sizeof name, "GPTQ %u-bit", c->bits);
    return quantised_scaled(weight, c->rows, c->width, &scaled, err, name);
}

/* ---- AWQ ----------------------------------------------------------------- */

static enum status read_awq(struct quantised *weight, struct columns *c, struct error *err)
{
    /* Place of each of 8 rows in its word, as the kernel of GEMM wants them. */
    static const uint8_t order[8] = {0, 4, 1, 5, 2, 6, 3, 7};
    const char *version = cJSON_GetStringValue(json_get(weight->config, "version"));
    if (version && strcmp(version, "gemm") != 0 && strcmp(version, "GEMM") != 0)
        return quantised_refuse(weight, err, "AWQ in the layout %.40s", version);
    uint64_t each = group_width(weight, c);
    if (each == 0)
        return quantised_refuse(weight, err, "AWQ of %" PRIu64 " columns in %" PRIu64 " groups",
                                c->width, c->groups);
    struct scaled scaled = lay_out(c, each);
    scaled.codes = CODES_OF_COLUMNS;
    scaled.packed.along = 1;
    scaled.packed.across = c->rows / 8;
    scaled.packed.order = scaled.zero.packed.order = order;
    return quantised_scaled(weight, c->rows, c->width, &scaled, err, "AWQ 4-bit");
}

enum status quantised_qweight(struct quantised *weight, struct error *err)
{
    struct columns c = {0};
    bool awq = strcmp(weight->method, "awq") == 0;
    enum status status = find_siblings(weight, &c, err);
    if (status != STATUS_OK)
        return status;
    if (!have_shapes(&c))
        return shapes_differ(weight, awq ? "AWQ" : "GPTQ", err);
    if (!awq && gptq_sizes(&c) && may_have_bits(weight, c.bits))
        return read_gptq(weight, &c, err);
    /* Without a config the shapes tell the two apart: AWQ packs what GPTQ does not. */
    if (!c.index && strcmp(weight->method, "gptq") != 0 && awq_sizes(&c))
        return read_awq(weight, &c, err);
    return shapes_differ(weight, awq ? "AWQ" : "GPTQ", err);
}
