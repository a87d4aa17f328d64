/* Themes: the built-in one is themes/dark.theme, files are read or refused by line, colours map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ropescope/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every theme that comes along, and the grounds it is meant for: its own, or the terminal's. */
static const struct {
    const char *path;
    int32_t ground; /* 0xRRGGBB, or COLOUR_DEFAULT */
    bool dark, light;
    double contrast; /* of text, at least */
} shipped[] = {
    {"themes/dark.theme", COLOUR_DEFAULT, true, true, 3.3},
    {"themes/light.theme", COLOUR_DEFAULT, false, true, 3.5},
    {"themes/mono.theme", COLOUR_DEFAULT, true, true, 21},
    {"themes/colour-blind.theme", COLOUR_DEFAULT, true, true, 3.7},
    {"themes/high-contrast.theme", 0x000000, false, false, 7},
    {"themes/solarized.theme", 0x002b36, false, false, 3.3},
    {"themes/gruvbox.theme", 0x282828, false, false, 4},
};
enum { SHIPPED = sizeof shipped / sizeof *shipped };

/* Reads a theme out of a text. */
static enum status read_text(struct theme *theme, const char *text, struct error *err)
{
    char path[] = "/tmp/ropescope-theme-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    enum status status = theme_read(theme, path, err);
    unlink(path);
    return status;
}

static void assert_same_look(const struct theme *a, const struct theme *b)
{
    for (int role = 0; role < ROLE_COUNT; role++) {
        assert_int_equal(a->look[role].foreground, b->look[role].foreground);
        assert_int_equal(a->look[role].background, b->look[role].background);
        assert_int_equal(a->look[role].flags, b->look[role].flags);
    }
    assert_int_equal(a->heat.stops, b->heat.stops);
    for (size_t i = 0; i < a->heat.stops; i++)
        assert_int_equal(a->heat.stop[i], b->heat.stop[i]);
    assert_int_equal(a->diverging.stops, b->diverging.stops);
    for (size_t i = 0; i < a->diverging.stops; i++)
        assert_int_equal(a->diverging.stop[i], b->diverging.stop[i]);
}

static void test_built_in_theme_is_the_dark_file(void **state)
{
    (void)state;
    struct theme built_in, file;
    struct error err = {0};
    theme_default(&built_in);
    assert_int_equal(theme_read(&file, "themes/dark.theme", &err), STATUS_OK);
    assert_same_look(&built_in, &file);
    assert_string_equal(file.name, "dark");
    assert_string_equal(built_in.name, "dark");
}

static void test_files_name_every_role(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        char line[256];
        bool found[ROLE_COUNT] = {false};
        FILE *stream = fopen(shipped[i].path, "r");
        assert_non_null(stream);
        while (fgets(line, sizeof line, stream)) {
            for (size_t k = 0; k < ROLE_COUNT; k++) {
                size_t length = strlen(role_name((enum role)k));
                found[k] |=
                    strncmp(line, role_name((enum role)k), length) == 0 && line[length] == ' ';
            }
        }
        fclose(stream);
        for (size_t k = 0; k < ROLE_COUNT; k++)
            assert_true(found[k]);
    }
}

