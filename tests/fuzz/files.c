/* files.c: the files that targets hand to parsers. */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

void fuzz_expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz: not so: %s\n", what);
    abort();
}

/* ---- the directory of the process ---------------------------------------- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

static char *directory_path(void)
{
    static char path[PATH_BYTES];
    return path;
}

static void remove_directory(void)
{
    nftw(directory_path(), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *directory(void)
{
    char *path = directory_path();
    if (*path)
        return path;
    const char *named = getenv("TMPDIR");
    const char *parent = named && *named == '/'                 ? named
                         : access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm"
                                                                : "/tmp";
    text_format(path, PATH_BYTES, "%s/ropescope-fuzz-XXXXXX", parent);
    fuzz_expect(mkdtemp(path) != NULL, "a directory can be made");
    atexit(remove_directory);
    return path;
}

const char *fuzz_path(const char *target, const char *name)
{
    static char path[PATH_BYTES];
    text_format(path, sizeof path, "%s/%s/%s", directory(), target, name);
    return path;
}

/* ---- writing ------------------------------------------------------------- */

static int create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char parent[PATH_BYTES];
    path_directory(parent, path);
    path_make_directories(parent);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* As if it had been written long ago: whoever opens a new file waits for the clock to tick. */
static void put(const char *path, const void *bytes, size_t size, size_t data)
{
    static const struct timespec then[2] = {{1000000000, 0}, {1000000000, 0}};
    int fd = create(path);
    fuzz_expect(fd >= 0 && (size == 0 || write(fd, bytes, size) == (ssize_t)size) &&
                    ftruncate(fd, (off_t)(size + data)) == 0 && futimens(fd, then) == 0,
                "a file can be written");
    close(fd);
}

void fuzz_put(const char *target, const char *name, const void *bytes, size_t size)
{
    put(fuzz_path(target, name), bytes, size, 0);
}

void fuzz_put_once(const char *target, const char *name, const void *bytes, size_t size,
                   size_t data)
{
    const char *path = fuzz_path(target, name);
    if (access(path, F_OK) != 0)
        put(path, bytes, size, data);
}

void fuzz_put_tensors(const char *target, const char *name, const char *header, size_t data)
{
    size_t size = strlen(header);
    unsigned char *bytes = malloc(8 + size);
    fuzz_expect(bytes != NULL, "there is memory");
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)size >> (8 * i));
    memcpy(bytes + 8, header, size);
    fuzz_put_once(target, name, bytes, 8 + size, data);
    free(bytes);
}

/* ---- bytes --------------------------------------------------------------- */

struct fuzz_parts fuzz_split(const uint8_t *bytes, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(bytes, 0, size) : NULL;
    if (!end)
        return (struct fuzz_parts){bytes, bytes + size, size, 0};
    size_t text = (size_t)(end - bytes);
    return (struct fuzz_parts){bytes, end + 1, text, size - text - 1};
}

struct fuzz_parts fuzz_cut(const uint8_t *bytes, size_t size)
{
    enum { BEFORE = 2 };
    if (size < BEFORE)
        return (struct fuzz_parts){bytes, bytes, 0, 0};
    size_t text = bytes[0] | (size_t)bytes[1] << 8, most = size - BEFORE;
    text = text < most ? text : most;
    return (struct fuzz_parts){bytes + BEFORE, bytes + BEFORE + text, text, most - text};
}

void fuzz_seal(uint8_t *bytes, size_t size)
{
    uint64_t sum = XXH3_64bits(bytes, size);
    for (int i = 0; i < 8; i++)
        bytes[size + (size_t)i] = (uint8_t)(sum >> (8 * i));
}

uint8_t *fuzz_sealed(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = size >= 8 ? malloc(size) : NULL;
    if (!copy)
        return NULL;
    memcpy(copy, bytes, size);
    fuzz_seal(copy, size - 8);
    return copy;
}
