/* shapes.c: writes headers of safetensors files and nothing behind them. */
#include "shapes.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

const struct shapes llama_2_7b = {
    .config = "{\"model_type\":\"llama\",\"num_hidden_layers\":32,\"num_attention_heads\":32,"
              "\"num_key_value_heads\":32,\"hidden_size\":4096,\"max_position_embeddings\":4096}",
    .layers = 32,
    .hidden = 4096,
    .key_rows = 4096,
    .inner = 11008,
    .vocabulary = 32000,
};
const struct shapes mistral_7b = {
    .config = "{\"model_type\":\"mistral\",\"num_hidden_layers\":32,\"num_attention_heads\":32,"
              "\"num_key_value_heads\":8,\"hidden_size\":4096,\"max_position_embeddings\":32768}",
    .layers = 32,
    .hidden = 4096,
    .key_rows = 1024,
    .inner = 14336,
    .vocabulary = 32000,
};
const struct shapes phi_2 = {
    .config = "{\"model_type\":\"phi\",\"num_hidden_layers\":32,\"num_attention_heads\":32,"
              "\"num_key_value_heads\":32,\"hidden_size\":2560,\"partial_rotary_factor\":0.4,"
              "\"max_position_embeddings\":2048}",
    .layers = 32,
    .hidden = 2560,
    .key_rows = 2560,
    .inner = 10240,
    .vocabulary = 51200,
    .phi = true,
};

struct header {
    FILE *stream;
    uint64_t offset;
    bool bias;
};

static void add(struct header *header, const char *name, uint64_t rows, uint64_t columns)
{
    char shape[64];
    uint64_t numbers = rows * (columns > 0 ? columns : 1);
    text_format(shape, sizeof shape, columns > 0 ? "%" PRIu64 ",%" PRIu64 : "%" PRIu64, rows,
                columns);
    fprintf(
        header->stream,
        "%s\"%s\":{\"dtype\":\"BF16\",\"shape\":[%s],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}",
        header->offset > 0 ? "," : "{", name, shape, header->offset, header->offset + 2 * numbers);
    header->offset += 2 * numbers;
}

static void add_module(struct header *header, uint32_t layer, const char *name, uint64_t rows,
                       uint64_t columns)
{
    char full[128];
    text_format(full, sizeof full, "model.layers.%u.%s.weight", layer, name);
    add(header, full, rows, columns);
    text_format(full, sizeof full, "model.layers.%u.%s.bias", layer, name);
    if (header->bias)
        add(header, full, rows, 0);
}

static void add_layer(struct header *header, const struct shapes *s, uint32_t layer)
{
    char norm[128];
    add_module(header, layer, "self_attn.q_proj", s->hidden, s->hidden);
    add_module(header, layer, "self_attn.k_proj", s->key_rows, s->hidden);
    add_module(header, layer, "self_attn.v_proj", s->key_rows, s->hidden);
    add_module(header, layer, s->phi ? "self_attn.dense" : "self_attn.o_proj", s->hidden,
               s->hidden);
    if (!s->phi)
        add_module(header, layer, "mlp.gate_proj", s->inner, s->hidden);
    add_module(header, layer, s->phi ? "mlp.fc1" : "mlp.up_proj", s->inner, s->hidden);
    add_module(header, layer, s->phi ? "mlp.fc2" : "mlp.down_proj", s->hidden, s->inner);
    text_format(norm, sizeof norm, "model.layers.%u.input_layernorm.weight", layer);
    add(header, norm, s->hidden, 0);
}

static void write_weights(const struct shapes *s, const char *name)
{
    char *text = NULL, path[PATH_BYTES];
    size_t size;
    struct header header = {open_memstream(&text, &size), 0, s->phi};
    assert_non_null(header.stream);
    add(&header, "model.embed_tokens.weight", s->vocabulary, s->hidden);
    for (uint32_t layer = 0; layer < s->layers; layer++)
        add_layer(&header, s, layer);
    add(&header, "lm_head.weight", s->vocabulary, s->hidden);
    fprintf(header.stream, "}");
    fclose(header.stream);
    text_format(path, sizeof path, "%s/model.safetensors", name);
    scratch_tensors(path, text, 0);
    free(text);
    assert_int_equal(truncate(scratch_path(path), (off_t)(8 + size + header.offset)), 0);
}

struct angles *shapes_open(const struct shapes *shapes, const char *name,
                           const struct model_options *options)
{
    char path[PATH_BYTES];
    struct opened opened;
    struct error err;
    struct angles *angles = NULL;
    mkdir(scratch_path(name), 0700);
    text_format(path, sizeof path, "%s/config.json", name);
    scratch_text(path, shapes->config);
    write_weights(shapes, name);
    if (open_model(&opened, name, options, &err) != STATUS_OK ||
        angles_new(opened.model, 1, &angles, &err) != STATUS_OK) {
        if (SIZE_MAX < UINT64_MAX && strstr(err.what, "address space")) {
            print_message("skipped: %s: too large for a machine of 32 bits\n", name);
            skip();
        }
        fail_msg("%s", err.what);
    }
    opened.model = NULL; /* the angles' now */
    close_opened(&opened);
    return angles;
}
