/* What leaves: names of files, requests of the state, words of a shell, the clipboard's sequence,
 * the command line on the screen. */
#include "ropescope/views.h"
#include "synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { ESC = 27 };
static const struct synthetic llama = {6, 8, 2, 8, -1, -1, false, "Llama-2-7b-hf"};
static const struct synthetic hostile = {2, 2, 2, 4, -1, -1, false, "../-a b\x1b[31m\303\251/.x"};
static const struct synthetic waiting = {4, 2, 2, 4, -1, 2, false, "waiting"};

static struct angles *angles;
static struct state state;

static void open_state(const struct synthetic *shape)
{
    angles = synthetic_new(shape);
    assert_int_equal(state_init(&state, angles, NULL), STATUS_OK);
}

static void close_state(void)
{
    state_free(&state);
    synthetic_free(angles);
}

static void type(const char *keys)
{
    for (; *keys; keys++)
        update_key(&state, (unsigned char)*keys);
}

/* ---- names --------------------------------------------------------------- */

static void assert_proposed(const char *keys, const char *name)
{
    type(keys);
    type("e");
    assert_int_equal(state.place, PLACE_SAVE);
    assert_string_equal(state.entry.text, name);
    assert_int_equal(state.entry.length, strlen(name));
    update_key(&state, ESC);
    assert_int_equal(state.place, PLACE_VIEW);
    assert_int_equal(state.request, REQUEST_NONE);
}

static void test_proposed_names(void **unused)
{
    (void)unused;
    open_state(&llama);
    assert_proposed("", "Llama-2-7b-hf-overview.csv");
    assert_proposed("2:4.3\n", "Llama-2-7b-hf-pairs-layer4-head3.csv");
    assert_proposed("3", "Llama-2-7b-hf-heads-layer4.csv");
    assert_proposed("4", "Llama-2-7b-hf-layers.csv");
    assert_proposed("s5", "Llama-2-7b-hf-histogram-layer4.csv");
    assert_proposed("s6", "Llama-2-7b-hf-scatter.csv");
    assert_proposed("ss7", "Llama-2-7b-hf-threshold.csv"); /* whatever the scope of its lines */
    close_state();
    open_state(&hostile);
    assert_proposed("", "_._-a_b__31m___.x-overview.csv");
    close_state();
}

static void test_long_names_are_cut(void **unused)
{
    char name[2000];
    struct synthetic shape = llama;
    (void)unused;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    shape.name = name;
    open_state(&shape);
    type("2e");
    assert_true(state.entry.length < 160);
    assert_true(text_ends_with(state.entry.text, "-pairs-layer0-head0.csv"));
    close_state();
}

/* ---- requests ------------------------------------------------------------ */

static enum request taken(void)
{
    enum request request = state.request;
    state.request = REQUEST_NONE;
    return request;
}

static void test_saving_is_asked_of_the_loop(void **unused)
{
    (void)unused;
    open_state(&llama);
    type("e");
    assert_int_equal(taken(), REQUEST_NONE);
    type("\n");
    assert_int_equal(taken(), REQUEST_SAVE);
    assert_int_equal(state.place, PLACE_SAVE); /* until it is written */
    update_exists(&state);
    assert_int_equal(state.place, PLACE_CONFIRM);
    type("xq\t");
    assert_int_equal(state.place, PLACE_CONFIRM); /* only y and n count */
    type("n");
    assert_int_equal(taken(), REQUEST_NONE);
    assert_int_equal(state.place, PLACE_SAVE); /* for another name */
    type("\n");
    assert_int_equal(taken(), REQUEST_SAVE);
    update_exists(&state);
    type("y");
    assert_int_equal(taken(), REQUEST_REPLACE);
    update_saved(&state, "wrote it");
    assert_int_equal(state.place, PLACE_VIEW);
    assert_string_equal(state.message, "wrote it");
    assert_false(state.message_is_error);
    close_state();
}

static void test_a_failure_leaves_the_name_open(void **unused)
{
    (void)unused;
    open_state(&llama);
    type("e\n");
    update_message(&state, "no\x1b[0m room");
    assert_int_equal(state.place, PLACE_SAVE);
    assert_string_equal(state.message, "no?[0m room");
    type("\025\n"); /* Ctrl-U: an empty name */
    assert_true(state.message_is_error);
    taken();
    type("\n");
    assert_int_equal(taken(), REQUEST_NONE);
    close_state();
}

static void test_nothing_is_saved_of_half_a_scan(void **unused)
{
    (void)unused;
    open_state(&waiting);
    type("e");
    assert_int_equal(state.place, PLACE_VIEW);
    assert_true(state.message_is_error);
    assert_non_null(strstr(state.message, "3 of 4 layers"));
    close_state();
}

