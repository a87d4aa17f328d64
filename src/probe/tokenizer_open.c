/* tokenizer_open.c: where the tokenizer of a model lies, and of what kind it is. */
#include "tokenizer_parts.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <string.h>

enum { CONFIG_MAX = 1 << 20, BYTES = 256 };

typedef enum status read_file(struct tokenizer *tokenizer, const char *path, struct error *err);

static enum status read_as(read_file *read, const char *path, struct tokenizer **out,
                           struct error *err)
{
    struct tokenizer *tokenizer = memory_array(1, sizeof *tokenizer);
    if (!tokenizer)
        return error_memory(err);
    enum status status = read(tokenizer, path, err);
    if (status != STATUS_OK) {
        tokenizer_close(tokenizer);
        return status;
    }
    text_format(tokenizer->words, sizeof tokenizer->words, "%s (%s)", tokenizer->kind, path);
    *out = tokenizer;
    return STATUS_OK;
}

static enum status read_bytes(struct tokenizer *tokenizer, const char *path, struct error *err)
{
    (void)path;
    (void)err;
    tokenizer->plain_bytes = true;
    tokenizer->kind = "bytes, for 256 tokens";
    return STATUS_OK;
}

/* Whether the model has 256 tokens, as its config.json says. */
static bool has_byte_tokens(const char *config)
{
    cJSON *root = NULL;
    uint64_t count = 0;
    struct error ignored;
    if (path_is_file(config) &&
        json_read_file(config, CONFIG_MAX, &root, NULL, &ignored) == STATUS_OK)
        (void)json_whole(json_get(root, "vocab_size"), &count);
    cJSON_Delete(root);
    return count == BYTES;
}

/* The only file of the directory whose name begins and ends so; false: none, or several. */
static bool only_file(const char *directory, const char *begin, const char *end,
                      char out[PATH_BYTES])
{
    DIR *listing = opendir(directory);
    size_t found = 0;
    for (struct dirent *entry; listing && (entry = readdir(listing));) {
        if (strncmp(entry->d_name, begin, strlen(begin)) == 0 &&
            text_ends_with(entry->d_name, end) && path_join(out, directory, entry->d_name))
            found++;
    }
    if (listing)
        closedir(listing);
    return found == 1 && path_is_file(out);
}

static enum status open_in(const char *directory, struct tokenizer **out, struct error *err)
{
    char path[PATH_BYTES];
    if (path_join(path, directory, "tokenizer.json") && path_is_file(path))
        return read_as(tokenizer_read_json, path, out, err);
    if (path_join(path, directory, "tokenizer.bin") && path_is_file(path))
        return read_as(tokenizer_read_llama2c, path, out, err);
    if (path_join(path, directory, "config.json") && has_byte_tokens(path))
        return read_as(read_bytes, path, out, err);
    if (only_file(directory, "tok", ".bin", path))
        return read_as(tokenizer_read_llama2c, path, out, err);
    if (only_file(directory, "", ".gguf", path))
        return read_as(tokenizer_read_gguf, path, out, err);
    error_set(err, STATUS_FAILED, "%s: no tokenizer.json or other tokenizer lies there", directory);
    return error_help(err, "pass token ids by --tokens");
}

static bool begins_with(const char *path, const char *magic)
{
    char head[8] = {0};
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        fclose(file);
    return got >= strlen(magic) && memcmp(head, magic, strlen(magic)) == 0;
}

enum status tokenizer_open(const char *path, struct tokenizer **out, struct error *err)
{
    char directory[PATH_BYTES];
    const char *name = path_name(path);
    *out = NULL;
    if (path_is_directory(path))
        return open_in(path, out, err);
    if (path_is_file(path) && begins_with(path, "GGUF"))
        return read_as(tokenizer_read_gguf, path, out, err);
    if (strncmp(name, "tok", 3) == 0 && text_ends_with(name, ".bin"))
        return read_as(tokenizer_read_llama2c, path, out, err);
    if (strncmp(name, "tokenizer", 9) == 0 && text_ends_with(name, ".json"))
        return read_as(tokenizer_read_json, path, out, err);
    path_directory(directory, path);
    return open_in(directory, out, err);
}
