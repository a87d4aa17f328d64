/* How the explorer looks: where themes are found, the chooser, names that would break columns, and
 * the picture with colours. UPDATE_GOLDEN=1 writes tests/golden/themes.txt anew. */
#include "ropescope/views.h"
#include "synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const struct synthetic llama = {32, 32, 32, 64, -1, -1, false, "Llama-2-7b-hf"};
static const struct synthetic small = {4, 4, 2, 16, -1, -1, false, "small"};

/* ---- where themes are found ---------------------------------------------- */

struct home {
    char config[64], themes[128];
};

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[PATH_BYTES];
    assert_true(path_join(path, directory, name));
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static int open_home(void **context)
{
    static struct home home;
    text_format(home.config, sizeof home.config, "/tmp/ropescope-looks-XXXXXX");
    if (!mkdtemp(home.config))
        return -1;
    text_format(home.themes, sizeof home.themes, "%s/ropescope/themes", home.config);
    setenv("XDG_CONFIG_HOME", home.config, 1);
    *context = &home;
    return path_make_directories(home.themes) ? 0 : -1;
}

static int close_home(void **context)
{
    const struct home *home = *context;
    char command[256];
    text_format(command, sizeof command, "rm -rf %s", home->config);
    return system(command);
}

/* The user's directory becomes themes/ of this tree, wherever the test lies and whatever is
 * installed. */
static void use_own_themes(const struct home *home)
{
    char own[PATH_BYTES];
    assert_non_null(realpath("themes", own));
    assert_int_equal(rmdir(home->themes), 0);
    assert_int_equal(symlink(own, home->themes), 0);
}

static const struct theme_entry *named(const struct theme_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->entry[i].theme.name, name) == 0)
            return &list->entry[i];
    return NULL;
}

