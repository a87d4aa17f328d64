/* The layout at every size: nothing outside the screen, nothing on top of something else. */
#include "ropescope/explorer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Every rectangle that something is drawn in, and none that only holds others. */
enum { LEAVES = 18 };
static void leaves_of(const struct layout *layout, struct rect leaves[LEAVES])
{
    const struct rect all[LEAVES] = {
        layout->header,       layout->bar,     layout->footer,  layout->layers,
        layout->map[0],       layout->map[1],  layout->mean[0], layout->mean[1],
        layout->axis[0],      layout->axis[1], layout->legend,  layout->histogram[0],
        layout->histogram[1], layout->scatter, layout->profile, layout->column[0],
        layout->column[1],    layout->about,
    };
    memcpy(leaves, all, sizeof all);
}

static bool inside(struct rect inner, struct rect outer)
{
    return rect_empty(inner) || (inner.row >= outer.row && inner.col >= outer.col &&
                                 inner.row + inner.rows <= outer.row + outer.rows &&
                                 inner.col + inner.cols <= outer.col + outer.cols);
}

static bool overlap(struct rect a, struct rect b)
{
    return !rect_empty(a) && !rect_empty(b) && a.row < b.row + b.rows && b.row < a.row + a.rows &&
           a.col < b.col + b.cols && b.col < a.col + a.cols;
}

static void check(const struct layout_needs *needs)
{
    struct layout layout;
    struct rect leaves[LEAVES], screen = {0, 0, needs->rows, needs->cols};
    layout_make(&layout, needs);
    leaves_of(&layout, leaves);
    assert_false(rect_empty(layout.main));
    assert_true(layout.cell_cols >= 1 && layout.cell_rows >= 1);
    assert_true(inside(layout.maps, layout.main) && inside(layout.panel, layout.main));
    assert_false(overlap(layout.maps, layout.panel));
    for (size_t i = 0; i < LEAVES; i++) {
        if (!inside(leaves[i], screen) || leaves[i].rows < 0 || leaves[i].cols < 0)
            fail_msg("part %zu leaves the screen of %dx%d", i, needs->cols, needs->rows);
        if (i >= 3 && !inside(leaves[i], layout.main))
            fail_msg("part %zu leaves the main part at %dx%d", i, needs->cols, needs->rows);
        for (size_t j = 0; j < i; j++)
            if (overlap(leaves[i], leaves[j]))
                fail_msg("parts %zu and %zu overlap at %dx%d", j, i, needs->cols, needs->rows);
    }
    for (int p = 0; p < PROJECTION_COUNT; p++)
        assert_int_equal(layout.map[p].cols % layout.cell_cols, 0);
}

static const struct layout_needs shapes[] = {
    {.layers = 6, .heads = {4, 2}, .highest_layer = 5},
    {.layers = 32, .heads = {32, 32}, .highest_layer = 31},
    {.layers = 126, .heads = {128, 8}, .highest_layer = 125, .lead = PROJECTION_KEY},
    {.layers = 1, .heads = {71, 1}, .highest_layer = 0},
    {.layers = 0, .heads = {0, 0}},
    {.layers = 4000, .heads = {100000, 100000}, .highest_layer = UINT32_MAX},
};

static void test_every_size(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int rows = 1; rows <= 120; rows++)
            for (int cols = 1; cols <= 300; cols++) {
                struct layout_needs needs = shapes[i];
                needs.rows = rows;
                needs.cols = cols;
                check(&needs);
            }
}

static void test_eighty_columns_have_everything(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < 4; i++) {
        struct layout_needs needs = shapes[i];
        struct layout layout;
        needs.rows = 24;
        needs.cols = 80;
        layout_make(&layout, &needs);
        assert_false(rect_empty(layout.header) || rect_empty(layout.bar) ||
                     rect_empty(layout.footer));
        assert_false(rect_empty(layout.map[needs.lead]) || rect_empty(layout.legend));
        assert_true(layout.scatter.rows >= 8 && layout.scatter.cols >= 34);
        assert_true(layout.histogram[0].rows >= 4 && layout.histogram[1].rows >= 4);
    }
}

static void test_all_heads_of_a_7b_fit_80_columns(void **unused)
{
    (void)unused;
    struct layout_needs needs = shapes[1];
    struct layout layout;
    needs.rows = 24;
    needs.cols = 80;
    layout_make(&layout, &needs);
    assert_int_equal(layout.map[PROJECTION_QUERY].cols / layout.cell_cols, 32);
    needs.cols = 120;
    layout_make(&layout, &needs);
    assert_int_equal(layout.map[PROJECTION_KEY].cols / layout.cell_cols, 32);
}

static void test_scroll_shows_the_selection(void **unused)
{
    (void)unused;
    for (size_t total = 0; total < 40; total++)
        for (size_t visible = 1; visible < 45; visible++)
            for (size_t selected = 0; selected < total; selected++) {
                size_t first = layout_scroll(selected, visible, total);
                assert_true(first <= selected && selected < first + visible);
                assert_true(total <= visible ? first == 0 : first + visible <= total);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_eighty_columns_have_everything),
        cmocka_unit_test(test_all_heads_of_a_7b_fit_80_columns),
        cmocka_unit_test(test_scroll_shows_the_selection),
    };
    return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
