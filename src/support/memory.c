/* memory.c: the one place that allocates. Sizes are multiplied with care; nothing here exits. */
#include "ropescope/support.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void memory_keep_small(void)
{
#ifdef __GLIBC__
    enum { KEPT = 4 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, KEPT);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * KEPT);
#endif
}

void *memory_array(uint64_t count, uint64_t size)
{
    size_t
        bytes; /* calloc refuses products that wrap, too, but a sanitizer's calloc dies of them */
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return calloc(bytes ? bytes : 1, 1);
}

void *memory_unset(size_t size)
{
    enum { HUGE_PAGE = 2 << 20 };
    size_t rounded;
    if (size < HUGE_PAGE)
        return malloc(size ? size : 1);
    if (__builtin_add_overflow(size, HUGE_PAGE - 1, &rounded))
        return NULL;
    rounded -= rounded % HUGE_PAGE;
    void *block = aligned_alloc(HUGE_PAGE, rounded);
    if (block) /* 4 kB at a time, the faults take longer than what is then written there */
        (void)madvise(block, rounded, MADV_HUGEPAGE);
    return block;
}

void *memory_grow(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return realloc(block, bytes ? bytes : 1);
}

char *memory_text_part(const char *text, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = memory_array(len + 1, 1);
    if (copy)
        memcpy(copy, text, len);
    return copy;
}

char *memory_text(const char *text)
{
    return memory_text_part(text, strlen(text));
}

void memory_free(void *block)
{
    free(block);
}

/* ---- arena --------------------------------------------------------------- */

enum { ARENA_BLOCK = 64 * 1024, ARENA_ALIGN = _Alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    max_align_t bytes[];
};

static struct arena_block *arena_block_for(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    if (block && size <= block->size - block->used)
        return block;
    size_t room = size > ARENA_BLOCK / 4 ? size : ARENA_BLOCK;
    size_t bytes;
    if (__builtin_add_overflow(sizeof *block, room, &bytes))
        return NULL;
    struct arena_block *fresh = memory_array(bytes, 1);
    if (!fresh)
        return NULL;
    fresh->size = room;
    if (block && room == size) { /* a large piece stands alone: go on filling the block before it */
        fresh->next = block->next;
        block->next = fresh;
    } else {
        fresh->next = block;
        arena->blocks = fresh;
    }
    return fresh;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX - ARENA_ALIGN)
        return NULL;
    size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct arena_block *block = arena_block_for(arena, size);
    if (!block)
        return NULL;
    void *piece = (char *)block->bytes + block->used;
    block->used += size;
    return piece;
}

char *arena_text(struct arena *arena, const char *text, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *copy = arena_alloc(arena, len + 1);
    if (copy)
        memcpy(copy, text, len); /* blocks are zeroed: the NUL is there */
    return copy;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *next = arena->blocks->next;
        memory_free(arena->blocks);
        arena->blocks = next;
    }
}