static void test_a_file_changes_what_it_names(void **state)
{
    (void)state;
    struct theme theme, built_in;
    theme_default(&built_in);
    assert_int_equal(read_text(&theme,
                               "# a comment\n\n  query = #0102fF on #A0b0c0 bold underline # why\n"
                               "key = reverse\nselect = default on #000001\n"
                               "heat = #000000 #ffffff\n#\ntext = #123456",
                               NULL),
                     STATUS_OK);
    assert_int_equal(theme.look[ROLE_QUERY].foreground, 0x0102ff);
    assert_int_equal(theme.look[ROLE_QUERY].background, 0xa0b0c0);
    assert_int_equal(theme.look[ROLE_QUERY].flags, STYLE_BOLD | STYLE_UNDERLINE);
    assert_int_equal(theme.look[ROLE_KEY].foreground, COLOUR_DEFAULT);
    assert_int_equal(theme.look[ROLE_KEY].flags, STYLE_REVERSE);
    assert_int_equal(theme.look[ROLE_SELECT].background, 1);
    assert_int_equal(theme.look[ROLE_SELECT].flags, 0);
    assert_int_equal(theme.look[ROLE_TEXT].foreground, 0x123456);
    assert_int_equal(theme.heat.stops, 2);
    assert_int_equal(theme.look[ROLE_FIXED].foreground, built_in.look[ROLE_FIXED].foreground);
    assert_int_equal(strncmp(theme.name, "ropescope-theme-", 16), 0);
}

static void test_mistakes_are_named_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *word;
    } bad[] = {
        {"querry = #000000\n", ":1:", "querry"},
        {"# ok\nquery #000000\n", ":2:", "query"},
        {"query =\n", ":1:", "nothing"},
        {"query = #00000\n", ":1:", "#00000"},
        {"query = #0000000\n", ":1:", "#0000000"},
        {"query = #00000g\n", ":1:", "#00000g"},
        {"query = blue\n", ":1:", "blue"},
        {"query = #000000 on\n", ":1:", "after 'on'"},
        {"query = #000000 on bold\n", ":1:", "bold"},
        {"query = bold #000000\n", ":1:", "#000000"},
        {"\n\nheat = default\n", ":3:", "default"},
        {"heat =\n", ":1:", "nothing"},
        {"diverging = #000000 #11\n", ":1:", "#11"},
        {"heat = none #000000\n", ":1:", "none"},
        {"heat = #000000 #000000 #000000 #000000 #000000 #000000 #000000 #000000 #000001\n",
         ":1:", "#000001"},
    };
    struct theme untouched;
    memset(&untouched, 0x5a, sizeof untouched);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct theme theme = untouched;
        struct error err = {0};
        assert_int_equal(read_text(&theme, bad[i].text, &err), STATUS_FAILED);
        assert_non_null(strstr(err.what, "/tmp/ropescope-theme-"));
        assert_non_null(strstr(err.what, bad[i].line));
        assert_non_null(strstr(err.what, bad[i].word));
        assert_memory_equal(&theme, &untouched, sizeof theme);
    }
}

static void test_what_is_no_theme_is_refused(void **state)
{
    (void)state;
    struct theme theme;
    struct error err = {0};
    assert_int_equal(theme_read(&theme, "/nowhere/a.theme", &err), STATUS_FAILED);
    assert_non_null(strstr(err.what, "/nowhere/a.theme"));
    assert_int_equal(theme_read(&theme, "/dev/zero", &err), STATUS_FAILED);
    assert_int_equal(theme_read(&theme, "themes", &err), STATUS_FAILED);
}

static void test_nearest_colours(void **state)
{
    (void)state;
    assert_int_equal(colour_nearest(0x000000, COLOURS_8), 0);
    assert_int_equal(colour_nearest(0xd00000, COLOURS_8), 1);
    assert_int_equal(colour_nearest(0xffffff, COLOURS_8), 7);
    assert_int_equal(colour_nearest(0xffffff, COLOURS_16), 15);
    assert_int_equal(colour_nearest(0x808080, COLOURS_16), 8);
    assert_int_equal(colour_nearest(0x000000, COLOURS_256), 16);
    assert_int_equal(colour_nearest(0xffffff, COLOURS_256), 231);
    assert_int_equal(colour_nearest(0x0087d7, COLOURS_256), 32);
    assert_int_equal(colour_nearest(0x767676, COLOURS_256), 243);
    assert_int_equal(colour_nearest(0x123456, COLOURS_DIRECT), 0x123456);
    assert_int_equal(colour_nearest(0x123456, COLOURS_NONE), COLOUR_DEFAULT);
}

