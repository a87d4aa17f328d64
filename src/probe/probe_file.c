/* probe_file.c: what a run says of pairs, kept between sessions: a header, the tokens, the vectors
 * of each layer, and a checksum of all before it; little-endian on every machine. Attention and
 * logits are not kept: they are large, and another run brings them. */
#include "ropescope/probe.h"
#include "support/wire.h"

#include <string.h>
#include <xxhash.h>

static const char magic[8] = "ropeprb";
enum { PROBE_VERSION = 1, ARRAYS = 6 };

static void arrays_of(struct probe_projection *p, float **out[ARRAYS])
{
    float **const arrays[ARRAYS] = {&p->mean_a,     &p->mean_b,  &p->radius_mean,
                                    &p->radius_max, &p->first_a, &p->first_b};
    memcpy(out, arrays, sizeof arrays);
}

/* ---- what is the same in both directions --------------------------------- */

struct probe_header {
    uint64_t fingerprint; /* of the weights, as their angles' */
    uint64_t tokens, layers;
    uint32_t of_vocabulary, vocabulary;
};

static void wire_header(struct wire *wire, struct probe_header *header)
{
    uint32_t version = PROBE_VERSION, zero = 0;
    wire_u32(wire, &version);
    wire_u32(wire, &zero);
    wire_u64(wire, &header->fingerprint);
    wire_u64(wire, &header->tokens);
    wire_u64(wire, &header->layers);
    wire_u32(wire, &header->of_vocabulary);
    wire_u32(wire, &header->vocabulary);
    wire->failed = wire->failed || version != PROBE_VERSION;
}

/* Reading allocates the arrays; a number in the file costs no more memory than bytes that are
 * there. */
static void wire_projection(struct wire *wire, struct probe_projection *p)
{
    float **array[ARRAYS];
    uint64_t count, bytes;
    arrays_of(p, array);
    wire_u32(wire, &p->heads);
    wire_u32(wire, &p->pairs);
    if (wire->failed || !size_multiply(p->heads, p->pairs, &count) ||
        !size_multiply(count, sizeof(float), &bytes) ||
        (!wire->writing && bytes > wire->size - wire->at)) {
        wire->failed = true;
        return;
    }
    for (size_t i = 0; i < ARRAYS && count > 0; i++) {
        const float *from = wire_floats(wire, wire->writing ? *array[i] : NULL, (size_t)count);
        if (wire->writing || !from)
            continue;
        *array[i] = memory_array(count, sizeof(float));
        wire->failed = wire->failed || !*array[i];
        if (*array[i])
            memcpy(*array[i], from, (size_t)bytes);
    }
}

static void wire_layers(struct wire *wire, struct probe *probe)
{
    for (size_t i = 0; i < probe->token_count && !wire->failed; i++)
        wire_u32(wire, &probe->tokens[i]);
    wire_align(wire);
    for (size_t i = 0; i < probe->layer_count && !wire->failed; i++) {
        uint32_t zero = 0;
        wire_u32(wire, &probe->layers[i].number);
        wire_u32(wire, &zero);
        for (int p = 0; p < PROJECTION_COUNT; p++)
            wire_projection(wire, &probe->layers[i].projection[p]);
    }
}

/* ---- writing ------------------------------------------------------------- */

void probe_save(const struct probe *probe, const char *path, uint64_t fingerprint)
{
    struct probe copy = *probe;
    struct wire wire = wire_writer();
    struct output output;
    struct probe_header header = {fingerprint, probe->token_count, probe->layer_count,
                                  probe->of_vocabulary, probe->vocabulary};
    wire_bytes(&wire, magic, sizeof magic);
    wire_header(&wire, &header);
    wire_layers(&wire, &copy);
    uint64_t sum = wire.failed ? 0 : XXH3_64bits(wire.data, wire.size);
    wire_u64(&wire, &sum);
    if (!wire.failed && output_open(&output, path, NULL) == STATUS_OK) {
        if (fwrite(wire.data, 1, wire.size, output.stream) == wire.size)
            output_commit(&output, NULL);
        else
            output_abort(&output);
    }
    wire_free(&wire);
}

/* ---- reading ------------------------------------------------------------- */

/* NULL: damaged, of other weights, or there is no memory. */
static struct probe *probe_of(struct wire *wire, uint64_t fingerprint)
{
    struct probe_header header = {0};
    wire_header(wire, &header);
    size_t left = wire->size - wire->at;
    if (wire->failed || header.fingerprint != fingerprint || header.tokens > left / 4 ||
        header.layers > left / 8)
        return NULL;
    struct probe *probe = memory_array(1, sizeof *probe);
    if (!probe)
        return NULL;
    *probe = (struct probe){.token_count = (size_t)header.tokens,
                            .layer_count = (size_t)header.layers,
                            .of_vocabulary = header.of_vocabulary != 0,
                            .vocabulary = header.vocabulary};
    probe->tokens = memory_array(probe->token_count + 1, sizeof *probe->tokens);
    probe->layers = memory_array(probe->layer_count + 1, sizeof *probe->layers);
    if (!probe->layers)
        probe->layer_count = 0;
    if (probe->tokens && probe->layers)
        wire_layers(wire, probe);
    if (probe->tokens && probe->layers && !wire->failed && wire->at == wire->size)
        return probe;
    probe_free(probe);
    return NULL;
}

struct probe *probe_load(const char *path, uint64_t fingerprint)
{
    char *image;
    size_t size;
    uint64_t sum = 0;
    struct probe *probe = NULL;
    if (!path_is_file(path) || file_read(path, SIZE_MAX / 2, &image, &size, NULL) != STATUS_OK)
        return NULL;
    if (size >= sizeof magic + sizeof sum && memcmp(image, magic, sizeof magic) == 0) {
        const unsigned char *bytes = (const unsigned char *)image;
        struct wire tail = wire_reader(bytes + size - sizeof sum, sizeof sum, NULL);
        struct wire wire =
            wire_reader(bytes + sizeof magic, size - sizeof magic - sizeof sum, NULL);
        wire_u64(&tail, &sum);
        if (XXH3_64bits(image, size - sizeof sum) == sum)
            probe = probe_of(&wire, fingerprint);
    }
    memory_free(image);
    return probe;
}

/* ---- whether it is about a model ----------------------------------------- */

bool probe_fits(const struct probe *probe, const struct model *model)
{
    if (probe->layer_count > model->layer_count)
        return false;
    for (size_t i = 0; i < probe->layer_count; i++)
        for (int p = 0; p < PROJECTION_COUNT; p++) {
            const struct probe_projection *of = &probe->layers[i].projection[p];
            const struct layer *layer = &model->layers[i];
            if (probe->layers[i].number != layer->number || of->pairs != layer->pairs ||
                of->heads != layer->projection[p].heads)
                return false;
        }
    return true;
}
