/* llama2c.c: the .bin files of llama2.c: a header of seven numbers, then all weights in a fixed
 * order (export.py and run.c of karpathy/llama2.c). Tensors get the names that they had in the
 * model which was exported. */
#include "load.h"
#include "reader.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAGIC = 0x616b3432, /* "24ka" on the disk */
    HEADER_V0 = 7 * 4,
    HEADER_V1 = 256, /* and of version 2 */
    CONFIG_V1 = 8,   /* the seven numbers come behind magic and version */
};

/* The seven numbers of the header, and what follows from them. */
struct llama2c {
    uint32_t version; /* 0: without a magic number; 1: float32; 2: int8 with scales */
    uint64_t dim, hidden, layers, heads, kv_heads, vocab, context;
    uint64_t head_size, kv_dim;
    bool shared_classifier;
    uint64_t group; /* version 2: numbers that share a scale */
};

/* ---- the header ---------------------------------------------------------- */

static bool read_numbers(const unsigned char *at, struct llama2c *h)
{
    uint64_t *const numbers[] = {&h->dim,      &h->hidden, &h->layers, &h->heads,
                                 &h->kv_heads, &h->vocab,  &h->context};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t value = (int32_t)load32(at + 4 * i);
        if (numbers[i] == &h->vocab && h->version == 0) {
            h->shared_classifier = value > 0; /* run.c: a negative one has a classifier */
            value = value < 0 ? -value : value;
        }
        if (value <= 0)
            return false;
        *numbers[i] = (uint64_t)value;
    }
    if (h->dim % h->heads != 0 || h->heads % h->kv_heads != 0 || h->dim / h->heads % 2 != 0)
        return false;
    h->head_size = h->dim / h->heads;
    h->kv_dim = h->kv_heads * h->head_size;
    return true;
}

/* false: it is no header of llama2.c, or of a version that is not known. */
static bool read_header(const struct mapping *mapping, struct llama2c *h)
{
    *h = (struct llama2c){0};
    if (mapping->size < HEADER_V0)
        return false;
    if (load32(mapping->data) != MAGIC)
        return read_numbers(mapping->data, h);
    if (mapping->size < HEADER_V1)
        return false;
    h->version = load32(mapping->data + 4);
    if ((h->version != 1 && h->version != 2) || !read_numbers(mapping->data + CONFIG_V1, h))
        return false;
    h->shared_classifier = mapping->data[CONFIG_V1 + HEADER_V0] != 0;
    h->group = h->version == 2 ? load32(mapping->data + CONFIG_V1 + HEADER_V0 + 1) : 0;
    return h->version == 1 || (h->group > 0 && h->dim % h->group == 0 && h->hidden % h->group == 0);
}

/* ---- the order of the weights -------------------------------------------- */

/* A walk over the file: where the next tensor begins; `wraps`: past what can be counted. */
struct cursor {
    const struct llama2c *header;
    uint64_t at;
    bool wraps;
};

static uint64_t step(struct cursor *cursor, uint64_t bytes)
{
    uint64_t begin = cursor->at;
    cursor->wraps = !size_add(begin, bytes, &cursor->at) || cursor->wraps;
    return begin;
}

static uint64_t times(struct cursor *cursor, uint64_t a, uint64_t b)
{
    uint64_t product = 0;
    cursor->wraps = !size_multiply(a, b, &product) || cursor->wraps;
    return product;
}

/* Bytes of a matrix: float32, or int8 and a float32 scale for each group. */
static uint64_t matrix_bytes(struct cursor *cursor, uint64_t rows, uint64_t columns)
{
    uint64_t count = times(cursor, rows, columns), group = cursor->header->group;
    return group == 0 ? times(cursor, count, 4) : times(cursor, count / group, group + 4);
}

/* Where each kind of weight begins; of those that layers have one each, in layer 0. The others
 * follow without a gap. */