/* The shortcut of colour_nearest against a search of all 240 colours. */
static void test_nearest_of_256_is_the_nearest(void **state)
{
    (void)state;
    static const int steps[6] = {0, 95, 135, 175, 215, 255};
    int palette[256][3];
    for (int i = 16; i < 232; i++) {
        palette[i][0] = steps[(i - 16) / 36];
        palette[i][1] = steps[(i - 16) / 6 % 6];
        palette[i][2] = steps[(i - 16) % 6];
    }
    for (int i = 232; i < 256; i++)
        palette[i][0] = palette[i][1] = palette[i][2] = 8 + 10 * (i - 232);
    for (int32_t rgb = 0; rgb < 0x1000000; rgb += 7919) {
        int best = 1 << 30, distances[256];
        for (int i = 16; i < 256; i++) {
            int r = (rgb >> 16 & 255) - palette[i][0], g = (rgb >> 8 & 255) - palette[i][1];
            int b = (rgb & 255) - palette[i][2];
            distances[i] = r * r + g * g + b * b;
            best = distances[i] < best ? distances[i] : best;
        }
        assert_int_equal(distances[colour_nearest(rgb, COLOURS_256)], best);
    }
}

static double luminance(int32_t rgb)
{
    static const double weights[3] = {0.0722, 0.7152, 0.2126};
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double v = (rgb >> 8 * i & 255) / 255.0;
        sum += weights[i] * (v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    return sum;
}

static double contrast(int32_t a, int32_t b)
{
    double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
}

static void assert_stands_out(const struct theme *theme, int role, size_t i)
{
    const struct look *look = &theme->look[role];
    if (look->foreground < 0)
        return;
    if (look->background >= 0) {
        assert_true(contrast(look->foreground, look->background) >= shipped[i].contrast);
        return;
    }
    if (shipped[i].dark) {
        assert_true(contrast(look->foreground, 0x000000) >= shipped[i].contrast);
        assert_true(contrast(look->foreground, 0x1e1e1e) > 3);
    }
    if (shipped[i].light)
        assert_true(contrast(look->foreground, 0xffffff) >= shipped[i].contrast);
}

/* A theme keeps the terminal's ground everywhere, or brings its own everywhere: no patches. */
static void test_colours_stand_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        struct theme theme;
        assert_int_equal(theme_read(&theme, shipped[i].path, NULL), STATUS_OK);
        for (int role = 0; role < ROLE_HEAT; role++) {
            if (role != ROLE_ERROR)
                assert_int_equal(theme.look[role].background, shipped[i].ground);
            assert_stands_out(&theme, role, i);
        }
        assert_true(theme.look[ROLE_SELECT].flags & STYLE_REVERSE); /* as views have it, too */
    }
}

/* Along the gradient each step of luminance goes the same way, and from end to end it is large:
 * the map then reads without any eye for hue. */
static void test_heat_reads_in_grey(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        struct theme theme;
        assert_int_equal(theme_read(&theme, shipped[i].path, NULL), STATUS_OK);
        const struct gradient *heat = &theme.heat;
        if (heat->stops == 0)
            continue;
        double way = luminance(heat->stop[heat->stops - 1]) - luminance(heat->stop[0]);
        assert_true(fabs(way) > 0.6);
        for (size_t k = 1; k < heat->stops; k++)
            assert_true((luminance(heat->stop[k]) - luminance(heat->stop[k - 1])) * way > 0);
    }
}

