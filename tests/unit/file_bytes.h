/* file_bytes.h: whole files and bytes in them, by their paths. Every call fails the test where it
 * cannot do its work. */
#ifndef ROPESCOPE_TEST_FILE_BYTES_H
#define ROPESCOPE_TEST_FILE_BYTES_H

#include "ropescope/support.h"

void file_put(const char *path, const void *data, size_t size);
/* The whole file, freed with memory_free. */
unsigned char *file_get(const char *path, size_t *size);
/* Writes over `size` bytes at `offset` and leaves the rest, the inode and the length as they are.
 */
void file_patch(const char *path, size_t offset, const void *data, size_t size);
/* Numbers of `size` bytes each, in place: from the order of bytes that this machine has to that of
 * files, and back. */
void file_order(void *numbers, size_t size, size_t count);

#endif
