/* pickle.c: a stack machine that reads a pickle. Its stack, its marks and its memory are bounded,
 * and it makes plain values of the few opcodes in pickle_ops.c and globals in pickle_torch.c. */
#include "pickle_machine.h"

#include <stdarg.h>
#include <string.h>

enum {
    STACK_MAX = 1 << 16,
    STACK_FIRST = 1 << 10,
    BUDGET_BYTES = 1 << 20, /* and as much for each byte of the pickle: */
    BUDGET_FACTOR = 32,
};

/* ---- memory and errors --------------------------------------------------- */

enum status pickle_refuse(struct pickle *pickle, const char *format, ...)
{
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    error_set(pickle->err, STATUS_FAILED, "%s: its pickle is refused: %s", pickle->path, words);
    return error_help(pickle->err, "nothing of it was executed; save the state dict alone, or "
                                   "convert it to safetensors");
}

/* Takes `size` bytes off the budget. */
static enum status spend(struct pickle *pickle, size_t size)
{
    if (size > pickle->budget - pickle->spent)
        return pickle_refuse(pickle, "it asks for more memory than a state dict of its size needs");
    pickle->spent += size;
    return STATUS_OK;
}

void *pickle_alloc(struct pickle *pickle, size_t size)
{
    if (spend(pickle, size) != STATUS_OK)
        return NULL;
    void *block = arena_alloc(&pickle->arena, size);
    if (!block)
        error_memory(pickle->err);
    return block;
}

struct pickle_items *pickle_items_new(struct pickle *pickle)
{
    struct pickle_items *items = pickle_alloc(pickle, sizeof *items);
    if (!items)
        return NULL;
    *items = (struct pickle_items){.next = pickle->all};
    pickle->all = items;
    return items;
}

enum status pickle_items_add(struct pickle *pickle, struct pickle_items *items,
                             const struct pickle_value *values, size_t count)
{
    if (count > items->room - items->count) {
        size_t room =
            items->count + count > 2 * items->room ? items->count + count : 2 * items->room;
        enum status status = spend(pickle, (room - items->room) * sizeof *values);
        if (status != STATUS_OK)
            return status;
        struct pickle_value *grown = memory_grow(items->at, room, sizeof *grown);
        if (!grown)
            return error_memory(pickle->err);
        items->at = grown;
        items->room = room;
    }
    if (count > 0)
        memcpy(items->at + items->count, values, count * sizeof *values);
    items->count += count;
    return STATUS_OK;
}

/* ---- what opcodes need --------------------------------------------------- */

enum status machine_failure(const struct machine *m)
{
    return m->pickle->err->status;
}

enum status machine_refuse(struct machine *m, const char *why)
{
    return pickle_refuse(m->pickle, "byte %zu: %s", m->at, why);
}

const unsigned char *machine_take(struct machine *m, uint64_t count)
{
    if (count > m->len - m->at) {
        machine_refuse(m, "it is cut short");
        return NULL;
    }
    const unsigned char *bytes = m->bytes + m->at;
    m->at += (size_t)count;
    return bytes;
}

const char *machine_line(struct machine *m)
{
    const unsigned char *from = m->bytes + m->at;
    const unsigned char *end = m->at < m->len ? memchr(from, '\n', m->len - m->at) : NULL;
    if (!end) {
        machine_refuse(m, "it is cut short");
        return NULL;
    }
    size_t len = (size_t)(end - from);
    char *line = pickle_alloc(m->pickle, len + 1);
    if (!line)
        return NULL;
    memcpy(line, from, len);
    line[len] = '\0';
    m->at += len + 1;
    return line;
}

enum status machine_push(struct machine *m, struct pickle_value value)
{
    if (m->depth == m->room) {
        size_t room = 2 * m->room;
        if (room > STACK_MAX)
            return machine_refuse(m, "its stack grows too deep");
        struct pickle_value *grown = memory_grow(m->stack, room, sizeof *grown);
        if (!grown)
            return error_memory(m->pickle->err);
        m->stack = grown;
        m->room = room;
    }
    m->stack[m->depth++] = value;
    return STATUS_OK;
}