static void test_other_requests(void **unused)
{
    (void)unused;
    open_state(&llama);
    type("y");
    assert_int_equal(taken(), REQUEST_COPY);
    type("Y");
    assert_int_equal(state.place, PLACE_COMMAND);
    type("y");
    assert_int_equal(taken(), REQUEST_COPY_COMMAND);
    update_key(&state, ESC);
    assert_int_equal(state.place, PLACE_VIEW);
    type("X");
    assert_true(state.mouse);
    assert_int_equal(taken(), REQUEST_MOUSE);
    close_state();
}

/* ---- files that are there already ---------------------------------------- */

static void write_file(const char *path, const char *text)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void assert_file(const char *path, const char *text)
{
    char got[64] = "";
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    got[fread(got, 1, sizeof got - 1, stream)] = '\0';
    fclose(stream);
    assert_string_equal(got, text);
}

/* Somebody else writes the file while ours is being written. */
static void test_a_file_that_comes_meanwhile_is_left_alone(void **unused)
{
    char directory[] = "/tmp/ropescope-out-XXXXXX", path[64];
    struct output output;
    bool exists = false;
    (void)unused;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/file", directory);
    assert_int_equal(output_open(&output, path, NULL), STATUS_OK);
    fputs("ours", output.stream);
    write_file(path, "theirs");
    assert_int_equal(output_commit_new(&output, &exists, NULL), STATUS_OK);
    assert_true(exists);
    assert_file(path, "theirs");
    unlink(path);
    assert_int_equal(output_open(&output, path, NULL), STATUS_OK);
    fputs("ours", output.stream);
    assert_int_equal(output_commit_new(&output, &exists, NULL), STATUS_OK);
    assert_false(exists);
    assert_file(path, "ours");
    unlink(path);
    assert_int_equal(rmdir(directory), 0); /* nothing else is left there */
}

/* ---- words of a shell ---------------------------------------------------- */

static void test_shell_words(void **unused)
{
    static const struct {
        const char *word, *shell;
    } cases[] = {
        {"plain/path-1.0_x", "plain/path-1.0_x"},
        {"two words", "'two words'"},
        {"it's", "'it'\\''s'"},
        {"", "''"},
        {"~/x", "'~/x'"},
        {"a\nb", "$'a\\012b'"},
        {"a\x1b'\\7", "$'a\\033\\047\\1347'"},
        {"\303\251", "'\303\251'"},
        {"\377", "$'\\377'"},
        {"$HOME;`x`", "'$HOME;`x`'"},
    };
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[64], small[4];
        assert_true(text_shell_word(out, sizeof out, cases[i].word));
        assert_string_equal(out, cases[i].shell);
        assert_int_equal(text_shell_word(small, sizeof small, cases[i].word),
                         strlen(cases[i].shell) < sizeof small);
    }
}

/* ---- the clipboard ------------------------------------------------------- */

static void test_clipboard_sequence(void **unused)
{
    static const struct {
        const char *text, *base64; /* RFC 4648, section 10 */
    } cases[] = {{"", ""},
                 {"f", "Zg=="},
                 {"fo", "Zm8="},
                 {"foo", "Zm9v"},
                 {"foob", "Zm9vYg=="},
                 {"fooba", "Zm9vYmE="},
                 {"foobar", "Zm9vYmFy"},
                 {"\377\376\375", "//79"}};
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char expected[64];
        char *sequence = clipboard_sequence(cases[i].text, strlen(cases[i].text));
        snprintf(expected, sizeof expected, "\033]52;c;%s\007", cases[i].base64);
        assert_non_null(sequence);
        assert_string_equal(sequence, expected);
        memory_free(sequence);
    }
}

/* ---- what is copied ------------------------------------------------------ */

static void test_copied_row_is_of_the_table(void **unused)
{
    char text[COPY_BYTES], what[COPY_BYTES], start[64];
    (void)unused;
    open_state(&llama);
    type(":3.5.6\n");
    assert_true(view_copy(&state, text, what));
    snprintf(start, sizeof start, "3,query,5,6,");
    assert_memory_equal(text, start, strlen(start));
    assert_null(strpbrk(text, "\r\n"));
    assert_non_null(strstr(what, "pairs"));
    type("4");
    assert_true(view_copy(&state, text, what));
    assert_memory_equal(text, "3,1,", 4);
    type("1");
    assert_true(view_copy(&state, text, what));
    struct tally tally = tally_head(angles, 3, PROJECTION_QUERY, 5, 0.01F);
    assert_true(strtof(text, NULL) == (float)tally_mean_abs(&tally)); /* every digit */
    assert_non_null(strstr(what, "query mean |cos| of layer 3"));
    close_state();
    open_state(&waiting);
    type(":2\n");
    assert_false(view_copy(&state, text, what));
    close_state();
}

