/* The canvas: nothing is drawn outside it, text is cut in whole characters, pictures read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rendered.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct style text_style = {.role = ROLE_TEXT};

static void assert_picture(const struct canvas *canvas, const char *expected)
{
    char *text = rendered(canvas);
    assert_string_equal(text, expected);
    free(text);
}

static void test_sizes_are_clamped(void **state)
{
    (void)state;
    static const int sizes[][4] = {
        {0, 0, 1, 1}, {-5, 3, 1, 3}, {24, 80, 24, 80}, {INT_MAX, 1, 1000, 1}, {2, INT_MIN, 2, 1}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct canvas *canvas = canvas_new(sizes[i][0], sizes[i][1]);
        assert_non_null(canvas);
        assert_int_equal(canvas->rows, sizes[i][2]);
        assert_int_equal(canvas->cols, sizes[i][3]);
        canvas_free(canvas);
    }
    canvas_free(NULL);
}

static void test_resize_leaves_a_blank_canvas(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(2, 2);
    canvas_put(canvas, 1, 1, 'x', text_style);
    assert_true(canvas_resize(canvas, 3, 5));
    assert_picture(canvas, "\n");
    canvas_put(canvas, 2, 4, 'x', text_style);
    assert_picture(canvas, "\n\n    x\n");
    canvas_clear(canvas);
    assert_picture(canvas, "\n");
    canvas_free(canvas);
}

static void test_drawing_outside_is_dropped(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(2, 3);
    static const int places[] = {INT_MIN, -1, 0, 1, 2, 3, INT_MAX - 10};
    enum { PLACES = sizeof places / sizeof *places };
    for (size_t r = 0; r < PLACES; r++) {
        for (size_t c = 0; c < PLACES; c++) {
            canvas_put(canvas, places[r], places[c], 0x5b57, text_style);
            canvas_text(canvas, places[r], places[c] / 2, 5, text_style, NULL, "a\xe5\xad\x97z");
            canvas_fill(canvas, (struct rect){places[r] / 2, places[c] / 2, 4, 4}, '#', text_style);
            canvas_box(canvas, (struct rect){places[r] / 2, places[c] / 2, 3, 9},
                       glyphs_of(GLYPHS_BLOCKS), text_style, "title", text_style);
        }
    }
    canvas_fill(canvas, (struct rect){-1, -1, INT_MAX, INT_MAX}, '#', text_style);
    assert_picture(canvas, "###\n###\n");
    canvas_free(canvas);
}

static void test_text_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(6, 12);
    const struct glyphs *blocks = glyphs_of(GLYPHS_BLOCKS);
    assert_int_equal(canvas_text(canvas, 0, 0, 5, text_style, blocks, "abcde"), 5);
    assert_int_equal(canvas_text(canvas, 1, 0, 5, text_style, blocks, "abcdef"), 5);
    assert_int_equal(canvas_text(canvas, 2, 0, 5, text_style, NULL, "abcdef"), 5);
    assert_int_equal(canvas_text(canvas, 3, 9, 50, text_style, blocks, "abcdef"), 3);
    assert_int_equal(canvas_text(canvas, 4, 0, 0, text_style, blocks, "abcdef"), 0);
    assert_int_equal(canvas_text(canvas, 4, 0, 1, text_style, blocks, "abcdef"), 1);
    assert_int_equal(canvas_text(canvas, 5, 12, 4, text_style, blocks, "abcdef"), 0);
    assert_picture(canvas, "abcde\nabcd…\nabcde\n         ab…\n…\n");
    canvas_free(canvas);
}

static void test_wide_characters_are_whole_or_absent(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(5, 6);
    const struct glyphs *blocks = glyphs_of(GLYPHS_BLOCKS);
    assert_int_equal(canvas_text_width("字a字"), 5);
    assert_int_equal(canvas_text(canvas, 0, 0, 6, text_style, blocks, "字a字"), 5);
    assert_int_equal(canvas_text(canvas, 1, 0, 5, text_style, blocks, "字字字"), 5);
    assert_int_equal(canvas_text(canvas, 2, 0, 4, text_style, blocks, "字字字"), 4);
    canvas_put(canvas, 3, 5, 0x5b57, text_style); /* no room for its right half */
    canvas_text(canvas, 4, 0, 6, text_style, NULL, "字字字");
    canvas_put(canvas, 4, 1, 'x', text_style); /* over a right half */
    canvas_put(canvas, 4, 2, 'y', text_style); /* over a left half */
    assert_picture(canvas, "字a字\n字字…\n字 …\n\n xy 字\n");
    canvas_free(canvas);
}

static void test_marks_sit_on_their_character(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(2, 8);
    assert_int_equal(canvas_text(canvas, 0, 0, 8, text_style, NULL, "e\u0301\u0302x字\u0301"), 4);
    assert_int_equal(canvas->cells[0].combining, 0x301);
    assert_int_equal(canvas_text(canvas, 1, 0, 8, text_style, NULL, "\u0301a"), 1);
    assert_picture(canvas, "e\u0301x字\u0301\na\n");
    canvas_put(canvas, 0, 0, 'e', text_style);
    assert_int_equal(canvas->cells[0].combining, 0);
    canvas_free(canvas);
}

