/* source_files.c: which files of a directory are the weights of one model: by the names that
 * libraries give them, or the only one that has such an ending. */
#include "gguf_set.h"
#include "source_parts.h"

#include <dirent.h>
#include <string.h>

/* ---- one file, whatever it is called ------------------------------------- */

/* What training leaves beside the weights, under the same endings. */
static bool is_no_weights(const char *name)
{
    static const char *const beginnings[] = {".",         "adapter",   "optimizer",    "scheduler",
                                             "rng_state", "tokenizer", "training_args"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

/* Endings of one kind of weight files. */
struct endings {
    const char *words, *index; /* for errors */
    const char *const list[3];
};

static bool has_ending(const char *name, const struct endings *endings)
{
    for (size_t i = 0; i < 3 && endings->list[i]; i++) {
        if (text_ends_with(name, endings->list[i]))
            return true;
    }
    return false;
}

/* How many such files a directory holds, and the name of one: people rename the only one. */
static size_t count_files(const char *directory, const struct endings *endings,
                          char name[PATH_BYTES])
{
    DIR *stream = opendir(directory);
    size_t found = 0;
    if (!stream)
        return 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (!has_ending(entry->d_name, endings) || is_no_weights(entry->d_name))
            continue;
        found++;
        text_format(name, PATH_BYTES, "%s", entry->d_name);
    }
    closedir(stream);
    return found;
}

/* The only file of these endings; *found 0: there is none. */
static enum status add_only(struct source *source, const char *directory,
                            const struct endings *endings, size_t *found, struct error *err)
{
    char only[PATH_BYTES];
    const char *name = only;
    *found = count_files(directory, endings, only);
    if (*found == 1)
        return source_add_files(source, directory, &name, 1, err);
    if (*found == 0)
        return STATUS_OK;
    error_set(err, STATUS_FAILED, "%s: %zu %s files, and no %s that lists them", directory, *found,
              endings->words, endings->index);
    return error_help(err, "download the index, too, or name one of the files");
}

/* ---- sets of GGUF files -------------------------------------------------- */

/* The file of that name, or all files of its set: whichever of them is named, the first tells what
 * the model is, and its path is the path of the model. */
static enum status add_gguf(struct source *source, const char *directory, const char *name,
                            struct error *err)
{
    char text[PATH_BYTES];
    struct gguf_set set;
    if (!gguf_set_parse(name, &set))
        return source_add_files(source, directory, &name, 1, err);
    const char **names = memory_array(set.count, sizeof *names);
    bool kept = names != NULL;
    for (uint32_t i = 0; i < set.count && kept; i++) {
        gguf_set_name(text, name, &set, i + 1);
        names[i] = source_keep(source, text);
        kept = names[i] != NULL;
    }
    enum status status =
        kept ? source_add_files(source, directory, names, set.count, err) : error_memory(err);
    memory_free(names);
    if (status == STATUS_OK)
        source->path = source->files[0].path;
    return status;
}

/* ---- Meta's consolidated checkpoints ------------------------------------- */

/* Model-parallel training cuts every tensor into as many slices as there are files. */
enum { SLICES_MAX = 100 };

static bool slice_number(const char *name, uint32_t *number)
{
    char digits[3] = {0};
    if (strncmp(name, "consolidated.", 13) != 0 || strlen(name) != strlen("consolidated.00.pth") ||
        strcmp(name + 15, ".pth") != 0)
        return false;
    memcpy(digits, name + 13, 2);
    return strspn(digits, "0123456789") == 2 && text_to_u32(digits, number);
}

bool source_is_consolidated(const char *name)
{
    return strncmp(name, "consolidated.", strlen("consolidated.")) == 0;
}

/* One behind the largest number of such a file; 0: there is none. */
static uint32_t count_slices(const char *directory)
{
    DIR *stream = opendir(directory);
    uint32_t count = 0, number;
    if (!stream)
        return 0;
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        if (slice_number(entry->d_name, &number) && number >= count)
            count = number + 1;
    }
    closedir(stream);
    return count;
}

