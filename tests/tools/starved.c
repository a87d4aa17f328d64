/* The program with an allocator that fails once: allocation number STARVE_AT of the program itself
 * (and of cJSON) finds no memory. Linked with --wrap, so that what the C library and curses take
 * for themselves is left alone. STARVE_COUNT names a file that is told how many allocations there
 * were. */
#define _GNU_SOURCE
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static atomic_long allocations;
static long starve_at;

static bool starves(void)
{
    if (atomic_fetch_add(&allocations, 1) + 1 != starve_at)
        return false;
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return starves() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return starves() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return starves() ? NULL : __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return starves() ? NULL : __real_aligned_alloc(alignment, size);
}

static void tell_count(void)
{
    const char *path = getenv("STARVE_COUNT");
    FILE *stream = path ? fopen(path, "w") : NULL;
    if (!stream)
        return;
    fprintf(stream, "%ld\n", atomic_load(&allocations));
    fclose(stream);
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("STARVE_AT");
    cJSON_Hooks hooks = {__wrap_malloc, free};
    starve_at = at ? strtol(at, NULL, 10) : 0;
    cJSON_InitHooks(&hooks);
    atexit(tell_count);
}
