/* layout.c: where rows of queries and keys lie, for every layout of the table of families. */
#include "builder.h"

/* A tensor that holds queries, keys and values is cut into blocks of the same make. */
static uint32_t block_count(const struct family *family, const struct shape *shape)
{
    if (family->layout == LAYOUT_BY_KEY)
        return shape->key_heads;
    return family->layout == LAYOUT_QUARTERS ? 4 : 1;
}

static struct row_map plain_map(uint64_t base, uint64_t stride)
{
    return (struct row_map){.base = base, .group = 1, .group_stride = stride};
}

/* In a block: query heads, then key heads and value heads, or these two the other way round. */
static struct row_map block_map(const struct family *family, const struct shape *shape, int which)
{
    const uint32_t blocks = block_count(family, shape);
    const uint32_t queries = shape->query_heads / blocks, keys = shape->key_heads / blocks;
    const uint64_t dim = shape->head_dim;
    uint32_t before = which == PROJECTION_QUERY ? 0 : queries;
    if (which == PROJECTION_KEY && family->layout == LAYOUT_QUARTERS)
        before += keys; /* values */
    return (struct row_map){
        .base = before * dim,
        .group = which == PROJECTION_QUERY ? queries : keys,
        .group_stride = (queries + 2 * (uint64_t)keys) * dim,
        .head_stride = dim,
    };
}

uint64_t layout_rows(const struct family *family, const struct shape *shape, int which)
{
    const uint64_t dim = shape->head_dim, queries = shape->query_heads, keys = shape->key_heads;
    const bool query = which == PROJECTION_QUERY;
    switch (family->layout) {
    case LAYOUT_APART:
        break;
    case LAYOUT_JOINED:
    case LAYOUT_BY_KEY:
    case LAYOUT_QUARTERS:
        return (queries + 2 * keys) * dim;
    case LAYOUT_GATED:
        return query ? 2 * queries * dim : keys * dim;
    case LAYOUT_LATENT:
        return query ? queries * dim : (uint64_t)shape->latent + shape->rotary_dim;
    }
    return (query ? queries : keys) * dim;
}

struct row_map layout_map(const struct family *family, const struct shape *shape, int which)
{
    const bool query = which == PROJECTION_QUERY;
    switch (family->layout) {
    case LAYOUT_APART:
        break;
    case LAYOUT_JOINED:
    case LAYOUT_BY_KEY:
    case LAYOUT_QUARTERS:
        return block_map(family, shape, which);
    case LAYOUT_GATED:
        return plain_map(0, (query ? 2 : 1) * (uint64_t)shape->head_dim);
    case LAYOUT_LATENT:
        return query ? plain_map(shape->offset, shape->head_dim)
                     : plain_map(shape->latent, shape->rotary_dim);
    }
    return plain_map(0, shape->head_dim);
}
