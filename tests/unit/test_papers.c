/* Man page, completions, --help and ? say what the tables say. With UPDATE_GOLDEN=1 the generated
 * parts of man page and completions are written anew. */
#include "papers.h"

#include "commands/commands.h"
#include "ropescope/views.h"
#include "synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAPER_BYTES = 1 << 17 };

static char *read_whole(const char *path)
{
    char *text = calloc(1, PAPER_BYTES);
    FILE *stream = fopen(path, "rb");
    assert_non_null(text);
    assert_non_null(stream);
    text[fread(text, 1, PAPER_BYTES - 1, stream)] = '\0';
    fclose(stream);
    return text;
}

/* The part of a paper behind the line with `mark`, up to the line with `end`. */
static char *part_of(char *paper, const char *name, size_t *length)
{
    char mark[64], end[64];
    text_format(mark, sizeof mark, "generated: %s", name);
    text_format(end, sizeof end, "end: %s", name);
    char *start = strstr(paper, mark);
    assert_non_null(start);
    start += strcspn(start, "\n") + 1;
    char *stop = strstr(start, end);
    assert_non_null(stop);
    while (stop > start && stop[-1] != '\n')
        stop--;
    *length = (size_t)(stop - start);
    return start;
}

static void check_part(const char *path, const char *name, paper_part *write)
{
    char *wanted = NULL, *paper = read_whole(path);
    size_t size, length;
    FILE *stream = open_memstream(&wanted, &size);
    assert_non_null(stream);
    write(stream);
    fclose(stream);
    const char *start = part_of(paper, name, &length);
    if (getenv("UPDATE_GOLDEN")) {
        stream = fopen(path, "wb");
        assert_non_null(stream);
        fprintf(stream, "%.*s%s%s", (int)(start - paper), paper, wanted, start + length);
        fclose(stream);
    } else if (length != size || memcmp(start, wanted, size) != 0) {
        fail_msg("%s: the part '%s' should be (UPDATE_GOLDEN=1 writes it):\n%s", path, name,
                 wanted);
    }
    free(wanted);
    free(paper);
}

static void test_man_page(void **unused)
{
    static const char path[] = "src/manual/ropescope.1";
    (void)unused;
    check_part(path, "synopsis", man_synopsis);
    check_part(path, "commands", man_commands);
    check_part(path, "views", man_views);
    check_part(path, "keys", man_keys);
    check_part(path, "flags", man_flags);
    check_part(path, "settings", man_settings);
    check_part(path, "themes", man_themes);
    check_part(path, "roles", man_roles);
    char *page = read_whole(path);
    assert_non_null(strstr(page, "\"ropescope " ROPESCOPE_VERSION "\""));
    free(page);
}

static void test_completions(void **unused)
{
    (void)unused;
    check_part("src/completions/ropescope.bash", "tables", bash_tables);
    check_part("src/completions/_ropescope", "tables", zsh_tables);
}

/* Ticks come from the fixtures: what has none, has none here. */
static void test_families_of_the_readme(void **unused)
{
    (void)unused;
    check_part("README.md", "families", readme_families);
}

/* ---- what the program says of itself ------------------------------------- */

static void test_help_of_every_command(void **unused)
{
    (void)unused;
    for (const struct command *command = commands; command->name; command++) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        assert_non_null(stream);
        options_help(command, stream);
        fclose(stream);
        for (size_t i = 0; i < flags_count(); i++) {
            char name[64];
            const struct flag *flag = flags_at(i);
            text_format(name, sizeof name, " --%s ", flag->name);
            /* Another flag of that name may be the command's own. */
            const bool takes = flags_named(flag->name, strlen(flag->name), command->bit) != NULL;
            assert_int_equal(strstr(text, name) != NULL, takes);
            assert_true(!(flag->commands & command->bit) || strstr(text, flag->help));
        }
        for (const char *line = text; *line;) {
            size_t length = strcspn(line, "\n");
            assert_true(length <= 120);
            line += length + (line[length] == '\n');
        }
        free(text);
    }
}

