/* test_fuzz_corpus.c: every file of tests/fuzz/corpus goes through the parser that it is meant for.
 * The files with telling names are those that once did harm: a crash, memory out of proportion,
 * time without end. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../fuzz/fuzz.h"
#include "file_bytes.h"

#define CORPUS "tests/fuzz/corpus/"

/* A file that takes longer is one that a parser walks again and again; sanitizers are slow. */
enum { SECONDS_MOST = 5 };

static void run_file(const struct fuzz_entry *target, const char *path)
{
    size_t size;
    unsigned char *bytes = file_get(path, &size);
    clock_t begin = clock();
    target->run(bytes, size);
    if (clock() - begin > SECONDS_MOST * CLOCKS_PER_SEC)
        fail_msg("%s takes %ld s", path, (long)((clock() - begin) / CLOCKS_PER_SEC));
    memory_free(bytes);
}

static void every_file_is_read_or_refused(void **state)
{
    const struct fuzz_entry *target = *state;
    char folder[PATH_BYTES], path[PATH_BYTES];
    size_t files = 0;
    text_format(folder, sizeof folder, CORPUS "%s", target->name);
    DIR *listing = opendir(folder);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        if (path_join(path, folder, entry->d_name) && path_is_file(path)) {
            run_file(target, path);
            files++;
        }
    closedir(listing);
    assert_true(files > 0);
}

/* Nothing lies there that no target reads. */
static void every_folder_has_a_target(void **state)
{
    (void)state;
    size_t folders = 0, targets = 0;
    DIR *listing = opendir(CORPUS);
    assert_non_null(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        folders += entry->d_name[0] != '.';
    closedir(listing);
    while (fuzz_targets[targets].name)
        targets++;
    assert_int_equal(folders, targets);
}

int main(void)
{
    enum { TESTS_MOST = 64 };
    struct CMUnitTest tests[TESTS_MOST] = {cmocka_unit_test(every_folder_has_a_target)};
    size_t count = 1;
    for (const struct fuzz_entry *target = fuzz_targets; target->name; target++)
        tests[count++] = (struct CMUnitTest){target->name, every_file_is_read_or_refused, NULL,
                                             NULL, (void *)(uintptr_t)target};
    blas_prepare(); /* before an adapter loads the library */
    return _cmocka_run_group_tests("fuzz corpus", tests, count, NULL, NULL);
}