struct places {
    uint64_t embedding, attention_norm, query, key, value, output, ffn_norm, ffn[3], norm;
    uint64_t cosines;    /* version 0: (context, head_size / 2), then as many sines */
    uint64_t classifier; /* where it is not shared */
    uint64_t end;        /* of the file */
};

static uint64_t skip_floats(struct cursor *cursor, uint64_t count)
{
    return step(cursor, times(cursor, count, 4));
}

/* One matrix a layer; where the first begins. */
static uint64_t skip_matrices(struct cursor *cursor, uint64_t rows, uint64_t columns)
{
    uint64_t one = matrix_bytes(cursor, rows, columns);
    return step(cursor, times(cursor, cursor->header->layers, one));
}

/* Since version 1 all norms come first. */
static void find_norms(struct cursor *c, uint64_t norms, struct places *places)
{
    places->attention_norm = skip_floats(c, norms);
    places->ffn_norm = skip_floats(c, norms);
    places->norm = skip_floats(c, c->header->dim);
}

/* false: the sizes wrap. */
static bool find_places(const struct llama2c *h, struct places *places)
{
    struct cursor c = {.header = h, .at = h->version == 0 ? HEADER_V0 : HEADER_V1};
    uint64_t norms = times(&c, h->layers, h->dim);
    *places = (struct places){0};
    if (h->version > 0)
        find_norms(&c, norms, places);
    places->embedding = step(&c, matrix_bytes(&c, h->vocab, h->dim));
    if (h->version == 0)
        places->attention_norm = skip_floats(&c, norms);
    places->query = skip_matrices(&c, h->dim, h->dim);
    places->key = skip_matrices(&c, h->kv_dim, h->dim);
    places->value = skip_matrices(&c, h->kv_dim, h->dim);
    places->output = skip_matrices(&c, h->dim, h->dim);
    if (h->version == 0)
        places->ffn_norm = skip_floats(&c, norms);
    for (int i = 0; i < 3; i++)
        places->ffn[i] = skip_matrices(&c, h->hidden, h->dim);
    if (h->version == 0) {
        places->norm = skip_floats(&c, h->dim);
        places->cosines = skip_floats(&c, times(&c, h->context, h->head_size));
    }
    if (!h->shared_classifier)
        places->classifier = step(&c, matrix_bytes(&c, h->vocab, h->dim));
    places->end = c.at;
    return !c.wraps;
}

bool llama2c_recognises(const struct mapping *mapping)
{
    struct llama2c header;
    struct places places;
    if (mapping->size >= 4 && load32(mapping->data) == MAGIC)
        return true;
    /* Seven numbers without a mark: only the size can tell. */
    return read_header(mapping, &header) && find_places(&header, &places) &&
           places.end == mapping->size;
}

/* ---- what the header says about the model -------------------------------- */

/* The base of the frequencies, off the row of position 1: its last angle is base^(2/head_size - 1).
 * 0: there is no such row, or its angles are of no one base. */
static double table_theta(const struct llama2c *h, const unsigned char *cosines)
{
    uint64_t half = h->head_size / 2;
    const unsigned char *sines = cosines + 4 * h->context * half;
    if (h->context < 2 || half < 2)
        return 0;
    double last = asin((double)float_of_bits(load32(sines + 4 * (2 * half - 1))));
    double theta = pow(last, -(double)half / (double)(half - 1));
    if (fabs(theta - round(theta)) < 1e-5 * theta)
        theta = round(theta); /* the table is float32 */
    for (uint64_t i = 0; i < half; i++) {
        double angle = pow(theta, -(double)i / (double)half);
        double cosine = (double)float_of_bits(load32(cosines + 4 * (half + i)));
        double sine = (double)float_of_bits(load32(sines + 4 * (half + i)));
        if (!(fabs(cosine - cos(angle)) < 1e-5 && fabs(sine - sin(angle)) < 1e-5))
            return 0;
    }
    return theta;
}

