/* The key table: nothing bound twice, everything reachable, every word where it is needed. With
 * UPDATE_GOLDEN=1 the list in README.md is written anew. */
#include "ropescope/explorer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const enum place places[] = {PLACE_VIEW, PLACE_HELP, PLACE_ENTRY, PLACE_FILTER};
enum { PLACES = sizeof places / sizeof *places };

static void test_no_key_bound_twice_in_a_place(void **unused)
{
    (void)unused;
    for (size_t p = 0; p < PLACES; p++)
        for (size_t i = 0; i < keys_count(); i++)
            for (size_t k = 0; k < BINDING_KEYS; k++) {
                const struct binding *binding = keys_binding(i);
                if (!(binding->places & (unsigned)places[p]) || binding->keys[k] == 0)
                    continue;
                size_t times = 0;
                for (size_t j = 0; j < keys_count(); j++)
                    for (size_t l = 0; l < BINDING_KEYS; l++)
                        times += (keys_binding(j)->places & (unsigned)places[p]) &&
                                 keys_binding(j)->keys[l] == binding->keys[k];
                assert_int_equal(times, 1);
                assert_int_equal(keys_action(places[p], binding->keys[k]), binding->action);
            }
}

static void test_every_action_has_a_key_and_words(void **unused)
{
    (void)unused;
    for (int action = ACTION_NONE + 1; action < ACTION_COUNT; action++) {
        bool found = false;
        for (size_t i = 0; i < keys_count(); i++) {
            const struct binding *binding = keys_binding(i);
            if ((int)binding->action != action)
                continue;
            found = true;
            assert_true(binding->keys[0] != 0);
            assert_true(binding->places != 0);
            assert_non_null(binding->help);
            assert_in_range(strlen(binding->help), 3, 60);
        }
        if (!found)
            fail_msg("no key for action %d", action);
    }
}

static void test_unbound_keys_do_nothing(void **unused)
{
    (void)unused;
    assert_int_equal(keys_action(PLACE_VIEW, 0), ACTION_NONE);
    assert_int_equal(keys_action(PLACE_VIEW, 'Z'), ACTION_NONE);
    assert_int_equal(keys_action(PLACE_ENTRY, 'q'), ACTION_NONE);
    assert_int_equal(keys_action(PLACE_FILTER, 'q'), ACTION_NONE);
    assert_int_equal(keys_action(PLACE_VIEW, 'q'), ACTION_QUIT);
}

static void test_typing_leaves_every_printable_character_free(void **unused)
{
    (void)unused;
    for (uint32_t key = ' '; key < 127; key++) {
        assert_int_equal(keys_action(PLACE_ENTRY, key), ACTION_NONE);
        assert_int_equal(keys_action(PLACE_FILTER, key), ACTION_NONE);
    }
}

static void test_footer_fits_and_keeps_quit(void **unused)
{
    (void)unused;
    for (size_t p = 0; p < PLACES; p++)
        for (int set = 0; set < GLYPH_SET_COUNT; set++)
            for (int cols = 0; cols <= 200; cols++) {
                struct hint hints[HINTS_MAX];
                size_t count = keys_hints(places[p], glyphs_of((enum glyph_set)set), cols, hints);
                int used = count ? -2 : 0;
                for (size_t i = 0; i < count; i++)
                    used += keys_hint_cols(&hints[i]);
                assert_true(used <= cols);
                if (places[p] == PLACE_VIEW && cols >= 16)
                    assert_string_equal(hints[count - 1].words, "quit");
            }
}

static void test_footer_joins_neighbours(void **unused)
{
    (void)unused;
    struct hint hints[HINTS_MAX];
    size_t count = keys_hints(PLACE_VIEW, glyphs_of(GLYPHS_BLOCKS), 200, hints);
    assert_true(count >= 8);
    assert_string_equal(hints[0].keys, "\u2191\u2193");
    assert_string_equal(hints[0].words, "layer");
    keys_hints(PLACE_VIEW, glyphs_of(GLYPHS_ASCII), 200, hints);
    assert_string_equal(hints[0].keys, "k j");
    bool step = false;
    for (size_t i = 0; i < count; i++)
        step = step || (strcmp(hints[i].keys, "[ ]") == 0 && strcmp(hints[i].words, "step") == 0);
    assert_true(step);
}

/* What somebody who has never seen the program needs first, in a terminal of 80 columns. */
static void test_narrow_footers_keep_what_is_needed(void **unused)
{
    static const char *const needed[] = {"threshold", "view", "dive", "help", "quit"};
    (void)unused;
    for (unsigned own = 0; own < 6; own++) {
        static const enum place own_places[] = {PLACE_OVERVIEW,  PLACE_HISTOGRAM, PLACE_SCATTER,
                                                PLACE_THRESHOLD, PLACE_LIST,      PLACE_VIEW};
        struct hint hints[HINTS_MAX];
        size_t count =
            keys_hints(PLACE_VIEW | (unsigned)own_places[own], glyphs_of(GLYPHS_BLOCKS), 79, hints);
        for (size_t n = 0; n < sizeof needed / sizeof *needed; n++) {
            bool found = false;
            for (size_t i = 0; i < count; i++)
                found = found || strcmp(hints[i].words, needed[n]) == 0;
            assert_true(found);
        }
    }
    struct hint hints[HINTS_MAX];
    size_t count = keys_hints(PLACE_VIEW | PLACE_OVERVIEW, glyphs_of(GLYPHS_BLOCKS), 79, hints);
    assert_string_equal(hints[count - 3].keys, "*");
}

