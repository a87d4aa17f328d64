/* record.c: what an .angles file is made of. The layout is described once, by the wire_ calls. */
#include "record.h"

#include <string.h>
#include <xxhash.h>

static const unsigned char magic[8] = {'r', 'o', 'p', 'e', 'a', 'n', 'g', '\n'};

/* ---- the file's header: magic, version, layers, fingerprint, checksum ---- */

static void wire_file_header(struct wire *wire, uint32_t *version, struct file_header *header)
{
    uint32_t reserved = 0;
    wire_u32(wire, version);
    wire_u32(wire, &reserved);
    wire_u64(wire, &header->fingerprint);
    wire_u64(wire, &header->layers);
}

/* Appends the checksum of the bytes from `start` on. */
static void seal(struct wire *wire, size_t start)
{
    if (wire->failed)
        return;
    uint64_t checksum = XXH3_64bits(wire->data + start, wire->size - start);
    wire_u64(wire, &checksum);
}

static bool is_sealed(const unsigned char *data, size_t size)
{
    struct wire wire = wire_reader(data + size - 8, 8, NULL);
    uint64_t checksum;
    wire_u64(&wire, &checksum);
    return checksum == XXH3_64bits(data, size - 8);
}

void file_header_write(struct wire *wire, const struct file_header *header)
{
    struct file_header copy = *header;
    uint32_t version = ANGLES_VERSION;
    size_t start = wire->size;
    uint64_t word;
    struct wire bytes = wire_reader(magic, sizeof magic, NULL);
    wire_u64(&bytes, &word);
    wire_u64(wire, &word);
    wire_file_header(wire, &version, &copy);
    seal(wire, start);
}

const char *file_header_read(const unsigned char *data, size_t size, struct file_header *header)
{
    uint32_t version;
    if (size < FILE_HEADER_BYTES || memcmp(data, magic, sizeof magic) != 0)
        return "no .angles file";
    struct wire wire = wire_reader(data + sizeof magic, FILE_HEADER_BYTES - sizeof magic, NULL);
    wire_file_header(&wire, &version, header);
    if (!is_sealed(data, FILE_HEADER_BYTES))
        return "damaged";
    if (version > ANGLES_VERSION)
        return "written by a newer ropescope";
    return version == ANGLES_VERSION ? NULL : "written by an older ropescope";
}

/* ---- records: kind, layer, size and checksum of the payload, checksum ---- */

static void wire_record_header(struct wire *wire, uint32_t *kind, uint64_t *layer, uint64_t *size,
                               uint64_t *checksum)
{
    uint32_t reserved = 0;
    wire_u32(wire, kind);
    wire_u32(wire, &reserved);
    wire_u64(wire, layer);
    wire_u64(wire, size);
    wire_u64(wire, checksum);
}

static void append_record(struct wire *wire, uint32_t kind, uint64_t layer, struct wire *payload)
{
    wire_align(payload);
    wire->failed = wire->failed || payload->failed;
    if (!wire->failed) {
        uint64_t size = payload->size, checksum = XXH3_64bits(payload->data, payload->size);
        size_t start = wire->size;
        wire_record_header(wire, &kind, &layer, &size, &checksum);
        seal(wire, start);
        wire_bytes(wire, payload->data, payload->size);
    }
    wire_free(payload);
}

/* Nothing but padding is left: a record that holds more says less than it should. */
static bool is_used_up(struct wire *wire)
{
    wire_align(wire);
    return !wire->failed && wire->at == wire->size;
}

bool record_find(const unsigned char *image, size_t size, size_t offset, struct record *record)
{
    uint32_t kind;
    uint64_t layer, bytes, checksum;
    if (offset > size || size - offset < RECORD_HEADER_BYTES ||
        !is_sealed(image + offset, RECORD_HEADER_BYTES))
        return false;
    struct wire wire = wire_reader(image + offset, RECORD_HEADER_BYTES, NULL);
    wire_record_header(&wire, &kind, &layer, &bytes, &checksum);
    offset += RECORD_HEADER_BYTES;
    /* Whole words only, so that the numbers of the next record are aligned, too. */
    if (layer > SIZE_MAX || bytes > size - offset || bytes % 8 != 0 ||
        checksum != XXH3_64bits(image + offset, (size_t)bytes))
        return false;
    *record = (struct record){.kind = kind,
                              .layer = (size_t)layer,
                              .payload = image + offset,
                              .size = (size_t)bytes,
                              .next = offset + (size_t)bytes};
    return true;
}

/* ---- the model ----------------------------------------------------------- */

