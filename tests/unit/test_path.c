/* Paths, the XDG cache directory, whole files, and output that is whole or absent. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

/* ---- names --------------------------------------------------------------- */

static void paths_join_and_part(void **state)
{
    (void)state;
    char path[PATH_BYTES], longest[PATH_BYTES];
    assert_true(path_join(path, "a", "b"));
    assert_string_equal(path, "a/b");
    assert_true(path_join(path, "/", "b"));
    assert_string_equal(path, "/b");
    assert_true(path_join(path, "", "b"));
    assert_string_equal(path, "b");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(path_join(path, longest, "b"));
    static const char *const parts[][3] = {
        {"a/b/c", "a/b", "c"}, {"/a", "/", "a"}, {"a", ".", "a"}, {"a/", "a", ""}, {"", ".", ""}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        path_directory(path, parts[i][0]);
        assert_string_equal(path, parts[i][1]);
        assert_string_equal(path_name(parts[i][0]), parts[i][2]);
    }
}

static void cache_follows_the_xdg_rules(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    setenv("HOME", "/home/me", 1);
    setenv("XDG_CACHE_HOME", "/cache", 1);
    assert_true(path_cache_directory(path));
    assert_string_equal(path, "/cache/ropescope");
    static const char *const ignored[] = {"", "relative", "./here", "~/cache"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        setenv("XDG_CACHE_HOME", ignored[i], 1);
        assert_true(path_cache_directory(path));
        assert_string_equal(path, "/home/me/.cache/ropescope");
    }
    unsetenv("XDG_CACHE_HOME");
    assert_true(path_cache_directory(path));
    unsetenv("HOME");
    assert_false(path_cache_directory(path));
    setenv("HOME", "here", 1);
    assert_false(path_cache_directory(path));
}

static void directories_are_made_on_the_way(void **state)
{
    (void)state;
    char deep[PATH_BYTES];
    text_format(deep, sizeof deep, "%s", scratch_path("x/y//z"));
    assert_true(path_make_directories(deep));
    assert_true(path_make_directories(deep));
    assert_true(path_is_directory(deep));
    scratch_text("file", "");
    assert_false(path_make_directories(scratch_path("file")));
    assert_false(path_make_directories(scratch_path("file/below")));
    assert_int_equal(errno, ENOTDIR);
    assert_false(path_make_directories(""));
    assert_int_equal(errno, ENOENT);
}

/* ---- whole files --------------------------------------------------------- */

static void only_regular_files_of_a_sane_size_are_read(void **state)
{
    (void)state;
    char *text;
    size_t len;
    struct error err;
    struct mapping mapping;
    scratch_text("five", "12345");
    assert_int_equal(file_read(scratch_path("five"), 5, &text, &len, &err), STATUS_OK);
    assert_int_equal(len, 5);
    memory_free(text);
    assert_int_equal(file_read(scratch_path("five"), 4, &text, &len, &err), STATUS_FAILED);
    assert_says(err.what, "5 bytes are too many");
    assert_null(text);
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    static const char *const odd[] = {"pipe", "", "five/x", "absent"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        assert_int_equal(file_read(scratch_path(odd[i]), 5, &text, &len, &err), STATUS_FAILED);
        assert_int_equal(mapping_open(&mapping, scratch_path(odd[i]), &err), STATUS_FAILED);
        assert_says(err.what, scratch);
    }
    scratch_text("nothing", "");
    assert_int_equal(mapping_open(&mapping, scratch_path("nothing"), &err), STATUS_OK);
    assert_true(mapping.data == NULL && mapping.size == 0);
    mapping_release(&mapping, 0);
    mapping_close(&mapping);
}

/* ---- output -------------------------------------------------------------- */