static void test_the_help_on_screen_has_every_key(void **unused)
{
    static const struct synthetic shape = {4, 4, 4, 8, -1, -1, false, "small"};
    struct angles *angles = synthetic_new(&shape);
    struct canvas *canvas = canvas_new(200, 120);
    struct state state;
    char *text = NULL;
    size_t size;
    (void)unused;
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
    update_size(&state, canvas->rows, canvas->cols);
    update_action(&state, ACTION_HELP);
    frame_draw(canvas, &state);
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_true(canvas_write_text(canvas, stream));
    fclose(stream);
    for (size_t i = 0; i < keys_count(); i++) {
        char label[KEY_LABEL], start[KEY_LABEL + 8];
        keys_label(label, keys_binding(i), glyphs_of(GLYPHS_BLOCKS));
        text_format(start, sizeof start, " %s ", label);
        const char *at = strstr(text, keys_binding(i)->help);
        assert_non_null(at);
        assert_non_null(strstr(text, start));
    }
    free(text);
    canvas_free(canvas);
    state_free(&state);
    synthetic_free(angles);
}

/* The example of the man page is a settings file without a mistake. */
static void test_the_example_of_settings_is_right(void **unused)
{
    char *page = read_whole("src/manual/ropescope.1");
    char *start = strstr(page, "# ~/.config/ropescope/settings\n"), *end;
    (void)unused;
    assert_non_null(start);
    end = strstr(start, ".RE\n");
    assert_non_null(end);
    char path[] = "/tmp/ropescope-settings-XXXXXX";
    assert_true(mkstemp(path) >= 0);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fprintf(stream, "%.*s", (int)(end - start), start);
    fclose(stream);
    struct options options = {.config = path};
    struct arena arena = {0};
    struct notices notices = {0};
    char home[] = "/tmp/ropescope-home-XXXXXX", own[PATH_BYTES], themes[PATH_BYTES];
    assert_true(mkdtemp(home) && realpath("themes", own)); /* where its theme is sure to be found */
    setenv("XDG_CONFIG_HOME", home, 1);
    text_format(themes, sizeof themes, "%s/ropescope", home);
    assert_true(path_make_directories(themes));
    text_format(themes, sizeof themes, "%s/ropescope/themes", home);
    assert_int_equal(symlink(own, themes), 0);
    assert_int_equal(settings_file_apply(&options, &arena, &notices, NULL), STATUS_OK);
    assert_int_equal(notices.count, 0);
    assert_string_equal(options.theme, "gruvbox");
    assert_true(options.rule.threshold == 0.02F);
    arena_free(&arena);
    remove(path);
    remove(themes);
    *strrchr(themes, '/') = '\0';
    remove(themes);
    remove(home);
    free(page);
}

/* README.md names every command and every flag that has to do with what is seen or written. */
static void test_readme_names_commands_and_flags(void **unused)
{
    char *readme = read_whole("README.md");
    (void)unused;
    for (const struct command *command = commands + 1; command->name; command++) {
        char words[64];
        text_format(words, sizeof words, "ropescope %s ", command->name);
        if (!strstr(readme, words))
            fail_msg("README.md does not say '%s'", words);
    }
    for (size_t i = 0; i < flags_count(); i++) {
        char words[64];
        text_format(words, sizeof words, "--%s", flags_at(i)->name);
        if (!strstr(readme, words))
            fail_msg("README.md does not say '%s'", words);
    }
    free(readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_man_page),
        cmocka_unit_test(test_completions),
        cmocka_unit_test(test_families_of_the_readme),
        cmocka_unit_test(test_help_of_every_command),
        cmocka_unit_test(test_the_help_on_screen_has_every_key),
        cmocka_unit_test(test_the_example_of_settings_is_right),
        cmocka_unit_test(test_readme_names_commands_and_flags),
    };
    return cmocka_run_group_tests_name("papers", tests, NULL, NULL);
}
