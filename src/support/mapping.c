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
