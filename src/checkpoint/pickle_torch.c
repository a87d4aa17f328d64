/* pickle_torch.c: the globals that a state dict names, and what calling them makes: views of
 * storages. No other global is ever looked at, let alone called. */
#include "pickle.h"

#include <string.h>

struct pickle_global {
    const char *module, *name;
    enum {
        MAKES_DICT,      /* OrderedDict() */
        MAKES_SIZE,      /* Size((2, 3)) */
        MAKES_TENSOR,    /* _rebuild_tensor_v2(storage, first, shape, stride, ...) */
        MAKES_PARAMETER, /* _rebuild_parameter(tensor, ...) */
        MAKES_OTHER,     /* device("cpu"), Namespace(): of no interest */
        IS_STORAGE,
        IS_DTYPE,
    } kind;
    enum dtype dtype;
};

/* clang-format off */
static const struct pickle_global globals[] = {
    {"collections",  "OrderedDict",                   MAKES_DICT,      0},
    {"torch",        "Size",                          MAKES_SIZE,      0},
    {"torch._utils", "_rebuild_tensor",               MAKES_TENSOR,    0},
    {"torch._utils", "_rebuild_tensor_v2",            MAKES_TENSOR,    0},
    {"torch._utils", "_rebuild_tensor_v3",            MAKES_TENSOR,    0},
    {"torch._utils", "_rebuild_parameter",            MAKES_PARAMETER, 0},
    {"torch._utils", "_rebuild_parameter_with_state", MAKES_PARAMETER, 0},
    {"torch",        "device",                        MAKES_OTHER,     0},
    {"argparse",     "Namespace",                     MAKES_OTHER,     0},
    {"torch",        "DoubleStorage",                 IS_STORAGE,      DTYPE_F64},
    {"torch",        "FloatStorage",                  IS_STORAGE,      DTYPE_F32},
    {"torch",        "HalfStorage",                   IS_STORAGE,      DTYPE_F16},
    {"torch",        "BFloat16Storage",               IS_STORAGE,      DTYPE_BF16},
    {"torch",        "LongStorage",                   IS_STORAGE,      DTYPE_I64},
    {"torch",        "IntStorage",                    IS_STORAGE,      DTYPE_I32},
    {"torch",        "ShortStorage",                  IS_STORAGE,      DTYPE_I16},
    {"torch",        "CharStorage",                   IS_STORAGE,      DTYPE_I8},
    {"torch",        "ByteStorage",                   IS_STORAGE,      DTYPE_U8},
    {"torch",        "BoolStorage",                   IS_STORAGE,      DTYPE_BOOL},
    {"torch",        "ComplexFloatStorage",           IS_STORAGE,      DTYPE_C64},
    {"torch",        "UntypedStorage",                IS_STORAGE,      DTYPE_U8},
    {"torch.storage", "UntypedStorage",               IS_STORAGE,      DTYPE_U8},
    {"torch",        "float64",                       IS_DTYPE,        DTYPE_F64},
    {"torch",        "float32",                       IS_DTYPE,        DTYPE_F32},
    {"torch",        "float16",                       IS_DTYPE,        DTYPE_F16},
    {"torch",        "bfloat16",                      IS_DTYPE,        DTYPE_BF16},
    {"torch",        "float8_e4m3fn",                 IS_DTYPE,        DTYPE_F8_E4M3},
    {"torch",        "float8_e5m2",                   IS_DTYPE,        DTYPE_F8_E5M2},
    {"torch",        "float8_e4m3fnuz",               IS_DTYPE,        DTYPE_F8_E4M3FNUZ},
    {"torch",        "float8_e5m2fnuz",               IS_DTYPE,        DTYPE_F8_E5M2FNUZ},
    {"torch",        "float8_e8m0fnu",                IS_DTYPE,        DTYPE_F8_E8M0},
    {"torch",        "complex64",                     IS_DTYPE,        DTYPE_C64},
    {"torch",        "int64",                         IS_DTYPE,        DTYPE_I64},
    {"torch",        "int32",                         IS_DTYPE,        DTYPE_I32},
    {"torch",        "int16",                         IS_DTYPE,        DTYPE_I16},
    {"torch",        "int8",                          IS_DTYPE,        DTYPE_I8},
    {"torch",        "uint64",                        IS_DTYPE,        DTYPE_U64},
    {"torch",        "uint32",                        IS_DTYPE,        DTYPE_U32},
    {"torch",        "uint16",                        IS_DTYPE,        DTYPE_U16},
    {"torch",        "uint8",                         IS_DTYPE,        DTYPE_U8},
    {"torch",        "bool",                          IS_DTYPE,        DTYPE_BOOL},
};
/* clang-format on */

const struct pickle_global *pickle_global_find(const char *module, const char *name)
{
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
        if (strcmp(globals[i].module, module) == 0 && strcmp(globals[i].name, name) == 0)
            return &globals[i];
    }
    return NULL;
}

/* ---- tensors ------------------------------------------------------------- */

/* A whole number from 0 on. */
static bool read_size(const struct pickle_value *value, uint64_t *size)
{
    *size = (uint64_t)value->whole;
    return value->kind == PICKLE_WHOLE && value->whole >= 0;
}

