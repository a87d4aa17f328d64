/* path.c: paths, the XDG cache directory, and output files that are whole or absent. */
#include "ropescope/support.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool path_join(char out[PATH_BYTES], const char *directory, const char *name)
{
    bool slash = *directory == '\0' || text_ends_with(directory, "/");
    return text_format(out, PATH_BYTES, "%s%s%s", directory, slash ? "" : "/", name);
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void path_directory(char out[PATH_BYTES], const char *path)
{
    const char *name = path_name(path);
    size_t len = (size_t)(name - path);
    if (len == 0) {
        text_format(out, PATH_BYTES, ".");
        return;
    }
    if (len >= PATH_BYTES)
        len = PATH_BYTES - 1;
    memcpy(out, path, len);
    out[len] = '\0';
    if (len > 1)
        out[len - 1] = '\0'; /* the slash, but for the root's own */
}

static bool has_mode(const char *path, mode_t kind)
{
    struct stat info;
    return stat(path, &info) == 0 && (info.st_mode & S_IFMT) == kind;
}

bool path_is_directory(const char *path)
{
    return has_mode(path, S_IFDIR);
}

bool path_is_file(const char *path)
{
    return has_mode(path, S_IFREG);
}

bool path_exists(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

bool path_make_directories(const char *path)
{
    char part[PATH_BYTES];
    if (*path == '\0' || !text_format(part, sizeof part, "%s", path)) {
        errno = *path ? ENAMETOOLONG : ENOENT;
        return false;
    }
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
        *at = '/';
    }
    if (mkdir(part, 0777) != 0 && errno != EEXIST)
        return false;
    if (path_is_directory(part))
        return true;
    errno = ENOTDIR;
    return false;
}

/* As the XDG specification says, a relative path in the variable is ignored. */
static bool xdg_directory(char out[PATH_BYTES], const char *variable, const char *below_home)
{
    const char *set = getenv(variable);
    if (set && *set == '/')
        return path_join(out, set, "ropescope");
    const char *home = getenv("HOME");
    return home && *home == '/' && path_join(out, home, below_home);
}

bool path_cache_directory(char out[PATH_BYTES])
{
    return xdg_directory(out, "XDG_CACHE_HOME", ".cache/ropescope");
}

bool path_config_directory(char out[PATH_BYTES])
{
    return xdg_directory(out, "XDG_CONFIG_HOME", ".config/ropescope");
}

bool path_program_directory(char out[PATH_BYTES])
{
    char program[PATH_BYTES];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return false;
    program[len] = '\0';
    path_directory(out, program);
    return true;
}

/* ---- output -------------------------------------------------------------- */

static enum status output_failed(const struct output *output, struct error *err)
{
    return error_set(err, STATUS_FAILED, "%s: cannot be written: %s",
                     *output->path ? output->path : "standard output", strerror(errno));
}

/* Where a link that points to nothing points: the file that a write through it would make. False
 * with errno where the path is no such link, or one of links that go round. */
static bool resolve_dangling(char out[PATH_BYTES], const char *path)
{
    enum { LINKS_MAX = 40 };
    char at[PATH_BYTES], target[PATH_BYTES], directory[PATH_BYTES];
    if (!text_format(at, sizeof at, "%s", path))
        return false;
    for (int links = 0; links < LINKS_MAX; links++) {
        ssize_t len = readlink(at, target, sizeof target - 1);
        if (len < 0)
            return links > 0 && text_format(out, PATH_BYTES, "%s", at);
        target[len] = '\0';
        path_directory(directory, at);
        if (*target == '/' ? !text_format(at, sizeof at, "%s", target)
                           : !path_join(at, directory, target))
            return false;
    }
    return false;
}

/* A link stays a link: what it points to is replaced, or made. */
static bool resolve_output(char out[PATH_BYTES], const char *path)
{
    char resolved[PATH_BYTES];
    if (realpath(path, resolved))
        return text_format(out, PATH_BYTES, "%s", resolved);
    return (errno == ENOENT && resolve_dangling(out, path)) ||
           text_format(out, PATH_BYTES, "%s", path);
}

/* NAME.PID.partial beside the file; where that is longer than a name may be, what fits of NAME. */
static bool name_temporary(struct output *output)
{
    char directory[PATH_BYTES], ending[48], name[NAME_MAX + 1];
    const char *whole = path_name(output->path);
    text_format(ending, sizeof ending, ".%ld.partial", (long)getpid());
    size_t keep = NAME_MAX - strlen(ending);
    text_format(name, sizeof name, "%.*s%s", (int)keep, whole, ending);
    path_directory(directory, output->path);
    return path_join(output->temporary, directory, name);
}

/* A file that is replaced keeps its mode. */
static bool keep_mode(const struct output *output)
{
    struct stat info;
    return stat(output->path, &info) != 0 ||
           fchmod(fileno(output->stream), info.st_mode & 0777) == 0;
}

enum status output_open(struct output *output, const char *path, struct error *err)
{
    *output = (struct output){.stream = stdout};
    if (!path || strcmp(path, "-") == 0)
        return STATUS_OK;
    if (!resolve_output(output->path, path))
        return error_set(err, STATUS_FAILED, "%s: the path is too long", path);
    if (path_is_directory(output->path))
        return error_set(err, STATUS_FAILED, "%s: is a directory", path);
    /* A device is written straight. */
    bool special = access(output->path, F_OK) == 0 && !path_is_file(output->path);
    if (!special && !name_temporary(output))
        return error_set(err, STATUS_FAILED, "%s: the path is too long", path);
    /* What a killed process of this number left must go; a link under that name is not followed. */
    unlink(output->temporary);
    output->stream = special ? fopen(output->path, "wbe") : fopen(output->temporary, "wbxe");
    if (output->stream && (special || keep_mode(output)))
        return STATUS_OK;
    enum status status = output_failed(output, err);
    output_abort(output);
    return status;
}

/* Closes the stream (standard output is only flushed); false with errno where anything was lost. */
static bool output_close(struct output *output)
{
    bool failed_before = ferror(output->stream);
    errno = 0;
    bool bad = fflush(output->stream) != 0 || failed_before;
    int reason = errno ? errno : EIO; /* the reason of a write long past is lost */
    if (*output->temporary && !bad && fsync(fileno(output->stream)) != 0) {
        bad = errno != EINVAL && errno != EROFS;
        reason = errno;
    }
    if (*output->path && fclose(output->stream) != 0 && !bad) {
        bad = true;
        reason = errno;
    }
    output->stream = NULL;
    errno = reason;
    return !bad;
}

enum status output_commit(struct output *output, struct error *err)
{
    if (signals_caught() != 0) { /* whoever interrupts wants no file */
        output_abort(output);
        return error_set(err, STATUS_CANCELLED, "interrupted");
    }
    if (!output_close(output)) {
        enum status status = output_failed(output, err);
        output_abort(output);
        return status;
    }
    if (*output->temporary && rename(output->temporary, output->path) != 0) {
        enum status status = output_failed(output, err);
        output_abort(output);
        return status;
    }
    return STATUS_OK;
}

/* Gives the file its name unless there is one already (EEXIST). Where the file system knows no
 * links, a look and a rename have to do. */
static bool name_new(const struct output *output)
{
    if (link(output->temporary, output->path) == 0)
        return unlink(output->temporary) == 0;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS && errno != EMLINK)
        return false;
    if (path_exists(output->path)) {
        errno = EEXIST;
        return false;
    }
    return rename(output->temporary, output->path) == 0;
}

enum status output_commit_new(struct output *output, bool *exists, struct error *err)
{
    *exists = false;
    if (!*output->temporary)
        return output_commit(output, err); /* a stream or a device is nobody's file */
    bool whole = output_close(output);
    if (whole && name_new(output))
        return STATUS_OK;
    *exists = whole && errno == EEXIST;
    enum status status = *exists ? STATUS_OK : output_failed(output, err);
    output_abort(output);
    return status;
}

void output_abort(struct output *output)
{
    if (output->stream && *output->path)
        fclose(output->stream);
    output->stream = NULL;
    if (*output->temporary)
        unlink(output->temporary);
}
