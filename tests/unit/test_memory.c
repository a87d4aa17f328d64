/* Allocation with care: products that wrap, and the arena's pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ropescope/support.h"

/* Not constant, so that no compiler warns of what is tried here on purpose. */
static volatile size_t huge = SIZE_MAX;

static void sizes_that_wrap_are_refused(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint64_t result;
    char *block = memory_array(3, 4);
    assert_non_null(block);
    for (int i = 0; i < 12; i++)
        assert_int_equal(block[i], 0);
    assert_null(memory_array(huge / 2, 4));
    assert_null(memory_grow(block, huge / 2, 4));
    memset(block, 7, 12); /* still there */
    block = memory_grow(block, 100, 1);
    assert_non_null(block);
    assert_int_equal(block[11], 7);
    memory_free(block);
    assert_null(memory_text_part("", huge));
    assert_null(arena_alloc(&arena, huge));
    assert_null(arena_alloc(&arena, huge - 32));
    assert_null(arena_text(&arena, "", huge));
    arena_free(&arena);
    assert_false(size_multiply(UINT64_MAX, 2, &result) || size_add(UINT64_MAX, 1, &result));
    assert_true(size_multiply(1ULL << 32, (1ULL << 32) - 1, &result) && size_add(1, 2, &result));
}

static void empty_blocks_are_blocks(void **state)
{
    (void)state;
    struct arena arena = {0};
    void *none = memory_array(0, 8), *grown = memory_grow(NULL, 0, 8);
    assert_non_null(none);
    assert_non_null(grown);
    assert_non_null(arena_alloc(&arena, 0));
    assert_string_equal(arena_text(&arena, "abc", 0), "");
    memory_free(none);
    memory_free(grown);
    memory_free(NULL);
    arena_free(&arena);
    arena_free(&arena);
}

/* Sizes around those at which blocks change: each piece aligned, zeroed, and its own. */
static void pieces_of_an_arena_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 2000 };
    static unsigned char *pieces[PIECES];
    static size_t sizes[PIECES];
    struct arena arena = {0};
    uint32_t random = 1;
    for (size_t i = 0; i < PIECES; i++) {
        static const size_t around[] = {1, 17, 300, 16383, 16384, 16385, 65536, 70000};
        random = random * 1664525 + 1013904223;
        sizes[i] = around[random >> 29] + (random >> 8) % 3;
        pieces[i] = arena_alloc(&arena, sizes[i]);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
        for (size_t at = 0; at < sizes[i]; at++)
            assert_true(pieces[i][at] == 0);
        memset(pieces[i], (int)(i % 255) + 1, sizes[i]);
    }
    for (size_t i = 0; i < PIECES; i++) {
        for (size_t at = 0; at < sizes[i]; at++)
            assert_true(pieces[i][at] == i % 255 + 1);
    }
    arena_free(&arena);
    assert_null(arena.blocks);
}

static void texts_are_copied_with_their_end(void **state)
{
    (void)state;
    struct arena arena = {0};
    char *whole = memory_text("whole"), *part = memory_text_part("whole", 2);
    assert_string_equal(whole, "whole");
    assert_string_equal(part, "wh");
    for (size_t len = 0; len < 40; len++) { /* the NUL must fit at every alignment */
        static const char text[] = "0123456789012345678901234567890123456789";
        const char *copy = arena_text(&arena, text, len);
        assert_int_equal(strlen(copy), len);
        assert_memory_equal(copy, text, len);
    }
    memory_free(whole);
    memory_free(part);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_wrap_are_refused),
        cmocka_unit_test(empty_blocks_are_blocks),
        cmocka_unit_test(pieces_of_an_arena_do_not_overlap),
        cmocka_unit_test(texts_are_copied_with_their_end),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
