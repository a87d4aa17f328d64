/* families.c: `ropescope families`: what is known of each family, from the table that models are
 * opened by. */
#include "commands.h"
#include "json_out.h"

#include <cjson/cJSON.h>

enum { TYPE_COLUMNS = 21 };

/* ---- as JSON ------------------------------------------------------------- */

static void add_line(cJSON *root, const struct family_line *line)
{
    cJSON *object = json_out_object(root, NULL);
    json_out_text(object, "family", line->type);
    json_out_text(object, "same_as", line->same_as);
    json_out_text(object, "refused", line->without);
    if (line->key) {
        cJSON *where = json_out_object(object, "where");
        json_out_text(where, "key", line->key);
        json_out_text(where, "value", line->value);
    }
    if (line->same_as || line->without)
        return;
    json_out_text(object, "pairing", pairing_name(line->pairing));
    json_out_text(object, "rotated_dims", line->dims);
    json_out_text(object, "rotating_layers", line->layers);
    json_out_text(object, "layout", line->layout);
    json_out_text(object, "query_tensor", line->tensor);
}

static enum status print_json(struct error *err)
{
    struct family_line line;
    cJSON *root = cJSON_CreateObject();
    cJSON *list = json_out_array(root, "families");
    for (size_t i = 0; family_line(i, &line); i++)
        add_line(list, &line);
    return json_out_print(root, err);
}

/* ---- for people ---------------------------------------------------------- */

static void print_condition(FILE *stream, const struct family_line *line)
{
    if (line->key)
        fprintf(stream, "  where %s is %s", line->key, line->value ? line->value : "there");
    fputc('\n', stream);
}

static void print_read(FILE *stream)
{
    struct family_line line;
    fprintf(stream, "%-*s %-12s %-6s %-15s %-25s %s\n", TYPE_COLUMNS, "family", "pairing", "dims",
            "layers", "query, key, value rows", "queries in");
    for (size_t i = 0; family_line(i, &line); i++) {
        if (line.same_as || line.without)
            continue;
        fprintf(stream, "%-*s %-12s %-6s %-15s %-25s %s", TYPE_COLUMNS, line.type,
                pairing_name(line.pairing), line.dims, line.layers, line.layout, line.tensor);
        print_condition(stream, &line);
    }
}

static void print_other_names(FILE *stream)
{
    struct family_line line;
    fputs("\nother names\n", stream);
    for (size_t i = 0; family_line(i, &line); i++) {
        if (line.same_as)
            fprintf(stream, "%-*s as %s\n", TYPE_COLUMNS, line.type, line.same_as);
    }
}

static void print_refused(FILE *stream)
{
    struct family_line line;
    fputs("\nrefused\n", stream);
    for (size_t i = 0; family_line(i, &line); i++) {
        if (!line.without)
            continue;
        fprintf(stream, "%-*s %s", TYPE_COLUMNS, line.type, line.without);
        print_condition(stream, &line);
    }
}

enum status command_families(const struct options *options, struct error *err)
{
    struct output output;
    if (options->json)
        return print_json(err);
    enum status status = output_open(&output, NULL, err);
    if (status != STATUS_OK)
        return status;
    print_read(output.stream);
    print_other_names(output.stream);
    print_refused(output.stream);
    fputs("\nAny other model_type is tried by the names and shapes of its tensors.\n",
          output.stream);
    return output_commit(&output, err);
}
