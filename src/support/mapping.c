/* mapping.c: files mapped read-only. Reading them is safe only inside guard_run. */
#include "ropescope/support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status map_descriptor(struct mapping *mapping, int fd, const char *path,
                                  struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, STATUS_FAILED, "%s: not a regular file", path);
    if ((uint64_t)info.st_size > SIZE_MAX)
        return error_set(err, STATUS_FAILED, "%s: too large for this machine's address space",
                         path);
    *mapping = (struct mapping){.size = (size_t)info.st_size};
    if (mapping->size == 0)
        return STATUS_OK;
    void *data = mmap(NULL, mapping->size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        return error_set(err, STATUS_FAILED, "%s: cannot be mapped: %s", path, strerror(errno));
    mapping->data = data;
    return STATUS_OK;
}

enum status mapping_open(struct mapping *mapping, const char *path, struct error *err)
{
    *mapping = (struct mapping){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
    enum status status = map_descriptor(mapping, fd, path, err);
    close(fd);
    return status;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->data)
        munmap((void *)(uintptr_t)mapping->data, mapping->size);
    *mapping = (struct mapping){0};
}

/* ---- whole files --------------------------------------------------------- */

struct guarded_copy {
    char *to;
    const unsigned char *from;
    size_t size;
};

static void copy_mapped(void *arg)
{
    struct guarded_copy *copy = arg;
    memcpy(copy->to, copy->from, copy->size);
}

static enum status copy_whole(const struct mapping *file, const char *path, size_t limit,
                              char **text, struct error *err)
{
    if (file->size > limit)
        return error_set(err, STATUS_FAILED, "%s: %zu bytes are too many, at most %zu are read",
                         path, file->size, limit);
    struct guarded_copy copy = {memory_array(file->size, 1), file->data, file->size};
    if (!copy.to)
        return error_memory(err);
    if (file->size > 0 && !guard_run(copy_mapped, &copy)) {
        memory_free(copy.to);
        return error_set(err, STATUS_FAILED, "%s: could not be read to its end", path);
    }
    *text = copy.to;
    return STATUS_OK;
}

enum status file_read(const char *path, size_t limit, char **text, size_t *len, struct error *err)
{
    struct mapping file;
    enum status status = mapping_open(&file, path, err);
    if (status != STATUS_OK)
        return status;
    status = copy_whole(&file, path, limit, text, err);
    *len = file.size;
    mapping_close(&file);
    return status;
}
