/* test_cache.c: a second opening comes from the cache, and nothing that lies there is believed that
 * is damaged, foreign, of another version or of other weights. */
#include "file_bytes.h"
#include "session_run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cmocka.h>

static const struct made_model tiny = {.layers = 3,
                                       .heads = 2,
                                       .kv_heads = 1,
                                       .head_dim = 4,
                                       .hidden = 8,
                                       .dtype = MADE_F32,
                                       .seed = 1};
static const struct session_options plain = {.threads = 1};
static struct model_home home;
static struct session_run fresh; /* a scan without any cache: what is right */

static int set_up(void **state)
{
    (void)state;
    model_home_open(&home, &tiny);
    fresh = session_run(home.model, &(struct session_options){.no_cache = true, .threads = 1});
    assert_int_equal(fresh.status, STATUS_OK);
    assert_string_equal(fresh.origin, "scan");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    session_run_free(&fresh);
    return scratch_remove(NULL);
}

static void check(const char *origin, size_t notices)
{
    check_run(session_run(home.model, &plain), origin, notices, &fresh);
}

/* ---- from the cache ------------------------------------------------------ */

static struct timespec mtime_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mtim;
}

static void set_mtime(const char *path, struct timespec time)
{
    struct timespec times[2] = {time, time};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void test_second_opening_reads_no_weights(void **state)
{
    (void)state;
    size_t size;
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", NULL), 1);
    assert_int_equal(cache_files(&home, ".partial", NULL), 0);
    /* Garbage of the same size, inode and time: who read it would notice. */
    struct timespec time = mtime_of(home.weights);
    unsigned char *weights = file_get(home.weights, &size);
    memset(weights, 0xA5, size);
    file_patch(home.weights, 0, weights, size);
    set_mtime(home.weights, time);
    check("cache", 0);
    assert_int_equal(chmod(home.weights, 0), 0);
    check("cache", 0);
    memory_free(weights);
}

static void test_looking_leaves_nothing(void **state)
{
    (void)state;
    static const struct session_options other = {.threads = 1, .model = {.rope_theta = 500000}};
    struct session *session;
    assert_int_equal(session_open(home.model, &other, &session, NULL), STATUS_OK);
    assert_int_equal(cache_files(&home, "", NULL), 2);           /* . and .. */
    check_run(session_run(home.model, &other), "scan", 0, NULL); /* and nobody is locked out */
    session_close(session);
    assert_int_equal(cache_files(&home, "", NULL), 3);
}

static void test_a_file_itself_has_its_own_cache(void **state)
{
    (void)state;
    check("scan", 0);
    struct session_run first = session_run(home.weights, &plain);
    assert_string_equal(first.origin, "scan");
    check_run(session_run(home.weights, &plain), "cache", 0, &first);
    session_run_free(&first);
    assert_int_equal(cache_files(&home, ".angles", NULL), 2);
    check("cache", 0);
}

/* ---- stale --------------------------------------------------------------- */

static void check_stale(void)
{
    struct session_run run = session_run(home.model, &plain);
    assert_true(run.notices.count == 1 &&
                strstr(run.notices.line[0], "the model has changed since"));
    assert_int_equal(cache_files(&home, ".old", NULL), 1);
    check_run(run, "scan", 1, NULL);
    struct session_run right =
        session_run(home.model, &(struct session_options){.no_cache = true, .threads = 1});
    check_run(session_run(home.model, &plain), "cache", 0, &right);
    session_run_free(&right);
}

static void test_touched_weights(void **state)
{
    (void)state;
    check("scan", 0);
    struct timespec time = mtime_of(home.weights);
    time.tv_nsec = (time.tv_nsec + 1) % 1000000000; /* one nanosecond is enough */
    set_mtime(home.weights, time);
    check_stale();
}

static void test_other_weights(void **state)
{
    (void)state;
    struct made_model other = tiny;
    check("scan", 0);
    other.seed = 2;
    assert_true(made_model_write(&other, home.model));
    check_stale();
    other.layers = 5;
    assert_true(made_model_write(&other, home.model));
    check_stale();
}

static void test_replaced_weights(void **state)
{
    (void)state;
    char copy[PATH_BYTES];
    size_t size;
    check("scan", 0);
    struct timespec time = mtime_of(home.weights);
    unsigned char *weights = file_get(home.weights, &size);
    assert_true(path_join(copy, home.model, "copy"));
    file_put(copy, weights, size);
    set_mtime(copy, time);
    assert_int_equal(rename(copy, home.weights), 0); /* same size and time, other inode */
    memory_free(weights);
    check_stale();
}

static void test_changed_config(void **state)
{
    (void)state;
    size_t size, at = 0;
    check("scan", 0);
    unsigned char *config = file_get(home.config, &size);
    while (at + 7 < size && memcmp(config + at, "10000.0", 7) != 0)
        at++;
    memory_free(config);
    file_patch(home.config, at, "50000.0", 7);
    check_stale();
}

static void test_overrides_have_files_of_their_own(void **state)
{
    (void)state;
    static const struct session_options others[] = {
        {.threads = 1, .model = {.has_pairing = true, .pairing = PAIRING_INTERLEAVED}},
        {.threads = 1, .model = {.has_pairing = true, .pairing = PAIRING_HALF_SPLIT}},
        {.threads = 1, .model = {.rope_theta = 500000}},
        {.threads = 1, .model = {.context = 4096}},
        {.threads = 1, .model = {.heads = 4, .kv_heads = 2, .head_dim = 2}},
    };
    enum { OTHERS = sizeof others / sizeof *others };
    check("scan", 0);
    for (size_t i = 0; i < OTHERS; i++) {
        struct session_run first = session_run(home.model, &others[i]);
        assert_string_equal(first.origin, "scan");
        assert_false(first.size == fresh.size && memcmp(first.bytes, fresh.bytes, first.size) == 0);
        check_run(session_run(home.model, &others[i]), "cache", 0, &first);
        session_run_free(&first);
    }
    check("cache", 0);
    assert_int_equal(cache_files(&home, ".angles", NULL), 1 + OTHERS);
}

/* The cache was set aside before the weights were found to be no weights: both are said. */
static void test_a_notice_outlives_the_error_after_it(void **state)
{
    (void)state;
    check("scan", 0);
    file_put(home.weights, "no weights", 10);
    struct session_run run = session_run(home.model, &plain);
    assert_int_equal(run.status, STATUS_FAILED);
    assert_non_null(strstr(run.err.what, home.weights));
    assert_non_null(strstr(run.err.notice, "the model has changed since"));
    run = session_run(home.model, &plain);
    assert_int_equal(run.status, STATUS_FAILED);
    assert_string_equal(run.err.notice, "");
}

/* ---- damaged ------------------------------------------------------------- */

static void test_any_damaged_byte_is_noticed(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    size_t size;
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    unsigned char *good = file_get(path, &size);
    for (size_t i = 0; i < size; i++) {
        unsigned char bad = good[i] ^ (unsigned char)(1U << i % 8);
        file_patch(path, i, &bad, 1);
        check("scan", 1);
        check("cache", 0);
    }
    for (size_t cut = 0; cut < size; cut += 7) {
        assert_int_equal(truncate(path, (off_t)cut), 0);
        check("scan", 1);
    }
    memory_free(good);
}

static void check_notice(const char *words)
{
    struct session_run run = session_run(home.model, &plain);
    if (run.notices.count != 1 || !strstr(run.notices.line[0], words))
        fail_msg("%zu notices: %s", run.notices.count, run.notices.line[0]);
    check_run(run, "scan", 1, &fresh);
    check("cache", 0);
}

/* Raises the version of the file, under a right checksum. */
static void make_newer(unsigned char *file)
{
    file[8]++;
    uint64_t checksum = XXH3_64bits(file, 32);
    for (size_t i = 0; i < 8; i++)
        file[32 + i] = (unsigned char)(checksum >> 8 * i);
}

static void test_foreign_newer_and_empty_files(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    size_t size;
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    unsigned char *good = file_get(path, &size);
    file_put(path, "PK\3\4 something else altogether, long enough", 43);
    check_notice("no .angles file");
    file_put(path, "", 0);
    check_notice("no .angles file");
    make_newer(good);
    file_put(path, good, size);
    check_notice("newer");
    memory_free(good);
    /* An exported file knows no fingerprint: in the cache it is of unknown weights. */
    file_put(path, fresh.bytes, fresh.size);
    check_notice("the model has changed since");
}

/* ---- no cache ------------------------------------------------------------ */

static void test_a_path_below_a_file(void **state)
{
    (void)state;
    char below[PATH_BYTES];
    assert_true(path_join(below, home.config, "cache"));
    assert_int_equal(setenv("XDG_CACHE_HOME", below, 1), 0);
    check("scan", 1);
    check("scan", 1);
}

static void test_a_file_where_the_directory_goes(void **state)
{
    (void)state;
    char parent[PATH_BYTES];
    path_directory(parent, home.cache);
    assert_true(path_make_directories(parent));
    file_put(home.cache, "x", 1);
    check("scan", 1);
}

static void test_a_directory_where_the_file_goes(void **state)
{
    (void)state;
    char path[PATH_BYTES];
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    assert_int_equal(remove(path), 0);
    assert_int_equal(mkdir(path, 0777), 0);
    check("scan", 1);
}

static void test_nowhere_to_keep_anything(void **state)
{
    (void)state;
    const char *set = getenv("HOME");
    char *before = set ? memory_text(set) : NULL;
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
    check("scan", 1);
    assert_int_equal(setenv("XDG_CACHE_HOME", "relative", 1), 0); /* is ignored, says XDG */
    check("scan", 1);
    assert_int_equal(setenv("HOME", scratch, 1), 0);
    check("scan", 0);
    check("cache", 0);
    if (before)
        setenv("HOME", before, 1);
    memory_free(before);
}

static void test_no_cache_touches_nothing(void **state)
{
    (void)state;
    const struct session_options none = {.no_cache = true, .threads = 1};
    char path[PATH_BYTES];
    check_run(session_run(home.model, &none), "scan", 0, &fresh);
    assert_false(path_is_directory(home.cache));
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    struct timespec time = {1234567890, 5};
    set_mtime(path, time);
    check_run(session_run(home.model, &none), "scan", 0, &fresh);
    assert_int_equal(mtime_of(path).tv_sec, 1234567890);
}

/* ---- what a killed scan left --------------------------------------------- */

/* A whole file under the partial's name: killed in the last moment. */
static void test_partial_that_is_whole(void **state)
{
    (void)state;
    char path[PATH_BYTES], partial[PATH_BYTES];
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    assert_true(text_format(partial, PATH_BYTES, "%s.partial", path));
    assert_int_equal(rename(path, partial), 0);
    check("resumed scan", 0);
    assert_int_equal(cache_files(&home, ".partial", NULL), 0);
    check("cache", 0);
}

static void test_partial_cut_or_damaged_anywhere(void **state)
{
    (void)state;
    char path[PATH_BYTES], partial[PATH_BYTES], aside[PATH_BYTES];
    size_t size, resumed = 0;
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    assert_true(text_format(partial, PATH_BYTES, "%s.partial", path));
    unsigned char *good = file_get(path, &size);
    for (size_t i = 0; i < 2 * size; i++) {
        unsigned char bad = good[i / 2] ^ 0x10;
        assert_int_equal(remove(path), 0);
        file_put(partial, good, i % 2 ? size : i / 2);
        if (i % 2)
            file_patch(partial, i / 2, &bad, 1);
        struct session_run run = session_run(home.model, &plain);
        resumed += strcmp(run.origin, "resumed scan") == 0;
        bool header = i % 2 && i / 2 < 40; /* its bytes; what was cut short is no news */
        check_run(run, run.origin, header, &fresh);
        assert_int_equal(cache_files(&home, ".partial.old", NULL), header);
        if (header && cache_files(&home, ".partial.old", aside) > 0)
            assert_int_equal(remove(aside), 0);
        check("cache", 0);
    }
    memory_free(good);
    assert_true(resumed > size / 2); /* all but header, model and first layer, at least */
}

static void test_partial_of_other_weights(void **state)
{
    (void)state;
    char path[PATH_BYTES], partial[PATH_BYTES];
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    assert_true(text_format(partial, PATH_BYTES, "%s.partial", path));
    assert_int_equal(rename(path, partial), 0);
    set_mtime(home.weights, (struct timespec){1234567890, 0});
    check_notice("the model has changed since");
    assert_int_equal(cache_files(&home, ".partial.old", NULL), 1);
}

static void test_partial_that_is_foreign_or_newer(void **state)
{
    (void)state;
    static const char foreign[] = "PK\3\4 something else altogether, long enough";
    char path[PATH_BYTES], partial[PATH_BYTES], aside[PATH_BYTES];
    size_t size, kept_size;
    check("scan", 0);
    assert_int_equal(cache_files(&home, ".angles", path), 1);
    assert_true(text_format(partial, PATH_BYTES, "%s.partial", path));
    unsigned char *good = file_get(path, &size);
    assert_int_equal(remove(path), 0);
    file_put(partial, foreign, sizeof foreign);
    check_notice("no .angles file");
    assert_int_equal(cache_files(&home, ".partial.old", aside), 1);
    unsigned char *kept = file_get(aside, &kept_size); /* as it was */
    assert_true(kept_size == sizeof foreign && memcmp(kept, foreign, kept_size) == 0);
    memory_free(kept);
    make_newer(good);
    assert_int_equal(remove(path), 0);
    file_put(partial, good, size);
    check_notice("newer");
    assert_int_equal(remove(path), 0);
    file_put(partial, "", 0); /* another scan had just begun */
    check("scan", 0);
    memory_free(good);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_second_opening_reads_no_weights),
        TEST(test_looking_leaves_nothing),
        TEST(test_a_file_itself_has_its_own_cache),
        TEST(test_touched_weights),
        TEST(test_other_weights),
        TEST(test_replaced_weights),
        TEST(test_changed_config),
        TEST(test_overrides_have_files_of_their_own),
        TEST(test_a_notice_outlives_the_error_after_it),
        TEST(test_any_damaged_byte_is_noticed),
        TEST(test_foreign_newer_and_empty_files),
        TEST(test_a_path_below_a_file),
        TEST(test_a_file_where_the_directory_goes),
        TEST(test_a_directory_where_the_file_goes),
        TEST(test_nowhere_to_keep_anything),
        TEST(test_no_cache_touches_nothing),
        TEST(test_partial_that_is_whole),
        TEST(test_partial_cut_or_damaged_anywhere),
        TEST(test_partial_of_other_weights),
        TEST(test_partial_that_is_foreign_or_newer),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