static void assert_holds(const char *name, const char *wanted)
{
    char *text;
    size_t len;
    struct error err;
    if (file_read(scratch_path(name), 100, &text, &len, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(text, wanted, len);
    memory_free(text);
}

static size_t files_in(const char *name)
{
    DIR *directory = opendir(scratch_path(name));
    size_t count = 0;
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void output_appears_whole_or_not_at_all(void **state)
{
    (void)state;
    struct output output;
    struct error err;
    assert_true(path_make_directories(scratch_path("out")));
    assert_int_equal(output_open(&output, scratch_path("out/new"), &err), STATUS_OK);
    fprintf(output.stream, "new");
    assert_false(path_is_file(scratch_path("out/new")));
    assert_int_equal(output_commit(&output, &err), STATUS_OK);
    assert_holds("out/new", "new");
    assert_int_equal(output_open(&output, scratch_path("out/new"), &err), STATUS_OK);
    fprintf(output.stream, "newer");
    output_abort(&output);
    assert_holds("out/new", "new");
    assert_int_equal(files_in("out"), 1);
}

static void output_follows_links_but_not_those_in_its_way(void **state)
{
    (void)state;
    struct output output;
    struct error err;
    char target[PATH_BYTES], waiting[64];
    struct stat info;
    scratch_text("target", "old");
    scratch_text("victim", "victim");
    text_format(target, sizeof target, "%s", scratch_path("target"));
    assert_int_equal(symlink(target, scratch_path("link")), 0);
    text_format(target, sizeof target, "%s", scratch_path("victim"));
    text_format(waiting, sizeof waiting, "target.%ld.partial", (long)getpid());
    assert_int_equal(symlink(target, scratch_path(waiting)), 0);
    assert_int_equal(output_open(&output, scratch_path("link"), &err), STATUS_OK);
    fprintf(output.stream, "new");
    assert_int_equal(output_commit(&output, &err), STATUS_OK);
    assert_int_equal(lstat(scratch_path("link"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_holds("target", "new");
    assert_holds("victim", "victim");
}

static void write_to(const char *path, const char *text)
{
    struct output output;
    struct error err;
    if (output_open(&output, path, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    fprintf(output.stream, "%s", text);
    if (output_commit(&output, &err) != STATUS_OK)
        fail_msg("%s", err.what);
}

static void output_makes_what_a_dangling_link_points_to(void **state)
{
    (void)state;
    struct stat info;
    assert_true(path_make_directories(scratch_path("far")));
    assert_int_equal(symlink("far/second", scratch_path("first")), 0);
    assert_int_equal(symlink("../made", scratch_path("far/second")), 0);
    write_to(scratch_path("first"), "made");
    assert_int_equal(lstat(scratch_path("first"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(lstat(scratch_path("far/second"), &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_holds("made", "made");
}

static void output_keeps_the_mode_of_what_it_replaces(void **state)
{
    (void)state;
    static const mode_t modes[] = {0600, 0755, 0666, 0400};
    struct stat info;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        scratch_text("mode", "old");
        assert_int_equal(chmod(scratch_path("mode"), modes[i]), 0);
        write_to(scratch_path("mode"), "new");
        assert_int_equal(stat(scratch_path("mode"), &info), 0);
        assert_int_equal(info.st_mode & 07777, modes[i]);
        assert_holds("mode", "new");
    }
}

static void output_takes_any_name_that_fits(void **state)
{
    (void)state;
    char name[256];
    assert_true(path_make_directories(scratch_path("long")));
    static const size_t lengths[] = {1, 200, 240, 250, 255};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memset(name, 'n', lengths[i]);
        name[lengths[i]] = '\0';
        char path[300];
        text_format(path, sizeof path, "long/%s", name);
        write_to(scratch_path(path), "long");
        assert_holds(path, "long");
        assert_int_equal(files_in("long"), i + 1);
    }
}

static void output_that_cannot_be_is_told(void **state)
{
    (void)state;
    struct output output;
    struct error err;
    char longest[2 * PATH_BYTES];
    assert_int_equal(output_open(&output, scratch, &err), STATUS_FAILED);
    assert_says(err.what, "is a directory");
    assert_int_equal(output_open(&output, scratch_path("absent/file"), &err), STATUS_FAILED);
    assert_says(err.what, "No such file or directory");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_int_equal(output_open(&output, longest, &err), STATUS_FAILED);
    assert_says(err.what, "too long");
}

/* A little fails when it is flushed, much before. */
static void full_disk_is_told(void **state)
{
    (void)state;
    static const size_t amounts[] = {1, 1000000};
    if (access("/dev/full", W_OK) != 0)
        skip();
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++) {
        struct output output;
        struct error err;
        assert_int_equal(output_open(&output, "/dev/full", &err), STATUS_OK);
        for (size_t n = 0; n < amounts[i]; n++)
            putc('x', output.stream);
        errno = 0;
        assert_int_equal(output_commit(&output, &err), STATUS_FAILED);
        assert_says(err.what, "/dev/full: cannot be written: No space left");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_join_and_part),
        cmocka_unit_test(cache_follows_the_xdg_rules),
        cmocka_unit_test(directories_are_made_on_the_way),
        cmocka_unit_test(only_regular_files_of_a_sane_size_are_read),
        cmocka_unit_test(output_appears_whole_or_not_at_all),
        cmocka_unit_test(output_follows_links_but_not_those_in_its_way),
        cmocka_unit_test(output_makes_what_a_dangling_link_points_to),
        cmocka_unit_test(output_keeps_the_mode_of_what_it_replaces),
        cmocka_unit_test(output_takes_any_name_that_fits),
        cmocka_unit_test(output_that_cannot_be_is_told),
        cmocka_unit_test(full_disk_is_told),
    };
    return cmocka_run_group_tests_name("path", tests, scratch_make, scratch_remove);
}