static enum status add_slices(struct source *source, const char *directory, uint32_t count,
                              struct error *err)
{
    char text[PATH_BYTES], path[PATH_BYTES];
    const char *names[SLICES_MAX];
    for (uint32_t i = 0; i < count; i++) {
        text_format(text, sizeof text, "consolidated.%02u.pth", i);
        names[i] = source_keep(source, text);
        if (!names[i])
            return error_memory(err);
        if (source_has_file(path, directory, text))
            continue;
        error_set(err, STATUS_FAILED, "%s/%s: not there, but consolidated.%02u.pth is", directory,
                  text, count - 1);
        return error_help(err, "each of these files holds a slice of every tensor: download it");
    }
    source->sliced = count > 1;
    return source_add_files(source, directory, names, count, err);
}

/* ---- directories --------------------------------------------------------- */

/* Names that libraries give to the weights of a model, in the order in which transformers looks. */
static const struct {
    const char *single, *index;
} layouts[] = {
    {"model.safetensors", "model.safetensors.index.json"},
    {"pytorch_model.bin", "pytorch_model.bin.index.json"},
    {"consolidated.safetensors", NULL},
    {"consolidated.pth", NULL},
};

static enum status add_layout(struct source *source, const char *directory, bool *found,
                              struct error *err)
{
    char path[PATH_BYTES];
    *found = true;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        if (source_has_file(path, directory, layouts[i].single))
            return source_add_files(source, directory, &layouts[i].single, 1, err);
        if (!layouts[i].index || !source_has_file(path, directory, layouts[i].index))
            continue;
        source->index_path = source_keep(source, path);
        return source->index_path ? source_read_index(source, directory, err) : error_memory(err);
    }
    *found = false;
    return STATUS_OK;
}

static enum status add_gguf_of(struct source *source, const char *directory, size_t *found,
                               struct error *err)
{
    char only[PATH_BYTES];
    *found = gguf_models_in(directory, only);
    if (*found <= 1)
        return *found ? add_gguf(source, directory, only, err) : STATUS_OK;
    error_set(err, STATUS_FAILED, "%s: %zu models in .gguf files", directory, *found);
    return error_help(err, "name one of the files");
}

enum status source_of_directory(struct source *source, const char *directory, struct error *err)
{
    static const struct endings safetensors = {
        ".safetensors", "model.safetensors.index.json", {".safetensors"}};
    static const struct endings others = {
        ".bin, .pt or .pth", "pytorch_model.bin.index.json", {".bin", ".pt", ".pth"}};
    bool known;
    size_t found = 0;
    uint32_t slices = count_slices(directory);
    enum status status = add_layout(source, directory, &known, err);
    if (known || status != STATUS_OK)
        return status;
    if (slices > 0)
        return add_slices(source, directory, slices, err);
    status = add_only(source, directory, &safetensors, &found, err);
    if (status == STATUS_OK && found == 0)
        status = add_gguf_of(source, directory, &found, err);
    if (status == STATUS_OK && found == 0)
        status = add_only(source, directory, &others, &found, err);
    if (status != STATUS_OK || found > 0)
        return status;
    error_set(err, STATUS_FAILED,
              "%s: no weights here: neither model.safetensors, pytorch_model.bin or an index of "
              "either, nor consolidated.00.pth, nor a .gguf, .bin, .pt or .pth file",
              directory);
    return error_help(err, "give a directory with config.json and weights, or a weight file");
}

enum status source_of_file(struct source *source, const char *directory, const char *name,
                           struct error *err)
{
    uint32_t number;
    if (text_ends_with(name, ".gguf"))
        return add_gguf(source, directory, name, err);
    uint32_t slices = slice_number(name, &number) ? count_slices(directory) : 1;
    if (slices <= 1)
        return source_add_files(source, directory, &name, 1, err);
    enum status status = add_slices(source, directory, slices, err);
    if (status == STATUS_OK)
        source->path = source->files[0].path;
    return status;
}