static void test_list_has_what_comes_along(void **context)
{
    static const char *const names[] = {"colour-blind", "dark", "gruvbox",  "high-contrast",
                                        "light",        "mono", "solarized"};
    struct theme_list list;
    use_own_themes(*context);
    assert_int_equal(theme_list_read(&list, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(named(&list, names[i]));
    for (size_t i = 0; i < list.count; i++) {
        assert_null(list.entry[i].mistake);
        assert_true(i == 0 || strcmp(list.entry[i - 1].theme.name, list.entry[i].theme.name) < 0);
    }
    theme_list_free(&list);
}

static void test_users_themes_come_first(void **context)
{
    const struct home *home = *context;
    struct theme theme;
    struct theme_list list;
    write_file(home->themes, "light.theme", "query = #010203\n");
    write_file(home->themes, "mine.theme", "query = #040506\n");
    assert_int_equal(theme_find(&theme, "light", NULL), STATUS_OK);
    assert_int_equal(theme.look[ROLE_QUERY].foreground, 0x010203);
    assert_int_equal(theme_find(&theme, "mine", NULL), STATUS_OK);
    assert_string_equal(theme.name, "mine");
    assert_int_equal(theme_list_read(&list, NULL), STATUS_OK);
    const struct theme_entry *light = named(&list, "light"), *mine = named(&list, "mine");
    assert_true(light && mine);
    assert_int_equal(light->theme.look[ROLE_QUERY].foreground, 0x010203);
    assert_int_equal(strncmp(light->path, home->themes, strlen(home->themes)), 0);
    theme_list_free(&list);
}

static void test_a_theme_with_a_mistake_is_listed_as_such(void **context)
{
    const struct home *home = *context;
    struct theme theme, default_theme;
    struct theme_list list;
    struct error err = {0};
    write_file(home->themes, "bad.theme", "query = #010203\nkey = blue\n");
    theme_default(&default_theme);
    theme = default_theme;
    assert_int_equal(theme_find(&theme, "bad", &err), STATUS_FAILED);
    assert_non_null(strstr(err.what, "bad.theme:2:"));
    assert_memory_equal(&theme, &default_theme, sizeof theme);
    assert_int_equal(theme_list_read(&list, NULL), STATUS_OK);
    const struct theme_entry *bad = named(&list, "bad");
    assert_true(bad && bad->mistake);
    assert_non_null(strstr(bad->mistake, "bad.theme:2:"));
    assert_memory_equal(bad->theme.look, default_theme.look, sizeof theme.look);
    theme_list_free(&list);
}

static void test_a_theme_is_named_or_is_a_file(void **context)
{
    const struct home *home = *context;
    struct theme theme;
    struct error err = {0};
    char path[PATH_BYTES];
    write_file(home->config, "far.theme", "query = #070809\n");
    assert_true(path_join(path, home->config, "far.theme"));
    assert_int_equal(theme_find(&theme, path, NULL), STATUS_OK);
    assert_int_equal(theme.look[ROLE_QUERY].foreground, 0x070809);
    assert_int_equal(theme_find(&theme, "themes/light.theme", NULL), STATUS_OK);
    assert_string_equal(theme.name, "light");
    assert_int_equal(theme_find(&theme, "none-such", &err), STATUS_USAGE);
    assert_non_null(strstr(err.what, "none-such"));
    assert_int_equal(theme_find(&theme, "../themes/light", &err), STATUS_FAILED);
    assert_int_equal(theme_find(&theme, "dark", NULL), STATUS_OK);
}

/* ---- the chooser --------------------------------------------------------- */

struct scene {
    struct angles *angles;
    struct state state;
    struct canvas *canvas;
};

static struct scene open_scene(const struct synthetic *shape, int rows, int cols)
{
    struct scene scene = {.angles = synthetic_new(shape), .canvas = canvas_new(rows, cols)};
    assert_non_null(scene.canvas);
    assert_int_equal(state_init(&scene.state, scene.angles, NULL), STATUS_OK);
    update_size(&scene.state, rows, cols);
    return scene;
}

static void close_scene(struct scene *scene)
{
    state_free(&scene->state);
    synthetic_free(scene->angles);
    canvas_free(scene->canvas);
}

static char *picture(struct scene *scene, bool roles)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    frame_draw(scene->canvas, &scene->state);
    assert_true(roles ? canvas_write_roles(scene->canvas, stream)
                      : canvas_write_text(scene->canvas, stream));
    fclose(stream);
    return text;
}

/* `count` themes that differ in the colour of the query data; the second has a mistake. */
enum { MADE = 20 };
static void make_list(struct theme_list *list, struct theme_entry entry[MADE], size_t count)
{
    *list = (struct theme_list){.entry = entry, .count = count};
    for (size_t i = 0; i < count; i++) {
        entry[i] = (struct theme_entry){.path = "/somewhere"};
        theme_default(&entry[i].theme);
        entry[i].theme.look[ROLE_QUERY].foreground = (int32_t)i;
        text_format(entry[i].theme.name, THEME_NAME, "theme-%c", (char)('a' + (int)i));
    }
    if (count > 1)
        entry[1].mistake = "/somewhere/theme-b.theme:3: unknown name 'querry'";
}

static int32_t query_colour(const struct scene *scene)
{
    return scene->state.theme.look[ROLE_QUERY].foreground;
}

static void ask(struct scene *scene, const struct theme_list *list)
{
    update_key(&scene->state, 'T');
    assert_int_equal(scene->state.request, REQUEST_THEMES);
    scene->state.request = REQUEST_NONE;
    update_themes(&scene->state, list);
    assert_int_equal(scene->state.place, PLACE_THEMES);
}

static void test_the_screen_follows_the_choice(void **unused)
{
    struct theme_list list;
    struct theme_entry entry[MADE];
    struct scene scene = open_scene(&llama, 24, 80);
    struct theme before = scene.state.theme;
    (void)unused;
    make_list(&list, entry, 4);
    ask(&scene, &list);
    assert_memory_equal(&scene.state.theme, &before, sizeof before);
    update_key(&scene.state, KEYCODE_DOWN);
    assert_int_equal(query_colour(&scene), 1);
    assert_non_null(strstr(scene.state.message, "querry"));
    update_key(&scene.state, 'j');
    assert_int_equal(query_colour(&scene), 2);
    assert_string_equal(scene.state.message, "");
    update_key(&scene.state, 27);
    assert_memory_equal(&scene.state.theme, &before, sizeof before);
    assert_int_equal(scene.state.place, PLACE_VIEW);
    ask(&scene, &list);
    update_key(&scene.state, 'G');
    update_key(&scene.state, KEYCODE_DOWN); /* there is none below */
    update_key(&scene.state, KEYCODE_UP);
    update_key(&scene.state, '\n');
    assert_int_equal(query_colour(&scene), 2);
    assert_int_equal(scene.state.place, PLACE_VIEW);
    ask(&scene, &list); /* and opens on the one that was kept */
    assert_int_equal(scene.state.theme_at, 2);
    close_scene(&scene);
}

static void test_no_themes_is_a_message(void **unused)
{
    struct theme_list none = {0};
    struct scene scene = open_scene(&llama, 24, 80);
    (void)unused;
    update_key(&scene.state, 'T');
    update_themes(&scene.state, &none);
    assert_int_equal(scene.state.place, PLACE_VIEW);
    assert_true(scene.state.message[0] != '\0');
    close_scene(&scene);
}

static void test_the_chooser_fits_every_size(void **unused)
{
    struct theme_list list;
    struct theme_entry entry[MADE];
    (void)unused;
    for (int rows = 1; rows < 40; rows += rows < 14 ? 1 : 7)
        for (int cols = 1; cols < 100; cols += cols < 14 ? 1 : 13)
            for (size_t count = 1; count <= MADE; count += 6) {
                struct scene scene = open_scene(&small, rows, cols);
                make_list(&list, entry, count);
                ask(&scene, &list);
                for (size_t i = 0; i < count; i++) {
                    char *text = picture(&scene, false);
                    bool room = rows >= 12 && cols >= 30;
                    assert_true(!room || strstr(text, scene.state.theme.name) || i == 0);
                    free(text);
                    update_key(&scene.state, 'j');
                }
                close_scene(&scene);
            }
}

static void test_random_keys_in_the_chooser(void **unused)
{
    static const uint32_t keys[] = {'T', 'j', 'k', KEYCODE_UP, KEYCODE_DOWN, '\n', 27,
                                    'g', 'G', '?', '1',        '2',          'q',  12};
    struct theme_list list;
    struct theme_entry entry[MADE];
    struct scene scene = open_scene(&llama, 24, 80);
    uint32_t z = 1;
    (void)unused;
    make_list(&list, entry, 5);
    for (int step = 0; step < 3000; step++) {
        z = z * 1664525U + 1013904223U;
        update_key(&scene.state, keys[(z >> 16) % (sizeof keys / sizeof *keys)]);
        if (scene.state.request == REQUEST_THEMES)
            update_themes(&scene.state, &list);
        scene.state.request = REQUEST_NONE;
        if (step % 10 == 0)
            free(picture(&scene, false));
        assert_true(scene.state.place != PLACE_THEMES || scene.state.theme_at < list.count);
    }
    close_scene(&scene);
}

static char *read_whole(const char *path)
{
    FILE *stream = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    if (stream) {
        text[fread(text, 1, (1 << 16) - 1, stream)] = '\0';
        fclose(stream);
    }
    return text;
}

static void test_golden_chooser(void **unused)
{
    static const char path[] = "tests/golden/themes.txt";
    struct theme_list list;
    struct theme_entry entry[MADE];
    struct scene scene = open_scene(&llama, 24, 80);
    (void)unused;
    make_list(&list, entry, 5);
    ask(&scene, &list);
    update_key(&scene.state, 'j');
    update_key(&scene.state, 'j');
    char *text = picture(&scene, true);
    if (getenv("UPDATE_GOLDEN")) {
        FILE *stream = fopen(path, "wb");
        assert_non_null(stream);
        fputs(text, stream);
        fclose(stream);
    }
    char *golden = read_whole(path);
    if (strcmp(text, golden) != 0)
        fail_msg("%s differs; it is now:\n%s", path, text);
    free(golden);
    free(text);
    close_scene(&scene);
}

/* ---- names that would break columns -------------------------------------- */

/* Columns of a line of the picture, as the canvas counts them. */
static void assert_lines_fit(const char *text, int cols)
{
    char line[4096];
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        assert_true((size_t)(end - text) < sizeof line);
        memcpy(line, text, (size_t)(end - text));
        line[end - text] = '\0';
        assert_true(canvas_text_width(line) <= cols);
    }
}