const struct pickle_value *machine_pop(struct machine *m, size_t count)
{
    size_t ground = m->mark_count ? m->marks[m->mark_count - 1] : 0;
    if (m->depth - ground < count) {
        machine_refuse(m, "its stack is empty");
        return NULL;
    }
    m->depth -= count;
    return m->stack + m->depth;
}

const struct pickle_value *machine_pop_marked(struct machine *m, size_t *count)
{
    if (m->mark_count == 0) {
        machine_refuse(m, "it has no mark");
        return NULL;
    }
    size_t from = m->marks[--m->mark_count];
    *count = m->depth - from;
    m->depth = from;
    return m->stack + from;
}

const struct pickle_value *machine_top(struct machine *m)
{
    const struct pickle_value *value = machine_pop(m, 1);
    m->depth += value != NULL;
    return value;
}

/* Numbers of the memo are below the length of the pickle, since each is set by an opcode. */
enum status machine_remember(struct machine *m, uint64_t index)
{
    const struct pickle_value *value = machine_top(m);
    if (!value)
        return machine_failure(m);
    if (index >= m->len)
        return machine_refuse(m, "a number of its memo is too large");
    if (index >= m->memo_count) {
        size_t count =
            (size_t)index + 1 > 2 * m->memo_count ? (size_t)index + 1 : 2 * m->memo_count;
        size_t more = (count - m->memo_count) * sizeof *m->memo;
        enum status status = spend(m->pickle, more);
        if (status != STATUS_OK)
            return status;
        struct pickle_value *grown = memory_grow(m->memo, count, sizeof *grown);
        if (!grown)
            return error_memory(m->pickle->err);
        memset(grown + m->memo_count, 0, more);
        m->memo = grown;
        m->memo_count = count;
    }
    m->memo[index] = *value;
    return STATUS_OK;
}

enum status machine_recall(struct machine *m, uint64_t index)
{
    if (index >= m->memo_count || m->memo[index].kind == PICKLE_ABSENT)
        return machine_refuse(m, "it recalls what it has not remembered");
    return machine_push(m, m->memo[index]);
}

/* ---- running ------------------------------------------------------------- */

static enum status run(struct machine *m)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !m->stopped) {
        const unsigned char *byte = machine_take(m, 1);
        if (!byte)
            return machine_failure(m);
        pickle_opcode *opcode = pickle_opcode_find(*byte);
        if (!opcode)
            return pickle_refuse(m->pickle,
                                 "byte %zu: opcode 0x%02x is none that a state dict needs",
                                 m->at - 1, *byte);
        status = opcode(m);
    }
    if (status != STATUS_OK)
        return status;
    const struct pickle_value *root = machine_pop(m, 1);
    if (!root)
        return machine_failure(m);
    m->pickle->root = *root;
    return STATUS_OK;
}

enum status pickle_read(struct pickle *pickle, const unsigned char *bytes, size_t len,
                        const char *path, struct error *err)
{
    struct error unheard = {0};
    /* Never NULL, which would mean failure: a mark may stand on the bare ground. */
    struct pickle_value *stack = memory_array(STACK_FIRST, sizeof *stack);
    struct machine m = {
        .pickle = pickle, .bytes = bytes, .len = len, .stack = stack, .room = STACK_FIRST};
    uint64_t budget;
    *pickle = (struct pickle){.path = path, .err = err ? err : &unheard};
    bool counts =
        size_multiply(len, BUDGET_FACTOR, &budget) && size_add(budget, BUDGET_BYTES, &budget);
    pickle->budget = counts ? (size_t)budget : 0;
    enum status status = counts && stack ? run(&m) : error_memory(err);
    memory_free(m.stack);
    memory_free(m.memo);
    pickle->err = NULL;
    return status;
}

void pickle_close(struct pickle *pickle)
{
    for (struct pickle_items *items = pickle->all; items; items = items->next)
        memory_free(items->at);
    arena_free(&pickle->arena);
}

const struct pickle_value *pickle_get(const struct pickle_value *dict, const char *key)
{
    for (size_t i = 0; dict->kind == PICKLE_DICT && i + 1 < dict->items->count; i += 2) {
        const struct pickle_value *name = &dict->items->at[i];
        if (name->kind == PICKLE_TEXT && strcmp(name->text, key) == 0)
            return name + 1;
    }
    return NULL;
}