struct reading {
    const struct mapping *mapping;
    struct llama2c header;
    struct places places;
    bool good;
    double theta; /* 0: unknown */
};

static void read_file(void *arg)
{
    struct reading *r = arg;
    r->good = read_header(r->mapping, &r->header) && find_places(&r->header, &r->places);
    if (r->good && r->header.version == 0 && r->places.end == r->mapping->size)
        r->theta = table_theta(&r->header, r->mapping->data + r->places.cosines);
}

/* The keys are those of the model's own arguments (ModelArgs in model.py). */
static enum status keep_config(struct checkpoint *checkpoint, const struct reading *r,
                               struct error *err)
{
    const struct llama2c *h = &r->header;
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"dim", (double)h->dim},          {"n_layers", (double)h->layers},
        {"n_heads", (double)h->heads},    {"n_kv_heads", (double)h->kv_heads},
        {"vocab_size", (double)h->vocab}, {"max_seq_len", (double)h->context},
        {"theta of freqs_cos", r->theta},
    };
    cJSON *config = cJSON_CreateObject();
    bool kept = config != NULL;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && kept; i++)
        kept = numbers[i].value == 0 ||
               cJSON_AddNumberToObject(config, numbers[i].key, numbers[i].value);
    cJSON_Delete(checkpoint->config);
    checkpoint->config = config;
    return kept ? STATUS_OK : error_memory(err);
}

/* ---- tensors ------------------------------------------------------------- */

/* Version 2: all int8 of a tensor, then its scales. */
static void groups_to_float(const struct checkpoint *checkpoint, const struct tensor *tensor,
                            uint64_t first, size_t count, float *to)
{
    const struct llama2c *h = tensor->codec->detail;
    const unsigned char *data = checkpoint_data(checkpoint, tensor);
    const unsigned char *scales = data + tensor->shape[0] * tensor->shape[1];
    uint64_t at = first * tensor->shape[1];
    for (uint64_t i = 0; i < count * tensor->shape[1]; i++, at++)
        to[i] = (float)(int8_t)data[at] * float_of_bits(load32(scales + 4 * (at / h->group)));
}

static const struct row_codec *group_codec(struct checkpoint *checkpoint, const struct llama2c *h)
{
    struct row_codec *codec = arena_alloc(&checkpoint->names, sizeof *codec);
    struct llama2c *kept = arena_alloc(&checkpoint->names, sizeof *kept);
    char name[64];
    text_format(name, sizeof name, "int8, scales by groups of %" PRIu64, h->group);
    const char *words = arena_text(&checkpoint->names, name, strlen(name));
    if (!codec || !kept || !words)
        return NULL;
    *kept = *h;
    *codec = (struct row_codec){.name = words, .to_float = groups_to_float, .detail = kept};
    return codec;
}

/* What tensors of one file have in common. */
struct maker {
    struct checkpoint *checkpoint;
    uint32_t file;
    const struct llama2c *header;
    const struct row_codec *codec; /* of matrices; NULL: float32 */
};

static bool add_tensor(const struct maker *m, const char *name, const struct tensor *shape)
{
    struct tensor *tensor = checkpoint_append(m->checkpoint);
    if (!tensor)
        return false;
    *tensor = *shape;
    tensor->name = arena_text(&m->checkpoint->names, name, strlen(name));
    tensor->file = m->file;
    return tensor->name != NULL;
}

static bool add_matrix(const struct maker *m, const char *name, uint64_t offset, uint64_t rows,
                       uint64_t columns)
{
    struct cursor cursor = {.header = m->header};
    const struct tensor matrix = {
        .shape = {rows, columns},
        .offset = offset,
        .bytes = matrix_bytes(&cursor, rows, columns),
        .rank = 2,
        .dtype = m->codec ? DTYPE_I8 : DTYPE_F32,
        .codec = m->codec,
    };
    return add_tensor(m, name, &matrix);
}

