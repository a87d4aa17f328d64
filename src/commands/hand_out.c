/* hand_out.c: what the explorer hands out when the state asks for it: a file, a text for the
 * clipboard, and the model as words of a command line. */
#include "hand_out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the model in words -------------------------------------------------- */

struct words {
    char *out;
    size_t size;
    bool fits;
};

static void add(struct words *words, const char *flag, const char *value)
{
    size_t used = strlen(words->out);
    words->fits = words->fits && text_format(words->out + used, words->size - used, " --%s%s%s",
                                             flag, *value ? " " : "", value);
}

static void add_number(struct words *words, const char *flag, uint64_t value)
{
    char text[TEXT_NUMBER];
    text_format(text, sizeof text, "%llu", (unsigned long long)value);
    if (value > 0)
        add(words, flag, text);
}

/* A flag and a path. */
static void add_path(struct words *words, const char *flag, const char *path)
{
    char word[PATH_BYTES];
    words->fits = words->fits && text_shell_word(word, sizeof word, path);
    add(words, flag, word);
}

static void add_beside(struct words *words, const struct options *options)
{
    for (size_t i = 0; i < options->beside_count; i++) {
        char path[PATH_BYTES], word[PATH_BYTES];
        size_t used = strlen(words->out);
        words->fits = words->fits &&
                      text_format(path, sizeof path, "%s%s", *options->beside[i] == '-' ? "./" : "",
                                  options->beside[i]) &&
                      text_shell_word(word, sizeof word, path) &&
                      text_format(words->out + used, words->size - used, " %s", word);
    }
    if (options->session.adapter)
        add_path(words, "adapter", options->session.adapter);
    if (options->compare)
        add_path(words, "compare", options->compare);
    if (options->compare_adapter)
        add_path(words, "compare-adapter", options->compare_adapter);
    if (options->tokens)
        add(words, "tokens", options->tokens);
    if (options->tokens_file)
        add_path(words, "tokens-file", options->tokens_file);
    if (options->text)
        add_path(words, "text", options->text);
    if (options->vocabulary)
        add(words, "vocabulary", "");
}

bool model_words(char *out, size_t size, const struct options *options)
{
    char path[PATH_BYTES], number[TEXT_NUMBER];
    const struct model_options *model = &options->session.model;
    struct words words = {out, size, true};
    if (options->model) /* a name that begins with "-" would be a flag */
        words.fits = text_format(path, sizeof path, "%s%s", *options->model == '-' ? "./" : "",
                                 options->model);
    else
        words.fits = find_demo_model(path);
    words.fits = words.fits && text_shell_word(out, size, path);
    add_beside(&words, options);
    if (model->folded)
        add(&words, "folded", "");
    if (options->facts)
        add(&words, "facts", "");
    if (model->has_pairing)
        add(&words, "pairing", pairing_name(model->pairing));
    add_number(&words, "head-dim", model->head_dim);
    add_number(&words, "heads", model->heads);
    add_number(&words, "kv-heads", model->kv_heads);
    if (model->rope_theta > 0)
        add(&words, "rope-theta", text_double(number, model->rope_theta));
    add_number(&words, "context", model->context);
    if (options->session.no_cache)
        add(&words, "no-cache", "");
    return words.fits;
}

/* ---- files --------------------------------------------------------------- */

/* "~/x" as a shell would have it; "-" is a name here. */
static bool name_to_path(char path[PATH_BYTES], const char *name)
{
    const char *home = getenv("HOME");
    if (name[0] == '~' && name[1] == '/' && home)
        return path_join(path, home, name + 2);
    return text_format(path, PATH_BYTES, "%s%s", *name == '-' ? "./" : "", name);
}

