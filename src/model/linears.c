/* linears.c: the linear modules of a model's layers, by the names and shapes of its tensors: what a
 * fine-tune trains, beside queries and keys. */
#include "builder.h"
#include "tensors.h"

#include <stdlib.h>
#include <string.h>

/* ---- names --------------------------------------------------------------- */

/* What llama.cpp and Meta call the modules of Llama's class in transformers. */
static const struct {
    const char *name, *module;
} others[] = {
    {"attn_q", "q_proj"},       {"attn_k", "k_proj"},
    {"attn_v", "v_proj"},       {"attn_output", "o_proj"},
    {"attn_q_a", "q_a_proj"},   {"attn_q_b", "q_b_proj"},
    {"attn_kv_b", "kv_b_proj"}, {"attn_kv_a_mqa", "kv_a_proj_with_mqa"},
    {"attn_qkv", "qkv_proj"},   {"ffn_gate", "gate_proj"},
    {"ffn_up", "up_proj"},      {"ffn_down", "down_proj"},
    {"wq", "q_proj"},           {"wk", "k_proj"},
    {"wv", "v_proj"},           {"wo", "o_proj"},
    {"w1", "gate_proj"},        {"w2", "down_proj"},
    {"w3", "up_proj"},
};

bool module_of_tensor(const char *tensor, char out[MODULE_BYTES])
{
    static const char *const endings[] = {".weight", ".base_layer"}; /* of what PEFT has wrapped */
    size_t end = strlen(tensor);
    if (!text_ends_with(tensor, endings[0]))
        return false;
    end -= strlen(endings[0]);
    size_t inner = strlen(endings[1]);
    if (end > inner && strncmp(tensor + end - inner, endings[1], inner) == 0)
        end -= inner;
    size_t start = end;
    while (start > 0 && tensor[start - 1] != '.')
        start--;
    if (start == end || !text_format(out, MODULE_BYTES, "%.*s", (int)(end - start), tensor + start))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(out, others[i].name) == 0)
            return text_format(out, MODULE_BYTES, "%s", others[i].module);
    return true;
}

/* Bytes of the name of a query tensor up to the number of its layer. */
static size_t prefix_length(const char *query)
{
    for (const char *at = query; *at; at++)
        if ((at == query || at[-1] == '.') && *at >= '0' && *at <= '9')
            return (size_t)(at - query);
    return 0;
}

/* ---- one list ------------------------------------------------------------ */

struct collector {
    struct builder *builder;
    const char *query; /* name of the first layer's query tensor */
    size_t prefix;
    struct linear *list; /* (count) */
    size_t count, room;
    const char **names; /* (name_count) each once, in the model's arena */
    size_t name_count, name_room;
    bool lacks; /* memory */
};

/* The name as the model keeps it. */
static const char *kept_name(struct collector *c, const char *name)
{
    for (size_t i = c->name_count; i-- > 0;)
        if (strcmp(c->names[i], name) == 0)
            return c->names[i];
    if (c->name_count == c->name_room) {
        const char **grown = memory_grow(c->names, 2 * c->name_room + 16, sizeof *grown);
        if (!grown)
            return NULL;
        c->names = grown;
        c->name_room = 2 * c->name_room + 16;
    }
    const char *kept = arena_text(&c->builder->model->arena, name, strlen(name));
    if (kept)
        c->names[c->name_count++] = kept;
    return kept;
}

static bool append(struct collector *c, const struct linear *linear)
{
    if (c->count == c->room) {
        struct linear *grown = memory_grow(c->list, 2 * c->room + 64, sizeof *grown);
        if (!grown)
            return false;
        c->list = grown;
        c->room = 2 * c->room + 64;
    }
    c->list[c->count++] = *linear;
    return linear->name != NULL;
}