/* The number of the lines: what is fixed of what they are drawn for. */
static void test_copied_fraction(void **unused)
{
    char text[COPY_BYTES], what[COPY_BYTES], want[TEXT_NUMBER];
    (void)unused;
    open_state(&llama);
    type("7jsC"); /* layer 1, the query alone */
    assert_true(view_copy(&state, text, what));
    struct rule rule = {state.settings.rule.threshold, 0, {true, false}};
    struct tally tally = tally_layer(angles, 1, &rule);
    text_format(want, sizeof want, "%.9g", tally_fraction(&tally));
    assert_string_equal(text, want);
    assert_string_equal(what, "fraction fixed of layer 1");
    close_state();
}

/* ---- the command line ---------------------------------------------------- */

/* What a shell makes of the lines below the title: its words, a line each. */
static void shell_reads(const struct canvas *canvas, char *out, size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    assert_non_null(stream);
    assert_true(canvas_write_text(canvas, stream));
    fclose(stream);
    char *from = text, path[] = "/tmp/ropescope-words-XXXXXX", command[128];
    for (int line = 0; line < 3; line++)
        from = strchr(from, '\n') + 1;
    char *end = strstr(from, "\n\n");
    int fd = mkstemp(path);
    assert_true(fd >= 0 && end);
    dprintf(fd, "printf '%%s\\n' %.*s\n", (int)(end - from), from);
    close(fd);
    snprintf(command, sizeof command, "bash %s", path);
    FILE *shell = popen(command, "r");
    assert_non_null(shell);
    out[fread(out, 1, size - 1, shell)] = '\0';
    assert_int_equal(pclose(shell), 0);
    unlink(path);
    free(text);
}

static void test_command_reads_back_from_every_width(void **unused)
{
    static const char *const paths[] = {
        "models/llama",
        "/a/very/long/path/without/any/space/that/no/line/of/a/narrow/terminal/holds/whole",
        "/it's a path/with 'quotes' and spaces/in it/and more of them/than fit one line",
        "/wide/\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97/\xe6\xbc\xa2\xe5\xad\x97",
        "/control\n\n\n\x1b[31m''''''\\\\\\\\and more/\377\377",
    };
    (void)unused;
    open_state(&llama);
    type("2:4.3\nt0.123\nY");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (int cols = 24; cols < 140; cols += 7) {
            char words[1024], expected[1024], got[1024];
            struct canvas *canvas = canvas_new(60, cols);
            assert_true(text_shell_word(words, sizeof words, paths[i]));
            state.model_words = words;
            update_size(&state, 60, cols);
            frame_draw(canvas, &state);
            shell_reads(canvas, got, sizeof got);
            snprintf(expected, sizeof expected,
                     "ropescope\nexport\n%s\n--view\npairs\n--layer\n4\n--head\n3\n--threshold\n"
                     "0.123\n",
                     paths[i]);
            assert_string_equal(got, expected);
            canvas_free(canvas);
        }
    close_state();
}

static void test_command_has_no_flag_at_its_default(void **unused)
{
    char text[COMMAND_BYTES];
    (void)unused;
    open_state(&llama);
    state.model_words = "m";
    assert_true(view_command(&state, text, sizeof text));
    assert_string_equal(text, "ropescope export m --view overview");
    type("4t0.01\n");
    assert_true(view_command(&state, text, sizeof text));
    assert_string_equal(text, "ropescope export m --view layers");
    type("ss3.");
    assert_true(view_command(&state, text, sizeof text));
    assert_string_equal(text, "ropescope export m --view heads --first-layer 3");
    assert_false(view_command(&state, text, 20));
    close_state();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_proposed_names),
        cmocka_unit_test(test_long_names_are_cut),
        cmocka_unit_test(test_saving_is_asked_of_the_loop),
        cmocka_unit_test(test_a_failure_leaves_the_name_open),
        cmocka_unit_test(test_nothing_is_saved_of_half_a_scan),
        cmocka_unit_test(test_other_requests),
        cmocka_unit_test(test_a_file_that_comes_meanwhile_is_left_alone),
        cmocka_unit_test(test_shell_words),
        cmocka_unit_test(test_clipboard_sequence),
        cmocka_unit_test(test_copied_row_is_of_the_table),
        cmocka_unit_test(test_copied_fraction),
        cmocka_unit_test(test_command_reads_back_from_every_width),
        cmocka_unit_test(test_command_has_no_flag_at_its_default),
    };
    return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
