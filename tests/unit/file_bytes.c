/* file_bytes.c: whole files and bytes in them. */
#include "file_bytes.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

void file_order(void *numbers, size_t size, size_t count)
{
    const uint16_t one = 1;
    unsigned char *at = numbers;
    if (*(const unsigned char *)&one == 1)
        return;
    for (; count > 0; count--, at += size)
        for (size_t i = 0; i < size / 2; i++) {
            unsigned char byte = at[i];
            at[i] = at[size - 1 - i];
            at[size - 1 - i] = byte;
        }
}

/* Cut to its size afterwards: a file cut to nothing first is flushed to the disk by some systems,
 * and tests write thousands. */
void file_put(const char *path, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, 0), size);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    assert_int_equal(close(fd), 0);
}

unsigned char *file_get(const char *path, size_t *size)
{
    char *text;
    struct error err;
    if (file_read(path, SIZE_MAX / 2, &text, size, &err) != STATUS_OK)
        fail_msg("%s", err.what);
    return (unsigned char *)text;
}

void file_patch(const char *path, size_t offset, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, (off_t)offset), size);
    assert_int_equal(close(fd), 0);
}
