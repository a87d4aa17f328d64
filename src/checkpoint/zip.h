/* zip.h: the directory of a ZIP archive whose entries are stored as they are. Only checkpoint/
 * includes this. */
#ifndef ROPESCOPE_CHECKPOINT_ZIP_H
#define ROPESCOPE_CHECKPOINT_ZIP_H

#include "ropescope/support.h"

/* One entry by the central directory; what the local header says of sizes is never believed. */
struct zip_entry {
    const char *name;
    uint64_t header; /* where its local header begins */
    uint64_t size;
    bool stored; /* neither compressed nor encrypted */
};

struct zip {
    const struct mapping *mapping; /* borrowed */
    const char *path;              /* for errors */
    uint64_t directory;            /* where the central directory begins: all data end before it */
    struct zip_entry *entries;     /* (count) in the order of their names */
    size_t count;
    struct arena names;
};

/* Reads the directory, ZIP64 or not. On failure, too, zip_close frees what there is. */
enum status zip_open(struct zip *zip, const struct mapping *mapping, const char *path,
                     struct error *err);
void zip_close(struct zip *zip);

/* The entry of that name; NULL: none. */
const struct zip_entry *zip_find(const struct zip *zip, const char *name);
/* Where the bytes of an entry begin in the file; all of them lie before the directory. */
enum status zip_data(const struct zip *zip, const struct zip_entry *entry, uint64_t *offset,
                     struct error *err);

#endif