/* Wide, joined, combining, reordering and broken characters, and control codes. */
static const char *const names[] = {
    "\u6a21\u578b\u65cb\u8f6c\u4f4d\u7f6e\u7f16\u7801-7b",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family",
    "e\u0301a\u0308o\u0302-cafe\u0301",
    "\u202eabc\u202c\u200fdef\u2066ghi\u2069",
    "\ufeffname\u00adsoft\u200bspace",
    "\x1b[31mred\x1b]0;title\x07",
    "bad\xff\xc3utf8",
    "\u0301starts with a mark",
    "\uff26\uff55\uff4c\uff4c\uff57\uff49\uff44\uff54\uff48",
    "\u0e01\u0e34\u0e19\u0e49\u0e33",
};

static void test_names_never_break_a_column(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int cols = 1; cols < 130; cols += cols < 40 ? 1 : 9) {
            struct synthetic shape = llama;
            shape.layers = 4;
            shape.name = names[i];
            struct scene scene = open_scene(&shape, 24, cols);
            char *text = picture(&scene, false);
            assert_true(text_is_utf8(text, strlen(text)));
            assert_null(strpbrk(text, "\x1b\x07\r\t"));
            assert_lines_fit(text, cols);
            assert_null(strstr(text, "\u202e"));
            assert_null(strstr(text, "\u200d"));
            free(text);
            close_scene(&scene);
        }
}