static void wire_fact(struct wire *wire, struct fact *fact)
{
    uint32_t source = fact->source;
    wire_text(wire, &fact->name);
    wire_text(wire, &fact->value);
    wire_text(wire, &fact->reason);
    wire_u32(wire, &source);
    fact->source = source;
    if (source >= FACT_SOURCE_COUNT || !fact->name || !fact->value || !fact->reason)
        wire->failed = true;
}

/* A count that is read must fit the bytes that are left: no file makes us allocate more than it
 * holds. */
static size_t wire_count(struct wire *wire, size_t count, size_t least_bytes)
{
    uint64_t number = count;
    wire_u64(wire, &number);
    if (!wire->writing && number > (wire->size - wire->at) / least_bytes)
        wire->failed = true;
    return wire->failed ? 0 : (size_t)number;
}

static void wire_list_of_facts(struct wire *wire, struct model *model)
{
    model->fact_count = wire_count(wire, model->fact_count, 16);
    if (!wire->writing &&
        !(model->facts = arena_alloc(wire->arena, model->fact_count * sizeof *model->facts)))
        wire->failed = true;
    for (size_t i = 0; i < model->fact_count && !wire->failed; i++)
        wire_fact(wire, &model->facts[i]);
}

static void wire_list_of_notes(struct wire *wire, struct model *model)
{
    model->note_count = wire_count(wire, model->note_count, 4);
    if (!wire->writing &&
        !(model->notes = arena_alloc(wire->arena, model->note_count * sizeof *model->notes)))
        wire->failed = true;
    for (size_t i = 0; i < model->note_count && !wire->failed; i++) {
        wire_text(wire, &model->notes[i]);
        wire->failed = wire->failed || !model->notes[i];
    }
}

static void wire_linear(struct wire *wire, struct linear *linear)
{
    wire_text(wire, &linear->name);
    wire_u32(wire, &linear->layer);
    wire_u64(wire, &linear->rows);
    wire_u64(wire, &linear->columns);
    wire_u64(wire, &linear->count);
    wire->failed = wire->failed || !linear->name;
}

/* The shapes of what can be trained stand at the end, where files without them end. */
static void wire_shapes(struct wire *wire, struct model *model)
{
    enum { LEAST_BYTES = 32 }; /* of a linear without a name */
    bool none = model->linear_count == 0 && model->parameters == 0;
    if (wire->writing ? none : wire->size - wire->at < sizeof(uint64_t))
        return;
    wire_u64(wire, &model->parameters);
    model->linear_count = wire_count(wire, model->linear_count, LEAST_BYTES);
    if (!wire->writing &&
        !(model->linears = arena_alloc(wire->arena, model->linear_count * sizeof *model->linears)))
        wire->failed = true;
    for (size_t i = 0; i < model->linear_count && !wire->failed; i++)
        wire_linear(wire, &model->linears[i]);
}

static void wire_model(struct wire *wire, struct model *model)
{
    wire_text(wire, &model->name);
    wire_text(wire, &model->family);
    wire_text(wire, &model->path);
    wire_text(wire, &model->format);
    wire_u64(wire, &model->context);
    wire_u64(wire, &model->files_bytes);
    wire_u64(wire, &model->scanned_bytes);
    wire_list_of_facts(wire, model);
    wire_list_of_notes(wire, model);
    wire_shapes(wire, model);
    if (!model->name || !model->family || !model->path || !model->format)
        wire->failed = true;
}

void record_write_model(struct wire *wire, const struct model *model)
{
    struct wire payload = wire_writer();
    struct model copy = *model;
    wire_model(&payload, &copy);
    append_record(wire, RECORD_MODEL, 0, &payload);
}

bool record_read_model(const struct record *record, size_t layers, struct model *model)
{
    struct wire wire = wire_reader(record->payload, record->size, &model->arena);
    wire_model(&wire, model);
    size_t bytes;
    if (!is_used_up(&wire) || __builtin_mul_overflow(layers, sizeof *model->layers, &bytes) ||
        !(model->layers = arena_alloc(&model->arena, bytes)))
        return false;
    model->layer_count = layers;
    return true;
}

/* ---- a layer ------------------------------------------------------------- */

