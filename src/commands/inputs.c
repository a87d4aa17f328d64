/* inputs.c: what was read must not be written over: -o that leads to a file of the model would
 * leave neither the model nor, most often, a way to make it again. */
#include "commands.h"

#include <string.h>
#include <sys/stat.h>

/* The file that -o leads to, links followed, however it is spelt. */
struct target {
    dev_t device;
    ino_t inode;
};

static bool is_target(const struct target *target, const char *path)
{
    struct stat info;
    return path && stat(path, &info) == 0 && S_ISREG(info.st_mode) &&
           info.st_dev == target->device && info.st_ino == target->inode;
}

static bool is_of_source(const struct target *target, const struct source *source)
{
    if (is_target(target, source->config_path) || is_target(target, source->index_path))
        return true;
    for (size_t i = 0; i < source->file_count; i++)
        if (is_target(target, source->files[i].path))
            return true;
    return false;
}

static bool is_of_adapter(const struct target *target, const char *directory)
{
    static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors",
                                        "adapter_model.bin"};
    char path[PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (path_join(path, directory, names[i]) && is_target(target, path))
            return true;
    return false;
}

enum status output_spares_inputs(const struct options *options, const struct session *session,
                                 struct error *err)
{
    struct stat info;
    const char *path = options->output, *what = NULL;
    const struct source *source = session_source(session);
    if (!path || strcmp(path, "-") == 0 || stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return STATUS_OK;
    const struct target target = {info.st_dev, info.st_ino};
    if (is_target(&target, options->model) || (source && is_of_source(&target, source)))
        what = "a file of the model";
    else if ((options->session.adapter && is_of_adapter(&target, options->session.adapter)) ||
             (options->compare_adapter && is_of_adapter(&target, options->compare_adapter)))
        what = "a file of the adapter";
    else if (is_target(&target, options->thresholds))
        what = "the file of --thresholds";
    if (!what)
        return STATUS_OK;
    error_set(err, STATUS_USAGE, "-o %s: that is %s, which would be lost", path, what);
    return error_help(err, "name another file");
}