/* The number of the layer that a tensor belongs to; false: to none that counts. */
static bool layer_of(const struct collector *c, const char *name, uint32_t *layer)
{
    char digits[TEXT_NUMBER];
    if (strncmp(name, c->query, c->prefix) != 0)
        return false;
    size_t length = strspn(name + c->prefix, "0123456789");
    return length > 0 && name[c->prefix + length] == '.' &&
           text_format(digits, sizeof digits, "%.*s", (int)length, name + c->prefix) &&
           text_to_u32(digits, layer) && model_layer(c->builder->model, *layer);
}

static void collect(struct collector *c, const struct tensor *tensor)
{
    char name[MODULE_BYTES];
    struct linear linear = {.rows = tensor->shape[0], .columns = tensor->shape[1], .count = 1};
    if (tensor->rank == 2 && layer_of(c, tensor->name, &linear.layer) &&
        !strstr(tensor->name, ".lora_") && module_of_tensor(tensor->name, name)) {
        linear.name = kept_name(c, name);
        c->lacks = c->lacks || !append(c, &linear);
    }
}

static int compare(const void *left, const void *right)
{
    const struct linear *a = left, *b = right;
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    int order = a->name == b->name ? 0 : strcmp(a->name, b->name);
    if (order == 0)
        order = (a->rows > b->rows) - (a->rows < b->rows);
    return order != 0 ? order : (a->columns > b->columns) - (a->columns < b->columns);
}

/* Those that are alike become one that counts them; the list goes to the model. */
static bool merge(struct collector *c)
{
    struct model *model = c->builder->model;
    size_t kept = 0;
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, compare);
    for (size_t i = 0; i < c->count; i++) {
        if (kept > 0 && compare(&c->list[kept - 1], &c->list[i]) == 0)
            c->list[kept - 1].count++;
        else
            c->list[kept++] = c->list[i];
    }
    model->linears = arena_alloc(&model->arena, kept * sizeof *model->linears);
    if (!model->linears)
        return false;
    if (kept > 0)
        memcpy(model->linears, c->list, kept * sizeof *model->linears);
    model->linear_count = kept;
    return true;
}

/* ---- numbers of all tensors ---------------------------------------------- */

/* 0: they are codes, not numbers that could be trained. */
static uint64_t numbers_of(const struct tensor *tensor)
{
    uint64_t numbers = 0;
    if (tensor->codec)
        return size_multiply(tensor->shape[0], tensor->shape[1], &numbers) && tensor->codec->exact
                   ? numbers
                   : 0;
    if (!dtype_is_plain((enum dtype)tensor->dtype))
        return 0;
    return tensor->bytes / (dtype_bits((enum dtype)tensor->dtype) / 8);
}

/* Tensors of another type are buffers (the causal mask of older files) or make the sum unknown. */
static uint64_t count_parameters(const struct checkpoint *checkpoint)
{
    uint64_t total = 0;
    for (size_t i = 0; i < checkpoint_tensor_count(checkpoint); i++) {
        const struct tensor *tensor = checkpoint_tensor(checkpoint, i);
        uint64_t numbers = numbers_of(tensor);
        bool buffer = text_ends_with(tensor->name, "inv_freq") || tensor->dtype == DTYPE_BOOL ||
                      tensor->bytes == 0;
        if (numbers == 0 && !buffer)
            return 0;
        if (!buffer && !size_add(total, numbers, &total))
            return 0;
    }
    return total;
}

bool linears_resolve(struct builder *b)
{
    const struct projection *query = &b->model->layers[b->first].projection[PROJECTION_QUERY];
    struct collector c = {.builder = b, .query = query->tensor};
    c.prefix = prefix_length(c.query);
    for (size_t i = 0; i < checkpoint_tensor_count(b->checkpoint) && !c.lacks; i++)
        collect(&c, checkpoint_tensor(b->checkpoint, i));
    bool done = !c.lacks && merge(&c);
    b->model->parameters = count_parameters(b->checkpoint);
    memory_free(c.list);
    memory_free(c.names);
    return done;
}
