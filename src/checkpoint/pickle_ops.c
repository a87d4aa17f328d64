/* pickle_ops.c: the opcodes of protocol 2 that torch.save writes: those that torch's own reader of
 * weights alone takes (torch/_weights_only_unpickler.py), without sets. */
#include "load.h"
#include "pickle_machine.h"

/* ---- opcodes: scalars ---------------------------------------------------- */

static enum status push_whole(struct machine *m, int64_t whole)
{
    return machine_push(m, (struct pickle_value){.kind = PICKLE_WHOLE, .whole = whole});
}

static enum status op_none(struct machine *m)
{
    return machine_push(m, (struct pickle_value){.kind = PICKLE_NONE});
}

static enum status op_true(struct machine *m)
{
    return machine_push(m, (struct pickle_value){.kind = PICKLE_BOOL, .whole = 1});
}

static enum status op_false(struct machine *m)
{
    return machine_push(m, (struct pickle_value){.kind = PICKLE_BOOL, .whole = 0});
}

static enum status op_int(struct machine *m)
{
    const unsigned char *from = machine_take(m, 4);
    return from ? push_whole(m, (int32_t)load32(from)) : machine_failure(m);
}

static enum status op_int1(struct machine *m)
{
    const unsigned char *from = machine_take(m, 1);
    return from ? push_whole(m, from[0]) : machine_failure(m);
}

static enum status op_int2(struct machine *m)
{
    const unsigned char *from = machine_take(m, 2);
    return from ? push_whole(m, load16(from)) : machine_failure(m);
}

/* Two's complement of as many bytes as the first says. */
static enum status op_long1(struct machine *m)
{
    const unsigned char *size = machine_take(m, 1);
    const unsigned char *from = size ? machine_take(m, *size) : NULL;
    if (!from)
        return machine_failure(m);
    if (*size > 8) /* a seed, say: no size or offset is so large */
        return machine_push(m, (struct pickle_value){.kind = PICKLE_OTHER});
    uint64_t bits = *size > 0 && from[*size - 1] & 0x80 ? UINT64_MAX : 0;
    for (size_t i = *size; i-- > 0;)
        bits = bits << 8 | from[i];
    return push_whole(m, (int64_t)bits);
}

static enum status op_float(struct machine *m)
{
    const unsigned char *from = machine_take(m, 8);
    uint64_t bits = 0;
    if (!from)
        return machine_failure(m);
    for (size_t i = 0; i < 8; i++) /* big-endian, unlike all else */
        bits = bits << 8 | from[i];
    return machine_push(m,
                        (struct pickle_value){.kind = PICKLE_REAL, .real = double_of_bits(bits)});
}

static enum status push_text(struct machine *m, uint64_t len)
{
    const unsigned char *from = machine_take(m, len);
    if (!from)
        return machine_failure(m);
    if (memchr(from, '\0', (size_t)len) || !text_is_utf8((const char *)from, (size_t)len))
        return machine_push(m, (struct pickle_value){.kind = PICKLE_OTHER});
    char *text = pickle_alloc(m->pickle, (size_t)len + 1);
    if (!text)
        return machine_failure(m);
    memcpy(text, from, (size_t)len);
    text[len] = '\0';
    return machine_push(m, (struct pickle_value){.kind = PICKLE_TEXT, .text = text});
}

static enum status op_text(struct machine *m)
{
    const unsigned char *size = machine_take(m, 4);
    return size ? push_text(m, load32(size)) : machine_failure(m);
}

static enum status op_short_text(struct machine *m)
{
    const unsigned char *size = machine_take(m, 1);
    return size ? push_text(m, *size) : machine_failure(m);
}

/* ---- opcodes: lists, tuples, dicts --------------------------------------- */

/* A new one of that kind with these values in it. */
static enum status push_items(struct machine *m, enum pickle_kind kind,
                              const struct pickle_value *values, size_t count)
{
    struct pickle_items *items = pickle_items_new(m->pickle);
    if (!items)
        return machine_failure(m);
    enum status status = pickle_items_add(m->pickle, items, values, count);
    return status == STATUS_OK
               ? machine_push(m, (struct pickle_value){.kind = kind, .items = items})
               : status;
}

static enum status op_empty_dict(struct machine *m)
{
    return push_items(m, PICKLE_DICT, NULL, 0);
}

static enum status op_empty_list(struct machine *m)
{
    return push_items(m, PICKLE_LIST, NULL, 0);
}

static enum status op_empty_tuple(struct machine *m)
{
    return push_items(m, PICKLE_TUPLE, NULL, 0);
}

static enum status op_mark(struct machine *m)
{
    if (m->mark_count == PICKLE_MARKS_MAX)
        return machine_refuse(m, "its marks nest too deep");
    m->marks[m->mark_count++] = m->depth;
    return STATUS_OK;
}

static enum status op_tuple(struct machine *m)
{
    size_t count;
    const struct pickle_value *values = machine_pop_marked(m, &count);
    return values ? push_items(m, PICKLE_TUPLE, values, count) : machine_failure(m);
}

/* A tuple of the last `count` values. */
static enum status tuple_of(struct machine *m, size_t count)
{
    const struct pickle_value *values = machine_pop(m, count);
    return values ? push_items(m, PICKLE_TUPLE, values, count) : machine_failure(m);
}

static enum status op_tuple1(struct machine *m)
{
    return tuple_of(m, 1);
}

static enum status op_tuple2(struct machine *m)
{
    return tuple_of(m, 2);
}

static enum status op_tuple3(struct machine *m)
{
    return tuple_of(m, 3);
}

