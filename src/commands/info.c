/* info.c: `ropescope info`: what a model is, and how each fact about it was known. */
#include "commands.h"
#include "json_out.h"

#include <cjson/cJSON.h>
#include <inttypes.h>

static size_t count_rotating(const struct model *model)
{
    size_t rotating = 0;
    for (size_t i = 0; i < model->layer_count; i++)
        rotating += model->layers[i].pairs > 0;
    return rotating;
}

/* Where the angles came from; NULL: there are none yet. */
static const char *origin(const struct session *session)
{
    return angles_complete(session_angles(session)) ? session_origin(session) : NULL;
}

/* ---- as JSON ------------------------------------------------------------- */

static void add_files(cJSON *root, const struct source *source)
{
    cJSON *list = json_out_array(root, "files");
    for (size_t i = 0; source && i < source->file_count; i++) {
        cJSON *file = json_out_object(list, NULL);
        json_out_text(file, "name", source->files[i].name);
        json_out_whole(file, "bytes", source->files[i].size);
    }
}

static void add_facts(cJSON *root, const struct model *model)
{
    cJSON *list = json_out_array(root, "facts");
    for (size_t i = 0; i < model->fact_count; i++) {
        cJSON *fact = json_out_object(list, NULL);
        json_out_text(fact, "name", model->facts[i].name);
        json_out_text(fact, "value", model->facts[i].value);
        json_out_text(fact, "source", fact_source_name(model->facts[i].source));
        json_out_text(fact, "reason", model->facts[i].reason);
    }
}

static void add_projection(cJSON *object, const struct layer *layer, int which)
{
    const struct projection *p = &layer->projection[which];
    cJSON *part = json_out_object(object, projection_name(which));
    json_out_text(part, "tensor", p->tensor);
    json_out_text(part, "file", p->file);
    json_out_text(part, "bias", p->bias);
    json_out_text(part, "dtype", dtype_name(p->dtype));
    json_out_whole(part, "rows", p->rows);
    json_out_whole(part, "row_length", p->row_length);
    json_out_whole(part, "heads", p->heads);
}

static void add_layers(cJSON *root, const struct model *model)
{
    cJSON *list = json_out_array(root, "layers");
    for (size_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        cJSON *object = json_out_object(list, NULL);
        json_out_whole(object, "layer", layer->number);
        json_out_whole(object, "pairs_a_head", layer->pairs);
        json_out_whole(object, "head_dim", layer->head_dim);
        json_out_text(object, "pairing", pairing_name(layer->pairing));
        json_out_text(object, "note", layer->note);
        for (int which = 0; which < PROJECTION_COUNT; which++)
            add_projection(object, layer, which);
    }
}

static enum status print_json(const struct session *session, struct error *err)
{
    const struct model *model = session_angles(session)->model;
    cJSON *root = cJSON_CreateObject();
    json_out_text(root, "model", model->name);
    json_out_text(root, "path", model->path);
    json_out_text(root, "format", model->format);
    json_out_text(root, "family", model->family);
    json_out_whole(root, "bytes", model->files_bytes);
    json_out_whole(root, "bytes_to_read", model->scanned_bytes);
    json_out_whole(root, "pairs", model_pairs(model));
    json_out_whole(root, "rotating_layers", count_rotating(model));
    json_out_text(root, "angles", origin(session));
    add_files(root, session_source(session));
    add_facts(root, model);
    cJSON *notes = json_out_array(root, "notes");
    for (size_t i = 0; i < model->note_count; i++)
        json_out_text(notes, NULL, model->notes[i]);
    add_layers(root, model);
    return json_out_print(root, err);
}

/* ---- for people ---------------------------------------------------------- */

/* Names come from files: they are made printable on their way out. */
static void print_line(FILE *stream, const char *name, const char *value, const char *why)
{
    char safe_name[64], safe_value[PATH_BYTES], safe_why[512];
    text_printable(safe_name, sizeof safe_name, name);
    text_printable(safe_value, sizeof safe_value, value);
    text_printable(safe_why, sizeof safe_why, why);
    fprintf(stream, "%-14s %s%s%s\n", safe_name, safe_value, *safe_why ? "   " : "", safe_why);
}

static void print_files(FILE *stream, const struct source *source)
{
    char bytes[TEXT_NUMBER];
    for (size_t i = 0; source && i < source->file_count; i++)
        print_line(stream, i == 0 ? "files" : "", source->files[i].name,
                   text_bytes(bytes, (double)source->files[i].size));
}

static void print_facts(FILE *stream, const struct model *model)
{
    char why[512];
    for (size_t i = 0; i < model->fact_count; i++) {
        const struct fact *fact = &model->facts[i];
        text_format(why, sizeof why, "(%s%s%s)", fact_source_name(fact->source),
                    *fact->reason ? ": " : "", fact->reason);
        print_line(stream, fact->name, fact->value, why);
    }
}

static void print_tensors(FILE *stream, const struct model *model)
{
    char words[128];
    size_t first = 0;
    while (first + 1 < model->layer_count && model->layers[first].projection[0].rows == 0)
        first++;
    for (int which = 0; which < PROJECTION_COUNT; which++) {
        const struct projection *p = &model->layers[first].projection[which];
        text_format(words, sizeof words, "%s, %" PRIu64 " x %" PRIu64 "%s", dtype_name(p->dtype),
                    p->rows, p->row_length, p->bias ? ", with a bias" : "");
        print_line(stream, which == PROJECTION_QUERY ? "tensors" : "", p->tensor, words);
    }
}

static void print_totals(FILE *stream, const struct session *session)
{
    const struct model *model = session_angles(session)->model;
    char words[128], pairs[TEXT_NUMBER], part[TEXT_NUMBER], whole[TEXT_NUMBER];
    text_format(words, sizeof words, "%s in %zu rotating layers of %zu",
                text_count(pairs, model_pairs(model)), count_rotating(model), model->layer_count);
    print_line(stream, "pairs", words, "");
    text_format(words, sizeof words, "%s of %s", text_bytes(part, (double)model->scanned_bytes),
                text_bytes(whole, (double)model->files_bytes));
    print_line(stream, "to read", words, "");
    print_line(stream, "angles", origin(session) ? origin(session) : "not scanned yet", "");
}

static enum status print_text(const struct session *session, struct error *err)
{
    const struct model *model = session_angles(session)->model;
    struct output output;
    enum status status = output_open(&output, NULL, err);
    if (status != STATUS_OK)
        return status;
    print_line(output.stream, "model", model->name, "");
    print_line(output.stream, "path", model->path, "");
    print_line(output.stream, "format", model->format, "");
    print_files(output.stream, session_source(session));
    print_facts(output.stream, model);
    print_tensors(output.stream, model);
    print_totals(output.stream, session);
    for (size_t i = 0; i < model->note_count; i++)
        print_line(output.stream, "note", model->notes[i], "");
    return output_commit(&output, err);
}

enum status command_info(const struct options *options, struct error *err)
{
    struct session *session;
    size_t printed = 0;
    enum status status = open_named_model(options, &session, err);
    if (status != STATUS_OK)
        return status;
    print_notice(session, &printed);
    status = options->json ? print_json(session, err) : print_text(session, err);
    session_close(session);
    return status;
}
