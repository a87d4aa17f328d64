/* disk.c: a disk that is slow or full, for LD_PRELOAD: writes to files named *.partial wait
 * $DISK_WAIT_US microseconds each, and find room for $DISK_ROOM bytes in all. */
#define _GNU_SOURCE 1 /* RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic size_t used;

static int is_partial(int fd)
{
    static const char ending[] = ".partial";
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path);
    return len >= (ssize_t)sizeof ending &&
           memcmp(path + len - (sizeof ending - 1), ending, sizeof ending - 1) == 0;
}

/* How many of `size` bytes the disk takes. */
static size_t admit(size_t size)
{
    const char *wait = getenv("DISK_WAIT_US"), *room = getenv("DISK_ROOM");
    if (wait)
        usleep((useconds_t)atoi(wait));
    if (!room)
        return size;
    size_t all = (size_t)atoll(room), before = atomic_fetch_add(&used, size);
    size_t left = before < all ? all - before : 0;
    return size < left ? size : left;
}

ssize_t write(int fd, const void *data, size_t size)
{
    static ssize_t (*next)(int fd, const void *data, size_t size);
    if (!next) {
        void *symbol = dlsym(RTLD_NEXT, "write");
        memcpy(&next, &symbol, sizeof next);
    }
    size_t admitted = is_partial(fd) ? admit(size) : size;
    if (admitted == 0 && size > 0) {
        errno = ENOSPC;
        return -1;
    }
    return next(fd, data, admitted);
}