/* Adds values to the list or dict that lies below them. */
static enum status fill(struct machine *m, enum pickle_kind kind, const struct pickle_value *values,
                        size_t count)
{
    const struct pickle_value *target = machine_top(m);
    if (!target)
        return machine_failure(m);
    if (target->kind != kind)
        return machine_refuse(m, "it fills what is no list or dict");
    if (kind == PICKLE_DICT && count % 2 != 0)
        return machine_refuse(m, "a dict gets a key without a value");
    return pickle_items_add(m->pickle, target->items, values, count);
}

static enum status fill_marked(struct machine *m, enum pickle_kind kind)
{
    size_t count;
    const struct pickle_value *values = machine_pop_marked(m, &count);
    return values ? fill(m, kind, values, count) : machine_failure(m);
}

static enum status op_appends(struct machine *m)
{
    return fill_marked(m, PICKLE_LIST);
}

static enum status op_setitems(struct machine *m)
{
    return fill_marked(m, PICKLE_DICT);
}

static enum status fill_last(struct machine *m, enum pickle_kind kind, size_t count)
{
    const struct pickle_value *values = machine_pop(m, count);
    return values ? fill(m, kind, values, count) : machine_failure(m);
}

static enum status op_append(struct machine *m)
{
    return fill_last(m, PICKLE_LIST, 1);
}

static enum status op_setitem(struct machine *m)
{
    return fill_last(m, PICKLE_DICT, 2);
}

/* ---- opcodes: objects ---------------------------------------------------- */

static enum status op_global(struct machine *m)
{
    const char *module = machine_line(m);
    const char *name = module ? machine_line(m) : NULL;
    if (!name)
        return machine_failure(m);
    const struct pickle_global *global = pickle_global_find(module, name);
    if (!global)
        return pickle_refuse(m->pickle, "it asks for %s.%s, which no state dict needs", module,
                             name);
    return machine_push(m, (struct pickle_value){.kind = PICKLE_GLOBAL, .global = global});
}

/* A global called with a tuple of arguments. */
static enum status op_reduce(struct machine *m)
{
    const struct pickle_value *call = machine_pop(m, 2);
    struct pickle_value made;
    if (!call)
        return machine_failure(m);
    if (call[0].kind != PICKLE_GLOBAL || call[1].kind != PICKLE_TUPLE)
        return machine_refuse(m, "it calls something that is no global");
    enum status status = pickle_call(m->pickle, call[0].global, call[1].items, &made);
    return status == STATUS_OK ? machine_push(m, made) : status;
}

/* The state of an object: the metadata of a state dict, which says nothing about weights. */
static enum status op_build(struct machine *m)
{
    const struct pickle_value *object = machine_pop(m, 2);
    if (!object)
        return machine_failure(m);
    if (object->kind != PICKLE_DICT && object->kind != PICKLE_OTHER)
        return machine_refuse(m, "it gives a state to what has none");
    m->depth++;
    return STATUS_OK;
}

static enum status op_persistent(struct machine *m)
{
    const struct pickle_value *id = machine_pop(m, 1);
    struct pickle_value made;
    if (!id)
        return machine_failure(m);
    enum status status = pickle_persistent(m->pickle, id, &made);
    return status == STATUS_OK ? machine_push(m, made) : status;
}

/* ---- opcodes: the memo and the ends -------------------------------------- */

static enum status op_put(struct machine *m)
{
    const unsigned char *index = machine_take(m, 1);
    return index ? machine_remember(m, *index) : machine_failure(m);
}

static enum status op_long_put(struct machine *m)
{
    const unsigned char *index = machine_take(m, 4);
    return index ? machine_remember(m, load32(index)) : machine_failure(m);
}

static enum status op_get(struct machine *m)
{
    const unsigned char *index = machine_take(m, 1);
    return index ? machine_recall(m, *index) : machine_failure(m);
}

static enum status op_long_get(struct machine *m)
{
    const unsigned char *index = machine_take(m, 4);
    return index ? machine_recall(m, load32(index)) : machine_failure(m);
}

static enum status op_protocol(struct machine *m)
{
    const unsigned char *number = machine_take(m, 1);
    if (!number)
        return machine_failure(m);
    return *number == 2 ? STATUS_OK : machine_refuse(m, "it is not of protocol 2");
}

static enum status op_stop(struct machine *m)
{
    m->stopped = true;
    return STATUS_OK;
}

pickle_opcode *pickle_opcode_find(unsigned char byte)
{
    static pickle_opcode *const opcodes[256] = {
        [0x80] = op_protocol,  ['.'] = op_stop,       ['N'] = op_none,        [0x88] = op_true,
        [0x89] = op_false,     ['J'] = op_int,        ['K'] = op_int1,        ['M'] = op_int2,
        [0x8a] = op_long1,     ['G'] = op_float,      ['X'] = op_text,        ['U'] = op_short_text,
        ['}'] = op_empty_dict, [']'] = op_empty_list, [')'] = op_empty_tuple, ['('] = op_mark,
        ['t'] = op_tuple,      [0x85] = op_tuple1,    [0x86] = op_tuple2,     [0x87] = op_tuple3,
        ['a'] = op_append,     ['e'] = op_appends,    ['s'] = op_setitem,     ['u'] = op_setitems,
        ['c'] = op_global,     ['R'] = op_reduce,     [0x81] = op_reduce,     ['b'] = op_build,
        ['Q'] = op_persistent, ['q'] = op_put,        ['r'] = op_long_put,    ['h'] = op_get,
        ['j'] = op_long_get,
    };
    return opcodes[byte];
}