static void test_controls_never_reach_the_canvas(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(2, 20);
    canvas_text(canvas, 0, 0, 20, text_style, NULL, "a\x1b[2Jb\tc\xc2\x9b\u202e\u200d\xff");
    canvas_put(canvas, 1, 0, 0x1b, text_style);
    canvas_put(canvas, 1, 1, 0, text_style);
    canvas_put(canvas, 1, 2, 0x301, text_style);
    assert_picture(canvas, "a?[2Jb?c???\ufffd\n???\n");
    canvas_free(canvas);
}

static void test_printf_writes_formatted_text(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(1, 30);
    assert_int_equal(canvas_printf(canvas, 0, 1, 20, text_style, NULL, "layer %d: %.3f", 12, 0.412),
                     15);
    assert_picture(canvas, " layer 12: 0.412\n");
    canvas_free(canvas);
}

static void test_boxes_carry_their_title(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(7, 14);
    const struct glyphs *blocks = glyphs_of(GLYPHS_BLOCKS);
    canvas_box(canvas, (struct rect){0, 0, 3, 14}, blocks, text_style, "heads", text_style);
    canvas_box(canvas, (struct rect){3, 0, 2, 9}, blocks, text_style, "query heads", text_style);
    canvas_box(canvas, (struct rect){5, 0, 2, 5}, glyphs_of(GLYPHS_ASCII), text_style, "t",
               text_style);
    canvas_box(canvas, (struct rect){5, 8, 1, 5}, blocks, text_style, "t", text_style);
    assert_picture(canvas, "┌ heads ─────┐\n│            │\n└────────────┘\n"
                           "┌ quer… ┐\n└───────┘\n+---+\n+---+\n");
    canvas_free(canvas);
}

static void test_rect_inside_never_turns_inside_out(void **state)
{
    (void)state;
    struct rect inner = rect_inside((struct rect){2, 3, 10, 20}, 1);
    assert_memory_equal(&inner, &((struct rect){3, 4, 8, 18}), sizeof inner);
    inner = rect_inside((struct rect){2, 3, 1, 3}, 2);
    assert_true(inner.rows == 0 && inner.cols == 0 && rect_empty(inner));
}

static void test_roles_are_written_below(void **state)
{
    (void)state;
    struct canvas *canvas = canvas_new(2, 12);
    canvas_text(canvas, 0, 0, 12, text_style, NULL, "plain");
    canvas_put(canvas, 1, 0, 'q', style_of(ROLE_QUERY));
    canvas_put(canvas, 1, 1, 'k', style_with(ROLE_KEY, STYLE_REVERSE));
    canvas_put(canvas, 1, 3, '#', style_heat(0));
    canvas_put(canvas, 1, 4, '#', style_heat(0.55));
    canvas_put(canvas, 1, 5, '#', style_heat(7));
    canvas_put(canvas, 1, 6, 's', style_with(ROLE_SELECT, STYLE_REVERSE));
    char *text = rendered_roles(canvas);
    assert_string_equal(text, "plain\nqk ###s\nqK 059S\n");
    free(text);
    canvas_free(canvas);
}

static void test_glyph_sets_have_names_and_are_whole(void **state)
{
    (void)state;
    for (int set = 0; set < GLYPH_SET_COUNT; set++) {
        enum glyph_set found = GLYPH_SET_COUNT;
        const struct glyphs *glyphs = glyphs_of((enum glyph_set)set);
        assert_true(glyph_set_from_name(glyph_set_name((enum glyph_set)set), &found));
        assert_int_equal(found, set);
        assert_int_equal(glyphs->set, set);
        assert_true(glyphs->ramp_count >= 5 && glyphs->ramp_count <= 10);
        for (size_t i = 0; i < glyphs->ramp_count; i++) {
            assert_true(glyphs->ramp[i] != 0);
            for (size_t k = 0; k < i; k++)
                assert_true(glyphs->ramp[i] != glyphs->ramp[k]);
            assert_true(glyphs->ramp[i] != glyphs->absent && glyphs->ramp[i] != glyphs->waiting);
            assert_true(glyphs->ramp[i] != glyphs->knob && glyphs->ramp[i] != glyphs->cursor);
        }
    }
    enum glyph_set untouched = GLYPHS_BRAILLE;
    assert_false(glyph_set_from_name("emoji", &untouched));
    assert_int_equal(untouched, GLYPHS_BRAILLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_clamped),
        cmocka_unit_test(test_resize_leaves_a_blank_canvas),
        cmocka_unit_test(test_drawing_outside_is_dropped),
        cmocka_unit_test(test_text_is_cut_with_an_ellipsis),
        cmocka_unit_test(test_wide_characters_are_whole_or_absent),
        cmocka_unit_test(test_marks_sit_on_their_character),
        cmocka_unit_test(test_controls_never_reach_the_canvas),
        cmocka_unit_test(test_printf_writes_formatted_text),
        cmocka_unit_test(test_boxes_carry_their_title),
        cmocka_unit_test(test_rect_inside_never_turns_inside_out),
        cmocka_unit_test(test_roles_are_written_below),
        cmocka_unit_test(test_glyph_sets_have_names_and_are_whole),
    };
    return cmocka_run_group_tests_name("canvas", tests, NULL, NULL);
}