/* From the middle of the diverging gradient both ways lead away from the middle's luminance. */
static void test_diverging_gradients_have_a_middle(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHIPPED; i++) {
        struct theme theme;
        assert_int_equal(theme_read(&theme, shipped[i].path, NULL), STATUS_OK);
        const struct gradient *two = &theme.diverging;
        if (two->stops == 0)
            continue;
        assert_int_equal(two->stops % 2, 1);
        size_t middle = two->stops / 2;
        double way = luminance(two->stop[0]) - luminance(two->stop[middle]);
        for (size_t k = 0; k + 1 < two->stops; k++) {
            double step = luminance(two->stop[k]) - luminance(two->stop[k + 1]);
            assert_true((k < middle ? step : -step) * way > 0);
        }
        assert_int_equal(theme_look(&theme, style_diverging(0), COLOURS_DIRECT).foreground,
                         two->stop[0]);
        assert_int_equal(theme_look(&theme, style_diverging(1), COLOURS_DIRECT).foreground,
                         two->stop[two->stops - 1]);
    }
}

/* In every depth with colours a heat cell's glyph can be told from its ground at every level. */
static void test_heat_glyphs_are_seen(void **state)
{
    (void)state;
    struct theme theme;
    theme_default(&theme);
    for (int depth = COLOURS_8; depth <= COLOURS_256; depth++) {
        for (int level = 64; level < 256; level++) {
            struct style style = {.role = ROLE_HEAT, .level = (uint8_t)level};
            struct look look = theme_look(&theme, style, (enum colour_depth)depth);
            assert_true(look.foreground >= 0 && look.background >= 0);
            assert_true(colour_nearest(look.foreground, (enum colour_depth)depth) !=
                        colour_nearest(look.background, (enum colour_depth)depth));
        }
    }
}

static void test_without_colours_flags_remain(void **state)
{
    (void)state;
    struct theme theme;
    theme_default(&theme);
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct style style = style_with((enum role)role, STYLE_UNDERLINE);
        struct look look = theme_look(&theme, style, COLOURS_NONE);
        assert_int_equal(look.foreground, COLOUR_DEFAULT);
        assert_int_equal(look.background, COLOUR_DEFAULT);
        assert_int_equal(look.flags, theme.look[role].flags | STYLE_UNDERLINE);
    }
    assert_true(theme_look(&theme, style_of(ROLE_SELECT), COLOURS_NONE).flags & STYLE_REVERSE);
    struct theme mono;
    assert_int_equal(theme_read(&mono, "themes/mono.theme", NULL), STATUS_OK);
    struct look look = theme_look(&mono, style_heat(0.7), COLOURS_256);
    assert_true(look.foreground == COLOUR_DEFAULT && look.background == COLOUR_DEFAULT);
}

/* Of few colours black, white and grey could be the terminal's background. */
static void test_few_colours_avoid_the_greys(void **state)
{
    (void)state;
    struct theme theme;
    theme_default(&theme);
    for (int role = 0; role < ROLE_HEAT; role++) {
        for (int depth = COLOURS_8; depth <= COLOURS_16; depth++) {
            struct look look =
                theme_look(&theme, style_of((enum role)role), (enum colour_depth)depth);
            int index = look.foreground < 0
                            ? -1
                            : colour_nearest(look.foreground, (enum colour_depth)depth);
            assert_true(index == -1 || (index % 8 != 0 && index % 8 != 7));
            assert_true(role != ROLE_DIM || index == -1); /* a grey is no yellow either */
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_in_theme_is_the_dark_file),
        cmocka_unit_test(test_files_name_every_role),
        cmocka_unit_test(test_a_file_changes_what_it_names),
        cmocka_unit_test(test_mistakes_are_named_by_line),
        cmocka_unit_test(test_what_is_no_theme_is_refused),
        cmocka_unit_test(test_nearest_colours),
        cmocka_unit_test(test_nearest_of_256_is_the_nearest),
        cmocka_unit_test(test_colours_stand_out),
        cmocka_unit_test(test_heat_reads_in_grey),
        cmocka_unit_test(test_diverging_gradients_have_a_middle),
        cmocka_unit_test(test_heat_glyphs_are_seen),
        cmocka_unit_test(test_without_colours_flags_remain),
        cmocka_unit_test(test_few_colours_avoid_the_greys),
    };
    return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