/* The lines below the header must not know the name at all. */
static void test_names_leave_the_rest_alone(void **unused)
{
    char *plain = NULL;
    (void)unused;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct synthetic shape = llama;
        shape.name = names[i];
        struct scene scene = open_scene(&shape, 24, 80);
        char *text = picture(&scene, false), *rest = strchr(text, '\n');
        assert_non_null(rest);
        if (plain)
            assert_string_equal(rest, strchr(plain, '\n'));
        free(plain);
        plain = text;
        close_scene(&scene);
    }
    free(plain);
}

/* ---- colours as escape codes --------------------------------------------- */

static char *ansi(struct scene *scene, const char *theme_path, enum colour_depth depth)
{
    char *text = NULL;
    size_t size;
    struct theme theme;
    assert_int_equal(theme_read(&theme, theme_path, NULL), STATUS_OK);
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    frame_draw(scene->canvas, &scene->state);
    assert_true(canvas_write_ansi(scene->canvas, &theme, depth, stream));
    fclose(stream);
    return text;
}

/* Takes "ESC [ ... m" away, and spaces before a line's end. */
static void strip(char *text)
{
    char *out = text, *line = text;
    for (const char *in = text; *in; in++) {
        if (*in == '\033') {
            in += strcspn(in, "m");
            continue;
        }
        if (*in == '\n')
            while (out > line && out[-1] == ' ')
                out--;
        *out++ = *in;
        if (*in == '\n')
            line = out;
    }
    *out = '\0';
}

static void test_colours_leave_the_text_alone(void **unused)
{
    struct scene scene = open_scene(&llama, 24, 80);
    char *plain = picture(&scene, false);
    (void)unused;
    for (int depth = COLOURS_8; depth <= COLOURS_DIRECT; depth++) {
        char *text = ansi(&scene, "themes/gruvbox.theme", (enum colour_depth)depth);
        assert_non_null(strchr(text, '\033'));
        strip(text);
        assert_string_equal(text, plain);
        free(text);
    }
    free(plain);
    close_scene(&scene);
}

static void test_colours_of_each_depth(void **unused)
{
    struct scene scene = open_scene(&llama, 24, 80);
    (void)unused;
    char *direct = ansi(&scene, "themes/gruvbox.theme", COLOURS_DIRECT);
    assert_non_null(strstr(direct, ";38;2;131;165;152;48;2;40;40;40m")); /* query: #83a598 */
    free(direct);
    char *indexed = ansi(&scene, "themes/dark.theme", COLOURS_256);
    assert_non_null(strstr(indexed, "\033[0;38;5;32m")); /* query: #0087d7 */
    assert_null(strstr(indexed, "38;2;"));
    free(indexed);
    char *few = ansi(&scene, "themes/dark.theme", COLOURS_8);
    assert_null(strstr(few, ";38;"));
    assert_non_null(strstr(few, "\033[0;36m")); /* the nearest of the eight: cyan */
    free(few);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_list_has_what_comes_along, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_users_themes_come_first, open_home, close_home),
        cmocka_unit_test_setup_teardown(test_a_theme_with_a_mistake_is_listed_as_such, open_home,
                                        close_home),
        cmocka_unit_test_setup_teardown(test_a_theme_is_named_or_is_a_file, open_home, close_home),
        cmocka_unit_test(test_the_screen_follows_the_choice),
        cmocka_unit_test(test_no_themes_is_a_message),
        cmocka_unit_test(test_the_chooser_fits_every_size),
        cmocka_unit_test(test_random_keys_in_the_chooser),
        cmocka_unit_test(test_golden_chooser),
        cmocka_unit_test(test_names_never_break_a_column),
        cmocka_unit_test(test_names_leave_the_rest_alone),
        cmocka_unit_test(test_colours_leave_the_text_alone),
        cmocka_unit_test(test_colours_of_each_depth),
    };
    return cmocka_run_group_tests_name("looks", tests, NULL, NULL);
}
