/* source_parts.h: between the files that find out where a model lies. Only checkpoint/ includes
 * this. */
#ifndef ROPESCOPE_CHECKPOINT_SOURCE_PARTS_H
#define ROPESCOPE_CHECKPOINT_SOURCE_PARTS_H

#include "ropescope/checkpoint.h"

/* ---- source.c ------------------------------------------------------------ */

enum { CONFIG_BYTES_MAX = 16 << 20 };

/* Fills a zeroed source with what is at a path. */
typedef enum status source_finder(struct source *source, const char *path, struct error *err);
/* A new source as `find` fills it; closed again where that fails. */
enum status source_found(source_finder *find, const char *path, struct source **out,
                         struct error *err);
/* A copy that the source owns; NULL: no memory. */
const char *source_keep(struct source *source, const char *text);
/* Stats the files of these names in the directory and makes them those of the source. */
enum status source_add_files(struct source *source, const char *directory, const char *const *names,
                             size_t count, struct error *err);
/* What people call the model in the directory. */
const char *source_name_of_directory(struct source *source, const char *directory);
/* Whether that file is there; `path` is where. */
bool source_has_file(char path[PATH_BYTES], const char *directory, const char *name);

/* ---- source_index.c ------------------------------------------------------ */

/* The files that the index at source->index_path names. */
enum status source_read_index(struct source *source, const char *directory, struct error *err);

/* ---- source_files.c ------------------------------------------------------ */

/* The weight files of a directory. */
enum status source_of_directory(struct source *source, const char *directory, struct error *err);
/* The weight file of that name, or the set that it belongs to. */
enum status source_of_file(struct source *source, const char *directory, const char *name,
                           struct error *err);
/* Whether a name is that of Meta's checkpoints: consolidated.00.pth, consolidated.safetensors. */
bool source_is_consolidated(const char *name);

#endif
