/* Axes: a cell's value falls into that cell, ticks are round, few and inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ropescope/terminal.h"

#include <math.h>

static const struct axis axes[] = {
    {-1, 1, 1, false},        {0, 1, 1, false},          {-0.05, 0.05, 1, false},
    {0, 100, 1, false},       {1e-7, 3e-7, 1, false},    {-1e9, 1e9, 1, false},
    {0.999, 1, 1, false},     {1e-4, 1, 1, true},        {0.001, 0.5, 1, true},
    {6.28, 131072, 1, true},  {1e-30, 1e30, 1, true},    {2, 3, 1, true},
    {1000, 2000000, 1, true}, {1e-300, 1e-290, 1, true},
};
enum { AXES = sizeof axes / sizeof *axes };

static void test_centre_of_a_cell_is_in_the_cell(void **state)
{
    (void)state;
    for (size_t i = 0; i < AXES; i++) {
        struct axis axis = axes[i];
        for (axis.cells = 1; axis.cells <= 500; axis.cells += 1 + axis.cells / 9) {
            for (int cell = 0; cell < axis.cells; cell++)
                assert_int_equal(axis_cell(&axis, axis_value(&axis, cell)), cell);
        }
    }
}

static void test_edges_bound_their_cells(void **state)
{
    (void)state;
    for (size_t i = 0; i < AXES; i++) {
        struct axis axis = axes[i];
        axis.cells = 37;
        for (int cell = 0; cell < axis.cells; cell++) {
            assert_true(axis_edge(&axis, cell) < axis_value(&axis, cell));
            assert_true(axis_value(&axis, cell) < axis_edge(&axis, cell + 1));
        }
        assert_true(axis_edge(&axis, 0) == axis.low);
        assert_true(axis_edge(&axis, axis.cells) == axis.high);
    }
}

static void test_ends_belong_to_the_axis(void **state)
{
    (void)state;
    struct axis linear = {-1, 1, 10, false}, log = {0.01, 1, 10, true};
    assert_int_equal(axis_cell(&linear, -1), 0);
    assert_int_equal(axis_cell(&linear, 1), 9);
    assert_int_equal(axis_cell(&linear, 0), 5);
    assert_int_equal(axis_cell(&linear, -1e-9), 4);
    assert_int_equal(axis_cell(&log, 0.01), 0);
    assert_int_equal(axis_cell(&log, 1), 9);
    assert_int_equal(axis_cell(&log, 0.11), 5);
    assert_int_equal(axis_cell(&linear, 1.0000001), -1);
    assert_int_equal(axis_cell(&linear, -1.0000001), -1);
    assert_int_equal(axis_cell(&log, 0), -1);
    assert_int_equal(axis_cell(&linear, NAN), -1);
    assert_int_equal(axis_cell(&log, NAN), -1);
    assert_int_equal(axis_cell(&linear, INFINITY), -1);
}

static void test_axes_without_a_range_have_no_cells(void **state)
{
    (void)state;
    static const struct axis bad[] = {
        {1, 1, 10, false},        {1, 0, 10, false},
        {0, 1, 0, false},         {0, 1, -3, false},
        {0, 1, 10, true},         {-1, 1, 10, true},
        {NAN, 1, 10, false},      {0, NAN, 10, false},
        {0, INFINITY, 10, false}, {-INFINITY, INFINITY, 10, false},
        {1, INFINITY, 4, true},
    };
    double ticks[4];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(axis_cell(&bad[i], 0.5), -1);
        assert_int_equal(axis_cell(&bad[i], 1), -1);
        assert_int_equal(axis_ticks(&bad[i], ticks, 4), 0);
        (void)axis_value(&bad[i], 3); /* anything, but no trap */
        (void)axis_edge(&bad[i], 3);
    }
}

static void test_ticks_are_inside_rising_and_few(void **state)
{
    (void)state;
    double ticks[40];
    for (size_t i = 0; i < AXES; i++) {
        struct axis axis = axes[i];
        axis.cells = 50;
        for (size_t max = 1; max <= 40; max++) {
            size_t count = axis_ticks(&axis, ticks, max);
            assert_true(count <= max);
            assert_true(max < 8 || count >= 2);
            for (size_t k = 0; k < count; k++) {
                assert_true(axis_cell(&axis, ticks[k]) >= 0);
                assert_true(k == 0 || ticks[k] > ticks[k - 1]);
            }
        }
    }
}

static void assert_ticks(struct axis axis, size_t max, const double *expected, size_t count)
{
    double ticks[20];
    assert_int_equal(axis_ticks(&axis, ticks, max), count);
    for (size_t i = 0; i < count; i++)
        assert_true(ticks[i] == expected[i]);
}

static void test_ticks_are_round(void **state)
{
    (void)state;
    assert_ticks((struct axis){-1, 1, 40, false}, 5, (double[]){-1, -0.5, 0, 0.5, 1}, 5);
    assert_ticks((struct axis){0, 0.3, 40, false}, 4, (double[]){0, 0.1, 0.2, 0.3}, 4);
    assert_ticks((struct axis){-0.5, 1.5, 40, AXIS_WHOLE}, 9, (double[]){0, 1}, 2);
    assert_ticks((struct axis){-0.5, 31.5, 40, AXIS_WHOLE}, 4, (double[]){0, 10, 20, 30}, 4);
    assert_ticks((struct axis){-0.07, 0.07, 40, false}, 3, (double[]){-0.05, 0, 0.05}, 3);
    assert_ticks((struct axis){3, 1000, 40, false}, 3, (double[]){500, 1000}, 2);
    assert_ticks((struct axis){1e-4, 1, 40, true}, 5, (double[]){1e-4, 1e-3, 1e-2, 0.1, 1}, 5);
    assert_ticks((struct axis){0.01, 1, 40, true}, 9, (double[]){.01, .02, .05, .1, .2, .5, 1}, 7);
    assert_ticks((struct axis){1e-8, 1e8, 40, true}, 5, (double[]){1e-6, 1e-3, 1, 1e3, 1e6}, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_centre_of_a_cell_is_in_the_cell),
        cmocka_unit_test(test_edges_bound_their_cells),
        cmocka_unit_test(test_ends_belong_to_the_axis),
        cmocka_unit_test(test_axes_without_a_range_have_no_cells),
        cmocka_unit_test(test_ticks_are_inside_rising_and_few),
        cmocka_unit_test(test_ticks_are_round),
    };
    return cmocka_run_group_tests_name("axis", tests, NULL, NULL);
}
