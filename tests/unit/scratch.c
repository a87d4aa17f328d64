/* scratch.c: a directory of a test's own, and safetensors files and models written into it. */
#include "scratch.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

char scratch[PATH_BYTES];

/* Memory where the system has a file system for it: tests wait for thousands of small files. */
static const char *parent_directory(void)
{
    const char *named = getenv("TMPDIR");
    if (named && *named == '/')
        return named;
    return access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
}

int scratch_make(void **state)
{
    (void)state;
    text_format(scratch, sizeof scratch, "%s/ropescope-test-XXXXXX", parent_directory());
    return mkdtemp(scratch) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info, (void)kind, (void)where;
    return remove(path);
}

int scratch_remove(void **state)
{
    (void)state;
    return nftw(scratch, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *name)
{
    static char path[PATH_BYTES];
    assert_true(path_join(path, scratch, name));
    return path;
}

/* A file that was written a second ago, or whoever opens it would wait for the clock to tick. */
static void age(FILE *file)
{
    struct timespec then[2];
    assert_int_equal(fflush(file), 0);
    clock_gettime(CLOCK_REALTIME, &then[0]);
    then[0].tv_sec--;
    then[1] = then[0];
    assert_int_equal(futimens(fileno(file), then), 0);
}

void scratch_write(const char *name, const void *bytes, size_t len)
{
    remove(scratch_path(name)); /* some file systems write a truncated file out at once: slow */
    FILE *file = fopen(scratch_path(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    age(file);
    assert_int_equal(fclose(file), 0);
}

void scratch_text(const char *name, const char *text)
{
    scratch_write(name, text, strlen(text));
}

void scratch_tensors(const char *name, const char *header, size_t data)
{
    size_t len = strlen(header);
    unsigned char *file = calloc(8 + len + data, 1);
    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        file[i] = (unsigned char)((uint64_t)len >> (8 * i));
    memcpy(file + 8, header, len);
    scratch_write(name, file, 8 + len + data);
    free(file);
}

enum status open_checkpoint(struct opened *opened, const char *name, struct error *err)
{
    *opened = (struct opened){0};
    *err = (struct error){0};
    enum status status = source_locate(scratch_path(name), &opened->source, err);
    if (status == STATUS_OK)
        status = checkpoint_open(opened->source, &opened->checkpoint, err);
    if (status != STATUS_OK)
        close_opened(opened);
    return status;
}

enum status open_model(struct opened *opened, const char *name, const struct model_options *options,
                       struct error *err)
{
    static const struct model_options as_found = {0};
    enum status status = open_checkpoint(opened, name, err);
    if (status == STATUS_OK)
        status = model_open(opened->checkpoint, options ? options : &as_found, &opened->model, err);
    if (status != STATUS_OK)
        close_opened(opened);
    return status;
}

void close_opened(struct opened *opened)
{
    model_free(opened->model);
    checkpoint_close(opened->checkpoint);
    source_close(opened->source);
    *opened = (struct opened){0};
}

double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" should hold \"%s\"", text, part);
}