static enum status write_rows(const struct state *state, const char *name, struct output *output,
                              char *note, size_t size, struct error *err)
{
    struct view_table table;
    char rows[TEXT_NUMBER], bytes[TEXT_NUMBER];
    struct view_settings settings = view_settings_exported(state);
    enum export_format format = text_ends_with(name, ".json")  ? EXPORT_JSON
                                : text_ends_with(name, ".svg") ? EXPORT_SVG
                                                               : EXPORT_CSV;
    if (!view_of(state->view)->table)
        return error_set(err, STATUS_FAILED, "this view has no numbers of its own");
    enum status status = view_of(state->view)->table(state->angles, &settings, &table, err);
    if (status != STATUS_OK)
        return status;
    status = view_write(state->view, &table.table, &settings, state->angles->model, format,
                        output->stream, err);
    long written = ftell(output->stream); /* -1: no file */
    text_format(note, size, "wrote %s rows, %s: %s", text_count(rows, table.table.row_count),
                text_bytes(bytes, written > 0 ? (double)written : 0), name);
    view_table_free(&table);
    return status;
}

/* What `ropescope mask` writes of the same rule. */
static enum status write_mask(const struct state *state, const char *name, struct output *output,
                              char *note, size_t size, struct error *err)
{
    struct mask *mask;
    struct awm awm = state_awm(state);
    char frozen[TEXT_NUMBER], rows[TEXT_NUMBER], bytes[TEXT_NUMBER];
    awm.random = false; /* the baseline is what the rule is compared with */
    enum status status =
        mask_new(state->angles, &awm, row_order_usual(state->angles->model), &mask, err);
    if (status != STATUS_OK)
        return status;
    status = mask_write(mask, mask_format_of_path(name), output->stream, err);
    long written = ftell(output->stream);
    text_format(note, size, "wrote a mask: %s of %s rows frozen, %s: %s",
                text_count(frozen, mask->frozen), text_count(rows, mask->rows),
                text_bytes(bytes, written > 0 ? (double)written : 0), name);
    mask_free(mask);
    return status;
}

static enum status write_rule(const struct state *state, const char *name, struct output *output,
                              char *note, size_t size, struct error *err)
{
    struct awm awm = state_awm(state);
    text_format(note, size, "wrote the rule and %zu lines beside it, for --thresholds: %s",
                awm.line_count, name);
    return rule_write_csv(&awm, output->stream, err);
}

static enum status write_product(const struct state *state, const char *name, struct output *output,
                                 char *note, size_t size, struct error *err)
{
    switch (state->product) {
    case PRODUCT_MASK:
        return write_mask(state, name, output, note, size, err);
    case PRODUCT_RULE:
        return write_rule(state, name, output, note, size, err);
    default:
        return write_rows(state, name, output, note, size, err);
    }
}

enum status save_product(const struct state *state, bool replace, bool *exists,
                         char path[PATH_BYTES], char *note, size_t size, struct error *err)
{
    struct output output;
    const char *name = state->entry.text;
    if (!name_to_path(path, name))
        return error_set(err, STATUS_FAILED, "the name is too long");
    *exists = !replace && path_exists(path);
    if (*exists)
        return STATUS_OK;
    enum status status = output_open(&output, path, err);
    if (status != STATUS_OK)
        return status;
    status = write_product(state, name, &output, note, size, err);
    if (status != STATUS_OK) {
        output_abort(&output);
        return status;
    }
    return replace ? output_commit(&output, err) : output_commit_new(&output, exists, err);
}

/* ---- the clipboard ------------------------------------------------------- */

static enum status copy_text(struct screen *screen, const char *text, const char *what, char *note,
                             size_t size, struct error *err)
{
    enum status status = screen_copy(screen, text, err);
    if (status == STATUS_OK)
        text_format(note, size, "copied %s: %s", what, text);
    return status;
}

enum status copy_current(struct screen *screen, const struct state *state, char *note, size_t size,
                         struct error *err)
{
    char text[COPY_BYTES], what[COPY_BYTES];
    if (!view_copy(state, text, what))
        return error_set(err, STATUS_FAILED, "there is nothing to copy here");
    return copy_text(screen, text, what, note, size, err);
}

enum status copy_command(struct screen *screen, const struct state *state, char *note, size_t size,
                         struct error *err)
{
    char text[COMMAND_BYTES];
    if (!view_command(state, text, sizeof text))
        return error_set(err, STATUS_FAILED,
                         "there is no command: it is too long, or the rule has "
                         "to be written first (w)");
    return copy_text(screen, text, "the command", note, size, err);
}
