/* mapping.c: files mapped read-only, and read without a mapping. What is mapped is safe to read
 * only inside guard_run. */
#include "ropescope/support.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not blocking: a pipe without a writer is refused for what it is, not waited for. */
enum { OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK };

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
    *mapping = (struct mapping){.size = (size_t)info.st_size,
                                .device = (uint64_t)info.st_dev,
                                .inode = (uint64_t)info.st_ino};
    if (mapping->size == 0)
        return STATUS_OK;
    void *data = mmap(NULL, mapping->size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED)
        return error_set(err, STATUS_FAILED, "%s: cannot be mapped: %s", path, strerror(errno));
    mapping->data = data;
    mapping->fd = fd;
    return STATUS_OK;
}

enum status mapping_open(struct mapping *mapping, const char *path, struct error *err)
{
    *mapping = (struct mapping){0};
    int fd = open(path, OPEN_FLAGS);
    if (fd < 0)
        return error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
    enum status status = map_descriptor(mapping, fd, path, err);
    if (!mapping->data)
        close(fd);
    return status;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->data) {
        munmap((void *)(uintptr_t)mapping->data, mapping->size);
        if (mapping->fd >= 0)
            close(mapping->fd);
    }
    *mapping = (struct mapping){0};
}

void mapping_let_go(struct mapping *mapping, const char *path)
{
    if (!mapping->data || mapping->fd < 0)
        return;
    close(mapping->fd);
    mapping->fd = -1;
    mapping->path = path;
}

void mapping_release(const struct mapping *mapping, size_t size)
{
    if (mapping->data && size <= mapping->size)
        madvise((void *)(uintptr_t)mapping->data, size, MADV_DONTNEED);
}

/* The file that is mapped, and no other that has come to its place; -1: it is not there. */
static int open_again(const struct mapping *mapping)
{
    struct stat info;
    int fd = open(mapping->path, OPEN_FLAGS);
    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && (uint64_t)info.st_dev == mapping->device &&
        (uint64_t)info.st_ino == mapping->inode)
        return fd;
    close(fd);
    return -1;
}

static bool read_at(int fd, uint64_t offset, size_t size, char *to)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(fd, to + done, size - done, (off_t)(offset + (uint64_t)done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

bool mapping_read(const struct mapping *mapping, uint64_t offset, size_t size, void *to)
{
    int fd = mapping->fd >= 0 ? mapping->fd : open_again(mapping);
    bool read = fd >= 0 && read_at(fd, offset, size, to);
    if (fd >= 0 && fd != mapping->fd)
        close(fd);
    return read;
}

/* Who touches one page after the other has the system read ahead in pieces as large as it has, and
 * keep them so; that is faster, here by half, than asking for stretches (POSIX_FADV_WILLNEED),
 * which come as single pages, and than read(2), which copies. */
void mapping_bring(const struct mapping *mapping, uint64_t offset, uint64_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (offset >= mapping->size || size > mapping->size - offset)
        return;
    (void)madvise((void *)(uintptr_t)mapping->data, mapping->size, MADV_SEQUENTIAL);
    if (mapping->fd >= 0)
        (void)posix_fadvise(mapping->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    const volatile unsigned char *at = mapping->data + offset;
    for (uint64_t i = 0; i < size; i += page)
        (void)at[i];
}

/* ---- whole files --------------------------------------------------------- */

/* Reads `size` bytes; fewer where the file ends before. -1: an error, in errno. */
static ssize_t read_fully(int fd, char *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, to + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static enum status read_descriptor(int fd, const char *path, size_t limit, char **text, size_t *len,
                                   struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(err, STATUS_FAILED, "%s: not a regular file", path);
    if ((uint64_t)info.st_size > limit)
        return error_set(err, STATUS_FAILED, "%s: %lld bytes are too many, at most %zu are read",
                         path, (long long)info.st_size, limit);
    *text = memory_unset((size_t)info.st_size);
    if (!*text)
        return error_memory(err);
    ssize_t got = read_fully(fd, *text, (size_t)info.st_size);
    *len = got > 0 ? (size_t)got : 0;
    if (got == info.st_size)
        return STATUS_OK;
    memory_free(*text);
    *text = NULL;
    return error_set(err, STATUS_FAILED, "%s: could not be read to its end: %s", path,
                     got < 0 ? strerror(errno) : "it shrank meanwhile");
}

enum status file_read(const char *path, size_t limit, char **text, size_t *len, struct error *err)
{
    *text = NULL;
    int fd = open(path, OPEN_FLAGS);
    if (fd < 0)
        return error_set(err, STATUS_FAILED, "%s: %s", path, strerror(errno));
    enum status status = read_descriptor(fd, path, limit, text, len, err);
    close(fd);
    return status;
}