static bool add_norm(const struct maker *m, const char *name, uint64_t offset)
{
    const struct tensor norm = {
        .shape = {m->header->dim},
        .offset = offset,
        .bytes = 4 * m->header->dim,
        .rank = 1,
        .dtype = DTYPE_F32,
    };
    return add_tensor(m, name, &norm);
}

/* One kind of weight, of all layers; without columns a norm. */
static bool add_layers(const struct maker *m, const char *which, uint64_t begin, uint64_t rows,
                       uint64_t columns)
{
    struct cursor cursor = {.header = m->header, .at = begin};
    for (uint64_t layer = 0; layer < m->header->layers; layer++) {
        char name[64];
        text_format(name, sizeof name, "layers.%" PRIu64 ".%s.weight", layer, which);
        bool added = columns == 0
                         ? add_norm(m, name, step(&cursor, 4 * rows))
                         : add_matrix(m, name, step(&cursor, matrix_bytes(&cursor, rows, columns)),
                                      rows, columns);
        if (!added)
            return false;
    }
    return true;
}

/* In the order of the file. */
static int by_offset(const void *left, const void *right)
{
    const struct tensor *a = left, *b = right;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

static bool add_all(const struct maker *m, const struct places *at)
{
    const struct llama2c *h = m->header;
    const size_t first = m->checkpoint->tensor_count;
    const struct {
        const char *which;
        uint64_t begin, rows, columns;
    } kinds[] = {
        {"attention_norm", at->attention_norm, h->dim, 0},
        {"attention.wq", at->query, h->dim, h->dim},
        {"attention.wk", at->key, h->kv_dim, h->dim},
        {"attention.wv", at->value, h->kv_dim, h->dim},
        {"attention.wo", at->output, h->dim, h->dim},
        {"ffn_norm", at->ffn_norm, h->dim, 0},
        {"feed_forward.w1", at->ffn[0], h->hidden, h->dim},
        {"feed_forward.w2", at->ffn[1], h->dim, h->hidden},
        {"feed_forward.w3", at->ffn[2], h->hidden, h->dim},
    };
    bool added =
        add_matrix(m, "tok_embeddings.weight", at->embedding, h->vocab, h->dim) &&
        add_norm(m, "norm.weight", at->norm) &&
        (h->shared_classifier || add_matrix(m, "output.weight", at->classifier, h->vocab, h->dim));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && added; i++)
        added = add_layers(m, kinds[i].which, kinds[i].begin, kinds[i].rows, kinds[i].columns);
    if (added)
        qsort(m->checkpoint->tensors + first, m->checkpoint->tensor_count - first,
              sizeof *m->checkpoint->tensors, by_offset);
    return added;
}

enum status llama2c_read(struct checkpoint *checkpoint, uint32_t file, struct error *err)
{
    struct reading r = {.mapping = &checkpoint->mappings[file]};
    const struct llama2c *h = &r.header;
    const char *path = checkpoint->source->files[file].path;
    if (!guard_run(read_file, &r))
        return error_set(err, STATUS_FAILED,
                         "%s: the header could not be read: the file shrank or its disk failed",
                         path);
    if (!r.good)
        return error_set(err, STATUS_FAILED,
                         "%s: its header is of no version of llama2.c that is known (0, 1 and 2), "
                         "or holds a size that cannot be",
                         path);
    if (r.places.end != r.mapping->size) {
        error_set(err, STATUS_FAILED,
                  "%s: its header asks for %" PRIu64 " bytes of weights, but the file has %zu",
                  path, r.places.end, r.mapping->size);
        return error_help(err, "the file is cut short or damaged: download or copy it again");
    }
    const struct row_codec *codec = h->version == 2 ? group_codec(checkpoint, h) : NULL;
    const struct maker maker = {checkpoint, file, h, codec};
    if ((h->version == 2 && !codec) || !add_all(&maker, &r.places))
        return error_memory(err);
    return keep_config(checkpoint, &r, err);
}
