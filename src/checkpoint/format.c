/* format.c: which format a weight file has, told by its first bytes and its size, never by its name
 * alone. A new format is a file of its own and a row here. */
#include "reader.h"

static const struct format formats[] = {
    {"safetensors", ".safetensors", safetensors_recognises, safetensors_read},
    {"gguf", ".gguf", gguf_recognises, gguf_read},
    {"PyTorch", NULL, torch_zip_recognises, torch_zip_read},
    {"pickle", NULL, bare_pickle_recognises, bare_pickle_read},
    {"llama2.c", NULL, llama2c_recognises, llama2c_read},
};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

/* Files that call themselves so are read as such where their content is of no format at all, so
 * that a damaged one is told what is wrong with it. */
static const struct format *format_of_name(const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (formats[i].ending && text_ends_with(name, formats[i].ending))
            return &formats[i];
    }
    return NULL;
}

struct question {
    const struct mapping *mapping;
    const struct format *answer; /* NULL: none */
};

static void find_format(void *arg)
{
    struct question *q = arg;
    for (size_t i = 0; i < FORMAT_COUNT && !q->answer; i++) {
        if (formats[i].recognises(q->mapping))
            q->answer = &formats[i];
    }
}

enum status format_of(const struct mapping *mapping, const struct source_file *file,
                      const struct format **out, struct error *err)
{
    struct question q = {.mapping = mapping};
    if (!guard_run(find_format, &q))
        return error_set(err, STATUS_FAILED,
                         "%s: it could not be read: the file shrank or its disk failed",
                         file->path);
    if (!q.answer)
        q.answer = format_of_name(file->name);
    *out = q.answer;
    if (q.answer)
        return STATUS_OK;
    error_set(err, STATUS_FAILED,
              "%s: not a file that ropescope reads: its first bytes are of no format that it knows",
              file->path);
    return error_help(err,
                      "it reads safetensors, GGUF, PyTorch, llama2.c and .angles files; is this "
                      "one whole?");
}