static void test_names_of_keys(void **unused)
{
    static const struct {
        uint32_t key;
        const char *name;
    } cases[] = {{KEYCODE_UP, "Up"}, {KEYCODE_PAGE_DOWN, "PgDn"},
                 {'\t', "Tab"},      {27, "Esc"},
                 {12, "Ctrl-L"},     {'g', "g"},
                 {' ', "Space"}};
    char name[KEY_LABEL];
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        keys_name(name, cases[i].key, NULL);
        assert_string_equal(name, cases[i].name);
    }
    keys_name(name, KEYCODE_UP, glyphs_of(GLYPHS_BLOCKS));
    assert_string_equal(name, "\u2191");
}

static size_t matches(const char *filter)
{
    size_t count = 0;
    for (size_t i = 0; i < keys_count(); i++)
        count += keys_match(keys_binding(i), filter);
    return count;
}

static void test_filter_finds_keys_and_words(void **unused)
{
    (void)unused;
    assert_int_equal(matches(""), keys_count());
    assert_int_equal(matches("no such words"), 0);
    assert_true(matches("THRESHOLD") >= 5);
    assert_int_equal(matches("threshold"), matches("THRESHOLD"));
    assert_int_equal(matches("ctrl-l"), 1);
}

/* ---- README.md ------------------------------------------------------------------------------- */

/* A bar would end the cell of the table. */
static void write_cell(FILE *stream, const char *text)
{
    for (; *text; text++)
        fprintf(stream, *text == '|' ? "\\%c" : "%c", *text);
}

static void write_label(FILE *stream, const struct binding *binding)
{
    char label[KEY_LABEL];
    keys_label(label, binding, NULL);
    for (char *name = strtok(label, " "); name; name = strtok(NULL, " ")) {
        fputc('`', stream);
        write_cell(stream, name);
        fputs("` ", stream);
    }
}

enum {
    VIEWS = PLACE_VIEW | PLACE_LIST | PLACE_OVERVIEW | PLACE_HISTOGRAM | PLACE_SCATTER |
            PLACE_INSPECTOR | PLACE_THRESHOLD | PLACE_PAIRS | PLACE_PROFILE | PLACE_FREQUENCY |
            PLACE_STRIP | PLACE_SPECTRUM | PLACE_OFFSETS | PLACE_ATTENTION | PLACE_GROUPS |
            PLACE_CHANGE
};

/* The keys outside help and typing, a line each; those that share a hint share a line. */
static void write_readme_rows(FILE *stream)
{
    for (size_t i = 0; i < keys_count(); i++) {
        const struct binding *binding = keys_binding(i);
        const struct binding *next = keys_binding(i + 1 < keys_count() ? i + 1 : i);
        if (!(binding->places & VIEWS))
            continue;
        bool two = next != binding && binding->hint && next->hint &&
                   strcmp(binding->hint, next->hint) == 0;
        fprintf(stream, "| ");
        write_label(stream, binding);
        if (two)
            write_label(stream, next);
        fputs("| ", stream);
        write_cell(stream, binding->help);
        fputs(two ? "; " : "", stream);
        write_cell(stream, two ? next->help : "");
        fputs(" |\n", stream);
        i += two;
    }
}

enum { README_BYTES = 1 << 17 };

static void test_readme_lists_the_keys(void **unused)
{
    static const char head[] = "| keys | what they do |\n|---|---|\n";
    char *rows = NULL, *readme = calloc(1, README_BYTES);
    size_t size;
    FILE *stream = open_memstream(&rows, &size), *file = fopen("README.md", "rb");
    (void)unused;
    assert_true(readme && stream && file);
    write_readme_rows(stream);
    fclose(stream);
    readme[fread(readme, 1, README_BYTES - 1, file)] = '\0';
    fclose(file);
    char *at = strstr(readme, head);
    assert_non_null(at);
    at += strlen(head);
    if (getenv("UPDATE_GOLDEN")) {
        file = fopen("README.md", "wb");
        assert_non_null(file);
        fprintf(file, "%.*s%s%s", (int)(at - readme), readme, rows, strstr(at, "\n\n") + 1);
        fclose(file);
    } else if (strncmp(at, rows, size) != 0 || at[size] != '\n') {
        fail_msg("README.md should list these keys (UPDATE_GOLDEN=1 does):\n%s", rows);
    }
    free(rows);
    free(readme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_key_bound_twice_in_a_place),
        cmocka_unit_test(test_every_action_has_a_key_and_words),
        cmocka_unit_test(test_unbound_keys_do_nothing),
        cmocka_unit_test(test_typing_leaves_every_printable_character_free),
        cmocka_unit_test(test_footer_fits_and_keeps_quit),
        cmocka_unit_test(test_footer_joins_neighbours),
        cmocka_unit_test(test_narrow_footers_keep_what_is_needed),
        cmocka_unit_test(test_names_of_keys),
        cmocka_unit_test(test_filter_finds_keys_and_words),
        cmocka_unit_test(test_readme_lists_the_keys),
    };
    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