static void wire_projection(struct wire *wire, struct projection *p)
{
    uint32_t dtype = p->dtype;
    wire_text(wire, &p->tensor);
    wire_text(wire, &p->file);
    wire_text(wire, &p->bias);
    wire_u64(wire, &p->rows);
    wire_u64(wire, &p->row_length);
    wire_u32(wire, &dtype);
    wire_u32(wire, &p->heads);
    wire_u64(wire, &p->map.base);
    wire_u64(wire, &p->map.group_stride);
    wire_u64(wire, &p->map.head_stride);
    wire_u32(wire, &p->map.group);
    p->dtype = dtype;
    if (!wire->writing)
        p->index = UINT32_MAX;
    if (dtype >= DTYPE_COUNT || p->map.group == 0 || !p->tensor || !p->file)
        wire->failed = true;
}

static void wire_layer(struct wire *wire, struct layer *layer)
{
    uint32_t pairing = layer->pairing, grouping = layer->grouping;
    wire_u32(wire, &layer->number);
    wire_u32(wire, &layer->head_dim);
    wire_u32(wire, &layer->pairs);
    wire_u32(wire, &pairing);
    wire_u32(wire, &grouping);
    wire_text(wire, &layer->note);
    layer->pairing = pairing;
    layer->grouping = grouping;
    for (int which = 0; which < PROJECTION_COUNT; which++)
        wire_projection(wire, &layer->projection[which]);
    wire_align(wire);
    layer->frequency = wire_doubles(wire, layer->frequency, layer->pairs);
    if (pairing > PAIRING_INTERLEAVED || grouping > GROUPING_TILED || !layer->note)
        wire->failed = true;
}

void record_write_layer(struct wire *wire, const struct layer *layer, size_t index,
                        const float *values)
{
    struct wire payload = wire_writer();
    struct layer copy = *layer;
    wire_layer(&payload, &copy);
    wire_floats(&payload, values, layer_value_count(layer));
    append_record(wire, RECORD_LAYER, index, &payload);
}

/* The last row of the head lies in the tensor. */
static bool head_fits(const struct layer *layer, const struct projection *p, uint32_t head)
{
    uint64_t block, within, row;
    return size_multiply(head / p->map.group, p->map.group_stride, &block) &&
           size_multiply(head % p->map.group, p->map.head_stride, &within) &&
           size_add(block, within, &row) && size_add(row, p->map.base, &row) &&
           size_add(row, 2 * (uint64_t)layer->pairs, &row) && row <= p->rows;
}

/* Rows grow with the group and with the head in it: the last of both reach furthest. */
static bool rows_fit(const struct layer *layer, const struct projection *p)
{
    uint32_t whole = p->heads - p->heads % p->map.group;
    uint64_t numbers, bytes;
    return head_fits(layer, p, p->heads - 1) && (whole == 0 || head_fits(layer, p, whole - 1)) &&
           size_multiply(p->rows, p->row_length, &numbers) &&
           size_multiply(numbers, sizeof(double), &bytes);
}

/* Counts of a file must make sense together, or indexes computed from them would leave the arrays
 * here and the tensors of a mask. */
static bool is_sane(const struct layer *layer)
{
    enum { HEADS_MAX = 1 << 16 }; /* screens lay them out even in a layer without pairs */
    const struct projection *query = &layer->projection[PROJECTION_QUERY];
    const struct projection *key = &layer->projection[PROJECTION_KEY];
    if (query->heads > HEADS_MAX || key->heads > HEADS_MAX)
        return false;
    if (layer->pairs == 0)
        return true;
    bool meets = key->heads > 0 && query->heads > 0 &&
                 (layer->grouping == GROUPING_TILED || query->heads % key->heads == 0);
    return meets && rows_fit(layer, query) && rows_fit(layer, key);
}

/* Cosines are in [-1, 1] or undefined, whatever wrote the file. */
static bool are_cosines(const float *cos, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (cos[i] < -1 || cos[i] > 1)
            return false;
    }
    return true;
}

/* The values of a layer, as angles.h orders them; NULL where they cannot be right. */
static const float *read_values(struct wire *wire, const struct layer *layer)
{
    size_t queries = projection_pairs(layer, PROJECTION_QUERY);
    size_t keys = projection_pairs(layer, PROJECTION_KEY);
    const float *values = wire_floats(wire, NULL, layer_value_count(layer));
    bool good = values && is_used_up(wire) && are_cosines(values, queries) &&
                are_cosines(values + 3 * queries, keys);
    return good ? values : NULL;
}

const float *record_read_layer(const struct record *record, struct model *model)
{
    struct wire wire = wire_reader(record->payload, record->size, &model->arena);
    struct layer layer = {0};
    if (record->layer >= model->layer_count)
        return NULL;
    wire_layer(&wire, &layer);
    const float *values = wire.failed || !is_sane(&layer) ? NULL : read_values(&wire, &layer);
    if (values)
        model->layers[record->layer] = layer;
    return values;
}