/* Shape and stride into the tensor, with how far it reaches into its storage. Every size and stride
 * is looked at, since one of them alone can lead outside. */
static bool read_view(struct pickle_tensor *tensor, const struct pickle_items *shape,
                      const struct pickle_items *strides)
{
    uint64_t size, stride, reach, dense = 1;
    bool empty = false, good = true;
    tensor->contiguous = true;
    tensor->past = tensor->first;
    for (size_t i = shape->count; i-- > 0 && good;) {
        good = read_size(&shape->at[i], &size) && read_size(&strides->at[i], &stride) &&
               (size == 0 || size_multiply(size - 1, stride, &reach)) &&
               (size == 0 || size_add(tensor->past, reach, &tensor->past));
        if (!good)
            break;
        tensor->contiguous = tensor->contiguous && (size == 1 || stride == dense);
        good = size == 0 || size_multiply(dense, size, &dense);
        empty = empty || size == 0;
        if (i < 2) {
            tensor->shape[i] = size;
            tensor->stride[i] = stride;
        }
    }
    tensor->contiguous = tensor->contiguous || empty;
    good = good && (empty || size_add(tensor->past, 1, &tensor->past));
    tensor->past = empty ? 0 : tensor->past;
    return good;
}

static enum status make_tensor(struct pickle *pickle, const struct pickle_items *arguments,
                               struct pickle_value *out)
{
    enum { STORAGE, FIRST, SHAPE, STRIDE, NEEDED, DTYPE = 6 };
    const struct pickle_value *at = arguments->at;
    struct pickle_tensor tensor = {0};
    if (arguments->count < NEEDED || at[STORAGE].kind != PICKLE_STORAGE ||
        !read_size(&at[FIRST], &tensor.first) || at[SHAPE].kind != PICKLE_TUPLE ||
        at[STRIDE].kind != PICKLE_TUPLE || at[SHAPE].items->count != at[STRIDE].items->count ||
        at[SHAPE].items->count > UINT16_MAX ||
        !read_view(&tensor, at[SHAPE].items, at[STRIDE].items))
        return pickle_refuse(pickle, "it describes a tensor that cannot be");
    tensor.rank = (uint16_t)at[SHAPE].items->count;
    tensor.storage = at[STORAGE].storage;
    tensor.dtype = tensor.storage->dtype;
    if (arguments->count > DTYPE && at[DTYPE].kind == PICKLE_GLOBAL &&
        at[DTYPE].global->kind == IS_DTYPE)
        tensor.dtype = at[DTYPE].global->dtype;
    struct pickle_tensor *kept = pickle_alloc(pickle, sizeof *kept);
    if (!kept)
        return pickle->err->status;
    *kept = tensor;
    *out = (struct pickle_value){.kind = PICKLE_TENSOR, .tensor = kept};
    return STATUS_OK;
}

enum status pickle_persistent(struct pickle *pickle, const struct pickle_value *id,
                              struct pickle_value *out)
{
    enum { WORD, TYPE, KEY, LOCATION, COUNT, ALL };
    uint64_t count = 0;
    const struct pickle_value *at = id->kind == PICKLE_TUPLE ? id->items->at : NULL;
    if (!at || id->items->count != ALL || at[WORD].kind != PICKLE_TEXT ||
        strcmp(at[WORD].text, "storage") != 0 || at[TYPE].kind != PICKLE_GLOBAL ||
        at[TYPE].global->kind != IS_STORAGE || at[KEY].kind != PICKLE_TEXT ||
        !read_size(&at[COUNT], &count))
        return pickle_refuse(pickle, "it names something that is no storage");
    struct pickle_storage *kept = pickle_alloc(pickle, sizeof *kept);
    if (!kept)
        return pickle->err->status;
    *kept = (struct pickle_storage){at[KEY].text, at[TYPE].global->dtype, count};
    *out = (struct pickle_value){.kind = PICKLE_STORAGE, .storage = kept};
    return STATUS_OK;
}

/* ---- calls --------------------------------------------------------------- */

enum status pickle_call(struct pickle *pickle, const struct pickle_global *global,
                        const struct pickle_items *arguments, struct pickle_value *out)
{
    const struct pickle_value *first = arguments->count > 0 ? arguments->at : NULL;
    *out = (struct pickle_value){.kind = PICKLE_OTHER};
    switch (global->kind) {
    case MAKES_TENSOR:
        return make_tensor(pickle, arguments, out);
    case MAKES_OTHER:
        return STATUS_OK;
    case MAKES_DICT:
        *out = (struct pickle_value){.kind = PICKLE_DICT, .items = pickle_items_new(pickle)};
        if (!out->items)
            return pickle->err->status;
        if (!first)
            return STATUS_OK;
        break;
    case MAKES_SIZE:
    case MAKES_PARAMETER:
        if (first && first->kind == (global->kind == MAKES_SIZE ? PICKLE_TUPLE : PICKLE_TENSOR)) {
            *out = *first;
            return STATUS_OK;
        }
        break;
    case IS_STORAGE:
    case IS_DTYPE:
        break;
    }
    return pickle_refuse(pickle, "it calls %s.%s with arguments that no state dict has",
                         global->module, global->name);
}
